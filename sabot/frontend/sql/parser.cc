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
  return std::binary_search(words.begin(), words.end(), ToUpper(word));
}

// Clauses a mistyped word is held against: SELECT a FORM t.
const std::vector<std::string> kClauses = {"SELECT", "FROM",  "WHERE", "GROUP", "HAVING",
                                           "ORDER",  "LIMIT", "UNION", "JOIN",  "VALUES"};

}  // namespace

std::string ToUpper(std::string_view word) {
  std::string upper(word);
  for (char& c : upper) c = c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
  return upper;
}

bool EqualsWord(std::string_view written, std::string_view upper) {
  return written.size() == upper.size() &&
         std::equal(written.begin(), written.end(), upper.begin(), [](char w, char u) {
           return (w >= 'a' && w <= 'z' ? static_cast<char>(w - 'a' + 'A') : w) == u;
         });
}

bool IsNoAlias(std::string_view word) { return Holds(kNoAlias, word); }
bool IsReserved(std::string_view word) { return Holds(kReserved, word); }

arrow::Status Grammar::Level::Check() const {
  if (grammar_->depth_ <= kNestingMax) return Status::OK();
  return grammar_->TooDeep(grammar_->Peek().span);
}

const Token& Grammar::Peek(size_t ahead) const {
  return tokens_[std::min(at_ + ahead, tokens_.size() - 1)];
}

bool Grammar::Is(std::string_view what, size_t ahead) const {
  const Token& token = Peek(ahead);
  if (token.kind == Kind::kSymbol) return token.text == what;
  return token.kind == Kind::kWord && EqualsWord(token.text, what);
}

bool Grammar::IsAnyOf(std::initializer_list<std::string_view> what, size_t ahead) const {
  return std::any_of(what.begin(), what.end(),
                     [&](std::string_view one) { return Is(one, ahead); });
}

bool Grammar::IsName(size_t ahead) const {
  return IsKind(Kind::kWord, ahead) || IsKind(Kind::kQuotedName, ahead);
}

const Token& Grammar::Take() {
  const Token& token = Peek();
  if (at_ + 1 < tokens_.size()) ++at_;
  return token;
}

bool Grammar::Accept(std::string_view what) {
  if (!Is(what)) return false;
  Take();
  return true;
}

bool Grammar::Accept(std::string_view first, std::string_view second) {
  if (!Is(first) || !Is(second, 1)) return false;
  Take();
  Take();
  return true;
}

arrow::Status Grammar::Expect(std::string_view what) {
  return Accept(what) ? Status::OK() : SyntaxError({}, what);
}

Span Grammar::SpanFrom(size_t begin) const {
  const uint32_t start = tokens_[begin].span.begin;
  return {start, at_ == 0 ? start : std::max(start, tokens_[at_ - 1].span.end)};
}

Span Grammar::SpanFrom(const ExpressionPtr& first) const {
  return {first->span.begin, at_ == 0 ? first->span.end : tokens_[at_ - 1].span.end};
}

arrow::Status Grammar::SyntaxError(std::string hint, std::string_view missing) const {
  const Token& token = Peek();
  const bool at_end = token.kind == Kind::kEnd;
  Span span = token.span;
  if (at_end) {
    // Behind the last token: what is missing belongs there, not behind comments and blank lines.
    const uint32_t end = at_ == 0 ? span.begin : tokens_[at_ - 1].span.end;
    span = {end, end + 1};
  }
  if (token.kind == Kind::kInvalid) hint = token.value;
  if (hint.empty() && at_ > 0 && tokens_[at_ - 1].kind == Kind::kWord) {
    const std::string_view last = tokens_[at_ - 1].text;
    const auto nearest = NearestNames(last, kClauses, 1);
    if (last.size() >= 4 && !nearest.empty() && !EqualsWord(last, nearest[0]) &&
        ToUpper(last)[0] == nearest[0][0]) {
      hint = "did you mean " + nearest[0] + " instead of " + std::string(last) + "?";
    }
  }
  if (hint.empty() && !missing.empty()) hint = std::string(missing) + " is missing here";
  if (hint.empty() && token.kind == Kind::kWord && IsReserved(token.text)) {
    hint = "a column of that name is written `" + std::string(token.text) + "`";
  }
  return MakeError("PARSE_SYNTAX_ERROR",
                   {{"error", at_end ? "end of input" : "'" + std::string(token.text) + "'"},
                    {"hint", missing.empty() ? "" : ": missing '" + std::string(missing) + "'"}},
                   span, std::move(hint));
}

arrow::Status Grammar::Unsupported(std::string feature, std::string alternative,
                                   size_t ahead) const {
  const Token& token = Peek(ahead);
  const Span span = token.kind == Kind::kEnd && at_ > 0 ? tokens_[at_ - 1].span : token.span;
  return UnsupportedError(std::move(feature), std::move(alternative), span);
}

arrow::Status Grammar::TooDeep(Span span) const {
  return MakeError("PLAN_TOO_DEEP", {{"limit", std::to_string(kNestingMax)}},
                   span.is_known() ? span : Span{span.begin, span.begin + 1});
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

arrow::Result<syntax::ExpressionPtr> Grammar::Checked(ExpressionPtr expression) const {
  if (expression->height > kNestingMax) return TooDeep(expression->span);
  return expression;
}

arrow::Result<syntax::RelationPtr> Grammar::Checked(RelationPtr relation) const {
  if (relation->height > kNestingMax) return TooDeep(relation->span);
  return relation;
}

arrow::Result<syntax::ExpressionPtr> Grammar::Call(std::string function, Expressions arguments,
                                                   Span span) const {
  return Make(syntax::Call{std::move(function), std::move(arguments), false, nullptr}, span);
}

arrow::Result<std::string> Grammar::ParseIdentifier(std::string_view what) {
  if (!IsName()) return SyntaxError(std::string(what) + " must stand here");
  if (Is("IDENTIFIER") && Is("(", 1)) return Unsupported("IDENTIFIER(…)", "the name itself");
  const Token& token = Take();
  return token.kind == Kind::kWord ? std::string(token.text) : token.value;
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
