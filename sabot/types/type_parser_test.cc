#include <random>

#include <gtest/gtest.h>

#include "sabot/base/error.h"
#include "sabot/types/schema.h"
#include "sabot/types/type.h"

namespace sabot {
namespace {

TEST(ParseType, TakesEveryNameAndAnyCaseAndSpacing) {
  const std::pair<std::string_view, std::string_view> cases[] = {
      {"byte", "TINYINT"},
      {"short", "SMALLINT"},
      {"integer", "INT"},
      {"long", "BIGINT"},
      {"real", "FLOAT"},
      {"dec", "DECIMAL(10,0)"},
      {"numeric(5)", "DECIMAL(5,0)"},
      {"decimal", "DECIMAL(10,0)"},
      {"Decimal ( 38 , 38 )", "DECIMAL(38,38)"},
      {"timestamp_ltz", "TIMESTAMP"},
      {"TimeStamp_NTZ", "TIMESTAMP_NTZ"},
      {" \t\r\nint\n", "INT"},
      {"string collate utf8_binary", "STRING"},
      {"interval year to month", "INTERVAL YEAR TO MONTH"},
      {"Interval Day To Second", "INTERVAL DAY TO SECOND"},
      {"interval", "INTERVAL"},
      {"array<array<array<int>>>", "ARRAY<ARRAY<ARRAY<INT>>>"},
      {"array < map < int , array < date >> >", "ARRAY<MAP<INT, ARRAY<DATE>>>"},
      {"struct<a: int, b string>", "STRUCT<a: INT, b: STRING>"},
      {"struct<a:int not null comment 'it''s, >', b:struct<>>",
       "STRUCT<a: INT NOT NULL, b: STRUCT<>>"},
      {"struct<a int comment \"x\\\"y\", `b``>`:date>", "STRUCT<a: INT, `b``>`: DATE>"},
      {"struct<struct: struct<array: array<int>>>", "STRUCT<struct: STRUCT<array: ARRAY<INT>>>"},
      {"struct<\xC3\xA4: int>", "STRUCT<`\xC3\xA4`: INT>"},
  };
  for (const auto& [text, expected] : cases) {
    const auto type = ParseType(text);
    ASSERT_TRUE(type.ok()) << text << ": " << type.status().ToString();
    EXPECT_EQ(type->ToSql(), expected) << text;
  }
}

struct RefusedCase {
  std::string_view text;
  std::string_view error_class;
  Span span;
};

TEST(ParseType, RefusesWithClassAndPosition) {
  const RefusedCase cases[] = {
      {"", "PARSE_SYNTAX_ERROR", {0, 1}},
      {"  ", "PARSE_SYNTAX_ERROR", {2, 3}},
      {"int int", "PARSE_SYNTAX_ERROR", {4, 7}},
      {"int)", "PARSE_SYNTAX_ERROR", {3, 4}},
      {"array", "PARSE_SYNTAX_ERROR", {5, 6}},
      {"array<int", "PARSE_SYNTAX_ERROR", {9, 10}},
      {"array<int>>", "PARSE_SYNTAX_ERROR", {10, 11}},
      {"array<>", "PARSE_SYNTAX_ERROR", {6, 7}},
      {"array<int,int>", "PARSE_SYNTAX_ERROR", {9, 10}},
      {"array<int not>", "PARSE_SYNTAX_ERROR", {13, 14}},
      {"map<int>", "PARSE_SYNTAX_ERROR", {7, 8}},
      {"map<int not null, int>", "PARSE_SYNTAX_ERROR", {8, 11}},
      {"struct<a>", "PARSE_SYNTAX_ERROR", {8, 9}},
      {"struct<a int,>", "PARSE_SYNTAX_ERROR", {13, 14}},
      {"struct<a int b int>", "PARSE_SYNTAX_ERROR", {13, 14}},
      {"struct<`a int>", "PARSE_SYNTAX_ERROR", {7, 14}},
      {"struct<a int not>", "PARSE_SYNTAX_ERROR", {16, 17}},
      {"struct<a int comment>", "PARSE_SYNTAX_ERROR", {20, 21}},
      {"struct<a int comment 'x>", "PARSE_SYNTAX_ERROR", {21, 24}},
      {"struct<a int comment 'x\\'", "PARSE_SYNTAX_ERROR", {21, 25}},
      {"struct<a::int>", "PARSE_SYNTAX_ERROR", {9, 10}},
      {"decimal(", "PARSE_SYNTAX_ERROR", {8, 9}},
      {"decimal()", "PARSE_SYNTAX_ERROR", {8, 9}},
      {"decimal(-1)", "PARSE_SYNTAX_ERROR", {8, 9}},
      {"decimal(1x)", "PARSE_SYNTAX_ERROR", {8, 10}},
      {"decimal(10 2)", "PARSE_SYNTAX_ERROR", {11, 12}},
      {"decimal(10,2", "PARSE_SYNTAX_ERROR", {12, 13}},
      {"decimal(0)", "UNSUPPORTED_DATATYPE", {0, 10}},
      {"decimal(39)", "UNSUPPORTED_DATATYPE", {0, 11}},
      {"decimal(3,4)", "UNSUPPORTED_DATATYPE", {0, 12}},
      {"decimal(266,1)", "UNSUPPORTED_DATATYPE", {0, 14}},
      {"decimal(99999999999999999999)", "UNSUPPORTED_DATATYPE", {0, 29}},
      {"interval year to", "PARSE_SYNTAX_ERROR", {16, 17}},
      {"interval day to month", "UNSUPPORTED_DATATYPE", {0, 21}},
      {"interval hour", "UNSUPPORTED_DATATYPE", {0, 13}},
      {"string collate UNICODE_CI", "UNSUPPORTED_DATATYPE", {15, 25}},
      {"varchar(10)", "UNSUPPORTED_DATATYPE", {0, 7}},
      {"array<char(3)>", "UNSUPPORTED_DATATYPE", {6, 10}},
      {"array<strin>", "UNSUPPORTED_DATATYPE", {6, 11}},
      {"int8", "UNSUPPORTED_DATATYPE", {0, 4}},
  };
  for (const RefusedCase& c : cases) {
    const auto type = ParseType(c.text);
    ASSERT_FALSE(type.ok()) << c.text;
    const ErrorDetail* detail = GetErrorDetail(type.status());
    ASSERT_NE(detail, nullptr) << c.text;
    EXPECT_EQ(detail->error_class().name, c.error_class) << c.text;
    EXPECT_EQ(detail->span(), c.span)
        << c.text << ": " << detail->span().begin << ".." << detail->span().end;
  }
}

TEST(ParseType, SaysWhatWasExpectedOrMeant) {
  EXPECT_EQ(ParseType("array(int)").status().message(),
            "[PARSE_SYNTAX_ERROR] Syntax error at or near '(': expected '<'.");
  EXPECT_EQ(ParseType("array<").status().message(),
            "[PARSE_SYNTAX_ERROR] Syntax error at or near end of input: expected a type.");
  EXPECT_EQ(ParseType("array<interval day to hour>").status().message(),
            "[UNSUPPORTED_DATATYPE] Unsupported data type \"interval day to hour\": use INTERVAL "
            "YEAR TO MONTH or INTERVAL DAY TO SECOND.");
  EXPECT_EQ(ParseType("array<decimal(3,4)>").status().message(),
            "[UNSUPPORTED_DATATYPE] Unsupported data type \"decimal(3,4)\": the precision is 1 to "
            "38, the scale 0 to the precision.");
  const arrow::Status status = ParseType("strng").status();
  EXPECT_EQ(status.message(),
            "[UNSUPPORTED_DATATYPE] Unsupported data type \"strng\": there is no type of that "
            "name.");
  EXPECT_EQ(GetErrorDetail(status)->hint(), "did you mean string?");
}

std::string Nested(int depth) {
  std::string text = "int";
  for (int level = 1; level < depth; ++level) text = "array<" + text + ">";
  return text;
}

TEST(ParseType, NestsToItsLimit) {
  EXPECT_TRUE(ParseType(Nested(64)).ok());
  for (int depth : {65, 100'000}) {
    const arrow::Status status = ParseType(Nested(std::min(depth, 2'000))).status();
    ASSERT_NE(GetErrorDetail(status), nullptr);
    EXPECT_EQ(GetErrorDetail(status)->error_class().name, "PLAN_TOO_DEEP");
  }
  std::string deep;
  for (int level = 0; level < 1'000'000; ++level) deep.append("struct<a:");
  EXPECT_EQ(GetErrorDetail(ParseType(deep).status())->error_class().name, "PLAN_TOO_DEEP");
  EXPECT_TRUE(ParseSchema("a " + Nested(64)).ok());
  EXPECT_FALSE(ParseSchema("a " + Nested(65)).ok());
}

TEST(ParseType, CountsEveryKindOfNestingAlike) {
  const std::pair<std::string_view, std::string_view> wrappers[] = {
      {"array<", ">"}, {"map<", ", int>"}, {"map<int, ", ">"}, {"struct<a: ", ">"}};
  for (const auto& [open, close] : wrappers) {
    std::string text = "int";
    for (int level = 1; level < 64; ++level) {
      text.insert(0, open);
      text.append(close);
    }
    EXPECT_TRUE(ParseType(text).ok()) << open;
    text.insert(0, open);
    text.append(close);
    EXPECT_FALSE(ParseType(text).ok()) << open;
  }
}

TEST(ParseSchema, ReadsColumnsInBothSpellings) {
  const Schema schema = ParseSchema(
                            "a INT NOT NULL, b: STRING COMMENT 'x', `c, d` interval comment 'y',"
                            "interval interval day to second NOT NULL COMMENT \"z\"")
                            .ValueOrDie();
  const Schema expected{{{"a", Type(TypeId::kInt), false},
                         {"b", Type(TypeId::kString)},
                         {"c, d", Type(TypeId::kCalendarInterval)},
                         {"interval", Type(TypeId::kDayTimeInterval), false}}};
  EXPECT_EQ(schema, expected);
}

TEST(ParseSchema, TakesTheTypeOfARow) {
  const Schema expected{{{"a", Type(TypeId::kInt)}, {"b", Type(TypeId::kDate), false}}};
  EXPECT_EQ(ParseSchema("struct<a:int,b:date not null>").ValueOrDie(), expected);
  EXPECT_EQ(ParseSchema("struct int").ValueOrDie(), (Schema{{{"struct", Type(TypeId::kInt)}}}));
}

TEST(ParseSchema, RefusesWithClassAndPosition) {
  const RefusedCase cases[] = {
      {"a", "PARSE_SYNTAX_ERROR", {1, 2}},
      {"a int,", "PARSE_SYNTAX_ERROR", {6, 7}},
      {", a int", "PARSE_SYNTAX_ERROR", {0, 1}},
      {"a int b int", "PARSE_SYNTAX_ERROR", {6, 7}},
      {"a int, b foo", "UNSUPPORTED_DATATYPE", {9, 12}},
      {"a int; drop", "PARSE_SYNTAX_ERROR", {5, 6}},
      {"struct<a int> b", "PARSE_SYNTAX_ERROR", {14, 15}},
  };
  for (const RefusedCase& c : cases) {
    const auto schema = ParseSchema(c.text);
    ASSERT_FALSE(schema.ok()) << c.text;
    ASSERT_NE(GetErrorDetail(schema.status()), nullptr) << c.text;
    EXPECT_EQ(GetErrorDetail(schema.status())->error_class().name, c.error_class) << c.text;
    EXPECT_EQ(GetErrorDetail(schema.status())->span(), c.span) << c.text;
  }
}

// What it reads it must also write in a form that reads as the same.
void CheckAnyText(const std::string& text) {
  const auto type = ParseType(text);
  if (type.ok()) {
    EXPECT_EQ(ParseType(type->ToDdl()).ValueOrDie(), *type) << text;
  } else {
    EXPECT_NE(GetErrorDetail(type.status()), nullptr) << text;
  }
  const auto schema = ParseSchema(text);
  EXPECT_EQ(schema.ok(), GetErrorDetail(schema.status()) == nullptr) << text;
}

TEST(ParseType, SurvivesAnyBytes) {
  std::mt19937 random(20240607);
  for (int round = 0; round < 20'000; ++round) {
    std::string text(random() % 24, ' ');
    for (char& c : text) c = static_cast<char>(random());
    CheckAnyText(text);
  }
}

TEST(ParseType, SurvivesMutantsOfValidText) {
  constexpr std::string_view kParts[] = {"<",  ">",       ",",     ":",   "array", "map",
                                         "(",  ")",       "int",   "not", "null",  "struct",
                                         "`",  "comment", "'",     "a",   "10",    "decimal",
                                         "to", "year",    "month", "day", " ",     "interval"};
  std::mt19937 random(42);
  for (int round = 0; round < 20'000; ++round) {
    std::string text;
    for (unsigned part = random() % 12; part > 0; --part) {
      text.append(kParts[random() % std::size(kParts)]);
      if (random() % 2 == 0) text.push_back(' ');
    }
    CheckAnyText(text);
    std::string mutant =
        "struct<a: map<string, decimal(10,2)> not null comment 'x', `b` array<int>>";
    for (unsigned edit = random() % 3 + 1; edit > 0; --edit) {
      mutant[random() % mutant.size()] = "<>,: `'()a1n"[random() % 12];
    }
    CheckAnyText(mutant);
  }
}

}  // namespace
}  // namespace sabot
