#include <cmath>
#include <limits>

#include "sabot/base/error.h"
#include "sabot/datetime/time_zone.h"
#include "sabot/functions/scalar/arithmetic.h"

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

// Spark's words, by what overflows.
template <typename T>
arrow::Status Overflow(std::string_view alternative = "add") {
  return OverflowError(sizeof(T) == 4 ? "integer" : "long", alternative);
}

// left + kSign * right, each of its own width, in that of the result.
template <typename Result, typename Left, typename Right, int kSign, OnFailure kOnFailure>
arrow::Status AddKernel(const KernelInput& input, Vector* result) {
  return TryMapBinary<kOnFailure, Result, Left, Right>(
      input, result,
      [](Left left, Right right, Result* out) {
        return kSign > 0 ? !__builtin_add_overflow(left, right, out)
                         : !__builtin_sub_overflow(left, right, out);
      },
      [](Left, Right) { return Overflow<Result>(); });
}

template <OnFailure kOnFailure>
arrow::Status DateDifference(const KernelInput& input, Vector* result) {
  return TryMapBinary<kOnFailure, int64_t, int32_t, int32_t>(
      input, result,
      [](int32_t left, int32_t right, int64_t* out) {
        return !__builtin_mul_overflow(int64_t{left} - right, kMicrosPerDay, out);
      },
      [](int32_t, int32_t) { return Overflow<int64_t>(); });
}

template <int kSign, OnFailure kOnFailure>
arrow::Status DateAddMonths(const KernelInput& input, Vector* result) {
  return TryMapBinary<kOnFailure, int32_t, int32_t, int32_t>(
      input, result,
      [](int32_t days, int32_t months, int32_t* out) {
        const int64_t moved = AddMonths(days, kSign * int64_t{months});
        *out = static_cast<int32_t>(moved);
        return *out == moved;
      },
      [](int32_t, int32_t) { return Overflow<int32_t>(); });
}

template <int kSign, OnFailure kOnFailure>
arrow::Status TimestampAddMonths(const KernelInput& input, Vector* result) {
  const TimeZone utc;
  const bool has_zone = input.arguments[0].type().id() == TypeId::kTimestamp;
  const TimeZone& zone = has_zone ? ZoneOf(input) : utc;
  return TryMapBinary<kOnFailure, int64_t, int64_t, int32_t>(
      input, result,
      [&](int64_t micros, int32_t months, int64_t* out) {
        const auto moved = AddMonths(micros, kSign * int64_t{months}, zone);
        *out = moved.value_or(0);
        return moved.has_value();
      },
      [](int64_t, int32_t) { return Overflow<int64_t>(); });
}

// Whole days move the session's wall clock, what remains moves the instant: a day may have 23
// hours.
template <int kSign, OnFailure kOnFailure>
arrow::Status TimestampAddMicros(const KernelInput& input, Vector* result) {
  if (ZoneOf(input).is_utc()) {
    return AddKernel<int64_t, int64_t, int64_t, kSign, kOnFailure>(input, result);
  }
  const TimeZone& zone = ZoneOf(input);
  return TryMapBinary<kOnFailure, int64_t, int64_t, int64_t>(
      input, result,
      [&](int64_t micros, int64_t interval, int64_t* out) {
        const int64_t within_day = interval % kMicrosPerDay;
        const int64_t days = interval - within_day;
        if (days != 0) {
          int64_t local = zone.ToLocal(micros);
          if (kSign > 0 ? __builtin_add_overflow(local, days, &local)
                        : __builtin_sub_overflow(local, days, &local)) {
            *out = 0;
            return false;
          }
          micros = zone.ToUtc(local, zone.OffsetSeconds(micros));
        }
        return kSign > 0 ? !__builtin_add_overflow(micros, within_day, out)
                         : !__builtin_sub_overflow(micros, within_day, out);
      },
      [](int64_t, int64_t) { return Overflow<int64_t>(); });
}

// The distance of the session's wall clocks, as Spark has it: from midnight to midnight is a day,
// whatever the zone's clock did meanwhile.
template <OnFailure kOnFailure>
arrow::Status TimestampDifference(const KernelInput& input, Vector* result) {
  if (ZoneOf(input).is_utc()) {
    return AddKernel<int64_t, int64_t, int64_t, -1, kOnFailure>(input, result);
  }
  const TimeZone& zone = ZoneOf(input);
  return TryMapBinary<kOnFailure, int64_t, int64_t, int64_t>(
      input, result,
      [&](int64_t left, int64_t right, int64_t* out) {
        return !__builtin_sub_overflow(zone.ToLocal(left), zone.ToLocal(right), out);
      },
      [](int64_t, int64_t) { return Overflow<int64_t>(); });
}

