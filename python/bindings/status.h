#pragma once

#include <Python.h>

#include "arrow/result.h"
#include "arrow/status.h"

namespace sabot::python {

/// Throw the Python exception of an error: sabot.AnalysisError and its like, with class, SQLSTATE
/// and position as attributes. If Python has set an exception already (Ctrl-C while waiting), that
/// one. cause: the Python exception behind it, or null. Needs the interpreter's lock.
[[noreturn]] void Raise(const arrow::Status& status, PyObject* cause = nullptr);

inline void RaiseIfError(const arrow::Status& status) {
  if (!status.ok()) Raise(status);
}

template <typename T>
T ValueOrRaise(arrow::Result<T> result) {
  if (!result.ok()) Raise(result.status());
  return std::move(result).ValueUnsafe();
}

}  // namespace sabot::python
