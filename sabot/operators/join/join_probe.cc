#include <algorithm>
#include <cstring>

#include "sabot/base/error.h"
#include "sabot/operators/join/join_plan.h"
#include "sabot/state/row_columns.h"

namespace sabot::internal {
namespace {

/// Call function(match) with the comparison of two key areas that fits the layout.
template <typename Function>
void WithKeyMatch(const RowLayout& layout, Function&& function) {
  const auto words = [](const uint8_t* left, const uint8_t* right, int count) {
    uint64_t difference = 0;
    for (int i = 0; i < count; ++i) {
      difference |= Load<uint64_t>(left + i * 8) ^ Load<uint64_t>(right + i * 8);
    }
    return difference == 0;
  };
  if (layout.key_strings().empty()) {
    switch (layout.key_size()) {
      case 0:
        return function([](const uint8_t*, const uint8_t*) { return true; });
      case 8:
        return function([=](const uint8_t* a, const uint8_t* b) { return words(a, b, 1); });
      case 16:
        return function([=](const uint8_t* a, const uint8_t* b) { return words(a, b, 2); });
      default:
        return function([=, size = layout.key_size() / 8](const uint8_t* a, const uint8_t* b) {
          return words(a, b, size);
        });
    }
  }
  function([&layout](const uint8_t* a, const uint8_t* b) {
    for (size_t key = 0; key < layout.num_keys(); ++key) {
      const RowLayout::Field& field = layout.key(key);
      if (field.kind == Kind::kView16) {
        if (!(Load<StringView>(a + field.offset) == Load<StringView>(b + field.offset))) {
          return false;
        }
      } else if (std::memcmp(a + field.offset, b + field.offset,
                             static_cast<size_t>(KindWidth(field.kind))) != 0) {
        return false;
      }
    }
    return true;
  });
}

class JoinProbe final : public Operator {
 public:
  JoinProbe(std::shared_ptr<const JoinPlan> plan, const TaskContext& context,
            std::shared_ptr<MemoryConsumer> memory,
            std::vector<std::unique_ptr<Evaluator>> key_evaluators,
            std::unique_ptr<Predicate> residual)
      : plan_(std::move(plan)),
        table_(plan_->table),
        context_(context),
        memory_(std::move(memory)),
        key_evaluators_(std::move(key_evaluators)),
        residual_(std::move(residual)),
        keys_(key_evaluators_.size()),
        key_rows_(&table_->layout()),
        pin_(Buffer::Borrow(table_.get(), 0, table_)) {}

  arrow::Result<Progress> Push(int /*port*/, Batch& input, Output* output) override {
    if (plan_->spill->is_on()) return PushToParts(input);
    if (!table_->is_ready()) {
      ARROW_ASSIGN_OR_RAISE(const Progress progress, table_->Chain());
      if (progress != Progress::kDone) return progress;
    }
    const JoinKind kind = plan_->step.kind;
    if (table_->num_rows() == 0 && (kind == JoinKind::kInner || kind == JoinKind::kSemi)) {
      return Progress::kDone;
    }
    if (!is_open_) ARROW_RETURN_NOT_OK(Open(input));
    if (phase_ == kMatch) {
      FindPairs(input.rows());
      if (next_ == input.num_active_rows()) phase_ = kUnmatched;
      if (!pairs_row_.empty()) {
        ARROW_RETURN_NOT_OK(GivePairs(input, output));
        if (phase_ == kMatch || has_unmatched_phase()) return Progress::kMore;
      }
      if (phase_ == kMatch) return Progress::kMore;
    }
    if (has_unmatched_phase()) {
      if (plan_->is_filter()) {
        GiveFiltered(input, output);
      } else {
        ARROW_ASSIGN_OR_RAISE(const bool is_more, GiveUnmatched(input, output));
        if (is_more) return Progress::kMore;
      }
    }
    is_open_ = false;
    return Progress::kNeedsInput;
  }

  arrow::Result<Progress> OnMarker(Marker& marker, Output* /*output*/) override {
    if (marker.kind == Marker::kEnd && parts_ != nullptr) {
      plan_->spill->AddProbe(parts_->Take());
    }
    return Progress::kNeedsInput;
  }

