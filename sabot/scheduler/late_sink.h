#pragma once

#include <atomic>
#include <memory>

#include "sabot/vector/operator.h"

namespace sabot {

/// Counts the rows that came too late, by weight, and hands them to `sink`, if there is one.
class LateSink final : public Operator {
 public:
  LateSink(std::atomic<int64_t>* count, std::unique_ptr<Operator> sink)
      : count_(count), sink_(std::move(sink)) {}

  arrow::Result<Progress> Push(int port, Batch& input, Output* output) override {
    if (!is_counted_) {
      int64_t rows = 0;
      ForEachRow(input.rows(), [&](int32_t row) { rows += input.weight(row); });
      count_->fetch_add(rows, std::memory_order_relaxed);
      is_counted_ = true;
    }
    Progress progress = Progress::kNeedsInput;
    if (sink_ != nullptr) {
      ARROW_ASSIGN_OR_RAISE(progress, sink_->Push(port, input, output));
    }
    if (progress == Progress::kNeedsInput) is_counted_ = false;
    return progress;
  }
  arrow::Result<Progress> OnMarker(Marker& marker, Output* output) override {
    return sink_ == nullptr ? Progress::kNeedsInput : sink_->OnMarker(marker, output);
  }
  arrow::Status Snapshot(Epoch epoch, SnapshotWriter& writer) override {
    return sink_ == nullptr ? arrow::Status::OK() : sink_->Snapshot(epoch, writer);
  }
  arrow::Status Restore(SnapshotReader& reader) override {
    return sink_ == nullptr ? arrow::Status::OK() : sink_->Restore(reader);
  }

 private:
  std::atomic<int64_t>* const count_;
  const std::unique_ptr<Operator> sink_;
  bool is_counted_ = false;  // the input at hand
};

}  // namespace sabot
