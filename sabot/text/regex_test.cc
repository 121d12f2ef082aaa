#include "sabot/text/regex.h"

#include <thread>

#include "gtest/gtest.h"

#include "sabot/base/error.h"

namespace sabot {
namespace {

// The first match in brackets, "-" if there is none, or the error's class.
std::string Find(std::string_view pattern, std::string_view text) {
  const auto regex = Regex::Compile(pattern, "rlike");
  if (!regex.ok()) return std::string(GetErrorDetail(regex.status())->error_class().name);
  Regex::Matcher matcher(*regex);
  const auto found = matcher.Find(text);
  if (!found.ok()) return found.status().ToString();
  return *found ? "[" + std::string(*matcher.Group(0)) + "]" : "-";
}

std::string ReplaceAll(std::string_view pattern, std::string_view text,
                       std::string_view replacement) {
  const Regex regex = *Regex::Compile(pattern, "regexp_replace");
  const auto parsed = Regex::Replacement::Parse(regex, replacement, "regexp_replace");
  if (!parsed.ok()) return std::string(GetErrorDetail(parsed.status())->error_class().name);
  Regex::Matcher matcher(regex);
  std::string result;
  size_t copied = 0;
  for (size_t from = 0; *matcher.Find(text, from); from = matcher.next()) {
    result.append(text, copied, matcher.begin() - copied);
    parsed->AppendTo(matcher, &result);
    copied = matcher.end();
  }
  return result.append(text.substr(copied));
}

TEST(Regex, MatchesAsJavaDoes) {
  EXPECT_EQ(Find("b+", "abbbc"), "[bbb]");
  EXPECT_EQ(Find("^abc$", "abc\n"), "[abc]");
  EXPECT_EQ(Find("^abc$", "abc\r\n"), "[abc]");
  EXPECT_EQ(Find("a.c", "a\nc"), "-");
  EXPECT_EQ(Find("(?s)a.c", "a\nc"), "[a\nc]");
  EXPECT_EQ(Find("(?i)ABC", "xabc"), "[abc]");
  EXPECT_EQ(Find("(?iu:ABC)", "xabc"), "[abc]");
  EXPECT_EQ(Find("(?<=a)b(?!c)", "abcab"), "[b]");
  EXPECT_EQ(Find("(a)(b)\\2\\1", "abba"), "[abba]");
  EXPECT_EQ(Find("(?<x>a)\\k<x>", "baa"), "[aa]");
  EXPECT_EQ(Find("a++b", "aaab"), "[aaab]");
  EXPECT_EQ(Find("a++a", "aaa"), "-");
  EXPECT_EQ(Find("(?>a|ab)c", "abc"), "-");
  EXPECT_EQ(Find("a{2,3}", "aaaa"), "[aaa]");
  EXPECT_EQ(Find("", "abc"), "[]");
  EXPECT_EQ(Find("x*", ""), "[]");
  EXPECT_EQ(Find("\\d+", "a12é3"), "[12]");
  EXPECT_EQ(Find("\\w", "é"), "-");
  EXPECT_EQ(Find(".", "é"), "[é]");
  EXPECT_EQ(Find("[\\s\\S]", "\x0B"), "[\x0B]");
}

TEST(Regex, QuotesAndEscapes) {
  EXPECT_EQ(Find("\\Qa.b*\\E+", "a.b**"), "[a.b**]");
  EXPECT_EQ(Find("\\Q[", "x["), "[[]");
  EXPECT_EQ(Find("\\.\\-\\/\\@", ".-/@"), "[.-/@]");
  EXPECT_EQ(Find("\\u0041\\x42\\0103", "ABC"), "[ABC]");
  EXPECT_EQ(Find("\\uD83D\\uDE00", "😀"), "[😀]");
  EXPECT_EQ(Find("\\é", "é"), "[é]");
  EXPECT_EQ(Find("\\t", "\t"), "[\t]");
}

TEST(Regex, Classes) {
  EXPECT_EQ(Find("[a-c]+", "xabcd"), "[abc]");
  EXPECT_EQ(Find("[^a-c]+", "abxyc"), "[xy]");
  EXPECT_EQ(Find("[]a]+", "x]a]"), "[]a]]");
  EXPECT_EQ(Find("[a\\]]+", "x]a]"), "[]a]]");
  EXPECT_EQ(Find("[a-]+", "b-a"), "[-a]");
  EXPECT_EQ(Find("[\\w.-]+", "!a-b.c!"), "[a-b.c]");
  EXPECT_EQ(Find("[a-d[m-p]]+", "xamp"), "[amp]");
  EXPECT_EQ(Find("[a[^b]]", "b"), "-");
  EXPECT_EQ(Find("[a[^b]]", "c"), "[c]");
  EXPECT_EQ(Find("[a-z&&[^aeiou]]+", "aebcde"), "[bcd]");
  EXPECT_EQ(Find("[a-z&&def]+", "abcdefg"), "[def]");
  EXPECT_EQ(Find("[^a-z&&[def]]+", "efzd"), "[z]");
  EXPECT_EQ(Find("[a-z&&[^m-p]&&[^x]]+", "mpxab"), "[ab]");
  EXPECT_EQ(Find("[:alpha:]+", "xalphb:"), "[alph]");  // Java knows no POSIX brackets
  EXPECT_EQ(Find("[é€]+", "a€é"), "[€é]");
  EXPECT_EQ(Find("[(){}*+?.|^$]+", "a(){}*+?.|^$"), "[(){}*+?.|^$]");
}

TEST(Regex, Properties) {
  EXPECT_EQ(Find("\\p{Alpha}+", "1aé"), "[a]");
  EXPECT_EQ(Find("\\P{Alpha}+", "a12b"), "[12]");
  EXPECT_EQ(Find("[\\p{Upper}\\d]+", "aB1c"), "[B1]");
  EXPECT_EQ(Find("\\p{L}+", "1aé"), "[aé]");
  EXPECT_EQ(Find("\\pL+", "1aé"), "[aé]");
  EXPECT_EQ(Find("\\p{IsGreek}", "aβ"), "[β]");
  EXPECT_EQ(Find("\\p{IsAlphabetic}+", "1é"), "[é]");
  EXPECT_EQ(Find("\\p{Punct}", "a!"), "[!]");
}

TEST(Regex, RefusesWhatIsNotJava) {
  EXPECT_EQ(Find("(", ""), "INVALID_PARAMETER_VALUE");
  EXPECT_EQ(Find("[a", ""), "INVALID_PARAMETER_VALUE");
  EXPECT_EQ(Find("a{", ""), "INVALID_PARAMETER_VALUE");
  EXPECT_EQ(Find("a{,3}", ""), "INVALID_PARAMETER_VALUE");
  EXPECT_EQ(Find("*a", ""), "INVALID_PARAMETER_VALUE");
  EXPECT_EQ(Find("\\y", ""), "INVALID_PARAMETER_VALUE");
  EXPECT_EQ(Find("a\\", ""), "INVALID_PARAMETER_VALUE");
  EXPECT_EQ(Find("(*FAIL)", ""), "INVALID_PARAMETER_VALUE");
  EXPECT_EQ(Find("(?R)", ""), "INVALID_PARAMETER_VALUE");
  EXPECT_EQ(Find("(?P<x>a)", ""), "INVALID_PARAMETER_VALUE");
  EXPECT_EQ(Find("a\\Kb", ""), "INVALID_PARAMETER_VALUE");
  EXPECT_EQ(Find("\\g1", ""), "INVALID_PARAMETER_VALUE");
  EXPECT_EQ(Find("[&&a]", ""), "INVALID_PARAMETER_VALUE");
  EXPECT_EQ(Find("\\uD83D", ""), "INVALID_PARAMETER_VALUE");
  EXPECT_EQ(Find(std::string(200, '['), ""), "INVALID_PARAMETER_VALUE");
  EXPECT_EQ(Find("\\p{InGreek}", ""), "UNSUPPORTED_FEATURE");
  EXPECT_EQ(Find("\\p{javaLowerCase}", ""), "UNSUPPORTED_FEATURE");
  EXPECT_EQ(Find("(?U)a", ""), "UNSUPPORTED_FEATURE");
  EXPECT_EQ(Find("\\N{DIGIT ONE}", ""), "UNSUPPORTED_FEATURE");
  EXPECT_EQ(Find("(?<=a+)b", ""), "UNSUPPORTED_FEATURE");
}

TEST(Regex, GivesUpOnEndlessBacktracking) {
  const std::string found = Find("(a+)+$", std::string(40, 'a') + "b");
  EXPECT_NE(found.find("backtracks"), std::string::npos) << found;
}

TEST(Regex, ToleratesBytesThatAreNoText) {
  EXPECT_EQ(Find("b",
                 "\xFF\xFE"
                 "b"),
            "[b]");
  EXPECT_EQ(Find("^.$", "\xFF"), "-");
}

TEST(Regex, GroupsThatTookNoPart) {
  const Regex regex = *Regex::Compile("(a)|(b)", "regexp_extract");
  EXPECT_EQ(regex.num_groups(), 2);
  Regex::Matcher matcher(regex);
  ASSERT_TRUE(*matcher.Find("b"));
  EXPECT_FALSE(matcher.Group(1).has_value());
  EXPECT_EQ(*matcher.Group(2), "b");
}

TEST(Regex, Replaces) {
  EXPECT_EQ(ReplaceAll("(\\d+)", "100-200", "num"), "num-num");
  EXPECT_EQ(ReplaceAll("(\\w)(\\w)", "abcd", "$2$1"), "badc");
  EXPECT_EQ(ReplaceAll("(?<x>a)", "ab", "<${x}>"), "<a>b");
  EXPECT_EQ(ReplaceAll("(a)", "a", "$10"), "a0");
  EXPECT_EQ(ReplaceAll("a", "a", "\\$1"), "$1");
  EXPECT_EQ(ReplaceAll("", "aé", "-"), "-a-é-");
  EXPECT_EQ(ReplaceAll("x*", "axb", "-"), "-a--b-");
  EXPECT_EQ(ReplaceAll("^a", "aaa", ""), "aa");
  EXPECT_EQ(ReplaceAll("(a)|b", "b", "[$1]"), "[]");
  EXPECT_EQ(ReplaceAll("a", "a", "$1"), "INVALID_PARAMETER_VALUE");
  EXPECT_EQ(ReplaceAll("a", "a", "$"), "INVALID_PARAMETER_VALUE");
  EXPECT_EQ(ReplaceAll("a", "a", "${y}"), "INVALID_PARAMETER_VALUE");
  EXPECT_EQ(ReplaceAll("a", "a", "\\"), "INVALID_PARAMETER_VALUE");
}

TEST(Regex, IsSharedByThreads) {
  const Regex regex = *Regex::Compile("(\\w+)@(\\w+)", "rlike");
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&regex, t] {
      Regex::Matcher matcher(regex);
      for (int i = 0; i < 1'000; ++i) {
        const std::string text = "user" + std::to_string(t * 1'000 + i) + "@host";
        ASSERT_TRUE(*matcher.Find(text));
        ASSERT_EQ(*matcher.Group(0), text);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
}

}  // namespace
}  // namespace sabot
