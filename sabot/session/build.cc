#include "sabot/session/build.h"

#include <algorithm>
#include <array>

#include "sabot/base/error.h"
#include "sabot/frontend/sql/parser.h"
#include "sabot/syntax/print.h"

namespace sabot::build {

arrow::Result<syntax::ExpressionPtr> ParseExpression(std::string_view text) {
  auto parsed = sql::ParseExpression(text);
  if (!parsed.ok()) return WithStatement(parsed.status(), text);
  return parsed;
}

arrow::Result<syntax::ExpressionPtr> ParseColumn(std::string_view name) {
  ARROW_ASSIGN_OR_RAISE(syntax::ExpressionPtr parsed, ParseExpression(name));
  if (parsed->As<syntax::Name>() != nullptr || parsed->As<syntax::Star>() != nullptr) {
    // Positions in a bare name say nothing about the statement it becomes a part of.
    if (const auto* column = parsed->As<syntax::Name>()) return syntax::MakeExpression(*column);
    return syntax::MakeExpression(*parsed->As<syntax::Star>());
  }
  return syntax::MakeExpression(syntax::Name{{std::string(name)}, {}});
}

arrow::Result<syntax::RelationPtr> ParseTable(std::string_view name) {
  ARROW_ASSIGN_OR_RAISE(const syntax::ExpressionPtr parsed, ParseExpression(name));
  const auto* parts = parsed->As<syntax::Name>();
  if (parts == nullptr) return syntax::MakeRelation(syntax::Table{{std::string(name)}});
  return syntax::MakeRelation(syntax::Table{parts->parts});
}

syntax::ExpressionPtr Call(std::string_view function, std::vector<syntax::ExpressionPtr> arguments,
                           bool distinct) {
  return syntax::MakeExpression(
      syntax::Call{std::string(function), std::move(arguments), distinct, nullptr});
}

arrow::Result<syntax::ExpressionPtr> Cast(syntax::ExpressionPtr argument, std::string_view type) {
  ARROW_ASSIGN_OR_RAISE(Type parsed, ParseType(type));
  return syntax::MakeExpression(syntax::Cast{std::move(argument), std::move(parsed), false});
}

arrow::Result<syntax::RelationPtr> Join(syntax::RelationPtr left, syntax::RelationPtr right,
                                        std::vector<std::string> using_columns,
                                        syntax::ExpressionPtr condition, std::string_view how) {
  using syntax::JoinType;
  constexpr std::pair<std::string_view, JoinType> kTypes[] = {
      {"inner", JoinType::kInner}, {"left", JoinType::kLeft}, {"right", JoinType::kRight},
      {"semi", JoinType::kSemi},   {"anti", JoinType::kAnti}, {"cross", JoinType::kCross}};
  const auto* found = std::find_if(std::begin(kTypes), std::end(kTypes),
                                   [&](const auto& type) { return type.first == how; });
  if (found == std::end(kTypes)) {
    return MakeError("INVALID_PARAMETER_VALUE",
                     {{"parameter", "how"},
                      {"functionName", "join"},
                      {"message", "it is inner, left, right, semi, anti or cross"}});
  }
  syntax::Join join;
  join.left = std::move(left);
  join.right = std::move(right);
  join.type = found->second;
  join.condition = std::move(condition);
  join.using_columns = std::move(using_columns);
  return syntax::MakeRelation(std::move(join));
}

std::string Print(const syntax::ExpressionPtr& expression) { return syntax::Print(expression); }
std::string Print(const syntax::RelationPtr& relation) { return syntax::Print(relation); }

}  // namespace sabot::build
