#pragma once

#include <string_view>
#include <vector>

#include "arrow/result.h"

#include "sabot/syntax/statement.h"

/// SQL in Spark's dialect as the unresolved tree. Total over any bytes, linear in their number.
/// Spans point into the text given.
///
/// Errors: PARSE_SYNTAX_ERROR at the first token that fits nothing (at the end of input: the byte
/// behind the last token); UNSUPPORTED_FEATURE for what Spark has and Sabot does not, at its
/// keyword; PLAN_TOO_DEEP past syntax::kNestingMax levels; UNSUPPORTED_DATATYPE and
/// INVALID_TYPED_LITERAL from types and intervals.
namespace sabot::sql {

/// Statements separated by semicolons; empty ones are passed over.
arrow::Result<std::vector<syntax::StatementPtr>> ParseScript(std::string_view text);
/// Exactly one statement, with or without its semicolon.
arrow::Result<syntax::StatementPtr> ParseStatement(std::string_view text);
/// An expression, with or without an alias: expr("a + 1 AS b").
arrow::Result<syntax::ExpressionPtr> ParseExpression(std::string_view text);

/// The text of each statement, without semicolon, surrounding blanks and statements of blanks and
/// comments only. Total: what does not parse is split too.
std::vector<std::string_view> SplitStatements(std::string_view text);
/// Whether a shell can run what was typed: it is blank, or ends in a semicolon outside of strings,
/// quoted names and comments.
bool IsComplete(std::string_view text);

}  // namespace sabot::sql
