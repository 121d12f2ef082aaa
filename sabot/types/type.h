#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "arrow/result.h"
#include "arrow/type_fwd.h"

namespace sabot {

/// Logical types: Spark 4's and Cypher's. How each is called in SQL, Cypher, Python and Arrow, and
/// how its values are held, stands once, in type.cc's table.
enum class TypeId : uint8_t {
  kNull,  ///< VOID: every value is NULL
  kBoolean,
  kByte,
  kShort,
  kInt,
  kLong,
  kFloat,
  kDouble,
  kDecimal,  ///< precision 1..38, scale 0..precision
  kString,   ///< UTF-8
  kBinary,
  kDate,               ///< days since 1970-01-01
  kTimestamp,          ///< microseconds since 1970 UTC; shown in the session's zone
  kTimestampNtz,       ///< microseconds since 1970 of a wall clock without zone
  kYearMonthInterval,  ///< months
  kDayTimeInterval,    ///< microseconds
  kCalendarInterval,   ///< struct of months i32, days i32, microseconds i64
  kArray,
  kMap,
  kStruct,
  kVariant,
  kNode,          ///< Cypher: a 64-bit reference, hydrated at the result
  kRelationship,  ///< the same
  kPath,          ///< list of alternating node and relationship references
  kAny,           ///< Cypher: a value with its own type
};

/// How values are held. Kernels are templates over these alone.
enum class Kind : uint8_t {
  kBool,  ///< one byte, 0 or 1
  kI8,
  kI16,
  kI32,
  kI64,
  kI128,
  kF32,
  kF64,
  kView16,  ///< StringView: length, prefix, pointer
  kList,    ///< ListView: offset and length into a child vector
  kStruct,  ///< child vectors of the same length
  kAny16,
};

struct TypeField;

/// Immutable, cheap to copy (one shared pointer for nested types).
class Type {
 public:
  Type() = default;  ///< VOID
  /// A type without parameters. Decimal, array, map and struct have their own makers.
  explicit Type(TypeId id) : id_(id) {}
  /// precision 1..38, 0 <= scale <= precision: checked by the analyzer, which has the position.
  static Type Decimal(int precision, int scale);
  static Type Array(Type element, bool contains_null = true);
  static Type Map(Type key, Type value, bool value_contains_null = true);
  static Type Struct(std::vector<TypeField> fields);

  TypeId id() const { return id_; }
  int precision() const { return precision_; }
  int scale() const { return scale_; }
  /// Children: [element], [key, value], or the struct's fields.
  std::span<const TypeField> fields() const;
  Kind kind() const;

  bool is_null() const { return id_ == TypeId::kNull; }
  bool is_integer() const { return id_ >= TypeId::kByte && id_ <= TypeId::kLong; }
  bool is_floating() const { return id_ == TypeId::kFloat || id_ == TypeId::kDouble; }
  bool is_decimal() const { return id_ == TypeId::kDecimal; }
  bool is_numeric() const { return id_ >= TypeId::kByte && id_ <= TypeId::kDecimal; }
  bool is_string() const { return id_ == TypeId::kString; }
  bool is_datetime() const { return id_ >= TypeId::kDate && id_ <= TypeId::kTimestampNtz; }
  bool is_nested() const { return id_ >= TypeId::kArray && id_ <= TypeId::kStruct; }

  /// "BIGINT", "DECIMAL(10,2)", "ARRAY<INT>": as SQL writes it, and error messages.
  std::string ToSql() const;
  /// The same with NOT NULL after elements of arrays and values of maps that are never null, which
  /// Spark's text leaves out: ParseType reads the very type back. For our formats.
  std::string ToDdl() const;
  /// "bigint", "array<int>", "struct<a:int>": Spark's simpleString, as schemas print.
  std::string ToSimpleString() const;
  /// "INTEGER", "STRING", "NODE": Cypher's name.
  std::string ToCypher() const;

  friend bool operator==(const Type& left, const Type& right);

 private:
  TypeId id_ = TypeId::kNull;
  int8_t precision_ = 0;
  int8_t scale_ = 0;
  std::shared_ptr<const std::vector<TypeField>> fields_;
};

struct TypeField {
  std::string name;
  Type type;
  bool nullable = true;
  friend bool operator==(const TypeField&, const TypeField&) = default;
};

/// Bytes a value takes in a vector's value buffer: 1, 2, 4, 8 or 16; kStruct 0.
int KindWidth(Kind kind);
std::string_view KindName(Kind kind);

/// Read a type as DDL writes it: "int", "DECIMAL(10,2)", "array<struct<a: int, b string>>", any
/// case. Errors: PARSE_SYNTAX_ERROR, UNSUPPORTED_DATATYPE.
arrow::Result<Type> ParseType(std::string_view text);

/// To Arrow's type: strings as utf8 (not views: every consumer reads them), decimals as decimal128,
/// TIMESTAMP with zone UTC. Errors: UNSUPPORTED_DATATYPE for kAny, kVariant.
arrow::Result<std::shared_ptr<arrow::DataType>> ToArrow(const Type& type);
/// From Arrow's: all widths of strings, lists and decimals; unsigned as the next wider type (u64 as
/// DECIMAL(20,0)); dictionaries as their values; timestamps of any unit as microseconds. Errors:
/// UNSUPPORTED_DATATYPE naming the Arrow type.
arrow::Result<Type> FromArrow(const arrow::DataType& type);

}  // namespace sabot
