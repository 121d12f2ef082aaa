#include <algorithm>
#include <cctype>

#include <fmt/format.h>

#include "sabot/analyzer/binder.h"
#include "sabot/base/error.h"

// Functions that Cypher has under a name or with a meaning of its own. Source: openCypher 9,
// "Functions" and "Lists". The others are SQL's.
namespace sabot::analyzer {
namespace {

ExpressionPtr IntLiteral(int32_t value, Span span) {
  return sabot::MakeLiteral(TypedValue::Int(value), span);
}

/// A regular expression that matches the text and nothing else.
std::string Escaped(const std::string& text) {
  std::string pattern;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x80 && std::isalnum(byte) == 0) pattern.push_back('\\');
    pattern.push_back(c);
  }
  return pattern;
}

}  // namespace

arrow::Result<ExpressionPtr> Binder::TryCast(ExpressionPtr value, const Type& type) {
  if (value->type == type) return value;
  ARROW_RETURN_NOT_OK(
      context_.functions->ResolveCast(value->type, type, /*is_try=*/true, context_.settings)
          .status());
  const Span span = value->span;
  return sabot::MakeExpression(CastTo{std::move(value), true}, type, true, span);
}

arrow::Result<ExpressionPtr> Binder::ElementOf(ExpressionPtr list, ExpressionPtr index, Span span) {
  if (!index->type.is_integer() && !index->type.is_null()) {
    return MakeError("DATATYPE_MISMATCH",
                     {{"sqlExpr", fmt::format("{}[{}]", list->type.ToSql(), index->type.ToSql())},
                      {"message", "an index is a whole number"}},
                     span);
  }
  // From 0; from -1 backwards; NULL outside.
  const auto* literal = index->As<LiteralValue>();
  if (literal != nullptr && !literal->value.is_null() && index->type.is_integer()) {
    const bool is_backwards = std::get<int64_t>(literal->value.value) < 0;
    return MakeFunctionCall(is_backwards ? "try_element_at" : "get",
                            {std::move(list), std::move(index)}, span);
  }
  ARROW_ASSIGN_OR_RAISE(ExpressionPtr size, MakeFunctionCall("size", {list}, span));
  ARROW_ASSIGN_OR_RAISE(ExpressionPtr from_end,
                        MakeFunctionCall("+", {std::move(size), index}, span));
  ARROW_ASSIGN_OR_RAISE(ExpressionPtr is_backwards,
                        MakeFunctionCall("<", {index, IntLiteral(0, span)}, span));
  ARROW_ASSIGN_OR_RAISE(
      index, MakeFunctionCall(
                 "if", {std::move(is_backwards), std::move(from_end), std::move(index)}, span));
  return MakeFunctionCall("get", {std::move(list), std::move(index)}, span);
}

arrow::Result<ExpressionPtr> Binder::ResolveCypherFunction(const syntax::Call& call,
                                                           const std::string& function,
                                                           const ExpressionScope& scope,
                                                           Span span) {
  constexpr std::string_view kOwn[] = {"toupper", "tolower", "tostring", "tointeger", "tofloat",
                                       "size",    "head",    "getitem",  "substring", "split"};
  const size_t num_arguments = call.arguments.size();
  const size_t num_expected = function == "getitem" || function == "split"    ? 2
                              : function == "substring" && num_arguments == 3 ? 3
                              : function == "substring"                       ? 2
                                                                              : 1;
  // In SQL it aggregates, which the query's grouping would follow.
  if (function == "last") return UnsupportedError("last()", "list[-1]", span);
  if (std::ranges::count(kOwn, function) == 0) return nullptr;
  if (num_arguments != num_expected) {
    return MakeError("WRONG_NUM_ARGS",
                     {{"functionName", Quoted({call.function})},
                      {"expectedNum", std::to_string(num_expected)},
                      {"actualNum", std::to_string(num_arguments)}},
                     span);
  }
  ARROW_ASSIGN_OR_RAISE(std::vector<ExpressionPtr> arguments, ResolveAll(call.arguments, scope));
  ExpressionPtr& first = arguments[0];
  if (function == "toupper") return MakeFunctionCall("upper", std::move(arguments), span);
  if (function == "tolower") return MakeFunctionCall("lower", std::move(arguments), span);
  if (function == "tostring") return CastIfNeeded(std::move(first), Type(TypeId::kString));
  if (function == "tofloat") return TryCast(std::move(first), Type(TypeId::kDouble));
  if (function == "tointeger") {
    // '1.7' is 1: a text goes through a number with a fraction.
    if (first->type.is_string()) {
      ARROW_ASSIGN_OR_RAISE(first, TryCast(std::move(first), Type::Decimal(38, 10)));
    }
    return TryCast(std::move(first), Type(TypeId::kLong));
  }
  if (function == "size") {
    return MakeFunctionCall(first->type.is_string() ? "length" : "size", std::move(arguments),
                            span);
  }
  if (function == "head") return ElementOf(std::move(first), IntLiteral(0, span), span);
  if (function == "getitem") {
    if (first->type.id() != TypeId::kArray)
      return MakeFunctionCall("getitem", std::move(arguments), span);
    return ElementOf(std::move(first), std::move(arguments[1]), span);
  }
  if (function == "substring") {
    // Counts from 0, SQL from 1.
    ARROW_ASSIGN_OR_RAISE(
        arguments[1], MakeFunctionCall("+", {std::move(arguments[1]), IntLiteral(1, span)}, span));
    return MakeFunctionCall("substring", std::move(arguments), span);
  }
  // split: at a text, where SQL splits at a pattern.
  const auto* delimiter = arguments[1]->As<LiteralValue>();
  if (delimiter == nullptr || !arguments[1]->type.is_string()) {
    return UnsupportedError("split() at a text that is no constant", "split(text, ', ')", span);
  }
  if (!delimiter->value.is_null()) {
    arguments[1] = sabot::MakeLiteral(
        TypedValue::String(Escaped(std::get<std::string>(delimiter->value.value))), span);
  }
  return MakeFunctionCall("split", std::move(arguments), span);
}

}  // namespace sabot::analyzer
