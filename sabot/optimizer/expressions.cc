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
  // Of many a tree of few levels, where a chain would overflow the stack of who walks it.
  constexpr size_t kChainMax = 256;
  if (conjuncts.size() > kChainMax) {
    const auto middle = conjuncts.begin() + static_cast<std::ptrdiff_t>(conjuncts.size() / 2);
    const ExpressionPtr first = JoinConjuncts({conjuncts.begin(), middle});
    const ExpressionPtr second = JoinConjuncts({middle, conjuncts.end()});
    return JoinConjuncts({first, second});
  }
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

bool IsWalkable(const ExpressionPtr& expression) {
  constexpr int kLevelsMax = 1000;
  constexpr int64_t kNodesMax = 1'000'000;
  struct Walk {
    int64_t nodes = 0;
    bool is_too_deep = false;
    void See(const ExpressionPtr& node, int level) {
      ++nodes;
      is_too_deep = is_too_deep || level > kLevelsMax;
      if (is_too_deep || nodes > kNodesMax) return;
      if (const auto* call = node->As<FunctionCall>()) {
        for (const ExpressionPtr& argument : call->arguments) See(argument, level + 1);
      } else if (const auto* cast = node->As<CastTo>()) {
        See(cast->argument, level + 1);
      } else if (const auto* branches = node->As<CaseWhen>()) {
        for (const auto& [condition, value] : branches->branches) {
          See(condition, level + 1);
          See(value, level + 1);
        }
        See(branches->otherwise, level + 1);
      }
    }
  };
  Walk walk;
  walk.See(expression, 1);
  return !walk.is_too_deep && walk.nodes <= kNodesMax;
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
