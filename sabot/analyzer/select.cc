#include <algorithm>
#include <cctype>
#include <set>
#include <utility>

#include <fmt/format.h>

#include "sabot/analyzer/binder.h"
#include "sabot/base/error.h"

namespace sabot::analyzer {
namespace {

using syntax::MakeExpression;

bool IsWindowCall(const syntax::ExpressionPtr& expression) {
  const auto* alias = expression->As<syntax::Alias>();
  if (alias != nullptr) return IsWindowCall(alias->argument);
  const auto* call = expression->As<syntax::Call>();
  return call != nullptr && EqualNames(call->function, "window");
}

/// The position that GROUP BY 2 or ORDER BY 2 names; absent if the expression is no whole number.
std::optional<int64_t> OrdinalOf(const syntax::ExpressionPtr& expression) {
  const auto* literal = expression->As<syntax::Literal>();
  if (literal == nullptr) return std::nullopt;
  if (const auto* number = std::get_if<syntax::Literal::Number>(&literal->value)) {
    if (number->text.size() > 9 ||
        number->text.find_first_not_of("0123456789") != std::string::npos) {
      return std::nullopt;
    }
    return std::stoll(number->text);
  }
  return std::nullopt;
}

void ForEachChild(const syntax::ExpressionPtr& expression,
                  const std::function<void(const syntax::ExpressionPtr&)>& visit) {
  if (const auto* call = expression->As<syntax::Call>()) {
    for (const auto& argument : call->arguments) visit(argument);
  } else if (const auto* cast = expression->As<syntax::Cast>()) {
    visit(cast->argument);
  } else if (const auto* alias = expression->As<syntax::Alias>()) {
    visit(alias->argument);
  } else if (const auto* branches = expression->As<syntax::Case>()) {
    if (branches->operand != nullptr) visit(branches->operand);
    for (const auto& [condition, value] : branches->branches) {
      visit(condition);
      visit(value);
    }
    if (branches->otherwise != nullptr) visit(branches->otherwise);
  }
}

bool HasAggregate(const syntax::ExpressionPtr& expression, const FunctionRegistry& functions) {
  const auto* call = expression->As<syntax::Call>();
  if (call != nullptr && functions.FindAggregate(call->function) != nullptr) return true;
  bool found = false;
  ForEachChild(expression, [&](const syntax::ExpressionPtr& child) {
    found = found || HasAggregate(child, functions);
  });
  return found;
}

/// GROUP BY ALL without an aggregate: every item is a key, so each combination comes once.
bool IsDistinct(const syntax::Select& select, const FunctionRegistry& functions) {
  if (select.distinct) return true;
  return select.group_by_all &&
         std::none_of(select.projection.begin(), select.projection.end(),
                      [&](const auto& item) { return HasAggregate(item, functions); });
}

/// Two items of one name: neither is meant by it.
void AddAlias(const std::string& name, ExpressionPtr value,
              std::vector<std::pair<std::string, ExpressionPtr>>* aliases) {
  for (auto& [known, known_value] : *aliases) {
    if (!EqualNames(known, name)) continue;
    if (known_value == nullptr || !Equal(known_value, value)) known_value = nullptr;
    return;
  }
  aliases->emplace_back(name, std::move(value));
}

constexpr int kExpressionDepthMax = 1000;
constexpr int64_t kExpressionSizeMax = 1'000'000;

/// Nodes and levels of an expression, a shared part counted at each use; not past the limits.
struct ExpressionSize {
  int64_t nodes = 0;
  int levels = 0;

