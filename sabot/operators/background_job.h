#pragma once

#include <memory>
#include <mutex>

#include "arrow/result.h"
#include "arrow/status.h"

#include "sabot/base/env.h"
#include "sabot/vector/task_context.h"

namespace sabot {

/// One piece of work at a time on the I/O pool, for an operator that must not block its thread: it
/// answers kBlocked until IsDone. The task's waker fires then. Destroyed, it leaves work under way
/// to itself, so the work owns what it uses.
class BackgroundJob {
 public:
  explicit BackgroundJob(const TaskContext& context)
      : threads_(context.env.threads), gate_(std::make_shared<Gate>()) {
    gate_->waker = context.waker;
  }
  BackgroundJob(const BackgroundJob&) = delete;
  BackgroundJob& operator=(const BackgroundJob&) = delete;
  ~BackgroundJob() {
    if (job_ != nullptr) job_->Cancel();
    const std::lock_guard lock(gate_->mutex);
    gate_->waker = nullptr;
  }

  bool is_started() const { return job_ != nullptr; }
  void Start(Threads::Work work) {
    job_ = threads_->Post(std::move(work), [gate = gate_] {
      const std::lock_guard lock(gate->mutex);
      if (gate->waker != nullptr) gate->waker->Fire();
    });
  }
  /// True, once, when the work is done; then another may start. Errors: the work's.
  arrow::Result<bool> IsDone() {
    if (!job_->is_done()) return false;
    const std::shared_ptr<Job> job = std::move(job_);
    job_ = nullptr;
    ARROW_RETURN_NOT_OK(job->Wait());
    return true;
  }

 private:
  // The task may be gone when the work is done.
  struct Gate {
    std::mutex mutex;
    Waker* waker = nullptr;
  };

  Threads* const threads_;
  const std::shared_ptr<Gate> gate_;
  std::shared_ptr<Job> job_;
};

}  // namespace sabot
