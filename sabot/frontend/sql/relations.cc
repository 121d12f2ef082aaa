#include <utility>

#include <fmt/format.h>

#include "sabot/base/error.h"
#include "sabot/frontend/sql/grammar.h"

// Queries and what stands in FROM.
namespace sabot::sql {
namespace {

using syntax::JoinType;
using syntax::MakeRelation;
using syntax::SetOperation;
using Kind = Token::Kind;

}  // namespace

bool Grammar::IsQueryStart(size_t ahead) const {
  if (Is("SELECT", ahead)) return true;
  // WITH, VALUES, TABLE and FROM are names too: values.a, with + 1.
  if (Is("WITH", ahead)) {
    return IsName(ahead + 1) && IsAnyOf({"AS", "("}, ahead + 2);
  }
  if (Is("VALUES", ahead)) {
    const Kind next = Peek(ahead + 1).kind;
    return Is("(", ahead + 1) || next == Kind::kNumber || next == Kind::kString ||
           Is("-", ahead + 1) ||
           (next == Kind::kWord && (IsAnyOf({"NULL", "TRUE", "FALSE"}, ahead + 1) ||
                                    Is("(", ahead + 2) || IsKind(Kind::kString, ahead + 2)));
  }
  return Is("TABLE", ahead) && IsName(ahead + 1);
}

arrow::Result<syntax::RelationPtr> Grammar::ParseQuery() {
  const Level level(this);
  ARROW_RETURN_NOT_OK(level.Check());
  return Is("WITH") ? ParseWith() : ParseQueryBody();
}

arrow::Result<syntax::RelationPtr> Grammar::ParseWith() {
  const size_t begin = at_;
  Take();
  if (Is("RECURSIVE") && IsName(1)) {
    return Unsupported("WITH RECURSIVE", "range(), or MATCH shortestPath over a property graph");
  }
  syntax::With with;
  do {
    syntax::With::Common common;
    common.span = Peek().span;
    ARROW_ASSIGN_OR_RAISE(common.name, ParseIdentifier("the name of a common table expression"));
    for (const syntax::With::Common& other : with.commons) {
      if (ToUpperAscii(other.name) == ToUpperAscii(common.name)) {
        return MakeError("DUPLICATED_CTE_NAMES",
                         {{"duplicateNames", fmt::format("`{}`", common.name)}}, common.span);
      }
    }
    if (Is("(")) {
      ARROW_ASSIGN_OR_RAISE(common.columns, ParseNameList());
    }
    Accept("AS");
    ARROW_RETURN_NOT_OK(Expect("("));
    ARROW_ASSIGN_OR_RAISE(common.query, ParseQuery());
    ARROW_RETURN_NOT_OK(Expect(")"));
    with.commons.push_back(std::move(common));
  } while (Accept(","));
  ARROW_ASSIGN_OR_RAISE(with.input, ParseQueryBody());
  return MakeNode(std::move(with), SpanFrom(begin));
}

arrow::Result<syntax::RelationPtr> Grammar::ParseQueryBody() {
  ARROW_ASSIGN_OR_RAISE(RelationPtr body, ParseSetOperands());
  return ParseOrdering(std::move(body));
}

arrow::Result<syntax::RelationPtr> Grammar::ParseSetOperands() {
  ARROW_ASSIGN_OR_RAISE(RelationPtr first, ParseQueryPrimary());
  return ParseSetOperators(std::move(first), 0);
}

/// INTERSECT (level 1) binds tighter than UNION and EXCEPT (level 0).
arrow::Result<syntax::RelationPtr> Grammar::ParseSetOperators(RelationPtr left, int level) {
  while (IsAnyOf({"UNION", "EXCEPT", "MINUS", "INTERSECT"})) {
    const bool is_intersect = Is("INTERSECT");
    if (level == 1 && !is_intersect) break;
    syntax::SetOperator node;
    node.operation = is_intersect  ? SetOperation::kIntersect
                     : Is("UNION") ? SetOperation::kUnion
                                   : SetOperation::kExcept;
    Take();
    node.all = Accept("ALL");
    if (!node.all) Accept("DISTINCT");
    node.by_name = node.operation == SetOperation::kUnion && Accept("BY", "NAME");
    ARROW_ASSIGN_OR_RAISE(node.right, ParseQueryPrimary());
    if (!is_intersect) {
      ARROW_ASSIGN_OR_RAISE(node.right, ParseSetOperators(std::move(node.right), 1));
    }
    const Span span = Cover(left->span, node.right->span);
    node.left = std::move(left);
    ARROW_ASSIGN_OR_RAISE(left, MakeNode(std::move(node), span));
  }
  return left;
}

arrow::Result<syntax::RelationPtr> Grammar::ParseOrdering(RelationPtr input) {
  syntax::Ordered ordered;
  bool has_any = false;
  if (Accept("ORDER")) {
    ARROW_RETURN_NOT_OK(Expect("BY"));
    has_any = true;
    if (Is("ALL") && !Is(".", 1) && !Is("(", 1)) {
      return Unsupported("ORDER BY ALL", "ORDER BY 1, 2, …");
    }
    do {
      ARROW_ASSIGN_OR_RAISE(syntax::SortKey key, ParseSortKey());
      ordered.order_by.push_back(std::move(key));
    } while (Accept(","));
  }
  if (IsAnyOf({"SORT", "CLUSTER", "DISTRIBUTE"}) && Is("BY", 1)) {
    return Unsupported(ToUpperAscii(Peek().text) + " BY", "ORDER BY");
  }
  if (Is("WINDOW") && IsName(1))
    return Unsupported("a WINDOW clause", "GROUP BY with an aggregate");
  if (Accept("LIMIT")) {
    has_any = true;
    if (!Accept("ALL")) {
      ARROW_ASSIGN_OR_RAISE(ordered.limit, ParseExpression());
    }
    if (Is(",")) return SyntaxError("LIMIT a, b is written LIMIT b OFFSET a");
  }
  if (Accept("OFFSET")) {
    has_any = true;
    ARROW_ASSIGN_OR_RAISE(ordered.offset, ParseExpression());
  }
  if (IsAnyOf({"|>", "|"})) return Unsupported("the pipe |>", "a sub-query in FROM");
  if (!has_any) return input;
  const Span span = {input->span.begin, tokens_[at_ - 1].span.end};
  ordered.input = std::move(input);
  return MakeNode(std::move(ordered), span);
}

arrow::Result<syntax::SortKey> Grammar::ParseSortKey() {
  syntax::SortKey key;
  ARROW_ASSIGN_OR_RAISE(key.expression, ParseExpression());
  if (Accept("DESC")) {
    key.ascending = false;
  } else {
    Accept("ASC");
  }
  if (Accept("NULLS")) {
    key.nulls_first = Is("FIRST");
    if (!IsAnyOf({"FIRST", "LAST"})) return SyntaxError("NULLS is followed by FIRST or LAST");
    Take();
  }
  return key;
}

arrow::Result<syntax::RelationPtr> Grammar::ParseQueryPrimary() {
  const size_t begin = at_;
  if (Is("SELECT")) return ParseSelect();
  if (Accept("(")) {
    const Level level(this);
    ARROW_RETURN_NOT_OK(level.Check());
    ARROW_ASSIGN_OR_RAISE(RelationPtr query, ParseQuery());
    ARROW_RETURN_NOT_OK(Expect(")"));
    return query;
  }
  if (Is("VALUES")) {
    ARROW_ASSIGN_OR_RAISE(RelationPtr values, ParseValues());
    return ParseAliased(std::move(values), begin);
  }
  if (Accept("TABLE")) {
    ARROW_ASSIGN_OR_RAISE(Names parts, ParseQualifiedName("a table"));
    return MakeRelation(syntax::Table{std::move(parts)}, SpanFrom(begin + 1));
  }
  if (Is("FROM")) return Unsupported("a query that begins with FROM", "SELECT … FROM …");
  if (IsAnyOf({"MAP", "REDUCE", "INSERT", "MERGE", "UPDATE", "DELETE"}) && IsName(1)) {
    return Unsupported(ToUpperAscii(Peek().text) + " here", "SELECT");
  }
  return SyntaxError("a query begins with SELECT, VALUES, TABLE or WITH");
}

arrow::Result<syntax::RelationPtr> Grammar::ParseSelect() {
  const size_t begin = at_;
  Take();
  syntax::Select select;
  const bool has_quantifier = IsAnyOf({"DISTINCT", "ALL"}) && !Is(",", 1) && !Is("FROM", 1) &&
                              !Is(".", 1) && !IsKind(Kind::kEnd, 1);
  if (has_quantifier) select.distinct = EqualsIgnoreCase(Take().text, "DISTINCT");
  do {
    ARROW_ASSIGN_OR_RAISE(ExpressionPtr item, ParseNamedExpression());
    select.projection.push_back(std::move(item));
  } while (Accept(","));
  if (Is("USING") || (Is("ROW") && Is("FORMAT", 1))) {
    return Unsupported("TRANSFORM by a script", "functions in SELECT");
  }
  if (Accept("FROM")) {
    ARROW_ASSIGN_OR_RAISE(select.from, ParseFrom());
    ARROW_RETURN_NOT_OK(RefuseAfterFrom());
  }
  if (Is("LATERAL")) return RefuseAfterFrom();
  if (Accept("WHERE")) {
    ARROW_ASSIGN_OR_RAISE(select.where, ParseExpression());
  }
  if (Accept("GROUP")) {
    ARROW_RETURN_NOT_OK(Expect("BY"));
    ARROW_RETURN_NOT_OK(ParseGroupBy(&select));
  }
  if (Accept("HAVING")) {
    ARROW_ASSIGN_OR_RAISE(select.having, ParseExpression());
  }
  if (Is("QUALIFY")) return Unsupported("QUALIFY", "WHERE over a sub-query");
  return MakeNode(std::move(select), SpanFrom(begin));
}

arrow::Status Grammar::RefuseAfterFrom() const {
  if (Is("LATERAL")) {
    return Is("VIEW", 1) ? Unsupported("LATERAL VIEW", "element_at(array, n) in SELECT")
                         : Unsupported("LATERAL", "a JOIN with ON");
  }
  if (IsAnyOf({"PIVOT", "UNPIVOT"}) && IsAnyOf({"(", "INCLUDE", "EXCLUDE"}, 1)) {
    return Unsupported(ToUpperAscii(Peek().text), "GROUP BY with aggregates that have a FILTER");
  }
  return Status::OK();
}

arrow::Status Grammar::ParseGroupBy(syntax::Select* select) {
  constexpr std::string_view kAlternative = "UNION ALL of one GROUP BY each";
  if (Is("ALL") && !IsAnyOf({".", "(", ","}, 1)) {
    Take();
    select->group_by_all = true;
    return Status::OK();
  }
  do {
    if ((IsAnyOf({"ROLLUP", "CUBE"}) && Is("(", 1)) || (Is("GROUPING") && Is("SETS", 1))) {
      return Unsupported(Is("GROUPING") ? "GROUPING SETS" : ToUpperAscii(Peek().text),
                         std::string(kAlternative));
    }
    ARROW_ASSIGN_OR_RAISE(ExpressionPtr key, ParseExpression());
    select->group_by.push_back(std::move(key));
  } while (Accept(","));
  if (Is("GROUPING") && Is("SETS", 1)) {
    return Unsupported("GROUPING SETS", std::string(kAlternative));
  }
  if (Is("WITH") && IsAnyOf({"ROLLUP", "CUBE"}, 1)) {
    return Unsupported("WITH " + ToUpperAscii(Peek(1).text), std::string(kAlternative), 1);
  }
  return Status::OK();
}

/// A row is what stands in parentheses, or one expression: VALUES (1, 2), (3, 4) or VALUES 1, 2.
arrow::Result<syntax::RelationPtr> Grammar::ParseValues() {
  const size_t begin = at_;
  Take();
  syntax::Values values;
  do {
    ARROW_ASSIGN_OR_RAISE(ExpressionPtr row, ParseExpression());
    const auto* call = row->As<syntax::Call>();
    const bool is_row = call != nullptr &&
                        EqualsIgnoreCase(ToUpperAscii(call->function), "STRUCT") &&
                        !call->arguments.empty();
    values.rows.push_back(is_row ? call->arguments : Expressions{row});
  } while (Accept(","));
  return MakeNode(std::move(values), SpanFrom(begin));
}

/// Tables with commas between: each comma is a cross join, looser than the joins by word.
arrow::Result<syntax::RelationPtr> Grammar::ParseFrom() {
  const Level level(this);
  ARROW_RETURN_NOT_OK(level.Check());
  ARROW_ASSIGN_OR_RAISE(RelationPtr left, ParseFactor());
  ARROW_ASSIGN_OR_RAISE(left, ParseJoins(std::move(left)));
  while (Accept(",")) {
    if (Is("LATERAL")) return RefuseAfterFrom();
    if (IsReserved(Peek().text)) return SyntaxError("there is a comma too many before it");
    ARROW_ASSIGN_OR_RAISE(RelationPtr right, ParseFactor());
    ARROW_ASSIGN_OR_RAISE(right, ParseJoins(std::move(right)));
    const Span span = Cover(left->span, right->span);
    ARROW_ASSIGN_OR_RAISE(
        left,
        MakeNode(
            syntax::Join{std::move(left), std::move(right), JoinType::kCross, nullptr, {}, false},
            span));
  }
  return left;
}

/// The words of a join, if they are next: all but NATURAL, up to and with JOIN.
std::optional<syntax::JoinType> Grammar::AcceptJoinType() {
  struct Spelling {
    std::vector<std::string_view> words;
    JoinType type;
  };
  static const std::vector<Spelling> kSpellings = {{{"JOIN"}, JoinType::kInner},
                                                   {{"INNER", "JOIN"}, JoinType::kInner},
                                                   {{"CROSS", "JOIN"}, JoinType::kCross},
                                                   {{"LEFT", "JOIN"}, JoinType::kLeft},
                                                   {{"LEFT", "OUTER", "JOIN"}, JoinType::kLeft},
                                                   {{"RIGHT", "JOIN"}, JoinType::kRight},
                                                   {{"RIGHT", "OUTER", "JOIN"}, JoinType::kRight},
                                                   {{"FULL", "JOIN"}, JoinType::kFull},
                                                   {{"FULL", "OUTER", "JOIN"}, JoinType::kFull},
                                                   {{"LEFT", "SEMI", "JOIN"}, JoinType::kSemi},
                                                   {{"SEMI", "JOIN"}, JoinType::kSemi},
                                                   {{"LEFT", "ANTI", "JOIN"}, JoinType::kAnti},
                                                   {{"ANTI", "JOIN"}, JoinType::kAnti}};
  for (const Spelling& spelling : kSpellings) {
    size_t num_words = 0;
    while (num_words < spelling.words.size() && Is(spelling.words[num_words], num_words)) {
      ++num_words;
    }
    if (num_words < spelling.words.size()) continue;
    at_ += num_words;
    return spelling.type;
  }
  return std::nullopt;
}

arrow::Result<syntax::RelationPtr> Grammar::ParseJoins(RelationPtr left) {
  while (true) {
    ARROW_RETURN_NOT_OK(RefuseAfterFrom());
    if (Is("ASOF") && Is("JOIN", 1)) return Unsupported("ASOF JOIN", "a JOIN on a window of time");
    syntax::Join join;
    join.is_natural = Is("NATURAL");
    const size_t begin = at_;
    if (join.is_natural) Take();
    const std::optional<JoinType> type = AcceptJoinType();
    if (!type.has_value()) {
      if (join.is_natural) return SyntaxError({}, "JOIN");
      if (IsAnyOf({"LEFT", "RIGHT", "FULL", "INNER", "CROSS"})) {
        Take();
        return SyntaxError({}, "JOIN");
      }
      at_ = begin;
      return left;
    }
    join.type = *type;
    if (Is("LATERAL")) return RefuseAfterFrom();
    ARROW_ASSIGN_OR_RAISE(join.right, ParseFactor());
    if (Accept("ON")) {
      ARROW_ASSIGN_OR_RAISE(join.condition, ParseExpression());
    } else if (Accept("USING")) {
      ARROW_ASSIGN_OR_RAISE(join.using_columns, ParseNameList());
    }
    const Span span = {left->span.begin, tokens_[at_ - 1].span.end};
    join.left = std::move(left);
    ARROW_ASSIGN_OR_RAISE(left, MakeNode(std::move(join), span));
  }
}

arrow::Result<syntax::RelationPtr> Grammar::ParseFactor() {
  const size_t begin = at_;
  if (Accept("(")) {
    bool is_query = false;
    ARROW_ASSIGN_OR_RAISE(RelationPtr inner, ParseParenthesisedRelation(&is_query));
    return ParseAliased(std::move(inner), begin);
  }
  if (IsKind(Kind::kString)) {
    ARROW_ASSIGN_OR_RAISE(std::string path, ParseStringLiteral());
    ARROW_ASSIGN_OR_RAISE(
        RelationPtr files,
        MakeNode(syntax::Files{"", {std::move(path)}, {}, {}, false}, SpanFrom(begin)));
    return ParseAliased(std::move(files), begin);
  }
  if (Is("VALUES") && IsQueryStart()) {
    ARROW_ASSIGN_OR_RAISE(RelationPtr values, ParseValues());
    return ParseAliased(std::move(values), begin);
  }
  if (Is("LATERAL") && (IsName(1) || Is("(", 1))) return RefuseAfterFrom();
  if (IsReserved(Peek().text) || IsQueryStart()) {
    return SyntaxError(IsQueryStart() ? "a sub-query stands in parentheses" : "");
  }
  ARROW_ASSIGN_OR_RAISE(Names parts, ParseQualifiedName("a table, a file in quotes or (a query)"));
  RelationPtr relation;
  if (Accept("(")) {
    syntax::TableFunction function;
    function.name = parts[0];
    for (size_t i = 1; i < parts.size(); ++i) function.name += "." + parts[i];
    while (!Is(")")) {
      if (!function.arguments.empty()) {
        ARROW_RETURN_NOT_OK(Expect(","));
      }
      if (Is("TABLE") && (IsName(1) || Is("(", 1))) {
        return Unsupported("a TABLE argument", "GROUP BY window(…) for windows of time");
      }
      ARROW_ASSIGN_OR_RAISE(ExpressionPtr argument, ParseArgument());
      function.arguments.push_back(std::move(argument));
    }
    Take();
    relation = MakeRelation(std::move(function), SpanFrom(begin));
  } else {
    relation = MakeRelation(syntax::Table{std::move(parts)}, SpanFrom(begin));
  }
  if (IsAnyOf({"VERSION", "TIMESTAMP", "SYSTEM_VERSION", "SYSTEM_TIME"}) && IsAnyOf({"AS"}, 1) &&
      Is("OF", 2)) {
    return Unsupported("time travel", "a view over the files of that time");
  }
  return ParseAliased(std::move(relation), begin);
}

arrow::Result<syntax::RelationPtr> Grammar::ParseAliased(RelationPtr input, size_t begin) {
  if (Is("TABLESAMPLE")) return Unsupported("TABLESAMPLE", "LIMIT");
  ARROW_RETURN_NOT_OK(RefuseAfterFrom());
  const bool has_as = Accept("AS");
  const bool is_implicit =
      IsKind(Kind::kQuotedName) || (IsKind(Kind::kWord) && !IsNoAlias(Peek().text));
  if (!has_as && !is_implicit) return input;
  syntax::SubqueryAlias alias;
  ARROW_ASSIGN_OR_RAISE(alias.name, ParseIdentifier("an alias"));
  if (Is("(")) {
    ARROW_ASSIGN_OR_RAISE(alias.columns, ParseNameList());
  }
  alias.input = std::move(input);
  return MakeNode(std::move(alias), SpanFrom(begin));
}

/// Whether ((…) is a query or a table to join is only known behind its inner parenthesis: ((SELECT
/// …) UNION …) or ((SELECT …) a JOIN …).
arrow::Result<syntax::RelationPtr> Grammar::ParseParenthesisedRelation(bool* is_query) {
  const Level level(this);
  ARROW_RETURN_NOT_OK(level.Check());
  RelationPtr inner;
  if (IsQueryStart() || IsAnyOf({"WITH", "FROM"})) {
    *is_query = true;
    ARROW_ASSIGN_OR_RAISE(inner, ParseQuery());
  } else if (Is("(")) {
    const size_t begin = at_;
    Take();
    ARROW_ASSIGN_OR_RAISE(inner, ParseParenthesisedRelation(is_query));
    if (*is_query &&
        IsAnyOf({"UNION", "EXCEPT", "MINUS", "INTERSECT", "ORDER", "LIMIT", "OFFSET"})) {
      ARROW_ASSIGN_OR_RAISE(inner, ParseSetOperators(std::move(inner), 0));
      ARROW_ASSIGN_OR_RAISE(inner, ParseOrdering(std::move(inner)));
    } else if (!Is(")")) {
      *is_query = false;
      ARROW_ASSIGN_OR_RAISE(inner, ParseAliased(std::move(inner), begin));
      ARROW_ASSIGN_OR_RAISE(inner, ParseJoins(std::move(inner)));
    }
  } else {
    *is_query = false;
    ARROW_ASSIGN_OR_RAISE(inner, ParseFactor());
    ARROW_ASSIGN_OR_RAISE(inner, ParseJoins(std::move(inner)));
  }
  ARROW_RETURN_NOT_OK(Expect(")"));
  return inner;
}

}  // namespace sabot::sql
