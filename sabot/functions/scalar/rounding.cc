#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>
#include <string_view>

#include "sabot/functions/decimal.h"
#include "sabot/functions/families.h"
#include "sabot/functions/kernels.h"
#include "sabot/functions/resolve.h"
#include "sabot/functions/scalar/arithmetic.h"

namespace sabot {
namespace {

const Type kInt(TypeId::kInt);
const Type kLong(TypeId::kLong);
const Type kDouble(TypeId::kDouble);

constexpr int kDigitsMax = 38;

// value / 10^drop as a whole number: half up (away from zero) or half to even.
template <bool kHalfEven>
Int128 Rounded(Int128 value, int drop) {
  if (drop <= 0) return value;
  if (drop > kDigitsMax) return 0;
  const Int128 divisor = PowerOfTen(drop);
  const Int128 quotient = value / divisor;
  const Int128 remainder = value % divisor;
  const Int128 distance = remainder < 0 ? -remainder : remainder;
  const Int128 rest = divisor - distance;
  const bool away = distance > rest || (distance == rest && (!kHalfEven || quotient % 2 != 0));
  return away ? quotient + (value < 0 ? -1 : 1) : quotient;
}

// Rounds the digits that are printed, as Spark does, not those of the binary fraction: 2.675 to two
// places is 2.68.
template <bool kHalfEven>
double RoundDouble(double value, int places) {
  if (!std::isfinite(value) || value == 0) return value;
  char text[1200];
  const auto written = std::to_chars(std::begin(text), std::end(text), std::abs(value),
                                     std::chars_format::scientific);
  const std::string_view view(text, static_cast<size_t>(written.ptr - text));
  const size_t exponent_at = view.find('e');
  int exponent = 0;
  const size_t number_at = exponent_at + (view[exponent_at + 1] == '+' ? 2 : 1);
  std::from_chars(view.data() + number_at, view.data() + view.size(), exponent);
  // value = digits * 10^scale; at most 17 digits.
  Int128 digits = 0;
  int num_digits = 0;
  for (const char c : view.substr(0, exponent_at)) {
    if (c == '.') continue;
    digits = digits * 10 + (c - '0');
    ++num_digits;
  }
  const int scale = exponent - (num_digits - 1);
  const int64_t drop = -int64_t{scale} - places;
  if (drop <= 0) return value;
  const Int128 rounded = Rounded<kHalfEven>(digits, static_cast<int>(std::min<int64_t>(drop, 100)));
  double result = 0;
  if (rounded != 0) {
    const auto mantissa =
        std::to_chars(std::begin(text), std::end(text), static_cast<int64_t>(rounded));
    char* end = mantissa.ptr;
    *end++ = 'e';
    end = std::to_chars(end, std::end(text), -places).ptr;
    std::from_chars(text, end, result);
  }
  return std::copysign(result, value);
}

template <typename T>
bool RoundInteger(Int128 rounded, int places, T* out) {
  *out = 0;
  if (rounded == 0) return true;
  // No integer type has more than 19 digits, so a rounded one times a larger power overflows.
  const Int128 value = rounded * PowerOfTen(std::min(-places, 20));
  *out = static_cast<T>(value);
  return *out == value;
}

template <typename T, bool kHalfEven>
arrow::Status RoundIntegers(const KernelInput& input, Vector* result) {
  return TryMapBinary<OnFailure::kError, T, T, int32_t>(
      input, result,
      [](T value, int32_t places, T* out) {
        if (places >= 0) {
          *out = value;
          return true;
        }
        const int drop = static_cast<int>(std::min<int64_t>(-int64_t{places}, 100));
        return RoundInteger(Rounded<kHalfEven>(value, drop), -drop, out);
      },
      [](T, int32_t) {
        constexpr std::string_view kName = sizeof(T) == 8 ? "long" : "integer";
        return OverflowError(kName, "");
      });
}

template <typename T, bool kHalfEven>
arrow::Status RoundFloating(const KernelInput& input, Vector* result) {
  MapBinary<T, T, int32_t>(input, result, [](T value, int32_t places) {
    return static_cast<T>(RoundDouble<kHalfEven>(static_cast<double>(value), places));
  });
  return arrow::Status::OK();
}
// FLOAT by its own printed digits: the nearest double has others.
template <bool kHalfEven>
arrow::Status RoundFloats(const KernelInput& input, Vector* result) {
  MapBinary<float, float, int32_t>(input, result, [](float value, int32_t places) {
    if (!std::isfinite(value)) return value;
    char text[64];
    const auto written = std::to_chars(std::begin(text), std::end(text), value);
    double printed = 0;
    std::from_chars(text, written.ptr, printed);
    return static_cast<float>(RoundDouble<kHalfEven>(printed, places));
  });
  return arrow::Status::OK();
}

// Digits past the place become zeros, up to the scale of the result.
template <typename T, bool kHalfEven, bool kHasPlaces>
arrow::Status RoundDecimals(const KernelInput& input, Vector* result) {
  const Type& from = input.arguments[0].type();
  const Type& to = input.result_type;
  *result = Vector::Flat(to, input.num_rows, input.pool);
  const Operand<T> values(input.arguments[0]);
  for (int32_t i = 0; i < input.rows.count; ++i) {
    const int32_t row = input.rows[i];
    const int64_t places =
        kHasPlaces ? std::min<int64_t>(Operand<int32_t>(input.arguments[1])[row], from.scale()) : 0;
    const int64_t drop = std::min<int64_t>(from.scale() - places, 100);
    const Int128 rounded = Rounded<kHalfEven>(values[row], static_cast<int>(drop));
    // What was dropped comes back as zeros up to the result's scale.
    const int zeros = static_cast<int>(drop) - (from.scale() - to.scale());
    Int128 value = 0;
    const bool fits = rounded == 0 || (zeros <= kDigitsMax &&
                                       RescaleDecimal(rounded, 0, zeros, to.precision(), &value));
    if (!fits) {
      return DecimalRangeError(DecimalToString(values[row], from.scale()), to);
    }
    if (result->kind() == Kind::kI128) {
      result->mutable_data<Int128>()[row] = value;
    } else {
      result->mutable_data<int64_t>()[row] = static_cast<int64_t>(value);
    }
  }
  return arrow::Status::OK();
}

template <bool kHalfEven, bool kHasPlaces>
Kernel DecimalKernel(const Type& type) {
  return type.kind() == Kind::kI128 ? &RoundDecimals<Int128, kHalfEven, kHasPlaces>
                                    : &RoundDecimals<int64_t, kHalfEven, kHasPlaces>;
}

template <bool kHalfEven>
Kernel RoundKernel(const Type& type) {
  switch (type.kind()) {
    case Kind::kI8:
      return &RoundIntegers<int8_t, kHalfEven>;
    case Kind::kI16:
      return &RoundIntegers<int16_t, kHalfEven>;
    case Kind::kI32:
      return &RoundIntegers<int32_t, kHalfEven>;
    case Kind::kI64:
      return &RoundIntegers<int64_t, kHalfEven>;
    case Kind::kF32:
      return &RoundFloats<kHalfEven>;
    default:
      return &RoundFloating<double, kHalfEven>;
  }
}

arrow::Status Same(const KernelInput& input, Vector* result) {
  *result = input.arguments[0];
  return arrow::Status::OK();
}
template <typename T, bool kHalfEven>
arrow::Status RoundWhole(const KernelInput& input, Vector* result) {
  MapUnary<T, T>(input, result, [](T value) {
    return static_cast<T>(RoundDouble<kHalfEven>(static_cast<double>(value), 0));
  });
  return arrow::Status::OK();
}

// The scale of a rounded decimal: the places asked for, where they are a literal.
int ScaleOfRounded(const Type& type, std::span<const TypedValue* const> constants) {
  if (constants.size() < 2) return 0;
  const TypedValue* places = constants[1];
  const auto* number = places == nullptr ? nullptr : std::get_if<int64_t>(&places->value);
  if (number == nullptr) return type.scale();
  return static_cast<int>(std::clamp<int64_t>(*number, 0, type.scale()));
}

// Whole digits of the result, with one more than the argument's for 9.9 that becomes 10, and room
// for the digit rounded up to.
int WholeDigitsOfRounded(const Type& type, std::span<const TypedValue* const> constants) {
  const int whole = type.precision() - type.scale() + 1;
  if (constants.size() < 2 || constants[1] == nullptr) return whole;
  const auto* number = std::get_if<int64_t>(&constants[1]->value);
  if (number == nullptr || *number >= 0) return whole;
  return static_cast<int>(std::clamp<int64_t>(1 - *number, whole, kDigitsMax));
}

template <bool kHalfEven>
arrow::Result<ResolvedFunction> ResolveRound(std::span<const Type> types,
                                             std::span<const TypedValue* const> constants,
                                             const EvaluationSettings&) {
  constexpr std::string_view kName = kHalfEven ? "bround" : "round";
  if (types.empty() || types.size() > 2) return WrongNumArgs(kName, "1 or 2", types.size());
  if (types.size() == 2 && !CanCastImplicitly(types[1], kInt)) {
    return ArgumentMismatch(kName, types, "the number of places has to be INT");
  }
  const Type type = types[0].is_null() || types[0].is_string() ? kDouble : types[0];
  if (!type.is_numeric()) return ArgumentMismatch(kName, types, "only numbers are rounded");
  ResolvedFunction function{.arguments = {type}, .result = type};
  const bool has_places = types.size() == 2;
  if (has_places) function.arguments.push_back(kInt);
  if (type.is_decimal()) {
    const int scale = ScaleOfRounded(type, constants);
    const int whole = WholeDigitsOfRounded(type, constants);
    function.result = Type::Decimal(std::min(whole + scale, kDigitsMax), scale);
    function.kernel =
        has_places ? DecimalKernel<kHalfEven, true>(type) : DecimalKernel<kHalfEven, false>(type);
    function.can_throw = true;
  } else if (has_places) {
    function.kernel = RoundKernel<kHalfEven>(type);
    function.can_throw = type.is_integer();
  } else if (type.is_integer()) {
    function.kernel = &Same;
  } else {
    function.kernel =
        type.kind() == Kind::kF32 ? &RoundWhole<float, kHalfEven> : &RoundWhole<double, kHalfEven>;
  }
  return function;
}

// floor and ceil.

template <bool kIsFloor>
arrow::Status FloorDouble(const KernelInput& input, Vector* result) {
  MapUnary<int64_t, double>(input, result, [](double value) -> int64_t {
    const double whole = kIsFloor ? std::floor(value) : std::ceil(value);
    // Java's conversion: NaN is 0, and what does not fit is the nearest that does.
    if (std::isnan(whole)) return 0;
    if (whole >= 9223372036854775808.0) return std::numeric_limits<int64_t>::max();
    if (whole < -9223372036854775808.0) return std::numeric_limits<int64_t>::min();
    return static_cast<int64_t>(whole);
  });
  return arrow::Status::OK();
}

template <typename T, typename Result, bool kIsFloor>
arrow::Status FloorDecimal(const KernelInput& input, Vector* result) {
  const auto divisor = static_cast<T>(PowerOfTen(input.arguments[0].type().scale()));
  MapUnary<Result, T>(input, result, [=](T value) {
    T whole = value / divisor;
    const T remainder = value % divisor;
    if (kIsFloor ? remainder < 0 : remainder > 0) whole += kIsFloor ? -1 : 1;
    return static_cast<Result>(whole);
  });
  return arrow::Status::OK();
}

template <bool kIsFloor>
arrow::Result<ResolvedFunction> ResolveFloor(std::span<const Type> types,
                                             const EvaluationSettings&) {
  constexpr std::string_view kName = kIsFloor ? "floor" : "ceil";
  if (types.size() != 1) return WrongNumArgs(kName, "1", types.size());
  const Type& type = types[0];
  if (type.is_decimal()) {
    const Type result = Type::Decimal(std::min(type.precision() - type.scale() + 1, kDigitsMax), 0);
    Kernel kernel = &FloorDecimal<int64_t, int64_t, kIsFloor>;
    if (type.kind() == Kind::kI128) {
      kernel = result.kind() == Kind::kI128 ? &FloorDecimal<Int128, Int128, kIsFloor>
                                            : &FloorDecimal<Int128, int64_t, kIsFloor>;
    } else if (result.kind() == Kind::kI128) {
      kernel = &FloorDecimal<int64_t, Int128, kIsFloor>;
    }
    return ResolvedFunction{.arguments = {type}, .result = result, .kernel = kernel};
  }
  if (type.is_integer()) {
    return ResolvedFunction{.arguments = {kLong}, .result = kLong, .kernel = &Same};
  }
  return ChooseOverload(
      kName, types,
      {{{.arguments = {kDouble}, .result = kLong, .kernel = &FloorDouble<kIsFloor>}}});
}

const ScalarFunction kFunctions[] = {
    {"round",
     {"round(x [, places INT]) -> its type",
      "x to so many decimal places (0), halves away from zero.",
      {"round(2.5)", "3"}},
     nullptr,
     {},
     &ResolveRound<false>},
    {"bround",
     {"bround(x [, places INT]) -> its type",
      "x to so many decimal places (0), halves to the even digit.",
      {"bround(2.5)", "2"}},
     nullptr,
     {},
     &ResolveRound<true>},
    {"floor",
     {"floor(x) -> BIGINT or DECIMAL",
      "The greatest whole number that is not above x.",
      {"floor(-0.1)", "-1"}},
     &ResolveFloor<true>},
    {"ceil",
     {"ceil(x) -> BIGINT or DECIMAL",
      "The least whole number that is not below x.",
      {"ceil(-0.1)", "0"}},
     &ResolveFloor<false>,
     {"ceiling"}},
};

}  // namespace

std::span<const ScalarFunction> RoundingFunctions() { return kFunctions; }

}  // namespace sabot
