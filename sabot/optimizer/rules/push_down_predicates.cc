#include <algorithm>

#include "sabot/optimizer/expressions.h"
#include "sabot/optimizer/rules.h"

namespace sabot::rules {
namespace {

using Conjuncts = std::vector<ExpressionPtr>;

class PushDown {
 public:
  explicit PushDown(const OptimizerContext& context) : context_(context) {}

  /// The plan with the conjuncts applied as far down as they may go.
  LogicalPtr Push(const LogicalPtr& plan, Conjuncts conjuncts) const {
    if (const auto* filter = plan->As<LogicalFilter>()) {
      // Those below come first: what they drop never reaches those above.
      Conjuncts all;
      SplitConjuncts(filter->condition, &all);
      all.insert(all.end(), conjuncts.begin(), conjuncts.end());
      return Push(plan->input(), std::move(all));
    }
    if (const auto* project = plan->As<LogicalProject>())
      return ThroughProject(plan, *project, std::move(conjuncts));
    if (const auto* join = plan->As<LogicalJoin>())
      return ThroughJoin(plan, *join, std::move(conjuncts));
    if (const auto* aggregate = plan->As<LogicalAggregate>()) {
      return ThroughAggregate(plan, *aggregate, std::move(conjuncts));
    }
    if (const auto* all = plan->As<LogicalUnion>()) return ThroughUnion(plan, *all, conjuncts);
    const auto* sort = plan->As<LogicalSort>();
    if (sort != nullptr && sort->limit < 0 && sort->offset == 0) {
      return MakeLogical(*sort, {Push(plan->input(), std::move(conjuncts))});
    }
    if (plan->As<LogicalExpand>() != nullptr || plan->As<LogicalShortestPath>() != nullptr) {
      Conjuncts below;
      Conjuncts above = Partition(std::move(conjuncts), plan->input()->output, &below);
      std::vector<LogicalPtr> inputs{Push(plan->input(0), std::move(below)),
                                     Push(plan->input(1), {})};
      return Filtered(MakeLogical(plan->step, std::move(inputs)), above);
    }
    std::vector<LogicalPtr> inputs;
    for (const LogicalPtr& input : plan->inputs) inputs.push_back(Push(input, {}));
    return Filtered(inputs.empty() ? plan : MakeLogical(plan->step, std::move(inputs)), conjuncts);
  }

 private:
  static LogicalPtr Filtered(LogicalPtr plan, const Conjuncts& conjuncts) {
    if (conjuncts.empty()) return plan;
    return MakeLogical(LogicalFilter{JoinConjuncts(conjuncts)}, {std::move(plan)});
  }

  /// Moves into `below` what reads only `output` and cannot fail; what stays keeps its order. A
  /// conjunct that can fail holds back none of the others: dropping rows before it only spares it
  /// rows.
  Conjuncts Partition(Conjuncts conjuncts, const std::vector<OutputColumn>& output,
                      Conjuncts* below) const {
    Conjuncts above;
    for (ExpressionPtr& conjunct : conjuncts) {
      const bool moves = ReadsOnly(conjunct, output) && IsMovable(conjunct, context_);
      (moves ? *below : above).push_back(std::move(conjunct));
    }
    return above;
  }

  LogicalPtr ThroughProject(const LogicalPtr& plan, const LogicalProject& project,
                            Conjuncts conjuncts) const {
    std::map<ColumnId, ExpressionPtr> values;
    for (const NamedExpression& named : project.expressions)
      values.emplace(named.column.id, named.expression);
    Conjuncts below;
    Conjuncts above;
    for (const ExpressionPtr& conjunct : conjuncts) {
      const std::vector<ColumnId> ids = ColumnsOf(conjunct);
      // Only what costs nothing to compute twice, and gives the same twice.
      const bool cheap = std::all_of(ids.begin(), ids.end(), [&](ColumnId id) {
        const auto found = values.find(id);
        return found != values.end() && IsMovable(found->second, context_);
      });
      // One that can fail does not overtake one that stays.
      const bool moves = cheap && (above.empty() || IsMovable(conjunct, context_));
      const ExpressionPtr moved = moves ? Substitute(conjunct, values) : nullptr;
      if (moves && IsWalkable(moved)) {
        below.push_back(moved);
      } else {
        above.push_back(conjunct);
      }
    }
    return Filtered(MakeLogical(project, {Push(plan->input(), std::move(below))}), above);
  }

