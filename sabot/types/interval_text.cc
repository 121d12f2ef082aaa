#include "sabot/types/interval_text.h"

#include <fmt/format.h>

namespace sabot {
namespace {

constexpr uint64_t kMicrosPerSecond = 1'000'000;
constexpr uint64_t kSecondsPerDay = 86'400;

// Unsigned: the smallest value has no positive counterpart.
uint64_t Magnitude(int64_t value) {
  return value < 0 ? uint64_t{0} - static_cast<uint64_t>(value) : static_cast<uint64_t>(value);
}

// ".5", or nothing.
std::string FractionText(uint64_t micros_of_second) {
  if (micros_of_second == 0) return "";
  std::string text = fmt::format(".{:06}", micros_of_second);
  while (text.back() == '0') text.pop_back();
  return text;
}

void AppendPart(std::string* text, int64_t count, std::string_view unit) {
  if (count == 0) return;
  if (!text->empty()) text->append(" ");
  text->append(fmt::format("{} {}", count, unit));
}

}  // namespace

std::string YearMonthIntervalDigits(int64_t months) {
  const uint64_t magnitude = Magnitude(months);
  return fmt::format("{}{}-{}", months < 0 ? "-" : "", magnitude / 12, magnitude % 12);
}

std::string DayTimeIntervalDigits(int64_t micros) {
  const uint64_t magnitude = Magnitude(micros);
  const uint64_t seconds = magnitude / kMicrosPerSecond;
  return fmt::format("{}{} {:02}:{:02}:{:02}{}", micros < 0 ? "-" : "", seconds / kSecondsPerDay,
                     seconds / 3600 % 24, seconds / 60 % 60, seconds % 60,
                     FractionText(magnitude % kMicrosPerSecond));
}

std::string CalendarIntervalToString(int64_t months, int64_t days, int64_t micros) {
  std::string text;
  AppendPart(&text, months / 12, "years");
  AppendPart(&text, months % 12, "months");
  AppendPart(&text, days, "days");
  const int64_t micros_per_second = static_cast<int64_t>(kMicrosPerSecond);
  AppendPart(&text, micros / (3600 * micros_per_second), "hours");
  AppendPart(&text, micros / (60 * micros_per_second) % 60, "minutes");
  const int64_t rest = micros % (60 * micros_per_second);
  if (rest != 0) {
    if (!text.empty()) text.append(" ");
    const uint64_t magnitude = Magnitude(rest);
    text.append(fmt::format("{}{}{} seconds", rest < 0 ? "-" : "", magnitude / kMicrosPerSecond,
                            FractionText(magnitude % kMicrosPerSecond)));
  }
  return text.empty() ? "0 seconds" : text;
}

std::string YearMonthIntervalToString(int64_t months) {
  return fmt::format("INTERVAL '{}' YEAR TO MONTH", YearMonthIntervalDigits(months));
}

std::string DayTimeIntervalToString(int64_t micros) {
  return fmt::format("INTERVAL '{}' DAY TO SECOND", DayTimeIntervalDigits(micros));
}

}  // namespace sabot
