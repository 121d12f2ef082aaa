#include "sabot/analyzer/literals.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <limits>

#include <fmt/format.h>

#include "sabot/base/error.h"
#include "sabot/types/identifier.h"

namespace sabot::analyzer {
namespace {

arrow::Status BadNumber(std::string_view text, std::string_view type, Span span) {
  return MakeError("INVALID_TYPED_LITERAL",
                   {{"valueType", std::string(type)}, {"value", fmt::format("'{}'", text)}}, span);
}

arrow::Result<TypedValue> IntegerOf(std::string_view digits, TypeId type, int64_t min, int64_t max,
                                    Span span) {
  int64_t value = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  if (error != std::errc() || end != digits.data() + digits.size() || value < min || value > max) {
    return BadNumber(digits, Type(type).ToSql(), span);
  }
  return TypedValue{Type(type), value};
}

arrow::Result<TypedValue> DoubleOf(std::string_view digits, TypeId type, Span span) {
  double value = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  if (end != digits.data() + digits.size() || error == std::errc::invalid_argument ||
      (error == std::errc::result_out_of_range && digits.find("e-") == std::string_view::npos &&
       digits.find("E-") == std::string_view::npos)) {
    return BadNumber(digits, Type(type).ToSql(), span);
  }
  return TypedValue{
      Type(type), type == TypeId::kFloat ? static_cast<double>(static_cast<float>(value)) : value};
}

arrow::Result<TypedValue> DecimalOf(std::string_view digits, Span span) {
  // Minimal precision: 1.50 is DECIMAL(3,2), 0.05 is DECIMAL(2,2).
  const size_t exponent_at = std::min(digits.find_first_of("eE"), digits.size());
  std::string_view mantissa = digits.substr(0, exponent_at);
  if (mantissa.starts_with('-') || mantissa.starts_with('+')) mantissa.remove_prefix(1);
  int exponent = 0;
  if (exponent_at < digits.size()) {
    std::string_view text = digits.substr(exponent_at + 1);
    if (!text.empty() && text[0] == '+') text.remove_prefix(1);
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), exponent);
    if (error != std::errc() || std::abs(exponent) > 76) return BadNumber(digits, "DECIMAL", span);
  }
  const size_t point = mantissa.find('.');
  int scale = point == std::string_view::npos ? 0 : static_cast<int>(mantissa.size() - point - 1);
  scale -= exponent;
  const auto significant =
      std::count_if(mantissa.begin(), mantissa.end(), [](char c) { return c != '.'; });
  std::string all_digits;
  for (char c : mantissa) {
    if (c != '.' && (c != '0' || !all_digits.empty())) all_digits.push_back(c);
  }
  int precision = static_cast<int>(all_digits.size());
  if (scale < 0) {
    precision -= scale;
    scale = 0;
  }
  precision = std::max({precision, scale, 1});
  if (precision > 38 || significant == 0) return BadNumber(digits, "DECIMAL", span);
  ARROW_ASSIGN_OR_RAISE(const Int128 value, DecimalFromString(digits, precision, scale));
  const Type type = Type::Decimal(precision, scale);
  if (type.kind() == Kind::kI64) return TypedValue{type, static_cast<int64_t>(value)};
  return TypedValue{type, value};
}

arrow::Result<TypedValue> NumberOf(std::string_view text, Span span) {
  const auto ends_with = [&](std::string_view suffix) {
    return text.size() > suffix.size() &&
           ToUpperAscii(text.substr(text.size() - suffix.size())) == suffix;
  };
  const auto without = [&](size_t count) { return text.substr(0, text.size() - count); };
  using Limits8 = std::numeric_limits<int8_t>;
  using Limits16 = std::numeric_limits<int16_t>;
  using Limits64 = std::numeric_limits<int64_t>;
  if (ends_with("BD")) return DecimalOf(without(2), span);
  if (ends_with("L"))
    return IntegerOf(without(1), TypeId::kLong, Limits64::min(), Limits64::max(), span);
  if (ends_with("S"))
    return IntegerOf(without(1), TypeId::kShort, Limits16::min(), Limits16::max(), span);
  if (ends_with("Y"))
    return IntegerOf(without(1), TypeId::kByte, Limits8::min(), Limits8::max(), span);
  if (ends_with("D")) return DoubleOf(without(1), TypeId::kDouble, span);
  if (ends_with("F")) return DoubleOf(without(1), TypeId::kFloat, span);
  if (text.find_first_of("eE") != std::string_view::npos)
    return DoubleOf(text, TypeId::kDouble, span);
  if (text.find('.') != std::string_view::npos) return DecimalOf(text, span);
  int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error == std::errc::result_out_of_range) return DecimalOf(text, span);
  if (error != std::errc() || end != text.data() + text.size()) return BadNumber(text, "INT", span);
  const bool fits_int = value >= INT32_MIN && value <= INT32_MAX;
  return TypedValue{Type(fits_int ? TypeId::kInt : TypeId::kLong), value};
}

