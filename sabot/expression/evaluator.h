#pragma once

#include <memory>
#include <span>
#include <vector>

#include "sabot/expression/expression.h"
#include "sabot/expression/kernel.h"
#include "sabot/expression/layout.h"
#include "sabot/vector/batch.h"

namespace sabot {

/// An expression compiled for one layout of batches. One a task: it owns scratch vectors. Nothing
/// is allocated per batch once warm.
class Evaluator {
 public:
  virtual ~Evaluator() = default;
  /// The expression over the batch's active rows; result.size() == batch.num_rows(). Valid until
  /// the next call unless copied. A column reference returns the column as it is, dictionary or
  /// constant.
  virtual arrow::Status Evaluate(const Batch& batch, Vector* result) = 0;
  /// The same over other rows of the batch.
  virtual arrow::Status Evaluate(const Batch& batch, Rows rows, Vector* result) = 0;
};

/// Errors: INTERNAL_ERROR if a column is not in the layout; those of the resolver and the binders.
arrow::Result<std::unique_ptr<Evaluator>> MakeEvaluator(const ExpressionPtr& expression,
                                                        const Layout& layout,
                                                        const FunctionResolver& resolver,
                                                        const EvaluationSettings& settings);

/// A condition over batches: keeps the rows for which it is true. AND narrows conjunct by conjunct.
class Predicate {
 public:
  virtual ~Predicate() = default;
  /// Narrow the batch's selection to the rows that pass.
  virtual arrow::Status Select(Batch* batch) = 0;
};

arrow::Result<std::unique_ptr<Predicate>> MakePredicate(const ExpressionPtr& condition,
                                                        const Layout& layout,
                                                        const FunctionResolver& resolver,
                                                        const EvaluationSettings& settings);

/// The value of an expression without columns. Errors: those of evaluating it.
arrow::Result<TypedValue> EvaluateConstant(const ExpressionPtr& expression,
                                           const FunctionResolver& resolver,
                                           const EvaluationSettings& settings);

}  // namespace sabot
