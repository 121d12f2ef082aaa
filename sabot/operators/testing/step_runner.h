#pragma once

#include <memory>
#include <string>
#include <vector>

#include "sabot/operators/factory.h"
#include "sabot/vector/testing/operator_harness.h"

/// Runs one physical step over rows written out by hand.
namespace sabot::testing {

/// Columns named c<id>, ids from `first_id` on, nullable.
std::vector<OutputColumn> MakeColumns(const std::vector<Type>& types, ColumnId first_id = 0);
ExpressionPtr ColumnOf(ColumnId id, Type type);
ExpressionPtr Long(int64_t value);
/// A call whose overload the registry finds; the arguments must need no cast.
ExpressionPtr CallOf(std::string function, std::vector<ExpressionPtr> arguments);
AggregateCall AggregateOf(ColumnId id, std::string function, std::vector<ExpressionPtr> arguments,
                          ExpressionPtr filter = nullptr);

QueryContext TestQuery(MemoryBudget* memory, uint32_t num_tasks, int32_t batch_size,
                       const Env& env);

/// A node over inputs of these columns. output: of the step; empty: those of input 0.
PhysicalPtr NodeOver(PhysicalStep step, std::vector<std::vector<OutputColumn>> inputs,
                     std::vector<OutputColumn> output = {});

/// Makes the step's factory with the first instance, so that it sees the harness's memory, and
/// then its operators.
OperatorHarness::Maker MakerOf(PhysicalPtr node);

}  // namespace sabot::testing
