#pragma once

#include <cstdint>
#include <limits>

/// Arithmetic of event time, in microseconds since 1970 UTC.
namespace sabot {

/// The greatest multiple of step at or below value: rounds toward minus infinity, so windows before
/// 1970 keep their length too. step > 0. A multiple below the range of int64 becomes its least
/// value. Source: Akidau et al., "The Dataflow Model", VLDB 2015, section 1.2 (fixed windows).
constexpr int64_t FloorToMultiple(int64_t value, int64_t step) {
  const int64_t remainder = value % step;
  int64_t floor = value - remainder;
  if (remainder < 0 && __builtin_sub_overflow(floor, step, &floor)) {
    return std::numeric_limits<int64_t>::min();
  }
  return floor;
}
static_assert(FloorToMultiple(7, 5) == 5 && FloorToMultiple(-1, 5) == -5);
static_assert(FloorToMultiple(-5, 5) == -5 && FloorToMultiple(0, 5) == 0);

/// a + b, but no further than the ends of int64: a window that ends beyond time ends at its end.
constexpr int64_t AddSaturated(int64_t a, int64_t b) {
  int64_t sum = 0;
  if (!__builtin_add_overflow(a, b, &sum)) return sum;
  return b < 0 ? std::numeric_limits<int64_t>::min() : std::numeric_limits<int64_t>::max();
}

}  // namespace sabot