// An interval times a number: rounded half up where the number has a fraction.
template <typename Interval, typename Number, bool kDivides, OnFailure kOnFailure>
arrow::Status ScaleKernel(const KernelInput& input, Vector* result) {
  return TryMapBinary<kOnFailure, Interval, Interval, Number>(
      input, result,
      [](Interval interval, Number number, Interval* out) {
        if constexpr (!kDivides && std::is_integral_v<Number>) {
          return !__builtin_mul_overflow(interval, number, out);
        } else {
          *out = 0;
          if (kDivides && number == 0) return false;
          const double scaled = std::round(kDivides ? static_cast<double>(interval) / number
                                                    : static_cast<double>(interval) * number);
          constexpr double kLimit = -static_cast<double>(std::numeric_limits<Interval>::min());
          if (!(scaled >= -kLimit && scaled < kLimit)) return false;
          *out = static_cast<Interval>(scaled);
          return true;
        }
      },
      [](Interval, Number number) {
        return kDivides && number == 0 ? DivideByZeroError() : Overflow<Interval>("multiply");
      });
}

const Type kDate(TypeId::kDate);
const Type kInt(TypeId::kInt);
const Type kLong(TypeId::kLong);
const Type kDouble(TypeId::kDouble);
const Type kMonths(TypeId::kYearMonthInterval);
const Type kMicros(TypeId::kDayTimeInterval);

bool IsTimestamp(const Type& type) {
  return type.id() == TypeId::kTimestamp || type.id() == TypeId::kTimestampNtz;
}
bool IsInterval(const Type& type) { return type == kMonths || type == kMicros; }

template <OnFailure kOnFailure>
class Resolver {
 public:
  using Found = std::optional<ResolvedFunction>;

  template <int kSign>
  static Found Sum(const Type& left, const Type& right) {
    if (left == kDate && (right.is_null() || (right.is_integer() && right != kLong))) {
      return Make({kDate, kInt}, kDate, &AddKernel<int32_t, int32_t, int32_t, kSign, kOnFailure>);
    }
    if (left == kDate && right == kMonths) {
      return Make({kDate, kMonths}, kDate, &DateAddMonths<kSign, kOnFailure>);
    }
    // A day-time interval may hold hours, which a date cannot.
    const Type moment = left == kDate ? Type(TypeId::kTimestamp) : left;
    if (moment.id() == TypeId::kTimestamp && (right == kMicros || right.is_null())) {
      Found function = Make({moment, kMicros}, moment, &TimestampAddMicros<kSign, kOnFailure>);
      function->bind = &BindZone;
      return function;
    }
    if (IsTimestamp(moment) && (right == kMicros || right.is_null())) {
      return Make({moment, kMicros}, moment,
                  &AddKernel<int64_t, int64_t, int64_t, kSign, kOnFailure>);
    }
    if (IsTimestamp(left) && right == kMonths) {
      Found function = Make({left, kMonths}, left, &TimestampAddMonths<kSign, kOnFailure>);
      function->bind = &BindZone;
      return function;
    }
    if (left == right && left == kMonths) {
      return Make({left, left}, left, &AddKernel<int32_t, int32_t, int32_t, kSign, kOnFailure>);
    }
    if (left == right && left == kMicros) {
      return Make({left, left}, left, &AddKernel<int64_t, int64_t, int64_t, kSign, kOnFailure>);
    }
    return std::nullopt;
  }

  static Found Difference(const Type& left, const Type& right) {
    if (left == kDate && right == kDate) {
      return Make({kDate, kDate}, kMicros, &DateDifference<kOnFailure>);
    }
    if (left.is_datetime() && right.is_datetime()) {
      const bool is_local = left.id() != TypeId::kTimestamp && right.id() != TypeId::kTimestamp;
      const Type moment(is_local ? TypeId::kTimestampNtz : TypeId::kTimestamp);
      if (!is_local) {
        Found function = Make({moment, moment}, kMicros, &TimestampDifference<kOnFailure>);
        function->bind = &BindZone;
        return function;
      }
      return Make({moment, moment}, kMicros, &AddKernel<int64_t, int64_t, int64_t, -1, kOnFailure>);
    }
    return Sum<-1>(left, right);
  }