  std::unique_ptr<Source> Remainder() override {
    if (!plan_->spill->is_on()) return nullptr;
    return MakeJoinPartReader(plan_, context_, memory_);
  }

  int64_t spillable_bytes() const override {
    return plan_->spill->spillable_bytes() + (parts_ == nullptr ? 0 : parts_->size_bytes());
  }

  arrow::Result<int64_t> Spill(int64_t bytes_wanted, PageWriter& writer) override {
    ARROW_ASSIGN_OR_RAISE(const int64_t bytes, plan_->spill->Spill(bytes_wanted, writer));
    if (bytes >= bytes_wanted || parts_ == nullptr) return bytes;
    ARROW_ASSIGN_OR_RAISE(const int64_t own, parts_->Spill(bytes_wanted - bytes, writer));
    return bytes + own;
  }

 private:
  enum Phase : uint8_t { kMatch, kUnmatched };

  // Rows of which only now it is known whether anything matched them.
  bool has_unmatched_phase() const {
    return plan_->is_filter() || (plan_->is_outer() && residual_ != nullptr);
  }
  // May the search of a row end with its first pair?
  bool wants_one() const { return plan_->is_filter() && residual_ == nullptr; }

  // The build side was spilled: this side is dealt into the same parts.
  arrow::Result<Progress> PushToParts(const Batch& input) {
    if (parts_ == nullptr) {
      std::vector<Type> types;
      for (const Vector& column : input.columns()) types.push_back(column.type());
      parts_ = std::make_unique<JoinPartWriter>(std::move(types), memory_);
    }
    if (!parts_->HasRoom()) return Progress::kNeedsMemory;
    for (size_t i = 0; i < keys_.size(); ++i) {
      ARROW_RETURN_NOT_OK(key_evaluators_[i]->Evaluate(input, &keys_[i]));
    }
    ARROW_RETURN_NOT_OK(key_rows_.Assign(keys_, input.rows()));
    ARROW_RETURN_NOT_OK(parts_->Append(input, input.rows(), key_rows_.hashes()));
    return Progress::kNeedsInput;
  }

  arrow::Status Open(const Batch& input) {
    bool may_have_nulls = false;
    for (size_t i = 0; i < keys_.size(); ++i) {
      ARROW_RETURN_NOT_OK(key_evaluators_[i]->Evaluate(input, &keys_[i]));
      may_have_nulls |= keys_[i].may_have_nulls();
    }
    const Rows rows = input.rows();
    ARROW_RETURN_NOT_OK(key_rows_.Assign(keys_, rows));
    const auto num_positions = static_cast<size_t>(input.num_rows());
    // First all places of the directory are fetched, then all rows they lead to.
    if (first_.size() < num_positions) first_.resize(num_positions);
    ForEachRow(rows, [&](int32_t row) { table_->Prefetch(key_rows_.hash(row)); });
    ForEachRow(rows, [&](int32_t row) {
      const uint8_t* first = table_->First(key_rows_.hash(row));
      if (may_have_nulls && key_rows_.HasNull(row)) first = nullptr;
      __builtin_prefetch(first);
      first_[static_cast<size_t>(row)] = first;
    });
    if (has_unmatched_phase()) is_matched_.assign(num_positions, 0);
    next_ = 0;
    is_row_open_ = false;
    phase_ = kMatch;
    next_unmatched_ = 0;
    is_open_ = true;
    return arrow::Status::OK();
  }

  // Pairs from the cursor on, as many as fit a batch.
  void FindPairs(Rows rows) {
    pairs_position_.clear();
    pairs_row_.clear();
    const auto limit = static_cast<size_t>(context_.batch_size);
    const bool gives_unmatched = plan_->is_outer() && residual_ == nullptr;
    WithKeyMatch(table_->layout(), [&](auto match) {
      for (; next_ < rows.count; ++next_) {
        const int32_t position = rows[next_];
        if (!is_row_open_) {
          chain_ = first_[static_cast<size_t>(position)];
          is_row_open_ = true;
          is_row_matched_ = false;
        }
        const uint8_t* key = key_rows_.key(position);
        for (; chain_ != nullptr; chain_ = table_->Next(chain_)) {
          if (!match(key, chain_)) continue;
          if (wants_one()) {
            is_matched_[static_cast<size_t>(position)] = 1;
            break;
          }
          if (pairs_row_.size() == limit) return;
          is_row_matched_ = true;
          pairs_position_.push_back(position);
          pairs_row_.push_back(const_cast<uint8_t*>(chain_));
        }
        if (gives_unmatched && !is_row_matched_) {
          if (pairs_row_.size() == limit) return;
          pairs_position_.push_back(position);
          pairs_row_.push_back(const_cast<uint8_t*>(table_->null_row()));
        }
        is_row_open_ = false;
      }
    });
  }

