#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "arrow/result.h"

#include "sabot/expression/evaluator.h"
#include "sabot/operators/factory.h"
#include "sabot/state/row_run.h"

namespace sabot::internal {

/// What a sort is by. Keys that are columns of the input are used where they stand; others are
/// computed and carried behind the input's columns.
struct SortPlan {
  /// Errors: UNSUPPORTED_FEATURE for keys of types without order.
  static arrow::Result<SortPlan> Make(const std::vector<SortKey>& keys, const PhysicalNode& input,
                                      const QueryContext& query);

  std::vector<Type> types;  ///< of the rows of a run: the input's columns, then computed keys
  size_t num_columns = 0;   ///< of the input
  std::vector<ExpressionPtr> computed;
  std::vector<SortColumn> order;
  Layout layout;
  /// Rows after which nothing is wanted, counted by weight; INT64_MAX: all.
  int64_t num_wanted = INT64_MAX;
  /// A run of more is closed.
  int64_t run_bytes_max = INT64_MAX;
};

/// One task's rows on their way to sorted runs. Of a top-N of few rows there is one run, which is
/// cut whenever it grows too long.
class RunSorter {
 public:
  /// plan: outlives this.
  static arrow::Result<std::unique_ptr<RunSorter>> Make(const SortPlan* plan,
                                                        const QueryContext& query,
                                                        std::shared_ptr<MemoryConsumer> memory);

  /// Take in a batch. False: memory refused, repeat with the same batch.
  arrow::Result<bool> Add(const Batch& batch);
  /// Sort what is not in a run yet. False: memory refused, repeat.
  arrow::Result<bool> Finish();
  /// Sorted; equal rows of a later run came later.
  std::vector<std::unique_ptr<RowRun>> TakeRuns() { return std::move(runs_); }

  int64_t spillable_bytes() const;
  arrow::Result<int64_t> Spill(int64_t bytes_wanted, PageWriter& writer);

 private:
  RunSorter(const SortPlan* plan, std::shared_ptr<MemoryConsumer> memory)
      : plan_(plan), memory_(std::move(memory)) {}
  arrow::Result<std::unique_ptr<RowRun>> MakeRun() const;
  arrow::Status Open(const Batch& batch);
  void DropRowsBehindLast();
  bool is_long() const;
  arrow::Result<bool> CloseRun();
  arrow::Result<bool> CutRun();

  const SortPlan* const plan_;
  const std::shared_ptr<MemoryConsumer> memory_;
  std::vector<std::unique_ptr<Evaluator>> computed_;
  std::vector<std::unique_ptr<RowRun>> runs_;
  std::unique_ptr<RowRun> run_;  // that rows are appended to
  bool is_sorted_ = false;       // run_

  // The batch under way, with its computed keys.
  bool is_open_ = false;
  Batch rows_;
  int32_t next_ = 0;

  // Of a top-N, once there are as many rows as wanted: the first key of the last one.
  Vector last_key_;
  BufferPool pool_;
};

/// Spill runs that are in memory until so many bytes are on their way. Returns how many.
arrow::Result<int64_t> SpillRuns(std::span<const std::unique_ptr<RowRun>> runs,
                                 int64_t bytes_wanted, PageWriter& writer);
int64_t BytesInMemory(std::span<const std::unique_ptr<RowRun>> runs);

}  // namespace sabot::internal
