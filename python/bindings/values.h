#pragma once

#include <nanobind/nanobind.h>

#include "sabot/session/session.h"

namespace sabot::python {

/// The rows of a batch as tuples of Python values: None, bool, int, float, Decimal, str, bytes,
/// date, datetime (TIMESTAMP: aware, UTC; TIMESTAMP_NTZ: naive), timedelta, list, dict; a struct is
/// a dict by field name.
void AppendRows(const Batch& batch, const Schema& schema, nanobind::list* rows);

/// A Python value as a parameter or literal. Raises TypeError naming the type if there is no such
/// literal.
TypedValue FromPython(nanobind::handle value);

}  // namespace sabot::python
