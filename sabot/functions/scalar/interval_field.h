#pragma once

#include <optional>
#include <string_view>

#include "sabot/expression/kernel.h"

namespace sabot {

/// extract(field FROM interval): YEAR and MONTH of months; DAY, HOUR, MINUTE and SECOND (with its
/// fraction) of microseconds. Fields of a negative interval are negative, and each is what the
/// greater ones leave. name: upper case. none: the interval has no such field.
std::optional<ResolvedFunction> FindIntervalField(std::string_view name, const Type& interval);

}  // namespace sabot
