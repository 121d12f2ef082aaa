#pragma once

#include <cstddef>
#include <initializer_list>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "arrow/result.h"
#include "arrow/status.h"

#include "sabot/syntax/expression.h"
#include "sabot/syntax/relation.h"
#include "sabot/syntax/token.h"

namespace sabot::syntax {

/// An operator between two operands.
struct BinaryOperator {
  std::string_view text;
  int level;  ///< from 1; binds tighter than those of lower levels; the same goes left to right
  std::string_view function;
};

/// What a recursive descent over tokens needs in any language: the place in the text, errors that
/// point at it, and nodes that are not too high. A language's grammar is derived from it, a method
/// a production; its methods consume what they parse, and on error the position is of no use.
class Grammar {
 public:
  Grammar(std::string_view text, std::vector<Token> tokens)
      : text_(text), tokens_(std::move(tokens)) {}
  virtual ~Grammar() = default;
  Grammar(const Grammar&) = delete;
  Grammar& operator=(const Grammar&) = delete;

 protected:
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
  bool Accept(std::string_view first, std::string_view second);
  Status Expect(std::string_view what);
  /// A name where one must stand: any word, or one in backticks. PARSE_SYNTAX_ERROR says `what`.
  Result<std::string> TakeName(std::string_view what);
  /// From the token at `begin` to the last one taken.
  Span SpanFrom(size_t begin) const;
  Span SpanFrom(const ExpressionPtr& first) const;

  // Errors.
  /// PARSE_SYNTAX_ERROR at the next token. `missing`: what should have stood here.
  Status SyntaxError(std::string hint = {}, std::string_view missing = {}) const;
  Status Unsupported(std::string feature, std::string alternative, size_t ahead = 0) const;
  Status TooDeep(Span span) const;
  /// A hint for the next token, which fits nothing: a keyword that is spelled wrong.
  virtual std::string SpellingHint() const = 0;
  /// The same where nothing else is known of it.
  virtual std::string LastHint() const { return {}; }

  // Expressions.
  /// Operands, each of ParseUnary, between operators of the table. Two stacks instead of a
  /// recursion a level: nesting costs the same stack whatever stands between the parentheses.
  Result<ExpressionPtr> ParseOperators(std::span<const BinaryOperator> table);
  virtual Result<ExpressionPtr> ParseUnary() = 0;

  // Nodes.
  template <typename Node>
  Result<ExpressionPtr> Make(Node node, Span span) const {
    return Checked(MakeExpression(std::move(node), span));
  }
  template <typename Node>
  Result<RelationPtr> MakeNode(Node node, Span span) const {
    return Checked(MakeRelation(std::move(node), span));
  }
  Result<ExpressionPtr> Call(std::string function, Expressions arguments, Span span) const;
  /// function(…) of operands [begin, end), at least one, as a tree whose height is the logarithm of
  /// their number, so that a generated chain of thousands is walked without depth.
  Result<ExpressionPtr> Balanced(std::string_view function, const Expressions& operands,
                                 size_t begin, size_t end) const;

  std::string_view text_;
  std::vector<Token> tokens_;
  size_t at_ = 0;  ///< the next token; the last one is never passed

 private:
  Result<ExpressionPtr> Checked(ExpressionPtr expression) const;
  Result<RelationPtr> Checked(RelationPtr relation) const;

  int depth_ = 0;
};

}  // namespace sabot::syntax
