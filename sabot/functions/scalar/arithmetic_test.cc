#include <algorithm>
#include <random>

#include <gtest/gtest.h>

#include "sabot/functions/decimal.h"
#include "sabot/functions/registry.h"
#include "sabot/functions/testing/evaluate.h"

namespace sabot {
namespace {

using testing::CallText;
using testing::DecimalOf;

TypedValue Int(int64_t value) { return {Type(TypeId::kInt), value}; }
TypedValue Byte(int64_t value) { return {Type(TypeId::kByte), value}; }
TypedValue Long(int64_t value) { return TypedValue::Long(value); }
TypedValue Double(double value) { return TypedValue::Double(value); }

TEST(Arithmetic, RefusesIntegerOverflow) {
  EXPECT_EQ(CallText("+", {Int(INT32_MAX), Int(0)}), "2147483647");
  EXPECT_EQ(CallText("+", {Int(INT32_MAX), Int(1)}), "ARITHMETIC_OVERFLOW");
  EXPECT_EQ(CallText("+", {Int(INT32_MAX), Long(1)}), "2147483648");
  EXPECT_EQ(CallText("-", {Long(INT64_MIN), Long(1)}), "ARITHMETIC_OVERFLOW");
  EXPECT_EQ(CallText("*", {Long(INT64_MAX), Long(2)}), "ARITHMETIC_OVERFLOW");
  EXPECT_EQ(CallText("+", {Byte(127), Byte(1)}), "ARITHMETIC_OVERFLOW");
  EXPECT_EQ(CallText("negative", {Int(INT32_MIN)}), "ARITHMETIC_OVERFLOW");
  EXPECT_EQ(CallText("abs", {Long(INT64_MIN)}), "ARITHMETIC_OVERFLOW");
  EXPECT_EQ(CallText("abs", {Long(INT64_MIN + 1)}), "9223372036854775807");
  EXPECT_EQ(CallText("abs", {Int(-5)}), "5");
  EXPECT_EQ(CallText("abs", {Double(-0.5)}), "0.5");
}

TEST(Arithmetic, GivesNullInTryVariantsAndWrapsWithoutAnsi) {
  EXPECT_EQ(CallText("try_add", {Int(INT32_MAX), Int(1)}), "NULL");
  EXPECT_EQ(CallText("try_divide", {Int(1), Int(0)}), "NULL");
  EXPECT_EQ(CallText("try_multiply", {DecimalOf(PowerOfTen(37), 38, 0), DecimalOf(100, 38, 0)}),
            "NULL");
  const EvaluationSettings loose{.ansi = false};
  EXPECT_EQ(CallText("+", {Int(INT32_MAX), Int(1)}, loose), "-2147483648");
  EXPECT_EQ(CallText("/", {Int(1), Int(0)}, loose), "NULL");
  EXPECT_EQ(CallText("%", {Int(1), Int(0)}, loose), "NULL");
}

TEST(Arithmetic, DividesAsSpark) {
  EXPECT_EQ(CallText("/", {Int(7), Int(2)}), "3.5");
  EXPECT_EQ(CallText("/", {Int(1), Int(0)}), "DIVIDE_BY_ZERO");
  EXPECT_EQ(CallText("/", {Double(1), Double(0)}), "DIVIDE_BY_ZERO");
  EXPECT_EQ(CallText("div", {Int(-7), Int(2)}), "-3");
  EXPECT_EQ(CallText("div", {Long(INT64_MIN), Long(-1)}), "ARITHMETIC_OVERFLOW");
  EXPECT_EQ(CallText("div", {Int(7), Int(0)}), "DIVIDE_BY_ZERO");
  EXPECT_EQ(CallText("%", {Int(-7), Int(3)}), "-1");
  EXPECT_EQ(CallText("%", {Int(7), Int(-3)}), "1");
  EXPECT_EQ(CallText("%", {Int(INT32_MIN), Int(-1)}), "0");
  EXPECT_EQ(CallText("%", {Int(1), Int(0)}), "REMAINDER_BY_ZERO");
  EXPECT_EQ(CallText("pmod", {Int(-7), Int(3)}), "2");
  EXPECT_EQ(CallText("pmod", {Int(-7), Int(-3)}), "-1");
  EXPECT_EQ(CallText("pmod", {Double(-7.5), Double(2)}), "0.5");
}

TEST(Arithmetic, MovesDatesAndTimes) {
  const auto of = [](TypeId id, int64_t value) { return TypedValue{Type(id), value}; };
  const TypedValue day = of(TypeId::kDate, 15'735);  // 2013-01-30
  EXPECT_EQ(CallText("+", {day, Int(2)}), "2013-02-01");
  EXPECT_EQ(CallText("+", {Int(2), day}), "2013-02-01");
  EXPECT_EQ(CallText("-", {day, Int(30)}), "2012-12-31");
  EXPECT_EQ(CallText("+", {day, of(TypeId::kYearMonthInterval, 1)}), "2013-02-28");
  EXPECT_EQ(CallText("-", {day, of(TypeId::kYearMonthInterval, 11)}), "2012-02-29");
  EXPECT_EQ(CallText("+", {of(TypeId::kDayTimeInterval, 3'600'000'000), day}),
            "2013-01-30 01:00:00");
  EXPECT_EQ(testing::Call("-", {day, of(TypeId::kDate, 15'733)})->value,
            decltype(TypedValue::value)(int64_t{2} * 86'400'000'000));
  EXPECT_EQ(CallText("+", {of(TypeId::kTimestamp, INT64_MAX), of(TypeId::kDayTimeInterval, 1)}),
            "ARITHMETIC_OVERFLOW");
  EXPECT_EQ(testing::Call("*", {Int(3), of(TypeId::kYearMonthInterval, 5)})->value,
            decltype(TypedValue::value)(int64_t{15}));
  EXPECT_EQ(testing::Call("/", {of(TypeId::kDayTimeInterval, 5), Int(2)})->value,
            decltype(TypedValue::value)(int64_t{3}));
  EXPECT_EQ(CallText("+", {day, day}), "DATATYPE_MISMATCH");
}

TEST(DecimalArithmetic, HasSparksResultTypes) {
  const auto type = [](std::string_view name, Type left, Type right) {
    return FunctionRegistry::Default().Resolve(name, {{left, right}}, {})->result.ToSql();
  };
  const auto decimal = &Type::Decimal;
  EXPECT_EQ(type("+", decimal(10, 2), decimal(8, 4)), "DECIMAL(13,4)");
  EXPECT_EQ(type("*", decimal(10, 2), decimal(8, 4)), "DECIMAL(19,6)");
  EXPECT_EQ(type("/", decimal(10, 2), decimal(8, 4)), "DECIMAL(23,11)");
  EXPECT_EQ(type("%", decimal(10, 2), decimal(8, 4)), "DECIMAL(8,4)");
  EXPECT_EQ(type("*", decimal(38, 10), decimal(38, 10)), "DECIMAL(38,6)");
  EXPECT_EQ(type("+", decimal(38, 10), decimal(38, 0)), "DECIMAL(38,6)");
  EXPECT_EQ(type("/", decimal(38, 18), decimal(38, 18)), "DECIMAL(38,6)");
  EXPECT_EQ(type("+", decimal(10, 2), Type(TypeId::kInt)), "DECIMAL(13,2)");
  EXPECT_EQ(type("+", decimal(10, 2), Type(TypeId::kDouble)), "DOUBLE");
  EXPECT_EQ(type("div", decimal(10, 2), decimal(8, 4)), "BIGINT");
}

// Schoolbook arithmetic on decimal digits, least first: slow, and plainly right.
struct Naive {
  std::vector<int> digits;

  static Naive Of(Int128 value) {
    Naive naive;
    for (Int128 rest = value < 0 ? -value : value; rest != 0; rest /= 10) {
      naive.digits.push_back(static_cast<int>(rest % 10));
    }
    return naive;
  }
  void Trim() {
    while (!digits.empty() && digits.back() == 0) digits.pop_back();
  }
  Naive Shifted(int places) const {
    Naive shifted = *this;
    if (!digits.empty())
      shifted.digits.insert(shifted.digits.begin(), static_cast<size_t>(places), 0);
    return shifted;
  }
  bool LessThan(const Naive& other) const {
    if (digits.size() != other.digits.size()) return digits.size() < other.digits.size();
    return std::lexicographical_compare(digits.rbegin(), digits.rend(), other.digits.rbegin(),
                                        other.digits.rend());
  }
  Naive Plus(const Naive& other) const {
    Naive sum;
    int carry = 0;
    for (size_t i = 0; i < std::max(digits.size(), other.digits.size()) + 1; ++i) {
      carry +=
          (i < digits.size() ? digits[i] : 0) + (i < other.digits.size() ? other.digits[i] : 0);
      sum.digits.push_back(carry % 10);
      carry /= 10;
    }
    sum.Trim();
    return sum;
  }
  Naive Minus(const Naive& other) const {  // other is not greater
    Naive difference = *this;
    for (size_t i = 0; i < digits.size(); ++i) {
      difference.digits[i] -= i < other.digits.size() ? other.digits[i] : 0;
      if (difference.digits[i] < 0) difference.digits[i] += 10, --difference.digits[i + 1];
    }
    difference.Trim();
    return difference;
  }
  Naive Times(const Naive& other) const {
    Naive product;
    product.digits.assign(digits.size() + other.digits.size() + 1, 0);
    for (size_t i = 0; i < digits.size(); ++i) {
      for (size_t j = 0; j < other.digits.size(); ++j) {
        product.digits[i + j] += digits[i] * other.digits[j];
      }
    }
    for (size_t i = 0; i + 1 < product.digits.size(); ++i) {
      product.digits[i + 1] += product.digits[i] / 10;
      product.digits[i] %= 10;
    }
    product.Trim();
    return product;
  }
  Naive DividedBy(const Naive& divisor, Naive* remainder) const {
    Naive quotient;
    *remainder = {};
    for (size_t i = digits.size(); i-- > 0;) {
      *remainder = remainder->Shifted(1).Plus(Naive::Of(digits[i]));
      int digit = 0;
      for (; !remainder->LessThan(divisor); ++digit) *remainder = remainder->Minus(divisor);
      quotient.digits.insert(quotient.digits.begin(), digit);
    }
    quotient.Trim();
    return quotient;
  }
  Naive DividedHalfUp(const Naive& divisor) const {
    Naive remainder;
    const Naive quotient = DividedBy(divisor, &remainder);
    return remainder.Plus(remainder).LessThan(divisor) ? quotient : quotient.Plus(Naive::Of(1));
  }
  std::string Text(bool is_negative) const {
    std::string text;
    for (const int digit : digits) text.insert(text.begin(), static_cast<char>('0' + digit));
    if (text.empty()) return "0";
    return is_negative ? "-" + text : text;
  }
};

std::string Shown(bool fits, Int128 value) { return fits ? DecimalToString(value, 0) : "none"; }
std::string Shown(const Naive& naive, bool is_negative) {
  return naive.digits.size() > 38 ? "none" : naive.Text(is_negative);
}

Int128 RandomUnscaled(std::mt19937_64& random) {
  const Int128 wide = (Int128{static_cast<int64_t>(random() >> 1)} << 64) | random();
  const Int128 value = wide % PowerOfTen(static_cast<int>(1 + random() % 38));
  return random() % 2 == 0 ? value : -value;
}

TEST(DecimalArithmetic, IsExactThrough256Bits) {
  std::mt19937_64 random(1);
  for (int i = 0; i < 5'000; ++i) {
    const Int128 a = RandomUnscaled(random);
    const Int128 b = RandomUnscaled(random);
    const int shift = static_cast<int>(random() % 39);
    const int drop = static_cast<int>(random() % 40);
    const bool differ = (a < 0) != (b < 0);
    const Naive left = Naive::Of(a), right = Naive::Of(b);
    const Naive unit = Naive::Of(1).Shifted(drop);
    Int128 result = 0;
    bool fits = MultiplyDecimals(a, b, drop, 38, &result);
    EXPECT_EQ(Shown(fits, result), Shown(left.Times(right).DividedHalfUp(unit), differ));

    const Naive shifted = left.Shifted(shift);
    const bool is_less = shifted.LessThan(right);
    const Naive sum =
        !differ ? shifted.Plus(right) : (is_less ? right.Minus(shifted) : shifted.Minus(right));
    fits = AddDecimals(a, shift, b, 0, drop, 38, &result);
    EXPECT_EQ(Shown(fits, result),
              Shown(sum.DividedHalfUp(unit), differ && is_less ? b < 0 : a < 0));

    if (b == 0) continue;
    const int far = static_cast<int>(random() % 77);
    fits = DivideDecimals(a, far, b, 38, &result);
    EXPECT_EQ(Shown(fits, result), Shown(left.Shifted(far).DividedHalfUp(right), differ));
    Naive remainder;
    const Naive whole = shifted.DividedBy(right, &remainder);
    EXPECT_EQ(DecimalToString(RemainderOfDecimals(a, shift, b, 0), 0), remainder.Text(a < 0));
    fits = DivideToWhole(a, shift, b, 0, &result);
    EXPECT_EQ(Shown(fits, result), Shown(whole, differ));
    left.DividedBy(right.Shifted(shift), &remainder);
    EXPECT_EQ(DecimalToString(RemainderOfDecimals(a, 0, b, shift), 0), remainder.Text(a < 0));
  }
}

TEST(DecimalArithmetic, KeepsOrCutsDigits) {
  EXPECT_EQ(CallText("+", {DecimalOf(125, 3, 2), DecimalOf(1, 2, 1)}), "1.35");
  EXPECT_EQ(CallText("-", {DecimalOf(125, 3, 2), DecimalOf(1, 2, 1)}), "1.15");
  EXPECT_EQ(CallText("*", {DecimalOf(-125, 3, 2), DecimalOf(15, 2, 1)}), "-1.875");
  EXPECT_EQ(CallText("*", {DecimalOf(PowerOfTen(17), 18, 2), DecimalOf(-PowerOfTen(17), 18, 2)}),
            "-1000000000000000000000000000000.0000");
  EXPECT_EQ(CallText("/", {DecimalOf(1, 1, 0), DecimalOf(3, 1, 0)}), "0.333333");
  EXPECT_EQ(CallText("/", {DecimalOf(2, 1, 0), DecimalOf(3, 1, 0)}), "0.666667");
  EXPECT_EQ(CallText("/", {DecimalOf(2, 1, 0), DecimalOf(0, 1, 0)}), "DIVIDE_BY_ZERO");
  EXPECT_EQ(CallText("%", {DecimalOf(-725, 3, 2), DecimalOf(3, 1, 0)}), "-1.25");
  EXPECT_EQ(CallText("pmod", {DecimalOf(-725, 3, 2), DecimalOf(3, 1, 0)}), "1.75");
  EXPECT_EQ(CallText("div", {DecimalOf(-725, 3, 2), DecimalOf(3, 1, 0)}), "-2");
  const TypedValue greatest = DecimalOf(PowerOfTen(38) - 1, 38, 0);
  EXPECT_EQ(CallText("+", {greatest, DecimalOf(1, 38, 0)}), "NUMERIC_VALUE_OUT_OF_RANGE");
  EXPECT_EQ(CallText("+", {greatest, DecimalOf(0, 38, 0)}),
            "99999999999999999999999999999999999999");
  EXPECT_EQ(CallText("negative", {DecimalOf(125, 3, 2)}), "-1.25");
  EXPECT_EQ(CallText("abs", {DecimalOf(-PowerOfTen(20), 30, 2)}), "1000000000000000000.00");
}

}  // namespace
}  // namespace sabot
