#include "sabot/base/error.h"
#include "sabot/frontend/sql/grammar.h"

// Operators, loosest first: OR, AND, NOT, then one predicate (IS, IN, BETWEEN, LIKE) over a chain
// of binary operators, over unary ones, over what is called, indexed or cast. Source: Spark's
// SqlBaseParser.g4, booleanExpression to primaryExpression.
namespace sabot::sql {
namespace {

using syntax::Literal;
using syntax::MakeExpression;
using Kind = Token::Kind;

constexpr syntax::BinaryOperator kBinaryOperators[] = {
    {"=", 1, "="},          {"==", 1, "="},          {"<=>", 1, "<=>"},
    {"<>", 1, "<>"},        {"!=", 1, "<>"},         {"<", 1, "<"},
    {"<=", 1, "<="},        {">", 1, ">"},           {">=", 1, ">="},
    {"|", 2, "|"},          {"^", 3, "^"},           {"&", 4, "&"},
    {"<<", 5, "shiftleft"}, {">>", 5, "shiftright"}, {">>>", 5, "shiftrightunsigned"},
    {"+", 6, "+"},          {"-", 6, "-"},           {"||", 6, "||"},
    {"*", 7, "*"},          {"/", 7, "/"},           {"%", 7, "%"},
    {"DIV", 7, "div"}};

}  // namespace

arrow::Result<syntax::ExpressionPtr> Grammar::ParseExpression() {
  const Level level(this);
  ARROW_RETURN_NOT_OK(level.Check());
  ARROW_ASSIGN_OR_RAISE(ExpressionPtr first, ParseAnd());
  if (!Is("OR")) return first;
  Expressions operands = {std::move(first)};
  while (Accept("OR")) {
    ARROW_ASSIGN_OR_RAISE(ExpressionPtr next, ParseAnd());
    operands.push_back(std::move(next));
  }
  return Balanced("or", operands, 0, operands.size());
}

arrow::Result<syntax::ExpressionPtr> Grammar::ParseAnd() {
  ARROW_ASSIGN_OR_RAISE(ExpressionPtr first, ParseNot());
  if (!Is("AND")) return first;
  Expressions operands = {std::move(first)};
  while (Accept("AND")) {
    ARROW_ASSIGN_OR_RAISE(ExpressionPtr next, ParseNot());
    operands.push_back(std::move(next));
  }
  return Balanced("and", operands, 0, operands.size());
}

arrow::Result<syntax::ExpressionPtr> Grammar::ParseNot() {
  if (!IsAnyOf({"NOT", "!"})) return ParsePredicate();
  const Level level(this);
  ARROW_RETURN_NOT_OK(level.Check());
  const size_t begin = at_;
  Take();
  ARROW_ASSIGN_OR_RAISE(ExpressionPtr operand, ParseNot());
  return Call("not", {std::move(operand)}, SpanFrom(begin));
}

arrow::Result<syntax::ExpressionPtr> Grammar::ParsePredicate() {
  ARROW_ASSIGN_OR_RAISE(ExpressionPtr left, ParseBinary());
  if (Is("IS")) return ParseIs(left);
  const auto is_negatable = [&](size_t ahead) {
    return IsAnyOf({"IN", "BETWEEN", "LIKE", "ILIKE", "RLIKE", "REGEXP"}, ahead);
  };
  const bool is_negated = IsAnyOf({"NOT", "!"}) && is_negatable(1);
  if (is_negated) Take();
  if (!is_negatable(0)) return left;
  if (!IsAnyOf({"IN", "BETWEEN"})) return ParseLike(std::move(left), is_negated);
  ARROW_ASSIGN_OR_RAISE(ExpressionPtr test,
                        Is("IN") ? ParseIn(left) : ParseBetween(std::move(left)));
  if (!is_negated) return test;
  const Span span = test->span;
  return Call("not", {std::move(test)}, span);
}

arrow::Result<syntax::ExpressionPtr> Grammar::ParseIs(const ExpressionPtr& left) {
  Take();
  const bool is_negated = Accept("NOT");
  Expressions arguments = {left};
  std::string function = "<=>";
  bool is_inverted = is_negated;
  if (Accept("NULL") || Accept("UNKNOWN")) {
    return Call(is_negated ? "isnotnull" : "isnull", std::move(arguments), SpanFrom(left));
  }
  if (IsAnyOf({"TRUE", "FALSE"})) {
    const Token& token = Take();
    arguments.push_back(MakeExpression(Literal{EqualsIgnoreCase(token.text, "TRUE")}, token.span));
  } else if (Accept("DISTINCT")) {
    ARROW_RETURN_NOT_OK(Expect("FROM"));
    ARROW_ASSIGN_OR_RAISE(ExpressionPtr right, ParseBinary());
    arguments.push_back(std::move(right));
    is_inverted = !is_negated;
  } else {
    return SyntaxError("IS is followed by [NOT] NULL, TRUE, FALSE, UNKNOWN or DISTINCT FROM");
  }
  ARROW_ASSIGN_OR_RAISE(ExpressionPtr test,
                        Call(std::move(function), std::move(arguments), SpanFrom(left)));
  if (!is_inverted) return test;
  const Span span = test->span;
  return Call("not", {std::move(test)}, span);
}

arrow::Status Grammar::RefuseSubquery(std::string_view what) const {
  return Unsupported(std::string(what), what == "a scalar sub-query"
                                            ? "CROSS JOIN (SELECT …) in FROM"
                                            : "LEFT SEMI JOIN or LEFT ANTI JOIN");
}

arrow::Result<syntax::ExpressionPtr> Grammar::ParseIn(const ExpressionPtr& left) {
  Take();
  ARROW_RETURN_NOT_OK(Expect("("));
  if (IsQueryStart()) return RefuseSubquery("IN with a sub-query");
  ARROW_ASSIGN_OR_RAISE(Expressions arguments, ParseExpressions());
  ARROW_RETURN_NOT_OK(Expect(")"));
  arguments.insert(arguments.begin(), left);
  return Call("in", std::move(arguments), SpanFrom(left));
}

arrow::Result<syntax::ExpressionPtr> Grammar::ParseBetween(ExpressionPtr left) {
  Take();
  if (!Accept("ASYMMETRIC") && Is("SYMMETRIC")) {
    return Unsupported("BETWEEN SYMMETRIC", "BETWEEN least(a, b) AND greatest(a, b)");
  }
  ARROW_ASSIGN_OR_RAISE(ExpressionPtr low, ParseBinary());
  ARROW_RETURN_NOT_OK(Expect("AND"));
  ARROW_ASSIGN_OR_RAISE(ExpressionPtr high, ParseBinary());
  const Span span = SpanFrom(left);
  return Call("between", {std::move(left), std::move(low), std::move(high)}, span);
}

arrow::Result<syntax::ExpressionPtr> Grammar::ParseLike(ExpressionPtr left, bool is_negated) {
  const Token& word = Take();
  const bool is_regex =
      EqualsIgnoreCase(word.text, "RLIKE") || EqualsIgnoreCase(word.text, "REGEXP");
  const std::string function = is_regex                               ? "rlike"
                               : EqualsIgnoreCase(word.text, "ILIKE") ? "ilike"
                                                                      : "like";
  const auto finish = [&](Expressions arguments) -> Result<ExpressionPtr> {
    ARROW_ASSIGN_OR_RAISE(ExpressionPtr test, Call(function, std::move(arguments), SpanFrom(left)));
    if (!is_negated) return test;
    const Span span = test->span;
    return Call("not", {std::move(test)}, span);
  };
  if (!is_regex && IsAnyOf({"ANY", "SOME", "ALL"}) && Is("(", 1)) {
    const bool is_all = EqualsIgnoreCase(Take().text, "ALL");
    Take();
    ARROW_ASSIGN_OR_RAISE(Expressions patterns, ParseExpressions());
    ARROW_RETURN_NOT_OK(Expect(")"));
    for (ExpressionPtr& pattern : patterns) {
      ARROW_ASSIGN_OR_RAISE(pattern, finish({left, pattern}));
    }
    return Balanced(is_all ? "and" : "or", patterns, 0, patterns.size());
  }
  ARROW_ASSIGN_OR_RAISE(ExpressionPtr pattern, ParseBinary());
  if (!is_regex && Accept("ESCAPE")) {
    const size_t begin = at_;
    ARROW_ASSIGN_OR_RAISE(std::string escape, ParseStringLiteral("the escape character"));
    return finish(
        {left, std::move(pattern), MakeExpression(Literal{std::move(escape)}, SpanFrom(begin))});
  }
  return finish({left, std::move(pattern)});
}

arrow::Result<syntax::ExpressionPtr> Grammar::ParseBinary() {
  return ParseOperators(kBinaryOperators);
}

arrow::Result<syntax::ExpressionPtr> Grammar::ParseUnary() {
  if (!IsAnyOf({"-", "+", "~"})) {
    ARROW_ASSIGN_OR_RAISE(ExpressionPtr primary, ParsePrimary());
    return ParsePostfix(std::move(primary));
  }
  const Level level(this);
  ARROW_RETURN_NOT_OK(level.Check());
  const size_t begin = at_;
  const std::string_view sign = Take().text;
  if (sign == "-" && IsKind(Kind::kNumber)) {
    ARROW_ASSIGN_OR_RAISE(ExpressionPtr number, ParseNumber("-", begin));
    return ParsePostfix(std::move(number));
  }
  ARROW_ASSIGN_OR_RAISE(ExpressionPtr operand, ParseUnary());
  const std::string function = sign == "-" ? "negative" : sign == "+" ? "positive" : "~";
  return Call(function, {std::move(operand)}, SpanFrom(begin));
}

arrow::Result<syntax::ExpressionPtr> Grammar::ParsePostfix(ExpressionPtr left) {
  while (true) {
    if (Accept(".")) {
      if (Is("*")) return Unsupported("* of a struct expression", "naming its fields");
      const size_t begin = at_;
      ARROW_ASSIGN_OR_RAISE(std::string field, ParseIdentifier("a field's name"));
      ExpressionPtr name = MakeExpression(Literal{std::move(field)}, SpanFrom(begin));
      const Span span = SpanFrom(left);
      ARROW_ASSIGN_OR_RAISE(left, Call("getfield", {std::move(left), std::move(name)}, span));
    } else if (Accept("[")) {
      ARROW_ASSIGN_OR_RAISE(ExpressionPtr index, ParseExpression());
      ARROW_RETURN_NOT_OK(Expect("]"));
      const Span span = SpanFrom(left);
      ARROW_ASSIGN_OR_RAISE(left, Call("getitem", {std::move(left), std::move(index)}, span));
    } else if (Accept("::")) {
      ARROW_ASSIGN_OR_RAISE(Type type, ParseTypeName());
      const Span span = SpanFrom(left);
      ARROW_ASSIGN_OR_RAISE(left,
                            Make(syntax::Cast{std::move(left), std::move(type), false}, span));
    } else if (Is(":") && Peek().span.begin == left->span.end && (IsName(1) || Is("[", 1))) {
      return Unsupported("the path of a VARIANT", "a column of type STRUCT and its fields");
    } else if (Is("COLLATE") && IsName(1)) {
      return Unsupported("COLLATE", "lower(x) on both sides");
    } else {
      return left;
    }
  }
}

arrow::Result<syntax::ExpressionPtr> Grammar::ParsePrimary() {
  const size_t begin = at_;
  const Token& token = Peek();
  switch (token.kind) {
    case Kind::kNumber:
      return ParseNumber("", begin);
    case Kind::kString: {
      ARROW_ASSIGN_OR_RAISE(std::string value, ParseStringLiteral());
      return MakeExpression(Literal{std::move(value)}, SpanFrom(begin));
    }
    case Kind::kQuotedName:
      return Is("(", 1) ? ParseFunction() : ParseName();
    case Kind::kWord:
      return ParseWord();
    case Kind::kSymbol:
      if (token.text == "(") return ParseParenthesised();
      if (token.text == "*") return ParseStar({}, begin);
      if (token.text == ":" || token.text == "$" || token.text == "?") return ParseParameter();
      return SyntaxError();
    default:
      return SyntaxError();
  }
}

arrow::Result<syntax::ExpressionPtr> Grammar::ParseWord() {
  if (Is("(", 1)) {
    if (Is("EXISTS") && IsQueryStart(2)) return RefuseSubquery("EXISTS");
    // CASE (a) WHEN … and INTERVAL are no functions; words like LEFT and REPLACE are, though
    // reserved elsewhere.
    if (Is("CASE")) return ParseCase();
    if (!IsReserved(Peek().text) || Is("LIKE")) return ParseFunction();
    return SyntaxError();
  }
  if (Is("CASE")) return ParseCase();
  if (IsInterval()) return ParseInterval();
  if (IsKind(Kind::kString, 1)) return ParseTypedLiteral();
  if (IsReserved(Peek().text)) {
    const bool after_comma = at_ > 0 && tokens_[at_ - 1].text == ",";
    return SyntaxError(after_comma ? "there is a comma too many before it" : "");
  }
  if (!Is(".", 1)) {
    if (Is("->", 1)) return Unsupported("a lambda", "an expression over columns");
    if (Accept("NULL")) return MakeExpression(Literal{Literal::Null{}}, SpanFrom(at_ - 1));
    if (IsAnyOf({"TRUE", "FALSE"})) {
      const Token& token = Take();
      return MakeExpression(Literal{EqualsIgnoreCase(token.text, "TRUE")}, token.span);
    }
    if (IsAnyOf({"CURRENT_DATE", "CURRENT_TIMESTAMP", "CURRENT_TIME", "CURRENT_USER",
                 "SESSION_USER", "LOCALTIMESTAMP"})) {
      const Token& token = Take();
      return Call(std::string(token.text), {}, token.span);
    }
  }
  return ParseName();
}

arrow::Result<syntax::ExpressionPtr> Grammar::ParseParenthesised() {
  const size_t begin = at_;
  Take();
  if (IsQueryStart()) return RefuseSubquery("a scalar sub-query");
  Expressions elements;
  do {
    ARROW_ASSIGN_OR_RAISE(ExpressionPtr element, ParseNamedExpression());
    elements.push_back(std::move(element));
  } while (Accept(","));
  ARROW_RETURN_NOT_OK(Expect(")"));
  if (Is("->")) return Unsupported("a lambda", "an expression over columns");
  if (elements.size() > 1) return Call("struct", std::move(elements), SpanFrom(begin));
  if (elements[0]->As<syntax::Alias>() != nullptr) {
    at_ = begin;
    return SyntaxError("an alias stands outside of the parentheses");
  }
  return elements[0];
}

arrow::Result<syntax::ExpressionPtr> Grammar::ParseParameter() {
  const size_t begin = at_;
  const Token& sign = Take();
  if (sign.text == "?") {
    at_ = begin;
    return Unsupported("a parameter without a name", "a named one, :name");
  }
  if (Is("{")) {
    at_ = begin;
    return Unsupported("a variable ${…}", "a parameter, :name");
  }
  if (!IsKind(Kind::kWord)) return SyntaxError("the name of a parameter must stand here");
  std::string name(Take().text);
  return MakeExpression(syntax::Parameter{std::move(name)}, SpanFrom(begin));
}

arrow::Result<syntax::ExpressionPtr> Grammar::ParseName() {
  const size_t begin = at_;
  Names parts;
  ARROW_ASSIGN_OR_RAISE(std::string first, ParseIdentifier());
  parts.push_back(std::move(first));
  while (Is(".")) {
    if (Is("*", 1)) {
      Take();
      return ParseStar(std::move(parts), begin);
    }
    if (!IsName(1)) break;
    Take();
    const bool is_function = Is("(", 1);
    ARROW_ASSIGN_OR_RAISE(std::string part, ParseIdentifier());
    parts.push_back(std::move(part));
    if (!is_function) continue;
    std::string function = parts[0];
    for (size_t i = 1; i < parts.size(); ++i) function += "." + parts[i];
    return ParseCallOf(std::move(function), begin);
  }
  return MakeExpression(syntax::Name{std::move(parts), {}}, SpanFrom(begin));
}

arrow::Result<syntax::ExpressionPtr> Grammar::ParseStar(Names qualifier, size_t begin) {
  Take();
  if (IsAnyOf({"EXCEPT", "EXCLUDE", "REPLACE"}) && Is("(", 1) && !IsQueryStart(2)) {
    return Unsupported("* " + ToUpperAscii(Peek().text), "naming the columns");
  }
  return MakeExpression(syntax::Star{std::move(qualifier)}, SpanFrom(begin));
}

arrow::Result<syntax::ExpressionPtr> Grammar::ParseCase() {
  const size_t begin = at_;
  Take();
  syntax::Case expression;
  if (!Is("WHEN")) {
    ARROW_ASSIGN_OR_RAISE(expression.operand, ParseExpression());
  }
  do {
    ARROW_RETURN_NOT_OK(Expect("WHEN"));
    ARROW_ASSIGN_OR_RAISE(ExpressionPtr condition, ParseExpression());
    ARROW_RETURN_NOT_OK(Expect("THEN"));
    ARROW_ASSIGN_OR_RAISE(ExpressionPtr value, ParseExpression());
    expression.branches.emplace_back(std::move(condition), std::move(value));
  } while (Is("WHEN"));
  if (Accept("ELSE")) {
    ARROW_ASSIGN_OR_RAISE(expression.otherwise, ParseExpression());
  }
  ARROW_RETURN_NOT_OK(Expect("END"));
  return Make(std::move(expression), SpanFrom(begin));
}

arrow::Result<syntax::ExpressionPtr> Grammar::ParseNamedExpression() {
  ARROW_ASSIGN_OR_RAISE(ExpressionPtr expression, ParseExpression());
  const bool has_as = Accept("AS");
  if (has_as && Is("(")) {
    return Unsupported("several aliases of one expression", "one alias an expression");
  }
  const bool is_implicit =
      IsKind(Kind::kQuotedName) ||
      (IsKind(Kind::kWord) && !IsNoAlias(Peek().text) && !(Is("ROW") && Is("FORMAT", 1)));
  if (!has_as && !is_implicit) return expression;
  if (has_as && IsKind(Kind::kString)) {
    return SyntaxError("an alias is a name, in backticks if it is an odd one");
  }
  ARROW_ASSIGN_OR_RAISE(std::string name, ParseIdentifier("an alias"));
  const Span span = SpanFrom(expression);
  return Make(syntax::Alias{std::move(expression), std::move(name)}, span);
}

arrow::Result<std::vector<syntax::ExpressionPtr>> Grammar::ParseExpressions() {
  Expressions expressions;
  do {
    ARROW_ASSIGN_OR_RAISE(ExpressionPtr expression, ParseExpression());
    expressions.push_back(std::move(expression));
  } while (Accept(","));
  return expressions;
}

}  // namespace sabot::sql
