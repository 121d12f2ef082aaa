#include "sabot/datetime/calendar.h"

#include <algorithm>
#include <cmath>

#include "sabot/types/identifier.h"

namespace sabot {
namespace {

constexpr int32_t kMonthsPerYear = 12;
constexpr int32_t kMonthsPerQuarter = 3;

// Months since year 0, January.
int64_t MonthNumber(const CivilDate& date) { return date.year * kMonthsPerYear + date.month - 1; }

int64_t Thursday(int64_t days) { return days - IsoDayOfWeek(days) + 4; }

struct UnitName {
  std::string_view name;
  TruncUnit unit;
};

constexpr UnitName kUnitNames[] = {
    {"microsecond", TruncUnit::kMicrosecond},
    {"millisecond", TruncUnit::kMillisecond},
    {"second", TruncUnit::kSecond},
    {"minute", TruncUnit::kMinute},
    {"hour", TruncUnit::kHour},
    {"day", TruncUnit::kDay},
    {"dd", TruncUnit::kDay},
    {"week", TruncUnit::kWeek},
    {"month", TruncUnit::kMonth},
    {"mon", TruncUnit::kMonth},
    {"mm", TruncUnit::kMonth},
    {"quarter", TruncUnit::kQuarter},
    {"year", TruncUnit::kYear},
    {"yyyy", TruncUnit::kYear},
    {"yy", TruncUnit::kYear},
};

}  // namespace

std::optional<int64_t> MicrosFromDays(int64_t days) {
  int64_t micros;
  if (__builtin_mul_overflow(days, kMicrosPerDay, &micros)) return std::nullopt;
  return micros;
}

int64_t YearOf(int64_t days) { return CivilFromDays(days).year; }
int32_t QuarterOf(int64_t days) { return (MonthOf(days) - 1) / kMonthsPerQuarter + 1; }
int32_t MonthOf(int64_t days) { return CivilFromDays(days).month; }
int32_t DayOfMonth(int64_t days) { return CivilFromDays(days).day; }

int32_t DayOfYear(int64_t days) {
  return static_cast<int32_t>(days - DaysFromCivil(YearOf(days), 1, 1)) + 1;
}

// 1970-01-01 was a Thursday.
int32_t DayOfWeek(int64_t days) { return static_cast<int32_t>(FloorMod(days + 4, 7)) + 1; }
int32_t IsoDayOfWeek(int64_t days) { return static_cast<int32_t>(FloorMod(days + 3, 7)) + 1; }

// A week belongs to the year of its Thursday.
int64_t IsoYear(int64_t days) { return YearOf(Thursday(days)); }
int32_t IsoWeekOfYear(int64_t days) { return (DayOfYear(Thursday(days)) - 1) / 7 + 1; }

int32_t HourOf(int64_t local_micros) {
  return static_cast<int32_t>(MicrosOfDay(local_micros) / kMicrosPerHour);
}
int32_t MinuteOf(int64_t local_micros) {
  return static_cast<int32_t>(MicrosOfDay(local_micros) / kMicrosPerMinute % 60);
}
int32_t SecondOf(int64_t local_micros) {
  return static_cast<int32_t>(MicrosOfDay(local_micros) / kMicrosPerSecond % 60);
}
int32_t MicrosecondOfSecond(int64_t local_micros) {
  return static_cast<int32_t>(FloorMod(local_micros, kMicrosPerSecond));
}

std::optional<TruncUnit> FindTruncUnit(std::string_view name) {
  for (const UnitName& row : kUnitNames) {
    if (EqualsIgnoreCase(row.name, name)) return row.unit;
  }
  return std::nullopt;
}

int64_t TruncateDays(int64_t days, TruncUnit unit) {
  const CivilDate date = CivilFromDays(days);
  switch (unit) {
    case TruncUnit::kWeek:
      return days - IsoDayOfWeek(days) + 1;
    case TruncUnit::kMonth:
      return DaysFromCivil(date.year, date.month, 1);
    case TruncUnit::kQuarter:
      return DaysFromCivil(date.year, (date.month - 1) / kMonthsPerQuarter * kMonthsPerQuarter + 1,
                           1);
    case TruncUnit::kYear:
      return DaysFromCivil(date.year, 1, 1);
    default:
      return days;
  }
}

std::optional<int64_t> TruncateMicros(int64_t local_micros, TruncUnit unit) {
  int64_t step;
  switch (unit) {
    case TruncUnit::kMicrosecond:
      return local_micros;
    case TruncUnit::kMillisecond:
      step = kMicrosPerMilli;
      break;
    case TruncUnit::kSecond:
      step = kMicrosPerSecond;
      break;
    case TruncUnit::kMinute:
      step = kMicrosPerMinute;
      break;
    case TruncUnit::kHour:
      step = kMicrosPerHour;
      break;
    default:
      return MicrosFromDays(TruncateDays(DaysFromMicros(local_micros), unit));
  }
  int64_t truncated;
  if (__builtin_sub_overflow(local_micros, FloorMod(local_micros, step), &truncated)) {
    return std::nullopt;
  }
  return truncated;
}

int64_t AddMonths(int64_t days, int64_t months) {
  const CivilDate date = CivilFromDays(days);
  const int64_t number = MonthNumber(date) + months;
  const int64_t year = FloorDiv(number, kMonthsPerYear);
  const int32_t month = static_cast<int32_t>(FloorMod(number, kMonthsPerYear)) + 1;
  return DaysFromCivil(year, month, std::min(date.day, DaysInMonth(year, month)));
}

int64_t LastDayOfMonth(int64_t days) {
  const CivilDate date = CivilFromDays(days);
  return days + DaysInMonth(date.year, date.month) - date.day;
}

int64_t NextWeekday(int64_t days, int32_t iso_weekday) {
  return days + 1 + FloorMod(iso_weekday - IsoDayOfWeek(days) - 1, 7);
}

std::optional<int32_t> FindWeekday(std::string_view name) {
  for (size_t index = 0; index < std::size(kWeekdayNames); ++index) {
    const std::string_view weekday = kWeekdayNames[index];
    const bool is_short = name.size() == 2 || name.size() == 3;
    if (EqualsIgnoreCase(name, is_short ? weekday.substr(0, name.size()) : weekday)) {
      return static_cast<int32_t>(index) + 1;
    }
  }
  return std::nullopt;
}

double MonthsBetween(int64_t days, int64_t seconds, int64_t other_days, int64_t other_seconds,
                     bool is_rounded) {
  const CivilDate date = CivilFromDays(days);
  const CivilDate other = CivilFromDays(other_days);
  const double months = static_cast<double>(MonthNumber(date) - MonthNumber(other));
  const bool are_month_ends =
      days == LastDayOfMonth(days) && other_days == LastDayOfMonth(other_days);
  if (date.day == other.day || are_month_ends) return months;
  const int64_t rest = (date.day - other.day) * kSecondsPerDay + seconds - other_seconds;
  const double difference =
      months + static_cast<double>(rest) / static_cast<double>(31 * kSecondsPerDay);
  // Java's Math.round: halves go up, also below zero.
  return is_rounded ? std::floor(difference * 1e8 + 0.5) / 1e8 : difference;
}

}  // namespace sabot
