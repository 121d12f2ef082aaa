#include "sabot/syntax/grammar.h"

#include <algorithm>

#include "sabot/base/error.h"
#include "sabot/types/identifier.h"

namespace sabot::syntax {

using Kind = Token::Kind;

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
  return token.kind == Kind::kWord && EqualsIgnoreCase(token.text, what);
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

arrow::Result<std::string> Grammar::TakeName(std::string_view what) {
  if (!IsName()) return SyntaxError(std::string(what) + " must stand here");
  const Token& token = Take();
  return token.kind == Kind::kWord ? std::string(token.text) : token.value;
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
  if (hint.empty()) hint = SpellingHint();
  if (hint.empty() && !missing.empty()) hint = std::string(missing) + " is missing here";
  if (hint.empty()) hint = LastHint();
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

arrow::Result<ExpressionPtr> Grammar::Checked(ExpressionPtr expression) const {
  if (expression->height > kNestingMax) return TooDeep(expression->span);
  return expression;
}

arrow::Result<RelationPtr> Grammar::Checked(RelationPtr relation) const {
  if (relation->height > kNestingMax) return TooDeep(relation->span);
  return relation;
}

arrow::Result<ExpressionPtr> Grammar::Call(std::string function, Expressions arguments,
                                           Span span) const {
  return Make(syntax::Call{std::move(function), std::move(arguments), false, nullptr}, span);
}

arrow::Result<ExpressionPtr> Grammar::Balanced(std::string_view function,
                                               const Expressions& operands, size_t begin,
                                               size_t end) const {
  if (end - begin == 1) return operands[begin];
  const size_t middle = begin + (end - begin + 1) / 2;
  ARROW_ASSIGN_OR_RAISE(ExpressionPtr left, Balanced(function, operands, begin, middle));
  ARROW_ASSIGN_OR_RAISE(ExpressionPtr right, Balanced(function, operands, middle, end));
  const Span span = Cover(left->span, right->span);
  return Call(std::string(function), {std::move(left), std::move(right)}, span);
}

arrow::Result<ExpressionPtr> Grammar::ParseOperators(std::span<const BinaryOperator> table) {
  Expressions operands;
  std::vector<const BinaryOperator*> operators;
  while (true) {
    ARROW_ASSIGN_OR_RAISE(ExpressionPtr operand, ParseUnary());
    operands.push_back(std::move(operand));
    const auto next = std::ranges::find_if(
        table, [&](const BinaryOperator& candidate) { return Is(candidate.text); });
    const int level = next == table.end() ? 0 : next->level;
    while (!operators.empty() && operators.back()->level >= level) {
      ExpressionPtr right = std::move(operands.back());
      operands.pop_back();
      ExpressionPtr left = std::move(operands.back());
      const Span span = Cover(left->span, right->span);
      ARROW_ASSIGN_OR_RAISE(operands.back(), Call(std::string(operators.back()->function),
                                                  {std::move(left), std::move(right)}, span));
      operators.pop_back();
    }
    if (level == 0) return operands.back();
    operators.push_back(&*next);
    Take();
  }
}

}  // namespace sabot::syntax
