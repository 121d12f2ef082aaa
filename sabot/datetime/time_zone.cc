#include "sabot/datetime/time_zone.h"

#include <algorithm>
#include <limits>
#include <map>
#include <mutex>
#include <vector>

#include <date/tz.h>
#include <fmt/format.h>

#include "sabot/base/error.h"

namespace sabot {
namespace {

constexpr int32_t kOffsetMaxSeconds = 18 * 3600;

// Java's ZoneId.SHORT_IDS, which Spark takes everywhere.
struct ShortId {
  std::string_view name;
  std::string_view zone;
};
constexpr ShortId kShortIds[] = {
    {"ACT", "Australia/Darwin"},
    {"AET", "Australia/Sydney"},
    {"AGT", "America/Argentina/Buenos_Aires"},
    {"ART", "Africa/Cairo"},
    {"AST", "America/Anchorage"},
    {"BET", "America/Sao_Paulo"},
    {"BST", "Asia/Dhaka"},
    {"CAT", "Africa/Harare"},
    {"CNT", "America/St_Johns"},
    {"CST", "America/Chicago"},
    {"CTT", "Asia/Shanghai"},
    {"EAT", "Africa/Addis_Ababa"},
    {"ECT", "Europe/Paris"},
    {"EST", "-05:00"},
    {"HST", "-10:00"},
    {"IET", "America/Indiana/Indianapolis"},
    {"IST", "Asia/Kolkata"},
    {"JST", "Asia/Tokyo"},
    {"MIT", "Pacific/Apia"},
    {"MST", "-07:00"},
    {"NET", "Asia/Yerevan"},
    {"NST", "Pacific/Auckland"},
    {"PLT", "Asia/Karachi"},
    {"PNT", "America/Phoenix"},
    {"PRT", "America/Puerto_Rico"},
    {"PST", "America/Los_Angeles"},
    {"SST", "Pacific/Guadalcanal"},
    {"VST", "Asia/Ho_Chi_Minh"},
};

bool IsDigit(char c) { return c >= '0' && c <= '9'; }

// One or two digits; nothing if there is none.
std::optional<int32_t> TakeNumber(std::string_view* text) {
  size_t size = 0;
  int32_t number = 0;
  while (size < 2 && size < text->size() && IsDigit((*text)[size])) {
    number = number * 10 + ((*text)[size++] - '0');
  }
  if (size == 0) return std::nullopt;
  text->remove_prefix(size);
  return number;
}

// +h, +hh, +h:mm, +hh:mm[:ss], +hhmm[ss], in seconds.
std::optional<int32_t> ParseOffset(std::string_view text) {
  if (text == "Z") return 0;
  if (text.size() < 2 || (text[0] != '+' && text[0] != '-')) return std::nullopt;
  const int32_t sign = text[0] == '-' ? -1 : 1;
  text.remove_prefix(1);
  int32_t parts[3] = {};  // hours, minutes, seconds
  const bool has_colons = text.find(':') != text.npos;
  if (!has_colons && text.size() > 2 && text.size() % 2 != 0) return std::nullopt;
  for (size_t index = 0; index < std::size(parts); ++index) {
    const auto number = TakeNumber(&text);
    if (!number.has_value()) return std::nullopt;
    parts[index] = *number;
    if (text.empty()) break;
    if (has_colons) {
      if (text[0] != ':') return std::nullopt;
      text.remove_prefix(1);
      if (text.empty()) return std::nullopt;
    }
  }
  if (!text.empty() || parts[1] > 59 || parts[2] > 59) return std::nullopt;
  const int32_t seconds = parts[0] * 3600 + parts[1] * 60 + parts[2];
  if (seconds > kOffsetMaxSeconds) return std::nullopt;
  return sign * seconds;
}

std::string OffsetName(int32_t seconds) {
  if (seconds == 0) return "Z";
  const int32_t magnitude = std::abs(seconds);
  std::string name =
      fmt::format("{}{:02}:{:02}", seconds < 0 ? '-' : '+', magnitude / 3600, magnitude / 60 % 60);
  if (magnitude % 60 != 0) name.append(fmt::format(":{:02}", magnitude % 60));
  return name;
}

int64_t AddSeconds(int64_t micros, int64_t seconds) {
  int64_t sum;
  if (!__builtin_add_overflow(micros, seconds * kMicrosPerSecond, &sum)) return sum;
  return seconds < 0 ? std::numeric_limits<int64_t>::min() : std::numeric_limits<int64_t>::max();
}

// tzdata lists changes of the clock up to 2037; the rules go on. From March 2038 a time is looked
// up in a year of the list whose March begins on the same weekday, so that "the last Sunday of
// October" is the same date. Counted from March, as leap days then come last.
constexpr int64_t kListEndSeconds = DaysFromCivil(2038, 3, 1) * kSecondsPerDay;
constexpr int64_t kListLastYearSeconds = DaysFromCivil(2037, 1, 1) * kSecondsPerDay;
// As late as there is one: what changes these years must not come back.
constexpr int64_t kListedYears[] = {2032, 2033, 2034, 2035, 2030, 2036, 2037};  // Monday first

int64_t IntoList(int64_t seconds) {
  const CivilDate date = CivilFromDays(FloorDiv(seconds, kSecondsPerDay));
  const int64_t march_first = DaysFromCivil(date.month < 3 ? date.year - 1 : date.year, 3, 1);
  const int64_t listed = DaysFromCivil(kListedYears[IsoDayOfWeek(march_first) - 1], 3, 1);
  return seconds + (listed - march_first) * kSecondsPerDay;
}

}  // namespace

// Periods between changes of the clock, in the order of time; the first has no beginning, the last
// no end.
struct TimeZone::Rules {
  struct Period {
    int64_t begin;  // seconds since 1970 UTC
    int64_t
        local_begin;  // wall clocks before it belong to an earlier period, also in a gap or overlap
    int32_t offset;
    std::string abbreviation;
  };
  std::string name;
  std::vector<Period> periods;
  bool is_repeating = false;  // the rules of the last years go on past the list

