#pragma once

#include <atomic>
#include <memory>

#include "sabot/base/memory_budget.h"
#include "sabot/functions/registry.h"
#include "sabot/plan/physical/plan.h"
#include "sabot/vector/operator.h"
#include "sabot/vector/task_context.h"

namespace sabot {

/// What all operators of a query share.
struct QueryContext {
  const FunctionRegistry* functions = nullptr;
  EvaluationSettings settings;
  MemoryBudget* memory = nullptr;
  Env env;
  uint32_t num_tasks = 1;
  int32_t batch_size = kVectorSize;
  bool is_unbounded = false;
};

/// Makes the operators of one step: one an instance a task, sharing what the factory holds (join
/// table, partition lists, counters). The factory lives as long as the query and outlives its
/// operators.
class OperatorFactory {
 public:
  virtual ~OperatorFactory() = default;
  /// The operator that input 0 runs through.
  virtual arrow::Result<std::unique_ptr<Operator>> Make(const TaskContext& context) = 0;
  /// The operator that ends the pipeline of input 1 (join build side, adjacency); every task's End
  /// there comes before the first Push into the operators of Make. Null for steps with one input.
  virtual arrow::Result<std::unique_ptr<Operator>> MakeBuild(const TaskContext& /*context*/) {
    return nullptr;
  }
};

/// The factory for a node that is neither scan, values, union, exchange nor sink (the scheduler
/// runs those itself). Errors: those of compiling its expressions; INTERNAL_ERROR for a step
/// without operator.
arrow::Result<std::unique_ptr<OperatorFactory>> MakeOperatorFactory(const PhysicalNode& node,
                                                                    const QueryContext& query);

}  // namespace sabot
