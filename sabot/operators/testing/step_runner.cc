#include "sabot/operators/testing/step_runner.h"

#include <utility>

namespace sabot::testing {

std::vector<OutputColumn> MakeColumns(const std::vector<Type>& types, ColumnId first_id) {
  std::vector<OutputColumn> columns;
  for (const Type& type : types) {
    const auto id = first_id + static_cast<ColumnId>(columns.size());
    columns.push_back({id, "c" + std::to_string(id), type, true});
  }
  return columns;
}

ExpressionPtr ColumnOf(ColumnId id, Type type) {
  return MakeColumn(id, "c" + std::to_string(id), std::move(type), true);
}

ExpressionPtr Long(int64_t value) { return MakeLiteral(TypedValue::Long(value)); }

ExpressionPtr CallOf(std::string function, std::vector<ExpressionPtr> arguments) {
  std::vector<Type> types;
  for (const ExpressionPtr& argument : arguments) types.push_back(argument->type);
  const ResolvedFunction resolved =
      FunctionRegistry::Default().Resolve(function, types, {}).ValueOrDie();
  return MakeExpression(FunctionCall{std::move(function), std::move(arguments)}, resolved.result,
                        true);
}

AggregateCall AggregateOf(ColumnId id, std::string function, std::vector<ExpressionPtr> arguments,
                          ExpressionPtr filter) {
  std::vector<Type> types;
  for (const ExpressionPtr& argument : arguments) types.push_back(argument->type);
  const ResolvedAggregate resolved =
      FunctionRegistry::Default().ResolveAggregate(function, types, {}).ValueOrDie();
  AggregateCall call;
  call.column = {id, function, resolved.result, true};
  call.function = std::move(function);
  call.arguments = std::move(arguments);
  call.filter = std::move(filter);
  return call;
}

QueryContext TestQuery(MemoryBudget* memory, uint32_t num_tasks, int32_t batch_size,
                       const Env& env) {
  QueryContext query;
  query.functions = &FunctionRegistry::Default();
  query.memory = memory;
  query.env = env;
  query.num_tasks = num_tasks;
  query.batch_size = batch_size;
  return query;
}

PhysicalPtr NodeOver(PhysicalStep step, std::vector<std::vector<OutputColumn>> inputs,
                     std::vector<OutputColumn> output) {
  std::vector<PhysicalPtr> nodes;
  for (const auto& columns : inputs) {
    nodes.push_back(MakePhysical(PhysicalValues{columns, {}}, {}, columns));
  }
  if (output.empty()) output = inputs[0];
  return MakePhysical(std::move(step), std::move(nodes), std::move(output));
}

OperatorHarness::Maker MakerOf(PhysicalPtr node) {
  struct State {
    PhysicalPtr node;
    std::unique_ptr<OperatorFactory> factory;
  };
  auto state = std::make_shared<State>(State{std::move(node), nullptr});
  return [state](const TaskContext& context) -> arrow::Result<std::unique_ptr<Operator>> {
    if (state->factory == nullptr) {
      ARROW_ASSIGN_OR_RAISE(
          state->factory,
          MakeOperatorFactory(*state->node, TestQuery(context.memory, context.num_tasks,
                                                      context.batch_size, context.env)));
    }
    return state->factory->Make(context);
  };
}

}  // namespace sabot::testing
