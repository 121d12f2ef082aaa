#include "sabot/types/value.h"

#include <cmath>

#include <fmt/format.h>

#include "sabot/base/utf8.h"
#include "sabot/types/interval_text.h"

namespace sabot {
namespace {

using Elements = std::vector<TypedValue>;

int64_t IntegerOf(const TypedValue& typed) {
  const auto* value = std::get_if<int64_t>(&typed.value);
  return value == nullptr ? 0 : *value;
}

std::string HexDigits(std::string_view bytes, std::string_view separator) {
  std::string text;
  for (char byte : bytes) {
    if (!text.empty()) text.append(separator);
    text.append(fmt::format("{:02X}", static_cast<unsigned char>(byte)));
  }
  return text;
}

// Spark reads \ in a literal as an escape.
std::string Quoted(std::string_view text) {
  std::string quoted = "'";
  for (char c : text) quoted.append(c == '\'' || c == '\\' ? 1 : 0, c).push_back(c);
  return quoted.append("'");
}

// Calendar intervals: months, days, microseconds.
std::string CalendarText(const Elements& parts) {
  if (parts.size() != 3) return CalendarIntervalToString(0, 0, 0);
  return CalendarIntervalToString(IntegerOf(parts[0]), IntegerOf(parts[1]), IntegerOf(parts[2]));
}

// How a nested value is put together; the two texts differ in nothing else.
struct Style {
  std::string (TypedValue::*print)() const;
  bool is_sql;
};

std::string Joined(const Elements& elements, Style style, std::string_view open,
                   std::string_view close) {
  std::string text(open);
  for (const TypedValue& element : elements) {
    if (&element != &elements.front()) text.append(", ");
    text.append((element.*style.print)());
  }
  return text.append(close);
}

std::string MapText(const Elements& elements) {
  std::string text = "{";
  for (size_t index = 0; index + 1 < elements.size(); index += 2) {
    if (index > 0) text.append(", ");
    text.append(elements[index].ToText()).append(" -> ").append(elements[index + 1].ToText());
  }
  return text.append("}");
}

std::string StructSql(const Type& type, const Elements& elements) {
  std::string text = "NAMED_STRUCT(";
  for (size_t index = 0; index < elements.size() && index < type.fields().size(); ++index) {
    if (index > 0) text.append(", ");
    text.append(Quoted(type.fields()[index].name)).append(", ").append(elements[index].ToSql());
  }
  return text.append(")");
}

std::string NestedText(const TypedValue& typed, const Elements& elements, Style style) {
  switch (typed.type.id()) {
    case TypeId::kCalendarInterval:
      return style.is_sql ? fmt::format("INTERVAL {}", Quoted(CalendarText(elements)))
                          : CalendarText(elements);
    case TypeId::kMap:
      return style.is_sql ? Joined(elements, style, "MAP(", ")") : MapText(elements);
    case TypeId::kStruct:
      return style.is_sql ? StructSql(typed.type, elements) : Joined(elements, style, "{", "}");
    default:
      return style.is_sql ? Joined(elements, style, "ARRAY(", ")")
                          : Joined(elements, style, "[", "]");
  }
}

std::string IntegerText(const Type& type, int64_t value) {
  switch (type.id()) {
    case TypeId::kDecimal:
      return DecimalToString(value, type.scale());
    case TypeId::kDate:
      return DateToString(value);
    case TypeId::kTimestamp:
    case TypeId::kTimestampNtz:
      return TimestampToString(value);
    case TypeId::kYearMonthInterval:
      return YearMonthIntervalToString(value);
    case TypeId::kDayTimeInterval:
      return DayTimeIntervalToString(value);
    default:
      return std::to_string(value);
  }
}

// Numbers, dates and intervals read alike everywhere.
std::string PlainText(const TypedValue& typed) {
  if (const auto* value = std::get_if<bool>(&typed.value)) return *value ? "true" : "false";
  if (const auto* value = std::get_if<int64_t>(&typed.value)) {
    return IntegerText(typed.type, *value);
  }
  if (const auto* value = std::get_if<Int128>(&typed.value)) {
    return DecimalToString(*value, typed.type.scale());
  }
  if (const auto* value = std::get_if<double>(&typed.value)) {
    return typed.type.id() == TypeId::kFloat ? FloatToString(static_cast<float>(*value))
                                             : DoubleToString(*value);
  }
  return "NULL";
}

// A plan with -0.0 must not be taken for the one with 0.0, though SQL calls the numbers equal.
bool AreSameDoubles(double left, double right) {
  if (std::isnan(left) || std::isnan(right)) return std::isnan(left) && std::isnan(right);
  return left == right && std::signbit(left) == std::signbit(right);
}

}  // namespace

std::string TypedValue::ToText() const {
  if (const auto* text = std::get_if<std::string>(&value)) {
    return type.id() == TypeId::kBinary ? fmt::format("[{}]", HexDigits(*text, " "))
                                        : ToUtf8(*text);
  }
  if (const auto* elements = std::get_if<Elements>(&value)) {
    return NestedText(*this, *elements, {.print = &TypedValue::ToText, .is_sql = false});
  }
  return PlainText(*this);
}

std::string TypedValue::ToSql() const {
  if (const auto* text = std::get_if<std::string>(&value)) {
    return type.id() == TypeId::kBinary ? fmt::format("X'{}'", HexDigits(*text, ""))
                                        : Quoted(ToUtf8(*text));
  }
  if (const auto* elements = std::get_if<Elements>(&value)) {
    return NestedText(*this, *elements, {.print = &TypedValue::ToSql, .is_sql = true});
  }
  const std::string text = PlainText(*this);
  if (is_null()) return text;
  if (type.is_datetime()) return fmt::format("{} '{}'", type.ToSql(), text);
  const auto* number = std::get_if<double>(&value);
  if (number != nullptr && !std::isfinite(*number)) {
    return fmt::format("CAST('{}' AS {})", text, type.ToSql());
  }
  return text;
}

bool operator==(const TypedValue& left, const TypedValue& right) {
  if (!(left.type == right.type) || left.value.index() != right.value.index()) return false;
  if (const auto* value = std::get_if<double>(&left.value)) {
    return AreSameDoubles(*value, std::get<double>(right.value));
  }
  return left.value == right.value;
}

}  // namespace sabot
