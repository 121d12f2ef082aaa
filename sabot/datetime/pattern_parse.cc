#include <algorithm>
#include <span>

#include <fmt/format.h>

#include "sabot/datetime/pattern.h"
#include "sabot/types/identifier.h"

namespace sabot {
namespace {

bool IsLetter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
bool IsDigit(char c) { return c >= '0' && c <= '9'; }

bool TakeText(std::string_view* text, std::string_view expected) {
  if (!EqualsIgnoreCase(text->substr(0, expected.size()), expected)) return false;
  text->remove_prefix(expected.size());
  return true;
}

// The index of the name the text begins with.
std::optional<int32_t> TakeName(std::string_view* text, std::span<const std::string_view> names,
                                bool is_short) {
  for (size_t index = 0; index < names.size(); ++index) {
    if (TakeText(text, is_short ? names[index].substr(0, 3) : names[index])) {
      return static_cast<int32_t>(index);
    }
  }
  return std::nullopt;
}

std::optional<int32_t> TakeDigits(std::string_view* text, size_t size) {
  if (text->size() < size) return std::nullopt;
  int32_t number = 0;
  for (char c : text->substr(0, size)) {
    if (!IsDigit(c)) return std::nullopt;
    number = number * 10 + (c - '0');
  }
  text->remove_prefix(size);
  return number;
}

size_t CountDigits(std::string_view text) {
  return std::min(text.find_first_not_of("0123456789"), text.size());
}

// An offset in exactly the form that the letters write.
std::optional<TimeZone> TakeOffset(std::string_view* text, int count, bool with_z) {
  if (with_z && TakeText(text, "Z")) return TimeZone();
  if (text->empty() || (text->front() != '+' && text->front() != '-')) return std::nullopt;
  const bool has_colon = count == 3 || count == 5;
  std::string offset(1, text->front());
  text->remove_prefix(1);
  const size_t num_parts = count == 1 ? 2 : count <= 3 ? 2 : 3;
  const size_t num_needed = count == 1 ? 1 : 2;
  for (size_t part = 0; part < num_parts; ++part) {
    std::string_view rest = *text;
    if (part > 0 && has_colon && !TakeText(&rest, ":")) rest = {};
    const auto number = TakeDigits(&rest, 2);
    if (!number.has_value()) {
      if (part < num_needed) return std::nullopt;
      break;
    }
    offset.append(fmt::format("{}{:02}", part > 0 ? ":" : "", *number));
    *text = rest;
  }
  return TimeZone::TryFind(offset);
}

// The longest zone the text begins with.
std::optional<TimeZone> TakeZone(std::string_view* text) {
  size_t size = 0;
  while (size < text->size() &&
         (IsLetter((*text)[size]) || IsDigit((*text)[size]) ||
          std::string_view("+-:/_").find((*text)[size]) != std::string_view::npos)) {
    ++size;
  }
  for (; size > 0; --size) {
    auto zone = TimeZone::TryFind(text->substr(0, size));
    if (!zone.has_value()) continue;
    text->remove_prefix(size);
    return zone;
  }
  return std::nullopt;
}

}  // namespace

// What was read so far.
struct DateTimePattern::Fields {
  std::optional<int64_t> year;
  std::optional<int32_t> month, day, day_of_year, hour, hour_of_half, half, minute, second;
  int64_t fraction_micros = 0;
  std::optional<TimeZone> zone;

  // Two letters may give the same field; they must then agree.
  template <typename Value>
  static bool Set(std::optional<Value>* field, Value value) {
    if (field->has_value() && **field != value) return false;
    *field = value;
    return true;
  }

  std::optional<int64_t> Days() const {
    const int64_t in_year = year.value_or(1970);
    if (day_of_year.has_value()) {
      if (*day_of_year < 1 || *day_of_year > (IsLeapYear(in_year) ? 366 : 365)) return std::nullopt;
      const int64_t days = DaysFromCivil(in_year, 1, 1) + *day_of_year - 1;
      const CivilDate date = CivilFromDays(days);
      if (month.value_or(date.month) != date.month || day.value_or(date.day) != date.day) {
        return std::nullopt;
      }
      return days;
    }
    const int32_t in_month = month.value_or(1);
    const int32_t on_day = day.value_or(1);
    if (in_month < 1 || in_month > 12 || on_day < 1 || on_day > DaysInMonth(in_year, in_month)) {
      return std::nullopt;
    }
    return DaysFromCivil(in_year, in_month, on_day);
  }

  // 12 AM is midnight, and PM alone is noon.
  std::optional<int32_t> Hour() const {
    if (hour_of_half.has_value() && (*hour_of_half < 1 || *hour_of_half > 12)) return std::nullopt;
    const int32_t from_half = hour_of_half.value_or(12) % 12 + 12 * half.value_or(0);
    if (!hour.has_value()) return from_half;
    const bool disagrees = (hour_of_half.has_value() && *hour_of_half % 12 != *hour % 12) ||
                           (half.has_value() && *half != *hour / 12);
    return *hour > 23 || disagrees ? std::nullopt : hour;
  }

