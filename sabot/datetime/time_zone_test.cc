#include "sabot/datetime/time_zone.h"

#include <limits>
#include <thread>

#include <gtest/gtest.h>

#include "sabot/base/error.h"
#include "sabot/datetime/parse.h"
#include "sabot/types/value.h"

namespace sabot {
namespace {

TimeZone Zone(std::string_view name) { return TimeZone::Find(name).ValueOrDie(); }
int64_t Local(std::string_view text) { return ParseTimestampNtz(text).value(); }

TEST(TimeZone, ReadsNamesAndOffsets) {
  const std::tuple<std::string_view, std::string_view, int32_t> cases[] = {
      {"UTC", "UTC", 0},
      {"GMT", "GMT", 0},
      {"UT", "UT", 0},
      {"Z", "Z", 0},
      {"+00:00", "Z", 0},
      {"+02:00", "+02:00", 7200},
      {"-02:00", "-02:00", -7200},
      {"+2", "+02:00", 7200},
      {"+02", "+02:00", 7200},
      {"+2:30", "+02:30", 9000},
      {"-1:0", "-01:00", -3600},
      {"+0230", "+02:30", 9000},
      {"+023015", "+02:30:15", 9015},
      {"-02:30:15", "-02:30:15", -9015},
      {"+02:59:59", "+02:59:59", 10799},
      {"+18:00", "+18:00", 64800},
      {"UTC+1", "UTC+01:00", 3600},
      {"GMT-03:30", "GMT-03:30", -12600},
      {"UTC+0", "UTC", 0},
      {"Europe/Berlin", "Europe/Berlin", 3600},
      {"Etc/GMT+5", "Etc/GMT+5", -18000},
      {"Asia/Kathmandu", "Asia/Kathmandu", 20700},
      {"PST", "America/Los_Angeles", -28800},
      {"EST", "-05:00", -18000},
  };
  const int64_t winter = Local("2024-01-15 00:00:00");
  for (const auto& [name, expected, offset] : cases) {
    const auto zone = TimeZone::Find(name);
    ASSERT_TRUE(zone.ok()) << zone.status().ToString();
    EXPECT_EQ(zone->name(), expected) << name;
    EXPECT_EQ(zone->OffsetSeconds(winter), offset) << name;
    EXPECT_EQ(zone->is_utc(), offset == 0) << name;
  }
  EXPECT_EQ(TimeZone().name(), "UTC");
}

TEST(TimeZone, RefusesOthersWithTheNearest) {
  for (std::string_view name :
       {"",          "Nowhere",   "europe/berlin", "+",           "+19:00",
        "+18:01",    "+18:00:01", "+1:60",         "+12:",        "+123",
        "+12:3:4:5", "+02:30:60", "UTC+",          "UTCZ",        "UTC 1",
        "+0a:00",    "Europe",    "../etc/passwd", "/etc/passwd", "+02 00"}) {
    const auto zone = TimeZone::Find(name);
    ASSERT_FALSE(zone.ok()) << name;
    ASSERT_NE(GetErrorDetail(zone.status()), nullptr);
    EXPECT_EQ(GetErrorDetail(zone.status())->error_class().name, "INVALID_TIMEZONE") << name;
    EXPECT_FALSE(TimeZone::TryFind(name).has_value()) << name;
  }
  EXPECT_EQ(GetErrorDetail(TimeZone::Find("Europe/Berlni").status())->hint(),
            "did you mean Europe/Berlin?");
}

struct ClockCase {
  std::string_view zone;
  std::string_view utc;
  std::string_view local;
};

TEST(TimeZone, ConvertsBothWays) {
  const ClockCase cases[] = {
      {"UTC", "2024-07-01 12:00:00", "2024-07-01 12:00:00"},
      {"Europe/Berlin", "2024-01-01 12:00:00", "2024-01-01 13:00:00"},
      {"Europe/Berlin", "2024-07-01 12:00:00.123456", "2024-07-01 14:00:00.123456"},
      {"Europe/Berlin", "1945-06-15 12:00:00", "1945-06-15 15:00:00"},
      {"Europe/Berlin", "1800-01-01 00:00:00", "1800-01-01 00:53:28"},
      {"America/New_York", "1969-12-31 23:59:59.999999", "1969-12-31 18:59:59.999999"},
      {"America/New_York", "1883-11-18 16:00:00", "1883-11-18 11:03:58"},
      {"America/New_York", "1883-11-18 17:30:00", "1883-11-18 12:30:00"},
      {"Asia/Kolkata", "2024-01-01 00:00:00", "2024-01-01 05:30:00"},
      {"Australia/Lord_Howe", "2024-01-01 00:00:00", "2024-01-01 11:00:00"},
      {"Australia/Lord_Howe", "2024-07-01 00:00:00", "2024-07-01 10:30:00"},
      {"Pacific/Apia", "2011-12-30 09:59:59", "2011-12-29 23:59:59"},
      {"Pacific/Apia", "2011-12-30 10:00:00", "2011-12-31 00:00:00"},
      {"-09:30", "2024-01-01 00:00:00", "2023-12-31 14:30:00"},
      // Past the end of tzdata's list the rules go on.
      {"Europe/Berlin", "2038-07-01 12:00:00", "2038-07-01 14:00:00"},
      {"Europe/Berlin", "2100-03-28 00:59:59", "2100-03-28 01:59:59"},
      {"Europe/Berlin", "2100-03-28 01:00:00", "2100-03-28 03:00:00"},
      {"Europe/Berlin", "2104-02-29 12:00:00", "2104-02-29 13:00:00"},
      {"America/New_York", "2099-11-01 05:59:59", "2099-11-01 01:59:59"},
      {"America/New_York", "2099-11-01 07:00:00", "2099-11-01 02:00:00"},
      {"America/Havana", "2202-03-02 11:34:28", "2202-03-02 06:34:28"},
      {"Australia/Sydney", "2150-01-15 00:00:00", "2150-01-15 11:00:00"},
      {"Australia/Sydney", "2150-07-15 00:00:00", "2150-07-15 10:00:00"},
  };
  for (const ClockCase& c : cases) {
    const TimeZone zone = Zone(c.zone);
    EXPECT_EQ(TimestampToString(zone.ToLocal(Local(c.utc))), c.local) << c.zone << " " << c.utc;
    EXPECT_EQ(TimestampToString(zone.ToUtc(Local(c.local))), c.utc) << c.zone << " " << c.local;
  }
}

TEST(TimeZone, ChangesTheClockOnTheRightSundayOfEveryYear) {
  const TimeZone berlin = Zone("Europe/Berlin");
  for (int64_t year = 2024; year < 2150; ++year) {
    for (int32_t month : {3, 10}) {
      const int64_t month_end = DaysFromCivil(year, month, 31);
      const int64_t sunday = month_end - IsoDayOfWeek(month_end) % 7;
      const int64_t change = sunday * kMicrosPerDay + kMicrosPerHour;
      EXPECT_EQ(berlin.OffsetSeconds(change - 1), month == 3 ? 3600 : 7200) << year;
      EXPECT_EQ(berlin.OffsetSeconds(change), month == 3 ? 7200 : 3600) << year;
    }
  }
}

TEST(TimeZone, MovesASkippedTimeLaterByTheGap) {
  const ClockCase cases[] = {
      {"Europe/Berlin", "2024-03-31 00:59:59.999999", "2024-03-31 01:59:59.999999"},
      {"Europe/Berlin", "2024-03-31 01:00:00", "2024-03-31 02:00:00"},
      {"Europe/Berlin", "2024-03-31 01:30:00", "2024-03-31 02:30:00"},
      {"Europe/Berlin", "2024-03-31 01:00:00", "2024-03-31 03:00:00"},
      {"Europe/Berlin", "2038-03-28 01:30:00", "2038-03-28 02:30:00"},
      {"America/New_York", "2024-03-10 07:30:00", "2024-03-10 02:30:00"},
      {"Pacific/Apia", "2011-12-30 22:00:00", "2011-12-30 12:00:00"},
  };
  for (const ClockCase& c : cases) {
    EXPECT_EQ(TimestampToString(Zone(c.zone).ToUtc(Local(c.local))), c.utc) << c.local;
  }
}

TEST(TimeZone, ReadsARepeatedTimeAsTheEarlier) {
  const TimeZone berlin = Zone("Europe/Berlin");
  const ClockCase cases[] = {
      {"", "2024-10-26 23:59:59", "2024-10-27 01:59:59"},
      {"", "2024-10-27 00:00:00", "2024-10-27 02:00:00"},
      {"", "2024-10-27 00:59:59.999999", "2024-10-27 02:59:59.999999"},
      {"", "2024-10-27 02:00:00", "2024-10-27 03:00:00"},
      {"", "2050-10-30 00:30:00", "2050-10-30 02:30:00"},
  };
  for (const ClockCase& c : cases) {
    EXPECT_EQ(TimestampToString(berlin.ToUtc(Local(c.local))), c.utc) << c.local;
  }
  const int64_t repeated = Local("2024-10-27 02:30:00");
  EXPECT_EQ(TimestampToString(berlin.ToUtc(repeated, 3600)), "2024-10-27 01:30:00");
  EXPECT_EQ(TimestampToString(berlin.ToUtc(repeated, 7200)), "2024-10-27 00:30:00");
  EXPECT_EQ(TimestampToString(berlin.ToUtc(repeated, 0)), "2024-10-27 00:30:00");
}

TEST(TimeZone, NamesItsPeriods) {
  EXPECT_EQ(Zone("Europe/Berlin").Abbreviation(Local("2024-01-01")), "CET");
  EXPECT_EQ(Zone("Europe/Berlin").Abbreviation(Local("2024-07-01")), "CEST");
  EXPECT_EQ(Zone("Europe/Berlin").Abbreviation(Local("2070-07-01")), "CEST");
  EXPECT_EQ(Zone("+02:00").Abbreviation(0), "+02:00");
}

TEST(TimeZone, ClampsAtTheEndsOfTime) {
  const int64_t highest = std::numeric_limits<int64_t>::max();
  const int64_t lowest = std::numeric_limits<int64_t>::min();
  EXPECT_EQ(Zone("+01:00").ToLocal(highest), highest);
  EXPECT_EQ(Zone("-01:00").ToLocal(lowest), lowest);
  EXPECT_EQ(Zone("-01:00").ToUtc(highest), highest);
  EXPECT_EQ(Zone("Europe/Berlin").ToLocal(highest), highest);
  EXPECT_EQ(Zone("Europe/Berlin").ToUtc(lowest), lowest);
}

TEST(TimeZone, IsUsedFromManyThreads) {
  std::vector<std::thread> threads;
  for (int index = 0; index < 4; ++index) {
    threads.emplace_back([] {
      for (std::string_view name : {"Asia/Tokyo", "Africa/Cairo", "America/Lima", "Asia/Seoul"}) {
        EXPECT_TRUE(TimeZone::TryFind(name).has_value());
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
}

TEST(TruncateInZone, CutsTheWallClock) {
  const std::tuple<std::string_view, std::string_view, std::string_view, std::string_view> cases[] =
      {
          {"Europe/Berlin", "day", "2024-07-01 23:30:00", "2024-07-01 22:00:00"},
          {"Europe/Berlin", "month", "2024-06-30 22:30:00", "2024-06-30 22:00:00"},
          {"Europe/Berlin", "year", "2024-07-01 12:00:00", "2023-12-31 23:00:00"},
          {"Europe/Berlin", "week", "2024-04-03 12:00:00", "2024-03-31 22:00:00"},
          {"Asia/Kolkata", "hour", "2024-01-01 00:10:00", "2023-12-31 23:30:00"},
          {"Asia/Kolkata", "second", "2024-01-01 00:10:00.9", "2024-01-01 00:10:00"},
          // The repeated hour stays the second one.
          {"Europe/Berlin", "hour", "2024-10-27 01:30:00", "2024-10-27 01:00:00"},
          {"Europe/Berlin", "hour", "2024-10-27 00:30:00", "2024-10-27 00:00:00"},
          {"Europe/Berlin", "day", "2024-10-27 12:00:00", "2024-10-26 22:00:00"},
          // By the sun the clock of Berlin was 53 minutes and 28 seconds ahead.
          {"Europe/Berlin", "minute", "1800-01-01 00:00:00", "1799-12-31 23:59:32"},
  };
  for (const auto& [zone, unit, utc, expected] : cases) {
    EXPECT_EQ(TimestampToString(*TruncateMicros(Local(utc), *FindTruncUnit(unit), Zone(zone))),
              expected)
        << zone << " " << unit << " " << utc;
  }
}

TEST(TruncateInZone, IsNothingPastTheEndOfTime) {
  const int64_t lowest = std::numeric_limits<int64_t>::min();
  EXPECT_EQ(TruncateMicros(lowest, TruncUnit::kYear, Zone("Europe/Berlin")), std::nullopt);
  EXPECT_EQ(TruncateMicros(lowest, TruncUnit::kSecond, Zone("Europe/Berlin")), std::nullopt);
}

TEST(AddMonthsInZone, KeepsTheWallClock) {
  const TimeZone berlin = Zone("Europe/Berlin");
  EXPECT_EQ(TimestampToString(*AddMonths(Local("2024-01-31 11:00:00"), 6, berlin)),
            "2024-07-31 10:00:00");
  EXPECT_EQ(TimestampToString(*AddMonths(Local("2024-01-31 01:30:00"), 2, berlin)),
            "2024-03-31 01:30:00");
  EXPECT_EQ(TimestampToString(*AddMonths(Local("1969-12-31 23:30:00"), 1, berlin)),
            "1970-01-31 23:30:00");
  // In an hour that comes twice the time keeps its distance from UTC, if it can.
  EXPECT_EQ(TimestampToString(*AddMonths(Local("2024-12-27 01:30:00"), -2, berlin)),
            "2024-10-27 01:30:00");
  EXPECT_EQ(TimestampToString(*AddMonths(Local("2024-08-27 00:30:00"), 2, berlin)),
            "2024-10-27 00:30:00");
  EXPECT_EQ(AddMonths(std::numeric_limits<int64_t>::max(), 1, TimeZone()), std::nullopt);
}

}  // namespace
}  // namespace sabot
