#include <algorithm>
#include <type_traits>

#include <fmt/format.h>

#include "sabot/base/error.h"
#include "sabot/functions/decimal.h"
#include "sabot/functions/resolve.h"
#include "sabot/functions/scalar/arithmetic.h"

namespace sabot {
namespace {

// Precision and scale of results: Spark's DecimalPrecision, for inputs (p1, s1) and (p2, s2).
Type ResultType(Arithmetic operation, const Type& left, const Type& right) {
  const int p1 = left.precision(), s1 = left.scale();
  const int p2 = right.precision(), s2 = right.scale();
  const int scale = std::max(s1, s2);
  switch (operation) {
    case Arithmetic::kAdd:
    case Arithmetic::kSubtract:
      return BoundedDecimal(std::max(p1 - s1, p2 - s2) + scale + 1, scale);
    case Arithmetic::kMultiply:
      return BoundedDecimal(p1 + p2 + 1, s1 + s2);
    case Arithmetic::kDivide: {
      const int quotient_scale = std::max(6, s1 + p2 + 1);
      return BoundedDecimal(p1 - s1 + s2 + quotient_scale, quotient_scale);
    }
    case Arithmetic::kWholeQuotient:
      return Type(TypeId::kLong);
    default:
      return BoundedDecimal(std::min(p1 - s1, p2 - s2) + scale, scale);
  }
}

// Digits an exact sum or product has behind the result's scale.
int DroppedDigits(Arithmetic operation, const Type& left, const Type& right, const Type& result) {
  const int exact = operation == Arithmetic::kMultiply ? left.scale() + right.scale()
                                                       : std::max(left.scale(), right.scale());
  return exact - result.scale();
}

// Values of either width, for the paths whose arithmetic costs more than the test.
class WideOperand {
 public:
  explicit WideOperand(const Vector& vector)
      : is_wide_(vector.kind() == Kind::kI128),
        step_(vector.is_constant() ? 0 : 1),
        data_(vector.values()->data()) {}
  Int128 operator[](int32_t row) const {
    return is_wide_ ? reinterpret_cast<const Int128*>(data_)[row * step_]
                    : reinterpret_cast<const int64_t*>(data_)[row * step_];
  }

