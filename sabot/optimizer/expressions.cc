#include "sabot/optimizer/expressions.h"

#include <algorithm>

namespace sabot {

void SplitConjuncts(const ExpressionPtr& condition, std::vector<ExpressionPtr>* conjuncts) {
  const auto* call = condition->As<FunctionCall>();
  if (call == nullptr || call->function != "and") {
    conjuncts->push_back(condition);
    return;
  }
  for (const ExpressionPtr& argument : call->arguments) SplitConjuncts(argument, conjuncts);
}

ExpressionPtr JoinConjuncts(const std::vector<ExpressionPtr>& conjuncts) {
  ExpressionPtr joined;
  for (const ExpressionPtr& conjunct : conjuncts) {
    joined = joined == nullptr
                 ? conjunct
                 : MakeExpression(FunctionCall{"and", {joined, conjunct}}, Type(TypeId::kBoolean),
                                  joined->nullable || conjunct->nullable,
                                  Cover(joined->span, conjunct->span));
  }
  return joined;
}

ExpressionPtr Substitute(const ExpressionPtr& expression,
                         const std::map<ColumnId, ExpressionPtr>& values) {
  return RewriteExpression(expression, [&](const ExpressionPtr& node) {
    const auto* column = node->As<ColumnRef>();
    if (column == nullptr) return node;
    const auto found = values.find(column->id);
    return found == values.end() ? node : found->second;
  });
}

bool ReadsOnly(const ExpressionPtr& expression, const std::vector<OutputColumn>& output) {
  const std::vector<ColumnId> ids = ColumnsOf(expression);
  return std::all_of(ids.begin(), ids.end(), [&](ColumnId id) {
    return std::any_of(output.begin(), output.end(),
                       [&](const OutputColumn& column) { return column.id == id; });
  });
}

bool IsMovable(const ExpressionPtr& expression, const OptimizerContext& context) {
  bool movable = true;
  VisitExpression(expression, [&](const Expression& node) {
    if (!movable) return;
    arrow::Result<ResolvedFunction> resolved = ResolvedFunction{};
    if (const auto* call = node.As<FunctionCall>()) {
      std::vector<Type> types;
      for (const ExpressionPtr& argument : call->arguments) types.push_back(argument->type);
      resolved = context.functions->Resolve(call->function, types, context.settings,
                                            ConstantsOf(call->arguments));
    } else if (const auto* cast = node.As<CastTo>()) {
      resolved = context.functions->ResolveCast(cast->argument->type, node.type, cast->is_try,
                                                context.settings);
    } else {
      return;
    }
    movable = resolved.ok() && !resolved->can_throw && resolved->is_deterministic;
  });
  return movable;
}

ColumnId MaxId(const LogicalPtr& plan) {
  ColumnId max = 0;
  for (const OutputColumn& column : plan->output) max = std::max(max, column.id);
  if (const auto* match = plan->As<LogicalMatch>()) {
    for (const auto& relationship : match->relationships) max = std::max(max, relationship.path.id);
  }
  for (const LogicalPtr& input : plan->inputs) max = std::max(max, MaxId(input));
  return max;
}

}  // namespace sabot
