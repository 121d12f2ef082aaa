#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "arrow/result.h"
#include "arrow/status.h"

#include "sabot/frontend/cypher/lexer.h"
#include "sabot/syntax/grammar.h"
#include "sabot/syntax/relation.h"
#include "sabot/types/identifier.h"

namespace sabot::cypher {

using syntax::Token;

/// The recursive descent over one query: a method a production. Private to this room; parser.h is
/// its door. Sources: parser.cc (clauses), expressions.cc, patterns.cc.
class Grammar final : public syntax::Grammar {
 public:
  Grammar(std::string_view text, std::string graph)
      : syntax::Grammar(text, Lex(text)), graph_(std::move(graph)) {}

  arrow::Result<syntax::RelationPtr> ParseQuery();

 private:
  std::string SpellingHint() const override;

  // Clauses.
  Result<RelationPtr> ParseMatch(RelationPtr input);
  /// RETURN or WITH.
  Result<RelationPtr> ParseProjection(RelationPtr input, bool is_with);
  Result<ExpressionPtr> ParseItem(bool is_with);
  Result<syntax::SortKey> ParseSortKey();
  Status RefuseClause() const;

  // Patterns.
  Result<syntax::PathPattern> ParsePath();
  Status ParsePathElements(syntax::PathPattern* path);
  Status CheckShortest(const syntax::PathPattern& path, size_t begin) const;
  bool IsRelationship() const;
  Result<syntax::NodePattern> ParseNode();
  Result<syntax::RelationshipPattern> ParseRelationship(bool is_shortest);
  Result<syntax::RelationshipPattern::Length> ParseLength();
  Result<std::optional<int64_t>> ParseHops();
  Status ParseNodeLabels(syntax::NodePattern* node);
  Status ParseLabels(std::vector<std::string>* labels);
  Result<syntax::PropertyMap> ParseProperties();
  Status RefusePredicate() const;

  // Expressions.
  Result<ExpressionPtr> ParseExpression();
  /// OR, XOR and AND by level 0, 1, 2.
  Result<ExpressionPtr> ParseLogical(int level);
  Result<ExpressionPtr> ParseNot();
  Result<ExpressionPtr> ParseComparison();
  Result<ExpressionPtr> ParsePredicate();
  Result<ExpressionPtr> ParseUnary() override;
  Result<ExpressionPtr> ParsePostfix();
  Result<ExpressionPtr> ParseSubscript(ExpressionPtr left);
  Result<ExpressionPtr> ParseAtom();
  Result<ExpressionPtr> ParseWord();
  Result<ExpressionPtr> ParseParenthesised();
  Result<ExpressionPtr> ParseNumber(std::string sign, size_t begin);
  Result<ExpressionPtr> ParseParameter();
  Result<ExpressionPtr> ParseList();
  Result<ExpressionPtr> ParseMap();
  Result<ExpressionPtr> ParseCase();
  Result<ExpressionPtr> ParseFunction();

  std::string graph_;
};

/// Words that begin no expression unless in backticks.
bool IsReserved(std::string_view word);

}  // namespace sabot::cypher
