#include <cmath>
#include <limits>
#include <type_traits>

#include "sabot/functions/aggregate/aggregate_loop.h"
#include "sabot/functions/families.h"

/// Sums and means. Integers and decimals are summed exactly: integers of up to 32 bits in 64, wider
/// ones and decimals in 128, so neither order nor partition can change a result or its overflow.
/// FLOAT and DOUBLE are summed as doubles. avg shares sum's states.
namespace sabot {
namespace {

using aggregate::FinalizeEach;
using aggregate::SetKernels;

/// Of integers and decimals. `count` tells the sum of nothing, which is NULL, from 0.
template <typename Total>
struct ExactSum {
  aggregate::Stored<Total> total;
  int64_t count;

  template <typename T>
  bool Add(T value, int64_t weight) {
    Total product;
    Total next;
    if (__builtin_mul_overflow(static_cast<Total>(value), static_cast<Total>(weight), &product) ||
        __builtin_add_overflow(static_cast<Total>(total), product, &next)) {
      return false;
    }
    total = next;
    count += weight;
    return true;
  }

  bool Merge(const ExactSum& other) {
    Total next;
    if (__builtin_add_overflow(static_cast<Total>(total), static_cast<Total>(other.total), &next))
      return false;
    total = next;
    count += other.count;
    return true;
  }
};

struct NarrowSum : ExactSum<int64_t> {
  // 2^31 values of 32 bits cannot overflow 64: one check for all.
  template <typename T>
  bool AddAll(const T* values, int32_t size) {
    int64_t sum = 0;
    for (int32_t i = 0; i < size; ++i) sum += values[i];
    return Merge({{sum, size}});
  }
  bool Merge(const NarrowSum& other) { return ExactSum::Merge(other); }
};

struct WideSum : ExactSum<Int128> {
  // The count of a sum that went past 128 bits, which only decimals of more than 28 digits reach:
  // it stays so, and what that means is decided at the end (an error, or NULL for try_).
  static constexpr int64_t kOverflowed = std::numeric_limits<int64_t>::min();

  template <typename T>
  bool Add(T value, int64_t weight) {
    if constexpr (std::is_same_v<T, Int128>) {
      if (count == kOverflowed) return true;
      if (!ExactSum::Add(value, weight)) count = kOverflowed;
      return true;
    }
    return ExactSum::Add(value, weight);
  }

  // The halves of 64-bit values are summed apart, in loops that vectorise: 2^31 halves of 32 bits
  // cannot overflow 64. The bias makes the upper half unsigned, for AVX2 shifts no signed one.
  bool AddAll(const int64_t* values, int32_t size) {
    constexpr uint64_t kBias = uint64_t{1} << 63;
    uint64_t low = 0;
    uint64_t high = 0;
    for (int32_t i = 0; i < size; ++i) {
      const uint64_t biased = static_cast<uint64_t>(values[i]) ^ kBias;
      low += biased & 0xFFFFFFFF;
      high += biased >> 32;
    }
    const Int128 sum = (Int128{high} << 32) + low - Int128{size} * Int128{kBias};
    return Merge({{sum, size}});
  }

  bool Merge(const WideSum& other) {
    if (count == kOverflowed) return true;
    if (other.count == kOverflowed || !ExactSum::Merge(other)) count = kOverflowed;
    return true;
  }
};

/// Of doubles. What is taken back leaves its rounding errors: even a count of 0 does not say that
/// the state is empty, for a partial state may have seen the end of one row and the start of
/// another. NaN and infinities cannot be taken back, as nothing of the sum is left beneath them.
struct DoubleSum {
  double total;
  int64_t count;

  template <typename T>
  bool Add(T value, int64_t weight) {
    if (weight < 0 && !std::isfinite(value)) return false;
    // One addition a row in row order, as Spark's: small results agree to the last digit.
    total += weight == 1 ? static_cast<double>(value)
                         : static_cast<double>(value) * static_cast<double>(weight);
    count += weight;
    return true;
  }

  // Long runs go in eight lanes: one addition waits for another for four cycles.
  template <typename T>
  bool AddAll(const T* values, int32_t size) {
    constexpr int32_t kWorthwhile = 64;
    int32_t i = 0;
    if (size >= kWorthwhile) {
      double lanes[8] = {};
      for (; i + 8 <= size; i += 8) {
        for (int32_t lane = 0; lane < 8; ++lane) lanes[lane] += values[i + lane];
      }
      for (const double lane : lanes) total += lane;
    }
    for (; i < size; ++i) total += values[i];
    count += size;
    return true;
  }

