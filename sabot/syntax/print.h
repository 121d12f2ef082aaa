#pragma once

#include <string>

#include "sabot/syntax/statement.h"

/// The unresolved tree as one line of nested parentheses, for tests and debugging: (select (a (as
/// (+ b 1) c)) (from t) (where (> a 2))). Null pointers print as ().
namespace sabot::syntax {

std::string Print(const ExpressionPtr& expression);
std::string Print(const RelationPtr& relation);
std::string Print(const StatementPtr& statement);

}  // namespace sabot::syntax
