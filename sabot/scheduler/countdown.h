#pragma once

#include <atomic>
#include <memory>

#include "sabot/base/waker.h"

namespace sabot {

/// A point that every task of a query passes only once all have come there. Blocks no thread.
class Countdown {
 public:
  explicit Countdown(uint32_t num_tasks) : left_(num_tasks) {}

  /// Once a task. Wakes the waiting if it was the last.
  void Arrive() {
    if (left_.fetch_sub(1) == 1) waiting_.FireAll();
  }
  /// False: the waker fires once it is open.
  bool IsOpenElseWake(const std::shared_ptr<Waker>& waker) {
    if (left_.load() == 0) return true;
    waiting_.Add(waker);
    // Again, as the last may have come before we were on the list.
    return left_.load() == 0;
  }

 private:
  std::atomic<uint32_t> left_;
  WakerList waiting_;
};

}  // namespace sabot