  bool Merge(const DoubleSum& other) {
    total += other.total;
    count += other.count;
    return true;
  }
};

arrow::Status Overflow(std::string_view what, std::string_view alternative) {
  return MakeError("ARITHMETIC_OVERFLOW",
                   {{"message", std::string(what)}, {"alternative", std::string(alternative)}});
}

arrow::Status RefuseLong() { return Overflow("long overflow", "sum"); }
arrow::Status RefuseDecimal() { return Overflow("Overflow in sum of decimals", "sum"); }
arrow::Status RefuseDouble() {
  return UnsupportedError("Taking back NaN or Infinity from a sum of doubles",
                          "a filter that leaves such values out");
}

using Finalize = arrow::Status (*)(std::span<const uint8_t* const>, BufferPool&, Vector*);

// An exact sum as a BIGINT, an interval or a decimal: `make(state, &value)` is false if the value
// has no room in the result, of values T and less than `bound`.
template <typename State, typename T, bool kIsTry, typename Make>
arrow::Status FinalizeExact(std::span<const uint8_t* const> states, BufferPool& pool,
                            Vector* result, Int128 bound, Make&& make, aggregate::Refusal refusal) {
  bool fits = true;
  FinalizeEach<State, T>(states, pool, result, [&](const State& state, T* value) {
    if (state.count == 0) return false;
    Int128 exact = 0;
    if (!make(state, &exact) || exact >= bound || exact < -bound) {
      fits = false;
      return false;
    }
    *value = static_cast<T>(exact);
    return true;
  });
  return fits || kIsTry ? arrow::Status::OK() : refusal();
}

template <typename State, typename T, bool kIsTry>
arrow::Status FinalizeIntegerSum(std::span<const uint8_t* const> states, BufferPool& pool,
                                 Vector* result) {
  return FinalizeExact<State, T, kIsTry>(
      states, pool, result, Int128{1} << (8 * sizeof(T) - 1),
      [](const State& state, Int128* sum) {
        *sum = state.total;
        return true;
      },
      RefuseLong);
}

template <bool kIsTry, typename Make>
arrow::Status FinalizeDecimal(std::span<const uint8_t* const> states, BufferPool& pool,
                              Vector* result, Make&& make) {
  const auto checked = [&](const WideSum& state, Int128* value) {
    return state.count != WideSum::kOverflowed && make(state, value) &&
           *value > -PowerOfTen(result->type().precision());
  };
  const Int128 bound = PowerOfTen(result->type().precision());
  if (result->kind() == Kind::kI64) {
    return FinalizeExact<WideSum, int64_t, kIsTry>(states, pool, result, bound, checked,
                                                   RefuseDecimal);
  }
  return FinalizeExact<WideSum, Int128, kIsTry>(states, pool, result, bound, checked,
                                                RefuseDecimal);
}

template <bool kIsTry>
arrow::Status FinalizeDecimalSum(std::span<const uint8_t* const> states, BufferPool& pool,
                                 Vector* result) {
  return FinalizeDecimal<kIsTry>(states, pool, result, [](const WideSum& state, Int128* sum) {
    *sum = state.total;
    return true;
  });
}

// total * 10^kDigits / count, rounded half up. The quotient is taken first: a remainder is less
// than 2^63 and leaves room for the digits, where the total would not.
template <bool kIsTry, int kDigits>
arrow::Status FinalizeDecimalMean(std::span<const uint8_t* const> states, BufferPool& pool,
                                  Vector* result) {
  return FinalizeDecimal<kIsTry>(states, pool, result, [](const WideSum& state, Int128* mean) {
    const Int128 count = state.count;
    const Int128 total = state.total;
    const Int128 rest = total % count * PowerOfTen(kDigits);
    Int128 fraction = rest / count;
    const Int128 half = rest % count * 2;
    if (half >= count) ++fraction;
    if (half <= -count) --fraction;
    Int128 whole;
    return !__builtin_mul_overflow(total / count, PowerOfTen(kDigits), &whole) &&
           !__builtin_add_overflow(whole, fraction, mean);
  });
}

arrow::Status FinalizeDoubleSum(std::span<const uint8_t* const> states, BufferPool& pool,
                                Vector* result) {
  FinalizeEach<DoubleSum, double>(states, pool, result, [](const DoubleSum& state, double* sum) {
    *sum = state.total;
    return state.count != 0;
  });
  return arrow::Status::OK();
}

template <typename State>
arrow::Status FinalizeMean(std::span<const uint8_t* const> states, BufferPool& pool,
                           Vector* result) {
  FinalizeEach<State, double>(states, pool, result, [](const State& state, double* mean) {
    if (state.count == 0) return false;
    *mean = static_cast<double>(state.total) / static_cast<double>(state.count);
    return true;
  });
  return arrow::Status::OK();
}

// The mean of an interval, rounded half up to its unit.
template <typename State, typename T>
arrow::Status FinalizeIntervalMean(std::span<const uint8_t* const> states, BufferPool& pool,
                                   Vector* result) {
  FinalizeEach<State, T>(states, pool, result, [](const State& state, T* mean) {
    if (state.count == 0) return false;
    const Int128 count = state.count;
    const Int128 rest = Int128{state.total} % count * 2;
    const int carry = rest >= count ? 1 : (rest <= -count ? -1 : 0);
    *mean = static_cast<T>(Int128{state.total} / count + carry);
    return true;
  });
  return arrow::Status::OK();
}

// Spark's rule for avg adds four digits, of which fewer fit beyond DECIMAL(34, s).
template <bool kIsTry>
Finalize DecimalMeanOf(int num_digits) {
  constexpr Finalize kFinalizers[] = {
      FinalizeDecimalMean<kIsTry, 0>, FinalizeDecimalMean<kIsTry, 1>,
      FinalizeDecimalMean<kIsTry, 2>, FinalizeDecimalMean<kIsTry, 3>,
      FinalizeDecimalMean<kIsTry, 4>};
  return kFinalizers[num_digits];
}

constexpr int kDecimalDigitsMax = 38;

void SetUpdate(const Type& type, bool is_try, ResolvedAggregate* resolved) {
  switch (type.kind()) {
    case Kind::kI8:
      return is_try ? SetKernels<WideSum, int8_t, RefuseLong>(resolved)
                    : SetKernels<NarrowSum, int8_t, RefuseLong>(resolved);
    case Kind::kI16:
      return is_try ? SetKernels<WideSum, int16_t, RefuseLong>(resolved)
                    : SetKernels<NarrowSum, int16_t, RefuseLong>(resolved);
    case Kind::kI32:
      return is_try ? SetKernels<WideSum, int32_t, RefuseLong>(resolved)
                    : SetKernels<NarrowSum, int32_t, RefuseLong>(resolved);
    case Kind::kI64:
      return type.is_decimal() ? SetKernels<WideSum, int64_t, RefuseDecimal>(resolved)
                               : SetKernels<WideSum, int64_t, RefuseLong>(resolved);
    case Kind::kI128:
      return SetKernels<WideSum, Int128, RefuseDecimal>(resolved);
    case Kind::kF32:
      return SetKernels<DoubleSum, float, RefuseDouble>(resolved);
    default:
      return SetKernels<DoubleSum, double, RefuseDouble>(resolved);
  }
}

// Are the type's values summed in 64 bits?
bool IsNarrow(const Type& type, bool is_try) {
  return !is_try && KindWidth(type.kind()) <= 4 && !type.is_floating();
}

template <bool kIsTry>
arrow::Result<ResolvedAggregate> ResolveSum(std::span<const Type> arguments,
                                            const EvaluationSettings&) {
  ARROW_ASSIGN_OR_RAISE(const Type type,
                        aggregate::NumericArgument(kIsTry ? "try_sum" : "sum", arguments, true));
  ResolvedAggregate resolved;
  resolved.arguments = {type};
  resolved.takes_back = true;
  SetUpdate(type, kIsTry, &resolved);
  const bool is_narrow = IsNarrow(type, kIsTry);
  if (type.is_floating()) {
    resolved.result = Type(TypeId::kDouble);
    resolved.finalize = FinalizeDoubleSum;
  } else if (type.is_decimal()) {
    resolved.result =
        Type::Decimal(std::min(type.precision() + 10, kDecimalDigitsMax), type.scale());
    resolved.finalize = FinalizeDecimalSum<kIsTry>;
  } else if (type.id() == TypeId::kYearMonthInterval) {
    resolved.result = type;
    resolved.finalize = is_narrow ? FinalizeIntegerSum<NarrowSum, int32_t, kIsTry>
                                  : FinalizeIntegerSum<WideSum, int32_t, kIsTry>;
  } else {
    resolved.result = type.is_integer() ? Type(TypeId::kLong) : type;
    resolved.finalize = is_narrow ? FinalizeIntegerSum<NarrowSum, int64_t, kIsTry>
                                  : FinalizeIntegerSum<WideSum, int64_t, kIsTry>;
  }
  return resolved;
}

template <bool kIsTry>
arrow::Result<ResolvedAggregate> ResolveAvg(std::span<const Type> arguments,
                                            const EvaluationSettings&) {
  ARROW_ASSIGN_OR_RAISE(const Type type,
                        aggregate::NumericArgument(kIsTry ? "try_avg" : "avg", arguments, true));
  ResolvedAggregate resolved;
  resolved.arguments = {type};
  resolved.takes_back = true;
  SetUpdate(type, kIsTry, &resolved);
  const bool is_narrow = IsNarrow(type, kIsTry);
  if (type.is_decimal()) {
    resolved.result = Type::Decimal(std::min(type.precision() + 4, kDecimalDigitsMax),
                                    std::min(type.scale() + 4, kDecimalDigitsMax));
    resolved.finalize = DecimalMeanOf<kIsTry>(resolved.result.scale() - type.scale());
  } else if (type.id() == TypeId::kYearMonthInterval) {
    resolved.result = type;
    resolved.finalize = is_narrow ? FinalizeIntervalMean<NarrowSum, int32_t>
                                  : FinalizeIntervalMean<WideSum, int32_t>;
  } else if (type.id() == TypeId::kDayTimeInterval) {
    resolved.result = type;
    resolved.finalize = FinalizeIntervalMean<WideSum, int64_t>;
  } else {
    resolved.result = Type(TypeId::kDouble);
    resolved.finalize = type.is_floating() ? FinalizeMean<DoubleSum>
                        : is_narrow        ? FinalizeMean<NarrowSum>
                                           : FinalizeMean<WideSum>;
  }
  return resolved;
}

}  // namespace

std::span<const AggregateFunction> SumAggregates() {
  static const AggregateFunction kFunctions[] = {
      {.name = "sum",
       .doc = {.signature = "sum(expr NUMERIC | INTERVAL) -> BIGINT | DECIMAL | DOUBLE | INTERVAL",
               .summary = "The sum of the values; NULL if there is none. An integer or decimal "
                          "result that has no room is an error.",
               .example = {"sum(col) FROM VALUES (5), (10), (NULL) AS t(col)", "15"}},
       .resolve = ResolveSum<false>},
      {.name = "try_sum",
       .doc = {.signature =
                   "try_sum(expr NUMERIC | INTERVAL) -> BIGINT | DECIMAL | DOUBLE | INTERVAL",
               .summary = "As sum, but NULL if the result has no room.",
               .example = {"try_sum(col) FROM VALUES (9223372036854775807L), (1L) AS t(col)",
                           "NULL"}},
       .resolve = ResolveSum<true>},
      {.name = "avg",
       .doc = {.signature = "avg(expr NUMERIC | INTERVAL) -> DOUBLE | DECIMAL | INTERVAL",
               .summary = "The mean of the values; NULL if there is none. Of DECIMAL(p, s): "
                          "DECIMAL(p + 4, s + 4).",
               .example = {"avg(col) FROM VALUES (1), (2), (NULL) AS t(col)", "1.5"}},
       .resolve = ResolveAvg<false>,
       .aliases = {"mean"}},
      {.name = "try_avg",
       .doc = {.signature = "try_avg(expr NUMERIC | INTERVAL) -> DOUBLE | DECIMAL | INTERVAL",
               .summary = "As avg, but NULL if the result has no room.",
               .example = {"try_avg(col) FROM VALUES (1), (2), (3) AS t(col)", "2.0"}},
       .resolve = ResolveAvg<true>},
  };
  return kFunctions;
}

}  // namespace sabot
