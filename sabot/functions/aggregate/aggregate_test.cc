#include <cmath>
#include <limits>
#include <random>

#include "gtest/gtest.h"

#include "sabot/base/error.h"
#include "sabot/functions/testing/aggregate_harness.h"

namespace sabot {
namespace {

using Row = AggregateHarness::Row;
using Fed = AggregateHarness::Fed;
using Path = AggregateHarness::Path;

const Type kBool(TypeId::kBoolean);
const Type kByte(TypeId::kByte);
const Type kInt(TypeId::kInt);
const Type kLong(TypeId::kLong);
const Type kFloat(TypeId::kFloat);
const Type kDouble(TypeId::kDouble);
const Type kString(TypeId::kString);

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
constexpr double kInfinity = std::numeric_limits<double>::infinity();

template <typename T>
std::vector<Row> Rows(const Type& type, std::vector<std::optional<T>> values) {
  std::vector<Row> rows;
  for (const auto& value : values) {
    if (!value.has_value()) {
      rows.push_back({TypedValue::Null(type)});
    } else {
      rows.push_back({TypedValue{type, *value}});
    }
  }
  return rows;
}
std::vector<Row> Longs(const Type& type, std::vector<std::optional<int64_t>> values) {
  return Rows<int64_t>(type, std::move(values));
}
std::vector<Row> Doubles(std::vector<std::optional<double>> values) {
  return Rows<double>(kDouble, std::move(values));
}
std::vector<Row> Texts(std::vector<std::optional<std::string>> values) {
  return Rows<std::string>(kString, std::move(values));
}

TypedValue Of(std::string_view name, const Type& type, const std::vector<Row>& rows,
              std::vector<int64_t> weights = {}) {
  return AggregateHarness::Of(name, {type}, rows, std::move(weights));
}
std::string TextOf(std::string_view name, const Type& type, const std::vector<Row>& rows,
                   std::vector<int64_t> weights = {}) {
  return Of(name, type, rows, std::move(weights)).ToText();
}

Type ResultOf(std::string_view name, const Type& type) {
  return AggregateHarness(name, {type}).resolved().result;
}

std::string ErrorOf(std::string_view name, std::vector<Type> arguments) {
  const auto resolved = FindAggregateFunction(name)->resolve(arguments, EvaluationSettings{});
  const ErrorDetail* detail = GetErrorDetail(resolved.status());
  return detail == nullptr ? resolved.status().ToString() : std::string(detail->error_class().name);
}

TEST(Count, CountsRowsWithoutArgumentsAndValuesWithThem) {
  EXPECT_EQ(AggregateHarness::Of("count", {}, {{}, {}, {}}), TypedValue::Long(3));
  EXPECT_EQ(Of("count", kInt, Longs(kInt, {1, std::nullopt, 3})), TypedValue::Long(2));
  EXPECT_EQ(Of("count", kInt, {}), TypedValue::Long(0));
  EXPECT_FALSE(AggregateHarness("count", {kInt}).resolved().nullable);
}

TEST(Count, OfSeveralCountsRowsWhereNoneIsNull) {
  const TypedValue null = TypedValue::Null(kInt);
  const TypedValue one = TypedValue::Int(1);
  EXPECT_EQ(AggregateHarness::Of("count", {kInt, kInt},
                                 {{one, one}, {one, null}, {null, one}, {null, null}, {one, one}}),
            TypedValue::Long(2));
}

TEST(Count, SumsWeights) {
  EXPECT_EQ(Of("count", kInt, Longs(kInt, {1, std::nullopt, 3}), {5, 7, -2}), TypedValue::Long(3));
  EXPECT_EQ(AggregateHarness::Of("count", {}, {{}, {}}, {5, -2}), TypedValue::Long(3));
}

TEST(Count, IfCountsTheTrueOnes) {
  const auto rows = Rows<bool>(kBool, {true, std::nullopt, false, true});
  EXPECT_EQ(Of("count_if", kBool, rows), TypedValue::Long(2));
  EXPECT_EQ(Of("count_if", kBool, rows, {3, 9, 9, -1}), TypedValue::Long(2));
  EXPECT_EQ(Of("count_if", kBool, {}), TypedValue::Long(0));
}

TEST(Count, OfConstants) {
  AggregateHarness count("count", {kInt});
  ASSERT_TRUE(count.FeedConstant(0, {TypedValue::Int(7)}, 5).ok());
  ASSERT_TRUE(count.FeedConstant(0, {TypedValue::Null(kInt)}, 5).ok());
  EXPECT_EQ((*count.Finish(1))[0], TypedValue::Long(10));  // fed by groups, then as one
}

TEST(Sum, SkipsNullsAndIsNullOfNothing) {
  EXPECT_EQ(Of("sum", kInt, Longs(kInt, {5, std::nullopt, -2})), TypedValue::Long(3));
  EXPECT_TRUE(Of("sum", kInt, Longs(kInt, {std::nullopt})).is_null());
  EXPECT_TRUE(Of("sum", kInt, {}).is_null());
  EXPECT_EQ(Of("sum", kInt, Longs(kInt, {2, -2})), TypedValue::Long(0));
  EXPECT_EQ(Of("sum", kByte, Longs(kByte, {127, 127, -1})), TypedValue::Long(253));
}

TEST(Sum, KeepsGroupsApart) {
  for (const Path path : {Path::kGroups, Path::kSelection, Path::kOne, Path::kCombined}) {
    AggregateHarness sum("sum", {kInt});
    ASSERT_TRUE(sum.Feed({{0, {TypedValue::Int(1)}},
                          {2, {TypedValue::Int(10)}},
                          {0, {TypedValue::Int(2)}},
                          {2, {TypedValue::Null(kInt)}},
                          {1, {TypedValue::Int(100)}},
                          {2, {TypedValue::Int(20)}, 3}},
                         path)
                    .ok());
    const auto results = *sum.Finish(4);
    EXPECT_EQ(results[0], TypedValue::Long(3));
    EXPECT_EQ(results[1], TypedValue::Long(100));
    EXPECT_EQ(results[2], TypedValue::Long(70));
    EXPECT_TRUE(results[3].is_null());
  }
}

TEST(Sum, OverflowIsOfTheResultNotOfTheOrder) {
  constexpr int64_t kMax = std::numeric_limits<int64_t>::max();
  constexpr int64_t kMin = std::numeric_limits<int64_t>::min();
  EXPECT_EQ(TextOf("sum", kLong, Longs(kLong, {kMax, 1})), "ARITHMETIC_OVERFLOW");
  EXPECT_EQ(TextOf("sum", kLong, Longs(kLong, {kMin, -1})), "ARITHMETIC_OVERFLOW");
  EXPECT_EQ(Of("sum", kLong, Longs(kLong, {kMax, 1, -1})), TypedValue::Long(kMax));
  EXPECT_EQ(Of("sum", kLong, Longs(kLong, {kMin})), TypedValue::Long(kMin));
  EXPECT_TRUE(Of("try_sum", kLong, Longs(kLong, {kMax, 1})).is_null());
  EXPECT_EQ(Of("try_sum", kLong, Longs(kLong, {kMax, 1, -1})), TypedValue::Long(kMax));
  const int64_t weight = int64_t{1} << 40;
  EXPECT_EQ(TextOf("sum", kInt, Longs(kInt, {1 << 30}), {weight}), "ARITHMETIC_OVERFLOW");
  EXPECT_TRUE(Of("try_sum", kInt, Longs(kInt, {1 << 30}), {weight}).is_null());
}

TEST(Sum, OfManyLongsIsExact) {
  std::mt19937_64 random(7);
  std::vector<std::optional<int64_t>> values;
  Int128 expected = 0;
  for (int i = 0; i < 1'000; ++i) {
    values.push_back(static_cast<int64_t>(random()) >> (i % 60));
    expected += *values.back();
  }
  values.push_back(static_cast<int64_t>(-expected / 2));
  values.push_back(static_cast<int64_t>(-(expected + *values.back())));
  EXPECT_EQ(Of("sum", kLong, Longs(kLong, values)), TypedValue::Long(0));
}

TEST(Sum, OfDecimalsHasTenDigitsMore) {
  EXPECT_EQ(ResultOf("sum", Type::Decimal(12, 2)), Type::Decimal(22, 2));
  EXPECT_EQ(ResultOf("sum", Type::Decimal(8, 2)), Type::Decimal(18, 2));
  EXPECT_EQ(ResultOf("sum", Type::Decimal(30, 5)), Type::Decimal(38, 5));
  EXPECT_EQ(TextOf("sum", Type::Decimal(8, 2), Longs(Type::Decimal(8, 2), {150, -25})), "1.25");
  EXPECT_EQ(TextOf("sum", Type::Decimal(12, 2), Longs(Type::Decimal(12, 2), {150, 25})), "1.75");
  const Type wide = Type::Decimal(38, 0);
  const Int128 large = PowerOfTen(37) * 6;
  EXPECT_EQ(TextOf("sum", wide, Rows<Int128>(wide, {large, -large, Int128{1}})), "1");
  EXPECT_EQ(TextOf("sum", wide, Rows<Int128>(wide, {large, large})), "ARITHMETIC_OVERFLOW");
  EXPECT_EQ(TextOf("sum", wide, Rows<Int128>(wide, {-large, -large})), "ARITHMETIC_OVERFLOW");
  EXPECT_TRUE(Of("try_sum", wide, Rows<Int128>(wide, {large, large})).is_null());
  const Int128 all_nines = PowerOfTen(38) - 1;
  EXPECT_EQ(TextOf("sum", wide, Rows<Int128>(wide, {all_nines, std::nullopt})),
            std::string(38, '9'));
  EXPECT_EQ(TextOf("sum", wide, Rows<Int128>(wide, {all_nines, Int128{1}})), "ARITHMETIC_OVERFLOW");
  EXPECT_EQ(TextOf("sum", wide, Rows<Int128>(wide, {-all_nines, Int128{-1}})),
            "ARITHMETIC_OVERFLOW");
}

TEST(Sum, OfDecimalsBeyond128BitsIsAnErrorOrNull) {
  const Type wide = Type::Decimal(38, 0);
  const Int128 large = PowerOfTen(37) * 9;
  EXPECT_EQ(TextOf("sum", wide, Rows<Int128>(wide, {large, large})), "ARITHMETIC_OVERFLOW");
  EXPECT_TRUE(Of("try_sum", wide, Rows<Int128>(wide, {large, large})).is_null());
  EXPECT_TRUE(Of("try_sum", wide, Rows<Int128>(wide, {large, large, -large})).is_null());
}

TEST(Sum, OfDoubles) {
  EXPECT_EQ(Of("sum", kDouble, Doubles({1.5, std::nullopt, 2.0})), TypedValue::Double(3.5));
  EXPECT_EQ(TextOf("sum", kDouble, Doubles({kInfinity, -kInfinity})), "NaN");
  EXPECT_EQ(TextOf("sum", kDouble, Doubles({1, kNan})), "NaN");
  EXPECT_EQ(ResultOf("sum", kFloat), kDouble);
  EXPECT_EQ(ResultOf("sum", kString), kDouble);
  EXPECT_EQ(ResultOf("sum", Type()), kDouble);
  std::vector<std::optional<double>> many;
  for (int i = 0; i < 1'003; ++i) many.push_back(i);
  EXPECT_EQ(Of("sum", kDouble, Doubles(many)), TypedValue::Double(502'503));
}

TEST(Sum, WeightsAreRepetitionAndTakeBack) {
  EXPECT_EQ(Of("sum", kInt, Longs(kInt, {5, 7}), {3, -1}), TypedValue::Long(8));
  EXPECT_EQ(Of("sum", kDouble, Doubles({5, 7}), {3, -1}), TypedValue::Double(8));
  EXPECT_TRUE(Of("sum", kInt, Longs(kInt, {5, 5}), {1, -1}).is_null());
  EXPECT_TRUE(Of("sum", kDouble, Doubles({0.1, 0.2, 0.1, 0.2}), {1, 1, -1, -1}).is_null());
  // A partial state of count 0 is not empty.
  EXPECT_EQ(Of("sum", kDouble, Doubles({5, 3, 3}), {1, -1, 1}), TypedValue::Double(5));
  EXPECT_EQ(Of("sum", kDouble, Doubles({3, 3, 5}), {1, -1, 1}), TypedValue::Double(5));
  EXPECT_EQ(TextOf("sum", kDouble, Doubles({kNan, kNan}), {1, -1}), "UNSUPPORTED_FEATURE");
  EXPECT_EQ(TextOf("sum", kDouble, Doubles({kInfinity}), {2}), "Infinity");
}

TEST(Sum, OfConstants) {
  AggregateHarness sum("sum", {kDouble});
  ASSERT_TRUE(sum.FeedConstant(0, {TypedValue::Double(0.5)}, 10).ok());
  ASSERT_TRUE(sum.FeedConstant(0, {TypedValue::Null(kDouble)}, 10).ok());
  EXPECT_EQ((*sum.Finish(1))[0], TypedValue::Double(10));
}

TEST(Sum, OfIntervals) {
  const Type months(TypeId::kYearMonthInterval);
  EXPECT_EQ(ResultOf("sum", months), months);
  EXPECT_EQ(Of("sum", months, Longs(months, {14, 3})).value, TypedValue::Long(17).value);
  EXPECT_EQ(TextOf("sum", months, Longs(months, {2'147'483'647, 1})), "ARITHMETIC_OVERFLOW");
  const Type time(TypeId::kDayTimeInterval);
  EXPECT_EQ(Of("avg", time, Longs(time, {10, 5})).value, TypedValue::Long(8).value);
  EXPECT_EQ(Of("avg", time, Longs(time, {-10, -5})).value, TypedValue::Long(-8).value);
  EXPECT_EQ(Of("avg", months, Longs(months, {1, 1, 2})).value, TypedValue::Long(1).value);
}

TEST(Sum, RefusesWhatHasNoSum) {
  EXPECT_EQ(ErrorOf("sum", {kBool}), "DATATYPE_MISMATCH");
  EXPECT_EQ(ErrorOf("sum", {}), "WRONG_NUM_ARGS");
  EXPECT_EQ(ErrorOf("avg", {kInt, kInt}), "WRONG_NUM_ARGS");
  EXPECT_EQ(ErrorOf("stddev", {Type(TypeId::kDayTimeInterval)}), "DATATYPE_MISMATCH");
}

TEST(Avg, IsADoubleOfNumbers) {
  EXPECT_EQ(Of("avg", kInt, Longs(kInt, {1, 2, std::nullopt})), TypedValue::Double(1.5));
  EXPECT_EQ(Of("avg", kDouble, Doubles({1, 2.5})), TypedValue::Double(1.75));
  EXPECT_EQ(Of("avg", kFloat, Rows<double>(kFloat, {1, 2.5})), TypedValue::Double(1.75));
  EXPECT_TRUE(Of("avg", kInt, {}).is_null());
  EXPECT_TRUE(Of("avg", kDouble, Doubles({std::nullopt})).is_null());
  constexpr int64_t kMax = std::numeric_limits<int64_t>::max();
  EXPECT_EQ(Of("avg", kLong, Longs(kLong, {kMax, kMax})), TypedValue::Double(0x1p63));
  EXPECT_EQ(Of("mean", kInt, Longs(kInt, {1, 10}), {2, -1}), TypedValue::Double(-8));
}

TEST(Avg, OfDecimalsHasFourDigitsMoreAndRoundsHalfUp) {
  const Type type = Type::Decimal(8, 2);
  EXPECT_EQ(ResultOf("avg", type), Type::Decimal(12, 6));
  EXPECT_EQ(ResultOf("avg", Type::Decimal(38, 36)), Type::Decimal(38, 38));
  EXPECT_EQ(TextOf("avg", type, Longs(type, {100, 200, 200})), "1.666667");
  EXPECT_EQ(TextOf("avg", type, Longs(type, {-100, -200, -200})), "-1.666667");
  EXPECT_EQ(TextOf("avg", type, Longs(type, {100, 100, 200})), "1.333333");
  // 1 / 16 of a unit has four digits exactly, 1 / 32 ends in a five.
  EXPECT_EQ(TextOf("avg", type, Longs(type, {1, 0}), {1, 31}), "0.000313");
  EXPECT_EQ(TextOf("avg", type, Longs(type, {-1, 0}), {1, 31}), "-0.000313");
  EXPECT_TRUE(Of("avg", type, {}).is_null());
  const Type wide = Type::Decimal(38, 0);
  EXPECT_EQ(ResultOf("avg", wide), Type::Decimal(38, 4));
  const Int128 large = PowerOfTen(35);
  EXPECT_EQ(TextOf("avg", wide, Rows<Int128>(wide, {large})), "ARITHMETIC_OVERFLOW");
  EXPECT_TRUE(Of("try_avg", wide, Rows<Int128>(wide, {large})).is_null());
  EXPECT_EQ(TextOf("avg", wide, Rows<Int128>(wide, {PowerOfTen(34) - 1})),
            std::string(34, '9') + ".0000");
}

TEST(Avg, OfDecimalsAgreesWithAModel) {
  std::mt19937_64 random(11);
  const Type type = Type::Decimal(18, 3);
  for (int round = 0; round < 50; ++round) {
    std::vector<std::optional<int64_t>> values;
    Int128 sum = 0;
    const int size = 1 + static_cast<int>(random() % 9);
    for (int i = 0; i < size; ++i) {
      values.push_back(static_cast<int64_t>(random()) % 1'000'000'000'000'000'000);
      sum += *values.back();
    }
    // Half up of |sum| * 10^4 / size by adding half the divisor first.
    const Int128 magnitude = (sum < 0 ? -sum : sum) * 10'000;
    const Int128 mean = (magnitude * 2 + size) / (size * 2);
    EXPECT_EQ(TextOf("avg", type, Longs(type, values)), DecimalToString(sum < 0 ? -mean : mean, 7));
  }
}

TEST(MinMax, OfNumbersAndTimes) {
  EXPECT_EQ(Of("min", kInt, Longs(kInt, {4, std::nullopt, -7, 2})), TypedValue::Int(-7));
  EXPECT_EQ(Of("max", kInt, Longs(kInt, {-4, std::nullopt, -7})), TypedValue::Int(-4));
  EXPECT_TRUE(Of("min", kInt, Longs(kInt, {std::nullopt})).is_null());
  EXPECT_TRUE(Of("max", kInt, {}).is_null());
  for (const TypeId id : {TypeId::kByte, TypeId::kShort, TypeId::kLong, TypeId::kDate,
                          TypeId::kTimestamp, TypeId::kDayTimeInterval}) {
    EXPECT_EQ(Of("min", Type(id), Longs(Type(id), {3, 1, 2})).value, TypedValue::Long(1).value);
    EXPECT_EQ(Of("max", Type(id), Longs(Type(id), {1, 3, 2})).value, TypedValue::Long(3).value);
  }
  const Type wide = Type::Decimal(38, 2);
  EXPECT_EQ(TextOf("max", wide, Rows<Int128>(wide, {-PowerOfTen(30), PowerOfTen(20)})),
            "1000000000000000000.00");
  EXPECT_EQ(Of("max", kBool, Rows<bool>(kBool, {false, true})), TypedValue::Boolean(true));
  EXPECT_EQ(Of("min", kBool, Rows<bool>(kBool, {true, false})), TypedValue::Boolean(false));
}

TEST(MinMax, NanIsGreatest) {
  EXPECT_EQ(Of("min", kDouble, Doubles({kNan, 1.0, kInfinity})), TypedValue::Double(1));
  EXPECT_EQ(TextOf("max", kDouble, Doubles({1.0, kNan, kInfinity})), "NaN");
  EXPECT_EQ(TextOf("min", kDouble, Doubles({kNan, kNan})), "NaN");
  EXPECT_EQ(TextOf("min", kFloat, Rows<double>(kFloat, {kNan, -kInfinity})), "-Infinity");
}

TEST(MinMax, OfText) {
  const auto rows = Texts({"pear, long enough for the heap", "apple, long enough for the heap",
                           std::nullopt, "zebra", "", "zebra, long enough for the heap"});
  EXPECT_EQ(TextOf("min", kString, rows), "");
  EXPECT_EQ(TextOf("max", kString, rows), "zebra, long enough for the heap");
  EXPECT_TRUE(Of("max", kString, Texts({std::nullopt})).is_null());
  EXPECT_EQ(TextOf("min", kString, Texts({"é", "f"})), "f");  // by bytes
}

TEST(MinMax, FreesTheTextItReplaces) {
  AggregateHarness max("max", {kString});
  EXPECT_TRUE(max.resolved().has_heap);
  std::vector<Fed> rows;
  for (char c = 'a'; c <= 'z'; ++c) rows.push_back({0, {TypedValue::String(std::string(100, c))}});
  ASSERT_TRUE(max.Feed(rows).ok());
  EXPECT_EQ(max.heap_bytes(), 100);
  ASSERT_TRUE(max.Feed({{0, {TypedValue::String("~")}}}).ok());
  EXPECT_EQ(max.heap_bytes(), 0);
  EXPECT_EQ((*max.Finish(1))[0].ToText(), "~");
}

TEST(MinMax, TakesNothingBack) {
  for (const Type& type : {kInt, kString}) {
    const std::vector<Row> rows =
        type == kInt ? Longs(kInt, {1, 2}) : Texts({std::string("1"), std::string("2")});
    EXPECT_EQ(TextOf("min", type, rows, {1, -1}), "UNSUPPORTED_FEATURE");
    EXPECT_EQ(TextOf("min", type, rows, {4, 5}), "1");
    EXPECT_FALSE(AggregateHarness("min", {type}).resolved().takes_back);
  }
  EXPECT_EQ(ErrorOf("max", {Type::Array(kInt)}), "UNSUPPORTED_FEATURE");
  EXPECT_EQ(ErrorOf("max", {Type::Map(kInt, kInt)}), "DATATYPE_MISMATCH");
}

TEST(Pick, FirstAndLastInOrder) {
  const auto rows = Longs(kInt, {std::nullopt, 5, 20, std::nullopt});
  EXPECT_TRUE(Of("first", kInt, rows).is_null());
  EXPECT_TRUE(Of("last", kInt, rows).is_null());
  EXPECT_EQ(Of("first", kInt, Longs(kInt, {5, std::nullopt})), TypedValue::Int(5));
  EXPECT_EQ(Of("last", kInt, Longs(kInt, {std::nullopt, 5})), TypedValue::Int(5));
  EXPECT_TRUE(Of("any_value", kInt, {}).is_null());
  EXPECT_EQ(TextOf("last", kString, Texts({"one that is long enough", "two that is long enough"})),
            "two that is long enough");
  const Type wide = Type::Decimal(38, 2);
  EXPECT_EQ(TextOf("first", wide, Rows<Int128>(wide, {PowerOfTen(20), Int128{1}})),
            "1000000000000000000.00");
}

TEST(Pick, IgnoresNullsIfAsked) {
  const auto with_flag = [](std::vector<Row> rows, bool ignores) {
    for (Row& row : rows) row.push_back(TypedValue::Boolean(ignores));
    return rows;
  };
  const auto rows = Longs(kInt, {std::nullopt, 5, 20, std::nullopt});
  EXPECT_EQ(AggregateHarness::Of("first", {kInt, kBool}, with_flag(rows, true)),
            TypedValue::Int(5));
  EXPECT_EQ(AggregateHarness::Of("last", {kInt, kBool}, with_flag(rows, true)),
            TypedValue::Int(20));
  EXPECT_TRUE(AggregateHarness::Of("first", {kInt, kBool}, with_flag(rows, false)).is_null());
  EXPECT_EQ(ErrorOf("first", {kInt, kInt}), "DATATYPE_MISMATCH");
  EXPECT_EQ(TextOf("first", kInt, Longs(kInt, {1, 2}), {1, -1}), "UNSUPPORTED_FEATURE");
}

TEST(Boolean, AndOr) {
  const auto mixed = Rows<bool>(kBool, {true, std::nullopt, false});
  EXPECT_EQ(Of("bool_and", kBool, mixed), TypedValue::Boolean(false));
  EXPECT_EQ(Of("bool_or", kBool, mixed), TypedValue::Boolean(true));
  EXPECT_EQ(Of("every", kBool, Rows<bool>(kBool, {true, std::nullopt})), TypedValue::Boolean(true));
  EXPECT_EQ(Of("some", kBool, Rows<bool>(kBool, {false, std::nullopt})),
            TypedValue::Boolean(false));
  EXPECT_TRUE(Of("bool_and", kBool, Rows<bool>(kBool, {std::nullopt})).is_null());
  EXPECT_TRUE(Of("bool_or", kBool, {}).is_null());
  EXPECT_EQ(Of("bool_and", kBool, Rows<bool>(kBool, {true, false, false}), {1, 1, -1}),
            TypedValue::Boolean(true));
  EXPECT_EQ(Of("bool_or", kBool, Rows<bool>(kBool, {true, false, true}), {1, 1, -1}),
            TypedValue::Boolean(false));
  EXPECT_EQ(ErrorOf("bool_or", {kInt}), "DATATYPE_MISMATCH");
}

double NumberOf(std::string_view name, const std::vector<Row>& rows,
                std::vector<int64_t> weights = {}) {
  return std::get<double>(Of(name, kDouble, rows, std::move(weights)).value);
}

TEST(Moments, AgreeWithTheDefinition) {
  const auto rows = Doubles({1, std::nullopt, 2, 3, 10});
  EXPECT_DOUBLE_EQ(NumberOf("var_pop", rows), 12.5);
  EXPECT_DOUBLE_EQ(NumberOf("variance", rows), 50.0 / 3);
  EXPECT_DOUBLE_EQ(NumberOf("stddev_pop", rows), std::sqrt(12.5));
  EXPECT_DOUBLE_EQ(NumberOf("stddev", rows), std::sqrt(50.0 / 3));
}

TEST(Moments, OfNoneAndOne) {
  EXPECT_TRUE(Of("stddev", kDouble, {}).is_null());
  EXPECT_TRUE(Of("var_pop", kDouble, {}).is_null());
  EXPECT_TRUE(Of("stddev_samp", kDouble, Doubles({4})).is_null());
  EXPECT_EQ(NumberOf("stddev_pop", Doubles({4})), 0);
  EXPECT_TRUE(std::isnan(NumberOf("var_pop", Doubles({4, kNan}))));
}

TEST(Moments, KeepDigitsFarFromZero) {
  EXPECT_NEAR(NumberOf("var_pop", Doubles({1e9 + 1, 1e9 + 2, 1e9 + 3})), 2.0 / 3, 1e-9);
}

TEST(Moments, WeightsAreRepetition) {
  EXPECT_NEAR(NumberOf("var_samp", Doubles({1, 5}), {2, 3}),
              NumberOf("var_samp", Doubles({1, 1, 5, 5, 5})), 1e-12);
  EXPECT_NEAR(NumberOf("var_pop", Doubles({2, 4}), {1, 3}), 0.75, 1e-12);
  EXPECT_EQ(TextOf("stddev", kDouble, Doubles({1, 1}), {1, -1}), "UNSUPPORTED_FEATURE");
  EXPECT_FALSE(AggregateHarness("variance", {kDouble}).resolved().takes_back);
}

}  // namespace
}  // namespace sabot
