#include "sabot/operators/stream/window_aggregate.h"

#include <algorithm>
#include <charconv>
#include <cstring>
#include <map>
#include <optional>

#include <fmt/format.h>

#include "sabot/base/error.h"
#include "sabot/eventtime/pane.h"
#include "sabot/expression/evaluator.h"
#include "sabot/operators/aggregate/aggregate_program.h"
#include "sabot/state/keyed_table.h"
#include "sabot/vector/bitmap.h"

namespace sabot {
namespace {

constexpr std::string_view kPaneName = "pane:";
constexpr std::string_view kWatermarkName = "watermark";
constexpr int64_t kBeforeTime = INT64_MIN;
constexpr int64_t kAfterTime = INT64_MAX;
// Windows with few groups are many: a small page keeps them cheap.
constexpr int32_t kPageBytes = 4 << 10;

/// What the tasks of one step share.
struct WindowProgram {
  PhysicalWindowAggregate step;
  Layout layout;
  QueryContext query;
  AggregateProgram aggregates;
  /// Which of the keys a pane's table has, and its rows: states, then the sum of weights.
  std::vector<size_t> table_keys;
  RowSchema schema;

  size_t weight_slot() const { return aggregates.num_states(); }
};

/// The rows of one window in a batch.
struct PaneRows {
  int64_t start = 0;
  std::vector<uint16_t> positions;
};

class WindowAggregate final : public Operator {
 public:
  static arrow::Result<std::unique_ptr<Operator>> Make(const WindowProgram* program,
                                                       const TaskContext& context) {
    auto made = std::make_unique<WindowAggregate>(program, context);
    ARROW_ASSIGN_OR_RAISE(made->inputs_, AggregateInputs::Make(&program->aggregates,
                                                               program->layout, program->query));
    for (const NamedExpression& key : program->step.keys) {
      ARROW_ASSIGN_OR_RAISE(made->keys_.emplace_back(),
                            MakeEvaluator(key.expression, program->layout,
                                          *program->query.functions, program->query.settings));
    }
    ARROW_ASSIGN_OR_RAISE(made->memory_, context.memory->MakeConsumer("window aggregate"));
    ARROW_ASSIGN_OR_RAISE(const RowLayout layout, RowLayout::Make(program->schema));
    made->key_rows_ = std::make_unique<KeyRows>(&layout);
    return made;
  }

  WindowAggregate(const WindowProgram* program, const TaskContext& context)
      : program_(*program), batch_size_(context.batch_size), key_groups_(context.key_groups) {}

  arrow::Result<Progress> Push(int /*port*/, Batch& input, Output* output) override {
    if (!is_under_way_) {
      ARROW_RETURN_NOT_OK(Begin(input));
      if (!late_.empty()) output->batch = RowsOf(input, late_);
      output->port = late_.empty() ? 0 : 1;
      is_under_way_ = !parts_.empty();
      if (!late_.empty() || !is_under_way_) {
        return is_under_way_ ? Progress::kMore : Progress::kNeedsInput;
      }
    }
    while (next_part_ < parts_.size()) {
      ARROW_ASSIGN_OR_RAISE(const bool is_through, AddPart(input));
      if (!is_through) return Progress::kNeedsMemory;
    }
    is_under_way_ = false;
    return Progress::kNeedsInput;
  }

  arrow::Result<Progress> OnMarker(Marker& marker, Output* output) override {
    if (marker.kind != Marker::kWatermark && marker.kind != Marker::kEnd) {
      return Progress::kNeedsInput;
    }
    watermark_ = std::max(watermark_, marker.kind == Marker::kEnd ? kAfterTime : marker.value);
    ARROW_ASSIGN_OR_RAISE(const bool has_rows, Fire(output));
    if (has_rows) return Progress::kMore;
    if (marker.kind == Marker::kWatermark) {
      marker.value = AddSaturated(AddSaturated(marker.value, -program_.step.size_us),
                                  -program_.step.lateness_us);
    }
    return Progress::kNeedsInput;
  }

  arrow::Status Snapshot(Epoch epoch, SnapshotWriter& writer) override {
    for (const auto& [start, table] : panes_) {
      ARROW_RETURN_NOT_OK(table->Snapshot(epoch, fmt::format("{}{}", kPaneName, start), writer));
    }
    const std::string_view bytes(reinterpret_cast<const char*>(&watermark_), sizeof(watermark_));
    return writer.Add({.name = std::string(kWatermarkName),
                       .groups = key_groups_,
                       .content = {Buffer::Copy(bytes)}});
  }

  arrow::Status Restore(SnapshotReader& reader) override {
    while (true) {
      ARROW_ASSIGN_OR_RAISE(const std::optional<StatePiece> piece, reader.Next());
      if (!piece.has_value()) break;
      if (piece->name == kWatermarkName) {
        ARROW_RETURN_NOT_OK(RestoreWatermark(*piece));
      } else if (piece->name.starts_with(kPaneName)) {
        ARROW_RETURN_NOT_OK(RestorePane(*piece, reader.owned_groups()));
      }
    }
    // Of panes where all rows were another task's.
    std::erase_if(panes_, [](const auto& pane) { return pane.second->num_rows() == 0; });
    return arrow::Status::OK();
  }

