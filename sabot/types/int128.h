#pragma once

#include <string>

#include "sabot/types/type.h"

namespace sabot {

__extension__ using Int128 = __int128;
__extension__ using UInt128 = unsigned __int128;

/// 10^exponent, 0..38.
Int128 PowerOfTen(int exponent);
/// The unscaled value as decimal text with `scale` fraction digits: (12345, 2) -> "123.45".
std::string DecimalToString(Int128 unscaled, int scale);
/// Text (sign, digits, point, exponent) as the unscaled value of DECIMAL(precision, scale), rounded
/// half up. Errors: CAST_INVALID_INPUT if malformed, NUMERIC_VALUE_OUT_OF_RANGE if it does not fit.
arrow::Result<Int128> DecimalFromString(std::string_view text, int precision, int scale);

}  // namespace sabot