  LogicalPtr ThroughJoin(const LogicalPtr& plan, LogicalJoin join, Conjuncts conjuncts) const {
    const auto& left = plan->input(0)->output;
    const auto& right = plan->input(1)->output;
    const bool is_inner = join.kind == JoinKind::kInner;
    if (is_inner && join.residual != nullptr)
      SplitConjuncts(std::exchange(join.residual, nullptr), &conjuncts);
    Conjuncts to_left;
    Conjuncts to_right;
    Conjuncts above = Partition(std::move(conjuncts), left, &to_left);
    if (is_inner) {
      above = Partition(std::move(above), right, &to_right);
      // A key is evaluated on every row, also on those that conjuncts before it would drop: one
      // that can fail becomes a key only if there are none.
      bool is_first = true;
      std::erase_if(above, [&](const ExpressionPtr& conjunct) {
        const bool taken =
            (is_first || IsMovable(conjunct, context_)) && TakeKey(conjunct, left, right, &join);
        is_first = is_first && taken;
        return taken;
      });
    } else if (join.residual != nullptr) {
      // Of the other kinds the residual decides what matches: its part on the right alone drops
      // rows there.
      Conjuncts residual;
      SplitConjuncts(join.residual, &residual);
      join.residual = JoinConjuncts(Partition(std::move(residual), right, &to_right));
    }
    std::vector<LogicalPtr> inputs{Push(plan->input(0), std::move(to_left)),
                                   Push(plan->input(1), std::move(to_right))};
    return Filtered(MakeLogical(std::move(join), std::move(inputs)), above);
  }

  static bool TakeKey(const ExpressionPtr& conjunct, const std::vector<OutputColumn>& left,
                      const std::vector<OutputColumn>& right, LogicalJoin* join) {
    const auto* equal = conjunct->As<FunctionCall>();
    if (equal == nullptr || equal->function != "=") return false;
    const ExpressionPtr& a = equal->arguments[0];
    const ExpressionPtr& b = equal->arguments[1];
    if (ColumnsOf(a).empty() || ColumnsOf(b).empty()) return false;
    if (ReadsOnly(a, left) && ReadsOnly(b, right)) {
      join->left_keys.push_back(a);
      join->right_keys.push_back(b);
      return true;
    }
    if (ReadsOnly(b, left) && ReadsOnly(a, right)) {
      join->left_keys.push_back(b);
      join->right_keys.push_back(a);
      return true;
    }
    return false;
  }

  LogicalPtr ThroughAggregate(const LogicalPtr& plan, const LogicalAggregate& aggregate,
                              Conjuncts conjuncts) const {
    std::map<ColumnId, ExpressionPtr> values;
    std::vector<OutputColumn> keys;
    for (const NamedExpression& key : aggregate.keys) {
      values.emplace(key.column.id, key.expression);
      keys.push_back(key.column);
    }
    Conjuncts below;
    Conjuncts above;
    for (const ExpressionPtr& conjunct : conjuncts) {
      // A group is dropped whole, so its rows may be dropped before. Not without keys: that one row
      // always comes.
      const bool moves = !keys.empty() && !ColumnsOf(conjunct).empty() &&
                         ReadsOnly(conjunct, keys) && IsMovable(conjunct, context_);
      const ExpressionPtr moved = moves ? Substitute(conjunct, values) : nullptr;
      if (moves && IsWalkable(moved)) {
        below.push_back(moved);
      } else {
        above.push_back(conjunct);
      }
    }
    return Filtered(MakeLogical(aggregate, {Push(plan->input(), std::move(below))}), above);
  }

  LogicalPtr ThroughUnion(const LogicalPtr& plan, const LogicalUnion& all,
                          const Conjuncts& conjuncts) const {
    std::vector<LogicalPtr> inputs;
    for (size_t k = 0; k < plan->inputs.size(); ++k) {
      std::map<ColumnId, ExpressionPtr> values;
      for (size_t i = 0; i < all.columns.size(); ++i) {
        OutputColumn source = all.columns[i];
        for (const OutputColumn& column : plan->input(k)->output) {
          if (column.id == all.sources[k][i]) source = column;
        }
        values.emplace(all.columns[i].id, MakeColumn(source));
      }
      Conjuncts own;
      for (const ExpressionPtr& conjunct : conjuncts) own.push_back(Substitute(conjunct, values));
      inputs.push_back(Push(plan->input(k), std::move(own)));
    }
    return MakeLogical(all, std::move(inputs));
  }

  const OptimizerContext& context_;
};

}  // namespace

/// Move each conjunct of a filter as near to the data as it may go; equalities across an inner join
/// become its keys. Nothing that can fail or is not deterministic moves below a filter or join.
/// Stops at limits and at the declaration of event time, whose watermark would change with the rows
/// it sees.
arrow::Result<LogicalPtr> PushDownPredicates(const LogicalPtr& plan,
                                             const OptimizerContext& context) {
  return PushDown(context).Push(plan, {});
}

}  // namespace sabot::rules
