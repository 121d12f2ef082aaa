#include "sabot/formats/glob.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sabot/formats/testing/file_rows.h"

namespace sabot {
namespace {

TEST(Glob, MatchesNames) {
  const struct {
    const char* pattern;
    const char* name;
    bool matches;
  } cases[] = {
      {"a*c", "abbc", true},        {"a*c", "ac", true},
      {"a*c", "acd", false},        {"*", "", true},
      {"*.csv", "x.csv", true},     {"*.csv", "x/y.csv", false},
      {"a?c", "abc", true},         {"a?c", "ac", false},
      {"a?c", "a/c", false},        {"[a-c]x", "bx", true},
      {"[a-c]x", "dx", false},      {"[!a-c]x", "dx", true},
      {"[^a-c]x", "bx", false},     {"[]]x", "]x", true},
      {"[a-]x", "-x", true},        {"a[b", "a[b", true},
      {"{a,b{1,2}}c", "b2c", true}, {"{a,b{1,2}}c", "bc", false},
      {"{a", "{a", true},           {"a\\*", "a*", true},
      {"a\\*", "ab", false},        {"*a*b*", "xaxxbx", true},
      {"*a*b*", "xbxxax", false},   {"part-{0..2}", "part-{0..2}", false},
  };
  for (const auto& one : cases) {
    EXPECT_EQ(GlobMatches(one.pattern, one.name), one.matches) << one.pattern << " " << one.name;
  }
  // Many stars take no exponential time.
  EXPECT_FALSE(GlobMatches("*a*a*a*a*a*a*a*a*a*a*a*b", std::string(200, 'a')));
}

class Globs : public testing::Test {
 protected:
  void SetUp() override {
    for (const char* name : {"b.csv", "a.csv", "c.json", "sub/d.csv", "sub/deep/e.csv",
                             "_hidden.csv", ".dot.csv", "_skip/f.csv", "odd[1].csv"}) {
      folder_.Write(name, "x");
    }
  }
  std::string Expand(const std::string& path) {
    const auto found = ExpandPaths(LocalFiles(), folder_.PathOf(path));
    if (!found.ok()) return ErrorName(found.status());
    std::string text;
    for (const std::string& one : *found) {
      text += one.substr(folder_.PathOf("").size()) + " ";
    }
    return text;
  }
  TestFolder folder_;
};

TEST_F(Globs, FindsFilesFoldersAndPatternsInOrder) {
  EXPECT_EQ(Expand("a.csv"), "a.csv ");
  EXPECT_EQ(Expand("*.csv"), "a.csv b.csv odd[1].csv ");
  EXPECT_EQ(Expand("{b,a}.csv"), "a.csv b.csv ");
  EXPECT_EQ(Expand("[ab].csv"), "a.csv b.csv ");
  EXPECT_EQ(Expand("odd[1].csv"), "odd[1].csv ");
  EXPECT_EQ(Expand("_*.csv"), "_hidden.csv ");
  EXPECT_EQ(Expand("*/d.csv"), "sub/d.csv ");
  EXPECT_EQ(Expand("s*"), "sub/d.csv sub/deep/e.csv ");
  EXPECT_EQ(Expand("sub"), "sub/d.csv sub/deep/e.csv ");
  EXPECT_EQ(Expand("*/*/*.csv"), "sub/deep/e.csv ");
  EXPECT_EQ(Expand("{*.json,sub/*.csv}"), "c.json sub/d.csv ");
  EXPECT_EQ(Expand(""), "a.csv b.csv c.json odd[1].csv sub/d.csv sub/deep/e.csv ");
}

TEST_F(Globs, RefusesWhatIsNotThere) {
  EXPECT_EQ(Expand("none.csv"), "FILE_NOT_FOUND");
  EXPECT_EQ(Expand("none*"), "FILE_NOT_FOUND");
  EXPECT_EQ(Expand("none/*.csv"), "FILE_NOT_FOUND");
  EXPECT_EQ(ErrorName(ExpandPaths(LocalFiles(), "").status()), "FILE_NOT_FOUND");
  EXPECT_EQ(ErrorName(ExpandPaths(LocalFiles(), "s3://bucket/x").status()), "UNSUPPORTED_FEATURE");
  const auto uri = ExpandPaths(LocalFiles(), "file://" + folder_.PathOf("a.csv"));
  ASSERT_TRUE(uri.ok());
  EXPECT_EQ(*uri, std::vector<std::string>{folder_.PathOf("a.csv")});
}

TEST(LocalPath, TakesOffTheSchemeOfLocalFilesAlone) {
  for (const std::string_view path : {"/x/y", "file:/x/y", "file:///x/y"}) {
    EXPECT_EQ(*LocalPath(path, "Reading"), "/x/y") << path;
  }
  EXPECT_EQ(*LocalPath("file:x", "Reading"), "x");
  EXPECT_EQ(*LocalPath("my file:/x", "Reading"), "my file:/x");
  EXPECT_THAT(LocalPath("s3://b/x", "Writing to").status().message(),
              testing::HasSubstr("Writing to s3:// paths"));
}

}  // namespace
}  // namespace sabot
