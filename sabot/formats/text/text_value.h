#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "sabot/formats/file.h"
#include "sabot/types/int128.h"

namespace sabot {

/// What to do with a record that does not fit the schema, as Spark's readers spell it.
enum class BadRecordMode : uint8_t {
  kPermissive,     ///< fields that cannot be read are NULL
  kDropMalformed,  ///< the record is left out
  kFailFast,       ///< BAD_RECORD
};

// Values in text, whole and without spaces around. False: malformed or out of range, and *value is
// undefined.

/// Sign and digits.
bool ParseInt64(std::string_view text, int64_t* value);
/// Decimal or exponent form; "NaN" and infinities are the caller's business.
bool ParseDouble(std::string_view text, double* value);
/// Any number as the unscaled value of DECIMAL(precision, scale), rounded half up.
bool ParseDecimal(std::string_view text, int precision, int scale, Int128* value);
/// "true" or "false", any case.
bool ParseBoolean(std::string_view text, bool* value);
/// Year (four digits or more), month, day: "2013-01-31", "2013-1-31". strict: nothing may follow;
/// else a time may, and is left out.
bool ParseDate(std::string_view text, bool strict, int32_t* days);

struct ParsedTime {
  int64_t wall_us = 0;    ///< as the text says
  int64_t offset_us = 0;  ///< of its zone to UTC
  bool has_zone = false;
};
/// Date and time in ISO form: "2013-01-31 05:15", "2013-01-31T05:15:00.123456Z", "…+02:00", a date
/// alone is midnight. Digits past the microsecond are cut. Zones by name are not read.
bool ParseTime(std::string_view text, ParsedTime* time);

/// "2013-01-31T05:15:00.000": at least three fraction digits, six where needed.
void AppendIsoTime(int64_t wall_us, std::string* out);
/// "Z" or "+02:00".
void AppendIsoOffset(int64_t offset_us, std::string* out);

/// How a format's options have values of text read and written.
struct TextValueOptions {
  std::string nan = "NaN";
  std::string positive_infinity = "Inf";
  std::string negative_infinity = "-Inf";
  std::function<int64_t(int64_t)> wall_clock_to_utc;  ///< may be null: UTC
  std::function<int64_t(int64_t)> utc_to_wall_clock;  ///< may be null: UTC
};

/// Microseconds UTC of TIMESTAMP, or of the wall clock for TIMESTAMP_NTZ.
bool ParseTimestamp(std::string_view text, TypeId type, const TextValueOptions& options,
                    int64_t* micros);
/// Also NaN and infinities, by the options' names.
bool ParseFloating(std::string_view text, const TextValueOptions& options, double* value);

/// A flat value of any scalar type as text; not of NULL. Binary as it is. Errors:
/// UNSUPPORTED_DATATYPE for nested types.
void AppendScalarText(const Vector& vector, int32_t row, const TextValueOptions& options,
                      std::string* out);

}  // namespace sabot