 private:
  arrow::Result<std::unique_ptr<KeyedTable>> MakeTable() const {
    return KeyedTable::Make(program_.schema, {.memory = memory_, .page_bytes = kPageBytes});
  }

  arrow::Result<KeyedTable*> PaneAt(int64_t start) {
    std::unique_ptr<KeyedTable>& table = panes_[start];
    if (table == nullptr) {
      ARROW_ASSIGN_OR_RAISE(table, MakeTable());
    }
    return table.get();
  }

  bool IsDue(int64_t start) const {
    const int64_t end = AddSaturated(start, program_.step.size_us);
    return AddSaturated(end, program_.step.lateness_us) <= watermark_;
  }

  static Batch RowsOf(const Batch& input, const std::vector<uint16_t>& positions) {
    Batch rows = input.Clone();
    if (positions.size() == static_cast<size_t>(input.num_active_rows())) return rows;
    BufferPtr selection = Buffer::Allocate(static_cast<int64_t>(positions.size() * 2));
    std::memcpy(selection->data(), positions.data(), positions.size() * 2);
    rows.SetSelection(std::move(selection), static_cast<int32_t>(positions.size()));
    return rows;
  }

  // Deal the active rows out to their windows.
  arrow::Status Begin(const Batch& input) {
    late_.clear();
    parts_.clear();
    next_part_ = 0;
    Vector starts;
    const auto window_key = static_cast<size_t>(program_.step.window_key);
    ARROW_RETURN_NOT_OK(keys_[window_key]->Evaluate(input, &starts));
    if (starts.is_dictionary()) starts = starts.Flattened(input.rows(), pool_);
    const bool is_constant = starts.is_constant();
    std::map<int64_t, size_t> part_of;
    size_t latest = 0;
    ForEachRow(input.rows(), [&](int32_t row) {
      const int32_t at = is_constant ? 0 : row;
      const bool is_null = starts.validity() != nullptr && !GetBit(starts.validity(), at);
      const int64_t start = is_null ? 0 : starts.data<int64_t>()[at];
      if (is_null || IsDue(start)) {
        late_.push_back(static_cast<uint16_t>(row));
        return;
      }
      if (parts_.empty() || parts_[latest].start != start) {
        latest = part_of.try_emplace(start, parts_.size()).first->second;
        if (latest == parts_.size()) parts_.push_back({.start = start});
      }
      parts_[latest].positions.push_back(static_cast<uint16_t>(row));
    });
    return arrow::Status::OK();
  }

  // False: memory was refused; repeat.
  arrow::Result<bool> AddPart(const Batch& input) {
    const PaneRows& part = parts_[next_part_];
    ARROW_ASSIGN_OR_RAISE(KeyedTable * table, PaneAt(part.start));
    if (!has_part_) {
      part_ = RowsOf(input, part.positions);
      std::vector<Vector> keys(program_.table_keys.size());
      for (size_t i = 0; i < keys.size(); ++i) {
        ARROW_RETURN_NOT_OK(keys_[program_.table_keys[i]]->Evaluate(part_, &keys[i]));
      }
      ARROW_RETURN_NOT_OK(key_rows_->Assign(keys, part_.rows()));
      ARROW_RETURN_NOT_OK(inputs_->Evaluate(part_));
      has_part_ = true;
      from_ = 0;
    }
    ARROW_ASSIGN_OR_RAISE(const int32_t to, table->FindOrInsert(*key_rows_, from_, &refs_));
    TableStateHeap heap(table);
    if (to > from_) {
      ARROW_RETURN_NOT_OK(inputs_->Update(from_, to, refs_.row.data(), table->layout(), &heap));
      ARROW_RETURN_NOT_OK(AddWeights(from_, to, table->layout()));
    }
    from_ = to;
    if (to < key_rows_->num_rows()) return false;
    has_part_ = false;
    part_.Clear();
    ++next_part_;
    return true;
  }

  arrow::Status AddWeights(int32_t from, int32_t to, const RowLayout& layout) {
    const int32_t offset = layout.slot_offset(program_.weight_slot());
    const Rows rows = part_.rows();
    bool overflows = false;
    for (int32_t i = from; i < to; ++i) {
      auto* sum = reinterpret_cast<int64_t*>(refs_[rows[i]] + offset);
      overflows |= __builtin_add_overflow(*sum, part_.weight(rows[i]), sum);
    }
    if (!overflows) return arrow::Status::OK();
    return MakeError("ARITHMETIC_OVERFLOW",
                     {{"message", "The weights of a group pass 63 bits"}, {"alternative", ""}});
  }

  // Up to a batch of groups of the first window that is due. False: none is left.
  arrow::Result<bool> Fire(Output* output) {
    while (!panes_.empty() && IsDue(panes_.begin()->first)) {
      const auto& [start, table] = *panes_.begin();
      const int32_t count = table->Scan(&cursor_, batch_size_, &fired_);
      if (count == 0) {
        panes_.erase(panes_.begin());
        cursor_ = {};
        continue;
      }
      const int32_t offset = table->layout().slot_offset(program_.weight_slot());
      std::erase_if(fired_, [&](const uint8_t* row) {
        return *reinterpret_cast<const int64_t*>(row + offset) == 0;
      });
      if (fired_.empty()) continue;
      ARROW_RETURN_NOT_OK(Gather(start, *table, &output->batch));
      return true;
    }
    return false;
  }

