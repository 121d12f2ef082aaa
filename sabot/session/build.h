#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "sabot/syntax/statement.h"

/// What fluent front ends build trees with, so that they need no room below the session.
namespace sabot::build {

/// "a", "t.a", "`odd name`.b". Errors: PARSE_SYNTAX_ERROR.
arrow::Result<syntax::ExpressionPtr> ParseColumn(std::string_view name);
/// An expression in SQL, positions included. Errors: PARSE_SYNTAX_ERROR.
arrow::Result<syntax::ExpressionPtr> ParseExpression(std::string_view text);
/// A table's name, or format.`path`.
arrow::Result<syntax::RelationPtr> ParseTable(std::string_view name);
syntax::ExpressionPtr Call(std::string_view function, std::vector<syntax::ExpressionPtr> arguments,
                           bool distinct = false);
/// Errors: PARSE_SYNTAX_ERROR, UNSUPPORTED_DATATYPE.
arrow::Result<syntax::ExpressionPtr> Cast(syntax::ExpressionPtr argument, std::string_view type);
/// how: "inner", "left", "right", "semi", "anti", "cross". Errors: INVALID_PARAMETER_VALUE.
arrow::Result<syntax::RelationPtr> Join(syntax::RelationPtr left, syntax::RelationPtr right,
                                        std::vector<std::string> using_columns,
                                        syntax::ExpressionPtr condition, std::string_view how);
/// For people: an s-expression.
std::string Print(const syntax::ExpressionPtr& expression);
std::string Print(const syntax::RelationPtr& relation);

}  // namespace sabot::build
