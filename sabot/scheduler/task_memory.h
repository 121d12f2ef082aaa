#pragma once

#include <memory>
#include <span>

#include "arrow/result.h"

#include "sabot/scheduler/spill_broker.h"
#include "sabot/vector/operator.h"
#include "sabot/vector/task_context.h"

namespace sabot {

/// What a task does when a reservation of its operators was refused: wait for a release, then have
/// the greatest holder of the query spill, itself perhaps.
class TaskMemory {
 public:
  enum class Verdict : uint8_t {
    kRetry,    ///< repeat the call at once
    kYield,    ///< repeat it on the next turn
    kBlocked,  ///< once the waker has fired
    kFail,     ///< nothing is left to free
  };

  /// page_writer: null if nothing can be spilled. context and broker outlive this.
  TaskMemory(SpillBroker* broker, uint32_t task, const TaskContext* context,
             std::shared_ptr<Waker> waker, std::unique_ptr<PageWriter> page_writer);

  /// holders: the task's operators and its source. num_calls: of its chains, since the beginning.
  arrow::Result<Verdict> OnRefused(std::span<Stateful* const> holders, int64_t num_calls);
  /// When a turn begins.
  arrow::Status SpillIfAsked(std::span<Stateful* const> holders, int64_t num_calls);
  /// When a turn ends.
  void Publish(std::span<Stateful* const> holders, int64_t num_calls);

 private:
  arrow::Status Spill(std::span<Stateful* const> holders, int64_t num_calls);

  SpillBroker* const broker_;
  const uint32_t task_;
  const TaskContext* const context_;
  const std::shared_ptr<Waker> waker_;
  std::unique_ptr<TrackedPageWriter> page_writer_;
  int64_t calls_at_refusal_ = -1;
};

}  // namespace sabot