  std::optional<int64_t> LocalMicros() const {
    const auto days = Days();
    const auto of_day = Hour();
    if (!days.has_value() || !of_day.has_value()) return std::nullopt;
    if (minute.value_or(0) > 59 || second.value_or(0) > 59) return std::nullopt;
    const auto midnight = MicrosFromDays(*days);
    const int64_t time = *of_day * kMicrosPerHour + minute.value_or(0) * kMicrosPerMinute +
                         second.value_or(0) * kMicrosPerSecond + fraction_micros;
    int64_t micros;
    if (!midnight.has_value() || __builtin_add_overflow(*midnight, time, &micros)) {
      return std::nullopt;
    }
    return micros;
  }

  bool SetNumber(char letter, int count, int32_t number) {
    switch (letter) {
      case 'y':
        return Set<int64_t>(&year, count == 2 ? 2000 + number : number);
      case 'M':
        return Set(&month, number);
      case 'd':
        return Set(&day, number);
      case 'D':
        return Set(&day_of_year, number);
      case 'H':
        return Set(&hour, number);
      case 'h':
        return Set(&hour_of_half, number);
      case 'm':
        return Set(&minute, number);
      case 's':
        return Set(&second, number);
      default:
        return false;
    }
  }

  // A year from one letter, or from four on, may have a sign; a longer one than the letters say
  // must.
  bool TakeSignedYear(std::string_view* text, int count, size_t num_reserved) {
    const bool is_negative = TakeText(text, "-");
    const bool is_positive = !is_negative && count >= 4 && TakeText(text, "+");
    const size_t num_found = CountDigits(*text);
    size_t size = std::min<size_t>(num_found - std::min(num_reserved, num_found), 6);
    const size_t num_letters = static_cast<size_t>(count);
    if (count >= 4 && !is_positive && !is_negative) size = std::min(size, num_letters);
    if (size < num_letters || (is_positive && size == num_letters)) return false;
    const auto number = TakeDigits(text, size);
    // There is no year -0.
    if (!number.has_value() || (is_negative && *number == 0)) return false;
    return Set<int64_t>(&year, is_negative ? -int64_t{*number} : *number);
  }

  bool TakeFraction(std::string_view* text, int count) {
    const size_t size = std::min(CountDigits(*text), static_cast<size_t>(count));
    if (size == 0) return false;
    int64_t nanos = *TakeDigits(text, size);
    for (size_t digit = size; digit < 9; ++digit) nanos *= 10;
    fraction_micros = nanos / 1000;
    return true;
  }

  // num_reserved: digits that belong to the numbers after this one.
  bool TakeNumber(std::string_view* text, const Part& part, size_t num_reserved) {
    if (part.letter == 'S') return TakeFraction(text, part.count);
    if (part.letter == 'y' && part.count != 2) {
      return TakeSignedYear(text, part.count, num_reserved);
    }
    size_t size = static_cast<size_t>(part.count);
    const size_t size_max = static_cast<size_t>(part.digits_max);
    if (part.count == 1 || part.letter == 'D') {
      const size_t num_found = CountDigits(*text);
      size =
          std::clamp(num_found - std::min(num_reserved, num_found), size, std::max(size, size_max));
    }
    const auto number = TakeDigits(text, size);
    return number.has_value() && SetNumber(part.letter, part.count, *number);
  }

  bool SetZone(std::optional<TimeZone> found) {
    if (!found.has_value()) return false;
    zone = std::move(found);
    return true;
  }

  bool Take(std::string_view* text, const Part& part, size_t num_reserved) {
    if (part.letter == 0) return TakeText(text, part.text);
    if (!part.is_name) return TakeNumber(text, part, num_reserved);
    switch (part.letter) {
      case 'M': {
        const auto index = TakeName(text, kMonthNames, part.count == 3);
        return index.has_value() && Set(&month, *index + 1);
      }
      case 'a': {
        const bool is_am = TakeText(text, "AM");
        return (is_am || TakeText(text, "PM")) && Set(&half, is_am ? 0 : 1);
      }
      case 'X':
      case 'x':
        return SetZone(TakeOffset(text, part.count, part.letter == 'X'));
      default:
        return SetZone(TakeZone(text));
    }
  }
};

// Digits of the numbers of fixed width that follow without anything between: "yyyyMMdd" leaves four
// to month and day.
int DateTimePattern::NumDigitsReserved(size_t index) const {
  int num_digits = 0;
  while (++index < parts_.size()) {
    const Part& part = parts_[index];
    if (part.letter == 0 || part.letter == 'S') break;
    if (part.count < 2 || part.is_name) break;
    num_digits += part.count;
  }
  return num_digits;
}

std::optional<DateTimePattern::Fields> DateTimePattern::ParseFields(std::string_view text) const {
  Fields fields;
  for (size_t index = 0; index < parts_.size(); ++index) {
    const auto num_reserved = static_cast<size_t>(NumDigitsReserved(index));
    if (!fields.Take(&text, parts_[index], num_reserved)) return std::nullopt;
  }
  if (!text.empty()) return std::nullopt;
  return fields;
}

std::optional<int64_t> DateTimePattern::ParseLocal(std::string_view text) const {
  const auto fields = ParseFields(text);
  return fields.has_value() ? fields->LocalMicros() : std::nullopt;
}

std::optional<int64_t> DateTimePattern::Parse(std::string_view text, const TimeZone& zone) const {
  const auto fields = ParseFields(text);
  if (!fields.has_value()) return std::nullopt;
  const auto local = fields->LocalMicros();
  if (!local.has_value()) return std::nullopt;
  return (fields->zone.has_value() ? *fields->zone : zone).ToUtc(*local);
}

}  // namespace sabot