  template <bool kDivides>
  static Found Scaled(const Type& left, const Type& right) {
    if (!IsInterval(left) || !(right.is_numeric() || right.is_null())) return std::nullopt;
    const bool is_whole = right.is_integer() && !kDivides;
    const Type number = is_whole ? kLong : kDouble;
    if (left == kMonths) {
      return Make({left, number}, left,
                  is_whole ? &ScaleKernel<int32_t, int64_t, kDivides, kOnFailure>
                           : &ScaleKernel<int32_t, double, kDivides, kOnFailure>);
    }
    return Make({left, number}, left,
                is_whole ? &ScaleKernel<int64_t, int64_t, kDivides, kOnFailure>
                         : &ScaleKernel<int64_t, double, kDivides, kOnFailure>);
  }

 private:
  static Found Make(std::vector<Type> arguments, Type result, Kernel kernel) {
    return ResolvedFunction{.arguments = std::move(arguments),
                            .result = std::move(result),
                            .kernel = kernel,
                            .can_throw = kOnFailure == OnFailure::kError,
                            .always_nullable = kOnFailure == OnFailure::kNull};
  }
};

// The arguments the other way round: the kernels have the time, or the interval, on the left.
template <Kernel kKernel>
arrow::Status Flipped(const KernelInput& input, Vector* result) {
  const Vector arguments[] = {input.arguments[1], input.arguments[0]};
  return kKernel({.arguments = arguments,
                  .rows = input.rows,
                  .num_rows = input.num_rows,
                  .result_type = input.result_type,
                  .pool = input.pool,
                  .state = input.state},
                 result);
}

// Kernel pointers known only at run time cannot be template arguments, so each is listed.
template <OnFailure kOnFailure>
Kernel FlippedKernel(Kernel kernel) {
  constexpr auto kDays = &AddKernel<int32_t, int32_t, int32_t, 1, kOnFailure>;
  constexpr auto kTime = &AddKernel<int64_t, int64_t, int64_t, 1, kOnFailure>;
  constexpr auto kDateMonths = &DateAddMonths<1, kOnFailure>;
  constexpr auto kZonedTime = &TimestampAddMicros<1, kOnFailure>;
  constexpr auto kTimeMonths = &TimestampAddMonths<1, kOnFailure>;
  constexpr auto kMonthsTimes = &ScaleKernel<int32_t, int64_t, false, kOnFailure>;
  constexpr auto kMonthsTimesDouble = &ScaleKernel<int32_t, double, false, kOnFailure>;
  constexpr auto kMicrosTimes = &ScaleKernel<int64_t, int64_t, false, kOnFailure>;
  constexpr auto kMicrosTimesDouble = &ScaleKernel<int64_t, double, false, kOnFailure>;
  if (kernel == kDays) return &Flipped<kDays>;
  if (kernel == kTime) return &Flipped<kTime>;
  if (kernel == kZonedTime) return &Flipped<kZonedTime>;
  if (kernel == kDateMonths) return &Flipped<kDateMonths>;
  if (kernel == kTimeMonths) return &Flipped<kTimeMonths>;
  if (kernel == kMonthsTimes) return &Flipped<kMonthsTimes>;
  if (kernel == kMonthsTimesDouble) return &Flipped<kMonthsTimesDouble>;
  if (kernel == kMicrosTimes) return &Flipped<kMicrosTimes>;
  if (kernel == kMicrosTimesDouble) return &Flipped<kMicrosTimesDouble>;
  return nullptr;
}

template <OnFailure kOnFailure>
std::optional<ResolvedFunction> ResolveFor(Arithmetic operation, const Type& left,
                                           const Type& right) {
  const auto flipped = [](std::optional<ResolvedFunction> function) {
    if (function) {
      std::swap(function->arguments[0], function->arguments[1]);
      function->kernel = FlippedKernel<kOnFailure>(function->kernel);
      SABOT_DCHECK(function->kernel != nullptr);
    }
    return function;
  };
  using Times = Resolver<kOnFailure>;
  switch (operation) {
    case Arithmetic::kAdd:
      if (auto function = Times::template Sum<1>(left, right)) return function;
      return flipped(Times::template Sum<1>(right, left));
    case Arithmetic::kSubtract:
      return Times::Difference(left, right);
    case Arithmetic::kMultiply:
      if (auto function = Times::template Scaled<false>(left, right)) return function;
      return flipped(Times::template Scaled<false>(right, left));
    case Arithmetic::kDivide:
      return Times::template Scaled<true>(left, right);
    default:
      return std::nullopt;
  }
}

}  // namespace

std::optional<ResolvedFunction> ResolveTimeArithmetic(Arithmetic operation, const Type& left,
                                                      const Type& right, Failure failure) {
  return failure == Failure::kNull ? ResolveFor<OnFailure::kNull>(operation, left, right)
                                   : ResolveFor<OnFailure::kError>(operation, left, right);
}

}  // namespace sabot
