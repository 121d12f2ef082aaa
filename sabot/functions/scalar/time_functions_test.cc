#include <gtest/gtest.h>

#include "sabot/datetime/parse.h"
#include "sabot/functions/testing/evaluate.h"

namespace sabot {
namespace {

using testing::CallText;

TypedValue S(std::string text) { return TypedValue::String(std::move(text)); }
TypedValue I(int32_t value) { return TypedValue::Int(value); }
TypedValue D(std::string_view text) { return {Type(TypeId::kDate), int64_t{*ParseDate(text)}}; }
TypedValue T(std::string_view utc) {
  return {Type(TypeId::kTimestamp), *ParseTimestamp(utc, TimeZone(), 0)};
}
TypedValue Ntz(std::string_view text) {
  return {Type(TypeId::kTimestampNtz), *ParseTimestampNtz(text)};
}
TypedValue Seconds(int64_t seconds) {
  return {Type(TypeId::kDayTimeInterval), seconds * kMicrosPerSecond};
}
const EvaluationSettings kBerlin{.time_zone = "Europe/Berlin"};

TEST(DateFields, OfDatesAndTimes) {
  EXPECT_EQ(CallText("year", {D("2016-07-30")}), "2016");
  EXPECT_EQ(CallText("quarter", {D("2016-08-31")}), "3");
  EXPECT_EQ(CallText("month", {D("2016-07-30")}), "7");
  EXPECT_EQ(CallText("day", {D("2009-07-30")}), "30");
  EXPECT_EQ(CallText("dayofyear", {D("2016-04-09")}), "100");
  EXPECT_EQ(CallText("dayofweek", {D("2009-07-30")}), "5");
  EXPECT_EQ(CallText("weekday", {D("2009-07-30")}), "3");
  EXPECT_EQ(CallText("weekofyear", {D("2008-02-20")}), "8");
  EXPECT_EQ(CallText("year", {S("1969-12-31")}), "1969");
  EXPECT_EQ(CallText("hour", {T("2009-07-30 12:58:59")}), "12");
  EXPECT_EQ(CallText("minute", {Ntz("1969-07-30 12:58:59")}), "58");
  EXPECT_EQ(CallText("second", {T("1969-07-30 12:58:59.5")}), "59");
}

TEST(DateFields, AreOfTheSessionsWallClock) {
  EXPECT_EQ(CallText("year", {T("2023-12-31 23:30:00")}, kBerlin), "2024");
  EXPECT_EQ(CallText("hour", {T("2023-07-01 10:00:00")}, kBerlin), "12");
  EXPECT_EQ(CallText("hour", {T("2023-12-01 10:00:00")}, kBerlin), "11");
  EXPECT_EQ(CallText("hour", {Ntz("2023-12-01 10:00:00")}, kBerlin), "10");
}

TEST(DateFields, ByName) {
  EXPECT_EQ(CallText("extract", {S("YEAR"), D("2019-08-12")}), "2019");
  EXPECT_EQ(CallText("extract", {S("doy"), D("2019-08-12")}), "224");
  EXPECT_EQ(CallText("date_part", {S("week"), T("2019-08-12 01:00:00")}), "33");
  EXPECT_EQ(CallText("extract", {S("yearofweek"), D("2021-01-01")}), "2020");
  EXPECT_EQ(CallText("extract", {S("SECONDS"), T("2019-10-01 00:00:01.000001")}), "1.000001");
  EXPECT_EQ(CallText("extract", {S("HOUR"), T("2023-07-01 23:00:00")}, kBerlin), "1");
  EXPECT_EQ(CallText("extract", {S("era"), D("2019-08-12")}), "INVALID_EXTRACT_FIELD");
}

TEST(Dates, Arithmetic) {
  EXPECT_EQ(CallText("date_add", {D("2016-02-28"), I(2)}), "2016-03-01");
  EXPECT_EQ(CallText("date_sub", {D("2016-03-01"), I(2)}), "2016-02-28");
  EXPECT_EQ(CallText("date_add", {T("2023-12-31 23:30:00"), I(1)}, kBerlin), "2024-01-02");
  EXPECT_EQ(CallText("datediff", {D("2009-07-30"), D("2009-07-31")}), "-1");
  EXPECT_EQ(CallText("add_months", {D("2016-08-31"), I(1)}), "2016-09-30");
  EXPECT_EQ(CallText("add_months", {D("2016-01-31"), I(-1)}), "2015-12-31");
  EXPECT_EQ(CallText("last_day", {D("2016-02-03")}), "2016-02-29");
  EXPECT_EQ(CallText("next_day", {D("2015-01-14"), S("TU")}), "2015-01-20");
  EXPECT_EQ(CallText("next_day", {D("2015-01-14"), S("xx")}), "INVALID_PARAMETER_VALUE");
  EXPECT_EQ(CallText("make_date", {I(2016), I(2), I(29)}), "2016-02-29");
  EXPECT_EQ(CallText("make_date", {I(2015), I(2), I(29)}), "DATETIME_FIELD_OUT_OF_BOUNDS");
  EXPECT_EQ(CallText("make_date", {I(2015), I(13), I(1)}), "DATETIME_FIELD_OUT_OF_BOUNDS");
  EXPECT_EQ(CallText("trunc", {D("2019-08-04"), S("week")}), "2019-07-29");
  EXPECT_EQ(CallText("trunc", {D("2019-08-04"), S("quarter")}), "2019-07-01");
  EXPECT_EQ(CallText("trunc", {D("2019-08-04"), S("day")}), "NULL");
  EXPECT_EQ(CallText("unix_date", {D("1970-01-02")}), "1");
  EXPECT_EQ(CallText("date_from_unix_date", {I(-1)}), "1969-12-31");
  EXPECT_EQ(CallText("months_between", {T("1997-02-28 10:30:00"), T("1996-10-30 00:00:00")}),
            "3.94959677");
}

TEST(Timestamps, Truncate) {
  EXPECT_EQ(CallText("date_trunc", {S("hour"), T("2015-03-05 09:32:05.359")}),
            "2015-03-05 09:00:00");
  EXPECT_EQ(CallText("date_trunc", {S("YEAR"), T("1969-03-05 09:32:05.359")}),
            "1969-01-01 00:00:00");
  // Midnight in Berlin, shown in UTC.
  EXPECT_EQ(CallText("date_trunc", {S("day"), T("2023-07-01 10:00:00")}, kBerlin),
            "2023-06-30 22:00:00");
  EXPECT_EQ(CallText("date_trunc", {S("day"), Ntz("2023-07-01 10:00:00")}, kBerlin),
            "2023-07-01 00:00:00");
  EXPECT_EQ(CallText("date_trunc", {S("era"), T("2015-03-05 09:32:05")}), "NULL");
}

TEST(Timestamps, SinceTheEpoch) {
  EXPECT_EQ(CallText("unix_seconds", {T("1969-12-31 23:59:59.5")}), "-1");
  EXPECT_EQ(CallText("unix_millis", {T("1970-01-01 00:00:01.5")}), "1500");
  EXPECT_EQ(CallText("unix_micros", {T("1970-01-01 00:00:01")}), "1000000");
  EXPECT_EQ(CallText("timestamp_seconds", {I(86400)}), "1970-01-02 00:00:00");
  EXPECT_EQ(CallText("timestamp_seconds", {TypedValue::Double(0.25)}), "1970-01-01 00:00:00.25");
  EXPECT_EQ(CallText("timestamp_seconds", {TypedValue::Long(INT64_MAX)}), "DATETIME_OVERFLOW");
  EXPECT_EQ(CallText("timestamp_millis", {I(-1)}), "1969-12-31 23:59:59.999");
  EXPECT_EQ(CallText("timestamp_micros", {I(1)}), "1970-01-01 00:00:00.000001");
}

TEST(Timestamps, MoveBetweenZones) {
  EXPECT_EQ(CallText("from_utc_timestamp", {T("2016-08-31 00:00:00"), S("Asia/Seoul")}),
            "2016-08-31 09:00:00");
  EXPECT_EQ(CallText("to_utc_timestamp", {T("2016-08-31 00:00:00"), S("Asia/Seoul")}),
            "2016-08-30 15:00:00");
  EXPECT_EQ(CallText("from_utc_timestamp", {T("2016-08-31 00:00:00"), S("No/Where")}),
            "INVALID_TIMEZONE");
}

TEST(Timestamps, Make) {
  const auto make = [](int month, int64_t micros, const EvaluationSettings& settings = {}) {
    return CallText("make_timestamp",
                    {I(2014), I(month), I(28), I(6), I(30), testing::DecimalOf(micros, 16, 6)},
                    settings);
  };
  EXPECT_EQ(make(12, 45'887'000), "2014-12-28 06:30:45.887");
  EXPECT_EQ(make(12, 60'000'000), "2014-12-28 06:31:00");
  EXPECT_EQ(make(12, 60'000'001), "DATETIME_FIELD_OUT_OF_BOUNDS");
  EXPECT_EQ(make(13, 0), "DATETIME_FIELD_OUT_OF_BOUNDS");
  EXPECT_EQ(make(12, 0, kBerlin), "2014-12-28 05:30:00");
}

TEST(Timestamps, AreOfTheStatement) {
  const EvaluationSettings settings{.time_zone = "Europe/Berlin",
                                    .now_us = 1'704'063'600'000'000};  // 2023-12-31 23:00 UTC
  EXPECT_EQ(CallText("now", {}, settings), "2023-12-31 23:00:00");
  EXPECT_EQ(CallText("current_date", {}, settings), "2024-01-01");
  EXPECT_EQ(CallText("localtimestamp", {}, settings), "2024-01-01 00:00:00");
  EXPECT_EQ(CallText("unix_timestamp", {}, settings), "1704063600");
  EXPECT_EQ(CallText("current_timezone", {}, settings), "Europe/Berlin");
}

TEST(Timestamps, AddAndSubtractUnits) {
  const auto add = [](const char* unit, int64_t count, std::string_view time,
                      const EvaluationSettings& settings = {}) {
    return CallText("timestampadd", {S(unit), TypedValue::Long(count), T(time)}, settings);
  };
  EXPECT_EQ(add("MONTH", -1, "2022-03-31 00:00:00"), "2022-02-28 00:00:00");
  EXPECT_EQ(add("quarter", 1, "2022-11-30 01:00:00"), "2023-02-28 01:00:00");
  EXPECT_EQ(add("HOUR", 25, "2022-03-31 00:00:00"), "2022-04-01 01:00:00");
  // The clock goes forward on March 26: a day later is 23 hours later.
  EXPECT_EQ(add("DAY", 1, "2023-03-25 11:00:00", kBerlin), "2023-03-26 10:00:00");
  EXPECT_EQ(add("HOUR", 24, "2023-03-25 11:00:00", kBerlin), "2023-03-26 11:00:00");
  EXPECT_EQ(add("FORTNIGHT", 1, "2022-03-31 00:00:00"), "INVALID_PARAMETER_VALUE");
  const auto diff = [](const char* unit, std::string_view start, std::string_view end) {
    return CallText("timestampdiff", {S(unit), T(start), T(end)});
  };
  EXPECT_EQ(diff("MONTH", "2021-02-28 12:00:00", "2021-03-28 12:00:00"), "1");
  EXPECT_EQ(diff("MONTH", "2021-02-28 12:00:00", "2021-03-28 11:59:59"), "0");
  EXPECT_EQ(diff("MONTH", "2021-03-28 11:59:59", "2021-02-28 12:00:00"), "0");
  EXPECT_EQ(diff("YEAR", "2023-01-01 00:00:00", "2021-01-01 00:00:00"), "-2");
  EXPECT_EQ(diff("SECOND", "1970-01-01 00:00:00", "1970-01-02 00:00:00"), "86400");
}

TEST(Tumble, FindsTheStart) {
  const auto start = [](std::string_view time, int64_t seconds) {
    return CallText("tumble", {T(time), Seconds(seconds)});
  };
  EXPECT_EQ(start("2024-01-01 00:07:30", 300), "2024-01-01 00:05:00");
  EXPECT_EQ(start("2024-01-01 00:05:00", 300), "2024-01-01 00:05:00");
  EXPECT_EQ(start("1969-12-31 23:59:59.999999", 300), "1969-12-31 23:55:00");
  EXPECT_EQ(start("2024-01-01 00:07:30", 0), "WINDOW_INVALID");
  EXPECT_EQ(start("2024-01-01 00:07:30", -5), "WINDOW_INVALID");
}

TEST(Formats, WriteAndRead) {
  EXPECT_EQ(CallText("date_format", {T("2016-04-08 13:10:15"), S("yyyy/MM/dd HH:mm")}, kBerlin),
            "2016/04/08 15:10");
  EXPECT_EQ(CallText("date_format", {Ntz("2016-04-08 13:10:15"), S("HH")}, kBerlin), "13");
  EXPECT_EQ(CallText("date_format", {T("2016-04-08 13:10:15"), S("qqqqqq")}),
            "INVALID_DATETIME_PATTERN");
  EXPECT_EQ(CallText("to_date", {S("12/31/2016"), S("MM/dd/yyyy")}), "2016-12-31");
  EXPECT_EQ(CallText("to_date", {S("2016-12-31")}), "2016-12-31");
  EXPECT_EQ(CallText("to_date", {S("foo")}), "CAST_INVALID_INPUT");
  EXPECT_EQ(CallText("to_date", {S("foo"), S("yyyy")}), "CANNOT_PARSE_TIMESTAMP");
  EXPECT_EQ(CallText("try_to_date", {S("foo"), S("yyyy")}), "NULL");
  EXPECT_EQ(CallText("to_date", {T("2023-12-31 23:30:00")}, kBerlin), "2024-01-01");
  EXPECT_EQ(CallText("to_timestamp", {S("2016-12-31 00:12:00")}, kBerlin), "2016-12-30 23:12:00");
  EXPECT_EQ(CallText("to_timestamp", {S("31.12.2016"), S("dd.MM.yyyy")}, kBerlin),
            "2016-12-30 23:00:00");
  EXPECT_EQ(CallText("try_to_timestamp", {S("x")}), "NULL");
  EXPECT_EQ(CallText("to_timestamp_ntz", {S("2016-12-31 00:12:00")}, kBerlin),
            "2016-12-31 00:12:00");
  EXPECT_EQ(CallText("from_unixtime", {I(0)}, kBerlin), "1970-01-01 01:00:00");
  EXPECT_EQ(CallText("from_unixtime", {I(0), S("yyyy")}), "1970");
  EXPECT_EQ(CallText("unix_timestamp", {S("1970-01-02 01:00:00")}, kBerlin), "86400");
  EXPECT_EQ(CallText("unix_timestamp", {S("1970-01-02"), S("yyyy-MM-dd")}), "86400");
  EXPECT_EQ(CallText("to_unix_timestamp", {T("1970-01-02 00:00:00.9")}), "86400");
}

}  // namespace
}  // namespace sabot
