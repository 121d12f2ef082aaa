#include <cmath>
#include <limits>

#include <gtest/gtest.h>

#include "sabot/base/error.h"
#include "sabot/functions/registry.h"
#include "sabot/functions/testing/evaluate.h"

namespace sabot {
namespace {

using testing::CastText;
using testing::DecimalOf;

const Type kByte(TypeId::kByte), kInt(TypeId::kInt), kLong(TypeId::kLong), kFloat(TypeId::kFloat),
    kDouble(TypeId::kDouble), kString(TypeId::kString), kBoolean(TypeId::kBoolean),
    kDate(TypeId::kDate), kTimestamp(TypeId::kTimestamp), kNtz(TypeId::kTimestampNtz);

std::string FromText(std::string text, const Type& to) {
  return CastText(TypedValue::String(std::move(text)), to);
}

TEST(Cast, ReadsIntegers) {
  EXPECT_EQ(FromText("12", kInt), "12");
  EXPECT_EQ(FromText(" \t+12\x7F", kInt), "12");
  EXPECT_EQ(FromText("-128", kByte), "-128");
  for (const char* bad : {"", "-", "1.5", "1e3", "+-1", "1 2", "2147483648", "0x10", "abc"}) {
    EXPECT_EQ(FromText(bad, kInt), "CAST_INVALID_INPUT") << bad;
    EXPECT_EQ(CastText(TypedValue::String(bad), kInt, true), "NULL") << bad;
  }
  EXPECT_EQ(FromText("128", kByte), "CAST_INVALID_INPUT");
}

TEST(Cast, ReadsBooleansAndFloats) {
  EXPECT_EQ(FromText(" YES ", kBoolean), "true");
  EXPECT_EQ(FromText("0", kBoolean), "false");
  EXPECT_EQ(FromText("2", kBoolean), "CAST_INVALID_INPUT");
  EXPECT_EQ(FromText("1e3", kDouble), "1000.0");
  EXPECT_EQ(FromText("1.0d", kDouble), "1.0");
  EXPECT_EQ(FromText("+.5", kDouble), "0.5");
  EXPECT_EQ(FromText("-inf", kDouble), "-Infinity");
  EXPECT_EQ(FromText("Infinity", kFloat), "Infinity");
  EXPECT_EQ(FromText("nan", kDouble), "NaN");
  EXPECT_EQ(FromText("1e999", kDouble), "Infinity");
  for (const char* bad : {"", "d", "1x", "1e", "--1", "- 1", "infinite", "."}) {
    EXPECT_EQ(FromText(bad, kDouble), "CAST_INVALID_INPUT") << bad;
  }
}

TEST(Cast, ReadsDecimals) {
  EXPECT_EQ(FromText(" 1.005 ", Type::Decimal(5, 2)), "1.01");
  EXPECT_EQ(FromText("-1.005e1", Type::Decimal(5, 2)), "-10.05");
  EXPECT_EQ(FromText("1000", Type::Decimal(5, 2)), "NUMERIC_VALUE_OUT_OF_RANGE");
  EXPECT_EQ(FromText("1,5", Type::Decimal(5, 2)), "CAST_INVALID_INPUT");
  EXPECT_EQ(CastText(TypedValue::String("x"), Type::Decimal(25, 2), true), "NULL");
}

TEST(Cast, ShowsTheValueAndBothTypes) {
  const auto status = [](const TypedValue& value, const Type& to) {
    return EvaluateConstant(MakeExpression(CastTo{MakeLiteral(value)}, to, true, {3, 7}),
                            FunctionRegistry::Default(), {})
        .status();
  };
  const arrow::Status bad = status(TypedValue::String("it's"), kInt);
  const ErrorDetail* detail = GetErrorDetail(bad);
  ASSERT_NE(detail, nullptr);
  EXPECT_EQ(detail->parameters()[0].value, TypedValue::String("it's").ToSql());
  EXPECT_EQ(detail->parameters()[1].value, "\"STRING\"");
  EXPECT_EQ(detail->parameters()[2].value, "\"INT\"");
  EXPECT_EQ(detail->span(), (Span{3, 7}));
}

TEST(Cast, ChecksTheRangeOfNumbers) {
  EXPECT_EQ(CastText(TypedValue::Long(INT32_MAX), kInt), "2147483647");
  EXPECT_EQ(CastText(TypedValue::Long(INT64_C(2147483648)), kInt), "CAST_OVERFLOW");
  EXPECT_EQ(CastText(TypedValue::Long(INT64_C(2147483648)), kInt, true), "NULL");
  EXPECT_EQ(CastText(TypedValue::Double(2147483647.9), kInt), "2147483647");
  EXPECT_EQ(CastText(TypedValue::Double(-2147483648.9), kInt), "-2147483648");
  EXPECT_EQ(CastText(TypedValue::Double(-2147483649.0), kInt), "CAST_OVERFLOW");
  EXPECT_EQ(CastText(TypedValue::Double(-1.9), kInt), "-1");
  EXPECT_EQ(CastText(TypedValue::Double(std::nan("")), kLong), "CAST_OVERFLOW");
  EXPECT_EQ(CastText(TypedValue::Double(9223372036854775808.0), kLong), "9223372036854775807");
  EXPECT_EQ(CastText(TypedValue::Double(9223372036854777856.0), kLong), "CAST_OVERFLOW");
  EXPECT_EQ(CastText(TypedValue::Double(1e300), kFloat), "Infinity");
  EXPECT_EQ(CastText(TypedValue::Int(-3), kBoolean), "true");
  EXPECT_EQ(CastText(TypedValue::Boolean(true), kDouble), "1.0");
  EXPECT_EQ(CastText(TypedValue::Boolean(true), Type::Decimal(1, 1)), "NUMERIC_VALUE_OUT_OF_RANGE");
}

TEST(Cast, RescalesDecimals) {
  EXPECT_EQ(CastText(DecimalOf(1005, 5, 3), Type::Decimal(4, 2)), "1.01");
  EXPECT_EQ(CastText(DecimalOf(-1005, 5, 3), Type::Decimal(4, 2)), "-1.01");
  EXPECT_EQ(CastText(DecimalOf(1004, 5, 3), Type::Decimal(25, 5)), "1.00400");
  EXPECT_EQ(CastText(DecimalOf(99995, 5, 1), Type::Decimal(4, 0)), "NUMERIC_VALUE_OUT_OF_RANGE");
  EXPECT_EQ(CastText(DecimalOf(-1999, 4, 3), kInt), "-1");
  EXPECT_EQ(CastText(DecimalOf(PowerOfTen(20), 38, 0), kLong), "CAST_OVERFLOW");
  EXPECT_EQ(CastText(DecimalOf(1, 38, 30), kDouble), "1.0E-30");
  EXPECT_EQ(CastText(DecimalOf(123'456'789, 9, 4), kDouble), "12345.6789");
  EXPECT_EQ(CastText(TypedValue::Double(2.675), Type::Decimal(5, 2)), "2.68");
  EXPECT_EQ(CastText(TypedValue::Double(1e10), Type::Decimal(5, 2)), "NUMERIC_VALUE_OUT_OF_RANGE");
  EXPECT_EQ(CastText(TypedValue::Int(INT32_MIN), Type::Decimal(12, 2)), "-2147483648.00");
  EXPECT_EQ(CastText(TypedValue::Long(INT64_MIN), Type::Decimal(38, 2)), "-9223372036854775808.00");
  EXPECT_EQ(CastText(TypedValue::Int(1000), Type::Decimal(5, 2)), "NUMERIC_VALUE_OUT_OF_RANGE");
}

TEST(Cast, PrintsAsSpark) {
  EXPECT_EQ(CastText(TypedValue::Double(1e7), kString), "1.0E7");
  EXPECT_EQ(CastText({kFloat, 0.1f + 0.0}, kString), "0.1");
  EXPECT_EQ(CastText(TypedValue::Long(INT64_MIN), kString), "-9223372036854775808");
  EXPECT_EQ(CastText(TypedValue::Boolean(false), kString), "false");
  EXPECT_EQ(CastText(DecimalOf(-5, 10, 7), kString), "-0.0000005");
  EXPECT_EQ(CastText({kDate, int64_t{15'706}}, kString), "2013-01-01");
}

TEST(Cast, ReadsAndMovesTimesInTheSessionsZone) {
  const EvaluationSettings berlin{.time_zone = "Europe/Berlin"};
  const TypedValue noon = TypedValue::String("2024-07-01 12:00:00");
  EXPECT_EQ(CastText(noon, kTimestamp, false, berlin), "2024-07-01 10:00:00");  // shown in UTC
  EXPECT_EQ(CastText(noon, kNtz, false, berlin), "2024-07-01 12:00:00");
  EXPECT_EQ(CastText(noon, kDate), "2024-07-01");
  const auto timestamp = [](int64_t seconds) {
    return TypedValue{kTimestamp, seconds * 1'000'000};
  };
  EXPECT_EQ(CastText(timestamp(1'704'063'600), kDate, false, berlin), "2024-01-01");
  EXPECT_EQ(CastText(timestamp(1'704'063'600), kDate), "2023-12-31");
  EXPECT_EQ(CastText(timestamp(1'704'063'600), kString, false, berlin), "2024-01-01 00:00:00");
  EXPECT_EQ(CastText({kDate, int64_t{19'723}}, kTimestamp, false, berlin), "2023-12-31 23:00:00");
  EXPECT_EQ(CastText({kTimestamp, int64_t{-1}}, kLong), "-1");
  EXPECT_EQ(CastText(TypedValue::Long(1), kTimestamp), "1970-01-01 00:00:01");
  EXPECT_EQ(CastText(TypedValue::Long(INT64_MAX), kTimestamp), "CAST_OVERFLOW");
  EXPECT_EQ(FromText("2024-13-01", kDate), "CAST_INVALID_INPUT");
  EXPECT_EQ(CastText(TypedValue::Int(1), kDate), "DATATYPE_MISMATCH");
}

}  // namespace
}  // namespace sabot
