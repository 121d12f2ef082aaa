#include "sabot/base/error.h"
#include "sabot/frontend/cypher/grammar.h"

// Operators, loosest first: OR, XOR, AND, NOT, chained comparison, predicates (IN, STARTS WITH, IS
// NULL), + -, * / %, ^, unary, subscript and property. Source: openCypher 9 (M23), Expression.
namespace sabot::cypher {
namespace {

using syntax::Literal;
using syntax::MakeExpression;
using Kind = Token::Kind;

constexpr syntax::BinaryOperator kArithmetic[] = {{"+", 1, "+"},  {"-", 1, "-"}, {"*", 2, "*"},
                                                  {"/", 2, "//"}, {"%", 2, "%"}, {"^", 3, "power"}};
constexpr std::string_view kLogical[] = {"OR", "XOR", "AND"};
constexpr std::string_view kLogicalFunctions[] = {"or", "xor", "and"};
constexpr int kNumLogical = 3;

}  // namespace

arrow::Result<syntax::ExpressionPtr> Grammar::ParseExpression() {
  const Level level(this);
  ARROW_RETURN_NOT_OK(level.Check());
  return ParseLogical(0);
}

arrow::Result<syntax::ExpressionPtr> Grammar::ParseLogical(int level) {
  if (level == kNumLogical) return ParseNot();
  Expressions operands;
  do {
    ARROW_ASSIGN_OR_RAISE(ExpressionPtr operand, ParseLogical(level + 1));
    operands.push_back(std::move(operand));
  } while (Accept(kLogical[level]));
  return Balanced(kLogicalFunctions[level], operands, 0, operands.size());
}

arrow::Result<syntax::ExpressionPtr> Grammar::ParseNot() {
  if (!Is("NOT")) return ParseComparison();
  const Level level(this);
  ARROW_RETURN_NOT_OK(level.Check());
  const size_t begin = at_;
  Take();
  ARROW_ASSIGN_OR_RAISE(ExpressionPtr operand, ParseNot());
  return Call("not", {std::move(operand)}, SpanFrom(begin));
}

/// a < b <= c is a < b AND b <= c.
arrow::Result<syntax::ExpressionPtr> Grammar::ParseComparison() {
  ARROW_ASSIGN_OR_RAISE(ExpressionPtr left, ParsePredicate());
  Expressions comparisons;
  while (IsAnyOf({"=", "<>", "<", "<=", ">", ">="})) {
    const std::string function(Take().text);
    ARROW_ASSIGN_OR_RAISE(ExpressionPtr right, ParsePredicate());
    const Span span = Cover(left->span, right->span);
    ARROW_ASSIGN_OR_RAISE(ExpressionPtr comparison, Call(function, {left, right}, span));
    comparisons.push_back(std::move(comparison));
    left = std::move(right);
  }
  if (Is("!") && Is("=", 1)) return SyntaxError("not equal is written <>");
  return comparisons.empty() ? left : Balanced("and", comparisons, 0, comparisons.size());
}

arrow::Result<syntax::ExpressionPtr> Grammar::ParsePredicate() {
  ARROW_ASSIGN_OR_RAISE(ExpressionPtr left, ParseOperators(kArithmetic));
  while (true) {
    Expressions arguments = {left};
    std::string function;
    if (Accept("IS")) {
      function = Accept("NOT") ? "isnotnull" : "isnull";
      if (!Is("NULL")) return SyntaxError("IS is followed by NULL or NOT NULL");
      Take();
      ARROW_ASSIGN_OR_RAISE(left, Call(function, std::move(arguments), SpanFrom(left)));
      continue;
    }
    if (Accept("IN")) {
      function = "in_list";
    } else if (IsAnyOf({"STARTS", "ENDS"})) {
      function = Is("STARTS") ? "startswith" : "endswith";
      Take();
      ARROW_RETURN_NOT_OK(Expect("WITH"));
    } else if (Accept("CONTAINS")) {
      function = "contains";
    } else if (Accept("=~")) {
      function = "regex_matches";
    } else {
      return left;
    }
    ARROW_ASSIGN_OR_RAISE(ExpressionPtr right, ParseOperators(kArithmetic));
    const auto* list = right->As<syntax::Call>();
    // The elements of a list as written are SQL's IN; any other list is known only when it runs.
    if (function == "in_list" && list != nullptr && list->function == "array" &&
        !list->arguments.empty()) {
      function = "in";
      arguments.insert(arguments.end(), list->arguments.begin(), list->arguments.end());
    } else {
      arguments.push_back(std::move(right));
    }
    ARROW_ASSIGN_OR_RAISE(left, Call(std::move(function), std::move(arguments), SpanFrom(left)));
  }
}

arrow::Result<syntax::ExpressionPtr> Grammar::ParseUnary() {
  if (!IsAnyOf({"-", "+"})) return ParsePostfix();
  const Level level(this);
  ARROW_RETURN_NOT_OK(level.Check());
  const size_t begin = at_;
  const bool is_minus = Take().text == "-";
  if (is_minus && IsKind(Kind::kNumber)) return ParseNumber("-", begin);
  ARROW_ASSIGN_OR_RAISE(ExpressionPtr operand, ParseUnary());
  return Call(is_minus ? "negative" : "positive", {std::move(operand)}, SpanFrom(begin));
}

arrow::Result<syntax::ExpressionPtr> Grammar::ParsePostfix() {
  ARROW_ASSIGN_OR_RAISE(ExpressionPtr left, ParseAtom());
  while (true) {
    if (Accept(".")) {
      const size_t begin = at_;
      ARROW_ASSIGN_OR_RAISE(std::string property, TakeName("a property"));
      ExpressionPtr field = MakeExpression(Literal{std::move(property)}, SpanFrom(begin));
      const Span span = SpanFrom(left);
      ARROW_ASSIGN_OR_RAISE(left, Call("getfield", {std::move(left), std::move(field)}, span));
    } else if (Is("[")) {
      ARROW_ASSIGN_OR_RAISE(left, ParseSubscript(std::move(left)));
    } else if (Is(":") && IsName(1)) {
      syntax::HasLabels test{left, {}};
      ARROW_RETURN_NOT_OK(ParseLabels(&test.labels));
      const Span span = SpanFrom(left);
      ARROW_ASSIGN_OR_RAISE(left, Make(std::move(test), span));
    } else if (Is("{")) {
      return Unsupported("a map projection", "a map {name: n.name}");
    } else {
      return left;
    }
  }
}

/// list[i], list[from..to]
arrow::Result<syntax::ExpressionPtr> Grammar::ParseSubscript(ExpressionPtr left) {
  Take();
  const auto bound = [&](std::string_view stop) -> Result<ExpressionPtr> {
    if (Is(stop)) return MakeExpression(Literal{Literal::Null{}}, Peek().span);
    return ParseExpression();
  };
  ARROW_ASSIGN_OR_RAISE(ExpressionPtr first, bound(".."));
  if (!Accept("..")) {
    ARROW_RETURN_NOT_OK(Expect("]"));
    const Span span = SpanFrom(left);
    return Call("getitem", {std::move(left), std::move(first)}, span);
  }
  ARROW_ASSIGN_OR_RAISE(ExpressionPtr last, bound("]"));
  ARROW_RETURN_NOT_OK(Expect("]"));
  const Span span = SpanFrom(left);
  return Call("slice", {std::move(left), std::move(first), std::move(last)}, span);
}

arrow::Result<syntax::ExpressionPtr> Grammar::ParseAtom() {
  const size_t begin = at_;
  switch (Peek().kind) {
    case Kind::kNumber:
      return ParseNumber("", begin);
    case Kind::kString: {
      std::string value = Take().value;
      return MakeExpression(Literal{std::move(value)}, SpanFrom(begin));
    }
    case Kind::kQuotedName:
    case Kind::kWord:
      return ParseWord();
    case Kind::kSymbol:
      if (Is("(")) return ParseParenthesised();
      if (Is("[")) return ParseList();
      if (Is("{")) return ParseMap();
      if (Is("$")) return ParseParameter();
      return SyntaxError();
    default:
      return SyntaxError();
  }
}

arrow::Result<syntax::ExpressionPtr> Grammar::ParseWord() {
  const size_t begin = at_;
  if (IsKind(Kind::kWord)) {
    if (Is("CASE")) return ParseCase();
    if (Is("EXISTS") && Is("{", 1)) return Unsupported("EXISTS { … }", "a longer pattern in MATCH");
    if (Is("COUNT") && Is("{", 1)) return Unsupported("COUNT { … }", "count(*) in RETURN");
    if (Is("COLLECT") && Is("{", 1)) return Unsupported("COLLECT { … }", "a row a match in RETURN");
    if (IsReserved(Peek().text)) {
      const bool after_comma = at_ > 0 && tokens_[at_ - 1].text == ",";
      return SyntaxError(after_comma ? "there is a comma too many before it" : "");
    }
    if (!Is("(", 1) && !Is(".", 1)) {
      if (Accept("NULL")) return MakeExpression(Literal{Literal::Null{}}, SpanFrom(begin));
      if (IsAnyOf({"TRUE", "FALSE"})) {
        const bool value = Is("TRUE");
        Take();
        return MakeExpression(Literal{value}, SpanFrom(begin));
      }
    }
  }
  // a.b.f(…) is a function of a namespace.
  size_t last = 0;
  while (Is(".", last + 1) && IsName(last + 2)) last += 2;
  if (Is("(", last + 1)) return ParseFunction();
  // n.name is one name; the analyzer knows what n is. (n).name and f(n).name take a field.
  syntax::Name name;
  do {
    ARROW_ASSIGN_OR_RAISE(std::string part, TakeName("a name"));
    name.parts.push_back(std::move(part));
  } while (Accept("."));
  return MakeExpression(std::move(name), SpanFrom(begin));
}

arrow::Result<syntax::ExpressionPtr> Grammar::ParseParenthesised() {
  constexpr std::string_view kAlternative = "the pattern in MATCH";
  const size_t begin = at_;
  Take();
  if (IsAnyOf({")", ":"})) {
    at_ = begin;
    return Unsupported("a pattern as an expression", std::string(kAlternative));
  }
  ARROW_ASSIGN_OR_RAISE(ExpressionPtr inner, ParseExpression());
  ARROW_RETURN_NOT_OK(Expect(")"));
  // (a)-[…, (a)--(b), (a)-->(b), (a)<--(b), (a)<-[…
  const size_t dash = Is("<") ? 1 : 0;
  const bool is_pattern =
      Is("-", dash) &&
      (Is("[", dash + 1) || (Is("-", dash + 1) && (dash == 1 || IsAnyOf({">", "("}, 2))));
  const bool names_node =
      inner->As<syntax::Name>() != nullptr || inner->As<syntax::HasLabels>() != nullptr;
  if (is_pattern && names_node) {
    at_ = begin;
    return Unsupported("a pattern as an expression", std::string(kAlternative));
  }
  return inner;
}

arrow::Result<syntax::ExpressionPtr> Grammar::ParseNumber(std::string sign, size_t begin) {
  const Token& token = Take();
  sign.append(token.value.empty() ? token.text : std::string_view(token.value));
  return MakeExpression(Literal{Literal::Number{std::move(sign)}}, SpanFrom(begin));
}

arrow::Result<syntax::ExpressionPtr> Grammar::ParseParameter() {
  const size_t begin = at_;
  Take();
  if (!IsName() && !IsKind(Kind::kNumber)) {
    return SyntaxError("the name of a parameter must stand here");
  }
  const Token& token = Take();
  std::string name = token.kind == Kind::kQuotedName ? token.value : std::string(token.text);
  return MakeExpression(syntax::Parameter{std::move(name)}, SpanFrom(begin));
}

arrow::Result<syntax::ExpressionPtr> Grammar::ParseList() {
  const size_t begin = at_;
  Take();
  if (IsName() && Is("IN", 1)) {
    at_ = begin;
    return Unsupported("a list comprehension", "the elements written out: [a.x, b.x]");
  }
  Expressions elements;
  while (!Is("]")) {
    if (!elements.empty()) {
      ARROW_RETURN_NOT_OK(Expect(","));
    }
    ARROW_ASSIGN_OR_RAISE(ExpressionPtr element, ParseExpression());
    elements.push_back(std::move(element));
  }
  Take();
  return Call("array", std::move(elements), SpanFrom(begin));
}

/// {a: 1, b: 'x'}: the values have types of their own, so it is a struct.
arrow::Result<syntax::ExpressionPtr> Grammar::ParseMap() {
  const size_t begin = at_;
  ARROW_ASSIGN_OR_RAISE(syntax::PropertyMap entries, ParseProperties());
  Expressions fields;
  for (auto& [name, value] : entries) {
    const Span span = value->span;
    ARROW_ASSIGN_OR_RAISE(ExpressionPtr field, Make(syntax::Alias{std::move(value), name}, span));
    fields.push_back(std::move(field));
  }
  return Call("struct", std::move(fields), SpanFrom(begin));
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

arrow::Result<syntax::ExpressionPtr> Grammar::ParseFunction() {
  const size_t begin = at_;
  if (IsAnyOf({"SHORTESTPATH", "ALLSHORTESTPATHS"})) {
    return Unsupported(std::string(Peek().text) + " as an expression",
                       "MATCH p = shortestPath((a)-[:R*]-(b))");
  }
  const bool has_variable = IsName(2) && Is("IN", 3);
  if (has_variable && IsAnyOf({"ANY", "ALL", "NONE", "SINGLE", "FILTER", "EXTRACT"})) {
    return Unsupported("the predicate " + std::string(Peek().text) + "(x IN …)",
                       "IN, or size() of a list");
  }
  if (Is("REDUCE") && IsName(2) && Is("=", 3)) {
    return Unsupported("reduce()", "sum() in RETURN");
  }
  syntax::Call call;
  ARROW_ASSIGN_OR_RAISE(call.function, TakeName("a function"));
  while (Accept(".")) {
    ARROW_ASSIGN_OR_RAISE(std::string part, TakeName("a function"));
    call.function += "." + part;
  }
  ARROW_RETURN_NOT_OK(Expect("("));
  if (Is("*") && Is(")", 1)) {
    const size_t star = at_;
    Take();
    call.arguments.push_back(MakeExpression(syntax::Star{}, SpanFrom(star)));
  } else {
    call.distinct = Accept("DISTINCT");
    while (!Is(")")) {
      if (!call.arguments.empty()) {
        ARROW_RETURN_NOT_OK(Expect(","));
      }
      ARROW_ASSIGN_OR_RAISE(ExpressionPtr argument, ParseExpression());
      call.arguments.push_back(std::move(argument));
    }
  }
  ARROW_RETURN_NOT_OK(Expect(")"));
  // exists(n.name), the older spelling of n.name IS NOT NULL.
  if (ToUpperAscii(call.function) == "EXISTS" && call.arguments.size() == 1)
    call.function = "isnotnull";
  return Make(std::move(call), SpanFrom(begin));
}

}  // namespace sabot::cypher
