#include <algorithm>

#include "sabot/base/error.h"
#include "sabot/optimizer/expressions.h"
#include "sabot/optimizer/rules.h"

namespace sabot::rules {
namespace {

bool SameArguments(const AggregateCall& left, const AggregateCall& right) {
  return std::equal(left.arguments.begin(), left.arguments.end(), right.arguments.begin(),
                    right.arguments.end(),
                    [](const ExpressionPtr& a, const ExpressionPtr& b) { return Equal(a, b); });
}

bool IsExtreme(const AggregateCall& call) {
  return call.function == "min" || call.function == "max";
}

/// The call that puts partial results together, where there is one: a count's parts are summed.
std::string_view CombinerOf(std::string_view function) {
  if (function == "count") return "sum";
  if (function == "sum" || function == "min" || function == "max" || function == "any_value")
    return function;
  return {};
}

class Rewriter {
 public:
  Rewriter(const OptimizerContext& context, ColumnId next_id)
      : context_(context), next_id_(next_id) {}

  arrow::Result<LogicalPtr> Rewrite(const LogicalPtr& node) {
    const auto* found = node->As<LogicalAggregate>();
    if (found == nullptr) return node;
    LogicalAggregate aggregate = *found;
    const AggregateCall* distinct = nullptr;
    for (AggregateCall& call : aggregate.aggregates) {
      if (IsExtreme(call))
        call.distinct = false;  // the greatest is the greatest of the different ones
      if (call.distinct && distinct == nullptr) distinct = &call;
    }
    if (distinct == nullptr) return MakeLogical(std::move(aggregate), node->inputs);
    if (IsUnbounded(node)) {
      return MakeError("STREAM_UNSUPPORTED",
                       {{"operation", "an aggregate of DISTINCT values"},
                        {"reason", "its values would be kept for each window"},
                        {"alternative", "the aggregate without DISTINCT"}});
    }
    // First group by the keys and the values: each value is left once, with parts of the other
    // aggregates beside it.
    LogicalAggregate inner;
    LogicalAggregate outer;
    inner.keys = aggregate.keys;
    for (const NamedExpression& key : aggregate.keys)
      outer.keys.push_back({key.column, MakeColumn(key.column)});
    std::vector<ExpressionPtr> values;
    for (const ExpressionPtr& argument : distinct->arguments) {
      const OutputColumn column{NewId(), "value", argument->type, argument->nullable};
      inner.keys.push_back({column, argument});
      values.push_back(MakeColumn(column));
    }
    for (const AggregateCall& call : aggregate.aggregates) {
      AggregateCall above = call;
      above.filter = nullptr;
      if (call.distinct) {
        if (!SameArguments(call, *distinct) || call.filter != nullptr) {
          return UnsupportedError(
              "DISTINCT aggregates of different columns, or with FILTER, in one query",
              "one query for each, joined on the group keys");
        }
        above.distinct = false;
        above.arguments = values;
      } else {
        const std::string_view combiner = CombinerOf(call.function);
        AggregateCall part = call;
        part.column.id = NewId();
        above.arguments = {MakeColumn(part.column)};
        above.function = std::string(combiner);
        const Type type = part.column.type;
        auto resolved =
            combiner.empty()
                ? arrow::Result<ResolvedAggregate>(arrow::Status::Invalid(""))
                : context_.functions->ResolveAggregate(combiner, {&type, 1}, context_.settings);
        if (!resolved.ok() || resolved->result != call.column.type ||
            resolved->arguments[0] != type) {
          return UnsupportedError("this aggregate beside one of DISTINCT values: " + call.function,
                                  "two queries, joined on the group keys");
        }
        inner.aggregates.push_back(std::move(part));
      }
      outer.aggregates.push_back(std::move(above));
    }
    // A sum of no parts is NULL where a count is 0; only without keys can there be no parts.
    if (outer.keys.empty())
      return WithZeroCounts(aggregate, MakeLogical(std::move(inner), node->inputs),
                            std::move(outer));
    return MakeLogical(std::move(outer), {MakeLogical(std::move(inner), node->inputs)});
  }

 private:
  LogicalPtr WithZeroCounts(const LogicalAggregate& original, LogicalPtr inner,
                            LogicalAggregate outer) {
    LogicalProject project;
    for (size_t i = 0; i < outer.aggregates.size(); ++i) {
      const AggregateCall& call = original.aggregates[i];
      OutputColumn raw = outer.aggregates[i].column;
      ExpressionPtr value = MakeColumn(raw);
      if (call.function == "count" && !call.distinct) {
        raw.id = NewId();
        raw.nullable = true;
        outer.aggregates[i].column = raw;
        const ExpressionPtr zero = MakeLiteral(TypedValue::Long(0));
        value = MakeExpression(FunctionCall{"coalesce", {MakeColumn(raw), zero}}, call.column.type,
                               false);
      }
      project.expressions.push_back({call.column, std::move(value)});
    }
    return MakeLogical(std::move(project), {MakeLogical(std::move(outer), {std::move(inner)})});
  }

  ColumnId NewId() { return next_id_++; }

  const OptimizerContext& context_;
  ColumnId next_id_;
};

}  // namespace

/// count(DISTINCT x) GROUP BY k becomes count(x) over the groups of (k, x). Other aggregates beside
/// it are computed in parts.
arrow::Result<LogicalPtr> RewriteDistinctAggregates(const LogicalPtr& plan,
                                                    const OptimizerContext& context) {
  Rewriter rewriter(context, MaxId(plan) + 1);
  arrow::Status error;
  LogicalPtr rewritten = RewritePlan(plan, [&](const LogicalPtr& node) -> LogicalPtr {
    if (!error.ok()) return node;
    auto result = rewriter.Rewrite(node);
    if (!result.ok()) {
      error = result.status();
      return node;
    }
    return *result;
  });
  ARROW_RETURN_NOT_OK(error);
  return rewritten;
}

}  // namespace sabot::rules
