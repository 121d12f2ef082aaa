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

bool IsReserved(std::string_view word) {
  return std::binary_search(std::begin(kReserved), std::end(kReserved), ToUpperAscii(word));
}

std::string Grammar::SpellingHint() const {
  const Token& token = Peek();
  if (token.kind != Kind::kWord || token.text.size() < 4) return {};
  const auto nearest = NearestNames(token.text, kClauses, 1);
  const bool is_close =
      !nearest.empty() && !Is(nearest[0]) && ToUpperAscii(token.text)[0] == nearest[0][0];
  return is_close ? "did you mean " + nearest[0] + "?" : "";
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
    ARROW_ASSIGN_OR_RAISE(std::string name, TakeName("an alias"));
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
