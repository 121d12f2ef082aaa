#include "sabot/base/utf8.h"

#include <gtest/gtest.h>

namespace sabot {
namespace {

constexpr char kBad[] = "\xEF\xBF\xBD";

std::string Times(int count) {
  std::string text;
  for (int i = 0; i < count; ++i) text += kBad;
  return text;
}

TEST(Utf8, LeavesTextAsItIs) {
  for (const char* text : {"", "plain", "\xC2\x80", "\xDF\xBF", "\xE0\xA0\x80", "\xED\x9F\xBF",
                           "\xEE\x80\x80", "\xF0\x90\x80\x80", "\xF4\x8F\xBF\xBF", kBad}) {
    EXPECT_TRUE(IsUtf8(text)) << text;
    EXPECT_EQ(ToUtf8(text), text);
  }
}

TEST(Utf8, ReplacesEveryLongestBadPiece) {
  const auto replaced = [](std::string_view bytes) {
    EXPECT_FALSE(IsUtf8(bytes));
    return ToUtf8(bytes);
  };
  EXPECT_EQ(replaced("a\xFF"
                     "b"),
            "a" + Times(1) + "b");
  EXPECT_EQ(replaced("caf\xE9,x"), "caf" + Times(1) + ",x");  // Latin-1
  EXPECT_EQ(replaced("\xC0\x80"), Times(2));                  // overlong
  EXPECT_EQ(replaced("\xC1\xBF"), Times(2));
  EXPECT_EQ(replaced("\xE0\x9F\x80"), Times(3));
  EXPECT_EQ(replaced("\xED\xA0\x80"), Times(3));  // a surrogate
  EXPECT_EQ(replaced("\xF0\x8F\x80\x80"), Times(4));
  EXPECT_EQ(replaced("\xF4\x90\x80\x80"), Times(4));  // past U+10FFFF
  EXPECT_EQ(replaced("\xF5\x80"), Times(2));
  EXPECT_EQ(replaced("\x80"), Times(1));
}

TEST(Utf8, TakesACodePointThatBreaksOffForOne) {
  EXPECT_EQ(ToUtf8("\xE2\x82"), Times(1));
  EXPECT_EQ(ToUtf8("\xE2\x82"
                   "A"),
            Times(1) + "A");
  EXPECT_EQ(ToUtf8("\xF0\x9F\x98\xC3\xA9"), Times(1) + "\xC3\xA9");
  EXPECT_EQ(ToUtf8("\xC3"), Times(1));
}

TEST(Utf8, FindsABadByteAnywhere) {
  for (size_t at = 0; at < 70; ++at) {
    std::string text(70, 'x');
    text[at] = '\xB0';
    EXPECT_FALSE(IsUtf8(text));
    EXPECT_EQ(ToUtf8(text), text.substr(0, at) + kBad + text.substr(at + 1));
  }
}

}  // namespace
}  // namespace sabot
