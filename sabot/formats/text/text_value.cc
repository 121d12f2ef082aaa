#include "sabot/formats/text/text_value.h"

#include <charconv>
#include <cmath>
#include <limits>

#include "sabot/types/civil_date.h"
#include "sabot/types/identifier.h"

namespace sabot {
namespace {

constexpr int64_t kMicrosASecond = 1'000'000;
constexpr int64_t kMicrosADay = 86'400 * kMicrosASecond;
// Years beyond what 32 bits of days reach are refused before they are multiplied.
constexpr int64_t kYearMax = 5'800'000;

bool IsDigit(char c) { return c >= '0' && c <= '9'; }

// A reader of digits and separators.
class Scanner {
 public:
  explicit Scanner(std::string_view text) : text_(text) {}

  bool at_end() const { return at_ == text_.size(); }
  char peek() const { return at_end() ? '\0' : text_[at_]; }
  bool Take(char c) {
    if (peek() != c || at_end()) return false;
    ++at_;
    return true;
  }
  bool TakeWord(std::string_view word) {
    if (text_.substr(at_, word.size()) != word) return false;
    at_ += word.size();
    return true;
  }
  // Between min and max digits, and no digit after them.
  bool Number(int min, int max, int64_t* value) {
    int count = 0;
    *value = 0;
    for (; !at_end() && IsDigit(text_[at_]); ++at_, ++count) {
      if (count == max) return false;
      *value = *value * 10 + (text_[at_] - '0');
    }
    return count >= min;
  }
  bool Date(int64_t* days) {
    const bool is_negative = Take('-');
    if (!is_negative) Take('+');
    int64_t year, month, day;
    if (!Number(4, 7, &year) || !Take('-') || !Number(1, 2, &month) || !Take('-') ||
        !Number(1, 2, &day)) {
      return false;
    }
    if (is_negative) year = -year;
    if (year > kYearMax || year < -kYearMax || month < 1 || month > 12 || day < 1 ||
        day > DaysInMonth(year, static_cast<int32_t>(month))) {
      return false;
    }
    *days = DaysFromCivil(year, static_cast<int32_t>(month), static_cast<int32_t>(day));
    return true;
  }
  // h:m[:s[.fraction]]
  bool TimeOfDay(int64_t* micros) {
    int64_t hour, minute, second = 0, fraction = 0;
    if (!Number(1, 2, &hour) || !Take(':') || !Number(1, 2, &minute)) return false;
    if (Take(':')) {
      if (!Number(1, 2, &second)) return false;
      if (Take('.')) {
        int64_t unit = 100'000;
        if (!IsDigit(peek())) return false;
        for (; IsDigit(peek()); ++at_, unit /= 10) fraction += (text_[at_] - '0') * unit;
      }
    }
    if (hour > 23 || minute > 59 || second > 59) return false;
    *micros = ((hour * 60 + minute) * 60 + second) * kMicrosASecond + fraction;
    return true;
  }
  // Z, UTC, GMT, each with an offset or without; +h, +hh:mm, +hhmm.
  bool Zone(int64_t* offset_us) {
    *offset_us = 0;
    if (Take('Z')) return at_end();
    const bool is_named = TakeWord("UTC") || TakeWord("GMT") || TakeWord("UT");
    if (is_named && at_end()) return true;
    const bool is_negative = peek() == '-';
    if (!Take('-') && !Take('+')) return false;
    const size_t begin = at_;
    int64_t hour, minute = 0;
    if (!Number(1, 4, &hour)) return false;
    if (at_ - begin > 2) {
      minute = hour % 100;
      hour /= 100;
    } else if (Take(':') && !Number(2, 2, &minute)) {
      return false;
    }
    if (!at_end() || hour > 18 || minute > 59) return false;
    *offset_us = (hour * 60 + minute) * 60 * kMicrosASecond * (is_negative ? -1 : 1);
    return true;
  }

