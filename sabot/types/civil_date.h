#pragma once

#include <cstdint>

namespace sabot {

/// A day of the proleptic Gregorian calendar; year 0 is 1 BC. Years do not fit std::chrono's 16
/// bits: days of 32 bits reach
/// +-5.8 million.
struct CivilDate {
  int64_t year = 1970;
  int32_t month = 1;  ///< 1..12
  int32_t day = 1;    ///< 1..31
  friend bool operator==(const CivilDate&, const CivilDate&) = default;
};

/// Quotient toward minus infinity, so that times before 1970 fall into the right day; divisor > 0.
constexpr int64_t FloorDiv(int64_t value, int64_t divisor) {
  return value / divisor - (value % divisor < 0 ? 1 : 0);
}
/// 0..divisor-1.
constexpr int64_t FloorMod(int64_t value, int64_t divisor) {
  const int64_t remainder = value % divisor;
  return remainder < 0 ? remainder + divisor : remainder;
}

constexpr bool IsLeapYear(int64_t year) {
  return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}
constexpr int32_t DaysInMonth(int64_t year, int32_t month) {
  constexpr int8_t kDays[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  return month == 2 && IsLeapYear(year) ? 29 : kDays[month - 1];
}

// Both count from March: the leap day is then the last of its year, and the days before a month are
// a straight line, (153 * month + 2) / 5. 400 years have 146,097 days; 0000-03-01 is day -719,468.

/// Days since 1970-01-01. month 1..12; day may be any, so day 32 is the first of the next month.
constexpr int64_t DaysFromCivil(int64_t year, int32_t month, int32_t day) {
  const int64_t march_year = month > 2 ? year : year - 1;
  const int64_t march_month = month > 2 ? month - 3 : month + 9;
  const int64_t era = FloorDiv(march_year, 400);
  const int64_t year_of_era = march_year - era * 400;
  const int64_t day_of_year = (153 * march_month + 2) / 5 + day - 1;
  return era * 146'097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year -
         719'468;
}
constexpr int64_t DaysFromCivil(const CivilDate& date) {
  return DaysFromCivil(date.year, date.month, date.day);
}

constexpr CivilDate CivilFromDays(int64_t days) {
  const int64_t shifted = days + 719'468;
  const int64_t era = FloorDiv(shifted, 146'097);
  const int64_t day_of_era = shifted - era * 146'097;
  const int64_t year_of_era =
      (day_of_era - day_of_era / 1'460 + day_of_era / 36'524 - day_of_era / 146'096) / 365;
  const int64_t day_of_year =
      day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
  const int64_t march_month = (5 * day_of_year + 2) / 153;
  const int64_t month = march_month < 10 ? march_month + 3 : march_month - 9;
  return {.year = era * 400 + year_of_era + (month <= 2 ? 1 : 0),
          .month = static_cast<int32_t>(month),
          .day = static_cast<int32_t>(day_of_year - (153 * march_month + 2) / 5 + 1)};
}

}  // namespace sabot
