#include "sabot/base/error.h"

#include <algorithm>
#include <set>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace sabot {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

TEST(ErrorCatalog, IsOrderedByNameWithoutRepeats) {
  const auto classes = ErrorClasses();
  for (size_t index = 1; index < classes.size(); ++index) {
    EXPECT_LT(classes[index - 1].name, classes[index].name);
  }
}

TEST(ErrorCatalog, FindsEveryClassAndNoOther) {
  for (const ErrorClass& error_class : ErrorClasses()) {
    EXPECT_EQ(FindErrorClass(error_class.name), &error_class) << error_class.name;
  }
  for (std::string_view name : {"", "A", "ZZZ", "IO_ERRO", "IO_ERRORS", "io_error"}) {
    EXPECT_EQ(FindErrorClass(name), nullptr) << name;
  }
}

TEST(ErrorCatalog, HasASqlstateAndTextThatEndsASentence) {
  for (const ErrorClass& error_class : ErrorClasses()) {
    ASSERT_EQ(error_class.sqlstate.size(), 5u) << error_class.name;
    EXPECT_TRUE(std::ranges::all_of(error_class.sqlstate, [](char c) {
      return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z');
    })) << error_class.name;
    EXPECT_EQ(std::ranges::count(error_class.text, '<'), std::ranges::count(error_class.text, '>'))
        << error_class.name;
    EXPECT_TRUE(error_class.text.ends_with(".") || error_class.text.ends_with(".}") ||
                error_class.text.ends_with("<message>"))
        << error_class.name;
  }
}

TEST(MakeError, FillsInTheTemplate) {
  const arrow::Status status =
      MakeError("INVALID_EXTRACT_FIELD", {{"field", "`x`"}, {"expr", "a < b"}}, {3, 5}, "try y");
  EXPECT_EQ(status.message(), "[INVALID_EXTRACT_FIELD] Cannot extract `x` from a < b.");
  const ErrorDetail* detail = GetErrorDetail(status);
  ASSERT_NE(detail, nullptr);
  EXPECT_EQ(detail->error_class().name, "INVALID_EXTRACT_FIELD");
  EXPECT_EQ(detail->error_class().sqlstate, "42601");
  EXPECT_THAT(detail->parameters(),
              ElementsAre(ErrorParameter{"field", "`x`"}, ErrorParameter{"expr", "a < b"}));
  EXPECT_EQ(detail->span(), (Span{3, 5}));
  EXPECT_EQ(detail->hint(), "try y");
  EXPECT_EQ(detail->statement(), "");
}

TEST(MakeError, LeavesOutASentenceWhoseParameterIsEmpty) {
  const auto message = [](std::string alternative) {
    return MakeError("ARITHMETIC_OVERFLOW",
                     {{"message", "long overflow"}, {"alternative", std::move(alternative)}})
        .message();
  };
  EXPECT_EQ(message(""), "[ARITHMETIC_OVERFLOW] long overflow.");
  EXPECT_EQ(message("add"),
            "[ARITHMETIC_OVERFLOW] long overflow. Use `try_add` to get NULL instead, or a wider "
            "type.");
}

TEST(MakeError, DoesNotFillInWhatAValueHolds) {
  const arrow::Status status =
      MakeError("INVALID_EXTRACT_FIELD", {{"field", "<expr>"}, {"expr", "<field>"}});
  EXPECT_EQ(status.message(), "[INVALID_EXTRACT_FIELD] Cannot extract <expr> from <field>.");
}

TEST(MakeError, ShowsAPlaceholderThatWasNotGiven) {
  EXPECT_EQ(MakeError("IO_ERROR").message(), "[IO_ERROR] <message>.");
}

TEST(MakeError, OfAnUnknownClassIsABug) {
  const arrow::Status status = MakeError("NO_SUCH_CLASS");
  ASSERT_NE(GetErrorDetail(status), nullptr);
  EXPECT_EQ(GetErrorDetail(status)->error_class().name, "INTERNAL_ERROR");
  EXPECT_THAT(status.message(), testing::HasSubstr("NO_SUCH_CLASS"));
}

