#include "sabot/scheduler/epoch_coordinator.h"

#include <chrono>

#include "sabot/base/crash_point.h"

namespace sabot {

EpochCoordinator::EpochCoordinator(const Env& env, std::unique_ptr<CheckpointStore> store,
                                   std::vector<SinkCommitter> committers, uint32_t num_tasks,
                                   Epoch last_epoch, int64_t interval_ms,
                                   std::function<void(arrow::Status)> on_error)
    : env_(env),
      store_(std::move(store)),
      committers_(std::move(committers)),
      num_tasks_(num_tasks),
      interval_ms_(interval_ms),
      on_error_(std::move(on_error)),
      wanted_(last_epoch),
      completed_(last_epoch) {}

void EpochCoordinator::Start() { ScheduleNext(); }

void EpochCoordinator::ScheduleNext() {
  if (interval_ms_ <= 0) return;
  env_.threads->PostAfter(interval_ms_ * 1'000'000, [weak = weak_from_this()] {
    if (const auto alive = weak.lock()) alive->Trigger();
    return arrow::Status::OK();
  });
}

void EpochCoordinator::Trigger() {
  {
    const std::lock_guard lock(mutex_);
    if (is_closed_ || is_last_) return;
    if (is_under_way_) {
      is_asked_again_ = true;
      return;
    }
    BeginLocked();
  }
  WakeAll();
}

void EpochCoordinator::BeginLocked() {
  is_under_way_ = true;
  is_asked_again_ = false;
  is_last_ = num_ended_ == num_tasks_;
  num_done_ = 0;
  pieces_ = std::make_shared<EpochPieces>();
  wanted_.fetch_add(1, std::memory_order_acq_rel);
}

void EpochCoordinator::WakeAll() {
  for (const auto& waker : wakers_) waker->Fire();
}

void EpochCoordinator::Close() {
  std::shared_ptr<Job> job;
  {
    const std::lock_guard lock(mutex_);
    is_closed_ = true;
    job = job_;
  }
  // A sink's consumer that ends its own stream waits for nothing: it is the job.
  if (is_committing_here()) return;
  if (job != nullptr && !job->Cancel()) static_cast<void>(job->Wait());
}

std::unique_ptr<SnapshotWriter> EpochCoordinator::WriterFor(Epoch /*epoch*/, uint32_t operator_id) {
  const std::lock_guard lock(mutex_);
  return pieces_->WriterFor(operator_id);
}

Epoch EpochCoordinator::next_epoch() const {
  const std::lock_guard lock(mutex_);
  return wanted_.load() + 1;
}

void EpochCoordinator::TaskDone(Epoch epoch) {
  const std::lock_guard lock(mutex_);
  // A source task reads on only after its own call, so the first call of all counts no row more.
  if (num_done_ == 0 && rows_read_ != nullptr) rows_at_barrier_ = rows_read_->load();
  if (++num_done_ < num_tasks_ || is_closed_) return;
  // The pieces are immutable from here on; the tasks go on meanwhile.
  job_ = env_.threads->Post([self = shared_from_this(), epoch, pieces = pieces_] {
    const arrow::Status status = self->Finish(epoch, *pieces);
    if (status.ok()) {
      self->Finished(epoch);
    } else {
      self->on_error_(status);
    }
    return status;
  });
}

// On the I/O pool.
arrow::Status EpochCoordinator::Finish(Epoch epoch, const EpochPieces& pieces) {
  if (store_ != nullptr) ARROW_RETURN_NOT_OK(store_->Complete(epoch, pieces));
  for (const SinkCommitter& sink : committers_) {
    CrashPoint(crash_point::kSinkCommit);
    const auto staged = ReadPieces(pieces.pieces(), sink.operator_id, {});
    committing_thread_.store(std::this_thread::get_id());
    const arrow::Status committed = sink.committer->Commit(epoch, *staged);
    committing_thread_.store(std::thread::id());
    ARROW_RETURN_NOT_OK(committed);
    CrashPoint(crash_point::kSinkCommit);
  }
  if (store_ != nullptr) ARROW_RETURN_NOT_OK(store_->MarkCommitted(epoch));
  return arrow::Status::OK();
}

void EpochCoordinator::Finished(Epoch epoch) {
  CrashPoint(crash_point::kSourceAck);
  bool begins = false;
  {
    const std::lock_guard lock(mutex_);
    rows_saved_.store(rows_at_barrier_, std::memory_order_relaxed);
    completed_.store(epoch, std::memory_order_release);
    is_under_way_ = false;
    pieces_.reset();
    if (is_last_) {
      is_finished_.store(true, std::memory_order_release);
    } else if (!is_closed_ && (is_asked_again_ || num_ended_ == num_tasks_)) {
      BeginLocked();
      begins = true;
    }
    changed_.notify_all();
  }
  CrashPoint(crash_point::kSourceAck);
  WakeAll();
  if (!begins && !is_finished()) ScheduleNext();
}

void EpochCoordinator::TaskEnded() {
  {
    const std::lock_guard lock(mutex_);
    if (++num_ended_ < num_tasks_ || is_closed_ || is_under_way_) return;
    BeginLocked();
  }
  WakeAll();
}

void EpochCoordinator::WaitNanos(int64_t nanos) {
  std::unique_lock lock(mutex_);
  changed_.wait_for(lock, std::chrono::nanoseconds(nanos));
}

void EpochCoordinator::Notify() {
  const std::lock_guard lock(mutex_);
  changed_.notify_all();
}

}  // namespace sabot
