#include "sabot/base/error.h"
#include "sabot/frontend/sql/grammar.h"

// Function calls: ordinary ones, and those whose arguments have words of their own between them.
namespace sabot::sql {
namespace {

using syntax::Literal;
using syntax::MakeExpression;

}  // namespace

arrow::Result<syntax::ExpressionPtr> Grammar::ParseFunction() {
  if (IsKind(Token::Kind::kWord)) {
    ARROW_ASSIGN_OR_RAISE(ExpressionPtr special, ParseSpecialFunction());
    if (special != nullptr) return special;
  }
  const size_t begin = at_;
  ARROW_ASSIGN_OR_RAISE(std::string name, ParseIdentifier());
  return ParseCallOf(std::move(name), begin);
}

arrow::Result<syntax::ExpressionPtr> Grammar::ParseSpecialFunction() {
  if (IsAnyOf({"CAST", "TRY_CAST"})) return ParseCast();
  if (Is("EXTRACT") && Is("FROM", 3)) return ParseExtract();
  if (IsAnyOf({"SUBSTRING", "SUBSTR"})) return ParseSubstring();
  if (Is("TRIM")) return ParseTrim();
  if (Is("POSITION")) return ParsePosition();
  if (Is("OVERLAY")) return ParseOverlay();
  // date_add(date, days) has no unit, date_add(DAY, 1, date) has: only the second is another
  // spelling of timestampadd.
  const bool has_unit = IsKind(Token::Kind::kWord, 2) && Is(",", 3);
  if (has_unit && IsAnyOf({"YEAR", "QUARTER", "MONTH", "WEEK", "DAY", "DAYOFYEAR", "HOUR", "MINUTE",
                           "SECOND", "MILLISECOND", "MICROSECOND"},
                          2)) {
    if (IsAnyOf({"TIMESTAMPADD", "DATEADD", "DATE_ADD"})) return ParseUnitFunction("timestampadd");
    if (IsAnyOf({"TIMESTAMPDIFF", "DATEDIFF", "DATE_DIFF", "TIMEDIFF"})) {
      return ParseUnitFunction("timestampdiff");
    }
  }
  return nullptr;
}

/// Behind the function's name.
arrow::Result<syntax::ExpressionPtr> Grammar::ParseCallOf(std::string name, size_t begin) {
  const bool is_struct = EqualsIgnoreCase(name, "STRUCT");
  syntax::Call call{std::move(name), {}, false, nullptr};
  ARROW_RETURN_NOT_OK(Expect("("));
  if (Is("DISTINCT") && !Is(")", 1) && !Is(",", 1)) {
    Take();
    call.distinct = true;
  } else if (Is("ALL") && !Is(")", 1) && !Is(",", 1) && !Is("(", 1)) {
    Take();
  }
  if (!Is(")")) {
    do {
      // struct(a AS x): the alias names the field. In other calls it would mean nothing.
      ARROW_ASSIGN_OR_RAISE(ExpressionPtr argument,
                            is_struct ? ParseNamedExpression() : ParseArgument());
      call.arguments.push_back(std::move(argument));
    } while (Accept(","));
    if (IsAnyOf({"IGNORE", "RESPECT"}) && Is("NULLS", 1)) {
      // first(x IGNORE NULLS) is first(x, true).
      const size_t nulls = at_;
      const bool is_ignored = EqualsIgnoreCase(Take().text, "IGNORE");
      Take();
      call.arguments.push_back(MakeExpression(Literal{is_ignored}, SpanFrom(nulls)));
    }
  }
  if (Is("ORDER") && Is("BY", 1)) {
    return Unsupported("ORDER BY inside of an aggregate", "ORDER BY in a sub-query");
  }
  ARROW_RETURN_NOT_OK(Expect(")"));
  return FinishCall(std::move(call), begin);
}

arrow::Result<syntax::ExpressionPtr> Grammar::FinishCall(syntax::Call call, size_t begin) {
  if (Is("WITHIN") && Is("GROUP", 1)) {
    return Unsupported("WITHIN GROUP", "min, max or percentile without an order");
  }
  if (Is("FILTER") && Is("(", 1)) {
    Take();
    Take();
    ARROW_RETURN_NOT_OK(Expect("WHERE"));
    ARROW_ASSIGN_OR_RAISE(call.filter, ParseExpression());
    ARROW_RETURN_NOT_OK(Expect(")"));
  }
  if (IsAnyOf({"IGNORE", "RESPECT"}) && Is("NULLS", 1)) {
    return Unsupported("IGNORE NULLS behind a call", "it inside of the parentheses");
  }
  if (Is("OVER") && (Is("(", 1) || IsName(1))) {
    return Unsupported("OVER", "GROUP BY with an aggregate, joined back by its keys");
  }
  return Make(std::move(call), SpanFrom(begin));
}

arrow::Result<syntax::ExpressionPtr> Grammar::ParseArgument() {
  if (IsQueryStart()) return RefuseSubquery("a sub-query as an argument");
  if (IsName() && Is("=>", 1)) {
    return Unsupported("an argument by name", "arguments by position");
  }
  return ParseExpression();
}

arrow::Result<syntax::ExpressionPtr> Grammar::ParseCast() {
  const size_t begin = at_;
  syntax::Cast cast;
  cast.is_try = EqualsIgnoreCase(Take().text, "TRY_CAST");
  ARROW_RETURN_NOT_OK(Expect("("));
  ARROW_ASSIGN_OR_RAISE(cast.argument, ParseExpression());
  ARROW_RETURN_NOT_OK(Expect("AS"));
  ARROW_ASSIGN_OR_RAISE(cast.type, ParseTypeName());
  ARROW_RETURN_NOT_OK(Expect(")"));
  return Make(std::move(cast), SpanFrom(begin));
}

/// EXTRACT(field FROM x) is extract('field', x).
arrow::Result<syntax::ExpressionPtr> Grammar::ParseExtract() {
  const size_t begin = at_;
  Take();
  Take();
  const Span field_span = Peek().span;
  std::string field;
  if (IsKind(Token::Kind::kString)) {
    field = Take().value;
  } else {
    ARROW_ASSIGN_OR_RAISE(field, ParseIdentifier("a field such as YEAR"));
  }
  ARROW_RETURN_NOT_OK(Expect("FROM"));
  ARROW_ASSIGN_OR_RAISE(ExpressionPtr source, ParseExpression());
  ARROW_RETURN_NOT_OK(Expect(")"));
  return Call("extract", {MakeExpression(Literal{std::move(field)}, field_span), std::move(source)},
              SpanFrom(begin));
}

/// SUBSTRING(x FROM a FOR b) is substring(x, a, b).
arrow::Result<syntax::ExpressionPtr> Grammar::ParseSubstring() {
  const size_t begin = at_;
  std::string name(Take().text);
  Take();
  if (Is(")")) {
    Take();
    return FinishCall({std::move(name), {}, false, nullptr}, begin);
  }
  Expressions arguments;
  ARROW_ASSIGN_OR_RAISE(ExpressionPtr argument, ParseExpression());
  arguments.push_back(std::move(argument));
  while (Accept(",") || (arguments.size() == 1 && Accept("FROM")) ||
         (arguments.size() == 2 && Accept("FOR"))) {
    ARROW_ASSIGN_OR_RAISE(argument, ParseExpression());
    arguments.push_back(std::move(argument));
  }
  ARROW_RETURN_NOT_OK(Expect(")"));
  return FinishCall({std::move(name), std::move(arguments), false, nullptr}, begin);
}

/// TRIM(LEADING c FROM x) is ltrim(c, x), TRAILING rtrim, BOTH or none trim.
arrow::Result<syntax::ExpressionPtr> Grammar::ParseTrim() {
  const size_t begin = at_;
  Take();
  Take();
  std::string function = "trim";
  const bool has_side = IsAnyOf({"BOTH", "LEADING", "TRAILING"}) && !Is(",", 1) && !Is(")", 1) &&
                        !Is(".", 1) && !Is("(", 1);
  if (has_side) {
    const std::string side = ToUpperAscii(Take().text);
    function = side == "LEADING" ? "ltrim" : side == "TRAILING" ? "rtrim" : "trim";
  }
  Expressions arguments;
  if (!has_side || !Is("FROM")) {
    ARROW_ASSIGN_OR_RAISE(ExpressionPtr argument, ParseExpression());
    arguments.push_back(std::move(argument));
  }
  if (has_side && !Is("FROM")) return SyntaxError({}, "FROM");
  while (Accept("FROM") || (!has_side && Accept(","))) {
    ARROW_ASSIGN_OR_RAISE(ExpressionPtr argument, ParseExpression());
    arguments.push_back(std::move(argument));
  }
  ARROW_RETURN_NOT_OK(Expect(")"));
  return FinishCall({std::move(function), std::move(arguments), false, nullptr}, begin);
}

/// POSITION(a IN b) is position(a, b).
arrow::Result<syntax::ExpressionPtr> Grammar::ParsePosition() {
  const size_t begin = at_;
  std::string name(Take().text);
  Take();
  Expressions arguments;
  // Not a whole expression: its IN would be the predicate.
  ARROW_ASSIGN_OR_RAISE(ExpressionPtr argument, ParseBinary());
  arguments.push_back(std::move(argument));
  while (Accept(",") || (arguments.size() == 1 && Accept("IN"))) {
    ARROW_ASSIGN_OR_RAISE(argument, ParseBinary());
    arguments.push_back(std::move(argument));
  }
  ARROW_RETURN_NOT_OK(Expect(")"));
  return FinishCall({std::move(name), std::move(arguments), false, nullptr}, begin);
}

/// OVERLAY(x PLACING y FROM a FOR b) is overlay(x, y, a, b).
arrow::Result<syntax::ExpressionPtr> Grammar::ParseOverlay() {
  const size_t begin = at_;
  std::string name(Take().text);
  Take();
  Expressions arguments;
  do {
    ARROW_ASSIGN_OR_RAISE(ExpressionPtr argument, ParseExpression());
    arguments.push_back(std::move(argument));
  } while (Accept(",") || (arguments.size() == 1 && Accept("PLACING")) ||
           (arguments.size() == 2 && Accept("FROM")) || (arguments.size() == 3 && Accept("FOR")));
  ARROW_RETURN_NOT_OK(Expect(")"));
  return FinishCall({std::move(name), std::move(arguments), false, nullptr}, begin);
}

/// timestampadd(DAY, n, x) is timestampadd('DAY', n, x).
arrow::Result<syntax::ExpressionPtr> Grammar::ParseUnitFunction(std::string function) {
  const size_t begin = at_;
  Take();
  Take();
  const Token& unit = Take();
  Expressions arguments = {MakeExpression(Literal{ToUpperAscii(unit.text)}, unit.span)};
  while (Accept(",")) {
    ARROW_ASSIGN_OR_RAISE(ExpressionPtr argument, ParseExpression());
    arguments.push_back(std::move(argument));
  }
  ARROW_RETURN_NOT_OK(Expect(")"));
  return FinishCall({std::move(function), std::move(arguments), false, nullptr}, begin);
}

}  // namespace sabot::sql
