#pragma once

#include "sabot/datetime/time_zone.h"
#include "sabot/functions/scalar/row_loop.h"

/// What functions of dates and times share: the session's zone, and DATE, TIMESTAMP and
/// TIMESTAMP_NTZ read as days or wall clocks by one kernel.
namespace sabot {

struct ZoneState : KernelState {
  TimeZone zone;
  int64_t now_us = 0;
};

/// Errors: INVALID_TIMEZONE.
inline arrow::Result<std::shared_ptr<const KernelState>> BindZone(
    std::span<const TypedValue* const>, std::span<const Type>, const EvaluationSettings& settings) {
  auto state = std::make_shared<ZoneState>();
  ARROW_ASSIGN_OR_RAISE(state->zone, TimeZone::Find(settings.time_zone));
  state->now_us = settings.now_us;
  return state;
}

inline const ZoneState& ZoneOf(const KernelInput& input) {
  return *static_cast<const ZoneState*>(input.state);
}

/// result[row] = function(wall clock of argument `index` in microseconds).
template <typename Result, typename Function>
inline void MapLocalMicros(const KernelInput& input, size_t index, Vector* result,
                           Function function) {
  const Vector& argument = input.arguments[index];
  *result = Vector::Flat(input.result_type, input.num_rows, input.pool);
  auto* out = result->mutable_data<Result>();
  if (argument.type().id() == TypeId::kDate) {
    const Operand<int32_t> days(argument);
    ForEachRow(input.rows, [&](int32_t row) { out[row] = function(days[row] * kMicrosPerDay); });
    return;
  }
  const Operand<int64_t> micros(argument);
  // Overloads for wall clocks bind no zone: there is no state to look at.
  const bool is_local = argument.type().id() == TypeId::kTimestampNtz;
  if (is_local || ZoneOf(input).zone.is_utc()) {
    ForEachRow(input.rows, [&](int32_t row) { out[row] = function(micros[row]); });
  } else {
    const TimeZone& zone = ZoneOf(input).zone;
    ForEachRow(input.rows, [&](int32_t row) { out[row] = function(zone.ToLocal(micros[row])); });
  }
}

/// result[row] = function(day of argument `index`, since 1970).
template <typename Result, typename Function>
inline void MapDays(const KernelInput& input, size_t index, Vector* result, Function function) {
  const Vector& argument = input.arguments[index];
  if (argument.type().id() != TypeId::kDate) {
    MapLocalMicros<Result>(input, index, result,
                           [&](int64_t micros) { return function(DaysFromMicros(micros)); });
    return;
  }
  *result = Vector::Flat(input.result_type, input.num_rows, input.pool);
  auto* out = result->mutable_data<Result>();
  const Operand<int32_t> days(argument);
  ForEachRow(input.rows, [&](int32_t row) { out[row] = function(int64_t{days[row]}); });
}

}  // namespace sabot
