#include <optional>

#include "sabot/base/error.h"
#include "sabot/functions/families.h"
#include "sabot/functions/scalar/interval_field.h"
#include "sabot/functions/scalar/local_time.h"
#include "sabot/types/identifier.h"

/// Dates and the fields of dates and times. A TIMESTAMP is read as the session's wall clock.
namespace sabot {
namespace {

const Type kString(TypeId::kString);
const Type kInt(TypeId::kInt);
const Type kDate(TypeId::kDate);
const Type kTimestamp(TypeId::kTimestamp);
const Type kTimestampNtz(TypeId::kTimestampNtz);

using Types = std::span<const Type>;
using Settings = const EvaluationSettings&;
using Constants = std::span<const TypedValue* const>;

// ---- fields

template <auto kField>
arrow::Status DayField(const KernelInput& input, Vector* result) {
  MapDays<int32_t>(input, 0, result,
                   [](int64_t days) { return static_cast<int32_t>(kField(days)); });
  return arrow::Status::OK();
}

template <auto kField>
arrow::Status TimeField(const KernelInput& input, Vector* result) {
  MapLocalMicros<int32_t>(input, 0, result, [](int64_t micros) { return kField(micros); });
  return arrow::Status::OK();
}

int32_t WeekdayFromMonday(int64_t days) { return IsoDayOfWeek(days) - 1; }

template <Kernel kKernel>
arrow::Result<ResolvedFunction> ResolveDayField(std::string_view name, Types types) {
  return ChooseOverload(
      name, types,
      std::array{Overload({kDate}, kInt, kKernel), Overload({kTimestamp}, kInt, kKernel, BindZone),
                 Overload({kTimestampNtz}, kInt, kKernel)});
}

template <Kernel kKernel>
arrow::Result<ResolvedFunction> ResolveTimeField(std::string_view name, Types types,
                                                 const Type& result) {
  return ChooseOverload(name, types,
                        std::array{Overload({kTimestamp}, result, kKernel, BindZone),
                                   Overload({kTimestampNtz}, result, kKernel, BindZone),
                                   Overload({kDate}, result, kKernel, BindZone)});
}

// ---- extract

struct NamedField {
  std::string_view names;  // upper case, each between commas
  int32_t (*of_days)(int64_t) = nullptr;
  int32_t (*of_micros)(int64_t) = nullptr;
};

constexpr NamedField kFields[] = {
    {",YEAR,Y,YEARS,YR,YRS,", [](int64_t days) { return static_cast<int32_t>(YearOf(days)); }},
    {",YEAROFWEEK,", [](int64_t days) { return static_cast<int32_t>(IsoYear(days)); }},
    {",QUARTER,QTR,", QuarterOf},
    {",MONTH,MON,MONS,MONTHS,", MonthOf},
    {",WEEK,W,WEEKS,", IsoWeekOfYear},
    {",DAY,D,DAYS,", DayOfMonth},
    {",DAYOFWEEK,DOW,", DayOfWeek},
    {",DAYOFWEEK_ISO,DOW_ISO,", IsoDayOfWeek},
    {",DOY,", DayOfYear},
    {",HOUR,H,HOURS,HR,HRS,", nullptr, HourOf},
    {",MINUTE,M,MIN,MINS,MINUTES,", nullptr, MinuteOf},
};

struct ExtractState final : ZoneState {
  const NamedField* field = nullptr;  // null: seconds with their fraction
};

bool IsNameOf(std::string_view names, std::string_view name) {
  return names.find("," + ToUpperAscii(name) + ",") != std::string_view::npos;
}
bool IsSeconds(std::string_view name) { return IsNameOf(",SECOND,S,SEC,SECONDS,SECS,", name); }

// Errors: INVALID_EXTRACT_FIELD, UNSUPPORTED_FEATURE.
arrow::Result<std::string_view> FieldNameOf(Constants constants) {
  if (constants[0] == nullptr || constants[0]->type != kString || constants[0]->is_null()) {
    return UnsupportedError("extract of a field that is no literal text",
                            "extract(YEAR FROM x), or CASE over several");
  }
  return std::get<std::string>(constants[0]->value);
}

arrow::Status NoField(std::string_view name, const Type& type) {
  return MakeError("INVALID_EXTRACT_FIELD",
                   {{"field", "`" + std::string(name) + "`"}, {"expr", type.ToSql()}});
}

arrow::Result<std::shared_ptr<const KernelState>> BindExtract(Constants constants, Types types,
                                                              Settings settings) {
  auto state = std::make_shared<ExtractState>();
  ARROW_ASSIGN_OR_RAISE(state->zone, TimeZone::Find(settings.time_zone));
  ARROW_ASSIGN_OR_RAISE(const std::string_view name, FieldNameOf(constants));
  for (const NamedField& field : kFields) {
    if (IsNameOf(field.names, name)) state->field = &field;
  }
  if (state->field != nullptr || IsSeconds(name)) return state;
  return NoField(name, types[1]);
}

arrow::Status Extract(const KernelInput& input, Vector* result) {
  const NamedField* field = static_cast<const ExtractState*>(input.state)->field;
  if (field == nullptr) {
    MapLocalMicros<int64_t>(input, 1, result,
                            [](int64_t micros) { return FloorMod(micros, kMicrosPerMinute); });
  } else if (field->of_days != nullptr) {
    MapDays<int32_t>(input, 1, result, field->of_days);
  } else {
    MapLocalMicros<int32_t>(input, 1, result, field->of_micros);
  }
  return arrow::Status::OK();
}

arrow::Result<ResolvedFunction> ResolveExtract(Types types, Constants constants,
                                               Settings settings) {
  if (types.size() != 2) return WrongNumArgs("extract", "2", types.size());
  ARROW_ASSIGN_OR_RAISE(const std::string_view name, FieldNameOf(constants));
  if (auto of_interval = FindIntervalField(ToUpperAscii(name), types[1])) {
    return *std::move(of_interval);
  }
  if (types[1].id() >= TypeId::kYearMonthInterval && types[1].id() <= TypeId::kCalendarInterval) {
    return NoField(name, types[1]);
  }
  ARROW_RETURN_NOT_OK(BindExtract(constants, types, settings));
  const Type result = IsSeconds(name) ? Type::Decimal(8, 6) : kInt;
  return ChooseOverload(
      "extract", types,
      std::array{Overload({kString, kDate}, result, Extract, BindExtract),
                 Overload({kString, kTimestamp}, result, Extract, BindExtract),
                 Overload({kString, kTimestampNtz}, result, Extract, BindExtract)});
}

// ---- arithmetic of days

// A function of dates takes times too, and reads them as their day.
arrow::Result<ResolvedFunction> ChooseOfDates(std::string_view name, Types types,
                                              const ResolvedFunction& overload) {
  std::vector<Type> days(types.begin(), types.end());
  for (Type& type : days) {
    if (type == kTimestamp || type == kTimestampNtz) type = kDate;
  }
  auto chosen = ChooseOverload(name, days, std::array{overload});
  return chosen.ok() ? chosen : ChooseOverload(name, types, std::array{overload});
}

// As Java's int: wraps.
int32_t Wrapped(int64_t days) { return static_cast<int32_t>(static_cast<uint32_t>(days)); }

template <int kSign>
arrow::Status AddDays(const KernelInput& input, Vector* result) {
  MapBinary<int32_t, int32_t, int32_t>(input, result, [](int32_t days, int32_t more) {
    return Wrapped(int64_t{days} + int64_t{more} * kSign);
  });
  return arrow::Status::OK();
}

arrow::Status DateDiff(const KernelInput& input, Vector* result) {
  MapBinary<int32_t, int32_t, int32_t>(
      input, result, [](int32_t end, int32_t start) { return Wrapped(int64_t{end} - start); });
  return arrow::Status::OK();
}

arrow::Status AddMonthsTo(const KernelInput& input, Vector* result) {
  MapBinary<int32_t, int32_t, int32_t>(input, result, [](int32_t days, int32_t months) {
    return Wrapped(AddMonths(int64_t{days}, int64_t{months}));
  });
  return arrow::Status::OK();
}

arrow::Status LastDay(const KernelInput& input, Vector* result) {
  MapUnary<int32_t, int32_t>(input, result,
                             [](int32_t days) { return Wrapped(LastDayOfMonth(days)); });
  return arrow::Status::OK();
}

arrow::Status NextDay(const KernelInput& input, Vector* result) {
  return TryMapRows<int32_t, int32_t, StringView>(
      input, result, [](int32_t days, const StringView& name, int32_t* out) -> arrow::Status {
        const auto weekday = FindWeekday(name.view());
        if (!weekday.has_value()) {
          return MakeError("INVALID_PARAMETER_VALUE",
                           {{"parameter", "`dayOfWeek`"},
                            {"functionName", "`next_day`"},
                            {"message", "'" + std::string(name.view()) + "' is no weekday"}});
        }
        *out = Wrapped(NextWeekday(days, *weekday));
        return arrow::Status::OK();
      });
}

template <bool kHasRounding>
arrow::Status MonthsBetweenTimes(const KernelInput& input, Vector* result) {
  const TimeZone& zone = ZoneOf(input).zone;
  const auto day_of = [&](int64_t micros) { return DaysFromMicros(zone.ToLocal(micros)); };
  // Since the day began, as Spark counts: where the zone's clock changes that is not what it shows.
  const auto second_of = [&](int64_t micros, int64_t day) {
    return (micros - zone.ToUtc(day * kMicrosPerDay)) / kMicrosPerSecond;
  };
  const auto months = [&](int64_t end, int64_t start, bool is_rounded) {
    const int64_t end_day = day_of(end);
    const int64_t start_day = day_of(start);
    return MonthsBetween(end_day, second_of(end, end_day), start_day, second_of(start, start_day),
                         is_rounded);
  };
  if constexpr (kHasRounding) {
    MapRows<double, int64_t, int64_t, uint8_t>(input, result,
                                               [&](int64_t end, int64_t start, uint8_t is_rounded) {
                                                 return months(end, start, is_rounded != 0);
                                               });
  } else {
    MapRows<double, int64_t, int64_t>(
        input, result, [&](int64_t end, int64_t start) { return months(end, start, true); });
  }
  return arrow::Status::OK();
}

arrow::Status MakeDate(const KernelInput& input, Vector* result) {
  return TryMapRows<int32_t, int32_t, int32_t, int32_t>(
      input, result, [](int32_t year, int32_t month, int32_t day, int32_t* out) -> arrow::Status {
        if (month < 1 || month > 12 || day < 1 || day > DaysInMonth(year, month)) {
          return MakeError("DATETIME_FIELD_OUT_OF_BOUNDS",
                           {{"rangeMessage", "There is no date " + std::to_string(year) + "-" +
                                                 std::to_string(month) + "-" + std::to_string(day)},
                            {"alternative", ""}});
        }
        *out = Wrapped(DaysFromCivil(year, month, day));
        return arrow::Status::OK();
      });
}

// trunc(date, unit) knows days alone: a unit below a week, or none, gives NULL.
arrow::Status TruncDate(const KernelInput& input, Vector* result) {
  MapRowsOrNull<int32_t, int32_t, StringView>(
      input, result, [](int32_t days, const StringView& name, int32_t* out) {
        const auto unit = FindTruncUnit(name.view());
        if (!unit.has_value() || *unit < TruncUnit::kWeek) return false;
        *out = Wrapped(TruncateDays(days, *unit));
        return true;
      });
  return arrow::Status::OK();
}

// DATE to its number of days and back.
arrow::Status SameNumber(const KernelInput& input, Vector* result) {
  *result = input.arguments[0].WithType(input.result_type);
  return arrow::Status::OK();
}

arrow::Status CurrentDate(const KernelInput& input, Vector* result) {
  const ZoneState& state = ZoneOf(input);
  const int64_t days = DaysFromMicros(state.zone.ToLocal(state.now_us));
  *result = Vector::Constant({kDate, days}, input.num_rows);
  return arrow::Status::OK();
}

}  // namespace

std::span<const ScalarFunction> DateFunctions() {
  static const ScalarFunction kFunctions[] = {
      {.name = "year",
       .doc = {.signature = "year(date DATE | TIMESTAMP) -> INT",
               .summary = "The year.",
               .example = {"year(DATE '2016-07-30')", "2016"}},
       .resolve = [](Types types,
                     Settings) { return ResolveDayField<DayField<YearOf>>("year", types); }},
      {.name = "quarter",
       .doc = {.signature = "quarter(date DATE | TIMESTAMP) -> INT",
               .summary = "The quarter of the year, 1 to 4.",
               .example = {"quarter(DATE '2016-08-31')", "3"}},
       .resolve = [](Types types,
                     Settings) { return ResolveDayField<DayField<QuarterOf>>("quarter", types); }},
      {.name = "month",
       .doc = {.signature = "month(date DATE | TIMESTAMP) -> INT",
               .summary = "The month, 1 to 12.",
               .example = {"month(DATE '2016-07-30')", "7"}},
       .resolve = [](Types types,
                     Settings) { return ResolveDayField<DayField<MonthOf>>("month", types); }},
      {.name = "day",
       .doc = {.signature = "day(date DATE | TIMESTAMP) -> INT",
               .summary = "The day of the month, 1 to 31.",
               .example = {"day(DATE '2009-07-30')", "30"}},
       .resolve = [](Types types,
                     Settings) { return ResolveDayField<DayField<DayOfMonth>>("day", types); },
       .aliases = {"dayofmonth"}},
      {.name = "dayofyear",
       .doc = {.signature = "dayofyear(date DATE | TIMESTAMP) -> INT",
               .summary = "The day of the year, 1 to 366.",
               .example = {"dayofyear(DATE '2016-04-09')", "100"}},
       .resolve =
           [](Types types, Settings) {
             return ResolveDayField<DayField<DayOfYear>>("dayofyear", types);
           }},
      {.name = "dayofweek",
       .doc = {.signature = "dayofweek(date DATE | TIMESTAMP) -> INT",
               .summary = "The weekday, 1 Sunday to 7 Saturday.",
               .example = {"dayofweek(DATE '2009-07-30')", "5"}},
       .resolve =
           [](Types types, Settings) {
             return ResolveDayField<DayField<DayOfWeek>>("dayofweek", types);
           }},
      {.name = "weekday",
       .doc = {.signature = "weekday(date DATE | TIMESTAMP) -> INT",
               .summary = "The weekday, 0 Monday to 6 Sunday.",
               .example = {"weekday(DATE '2009-07-30')", "3"}},
       .resolve =
           [](Types types, Settings) {
             return ResolveDayField<DayField<WeekdayFromMonday>>("weekday", types);
           }},
      {.name = "weekofyear",
       .doc = {.signature = "weekofyear(date DATE | TIMESTAMP) -> INT",
               .summary = "The week of ISO 8601, 1 to 53.",
               .example = {"weekofyear(DATE '2008-02-20')", "8"}},
       .resolve =
           [](Types types, Settings) {
             return ResolveDayField<DayField<IsoWeekOfYear>>("weekofyear", types);
           }},
      {.name = "hour",
       .doc = {.signature = "hour(time TIMESTAMP) -> INT",
               .summary = "The hour, 0 to 23.",
               .example = {"hour(TIMESTAMP '2009-07-30 12:58:59')", "12"}},
       .resolve =
           [](Types types, Settings) {
             return ResolveTimeField<TimeField<HourOf>>("hour", types, kInt);
           }},
      {.name = "minute",
       .doc = {.signature = "minute(time TIMESTAMP) -> INT",
               .summary = "The minute, 0 to 59.",
               .example = {"minute(TIMESTAMP '2009-07-30 12:58:59')", "58"}},
       .resolve =
           [](Types types, Settings) {
             return ResolveTimeField<TimeField<MinuteOf>>("minute", types, kInt);
           }},
      {.name = "second",
       .doc = {.signature = "second(time TIMESTAMP) -> INT",
               .summary = "The second, 0 to 59.",
               .example = {"second(TIMESTAMP '2009-07-30 12:58:59')", "59"}},
       .resolve =
           [](Types types, Settings) {
             return ResolveTimeField<TimeField<SecondOf>>("second", types, kInt);
           }},
      {.name = "extract",
       .doc = {.signature = "extract(field FROM date DATE | TIMESTAMP | INTERVAL) -> INT | "
                            "TINYINT | DECIMAL(8,6)",
               .summary = "A field by its name: YEAR, QUARTER, MONTH, WEEK, DAY, DOW, DOY, HOUR, "
                          "MINUTE, or SECOND, with its fraction.",
               .example = {"extract(DOY FROM DATE '2019-08-12')", "224"}},
       .resolve = WithoutLiterals<ResolveExtract>,
       .aliases = {"date_part", "datepart"},
       .resolve_with = ResolveExtract},
      {.name = "date_add",
       .doc = {.signature = "date_add(date DATE, days INT) -> DATE",
               .summary = "The date so many days later.",
               .example = {"date_add(DATE '2016-07-30', 1)", "2016-07-31"}},
       .resolve =
           [](Types types, Settings) {
             return ChooseOfDates("date_add", types, Overload({kDate, kInt}, kDate, AddDays<1>));
           },
       .aliases = {"dateadd"}},
      {.name = "date_sub",
       .doc = {.signature = "date_sub(date DATE, days INT) -> DATE",
               .summary = "The date so many days earlier.",
               .example = {"date_sub(DATE '2016-07-30', 1)", "2016-07-29"}},
       .resolve =
           [](Types types, Settings) {
             return ChooseOfDates("date_sub", types, Overload({kDate, kInt}, kDate, AddDays<-1>));
           }},
      {.name = "datediff",
       .doc = {.signature = "datediff(end DATE, start DATE) -> INT",
               .summary = "Days from start to end.",
               .example = {"datediff(DATE '2009-07-31', DATE '2009-07-30')", "1"}},
       .resolve =
           [](Types types, Settings) {
             return ChooseOfDates("datediff", types, Overload({kDate, kDate}, kInt, DateDiff));
           },
       .aliases = {"date_diff"}},
      {.name = "add_months",
       .doc = {.signature = "add_months(date DATE, months INT) -> DATE",
               .summary = "The same day so many months later, or that month's last.",
               .example = {"add_months(DATE '2016-08-31', 1)", "2016-09-30"}},
       .resolve =
           [](Types types, Settings) {
             return ChooseOfDates("add_months", types, Overload({kDate, kInt}, kDate, AddMonthsTo));
           }},
      {.name = "months_between",
       .doc = {.signature = "months_between(end TIMESTAMP, start TIMESTAMP[, round BOOLEAN]) -> "
                            "DOUBLE",
               .summary = "Months from start to end; parts of a month count by 31 days.",
               .example = {"months_between(TIMESTAMP '1997-02-28 10:30:00', TIMESTAMP "
                           "'1996-10-30 00:00:00')",
                           "3.94959677"}},
       .resolve =
           [](Types types, Settings) {
             const Type number(TypeId::kDouble);
             return ChooseOverload(
                 "months_between", types,
                 std::array{Overload({kTimestamp, kTimestamp}, number, MonthsBetweenTimes<false>,
                                     BindZone),
                            Overload({kTimestamp, kTimestamp, Type(TypeId::kBoolean)}, number,
                                     MonthsBetweenTimes<true>, BindZone)});
           }},
      {.name = "last_day",
       .doc = {.signature = "last_day(date DATE) -> DATE",
               .summary = "The last day of the date's month.",
               .example = {"last_day(DATE '2009-01-12')", "2009-01-31"}},
       .resolve =
           [](Types types, Settings) {
             return ChooseOfDates("last_day", types, Overload({kDate}, kDate, LastDay));
           }},
      {.name = "next_day",
       .doc = {.signature = "next_day(date DATE, weekday STRING) -> DATE",
               .summary = "The first day after the date that is this weekday.",
               .example = {"next_day(DATE '2015-01-14', 'TU')", "2015-01-20"}},
       .resolve =
           [](Types types, Settings) {
             return ChooseOfDates("next_day", types,
                                  Throwing(Overload({kDate, kString}, kDate, NextDay)));
           }},
      {.name = "make_date",
       .doc = {.signature = "make_date(year INT, month INT, day INT) -> DATE",
               .summary = "The date of these numbers.",
               .example = {"make_date(2013, 7, 15)", "2013-07-15"}},
       .resolve =
           [](Types types, Settings) {
             return ChooseOverload(
                 "make_date", types,
                 std::array{Throwing(Overload({kInt, kInt, kInt}, kDate, MakeDate))});
           }},
      {.name = "trunc",
       .doc = {.signature = "trunc(date DATE, unit STRING) -> DATE",
               .summary = "The first day of the date's week, month, quarter or year; NULL for "
                          "another unit.",
               .example = {"trunc(DATE '2019-08-04', 'week')", "2019-07-29"}},
       .resolve =
           [](Types types, Settings) {
             return ChooseOfDates("trunc", types,
                                  Nullable(Overload({kDate, kString}, kDate, TruncDate)));
           }},
      {.name = "unix_date",
       .doc = {.signature = "unix_date(date DATE) -> INT",
               .summary = "Days since 1970-01-01.",
               .example = {"unix_date(DATE '1970-01-02')", "1"}},
       .resolve =
           [](Types types, Settings) {
             return ChooseOfDates("unix_date", types, Overload({kDate}, kInt, SameNumber));
           }},
      {.name = "date_from_unix_date",
       .doc = {.signature = "date_from_unix_date(days INT) -> DATE",
               .summary = "The date so many days after 1970-01-01.",
               .example = {"date_from_unix_date(1)", "1970-01-02"}},
       .resolve =
           [](Types types, Settings) {
             return ChooseOverload("date_from_unix_date", types,
                                   std::array{Overload({kInt}, kDate, SameNumber)});
           }},
      {.name = "current_date",
       .doc = {.signature = "current_date() -> DATE",
               .summary = "Today in the session's zone, when the statement began.",
               .example = {"current_date() = CAST(current_timestamp() AS DATE)", "true"}},
       .resolve =
           [](Types types, Settings) {
             ResolvedFunction overload = Overload({}, kDate, CurrentDate, BindZone);
             overload.never_null = true;
             return ChooseOverload("current_date", types, std::array{overload});
           },
       .aliases = {"curdate"}},
  };
  return kFunctions;
}

}  // namespace sabot