 private:
  std::string_view text_;
  size_t at_ = 0;
};

}  // namespace

bool ParseInt64(std::string_view text, int64_t* value) {
  if (text.starts_with('+')) {
    text.remove_prefix(1);
    if (text.starts_with('-')) return false;
  }
  const char* end = text.data() + text.size();
  const auto [at, error] = std::from_chars(text.data(), end, *value);
  return error == std::errc() && at == end;
}

bool ParseDouble(std::string_view text, double* value) {
  if (text.starts_with('+')) text.remove_prefix(1);
  // Words would be read too ("inf", "nan"), and they are not numbers here.
  const size_t first = text.starts_with('-') ? 1 : 0;
  if (first >= text.size() || !(IsDigit(text[first]) || text[first] == '.')) return false;
  const char* end = text.data() + text.size();
  const auto [at, error] = std::from_chars(text.data(), end, *value);
  if (at != end) return false;
  if (error == std::errc::result_out_of_range) {
    // Too great is infinity and too small is zero, as everywhere; which it was is told by the
    // exponent's sign.
    const size_t exponent = text.find_first_of("eE");
    const bool is_small = (exponent != text.npos && text.substr(exponent + 1).starts_with('-')) ||
                          text.substr(first).starts_with("0") ||
                          text.substr(first).starts_with(".");
    *value = is_small ? 0.0 : std::numeric_limits<double>::infinity();
    if (first == 1) *value = -*value;
    return true;
  }
  return error == std::errc();
}

bool ParseDecimal(std::string_view text, int precision, int scale, Int128* value) {
  // Most are short and of at most the scale's digits; the rest goes the general way.
  if (text.size() <= 18) {
    size_t at = 0;
    const bool is_negative = text.starts_with('-');
    if (is_negative || text.starts_with('+')) ++at;
    int64_t digits = 0;
    int fraction = -1;
    bool has_digit = false;
    for (; at < text.size(); ++at) {
      if (IsDigit(text[at])) {
        digits = digits * 10 + (text[at] - '0');
        has_digit = true;
        if (fraction >= 0) ++fraction;
      } else if (text[at] == '.' && fraction < 0) {
        fraction = 0;
      } else {
        break;
      }
    }
    fraction = std::max(fraction, 0);
    if (at == text.size() && has_digit && fraction <= scale) {
      const int missing = scale - fraction;
      if (missing <= 19) {
        const Int128 unscaled = Int128{digits} * PowerOfTen(missing);
        if (unscaled >= PowerOfTen(precision)) return false;
        *value = is_negative ? -unscaled : unscaled;
        return true;
      }
    }
  }
  auto general = DecimalFromString(text, precision, scale);
  if (!general.ok()) return false;
  *value = *general;
  return true;
}

bool ParseBoolean(std::string_view text, bool* value) {
  *value = EqualsIgnoreCase(text, "true");
  return *value || EqualsIgnoreCase(text, "false");
}

bool ParseDate(std::string_view text, bool strict, int32_t* days) {
  Scanner scanner(text);
  int64_t wide;
  if (!scanner.Date(&wide)) return false;
  *days = static_cast<int32_t>(wide);
  return scanner.at_end() || (!strict && (scanner.peek() == 'T' || scanner.peek() == ' '));
}

bool ParseTime(std::string_view text, ParsedTime* time) {
  *time = {};
  Scanner scanner(text);
  int64_t days;
  // Days beyond +-292,000 years overflow microseconds.
  constexpr int64_t kDaysMax = std::numeric_limits<int64_t>::max() / kMicrosADay - 2;
  if (!scanner.Date(&days) || days > kDaysMax || days < -kDaysMax) return false;
  time->wall_us = days * kMicrosADay;
  if (scanner.at_end()) return true;
  if (!scanner.Take('T') && !scanner.Take(' ')) return false;
  int64_t time_of_day;
  if (!scanner.TimeOfDay(&time_of_day)) return false;
  time->wall_us += time_of_day;
  if (scanner.at_end()) return true;
  scanner.Take(' ');
  time->has_zone = true;
  return scanner.Zone(&time->offset_us);
}

bool ParseTimestamp(std::string_view text, TypeId type, const TextValueOptions& options,
                    int64_t* micros) {
  ParsedTime time;
  if (!ParseTime(text, &time)) return false;
  if (type == TypeId::kTimestampNtz) {
    *micros = time.wall_us;
  } else if (time.has_zone) {
    *micros = time.wall_us - time.offset_us;
  } else {
    *micros = options.wall_clock_to_utc ? options.wall_clock_to_utc(time.wall_us) : time.wall_us;
  }
  return true;
}

bool ParseFloating(std::string_view text, const TextValueOptions& options, double* value) {
  if (ParseDouble(text, value)) return true;
  if (text == options.nan) {
    *value = std::numeric_limits<double>::quiet_NaN();
  } else if (text == options.positive_infinity || text == "Infinity" || text == "+Infinity") {
    *value = std::numeric_limits<double>::infinity();
  } else if (text == options.negative_infinity || text == "-Infinity") {
    *value = -std::numeric_limits<double>::infinity();
  } else {
    return false;
  }
  return true;
}

void AppendIsoTime(int64_t wall_us, std::string* out) {
  const int64_t time_of_day = FloorMod(wall_us, kMicrosADay);
  const auto two = [&](int64_t value) {
    out->push_back(static_cast<char>('0' + value / 10));
    out->push_back(static_cast<char>('0' + value % 10));
  };
  out->append(DateToString(FloorDiv(wall_us, kMicrosADay))).push_back('T');
  const int64_t seconds = time_of_day / kMicrosASecond;
  two(seconds / 3600);
  out->push_back(':');
  two(seconds / 60 % 60);
  out->push_back(':');
  two(seconds % 60);
  out->push_back('.');
  const int64_t fraction = time_of_day % kMicrosASecond;
  int64_t rest = fraction % 1000 == 0 ? fraction / 1000 : fraction;
  for (int64_t unit = fraction % 1000 == 0 ? 100 : 100'000; unit > 0; unit /= 10) {
    out->push_back(static_cast<char>('0' + rest / unit));
    rest %= unit;
  }
}

void AppendIsoOffset(int64_t offset_us, std::string* out) {
  if (offset_us == 0) {
    out->push_back('Z');
    return;
  }
  out->push_back(offset_us < 0 ? '-' : '+');
  const int64_t minutes = (offset_us < 0 ? -offset_us : offset_us) / (60 * kMicrosASecond);
  for (const int64_t part :
       {minutes / 60 / 10, minutes / 60 % 10, int64_t{-1}, minutes % 60 / 10, minutes % 60 % 10}) {
    out->push_back(part < 0 ? ':' : static_cast<char>('0' + part));
  }
}

void AppendScalarText(const Vector& vector, int32_t row, const TextValueOptions& options,
                      std::string* out) {
  const Vector& source = vector.is_dictionary() ? *vector.dictionary() : vector;
  const int32_t at = vector.ValueIndex(row);
  const auto integer = [&](int64_t value) {
    char digits[24];
    out->append(digits, std::to_chars(digits, digits + sizeof(digits), value).ptr);
  };
  const auto floating = [&](double value, auto&& print) {
    if (std::isnan(value)) {
      out->append(options.nan);
    } else if (std::isinf(value)) {
      out->append(value > 0 ? options.positive_infinity : options.negative_infinity);
    } else {
      out->append(print());
    }
  };
  switch (vector.type().id()) {
    case TypeId::kBoolean:
      out->append(source.data<uint8_t>()[at] != 0 ? "true" : "false");
      return;
    case TypeId::kByte:
      return integer(source.data<int8_t>()[at]);
    case TypeId::kShort:
      return integer(source.data<int16_t>()[at]);
    case TypeId::kInt:
      return integer(source.data<int32_t>()[at]);
    case TypeId::kLong:
      return integer(source.data<int64_t>()[at]);
    case TypeId::kString:
    case TypeId::kBinary:
      out->append(source.data<StringView>()[at].view());
      return;
    case TypeId::kFloat: {
      const float value = source.data<float>()[at];
      return floating(value, [=] { return FloatToString(value); });
    }
    case TypeId::kDouble: {
      const double value = source.data<double>()[at];
      return floating(value, [=] { return DoubleToString(value); });
    }
    case TypeId::kDecimal:
      out->append(DecimalToString(
          vector.kind() == Kind::kI128 ? source.data<Int128>()[at] : source.data<int64_t>()[at],
          vector.type().scale()));
      return;
    case TypeId::kDate:
      out->append(DateToString(source.data<int32_t>()[at]));
      return;
    case TypeId::kTimestamp: {
      const int64_t utc = source.data<int64_t>()[at];
      const int64_t wall = options.utc_to_wall_clock ? options.utc_to_wall_clock(utc) : utc;
      AppendIsoTime(wall, out);
      return AppendIsoOffset(wall - utc, out);
    }
    case TypeId::kTimestampNtz:
      return AppendIsoTime(source.data<int64_t>()[at], out);
    default:
      out->append(vector.ValueAt(row).ToText());
  }
}

}  // namespace sabot
