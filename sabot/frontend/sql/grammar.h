#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "arrow/result.h"
#include "arrow/status.h"

#include "sabot/frontend/sql/lexer.h"
#include "sabot/syntax/grammar.h"
#include "sabot/syntax/statement.h"
#include "sabot/types/identifier.h"

namespace sabot::sql {

using syntax::Token;

/// The recursive descent over one text: a method a production. Private to this room; parser.h is
/// its door. Sources: parser.cc (names and scripts), expressions.cc, literals.cc, relations.cc,
/// statements.cc, graphs.cc.
class Grammar final : public syntax::Grammar {
 public:
  explicit Grammar(std::string_view text) : syntax::Grammar(text, Lex(text)) {}

  arrow::Result<std::vector<syntax::StatementPtr>> ParseScript();
  arrow::Result<syntax::StatementPtr> ParseOnlyStatement();
  arrow::Result<syntax::ExpressionPtr> ParseOnlyExpression();

 private:
  using StatementPtr = syntax::StatementPtr;
  using Names = std::vector<std::string>;

  std::string SpellingHint() const override;
  std::string LastHint() const override;
  /// The error of a parser that read text_[span], as one of this text.
  Status FromSlice(const Status& status, Span span) const;

  // Names.
  /// A name where one must stand, but not IDENTIFIER(…).
  Result<std::string> ParseIdentifier(std::string_view what = "a name");
  /// a.b.c
  Result<Names> ParseQualifiedName(std::string_view what = "a name");
  /// (a, b, c)
  Result<Names> ParseNameList();
  Result<std::string> ParseStringLiteral(std::string_view what = "a string");

  // Expressions.
  Result<ExpressionPtr> ParseExpression();
  Result<ExpressionPtr> ParseAnd();
  Result<ExpressionPtr> ParseNot();
  Result<ExpressionPtr> ParsePredicate();
  Result<ExpressionPtr> ParseIs(const ExpressionPtr& left);
  Result<ExpressionPtr> ParseIn(const ExpressionPtr& left);
  Result<ExpressionPtr> ParseBetween(ExpressionPtr left);
  Result<ExpressionPtr> ParseLike(ExpressionPtr left, bool is_negated);
  Result<ExpressionPtr> ParseBinary();
  Result<ExpressionPtr> ParseUnary() override;
  Result<ExpressionPtr> ParsePostfix(ExpressionPtr left);
  Result<ExpressionPtr> ParsePrimary();
  Result<ExpressionPtr> ParseWord();
  Result<ExpressionPtr> ParseParenthesised();
  Result<ExpressionPtr> ParseParameter();
  Result<ExpressionPtr> ParseName();
  Result<ExpressionPtr> ParseStar(Names qualifier, size_t begin);
  Result<ExpressionPtr> ParseCase();
  Result<ExpressionPtr> ParseCast();
  Result<ExpressionPtr> ParseFunction();
  Result<ExpressionPtr> ParseCallOf(std::string name, size_t begin);
  Result<ExpressionPtr> FinishCall(syntax::Call call, size_t begin);
  /// The functions whose arguments have a syntax of their own; null if the call is an ordinary one.
  Result<ExpressionPtr> ParseSpecialFunction();
  Result<ExpressionPtr> ParseExtract();
  Result<ExpressionPtr> ParseSubstring();
  Result<ExpressionPtr> ParseTrim();
  Result<ExpressionPtr> ParsePosition();
  Result<ExpressionPtr> ParseOverlay();
  Result<ExpressionPtr> ParseUnitFunction(std::string function);
  Result<ExpressionPtr> ParseArgument();
  Result<Expressions> ParseExpressions();
  /// expression [[AS] alias]
  Result<ExpressionPtr> ParseNamedExpression();
  Status RefuseSubquery(std::string_view what) const;

  // Literals and types.
  Result<ExpressionPtr> ParseNumber(std::string sign, size_t begin);
  Result<ExpressionPtr> ParseTypedLiteral();
  bool IsInterval() const;
  Result<ExpressionPtr> ParseInterval();
  Result<syntax::Literal::Interval> ParseIntervalText(const Token& token) const;
  Result<Type> ParseTypeName();
  /// (a INT, b STRING)
  Result<Schema> ParseColumns();

  // Relations.
  bool IsQueryStart(size_t ahead = 0) const;
  Result<RelationPtr> ParseQuery();
  Result<RelationPtr> ParseWith();
  Result<RelationPtr> ParseQueryBody();
  Result<RelationPtr> ParseSetOperands();
  Result<RelationPtr> ParseSetOperators(RelationPtr left, int level);
  Result<RelationPtr> ParseOrdering(RelationPtr input);
  Result<syntax::SortKey> ParseSortKey();
  Result<RelationPtr> ParseQueryPrimary();
  Result<RelationPtr> ParseSelect();
  Status ParseGroupBy(syntax::Select* select);
  Status RefuseAfterFrom() const;
  Result<RelationPtr> ParseValues();
  Result<RelationPtr> ParseFrom();
  Result<RelationPtr> ParseJoins(RelationPtr left);
  std::optional<syntax::JoinType> AcceptJoinType();
  Result<RelationPtr> ParseFactor();
  Result<RelationPtr> ParseAliased(RelationPtr input, size_t begin);
  /// Behind "(": a query or a joined table, up to and with ")". is_query tells which it was.
  Result<RelationPtr> ParseParenthesisedRelation(bool* is_query);

  // Statements.
  Result<StatementPtr> ParseStatement();
  Result<StatementPtr> ParseCreate();
  Result<StatementPtr> ParseCreateView(bool replace, size_t begin);
  Result<RelationPtr> ParseViewSource(std::optional<Schema> schema);
  Result<syntax::Options> ParseOptions();
  Result<StatementPtr> ParseDrop();
  Result<StatementPtr> ParseShow();
  Result<StatementPtr> ParseDescribe();
  Result<StatementPtr> ParseSet();
  Result<StatementPtr> ParseReset();
  Result<StatementPtr> ParseExplain();
  Result<StatementPtr> ParseInsert();
  Result<StatementPtr> RefuseStatement();
  template <typename Node>
  StatementPtr MakeStatement(Node node, size_t begin) const {
    return syntax::MakeStatement(std::move(node), SpanFrom(begin));
  }

  // Property graphs.
  Result<StatementPtr> ParseCreateGraph(bool replace, size_t begin);
  Result<syntax::VertexTable> ParseVertexTable();
  Result<syntax::EdgeTable> ParseEdgeTable();
  Status ParseEdgeEnd(Names* key, std::string* table, Names* columns);
  Status ParseLabel(std::string* label);
};

/// Words that end an expression or a table where they stand bare: no alias without AS, as in Spark.
bool IsNoAlias(std::string_view word);
/// Words that begin no expression unless in backticks.
bool IsReserved(std::string_view word);

}  // namespace sabot::sql
