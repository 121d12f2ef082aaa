#pragma once

#include <memory>
#include <vector>

#include <nanobind/nanobind.h>

#include "sabot/session/session.h"

namespace sabot::python {

/// What Python holds of the unresolved tree.
struct ExpressionHandle {
  syntax::ExpressionPtr expression;
};
struct RelationHandle {
  syntax::RelationPtr relation;
};
std::vector<syntax::ExpressionPtr> Expressions(const std::vector<ExpressionHandle>& handles);

/// Looks for a pending signal every time the engine asks: Ctrl-C becomes KeyboardInterrupt.
WaitHook SignalHook();

/// A Python object with __arrow_c_stream__ as a reader. Raises what the method raises.
std::shared_ptr<arrow::RecordBatchReader> ImportStream(nanobind::handle table);

void BindExpressions(nanobind::module_& module);
void BindRelations(nanobind::module_& module);
void BindSession(nanobind::module_& module);
void BindStreams(nanobind::module_& module);

}  // namespace sabot::python
