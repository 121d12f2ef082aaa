#include "sabot/types/type.h"

#include <utility>

#include <fmt/format.h>

#include "sabot/types/identifier.h"

namespace sabot {
namespace {

struct TypeNames {
  TypeId id;
  std::string_view sql;
  std::string_view simple;  // as Spark prints a schema
  std::string_view cypher;
  Kind kind;
};

// The one place where a logical type is named. Parameters are added by the functions below.
constexpr TypeNames kTypes[] = {
    {TypeId::kNull, "VOID", "void", "NULL", Kind::kBool},
    {TypeId::kBoolean, "BOOLEAN", "boolean", "BOOLEAN", Kind::kBool},
    {TypeId::kByte, "TINYINT", "tinyint", "INTEGER", Kind::kI8},
    {TypeId::kShort, "SMALLINT", "smallint", "INTEGER", Kind::kI16},
    {TypeId::kInt, "INT", "int", "INTEGER", Kind::kI32},
    {TypeId::kLong, "BIGINT", "bigint", "INTEGER", Kind::kI64},
    {TypeId::kFloat, "FLOAT", "float", "FLOAT", Kind::kF32},
    {TypeId::kDouble, "DOUBLE", "double", "FLOAT", Kind::kF64},
    {TypeId::kDecimal, "DECIMAL", "decimal", "DECIMAL", Kind::kI64},  // kI128 past 18 digits
    {TypeId::kString, "STRING", "string", "STRING", Kind::kView16},
    {TypeId::kBinary, "BINARY", "binary", "BYTES", Kind::kView16},
    {TypeId::kDate, "DATE", "date", "DATE", Kind::kI32},
    {TypeId::kTimestamp, "TIMESTAMP", "timestamp", "ZONED DATETIME", Kind::kI64},
    {TypeId::kTimestampNtz, "TIMESTAMP_NTZ", "timestamp_ntz", "LOCAL DATETIME", Kind::kI64},
    {TypeId::kYearMonthInterval, "INTERVAL YEAR TO MONTH", "interval year to month", "DURATION",
     Kind::kI32},
    {TypeId::kDayTimeInterval, "INTERVAL DAY TO SECOND", "interval day to second", "DURATION",
     Kind::kI64},
    {TypeId::kCalendarInterval, "INTERVAL", "interval", "DURATION", Kind::kStruct},
    {TypeId::kArray, "ARRAY", "array", "LIST", Kind::kList},
    {TypeId::kMap, "MAP", "map", "MAP", Kind::kList},
    {TypeId::kStruct, "STRUCT", "struct", "MAP", Kind::kStruct},
    {TypeId::kVariant, "VARIANT", "variant", "ANY", Kind::kView16},
    {TypeId::kNode, "NODE", "node", "NODE", Kind::kI64},
    {TypeId::kRelationship, "RELATIONSHIP", "relationship", "RELATIONSHIP", Kind::kI64},
    {TypeId::kPath, "PATH", "path", "PATH", Kind::kList},
    {TypeId::kAny, "ANY", "any", "ANY", Kind::kAny16},
};

consteval bool StandsInOrder() {
  for (size_t index = 0; index < std::size(kTypes); ++index) {
    if (static_cast<size_t>(kTypes[index].id) != index) return false;
  }
  return std::size(kTypes) == static_cast<size_t>(TypeId::kAny) + 1;
}
static_assert(StandsInOrder(), "kTypes is indexed by TypeId");

const TypeNames& NamesOf(TypeId id) { return kTypes[static_cast<size_t>(id)]; }

struct KindRow {
  Kind kind;
  std::string_view name;
  int width;
};

constexpr KindRow kKinds[] = {
    {Kind::kBool, "bool", 1},     {Kind::kI8, "i8", 1},   {Kind::kI16, "i16", 2},
    {Kind::kI32, "i32", 4},       {Kind::kI64, "i64", 8}, {Kind::kI128, "i128", 16},
    {Kind::kF32, "f32", 4},       {Kind::kF64, "f64", 8}, {Kind::kView16, "view16", 16},
    {Kind::kList, "list", 8},      // ListView: offset and length of 32 bits each
    {Kind::kStruct, "struct", 0},  // its children hold everything
    {Kind::kAny16, "any16", 16},
};

const KindRow& RowOf(Kind kind) { return kKinds[static_cast<size_t>(kind)]; }

constexpr int kLongDecimalDigitsMax = 18;  // 10^18 fits 63 bits, 10^19 does not

std::string WriteSql(const Type& type, bool with_element_nullability) {
  const std::string_view name = NamesOf(type.id()).sql;
  const auto children = type.fields();
  const bool is_struct = type.id() == TypeId::kStruct;
  if (type.is_decimal()) return fmt::format("{}({},{})", name, type.precision(), type.scale());
  if (!type.is_nested() || (children.empty() && !is_struct)) return std::string(name);
  std::string text = fmt::format("{}<", name);
  for (size_t index = 0; index < children.size(); ++index) {
    const TypeField& field = children[index];
    if (index > 0) text.append(", ");
    if (is_struct) text.append(QuoteIfNeeded(field.name)).append(": ");
    text.append(WriteSql(field.type, with_element_nullability));
    const bool is_key = type.id() == TypeId::kMap && index == 0;
    if (!field.nullable && !is_key && (is_struct || with_element_nullability)) {
      text.append(" NOT NULL");
    }
  }
  return text.append(">");
}

}  // namespace

Type Type::Decimal(int precision, int scale) {
  Type type(TypeId::kDecimal);
  type.precision_ = static_cast<int8_t>(precision);
  type.scale_ = static_cast<int8_t>(scale);
  return type;
}

Type Type::Array(Type element, bool contains_null) {
  Type type(TypeId::kArray);
  type.fields_ = std::make_shared<const std::vector<TypeField>>(
      std::vector<TypeField>{{"element", std::move(element), contains_null}});
  return type;
}

Type Type::Map(Type key, Type value, bool value_contains_null) {
  Type type(TypeId::kMap);
  type.fields_ = std::make_shared<const std::vector<TypeField>>(std::vector<TypeField>{
      {"key", std::move(key), false}, {"value", std::move(value), value_contains_null}});
  return type;
}

Type Type::Struct(std::vector<TypeField> fields) {
  Type type(TypeId::kStruct);
  type.fields_ = std::make_shared<const std::vector<TypeField>>(std::move(fields));
  return type;
}

std::span<const TypeField> Type::fields() const {
  return fields_ == nullptr ? std::span<const TypeField>() : std::span(*fields_);
}

Kind Type::kind() const {
  if (is_decimal() && precision_ > kLongDecimalDigitsMax) return Kind::kI128;
  return NamesOf(id_).kind;
}

std::string Type::ToSql() const { return WriteSql(*this, false); }
std::string Type::ToDdl() const { return WriteSql(*this, true); }

std::string Type::ToSimpleString() const {
  const std::string_view name = NamesOf(id_).simple;
  const auto children = fields();
  if (is_decimal()) return fmt::format("{}({},{})", name, precision_, scale_);
  if (!is_nested() || (children.empty() && id_ != TypeId::kStruct)) return std::string(name);
  std::string text = fmt::format("{}<", name);
  for (const TypeField& field : children) {
    if (&field != &children.front()) text.append(",");
    if (id_ == TypeId::kStruct) text.append(field.name).append(":");
    text.append(field.type.ToSimpleString());
  }
  return text.append(">");
}

std::string Type::ToCypher() const {
  const std::string_view name = NamesOf(id_).cypher;
  if (is_decimal()) return fmt::format("{}({},{})", name, precision_, scale_);
  if (id_ == TypeId::kArray && fields_ != nullptr) {
    return fmt::format("{}<{}>", name, fields().front().type.ToCypher());
  }
  return std::string(name);
}

bool operator==(const Type& left, const Type& right) {
  if (left.id_ != right.id_ || left.precision_ != right.precision_ || left.scale_ != right.scale_) {
    return false;
  }
  if (left.fields_ == right.fields_) return true;
  return std::ranges::equal(left.fields(), right.fields());
}

int KindWidth(Kind kind) { return RowOf(kind).width; }
std::string_view KindName(Kind kind) { return RowOf(kind).name; }

}  // namespace sabot
