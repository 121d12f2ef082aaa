#include <algorithm>
#include <array>

#include "sabot/base/error.h"
#include "sabot/frontend/sql/grammar.h"
#include "sabot/frontend/sql/parser.h"
#include "sabot/types/schema.h"

// Numbers, typed literals, intervals and the names of types.
namespace sabot::sql {
namespace {

using syntax::Literal;
using syntax::MakeExpression;
using Kind = Token::Kind;

constexpr std::array<std::string_view, 10> kUnits = {
    "NANOSECOND", "MICROSECOND", "MILLISECOND", "SECOND", "MINUTE",
    "HOUR",       "DAY",         "WEEK",        "MONTH",  "YEAR"};

/// "DAY" of DAYS, day; empty if it is no unit.
std::string_view UnitOf(std::string_view word) {
  const auto found = std::find_if(kUnits.begin(), kUnits.end(), [&](std::string_view unit) {
    const bool is_plural =
        word.size() == unit.size() + 1 && (word.back() == 's' || word.back() == 'S');
    return EqualsIgnoreCase(is_plural ? word.substr(0, unit.size()) : word, unit);
  });
  return found == kUnits.end() ? std::string_view() : *found;
}

bool IsBlank(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }

/// "-1.5", "+ 2": a sign, then digits with at most one point.
bool IsIntervalNumber(std::string_view text) {
  if (!text.empty() && (text[0] == '+' || text[0] == '-')) text.remove_prefix(1);
  const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
  return std::count(text.begin(), text.end(), '.') <= 1 &&
         std::any_of(text.begin(), text.end(), is_digit) &&
         std::all_of(text.begin(), text.end(), [&](char c) { return c == '.' || is_digit(c); });
}

}  // namespace

arrow::Result<syntax::ExpressionPtr> Grammar::ParseNumber(std::string sign, size_t begin) {
  sign.append(Take().text);
  return MakeExpression(Literal{Literal::Number{std::move(sign)}}, SpanFrom(begin));
}

arrow::Result<syntax::ExpressionPtr> Grammar::ParseTypedLiteral() {
  const size_t begin = at_;
  const std::string type = ToUpperAscii(Peek().text);
  constexpr std::array<std::string_view, 7> kTypes = {
      "DATE", "TIMESTAMP", "TIMESTAMP_LTZ", "TIMESTAMP_NTZ", "X", "DECIMAL", "TIME"};
  if (std::find(kTypes.begin(), kTypes.end(), type) == kTypes.end()) {
    if (IsReserved(type)) return SyntaxError();
    return Unsupported("a literal of type " + type, "CAST('…' AS " + type + ")");
  }
  if (type == "TIME") return Unsupported("the type TIME", "TIMESTAMP_NTZ");
  Take();
  std::string text = Take().value;
  return MakeExpression(Literal{Literal::Typed{type, std::move(text)}}, SpanFrom(begin));
}

/// INTERVAL begins a literal where a string or a number with its unit follows; else it is a
/// column's name.
bool Grammar::IsInterval() const {
  if (!Is("INTERVAL")) return false;
  if (IsKind(Kind::kString, 1)) return true;
  const size_t value = IsAnyOf({"+", "-"}, 1) ? 2 : 1;
  return (IsKind(Kind::kString, value) || IsKind(Kind::kNumber, value)) &&
         IsKind(Kind::kWord, value + 1) && !UnitOf(Peek(value + 1).text).empty();
}

arrow::Result<syntax::ExpressionPtr> Grammar::ParseInterval() {
  const size_t begin = at_;
  Take();
  // INTERVAL '1 day 2 hours': the units stand inside of the string.
  if (IsKind(Kind::kString) && (!IsKind(Kind::kWord, 1) || UnitOf(Peek(1).text).empty())) {
    ARROW_ASSIGN_OR_RAISE(Literal::Interval interval, ParseIntervalText(Peek()));
    Take();
    return MakeExpression(Literal{std::move(interval)}, SpanFrom(begin));
  }
  Literal::Interval interval;
  const auto is_part = [&] {
    const size_t value = IsAnyOf({"+", "-"}) ? 1 : 0;
    return (IsKind(Kind::kString, value) || IsKind(Kind::kNumber, value)) &&
           IsKind(Kind::kWord, value + 1) && !UnitOf(Peek(value + 1).text).empty();
  };
  // A sign belongs to the next part only if a unit follows: INTERVAL 1 DAY - 2 is a difference.
  do {
    Literal::Interval::Part part;
    const bool is_negative = Accept("-");
    if (!is_negative) Accept("+");
    const Token& value = Take();
    std::string_view text =
        value.kind == Kind::kString ? std::string_view(value.value) : value.text;
    while (!text.empty() && IsBlank(text.front())) text.remove_prefix(1);
    while (!text.empty() && IsBlank(text.back())) text.remove_suffix(1);
    if (is_negative && text.starts_with("-")) {
      part.text = text.substr(1);
    } else {
      part.text =
          (is_negative ? "-" : "") + std::string(text.substr(text.starts_with("+") ? 1 : 0));
    }
    part.unit = UnitOf(Take().text);
    if (interval.parts.empty() && Accept("TO")) {
      part.to = IsKind(Kind::kWord) ? UnitOf(Peek().text) : std::string_view();
      if (part.to.empty())
        return SyntaxError("TO is followed by a unit: YEAR TO MONTH, DAY TO SECOND");
      Take();
      interval.parts.push_back(std::move(part));
      break;
    }
    interval.parts.push_back(std::move(part));
  } while (is_part());
  return MakeExpression(Literal{std::move(interval)}, SpanFrom(begin));
}

/// "[interval] 1 year -2 months".
arrow::Result<syntax::Literal::Interval> Grammar::ParseIntervalText(const Token& token) const {
  std::vector<std::string> words;
  bool is_inside = false;
  for (char c : token.value) {
    if (IsBlank(c)) {
      is_inside = false;
      continue;
    }
    // "- 1 day": the sign may stand apart.
    const bool follows_sign = !words.empty() && (words.back() == "-" || words.back() == "+");
    if (!is_inside && !follows_sign) words.emplace_back();
    words.back().push_back(c);
    is_inside = true;
  }
  if (!words.empty() && EqualsIgnoreCase(words[0], "INTERVAL")) words.erase(words.begin());
  Literal::Interval interval;
  for (size_t i = 0; i + 1 < words.size() && IsIntervalNumber(words[i]); i += 2) {
    const std::string_view unit = UnitOf(words[i + 1]);
    if (unit.empty()) break;
    const size_t skipped = words[i][0] == '+' ? 1 : 0;
    interval.parts.push_back({words[i].substr(skipped), std::string(unit), ""});
  }
  if (interval.parts.empty() || interval.parts.size() * 2 != words.size()) {
    return MakeError("INVALID_TYPED_LITERAL",
                     {{"valueType", "\"INTERVAL\""}, {"value", "'" + token.value + "'"}},
                     token.span, "write INTERVAL '1' DAY or INTERVAL '1 day 2 hours'");
  }
  return interval;
}

arrow::Result<Type> Grammar::ParseTypeName() {
  if (!IsName()) return SyntaxError("a type must stand here");
  const size_t begin = at_;
  const bool is_interval = Is("INTERVAL");
  Take();
  if (is_interval && IsKind(Kind::kWord) && !UnitOf(Peek().text).empty()) {
    Take();
    if (Is("TO") && IsKind(Kind::kWord, 1)) {
      Take();
      Take();
    }
  } else if (Is("(")) {
    while (!IsKind(Kind::kEnd) && !Is(")")) Take();
    ARROW_RETURN_NOT_OK(Expect(")"));
  } else if (Accept("<>")) {
    // STRUCT<>
  } else if (Is("<")) {
    // The parameters of array, map and struct, whose closing > the lexer may have read as >> or
    // >>>.
    int open = 0;
    do {
      if (Is("<")) ++open;
      if (open > syntax::kNestingMax) return TooDeep(Peek().span);
      if (Is(">")) open -= 1;
      if (Is(">>")) open -= 2;
      if (Is(">>>")) open -= 3;
      if (IsKind(Kind::kEnd) || IsKind(Kind::kInvalid)) return SyntaxError({}, ">");
      Take();
    } while (open > 0);
  }
  if (Is("COLLATE")) return Unsupported("COLLATE", "STRING without a collation");
  const Span span = SpanFrom(begin);
  auto type = ParseType(text_.substr(span.begin, span.end - span.begin));
  if (!type.ok()) return FromSlice(type.status(), span);
  return type;
}

arrow::Result<Schema> Grammar::ParseColumns() {
  ARROW_RETURN_NOT_OK(Expect("("));
  const size_t begin = at_;
  for (int open = 1; open > 0;) {
    if (IsKind(Kind::kEnd) || IsKind(Kind::kInvalid)) return SyntaxError({}, ")");
    open += Is("(") ? 1 : Is(")") ? -1 : 0;
    Take();
  }
  const uint32_t end = tokens_[at_ - 1].span.begin;
  const Span span{tokens_[begin].span.begin, end};
  auto schema = ParseSchema(text_.substr(span.begin, end - span.begin));
  if (!schema.ok()) return FromSlice(schema.status(), span);
  return schema;
}

}  // namespace sabot::sql
