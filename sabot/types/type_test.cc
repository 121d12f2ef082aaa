#include "sabot/types/type.h"

#include <gtest/gtest.h>

#include "sabot/types/identifier.h"
#include "sabot/types/schema.h"

namespace sabot {
namespace {

struct NameCase {
  Type type;
  std::string_view sql;
  std::string_view simple;
  std::string_view cypher;
  Kind kind;
};

const NameCase kNameCases[] = {
    {Type(), "VOID", "void", "NULL", Kind::kBool},
    {Type(TypeId::kBoolean), "BOOLEAN", "boolean", "BOOLEAN", Kind::kBool},
    {Type(TypeId::kByte), "TINYINT", "tinyint", "INTEGER", Kind::kI8},
    {Type(TypeId::kShort), "SMALLINT", "smallint", "INTEGER", Kind::kI16},
    {Type(TypeId::kInt), "INT", "int", "INTEGER", Kind::kI32},
    {Type(TypeId::kLong), "BIGINT", "bigint", "INTEGER", Kind::kI64},
    {Type(TypeId::kFloat), "FLOAT", "float", "FLOAT", Kind::kF32},
    {Type(TypeId::kDouble), "DOUBLE", "double", "FLOAT", Kind::kF64},
    {Type::Decimal(10, 2), "DECIMAL(10,2)", "decimal(10,2)", "DECIMAL(10,2)", Kind::kI64},
    {Type::Decimal(18, 18), "DECIMAL(18,18)", "decimal(18,18)", "DECIMAL(18,18)", Kind::kI64},
    {Type::Decimal(19, 0), "DECIMAL(19,0)", "decimal(19,0)", "DECIMAL(19,0)", Kind::kI128},
    {Type::Decimal(38, 38), "DECIMAL(38,38)", "decimal(38,38)", "DECIMAL(38,38)", Kind::kI128},
    {Type(TypeId::kString), "STRING", "string", "STRING", Kind::kView16},
    {Type(TypeId::kBinary), "BINARY", "binary", "BYTES", Kind::kView16},
    {Type(TypeId::kDate), "DATE", "date", "DATE", Kind::kI32},
    {Type(TypeId::kTimestamp), "TIMESTAMP", "timestamp", "ZONED DATETIME", Kind::kI64},
    {Type(TypeId::kTimestampNtz), "TIMESTAMP_NTZ", "timestamp_ntz", "LOCAL DATETIME", Kind::kI64},
    {Type(TypeId::kYearMonthInterval), "INTERVAL YEAR TO MONTH", "interval year to month",
     "DURATION", Kind::kI32},
    {Type(TypeId::kDayTimeInterval), "INTERVAL DAY TO SECOND", "interval day to second", "DURATION",
     Kind::kI64},
    {Type(TypeId::kCalendarInterval), "INTERVAL", "interval", "DURATION", Kind::kStruct},
    {Type::Array(Type(TypeId::kInt)), "ARRAY<INT>", "array<int>", "LIST<INTEGER>", Kind::kList},
    {Type::Array(Type::Array(Type::Decimal(5, 1))), "ARRAY<ARRAY<DECIMAL(5,1)>>",
     "array<array<decimal(5,1)>>", "LIST<LIST<DECIMAL(5,1)>>", Kind::kList},
    {Type::Map(Type(TypeId::kString), Type(TypeId::kLong)), "MAP<STRING, BIGINT>",
     "map<string,bigint>", "MAP", Kind::kList},
    {Type::Struct({{"a", Type(TypeId::kInt), false},
                   {"b c", Type::Array(Type(TypeId::kString))},
                   {"d`e", Type(TypeId::kDate)},
                   {"1f", Type(TypeId::kDate)},
                   {"f1_", Type(TypeId::kDate)}}),
     "STRUCT<a: INT NOT NULL, `b c`: ARRAY<STRING>, `d``e`: DATE, `1f`: DATE, f1_: DATE>",
     "struct<a:int,b c:array<string>,d`e:date,1f:date,f1_:date>", "MAP", Kind::kStruct},
    {Type::Struct({}), "STRUCT<>", "struct<>", "MAP", Kind::kStruct},
    {Type(TypeId::kVariant), "VARIANT", "variant", "ANY", Kind::kView16},
    {Type(TypeId::kNode), "NODE", "node", "NODE", Kind::kI64},
    {Type(TypeId::kRelationship), "RELATIONSHIP", "relationship", "RELATIONSHIP", Kind::kI64},
    {Type(TypeId::kPath), "PATH", "path", "PATH", Kind::kList},
    {Type(TypeId::kAny), "ANY", "any", "ANY", Kind::kAny16},
};

TEST(Type, HasItsNamesAndKind) {
  for (const NameCase& c : kNameCases) {
    EXPECT_EQ(c.type.ToSql(), c.sql);
    EXPECT_EQ(c.type.ToSimpleString(), c.simple);
    EXPECT_EQ(c.type.ToCypher(), c.cypher);
    EXPECT_EQ(c.type.kind(), c.kind) << c.sql;
  }
}

TEST(Type, ReadsBackFromSql) {
  for (const NameCase& c : kNameCases) {
    const auto type = ParseType(c.sql);
    ASSERT_TRUE(type.ok()) << type.status().ToString();
    EXPECT_EQ(*type, c.type) << c.sql;
  }
}

TEST(Type, ReadsBackFromDdlWithTheNullabilityOfElements) {
  const Type types[] = {
      Type::Array(Type(TypeId::kInt), false),
      Type::Map(Type(TypeId::kInt), Type(TypeId::kInt), false),
      Type::Struct({{"a", Type::Array(Type::Array(Type(TypeId::kInt), false), true), false}}),
      Type::Array(Type::Map(Type(TypeId::kString), Type::Decimal(20, 3), false), false),
  };
  for (const Type& type : types) {
    const auto read = ParseType(type.ToDdl());
    ASSERT_TRUE(read.ok()) << read.status().ToString();
    EXPECT_EQ(*read, type) << type.ToDdl();
  }
  EXPECT_EQ(types[0].ToDdl(), "ARRAY<INT NOT NULL>");
  EXPECT_EQ(types[0].ToSql(), "ARRAY<INT>");
  EXPECT_EQ(types[1].ToDdl(), "MAP<INT, INT NOT NULL>");
}

TEST(Type, IsEqualOnlyWithAllItsParts) {
  const Type types[] = {
      Type(),
      Type(TypeId::kInt),
      Type(TypeId::kLong),
      Type::Decimal(10, 2),
      Type::Decimal(11, 2),
      Type::Decimal(10, 3),
      Type::Array(Type(TypeId::kInt)),
      Type::Array(Type(TypeId::kInt), false),
      Type::Array(Type(TypeId::kLong)),
      Type::Map(Type(TypeId::kInt), Type(TypeId::kInt)),
      Type::Map(Type(TypeId::kInt), Type(TypeId::kInt), false),
      Type::Struct({}),
      Type::Struct({{"a", Type(TypeId::kInt)}}),
      Type::Struct({{"A", Type(TypeId::kInt)}}),
      Type::Struct({{"a", Type(TypeId::kInt), false}}),
      Type::Struct({{"a", Type(TypeId::kInt)}, {"b", Type(TypeId::kInt)}}),
  };
  for (const Type& left : types) {
    for (const Type& right : types) {
      EXPECT_EQ(left == right, &left == &right) << left.ToDdl() << " and " << right.ToDdl();
    }
  }
  EXPECT_EQ(Type::Struct({{"a", Type::Array(Type(TypeId::kInt))}}),
            Type::Struct({{"a", Type::Array(Type(TypeId::kInt))}}));
}

struct FamilyCase {
  TypeId id;
  bool is_integer, is_floating, is_numeric, is_datetime, is_nested;
};

TEST(Type, BelongsToItsFamilies) {
  const FamilyCase cases[] = {
      {TypeId::kNull, false, false, false, false, false},
      {TypeId::kBoolean, false, false, false, false, false},
      {TypeId::kByte, true, false, true, false, false},
      {TypeId::kLong, true, false, true, false, false},
      {TypeId::kFloat, false, true, true, false, false},
      {TypeId::kDouble, false, true, true, false, false},
      {TypeId::kDecimal, false, false, true, false, false},
      {TypeId::kString, false, false, false, false, false},
      {TypeId::kBinary, false, false, false, false, false},
      {TypeId::kDate, false, false, false, true, false},
      {TypeId::kTimestampNtz, false, false, false, true, false},
      {TypeId::kYearMonthInterval, false, false, false, false, false},
      {TypeId::kArray, false, false, false, false, true},
      {TypeId::kStruct, false, false, false, false, true},
      {TypeId::kVariant, false, false, false, false, false},
  };
  for (const FamilyCase& c : cases) {
    const Type type(c.id);
    EXPECT_EQ(type.is_integer(), c.is_integer) << type.ToSql();
    EXPECT_EQ(type.is_floating(), c.is_floating) << type.ToSql();
    EXPECT_EQ(type.is_numeric(), c.is_numeric) << type.ToSql();
    EXPECT_EQ(type.is_datetime(), c.is_datetime) << type.ToSql();
    EXPECT_EQ(type.is_nested(), c.is_nested) << type.ToSql();
  }
}

TEST(Type, ShowsItsChildren) {
  const Type map = Type::Map(Type(TypeId::kString), Type(TypeId::kInt), false);
  ASSERT_EQ(map.fields().size(), 2u);
  EXPECT_EQ(map.fields()[0], (TypeField{"key", Type(TypeId::kString), false}));
  EXPECT_EQ(map.fields()[1], (TypeField{"value", Type(TypeId::kInt), false}));
  const Type array = Type::Array(Type(TypeId::kInt));
  ASSERT_EQ(array.fields().size(), 1u);
  EXPECT_EQ(array.fields()[0], (TypeField{"element", Type(TypeId::kInt), true}));
  EXPECT_TRUE(Type(TypeId::kInt).fields().empty());
}

TEST(Kind, HasAWidthAndAName) {
  const std::tuple<Kind, std::string_view, int> cases[] = {
      {Kind::kBool, "bool", 1}, {Kind::kI8, "i8", 1},         {Kind::kI16, "i16", 2},
      {Kind::kI32, "i32", 4},   {Kind::kI64, "i64", 8},       {Kind::kI128, "i128", 16},
      {Kind::kF32, "f32", 4},   {Kind::kF64, "f64", 8},       {Kind::kView16, "view16", 16},
      {Kind::kList, "list", 8}, {Kind::kStruct, "struct", 0}, {Kind::kAny16, "any16", 16},
  };
  for (const auto& [kind, name, width] : cases) {
    EXPECT_EQ(KindName(kind), name);
    EXPECT_EQ(KindWidth(kind), width) << name;
  }
}

TEST(QuoteIfNeeded, QuotesAllButPlainNames) {
  for (std::string_view name : {"a", "Z", "_", "a0", "z9", "_1", "azAZ09_"}) {
    EXPECT_EQ(QuoteIfNeeded(name), name);
  }
  const std::pair<std::string_view, std::string_view> cases[] = {
      {"", "``"},       {"0a", "`0a`"},    {"9", "`9`"},     {"a b", "`a b`"},
      {"a.b", "`a.b`"}, {"a`b", "`a``b`"}, {"a-b", "`a-b`"}, {"\xC3\xA4", "`\xC3\xA4`"},
      {"a@", "`a@`"},   {"a[", "`a[`"},    {"a{", "`a{`"},   {"a/", "`a/`"},
      {"a:", "`a:`"},
  };
  for (const auto& [name, expected] : cases) EXPECT_EQ(QuoteIfNeeded(name), expected);
}

TEST(EqualsIgnoreCase, ComparesAsciiLettersOnly) {
  EXPECT_TRUE(EqualsIgnoreCase("aZ_0", "Az_0"));
  EXPECT_FALSE(EqualsIgnoreCase("a", "ab"));
  EXPECT_FALSE(EqualsIgnoreCase("@", "`"));
  EXPECT_FALSE(EqualsIgnoreCase("[", "{"));
  EXPECT_EQ(ToLowerAscii("AZaz09_\xC3\x84"), "azaz09_\xC3\x84");
}

TEST(Schema, FindsTheOnlyColumnOfAName) {
  const Schema schema{
      {{"a", Type(TypeId::kInt)}, {"B", Type(TypeId::kInt)}, {"b", Type(TypeId::kInt)}}};
  EXPECT_EQ(schema.Find("a"), 0);
  EXPECT_EQ(schema.Find("A"), 0);
  EXPECT_EQ(schema.Find("b"), -2);
  EXPECT_EQ(schema.Find("c"), -1);
  EXPECT_EQ(schema.Find(""), -1);
  EXPECT_EQ(schema.Find("a "), -1);
}

TEST(Schema, WritesDdlThatReadsBack) {
  const Schema schema{{{"a", Type(TypeId::kInt), false},
                       {"", Type(TypeId::kString)},
                       {"select", Type::Struct({{"x y", Type::Decimal(3, 1), false}})}}};
  EXPECT_EQ(schema.ToDdl(),
            "a INT NOT NULL, `` STRING, select STRUCT<`x y`: DECIMAL(3,1) NOT NULL>");
  EXPECT_EQ(ParseSchema(schema.ToDdl()).ValueOrDie(), schema);
  EXPECT_EQ(Schema().ToDdl(), "");
  EXPECT_EQ(ParseSchema(" ").ValueOrDie(), Schema());
}

}  // namespace
}  // namespace sabot
