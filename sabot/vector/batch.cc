#include "sabot/vector/batch.h"

#include <cstring>

namespace sabot {

Rows Batch::rows() const {
  if (selection_ == nullptr) return {nullptr, num_rows_};
  return {reinterpret_cast<const uint16_t*>(selection_->data()), num_selected_};
}

void Batch::SetSelection(BufferPtr positions, int32_t count) {
  selection_ = std::move(positions);
  num_selected_ = count;
}

void Batch::CopyMetadata(const Batch& other) {
  split_ = other.split_;
  min_time_ = other.min_time_;
  max_time_ = other.max_time_;
}

void Batch::CopyShape(const Batch& other) {
  CopyMetadata(other);
  num_rows_ = other.num_rows_;
  selection_ = other.selection_;
  num_selected_ = other.num_selected_;
  weights_ = other.weights_;
}

void Batch::Compact(BufferPool& pool) {
  if (selection_ == nullptr) return;
  const Rows active = rows();
  for (Vector& column : columns_) column = column.Gather(active, pool);
  if (weights_ != nullptr) {
    BufferPtr gathered = pool.Acquire(std::max<int64_t>(int64_t{active.count} * 8, 16));
    auto* target = reinterpret_cast<int64_t*>(gathered->data());
    for (int32_t i = 0; i < active.count; ++i) target[i] = weights()[active[i]];
    weights_ = std::move(gathered);
  }
  num_rows_ = active.count;
  selection_ = nullptr;
}

Batch Batch::SliceActive(int32_t offset, int32_t count, BufferPool& pool) const {
  SABOT_DCHECK(offset >= 0 && offset + count <= num_active_rows());
  Batch slice = Clone();
  if (selection_ != nullptr) {
    slice.selection_ =
        Buffer::Borrow(selection_->data() + int64_t{offset} * 2, int64_t{count} * 2, selection_);
    slice.num_selected_ = count;
    return slice;
  }
  for (Vector& column : slice.columns_) column = column.Slice(offset, count, pool);
  if (weights_ != nullptr) {
    slice.weights_ =
        Buffer::Borrow(weights_->data() + int64_t{offset} * 8, int64_t{count} * 8, weights_);
  }
  slice.num_rows_ = count;
  return slice;
}

Batch Batch::Take(std::span<const int32_t> order, BufferPool& pool) const {
  Batch taken;
  taken.CopyMetadata(*this);
  taken.num_rows_ = static_cast<int32_t>(order.size());
  taken.columns_.reserve(columns_.size());
  for (const Vector& column : columns_) taken.columns_.push_back(column.Take(order, pool));
  if (weights_ != nullptr) {
    taken.weights_ = pool.Acquire(std::max<int64_t>(static_cast<int64_t>(order.size()) * 8, 16));
    auto* target = reinterpret_cast<int64_t*>(taken.weights_->data());
    for (size_t i = 0; i < order.size(); ++i) target[i] = weights()[order[i]];
  }
  return taken;
}

Batch Batch::Clone() const {
  Batch clone;
  clone.columns_ = columns_;
  clone.CopyShape(*this);
  return clone;
}

void Batch::Clear() {
  columns_.clear();
  num_rows_ = 0;
  selection_ = nullptr;
  num_selected_ = 0;
  weights_ = nullptr;
  split_ = 0;
  min_time_ = kNoTime;
  max_time_ = kNoTime;
}

}  // namespace sabot
