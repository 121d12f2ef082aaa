#pragma once

#include "sabot/vector/vector.h"

namespace sabot {

/// Order of two values that are not NULL, of equal kinds and any encoding: below 0, 0 or above.
/// Lists by their first difference, then by length; structs field by field; NULL inside of them
/// before all else. For what no kernel is worth: nested types, rare comparisons.
int CompareValues(const Vector& left, int32_t left_row, const Vector& right, int32_t right_row);

}  // namespace sabot