  void Add(const ExpressionPtr& expression, int level) {
    ++nodes;
    levels = std::max(levels, level);
    const auto below = [&](const ExpressionPtr& child) {
      if (nodes <= kExpressionSizeMax && levels <= kExpressionDepthMax) Add(child, level + 1);
    };
    if (const auto* call = expression->As<FunctionCall>()) {
      for (const ExpressionPtr& argument : call->arguments) below(argument);
    } else if (const auto* cast = expression->As<CastTo>()) {
      below(cast->argument);
    } else if (const auto* branches = expression->As<CaseWhen>()) {
      for (const auto& [condition, value] : branches->branches) below(condition), below(value);
      below(branches->otherwise);
    }
  }
};

/// An item may name one before it, which stands in its place: each may double the one before.
arrow::Status CheckSize(const ExpressionPtr& expression, Span span) {
  ExpressionSize size;
  size.Add(expression, 1);
  if (size.levels > kExpressionDepthMax) {
    return MakeError("PLAN_TOO_DEEP", {{"limit", std::to_string(kExpressionDepthMax)}}, span);
  }
  if (size.nodes > kExpressionSizeMax) {
    return UnsupportedError("an item that has grown so large by the items it names",
                            "a sub-query that computes those first", span);
  }
  return arrow::Status::OK();
}

/// CAST(a AS INT) as an item is named a, as in Spark.
bool IsCastOfColumn(const syntax::Expression& item, const ExpressionPtr& resolved) {
  const auto* cast = item.As<syntax::Cast>();
  if (cast == nullptr || cast->argument->As<syntax::Name>() == nullptr) return false;
  const auto* done = resolved->As<CastTo>();
  return (done == nullptr ? resolved : done->argument)->As<ColumnRef>() != nullptr;
}

LogicalPtr DistinctOf(LogicalPtr plan) {
  LogicalAggregate aggregate;
  for (const OutputColumn& column : plan->output)
    aggregate.keys.push_back({column, MakeColumn(column)});
  return MakeLogical(std::move(aggregate), {std::move(plan)});
}

}  // namespace

/// One block of SELECT, of a DataFrame's aggregation or of Cypher's RETURN.
struct Binder::Block {
  Relation input;
  std::vector<syntax::ExpressionPtr> projection;
  bool distinct = false;
  std::vector<syntax::ExpressionPtr> group_by;
  bool group_by_all = false;  ///< by the items without an aggregate
  syntax::ExpressionPtr having;
  std::vector<syntax::SortKey> order_by;
  syntax::ExpressionPtr limit;
  syntax::ExpressionPtr offset;
  bool nulls_are_greatest = false;  ///< Cypher's order
  bool is_aggregation = false;      ///< agg(): of all rows, whatever is asked of them
};

/// One column of the select list.
struct Binder::Item {
  ExpressionPtr expression;
  std::string name;
  std::string qualifier;  ///< of a plain column: stays visible as t.a to ORDER BY
  Span span;
};

OutputColumn Binder::OutputOf(const ExpressionPtr& expression, std::string name) {
  const auto* reference = expression->As<ColumnRef>();
  return {reference != nullptr ? reference->id : NewId(), std::move(name), expression->type,
          expression->nullable};
}

arrow::Result<std::vector<Binder::Item>> Binder::ResolveItems(
    const std::vector<syntax::ExpressionPtr>& items, const ExpressionScope& scope) {
  std::vector<Item> resolved;
  std::vector<std::pair<std::string, ExpressionPtr>> aliases;  // of the items before, to name
  for (const syntax::ExpressionPtr& written : items) {
    const syntax::ExpressionPtr item = WithStarsExpanded(written, *scope.columns);
    if (const auto* star = item->As<syntax::Star>()) {
      const size_t before = resolved.size();
      for (const ScopeColumn& column : scope.columns->columns) {
        if (star->qualifier.empty() ? column.is_hidden
                                    : !EqualNames(column.qualifier, star->qualifier.back())) {
          continue;
        }
        resolved.push_back({MakeColumn(column.column, item->span), column.column.name,
                            column.qualifier, item->span});
      }
      if (resolved.size() == before && !star->qualifier.empty()) {
        ARROW_RETURN_NOT_OK(ResolveFieldStar(*item, *star, scope, &resolved));
      }
      continue;
    }
    Item result{nullptr, NameOf(item), {}, item->span};
    if (IsWindowCall(item) && item->As<syntax::Alias>() == nullptr) result.name = "window";
    ExpressionScope item_scope = scope;
    if (!is_cypher_) item_scope.aliases = &aliases;
    ARROW_ASSIGN_OR_RAISE(result.expression, Resolve(item, item_scope));
    ARROW_RETURN_NOT_OK(CheckSize(result.expression, item->span));
    if (IsCastOfColumn(*item, result.expression)) {
      result.name = NameOf(item->As<syntax::Cast>()->argument);
    }
    if (item->As<syntax::Alias>() != nullptr) AddAlias(result.name, result.expression, &aliases);
    if (const auto* name = item->As<syntax::Name>(); name != nullptr && name->parts.size() == 2) {
      result.qualifier = name->parts[0];
    }
    resolved.push_back(std::move(result));
  }
  return resolved;
}

arrow::Status Binder::ResolveFieldStar(const syntax::Expression& item, const syntax::Star& star,
                                       const ExpressionScope& scope, std::vector<Item>* items) {
  auto value = Resolve(MakeExpression(syntax::Name{star.qualifier, {}}, item.span), scope);
  if (!value.ok() || (*value)->type.id() != TypeId::kStruct) {
    return UnresolvedColumn(*scope.columns, star.qualifier, item.span);
  }
  for (const TypeField& field : (*value)->type.fields()) {
    ARROW_ASSIGN_OR_RAISE(ExpressionPtr part, ResolveFields(*value, {field.name}, 0, item.span));
    items->push_back({std::move(part), field.name, {}, item.span});
  }
  return arrow::Status::OK();
}

arrow::Status Binder::ResolveGroupKeys(const Block& block, const Scope& scope,
                                       Aggregation* aggregation) {
  // Names of select items that GROUP BY may use; those with aggregates are none.
  std::vector<std::pair<std::string, ExpressionPtr>> aliases;
  for (const syntax::ExpressionPtr& item : block.projection) {
    const auto* alias = item->As<syntax::Alias>();
    if (alias == nullptr || HasAggregate(alias->argument, *context_.functions)) continue;
    ExpressionScope item_scope{.columns = &scope};
    if (!is_cypher_) item_scope.aliases = &aliases;
    auto value = Resolve(alias->argument, item_scope);
    // It may name an aggregate before it; what is truly wrong with it is said when it is resolved.
    if (!value.ok() && !is_cypher_) continue;
    ARROW_RETURN_NOT_OK(value.status());
    ARROW_RETURN_NOT_OK(CheckSize(*value, alias->argument->span));
    aliases.emplace_back(alias->name, std::move(*value));
  }
  std::vector<syntax::ExpressionPtr> keys = block.group_by;
  if (block.group_by_all) {
    for (const syntax::ExpressionPtr& item : block.projection) {
      if (item->As<syntax::Star>() == nullptr && !HasAggregate(item, *context_.functions))
        keys.push_back(item);
    }
  }
  for (syntax::ExpressionPtr key : keys) {
    const std::optional<int64_t> ordinal = OrdinalOf(key);
    if (ordinal.has_value()) {
      const auto size = static_cast<int64_t>(block.projection.size());
      if (*ordinal < 1 || *ordinal > size) {
        return MakeError("GROUP_BY_POS_OUT_OF_RANGE",
                         {{"index", std::to_string(*ordinal)}, {"size", std::to_string(size)}},
                         key->span);
      }
      key = block.projection[static_cast<size_t>(*ordinal - 1)];
    }
    if (HasAggregate(key, *context_.functions)) {
      return MakeError("GROUP_BY_AGGREGATE", {{"sqlExpr", NameOf(key)}}, key->span);
    }
    ARROW_ASSIGN_OR_RAISE(ExpressionPtr value,
                          Resolve(key, {.columns = &scope, .aliases = &aliases}));
    const auto* window = value->As<FunctionCall>();
    const bool is_window = window != nullptr && window->function == "named_struct" &&
                           window->arguments.size() == 4 &&
                           window->arguments[1]->As<FunctionCall>() != nullptr &&
                           window->arguments[1]->As<FunctionCall>()->function == "tumble";
    std::string name = NameOf(key);
    if (is_window) {
      // Grouping by the start is grouping by the window: both ends follow from it.
      if (IsWindowCall(key) && key->As<syntax::Alias>() == nullptr) name = "window";
      aggregation->key_names.emplace_back(name, value);
      value = window->arguments[1];
      name += ".start";
    } else if (key->As<syntax::Alias>() != nullptr) {
      aggregation->key_names.emplace_back(name, value);
    }
    const bool repeated =
        std::any_of(aggregation->keys.begin(), aggregation->keys.end(),
                    [&](const auto& known) { return Equal(known.expression, value); });
    if (!repeated) aggregation->keys.push_back({OutputOf(value, std::move(name)), value});
  }
  return arrow::Status::OK();
}

arrow::Result<ExpressionPtr> Binder::AboveAggregation(const ExpressionPtr& expression,
                                                      const Aggregation& aggregation, Span span) {
  for (const NamedExpression& key : aggregation.keys) {
    if (Equal(key.expression, expression)) return MakeColumn(key.column, expression->span);
  }
  if (const auto* column = expression->As<ColumnRef>()) {
    for (const AggregateCall& call : aggregation.calls) {
      if (call.column.id == column->id) return expression;
    }
    return MakeError("MISSING_AGGREGATION", {{"expression", Quoted({column->name})}},
                     expression->span.is_known() ? expression->span : span,
                     fmt::format("add it to GROUP BY, or wrap it: any_value({})", column->name));
  }
  Expression copy = *expression;
  const auto above = [&](ExpressionPtr* child) -> arrow::Status {
    return AboveAggregation(*child, aggregation, span).Value(child);
  };
  if (auto* call = std::get_if<FunctionCall>(&copy.node)) {
    for (ExpressionPtr& argument : call->arguments) ARROW_RETURN_NOT_OK(above(&argument));
  } else if (auto* cast = std::get_if<CastTo>(&copy.node)) {
    ARROW_RETURN_NOT_OK(above(&cast->argument));
  } else if (auto* branches = std::get_if<CaseWhen>(&copy.node)) {
    for (auto& [condition, value] : branches->branches) {
      ARROW_RETURN_NOT_OK(above(&condition));
      ARROW_RETURN_NOT_OK(above(&value));
    }
    ARROW_RETURN_NOT_OK(above(&branches->otherwise));
  } else {
    return expression;
  }
  return std::make_shared<const Expression>(std::move(copy));
}

arrow::Result<Relation> Binder::BindBlock(const Block& block) {
  const Scope& scope = block.input.scope;
  const FunctionRegistry& functions = *context_.functions;
  bool aggregated = !block.group_by.empty() || block.having != nullptr || block.is_aggregation;
  for (const syntax::ExpressionPtr& item : block.projection)
    aggregated = aggregated || HasAggregate(item, functions);
  for (const syntax::SortKey& key : block.order_by) {
    aggregated = aggregated || HasAggregate(key.expression, functions);
  }
  Aggregation aggregation;
  ExpressionScope inner{.columns = &scope};
  if (aggregated) {
    ARROW_RETURN_NOT_OK(ResolveGroupKeys(block, scope, &aggregation));
    inner.aggregation = &aggregation;
  }
  ARROW_ASSIGN_OR_RAISE(std::vector<Item> items, ResolveItems(block.projection, inner));
  std::vector<std::pair<std::string, ExpressionPtr>> aliases;
  for (const Item& item : items) AddAlias(item.name, item.expression, &aliases);

  ExpressionPtr having;
  if (block.having != nullptr) {
    ExpressionScope having_scope = inner;
    having_scope.aliases = &aliases;
    ARROW_ASSIGN_OR_RAISE(having, ResolveCondition(block.having, having_scope));
  }
  ExpressionScope order_scope = inner;
  order_scope.aliases = &aliases;
  order_scope.aliases_first = true;
  std::vector<SortKey> order;
  for (const syntax::SortKey& key : block.order_by) {
    SortKey sort;
    const std::optional<int64_t> ordinal = OrdinalOf(key.expression);
    if (ordinal.has_value()) {
      const auto size = static_cast<int64_t>(items.size());
      if (*ordinal < 1 || *ordinal > size) {
        return MakeError("ORDER_BY_POS_OUT_OF_RANGE",
                         {{"index", std::to_string(*ordinal)}, {"size", std::to_string(size)}},
                         key.expression->span);
      }
      sort.expression = items[static_cast<size_t>(*ordinal - 1)].expression;
    } else {
      ARROW_ASSIGN_OR_RAISE(sort.expression, Resolve(key.expression, order_scope));
    }
    sort.ascending = key.ascending;
    sort.nulls_first =
        key.nulls_first.value_or(block.nulls_are_greatest ? !key.ascending : key.ascending);
    order.push_back(std::move(sort));
  }

  ARROW_ASSIGN_OR_RAISE(LogicalPtr plan, WithoutNullTimes(block.input.plan, aggregated));
  if (aggregated) {
    const auto above = [&](ExpressionPtr* expression, Span span) -> arrow::Status {
      return AboveAggregation(*expression, aggregation, span).Value(expression);
    };
    for (Item& item : items) ARROW_RETURN_NOT_OK(above(&item.expression, item.span));
    if (having != nullptr) ARROW_RETURN_NOT_OK(above(&having, block.having->span));
    for (size_t i = 0; i < order.size(); ++i) {
      ARROW_RETURN_NOT_OK(above(&order[i].expression, block.order_by[i].expression->span));
    }
    plan = MakeLogical(LogicalAggregate{std::move(aggregation.keys), std::move(aggregation.calls)},
                       {std::move(plan)});
    if (having != nullptr) plan = MakeLogical(LogicalFilter{std::move(having)}, {std::move(plan)});
  }

  LogicalProject project;
  Scope output;
  std::set<ColumnId> used;
  for (Item& item : items) {
    OutputColumn column = OutputOf(item.expression, item.name);
    if (!used.insert(column.id).second) column.id = NewId();
    output.columns.push_back({item.qualifier, column});
    project.expressions.push_back({std::move(column), std::move(item.expression)});
  }
  const size_t num_visible = project.expressions.size();
  for (size_t i = 0; i < order.size(); ++i) {
    const auto found = std::find_if(
        project.expressions.begin(), project.expressions.end(),
        [&](const auto& named) { return Equal(named.expression, order[i].expression); });
    if (found != project.expressions.end()) {
      order[i].expression = MakeColumn(found->column);
      continue;
    }
    if (order[i].expression->As<LiteralValue>() != nullptr) continue;
    if (block.distinct) {
      return MakeError(
          "MISSING_AGGREGATION", {{"expression", NameOf(block.order_by[i].expression)}},
          block.order_by[i].expression->span, "with DISTINCT, order by columns of the select list");
    }
    OutputColumn column = OutputOf(order[i].expression, "sort_key");
    if (!used.insert(column.id).second) column.id = NewId();
    project.expressions.push_back({column, order[i].expression});
    order[i].expression = MakeColumn(column);
  }
  const LogicalProject with_hidden = project;
  plan = MakeLogical(std::move(project), {std::move(plan)});
  if (block.distinct) plan = DistinctOf(std::move(plan));
  if (!order.empty()) plan = MakeLogical(LogicalSort{std::move(order)}, {std::move(plan)});
  ARROW_ASSIGN_OR_RAISE(plan, LimitBy(std::move(plan), block.limit, block.offset));
  if (with_hidden.expressions.size() > num_visible) {
    LogicalProject visible;
    for (size_t i = 0; i < num_visible; ++i) {
      const OutputColumn& column = with_hidden.expressions[i].column;
      visible.expressions.push_back({column, MakeColumn(column)});
    }
    plan = MakeLogical(std::move(visible), {std::move(plan)});
  }
  return Relation{std::move(plan), std::move(output)};
}

arrow::Result<Binder::Block> Binder::BlockOf(const syntax::Select& select) {
  Block block;
  if (select.from != nullptr) {
    ARROW_ASSIGN_OR_RAISE(block.input, ResolveRelation(select.from));
  } else {
    block.input.plan = MakeLogical(LogicalValues{{}, {{}}});
  }
  if (select.where != nullptr) {
    ARROW_ASSIGN_OR_RAISE(ExpressionPtr condition,
                          ResolveCondition(select.where, {.columns = &block.input.scope}));
    ARROW_ASSIGN_OR_RAISE(block.input.plan, WithoutNullTimes(std::move(block.input.plan)));
    block.input.plan =
        MakeLogical(LogicalFilter{std::move(condition)}, {std::move(block.input.plan)});
  }
  block.projection = select.projection;
  block.distinct = IsDistinct(select, *context_.functions);
  block.group_by = select.group_by;
  block.group_by_all = select.group_by_all;
  block.having = select.having;
  return block;
}

arrow::Result<Relation> Binder::Bind(const syntax::Relation&, const syntax::Select& select) {
  ARROW_ASSIGN_OR_RAISE(const Block block, BlockOf(select));
  return BindBlock(block);
}

arrow::Result<Relation> Binder::Bind(const syntax::Relation&, const syntax::Ordered& ordered) {
  const auto* select = ordered.input->As<syntax::Select>();
  Block block;
  if (select != nullptr) {
    // One block with its ORDER BY, which may name what the select list leaves out.
    ARROW_ASSIGN_OR_RAISE(block, BlockOf(*select));
  } else {
    ARROW_ASSIGN_OR_RAISE(block.input, ResolveRelation(ordered.input));
    block.projection.push_back(MakeExpression(syntax::Star{}, ordered.input->span));
  }
  block.order_by = ordered.order_by;
  block.limit = ordered.limit;
  block.offset = ordered.offset;
  return BindBlock(block);
}

arrow::Result<Relation> Binder::Bind(const syntax::Relation& relation, const syntax::Sort& sort) {
  ARROW_ASSIGN_OR_RAISE(const Relation input, ResolveRelation(sort.input));
  return WithLeftOut(input, [&](const Relation& rows) {
    Block block;
    block.input = rows;
    block.projection.push_back(MakeExpression(syntax::Star{}, relation.span));
    block.order_by = sort.keys;
    return BindBlock(block);
  });
}

arrow::Result<Relation> Binder::Bind(const syntax::Relation&, const syntax::Project& project) {
  Block block;
  ARROW_ASSIGN_OR_RAISE(block.input, ResolveRelation(project.input));
  block.projection = project.expressions;
  ARROW_ASSIGN_OR_RAISE(Relation bound, BindBlock(block));
  return Projected(std::move(bound), block.input);
}

arrow::Result<Relation> Binder::Bind(const syntax::Relation&, const syntax::Aggregate& aggregate) {
  Block block;
  ARROW_ASSIGN_OR_RAISE(block.input, ResolveRelation(aggregate.input));
  block.group_by = aggregate.keys;
  block.is_aggregation = !aggregate.aggregates.empty();
  block.projection = aggregate.keys;
  block.projection.insert(block.projection.end(), aggregate.aggregates.begin(),
                          aggregate.aggregates.end());
  if (aggregate.aggregates.empty()) block.distinct = true;
  return BindBlock(block);
}

arrow::Result<Relation> Binder::Bind(const syntax::Relation&, const syntax::Return& result) {
  const bool was_cypher = std::exchange(is_cypher_, true);
  Block block;
  if (result.input != nullptr) {
    ARROW_ASSIGN_OR_RAISE(block.input, ResolveRelation(result.input));
  } else {
    block.input.plan = MakeLogical(LogicalValues{{}, {{}}});
  }
  Scope& input = block.input.scope;
  input.is_cypher = true;
  ARROW_ASSIGN_OR_RAISE(block.projection, ExpandStars(result.items, input));
  block.distinct = result.distinct;
  block.group_by_all = true;
  block.order_by = result.order_by;
  block.offset = result.skip;
  block.limit = result.limit;
  block.nulls_are_greatest = true;
  ARROW_ASSIGN_OR_RAISE(Relation bound, BindBlock(block));
  is_cypher_ = was_cypher;
  bound.scope.is_cypher = was_cypher;
  ARROW_RETURN_NOT_OK(PassOnVariables(block.projection, input, &bound.scope));
  return bound;
}

}  // namespace sabot::analyzer
