#include <algorithm>

#include "sabot/base/error.h"
#include "sabot/optimizer/expressions.h"
#include "sabot/optimizer/rules.h"

namespace sabot::rules {
namespace {

/// Builds the joins of one pattern, starting at its first node and adding relationships that touch
/// what is bound.
class Lowering {
 public:
  Lowering(const LogicalMatch& match, const std::vector<LogicalPtr>& inputs, ColumnId next_id)
      : match_(match), inputs_(inputs), next_id_(next_id), bound_(match.nodes.size(), false) {}

  arrow::Result<LogicalPtr> Lower(const std::vector<OutputColumn>& output) {
    std::vector<bool> done(match_.relationships.size(), false);
    for (size_t step = 0; step < match_.relationships.size(); ++step) {
      // A shortest path comes last: it wants both of its ends bound and as few pairs as can be.
      size_t next = match_.relationships.size();
      for (size_t i = 0; i < done.size(); ++i) {
        if (done[i]) continue;
        const MatchRelationship& candidate = match_.relationships[i];
        const bool touches =
            plan_ == nullptr || IsBound(candidate.left) || IsBound(candidate.right);
        const bool better =
            next == done.size() ||
            (touches && !candidate.is_shortest &&
             (match_.relationships[next].is_shortest || !Touches(match_.relationships[next])));
        if (better) next = i;
      }
      done[next] = true;
      ARROW_RETURN_NOT_OK(Add(match_.relationships[next]));
    }
    for (size_t i = 0; i < match_.nodes.size(); ++i) {
      if (!bound_[i]) BindNode(static_cast<int>(i));
    }
    LogicalPtr plan = plan_;
    const std::vector<ExpressionPtr> different = DifferentRelationships();
    if (!different.empty())
      plan = MakeLogical(LogicalFilter{JoinConjuncts(different)}, {std::move(plan)});
    LogicalProject project;
    for (const OutputColumn& column : output)
      project.expressions.push_back({column, MakeColumn(column)});
    return MakeLogical(std::move(project), {std::move(plan)});
  }

 private:
  bool IsBound(int node) const { return bound_[static_cast<size_t>(node)]; }
  bool Touches(const MatchRelationship& relationship) const {
    return IsBound(relationship.left) || IsBound(relationship.right);
  }
  const MatchNode& Node(int node) const { return match_.nodes[static_cast<size_t>(node)]; }

  static ExpressionPtr ColumnIn(const std::vector<OutputColumn>& columns, ColumnId id) {
    for (const OutputColumn& column : columns) {
      if (column.id == id) return MakeColumn(column);
    }
    return nullptr;
  }

  /// A node without relationship yet: every row with every row so far.
  void BindNode(int node) {
    bound_[static_cast<size_t>(node)] = true;
    const LogicalPtr& input = inputs_[static_cast<size_t>(Node(node).input)];
    plan_ = plan_ == nullptr ? input : MakeLogical(LogicalJoin{}, {plan_, input});
  }

  /// Join what is bound with the table on these pairs of columns.
  void JoinWith(const LogicalPtr& table, const std::vector<ColumnId>& bound_columns,
                const std::vector<ColumnId>& table_columns) {
    LogicalJoin join;
    for (size_t i = 0; i < bound_columns.size(); ++i) {
      join.left_keys.push_back(ColumnIn(plan_->output, bound_columns[i]));
      join.right_keys.push_back(ColumnIn(table->output, table_columns[i]));
    }
    plan_ = MakeLogical(std::move(join), {plan_, table});
  }

  /// Trail semantics: no relationship is used twice in one match. Rows of a mapped table have no
  /// identity but their values, so two that agree in every column are one relationship
  /// (docs/decisions/0003).
  std::vector<ExpressionPtr> DifferentRelationships() const {
    std::vector<ExpressionPtr> conditions;
    const auto& all = match_.relationships;
    for (size_t i = 0; i < all.size(); ++i) {
      for (size_t j = i + 1; j < all.size(); ++j) {
        if (all[i].is_shortest || all[j].is_shortest || all[i].edge_table != all[j].edge_table)
          continue;
        std::vector<ExpressionPtr> same;
        for (size_t column = 0; column < all[i].columns.size(); ++column) {
          same.push_back(MakeExpression(
              FunctionCall{
                  "<=>", {MakeColumn(all[i].columns[column]), MakeColumn(all[j].columns[column])}},
              Type(TypeId::kBoolean), false));
        }
        conditions.push_back(MakeExpression(FunctionCall{"not", {JoinConjuncts(same)}},
                                            Type(TypeId::kBoolean), false));
      }
    }
    return conditions;
  }

