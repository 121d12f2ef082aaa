#include <charconv>
#include <cmath>
#include <limits>
#include <type_traits>

#include "sabot/functions/decimal.h"
#include "sabot/functions/scalar/cast.h"

namespace sabot {
namespace {

template <typename T>
TypedValue Shown(const Type& type, T value) {
  if constexpr (std::is_floating_point_v<T>) {
    return TypedOf(type, static_cast<double>(value));
  } else if constexpr (sizeof(T) == 16) {
    return TypedOf(type, value);
  } else {
    return TypedOf(type, static_cast<int64_t>(value));
  }
}

template <OnFailure kOnFailure, typename To, typename From, typename Try>
arrow::Status TryCast(const KernelInput& input, Vector* result, Try try_value) {
  const Type& from = input.arguments[0].type();
  return TryMapUnary<kOnFailure, To, From>(input, result, try_value, [&](From value) {
    return CastOverflow(Shown(from, value), input.result_type);
  });
}

// Integers, FLOAT and DOUBLE.
template <typename From, typename To>
constexpr bool kMayFail =
    std::is_integral_v<To> && (std::is_floating_point_v<From> || sizeof(From) > sizeof(To));

template <typename From, typename To>
bool Convert(From value, To* out) {
  if constexpr (!kMayFail<From, To>) {
    *out = static_cast<To>(value);
    return true;
  } else if constexpr (std::is_integral_v<From>) {
    *out = static_cast<To>(value);
    return *out == value;
  } else {
    // Toward zero. Spark compares with the limits as doubles, where BIGINT's greatest is 2^63, and
    // Java's conversion then saturates.
    constexpr double kMax = static_cast<double>(std::numeric_limits<To>::max());
    constexpr double kMin = static_cast<double>(std::numeric_limits<To>::min());
    *out = 0;
    if (!(std::floor(value) <= kMax && std::ceil(value) >= kMin)) return false;
    *out = static_cast<double>(value) >= -kMin ? std::numeric_limits<To>::max()
                                               : static_cast<To>(value);
    return true;
  }
}

template <typename From, typename To, OnFailure kOnFailure>
arrow::Status CastPlain(const KernelInput& input, Vector* result) {
  return TryCast<kOnFailure, To, From>(input, result, &Convert<From, To>);
}

template <typename From>
arrow::Status ToBoolean(const KernelInput& input, Vector* result) {
  MapUnary<uint8_t, From>(input, result, [](From value) -> uint8_t { return value != From(0); });
  return arrow::Status::OK();
}
template <typename To>
arrow::Status FromBoolean(const KernelInput& input, Vector* result) {
  MapUnary<To, uint8_t>(input, result, [](uint8_t value) { return value != 0 ? To(1) : To(0); });
  return arrow::Status::OK();
}

// Decimals.

template <typename From, typename To, OnFailure kOnFailure>
arrow::Status RescaleKernel(const KernelInput& input, Vector* result) {
  const Type& type = input.arguments[0].type();
  const int from_scale = type.is_decimal() ? type.scale() : 0;
  const Type& to = input.result_type;
  return TryCast<kOnFailure, To, From>(input, result, [&](From value, To* out) {
    Int128 rescaled = 0;
    const bool fits = RescaleDecimal(value, from_scale, to.scale(), to.precision(), &rescaled);
    *out = static_cast<To>(rescaled);
    return fits;
  });
}

// Where every value fits, to more fraction digits.
template <typename From, typename To>
arrow::Status WidenKernel(const KernelInput& input, Vector* result) {
  const Type& type = input.arguments[0].type();
  const int from_scale = type.is_decimal() ? type.scale() : 0;
  using Unsigned = std::conditional_t<sizeof(To) == 16, UInt128, uint64_t>;
  const auto factor = static_cast<Unsigned>(PowerOfTen(input.result_type.scale() - from_scale));
  MapUnary<To, From>(input, result, [=](From value) {
    // As unsigned: what stands under a null may overflow.
    return static_cast<To>(static_cast<Unsigned>(static_cast<To>(value)) * factor);
  });
  return arrow::Status::OK();
}

template <typename To, OnFailure kOnFailure>
arrow::Status FromDouble(const KernelInput& input, Vector* result) {
  const Type& to = input.result_type;
  const auto convert = [&](double value, To* out) {
    *out = 0;
    if (!std::isfinite(value)) return false;
    // As Spark: the digits that are printed, not those of the binary fraction.
    const auto parsed = DecimalFromString(DoubleToString(value), to.precision(), to.scale());
    if (parsed.ok()) *out = static_cast<To>(*parsed);
    return parsed.ok();
  };
  if (input.arguments[0].kind() == Kind::kF64) {
    return TryCast<kOnFailure, To, double>(input, result, convert);
  }
  return TryCast<kOnFailure, To, float>(input, result,
                                        [&](float value, To* out) { return convert(value, out); });
}

template <typename From, typename To>
arrow::Status DecimalToFloating(const KernelInput& input, Vector* result) {
  const int scale = input.arguments[0].type().scale();
  constexpr int kExactPowerMax = 22;  // 10^22 is the last power of ten that is a double
  constexpr int64_t kExactMax = int64_t{1} << 53;
  const auto divisor = scale <= kExactPowerMax ? static_cast<double>(PowerOfTen(scale)) : 0.0;
  MapUnary<To, From>(input, result, [=](From value) {
    // Two exact doubles: their quotient is the nearest to the decimal.
    if (scale <= kExactPowerMax && value <= kExactMax && value >= -kExactMax) {
      return static_cast<To>(static_cast<double>(value) / divisor);
    }
    const std::string text = DecimalToString(value, scale);
    To nearest = 0;
    std::from_chars(text.data(), text.data() + text.size(), nearest);
    return nearest;
  });
  return arrow::Status::OK();
}

template <typename From, typename To, OnFailure kOnFailure>
arrow::Status DecimalToInteger(const KernelInput& input, Vector* result) {
  const Int128 divisor = PowerOfTen(input.arguments[0].type().scale());
  return TryCast<kOnFailure, To, From>(input, result, [=](From value, To* out) {
    const Int128 whole = value / divisor;
    *out = static_cast<To>(whole);
    return *out == whole;
  });
}

// Call function(T()) with the C++ type of a number's kind.
template <typename Function>
CastKernel ForNumberKind(Kind kind, Function function) {
  switch (kind) {
    case Kind::kI8:
      return function(int8_t());
    case Kind::kI16:
      return function(int16_t());
    case Kind::kI32:
      return function(int32_t());
    case Kind::kI64:
      return function(int64_t());
    case Kind::kF32:
      return function(float());
    case Kind::kF64:
      return function(double());
    default:
      return {};
  }
}
template <typename Function>
CastKernel ForDecimalKind(Kind kind, Function function) {
  return kind == Kind::kI64 ? function(int64_t()) : function(Int128());
}

template <OnFailure kOnFailure>
CastKernel CastToDecimal(const Type& from, const Type& to) {
  return ForDecimalKind(to.kind(), [&]<typename To>(To) -> CastKernel {
    if (from.is_floating()) return {&FromDouble<To, kOnFailure>, true};
    const int whole_digits = to.precision() - to.scale();
    if (from.is_decimal()) {
      const bool widens =
          to.scale() >= from.scale() && whole_digits >= from.precision() - from.scale();
      return ForDecimalKind(from.kind(), [&]<typename From>(From) -> CastKernel {
        if constexpr (sizeof(From) <= sizeof(To)) {
          if (widens) return {&WidenKernel<From, To>, false};
        }
        return {&RescaleKernel<From, To, kOnFailure>, true};
      });
    }
    return ForNumberKind(from.kind(), [&]<typename From>(From) -> CastKernel {
      if constexpr (std::is_integral_v<From>) {
        if (whole_digits > std::numeric_limits<From>::digits10) {
          return {&WidenKernel<From, To>, false};
        }
        return {&RescaleKernel<From, To, kOnFailure>, true};
      } else {
        return {};
      }
    });
  });
}

template <OnFailure kOnFailure>
CastKernel CastFromDecimal(const Type& from, const Type& to) {
  return ForDecimalKind(from.kind(), [&]<typename From>(From) -> CastKernel {
    if (to.id() == TypeId::kBoolean) return {&ToBoolean<From>};
    return ForNumberKind(to.kind(), [&]<typename To>(To) -> CastKernel {
      if constexpr (std::is_floating_point_v<To>) {
        return {&DecimalToFloating<From, To>};
      } else {
        return {&DecimalToInteger<From, To, kOnFailure>, true};
      }
    });
  });
}

template <OnFailure kOnFailure>
CastKernel Find(const Type& from, const Type& to) {
  if (from.id() == TypeId::kBoolean) {
    return ForNumberKind(to.kind(),
                         []<typename To>(To) -> CastKernel { return {&FromBoolean<To>}; });
  }
  if (to.is_decimal()) return CastToDecimal<kOnFailure>(from, to);
  if (from.is_decimal()) return CastFromDecimal<kOnFailure>(from, to);
  return ForNumberKind(from.kind(), [&]<typename From>(From) -> CastKernel {
    if (to.id() == TypeId::kBoolean) return {&ToBoolean<From>};
    return ForNumberKind(to.kind(), []<typename To>(To) -> CastKernel {
      constexpr bool kFails = kMayFail<From, To>;
      return {&CastPlain < From, To, kFails ? kOnFailure : OnFailure::kError >, kFails};
    });
  });
}

// 1 may not fit: DECIMAL(1,1).
template <OnFailure kOnFailure, typename To>
arrow::Status BooleanToDecimal(const KernelInput& input, Vector* result) {
  const Type& to = input.result_type;
  return TryMapUnary<kOnFailure, To, uint8_t>(
      input, result,
      [&](uint8_t value, To* out) {
        Int128 rescaled = 0;
        const bool fits = RescaleDecimal(value != 0, 0, to.scale(), to.precision(), &rescaled);
        *out = static_cast<To>(rescaled);
        return fits;
      },
      [&](uint8_t value) {
        return CastOverflow(TypedValue::Boolean(value != 0), input.result_type);
      });
}

}  // namespace

CastKernel NumberCast(const Type& from, const Type& to, OnFailure on_failure) {
  const bool is_null = on_failure == OnFailure::kNull;
  if (from.id() == TypeId::kBoolean && to.is_decimal()) {
    if (to.kind() == Kind::kI64) {
      return {is_null ? &BooleanToDecimal<OnFailure::kNull, int64_t>
                      : &BooleanToDecimal<OnFailure::kError, int64_t>,
              true};
    }
    return {is_null ? &BooleanToDecimal<OnFailure::kNull, Int128>
                    : &BooleanToDecimal<OnFailure::kError, Int128>,
            true};
  }
  return is_null ? Find<OnFailure::kNull>(from, to) : Find<OnFailure::kError>(from, to);
}

}  // namespace sabot
