#include "sabot/types/value.h"

#include <cmath>
#include <limits>
#include <random>

#include <gtest/gtest.h>

#include "sabot/types/civil_date.h"
#include "sabot/types/interval_text.h"

namespace sabot {
namespace {

TypedValue Of(Type type, auto value) { return {std::move(type), std::move(value)}; }
TypedValue Of(TypeId id, auto value) { return {Type(id), std::move(value)}; }
using Elements = std::vector<TypedValue>;

struct TextCase {
  TypedValue value;
  std::string_view sql;
  std::string_view text;
};

std::vector<TextCase> TextCases() {
  const Type map = Type::Map(Type(TypeId::kString), Type(TypeId::kInt));
  const Type pair = Type::Struct({{"x", Type(TypeId::kInt)}, {"it's", Type(TypeId::kString)}});
  const Elements abc = {TypedValue::String("a"), TypedValue::Null(), TypedValue::String("c'")};
  const Elements calendar = {TypedValue::Int(14), TypedValue::Int(-3),
                             TypedValue::Long(-3'723'500'000)};
  return {
      {TypedValue::Null(), "NULL", "NULL"},
      {TypedValue::Null(Type(TypeId::kDate)), "NULL", "NULL"},
      {TypedValue::Boolean(true), "true", "true"},
      {TypedValue::Boolean(false), "false", "false"},
      {TypedValue::Int(-1), "-1", "-1"},
      {TypedValue::Long(INT64_MIN), "-9223372036854775808", "-9223372036854775808"},
      {Of(TypeId::kByte, int64_t{-128}), "-128", "-128"},
      {TypedValue::Double(1.0), "1.0", "1.0"},
      {TypedValue::Double(NAN), "CAST('NaN' AS DOUBLE)", "NaN"},
      {Of(TypeId::kFloat, -double{INFINITY}), "CAST('-Infinity' AS FLOAT)", "-Infinity"},
      {Of(TypeId::kFloat, double{0.1F}), "0.1", "0.1"},
      {TypedValue::Double(double{0.1F}), "0.10000000149011612", "0.10000000149011612"},
      {Of(Type::Decimal(5, 2), int64_t{150}), "1.50", "1.50"},
      {Of(Type::Decimal(38, 3), -PowerOfTen(20)), "-100000000000000000.000",
       "-100000000000000000.000"},
      {TypedValue::String("it's a \\"), R"('it''s a \\')", "it's a \\"},
      {TypedValue::String(""), "''", ""},
      {Of(TypeId::kBinary, std::string("\x1A\xFF\0", 3)), "X'1AFF00'", "[1A FF 00]"},
      {Of(TypeId::kBinary, std::string()), "X''", "[]"},
      {Of(TypeId::kDate, int64_t{15706}), "DATE '2013-01-01'", "2013-01-01"},
      {Of(TypeId::kTimestamp, int64_t{1'357'017'300'500'000}), "TIMESTAMP '2013-01-01 05:15:00.5'",
       "2013-01-01 05:15:00.5"},
      {Of(TypeId::kTimestampNtz, int64_t{-1}), "TIMESTAMP_NTZ '1969-12-31 23:59:59.999999'",
       "1969-12-31 23:59:59.999999"},
      {Of(TypeId::kYearMonthInterval, int64_t{14}), "INTERVAL '1-2' YEAR TO MONTH",
       "INTERVAL '1-2' YEAR TO MONTH"},
      {Of(TypeId::kDayTimeInterval, int64_t{-93'784'500'000}),
       "INTERVAL '-1 02:03:04.5' DAY TO SECOND", "INTERVAL '-1 02:03:04.5' DAY TO SECOND"},
      {Of(TypeId::kCalendarInterval, calendar),
       "INTERVAL '1 years 2 months -3 days -1 hours -2 minutes -3.5 seconds'",
       "1 years 2 months -3 days -1 hours -2 minutes -3.5 seconds"},
      {Of(Type::Array(Type(TypeId::kString)), abc), "ARRAY('a', NULL, 'c''')", "[a, NULL, c']"},
      {Of(Type::Array(Type(TypeId::kInt)), Elements{}), "ARRAY()", "[]"},
      {Of(map, Elements{TypedValue::String("a"), TypedValue::Int(1), TypedValue::String("b"),
                        TypedValue::Null()}),
       "MAP('a', 1, 'b', NULL)", "{a -> 1, b -> NULL}"},
      {Of(map, Elements{}), "MAP()", "{}"},
      {Of(pair, Elements{TypedValue::Int(1), TypedValue::String("a")}),
       "NAMED_STRUCT('x', 1, 'it''s', 'a')", "{1, a}"},
  };
}

TEST(TypedValue, WritesSqlAndText) {
  for (const TextCase& c : TextCases()) {
    EXPECT_EQ(c.value.ToSql(), c.sql);
    EXPECT_EQ(c.value.ToText(), c.text);
  }
}

TEST(TypedValue, IsEqualOnlyToItself) {
  const auto cases = TextCases();
  for (const TextCase& left : cases) {
    for (const TextCase& right : cases) {
      EXPECT_EQ(left.value == right.value, &left == &right) << left.sql << " and " << right.sql;
    }
  }
  EXPECT_EQ(TypedValue::Double(NAN), TypedValue::Double(-std::numeric_limits<double>::quiet_NaN()));
  EXPECT_FALSE(TypedValue::Double(0.0) == TypedValue::Double(-0.0));
  EXPECT_FALSE(TypedValue::Int(1) == TypedValue::Long(1));
  EXPECT_FALSE(TypedValue::Null() == TypedValue::Null(Type(TypeId::kInt)));
}

TEST(DoubleToString, IsJavas) {
  const std::pair<double, std::string_view> cases[] = {
      {0.0, "0.0"},
      {-0.0, "-0.0"},
      {1.0, "1.0"},
      {-1.5, "-1.5"},
      {10.0, "10.0"},
      {100.25, "100.25"},
      {0.1, "0.1"},
      {0.30000000000000004, "0.30000000000000004"},
      {0.001, "0.001"},
      {0.0012345, "0.0012345"},
      {0.00099999999999999, "9.9999999999999E-4"},
      {1e-4, "1.0E-4"},
      {1.25e-4, "1.25E-4"},
      {1234567.0, "1234567.0"},
      {9999999.0, "9999999.0"},
      {9999999.999999998, "9999999.999999998"},
      {1e7, "1.0E7"},
      {12345678.0, "1.2345678E7"},
      {1e10, "1.0E10"},
      {-1e21, "-1.0E21"},
      {2e23, "2.0E23"},
      {1e100, "1.0E100"},
      {123456789012345680.0, "1.2345678901234568E17"},
      {std::numeric_limits<double>::max(), "1.7976931348623157E308"},
      {std::numeric_limits<double>::min(), "2.2250738585072014E-308"},
      {std::numeric_limits<double>::denorm_min(), "4.9E-324"},
      {NAN, "NaN"},
      {INFINITY, "Infinity"},
      {-INFINITY, "-Infinity"},
  };
  for (const auto& [value, expected] : cases) EXPECT_EQ(DoubleToString(value), expected);
}

TEST(FloatToString, UsesTheDigitsOfAFloat) {
  const std::pair<float, std::string_view> cases[] = {
      {0.1F, "0.1"},         {3.4028235e38F, "3.4028235E38"},
      {1.4e-45F, "1.4E-45"}, {16777216.0F, "1.6777216E7"},
      {1e-3F, "0.001"},      {-2.0F, "-2.0"},
      {NAN, "NaN"},
  };
  for (const auto& [value, expected] : cases) EXPECT_EQ(FloatToString(value), expected);
}

TEST(DoubleToString, ReadsBackExactly) {
  std::mt19937_64 random(3);
  for (int round = 0; round < 100'000; ++round) {
    const uint64_t bits = random();
    double value;
    std::memcpy(&value, &bits, sizeof(value));
    if (std::isnan(value)) continue;
    EXPECT_EQ(std::strtod(DoubleToString(value).c_str(), nullptr), value);
  }
}

TEST(DateToString, CoversAllYears) {
  const std::pair<int64_t, std::string_view> cases[] = {
      {0, "1970-01-01"},
      {-1, "1969-12-31"},
      {11016, "2000-02-29"},
      {-25509, "1900-02-28"},
      {-25508, "1900-03-01"},
      {-719162, "0001-01-01"},
      {-719163, "0000-12-31"},
      {-719528, "0000-01-01"},
      {-719529, "-0001-12-31"},
      {2932896, "9999-12-31"},
      {2932897, "+10000-01-01"},
      {INT32_MAX, "+5881580-07-11"},
      {INT32_MIN, "-5877641-06-23"},
  };
  for (const auto& [days, expected] : cases) EXPECT_EQ(DateToString(days), expected);
}

TEST(TimestampToString, TrimsTheFraction) {
  const std::pair<int64_t, std::string_view> cases[] = {
      {0, "1970-01-01 00:00:00"},
      {1, "1970-01-01 00:00:00.000001"},
      {-1, "1969-12-31 23:59:59.999999"},
      {120'000, "1970-01-01 00:00:00.12"},
      {100'000, "1970-01-01 00:00:00.1"},
      {86'399'000'000, "1970-01-01 23:59:59"},
      {-86'400'000'000, "1969-12-31 00:00:00"},
      {INT64_MAX, "+294247-01-10 04:00:54.775807"},
      {INT64_MIN, "-290308-12-21 19:59:05.224192"},
  };
  for (const auto& [micros, expected] : cases) EXPECT_EQ(TimestampToString(micros), expected);
}

TEST(IntervalText, CoversSignsAndExtremes) {
  EXPECT_EQ(YearMonthIntervalDigits(0), "0-0");
  EXPECT_EQ(YearMonthIntervalDigits(-3), "-0-3");
  EXPECT_EQ(YearMonthIntervalDigits(12), "1-0");
  EXPECT_EQ(YearMonthIntervalDigits(INT32_MIN), "-178956970-8");
  EXPECT_EQ(DayTimeIntervalDigits(0), "0 00:00:00");
  EXPECT_EQ(DayTimeIntervalDigits(-1'000'000), "-0 00:00:01");
  EXPECT_EQ(DayTimeIntervalDigits(86'399'999'999), "0 23:59:59.999999");
  EXPECT_EQ(DayTimeIntervalDigits(86'400'000'000), "1 00:00:00");
  EXPECT_EQ(DayTimeIntervalDigits(INT64_MIN), "-106751991 04:00:54.775808");
  EXPECT_EQ(CalendarIntervalToString(0, 0, 0), "0 seconds");
  EXPECT_EQ(CalendarIntervalToString(-14, 0, 0), "-1 years -2 months");
  EXPECT_EQ(CalendarIntervalToString(0, 1, 7'200'000'000), "1 days 2 hours");
  EXPECT_EQ(CalendarIntervalToString(0, 0, -500'000), "-0.5 seconds");
}

TEST(CivilDate, CountsEveryDayAround) {
  // 800 years each way, day by day: each is the one after the last.
  CivilDate expected{.year = 1170, .month = 1, .day = 1};
  int64_t days = DaysFromCivil(expected);
  EXPECT_EQ(days, -292194);
  for (; expected.year < 2770; ++days) {
    ASSERT_EQ(CivilFromDays(days), expected) << days;
    ASSERT_EQ(DaysFromCivil(expected), days);
    if (++expected.day > DaysInMonth(expected.year, expected.month)) {
      expected.day = 1;
      if (++expected.month > 12) {
        expected.month = 1;
        ++expected.year;
      }
    }
  }
}

TEST(CivilDate, KnowsLeapYearsAndMonths) {
  for (int64_t year : {2024, 2000, 1600, 0, -4, -400}) EXPECT_TRUE(IsLeapYear(year)) << year;
  for (int64_t year : {2023, 1900, 2100, -1, -100}) EXPECT_FALSE(IsLeapYear(year)) << year;
  EXPECT_EQ(DaysInMonth(2024, 2), 29);
  EXPECT_EQ(DaysInMonth(2023, 2), 28);
  EXPECT_EQ(DaysInMonth(2023, 4), 30);
  EXPECT_EQ(DaysInMonth(2023, 12), 31);
}

TEST(FloorDiv, RoundsTowardMinusInfinity) {
  EXPECT_EQ(FloorDiv(7, 5), 1);
  EXPECT_EQ(FloorDiv(-1, 5), -1);
  EXPECT_EQ(FloorDiv(-5, 5), -1);
  EXPECT_EQ(FloorDiv(-6, 5), -2);
  EXPECT_EQ(FloorMod(-1, 5), 4);
  EXPECT_EQ(FloorMod(-5, 5), 0);
  EXPECT_EQ(FloorMod(7, 5), 2);
}

}  // namespace
}  // namespace sabot
