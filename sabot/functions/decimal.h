#pragma once

#include "sabot/types/int128.h"

namespace sabot {

// Arithmetic on unscaled decimals, exact through 256-bit intermediates, rounded half up (away from
// zero), as java.math.BigDecimal does for Spark. All return false where the result does not fit 127
// bits or the precision given.

bool FitsPrecision(Int128 unscaled, int precision);

/// unscaled * 10^(to_scale - from_scale); scales 0..38.
bool RescaleDecimal(Int128 unscaled, int from_scale, int to_scale, int precision, Int128* result);

/// left * 10^left_shift + right * 10^right_shift, then `drop` digits rounded off.
bool AddDecimals(Int128 left, int left_shift, Int128 right, int right_shift, int drop,
                 int precision, Int128* result);
/// left * right, then `drop` digits rounded off.
bool MultiplyDecimals(Int128 left, Int128 right, int drop, int precision, Int128* result);
/// left * 10^shift / right; shift 0..76, right != 0.
bool DivideDecimals(Int128 left, int shift, Int128 right, int precision, Int128* result);
/// The whole part of left * 10^left_shift / (right * 10^right_shift), toward zero; right != 0, one
/// shift is 0.
bool DivideToWhole(Int128 left, int left_shift, Int128 right, int right_shift, Int128* result);
/// left * 10^left_shift modulo right * 10^right_shift, with the sign of left; right != 0, one shift
/// is 0.
Int128 RemainderOfDecimals(Int128 left, int left_shift, Int128 right, int right_shift);

}  // namespace sabot
