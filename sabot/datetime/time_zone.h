#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "arrow/result.h"

#include "sabot/datetime/calendar.h"

namespace sabot {

/// A time zone by name ("Europe/Berlin", "UTC", "PST") or offset ("+02:00", "GMT-3"), from the
/// system's tzdata. Immutable, cheap to copy, used from any thread.
///
/// Wall clocks that a change of the clock skips or repeats are read as Java and Spark read them: in
/// a gap, later by the gap's length (02:30 becomes 03:30); in an overlap, as the earlier of the
/// two.
///
/// Results past 64 bits of microseconds are clamped: such years (about +-290,000) have no wall
/// clock in a zone beside them.
class TimeZone {
 public:
  TimeZone();  ///< UTC
  /// Errors: INVALID_TIMEZONE with the nearest names.
  static arrow::Result<TimeZone> Find(std::string_view name);
  /// The same, for texts that may be wrong in any row: no error is made.
  static std::optional<TimeZone> TryFind(std::string_view name);

  /// "Europe/Berlin", "Z", "+02:00": as Java's ZoneId prints it.
  const std::string& name() const;
  bool is_utc() const;  ///< offset 0 for ever: the conversions change nothing

  int32_t OffsetSeconds(int64_t utc_micros) const;
  /// "CET", "CEST", "+03": tzdata's short name.
  std::string Abbreviation(int64_t utc_micros) const;

  int64_t ToLocal(int64_t utc_micros) const;
  int64_t ToUtc(int64_t local_micros) const;
  /// As ToUtc, but in an overlap the given offset, if it is one of the two: so a time moved by
  /// minutes or truncated stays where it was.
  int64_t ToUtc(int64_t local_micros, int32_t preferred_offset_seconds) const;

  friend bool operator==(const TimeZone& left, const TimeZone& right) {
    return left.name() == right.name();
  }

 private:
  struct Rules;
  friend struct TimeZoneLoader;
  explicit TimeZone(std::shared_ptr<const Rules> rules) : rules_(std::move(rules)) {}
  std::shared_ptr<const Rules> rules_;
};

/// date_trunc of a TIMESTAMP in a zone: up to seconds on the instant, from minutes on the wall
/// clock.
std::optional<int64_t> TruncateMicros(int64_t utc_micros, TruncUnit unit, const TimeZone& zone);
/// TIMESTAMP + months: the same wall clock, on the last day of a shorter month. Nothing past 64
/// bits.
std::optional<int64_t> AddMonths(int64_t utc_micros, int64_t months, const TimeZone& zone);

}  // namespace sabot
