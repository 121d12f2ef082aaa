#include <charconv>
#include <cmath>

#include <fmt/format.h>

#include "sabot/types/civil_date.h"
#include "sabot/types/value.h"

namespace sabot {
namespace {

// Java's Double.toString: plain digits from 10^-3 up to 10^7, else one digit before the point and
// an exponent; always a digit after the point.
template <typename Float>
std::string FloatingToString(Float value) {
  if (std::isnan(value)) return "NaN";
  if (std::isinf(value)) return value > 0 ? "Infinity" : "-Infinity";
  const std::string_view sign = std::signbit(value) ? "-" : "";
  if (value == 0) return fmt::format("{}0.0", sign);

  char buffer[64];
  auto written = std::to_chars(std::begin(buffer), std::end(buffer), std::abs(value),
                               std::chars_format::scientific);
  // One digit suffices, but Java prints two, so it takes the nearest of two: 4.9E-324, where
  // 5.0E-324 would read back as well.
  if (buffer[1] == 'e') {
    written = std::to_chars(std::begin(buffer), std::end(buffer), std::abs(value),
                            std::chars_format::scientific, 1);
  }
  const std::string_view text(buffer, static_cast<size_t>(written.ptr - buffer));
  const size_t exponent_at = text.find('e');
  int exponent = 0;
  const size_t number_at = exponent_at + (text[exponent_at + 1] == '+' ? 2 : 1);
  std::from_chars(text.data() + number_at, text.data() + text.size(), exponent);
  std::string digits(1, text[0]);
  digits.append(text.substr(2, exponent_at - 2));
  // The second of the two may be a zero that the layouts below add by themselves.
  while (digits.size() > 1 && digits.back() == '0') digits.pop_back();

  if (exponent < -3 || exponent >= 7) {
    return fmt::format("{}{}.{}E{}", sign, digits[0], digits.size() > 1 ? digits.substr(1) : "0",
                       exponent);
  }
  if (exponent < 0) {
    return fmt::format("{}0.{}{}", sign, std::string(static_cast<size_t>(-exponent - 1), '0'),
                       digits);
  }
  const size_t num_whole = static_cast<size_t>(exponent) + 1;
  if (digits.size() <= num_whole) digits.append(num_whole + 1 - digits.size(), '0');
  return fmt::format("{}{}.{}", sign, digits.substr(0, num_whole), digits.substr(num_whole));
}

constexpr int64_t kMicrosPerSecond = 1'000'000;
constexpr int64_t kMicrosPerDay = 86'400 * kMicrosPerSecond;

}  // namespace

std::string DoubleToString(double value) { return FloatingToString(value); }
std::string FloatToString(float value) { return FloatingToString(value); }

std::string DateToString(int64_t days) {
  const CivilDate date = CivilFromDays(days);
  // As ISO 8601 wants it: past four digits the year carries a sign.
  const std::string_view sign = date.year < 0 ? "-" : date.year > 9999 ? "+" : "";
  return fmt::format("{}{:04}-{:02}-{:02}", sign, std::abs(date.year), date.month, date.day);
}

std::string TimestampToString(int64_t micros) {
  const int64_t of_day = FloorMod(micros, kMicrosPerDay);
  const int64_t seconds = of_day / kMicrosPerSecond;
  std::string text =
      fmt::format("{} {:02}:{:02}:{:02}", DateToString(FloorDiv(micros, kMicrosPerDay)),
                  seconds / 3600, seconds / 60 % 60, seconds % 60);
  const int64_t fraction = of_day % kMicrosPerSecond;
  if (fraction == 0) return text;
  text.append(fmt::format(".{:06}", fraction));
  while (text.back() == '0') text.pop_back();
  return text;
}

}  // namespace sabot
