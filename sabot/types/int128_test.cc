#include "sabot/types/int128.h"

#include <random>

#include <gtest/gtest.h>

#include "sabot/base/error.h"

namespace sabot {
namespace {

constexpr Int128 kMax = ~(Int128{1} << 127);
constexpr Int128 kMin = -kMax - 1;

TEST(Int128, PowersOfTenAreExact) {
  Int128 power = 1;
  for (int exponent = 0; exponent <= 38; ++exponent) {
    EXPECT_TRUE(PowerOfTen(exponent) == power) << exponent;
    if (exponent < 38) power *= 10;
  }
}

TEST(Decimal, WritesItsFractionDigits) {
  const std::tuple<Int128, int, std::string_view> cases[] = {
      {0, 0, "0"},
      {0, 3, "0.000"},
      {7, 0, "7"},
      {7, 1, "0.7"},
      {7, 2, "0.07"},
      {12345, 2, "123.45"},
      {-12345, 2, "-123.45"},
      {-5, 3, "-0.005"},
      {100, 2, "1.00"},
      {PowerOfTen(38) - 1, 38, "0.99999999999999999999999999999999999999"},
      {1 - PowerOfTen(38), 0, "-99999999999999999999999999999999999999"},
      {kMax, 0, "170141183460469231731687303715884105727"},
      {kMin, 1, "-17014118346046923173168730371588410572.8"},
  };
  for (const auto& [unscaled, scale, expected] : cases) {
    EXPECT_EQ(DecimalToString(unscaled, scale), expected);
  }
}

struct ReadCase {
  std::string_view text;
  int precision;
  int scale;
  int64_t unscaled;
};

TEST(Decimal, ReadsAndRoundsHalfUp) {
  const ReadCase cases[] = {
      {"0", 1, 0, 0},
      {"-0", 1, 0, 0},
      {"+12.5", 5, 1, 125},
      {"12.5", 5, 2, 1250},
      {"12.", 5, 0, 12},
      {".5", 5, 1, 5},
      {"000012.50", 5, 1, 125},
      {"1.05", 5, 1, 11},
      {"1.049999999999999999999999999999999999999999", 5, 1, 10},
      {"-1.05", 5, 1, -11},
      {"-1.04", 5, 1, -10},
      {"0.5", 5, 0, 1},
      {"-0.5", 5, 0, -1},
      {"0.49", 5, 0, 0},
      {"0.05", 5, 0, 0},
      {"0.09", 5, 0, 0},
      {"99.94", 3, 1, 999},
      {"1e3", 5, 0, 1000},
      {"1E+3", 5, 1, 10000},
      {"12345e-2", 5, 2, 12345},
      {"12345e-3", 5, 2, 1235},
      {"5e-1", 5, 0, 1},
      {"5e-2", 5, 0, 0},
      {"1e-999999999999999999999999", 5, 2, 0},
      {"0e999999999999999999999999", 5, 2, 0},
      {"0.00000000000000000000000000000000000000000000000001e52", 3, 0, 100},
      {"999999999999999999", 18, 0, 999999999999999999},
  };
  for (const ReadCase& c : cases) {
    const auto unscaled = DecimalFromString(c.text, c.precision, c.scale);
    ASSERT_TRUE(unscaled.ok()) << c.text << ": " << unscaled.status().ToString();
    EXPECT_TRUE(*unscaled == c.unscaled) << c.text << " as " << DecimalToString(*unscaled, 0);
  }
}

TEST(Decimal, RefusesWhatIsNoNumber) {
  for (std::string_view text :
       {"",    "+",  "-",  ".",  "1..2", "1.2.3",    "1e",    "1e+", "e5",  "1e5.0",   "1x", "0x1",
        "--1", "1-", " 1", "1 ", "NaN",  "Infinity", "1_000", "1,5", ".e1", "\xD9\xA1"}) {
    const arrow::Status status = DecimalFromString(text, 10, 2).status();
    ASSERT_NE(GetErrorDetail(status), nullptr) << text;
    EXPECT_EQ(GetErrorDetail(status)->error_class().name, "CAST_INVALID_INPUT") << text;
  }
  EXPECT_EQ(DecimalFromString("x", 10, 2).status().message(),
            "[CAST_INVALID_INPUT] The value 'x' of the type \"STRING\" cannot be cast to "
            "\"DECIMAL(10,2)\" because it is malformed. Use `try_cast` to get NULL instead.");
}

TEST(Decimal, RefusesWhatDoesNotFit) {
  const std::tuple<std::string_view, int, int> cases[] = {
      {"10", 1, 0},
      {"9.5", 1, 0},
      {"-9.5", 1, 0},
      {"0.95", 1, 1},
      {"1", 1, 1},
      {"99.95", 3, 1},
      {"1e38", 38, 0},
      {"99999999999999999999999999999999999999.5", 38, 0},
      {"1e99999999999999999999", 38, 0},
      {"340282366920938463463374607431768211457", 38, 0},
  };
  for (const auto& [text, precision, scale] : cases) {
    const arrow::Status status = DecimalFromString(text, precision, scale).status();
    ASSERT_NE(GetErrorDetail(status), nullptr) << text;
    EXPECT_EQ(GetErrorDetail(status)->error_class().name, "NUMERIC_VALUE_OUT_OF_RANGE") << text;
  }
}

TEST(Decimal, ReadsBackWhatItWrites) {
  std::mt19937_64 random(7);
  for (int round = 0; round < 20'000; ++round) {
    const int precision = static_cast<int>(random() % 38) + 1;
    const int scale = static_cast<int>(random() % static_cast<unsigned>(precision + 1));
    const UInt128 bits = (static_cast<UInt128>(random()) << 64) | random();
    Int128 unscaled = static_cast<Int128>(bits % static_cast<UInt128>(PowerOfTen(precision)));
    if (random() % 2 == 0) unscaled = -unscaled;
    const std::string text = DecimalToString(unscaled, scale);
    EXPECT_TRUE(DecimalFromString(text, precision, scale).ValueOrDie() == unscaled) << text;
  }
}

}  // namespace
}  // namespace sabot