  void Append(int64_t begin, int32_t offset, std::string abbreviation) {
    const int64_t local_begin =
        periods.empty() ? begin : begin + std::max(offset, periods.back().offset);
    periods.push_back({begin, local_begin, offset, std::move(abbreviation)});
  }

  const Period& At(int64_t seconds, int64_t Period::* begin) const {
    if (is_repeating && seconds >= kListEndSeconds) seconds = IntoList(seconds);
    const auto next = std::upper_bound(
        periods.begin() + 1, periods.end(), seconds,
        [begin](int64_t key, const Period& period) { return key < period.*begin; });
    return *(next - 1);
  }
};

struct TimeZoneLoader {
  using Rules = TimeZone::Rules;

  static std::shared_ptr<const Rules> MakeFixed(std::string name, int32_t offset) {
    auto rules = std::make_shared<Rules>();
    rules->Append(std::numeric_limits<int64_t>::min(), offset, name);
    rules->name = std::move(name);
    return rules;
  }

  // Null: no such region. The library throws where a file is missing or damaged.
  static std::shared_ptr<const Rules> LoadRegion(std::string_view name) try {
    const auto& zones = date::get_tzdb().zones;
    const auto zone = std::ranges::lower_bound(
        zones, name, {}, [](const date::time_zone& each) { return std::string_view(each.name()); });
    if (zone == zones.end() || zone->name() != name) return nullptr;
    auto rules = std::make_shared<Rules>();
    rules->name = name;
    using date::year;
    const date::sys_seconds last = date::sys_days(year{2200} / 1 / 1);
    date::sys_info info = zone->get_info(date::sys_seconds(date::sys_days(year{1} / 1 / 1)));
    int64_t begin = std::numeric_limits<int64_t>::min();
    while (true) {
      rules->Append(begin, static_cast<int32_t>(info.offset.count()), info.abbrev);
      if (info.end >= last) break;
      begin = info.end.time_since_epoch().count();
      info = zone->get_info(info.end);
    }
    rules->is_repeating =
        rules->periods.size() > 1 && begin >= kListLastYearSeconds && begin < kListEndSeconds;
    return rules;
  } catch (const std::exception&) {
    return nullptr;
  }

  static std::shared_ptr<const Rules> FindRegion(std::string_view name) {
    static std::mutex mutex;
    static std::map<std::string, std::shared_ptr<const Rules>, std::less<>> loaded;
    const std::lock_guard lock(mutex);
    const auto found = loaded.find(name);
    if (found != loaded.end()) return found->second;
    auto rules = LoadRegion(name);
    if (rules != nullptr) loaded.emplace(name, rules);
    return rules;
  }

