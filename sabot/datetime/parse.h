#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "sabot/datetime/time_zone.h"

/// Texts as CAST reads them. Nothing: the text is no date or time, whatever the reason; the caller
/// makes CAST_INVALID_INPUT or NULL of it. Blanks around are ignored.
namespace sabot {

/// [+-]yyyy[yyy], [+-]yyyy-[m]m, [+-]yyyy-[m]m-[d]d; after a whole date, a blank or T and any text
/// at all.
std::optional<int32_t> ParseDate(std::string_view text);

/// What a text says about a time.
struct ParsedTimestamp {
  int64_t local_micros = 0;      ///< of 1970-01-01 if has_date is false
  bool has_date = true;          ///< false: only a time of day was given
  std::optional<TimeZone> zone;  ///< the zone at its end
};

/// A date as ParseDate, of up to 6 digits for the year; then optionally a blank or T and
/// [h]h[:[m]m[:[s]s[.fraction][zone]]]. Digits of the fraction past the sixth are dropped. Or a
/// time alone: [h]h:[m]m..., T[h]h.... The zone is an offset or name, with or without a blank
/// before it.
std::optional<ParsedTimestamp> ParseTimestampParts(std::string_view text);

/// CAST(text AS TIMESTAMP): microseconds since 1970 UTC. A text without a zone is in the session's;
/// without a date it is of the session's day at now_micros.
std::optional<int64_t> ParseTimestamp(std::string_view text, const TimeZone& session_zone,
                                      int64_t now_micros);
/// CAST(text AS TIMESTAMP_NTZ): a zone is read and dropped; a time alone is refused.
std::optional<int64_t> ParseTimestampNtz(std::string_view text);

}  // namespace sabot