TEST(MakeError, ChoosesTheStatusCodeByKind) {
  EXPECT_TRUE(MakeError("PARSE_SYNTAX_ERROR").IsInvalid());
  EXPECT_TRUE(MakeError("UNRESOLVED_ROUTINE").IsInvalid());
  EXPECT_TRUE(MakeError("DIVIDE_BY_ZERO").IsInvalid());
  EXPECT_TRUE(MakeError("UNSUPPORTED_FEATURE").IsNotImplemented());
  EXPECT_TRUE(MakeError("IO_ERROR").IsIOError());
  EXPECT_TRUE(MakeError("OUT_OF_DISK").IsOutOfMemory());
  EXPECT_TRUE(MakeError("OPERATION_CANCELED").IsCancelled());
  EXPECT_TRUE(InternalError("x").IsUnknownError());
}

TEST(UnsupportedError, NamesFeatureAndAlternativeAndHints) {
  const arrow::Status status = UnsupportedError("GROUPING SETS", "UNION ALL of GROUP BYs", {1, 2});
  EXPECT_EQ(status.message(),
            "[UNSUPPORTED_FEATURE] GROUPING SETS is not supported. Nearest that works: UNION ALL "
            "of GROUP BYs.");
  EXPECT_EQ(GetErrorDetail(status)->hint(), "UNION ALL of GROUP BYs");
  EXPECT_EQ(GetErrorDetail(status)->span(), (Span{1, 2}));
}

TEST(GetErrorDetail, IsNullForStatusesNotOurs) {
  EXPECT_EQ(GetErrorDetail(arrow::Status::OK()), nullptr);
  EXPECT_EQ(GetErrorDetail(arrow::Status::Invalid("x")), nullptr);
}

TEST(WithSpan, AddsAPositionOnceAndKeepsTheRest) {
  const arrow::Status bare = MakeError("IO_ERROR", {{"message", "m"}}, {}, "hint");
  const arrow::Status placed = WithStatement(WithSpan(bare, {4, 6}), "SELECT 1");
  EXPECT_EQ(GetErrorDetail(placed)->span(), (Span{4, 6}));
  EXPECT_EQ(GetErrorDetail(placed)->hint(), "hint");
  EXPECT_EQ(GetErrorDetail(placed)->statement(), "SELECT 1");
  EXPECT_EQ(placed.message(), bare.message());
  EXPECT_EQ(placed.code(), bare.code());

  const arrow::Status again = WithSpan(placed, {1, 2});
  EXPECT_EQ(GetErrorDetail(again)->span(), (Span{4, 6}));
  EXPECT_EQ(GetErrorDetail(again)->statement(), "SELECT 1");
}

TEST(WithStatement, KeepsTheFirstAndTheSpan) {
  const arrow::Status status =
      WithStatement(WithStatement(MakeError("IO_ERROR", {}, {1, 2}), "inner"), "outer");
  EXPECT_EQ(GetErrorDetail(status)->statement(), "inner");
  EXPECT_EQ(GetErrorDetail(status)->span(), (Span{1, 2}));
}

TEST(WithSpan, PassesForeignStatusesUnchanged) {
  EXPECT_TRUE(WithSpan(arrow::Status::OK(), {1, 2}).ok());
  EXPECT_EQ(WithSpan(arrow::Status::KeyError("k"), {1, 2}), arrow::Status::KeyError("k"));
  EXPECT_EQ(WithStatement(arrow::Status::KeyError("k"), "s"), arrow::Status::KeyError("k"));
}

