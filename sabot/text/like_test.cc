#include "sabot/text/like.h"

#include <random>

#include "gtest/gtest.h"

#include "sabot/base/error.h"

namespace sabot {
namespace {

bool Like(std::string_view text, std::string_view pattern, std::string_view escape = "\\") {
  const auto like = LikePattern::Compile(pattern, escape);
  EXPECT_TRUE(like.ok()) << like.status().ToString();
  return like.ok() && like->Matches(text);
}

LikePattern::Shape ShapeOf(std::string_view pattern) {
  return LikePattern::Compile(pattern, "\\")->shape();
}

TEST(Like, KnowsTheCheapShapes) {
  using enum LikePattern::Shape;
  EXPECT_EQ(ShapeOf("abc"), kEquals);
  EXPECT_EQ(ShapeOf(""), kEquals);
  EXPECT_EQ(ShapeOf("abc%"), kPrefix);
  EXPECT_EQ(ShapeOf("abc%%"), kPrefix);
  EXPECT_EQ(ShapeOf("%abc"), kSuffix);
  EXPECT_EQ(ShapeOf("%abc%"), kContains);
  EXPECT_EQ(ShapeOf("%%"), kAny);
  EXPECT_EQ(ShapeOf("a%b"), kGeneral);
  EXPECT_EQ(ShapeOf("_bc"), kGeneral);
  EXPECT_EQ(ShapeOf("a\\%"), kEquals);
}

TEST(Like, Matches) {
  EXPECT_TRUE(Like("Spark", "Spark"));
  EXPECT_FALSE(Like("Spark", "spark"));
  EXPECT_TRUE(Like("", ""));
  EXPECT_TRUE(Like("", "%"));
  EXPECT_FALSE(Like("", "_"));
  EXPECT_TRUE(Like("Spark", "_park"));
  EXPECT_TRUE(Like("Spark", "S%k"));
  EXPECT_FALSE(Like("Sk", "S%k%k"));
  EXPECT_FALSE(Like("ab", "ab%b"));  // the prefix and the suffix may not share a byte
  EXPECT_TRUE(Like("special packages requests", "%special%requests%"));
  EXPECT_FALSE(Like("requests special", "%special%requests%"));
  EXPECT_TRUE(Like("line\nbreak", "line%"));
  EXPECT_TRUE(Like("aXbYc", "a_b_c"));
  EXPECT_TRUE(Like("mississippi", "%i_s%p_"));
  EXPECT_FALSE(Like("mississippi", "%i_s%q_"));
}

TEST(Like, WildcardIsACodePoint) {
  EXPECT_TRUE(Like("é", "_"));
  EXPECT_FALSE(Like("é", "__"));
  EXPECT_TRUE(Like("a😀", "a_"));
  EXPECT_TRUE(Like("x😀é", "%__"));
  EXPECT_TRUE(Like("a😀", "%a_"));
  EXPECT_FALSE(Like("é", "%__"));
  EXPECT_TRUE(Like("€uro", "_uro%"));
  EXPECT_TRUE(Like("\x80\x80", "%__"));
}

TEST(Like, Escapes) {
  EXPECT_TRUE(Like("100%", "100\\%"));
  EXPECT_FALSE(Like("1000", "100\\%"));
  EXPECT_TRUE(Like("a_b", "a\\_b"));
  EXPECT_FALSE(Like("axb", "a\\_b"));
  EXPECT_TRUE(Like("a\\b", "a\\\\b"));
  EXPECT_TRUE(Like("a%b", "a/%b", "/"));
  EXPECT_TRUE(Like("a\\b", "a\\b", "/"));
  const auto class_of = [](std::string_view pattern) {
    return std::string(
        GetErrorDetail(LikePattern::Compile(pattern, "\\").status())->error_class().name);
  };
  EXPECT_EQ(class_of("abc\\"), "INVALID_FORMAT.ESC_AT_THE_END");
  EXPECT_EQ(class_of("a\\bc"), "INVALID_FORMAT.ESC_IN_THE_MIDDLE");
}

// The definition, letter by letter.
bool Model(std::string_view text, std::string_view pattern) {
  if (pattern.empty()) return text.empty();
  if (pattern[0] == '%') {
    return Model(text, pattern.substr(1)) || (!text.empty() && Model(text.substr(1), pattern));
  }
  return !text.empty() && (pattern[0] == '_' || pattern[0] == text[0]) &&
         Model(text.substr(1), pattern.substr(1));
}

TEST(Like, AgreesWithItsDefinition) {
  std::mt19937 random(3);
  for (int round = 0; round < 20'000; ++round) {
    std::string text;
    std::string pattern;
    for (size_t i = random() % 8; i > 0; --i) text.push_back("ab"[random() % 2]);
    for (size_t i = random() % 6; i > 0; --i) pattern.push_back("ab%_"[random() % 4]);
    EXPECT_EQ(Like(text, pattern), Model(text, pattern)) << text << " LIKE " << pattern;
  }
}

}  // namespace
}  // namespace sabot
