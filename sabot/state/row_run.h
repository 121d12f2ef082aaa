#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "arrow/result.h"
#include "arrow/status.h"

#include "sabot/base/memory_budget.h"
#include "sabot/vector/batch.h"
#include "sabot/vector/state_piece.h"

namespace sabot {

/// One ORDER BY item over a run's columns. Order: numbers by value, NaN greatest, -0.0 equals 0.0;
/// strings by bytes.
struct SortColumn {
  size_t column = 0;
  bool descending = false;
  bool nulls_first = true;
};

struct RowRunOptions {
  /// Who pays for the pages. Null: not counted.
  std::shared_ptr<MemoryConsumer> memory;
  /// Batches may have weights; rows are 8 bytes longer.
  bool has_weights = false;
  /// Pages are counted even beyond the budget: Append takes all rows.
  bool is_forced = false;
};

/// Reads rows back in order, as batches.
class RowRunReader {
 public:
  virtual ~RowRunReader() = default;
  /// Up to max_rows further rows; a batch of no rows at the end. Strings point into memory the
  /// batch keeps alive.
  virtual arrow::Result<Batch> Next(int32_t max_rows, BufferPool& pool) = 0;
};

/// Rows appended, perhaps sorted, and read again: sort runs, spilled probe sides, buffers. Weights
/// are kept, splits and times are not.
class RowRun {
 public:
  /// columns: the types of appended batches. Errors: UNSUPPORTED_FEATURE for Cypher's ANY.
  static arrow::Result<std::unique_ptr<RowRun>> Make(std::vector<Type> columns,
                                                     RowRunOptions options = {});
  virtual ~RowRun() = default;

  virtual int64_t num_rows() const = 0;
  virtual int64_t size_bytes() const = 0;
  /// The active rows [from, ...) of a batch. Returns how far it came: less than all if memory was
  /// refused; repeat from there.
  virtual arrow::Result<int32_t> Append(const Batch& batch, int32_t from) = 0;
  /// Order the rows; equal ones stay in order of arrival. Not after Spill. False: memory refused.
  virtual arrow::Result<bool> Sort(std::span<const SortColumn> order) = 0;
  /// Hand all rows, in order, to the writer; memory comes free once written. Appending is over.
  virtual arrow::Status Spill(PageWriter& writer) = 0;
  virtual bool is_spilled() const = 0;
  /// From the first row. Several at a time; each outlives no run. Of a spilled run: reads block by
  /// block, waits for the write first.
  virtual arrow::Result<std::unique_ptr<RowRunReader>> Read() const = 0;
};

/// Merge sorted runs into one order; of equal rows, those of the earlier run come first. The runs
/// outlive the reader.
arrow::Result<std::unique_ptr<RowRunReader>> MergeRuns(std::span<RowRun* const> runs,
                                                       std::vector<SortColumn> order);

}  // namespace sabot
