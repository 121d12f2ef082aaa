#include <optional>

#include "sabot/optimizer/expressions.h"
#include "sabot/optimizer/rules.h"

namespace sabot::rules {
namespace {

std::optional<Comparison> ComparisonOf(std::string_view function, bool is_flipped) {
  if (function == "=") return Comparison::kEqual;
  if (function == "<") return is_flipped ? Comparison::kGreater : Comparison::kLess;
  if (function == "<=") return is_flipped ? Comparison::kGreaterEqual : Comparison::kLessEqual;
  if (function == ">") return is_flipped ? Comparison::kLess : Comparison::kGreater;
  if (function == ">=") return is_flipped ? Comparison::kLessEqual : Comparison::kGreaterEqual;
  return std::nullopt;
}

std::optional<int> OrdinalOf(const ExpressionPtr& expression, const LogicalScan& scan) {
  const auto* reference = expression->As<ColumnRef>();
  if (reference == nullptr) return std::nullopt;
  for (size_t i = 0; i < scan.columns.size(); ++i) {
    if (scan.columns[i].id == reference->id) return scan.ordinals[i];
  }
  return std::nullopt;
}

std::optional<ColumnBound> BoundOf(const ExpressionPtr& conjunct, const LogicalScan& scan) {
  const auto* call = conjunct->As<FunctionCall>();
  if (call == nullptr) return std::nullopt;
  if (call->function == "isnull" || call->function == "isnotnull") {
    const auto ordinal = OrdinalOf(call->arguments[0], scan);
    if (!ordinal.has_value()) return std::nullopt;
    return ColumnBound{
        *ordinal, call->function == "isnull" ? Comparison::kIsNull : Comparison::kIsNotNull, {}};
  }
  if (call->arguments.size() != 2) return std::nullopt;
  for (const bool is_flipped : {false, true}) {
    const auto comparison = ComparisonOf(call->function, is_flipped);
    const auto ordinal = OrdinalOf(call->arguments[is_flipped ? 1 : 0], scan);
    const auto* literal = call->arguments[is_flipped ? 0 : 1]->As<LiteralValue>();
    if (!comparison.has_value() || !ordinal.has_value() || literal == nullptr ||
        literal->value.is_null())
      continue;
    return ColumnBound{*ordinal, *comparison, literal->value};
  }
  return std::nullopt;
}

}  // namespace

/// Comparisons of a column with a literal over a scan become its bounds. The filter stays: bounds
/// only skip.
arrow::Result<LogicalPtr> DeriveScanBounds(const LogicalPtr& plan, const OptimizerContext&) {
  return RewritePlan(plan, [](const LogicalPtr& node) -> LogicalPtr {
    const auto* filter = node->As<LogicalFilter>();
    const auto* scan = filter == nullptr ? nullptr : node->input()->As<LogicalScan>();
    if (scan == nullptr || scan->table.is_unbounded) return node;
    LogicalScan bounded = *scan;
    std::vector<ExpressionPtr> conjuncts;
    SplitConjuncts(filter->condition, &conjuncts);
    for (const ExpressionPtr& conjunct : conjuncts) {
      const auto bound = BoundOf(conjunct, bounded);
      if (bound.has_value()) bounded.bounds.push_back(*bound);
    }
    return MakeLogical(*filter, {MakeLogical(std::move(bounded))});
  });
}

}  // namespace sabot::rules
