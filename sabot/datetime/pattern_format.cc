#include <fmt/format.h>

#include "sabot/datetime/pattern.h"

namespace sabot {
namespace {

constexpr std::string_view kQuarterOrdinals[] = {"1st", "2nd", "3rd", "4th"};

std::string NumberText(int64_t value, int count) { return fmt::format("{:0{}}", value, count); }

std::string NameText(std::string_view name, bool is_short) {
  return std::string(is_short ? name.substr(0, 3) : name);
}

std::string YearText(int64_t year, int count) {
  if (count == 2) return fmt::format("{:02}", FloorMod(year, 100));
  const uint64_t magnitude = static_cast<uint64_t>(year < 0 ? -year : year);
  std::string digits = fmt::format("{:0{}}", magnitude, count);
  if (year < 0) return "-" + digits;
  // Java: from four letters on, a year of more digits carries a sign.
  return count >= 4 && digits.size() > static_cast<size_t>(count) ? "+" + digits : digits;
}

// +hh[[:]mm[[:]ss]] by the number of letters.
std::string OffsetText(int32_t seconds, int count, bool with_z) {
  if (seconds == 0 && with_z) return "Z";
  const int32_t magnitude = std::abs(seconds);
  const std::string_view colon = count == 3 || count == 5 ? ":" : "";
  std::string text = fmt::format("{}{:02}", seconds < 0 ? '-' : '+', magnitude / 3600);
  const int32_t minutes = magnitude / 60 % 60;
  if (count > 1 || minutes != 0) text.append(fmt::format("{}{:02}", colon, minutes));
  if (count > 3 && magnitude % 60 != 0) text.append(fmt::format("{}{:02}", colon, magnitude % 60));
  return text;
}

std::string QuarterText(int32_t quarter, int count) {
  if (count < 3) return NumberText(quarter, count);
  if (count == 3) return fmt::format("Q{}", quarter);
  return fmt::format("{} quarter", kQuarterOrdinals[quarter - 1]);
}

}  // namespace

std::string DateTimePattern::FormatDate(const Part& part, int64_t days) {
  const CivilDate date = CivilFromDays(days);
  switch (part.letter) {
    case 'y':
      return YearText(date.year, part.count);
    case 'M':
      return part.is_name ? NameText(kMonthNames[date.month - 1], part.count == 3)
                          : NumberText(date.month, part.count);
    case 'd':
      return NumberText(date.day, part.count);
    case 'D':
      return NumberText(DayOfYear(days), part.count);
    case 'E':
      return NameText(kWeekdayNames[IsoDayOfWeek(days) - 1], part.count < 4);
    default:
      return QuarterText(QuarterOf(days), part.count);
  }
}

std::string DateTimePattern::Format(int64_t utc_micros, const TimeZone& zone) const {
  const int64_t local = zone.ToLocal(utc_micros);
  std::string text;
  for (const Part& part : parts_) {
    switch (part.letter) {
      case 0:
        text.append(part.text);
        break;
      case 'a':
        text.append(HourOf(local) < 12 ? "AM" : "PM");
        break;
      case 'h':
        text.append(NumberText((HourOf(local) + 11) % 12 + 1, part.count));
        break;
      case 'H':
        text.append(NumberText(HourOf(local), part.count));
        break;
      case 'm':
        text.append(NumberText(MinuteOf(local), part.count));
        break;
      case 's':
        text.append(NumberText(SecondOf(local), part.count));
        break;
      case 'S':
        // Cut off, not rounded: 0.9999 s is not the next second.
        text.append(NumberText(int64_t{MicrosecondOfSecond(local)} * 1000, 9), 0,
                    static_cast<size_t>(part.count));
        break;
      case 'X':
      case 'x':
        text.append(OffsetText(zone.OffsetSeconds(utc_micros), part.count, part.letter == 'X'));
        break;
      case 'z':
        text.append(zone.Abbreviation(utc_micros));
        break;
      case 'V':
        text.append(zone.name());
        break;
      default:
        text.append(FormatDate(part, DaysFromMicros(local)));
    }
  }
  return text;
}

}  // namespace sabot
