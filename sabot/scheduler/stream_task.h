#pragma once

#include <atomic>
#include <deque>
#include <memory>
#include <vector>

#include "sabot/eventtime/split_board.h"
#include "sabot/scheduler/chain.h"
#include "sabot/scheduler/epoch_coordinator.h"
#include "sabot/scheduler/query_state.h"
#include "sabot/scheduler/task_memory.h"
#include "sabot/scheduler/worker_pool.h"

namespace sabot {

/// What the tasks of a stream share. Outlives them.
struct StreamShared {
  std::shared_ptr<QueryState> state;  ///< also of jobs that outlast the tasks
  std::unique_ptr<SpillBroker> broker;
  std::shared_ptr<EpochCoordinator> epochs;
  std::atomic<int64_t> late_rows{0};
};

/// One task of a stream: polls its source, brings what comes through its operators, takes part in
/// barriers, fires its timers.
class StreamTask final : public Task {
 public:
  struct Step {
    std::unique_ptr<Operator> op;
    uint32_t operator_id = 0;
    std::string name;
    int next = ChainStep::kNone;
    int side = ChainStep::kNone;
  };
  static constexpr int64_t kNoTimer = INT64_MAX;

  StreamTask(StreamShared* shared, uint32_t index) : shared_(shared), index_(index) {}
  ~StreamTask() override { End(); }

  /// A context for one more operator, with a timer of its own; in the order of the steps. Valid as
  /// long as the task.
  const TaskContext& AddContext(const TaskContext& common);
  /// source_id: of the source's pieces. sends_barriers: the source is a table's, so barriers begin
  /// here; else they come out of it.
  void Prepare(std::unique_ptr<Source> source, uint32_t source_id, bool sends_barriers,
               std::vector<Step> steps, std::unique_ptr<PageWriter> page_writer);

  State Run() override;
  void OnException(const std::string& message) override;

  /// The last watermark that came to the step that ends the row; StreamStatus::kNoWatermark.
  int64_t watermark() const { return watermark_.load(std::memory_order_relaxed); }

 private:
  arrow::Result<State> RunTurn();
  /// Starts the next thing, if there is one. False: nothing can be done before the waker fires.
  arrow::Result<bool> StartNext();
  bool StartTimer();
  bool StartBarrier();
  arrow::Status OnDrained(int step, const Marker& marker);
  void AfterIdle();
  arrow::Result<State> OnNeedsMemory();
  void SetTimer(size_t step, int64_t clock_us);
  std::vector<Stateful*> Holders() const;
  void End();

  StreamShared* const shared_;
  const uint32_t index_;
  SplitBoard splits_;  // of the source
  std::deque<TaskContext> contexts_;
  std::vector<int64_t> timers_;
  std::unique_ptr<Source> source_;
  std::unique_ptr<Source> ended_source_;  // not polled again, but it knows its position
  uint32_t source_id_ = 0;
  bool sends_barriers_ = false;
  std::vector<Step> steps_;
  std::unique_ptr<Chain> chain_;
  std::unique_ptr<TaskMemory> memory_;
  int last_step_ = 0;  // of the main row
  std::atomic<int64_t> watermark_{INT64_MIN};

  bool is_polling_ = false;
  bool is_waiting_for_poll_ = false;  // the last poll was blocked, and nobody has fired since
  bool is_ending_ = false;            // End is on its way through
  bool has_brought_end_ = false;
  Epoch taken_epoch_ = 0;
  Epoch barrier_under_way_ = 0;
  bool has_ended_ = false;
};

}  // namespace sabot
