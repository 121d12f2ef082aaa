#include <algorithm>
#include <functional>

#include <fmt/format.h>

#include "sabot/analyzer/binder.h"
#include "sabot/base/error.h"
#include "sabot/functions/resolve.h"

namespace sabot::analyzer {
namespace {

bool Reads(const ExpressionPtr& expression, const Scope& scope) {
  const std::vector<ColumnId> ids = ColumnsOf(expression);
  return std::any_of(ids.begin(), ids.end(), [&](ColumnId id) {
    return std::any_of(scope.columns.begin(), scope.columns.end(),
                       [&](const ScopeColumn& column) { return column.column.id == id; });
  });
}

void SplitConjuncts(const ExpressionPtr& condition, std::vector<ExpressionPtr>* conjuncts) {
  const auto* call = condition->As<FunctionCall>();
  if (call != nullptr && call->function == "and") {
    for (const ExpressionPtr& argument : call->arguments) SplitConjuncts(argument, conjuncts);
  } else {
    conjuncts->push_back(condition);
  }
}

}  // namespace

arrow::Result<Relation> Binder::Bind(const syntax::Relation& relation, const syntax::Join& join) {
  ARROW_ASSIGN_OR_RAISE(Relation left, ResolveRelation(join.left));
  ARROW_ASSIGN_OR_RAISE(Relation right, ResolveRelation(join.right));
  const bool shares_ids =
      std::any_of(right.scope.columns.begin(), right.scope.columns.end(), [&](const auto& column) {
        return std::any_of(left.plan->output.begin(), left.plan->output.end(),
                           [&](const OutputColumn& other) { return other.id == column.column.id; });
      });
  if (shares_ids) {
    // A relation joined with itself: the second occurrence gets columns of its own.
    const LogicalPtr copy = FreshCopy(right.plan);
    for (ScopeColumn& column : right.scope.columns) {
      for (size_t i = 0; i < right.plan->output.size(); ++i) {
        if (right.plan->output[i].id == column.column.id) {
          column.column.id = copy->output[i].id;
          break;
        }
      }
    }
    right.plan = copy;
  }
  LogicalJoin step;
  bool swap = false;
  switch (join.type) {
    case syntax::JoinType::kInner:
    case syntax::JoinType::kCross:
      step.kind = JoinKind::kInner;
      break;
    case syntax::JoinType::kLeft:
      step.kind = JoinKind::kLeft;
      break;
    case syntax::JoinType::kRight:
      step.kind = JoinKind::kLeft;
      swap = true;
      break;
    case syntax::JoinType::kSemi:
      step.kind = JoinKind::kSemi;
      break;
    case syntax::JoinType::kAnti:
      step.kind = JoinKind::kAnti;
      break;
    case syntax::JoinType::kFull:
      return UnsupportedError("FULL OUTER JOIN",
                              "a LEFT JOIN united with the ANTI JOIN of the other side",
                              relation.span);
  }
  Scope both;
  both.columns = left.scope.columns;
  both.columns.insert(both.columns.end(), right.scope.columns.begin(), right.scope.columns.end());
  std::vector<std::string> using_columns = join.using_columns;
  if (join.is_natural) {
    for (const ScopeColumn& column : left.scope.columns) {
      for (const ScopeColumn& other : right.scope.columns) {
        if (EqualNames(column.column.name, other.column.name))
          using_columns.push_back(column.column.name);
      }
    }
  }
  const auto add_key = [&](ExpressionPtr on_left, ExpressionPtr on_right) -> arrow::Status {
    const auto common = LeastCommonType(on_left->type, on_right->type);
    if (!common.has_value()) {
      return MakeError("DATATYPE_MISMATCH",
                       {{"sqlExpr", fmt::format("{} = {}", ToText(on_left), ToText(on_right))},
                        {"message", fmt::format("{} and {} cannot be compared",
                                                on_left->type.ToSql(), on_right->type.ToSql())}},
                       on_left->span);
    }
    ARROW_ASSIGN_OR_RAISE(on_left, CastIfNeeded(std::move(on_left), *common));
    ARROW_ASSIGN_OR_RAISE(on_right, CastIfNeeded(std::move(on_right), *common));
    step.left_keys.push_back(std::move(on_left));
    step.right_keys.push_back(std::move(on_right));
    return arrow::Status::OK();
  };
  std::vector<ColumnId> merged;  // of USING: the columns that appear once, in front
  for (const std::string& name : using_columns) {
    ARROW_ASSIGN_OR_RAISE(const auto on_left, FindColumn(left.scope, {name}, relation.span));
    if (!on_left.has_value()) return UnresolvedColumn(left.scope, {name}, relation.span);
    ARROW_ASSIGN_OR_RAISE(const auto on_right, FindColumn(right.scope, {name}, relation.span));
    if (!on_right.has_value()) return UnresolvedColumn(right.scope, {name}, relation.span);
    ARROW_RETURN_NOT_OK(add_key(MakeColumn(on_left->column, relation.span),
                                MakeColumn(on_right->column, relation.span)));
    merged.push_back(swap ? on_right->column.id : on_left->column.id);
    for (ScopeColumn& column : both.columns) {
      column.is_hidden =
          column.is_hidden || column.column.id == (swap ? on_left->column.id : on_right->column.id);
    }
  }
  std::vector<ExpressionPtr> residual;
  if (join.condition != nullptr) {
    ARROW_ASSIGN_OR_RAISE(const ExpressionPtr condition,
                          ResolveCondition(join.condition, {.columns = &both}));
    std::vector<ExpressionPtr> conjuncts;
    SplitConjuncts(condition, &conjuncts);
    for (const ExpressionPtr& conjunct : conjuncts) {
      const auto* equal = conjunct->As<FunctionCall>();
      if (equal != nullptr && equal->function == "=") {
        const ExpressionPtr& a = equal->arguments[0];
        const ExpressionPtr& b = equal->arguments[1];
        const bool a_left = Reads(a, left.scope), a_right = Reads(a, right.scope);
        const bool b_left = Reads(b, left.scope), b_right = Reads(b, right.scope);
        if (a_left && !a_right && b_right && !b_left) {
          ARROW_RETURN_NOT_OK(add_key(a, b));
          continue;
        }
        if (b_left && !b_right && a_right && !a_left) {
          ARROW_RETURN_NOT_OK(add_key(b, a));
          continue;
        }
      }
      residual.push_back(conjunct);
    }
  }
  for (ExpressionPtr& conjunct : residual) {
    if (step.residual == nullptr) {
      step.residual = std::move(conjunct);
    } else {
      ARROW_ASSIGN_OR_RAISE(step.residual,
                            MakeFunctionCall("and", {step.residual, conjunct}, relation.span));
    }
  }
  if (step.left_keys.empty() && step.kind != JoinKind::kInner) {
    return MakeError("JOIN_CONDITION_UNSUPPORTED",
                     {{"condition", join.condition == nullptr ? "(none)" : NameOf(join.condition)},
                      {"alternative", "an equality between a column of each side"}},
                     join.condition == nullptr ? relation.span : join.condition->span);
  }
  if (swap) {
    std::swap(step.left_keys, step.right_keys);
    std::swap(left.plan, right.plan);
  }
  const JoinKind kind = step.kind;
  LogicalPtr plan = MakeLogical(std::move(step), {std::move(left.plan), std::move(right.plan)});
  if (kind == JoinKind::kSemi || kind == JoinKind::kAnti)
    return Relation{std::move(plan), std::move(left.scope)};
  for (ScopeColumn& column : both.columns) {
    for (const OutputColumn& output : plan->output) {
      if (output.id == column.column.id) column.column.nullable = output.nullable;
    }
  }
  // USING columns come first, once.
  std::stable_sort(
      both.columns.begin(), both.columns.end(), [&](const ScopeColumn& a, const ScopeColumn& b) {
        const auto rank = [&](const ScopeColumn& column) {
          return std::find(merged.begin(), merged.end(), column.column.id) - merged.begin();
        };
        return rank(a) < rank(b);
      });
  return Relation{std::move(plan), std::move(both)};
}

arrow::Result<Relation> Binder::Bind(const syntax::Relation& relation,
                                     const syntax::SetOperator& set) {
  if (set.operation != syntax::SetOperation::kUnion) {
    return UnsupportedError(
        set.operation == syntax::SetOperation::kIntersect ? "INTERSECT" : "EXCEPT",
        set.operation == syntax::SetOperation::kIntersect ? "a LEFT SEMI JOIN of the distinct rows"
                                                          : "a LEFT ANTI JOIN of the distinct rows",
        relation.span);
  }
  // A chain of unions is one step with many inputs.
  std::vector<Relation> inputs;
  std::vector<syntax::RelationPtr> leaves;
  const std::function<void(const syntax::SetOperator&)> flatten =
      [&](const syntax::SetOperator& node) {
        for (const syntax::RelationPtr& side : {node.left, node.right}) {
          const auto* inner = side->As<syntax::SetOperator>();
          const bool same = inner != nullptr && inner->operation == syntax::SetOperation::kUnion &&
                            inner->all && node.all && inner->by_name == node.by_name &&
                            !node.by_name;
          if (same) {
            flatten(*inner);
          } else {
            leaves.push_back(side);
          }
        }
      };
  flatten(set);
  for (const syntax::RelationPtr& leaf : leaves) {
    ARROW_ASSIGN_OR_RAISE(inputs.emplace_back(), ResolveRelation(leaf));
    Scope& scope = inputs.back().scope;
    std::erase_if(scope.columns, [](const ScopeColumn& column) { return column.is_hidden; });
  }
  if (set.by_name) {
    for (size_t i = 1; i < inputs.size(); ++i) {
      Scope ordered;
      for (const ScopeColumn& wanted : inputs[0].scope.columns) {
        ARROW_ASSIGN_OR_RAISE(const auto found,
                              FindColumn(inputs[i].scope, {wanted.column.name}, leaves[i]->span));
        if (!found.has_value()) {
          return UnresolvedColumn(inputs[i].scope, {wanted.column.name}, leaves[i]->span);
        }
        ordered.columns.push_back({{}, found->column});
      }
      inputs[i].scope = std::move(ordered);
    }
  }
  const size_t width = inputs[0].scope.columns.size();
  LogicalUnion step;
  std::vector<LogicalProject> casts(inputs.size());
  for (size_t k = 1; k < inputs.size(); ++k) {
    if (inputs[k].scope.columns.size() != width) {
      return MakeError("NUM_COLUMNS_MISMATCH",
                       {{"operator", "UNION"},
                        {"firstNumColumns", std::to_string(width)},
                        {"invalidOrdinalNum", std::to_string(k + 1)},
                        {"invalidNumColumns", std::to_string(inputs[k].scope.columns.size())}},
                       leaves[k]->span);
    }
  }
  step.sources.resize(inputs.size());
  for (size_t i = 0; i < width; ++i) {
    OutputColumn output = inputs[0].scope.columns[i].column;
    for (size_t k = 1; k < inputs.size(); ++k) {
      const OutputColumn& other = inputs[k].scope.columns[i].column;
      const auto common = LeastCommonType(output.type, other.type);
      if (!common.has_value()) {
        return MakeError("TYPE_MISMATCH_IN_SET_OPERATION",
                         {{"operator", "UNION"},
                          {"ordinal", std::to_string(i + 1)},
                          {"firstType", output.type.ToSql()},
                          {"otherType", other.type.ToSql()}},
                         leaves[k]->span);
      }
      output.type = *common;
      output.nullable = output.nullable || other.nullable;
    }
    output.id = NewId();
    origins_[output.id] = inputs[0].scope.columns[i].column.id;
    step.columns.push_back(output);
    for (size_t k = 0; k < inputs.size(); ++k) {
      const OutputColumn& own = inputs[k].scope.columns[i].column;
      ARROW_ASSIGN_OR_RAISE(ExpressionPtr cast, CastIfNeeded(MakeColumn(own), output.type));
      OutputColumn column = own;
      if (cast->As<ColumnRef>() == nullptr)
        column = {NewId(), own.name, output.type, cast->nullable};
      step.sources[k].push_back(column.id);
      casts[k].expressions.push_back({std::move(column), std::move(cast)});
    }
  }
  std::vector<LogicalPtr> plans;
  for (size_t k = 0; k < inputs.size(); ++k) {
    plans.push_back(MakeLogical(std::move(casts[k]), {std::move(inputs[k].plan)}));
  }
  LogicalPtr plan = MakeLogical(std::move(step), std::move(plans));
  Scope scope = Scope::Of(plan);
  if (!set.all) {
    LogicalAggregate distinct;
    for (const OutputColumn& column : plan->output)
      distinct.keys.push_back({column, MakeColumn(column)});
    plan = MakeLogical(std::move(distinct), {std::move(plan)});
  }
  return Relation{std::move(plan), std::move(scope)};
}

}  // namespace sabot::analyzer
