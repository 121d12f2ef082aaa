// Comparison, conditions, mathematics, rounding and bits: exact answers.

#include <cmath>
#include <limits>

#include <gtest/gtest.h>

#include "sabot/functions/testing/evaluate.h"

namespace sabot {
namespace {

using testing::CallText;
using testing::DecimalOf;

TypedValue Int(int32_t value) { return TypedValue::Int(value); }
TypedValue Double(double value) { return TypedValue::Double(value); }
TypedValue Text(std::string value) { return TypedValue::String(std::move(value)); }
TypedValue Null(TypeId id = TypeId::kNull) { return TypedValue::Null(Type(id)); }
const double kNan = std::numeric_limits<double>::quiet_NaN();

TEST(Comparison, OrdersNanLastAndZerosEqual) {
  EXPECT_EQ(CallText("=", {Double(kNan), Double(kNan)}), "true");
  EXPECT_EQ(CallText("<", {Double(INFINITY), Double(kNan)}), "true");
  EXPECT_EQ(CallText("<", {Double(kNan), Double(kNan)}), "false");
  EXPECT_EQ(CallText("<=", {Double(kNan), Double(kNan)}), "true");
  EXPECT_EQ(CallText(">", {Double(kNan), Double(1)}), "true");
  EXPECT_EQ(CallText("<>", {Double(kNan), Double(1)}), "true");
  EXPECT_EQ(CallText("=", {Double(-0.0), Double(0.0)}), "true");
  EXPECT_EQ(CallText("<", {Double(-0.0), Double(0.0)}), "false");
}

TEST(Comparison, BringsTypesTogether) {
  EXPECT_EQ(CallText("=", {Int(1), DecimalOf(100, 3, 2)}), "true");
  EXPECT_EQ(CallText("<", {Text("9"), Int(10)}), "true");
  EXPECT_EQ(CallText("<", {Text("9"), Text("10")}), "false");
  EXPECT_EQ(CallText("=", {Text("x"), Int(10)}), "CAST_INVALID_INPUT");
  EXPECT_EQ(CallText("=", {TypedValue::Boolean(true), Int(1)}), "DATATYPE_MISMATCH");
  EXPECT_EQ(CallText("<", {Text("a text past twelve"), Text("a text past twelve!")}), "true");
  EXPECT_EQ(CallText("<", {Text("a"), Text("\xC3\xA4")}), "true");  // by unsigned bytes
  EXPECT_EQ(CallText("=", {Int(1), Null()}), "NULL");
}

TEST(Comparison, IsNullSafe) {
  EXPECT_EQ(CallText("<=>", {Int(1), Int(1)}), "true");
  EXPECT_EQ(CallText("<=>", {Int(1), Null(TypeId::kInt)}), "false");
  EXPECT_EQ(CallText("<=>", {Null(TypeId::kInt), Null(TypeId::kInt)}), "true");
  EXPECT_EQ(CallText("<=>", {Null(), Null()}), "true");
}

TEST(Comparison, FindsInLists) {
  EXPECT_EQ(CallText("in", {Int(2), Int(1), Int(2)}), "true");
  EXPECT_EQ(CallText("in", {Int(3), Int(1), Int(2)}), "false");
  EXPECT_EQ(CallText("in", {Int(3), Int(1), Null()}), "NULL");
  EXPECT_EQ(CallText("in", {Int(1), Int(1), Null()}), "true");
  EXPECT_EQ(CallText("in", {Null(TypeId::kInt), Int(1)}), "NULL");
  EXPECT_EQ(CallText("in", {Text("b"), Text("a"), Text("b")}), "true");
  EXPECT_EQ(CallText("in", {Double(kNan), Double(1), Double(kNan)}), "true");
  EXPECT_EQ(CallText("in", {Double(2), Double(1), Null()}), "NULL");
  EXPECT_EQ(CallText("in", {Int(1)}), "WRONG_NUM_ARGS");
}

TEST(Comparison, GoesThroughListsAndStructs) {
  const Type type = Type::Array(Type(TypeId::kInt));
  const auto list = [&](std::vector<TypedValue> values) { return TypedValue{type, values}; };
  EXPECT_EQ(CallText("<", {list({Int(1)}), list({Int(1), Int(2)})}), "true");
  EXPECT_EQ(CallText("<", {list({Int(2)}), list({Int(1), Int(2)})}), "false");
  EXPECT_EQ(CallText("=", {list({Int(1), Int(2)}), list({Int(1), Int(2)})}), "true");
  EXPECT_EQ(CallText("<", {list({Null(TypeId::kInt)}), list({Int(-5)})}), "true");
}

TEST(Conditional, PicksValues) {
  EXPECT_EQ(CallText("coalesce", {Null(), Null(TypeId::kInt), Int(3)}), "3");
  EXPECT_EQ(CallText("coalesce", {Null(), Null()}), "NULL");
  EXPECT_EQ(CallText("ifnull", {Null(), Text("x")}), "x");
  EXPECT_EQ(CallText("nvl2", {Int(0), Int(1), Int(2)}), "1");
  EXPECT_EQ(CallText("if", {Null(TypeId::kBoolean), Int(1), Int(2)}), "2");
  EXPECT_EQ(CallText("if", {TypedValue::Boolean(true), Int(1), Double(2)}), "1.0");
  EXPECT_EQ(CallText("nullif", {Int(1), Int(1)}), "NULL");
  EXPECT_EQ(CallText("nullif", {Int(1), Null(TypeId::kInt)}), "1");
  EXPECT_EQ(CallText("greatest", {Int(1), Null(), Int(3)}), "3");
  EXPECT_EQ(CallText("greatest", {Double(1), Double(kNan)}), "NaN");
  EXPECT_EQ(CallText("least", {Double(1), Double(kNan)}), "1.0");
  EXPECT_EQ(CallText("least", {Null(TypeId::kInt), Null(TypeId::kInt)}), "NULL");
  EXPECT_EQ(CallText("isnan", {Null(TypeId::kDouble)}), "false");
  EXPECT_EQ(CallText("nanvl", {Double(kNan), Double(2)}), "2.0");
  EXPECT_EQ(CallText("not", {Null(TypeId::kBoolean)}), "NULL");
}

TEST(Math, HasSparksEdges) {
  EXPECT_EQ(CallText("sqrt", {Int(-1)}), "NaN");
  EXPECT_EQ(CallText("ln", {Int(0)}), "NULL");
  EXPECT_EQ(CallText("log2", {Int(8)}), "3.0");
  EXPECT_EQ(CallText("log10", {Double(-1)}), "NULL");
  EXPECT_EQ(CallText("log1p", {Double(-1)}), "NULL");
  EXPECT_EQ(CallText("log", {Int(1), Int(0)}), "NULL");
  EXPECT_EQ(CallText("power", {Int(2), Double(0.5)}), "1.4142135623730951");
  EXPECT_EQ(CallText("sign", {Double(-0.5)}), "-1.0");
  EXPECT_EQ(CallText("sqrt", {}), "WRONG_NUM_ARGS");
  EXPECT_EQ(CallText("sqrt", {TypedValue::Boolean(true)}), "DATATYPE_MISMATCH");
  EXPECT_EQ(CallText("pi", {}), "3.141592653589793");
}

TEST(Rounding, RoundsHalvesAwayFromZeroOrToEven) {
  EXPECT_EQ(CallText("round", {Double(2.5)}), "3.0");
  EXPECT_EQ(CallText("round", {Double(-2.5)}), "-3.0");
  EXPECT_EQ(CallText("bround", {Double(2.5)}), "2.0");
  EXPECT_EQ(CallText("bround", {Double(3.5)}), "4.0");
  EXPECT_EQ(CallText("round", {Double(2.675), Int(2)}), "2.68");
  EXPECT_EQ(CallText("round", {Double(1234.5), Int(-2)}), "1200.0");
  EXPECT_EQ(CallText("round", {Double(0.4)}), "0.0");
  EXPECT_EQ(CallText("round", {Double(1e300), Int(2)}), "1.0E300");
  EXPECT_EQ(CallText("round", {Double(kNan), Int(2)}), "NaN");
  EXPECT_EQ(CallText("round", {Int(25), Int(-1)}), "30");
  EXPECT_EQ(CallText("bround", {Int(25), Int(-1)}), "20");
  EXPECT_EQ(CallText("bround", {Int(35), Int(-1)}), "40");
  EXPECT_EQ(CallText("round", {Int(-25), Int(-1)}), "-30");
  EXPECT_EQ(CallText("round", {Int(INT32_MAX), Int(-1)}), "ARITHMETIC_OVERFLOW");
  EXPECT_EQ(CallText("round", {Int(7), Int(-30)}), "0");
  EXPECT_EQ(CallText("round", {DecimalOf(25, 2, 1)}), "3");
  EXPECT_EQ(CallText("bround", {DecimalOf(25, 2, 1)}), "2");
  EXPECT_EQ(CallText("round", {DecimalOf(99, 2, 1)}), "10");
  EXPECT_EQ(CallText("round", {DecimalOf(2345, 4, 3), Int(2)}), "2.35");
  EXPECT_EQ(CallText("round", {DecimalOf(15'000, 5, 2), Int(-2)}), "200");
  EXPECT_EQ(CallText("round", {DecimalOf(-2345, 4, 3), Int(9)}), "-2.345");
}

TEST(Rounding, GivesDecimalsTheScaleAskedFor) {
  const auto type = [](TypedValue value, TypedValue places) {
    return testing::Call("round", {std::move(value), std::move(places)})->type.ToSql();
  };
  EXPECT_EQ(type(DecimalOf(12345, 5, 3), Int(2)), "DECIMAL(5,2)");
  EXPECT_EQ(type(DecimalOf(12345, 5, 3), Int(9)), "DECIMAL(6,3)");
  EXPECT_EQ(type(DecimalOf(12345, 5, 3), Int(0)), "DECIMAL(3,0)");
  EXPECT_EQ(type(DecimalOf(12345, 5, 3), Int(-5)), "DECIMAL(6,0)");
  EXPECT_EQ(CallText("round", {DecimalOf(99999, 5, 3), Int(-2)}), "100");
  EXPECT_EQ(CallText("round", {DecimalOf(60000, 5, 0), Int(-5)}), "100000");
  EXPECT_EQ(CallText("round", {DecimalOf(2349, 4, 3), Int(2)}), "2.35");
  EXPECT_EQ(CallText("bround", {DecimalOf(2345, 4, 3), Int(2)}), "2.34");
}

TEST(Rounding, FloorsAndCeils) {
  EXPECT_EQ(CallText("floor", {Double(-0.1)}), "-1");
  EXPECT_EQ(CallText("ceil", {Double(-0.1)}), "0");
  EXPECT_EQ(CallText("floor", {Double(1e30)}), "9223372036854775807");
  EXPECT_EQ(CallText("floor", {DecimalOf(-101, 3, 2)}), "-2");
  EXPECT_EQ(CallText("floor", {DecimalOf(199, 3, 2)}), "1");
  EXPECT_EQ(CallText("ceiling", {DecimalOf(101, 3, 2)}), "2");
  EXPECT_EQ(CallText("ceil", {DecimalOf(PowerOfTen(20) + 1, 30, 2)}), "1000000000000000001");
  EXPECT_EQ(CallText("floor", {Int(5)}), "5");
}

TEST(Bitwise, WorksOnTheWiderType) {
  EXPECT_EQ(CallText("&", {Int(6), TypedValue::Long(3)}), "2");
  EXPECT_EQ(CallText("|", {Int(6), Int(3)}), "7");
  EXPECT_EQ(CallText("^", {Int(6), Int(3)}), "5");
  EXPECT_EQ(CallText("~", {Int(6)}), "-7");
  EXPECT_EQ(CallText("shiftleft", {Int(1), Int(33)}), "2");
  EXPECT_EQ(CallText(">>", {Int(-8), Int(1)}), "-4");
  EXPECT_EQ(CallText(">>>", {TypedValue::Long(-1), Int(63)}), "1");
  EXPECT_EQ(CallText("bit_count", {Int(-1)}), "64");
  EXPECT_EQ(CallText("&", {Double(1), Int(1)}), "DATATYPE_MISMATCH");
}

}  // namespace
}  // namespace sabot
