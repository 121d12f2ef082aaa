#include "sabot/datetime/pattern.h"

#include <random>

#include <gtest/gtest.h>

#include "sabot/base/error.h"
#include "sabot/datetime/parse.h"
#include "sabot/types/value.h"

namespace sabot {
namespace {

using Use = DateTimePattern::Use;

int64_t Local(std::string_view text) { return ParseTimestampNtz(text).value(); }
TimeZone Zone(std::string_view name) { return TimeZone::Find(name).ValueOrDie(); }

struct FormatCase {
  std::string_view pattern;
  std::string_view utc;
  std::string_view zone;
  std::string_view expected;
};

TEST(DateTimePattern, Formats) {
  constexpr std::string_view kMorning = "2013-01-05 09:08:07.123456";
  constexpr std::string_view kEvening = "1969-12-31 23:59:59.9";
  const FormatCase cases[] = {
      {"", kMorning, "UTC", ""},
      {"y yy yyy yyyy yyyyy yyyyyy", kMorning, "UTC", "2013 13 2013 2013 02013 002013"},
      {"M MM MMM MMMM", kMorning, "UTC", "1 01 Jan January"},
      {"M MM MMM MMMM", kEvening, "UTC", "12 12 Dec December"},
      {"d dd D DD DDD", kMorning, "UTC", "5 05 5 05 005"},
      {"D DD DDD", kEvening, "UTC", "365 365 365"},
      {"E EE EEE EEEE", kMorning, "UTC", "Sat Sat Sat Saturday"},
      {"E EEEE", kEvening, "UTC", "Wed Wednesday"},
      {"Q QQ QQQ QQQQ", kMorning, "UTC", "1 01 Q1 1st quarter"},
      {"QQQQ", kEvening, "UTC", "4th quarter"},
      {"h hh H HH a", kMorning, "UTC", "9 09 9 09 AM"},
      {"h hh H HH a", kEvening, "UTC", "11 11 23 23 PM"},
      {"h a H", "2013-01-05 00:00:00", "UTC", "12 AM 0"},
      {"h a H", "2013-01-05 12:00:00", "UTC", "12 PM 12"},
      {"h a H", "2013-01-05 13:00:00", "UTC", "1 PM 13"},
      {"m mm s ss", kMorning, "UTC", "8 08 7 07"},
      {"S SS SSS SSSSSS SSSSSSSSS", kMorning, "UTC", "1 12 123 123456 123456000"},
      {"SSS", "2013-01-05 00:00:00.999999", "UTC", "999"},
      {"yyyy-MM-dd HH:mm:ss", kMorning, "Asia/Kolkata", "2013-01-05 14:38:07"},
      {"yyyy-MM-dd'T'HH:mm:ss.SSSXXX", kMorning, "America/New_York",
       "2013-01-05T04:08:07.123-05:00"},
      {"'it''s' yyyy ''y", kMorning, "UTC", "it's 2013 '2013"},
      {"yyyy/MM.dd,!\xC3\xA4", kMorning, "UTC", "2013/01.05,!\xC3\xA4"},
      {"X XX XXX XXXX XXXXX", kMorning, "UTC", "Z Z Z Z Z"},
      {"x xx xxx xxxx xxxxx", kMorning, "UTC", "+00 +0000 +00:00 +0000 +00:00"},
      {"X XX XXX XXXX XXXXX", kMorning, "+02:00", "+02 +0200 +02:00 +0200 +02:00"},
      {"x xx xxx", kMorning, "-09:30", "-0930 -0930 -09:30"},
      {"XXX XXXX XXXXX", kMorning, "-02:30:15", "-02:30 -023015 -02:30:15"},
      {"z zz zzz VV", kMorning, "Europe/Berlin", "CET CET CET Europe/Berlin"},
      {"z VV", kMorning, "UTC", "UTC UTC"},
      {"z", "2013-07-01 00:00:00", "Europe/Berlin", "CEST"},
      {"y yy yyyy", "-0005-01-01", "UTC", "-5 95 -0005"},
      {"y yyyy yyyyy", "12345-01-01", "UTC", "12345 +12345 12345"},
  };
  for (const FormatCase& c : cases) {
    const auto pattern = DateTimePattern::Make(c.pattern, Use::kFormat);
    ASSERT_TRUE(pattern.ok()) << pattern.status().ToString();
    EXPECT_EQ(pattern->Format(Local(c.utc), Zone(c.zone)), c.expected) << c.pattern;
  }
}

struct ParseCase {
  std::string_view pattern;
  std::string_view text;
  std::string_view expected;  // UTC
};

TEST(DateTimePattern, Parses) {
  const ParseCase cases[] = {
      {"yyyy-MM-dd", "2013-01-05", "2013-01-05 00:00:00"},
      {"yyyyMMdd", "20130105", "2013-01-05 00:00:00"},
      {"yyyyMMddHHmmss", "20130105040506", "2013-01-05 04:05:06"},
      {"yyyyMMddHHmmssSSS", "20130105040506789", "2013-01-05 04:05:06.789"},
      {"yMMdd", "20130105", "2013-01-05 00:00:00"},
      {"yMMdd", "123450105", "+12345-01-05 00:00:00"},
      {"y-M-d", "2013-1-5", "2013-01-05 00:00:00"},
      {"y-M-d", "13-12-25", "0013-12-25 00:00:00"},
      {"yy-MM-dd", "13-01-05", "2013-01-05 00:00:00"},
      {"yy-MM-dd", "99-01-05", "2099-01-05 00:00:00"},
      {"yyyy-MM-dd", "+12345-01-05", "+12345-01-05 00:00:00"},
      {"yyyy-MM-dd", "-0005-01-05", "-0005-01-05 00:00:00"},
      {"yyyy", "2013", "2013-01-01 00:00:00"},
      {"MM-dd", "03-04", "1970-03-04 00:00:00"},
      {"HH:mm", "12:34", "1970-01-01 12:34:00"},
      {"", "", "1970-01-01 00:00:00"},
      {"dd MMM yyyy", "05 jAN 2013", "2013-01-05 00:00:00"},
      {"d MMMM y", "5 march 2013", "2013-03-05 00:00:00"},
      {"MMMMd", "May5", "1970-05-05 00:00:00"},
      {"yyyy D", "2024 366", "2024-12-31 00:00:00"},
      {"yyyyDDD", "2023060", "2023-03-01 00:00:00"},
      {"yyyy-MM-dd D", "2013-02-01 32", "2013-02-01 00:00:00"},
      {"h:mm a", "12:05 am", "1970-01-01 00:05:00"},
      {"h:mm a", "12:05 PM", "1970-01-01 12:05:00"},
      {"hh:mm a", "11:05 Pm", "1970-01-01 23:05:00"},
      {"hh", "11", "1970-01-01 11:00:00"},
      {"hh", "12", "1970-01-01 00:00:00"},
      {"a", "PM", "1970-01-01 12:00:00"},
      {"H h a", "13 1 PM", "1970-01-01 13:00:00"},
      {"ss.S", "01.5", "1970-01-01 00:00:01.5"},
      {"ss.SSSSSS", "01.5", "1970-01-01 00:00:01.5"},
      {"ss.SSS", "01.050", "1970-01-01 00:00:01.05"},
      {"ss.SSSSSSSSS", "01.123456789", "1970-01-01 00:00:01.123456"},
      {"yyyy-MM-dd'T'HH:mm:ssXXX", "2013-01-05T12:00:00Z", "2013-01-05 12:00:00"},
      {"yyyy-MM-dd'T'HH:mm:ssXXX", "2013-01-05T12:00:00+02:00", "2013-01-05 10:00:00"},
      {"HH X", "12 -0130", "1970-01-01 13:30:00"},
      {"HH X", "12 -01", "1970-01-01 13:00:00"},
      {"HH xx", "12 +0000", "1970-01-01 12:00:00"},
      {"HH XXXX", "12 +013015", "1970-01-01 10:29:45"},
      {"HH XXXXX", "12 +01:30", "1970-01-01 10:30:00"},
      {"HH VV", "12 Zulu", "1970-01-01 12:00:00"},
      {"H h", "0 12", "1970-01-01 00:00:00"},
      {"H h", "12 12", "1970-01-01 12:00:00"},
      {"HH VV", "12 America/New_York", "1970-01-01 17:00:00"},
      {"HH z", "12 PST", "1970-01-01 20:00:00"},
      {"HH z!", "12 UTC!", "1970-01-01 12:00:00"},
      {"'it''s' HH", "IT'S 07", "1970-01-01 07:00:00"},
      {"yyyy-MM-dd", "1960-02-29", "1960-02-29 00:00:00"},
  };
  for (const ParseCase& c : cases) {
    const auto pattern = DateTimePattern::Make(c.pattern, Use::kParse);
    ASSERT_TRUE(pattern.ok()) << pattern.status().ToString();
    const auto micros = pattern->Parse(c.text, TimeZone());
    ASSERT_TRUE(micros.has_value()) << c.pattern << ": " << c.text;
    EXPECT_EQ(TimestampToString(*micros), c.expected) << c.pattern << ": " << c.text;
  }
}

TEST(DateTimePattern, ReadsWithoutAZoneInTheGivenOne) {
  const auto pattern = DateTimePattern::Make("yyyy-MM-dd HH:mm", Use::kParse).ValueOrDie();
  const TimeZone berlin = Zone("Europe/Berlin");
  EXPECT_EQ(TimestampToString(*pattern.Parse("2024-07-01 12:00", berlin)), "2024-07-01 10:00:00");
  EXPECT_EQ(TimestampToString(*pattern.Parse("2024-03-31 02:30", berlin)), "2024-03-31 01:30:00");
  EXPECT_EQ(TimestampToString(*pattern.ParseLocal("2024-07-01 12:00")), "2024-07-01 12:00:00");
  const auto zoned = DateTimePattern::Make("yyyy-MM-dd HH:mmXXX", Use::kParse).ValueOrDie();
  EXPECT_EQ(TimestampToString(*zoned.Parse("2024-07-01 12:00+05:00", berlin)),
            "2024-07-01 07:00:00");
  EXPECT_EQ(TimestampToString(*zoned.ParseLocal("2024-07-01 12:00+05:00")), "2024-07-01 12:00:00");
}

TEST(DateTimePattern, ReadsNothingFromTextThatDoesNotFit) {
  const std::pair<std::string_view, std::string_view> cases[] = {
      {"yyyy-MM-dd", ""},
      {"yyyy-MM-dd", "2013-1-05"},
      {"yyyy-MM-dd", "2013-01-5"},
      {"yyyy-MM-dd", "2013-01-055"},
      {"yyyy-MM-dd", "2013-01-05 "},
      {"yyyy-MM-dd", " 2013-01-05"},
      {"yyyy-MM-dd", "13-01-05"},
      {"yyyy-MM-dd", "12345-01-05"},
      {"yyyy-MM-dd", "+2013-01-05"},
      {"yyyy-MM-dd", "-0000-01-05"},
      {"yyyy-MM-dd", "2013-02-29"},
      {"yyyy-MM-dd", "2013-13-01"},
      {"yyyy-MM-dd", "2013-00-01"},
      {"yyyy-MM-dd", "2013-01-00"},
      {"yyyy-MM-dd", "2013/01/05"},
      {"yyyyMMdd", "2013015"},
      {"yyyyMMdd", "201301055"},
      {"MM-dd", "02-29"},
      {"HH:mm", "24:00"},
      {"HH:mm", "12:60"},
      {"ss", "60"},
      {"hh", "13"},
      {"hh", "00"},
      {"a", "XM"},
      {"H h", "13 2"},
      {"H a", "13 AM"},
      {"M MM", "1 02"},
      {"ss.SSS", "01.1234"},
      {"ss.SSS", "01."},
      {"yyyy D", "2023 366"},
      {"D", "0"},
      {"yyyy-MM-dd D", "2013-02-01 33"},
      {"MMM", "Januar"},
      {"MMM", "xyz"},
      {"HH XXX", "12 +0200"},
      {"HH XX", "12 +02:00"},
      {"HH XX", "12 +02"},
      {"HH XX", "12 +020015"},
      {"HH XXX", "12 +02:00:15"},
      {"H", "007"},
      {"m", "007"},
      {"s", "007"},
      {"yyy", "12"},
      {"HH xxx", "12 Z"},
      {"HH X", "12 +19"},
      {"HH X", "12"},
      {"HH VV", "12 Nowhere"},
      {"HH 'h'", "12 m"},
      {"yyyyyy", "300000"},
  };
  for (const auto& [pattern, text] : cases) {
    const auto made = DateTimePattern::Make(pattern, Use::kParse);
    ASSERT_TRUE(made.ok()) << made.status().ToString();
    EXPECT_EQ(made->Parse(text, TimeZone()), std::nullopt) << pattern << ": " << text;
  }
}

TEST(DateTimePattern, RefusesWhatItDoesNotKnow) {
  const std::tuple<std::string_view, Use, std::string_view> cases[] = {
      {"yyyy-LL", Use::kFormat, "the letter L is not supported"},
      {"YYYY", Use::kFormat, "the letter Y is not supported"},
      {"G", Use::kParse, "the letter G is not supported"},
      {"yyyyyyy", Use::kFormat, "y stands 7 times in a row, but may stand 1 to 6."},
      {"MMMMM", Use::kFormat, "M stands 5 times in a row, but may stand 1 to 4."},
      {"ddd", Use::kParse, "d stands 3 times"},
      {"DDDD", Use::kFormat, "D stands 4 times"},
      {"EEEEE", Use::kFormat, "E stands 5 times"},
      {"QQQQQ", Use::kFormat, "Q stands 5 times"},
      {"hhh", Use::kFormat, "h stands 3 times"},
      {"HHH", Use::kFormat, "H stands 3 times"},
      {"mmm", Use::kFormat, "m stands 3 times"},
      {"sss", Use::kFormat, "s stands 3 times"},
      {"XXXXXX", Use::kFormat, "X stands 6 times"},
      {"xxxxxx", Use::kFormat, "x stands 6 times"},
      {"VVV", Use::kFormat, "V stands 3 times"},
      {"aa", Use::kParse, "may stand 1."},
      {"SSSSSSSSSS", Use::kFormat, "S stands 10 times"},
      {"zzzz", Use::kFormat, "z stands 4 times"},
      {"V", Use::kFormat, "V stands 1 times"},
      {"EEE", Use::kParse, "E can be written but not read"},
      {"yyyy QQ", Use::kParse, "Q can be written but not read"},
      {"yyyy[-MM]", Use::kParse, "[ is not supported"},
      {"{", Use::kFormat, "{ is not supported"},
      {"#", Use::kFormat, "# is not supported"},
      {"yyyy'T", Use::kFormat, "a quote is not closed"},
      {"'", Use::kFormat, "a quote is not closed"},
      {"'a''", Use::kFormat, "a quote is not closed"},
  };
  for (const auto& [pattern, use, message] : cases) {
    const arrow::Status status = DateTimePattern::Make(pattern, use).status();
    const ErrorDetail* detail = GetErrorDetail(status);
    ASSERT_NE(detail, nullptr) << pattern;
    EXPECT_EQ(detail->error_class().name, "INVALID_DATETIME_PATTERN");
    EXPECT_EQ(detail->parameters()[0].value, "'" + std::string(pattern) + "'");
    EXPECT_NE(status.message().find(message), std::string::npos) << status.message();
  }
}

TEST(DateTimePattern, ReadsBackWhatItWrites) {
  constexpr std::string_view kPatterns[] = {
      "yyyy-MM-dd HH:mm:ss.SSSSSS",      "yyyyMMddHHmmssSSSSSS",
      "d MMM y, h:m:s.SSSSSS a",         "y D HH mm ss SSSSSS",
      "yyyy-MM-dd'T'HH:mm:ss.SSSSSSXXX", "MMMM d yyyyyy H:m:s SSSSSS VV"};
  std::mt19937_64 random(17);
  for (std::string_view text : kPatterns) {
    const auto pattern = DateTimePattern::Make(text, Use::kParse).ValueOrDie();
    for (int round = 0; round < 2'000; ++round) {
      // 1677 to 2262.
      const auto micros = static_cast<int64_t>(random()) / 1000;
      const std::string written = pattern.Format(micros, TimeZone());
      EXPECT_EQ(pattern.Parse(written, TimeZone()), micros) << text << ": " << written;
    }
  }
}

TEST(DateTimePattern, SurvivesAnyPatternAndText) {
  std::mt19937 random(23);
  const TimeZone berlin = Zone("Europe/Berlin");
  for (int round = 0; round < 50'000; ++round) {
    std::string text(random() % 12, ' ');
    for (char& c : text) c = "yMdDEQahHmsSXxzV'-: 019\xFF"[random() % 24];
    for (Use use : {Use::kFormat, Use::kParse}) {
      const auto pattern = DateTimePattern::Make(text, use);
      if (!pattern.ok()) {
        EXPECT_NE(GetErrorDetail(pattern.status()), nullptr);
        continue;
      }
      const std::string written = pattern->Format(static_cast<int64_t>(random()) << 20, berlin);
      if (use == Use::kParse) {
        pattern->Parse(written, berlin);
        pattern->Parse(text, berlin);
      }
    }
  }
}

}  // namespace
}  // namespace sabot
