#include <gtest/gtest.h>

#include "sabot/functions/testing/evaluate.h"

namespace sabot {
namespace {

using testing::CallText;

TypedValue S(std::string text) { return TypedValue::String(std::move(text)); }
TypedValue I(int32_t value) { return TypedValue::Int(value); }
TypedValue B(std::string bytes) { return {Type(TypeId::kBinary), std::move(bytes)}; }
const TypedValue kNull = TypedValue::Null(Type(TypeId::kString));

TEST(StringFunctions, ChangeCaseAndMeasure) {
  EXPECT_EQ(CallText("upper", {S("straße")}), "STRASSE");
  EXPECT_EQ(CallText("lower", {S("SPARK")}), "spark");
  EXPECT_EQ(CallText("initcap", {S("sPark sql")}), "Spark Sql");
  EXPECT_EQ(CallText("length", {S("aé😀")}), "3");
  EXPECT_EQ(CallText("length", {B("aé😀")}), "7");
  EXPECT_EQ(CallText("octet_length", {S("aé")}), "3");
  EXPECT_EQ(CallText("bit_length", {S("aé")}), "24");
  EXPECT_EQ(CallText("length", {I(12345)}), "5");
  EXPECT_EQ(CallText("upper", {kNull}), "NULL");
  EXPECT_EQ(CallText("upper", {}), "WRONG_NUM_ARGS");
}

TEST(StringFunctions, Cut) {
  EXPECT_EQ(CallText("substring", {S("Spark SQL"), I(5)}), "k SQL");
  EXPECT_EQ(CallText("substring", {S("Spark SQL"), I(-3)}), "SQL");
  EXPECT_EQ(CallText("substr", {S("aé😀z"), I(2), I(2)}), "é😀");
  EXPECT_EQ(CallText("substring", {S("abc"), I(0), I(1)}), "a");
  EXPECT_EQ(CallText("hex", {*testing::Call("substring", {B("\x01\x02\x03"), I(-2), I(1)})}), "02");
  EXPECT_EQ(CallText("left", {S("aé😀"), I(2)}), "aé");
  EXPECT_EQ(CallText("right", {S("aé😀"), I(2)}), "é😀");
  EXPECT_EQ(CallText("right", {S("ab"), I(5)}), "ab");
  EXPECT_EQ(CallText("right", {S("ab"), I(-1)}), "");
  EXPECT_EQ(CallText("left", {S("ab"), I(0)}), "");
  EXPECT_EQ(CallText("substring", {S("a text longer than a view holds"), I(3), I(25)}),
            "text longer than a view h");
}

TEST(StringFunctions, Trim) {
  EXPECT_EQ(CallText("trim", {S("  \ta ")}), "\ta");
  EXPECT_EQ(CallText("ltrim", {S("  a ")}), "a ");
  EXPECT_EQ(CallText("rtrim", {S("  a ")}), "  a");
  EXPECT_EQ(CallText("trim", {S("SL"), S("SSparkSQLS")}), "parkSQ");
  EXPECT_EQ(CallText("btrim", {S("SSparkSQLS"), S("SL")}), "parkSQ");
  EXPECT_EQ(CallText("ltrim", {S("é"), S("éaé")}), "aé");
  EXPECT_EQ(CallText("rtrim", {S("é"), S("éaé")}), "éa");
  EXPECT_EQ(CallText("trim", {S("a"), S("aaa")}), "");
}

TEST(StringFunctions, PadAndRepeat) {
  EXPECT_EQ(CallText("lpad", {S("hi"), I(5), S("ab")}), "abahi");
  EXPECT_EQ(CallText("rpad", {S("hi"), I(5), S("ab")}), "hiaba");
  EXPECT_EQ(CallText("lpad", {S("hi"), I(4)}), "  hi");
  EXPECT_EQ(CallText("lpad", {S("hello"), I(2)}), "he");
  EXPECT_EQ(CallText("rpad", {S("hi"), I(5), S("")}), "hi");
  EXPECT_EQ(CallText("rpad", {S("é"), I(3), S("ü")}), "éüü");
  EXPECT_EQ(CallText("lpad", {S("hi"), I(-1)}), "");
  EXPECT_EQ(CallText("repeat", {S("ab"), I(3)}), "ababab");
  EXPECT_EQ(CallText("repeat", {S("ab"), I(0)}), "");
  EXPECT_EQ(CallText("repeat", {S("abc"), I(INT32_MAX)}), "INVALID_PARAMETER_VALUE");
  EXPECT_EQ(CallText("space", {I(2)}), "  ");
}

TEST(StringFunctions, Replace) {
  EXPECT_EQ(CallText("reverse", {S("aé😀")}), "😀éa");
  EXPECT_EQ(CallText("replace", {S("aXbX"), S("X"), S("--")}), "a--b--");
  EXPECT_EQ(CallText("replace", {S("aXbX"), S("X")}), "ab");
  EXPECT_EQ(CallText("replace", {S("aXb"), S(""), S("-")}), "aXb");
  EXPECT_EQ(CallText("translate", {S("AaBbCc"), S("abc"), S("12")}), "A1B2C");
  EXPECT_EQ(CallText("translate", {S("aa"), S("aa"), S("xy")}), "xx");
  EXPECT_EQ(CallText("translate", {S("é"), S("é"), S("ü")}), "ü");
  EXPECT_EQ(CallText("overlay", {S("Spark SQL"), S("_"), I(6)}), "Spark_SQL");
  EXPECT_EQ(CallText("overlay", {S("Spark SQL"), S("tructured"), I(2), I(4)}), "Structured SQL");
}

TEST(StringFunctions, JoinAndPart) {
  EXPECT_EQ(CallText("concat", {S("a"), S("b"), I(3)}), "ab3");
  EXPECT_EQ(CallText("||", {S("a"), kNull}), "NULL");
  EXPECT_EQ(CallText("concat", {}), "");
  EXPECT_EQ(CallText("concat", {S("a text long enough "), S("to leave the view")}),
            "a text long enough to leave the view");
  EXPECT_EQ(CallText("concat_ws", {S(", "), S("a"), kNull, S("b")}), "a, b");
  EXPECT_EQ(CallText("concat_ws", {S(",")}), "");
  EXPECT_EQ(CallText("concat_ws", {kNull, S("a")}), "NULL");
  EXPECT_EQ(
      CallText("concat_ws", {S(","), *testing::Call("array", {S("x"), kNull, S("y")}), S("z")}),
      "x,y,z");
  EXPECT_EQ(CallText("split_part", {S("11.12.13"), S("."), I(3)}), "13");
  EXPECT_EQ(CallText("split_part", {S("11.12.13"), S("."), I(-3)}), "11");
  EXPECT_EQ(CallText("split_part", {S("11.12.13"), S("."), I(4)}), "");
  EXPECT_EQ(CallText("split_part", {S("11.12.13"), S("."), I(-4)}), "");
  EXPECT_EQ(CallText("split_part", {S("11.12.13"), S("."), I(0)}), "INVALID_INDEX_OF_ZERO");
  EXPECT_EQ(CallText("levenshtein", {S("kitten"), S("sitting")}), "3");
  EXPECT_EQ(CallText("levenshtein", {S(""), S("äb")}), "2");
}

TEST(StringSearch, FindsParts) {
  EXPECT_EQ(CallText("startswith", {S("Spark"), S("Sp")}), "true");
  EXPECT_EQ(CallText("startswith", {S("Sp"), S("Spark")}), "false");
  EXPECT_EQ(CallText("endswith", {S("Spark"), S("rk")}), "true");
  EXPECT_EQ(CallText("contains", {S("Spark"), S("par")}), "true");
  EXPECT_EQ(CallText("locate", {S("bar"), S("foobarbar")}), "4");
  EXPECT_EQ(CallText("position", {S("bar"), S("foobarbar"), I(5)}), "7");
  EXPECT_EQ(CallText("locate", {S("bar"), S("foobarbar"), I(0)}), "0");
  EXPECT_EQ(CallText("locate", {S(""), S("foo")}), "1");
  EXPECT_EQ(CallText("instr", {S("é€SQL"), S("SQL")}), "3");
  EXPECT_EQ(CallText("instr", {S("abc"), S("d")}), "0");
}

TEST(StringSearch, Like) {
  EXPECT_EQ(CallText("like", {S("Spark"), S("_park")}), "true");
  EXPECT_EQ(CallText("like", {S("Spark"), S("%AR%")}), "false");
  EXPECT_EQ(CallText("ilike", {S("Spark"), S("%AR%")}), "true");
  EXPECT_EQ(CallText("ilike", {S("ÉCOLE"), S("é%")}), "true");
  EXPECT_EQ(CallText("like", {S("a%"), S("a/%"), S("/")}), "true");
  EXPECT_EQ(CallText("like", {S("a"), S("a\\")}), "INVALID_FORMAT.ESC_AT_THE_END");
  EXPECT_EQ(CallText("like", {S("a"), kNull}), "NULL");
}

TEST(Regex, Functions) {
  EXPECT_EQ(CallText("rlike", {S("Spark 4"), S("\\d$")}), "true");
  EXPECT_EQ(CallText("regexp_like", {S("Spark"), S("^p")}), "false");
  EXPECT_EQ(CallText("rlike", {S("a"), S("(")}), "INVALID_PARAMETER_VALUE");
  EXPECT_EQ(CallText("regexp_count", {S("aXaXa"), S("a")}), "3");
  EXPECT_EQ(CallText("regexp_count", {S("ab"), S("")}), "3");
  EXPECT_EQ(CallText("regexp_instr", {S("é@b"), S("@")}), "2");
  EXPECT_EQ(CallText("regexp_substr", {S("a1b22"), S("\\d+")}), "1");
  EXPECT_EQ(CallText("regexp_substr", {S("ab"), S("\\d+")}), "NULL");
  EXPECT_EQ(CallText("regexp_extract", {S("100-200"), S("(\\d+)-(\\d+)"), I(2)}), "200");
  EXPECT_EQ(CallText("regexp_extract", {S("100-200"), S("(\\d+)-(\\d+)")}), "100");
  EXPECT_EQ(CallText("regexp_extract", {S("abc"), S("(\\d+)")}), "");
  EXPECT_EQ(CallText("regexp_extract", {S("abc"), S("(\\d+)"), I(2)}), "INVALID_PARAMETER_VALUE");
  EXPECT_EQ(CallText("regexp_extract_all", {S("1-2, 3-4"), S("(\\d)-(\\d)"), I(2)}), "[2, 4]");
  EXPECT_EQ(CallText("regexp_replace", {S("100-200"), S("(\\d+)"), S("<$1>")}), "<100>-<200>");
  EXPECT_EQ(CallText("regexp_replace", {S("aaa"), S("a"), S("b"), I(2)}), "abb");
  EXPECT_EQ(CallText("regexp_replace", {S("aaa"), S("a"), S("b"), I(9)}), "aaa");
  EXPECT_EQ(CallText("regexp_replace", {S("aaa"), S("a"), S("b"), I(0)}),
            "INVALID_PARAMETER_VALUE");
}

TEST(Regex, Splits) {
  EXPECT_EQ(CallText("split", {S("oneAtwoBthreeC"), S("[ABC]")}), "[one, two, three, ]");
  EXPECT_EQ(CallText("split", {S("oneAtwoBthreeC"), S("[ABC]"), I(2)}), "[one, twoBthreeC]");
  EXPECT_EQ(CallText("split", {S("abc"), S("")}), "[a, b, c]");
  EXPECT_EQ(CallText("split", {S(""), S(",")}), "[]");
  EXPECT_EQ(CallText("size", {*testing::Call("split", {S(""), S(",")})}), "1");
  EXPECT_EQ(CallText("split", {S(",a"), S(",")}), "[, a]");
}

TEST(Encoding, Functions) {
  EXPECT_EQ(CallText("ascii", {S("€")}), "8364");
  EXPECT_EQ(CallText("ascii", {S("")}), "0");
  EXPECT_EQ(CallText("chr", {I(65 + 256)}), "A");
  EXPECT_EQ(CallText("char", {I(233)}), "é");
  EXPECT_EQ(CallText("chr", {I(-1)}), "");
  EXPECT_EQ(CallText("hex", {I(17)}), "11");
  EXPECT_EQ(CallText("hex", {I(-1)}), "FFFFFFFFFFFFFFFF");
  EXPECT_EQ(CallText("hex", {I(0)}), "0");
  EXPECT_EQ(CallText("hex", {S("Spark SQL")}), "537061726B2053514C");
  EXPECT_EQ(CallText("hex", {*testing::Call("unhex", {S("A1b")})}), "0A1B");
  EXPECT_EQ(CallText("unhex", {S("0g")}), "NULL");
  EXPECT_EQ(CallText("base64", {S("Spark SQL")}), "U3BhcmsgU1FM");
  EXPECT_EQ(CallText("base64", {S("a")}), "YQ==");
  EXPECT_EQ(CallText("base64", {S("ab")}), "YWI=");
  for (const char* text : {"", "a", "ab", "abc", "abcd"}) {
    EXPECT_EQ(CallText("hex", {*testing::Call("unbase64", {*testing::Call("base64", {S(text)})})}),
              CallText("hex", {S(text)}));
  }
  EXPECT_EQ(CallText("unbase64", {S("a")}), "CONVERSION_INVALID_INPUT");
  EXPECT_EQ(CallText("unbase64", {S("YQ==YQ")}), "CONVERSION_INVALID_INPUT");
  EXPECT_EQ(CallText("crc32", {S("Spark")}), "1557323817");
}

TEST(Encoding, SparksHashes) {
  const TypedValue list = *testing::Call("array", {I(123)});
  EXPECT_EQ(CallText("hash", {S("Spark"), list, I(2)}), "-1321691492");
  EXPECT_EQ(CallText("xxhash64", {S("Spark"), list, I(2)}), "5602566077635097486");
  EXPECT_EQ(CallText("hash", {kNull}), "42");
  EXPECT_EQ(CallText("hash", {S("Spark"), kNull, list, I(2)}), "-1321691492");
}

TEST(Collections, MakeAndRead) {
  const auto array = [](std::vector<TypedValue> values) {
    return *testing::Call("array", std::move(values));
  };
  const TypedValue numbers = array({I(1), I(2), I(3)});
  EXPECT_EQ(numbers.ToText(), "[1, 2, 3]");
  EXPECT_EQ(CallText("size", {numbers}), "3");
  EXPECT_EQ(CallText("getitem", {numbers, I(0)}), "1");
  EXPECT_EQ(CallText("getitem", {numbers, I(3)}), "INVALID_ARRAY_INDEX");
  EXPECT_EQ(CallText("getitem", {numbers, I(-1)}), "INVALID_ARRAY_INDEX");
  EXPECT_EQ(CallText("get", {numbers, I(3)}), "NULL");
  EXPECT_EQ(CallText("element_at", {numbers, I(1)}), "1");
  EXPECT_EQ(CallText("element_at", {numbers, I(-1)}), "3");
  EXPECT_EQ(CallText("element_at", {numbers, I(4)}), "INVALID_ARRAY_INDEX_IN_ELEMENT_AT");
  EXPECT_EQ(CallText("element_at", {numbers, I(0)}), "INVALID_INDEX_OF_ZERO");
  EXPECT_EQ(CallText("try_element_at", {numbers, I(-4)}), "NULL");
  EXPECT_EQ(CallText("array_contains", {numbers, I(3)}), "true");
  EXPECT_EQ(CallText("array_contains", {numbers, I(4)}), "false");
  const TypedValue with_null = array({I(1), TypedValue::Null(Type(TypeId::kInt))});
  EXPECT_EQ(CallText("array_contains", {with_null, I(1)}), "true");
  EXPECT_EQ(CallText("array_contains", {with_null, I(2)}), "NULL");
  EXPECT_EQ(CallText("getitem", {with_null, I(1)}), "NULL");
  EXPECT_EQ(CallText("size", {I(1)}), "DATATYPE_MISMATCH");
}

TEST(Collections, MapsAndStructs) {
  const TypedValue map = *testing::Call("map", {I(1), S("a"), I(2), S("b")});
  EXPECT_EQ(map.ToText(), "{1 -> a, 2 -> b}");
  EXPECT_EQ(CallText("getitem", {map, I(2)}), "b");
  EXPECT_EQ(CallText("element_at", {map, I(3)}), "NULL");
  EXPECT_EQ(CallText("size", {map}), "2");
  EXPECT_EQ(CallText("map_keys", {map}), "[1, 2]");
  EXPECT_EQ(CallText("map_values", {map}), "[a, b]");
  EXPECT_EQ(CallText("map", {I(1), S("a"), I(1), S("b")}), "DUPLICATED_MAP_KEY");
  EXPECT_EQ(CallText("map", {TypedValue::Null(Type(TypeId::kInt)), S("a")}), "NULL_MAP_KEY");
  const TypedValue point = *testing::Call("named_struct", {S("x"), I(1), S("y"), S("b")});
  EXPECT_EQ(point.ToText(), "{1, b}");
  EXPECT_EQ(CallText("getfield", {point, S("Y")}), "b");
  EXPECT_EQ(CallText("getfield", {point, S("z")}), "FIELD_NOT_FOUND");
  EXPECT_EQ(CallText("struct", {I(1), kNull}), "{1, NULL}");
}

}  // namespace
}  // namespace sabot