  arrow::Status Gather(int64_t start, const KeyedTable& table, Batch* batch) {
    const auto num_rows = static_cast<int32_t>(fired_.size());
    size_t table_key = 0;
    for (size_t key = 0; key < program_.step.keys.size(); ++key) {
      if (static_cast<int>(key) == program_.step.window_key) {
        batch->columns().push_back(
            Vector::Constant({program_.step.keys[key].column.type, start}, num_rows));
      } else {
        ARROW_ASSIGN_OR_RAISE(batch->columns().emplace_back(),
                              table.GatherKey(table_key++, fired_, pool_));
      }
    }
    for (size_t i = 0; i < program_.aggregates.size(); ++i) {
      ARROW_ASSIGN_OR_RAISE(batch->columns().emplace_back(),
                            program_.aggregates.Finalize(i, table.layout(), fired_, pool_));
    }
    batch->set_num_rows(num_rows);
    return arrow::Status::OK();
  }

  arrow::Status RestoreWatermark(const StatePiece& piece) {
    int64_t saved = 0;
    const std::string bytes = piece.Bytes();
    if (bytes.size() != sizeof(saved)) {
      return MakeError("CHECKPOINT_CORRUPT",
                       {{"path", piece.name}, {"message", "it is not 8 bytes"}});
    }
    std::memcpy(&saved, bytes.data(), sizeof(saved));
    // The greatest, if tasks differ: what has gone out must not go out again.
    watermark_ = std::max(watermark_, saved);
    return arrow::Status::OK();
  }

  arrow::Status RestorePane(const StatePiece& piece, KeyGroupRange owned) {
    const std::string_view text = std::string_view(piece.name).substr(kPaneName.size());
    int64_t start = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), start);
    if (error != std::errc() || end != text.data() + text.size()) {
      return MakeError("CHECKPOINT_CORRUPT",
                       {{"path", piece.name}, {"message", "it names no window"}});
    }
    ARROW_ASSIGN_OR_RAISE(KeyedTable * table, PaneAt(start));
    return table->RestorePiece(piece, owned);
  }

  const WindowProgram& program_;
  const int32_t batch_size_;
  const KeyGroupRange key_groups_;
  std::shared_ptr<MemoryConsumer> memory_;
  std::vector<std::unique_ptr<Evaluator>> keys_;  // by key of the step
  std::unique_ptr<AggregateInputs> inputs_;
  std::unique_ptr<KeyRows> key_rows_;
  BufferPool pool_;

  int64_t watermark_ = kBeforeTime;
  std::map<int64_t, std::unique_ptr<KeyedTable>> panes_;  // by start

  // The batch that is under way: its late rows, its windows, and how far the window next_part_ is.
  bool is_under_way_ = false;
  std::vector<uint16_t> late_;
  std::vector<PaneRows> parts_;
  size_t next_part_ = 0;
  bool has_part_ = false;
  Batch part_;
  int32_t from_ = 0;
  RowRefs refs_;

  // Of the window that goes out.
  ScanCursor cursor_;
  std::vector<uint8_t*> fired_;
};

class WindowAggregateFactory final : public OperatorFactory {
 public:
  explicit WindowAggregateFactory(WindowProgram program) : program_(std::move(program)) {}

  arrow::Result<std::unique_ptr<Operator>> Make(const TaskContext& context) override {
    return WindowAggregate::Make(&program_, context);
  }

 private:
  const WindowProgram program_;
};

}  // namespace

arrow::Result<std::unique_ptr<OperatorFactory>> MakeWindowAggregate(
    const PhysicalWindowAggregate& step, const PhysicalNode& node, const QueryContext& query) {
  ARROW_ASSIGN_OR_RAISE(AggregateProgram aggregates,
                        AggregateProgram::Make(step.aggregates, query));
  WindowProgram program{.step = step,
                        .layout = node.inputs[0]->layout(),
                        .query = query,
                        .aggregates = std::move(aggregates)};
  const auto window_key = static_cast<size_t>(step.window_key);
  if (window_key >= step.keys.size() || step.size_us <= 0 ||
      step.keys[window_key].column.type.kind() != Kind::kI64) {
    return InternalError("a window aggregate without the start of its windows");
  }
  for (size_t key = 0; key < step.keys.size(); ++key) {
    if (key != window_key) program.table_keys.push_back(key);
  }
  // Then rows were exchanged by the window itself.
  if (program.table_keys.empty()) program.table_keys.push_back(window_key);
  for (const size_t key : program.table_keys) {
    program.schema.keys.push_back({.type = step.keys[key].column.type});
  }
  program.schema.slots = program.aggregates.slots();
  program.schema.slots.push_back({.size = sizeof(int64_t)});
  return std::make_unique<WindowAggregateFactory>(std::move(program));
}

}  // namespace sabot
