#include "sabot/datetime/calendar.h"

#include <limits>

#include <gtest/gtest.h>

#include "sabot/types/value.h"

namespace sabot {
namespace {

int64_t Day(int64_t year, int32_t month, int32_t day) { return DaysFromCivil(year, month, day); }

struct FieldsCase {
  int64_t days;
  int64_t year;
  int32_t quarter, month, day, day_of_year, day_of_week, iso_day_of_week, iso_week;
  int64_t iso_year;
};

TEST(Calendar, ExtractsFieldsOfDates) {
  const FieldsCase cases[] = {
      {Day(1970, 1, 1), 1970, 1, 1, 1, 1, 5, 4, 1, 1970},
      {Day(1969, 12, 31), 1969, 4, 12, 31, 365, 4, 3, 1, 1970},
      {Day(2024, 2, 29), 2024, 1, 2, 29, 60, 5, 4, 9, 2024},
      {Day(2024, 12, 31), 2024, 4, 12, 31, 366, 3, 2, 1, 2025},
      {Day(2020, 12, 31), 2020, 4, 12, 31, 366, 5, 4, 53, 2020},
      {Day(2021, 1, 3), 2021, 1, 1, 3, 3, 1, 7, 53, 2020},
      {Day(2021, 1, 4), 2021, 1, 1, 4, 4, 2, 1, 1, 2021},
      {Day(2023, 1, 1), 2023, 1, 1, 1, 1, 1, 7, 52, 2022},
      {Day(1900, 3, 31), 1900, 1, 3, 31, 90, 7, 6, 13, 1900},
      {Day(1900, 4, 1), 1900, 2, 4, 1, 91, 1, 7, 13, 1900},
      {Day(2023, 9, 30), 2023, 3, 9, 30, 273, 7, 6, 39, 2023},
      {Day(2023, 10, 1), 2023, 4, 10, 1, 274, 1, 7, 39, 2023},
      {Day(1, 1, 1), 1, 1, 1, 1, 1, 2, 1, 1, 1},
      {Day(0, 12, 31), 0, 4, 12, 31, 366, 1, 7, 52, 0},
      {Day(-1, 2, 28), -1, 1, 2, 28, 59, 1, 7, 8, -1},
  };
  for (const FieldsCase& c : cases) {
    const std::string date = DateToString(c.days);
    EXPECT_EQ(YearOf(c.days), c.year) << date;
    EXPECT_EQ(QuarterOf(c.days), c.quarter) << date;
    EXPECT_EQ(MonthOf(c.days), c.month) << date;
    EXPECT_EQ(DayOfMonth(c.days), c.day) << date;
    EXPECT_EQ(DayOfYear(c.days), c.day_of_year) << date;
    EXPECT_EQ(DayOfWeek(c.days), c.day_of_week) << date;
    EXPECT_EQ(IsoDayOfWeek(c.days), c.iso_day_of_week) << date;
    EXPECT_EQ(IsoWeekOfYear(c.days), c.iso_week) << date;
    EXPECT_EQ(IsoYear(c.days), c.iso_year) << date;
  }
}

TEST(Calendar, ExtractsFieldsOfTimesAlsoBefore1970) {
  const int64_t noon = 12 * kMicrosPerHour + 34 * kMicrosPerMinute + 56 * kMicrosPerSecond + 789;
  for (int64_t days : {-719162, -1, 0, 19000}) {
    const int64_t micros = days * kMicrosPerDay + noon;
    EXPECT_EQ(DaysFromMicros(micros), days);
    EXPECT_EQ(MicrosOfDay(micros), noon);
    EXPECT_EQ(HourOf(micros), 12);
    EXPECT_EQ(MinuteOf(micros), 34);
    EXPECT_EQ(SecondOf(micros), 56);
    EXPECT_EQ(MicrosecondOfSecond(micros), 789);
  }
  EXPECT_EQ(HourOf(-1), 23);
  EXPECT_EQ(MinuteOf(-1), 59);
  EXPECT_EQ(SecondOf(-1), 59);
  EXPECT_EQ(MicrosecondOfSecond(-1), 999'999);
  EXPECT_EQ(DaysFromMicros(-kMicrosPerDay), -1);
  EXPECT_EQ(DaysFromMicros(kMicrosPerDay - 1), 0);
}

TEST(Calendar, RefusesDaysThatDoNotFitMicroseconds) {
  EXPECT_EQ(MicrosFromDays(106'751'991), 106'751'991 * kMicrosPerDay);
  EXPECT_EQ(MicrosFromDays(106'751'992), std::nullopt);
  EXPECT_EQ(MicrosFromDays(-106'751'992), std::nullopt);
}

TEST(Calendar, TruncatesDays) {
  const std::tuple<std::string_view, int64_t, int64_t> cases[] = {
      {"week", Day(2024, 2, 29), Day(2024, 2, 26)},
      {"week", Day(2024, 2, 26), Day(2024, 2, 26)},
      {"week", Day(2024, 3, 3), Day(2024, 2, 26)},
      {"WEEK", Day(1970, 1, 1), Day(1969, 12, 29)},
      {"month", Day(2024, 2, 29), Day(2024, 2, 1)},
      {"MON", Day(1969, 12, 31), Day(1969, 12, 1)},
      {"mm", Day(2024, 2, 1), Day(2024, 2, 1)},
      {"quarter", Day(2024, 3, 31), Day(2024, 1, 1)},
      {"quarter", Day(2024, 4, 1), Day(2024, 4, 1)},
      {"quarter", Day(2024, 12, 31), Day(2024, 10, 1)},
      {"year", Day(2024, 12, 31), Day(2024, 1, 1)},
      {"yyyy", Day(-5, 6, 7), Day(-5, 1, 1)},
      {"yy", Day(2024, 1, 1), Day(2024, 1, 1)},
      {"dd", Day(2024, 5, 6), Day(2024, 5, 6)},
      {"hour", Day(2024, 5, 6), Day(2024, 5, 6)},
  };
  for (const auto& [unit, days, expected] : cases) {
    ASSERT_TRUE(FindTruncUnit(unit).has_value()) << unit;
    EXPECT_EQ(TruncateDays(days, *FindTruncUnit(unit)), expected) << unit << DateToString(days);
  }
  for (std::string_view unit : {"", "decade", "y", "days", "mont"}) {
    EXPECT_FALSE(FindTruncUnit(unit).has_value()) << unit;
  }
}

TEST(Calendar, TruncatesTimesTowardThePast) {
  const int64_t micros = -123'456'789;  // 1969-12-31 23:57:56.543211
  const std::pair<std::string_view, std::string_view> cases[] = {
      {"microsecond", "1969-12-31 23:57:56.543211"},
      {"millisecond", "1969-12-31 23:57:56.543"},
      {"second", "1969-12-31 23:57:56"},
      {"minute", "1969-12-31 23:57:00"},
      {"hour", "1969-12-31 23:00:00"},
      {"day", "1969-12-31 00:00:00"},
      {"week", "1969-12-29 00:00:00"},
      {"month", "1969-12-01 00:00:00"},
      {"quarter", "1969-10-01 00:00:00"},
      {"year", "1969-01-01 00:00:00"},
  };
  for (const auto& [unit, expected] : cases) {
    EXPECT_EQ(TimestampToString(TruncateMicros(micros, *FindTruncUnit(unit)).value()), expected);
  }
  const int64_t lowest = std::numeric_limits<int64_t>::min();
  EXPECT_EQ(TruncateMicros(lowest, TruncUnit::kSecond), std::nullopt);
  EXPECT_EQ(TruncateMicros(lowest, TruncUnit::kYear), std::nullopt);
  EXPECT_EQ(TruncateMicros(lowest, TruncUnit::kMicrosecond), lowest);
}

TEST(Calendar, AddsMonthsAndClampsToTheLastDay) {
  const std::tuple<int64_t, int64_t, int64_t> cases[] = {
      {Day(2023, 1, 31), 1, Day(2023, 2, 28)},   {Day(2024, 1, 31), 1, Day(2024, 2, 29)},
      {Day(2024, 2, 29), 12, Day(2025, 2, 28)},  {Day(2024, 2, 29), -12, Day(2023, 2, 28)},
      {Day(2024, 2, 29), 48, Day(2028, 2, 29)},  {Day(2023, 2, 28), 1, Day(2023, 3, 28)},
      {Day(2023, 3, 31), -1, Day(2023, 2, 28)},  {Day(2023, 12, 15), 1, Day(2024, 1, 15)},
      {Day(2023, 1, 15), -1, Day(2022, 12, 15)}, {Day(2023, 5, 31), 0, Day(2023, 5, 31)},
      {Day(1, 1, 1), -1, Day(0, 12, 1)},         {Day(0, 1, 31), -25, Day(-3, 12, 31)},
  };
  for (const auto& [days, months, expected] : cases) {
    EXPECT_EQ(AddMonths(days, months), expected) << DateToString(days) << " + " << months;
  }
}

TEST(Calendar, FindsLastDaysAndWeekdays) {
  EXPECT_EQ(LastDayOfMonth(Day(2024, 2, 1)), Day(2024, 2, 29));
  EXPECT_EQ(LastDayOfMonth(Day(1900, 2, 28)), Day(1900, 2, 28));
  EXPECT_EQ(LastDayOfMonth(Day(1969, 12, 31)), Day(1969, 12, 31));
  // 2015-01-14 was a Wednesday.
  EXPECT_EQ(NextWeekday(Day(2015, 1, 14), 2), Day(2015, 1, 20));
  EXPECT_EQ(NextWeekday(Day(2015, 1, 14), 3), Day(2015, 1, 21));
  EXPECT_EQ(NextWeekday(Day(2015, 1, 14), 4), Day(2015, 1, 15));
  EXPECT_EQ(NextWeekday(-1, 4), 0);
  for (std::string_view name : {"tu", "TUE", "Tuesday"}) EXPECT_EQ(FindWeekday(name), 2) << name;
  EXPECT_EQ(FindWeekday("mo"), 1);
  EXPECT_EQ(FindWeekday("SUNDAY"), 7);
  for (std::string_view name : {"", "t", "tues", "xx", "monda"}) {
    EXPECT_EQ(FindWeekday(name), std::nullopt) << name;
  }
}

TEST(Calendar, CountsMonthsBetween) {
  const int64_t half_past_ten = 10 * 3600 + 30 * 60;
  // Spark's own example.
  EXPECT_EQ(MonthsBetween(Day(1997, 2, 28), half_past_ten, Day(1996, 10, 30), 0, true), 3.94959677);
  EXPECT_EQ(MonthsBetween(Day(1997, 2, 28), half_past_ten, Day(1996, 10, 30), 0, false),
            3.9495967741935485);
  EXPECT_EQ(MonthsBetween(Day(2024, 3, 15), 5, Day(2024, 1, 15), 70000, true), 2.0);
  EXPECT_EQ(MonthsBetween(Day(2024, 2, 29), 5, Day(2023, 12, 31), 9, true), 2.0);
  EXPECT_EQ(MonthsBetween(Day(2024, 2, 28), 0, Day(2024, 1, 31), 0, true), 0.90322581);
  EXPECT_EQ(MonthsBetween(Day(2024, 1, 31), 0, Day(2024, 2, 28), 0, true), -0.90322581);
  EXPECT_EQ(MonthsBetween(Day(1969, 12, 31), 0, Day(1970, 1, 1), 0, true), -0.03225806);
}

}  // namespace
}  // namespace sabot
