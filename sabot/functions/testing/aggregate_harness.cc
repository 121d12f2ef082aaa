#include "sabot/functions/testing/aggregate_harness.h"

#include <cmath>
#include <map>

#include "gtest/gtest.h"

#include "sabot/base/error.h"
#include "sabot/functions/families.h"
#include "sabot/functions/state_heap.h"

namespace sabot {

// Each text in a block of its own, so that a sanitizer sees a view of freed bytes.
class AggregateHarness::Heap final : public StateHeap {
 public:
  arrow::Result<StringView> Store(std::string_view text) override {
    if (text.size() <= StringView::kInlineSize) return StringView(text);
    auto block = std::make_unique<char[]>(text.size());
    std::memcpy(block.get(), text.data(), text.size());
    const StringView view(std::string_view(block.get(), text.size()));
    size_bytes_ += static_cast<int64_t>(text.size());
    blocks_[block.get()] = std::move(block);
    return view;
  }
  void Free(const StringView& view) override {
    if (view.is_inline()) return;
    EXPECT_EQ(blocks_.erase(view.pointer), 1u) << "freed what was not stored";
    size_bytes_ -= view.length;
  }
  int64_t size_bytes() const override { return size_bytes_; }

 private:
  std::map<const char*, std::unique_ptr<char[]>> blocks_;
  int64_t size_bytes_ = 0;
};

struct AggregateHarness::States {
  // The state stands behind a key of 8 bytes, as in a table row, and is followed by a guard.
  static constexpr uint32_t kOffset = 8;
  static constexpr uint64_t kGuard = 0x5AB07;

  explicit States(uint32_t state_bytes) : state_bytes(state_bytes) {}
  uint8_t* Row(int group) {
    std::vector<uint64_t>& row = rows[group];
    if (row.empty()) {
      row.resize(2 + state_bytes / 8);
      row.back() = kGuard;
    }
    return reinterpret_cast<uint8_t*>(row.data());
  }
  uint8_t* State(int group) { return Row(group) + kOffset; }
  void ExpectGuards() const {
    for (const auto& [group, row] : rows) EXPECT_EQ(row.back(), kGuard) << "wrote past the state";
  }

