#include "sabot/text/utf8.h"

#include "gtest/gtest.h"

namespace sabot {
namespace {

std::string Upper(std::string_view text) {
  std::string result = "old";
  ToUpper(text, &result);
  return result;
}
std::string Lower(std::string_view text) {
  std::string result;
  ToLower(text, &result);
  return result;
}
std::string Initial(std::string_view text) {
  std::string result;
  ToInitialCapitals(text, &result);
  return result;
}

TEST(Utf8, TellsAscii) {
  EXPECT_TRUE(IsAscii(""));
  EXPECT_TRUE(IsAscii("seventeen letters"));
  for (size_t at = 0; at < 20; ++at) {
    std::string text(20, 'x');
    text[at] = '\x80';
    EXPECT_FALSE(IsAscii(text)) << at;
  }
}

TEST(Utf8, CountsCodePoints) {
  EXPECT_EQ(CountCodePoints(""), 0);
  EXPECT_EQ(CountCodePoints("abc"), 3);
  EXPECT_EQ(CountCodePoints("aé€😀"), 4);
  EXPECT_EQ(CountCodePoints("\x80\x80"), 2);  // stray bytes count one each
  EXPECT_EQ(CountCodePoints("\xF0\x9F"), 1);  // cut off
}

TEST(Utf8, SubstringCountsFromOneAndFromTheEnd) {
  EXPECT_EQ(Substring("Spark SQL", 5, 1), "k");
  EXPECT_EQ(Substring("Spark SQL", -3, 100), "SQL");
  EXPECT_EQ(Substring("abc", 0, 2), "ab");
  EXPECT_EQ(Substring("abc", 1, 2), "ab");
  EXPECT_EQ(Substring("abc", -5, 3), "a");
  EXPECT_EQ(Substring("abc", -5, 2), "");
  EXPECT_EQ(Substring("abc", 4, 1), "");
  EXPECT_EQ(Substring("abc", 2, 0), "");
  EXPECT_EQ(Substring("abc", 2, -1), "");
  EXPECT_EQ(Substring("abc", 2, INT64_MAX), "bc");
  EXPECT_EQ(Substring("abc", INT64_MAX, INT64_MAX), "");
  EXPECT_EQ(Substring("abc", INT64_MIN, INT64_MAX), "");
  EXPECT_EQ(Substring("aé€😀z", 2, 3), "é€😀");
  EXPECT_EQ(Substring("aé€😀z", -2, 1), "😀");
  EXPECT_EQ(Substring("aé€😀z", -7, 3), "a");
}

TEST(Utf8, ReadsAndWritesCodePoints) {
  for (const char32_t point : {U'a', U'é', U'€', U'😀', U'\0', U'\x7F', U'\x80', U'\xFFFF'}) {
    std::string text;
    AppendCodePoint(point, &text);
    EXPECT_EQ(CodePointAt(text, 0), point);
    EXPECT_EQ(CodePointSize(text, 0), text.size());
  }
  EXPECT_EQ(CodePointAt("\x80", 0), U'\xFFFD');
  EXPECT_EQ(CodePointAt("\xE2\x82", 0), U'\xFFFD');
  EXPECT_EQ(CodePointOffset("aé€", 2), 3u);
  EXPECT_EQ(CodePointOffset("aé€", 9), 6u);
}

TEST(Utf8, MapsCase) {
  EXPECT_EQ(Upper("spark Sql 1@[`{"), "SPARK SQL 1@[`{");
  EXPECT_EQ(Lower("SPARK Sql 1@[`{"), "spark sql 1@[`{");
  EXPECT_EQ(Upper("straße"), "STRASSE");
  EXPECT_EQ(Lower("ÀÉ"), "àé");
  // Grows to three times its size.
  std::string small;
  std::string capital;
  for (int i = 0; i < 20; ++i) {
    small.append("\u0390");
    capital.append("\u0399\u0308\u0301");
  }
  EXPECT_EQ(Upper(small), capital);
  EXPECT_EQ(Initial("sPark sql  élan"), "Spark Sql  Élan");
  EXPECT_EQ(Initial("a-b.c"), "A-b.c");
}

}  // namespace
}  // namespace sabot
