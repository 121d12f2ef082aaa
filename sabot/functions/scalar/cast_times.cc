#include <cmath>
#include <limits>
#include <optional>
#include <type_traits>

#include "sabot/datetime/time_zone.h"
#include "sabot/functions/decimal.h"
#include "sabot/functions/scalar/cast.h"

namespace sabot {
namespace {

struct ZoneState final : KernelState {
  TimeZone zone;
};
arrow::Result<std::shared_ptr<const KernelState>> BindZone(std::span<const TypedValue* const>,
                                                           std::span<const Type>,
                                                           const EvaluationSettings& settings) {
  auto state = std::make_shared<ZoneState>();
  ARROW_ASSIGN_OR_RAISE(state->zone, TimeZone::Find(settings.time_zone));
  return state;
}
const TimeZone& ZoneOf(const KernelInput& input) {
  return static_cast<const ZoneState*>(input.state)->zone;
}

template <OnFailure kOnFailure, typename To, typename From, typename Try>
arrow::Status TryCast(const KernelInput& input, Vector* result, Try try_value) {
  const Type& from = input.arguments[0].type();
  return TryMapUnary<kOnFailure, To, From>(input, result, try_value, [&](From value) {
    using Wide = std::conditional_t<std::is_floating_point_v<From>, double, int64_t>;
    return CastOverflow(TypedOf(from, static_cast<Wide>(value)), input.result_type);
  });
}

template <OnFailure kOnFailure>
arrow::Status DateToNtz(const KernelInput& input, Vector* result) {
  return TryCast<kOnFailure, int64_t, int32_t>(input, result, [](int32_t days, int64_t* out) {
    const auto micros = MicrosFromDays(days);
    *out = micros.value_or(0);
    return micros.has_value();
  });
}
template <OnFailure kOnFailure>
arrow::Status DateToTimestamp(const KernelInput& input, Vector* result) {
  const TimeZone& zone = ZoneOf(input);
  return TryCast<kOnFailure, int64_t, int32_t>(input, result, [&](int32_t days, int64_t* out) {
    const auto micros = MicrosFromDays(days);
    *out = zone.ToUtc(micros.value_or(0));
    return micros.has_value();
  });
}
arrow::Status NtzToDate(const KernelInput& input, Vector* result) {
  MapUnary<int32_t, int64_t>(
      input, result, [](int64_t micros) { return static_cast<int32_t>(DaysFromMicros(micros)); });
  return arrow::Status::OK();
}
arrow::Status TimestampToDate(const KernelInput& input, Vector* result) {
  const TimeZone& zone = ZoneOf(input);
  MapUnary<int32_t, int64_t>(input, result, [&](int64_t micros) {
    return static_cast<int32_t>(DaysFromMicros(zone.ToLocal(micros)));
  });
  return arrow::Status::OK();
}
arrow::Status TimestampToNtz(const KernelInput& input, Vector* result) {
  const TimeZone& zone = ZoneOf(input);
  MapUnary<int64_t, int64_t>(input, result, [&](int64_t micros) { return zone.ToLocal(micros); });
  return arrow::Status::OK();
}
arrow::Status NtzToTimestamp(const KernelInput& input, Vector* result) {
  const TimeZone& zone = ZoneOf(input);
  MapUnary<int64_t, int64_t>(input, result, [&](int64_t micros) { return zone.ToUtc(micros); });
  return arrow::Status::OK();
}

// Seconds since 1970; a fraction counts in FLOAT and DOUBLE.
template <typename From, OnFailure kOnFailure>
arrow::Status SecondsToTimestamp(const KernelInput& input, Vector* result) {
  return TryCast<kOnFailure, int64_t, From>(input, result, [](From seconds, int64_t* out) {
    if constexpr (std::is_integral_v<From>) {
      return !__builtin_mul_overflow(int64_t{seconds}, kMicrosPerSecond, out);
    } else {
      constexpr double kLimit = 9223372036854775808.0;  // 2^63
      const double micros = static_cast<double>(seconds) * 1e6;
      *out = 0;
      if (!(micros >= -kLimit && micros < kLimit)) return false;
      *out = static_cast<int64_t>(micros);
      return true;
    }
  });
}
template <typename To, OnFailure kOnFailure>
arrow::Status TimestampToSeconds(const KernelInput& input, Vector* result) {
  return TryCast<kOnFailure, To, int64_t>(input, result, [](int64_t micros, To* out) {
    if constexpr (std::is_integral_v<To>) {
      const int64_t seconds = FloorDiv(micros, kMicrosPerSecond);
      *out = static_cast<To>(seconds);
      return *out == seconds;
    } else {
      *out = static_cast<To>(static_cast<double>(micros) / 1e6);
      return true;
    }
  });
}

// DECIMAL counts seconds too; digits past the microsecond are cut.
template <typename From, OnFailure kOnFailure>
arrow::Status DecimalToTimestamp(const KernelInput& input, Vector* result) {
  const Type& from = input.arguments[0].type();
  const int scale = from.scale();
  return TryMapUnary<kOnFailure, int64_t, From>(
      input, result,
      [=](From seconds, int64_t* out) {
        Int128 micros = seconds;
        bool fits = true;
        if (scale > 6) {
          micros /= PowerOfTen(scale - 6);
        } else {
          fits = !__builtin_mul_overflow(micros, PowerOfTen(6 - scale), &micros);
        }
        *out = static_cast<int64_t>(micros);
        return fits && *out == micros;
      },
      [&](From seconds) { return CastOverflow(TypedOf(from, seconds), input.result_type); });
}
template <typename To, OnFailure kOnFailure>
arrow::Status TimestampToDecimal(const KernelInput& input, Vector* result) {
  const Type& to = input.result_type;
  return TryCast<kOnFailure, To, int64_t>(input, result, [&](int64_t micros, To* out) {
    Int128 rescaled = 0;
    const bool fits = RescaleDecimal(micros, 6, to.scale(), to.precision(), &rescaled);
    *out = static_cast<To>(rescaled);
    return fits;
  });
}

template <OnFailure kOnFailure>
CastKernel FromNumber(TypeId from) {
  switch (from) {
    case TypeId::kByte:
      return {&SecondsToTimestamp<int8_t, kOnFailure>, true};
    case TypeId::kShort:
      return {&SecondsToTimestamp<int16_t, kOnFailure>, true};
    case TypeId::kInt:
      return {&SecondsToTimestamp<int32_t, kOnFailure>, true};
    case TypeId::kLong:
      return {&SecondsToTimestamp<int64_t, kOnFailure>, true};
    case TypeId::kFloat:
      return {&SecondsToTimestamp<float, kOnFailure>, true};
    case TypeId::kDouble:
      return {&SecondsToTimestamp<double, kOnFailure>, true};
    default:
      return {};
  }
}
template <OnFailure kOnFailure>
CastKernel ToNumber(TypeId to) {
  switch (to) {
    case TypeId::kByte:
      return {&TimestampToSeconds<int8_t, kOnFailure>, true};
    case TypeId::kShort:
      return {&TimestampToSeconds<int16_t, kOnFailure>, true};
    case TypeId::kInt:
      return {&TimestampToSeconds<int32_t, kOnFailure>, true};
    case TypeId::kLong:
      return {&TimestampToSeconds<int64_t, kOnFailure>, true};
    case TypeId::kFloat:
      return {&TimestampToSeconds<float, kOnFailure>, true};
    case TypeId::kDouble:
      return {&TimestampToSeconds<double, kOnFailure>, true};
    default:
      return {};
  }
}

template <OnFailure kOnFailure>
CastKernel Find(const Type& from_type, const Type& to_type) {
  using enum TypeId;
  const TypeId from = from_type.id();
  const TypeId to = to_type.id();
  if (from == kDate && to == kTimestampNtz) return {&DateToNtz<kOnFailure>, true};
  if (from == kDate && to == kTimestamp) return {&DateToTimestamp<kOnFailure>, true, &BindZone};
  if (from == kTimestampNtz && to == kDate) return {&NtzToDate};
  if (from == kTimestampNtz && to == kTimestamp) return {&NtzToTimestamp, false, &BindZone};
  if (from == kTimestamp && to == kDate) return {&TimestampToDate, false, &BindZone};
  if (from == kTimestamp && to == kTimestampNtz) return {&TimestampToNtz, false, &BindZone};
  if (from == kDecimal && to == kTimestamp) {
    if (from_type.kind() == Kind::kI64) return {&DecimalToTimestamp<int64_t, kOnFailure>, true};
    return {&DecimalToTimestamp<Int128, kOnFailure>, true};
  }
  if (from == kTimestamp && to == kDecimal) {
    if (to_type.kind() == Kind::kI64) return {&TimestampToDecimal<int64_t, kOnFailure>, true};
    return {&TimestampToDecimal<Int128, kOnFailure>, true};
  }
  if (to == kTimestamp) return FromNumber<kOnFailure>(from);
  if (from == kTimestamp) return ToNumber<kOnFailure>(to);
  return {};
}

}  // namespace

CastKernel TimeCast(const Type& from, const Type& to, OnFailure on_failure) {
  return on_failure == OnFailure::kNull ? Find<OnFailure::kNull>(from, to)
                                        : Find<OnFailure::kError>(from, to);
}

}  // namespace sabot
