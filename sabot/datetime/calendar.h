#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "sabot/types/civil_date.h"

/// The calendar's arithmetic over plain numbers: days since 1970-01-01, and microseconds since 1970
/// of a wall clock ("local"; a TIMESTAMP comes here through TimeZone::ToLocal). Proleptic
/// Gregorian, as Spark's and Java's; right before 1970 too.
namespace sabot {

inline constexpr int64_t kMicrosPerMilli = 1'000;
inline constexpr int64_t kMicrosPerSecond = 1'000'000;
inline constexpr int64_t kSecondsPerDay = 86'400;
inline constexpr int64_t kMicrosPerMinute = 60 * kMicrosPerSecond;
inline constexpr int64_t kMicrosPerHour = 60 * kMicrosPerMinute;
inline constexpr int64_t kMicrosPerDay = kSecondsPerDay * kMicrosPerSecond;

inline constexpr std::string_view kMonthNames[] = {"January",   "February", "March",    "April",
                                                   "May",       "June",     "July",     "August",
                                                   "September", "October",  "November", "December"};
inline constexpr std::string_view kWeekdayNames[] = {"Monday", "Tuesday",  "Wednesday", "Thursday",
                                                     "Friday", "Saturday", "Sunday"};

constexpr int64_t DaysFromMicros(int64_t local_micros) {
  return FloorDiv(local_micros, kMicrosPerDay);
}
/// 0 .. kMicrosPerDay - 1.
constexpr int64_t MicrosOfDay(int64_t local_micros) {
  return FloorMod(local_micros, kMicrosPerDay);
}
/// Microseconds of midnight; nothing if they do not fit 64 bits.
std::optional<int64_t> MicrosFromDays(int64_t days);

int64_t YearOf(int64_t days);
int32_t QuarterOf(int64_t days);      ///< 1..4
int32_t MonthOf(int64_t days);        ///< 1..12
int32_t DayOfMonth(int64_t days);     ///< 1..31
int32_t DayOfYear(int64_t days);      ///< 1..366
int32_t DayOfWeek(int64_t days);      ///< 1 Sunday .. 7 Saturday: SQL's dayofweek
int32_t IsoDayOfWeek(int64_t days);   ///< 1 Monday .. 7 Sunday; weekday() is one less
int32_t IsoWeekOfYear(int64_t days);  ///< 1..53, ISO 8601: week 1 holds the year's first Thursday
int64_t IsoYear(int64_t days);        ///< the year that week belongs to

/// Fields of a time of day, of local microseconds.
int32_t HourOf(int64_t local_micros);               ///< 0..23
int32_t MinuteOf(int64_t local_micros);             ///< 0..59
int32_t SecondOf(int64_t local_micros);             ///< 0..59
int32_t MicrosecondOfSecond(int64_t local_micros);  ///< 0..999,999

/// What date_trunc and trunc round down to, smallest first.
enum class TruncUnit : uint8_t {
  kMicrosecond,
  kMillisecond,
  kSecond,
  kMinute,
  kHour,
  kDay,
  kWeek,  ///< to its Monday
  kMonth,
  kQuarter,
  kYear,
};
/// "month", "MM", "mon", ... in any case; nothing if Spark knows none of that name.
std::optional<TruncUnit> FindTruncUnit(std::string_view name);
/// Days stay as they are below kWeek.
int64_t TruncateDays(int64_t days, TruncUnit unit);
/// Nothing if the result does not fit.
std::optional<int64_t> TruncateMicros(int64_t local_micros, TruncUnit unit);

/// The same day `months` later, or the last day of a shorter month: 2023-01-31 + 1 is 2023-02-28.
int64_t AddMonths(int64_t days, int64_t months);
int64_t LastDayOfMonth(int64_t days);
/// The next day after `days` that is the given weekday, 1 Monday .. 7 Sunday.
int64_t NextWeekday(int64_t days, int32_t iso_weekday);
/// "mo", "Mon", "MONDAY" -> 1 .. 7; nothing if it is no weekday.
std::optional<int32_t> FindWeekday(std::string_view name);

/// months_between: whole months if both are the same day of a month or both a month's last day,
/// else a month has 31 days. seconds: since each day's midnight. is_rounded: to 8 digits, as Spark
/// does unless told otherwise.
double MonthsBetween(int64_t days, int64_t seconds, int64_t other_days, int64_t other_seconds,
                     bool is_rounded);

}  // namespace sabot