  uint32_t state_bytes;
  std::map<int, std::vector<uint64_t>> rows;
};

const AggregateFunction* FindAggregateFunction(std::string_view name) {
  for (const auto family : {CountAggregates(), SumAggregates(), ExtremeAggregates(),
                            PickAggregates(), BooleanAggregates(), MomentAggregates()}) {
    for (const AggregateFunction& function : family) {
      if (function.name == name) return &function;
      for (std::string_view alias : function.aliases) {
        if (alias == name) return &function;
      }
    }
  }
  return nullptr;
}

AggregateHarness::AggregateHarness(std::string_view name, std::vector<Type> arguments)
    : heap_(std::make_unique<Heap>()) {
  const AggregateFunction* function = FindAggregateFunction(name);
  EXPECT_NE(function, nullptr) << name;
  if (function == nullptr) return;
  const auto resolved = function->resolve(arguments, EvaluationSettings{});
  EXPECT_TRUE(resolved.ok()) << resolved.status().ToString();
  if (resolved.ok()) resolved_ = *resolved;
  EXPECT_EQ(resolved_.state_bytes % 8, 0u);
  states_ = std::make_unique<States>(resolved_.state_bytes);
}

AggregateHarness::~AggregateHarness() = default;

arrow::Status AggregateHarness::Update(States* states, std::span<const Fed> rows, bool selects,
                                       bool one, bool with_weights) {
  // Under a selection every other row is not active; it holds a value that would show.
  const size_t step = selects ? 2 : 1;
  const size_t num_rows = rows.size() * step;
  std::vector<uint8_t*> row_of(num_rows, nullptr);
  std::vector<int64_t> weights(num_rows, 1'000'000);
  std::vector<uint16_t> selection;
  std::vector<VectorBuilder> builders;
  for (const Type& type : resolved_.arguments) builders.emplace_back(type);
  for (size_t i = 0; i < rows.size(); ++i) {
    for (size_t copy = 0; copy < step; ++copy) {
      for (size_t a = 0; a < builders.size(); ++a) builders[a].Append(rows[i].values[a]);
    }
    const size_t at = i * step + (step - 1);
    selection.push_back(static_cast<uint16_t>(at));
    row_of[at] = states->Row(rows[i].group);
    weights[at] = rows[i].weight;
    with_weights |= rows[i].weight != 1;
  }
  std::vector<Vector> arguments;
  for (VectorBuilder& builder : builders) arguments.push_back(builder.Finish());
  AggregateUpdate update{};
  update.rows = one ? nullptr : row_of.data();
  update.offset = States::kOffset;
  update.arguments = arguments;
  update.batch_rows = {selects ? selection.data() : nullptr, static_cast<int32_t>(rows.size())};
  update.weights = with_weights ? weights.data() : nullptr;
  update.heap = heap_.get();
  if (!one) return resolved_.update(update);
  return resolved_.update_one(states->State(rows[0].group), update);
}

arrow::Status AggregateHarness::Feed(const std::vector<Fed>& rows, Path path, size_t batch_size,
                                     bool with_weights) {
  const bool one = path == Path::kOne || path == Path::kOneSelected;
  const bool selects = path == Path::kSelection || path == Path::kOneSelected;
  for (size_t begin = 0; begin < rows.size();) {
    size_t end = std::min(begin + batch_size, rows.size());
    for (size_t i = begin + 1; one && i < end; ++i) {
      if (rows[i].group != rows[begin].group) end = i;
    }
    const std::span<const Fed> batch(rows.data() + begin, end - begin);
    begin = end;
    if (path != Path::kCombined) {
      ARROW_RETURN_NOT_OK(Update(states_.get(), batch, selects, one, with_weights));
      continue;
    }
    States partial(resolved_.state_bytes);
    ARROW_RETURN_NOT_OK(Update(&partial, batch, false, false, with_weights));
    for (const auto& [group, row] : partial.rows) {
      ARROW_RETURN_NOT_OK(
          resolved_.combine(states_->State(group), partial.State(group), heap_.get()));
    }
    partial.ExpectGuards();
  }
  states_->ExpectGuards();
  return arrow::Status::OK();
}

arrow::Status AggregateHarness::FeedConstant(int group, const Row& values, int32_t count) {
  std::vector<Vector> arguments;
  for (size_t i = 0; i < values.size(); ++i) {
    arguments.push_back(Vector::Constant({resolved_.arguments[i], values[i].value}, count));
  }
  std::vector<uint8_t*> row_of(static_cast<size_t>(count), states_->Row(group));
  AggregateUpdate update{};
  update.rows = row_of.data();
  update.offset = States::kOffset;
  update.arguments = arguments;
  update.batch_rows = {nullptr, count};
  update.heap = heap_.get();
  ARROW_RETURN_NOT_OK(resolved_.update(update));
  return resolved_.update_one(states_->State(group), update);
}

arrow::Result<std::vector<TypedValue>> AggregateHarness::Finish(int num_groups) {
  std::vector<const uint8_t*> states;
  for (int group = 0; group < num_groups; ++group) states.push_back(states_->State(group));
  BufferPool pool;
  Vector result = Vector::Flat(resolved_.result, num_groups, pool);
  ARROW_RETURN_NOT_OK(resolved_.finalize(states, pool, &result));
  std::vector<TypedValue> values;
  for (int group = 0; group < num_groups; ++group) values.push_back(result.ValueAt(group));
  return values;
}

int64_t AggregateHarness::heap_bytes() const { return heap_->size_bytes(); }

TypedValue AggregateHarness::Of(std::string_view name, std::vector<Type> arguments,
                                const std::vector<Row>& rows, std::vector<int64_t> weights) {
  std::vector<Fed> fed;
  for (size_t i = 0; i < rows.size(); ++i) {
    fed.push_back({0, rows[i], weights.empty() ? 1 : weights[i]});
  }
  std::optional<TypedValue> agreed;
  for (const Path path :
       {Path::kGroups, Path::kSelection, Path::kOne, Path::kOneSelected, Path::kCombined}) {
    for (const size_t batch_size : {size_t{1}, size_t{2}, size_t{2048}}) {
      for (const bool with_weights : {false, true}) {
        AggregateHarness harness(name, arguments);
        arrow::Status status = harness.Feed(fed, path, batch_size, with_weights);
        TypedValue value;
        if (status.ok()) {
          const auto results = harness.Finish(1);
          status = results.status();
          if (status.ok()) value = (*results)[0];
        }
        if (!status.ok()) {
          const ErrorDetail* detail = GetErrorDetail(status);
          value = TypedValue::String(detail == nullptr ? status.ToString()
                                                       : std::string(detail->error_class().name));
        }
        if (!agreed.has_value()) agreed = value;
        const auto* expected = std::get_if<double>(&agreed->value);
        const auto* actual = std::get_if<double>(&value.value);
        if (expected != nullptr && actual != nullptr && std::isfinite(*expected)) {
          EXPECT_NEAR(*actual, *expected, 1e-9 * std::abs(*expected) + 1e-9) << name;
        } else {
          EXPECT_EQ(value, *agreed)
              << name << ": path " << static_cast<int>(path) << ", batches of " << batch_size
              << ": " << value.ToText() << " instead of " << agreed->ToText();
        }
      }
    }
  }
  return *agreed;
}

}  // namespace sabot
