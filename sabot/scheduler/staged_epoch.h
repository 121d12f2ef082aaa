#pragma once

#include <memory>
#include <mutex>
#include <vector>

#include "sabot/vector/state_piece.h"

namespace sabot {

/// The pieces that the sinks of a bounded query stage, in memory: such a query runs again rather
/// than being restored. Thread-safe while written.
class StagedEpoch final : public SnapshotWriter {
 public:
  arrow::Status Add(StatePiece piece) override {
    const std::lock_guard lock(mutex_);
    pieces_.push_back(std::move(piece));
    return arrow::Status::OK();
  }
  /// Once all have staged. Valid as long as this.
  std::unique_ptr<SnapshotReader> Read() const { return std::make_unique<Reader>(&pieces_); }

 private:
  class Reader final : public SnapshotReader {
   public:
    explicit Reader(const std::vector<StatePiece>* pieces) : pieces_(pieces) {}
    arrow::Result<std::optional<StatePiece>> Next() override {
      if (next_ == pieces_->size()) return std::nullopt;
      return (*pieces_)[next_++];
    }
    KeyGroupRange owned_groups() const override { return {}; }

   private:
    const std::vector<StatePiece>* pieces_;
    size_t next_ = 0;
  };

  std::mutex mutex_;
  std::vector<StatePiece> pieces_;
};

}  // namespace sabot
