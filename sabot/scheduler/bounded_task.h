#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "sabot/base/memory_budget.h"
#include "sabot/scheduler/bounded_plan.h"
#include "sabot/scheduler/query_state.h"
#include "sabot/scheduler/result_queue.h"
#include "sabot/scheduler/spill_broker.h"
#include "sabot/scheduler/staged_epoch.h"
#include "sabot/scheduler/task_memory.h"
#include "sabot/scheduler/worker_pool.h"

namespace sabot {

/// What the tasks of a bounded query share. Outlives them.
struct BoundedShared {
  QueryContext context;
  std::unique_ptr<BoundedPlan> plan;
  std::unique_ptr<QueryState> state;
  std::unique_ptr<ResultQueue> results;
  std::unique_ptr<SpillBroker> broker;
  StagedEpoch staged;                    ///< what the sinks of all tasks hand over
  std::unique_ptr<Committer> committer;  ///< null: nothing to commit
};

/// One task of a bounded query: goes through the phases of all segments with operators of its own.
class BoundedTask final : public Task {
 public:
  BoundedTask(BoundedShared* shared, uint32_t index);
  ~BoundedTask() override;

  /// After the pool has adopted it, before it runs. page_writer: may be null.
  void Prepare(std::unique_ptr<PageWriter> page_writer);
  State Run() override;
  void OnException(const std::string& message) override;

 private:
  /// What stops a turn.
  enum class Stop : uint8_t { kPhaseDone, kYield, kBlocked };

  arrow::Result<State> RunTurn();
  arrow::Result<Stop> RunPhase(const Phase& phase, TurnBudget* budget);
  arrow::Result<Stop> Read(const Phase& phase, TurnBudget* budget);
  arrow::Result<Stop> ReadRemainder(const Phase& phase, TurnBudget* budget);
  arrow::Result<Stop> PollToEnd(Source* source, int step, NodeCounters* counters,
                                TurnBudget* budget);
  arrow::Result<Stop> SendMarker(Marker marker, int step, TurnBudget* budget);
  arrow::Result<Stop> Commit();
  arrow::Result<Stop> RunChain(TurnBudget* budget);
  arrow::Result<Stop> OnNeedsMemory();
  arrow::Status OpenSegment();
  void CloseSegment();
  std::vector<Stateful*> Holders() const;
  int64_t NumCalls() const;
  void End();
  const Segment& segment() const { return shared_->plan->segments[segment_index_]; }

  BoundedShared* const shared_;
  const uint32_t index_;
  TaskContext context_;
  std::unique_ptr<TaskMemory> memory_;

  size_t segment_index_ = 0;
  size_t phase_index_ = 0;
  uint64_t num_phases_ = 0;  // over all segments: the first half of the place in the results
  bool is_segment_open_ = false;
  bool has_phase_begun_ = false;
  bool has_arrived_ = false;
  std::unique_ptr<Source> source_;
  std::vector<std::unique_ptr<Operator>> operators_;
  std::unique_ptr<Chain> chain_;
  std::shared_ptr<Job> commit_job_;

  int64_t num_calls_before_ = 0;  // of chains that are gone
  bool has_ended_ = false;
};

}  // namespace sabot
