#include <algorithm>

#include <fmt/format.h>

#include "sabot/analyzer/binder.h"
#include "sabot/analyzer/literals.h"
#include "sabot/base/error.h"
#include "sabot/expression/evaluator.h"
#include "sabot/functions/resolve.h"
#include "sabot/types/identifier.h"

namespace sabot::analyzer {
namespace {

constexpr int kMaxDepth = 1000;

class DepthGuard {
 public:
  explicit DepthGuard(int* depth) : depth_(depth) { ++*depth_; }
  ~DepthGuard() { --*depth_; }

 private:
  int* depth_;
};

bool AnyNullable(const std::vector<ExpressionPtr>& arguments) {
  return std::any_of(arguments.begin(), arguments.end(),
                     [](const ExpressionPtr& argument) { return argument->nullable; });
}

/// May the call be NULL, going by its arguments?
bool MayGiveNull(Laziness laziness, const std::vector<ExpressionPtr>& arguments) {
  const auto is_nullable = [](const ExpressionPtr& argument) { return argument->nullable; };
  if (laziness == Laziness::kCoalesce)
    return std::all_of(arguments.begin(), arguments.end(), is_nullable);
  // The condition of IF decides, it is not the value.
  if (laziness == Laziness::kIf)
    return std::any_of(arguments.begin() + 1, arguments.end(), is_nullable);
  return AnyNullable(arguments);
}

/// Whole days of INTERVAL '90' DAY, written as such: with a date it gives a date, where hours would
/// give a timestamp.
std::optional<int32_t> DaysOf(const syntax::ExpressionPtr& expression) {
  const auto* literal = expression->As<syntax::Literal>();
  const auto* interval =
      literal == nullptr ? nullptr : std::get_if<syntax::Literal::Interval>(&literal->value);
  if (interval == nullptr) return std::nullopt;
  for (const auto& part : interval->parts) {
    if ((part.unit != "DAY" && part.unit != "WEEK") || !part.to.empty()) return std::nullopt;
  }
  const auto value = LiteralValueOf(*literal, expression->span);
  constexpr int64_t kDay = 86'400'000'000;
  if (!value.ok() || value->type.id() != TypeId::kDayTimeInterval) return std::nullopt;
  const int64_t days = std::get<int64_t>(value->value) / kDay;
  if (days * kDay != std::get<int64_t>(value->value) || days < INT32_MIN || days > INT32_MAX)
    return std::nullopt;
  return static_cast<int32_t>(days);
}

/// The functions that are casts by the name of a type: double(x), date(x).
std::optional<Type> TypeNamedBy(const std::string& function) {
  constexpr std::string_view kNames[] = {"boolean", "tinyint", "smallint", "int",
                                         "bigint",  "float",   "double",   "decimal",
                                         "string",  "binary",  "date",     "timestamp"};
  if (std::find(std::begin(kNames), std::end(kNames), function) == std::end(kNames))
    return std::nullopt;
  auto type = ParseType(function);
  return type.ok() ? std::optional(*type) : std::nullopt;
}

bool TakesTwoNumbers(std::string_view function) {
  constexpr std::string_view kNames[] = {
      "+",  "-",  "*",  "/", "%",  "mod", "pmod", "div", "=",
      "==", "<>", "!=", "<", "<=", ">",   ">=",   "<=>", "between"};
  return std::find(std::begin(kNames), std::end(kNames), function) != std::end(kNames);
}

/// A whole number written beside a decimal has as many digits as it shows, not as many as its type
/// may have (Spark's DecimalPrecision): DECIMAL(10,2) * 2 is a DECIMAL(12,2).
void FitIntegerLiterals(const syntax::Call& call, std::vector<ExpressionPtr>* arguments) {
  const bool has_decimal =
      std::any_of(arguments->begin(), arguments->end(),
                  [](const auto& argument) { return argument->type.id() == TypeId::kDecimal; });
  if (!has_decimal) return;
  for (size_t i = 0; i < arguments->size(); ++i) {
    // CAST(1 AS INT) is no literal, though it comes to the same value.
    if (call.arguments[i]->As<syntax::Cast>() != nullptr) continue;
    ExpressionPtr& argument = (*arguments)[i];
    const auto* literal = argument->As<LiteralValue>();
    if (literal == nullptr || literal->value.is_null() || !argument->type.is_integer()) continue;
    const int64_t value = std::get<int64_t>(literal->value.value);
    int digits = 1;
    for (int64_t rest = value / 10; rest != 0; rest /= 10) ++digits;
    // A TINYINT keeps its three digits, as in Spark.
    if (argument->type.id() == TypeId::kByte) digits = 3;
    const Type type = Type::Decimal(digits, 0);
    TypedValue fitted{type, value};
    if (type.kind() != Kind::kI64) fitted.value = Int128{value};
    argument = sabot::MakeLiteral(std::move(fitted), argument->span);
  }
}

}  // namespace

arrow::Result<ExpressionPtr> Binder::Resolve(const syntax::ExpressionPtr& expression,
                                             const ExpressionScope& scope) {
  const DepthGuard guard(&depth_);
  if (depth_ > kMaxDepth) {
    return MakeError("PLAN_TOO_DEEP", {{"limit", std::to_string(kMaxDepth)}}, expression->span);
  }
  auto resolved = std::visit(
      [&](const auto& node) { return ResolveNode(*expression, node, scope); }, expression->node);
  if (!resolved.ok()) return WithSpan(resolved.status(), expression->span);
  return resolved;
}

arrow::Result<std::vector<ExpressionPtr>> Binder::ResolveAll(
    const std::vector<syntax::ExpressionPtr>& expressions, const ExpressionScope& scope) {
  std::vector<ExpressionPtr> resolved;
  for (const syntax::ExpressionPtr& expression : expressions) {
    ARROW_ASSIGN_OR_RAISE(resolved.emplace_back(), Resolve(expression, scope));
  }
  return resolved;
}

arrow::Result<ExpressionPtr> Binder::ResolveNode(const syntax::Expression& expression,
                                                 const syntax::Name& name,
                                                 const ExpressionScope& scope) {
  const Span span = expression.span;
  if (name.plan_id.has_value()) {
    ARROW_ASSIGN_OR_RAISE(const FoundColumn found, FindInFrame(*scope.columns, name, span));
    return ResolveFields(MakeColumn(found.column, span), name.parts, found.parts_used, span);
  }
  const auto by_alias = [&]() -> arrow::Result<ExpressionPtr> {
    if (scope.aliases == nullptr) return nullptr;
    for (const auto& [alias, value] : *scope.aliases) {
      if (!scope.columns->IsSameName(alias, name.parts[0])) continue;
      if (value == nullptr && scope.aliases_first) {
        return MakeError(
            "AMBIGUOUS_REFERENCE",
            {{"name", Quoted({alias})}, {"referenceNames", "columns of the select list"}}, span,
            "give them different names with AS");
      }
      if (value == nullptr) {
        return MakeError("AMBIGUOUS_LATERAL_COLUMN_ALIAS", {{"name", Quoted({alias})}}, span);
      }
      return ResolveFields(value, name.parts, 1, span);
    }
    return nullptr;
  };
  if (scope.aliases_first && name.parts.size() == 1) {
    ARROW_ASSIGN_OR_RAISE(ExpressionPtr found, by_alias());
    if (found != nullptr) return found;
  }
  ARROW_ASSIGN_OR_RAISE(const auto column, FindColumn(*scope.columns, name.parts, span));
  if (column.has_value()) {
    return ResolveFields(MakeColumn(column->column, span), name.parts, column->parts_used, span);
  }
  ARROW_ASSIGN_OR_RAISE(ExpressionPtr found, by_alias());
  if (found != nullptr) return found;
  if (scope.aggregation != nullptr) {
    for (const auto& [key_name, value] : scope.aggregation->key_names) {
      if (EqualNames(key_name, name.parts[0])) return ResolveFields(value, name.parts, 1, span);
    }
  }
  if (name.parts.size() == 1) {
    // A node or relationship as a whole is the struct of its properties.
    std::vector<ExpressionPtr> properties;
    for (const ScopeColumn& candidate : scope.columns->columns) {
      if (!candidate.is_property || candidate.qualifier != name.parts[0]) continue;
      properties.push_back(sabot::MakeLiteral(TypedValue::String(candidate.column.name), span));
      properties.push_back(MakeColumn(candidate.column, span));
    }
    if (!properties.empty()) return MakeFunctionCall("named_struct", std::move(properties), span);
    const GraphVariable* variable = scope.columns->FindVariable(name.parts[0]);
    if (variable != nullptr && variable->kind == GraphVariable::Kind::kPath)
      return ResolvePath(*variable, *scope.columns, span);
  }
  return UnresolvedColumn(*scope.columns, name.parts, span);
}

syntax::ExpressionPtr Binder::WithStarsExpanded(const syntax::ExpressionPtr& expression,
                                                const Scope& scope) const {
  const auto* call = expression->As<syntax::Call>();
  if (call == nullptr || is_cypher_) return expression;
  if (context_.functions->FindAggregate(call->function) != nullptr) return expression;
  syntax::Call expanded = *call;
  expanded.arguments.clear();
  bool has_star = false;
  for (const syntax::ExpressionPtr& argument : call->arguments) {
    const auto* star = argument->As<syntax::Star>();
    has_star = has_star || star != nullptr;
    if (star == nullptr) {
      expanded.arguments.push_back(argument);
      continue;
    }
    for (const ScopeColumn& column : scope.columns) {
      if (star->qualifier.empty() ? column.is_hidden
                                  : !EqualNames(column.qualifier, star->qualifier.back())) {
        continue;
      }
      syntax::Name name{{column.column.name}, {}};
      if (!column.qualifier.empty()) name.parts.insert(name.parts.begin(), column.qualifier);
      expanded.arguments.push_back(syntax::MakeExpression(std::move(name), argument->span));
    }
  }
  if (!has_star) return expression;
  return syntax::MakeExpression(std::move(expanded), expression->span);
}

arrow::Result<ExpressionPtr> Binder::ResolveFields(ExpressionPtr value,
                                                   const std::vector<std::string>& parts,
                                                   size_t used, Span span) {
  for (size_t i = used; i < parts.size(); ++i) {
    ARROW_ASSIGN_OR_RAISE(
        value,
        MakeFunctionCall("getfield",
                         {value, sabot::MakeLiteral(TypedValue::String(parts[i]), span)}, span));
  }
  return value;
}

arrow::Result<ExpressionPtr> Binder::ResolveNode(const syntax::Expression& expression,
                                                 const syntax::Literal& literal,
                                                 const ExpressionScope&) {
  ARROW_ASSIGN_OR_RAISE(TypedValue value, LiteralValueOf(literal, expression.span));
  if (const auto* typed = std::get_if<syntax::Literal::Typed>(&literal.value);
      typed != nullptr && typed->type != "X") {
    // DATE '…' is a cast in the session's zone, done now.
    const Type type = value.type;
    const ExpressionPtr cast = sabot::MakeExpression(
        CastTo{sabot::MakeLiteral(TypedValue::String(typed->text), expression.span), false}, type,
        false, expression.span);
    auto constant = EvaluateConstant(cast, *context_.functions, context_.settings);
    if (!constant.ok()) {
      return MakeError("INVALID_TYPED_LITERAL",
                       {{"valueType", typed->type}, {"value", fmt::format("'{}'", typed->text)}},
                       expression.span);
    }
    value = *constant;
  }
  return sabot::MakeLiteral(std::move(value), expression.span);
}

arrow::Result<ExpressionPtr> Binder::ResolveNode(const syntax::Expression& expression,
                                                 const syntax::Star&, const ExpressionScope&) {
  return MakeError("INVALID_USAGE_OF_STAR_OR_REGEX",
                   {{"elem", "'*'"}, {"prettyName", "expression"}}, expression.span,
                   "a star stands alone in a select list, or in count(*)");
}

arrow::Result<ExpressionPtr> Binder::ResolveNode(const syntax::Expression& expression,
                                                 const syntax::Parameter& parameter,
                                                 const ExpressionScope&) {
  const auto found = parameters_->find(parameter.name);
  if (found == parameters_->end()) {
    return MakeError("LATE_BOUND_PARAMETER", {{"name", parameter.name}}, expression.span,
                     "pass it with the statement");
  }
  return sabot::MakeLiteral(found->second, expression.span);
}

arrow::Result<ExpressionPtr> Binder::ResolveNode(const syntax::Expression& expression,
                                                 const syntax::Cast& cast,
                                                 const ExpressionScope& scope) {
  ARROW_ASSIGN_OR_RAISE(ExpressionPtr argument, Resolve(cast.argument, scope));
  if (argument->type == cast.type) return argument;
  ARROW_ASSIGN_OR_RAISE(
      const ResolvedFunction resolved,
      context_.functions->ResolveCast(argument->type, cast.type, cast.is_try, context_.settings));
  const bool nullable = argument->nullable || cast.is_try || resolved.always_nullable;
  return sabot::MakeExpression(CastTo{std::move(argument), cast.is_try}, cast.type, nullable,
                               expression.span);
}

arrow::Result<ExpressionPtr> Binder::CastIfNeeded(ExpressionPtr expression, const Type& type) {
  if (expression->type == type) return expression;
  ARROW_ASSIGN_OR_RAISE(
      const ResolvedFunction resolved,
      context_.functions->ResolveCast(expression->type, type, false, context_.settings));
  const bool nullable = expression->nullable || resolved.always_nullable;
  const Span span = expression->span;
  return sabot::MakeExpression(CastTo{std::move(expression), false}, type, nullable, span);
}

arrow::Result<ExpressionPtr> Binder::ResolveNode(const syntax::Expression& expression,
                                                 const syntax::Case& branches,
                                                 const ExpressionScope& scope) {
  std::vector<std::pair<ExpressionPtr, ExpressionPtr>> resolved;
  std::vector<Type> types;
  ExpressionPtr operand;
  if (branches.operand != nullptr) {
    ARROW_ASSIGN_OR_RAISE(operand, Resolve(branches.operand, scope));
  }
  for (const auto& [when, then] : branches.branches) {
    ExpressionPtr condition;
    if (operand != nullptr) {
      ARROW_ASSIGN_OR_RAISE(ExpressionPtr value, Resolve(when, scope));
      ARROW_ASSIGN_OR_RAISE(condition, is_cypher_
                                           ? CompareInCypher("=", operand, value, when->span)
                                           : MakeFunctionCall("=", {operand, value}, when->span));
    } else {
      ARROW_ASSIGN_OR_RAISE(condition, ResolveCondition(when, scope));
    }
    ARROW_ASSIGN_OR_RAISE(ExpressionPtr value, Resolve(then, scope));
    types.push_back(value->type);
    resolved.emplace_back(std::move(condition), std::move(value));
  }
  ExpressionPtr otherwise = sabot::MakeLiteral(TypedValue::Null(), expression.span);
  if (branches.otherwise != nullptr) {
    ARROW_ASSIGN_OR_RAISE(otherwise, Resolve(branches.otherwise, scope));
  }
  types.push_back(otherwise->type);
  const std::optional<Type> common = LeastCommonType(types);
  if (!common.has_value())
    return ArgumentMismatch("CASE", types, "its branches have no common type");
  bool nullable = otherwise->nullable;
  ARROW_ASSIGN_OR_RAISE(otherwise, CastIfNeeded(std::move(otherwise), *common));
  for (auto& [condition, value] : resolved) {
    nullable = nullable || value->nullable;
    ARROW_ASSIGN_OR_RAISE(value, CastIfNeeded(std::move(value), *common));
  }
  return sabot::MakeExpression(CaseWhen{std::move(resolved), std::move(otherwise)}, *common,
                               nullable, expression.span);
}

arrow::Result<ExpressionPtr> Binder::ResolveNode(const syntax::Expression&,
                                                 const syntax::Alias& alias,
                                                 const ExpressionScope& scope) {
  return Resolve(alias.argument, scope);
}

arrow::Result<ExpressionPtr> Binder::ResolveCondition(const syntax::ExpressionPtr& condition,
                                                      const ExpressionScope& scope) {
  ARROW_ASSIGN_OR_RAISE(ExpressionPtr resolved, Resolve(condition, scope));
  if (resolved->type.id() == TypeId::kBoolean) return resolved;
  if (resolved->type.is_null()) return CastIfNeeded(std::move(resolved), Type(TypeId::kBoolean));
  return MakeError("NOT_A_BOOLEAN_CONDITION",
                   {{"sqlExpr", NameOf(condition)}, {"actual", resolved->type.ToSql()}},
                   condition->span);
}

arrow::Result<ExpressionPtr> Binder::MakeFunctionCall(std::string function,
                                                      std::vector<ExpressionPtr> arguments,
                                                      Span span) {
  std::vector<Type> types;
  for (const ExpressionPtr& argument : arguments) types.push_back(argument->type);
  auto found =
      context_.functions->Resolve(function, types, context_.settings, ConstantsOf(arguments));
  if (!found.ok()) return WithSpan(found.status(), span);
  const ResolvedFunction& resolved = *found;
  const bool nullable = !resolved.never_null &&
                        (resolved.always_nullable || MayGiveNull(resolved.laziness, arguments));
  for (size_t i = 0; i < arguments.size(); ++i) {
    ARROW_ASSIGN_OR_RAISE(arguments[i],
                          CastIfNeeded(std::move(arguments[i]), resolved.arguments[i]));
  }
  // One spelling a function: aliases and case are the text's, not the plan's.
  const ScalarFunction* scalar = context_.functions->FindScalar(function);
  if (scalar != nullptr) function = std::string(scalar->name);
  return sabot::MakeExpression(FunctionCall{std::move(function), std::move(arguments)},
                               resolved.result, nullable, span);
}

arrow::Result<ExpressionPtr> Binder::ResolveNode(const syntax::Expression& expression,
                                                 const syntax::Call& call,
                                                 const ExpressionScope& scope) {
  const std::string function = ToLowerAscii(call.function);
  if (function == "window") return ResolveWindow(expression, call, scope);
  if (is_cypher_) {
    ARROW_ASSIGN_OR_RAISE(ExpressionPtr own, ResolveCypherCall(expression, call, function, scope));
    if (own != nullptr) return own;
  }
  if (context_.functions->FindAggregate(function) != nullptr) {
    return ResolveAggregate(expression, call, scope);
  }
  if (call.distinct || call.filter != nullptr) {
    return MakeError("DATATYPE_MISMATCH",
                     {{"sqlExpr", NameOf(std::make_shared<syntax::Expression>(expression))},
                      {"message", "DISTINCT and FILTER belong to aggregate functions"}},
                     expression.span);
  }
  if (function == "getfield" && call.arguments.size() == 2) {
    // In a chain of names that the parser could not tell from fields: a.b[0].c.
    ARROW_ASSIGN_OR_RAISE(ExpressionPtr value, Resolve(call.arguments[0], scope));
    ARROW_ASSIGN_OR_RAISE(ExpressionPtr field, Resolve(call.arguments[1], scope));
    return MakeFunctionCall(function, {std::move(value), std::move(field)}, expression.span);
  }
  const bool has_star = std::any_of(
      call.arguments.begin(), call.arguments.end(),
      [](const auto& argument) { return argument->template As<syntax::Star>() != nullptr; });
  if (has_star && !is_cypher_) {
    const auto expanded =
        WithStarsExpanded(std::make_shared<const syntax::Expression>(expression), *scope.columns);
    return ResolveNode(*expanded, *expanded->As<syntax::Call>(), scope);
  }
  ARROW_ASSIGN_OR_RAISE(std::vector<ExpressionPtr> arguments, ResolveAll(call.arguments, scope));
  const Span span = expression.span;
  if (TakesTwoNumbers(function)) FitIntegerLiterals(call, &arguments);
  if ((function == "+" || function == "-") && arguments.size() == 2 &&
      arguments[0]->type.id() == TypeId::kDate) {
    const auto days = DaysOf(call.arguments[1]);
    if (days.has_value()) {
      return MakeFunctionCall(
          function == "+" ? "date_add" : "date_sub",
          {arguments[0], sabot::MakeLiteral(TypedValue::Int(*days), arguments[1]->span)}, span);
    }
  }
  if (function == "struct") {
    std::vector<ExpressionPtr> named;
    for (size_t i = 0; i < arguments.size(); ++i) {
      const syntax::Expression& field = *call.arguments[i];
      const bool has_name =
          field.As<syntax::Name>() != nullptr || field.As<syntax::Alias>() != nullptr;
      named.push_back(sabot::MakeLiteral(
          TypedValue::String(has_name ? NameOf(call.arguments[i]) : fmt::format("col{}", i + 1)),
          field.span));
      named.push_back(arguments[i]);
    }
    return MakeFunctionCall("named_struct", std::move(named), span);
  }
  // Cypher's division: of whole numbers a whole number.
  if (function == "//" && arguments.size() == 2) {
    const bool is_whole = arguments[0]->type.is_integer() && arguments[1]->type.is_integer();
    return MakeFunctionCall(is_whole ? "div" : "/", std::move(arguments), span);
  }
  if (arguments.size() == 1 && context_.functions->FindScalar(function) == nullptr) {
    const std::optional<Type> type = TypeNamedBy(function);
    if (type.has_value()) {
      ARROW_ASSIGN_OR_RAISE(const ExpressionPtr cast, CastIfNeeded(std::move(arguments[0]), *type));
      return cast;
    }
  }
  if (function == "between" && arguments.size() == 3) {
    ARROW_ASSIGN_OR_RAISE(ExpressionPtr low,
                          MakeFunctionCall(">=", {arguments[0], arguments[1]}, span));
    ARROW_ASSIGN_OR_RAISE(ExpressionPtr high,
                          MakeFunctionCall("<=", {arguments[0], arguments[2]}, span));
    return MakeFunctionCall("and", {std::move(low), std::move(high)}, span);
  }
  if (arguments.size() == 2 &&
      (function == "ceil" || function == "ceiling" || function == "floor")) {
    return UnsupportedError(fmt::format("{} with a scale", function),
                            fmt::format("{0}(x * 100) / 100, or round(x, 2)", function), span);
  }
  // isin([]): nothing is among no values, NULL neither.
  if (function == "in" && arguments.size() == 1) {
    return sabot::MakeLiteral(TypedValue::Boolean(false), span);
  }
  if (function == "<>" || function == "!=") {
    return MakeFunctionCall("<>", std::move(arguments), span);
  }
  return MakeFunctionCall(function, std::move(arguments), span);
}

arrow::Result<ExpressionPtr> Binder::ResolveAggregate(const syntax::Expression& expression,
                                                      const syntax::Call& call,
                                                      const ExpressionScope& scope) {
  const Span span = expression.span;
  const auto shown = [&] { return NameOf(std::make_shared<syntax::Expression>(expression)); };
  if (scope.aggregation == nullptr && scope.is_select_list) {
    return MakeError("MISSING_GROUP_BY", {}, span, "groupBy(…).agg(…), joined back by its keys");
  }
  if (scope.aggregation == nullptr) {
    return MakeError("INVALID_WHERE_CONDITION",
                     {{"condition", shown()}, {"expressionList", shown()}}, span,
                     "aggregate functions stand in a select list, HAVING or ORDER BY");
  }
  ExpressionScope inner = scope;
  inner.aggregation = nullptr;
  inner.aliases = nullptr;
  AggregateCall aggregate;
  aggregate.function = ToLowerAscii(call.function);
  aggregate.distinct = call.distinct;
  const bool counts_rows = aggregate.function == "count" && call.arguments.size() == 1 &&
                           call.arguments[0]->As<syntax::Star>() != nullptr;
  if (!counts_rows) {
    auto arguments = ResolveAll(call.arguments, inner);
    const ErrorDetail* detail = GetErrorDetail(arguments.status());
    if (detail != nullptr && detail->error_class().name == "INVALID_WHERE_CONDITION") {
      return MakeError("NESTED_AGGREGATE_FUNCTION", {{"sqlExpr", shown()}}, span);
    }
    ARROW_ASSIGN_OR_RAISE(aggregate.arguments, std::move(arguments));
  }
  // count(1) counts rows, as count(*) does.
  if (aggregate.function == "count" && !call.distinct && aggregate.arguments.size() == 1) {
    const auto* literal = aggregate.arguments[0]->As<LiteralValue>();
    if (literal != nullptr && !literal->value.is_null()) aggregate.arguments.clear();
  }
  if (call.filter != nullptr) {
    ARROW_ASSIGN_OR_RAISE(aggregate.filter, ResolveCondition(call.filter, inner));
  }
  std::vector<Type> types;
  for (const ExpressionPtr& argument : aggregate.arguments) types.push_back(argument->type);
  ARROW_ASSIGN_OR_RAISE(
      const ResolvedAggregate resolved,
      context_.functions->ResolveAggregate(aggregate.function, types, context_.settings));
  const AggregateFunction* known = context_.functions->FindAggregate(aggregate.function);
  aggregate.function = std::string(known->name);
  for (size_t i = 0; i < aggregate.arguments.size(); ++i) {
    ARROW_ASSIGN_OR_RAISE(aggregate.arguments[i],
                          CastIfNeeded(std::move(aggregate.arguments[i]), resolved.arguments[i]));
  }
  for (const AggregateCall& known_call : scope.aggregation->calls) {
    AggregateCall same = aggregate;
    same.column = known_call.column;
    if (same == known_call) return MakeColumn(known_call.column, span);
  }
  aggregate.column = {NewId(), shown(), resolved.result, resolved.nullable};
  scope.aggregation->calls.push_back(aggregate);
  return MakeColumn(aggregate.column, span);
}

arrow::Result<ExpressionPtr> Binder::ResolveWindow(const syntax::Expression& expression,
                                                   const syntax::Call& call,
                                                   const ExpressionScope& scope) {
  const Span span = expression.span;
  if (call.arguments.size() != 2) {
    if (call.arguments.size() == 3 || call.arguments.size() == 4) {
      return UnsupportedError("a sliding window or a window with an offset",
                              "a tumbling window: window(time, size)", span);
    }
    return MakeError("WRONG_NUM_ARGS",
                     {{"functionName", "`window`"},
                      {"expectedNum", "2"},
                      {"actualNum", std::to_string(call.arguments.size())}},
                     span);
  }
  ExpressionScope inner = scope;
  inner.aggregation = nullptr;
  ARROW_ASSIGN_OR_RAISE(ExpressionPtr time, Resolve(call.arguments[0], inner));
  ARROW_ASSIGN_OR_RAISE(TypedValue size, ConstantOf(call.arguments[1], "the window's size"));
  if (size.type.is_string() && !size.is_null()) {
    ARROW_ASSIGN_OR_RAISE(
        size, IntervalFromText(std::get<std::string>(size.value), call.arguments[1]->span));
  }
  if (size.type.id() != TypeId::kDayTimeInterval || size.is_null() ||
      std::get<int64_t>(size.value) <= 0) {
    return MakeError("WINDOW_INVALID",
                     {{"message", "its size must be a positive INTERVAL of days to seconds"}},
                     call.arguments[1]->span);
  }
  const ExpressionPtr length = sabot::MakeLiteral(size, call.arguments[1]->span);
  const bool is_known = std::any_of(window_times_.begin(), window_times_.end(),
                                    [&](const auto& known) { return Equal(known, time); });
  if (time->nullable && !is_known) window_times_.push_back(time);
  ARROW_ASSIGN_OR_RAISE(ExpressionPtr start,
                        MakeFunctionCall("tumble", {std::move(time), length}, span));
  ARROW_ASSIGN_OR_RAISE(ExpressionPtr end, MakeFunctionCall("+", {start, length}, span));
  const auto name = [&](const char* text) {
    return sabot::MakeLiteral(TypedValue::String(text), span);
  };
  return MakeFunctionCall("named_struct",
                          {name("start"), std::move(start), name("end"), std::move(end)}, span);
}

arrow::Result<LogicalPtr> Binder::WithoutNullTimes(LogicalPtr plan, bool is_grouped) {
  std::vector<ExpressionPtr> times = std::exchange(window_times_, {});
  // A stream's windows count such rows as late, and hand them on with those.
  if (is_grouped && IsUnbounded(plan)) return plan;
  for (ExpressionPtr& time : times) {
    const Span span = time->span;
    ARROW_ASSIGN_OR_RAISE(ExpressionPtr is_known,
                          MakeFunctionCall("isnotnull", {std::move(time)}, span));
    plan = MakeLogical(LogicalFilter{std::move(is_known)}, {std::move(plan)});
  }
  return plan;
}

arrow::Result<TypedValue> Binder::ConstantOf(const syntax::ExpressionPtr& expression,
                                             std::string_view clause) {
  const Scope nothing;
  ARROW_ASSIGN_OR_RAISE(ExpressionPtr resolved, Resolve(expression, {.columns = &nothing}));
  auto value = EvaluateConstant(resolved, *context_.functions, context_.settings);
  if (!value.ok()) {
    return MakeError("INVALID_LIMIT",
                     {{"clause", std::string(clause)}, {"message", value.status().message()}},
                     expression->span);
  }
  return value;
}

}  // namespace sabot::analyzer
