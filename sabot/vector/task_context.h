#pragma once

#include <atomic>
#include <cstdint>
#include <functional>

#include "sabot/base/env.h"
#include "sabot/base/waker.h"
#include "sabot/vector/state_piece.h"
#include "sabot/vector/vector.h"

namespace sabot {

class MemoryBudget;
class SplitBoard;

/// What a task gives the operators it runs. Outlives them.
struct TaskContext {
  uint32_t task_index = 0;
  uint32_t num_tasks = 1;
  /// Rows of a batch the task makes: kVectorSize, smaller in tests.
  int32_t batch_size = kVectorSize;
  /// Of an unbounded pipeline: what this task owns.
  KeyGroupRange key_groups;
  /// Unbounded: state lives on after End, nothing is read through Remainder.
  bool is_unbounded = false;
  Env env;
  MemoryBudget* memory = nullptr;  ///< never null
  /// Fire it once what a call was kBlocked on has happened; from any thread.
  Waker* waker = nullptr;
  /// Of an unbounded pipeline: how far the splits of the task's source are (eventtime/). The source
  /// declares its splits there and says when one ends; the event time step reads it. Null: only
  /// splits that rows have come from are known.
  SplitBoard* splits = nullptr;
  /// Set by cancel or the first error: no call starts after. Long loops in sources look at it.
  const std::atomic<bool>* is_cancelled = nullptr;
  /// Ask for a kTimer marker at that time of env.clock->NowMicros(), or a little later. One timer
  /// an operator: the earliest wins.
  std::function<void(int64_t clock_us)> set_timer;
};

}  // namespace sabot
