#include "sabot/functions/decimal.h"

#include <bit>

namespace sabot {
namespace {

struct UInt256 {
  UInt128 high = 0;
  UInt128 low = 0;
};

UInt128 Magnitude(Int128 value) {
  return value < 0 ? -static_cast<UInt128>(value) : static_cast<UInt128>(value);
}

uint64_t Low64(UInt128 value) { return static_cast<uint64_t>(value); }
uint64_t High64(UInt128 value) { return static_cast<uint64_t>(value >> 64); }

UInt256 Multiply(UInt128 left, UInt128 right) {
  const UInt128 low = UInt128{Low64(left)} * Low64(right);
  const UInt128 cross = UInt128{High64(left)} * Low64(right) + High64(low);
  const UInt128 other = UInt128{Low64(left)} * High64(right) + Low64(cross);
  return {UInt128{High64(left)} * High64(right) + High64(cross) + High64(other),
          (other << 64) | Low64(low)};
}

UInt256 Add(const UInt256& left, const UInt256& right) {
  const UInt128 low = left.low + right.low;
  return {left.high + right.high + (low < left.low ? 1 : 0), low};
}
UInt256 Subtract(const UInt256& left, const UInt256& right) {
  return {left.high - right.high - (left.low < right.low ? 1 : 0), left.low - right.low};
}
bool IsLess(const UInt256& left, const UInt256& right) {
  return left.high != right.high ? left.high < right.high : left.low < right.low;
}

int LeadingZeros(UInt128 value) {
  return High64(value) != 0 ? std::countl_zero(High64(value)) : 64 + std::countl_zero(Low64(value));
}

// One 64-bit digit of a quotient: (rest * 2^64 + next) / divisor, for a divisor with its top bit
// set and rest < divisor. The estimate from the top digits is at most two too large.
uint64_t QuotientDigit(UInt128 rest, uint64_t next, UInt128 divisor, UInt128* remainder) {
  const uint64_t divisor_high = High64(divisor);
  const uint64_t divisor_low = Low64(divisor);
  UInt128 digit = rest / divisor_high;
  UInt128 over = rest % divisor_high;
  while (High64(digit) != 0 || digit * divisor_low > ((over << 64) | next)) {
    --digit;
    over += divisor_high;
    if (High64(over) != 0) break;
  }
  // Modulo 2^128, where the true difference lies.
  *remainder = ((rest << 64) | next) - digit * divisor;
  return static_cast<uint64_t>(digit);
}

// (high * 2^128 + low) / divisor for high < divisor. Source: Knuth, "The Art of Computer
// Programming" 2, section 4.3.1, algorithm D.
UInt128 DivideWide(UInt128 high, UInt128 low, UInt128 divisor, UInt128* remainder) {
  if (high == 0) {
    *remainder = low % divisor;
    return low / divisor;
  }
  const int shift = LeadingZeros(divisor);
  const UInt128 normal = divisor << shift;
  const UInt128 top = shift == 0 ? high : (high << shift) | (low >> (128 - shift));
  const UInt128 bottom = low << shift;
  UInt128 rest;
  const UInt128 first = QuotientDigit(top, High64(bottom), normal, &rest);
  const UInt128 second = QuotientDigit(rest, Low64(bottom), normal, &rest);
  *remainder = rest >> shift;
  return (first << 64) | second;
}

UInt256 Divide(const UInt256& dividend, UInt128 divisor, UInt128* remainder) {
  UInt256 quotient;
  quotient.high = dividend.high / divisor;
  quotient.low = DivideWide(dividend.high % divisor, dividend.low, divisor, remainder);
  return quotient;
}

// Round up if the remainder is half of the divisor or more; without overflow.
bool RoundsUp(UInt128 remainder, UInt128 divisor) { return remainder >= divisor - remainder; }

bool FromMagnitude(const UInt256& magnitude, bool is_negative, int precision, Int128* result) {
  if (magnitude.high != 0 || magnitude.low >= static_cast<UInt128>(PowerOfTen(precision))) {
    return false;
  }
  *result = is_negative ? -static_cast<Int128>(magnitude.low) : static_cast<Int128>(magnitude.low);
  return true;
}

// 10^38 < 2^127.
constexpr int kPowerMax = 38;

bool DropDigits(UInt256 magnitude, bool is_negative, int drop, int precision, Int128* result) {
  if (drop > kPowerMax) {
    // What is cut off first cannot lift the rest to a half: it is less than one of its last digit.
    UInt128 cut;
    magnitude = Divide(magnitude, static_cast<UInt128>(PowerOfTen(drop - kPowerMax)), &cut);
    drop = kPowerMax;
  }
  if (drop > 0) {
    const auto divisor = static_cast<UInt128>(PowerOfTen(drop));
    UInt128 remainder;
    magnitude = Divide(magnitude, divisor, &remainder);
    if (RoundsUp(remainder, divisor)) magnitude = Add(magnitude, {0, 1});
  }
  return FromMagnitude(magnitude, is_negative, precision, result);
}

UInt256 Shifted(Int128 value, int shift) {
  return Multiply(Magnitude(value), static_cast<UInt128>(PowerOfTen(shift)));
}

}  // namespace

bool FitsPrecision(Int128 unscaled, int precision) {
  const Int128 limit = PowerOfTen(precision);
  return unscaled < limit && unscaled > -limit;
}

bool RescaleDecimal(Int128 unscaled, int from_scale, int to_scale, int precision, Int128* result) {
  const bool grows = to_scale > from_scale;
  return DropDigits(Shifted(unscaled, grows ? to_scale - from_scale : 0), unscaled < 0,
                    grows ? 0 : from_scale - to_scale, precision, result);
}

bool AddDecimals(Int128 left, int left_shift, Int128 right, int right_shift, int drop,
                 int precision, Int128* result) {
  const UInt256 a = Shifted(left, left_shift);
  const UInt256 b = Shifted(right, right_shift);
  if ((left < 0) == (right < 0)) return DropDigits(Add(a, b), left < 0, drop, precision, result);
  if (IsLess(a, b)) return DropDigits(Subtract(b, a), right < 0, drop, precision, result);
  return DropDigits(Subtract(a, b), left < 0, drop, precision, result);
}

bool MultiplyDecimals(Int128 left, Int128 right, int drop, int precision, Int128* result) {
  return DropDigits(Multiply(Magnitude(left), Magnitude(right)), (left < 0) != (right < 0), drop,
                    precision, result);
}

bool DivideDecimals(Int128 left, int shift, Int128 right, int precision, Int128* result) {
  const bool is_negative = (left < 0) != (right < 0);
  const UInt128 divisor = Magnitude(right);
  const int first_shift = shift < kPowerMax ? shift : kPowerMax;
  UInt128 remainder;
  UInt256 quotient = Divide(Shifted(left, first_shift), divisor, &remainder);
  if (shift > first_shift) {
    // The digits still to come: quotient * 10^rest + remainder * 10^rest / divisor.
    const auto power = static_cast<UInt128>(PowerOfTen(shift - first_shift));
    if (quotient.high != 0 || Multiply(quotient.low, power).high != 0) return false;
    const UInt256 more = Divide(Multiply(remainder, power), divisor, &remainder);
    quotient = Add(Multiply(quotient.low, power), more);
  }
  if (RoundsUp(remainder, divisor)) quotient = Add(quotient, {0, 1});
  return FromMagnitude(quotient, is_negative, precision, result);
}

bool DivideToWhole(Int128 left, int left_shift, Int128 right, int right_shift, Int128* result) {
  const UInt256 divisor = Shifted(right, right_shift);
  if (divisor.high != 0) {
    // More than 127 bits; left, unshifted, has fewer.
    *result = 0;
    return true;
  }
  UInt128 remainder;
  const UInt256 quotient = Divide(Shifted(left, left_shift), divisor.low, &remainder);
  return FromMagnitude(quotient, (left < 0) != (right < 0), kPowerMax, result);
}

Int128 RemainderOfDecimals(Int128 left, int left_shift, Int128 right, int right_shift) {
  const UInt256 divisor = Shifted(right, right_shift);
  if (divisor.high != 0) return left;
  UInt128 remainder;
  Divide(Shifted(left, left_shift), divisor.low, &remainder);
  return left < 0 ? -static_cast<Int128>(remainder) : static_cast<Int128>(remainder);
}

}  // namespace sabot
