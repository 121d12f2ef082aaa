#pragma once

#include <string>
#include <variant>
#include <vector>

#include "sabot/types/int128.h"
#include "sabot/types/type.h"

namespace sabot {

/// One value outside a vector: literals, parameters, options. Not for row loops.
///
/// Held as: bool; int64_t (integers, dates, timestamps, intervals, decimals of <= 18 digits,
/// references); Int128 (wider decimals); double (FLOAT and DOUBLE); string (STRING, BINARY);
/// elements (ARRAY: values; MAP: keys and values in turn; STRUCT: fields; CALENDAR INTERVAL:
/// months, days, microseconds).
struct TypedValue {
  Type type;
  std::variant<std::monostate, bool, int64_t, Int128, double, std::string, std::vector<TypedValue>>
      value;

  bool is_null() const { return std::holds_alternative<std::monostate>(value); }

  static TypedValue Null(Type type = {}) { return {std::move(type), {}}; }
  static TypedValue Boolean(bool value) { return {Type(TypeId::kBoolean), value}; }
  static TypedValue Int(int32_t value) { return {Type(TypeId::kInt), int64_t{value}}; }
  static TypedValue Long(int64_t value) { return {Type(TypeId::kLong), value}; }
  static TypedValue Double(double value) { return {Type(TypeId::kDouble), value}; }
  static TypedValue String(std::string value) { return {Type(TypeId::kString), std::move(value)}; }

  /// As SQL writes the literal: 1, 1.50, 'it''s', DATE '2013-01-01', NULL.
  std::string ToSql() const;
  /// As a cell of a printed result: NULL, 1.5, text without quotes, [1, 2], {a -> 1}, {1, a}; times
  /// in UTC. Both are UTF-8 whatever bytes a STRING holds: U+FFFD for what is none.
  std::string ToText() const;

  /// Whether both are the same literal: NaN equals NaN, so plans with NaN compare equal to
  /// themselves; -0.0 is not 0.0.
  friend bool operator==(const TypedValue& left, const TypedValue& right);
};

/// Doubles as Spark prints them: shortest digits that read back, "1.0", "1.0E10", "NaN",
/// "Infinity".
std::string DoubleToString(double value);
std::string FloatToString(float value);
/// Dates and timestamps of the proleptic Gregorian calendar: "2013-01-01", "2013-01-01 05:15:00.5"
/// (no trailing zeros).
std::string DateToString(int64_t days);
std::string TimestampToString(int64_t micros);

}  // namespace sabot