  arrow::Status GivePairs(const Batch& input, Output* output) {
    Batch joined;
    ARROW_RETURN_NOT_OK(MakeJoined(input, &joined));
    if (residual_ != nullptr) {
      ARROW_RETURN_NOT_OK(residual_->Select(&joined));
      if (has_unmatched_phase()) {
        ForEachRow(joined.rows(), [&](int32_t pair) {
          is_matched_[static_cast<size_t>(pairs_position_[static_cast<size_t>(pair)])] = 1;
        });
      }
    }
    if (!plan_->is_filter() && !joined.empty()) output->batch = std::move(joined);
    return arrow::Status::OK();
  }

  // The pairs as rows of plan_->columns.
  arrow::Status MakeJoined(const Batch& input, Batch* joined) {
    joined->CopyMetadata(input);
    const auto num_pairs = static_cast<int32_t>(pairs_row_.size());
    joined->set_num_rows(num_pairs);
    const bool is_whole = IsWholeInput(input);
    for (const JoinedColumn& column : plan_->columns) {
      switch (column.source) {
        case JoinedColumn::kProbe:
          joined->columns().push_back(
              is_whole ? input.column(column.index)
                       : input.column(column.index).Take(pairs_position_, pool_));
          break;
        case JoinedColumn::kBuild:
        case JoinedColumn::kBuildKey: {
          const RowLayout::Field& field = column.source == JoinedColumn::kBuild
                                              ? table_->layout().column(column.index)
                                              : table_->layout().key(column.index);
          const bool has_texts = field.kind == Kind::kView16 && !field.is_nested;
          std::vector<BufferPtr> heaps;
          if (has_texts && !plan_->copies_texts) heaps.push_back(pin_);
          ARROW_ASSIGN_OR_RAISE(Vector values,
                                GatherField(field, pairs_row_, std::move(heaps), pool_));
          if (has_texts && plan_->copies_texts) CopyTexts(&values);
          joined->columns().push_back(std::move(values));
          break;
        }
      }
    }
    if (input.weights() == nullptr && !table_->has_weights()) return arrow::Status::OK();
    return MultiplyWeights(input, joined);
  }

  static void CopyTexts(Vector* values) {
    auto* texts = values->mutable_data<StringView>();
    int64_t size = 0;
    for (int32_t i = 0; i < values->size(); ++i) size += texts[i].is_inline() ? 0 : texts[i].length;
    if (size == 0) return;
    BufferPtr heap = Buffer::Allocate(size);
    auto* at = reinterpret_cast<char*>(heap->data());
    for (int32_t i = 0; i < values->size(); ++i) {
      if (texts[i].is_inline()) continue;
      std::memcpy(at, texts[i].pointer, texts[i].length);
      texts[i].pointer = at;
      at += texts[i].length;
    }
    values->AddHeap(std::move(heap));
  }

  // Is every row of the input paired once, in order, so that its columns need no copy?
  bool IsWholeInput(const Batch& input) const {
    if (static_cast<int32_t>(pairs_position_.size()) != input.num_rows()) return false;
    bool is_whole = true;
    for (size_t i = 0; i < pairs_position_.size(); ++i) {
      is_whole &= pairs_position_[i] == static_cast<int32_t>(i);
    }
    return is_whole;
  }

  arrow::Status MultiplyWeights(const Batch& input, Batch* joined) {
    const size_t num_pairs = pairs_row_.size();
    BufferPtr weights = pool_.Acquire(static_cast<int64_t>(num_pairs) * 8 + 8);
    auto* products = reinterpret_cast<int64_t*>(weights->data());
    bool overflows = false;
    for (size_t i = 0; i < num_pairs; ++i) {
      overflows |= __builtin_mul_overflow(input.weight(pairs_position_[i]),
                                          table_->WeightOf(pairs_row_[i]), &products[i]);
    }
    if (overflows) {
      return MakeError(
          "ARITHMETIC_OVERFLOW",
          {{"message", "The weights of joined rows multiply beyond 63 bits"}, {"alternative", ""}});
    }
    joined->set_weights(std::move(weights));
    return arrow::Status::OK();
  }

