#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "sabot/base/memory_budget.h"
#include "sabot/vector/string_view.h"

namespace sabot::internal {

/// A block of memory paid for by a consumer, and everything its owner allocated before it: so one
/// pointer to the newest extent keeps them all, and is what snapshots and vectors hold.
class Extent {
 public:
  /// Null if the reservation is refused, unless forced. alignment: a power of two.
  static std::shared_ptr<Extent> Make(int64_t size, int64_t alignment,
                                      std::shared_ptr<MemoryConsumer> payer,
                                      std::shared_ptr<Extent> previous, bool is_forced);
  Extent(const Extent&) = delete;
  Extent& operator=(const Extent&) = delete;
  ~Extent();

  uint8_t* data() const { return data_; }
  int64_t size() const { return size_; }

 private:
  Extent() = default;
  uint8_t* data_ = nullptr;
  int64_t size_ = 0;
  int64_t alignment_ = 0;
  std::shared_ptr<MemoryConsumer> payer_;
  std::shared_ptr<Extent> previous_;
};

/// Bytes of states that grow and shrink: each piece stays where it is until it is freed. Counted by
/// the consumer, in steps, even beyond its budget. One thread.
class StateBytes {
 public:
  explicit StateBytes(std::shared_ptr<MemoryConsumer> payer) : payer_(std::move(payer)) {}
  StateBytes(const StateBytes&) = delete;
  StateBytes& operator=(const StateBytes&) = delete;
  ~StateBytes() { Clear(); }

  StringView Store(std::string_view bytes);
  void Free(const StringView& view);
  void Clear();
  int64_t size_bytes() const { return used_bytes_; }

 private:
  struct Piece {
    Piece* previous;
    Piece* next;
  };
  void Settle();

  std::shared_ptr<MemoryConsumer> payer_;
  Piece* first_ = nullptr;
  int64_t used_bytes_ = 0;
  int64_t reserved_bytes_ = 0;
};

}  // namespace sabot::internal
