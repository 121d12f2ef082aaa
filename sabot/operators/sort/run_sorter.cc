#include "sabot/operators/sort/run_sorter.h"

#include <algorithm>

#include "sabot/base/error.h"
#include "sabot/expression/value_order.h"
#include "sabot/operators/weights.h"
#include "sabot/vector/value_index.h"

namespace sabot::internal {
namespace {

// Sorted in a few milliseconds.
constexpr int64_t kRunRows = 32 << 10;
// A top-N of more rows is a sort whose reader stops.
constexpr int64_t kCutRowsMax = kRunRows / 4;

// Keep those of `rows` for which is_behind(row) is false; their number.
template <typename IsBehind>
int32_t KeepRows(Rows rows, uint16_t* kept, IsBehind&& is_behind) {
  int32_t count = 0;
  ForEachRow(rows, [&](int32_t row) {
    kept[count] = static_cast<uint16_t>(row);
    count += is_behind(row) ? 0 : 1;
  });
  return count;
}

template <typename T>
int32_t KeepUpTo(const Vector& keys, const Vector& last, const SortColumn& order, Rows rows,
                 uint16_t* kept) {
  int32_t count = 0;
  const T bound = last.data<T>()[0];
  WithValueIndex(keys, [&](const Vector& values, auto index_of) {
    const T* data = values.data<T>();
    const bool descending = order.descending;
    const bool null_is_behind = !order.nulls_first;
    const bool may_have_nulls = keys.may_have_nulls();
    count = KeepRows(rows, kept, [&](int32_t row) {
      if (may_have_nulls && keys.IsNull(row)) return null_is_behind;
      const T value = data[index_of(row)];
      return descending ? ValueLess(value, bound) : ValueLess(bound, value);
    });
  });
  return count;
}

}  // namespace

arrow::Result<SortPlan> SortPlan::Make(const std::vector<SortKey>& keys, const PhysicalNode& input,
                                       const QueryContext& query) {
  SortPlan plan;
  plan.layout = input.layout();
  plan.num_columns = input.output.size();
  for (const OutputColumn& column : input.output) plan.types.push_back(column.type);
  for (const SortKey& key : keys) {
    const Type& type = key.expression->type;
    if (type.is_nested() || type.kind() == Kind::kAny16 || type.kind() == Kind::kStruct) {
      return UnsupportedError("ordering rows by a value of type " + type.ToSql(),
                              "order by its elements or fields", key.expression->span);
    }
    const auto* column = key.expression->As<ColumnRef>();
    auto position = static_cast<size_t>(column == nullptr ? -1 : plan.layout.Find(column->id));
    if (column == nullptr) {
      position = plan.types.size();
      plan.types.push_back(type);
      plan.computed.push_back(key.expression);
    }
    plan.order.push_back({position, !key.ascending, key.nulls_first});
  }
  // Sorting a run takes about as much again, and there should be others to spill.
  plan.run_bytes_max = std::max<int64_t>(
      query.memory->limit_bytes() / (8 * std::max<uint32_t>(query.num_tasks, 1)), 16 << 10);
  return plan;
}

arrow::Result<std::unique_ptr<RunSorter>> RunSorter::Make(const SortPlan* plan,
                                                          const QueryContext& query,
                                                          std::shared_ptr<MemoryConsumer> memory) {
  std::unique_ptr<RunSorter> sorter(new RunSorter(plan, std::move(memory)));
  for (const ExpressionPtr& key : plan->computed) {
    ARROW_ASSIGN_OR_RAISE(sorter->computed_.emplace_back(),
                          MakeEvaluator(key, plan->layout, *query.functions, query.settings));
  }
  ARROW_ASSIGN_OR_RAISE(sorter->run_, sorter->MakeRun());
  return sorter;
}

arrow::Result<std::unique_ptr<RowRun>> RunSorter::MakeRun() const {
  return RowRun::Make(plan_->types, {.memory = memory_, .has_weights = true});
}

arrow::Result<bool> RunSorter::Add(const Batch& batch) {
  if (!is_open_) ARROW_RETURN_NOT_OK(Open(batch));
  while (true) {
    if (is_long()) {
      ARROW_ASSIGN_OR_RAISE(const bool is_closed, CloseRun());
      if (!is_closed) return false;
    }
    if (next_ == rows_.num_active_rows()) break;
    ARROW_ASSIGN_OR_RAISE(const int32_t next, run_->Append(rows_, next_));
    const bool is_refused = next < rows_.num_active_rows();
    next_ = next;
    if (is_refused) return false;
  }
  rows_.Clear();
  is_open_ = false;
  return true;
}

arrow::Status RunSorter::Open(const Batch& batch) {
  ARROW_RETURN_NOT_OK(
      RefuseTakenBack(batch, "ORDER BY", "a sort of the net rows, after an aggregate"));
  rows_ = batch.Clone();
  for (const auto& key : computed_) {
    ARROW_RETURN_NOT_OK(key->Evaluate(batch, &rows_.columns().emplace_back()));
  }
  if (last_key_.size() > 0) DropRowsBehindLast();
  next_ = 0;
  is_open_ = true;
  return arrow::Status::OK();
}

// Rows whose first key is behind that of the last row wanted. Others may be too, by further keys:
// they go when the run is cut.
void RunSorter::DropRowsBehindLast() {
  const SortColumn& order = plan_->order[0];
  const Vector& keys = rows_.column(order.column);
  const Rows rows = rows_.rows();
  BufferPtr selection = pool_.Acquire(std::max<int64_t>(int64_t{rows.count} * 2 + 2, 16));
  auto* kept = reinterpret_cast<uint16_t*>(selection->data());
  int32_t count = 0;
  if (last_key_.IsNull(0)) {
    if (!order.nulls_first) return;
    count = KeepRows(rows, kept, [&](int32_t row) { return !keys.IsNull(row); });
  } else {
    switch (keys.kind()) {
      case Kind::kBool:
      case Kind::kI8:
        count = KeepUpTo<int8_t>(keys, last_key_, order, rows, kept);
        break;
      case Kind::kI16:
        count = KeepUpTo<int16_t>(keys, last_key_, order, rows, kept);
        break;
      case Kind::kI32:
        count = KeepUpTo<int32_t>(keys, last_key_, order, rows, kept);
        break;
      case Kind::kI64:
        count = KeepUpTo<int64_t>(keys, last_key_, order, rows, kept);
        break;
      case Kind::kF32:
        count = KeepUpTo<float>(keys, last_key_, order, rows, kept);
        break;
      case Kind::kF64:
        count = KeepUpTo<double>(keys, last_key_, order, rows, kept);
        break;
      case Kind::kI128:
        count = KeepUpTo<Int128>(keys, last_key_, order, rows, kept);
        break;
      case Kind::kView16:
        count = KeepUpTo<StringView>(keys, last_key_, order, rows, kept);
        break;
      default:
        return;
    }
  }
  if (count < rows.count) rows_.SetSelection(std::move(selection), count);
}

bool RunSorter::is_long() const {
  return run_->num_rows() >= kRunRows || run_->size_bytes() >= plan_->run_bytes_max;
}

arrow::Result<bool> RunSorter::Finish() {
  if (run_ == nullptr || run_->num_rows() == 0) return true;
  return CloseRun();
}

arrow::Result<bool> RunSorter::CloseRun() {
  if (!is_sorted_) {
    ARROW_ASSIGN_OR_RAISE(is_sorted_, run_->Sort(plan_->order));
    if (!is_sorted_) return false;
  }
  if (plan_->num_wanted <= kCutRowsMax && run_->num_rows() >= kRunRows) return CutRun();
  runs_.push_back(std::move(run_));
  ARROW_ASSIGN_OR_RAISE(run_, MakeRun());
  is_sorted_ = false;
  return true;
}

// The rows wanted begin a new run: of equal ones, those that came first stay.
arrow::Result<bool> RunSorter::CutRun() {
  ARROW_ASSIGN_OR_RAISE(std::unique_ptr<RowRun> cut, MakeRun());
  ARROW_ASSIGN_OR_RAISE(const std::unique_ptr<RowRunReader> reader, run_->Read());
  int64_t num_missing = plan_->num_wanted;
  while (num_missing > 0) {
    ARROW_ASSIGN_OR_RAISE(
        const Batch part,
        reader->Next(static_cast<int32_t>(std::min<int64_t>(num_missing, kVectorSize)), pool_));
    if (part.num_rows() == 0) break;
    int32_t count = 0;
    for (; count < part.num_rows() && num_missing > 0; ++count) {
      num_missing -= std::min(part.weight(count), num_missing);
    }
    const Batch wanted = part.SliceActive(0, count, pool_);
    ARROW_ASSIGN_OR_RAISE(const int32_t num_done, cut->Append(wanted, 0));
    if (num_done < count) return false;
    if (num_missing == 0 && !plan_->order.empty()) {
      const Vector& keys = wanted.column(plan_->order[0].column);
      last_key_ = Vector::Constant(keys.ValueAt(count - 1), 1);
    }
  }
  run_ = std::move(cut);
  is_sorted_ = false;
  return true;
}

int64_t RunSorter::spillable_bytes() const {
  return BytesInMemory(runs_) + (run_ == nullptr ? 0 : run_->size_bytes());
}

arrow::Result<int64_t> RunSorter::Spill(int64_t bytes_wanted, PageWriter& writer) {
  ARROW_ASSIGN_OR_RAISE(int64_t bytes, SpillRuns(runs_, bytes_wanted, writer));
  if (bytes >= bytes_wanted || run_ == nullptr || run_->num_rows() == 0) return bytes;
  ARROW_ASSIGN_OR_RAISE(const bool is_closed, CloseRun());
  if (!is_closed || runs_.empty()) return bytes;
  ARROW_ASSIGN_OR_RAISE(const int64_t freed,
                        SpillRuns({&runs_.back(), 1}, bytes_wanted - bytes, writer));
  return bytes + freed;
}

arrow::Result<int64_t> SpillRuns(std::span<const std::unique_ptr<RowRun>> runs,
                                 int64_t bytes_wanted, PageWriter& writer) {
  int64_t bytes = 0;
  for (const auto& run : runs) {
    if (bytes >= bytes_wanted) break;
    if (run->is_spilled()) continue;
    bytes += run->size_bytes();
    ARROW_RETURN_NOT_OK(run->Spill(writer));
  }
  return bytes;
}

int64_t BytesInMemory(std::span<const std::unique_ptr<RowRun>> runs) {
  int64_t bytes = 0;
  for (const auto& run : runs) {
    if (!run->is_spilled()) bytes += run->size_bytes();
  }
  return bytes;
}

}  // namespace sabot::internal
