#include "sabot/types/int128.h"

#include <algorithm>
#include <array>

#include "sabot/base/error.h"

namespace sabot {
namespace {

constexpr int kDigitsMax = 38;

constexpr auto kPowers = [] {
  std::array<Int128, kDigitsMax + 1> powers{};
  powers[0] = 1;
  for (size_t i = 1; i < powers.size(); ++i) powers[i] = powers[i - 1] * 10;
  return powers;
}();

bool IsDigit(char c) { return c >= '0' && c <= '9'; }

// A number's text in parts: value = +-digits * 10^exponent, digits without the point.
struct NumberText {
  bool is_negative = false;
  std::string digits;  // without leading zeros, so empty for 0
  int64_t exponent = 0;
};

// Exponents beyond any text we could hold, but far from overflow when added up.
constexpr int64_t kExponentMax = int64_t{1} << 40;

bool SplitNumber(std::string_view text, NumberText* number) {
  size_t at = 0;
  if (at < text.size() && (text[at] == '+' || text[at] == '-')) {
    number->is_negative = text[at++] == '-';
  }
  bool has_digit = false;
  bool is_fraction = false;
  for (; at < text.size(); ++at) {
    if (text[at] == '.' && !is_fraction) {
      is_fraction = true;
    } else if (IsDigit(text[at])) {
      has_digit = true;
      if (is_fraction) --number->exponent;
      if (text[at] != '0' || !number->digits.empty()) number->digits.push_back(text[at]);
    } else {
      break;
    }
  }
  if (!has_digit) return false;
  if (at == text.size()) return true;
  if (text[at] != 'e' && text[at] != 'E') return false;
  if (++at == text.size()) return false;
  const bool is_negative = text[at] == '-';
  if (text[at] == '+' || text[at] == '-') ++at;
  if (at == text.size()) return false;
  int64_t exponent = 0;
  for (; at < text.size(); ++at) {
    if (!IsDigit(text[at])) return false;
    exponent = std::min(exponent * 10 + (text[at] - '0'), kExponentMax);
  }
  number->exponent += is_negative ? -exponent : exponent;
  return true;
}

}  // namespace

Int128 PowerOfTen(int exponent) { return kPowers[static_cast<size_t>(exponent)]; }

std::string DecimalToString(Int128 unscaled, int scale) {
  const bool is_negative = unscaled < 0;
  // Negated as unsigned: the smallest value has no positive counterpart.
  UInt128 rest = is_negative ? -static_cast<UInt128>(unscaled) : static_cast<UInt128>(unscaled);
  std::string reversed;
  while (rest != 0 || static_cast<int>(reversed.size()) <= scale) {
    reversed.push_back(static_cast<char>('0' + static_cast<int>(rest % 10)));
    rest /= 10;
  }
  std::string text(is_negative ? "-" : "");
  text.append(reversed.rbegin(), reversed.rend() - scale);
  if (scale > 0) text.append(".").append(reversed.rend() - scale, reversed.rend());
  return text;
}

arrow::Result<Int128> DecimalFromString(std::string_view text, int precision, int scale) {
  NumberText number;
  if (!SplitNumber(text, &number)) {
    return MakeError("CAST_INVALID_INPUT",
                     {{"expression", "'" + std::string(text) + "'"},
                      {"sourceType", "\"STRING\""},
                      {"targetType", "\"" + Type::Decimal(precision, scale).ToSql() + "\""}});
  }
  // As many digits are kept as stand left of 10^-scale; the first dropped one decides the rounding.
  const int64_t num_kept = static_cast<int64_t>(number.digits.size()) + number.exponent + scale;
  if (number.digits.empty() || num_kept < 0) return Int128{0};
  const auto out_of_range = [&] {
    return MakeError("NUMERIC_VALUE_OUT_OF_RANGE", {{"value", std::string(text)},
                                                    {"precision", std::to_string(precision)},
                                                    {"scale", std::to_string(scale)}});
  };
  if (num_kept > precision) return out_of_range();
  Int128 unscaled = 0;
  const auto digit = [&](int64_t index) {
    return index < static_cast<int64_t>(number.digits.size())
               ? number.digits[static_cast<size_t>(index)] - '0'
               : 0;
  };
  for (int64_t index = 0; index < num_kept; ++index) unscaled = unscaled * 10 + digit(index);
  if (digit(num_kept) >= 5) ++unscaled;
  if (unscaled >= PowerOfTen(precision)) return out_of_range();
  return number.is_negative ? -unscaled : unscaled;
}

}  // namespace sabot
