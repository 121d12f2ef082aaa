#include <algorithm>
#include <charconv>

#include "sabot/base/error.h"
#include "sabot/frontend/spark/translator.h"
#include "sabot/frontend/spark/types.h"
#include "sabot/types/int128.h"

// Clients before 4.0 fill fields that 4.2 calls deprecated; they are served too.
#pragma GCC diagnostic ignored "-Wdeprecated-declarations"

namespace sabot::spark {
namespace {

using Literal = proto::Expression::Literal;

TypedValue OfLong(TypeId id, int64_t value) { return {Type(id), value}; }

/// As few digits as the text needs, as Spark types a decimal literal: 1.50 is DECIMAL(3,2).
struct DecimalDigits {
  int64_t precision = 0;
  int64_t scale = 0;
};

DecimalDigits DigitsOf(std::string_view text) {
  DecimalDigits digits;
  const size_t exponent_at = std::min(text.find_first_of("eE"), text.size());
  bool is_behind_point = false;
  for (const char c : text.substr(0, exponent_at)) {
    is_behind_point = is_behind_point || c == '.';
    if (c < '0' || c > '9') continue;
    if (c != '0' || digits.precision > 0) ++digits.precision;
    if (is_behind_point) ++digits.scale;
  }
  if (exponent_at < text.size()) {
    std::string_view exponent = text.substr(exponent_at + 1);
    if (exponent.starts_with('+')) exponent.remove_prefix(1);
    int32_t value = 0;
    std::from_chars(exponent.data(), exponent.data() + exponent.size(), value);
    digits.scale -= value;
  }
  if (digits.scale < 0) {
    digits.precision -= digits.scale;
    digits.scale = 0;
  }
  return digits;
}

arrow::Result<TypedValue> ToDecimal(const Literal::Decimal& decimal) {
  // The client may send a type that is too small beside the text: PySpark sends (10,0) for every
  // Decimal. The text's digits are never lost.
  const DecimalDigits own = DigitsOf(decimal.value());
  const int64_t scale =
      std::max<int64_t>(own.scale, decimal.has_scale() ? decimal.scale() : int64_t{0});
  const int64_t precision = std::max<int64_t>(
      {own.precision, scale, decimal.has_precision() ? decimal.precision() : int64_t{1}, 1});
  if (precision > 38) return Malformed("a decimal of more than 38 digits");
  const Type type = Type::Decimal(static_cast<int>(precision), static_cast<int>(scale));
  ARROW_ASSIGN_OR_RAISE(
      const Int128 unscaled,
      DecimalFromString(decimal.value(), static_cast<int>(precision), static_cast<int>(scale)));
  if (type.kind() == Kind::kI64) return TypedValue{type, static_cast<int64_t>(unscaled)};
  return TypedValue{type, unscaled};
}

arrow::Result<TypedValue> ToArray(const Literal& literal) {
  TypedValue value;
  std::vector<TypedValue> elements;
  bool has_null = false;
  for (const Literal& element : literal.array().elements()) {
    ARROW_ASSIGN_OR_RAISE(elements.emplace_back(), ToValue(element));
    has_null = has_null || elements.back().is_null();
  }
  Type type;
  if (literal.has_data_type()) {
    ARROW_ASSIGN_OR_RAISE(type, ToType(literal.data_type()));
  } else if (literal.array().has_element_type()) {
    ARROW_ASSIGN_OR_RAISE(Type element, ToType(literal.array().element_type()));
    type = Type::Array(std::move(element));
  } else {
    type = Type::Array(elements.empty() ? Type() : elements[0].type, has_null);
  }
  return TypedValue{std::move(type), std::move(elements)};
}

arrow::Result<TypedValue> ToMap(const Literal& literal) {
  const auto& map = literal.map();
  if (map.keys_size() != map.values_size()) return Malformed("a map with unpaired keys");
  std::vector<TypedValue> elements;
  for (int i = 0; i < map.keys_size(); ++i) {
    ARROW_ASSIGN_OR_RAISE(elements.emplace_back(), ToValue(map.keys(i)));
    ARROW_ASSIGN_OR_RAISE(elements.emplace_back(), ToValue(map.values(i)));
  }
  Type type;
  if (literal.has_data_type()) {
    ARROW_ASSIGN_OR_RAISE(type, ToType(literal.data_type()));
  } else if (map.has_key_type() && map.has_value_type()) {
    ARROW_ASSIGN_OR_RAISE(Type key, ToType(map.key_type()));
    ARROW_ASSIGN_OR_RAISE(Type value, ToType(map.value_type()));
    type = Type::Map(std::move(key), std::move(value));
  } else {
    type = Type::Map(elements.empty() ? Type() : elements[0].type,
                     elements.empty() ? Type() : elements[1].type);
  }
  return TypedValue{std::move(type), std::move(elements)};
}

arrow::Result<TypedValue> ToStruct(const Literal& literal) {
  std::vector<TypedValue> elements;
  for (const Literal& element : literal.struct_().elements()) {
    ARROW_ASSIGN_OR_RAISE(elements.emplace_back(), ToValue(element));
  }
  ARROW_ASSIGN_OR_RAISE(
      Type type,
      ToType(literal.has_data_type() ? literal.data_type() : literal.struct_().struct_type()));
  if (type.id() != TypeId::kStruct || type.fields().size() != elements.size()) {
    return Malformed("a struct whose fields do not fit its type");
  }
  return TypedValue{std::move(type), std::move(elements)};
}

template <typename Values, typename Make>
TypedValue OfMany(const Values& values, TypeId id, Make make) {
  std::vector<TypedValue> elements;
  for (const auto& value : values) elements.push_back({Type(id), make(value)});
  return {Type::Array(Type(id), false), std::move(elements)};
}

arrow::Result<TypedValue> ToArray(const Literal::SpecializedArray& array) {
  const auto as_long = [](int64_t value) { return value; };
  const auto as_double = [](double value) { return value; };
  switch (array.value_type_case()) {
    case Literal::SpecializedArray::kBools:
      return OfMany(array.bools().values(), TypeId::kBoolean, [](bool value) { return value; });
    case Literal::SpecializedArray::kInts:
      return OfMany(array.ints().values(), TypeId::kInt, as_long);
    case Literal::SpecializedArray::kLongs:
      return OfMany(array.longs().values(), TypeId::kLong, as_long);
    case Literal::SpecializedArray::kFloats:
      return OfMany(array.floats().values(), TypeId::kFloat, as_double);
    case Literal::SpecializedArray::kDoubles:
      return OfMany(array.doubles().values(), TypeId::kDouble, as_double);
    case Literal::SpecializedArray::kStrings:
      return OfMany(array.strings().values(), TypeId::kString,
                    [](const std::string& value) { return value; });
    default:
      return Malformed("an array of no known type");
  }
}

}  // namespace

arrow::Result<TypedValue> ToValue(const Literal& literal) {
  switch (literal.literal_type_case()) {
    case Literal::kNull: {
      ARROW_ASSIGN_OR_RAISE(Type type, ToType(literal.null()));
      return TypedValue::Null(std::move(type));
    }
    case Literal::kBinary:
      return TypedValue{Type(TypeId::kBinary), literal.binary()};
    case Literal::kBoolean:
      return TypedValue::Boolean(literal.boolean());
    case Literal::kByte:
      return OfLong(TypeId::kByte, static_cast<int8_t>(literal.byte()));
    case Literal::kShort:
      return OfLong(TypeId::kShort, static_cast<int16_t>(literal.short_()));
    case Literal::kInteger:
      return TypedValue::Int(literal.integer());
    case Literal::kLong:
      return TypedValue::Long(literal.long_());
    case Literal::kFloat:
      return TypedValue{Type(TypeId::kFloat), double{literal.float_()}};
    case Literal::kDouble:
      return TypedValue::Double(literal.double_());
    case Literal::kDecimal:
      return ToDecimal(literal.decimal());
    case Literal::kString:
      return TypedValue::String(literal.string());
    case Literal::kDate:
      return OfLong(TypeId::kDate, literal.date());
    case Literal::kTimestamp:
      return OfLong(TypeId::kTimestamp, literal.timestamp());
    case Literal::kTimestampNtz:
      return OfLong(TypeId::kTimestampNtz, literal.timestamp_ntz());
    case Literal::kYearMonthInterval:
      return OfLong(TypeId::kYearMonthInterval, literal.year_month_interval());
    case Literal::kDayTimeInterval:
      return OfLong(TypeId::kDayTimeInterval, literal.day_time_interval());
    case Literal::kCalendarInterval: {
      const auto& interval = literal.calendar_interval();
      return TypedValue{Type(TypeId::kCalendarInterval),
                        std::vector<TypedValue>{TypedValue::Int(interval.months()),
                                                TypedValue::Int(interval.days()),
                                                TypedValue::Long(interval.microseconds())}};
    }
    case Literal::kArray:
      return ToArray(literal);
    case Literal::kSpecializedArray:
      return ToArray(literal.specialized_array());
    case Literal::kMap:
      return ToMap(literal);
    case Literal::kStruct:
      return ToStruct(literal);
    case Literal::kTime:
      return MakeError("UNSUPPORTED_DATATYPE",
                       {{"typeName", "TIME"}, {"message", "use TIMESTAMP_NTZ or STRING"}});
    default:
      return Malformed("a literal of no known kind");
  }
}

}  // namespace sabot::spark