 private:
  bool is_wide_;
  int32_t step_;
  const uint8_t* data_;
};

constexpr std::string_view SignOf(Arithmetic operation) {
  constexpr std::string_view kSigns[] = {"+", "-", "*", "/", "div", "%", "pmod"};
  return kSigns[static_cast<size_t>(operation)];
}

// The exact paths: 256-bit intermediates, a check a row.
template <Arithmetic kOperation, Failure kFailure>
arrow::Status WideKernel(const KernelInput& input, Vector* result) {
  const Type& left_type = input.arguments[0].type();
  const Type& right_type = input.arguments[1].type();
  const Type& type = input.result_type;
  const WideOperand left(input.arguments[0]);
  const WideOperand right(input.arguments[1]);
  const int scale = std::max(left_type.scale(), right_type.scale());
  const int left_shift = scale - left_type.scale();
  const int right_shift = scale - right_type.scale();
  constexpr bool kMayDivideByZero = kOperation >= Arithmetic::kDivide;
  const auto compute = [&](Int128 a, Int128 b, Int128* value) -> bool {
    if constexpr (kMayDivideByZero) {
      if (b == 0) return false;
    }
    if constexpr (kOperation == Arithmetic::kAdd || kOperation == Arithmetic::kSubtract) {
      // As unsigned: what stands under a null may have no counterpart.
      if (kOperation == Arithmetic::kSubtract) b = static_cast<Int128>(-static_cast<UInt128>(b));
      return AddDecimals(a, left_shift, b, right_shift, scale - type.scale(), type.precision(),
                         value);
    } else if constexpr (kOperation == Arithmetic::kMultiply) {
      const int drop = DroppedDigits(kOperation, left_type, right_type, type);
      const bool is_short = a == static_cast<int64_t>(a) && b == static_cast<int64_t>(b);
      if (is_short && drop == 0) {
        *value = a * b;
        return FitsPrecision(*value, type.precision());
      }
      return MultiplyDecimals(a, b, drop, type.precision(), value);
    } else if constexpr (kOperation == Arithmetic::kDivide) {
      return DivideDecimals(a, type.scale() - left_type.scale() + right_type.scale(), b,
                            type.precision(), value);
    } else if constexpr (kOperation == Arithmetic::kWholeQuotient) {
      return DivideToWhole(a, left_shift, b, right_shift, value) &&
             *value == static_cast<int64_t>(*value);
    } else {
      *value = RemainderOfDecimals(a, left_shift, b, right_shift);
      if (kOperation == Arithmetic::kPositiveModulo && *value < 0) {
        Int128 sum = 0;
        if (!AddDecimals(*value, 0, b, right_shift, 0, 38, &sum)) return true;
        *value = RemainderOfDecimals(sum, 0, b, right_shift);
      }
      return FitsPrecision(*value, type.precision());
    }
  };
  const auto fail = [&](int32_t row) -> arrow::Status {
    constexpr bool kIsRemainder =
        kOperation == Arithmetic::kRemainder || kOperation == Arithmetic::kPositiveModulo;
    if (kIsRemainder && right[row] == 0) return RemainderByZeroError();
    if (kMayDivideByZero && right[row] == 0) return DivideByZeroError();
    if (kOperation == Arithmetic::kWholeQuotient) return OverflowError("long", "divide");
    return DecimalRangeError(
        fmt::format("{} {} {}", DecimalToString(left[row], left_type.scale()), SignOf(kOperation),
                    DecimalToString(right[row], right_type.scale())),
        type);
  };
  *result = Vector::Flat(type, input.num_rows, input.pool);
  const bool is_wide = result->kind() == Kind::kI128;
  auto* const wide = result->mutable_data<Int128>();
  auto* const narrow = result->mutable_data<int64_t>();
  uint64_t* bits = nullptr;
  for (int32_t i = 0; i < input.rows.count; ++i) {
    const int32_t row = input.rows[i];
    Int128 value = 0;
    if (!compute(left[row], right[row], &value)) {
      if constexpr (kFailure == Failure::kError) return fail(row);
      if (bits == nullptr) bits = result->MutableValidity(input.pool);
      ClearBit(bits, row);
      value = 0;
    }
    if (is_wide) {
      wide[row] = value;
    } else {
      narrow[row] = static_cast<int64_t>(value);
    }
  }
  return arrow::Status::OK();
}

// Wrap-around of what stands under nulls is no undefined behaviour.
int64_t WrappedMultiply(int64_t left, int64_t right) {
  return static_cast<int64_t>(static_cast<uint64_t>(left) * static_cast<uint64_t>(right));
}
int64_t WrappedAdd(int64_t left, int64_t right) {
  return static_cast<int64_t>(static_cast<uint64_t>(left) + static_cast<uint64_t>(right));
}

// Up to 18 digits in all three: the result type has room for every result, so nothing is checked.
template <Arithmetic kOperation>
arrow::Status NarrowKernel(const KernelInput& input, Vector* result) {
  const int left_scale = input.arguments[0].type().scale();
  const int right_scale = input.arguments[1].type().scale();
  if constexpr (kOperation == Arithmetic::kMultiply) {
    MapBinary<int64_t, int64_t, int64_t>(input, result, &WrappedMultiply);
  } else {
    constexpr int64_t kSign = kOperation == Arithmetic::kAdd ? 1 : -1;
    if (left_scale == right_scale) {
      MapBinary<int64_t, int64_t, int64_t>(input, result, [](int64_t left, int64_t right) {
        return WrappedAdd(left, WrappedMultiply(right, kSign));
      });
    } else {
      const int scale = std::max(left_scale, right_scale);
      const auto left_factor = static_cast<int64_t>(PowerOfTen(scale - left_scale));
      const auto right_factor = kSign * static_cast<int64_t>(PowerOfTen(scale - right_scale));
      MapBinary<int64_t, int64_t, int64_t>(input, result, [=](int64_t left, int64_t right) {
        return WrappedAdd(WrappedMultiply(left, left_factor), WrappedMultiply(right, right_factor));
      });
    }
  }
  return arrow::Status::OK();
}

// Up to 18 digits times up to 18 digits: always fits.
arrow::Status WideningMultiply(const KernelInput& input, Vector* result) {
  MapBinary<Int128, int64_t, int64_t>(
      input, result, [](int64_t left, int64_t right) { return Int128{left} * right; });
  return arrow::Status::OK();
}

template <Arithmetic kOperation>
Kernel WideKernelFor(Failure failure) {
  return failure == Failure::kError ? &WideKernel<kOperation, Failure::kError>
                                    : &WideKernel<kOperation, Failure::kNull>;
}

}  // namespace

arrow::Status DecimalRangeError(std::string_view value, const Type& type) {
  return MakeError("NUMERIC_VALUE_OUT_OF_RANGE", {{"value", std::string(value)},
                                                  {"precision", std::to_string(type.precision())},
                                                  {"scale", std::to_string(type.scale())}});
}

ResolvedFunction ResolveDecimalArithmetic(Arithmetic operation, const Type& left, const Type& right,
                                          Failure failure) {
  ResolvedFunction function{.arguments = {left, right},
                            .result = ResultType(operation, left, right)};
  const Type& result = function.result;
  const auto is_long = [](const Type& type) { return type.kind() == Kind::kI64; };
  const bool is_exact = result.is_decimal() && operation <= Arithmetic::kMultiply &&
                        DroppedDigits(operation, left, right, result) == 0;
  const bool all_long = is_long(left) && is_long(right) && is_long(result);
  if (is_exact && is_long(left) && is_long(right) && (all_long || result.precision() < 38)) {
    switch (operation) {
      case Arithmetic::kMultiply:
        function.kernel = all_long ? &NarrowKernel<Arithmetic::kMultiply> : &WideningMultiply;
        return function;
      case Arithmetic::kAdd:
        if (all_long) function.kernel = &NarrowKernel<Arithmetic::kAdd>;
        break;
      default:
        if (all_long) function.kernel = &NarrowKernel<Arithmetic::kSubtract>;
        break;
    }
    if (function.kernel != nullptr) return function;
  }
  function.can_throw = failure == Failure::kError;
  function.always_nullable = failure != Failure::kError;
  switch (operation) {
    case Arithmetic::kAdd:
      function.kernel = WideKernelFor<Arithmetic::kAdd>(failure);
      break;
    case Arithmetic::kSubtract:
      function.kernel = WideKernelFor<Arithmetic::kSubtract>(failure);
      break;
    case Arithmetic::kMultiply:
      function.kernel = WideKernelFor<Arithmetic::kMultiply>(failure);
      break;
    case Arithmetic::kDivide:
      function.kernel = WideKernelFor<Arithmetic::kDivide>(failure);
      break;
    case Arithmetic::kWholeQuotient:
      function.kernel = WideKernelFor<Arithmetic::kWholeQuotient>(failure);
      break;
    case Arithmetic::kRemainder:
      function.kernel = WideKernelFor<Arithmetic::kRemainder>(failure);
      break;
    case Arithmetic::kPositiveModulo:
      function.kernel = WideKernelFor<Arithmetic::kPositiveModulo>(failure);
      break;
  }
  return function;
}

}  // namespace sabot
