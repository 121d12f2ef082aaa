#pragma once

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <limits>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "arrow/result.h"
#include "arrow/status.h"
#include "arrow/type_fwd.h"

#include "sabot/base/waker.h"

namespace sabot {

class MemoryConsumer;

/// The bytes that one process (or one engine) may hold. Reserving never blocks: who is refused
/// spills, waits for a release, or fails with OutOfMemoryError. Thread-safe; reserving and
/// releasing take no lock. Outlives its consumers.
class MemoryBudget {
 public:
  static constexpr int64_t kUnlimited = std::numeric_limits<int64_t>::max();

  explicit MemoryBudget(int64_t limit_bytes = kUnlimited) : limit_bytes_(limit_bytes) {}
  MemoryBudget(const MemoryBudget&) = delete;
  MemoryBudget& operator=(const MemoryBudget&) = delete;

  /// name: what a person reads in an error ("hash aggregate"). floor_bytes: kept for this consumer
  /// alone as long as it lives, so that it can always make a step: reserving up to there cannot
  /// fail. OutOfMemoryError if the floor itself has no room.
  arrow::Result<std::unique_ptr<MemoryConsumer>> MakeConsumer(std::string name,
                                                              int64_t floor_bytes = 0);

  int64_t limit_bytes() const { return limit_bytes_.load(std::memory_order_relaxed); }
  /// Takes nothing back: reservations beyond a lower limit stay, and new ones are refused until it
  /// is met.
  void set_limit_bytes(int64_t limit_bytes);
  /// Reserved now, unused floors included. Beyond the limit only where memory was forced on the
  /// budget.
  int64_t reserved_bytes() const { return reserved_bytes_.load(std::memory_order_relaxed); }
  /// The most there ever was of reserved_bytes().
  int64_t peak_bytes() const { return peak_bytes_.load(std::memory_order_relaxed); }

  struct Usage {
    std::string name;
    int64_t bytes = 0;
  };
  /// Who holds most, in order; consumers of one name (the tasks of an operator) are one line. Takes
  /// a lock.
  std::vector<Usage> TopConsumers(size_t count) const;

  /// Fires the waker once, at the next release by anyone. Register first, then try again to
  /// reserve, then answer kNeedsMemory: a release between a failed try and the registration would
  /// go unseen.
  void WakeOnRelease(const std::shared_ptr<Waker>& waker) { waiting_.Add(waker); }

 private:
  friend class MemoryConsumer;
  bool TryTake(int64_t bytes);
  void ForceTake(int64_t bytes);
  void GiveBack(int64_t bytes);
  void RaisePeak(int64_t reserved_bytes);

  std::atomic<int64_t> limit_bytes_;
  std::atomic<int64_t> reserved_bytes_{0};
  std::atomic<int64_t> peak_bytes_{0};
  WakerList waiting_;
  mutable std::mutex mutex_;
  std::vector<const MemoryConsumer*> consumers_;  // guarded by mutex_
};

/// One holder of memory: an operator's task, an edge, a cache. Thread-safe.
class MemoryConsumer {
 public:
  /// Everything must have been released.
  ~MemoryConsumer();
  MemoryConsumer(const MemoryConsumer&) = delete;
  MemoryConsumer& operator=(const MemoryConsumer&) = delete;

  /// All of the bytes or none. Never blocks; bytes >= 0.
  [[nodiscard]] bool TryReserve(int64_t bytes);
  /// For memory that is there already and was allocated by others (Arrow): counted, even beyond the
  /// limit.
  void ForceReserve(int64_t bytes);
  void Release(int64_t bytes);

  const std::string& name() const { return name_; }
  int64_t floor_bytes() const { return floor_bytes_; }
  /// Reserved by this consumer; without what is left of its floor.
  int64_t used_bytes() const { return used_bytes_.load(std::memory_order_relaxed); }
  MemoryBudget* budget() const { return budget_; }

 private:
  friend class MemoryBudget;
  MemoryConsumer(MemoryBudget* budget, std::string name, int64_t floor_bytes)
      : budget_(budget), name_(std::move(name)), floor_bytes_(floor_bytes) {}
  // What the budget has taken for this consumer while it uses so much.
  int64_t TakenFor(int64_t used_bytes) const { return std::max(used_bytes, floor_bytes_); }

  MemoryBudget* const budget_;
  const std::string name_;
  const int64_t floor_bytes_;
  std::atomic<int64_t> used_bytes_{0};
};

/// Bytes of a consumer, released at the end of the scope. One thread at a time; the consumer
/// outlives it.
class Reservation {
 public:
  Reservation() = default;
  explicit Reservation(MemoryConsumer* consumer) : consumer_(consumer) {}
  Reservation(Reservation&& other) noexcept
      : consumer_(std::exchange(other.consumer_, nullptr)),
        bytes_(std::exchange(other.bytes_, 0)) {}
  Reservation& operator=(Reservation&& other) noexcept {
    if (this != &other) {
      Release();
      consumer_ = std::exchange(other.consumer_, nullptr);
      bytes_ = std::exchange(other.bytes_, 0);
    }
    return *this;
  }
  ~Reservation() { Release(); }

  /// False: nothing changed.
  [[nodiscard]] bool TryGrow(int64_t bytes) {
    if (!consumer_->TryReserve(bytes)) return false;
    bytes_ += bytes;
    return true;
  }
  /// bytes <= bytes().
  void Shrink(int64_t bytes) {
    bytes_ -= bytes;
    consumer_->Release(bytes);
  }
  void Release() {
    if (bytes_ > 0) consumer_->Release(std::exchange(bytes_, 0));
  }
  int64_t bytes() const { return bytes_; }

 private:
  MemoryConsumer* consumer_ = nullptr;
  int64_t bytes_ = 0;
};

/// Error class OUT_OF_MEMORY: what was wanted, the limit, and who holds the memory.
/// who: the consumer that was refused ("hash aggregate").
arrow::Status OutOfMemoryError(const MemoryBudget& budget, std::string_view who,
                               int64_t wanted_bytes);

/// An Arrow pool on top of `parent` that counts what it hands out as the consumer `name` of the
/// budget. It refuses nothing itself: Arrow's callers cannot spill, so what they take makes others
/// spill. Must outlive every buffer it gave.
arrow::Result<std::shared_ptr<arrow::MemoryPool>> MakeBudgetedPool(
    std::shared_ptr<MemoryBudget> budget, std::string name, arrow::MemoryPool* parent);

/// "96.0 MiB", "512 B".
std::string FormatBytes(int64_t bytes);

}  // namespace sabot
