#include "sabot/datetime/parse.h"

#include <random>

#include <gtest/gtest.h>

#include "sabot/types/value.h"

namespace sabot {
namespace {

TEST(ParseDate, TakesWholeAndPartialDates) {
  const std::pair<std::string_view, std::string_view> cases[] = {
      {"2015-03-18", "2015-03-18"},
      {" 2015-03-18\n", "2015-03-18"},
      {"2015-3-8", "2015-03-08"},
      {"2015-03", "2015-03-01"},
      {"2015", "2015-01-01"},
      {"0015", "0015-01-01"},
      {"2015-03-18 ", "2015-03-18"},
      {"2015-03-18 123142", "2015-03-18"},
      {"2015-03-18T123123", "2015-03-18"},
      {"2015-03-18T", "2015-03-18"},
      {"2024-02-29", "2024-02-29"},
      {"1960-02-29", "1960-02-29"},
      {"+12345-01-02", "+12345-01-02"},
      {"-0001-12-31", "-0001-12-31"},
      {"5881580-07-11", "+5881580-07-11"},
      {"-5877641-06-23", "-5877641-06-23"},
  };
  for (const auto& [text, expected] : cases) {
    const auto days = ParseDate(text);
    ASSERT_TRUE(days.has_value()) << text;
    EXPECT_EQ(DateToString(*days), expected) << text;
  }
}

TEST(ParseDate, RefusesTheRest) {
  for (std::string_view text : {"",
                                " ",
                                "015",
                                "201",
                                "2015-",
                                "2015-03-",
                                "2015-13-01",
                                "2015-00-01",
                                "2015-02-29",
                                "2015-01-00",
                                "2015-04-31",
                                "2015-031-8",
                                "2015-003-18",
                                "2015-03-018",
                                "2015/03/18",
                                "20150318",
                                "2015-03-18X",
                                "2015-03T",
                                "2015.03.18",
                                "abcd",
                                "--2015",
                                "+-2015",
                                "5881580-07-12",
                                "-5877641-06-22",
                                "12345678",
                                "2015-03-18-",
                                "15-03-18",
                                "\xEF\xBC\x92\x30\x31\x35"}) {
    EXPECT_EQ(ParseDate(text), std::nullopt) << text;
  }
}

TEST(ParseTimestamp, ReadsTimesInTheSessionsZone) {
  const TimeZone berlin = TimeZone::Find("Europe/Berlin").ValueOrDie();
  const std::pair<std::string_view, std::string_view> cases[] = {
      {"2015", "2014-12-31 23:00:00"},
      {"2015-07", "2015-06-30 22:00:00"},
      {"2015-07-18", "2015-07-17 22:00:00"},
      {"2015-07-18 ", "2015-07-17 22:00:00"},
      {"2015-07-18 1:2:3", "2015-07-17 23:02:03"},
      {"2015-07-18 12", "2015-07-18 10:00:00"},
      {"2015-07-18T12:03", "2015-07-18 10:03:00"},
      {"2015-07-18T12:03:17", "2015-07-18 10:03:17"},
      {"2015-07-18T12:03:17.", "2015-07-18 10:03:17"},
      {"2015-07-18 12:03:17.1", "2015-07-18 10:03:17.1"},
      {"2015-07-18 12:03:17.001002", "2015-07-18 10:03:17.001002"},
      {"2015-07-18 12:03:17.1234569", "2015-07-18 10:03:17.123456"},
      {"2015-07-18 12:03:17.99999999999999999999", "2015-07-18 10:03:17.999999"},
      {"2015-07-18 12:03:17Z", "2015-07-18 12:03:17"},
      {"2015-07-18 12:03:17.5Z", "2015-07-18 12:03:17.5"},
      {"2015-07-18 12:03:17 UTC", "2015-07-18 12:03:17"},
      {"2015-07-18 12:03:17-1:0", "2015-07-18 13:03:17"},
      {"2015-07-18 12:03:17+07:30", "2015-07-18 04:33:17"},
      {"2015-07-18 12:03:17 GMT+07:30", "2015-07-18 04:33:17"},
      {"2015-07-18 12:03:17.25 America/New_York", "2015-07-18 16:03:17.25"},
      {"2015-07-18 12:03:17 PST", "2015-07-18 19:03:17"},
      {"-0001-01-01 00:00:00Z", "-0001-01-01 00:00:00"},
      {"+1969-12-31T23:59:59.999999Z", "1969-12-31 23:59:59.999999"},
      {"294247-01-10T04:00:54.775807Z", "+294247-01-10 04:00:54.775807"},
  };
  for (const auto& [text, expected] : cases) {
    const auto micros = ParseTimestamp(text, berlin, 0);
    ASSERT_TRUE(micros.has_value()) << text;
    EXPECT_EQ(TimestampToString(*micros), expected) << text;
  }
}

TEST(ParseTimestamp, PutsATimeAloneIntoTheSessionsDay) {
  const TimeZone tokyo = TimeZone::Find("Asia/Tokyo").ValueOrDie();
  const int64_t now = *ParseTimestampNtz("2024-05-01 20:00:00");  // in Tokyo the 2nd
  const std::pair<std::string_view, std::string_view> cases[] = {
      {"01:02:03", "2024-05-01 16:02:03"},  {"1:2", "2024-05-01 16:02:00"},
      {"T01", "2024-05-01 16:00:00"},       {"T01:02:03.5", "2024-05-01 16:02:03.5"},
      {"01:02:03Z", "2024-05-01 01:02:03"},
  };
  for (const auto& [text, expected] : cases) {
    const auto micros = ParseTimestamp(text, tokyo, now);
    ASSERT_TRUE(micros.has_value()) << text;
    EXPECT_EQ(TimestampToString(*micros), expected) << text;
    EXPECT_EQ(ParseTimestampNtz(text), std::nullopt) << text;
    EXPECT_FALSE(ParseTimestampParts(text)->has_date) << text;
  }
}

TEST(ParseTimestamp, RefusesTheRest) {
  for (std::string_view text : {"",
                                " ",
                                "T",
                                ":",
                                "12",
                                "2015-",
                                "2015-03 12:00:00",
                                "2015-03-18T",
                                "2015-03-18X12",
                                "2015-03-18 24:00:00",
                                "2015-03-18 12:60:00",
                                "2015-03-18 12:00:60",
                                "2015-03-18 12:",
                                "2015-03-18 12:00:",
                                "2015-03-18 12:000:00",
                                "2015-03-18 123:00:00",
                                "2015-03-18 12:00Z",
                                "2015-03-18 12:00:00 Nowhere/Land",
                                "2015-03-18 12:00:00+19:00",
                                "2015-03-18 12:00:00+01:60",
                                "2015-03-18 12:00:00.5.5",
                                "2015-03-18 12:00:00:00",
                                "2015-02-30 12:00:00",
                                "2015-03-18  12:00:00",
                                "1234567-01-01",
                                "300000-01-01",
                                "294247-01-10T04:00:54.775808Z",
                                "-12:00:00",
                                "123:00",
                                "ab:cd"}) {
    EXPECT_EQ(ParseTimestamp(text, TimeZone(), 0), std::nullopt) << text;
  }
}

TEST(ParseTimestampNtz, DropsTheZone) {
  EXPECT_EQ(TimestampToString(*ParseTimestampNtz("2015-07-18 12:03:17+07:00")),
            "2015-07-18 12:03:17");
  EXPECT_EQ(TimestampToString(*ParseTimestampNtz("2015-07-18")), "2015-07-18 00:00:00");
  EXPECT_EQ(ParseTimestampNtz("2015-07-18 12:03:17 Nowhere"), std::nullopt);
}

TEST(ParseTimestamp, ReadsBackWhatIsPrinted) {
  std::mt19937_64 random(11);
  for (int round = 0; round < 20'000; ++round) {
    const auto micros =
        static_cast<int64_t>(random() % 500'000'000'000'000'000) - 200'000'000'000'000'000;
    EXPECT_EQ(ParseTimestampNtz(TimestampToString(micros)), micros);
    const int64_t days = DaysFromMicros(micros);
    EXPECT_EQ(ParseDate(DateToString(days)), days);
  }
}

TEST(ParseTimestamp, SurvivesAnyText) {
  std::mt19937 random(5);
  int num_read = 0;
  for (int round = 0; round < 50'000; ++round) {
    std::string text = "2015-03-18 12:03:17.123+01:00";
    text.resize(random() % text.size() + 1);
    for (unsigned edit = random() % 3; edit > 0; --edit) {
      text[random() % text.size()] = "0123456789-+:. TZ\xFF"[random() % 18];
    }
    const auto micros = ParseTimestampNtz(text);
    if (!micros.has_value()) continue;
    ++num_read;
    EXPECT_EQ(ParseTimestampNtz(TimestampToString(*micros)), micros) << text;
  }
  EXPECT_GT(num_read, 5'000);
}

}  // namespace
}  // namespace sabot