  // Semi and anti joins: the rows that were matched, or those that were not.
  void GiveFiltered(Batch& input, Output* output) {
    const uint8_t wanted = plan_->step.kind == JoinKind::kSemi ? 1 : 0;
    const Rows rows = input.rows();
    BufferPtr selection = pool_.Acquire(int64_t{rows.count} * 2 + 16);
    auto* kept = reinterpret_cast<uint16_t*>(selection->data());
    int32_t count = 0;
    ForEachRow(rows, [&](int32_t row) {
      kept[count] = static_cast<uint16_t>(row);
      count += is_matched_[static_cast<size_t>(row)] == wanted ? 1 : 0;
    });
    if (count == 0) return;
    const bool is_all = count == rows.count;
    output->batch = std::move(input);
    if (!is_all) output->batch.SetSelection(std::move(selection), count);
  }

  // Left joins with a residual: rows that no pair passed for, with NULLs. True: there are more.
  arrow::Result<bool> GiveUnmatched(const Batch& input, Output* output) {
    pairs_position_.clear();
    pairs_row_.clear();
    const Rows rows = input.rows();
    const auto limit = static_cast<size_t>(context_.batch_size);
    for (; next_unmatched_ < rows.count && pairs_row_.size() < limit; ++next_unmatched_) {
      const int32_t position = rows[next_unmatched_];
      if (is_matched_[static_cast<size_t>(position)] != 0) continue;
      pairs_position_.push_back(position);
      pairs_row_.push_back(const_cast<uint8_t*>(table_->null_row()));
    }
    if (!pairs_row_.empty()) ARROW_RETURN_NOT_OK(MakeJoined(input, &output->batch));
    return next_unmatched_ < rows.count;
  }

  const std::shared_ptr<const JoinPlan> plan_;
  const std::shared_ptr<JoinTable> table_;
  const TaskContext& context_;
  const std::shared_ptr<MemoryConsumer> memory_;
  const std::vector<std::unique_ptr<Evaluator>> key_evaluators_;
  const std::unique_ptr<Predicate> residual_;
  std::unique_ptr<JoinPartWriter> parts_;  // once the build side was spilled

  // The batch under way.
  bool is_open_ = false;
  Phase phase_ = kMatch;
  std::vector<Vector> keys_;
  KeyRows key_rows_;
  std::vector<const uint8_t*> first_;  // by position: the chain to search
  std::vector<uint8_t> is_matched_;    // by position
  // The cursor: active row, and where its chain goes on.
  int32_t next_ = 0;
  bool is_row_open_ = false;
  bool is_row_matched_ = false;
  const uint8_t* chain_ = nullptr;
  int32_t next_unmatched_ = 0;

  std::vector<int32_t> pairs_position_;
  std::vector<uint8_t*> pairs_row_;
  const BufferPtr pin_;  // keeps the rows that strings point into
  BufferPool pool_;
};

}  // namespace

arrow::Result<std::unique_ptr<Operator>> MakeJoinProbe(std::shared_ptr<const JoinPlan> plan,
                                                       const TaskContext& context) {
  ARROW_ASSIGN_OR_RAISE(auto evaluators,
                        MakeKeyEvaluators(plan->step.left_keys, plan->left, plan->query));
  std::unique_ptr<Predicate> residual;
  if (plan->step.residual != nullptr) {
    ARROW_ASSIGN_OR_RAISE(residual, MakePredicate(plan->step.residual, plan->columns_layout,
                                                  *plan->query.functions, plan->query.settings));
  }
  ARROW_ASSIGN_OR_RAISE(std::shared_ptr<MemoryConsumer> memory,
                        context.memory->MakeConsumer("join table"));
  return std::make_unique<JoinProbe>(std::move(plan), context, std::move(memory),
                                     std::move(evaluators), std::move(residual));
}

}  // namespace sabot::internal