struct IntervalUnit {
  std::string_view name;
  int64_t months;
  int64_t micros;
  char separator = 0;  ///< before the next smaller unit of a range
  int below = 0;       ///< what its number is less than, behind a greater unit
};
constexpr int64_t kSecond = 1'000'000;
constexpr IntervalUnit kUnits[] = {
    {"YEAR", 12, 0, '-'},
    {"MONTH", 1, 0, 0, 12},
    {"WEEK", 0, 604'800 * kSecond},
    {"DAY", 0, 86'400 * kSecond, ' '},
    {"HOUR", 0, 3'600 * kSecond, ':', 24},
    {"MINUTE", 0, 60 * kSecond, ':', 60},
    {"SECOND", 0, kSecond, 0, 60},
    {"MILLISECOND", 0, 1'000},
    {"MICROSECOND", 0, 1},
};

const IntervalUnit* FindUnit(std::string_view name) {
  std::string singular = ToUpperAscii(name);
  if (singular.size() > 1 && singular.back() == 'S') singular.pop_back();
  for (const IntervalUnit& unit : kUnits) {
    if (unit.name == singular) return &unit;
  }
  return nullptr;
}

/// Months and microseconds of an interval as its parts add up.
struct IntervalSum {
  Int128 months = 0;
  Int128 micros = 0;
  bool has_months = false;
  bool has_micros = false;
};

arrow::Status BadInterval(std::string_view text, Span span) {
  return MakeError("CANNOT_PARSE_INTERVAL", {{"input", fmt::format("'{}'", text)}}, span,
                   "write INTERVAL '1' HOUR, '10 minutes' or INTERVAL '1 02:00:00' DAY TO SECOND");
}

arrow::Status AddAmount(std::string_view amount, const IntervalUnit& unit, Span span,
                        IntervalSum* sum) {
  const auto parsed = DecimalFromString(amount, 38, 6);
  if (!parsed.ok()) return BadInterval(amount, span);
  constexpr int64_t kScale = 1'000'000;
  if (unit.months > 0) {
    if (*parsed % kScale != 0) return BadInterval(amount, span);
    sum->months += *parsed / kScale * unit.months;
    sum->has_months = true;
  } else {
    if (unit.micros < kSecond * 60 && unit.micros != kSecond && *parsed % kScale != 0) {
      return BadInterval(amount, span);
    }
    sum->micros += *parsed * unit.micros / kScale;
    sum->has_micros = true;
  }
  return arrow::Status::OK();
}

arrow::Result<TypedValue> ValueOf(const IntervalSum& sum, std::string_view text, Span span) {
  const auto fits = [](Int128 value, int64_t limit) {
    return value >= -Int128{limit} && value <= limit;
  };
  if (!fits(sum.months, INT32_MAX) || !fits(sum.micros, INT64_MAX)) return BadInterval(text, span);
  const auto months = static_cast<int64_t>(sum.months);
  const auto micros = static_cast<int64_t>(sum.micros);
  if (sum.has_months && sum.has_micros) {
    return UnsupportedError("an interval of both months and days",
                            "two intervals, one of years and months, one of days to seconds", span);
  }
  if (sum.has_months) return TypedValue{Type(TypeId::kYearMonthInterval), months};
  return TypedValue{Type(TypeId::kDayTimeInterval), micros};
}

/// '1-2' YEAR TO MONTH, '1 02:03:04.5' DAY TO SECOND, '02:03' HOUR TO MINUTE.
arrow::Status AddRange(const syntax::Literal::Interval::Part& part, Span span, IntervalSum* sum) {
  std::string_view text = part.text;
  bool is_negative = false;
  if (!text.empty() && (text[0] == '-' || text[0] == '+')) {
    is_negative = text[0] == '-';
    text.remove_prefix(1);
  }
  size_t unit = 0;
  while (unit < std::size(kUnits) && kUnits[unit].name != part.unit) ++unit;
  IntervalSum own;
  for (bool is_first = true; unit < std::size(kUnits); is_first = false) {
    const bool is_last = kUnits[unit].name == part.to;
    const size_t end = is_last ? text.size() : text.find(kUnits[unit].separator);
    if (end == std::string_view::npos) return BadInterval(part.text, span);
    const std::string_view amount = text.substr(0, end);
    // Only the whole has a sign, and what a greater unit could hold is no number of a smaller one.
    int64_t whole = 0;
    const auto parsed = std::from_chars(amount.data(), amount.data() + amount.size(), whole);
    const bool is_too_much = !is_first && kUnits[unit].below > 0 && whole >= kUnits[unit].below;
    if (parsed.ec != std::errc() || amount[0] == '-' || is_too_much) {
      return BadInterval(part.text, span);
    }
    ARROW_RETURN_NOT_OK(AddAmount(amount, kUnits[unit], span, &own));
    if (is_last) {
      sum->months += is_negative ? -own.months : own.months;
      sum->micros += is_negative ? -own.micros : own.micros;
      sum->has_months = sum->has_months || own.has_months;
      sum->has_micros = sum->has_micros || own.has_micros;
      return arrow::Status::OK();
    }
    text.remove_prefix(end + 1);
    ++unit;
    if (unit < std::size(kUnits) && kUnits[unit].name == "WEEK") ++unit;
  }
  return BadInterval(part.text, span);
}

arrow::Result<TypedValue> IntervalOf(const syntax::Literal::Interval& interval, Span span) {
  IntervalSum sum;
  std::string shown;
  for (const auto& part : interval.parts) {
    shown.append(shown.empty() ? "" : " ").append(part.text).append(" ").append(part.unit);
    if (!part.to.empty()) {
      ARROW_RETURN_NOT_OK(AddRange(part, span, &sum));
      continue;
    }
    const IntervalUnit* unit = FindUnit(part.unit);
    if (unit == nullptr) return BadInterval(shown, span);
    ARROW_RETURN_NOT_OK(AddAmount(part.text, *unit, span, &sum));
  }
  return ValueOf(sum, shown, span);
}

}  // namespace

arrow::Result<TypedValue> LiteralValueOf(const syntax::Literal& literal, Span span) {
  struct Visitor {
    Span span;
    arrow::Result<TypedValue> operator()(const syntax::Literal::Null&) const {
      return TypedValue::Null();
    }
    arrow::Result<TypedValue> operator()(bool value) const { return TypedValue::Boolean(value); }
    arrow::Result<TypedValue> operator()(const syntax::Literal::Number& number) const {
      return NumberOf(number.text, span);
    }
    arrow::Result<TypedValue> operator()(const std::string& text) const {
      return TypedValue::String(text);
    }
    arrow::Result<TypedValue> operator()(const syntax::Literal::Typed& typed) const {
      if (typed.type == "X") return BinaryOf(typed.text);
      ARROW_ASSIGN_OR_RAISE(Type type, ParseType(typed.type));
      return TypedValue::Null(std::move(type));
    }
    arrow::Result<TypedValue> operator()(const syntax::Literal::Interval& interval) const {
      return IntervalOf(interval, span);
    }
    arrow::Result<TypedValue> operator()(const TypedValue& value) const { return value; }

    arrow::Result<TypedValue> BinaryOf(std::string_view hex) const {
      std::string digits(hex.size() % 2 == 1 ? "0" : "");
      digits.append(hex);
      std::string bytes;
      for (size_t i = 0; i < digits.size(); i += 2) {
        unsigned value = 0;
        const char* end = digits.data() + i + 2;
        const auto parsed = std::from_chars(digits.data() + i, end, value, 16);
        if (parsed.ec != std::errc() || parsed.ptr != end) return BadNumber(hex, "X", span);
        bytes.push_back(static_cast<char>(value));
      }
      return TypedValue{Type(TypeId::kBinary), std::move(bytes)};
    }
  };
  return std::visit(Visitor{span}, literal.value);
}

arrow::Result<TypedValue> IntervalFromText(std::string_view text, Span span) {
  IntervalSum sum;
  std::vector<std::string> words;
  std::string word;
  for (char c : text) {
    if (std::isspace(static_cast<unsigned char>(c)) == 0 && c != '\'') {
      word.push_back(c);
    } else if (!word.empty()) {
      words.push_back(std::exchange(word, {}));
    }
  }
  if (!word.empty()) words.push_back(std::move(word));
  if (!words.empty() && ToUpperAscii(words[0]) == "INTERVAL") words.erase(words.begin());
  if (words.empty() || words.size() % 2 != 0) return BadInterval(text, span);
  for (size_t i = 0; i < words.size(); i += 2) {
    const IntervalUnit* unit = FindUnit(words[i + 1]);
    if (unit == nullptr) return BadInterval(text, span);
    ARROW_RETURN_NOT_OK(AddAmount(words[i], *unit, span, &sum));
  }
  return ValueOf(sum, text, span);
}

}  // namespace sabot::analyzer
