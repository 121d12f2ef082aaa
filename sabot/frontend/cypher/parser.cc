#include "sabot/frontend/cypher/parser.h"

#include <algorithm>
#include <iterator>
#include <span>

#include "sabot/base/error.h"
#include "sabot/frontend/cypher/grammar.h"

namespace sabot::cypher {
namespace {

using Kind = Token::Kind;

// Ordered: searched by halves.
constexpr std::string_view kReserved[] = {
    "AND",    "AS",   "ASC",    "BY",    "CONTAINS", "DESC", "DISTINCT", "ELSE", "END",
    "ENDS",   "IN",   "IS",     "LIMIT", "MATCH",    "ON",   "OPTIONAL", "OR",   "ORDER",
    "RETURN", "SKIP", "STARTS", "THEN",  "UNION",    "WHEN", "WHERE",    "WITH", "XOR"};
static_assert(std::is_sorted(std::begin(kReserved), std::end(kReserved)));

struct Refusal {
  std::string_view word;
  std::string_view alternative;
};

constexpr std::string_view kTables = "change the tables the graph is mapped over";
constexpr Refusal kRefusals[] = {{"OPTIONAL", "MATCH, and a LEFT JOIN in SQL over its result"},
                                 {"CREATE", kTables},
                                 {"MERGE", kTables},
                                 {"SET", kTables},
                                 {"DELETE", kTables},
                                 {"DETACH", kTables},
                                 {"REMOVE", kTables},
                                 {"FOREACH", kTables},
                                 {"LOAD", "CREATE PROPERTY GRAPH over a view of the file"},
                                 {"UNWIND", "IN over the list, or a vertex table of its values"},
                                 {"UNION", "UNION in SQL over both results"},
                                 {"CALL", "a table function in SQL"},
                                 {"USE", "the graph's name as a parameter of cypher()"},
                                 {"EXPLAIN", "explain() of the result"},
                                 {"PROFILE", "explain() of the result"},
                                 {"FINISH", "RETURN"}};

const std::vector<std::string> kClauses = {"MATCH", "WHERE", "RETURN", "WITH",
                                           "ORDER", "SKIP",  "LIMIT"};

}  // namespace

std::string ToUpper(std::string_view word) {
  std::string upper(word);
  for (char& c : upper) c = c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
  return upper;
}

bool IsReserved(std::string_view word) {
  return std::binary_search(std::begin(kReserved), std::end(kReserved), ToUpper(word));
}

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
  return token.kind == Kind::kWord && token.text.size() == what.size() &&
         std::equal(what.begin(), what.end(), token.text.begin(), [](char upper, char c) {
           return upper == (c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c);
         });
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
  if (hint.empty() && token.kind == Kind::kWord && token.text.size() >= 4) {
    const auto nearest = NearestNames(token.text, kClauses, 1);
    if (!nearest.empty() && !Is(nearest[0]) && ToUpper(token.text)[0] == nearest[0][0]) {
      hint = "did you mean " + nearest[0] + "?";
    }
  }
  if (hint.empty() && !missing.empty()) hint = std::string(missing) + " is missing here";
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
  const Token& token = Take();
  return token.kind == Kind::kWord ? std::string(token.text) : token.value;
}

arrow::Result<syntax::RelationPtr> Grammar::ParseQuery() {
  RelationPtr query;
  while (true) {
    if (Is("MATCH")) {
      ARROW_ASSIGN_OR_RAISE(query, ParseMatch(std::move(query)));
    } else if (Is("WITH")) {
      ARROW_ASSIGN_OR_RAISE(query, ParseProjection(std::move(query), /*is_with=*/true));
    } else if (Is("RETURN")) {
      ARROW_ASSIGN_OR_RAISE(query, ParseProjection(std::move(query), /*is_with=*/false));
      break;
    } else {
      ARROW_RETURN_NOT_OK(RefuseClause());
      return SyntaxError(IsKind(Kind::kEnd) ? "a query ends in RETURN" : "");
    }
  }
  const bool has_end = Accept(";");
  if (!IsKind(Kind::kEnd)) {
    ARROW_RETURN_NOT_OK(RefuseClause());
    return SyntaxError(has_end ? "one query at a time" : "");
  }
  return query;
}

