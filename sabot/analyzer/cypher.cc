#include <algorithm>

#include <fmt/format.h>

#include "sabot/analyzer/binder.h"
#include "sabot/analyzer/pattern.h"
#include "sabot/base/error.h"
#include "sabot/expression/evaluator.h"

// What an expression means in Cypher where SQL means something else. Source: openCypher 9,
// "Equality", "Comparability", "Lists" and "Aggregation".
namespace sabot::analyzer {
namespace {

constexpr std::string_view kNumbersExpected =
    "numbers are expected; toInteger(x) or toFloat(x) makes one of a text";

/// Values of different kinds are never equal and have no order.
enum class ValueKind : uint8_t { kAny, kBoolean, kNumber, kText, kTime, kList, kMap, kOther };

ValueKind KindOf(const Type& type) {
  if (type.is_null()) return ValueKind::kAny;
  if (type.is_numeric()) return ValueKind::kNumber;
  if (type.is_string()) return ValueKind::kText;
  if (type.is_datetime()) return ValueKind::kTime;
  switch (type.id()) {
    case TypeId::kBoolean:
      return ValueKind::kBoolean;
    case TypeId::kArray:
      return ValueKind::kList;
    case TypeId::kStruct:
    case TypeId::kMap:
      return ValueKind::kMap;
    default:
      return ValueKind::kOther;
  }
}

bool Is(const Type& type, std::initializer_list<ValueKind> kinds) {
  return std::ranges::count(kinds, KindOf(type)) > 0;
}

bool AreAlike(const Type& left, const Type& right) {
  const ValueKind kind = KindOf(left);
  if (kind == ValueKind::kAny || KindOf(right) == ValueKind::kAny) return true;
  if (kind != KindOf(right)) return false;
  return kind != ValueKind::kList || AreAlike(left.fields()[0].type, right.fields()[0].type);
}

bool Is(std::string_view name, std::initializer_list<std::string_view> names) {
  return std::ranges::count(names, name) > 0;
}

ExpressionPtr Truth(bool value, Span span) {
  return sabot::MakeLiteral(TypedValue::Boolean(value), span);
}

ExpressionPtr Unknown(Span span) {
  return sabot::MakeLiteral(TypedValue::Null(Type(TypeId::kBoolean)), span);
}

arrow::Status Mismatch(std::string_view sign, const std::vector<ExpressionPtr>& arguments,
                       std::string message, Span span) {
  std::string shown;
  for (const ExpressionPtr& argument : arguments) {
    if (!shown.empty()) shown += fmt::format(" {} ", sign);
    shown += argument->type.ToSql();
  }
  if (arguments.size() == 1) shown = fmt::format("{}({})", sign, shown);
  return MakeError("DATATYPE_MISMATCH", {{"sqlExpr", shown}, {"message", std::move(message)}},
                   span);
}

}  // namespace

arrow::Result<std::vector<syntax::ExpressionPtr>> Binder::ExpandStars(
    const std::vector<syntax::ExpressionPtr>& items, const Scope& scope) {
  std::vector<syntax::ExpressionPtr> expanded;
  for (const syntax::ExpressionPtr& item : items) {
    if (item->As<syntax::Star>() == nullptr) {
      expanded.push_back(item);
      continue;
    }
    std::vector<std::string> names;
    for (const ScopeColumn& column : scope.columns) {
      if (!column.is_hidden)
        names.push_back(column.is_property ? column.qualifier : column.column.name);
    }
    for (const GraphVariable& variable : scope.variables) {
      // Those of fixed length have no column.
      if (!variable.path_nodes.empty()) names.push_back(variable.name);
    }
    std::ranges::sort(names);
    names.erase(std::unique(names.begin(), names.end()), names.end());
    if (names.empty()) {
      return MakeError("PARSE_SYNTAX_ERROR", {{"error", "'*'"}, {"hint", ""}}, item->span,
                       "there is no variable that * could stand for");
    }
    for (std::string& name : names)
      expanded.push_back(syntax::MakeExpression(syntax::Name{{std::move(name)}, {}}, item->span));
  }
  return expanded;
}

arrow::Status Binder::PassOnVariables(const std::vector<syntax::ExpressionPtr>& items,
                                      const Scope& input, Scope* output) {
  for (size_t i = 0; i < items.size() && i < output->columns.size(); ++i) {
    const auto* alias = items[i]->As<syntax::Alias>();
    const auto* name = (alias == nullptr ? items[i] : alias->argument)->As<syntax::Name>();
    if (name == nullptr || name->parts.size() != 1) continue;
    const GraphVariable* variable = input.FindVariable(name->parts[0]);
    if (variable == nullptr) continue;
    const OutputColumn& column = output->columns[i].column;
    GraphVariable passed{variable->kind, column.name, nullptr, -1, {}, {}, {}};
    if (variable->label != nullptr && variable->label->As<LiteralValue>() != nullptr)
      passed.label = variable->label;
    if (variable->kind == GraphVariable::Kind::kNode && variable->vertex_table >= 0) {
      passed.vertex_table = variable->vertex_table;
      for (const ExpressionPtr& part : variable->key) {
        // As a whole the node is a struct, in which its key is a field.
        const auto* reference = part->As<ColumnRef>();
        if (reference != nullptr) {
          ARROW_ASSIGN_OR_RAISE(
              passed.key.emplace_back(),
              MakeFunctionCall(
                  "getfield",
                  {MakeColumn(column), sabot::MakeLiteral(TypedValue::String(reference->name), {})},
                  items[i]->span));
          continue;
        }
        const auto* field = part->As<FunctionCall>();
        ARROW_ASSIGN_OR_RAISE(
            passed.key.emplace_back(),
            MakeFunctionCall("getfield", {MakeColumn(column), field->arguments[1]},
                             items[i]->span));
      }
    }
    // What a path of fixed length went through is out of sight now: only its keys are left.
    if (variable->kind == GraphVariable::Kind::kPath && !variable->path_nodes.empty()) {
      passed.path_nodes.clear();
    }
    output->variables.push_back(std::move(passed));
  }
  return arrow::Status::OK();
}

arrow::Result<ExpressionPtr> Binder::ResolvePath(const GraphVariable& path, const Scope& scope,
                                                 Span span) {
  std::vector<ExpressionPtr> keys;
  for (const std::string& name : path.path_nodes) {
    const GraphVariable* node = scope.FindVariable(name);
    const GraphVariable* first = scope.FindVariable(path.path_nodes[0]);
    if (node == nullptr || node->key.size() != 1 || node->vertex_table != first->vertex_table) {
      return UnsupportedError(
          fmt::format("the path {} as a value: its nodes are not of one label with one key column",
                      path.name),
          "its nodes and relationships by variables of their own", span);
    }
    keys.push_back(node->key[0]);
  }
  return MakeFunctionCall("array", std::move(keys), span);
}

arrow::Result<ExpressionPtr> Binder::ResolveNode(const syntax::Expression& expression,
                                                 const syntax::HasLabels& test,
                                                 const ExpressionScope& scope) {
  const auto* name = test.argument->As<syntax::Name>();
  const GraphVariable* variable = name == nullptr || name->parts.size() != 1
                                      ? nullptr
                                      : scope.columns->FindVariable(name->parts[0]);
  if (variable == nullptr || variable->label == nullptr) {
    return UnsupportedError("a label test of what is no variable of the pattern",
                            "the label in MATCH (n:Label)", expression.span);
  }
  ExpressionPtr all;
  for (const std::string& label : test.labels) {
    ARROW_ASSIGN_OR_RAISE(
        ExpressionPtr one,
        MakeFunctionCall(
            "=", {variable->label, sabot::MakeLiteral(TypedValue::String(label), expression.span)},
            expression.span));
    if (all == nullptr) {
      all = std::move(one);
    } else {
      ARROW_ASSIGN_OR_RAISE(
          all, MakeFunctionCall("and", {std::move(all), std::move(one)}, expression.span));
    }
  }
  return all;
}

arrow::Result<ExpressionPtr> Binder::ResolveOfVariable(const syntax::Call& call,
                                                       const std::string& function,
                                                       const GraphVariable& variable,
                                                       const ExpressionScope& scope, Span span) {
  using enum GraphVariable::Kind;
  const bool is_path = variable.kind == kPath;
  const auto shown = [&] { return fmt::format("{}({})", call.function, variable.name); };
  if (function == "labels" && variable.kind == kNode && variable.label != nullptr)
    return MakeFunctionCall("array", {variable.label}, span);
  if (function == "type" && variable.kind == kRelationship && variable.label != nullptr)
    return variable.label;
  if (Is(function, {"labels", "type"})) {
    return UnsupportedError(shown(),
                            function == "type" ? "type(r) of a relationship of this MATCH"
                                               : "labels(n) of a node of this MATCH",
                            span);
  }
  if (!is_path) {
    return MakeError("DATATYPE_MISMATCH", {{"sqlExpr", shown()}, {"message", "it needs a path"}},
                     span);
  }
  const bool is_fixed = !variable.path_nodes.empty();
  if (function == "length") {
    if (is_fixed) {
      const auto length = static_cast<int32_t>(variable.path_relationships.size());
      return sabot::MakeLiteral(TypedValue::Int(length), span);
    }
    ARROW_ASSIGN_OR_RAISE(ExpressionPtr path, Resolve(call.arguments[0], scope));
    ARROW_ASSIGN_OR_RAISE(ExpressionPtr size, MakeFunctionCall("size", {std::move(path)}, span));
    return MakeFunctionCall("-", {std::move(size), sabot::MakeLiteral(TypedValue::Int(1), span)},
                            span);
  }
  if (!is_fixed) {
    return UnsupportedError(
        shown(), fmt::format("{} itself, the list of its nodes' keys", variable.name), span);
  }
  std::vector<ExpressionPtr> parts;
  for (const std::string& part :
       function == "nodes" ? variable.path_nodes : variable.path_relationships) {
    ARROW_ASSIGN_OR_RAISE(parts.emplace_back(),
                          Resolve(syntax::MakeExpression(syntax::Name{{part}, {}}, span), scope));
    if (parts.back()->type != parts[0]->type) {
      return UnsupportedError(fmt::format("{} where they come from different tables", shown()),
                              "the nodes and relationships by variables of their own", span);
    }
  }
  return MakeFunctionCall("array", std::move(parts), span);
}

arrow::Result<ExpressionPtr> Binder::CompareInCypher(const std::string& function,
                                                     ExpressionPtr left, ExpressionPtr right,
                                                     Span span) {
  if (AreAlike(left->type, right->type))
    return MakeFunctionCall(function, {std::move(left), std::move(right)}, span);
  const ValueKind kinds[] = {KindOf(left->type), KindOf(right->type)};
  if (std::ranges::count(kinds, ValueKind::kTime) > 0 &&
      std::ranges::count(kinds, ValueKind::kText) > 0) {
    // Always false in Cypher, and never what was meant.
    return Mismatch(function, {left, right},
                    "a text is no time; write date('2013-01-01') or timestamp('…')", span);
  }
  if (!Is(function, {"=", "<>"})) return Unknown(span);
  const ExpressionPtr answer = Truth(function == "<>", span);
  if (!left->nullable && !right->nullable) return answer;
  ARROW_ASSIGN_OR_RAISE(ExpressionPtr no_left, MakeFunctionCall("isnull", {left}, span));
  ARROW_ASSIGN_OR_RAISE(ExpressionPtr no_right, MakeFunctionCall("isnull", {right}, span));
  ARROW_ASSIGN_OR_RAISE(ExpressionPtr unknown,
                        MakeFunctionCall("or", {std::move(no_left), std::move(no_right)}, span));
  return sabot::MakeExpression(CaseWhen{{{std::move(unknown), Unknown(span)}}, answer},
                               Type(TypeId::kBoolean), true, span);
}

arrow::Result<ExpressionPtr> Binder::IsOneOf(const ExpressionPtr& value,
                                             const std::vector<ExpressionPtr>& elements,
                                             Span span) {
  std::vector<ExpressionPtr> alike = {value};
  std::vector<ExpressionPtr> answers;
  bool has_unlike = false;
  for (const ExpressionPtr& element : elements) {
    if (AreAlike(value->type, element->type)) {
      alike.push_back(element);
      continue;
    }
    // All that are no NULL say the same.
    if (has_unlike && !element->nullable) continue;
    has_unlike = has_unlike || !element->nullable;
    ARROW_ASSIGN_OR_RAISE(answers.emplace_back(), CompareInCypher("=", value, element, span));
  }
  // Nothing is in the empty list, not even what is unknown.
  if (elements.empty()) return Truth(false, span);
  if (alike.size() > 1) {
    ARROW_ASSIGN_OR_RAISE(answers.emplace_back(), MakeFunctionCall("in", std::move(alike), span));
  }
  ExpressionPtr any = std::move(answers[0]);
  for (size_t i = 1; i < answers.size(); ++i) {
    ARROW_ASSIGN_OR_RAISE(any,
                          MakeFunctionCall("or", {std::move(any), std::move(answers[i])}, span));
  }
  return any;
}

arrow::Result<ExpressionPtr> Binder::IsInList(ExpressionPtr value, ExpressionPtr list, Span span) {
  if (list->type.is_null()) return Unknown(span);
  if (list->type.id() != TypeId::kArray) {
    return Mismatch("IN", {value, list}, "a list stands behind IN", span);
  }
  const auto* literal = list->As<LiteralValue>();
  const auto* call = list->As<FunctionCall>();
  const bool is_written = call != nullptr && call->function == "array";
  if (literal != nullptr && literal->value.is_null()) return Unknown(span);
  if (literal != nullptr || is_written) {
    std::vector<ExpressionPtr> elements;
    if (is_written) {
      elements = call->arguments;
    } else {
      for (const TypedValue& element : std::get<std::vector<TypedValue>>(literal->value.value))
        elements.push_back(sabot::MakeLiteral(element, list->span));
    }
    return IsOneOf(value, elements, span);
  }
  if (!AreAlike(value->type, list->type.fields()[0].type)) return Truth(false, span);
  return MakeFunctionCall("array_contains", {std::move(list), std::move(value)}, span);
}

arrow::Result<ExpressionPtr> Binder::MatchesWhole(ExpressionPtr text, ExpressionPtr pattern,
                                                  Span span) {
  const auto is_text = [](const ExpressionPtr& value) {
    return Is(value->type, {ValueKind::kText, ValueKind::kAny});
  };
  if (!is_text(text) || !is_text(pattern))
    return Mismatch("=~", {text, pattern}, "both are texts", span);
  // The group keeps alternatives of the pattern together.
  const auto* literal = pattern->As<LiteralValue>();
  if (literal != nullptr && !literal->value.is_null()) {
    pattern = sabot::MakeLiteral(
        TypedValue::String("^(?:" + std::get<std::string>(literal->value.value) + ")$"),
        pattern->span);
  } else {
    ARROW_ASSIGN_OR_RAISE(
        pattern, MakeFunctionCall("concat",
                                  {sabot::MakeLiteral(TypedValue::String("^(?:"), span), pattern,
                                   sabot::MakeLiteral(TypedValue::String(")$"), span)},
                                  span));
  }
  return MakeFunctionCall("rlike", {std::move(text), std::move(pattern)}, span);
}

arrow::Result<ExpressionPtr> Binder::ResolveCypherCall(const syntax::Expression& expression,
                                                       const syntax::Call& call,
                                                       const std::string& function,
                                                       const ExpressionScope& scope) {
  const Span span = expression.span;
  const size_t num_arguments = call.arguments.size();
  if (Is(function, {"sum", "avg"}) && num_arguments == 1) {
    ExpressionScope inner = scope;
    inner.aggregation = nullptr;
    const auto argument = Resolve(call.arguments[0], inner);
    // What is wrong in it is said below.
    if (argument.ok() && Is((*argument)->type, {ValueKind::kText, ValueKind::kBoolean}))
      return Mismatch(function, {*argument}, std::string(kNumbersExpected), span);
  }
  if (function == "sum") {
    // The sum of nothing is 0.
    ARROW_ASSIGN_OR_RAISE(ExpressionPtr sum, ResolveAggregate(expression, call, scope));
    if (!sum->type.is_numeric()) return sum;
    ARROW_ASSIGN_OR_RAISE(ExpressionPtr zero,
                          CastIfNeeded(sabot::MakeLiteral(TypedValue::Int(0), span), sum->type));
    ARROW_ASSIGN_OR_RAISE(const TypedValue constant,
                          EvaluateConstant(zero, *context_.functions, context_.settings));
    return MakeFunctionCall("coalesce", {std::move(sum), sabot::MakeLiteral(constant, span)}, span);
  }
  if (num_arguments == 1 && Is(function, {"length", "nodes", "relationships", "labels", "type"})) {
    const auto* name = call.arguments[0]->As<syntax::Name>();
    const GraphVariable* variable = name == nullptr || name->parts.size() != 1
                                        ? nullptr
                                        : scope.columns->FindVariable(name->parts[0]);
    if (variable != nullptr) return ResolveOfVariable(call, function, *variable, scope, span);
  }
  ARROW_ASSIGN_OR_RAISE(ExpressionPtr own, ResolveCypherFunction(call, function, scope, span));
  if (own != nullptr) return own;
  const bool is_comparison = Is(function, {"=", "<>", "<", "<=", ">", ">="});
  const bool is_arithmetic = Is(function, {"+", "-", "*", "//", "%", "power"});
  const bool is_list_test = Is(function, {"in", "in_list"});
  const bool is_logical = Is(function, {"and", "or", "xor", "not"});
  const bool is_text_test = Is(function, {"startswith", "endswith", "contains"});
  const bool is_sign = Is(function, {"negative", "positive"}) && num_arguments == 1;
  const bool has_two = num_arguments >= 2 && (is_comparison || is_arithmetic || is_list_test ||
                                              is_text_test || function == "regex_matches");
  if (!has_two && !is_logical && !is_sign) return nullptr;
  ARROW_ASSIGN_OR_RAISE(std::vector<ExpressionPtr> arguments, ResolveAll(call.arguments, scope));
  return ApplyInCypher(function, std::move(arguments), span);
}

arrow::Result<ExpressionPtr> Binder::ApplyInCypher(const std::string& function,
                                                   std::vector<ExpressionPtr> arguments,
                                                   Span span) {
  const auto any_of = [&](ValueKind kind) {
    return std::ranges::any_of(
        arguments, [&](const ExpressionPtr& argument) { return Is(argument->type, {kind}); });
  };
  const auto all_of = [&](std::initializer_list<ValueKind> kinds) {
    return std::ranges::all_of(
        arguments, [&](const ExpressionPtr& argument) { return Is(argument->type, kinds); });
  };
  if (Is(function, {"and", "or", "xor", "not"})) {
    if (!all_of({ValueKind::kBoolean, ValueKind::kAny}))
      return Mismatch(function, arguments, "conditions are expected", span);
    return MakeFunctionCall(function, std::move(arguments), span);
  }
  // What is no text begins with none.
  if (Is(function, {"startswith", "endswith", "contains"})) {
    if (!all_of({ValueKind::kText, ValueKind::kAny})) return Unknown(span);
    return MakeFunctionCall(function, std::move(arguments), span);
  }
  if (Is(function, {"=", "<>", "<", "<=", ">", ">="}))
    return CompareInCypher(function, arguments[0], arguments[1], span);
  if (function == "in_list") return IsInList(arguments[0], arguments[1], span);
  if (function == "in") {
    return IsOneOf(arguments[0], {arguments.begin() + 1, arguments.end()}, span);
  }
  if (function == "regex_matches") return MatchesWhole(arguments[0], arguments[1], span);
  if (function == "+" && any_of(ValueKind::kText) &&
      all_of({ValueKind::kText, ValueKind::kNumber, ValueKind::kAny})) {
    for (ExpressionPtr& argument : arguments) {
      ARROW_ASSIGN_OR_RAISE(argument, CastIfNeeded(std::move(argument), Type(TypeId::kString)));
    }
    return MakeFunctionCall("concat", std::move(arguments), span);
  }
  if (any_of(ValueKind::kText) || any_of(ValueKind::kBoolean)) {
    return Mismatch(function == "//"      ? "/"
                    : function == "power" ? "^"
                                          : function,
                    arguments, std::string(kNumbersExpected), span);
  }
  if (function == "+" && any_of(ValueKind::kList)) {
    return UnsupportedError("+ of lists", "the elements in one list: [a, b]", span);
  }
  // Cypher's division: of whole numbers a whole number.
  if (function == "//") {
    const bool is_whole = arguments[0]->type.is_integer() && arguments[1]->type.is_integer();
    return MakeFunctionCall(is_whole ? "div" : "/", std::move(arguments), span);
  }
  return MakeFunctionCall(function, std::move(arguments), span);
}

}  // namespace sabot::analyzer
