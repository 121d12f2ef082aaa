#include "sabot/frontend/sql/parser.h"

#include <algorithm>
#include <iterator>

#include "sabot/base/error.h"
#include "sabot/frontend/sql/grammar.h"

namespace sabot::sql {
namespace {

using Kind = Token::Kind;

// Ordered: searched by halves.
constexpr std::string_view kNoAlias[] = {
    "AND",     "ANTI",       "AS",      "ASC",    "ASOF",   "BETWEEN", "CLUSTER", "CROSS",
    "DESC",    "DISTRIBUTE", "DIV",     "ELSE",   "END",    "ESCAPE",  "EXCEPT",  "FOR",
    "FROM",    "FULL",       "GROUP",   "HAVING", "ILIKE",  "IN",      "INNER",   "INTERSECT",
    "IS",      "JOIN",       "LATERAL", "LEFT",   "LIKE",   "LIMIT",   "MINUS",   "NATURAL",
    "NOT",     "NULLS",      "OFFSET",  "ON",     "OR",     "ORDER",   "PIVOT",   "PLACING",
    "QUALIFY", "REGEXP",     "RIGHT",   "RLIKE",  "SELECT", "SEMI",    "SORT",    "TABLESAMPLE",
    "THEN",    "UNION",      "UNPIVOT", "USING",  "WHEN",   "WHERE",   "WINDOW",  "WITH"};
constexpr std::string_view kReserved[] = {
    "AND",    "AS",    "BETWEEN", "CROSS",     "ELSE",  "END",   "EXCEPT", "FROM",    "GROUP",
    "HAVING", "IN",    "INNER",   "INTERSECT", "IS",    "JOIN",  "LIKE",   "NATURAL", "ON",
    "OR",     "ORDER", "SELECT",  "THEN",      "UNION", "USING", "WHEN",   "WHERE"};
static_assert(std::is_sorted(std::begin(kNoAlias), std::end(kNoAlias)));
static_assert(std::is_sorted(std::begin(kReserved), std::end(kReserved)));

bool Holds(std::span<const std::string_view> words, std::string_view word) {
  return std::binary_search(words.begin(), words.end(), ToUpperAscii(word));
}

// Clauses a mistyped word is held against: SELECT a FORM t.
const std::vector<std::string> kClauses = {"SELECT", "FROM",  "WHERE", "GROUP", "HAVING",
                                           "ORDER",  "LIMIT", "UNION", "JOIN",  "VALUES"};

}  // namespace

bool IsNoAlias(std::string_view word) { return Holds(kNoAlias, word); }
bool IsReserved(std::string_view word) { return Holds(kReserved, word); }

std::string Grammar::SpellingHint() const {
  if (at_ == 0 || tokens_[at_ - 1].kind != Kind::kWord) return {};
  const std::string_view last = tokens_[at_ - 1].text;
  if (last.size() < 4) return {};
  const auto nearest = NearestNames(last, kClauses, 1);
  const bool is_close = !nearest.empty() && !EqualsIgnoreCase(last, nearest[0]) &&
                        ToUpperAscii(last)[0] == nearest[0][0];
  return is_close ? "did you mean " + nearest[0] + " instead of " + std::string(last) + "?" : "";
}

std::string Grammar::LastHint() const {
  const Token& token = Peek();
  if (token.kind != Kind::kWord || !IsReserved(token.text)) return {};
  return "a column of that name is written `" + std::string(token.text) + "`";
}

arrow::Status Grammar::FromSlice(const Status& status, Span span) const {
  const ErrorDetail* detail = GetErrorDetail(status);
  if (detail == nullptr) return status;
  const Span inner = detail->span();
  const uint32_t size = span.end - span.begin;
  if (inner.is_known() && inner.begin <= size) {
    span = {span.begin + inner.begin, span.begin + std::min(inner.end, size + 1)};
  }
  return MakeError(detail->error_class().name, detail->parameters(), span, detail->hint());
}

arrow::Result<std::string> Grammar::ParseIdentifier(std::string_view what) {
  if (Is("IDENTIFIER") && Is("(", 1)) return Unsupported("IDENTIFIER(…)", "the name itself");
  return TakeName(what);
}

arrow::Result<std::vector<std::string>> Grammar::ParseQualifiedName(std::string_view what) {
  Names parts;
  do {
    ARROW_ASSIGN_OR_RAISE(std::string part, ParseIdentifier(what));
    parts.push_back(std::move(part));
  } while (Accept("."));
  return parts;
}

arrow::Result<std::vector<std::string>> Grammar::ParseNameList() {
  Names names;
  ARROW_RETURN_NOT_OK(Expect("("));
  do {
    ARROW_ASSIGN_OR_RAISE(std::string name, ParseIdentifier());
    names.push_back(std::move(name));
  } while (Accept(","));
  ARROW_RETURN_NOT_OK(Expect(")"));
  return names;
}

arrow::Result<std::string> Grammar::ParseStringLiteral(std::string_view what) {
  if (!IsKind(Kind::kString)) return SyntaxError(std::string(what) + " in quotes must stand here");
  std::string value;
  while (IsKind(Kind::kString)) value += Take().value;
  return value;
}

arrow::Result<std::vector<syntax::StatementPtr>> Grammar::ParseScript() {
  std::vector<StatementPtr> statements;
  while (true) {
    while (Accept(";")) {
    }
    if (IsKind(Kind::kEnd)) return statements;
    ARROW_ASSIGN_OR_RAISE(StatementPtr statement, ParseStatement());
    statements.push_back(std::move(statement));
    if (!IsKind(Kind::kEnd) && !Is(";")) return SyntaxError();
  }
}

arrow::Result<syntax::StatementPtr> Grammar::ParseOnlyStatement() {
  while (Accept(";")) {
  }
  ARROW_ASSIGN_OR_RAISE(StatementPtr statement, ParseStatement());
  const bool has_end = Accept(";");
  while (Accept(";")) {
  }
  if (IsKind(Kind::kEnd)) return statement;
  return SyntaxError(has_end ? "one statement at a time, or run the text as a script" : "");
}

arrow::Result<syntax::ExpressionPtr> Grammar::ParseOnlyExpression() {
  ARROW_ASSIGN_OR_RAISE(ExpressionPtr expression, ParseNamedExpression());
  if (!IsKind(Kind::kEnd)) return SyntaxError();
  return expression;
}

arrow::Result<std::vector<syntax::StatementPtr>> ParseScript(std::string_view text) {
  return Grammar(text).ParseScript();
}

arrow::Result<syntax::StatementPtr> ParseStatement(std::string_view text) {
  return Grammar(text).ParseOnlyStatement();
}

arrow::Result<syntax::ExpressionPtr> ParseExpression(std::string_view text) {
  return Grammar(text).ParseOnlyExpression();
}

std::vector<std::string_view> SplitStatements(std::string_view text) {
  std::vector<std::string_view> statements;
  Span span;
  const auto finish = [&] {
    if (span.is_known()) statements.push_back(text.substr(span.begin, span.end - span.begin));
    span = {};
  };
  for (const Token& token : Lex(text)) {
    if (token.text == ";" || token.kind == Kind::kEnd) {
      finish();
    } else {
      span = Cover(span, token.span);
    }
  }
  return statements;
}

bool IsComplete(std::string_view text) {
  const std::vector<Token> tokens = Lex(text);
  return tokens.size() == 1 || tokens[tokens.size() - 2].text == ";";
}

}  // namespace sabot::sql
