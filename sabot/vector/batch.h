#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "sabot/vector/vector.h"

namespace sabot {

/// Vectors of equal length with what belongs to all of them. Move-only; Share() makes it immutable
/// and shareable.
///
/// Rows are positions [0, num_rows). A selection names those that are active; kernels compute
/// active rows only, and values at others are undefined. A weight says how often a row counts
/// (absent: 1; -1 takes one back); no active row has weight 0.
class Batch {
 public:
  static constexpr int64_t kNoTime = INT64_MIN;

  Batch() = default;
  Batch(Batch&&) = default;
  Batch& operator=(Batch&&) = default;
  Batch(const Batch&) = delete;
  Batch& operator=(const Batch&) = delete;

  std::vector<Vector>& columns() { return columns_; }
  const std::vector<Vector>& columns() const { return columns_; }
  const Vector& column(size_t i) const { return columns_[i]; }
  size_t num_columns() const { return columns_.size(); }
  int32_t num_rows() const { return num_rows_; }
  void set_num_rows(int32_t num_rows) { num_rows_ = num_rows; }

  /// Active rows: by the selection, or all.
  Rows rows() const;
  int32_t num_active_rows() const { return selection_ == nullptr ? num_rows_ : num_selected_; }
  bool empty() const { return num_active_rows() == 0; }
  bool has_selection() const { return selection_ != nullptr; }
  /// positions: increasing u16, all < num_rows.
  void SetSelection(BufferPtr positions, int32_t count);
  void ClearSelection() { selection_ = nullptr; }

  /// i64 a row position; null: every row counts once.
  const int64_t* weights() const {
    return weights_ == nullptr ? nullptr : reinterpret_cast<const int64_t*>(weights_->data());
  }
  const BufferPtr& weights_buffer() const { return weights_; }
  void set_weights(BufferPtr weights) { weights_ = std::move(weights); }
  int64_t weight(int32_t row) const { return weights_ == nullptr ? 1 : weights()[row]; }

  /// The source split or morsel the rows come from; rows of a split stay in order; 0: mixed.
  uint64_t split() const { return split_; }
  void set_split(uint64_t split) { split_ = split; }
  /// Bounds of the rows' event times; kNoTime: unknown.
  int64_t min_time() const { return min_time_; }
  int64_t max_time() const { return max_time_; }
  void set_times(int64_t min_time, int64_t max_time) {
    min_time_ = min_time;
    max_time_ = max_time;
  }
  /// Take split and times, not rows, from the batch this one was made from.
  void CopyMetadata(const Batch& other);
  /// Selection and weights too: the columns were computed position by position.
  void CopyShape(const Batch& other);

  /// Gather the active rows, so that no selection is left. Free if there is none.
  void Compact(BufferPool& pool);
  /// Active rows [offset, offset + count) as a batch of their own that shares the columns.
  Batch SliceActive(int32_t offset, int32_t count, BufferPool& pool) const;
  /// Row order[i] (positions, any order) as row i; weights go along.
  Batch Take(std::span<const int32_t> order, BufferPool& pool) const;
  /// A second batch over the same buffers, which nobody writes any more.
  Batch Clone() const;
  /// Forget everything but keep the capacity of the column list.
  void Clear();

 private:
  std::vector<Vector> columns_;
  int32_t num_rows_ = 0;
  BufferPtr selection_;
  int32_t num_selected_ = 0;
  BufferPtr weights_;
  uint64_t split_ = 0;
  int64_t min_time_ = kNoTime;
  int64_t max_time_ = kNoTime;
};

}  // namespace sabot
