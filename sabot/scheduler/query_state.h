#pragma once

#include <atomic>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <vector>

#include "arrow/status.h"

#include "sabot/base/waker.h"

namespace sabot {

/// What all tasks of a query share: whether it is to stop, and why. Thread-safe.
class QueryState {
 public:
  explicit QueryState(uint32_t num_tasks) : num_running_(num_tasks) {}

  /// Before the tasks run.
  void AddWaker(std::shared_ptr<Waker> waker) { wakers_.push_back(std::move(waker)); }
  /// The first error counts; every task is woken to see it.
  void Fail(arrow::Status status) {
    {
      const std::lock_guard lock(mutex_);
      if (!status_.ok()) return;
      status_ = std::move(status);
    }
    is_cancelled_.store(true);
    for (const auto& waker : wakers_) waker->Fire();
  }
  arrow::Status status() const {
    const std::lock_guard lock(mutex_);
    return status_;
  }
  const std::atomic<bool>* is_cancelled() const { return &is_cancelled_; }

  /// By a task, as the last thing it does with the query.
  void EndTask() {
    const std::lock_guard lock(mutex_);
    if (--num_running_ == 0) ended_.notify_all();
  }
  bool has_ended() const {
    const std::lock_guard lock(mutex_);
    return num_running_ == 0;
  }
  void WaitForEnd() {
    std::unique_lock lock(mutex_);
    ended_.wait(lock, [&] { return num_running_ == 0; });
  }

 private:
  std::atomic<bool> is_cancelled_{false};
  std::vector<std::shared_ptr<Waker>> wakers_;
  mutable std::mutex mutex_;
  std::condition_variable ended_;
  arrow::Status status_;
  uint32_t num_running_;
};

}  // namespace sabot