  arrow::Status Add(const MatchRelationship& relationship) {
    if (relationship.is_shortest) return AddShortestPath(relationship);
    LogicalPtr edges = inputs_[static_cast<size_t>(relationship.input)];
    std::vector<ColumnId> at_left = relationship.source_key;
    std::vector<ColumnId> at_right = relationship.destination_key;
    if (relationship.direction == MatchDirection::kIncoming) std::swap(at_left, at_right);
    if (relationship.direction == MatchDirection::kUndirected) {
      edges = BothWays(relationship, edges, &at_left, &at_right);
    }
    if (plan_ == nullptr) BindNode(relationship.left);
    if (!Touches(relationship)) BindNode(relationship.left);
    const bool from_left = IsBound(relationship.left);
    const int near = from_left ? relationship.left : relationship.right;
    const int far = from_left ? relationship.right : relationship.left;
    const std::vector<ColumnId>& near_key = from_left ? at_left : at_right;
    const std::vector<ColumnId>& far_key = from_left ? at_right : at_left;
    if (IsBound(far)) {
      // Closes a cycle: both ends are known.
      std::vector<ColumnId> bound_columns = Node(near).key;
      bound_columns.insert(bound_columns.end(), Node(far).key.begin(), Node(far).key.end());
      std::vector<ColumnId> edge_columns = near_key;
      edge_columns.insert(edge_columns.end(), far_key.begin(), far_key.end());
      JoinWith(edges, bound_columns, edge_columns);
    } else {
      JoinWith(edges, Node(near).key, near_key);
      bound_[static_cast<size_t>(far)] = true;
      JoinWith(inputs_[static_cast<size_t>(Node(far).input)], far_key, Node(far).key);
    }
    return arrow::Status::OK();
  }

  /// Each edge in both directions, once if it is a loop: columns `left` and `right` beside the
  /// edge's own.
  LogicalPtr BothWays(const MatchRelationship& relationship, const LogicalPtr& edges,
                      std::vector<ColumnId>* at_left, std::vector<ColumnId>* at_right) {
    LogicalUnion both;
    both.sources.resize(2);
    std::vector<OutputColumn> ends;
    std::vector<LogicalPtr> ways;
    for (int way = 0; way < 2; ++way) {
      LogicalProject project;
      const auto add = [&](const OutputColumn& column, const ExpressionPtr& value) {
        OutputColumn own = column;
        own.id = next_id_++;
        both.sources[static_cast<size_t>(way)].push_back(own.id);
        project.expressions.push_back({std::move(own), value});
      };
      for (const OutputColumn& column : edges->output) {
        if (way == 0) both.columns.push_back(column);
        add(column, MakeColumn(column));
      }
      const auto& first = way == 0 ? relationship.source_key : relationship.destination_key;
      const auto& second = way == 0 ? relationship.destination_key : relationship.source_key;
      for (const auto* side : {&first, &second}) {
        for (ColumnId id : *side) {
          const ExpressionPtr value = ColumnIn(edges->output, id);
          const OutputColumn column{0, "end", value->type, value->nullable};
          if (way == 0) {
            both.columns.push_back(column);
            both.columns.back().id = next_id_++;
            (side == &first ? *at_left : *at_right)[static_cast<size_t>(
                (side == &first ? left_filled_ : right_filled_)++)] = both.columns.back().id;
          }
          add(column, value);
        }
      }
      LogicalPtr input = edges;
      if (way == 1) {
        std::vector<ExpressionPtr> same;
        for (size_t i = 0; i < relationship.source_key.size(); ++i) {
          same.push_back(MakeExpression(
              FunctionCall{"=",
                           {ColumnIn(edges->output, relationship.source_key[i]),
                            ColumnIn(edges->output, relationship.destination_key[i])}},
              Type(TypeId::kBoolean), true));
        }
        input = MakeLogical(LogicalFilter{MakeExpression(FunctionCall{"not", {JoinConjuncts(same)}},
                                                         Type(TypeId::kBoolean), true)},
                            {edges});
      }
      ways.push_back(MakeLogical(std::move(project), {std::move(input)}));
    }
    left_filled_ = right_filled_ = 0;
    return MakeLogical(std::move(both), std::move(ways));
  }

  arrow::Status AddShortestPath(const MatchRelationship& relationship) {
    for (int end : {relationship.left, relationship.right}) {
      if (!IsBound(end)) BindNode(end);
    }
    LogicalShortestPath path;
    path.from = ColumnIn(plan_->output, Node(relationship.left).key[0]);
    path.to = ColumnIn(plan_->output, Node(relationship.right).key[0]);
    path.source = relationship.source_key[0];
    path.destination = relationship.destination_key[0];
    path.direction = relationship.direction;
    path.max_hops = relationship.max_hops;
    path.path = relationship.path;
    plan_ = MakeLogical(std::move(path), {plan_, inputs_[static_cast<size_t>(relationship.input)]});
    return arrow::Status::OK();
  }

  const LogicalMatch& match_;
  const std::vector<LogicalPtr>& inputs_;
  ColumnId next_id_;
  std::vector<bool> bound_;
  LogicalPtr plan_;
  int left_filled_ = 0;
  int right_filled_ = 0;
};

}  // namespace

/// A graph pattern becomes joins of its node and relationship tables in the order that keeps them
/// connected, with shortest paths last.
arrow::Result<LogicalPtr> LowerMatch(const LogicalPtr& plan, const OptimizerContext&) {
  ColumnId next_id = MaxId(plan) + 1;
  arrow::Status error;
  LogicalPtr lowered = RewritePlan(plan, [&](const LogicalPtr& node) -> LogicalPtr {
    const auto* match = node->As<LogicalMatch>();
    if (match == nullptr || !error.ok()) return node;
    auto result = Lowering(*match, node->inputs, next_id).Lower(node->output);
    if (!result.ok()) {
      error = result.status();
      return node;
    }
    // The rest of the plan may have greater ids than this part.
    next_id = std::max(next_id, MaxId(*result) + 1);
    return *result;
  });
  ARROW_RETURN_NOT_OK(error);
  return lowered;
}

}  // namespace sabot::rules