TEST(Catalogued, GivesForeignStatusesAClass) {
  const std::pair<arrow::Status, std::string_view> cases[] = {
      {arrow::Status::IOError("disk"), "IO_ERROR"},
      {arrow::Status::AlreadyExists("disk"), "IO_ERROR"},
      {arrow::Status::OutOfMemory("disk"), "OUT_OF_MEMORY"},
      {arrow::Status::Cancelled("disk"), "OPERATION_CANCELED"},
      {arrow::Status::Invalid("disk"), "INTERNAL_ERROR"},
      {arrow::Status::KeyError("disk"), "INTERNAL_ERROR"},
  };
  for (const auto& [foreign, expected] : cases) {
    const arrow::Status status = Catalogued(foreign);
    ASSERT_NE(GetErrorDetail(status), nullptr) << foreign.ToString();
    EXPECT_EQ(GetErrorDetail(status)->error_class().name, expected);
    EXPECT_THAT(status.message(), testing::HasSubstr("disk"));
  }
  EXPECT_TRUE(Catalogued(arrow::Status::OK()).ok());
  const arrow::Status ours = MakeError("DIVIDE_BY_ZERO");
  EXPECT_EQ(GetErrorDetail(Catalogued(ours)), GetErrorDetail(ours));
}

TEST(PositionOf, CountsLinesAndCodePointsFromOne) {
  const std::string_view text =
      "a\xC3\xA4\xE2\x82\xAC"  // a, a umlaut, euro sign
      "b\n\ncd";
  const std::tuple<uint32_t, int32_t, int32_t> cases[] = {
      {0, 1, 1}, {1, 1, 2}, {3, 1, 3},  {6, 1, 4},  {7, 1, 5},
      {8, 2, 1}, {9, 3, 1}, {11, 3, 3}, {99, 3, 3},
  };
  for (const auto& [offset, line, column] : cases) {
    EXPECT_EQ(PositionOf(text, offset).line, line) << offset;
    EXPECT_EQ(PositionOf(text, offset).column, column) << offset;
  }
}

struct RenderCase {
  std::string_view what;
  std::string_view statement;
  Span span;
  std::string_view hint;
  std::string_view expected;  // below the message
};

TEST(RenderError, DrawsTheCaretUnderTheText) {
  const RenderCase cases[] = {
      {"first word", "SELEC 1", {0, 5}, "", "\n  at 1:1   SELEC 1\n           ^^^^^"},
      {"a hint",
       "SELECT x",
       {7, 8},
       "did you mean `y`?",
       "\n  at 1:8   SELECT x\n                  ^ did you mean `y`?"},
      {"second line of three", "a\nbc de\nf", {5, 7}, "", "\n  at 2:4   bc de\n              ^^"},
      {"last line", "a\nb", {2, 3}, "", "\n  at 2:1   b\n           ^"},
      {"over two lines", "ab\ncd", {1, 4}, "", "\n  at 1:2   ab\n            ^"},
      {"behind the end", "ab", {2, 3}, "", "\n  at 1:3   ab\n             ^"},
      {"behind the end of a line", "ab\n", {3, 4}, "", "\n  at 2:1   \n           ^"},
      {"the line break itself", "ab\ncd", {2, 3}, "", "\n  at 1:3   ab\n             ^"},
      {"code points, not bytes",
       "\xC3\xA4\xE2\x82\xAC = \xC3\xB6\xC3\xB6",
       {8, 12},
       "",
       "\n  at 1:6   \xC3\xA4\xE2\x82\xAC = \xC3\xB6\xC3\xB6\n                ^^"},
      {"a tab under a tab", "\tx y", {3, 4}, "", "\n  at 1:4   \tx y\n           \t  ^"},
      {"Windows line ends", "ab\r\ncd", {0, 6}, "", "\n  at 1:1   ab\n           ^^"},
      {"no position", "SELECT 1", {}, "hint", "\n  hint"},
      {"no position, no hint", "SELECT 1", {}, "", ""},
      {"a position past the text", "ab", {7, 9}, "", ""},
  };
  for (const RenderCase& c : cases) {
    const arrow::Status status = WithStatement(
        MakeError("IO_ERROR", {{"message", "m"}}, c.span, std::string(c.hint)), c.statement);
    EXPECT_EQ(RenderError(status), "[IO_ERROR] m. (SQLSTATE 58030)" + std::string(c.expected))
        << c.what;
  }
}

