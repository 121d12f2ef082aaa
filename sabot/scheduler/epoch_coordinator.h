#pragma once

#include <atomic>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "arrow/status.h"

#include "sabot/base/env.h"
#include "sabot/base/waker.h"
#include "sabot/checkpoint/store.h"
#include "sabot/vector/operator.h"

namespace sabot {

/// A sink that commits, by the operator whose staged pieces it is given.
struct SinkCommitter {
  uint32_t operator_id = 0;
  std::unique_ptr<Committer> committer;
};

/// Runs the epochs of one stream, one after another: asks the tasks for barriers, takes their
/// pieces, then on the I/O pool has them written, committed and marked. When every task has ended
/// it runs one last epoch. Thread-safe; held by shared_ptr, as its jobs may outlast the stream's
/// handle.
class EpochCoordinator : public std::enable_shared_from_this<EpochCoordinator> {
 public:
  /// store: null if checkpoints are not kept. on_error: may be called from any thread.
  EpochCoordinator(const Env& env, std::unique_ptr<CheckpointStore> store,
                   std::vector<SinkCommitter> committers, uint32_t num_tasks, Epoch last_epoch,
                   int64_t interval_ms, std::function<void(arrow::Status)> on_error);

  /// Before the tasks run.
  void AddWaker(std::shared_ptr<Waker> waker) { wakers_.push_back(std::move(waker)); }
  /// The counter of the stream's source, which outlives the tasks. Before they run.
  void CountRowsOf(const std::atomic<int64_t>* rows_read) { rows_read_ = rows_read; }
  /// Begins to trigger by the interval.
  void Start();
  void Trigger();
  /// No epoch begins any more; waits for the job under way, unless it is the caller.
  void Close();
  /// Is the caller a sink's commit, which an epoch and so the stream's end wait for?
  bool is_committing_here() const {
    return committing_thread_.load() == std::this_thread::get_id();
  }

  /// The epoch whose barrier is to be sent; tasks without a live input send it themselves.
  Epoch wanted() const { return wanted_.load(std::memory_order_acquire); }
  /// By a task through whose operators the barrier has gone: where their pieces go.
  std::unique_ptr<SnapshotWriter> WriterFor(Epoch epoch, uint32_t operator_id);
  /// The task has handed over all its pieces.
  void TaskDone(Epoch epoch);
  /// The task has brought End through; it still takes barriers.
  void TaskEnded();
  /// The last epoch is committed: nothing is left to do.
  bool is_finished() const { return is_finished_.load(std::memory_order_acquire); }

  Epoch completed() const { return completed_.load(std::memory_order_acquire); }
  /// Rows read since this start that the last completed epoch covers; of several source tasks at
  /// least those.
  int64_t rows_saved() const { return rows_saved_.load(std::memory_order_relaxed); }
  /// The first epoch that has begun later than now.
  Epoch next_epoch() const;
  /// Waits until an epoch is completed, the stream is over, or the time is.
  void WaitNanos(int64_t nanos);
  void Notify();

 private:
  void BeginLocked();
  void WakeAll();
  arrow::Status Finish(Epoch epoch, const EpochPieces& pieces);
  void Finished(Epoch epoch);
  void ScheduleNext();

  const Env env_;
  const std::unique_ptr<CheckpointStore> store_;
  const std::vector<SinkCommitter> committers_;
  const uint32_t num_tasks_;
  const int64_t interval_ms_;
  const std::function<void(arrow::Status)> on_error_;
  std::vector<std::shared_ptr<Waker>> wakers_;

  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::atomic<Epoch> wanted_;
  std::atomic<Epoch> completed_;
  std::atomic<bool> is_finished_{false};
  std::atomic<std::thread::id> committing_thread_{};
  std::shared_ptr<EpochPieces> pieces_;  // of the epoch under way
  const std::atomic<int64_t>* rows_read_ = nullptr;
  std::atomic<int64_t> rows_saved_{0};
  int64_t rows_at_barrier_ = 0;  // of the epoch under way
  uint32_t num_done_ = 0;
  uint32_t num_ended_ = 0;
  bool is_under_way_ = false;
  bool is_asked_again_ = false;
  bool is_last_ = false;  // the epoch under way began after every task had ended
  bool is_closed_ = false;
  std::shared_ptr<Job> job_;
};

}  // namespace sabot
