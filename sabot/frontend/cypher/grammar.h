#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "arrow/result.h"
#include "arrow/status.h"

#include "sabot/frontend/cypher/lexer.h"
#include "sabot/syntax/relation.h"

namespace sabot::cypher {

/// The recursive descent over one query: a method a production. Private to this room; parser.h is
/// its door. Sources: parser.cc (state and clauses), expressions.cc, patterns.cc.
class Grammar {
 public:
  Grammar(std::string_view text, std::string graph)
      : text_(text), graph_(std::move(graph)), tokens_(Lex(text)) {}

  arrow::Result<syntax::RelationPtr> ParseQuery();

 private:
  template <typename T>
  using Result = arrow::Result<T>;
  using Status = arrow::Status;
  using ExpressionPtr = syntax::ExpressionPtr;
  using RelationPtr = syntax::RelationPtr;
  using Expressions = std::vector<ExpressionPtr>;

  /// One level of recursion, for as long as it lives.
  class Level {
   public:
    explicit Level(Grammar* grammar) : grammar_(grammar) { ++grammar_->depth_; }
    ~Level() { --grammar_->depth_; }
    Level(const Level&) = delete;
    Level& operator=(const Level&) = delete;
    Status Check() const;

   private:
    Grammar* grammar_;
  };

  // Tokens. `what` is a keyword in upper case or a symbol.
  const Token& Peek(size_t ahead = 0) const;
  bool Is(std::string_view what, size_t ahead = 0) const;
  bool IsAnyOf(std::initializer_list<std::string_view> what, size_t ahead = 0) const;
  bool IsKind(Token::Kind kind, size_t ahead = 0) const { return Peek(ahead).kind == kind; }
  bool IsName(size_t ahead = 0) const;
  const Token& Take();
  bool Accept(std::string_view what);
  Status Expect(std::string_view what);
  Span SpanFrom(size_t begin) const;
  Span SpanFrom(const ExpressionPtr& first) const;

  // Errors.
  Status SyntaxError(std::string hint = {}, std::string_view missing = {}) const;
  Status Unsupported(std::string feature, std::string alternative, size_t ahead = 0) const;
  Status TooDeep(Span span) const;

  template <typename Node>
  Result<ExpressionPtr> Make(Node node, Span span) const {
    return Checked(syntax::MakeExpression(std::move(node), span));
  }
  template <typename Node>
  Result<RelationPtr> MakeNode(Node node, Span span) const {
    return Checked(syntax::MakeRelation(std::move(node), span));
  }
  Result<ExpressionPtr> Call(std::string function, Expressions arguments, Span span) const;
  Result<ExpressionPtr> Checked(ExpressionPtr expression) const;
  Result<RelationPtr> Checked(RelationPtr relation) const;
  Result<std::string> ParseIdentifier(std::string_view what);

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
  Result<ExpressionPtr> ParseArithmetic();
  Result<ExpressionPtr> ParseUnary();
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
  Result<ExpressionPtr> Balanced(std::string_view function, const Expressions& operands,
                                 size_t begin, size_t end) const;

  std::string_view text_;
  std::string graph_;
  std::vector<Token> tokens_;
  size_t at_ = 0;
  int depth_ = 0;
};

/// Words that begin no expression unless in backticks.
bool IsReserved(std::string_view word);
std::string ToUpper(std::string_view word);

}  // namespace sabot::cypher
