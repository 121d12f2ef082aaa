#include <map>

#include "sabot/optimizer/expressions.h"
#include "sabot/optimizer/rules.h"

namespace sabot::rules {
namespace {

bool IsTrivial(const ExpressionPtr& expression) {
  return expression->As<ColumnRef>() != nullptr || expression->As<LiteralValue>() != nullptr;
}

/// Passes on its input's columns as they are, in order.
bool IsIdentity(const LogicalProject& project, const LogicalPtr& input) {
  if (project.expressions.size() != input->output.size()) return false;
  for (size_t i = 0; i < project.expressions.size(); ++i) {
    const NamedExpression& named = project.expressions[i];
    const auto* reference = named.expression->As<ColumnRef>();
    if (reference == nullptr || reference->id != named.column.id ||
        named.column != input->output[i])
      return false;
  }
  return true;
}

}  // namespace

/// Two projections, one over the other, become one unless that would compute an expression twice
/// or make one too deep to walk. A projection that changes nothing goes.
arrow::Result<LogicalPtr> MergeProjects(const LogicalPtr& plan, const OptimizerContext&) {
  return RewritePlan(plan, [&](const LogicalPtr& node) -> LogicalPtr {
    const auto* outer = node->As<LogicalProject>();
    if (outer == nullptr) return node;
    LogicalPtr result = node;
    while (const auto* inner = result->input()->As<LogicalProject>()) {
      const auto& top = std::get<LogicalProject>(result->step);
      std::map<ColumnId, int> uses;
      for (const NamedExpression& named : top.expressions) {
        VisitExpression(named.expression, [&](const Expression& expression) {
          if (const auto* column = expression.As<ColumnRef>()) ++uses[column->id];
        });
      }
      std::map<ColumnId, ExpressionPtr> values;
      bool mergeable = true;
      for (const NamedExpression& named : inner->expressions) {
        values.emplace(named.column.id, named.expression);
        mergeable = mergeable && (IsTrivial(named.expression) || uses[named.column.id] <= 1);
      }
      if (!mergeable) break;
      LogicalProject merged = top;
      for (NamedExpression& named : merged.expressions) {
        named.expression = Substitute(named.expression, values);
        mergeable = mergeable && IsWalkable(named.expression);
      }
      if (!mergeable) break;
      result = MakeLogical(std::move(merged), result->input()->inputs);
    }
    return IsIdentity(std::get<LogicalProject>(result->step), result->input()) ? result->input()
                                                                               : result;
  });
}

}  // namespace sabot::rules
