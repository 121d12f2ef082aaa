#include <algorithm>
#include <set>

#include "sabot/optimizer/expressions.h"
#include "sabot/optimizer/rules.h"

namespace sabot::rules {
namespace {

using Ids = std::set<ColumnId>;

void Require(const ExpressionPtr& expression, Ids* ids) {
  if (expression == nullptr) return;
  for (ColumnId id : ColumnsOf(expression)) ids->insert(id);
}

Ids AllOf(const LogicalPtr& plan) {
  Ids ids;
  for (const OutputColumn& column : plan->output) ids.insert(column.id);
  return ids;
}

class Pruner {
 public:
  LogicalPtr Prune(const LogicalPtr& plan, const Ids& required) const {
    return std::visit([&](const auto& step) { return PruneStep(plan, step, required); },
                      plan->step);
  }

 private:
  /// Exactly the required columns: for inputs whose every column is stored or sorted.
  LogicalPtr PruneExactly(const LogicalPtr& plan, const Ids& required) const {
    LogicalPtr pruned = Prune(plan, required);
    if (pruned->output.size() == required.size()) return pruned;
    LogicalProject project;
    for (const OutputColumn& column : pruned->output) {
      if (required.contains(column.id)) project.expressions.push_back({column, MakeColumn(column)});
    }
    return MakeLogical(std::move(project), {std::move(pruned)});
  }

  LogicalPtr PruneStep(const LogicalPtr&, LogicalScan scan, const Ids& required) const {
    for (size_t i = scan.columns.size(); i-- > 0;) {
      if (required.contains(scan.columns[i].id)) continue;
      scan.columns.erase(scan.columns.begin() + static_cast<std::ptrdiff_t>(i));
      scan.ordinals.erase(scan.ordinals.begin() + static_cast<std::ptrdiff_t>(i));
    }
    return MakeLogical(std::move(scan));
  }

  LogicalPtr PruneStep(const LogicalPtr&, LogicalValues values, const Ids& required) const {
    for (size_t i = values.columns.size(); i-- > 0;) {
      if (required.contains(values.columns[i].id)) continue;
      values.columns.erase(values.columns.begin() + static_cast<std::ptrdiff_t>(i));
      for (auto& row : values.rows) row.erase(row.begin() + static_cast<std::ptrdiff_t>(i));
    }
    return MakeLogical(std::move(values));
  }

  LogicalPtr PruneStep(const LogicalPtr& plan, const LogicalFilter& filter, Ids required) const {
    Require(filter.condition, &required);
    return MakeLogical(filter, {Prune(plan->input(), required)});
  }

  LogicalPtr PruneStep(const LogicalPtr& plan, LogicalProject project, const Ids& required) const {
    Ids below;
    std::erase_if(project.expressions, [&](const NamedExpression& named) {
      return !required.contains(named.column.id);
    });
    for (const NamedExpression& named : project.expressions) Require(named.expression, &below);
    return MakeLogical(std::move(project), {Prune(plan->input(), below)});
  }

  LogicalPtr PruneStep(const LogicalPtr& plan, LogicalAggregate aggregate,
                       const Ids& required) const {
    Ids below;
    std::erase_if(aggregate.aggregates,
                  [&](const AggregateCall& call) { return !required.contains(call.column.id); });
    for (const NamedExpression& key : aggregate.keys) Require(key.expression, &below);
    for (const AggregateCall& call : aggregate.aggregates) {
      for (const ExpressionPtr& argument : call.arguments) Require(argument, &below);
      Require(call.filter, &below);
    }
    return MakeLogical(std::move(aggregate), {Prune(plan->input(), below)});
  }

  LogicalPtr PruneStep(const LogicalPtr& plan, const LogicalJoin& join, const Ids& required) const {
    Ids needed = required;
    Require(join.residual, &needed);
    Ids left = needed;
    Ids right = needed;
    for (const ExpressionPtr& key : join.left_keys) Require(key, &left);
    for (const ExpressionPtr& key : join.right_keys) Require(key, &right);
    const auto only = [](const Ids& ids, const LogicalPtr& input) {
      Ids own;
      for (const OutputColumn& column : input->output) {
        if (ids.contains(column.id)) own.insert(column.id);
      }
      return own;
    };
    return MakeLogical(join, {Prune(plan->input(0), only(left, plan->input(0))),
                              PruneExactly(plan->input(1), only(right, plan->input(1)))});
  }

  LogicalPtr PruneStep(const LogicalPtr& plan, const LogicalSort& sort, Ids required) const {
    for (const SortKey& key : sort.keys) Require(key.expression, &required);
    return MakeLogical(sort, {PruneExactly(plan->input(), required)});
  }

  LogicalPtr PruneStep(const LogicalPtr& plan, const LogicalLimit& limit,
                       const Ids& required) const {
    return MakeLogical(limit, {Prune(plan->input(), required)});
  }

  LogicalPtr PruneStep(const LogicalPtr& plan, LogicalUnion all, const Ids& required) const {
    for (size_t i = all.columns.size(); i-- > 0;) {
      if (required.contains(all.columns[i].id)) continue;
      all.columns.erase(all.columns.begin() + static_cast<std::ptrdiff_t>(i));
      for (auto& source : all.sources)
        source.erase(source.begin() + static_cast<std::ptrdiff_t>(i));
    }
    std::vector<LogicalPtr> inputs;
    for (size_t k = 0; k < plan->inputs.size(); ++k) {
      inputs.push_back(Prune(plan->input(k), Ids(all.sources[k].begin(), all.sources[k].end())));
    }
    return MakeLogical(std::move(all), std::move(inputs));
  }

  LogicalPtr PruneStep(const LogicalPtr& plan, const LogicalEventTime& event_time,
                       Ids required) const {
    required.insert(event_time.column);
    return MakeLogical(event_time, {Prune(plan->input(), required)});
  }

  LogicalPtr PruneStep(const LogicalPtr& plan, const LogicalSink& sink, const Ids&) const {
    return MakeLogical(sink, {PruneExactly(plan->input(), AllOf(plan->input()))});
  }

  LogicalPtr PruneStep(const LogicalPtr& plan, const LogicalMatch&, const Ids&) const {
    return plan;
  }

  LogicalPtr PruneStep(const LogicalPtr& plan, const LogicalExpand& expand, Ids required) const {
    Require(expand.from, &required);
    return MakeLogical(expand, {Prune(plan->input(0), required),
                                PruneExactly(plan->input(1), {expand.source, expand.destination})});
  }

  LogicalPtr PruneStep(const LogicalPtr& plan, const LogicalShortestPath& path,
                       Ids required) const {
    Require(path.from, &required);
    Require(path.to, &required);
    return MakeLogical(path, {Prune(plan->input(0), required),
                              PruneExactly(plan->input(1), {path.source, path.destination})});
  }
};

}  // namespace

/// Read and carry only columns that somebody above reads. The root keeps its columns, in order.
arrow::Result<LogicalPtr> PruneColumns(const LogicalPtr& plan, const OptimizerContext&) {
  LogicalPtr pruned = Pruner().Prune(plan, AllOf(plan));
  if (pruned->output == plan->output) return pruned;
  LogicalProject project;
  for (const OutputColumn& column : plan->output)
    project.expressions.push_back({column, MakeColumn(column)});
  return MakeLogical(std::move(project), {std::move(pruned)});
}

}  // namespace sabot::rules
