#include <cmath>
#include <optional>

#include "sabot/base/error.h"
#include "sabot/functions/families.h"
#include "sabot/functions/scalar/local_time.h"

/// Points in time: truncated, counted since 1970, moved between zones, and put into windows.
namespace sabot {
namespace {

const Type kString(TypeId::kString);
const Type kInt(TypeId::kInt);
const Type kLong(TypeId::kLong);
const Type kDouble(TypeId::kDouble);
const Type kTimestamp(TypeId::kTimestamp);
const Type kTimestampNtz(TypeId::kTimestampNtz);
const Type kInterval(TypeId::kDayTimeInterval);

using Types = std::span<const Type>;
using Settings = const EvaluationSettings&;
using Constants = std::span<const TypedValue* const>;

arrow::Status Overflow(std::string operation) {
  return MakeError("DATETIME_OVERFLOW", {{"operation", std::move(operation)}});
}

// date_trunc(unit, time): NULL for a unit that is none.
template <bool kIsLocal>
arrow::Status DateTrunc(const KernelInput& input, Vector* result) {
  const TimeZone utc;
  const TimeZone& zone = kIsLocal ? utc : ZoneOf(input).zone;
  bool fits = true;
  MapRowsOrNull<int64_t, StringView, int64_t>(
      input, result, [&](const StringView& name, int64_t micros, int64_t* out) {
        const auto unit = FindTruncUnit(name.view());
        if (!unit.has_value()) return false;
        const auto truncated = TruncateMicros(micros, *unit, zone);
        fits &= truncated.has_value();
        *out = truncated.value_or(0);
        return true;
      });
  return fits ? arrow::Status::OK() : Overflow("date_trunc before the first TIMESTAMP");
}

template <int64_t kUnit>
arrow::Status SinceEpoch(const KernelInput& input, Vector* result) {
  MapUnary<int64_t, int64_t>(input, result, [](int64_t micros) { return FloorDiv(micros, kUnit); });
  return arrow::Status::OK();
}

template <int64_t kUnit>
arrow::Status FromEpoch(const KernelInput& input, Vector* result) {
  return TryMapRows<int64_t, int64_t>(input, result,
                                      [](int64_t count, int64_t* micros) -> arrow::Status {
                                        if (!__builtin_mul_overflow(count, kUnit, micros))
                                          return arrow::Status::OK();
                                        return Overflow(std::to_string(count) + " as a TIMESTAMP");
                                      });
}

arrow::Status FromSeconds(const KernelInput& input, Vector* result) {
  std::vector<int32_t> nulls;
  arrow::Status status;
  MapRowsOrNull<int64_t, double>(input, result, [&](double seconds, int64_t* micros) {
    if (!std::isfinite(seconds)) return false;
    const double scaled = seconds * static_cast<double>(kMicrosPerSecond);
    if (scaled >= -0x1p63 && scaled < 0x1p63) {
      *micros = static_cast<int64_t>(scaled);
    } else {
      status = Overflow("seconds as a TIMESTAMP");
    }
    return true;
  });
  return status;
}

// The instant read as a wall clock in one zone and written in another; the zone may change by row.
template <bool kToUtc>
arrow::Status MoveZone(const KernelInput& input, Vector* result) {
  std::string name;
  std::optional<TimeZone> zone;
  return TryMapRows<int64_t, int64_t, StringView>(
      input, result,
      [&](int64_t micros, const StringView& zone_name, int64_t* out) -> arrow::Status {
        if (!zone.has_value() || zone_name.view() != name) {
          name = zone_name.view();
          ARROW_ASSIGN_OR_RAISE(zone, TimeZone::Find(name));
        }
        *out = kToUtc ? zone->ToUtc(micros) : zone->ToLocal(micros);
        return arrow::Status::OK();
      });
}

// Seconds come as DECIMAL(16,6): their unscaled value is microseconds.
arrow::Status MakeTimestamp(const KernelInput& input, Vector* result) {
  const bool is_local = input.result_type.id() == TypeId::kTimestampNtz;
  const TimeZone utc;
  const TimeZone& zone = is_local ? utc : ZoneOf(input).zone;
  return TryMapRows<int64_t, int32_t, int32_t, int32_t, int32_t, int32_t, int64_t>(
      input, result,
      [&](int32_t year, int32_t month, int32_t day, int32_t hour, int32_t minute, int64_t micros,
          int64_t* out) -> arrow::Status {
        const bool is_date =
            month >= 1 && month <= 12 && day >= 1 && day <= DaysInMonth(year, month);
        // 60 seconds are the next minute.
        const bool is_time = hour >= 0 && hour < 24 && minute >= 0 && minute < 60 && micros >= 0 &&
                             micros <= kMicrosPerMinute;
        if (!is_date || !is_time || year < -290'000 || year > 290'000) {
          return MakeError(
              "DATETIME_FIELD_OUT_OF_BOUNDS",
              {{"rangeMessage", "There is no time of year " + std::to_string(year) + ", month " +
                                    std::to_string(month) + ", day " + std::to_string(day) +
                                    ", hour " + std::to_string(hour) + ", minute " +
                                    std::to_string(minute) + ", microsecond " +
                                    std::to_string(micros)},
               {"alternative", ""}});
        }
        *out = zone.ToUtc(DaysFromCivil(year, month, day) * kMicrosPerDay + hour * kMicrosPerHour +
                          minute * kMicrosPerMinute + micros);
        return arrow::Status::OK();
      });
}

arrow::Status CurrentTimestamp(const KernelInput& input, Vector* result) {
  const ZoneState& state = ZoneOf(input);
  const bool is_local = input.result_type.id() == TypeId::kTimestampNtz;
  *result = Vector::Constant(
      {input.result_type, is_local ? state.zone.ToLocal(state.now_us) : state.now_us},
      input.num_rows);
  return arrow::Status::OK();
}

arrow::Status CurrentTimezone(const KernelInput& input, Vector* result) {
  *result = Vector::Constant(TypedValue::String(ZoneOf(input).zone.name()), input.num_rows);
  return arrow::Status::OK();
}

// ---- windows

arrow::Status WindowError(std::string message) {
  return MakeError("WINDOW_INVALID", {{"message", std::move(message)}});
}

arrow::Result<std::shared_ptr<const KernelState>> BindTumble(Constants constants, Types, Settings) {
  if (constants[1] != nullptr && !constants[1]->is_null() &&
      std::get<int64_t>(constants[1]->value) <= 0) {
    return WindowError("its size must be positive");
  }
  return nullptr;
}

/// Rounds toward minus infinity, so windows before 1970 keep their length too.
/// Source: Akidau et al., "The Dataflow Model", VLDB 2015, section 1.2 (fixed windows).
arrow::Status TumbleStart(const KernelInput& input, Vector* result) {
  bool fits = true;
  MapBinary<int64_t, int64_t, int64_t>(input, result, [&](int64_t micros, int64_t size) {
    int64_t start = 0;
    fits &=
        size > 0 && !__builtin_sub_overflow(micros, FloorMod(micros, size > 0 ? size : 1), &start);
    return start;
  });
  return fits ? arrow::Status::OK()
              : WindowError("its size must be positive, and its start within TIMESTAMP");
}

// ---- units by name

// A unit is so many months or so many microseconds.
struct Unit {
  int64_t months = 0;
  int64_t micros = 0;
};

std::optional<Unit> FindUnit(std::string_view name) {
  constexpr std::pair<std::string_view, Unit> kUnits[] = {{"MICROSECOND", {0, 1}},
                                                          {"MILLISECOND", {0, kMicrosPerMilli}},
                                                          {"SECOND", {0, kMicrosPerSecond}},
                                                          {"MINUTE", {0, kMicrosPerMinute}},
                                                          {"HOUR", {0, kMicrosPerHour}},
                                                          {"DAY", {0, kMicrosPerDay}},
                                                          {"DAYOFYEAR", {0, kMicrosPerDay}},
                                                          {"WEEK", {0, 7 * kMicrosPerDay}},
                                                          {"MONTH", {1, 0}},
                                                          {"QUARTER", {3, 0}},
                                                          {"YEAR", {12, 0}}};
  std::string upper(name);
  for (char& c : upper) c = c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c;
  for (const auto& [known, unit] : kUnits) {
    if (known == upper) return unit;
  }
  return std::nullopt;
}

arrow::Status UnknownUnit(std::string_view function, std::string_view name) {
  return MakeError("INVALID_PARAMETER_VALUE",
                   {{"parameter", "`unit`"},
                    {"functionName", "`" + std::string(function) + "`"},
                    {"message", "'" + std::string(name) + "' is no unit of time"}});
}

const TimeZone& ZoneFor(const KernelInput& input, const TimeZone& utc) {
  return input.arguments[2].type().id() == TypeId::kTimestampNtz ? utc : ZoneOf(input).zone;
}

arrow::Status TimestampAdd(const KernelInput& input, Vector* result) {
  const TimeZone utc;
  const TimeZone& zone = ZoneFor(input, utc);
  return TryMapRows<int64_t, StringView, int64_t, int64_t>(
      input, result,
      [&](const StringView& name, int64_t count, int64_t time, int64_t* out) -> arrow::Status {
        const auto unit = FindUnit(name.view());
        if (!unit.has_value()) return UnknownUnit("timestampadd", name.view());
        int64_t amount = 0;
        bool fits = !__builtin_mul_overflow(count, unit->months + unit->micros, &amount);
        if (fits && unit->months > 0) {
          const auto moved = AddMonths(time, amount, zone);
          fits = moved.has_value();
          *out = moved.value_or(0);
        } else if (fits && unit->micros % kMicrosPerDay == 0) {
          // Days keep the wall clock, whatever the zone's clock does meanwhile.
          int64_t local = 0;
          fits = !__builtin_add_overflow(zone.ToLocal(time), amount, &local);
          *out = zone.ToUtc(local, zone.OffsetSeconds(time));
        } else if (fits) {
          fits = !__builtin_add_overflow(time, amount, out);
        }
        return fits ? arrow::Status::OK() : Overflow("timestampadd past the last TIMESTAMP");
      });
}

// Whole units from start to end, toward zero.
arrow::Status TimestampDiff(const KernelInput& input, Vector* result) {
  const TimeZone utc;
  const TimeZone& zone = ZoneFor(input, utc);
  return TryMapRows<int64_t, StringView, int64_t, int64_t>(
      input, result,
      [&](const StringView& name, int64_t start_us, int64_t end_us, int64_t* out) -> arrow::Status {
        const auto unit = FindUnit(name.view());
        if (!unit.has_value()) return UnknownUnit("timestampdiff", name.view());
        const bool is_instant = unit->months == 0 && unit->micros < kMicrosPerDay;
        const int64_t start = is_instant ? start_us : zone.ToLocal(start_us);
        const int64_t end = is_instant ? end_us : zone.ToLocal(end_us);
        if (unit->months == 0) {
          int64_t distance = 0;
          if (__builtin_sub_overflow(end, start, &distance)) return Overflow("timestampdiff");
          *out = distance / unit->micros;
          return arrow::Status::OK();
        }
        const CivilDate from = CivilFromDays(DaysFromMicros(start));
        const CivilDate to = CivilFromDays(DaysFromMicros(end));
        int64_t months = (to.year - from.year) * 12 + (to.month - from.month);
        // The last month counts only if its day and time have come.
        const auto in_month = [](const CivilDate& date, int64_t micros) {
          return date.day * kMicrosPerDay + MicrosOfDay(micros);
        };
        if (months > 0 && in_month(to, end) < in_month(from, start)) --months;
        if (months < 0 && in_month(to, end) > in_month(from, start)) ++months;
        *out = months / unit->months;
        return arrow::Status::OK();
      });
}

arrow::Result<ResolvedFunction> ResolveOfTime(std::string_view name, Types types, Kernel kernel) {
  return ChooseOverload(name, types, std::array{Overload({kTimestamp}, kLong, kernel)});
}

template <int64_t kUnit>
arrow::Result<ResolvedFunction> ResolveFromEpoch(std::string_view name, Types types) {
  return ChooseOverload(name, types,
                        std::array{Throwing(Overload({kLong}, kTimestamp, FromEpoch<kUnit>))});
}

arrow::Result<ResolvedFunction> ResolveNow(std::string_view name, Types types, const Type& result,
                                           Kernel kernel) {
  ResolvedFunction overload = Overload({}, result, kernel, BindZone);
  overload.never_null = true;
  return ChooseOverload(name, types, std::array{overload});
}

}  // namespace

std::span<const ScalarFunction> TimestampFunctions() {
  static const ScalarFunction kFunctions[] = {
      {.name = "date_trunc",
       .doc = {.signature = "date_trunc(unit STRING, time TIMESTAMP) -> TIMESTAMP",
               .summary = "The start of the time's unit, from MICROSECOND to YEAR; NULL for "
                          "another unit.",
               .example = {"date_trunc('HOUR', TIMESTAMP '2015-03-05 09:32:05.359')",
                           "2015-03-05 09:00:00"}},
       .resolve =
           [](Types types, Settings) {
             return ChooseOverload(
                 "date_trunc", types,
                 std::array{Nullable(Throwing(Overload({kString, kTimestamp}, kTimestamp,
                                                       DateTrunc<false>, BindZone))),
                            Nullable(Throwing(Overload({kString, kTimestampNtz}, kTimestampNtz,
                                                       DateTrunc<true>)))});
           }},
      {.name = "unix_micros",
       .doc = {.signature = "unix_micros(time TIMESTAMP) -> BIGINT",
               .summary = "Microseconds since 1970-01-01 UTC.",
               .example = {"unix_micros(TIMESTAMP '1970-01-01 00:00:01Z')", "1000000"}},
       .resolve = [](Types types,
                     Settings) { return ResolveOfTime("unix_micros", types, SinceEpoch<1>); }},
      {.name = "unix_millis",
       .doc = {.signature = "unix_millis(time TIMESTAMP) -> BIGINT",
               .summary = "Milliseconds since 1970-01-01 UTC, rounded down.",
               .example = {"unix_millis(TIMESTAMP '1970-01-01 00:00:01Z')", "1000"}},
       .resolve =
           [](Types types, Settings) {
             return ResolveOfTime("unix_millis", types, SinceEpoch<kMicrosPerMilli>);
           }},
      {.name = "unix_seconds",
       .doc = {.signature = "unix_seconds(time TIMESTAMP) -> BIGINT",
               .summary = "Seconds since 1970-01-01 UTC, rounded down.",
               .example = {"unix_seconds(TIMESTAMP '1970-01-01 00:00:01Z')", "1"}},
       .resolve =
           [](Types types, Settings) {
             return ResolveOfTime("unix_seconds", types, SinceEpoch<kMicrosPerSecond>);
           }},
      {.name = "timestamp_micros",
       .doc = {.signature = "timestamp_micros(count BIGINT) -> TIMESTAMP",
               .summary = "The time so many microseconds after 1970-01-01 UTC.",
               .example = {"unix_micros(timestamp_micros(1230219000123123))", "1230219000123123"}},
       .resolve = [](Types types,
                     Settings) { return ResolveFromEpoch<1>("timestamp_micros", types); }},
      {.name = "timestamp_millis",
       .doc = {.signature = "timestamp_millis(count BIGINT) -> TIMESTAMP",
               .summary = "The time so many milliseconds after 1970-01-01 UTC.",
               .example = {"unix_millis(timestamp_millis(1230219000123))", "1230219000123"}},
       .resolve =
           [](Types types, Settings) {
             return ResolveFromEpoch<kMicrosPerMilli>("timestamp_millis", types);
           }},
      {.name = "timestamp_seconds",
       .doc = {.signature = "timestamp_seconds(seconds NUMERIC) -> TIMESTAMP",
               .summary = "The time so many seconds after 1970-01-01 UTC.",
               .example = {"unix_millis(timestamp_seconds(1230219000.123D))", "1230219000123"}},
       .resolve =
           [](Types types, Settings) {
             return ChooseOverload(
                 "timestamp_seconds", types,
                 std::array{Throwing(Overload({kLong}, kTimestamp, FromEpoch<kMicrosPerSecond>)),
                            Nullable(Throwing(Overload({kDouble}, kTimestamp, FromSeconds)))});
           }},
      {.name = "from_utc_timestamp",
       .doc = {.signature = "from_utc_timestamp(time TIMESTAMP, zone STRING) -> TIMESTAMP",
               .summary = "The wall clock of a zone at a time that is read as UTC's.",
               .example = {"from_utc_timestamp(TIMESTAMP '2016-08-31 00:00:00', 'Asia/Seoul')",
                           "2016-08-31 09:00:00"}},
       .resolve =
           [](Types types, Settings) {
             return ChooseOverload("from_utc_timestamp", types,
                                   std::array{Throwing(Overload({kTimestamp, kString}, kTimestamp,
                                                                MoveZone<false>))});
           }},
      {.name = "to_utc_timestamp",
       .doc = {.signature = "to_utc_timestamp(time TIMESTAMP, zone STRING) -> TIMESTAMP",
               .summary = "UTC's wall clock at a time that is read as a zone's.",
               .example = {"to_utc_timestamp(TIMESTAMP '2016-08-31 00:00:00', 'Asia/Seoul')",
                           "2016-08-30 15:00:00"}},
       .resolve =
           [](Types types, Settings) {
             return ChooseOverload(
                 "to_utc_timestamp", types,
                 std::array{Throwing(Overload({kTimestamp, kString}, kTimestamp, MoveZone<true>))});
           }},
      {.name = "make_timestamp",
       .doc = {.signature = "make_timestamp(year INT, month INT, day INT, hour INT, minute INT, "
                            "second DECIMAL(16,6)) -> TIMESTAMP",
               .summary = "The time of these numbers in the session's zone.",
               .example = {"make_timestamp(2014, 12, 28, 6, 30, 45.887)",
                           "2014-12-28 06:30:45.887"}},
       .resolve =
           [](Types types, Settings) {
             return ChooseOverload(
                 "make_timestamp", types,
                 std::array{Throwing(Overload({kInt, kInt, kInt, kInt, kInt, Type::Decimal(16, 6)},
                                              kTimestamp, MakeTimestamp, BindZone))});
           },
       .aliases = {"make_timestamp_ltz"}},
      {.name = "make_timestamp_ntz",
       .doc = {.signature =
                   "make_timestamp_ntz(year INT, month INT, day INT, hour INT, minute INT, "
                   "second DECIMAL(16,6)) -> TIMESTAMP_NTZ",
               .summary = "The wall clock of these numbers.",
               .example = {"make_timestamp_ntz(2014, 12, 28, 6, 30, 45.887)",
                           "2014-12-28 06:30:45.887"}},
       .resolve =
           [](Types types, Settings) {
             return ChooseOverload(
                 "make_timestamp_ntz", types,
                 std::array{Throwing(Overload({kInt, kInt, kInt, kInt, kInt, Type::Decimal(16, 6)},
                                              kTimestampNtz, MakeTimestamp))});
           }},
      {.name = "current_timestamp",
       .doc = {.signature = "current_timestamp() -> TIMESTAMP",
               .summary = "When the statement began.",
               .example = {"current_timestamp() = now()", "true"}},
       .resolve =
           [](Types types, Settings) {
             return ResolveNow("current_timestamp", types, kTimestamp, CurrentTimestamp);
           },
       .aliases = {"now"}},
      {.name = "localtimestamp",
       .doc = {.signature = "localtimestamp() -> TIMESTAMP_NTZ",
               .summary = "The session's wall clock when the statement began.",
               .example = {"CAST(localtimestamp() AS DATE) = current_date()", "true"}},
       .resolve =
           [](Types types, Settings) {
             return ResolveNow("localtimestamp", types, kTimestampNtz, CurrentTimestamp);
           }},
      {.name = "current_timezone",
       .doc = {.signature = "current_timezone() -> STRING",
               .summary = "The session's zone.",
               .example = {"length(current_timezone()) > 0", "true"}},
       .resolve =
           [](Types types, Settings) {
             return ResolveNow("current_timezone", types, kString, CurrentTimezone);
           }},
      {.name = "timestampadd",
       .doc = {.signature = "timestampadd(unit, count BIGINT, time TIMESTAMP) -> TIMESTAMP",
               .summary = "The time so many units later.",
               .example = {"timestampadd(MONTH, -1, TIMESTAMP '2022-03-31 00:00:00')",
                           "2022-02-28 00:00:00"}},
       .resolve =
           [](Types types, Settings) {
             return ChooseOverload(
                 "timestampadd", types,
                 std::array{Throwing(Overload({kString, kLong, kTimestamp}, kTimestamp,
                                              TimestampAdd, BindZone)),
                            Throwing(Overload({kString, kLong, kTimestampNtz}, kTimestampNtz,
                                              TimestampAdd, BindZone))});
           }},
      {.name = "timestampdiff",
       .doc = {.signature = "timestampdiff(unit, start TIMESTAMP, end TIMESTAMP) -> BIGINT",
               .summary = "Whole units from start to end.",
               .example = {"timestampdiff(MONTH, TIMESTAMP '2021-02-28 12:00:00', TIMESTAMP "
                           "'2021-03-28 12:00:00')",
                           "1"}},
       .resolve =
           [](Types types, Settings) {
             return ChooseOverload(
                 "timestampdiff", types,
                 std::array{Throwing(Overload({kString, kTimestamp, kTimestamp}, kLong,
                                              TimestampDiff, BindZone)),
                            Throwing(Overload({kString, kTimestampNtz, kTimestampNtz}, kLong,
                                              TimestampDiff, BindZone))});
           }},
      {.name = "tumble",
       .doc = {.signature = "tumble(ts TIMESTAMP, size INTERVAL) -> TIMESTAMP",
               .summary = "Start of the fixed window that holds ts.",
               .example = {"tumble(TIMESTAMP '2024-01-01 00:07:30', INTERVAL '5' MINUTE)",
                           "2024-01-01 00:05:00"}},
       .resolve =
           [](Types types, Settings) {
             return ChooseOverload(
                 "tumble", types,
                 std::array{Throwing(Overload({kTimestamp, kInterval}, kTimestamp, TumbleStart,
                                              BindTumble)),
                            Throwing(Overload({kTimestampNtz, kInterval}, kTimestampNtz,
                                              TumbleStart, BindTumble))});
           }},
  };
  return kFunctions;
}

}  // namespace sabot
