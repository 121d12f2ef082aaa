#include "sabot/connectors/files/options.h"

#include <algorithm>

#include "sabot/datetime/time_zone.h"

namespace sabot::internal {

std::string OptionOf(const OptionList& options, std::string_view key) {
  const auto found = std::ranges::find(options, key, &OptionList::value_type::first);
  return found == options.end() ? std::string() : found->second;
}

arrow::Result<FileOptions> FormatOptions(const OptionList& options) {
  FileOptions of_format;
  for (const auto& [key, value] : options) {
    if (key != kBasePathOption && key != kTimeZoneOption) of_format.values.emplace(key, value);
  }
  const std::string name = OptionOf(options, kTimeZoneOption);
  if (name.empty()) return of_format;
  ARROW_ASSIGN_OR_RAISE(const TimeZone zone, TimeZone::Find(name));
  of_format.wall_clock_to_utc = [zone](int64_t wall_us) { return zone.ToUtc(wall_us); };
  of_format.utc_to_wall_clock = [zone](int64_t utc_us) { return zone.ToLocal(utc_us); };
  return of_format;
}

}  // namespace sabot::internal