  static std::shared_ptr<const Rules> Load(std::string_view name) {
    static const std::shared_ptr<const Rules> utc = MakeFixed("UTC", 0);
    if (name == "UTC") return utc;
    if (const auto offset = ParseOffset(name)) return MakeFixed(OffsetName(*offset), *offset);
    for (std::string_view prefix : {"UTC", "GMT", "UT"}) {
      if (!name.starts_with(prefix)) continue;
      const std::string_view rest = name.substr(prefix.size());
      if (rest.empty()) return MakeFixed(std::string(prefix), 0);
      const auto offset = rest == "Z" ? std::nullopt : ParseOffset(rest);
      if (!offset.has_value()) continue;
      return MakeFixed(std::string(prefix) + (*offset == 0 ? "" : OffsetName(*offset)), *offset);
    }
    for (const ShortId& row : kShortIds) {
      if (row.name == name) return Load(row.zone);
    }
    return FindRegion(name);
  }

  static std::vector<std::string> NearestRegions(std::string_view name) try {
    std::vector<std::string> known;
    for (const date::time_zone& zone : date::get_tzdb().zones) known.push_back(zone.name());
    return NearestNames(name, known, 1);
  } catch (const std::exception&) {
    return {};
  }
};

TimeZone::TimeZone() : rules_(TimeZoneLoader::Load("UTC")) {}

arrow::Result<TimeZone> TimeZone::Find(std::string_view name) {
  if (auto zone = TryFind(name)) return *std::move(zone);
  const std::vector<std::string> nearest = TimeZoneLoader::NearestRegions(name);
  return MakeError("INVALID_TIMEZONE", {{"timeZone", fmt::format("'{}'", name)}}, {},
                   nearest.empty() ? "" : fmt::format("did you mean {}?", nearest.front()));
}

std::optional<TimeZone> TimeZone::TryFind(std::string_view name) {
  auto rules = TimeZoneLoader::Load(name);
  if (rules == nullptr) return std::nullopt;
  return TimeZone(std::move(rules));
}

const std::string& TimeZone::name() const { return rules_->name; }

bool TimeZone::is_utc() const {
  return rules_->periods.size() == 1 && rules_->periods.front().offset == 0;
}

int32_t TimeZone::OffsetSeconds(int64_t utc_micros) const {
  return rules_->At(FloorDiv(utc_micros, kMicrosPerSecond), &Rules::Period::begin).offset;
}

std::string TimeZone::Abbreviation(int64_t utc_micros) const {
  return rules_->At(FloorDiv(utc_micros, kMicrosPerSecond), &Rules::Period::begin).abbreviation;
}

int64_t TimeZone::ToLocal(int64_t utc_micros) const {
  return AddSeconds(utc_micros, OffsetSeconds(utc_micros));
}

// Both rules of the header are one: the offset before the change holds until the later of the two
// wall clocks that the change has, the skipped hour and the repeated one included.
int64_t TimeZone::ToUtc(int64_t local_micros) const {
  const auto& period =
      rules_->At(FloorDiv(local_micros, kMicrosPerSecond), &Rules::Period::local_begin);
  return AddSeconds(local_micros, -period.offset);
}

int64_t TimeZone::ToUtc(int64_t local_micros, int32_t preferred_offset_seconds) const {
  const int64_t preferred = AddSeconds(local_micros, -preferred_offset_seconds);
  return OffsetSeconds(preferred) == preferred_offset_seconds ? preferred : ToUtc(local_micros);
}

std::optional<int64_t> TruncateMicros(int64_t utc_micros, TruncUnit unit, const TimeZone& zone) {
  if (unit <= TruncUnit::kSecond) return TruncateMicros(utc_micros, unit);
  const auto truncated = TruncateMicros(zone.ToLocal(utc_micros), unit);
  if (!truncated.has_value()) return std::nullopt;
  // The start of a week or month is a new date; a day or less is the same time, cut off.
  return unit > TruncUnit::kDay ? zone.ToUtc(*truncated)
                                : zone.ToUtc(*truncated, zone.OffsetSeconds(utc_micros));
}

std::optional<int64_t> AddMonths(int64_t utc_micros, int64_t months, const TimeZone& zone) {
  const int64_t local = zone.ToLocal(utc_micros);
  const auto midnight = MicrosFromDays(AddMonths(DaysFromMicros(local), months));
  int64_t moved;
  if (!midnight.has_value() || __builtin_add_overflow(*midnight, MicrosOfDay(local), &moved)) {
    return std::nullopt;
  }
  return zone.ToUtc(moved, zone.OffsetSeconds(utc_micros));
}

}  // namespace sabot