arrow::Status Grammar::RefuseClause() const {
  for (const auto& [word, alternative] : kRefusals) {
    if (Is(word)) return Unsupported(std::string(word), std::string(alternative));
  }
  return Status::OK();
}

arrow::Result<syntax::RelationPtr> Grammar::ParseMatch(RelationPtr input) {
  const size_t begin = at_;
  Take();
  syntax::Match match;
  match.graph = graph_;
  match.input = std::move(input);
  do {
    ARROW_ASSIGN_OR_RAISE(syntax::PathPattern path, ParsePath());
    match.paths.push_back(std::move(path));
  } while (Accept(","));
  if (Accept("WHERE")) {
    ARROW_ASSIGN_OR_RAISE(match.where, ParseExpression());
  }
  return MakeNode(std::move(match), SpanFrom(begin));
}

arrow::Result<syntax::RelationPtr> Grammar::ParseProjection(RelationPtr input, bool is_with) {
  const size_t begin = at_;
  Take();
  syntax::Return projection;
  projection.input = std::move(input);
  projection.distinct = Accept("DISTINCT");
  do {
    ARROW_ASSIGN_OR_RAISE(ExpressionPtr item, ParseItem(is_with));
    projection.items.push_back(std::move(item));
  } while (Accept(","));
  if (Accept("ORDER")) {
    ARROW_RETURN_NOT_OK(Expect("BY"));
    do {
      ARROW_ASSIGN_OR_RAISE(syntax::SortKey key, ParseSortKey());
      projection.order_by.push_back(std::move(key));
    } while (Accept(","));
  }
  if (Accept("SKIP") || Accept("OFFSET")) {
    ARROW_ASSIGN_OR_RAISE(projection.skip, ParseExpression());
  }
  if (Accept("LIMIT")) {
    ARROW_ASSIGN_OR_RAISE(projection.limit, ParseExpression());
  }
  ARROW_ASSIGN_OR_RAISE(RelationPtr relation, MakeNode(std::move(projection), SpanFrom(begin)));
  if (!is_with || !Accept("WHERE")) return relation;
  ARROW_ASSIGN_OR_RAISE(ExpressionPtr condition, ParseExpression());
  return MakeNode(syntax::Filter{std::move(relation), std::move(condition)}, SpanFrom(begin));
}

arrow::Result<syntax::ExpressionPtr> Grammar::ParseItem(bool is_with) {
  const size_t begin = at_;
  if (Is("*")) {
    Take();
    return syntax::MakeExpression(syntax::Star{}, SpanFrom(begin));
  }
  ARROW_ASSIGN_OR_RAISE(ExpressionPtr expression, ParseExpression());
  const Span written = SpanFrom(begin);
  if (Accept("AS")) {
    ARROW_ASSIGN_OR_RAISE(std::string name, ParseIdentifier("an alias"));
    return Make(syntax::Alias{std::move(expression), std::move(name)}, SpanFrom(begin));
  }
  const auto* variable = expression->As<syntax::Name>();
  if (is_with && (variable == nullptr || variable->parts.size() > 1)) {
    return SyntaxError("an expression in WITH is named by AS", "AS");
  }
  syntax::Expression item = *expression;
  item.text = text_.substr(written.begin, written.end - written.begin);
  return std::make_shared<const syntax::Expression>(std::move(item));
}

arrow::Result<syntax::SortKey> Grammar::ParseSortKey() {
  syntax::SortKey key;
  ARROW_ASSIGN_OR_RAISE(key.expression, ParseExpression());
  if (IsAnyOf({"DESC", "DESCENDING"})) {
    Take();
    key.ascending = false;
  } else if (IsAnyOf({"ASC", "ASCENDING"})) {
    Take();
  }
  return key;
}

arrow::Result<syntax::RelationPtr> ParseQuery(std::string_view text, std::string graph) {
  return Grammar(text, std::move(graph)).ParseQuery();
}

}  // namespace sabot::cypher