TEST(RenderError, ShowsTheNearerPartOfALongLine) {
  const auto shown = [](const std::string& text, Span span) {
    const std::string all =
        RenderError(WithStatement(MakeError("INTERNAL_ERROR", {{"message", "m"}}, span), text));
    return all.substr(all.find("\n  at ") + 1);
  };
  const std::string x(1000, 'x');
  // In the middle: fifty bytes before the place, seventy from it on.
  EXPECT_EQ(shown(x + "bad" + x, {1000, 1003}), "  at 1:1001   \u2026" + x.substr(0, 50) + "bad" +
                                                    x.substr(0, 67) + "\u2026\n" +
                                                    std::string(14 + 1 + 50, ' ') + "^^^");
  EXPECT_EQ(shown("bad" + x, {0, 3}),
            "  at 1:1   bad" + x.substr(0, 117) + "\u2026\n" + std::string(11, ' ') + "^^^");
  EXPECT_EQ(shown(x + "bad", {1000, 1003}), "  at 1:1001   \u2026" + x.substr(0, 117) + "bad\n" +
                                                std::string(14 + 1 + 117, ' ') + "^^^");
  // What is marked ends where the line is cut, and no letter is cut in two.
  EXPECT_EQ(shown(x, {0, 1000}), "  at 1:1   " + x.substr(0, 120) + "\u2026\n" +
                                     std::string(11, ' ') + std::string(120, '^'));
  std::string umlauts;
  for (int i = 0; i < 200; ++i) umlauts += "\u00e4";
  EXPECT_EQ(shown("y" + umlauts, {101, 103}).substr(0, 20),
            "  at 1:52   \u2026" + umlauts.substr(0, 4) + "\u00e4"[0]);
  EXPECT_EQ(shown(x.substr(0, 120), {0, 1}).find("\u2026"), std::string::npos);
}

TEST(RenderError, ShowsTheMessageOfForeignStatuses) {
  EXPECT_EQ(RenderError(arrow::Status::Invalid("just this")), "just this");
}

TEST(Cover, IgnoresUnknownSpans) {
  EXPECT_EQ(Cover({3, 5}, {8, 9}), (Span{3, 9}));
  EXPECT_EQ(Cover({8, 9}, {3, 5}), (Span{3, 9}));
  EXPECT_EQ(Cover({2, 9}, {3, 5}), (Span{2, 9}));
  EXPECT_EQ(Cover({}, {3, 5}), (Span{3, 5}));
  EXPECT_EQ(Cover({3, 5}, {}), (Span{3, 5}));
  EXPECT_FALSE(Cover({}, {}).is_known());
}

TEST(NearestNames, RanksByDistanceThenName) {
  const std::vector<std::string> known = {"order_id", "custom_id", "customer_id", "Customer_IDs",
                                          "price"};
  EXPECT_THAT(NearestNames("custmer_id", known),
              ElementsAre("customer_id", "Customer_IDs", "custom_id"));
  EXPECT_THAT(NearestNames("custmer_id", known, 1), ElementsAre("customer_id"));
  EXPECT_THAT(NearestNames("CUSTMER_ID", known, 1), ElementsAre("customer_id"));
  EXPECT_THAT(NearestNames("custmer_id", known, 0), IsEmpty());
}

TEST(NearestNames, CountsAMissingLetterLikeAWrongOne) {
  const std::vector<std::string> known = {"zdd", "id", "iddx"};
  EXPECT_THAT(NearestNames("idd", known), ElementsAre("id", "iddx", "zdd"));
}

TEST(NearestNames, LeavesOutWhatIsFarOffAndRepeats) {
  const std::vector<std::string> known = {"amount", "amount", "a_quite_different_name"};
  EXPECT_THAT(NearestNames("amuont", known), ElementsAre("amount"));
  EXPECT_THAT(NearestNames("xyzxyz", known), IsEmpty());
  EXPECT_THAT(NearestNames("x", {}), IsEmpty());
}

}  // namespace
}  // namespace sabot
