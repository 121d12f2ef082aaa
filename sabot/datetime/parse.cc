#include "sabot/datetime/parse.h"

namespace sabot {
namespace {

constexpr int kDateYearDigitsMax = 7;  // reaches every day that 32 bits hold
constexpr int kTimestampYearDigitsMax = 6;
constexpr int kFractionDigits = 6;

bool IsDigit(char c) { return c >= '0' && c <= '9'; }

// Blanks and control characters, as Spark trims them.
std::string_view Trimmed(std::string_view text) {
  const auto is_blank = [](char c) { return static_cast<unsigned char>(c) <= 0x20 || c == 0x7F; };
  while (!text.empty() && is_blank(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_blank(text.back())) text.remove_suffix(1);
  return text;
}

bool Take(std::string_view* text, char c) {
  if (text->empty() || text->front() != c) return false;
  text->remove_prefix(1);
  return true;
}

// The whole run of digits, if it has min to max of them.
std::optional<int32_t> TakeNumber(std::string_view* text, int digits_min, int digits_max) {
  int num_digits = 0;
  int32_t number = 0;
  while (!text->empty() && IsDigit(text->front())) {
    if (++num_digits > digits_max) return std::nullopt;
    number = number * 10 + (text->front() - '0');
    text->remove_prefix(1);
  }
  if (num_digits < digits_min) return std::nullopt;
  return number;
}

// A date, or its beginning; leaves what does not belong to it. has_day: year, month and day were
// all there.
std::optional<int64_t> TakeDate(std::string_view* text, int year_digits_max, bool* has_day) {
  const bool is_negative = Take(text, '-');
  if (!is_negative) Take(text, '+');
  const auto year = TakeNumber(text, 4, year_digits_max);
  if (!year.has_value()) return std::nullopt;
  int32_t month = 1;
  int32_t day = 1;
  *has_day = false;
  if (Take(text, '-')) {
    const auto number = TakeNumber(text, 1, 2);
    if (!number.has_value()) return std::nullopt;
    month = *number;
    if (Take(text, '-')) {
      const auto last = TakeNumber(text, 1, 2);
      if (!last.has_value()) return std::nullopt;
      day = *last;
      *has_day = true;
    }
  }
  const int64_t signed_year = is_negative ? -int64_t{*year} : *year;
  if (month < 1 || month > 12 || day < 1 || day > DaysInMonth(signed_year, month)) {
    return std::nullopt;
  }
  return DaysFromCivil(signed_year, month, day);
}

// The digits after the point as microseconds; none at all are 0.
int64_t TakeFraction(std::string_view* text) {
  int64_t micros = 0;
  int num_digits = 0;
  for (; !text->empty() && IsDigit(text->front()); text->remove_prefix(1)) {
    if (num_digits == kFractionDigits) continue;
    micros = micros * 10 + (text->front() - '0');
    ++num_digits;
  }
  for (; num_digits < kFractionDigits; ++num_digits) micros *= 10;
  return micros;
}

// [h]h[:[m]m[:[s]s[.fraction]]]; has_seconds: only then may a zone follow.
std::optional<int64_t> TakeTime(std::string_view* text, bool* has_seconds) {
  int32_t parts[3] = {};
  *has_seconds = false;
  for (size_t index = 0; index < std::size(parts); ++index) {
    const auto number = TakeNumber(text, 1, 2);
    if (!number.has_value() || *number > (index == 0 ? 23 : 59)) return std::nullopt;
    parts[index] = *number;
    if (index == 2) {
      *has_seconds = true;
    } else if (!Take(text, ':')) {
      break;
    }
  }
  const int64_t fraction = *has_seconds && Take(text, '.') ? TakeFraction(text) : 0;
  return (int64_t{parts[0]} * 3600 + parts[1] * 60 + parts[2]) * kMicrosPerSecond + fraction;
}

// A time of day starts with T, or has a colon after one or two digits.
bool IsTimeAlone(std::string_view text) {
  if (text.front() == 'T') return true;
  const size_t colon = text.find(':');
  return (colon == 1 || colon == 2) && IsDigit(text[0]) && IsDigit(text[colon - 1]);
}

}  // namespace

std::optional<int32_t> ParseDate(std::string_view text) {
  text = Trimmed(text);
  bool has_day;
  const auto days = TakeDate(&text, kDateYearDigitsMax, &has_day);
  if (!days.has_value() || *days != static_cast<int32_t>(*days)) return std::nullopt;
  const bool may_follow = has_day && !text.empty() && (text[0] == ' ' || text[0] == 'T');
  if (!text.empty() && !may_follow) return std::nullopt;
  return static_cast<int32_t>(*days);
}

std::optional<ParsedTimestamp> ParseTimestampParts(std::string_view text) {
  text = Trimmed(text);
  if (text.empty()) return std::nullopt;
  ParsedTimestamp parsed;
  parsed.has_date = !IsTimeAlone(text);
  bool has_time = !parsed.has_date;
  if (parsed.has_date) {
    bool has_day;
    const auto days = TakeDate(&text, kTimestampYearDigitsMax, &has_day);
    if (!days.has_value()) return std::nullopt;
    const auto micros = MicrosFromDays(*days);
    if (!micros.has_value()) return std::nullopt;
    parsed.local_micros = *micros;
    has_time = has_day && (Take(&text, ' ') || Take(&text, 'T'));
  } else {
    Take(&text, 'T');
  }
  if (has_time) {
    bool has_seconds;
    const auto time = TakeTime(&text, &has_seconds);
    if (!time.has_value() ||
        __builtin_add_overflow(parsed.local_micros, *time, &parsed.local_micros)) {
      return std::nullopt;
    }
    if (has_seconds && !text.empty()) {
      parsed.zone = TimeZone::TryFind(Trimmed(text));
      if (!parsed.zone.has_value()) return std::nullopt;
      return parsed;
    }
  }
  if (!text.empty()) return std::nullopt;
  return parsed;
}

std::optional<int64_t> ParseTimestamp(std::string_view text, const TimeZone& session_zone,
                                      int64_t now_micros) {
  const auto parsed = ParseTimestampParts(text);
  if (!parsed.has_value()) return std::nullopt;
  const TimeZone& zone = parsed->zone.has_value() ? *parsed->zone : session_zone;
  if (parsed->has_date) return zone.ToUtc(parsed->local_micros);
  const auto today = MicrosFromDays(DaysFromMicros(zone.ToLocal(now_micros)));
  int64_t local_micros;
  if (!today.has_value() || __builtin_add_overflow(*today, parsed->local_micros, &local_micros)) {
    return std::nullopt;
  }
  return zone.ToUtc(local_micros);
}

std::optional<int64_t> ParseTimestampNtz(std::string_view text) {
  const auto parsed = ParseTimestampParts(text);
  if (!parsed.has_value() || !parsed->has_date) return std::nullopt;
  return parsed->local_micros;
}

}  // namespace sabot
