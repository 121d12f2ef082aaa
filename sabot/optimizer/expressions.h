#pragma once

#include <map>
#include <vector>

#include "sabot/optimizer/optimizer.h"

/// What several rules ask of expressions.
namespace sabot {

/// The parts of an AND, from left to right.
void SplitConjuncts(const ExpressionPtr& condition, std::vector<ExpressionPtr>* conjuncts);
/// Their AND; null for none.
ExpressionPtr JoinConjuncts(const std::vector<ExpressionPtr>& conjuncts);
/// Put expressions in the place of columns.
ExpressionPtr Substitute(const ExpressionPtr& expression,
                         const std::map<ColumnId, ExpressionPtr>& values);
/// Is the tree small enough to be walked again and again? What substitution makes may not be: it
/// deepens with each step of the plan, and doubles where a column is read twice.
bool IsWalkable(const ExpressionPtr& expression);
/// Does it read only columns of that output?
bool ReadsOnly(const ExpressionPtr& expression, const std::vector<OutputColumn>& output);
/// May evaluating it fail on some row, or give another result a second time? Such an expression
/// does not move below a filter or join.
bool IsMovable(const ExpressionPtr& expression, const OptimizerContext& context);
/// The largest id of any column in the plan; new columns begin behind it.
ColumnId MaxId(const LogicalPtr& plan);

}  // namespace sabot
