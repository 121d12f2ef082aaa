#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "arrow/result.h"

#include "sabot/datetime/time_zone.h"

namespace sabot {

/// Texts by pattern, as Spark's date_format and to_timestamp use Java's DateTimeFormatter, in US
/// English:
///
///   y year   M month (MMM Jan, MMMM January)   d day   D day of the year   E weekday (EEE Mon,
///   EEEE Monday) Q quarter (QQQ Q1, QQQQ 1st quarter)   a AM/PM   h 1-12   H 0-23   m minute   s
///   second   S fraction X offset, Z for zero   x offset   z short zone name   VV zone id   'text'
///   quoted, '' a quote
///
/// As many letters, as many digits at least; yy is the year's last two, of 2000 to 2099. Any other
/// letter, too many of one, and [ ] { } # are refused. E and Q only write.
class DateTimePattern {
 public:
  enum class Use : uint8_t { kFormat, kParse };
  /// Errors: INVALID_DATETIME_PATTERN naming the pattern and what is wrong with it.
  static arrow::Result<DateTimePattern> Make(std::string_view pattern, Use use);

  std::string Format(int64_t utc_micros, const TimeZone& zone) const;

  /// The whole text, names in any case. Fields without a letter are of 1970-01-01 00:00:00;
  /// impossible ones (February 30, 25:00) make it nothing, as does text that does not follow the
  /// pattern. Returns microseconds since 1970 UTC; a text without a zone is in the one given.
  std::optional<int64_t> Parse(std::string_view text, const TimeZone& zone) const;
  /// The same as a wall clock, a zone in the text is read and dropped: for DATE and TIMESTAMP_NTZ.
  std::optional<int64_t> ParseLocal(std::string_view text) const;

 private:
  /// A run of one letter, or literal text.
  struct Part {
    char letter = 0;  ///< 0: text
    int count = 0;
    int digits_max = 0;    ///< that reading takes where the count leaves it open
    bool is_name = false;  ///< so many letters are a name or zone, not digits
    std::string text;
  };
  struct Fields;

  static arrow::Result<Part> MakePart(std::string_view pattern, char letter, size_t count, Use use);
  static std::string FormatDate(const Part& part, int64_t days);
  std::optional<Fields> ParseFields(std::string_view text) const;
  int NumDigitsReserved(size_t index) const;

  std::vector<Part> parts_;
};

}  // namespace sabot
