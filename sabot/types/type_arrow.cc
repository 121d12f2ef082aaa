#include <fmt/format.h>

#include "arrow/type.h"

#include "sabot/base/error.h"
#include "sabot/types/schema.h"
#include "sabot/types/type.h"

namespace sabot {
namespace {

constexpr int kDepthMax = 64;  // as in DDL: nobody downstream meets a deeper type

arrow::Status Unsupported(std::string_view name, std::string_view message) {
  return MakeError("UNSUPPORTED_DATATYPE",
                   {{"typeName", fmt::format("\"{}\"", name)}, {"message", std::string(message)}});
}

// One of each: Arrow's makers of plain types return shared instances.
std::shared_ptr<arrow::DataType> ToArrowScalar(const Type& type) {
  switch (type.id()) {
    case TypeId::kNull:
      return arrow::null();
    case TypeId::kBoolean:
      return arrow::boolean();
    case TypeId::kByte:
      return arrow::int8();
    case TypeId::kShort:
      return arrow::int16();
    case TypeId::kInt:
      return arrow::int32();
    case TypeId::kFloat:
      return arrow::float32();
    case TypeId::kDouble:
      return arrow::float64();
    case TypeId::kDecimal:
      return arrow::decimal128(type.precision(), type.scale());
    case TypeId::kString:
      return arrow::utf8();
    case TypeId::kBinary:
      return arrow::binary();
    case TypeId::kDate:
      return arrow::date32();
    case TypeId::kTimestamp:
      return arrow::timestamp(arrow::TimeUnit::MICRO, "UTC");
    case TypeId::kTimestampNtz:
      return arrow::timestamp(arrow::TimeUnit::MICRO);
    case TypeId::kYearMonthInterval:
      return arrow::month_interval();
    case TypeId::kDayTimeInterval:
      return arrow::duration(arrow::TimeUnit::MICRO);
    case TypeId::kCalendarInterval:
      return arrow::month_day_nano_interval();
    // References: what a result shows is built from them before it leaves.
    case TypeId::kLong:
    case TypeId::kNode:
    case TypeId::kRelationship:
      return arrow::int64();
    case TypeId::kPath:
      return arrow::list(arrow::field("element", arrow::int64(), false));
    default:
      return nullptr;
  }
}

arrow::Result<std::shared_ptr<arrow::Field>> ToArrowField(const TypeField& field) {
  ARROW_ASSIGN_OR_RAISE(auto type, ToArrow(field.type));
  return arrow::field(field.name, std::move(type), field.nullable);
}

arrow::Result<Type> FromArrowType(const arrow::DataType& type, int depth);

arrow::Result<TypeField> FromArrowField(const arrow::Field& field, int depth) {
  ARROW_ASSIGN_OR_RAISE(Type type, FromArrowType(*field.type(), depth));
  return TypeField{field.name(), std::move(type), field.nullable()};
}

arrow::Result<Type> FromArrowDecimal(const arrow::DecimalType& type) {
  if (type.precision() > 38 || type.scale() < 0 || type.scale() > type.precision()) {
    return Unsupported(type.ToString(), "the precision is 1 to 38, the scale 0 to the precision");
  }
  return Type::Decimal(type.precision(), type.scale());
}

arrow::Result<Type> FromArrowNested(const arrow::DataType& type, int depth) {
  if (type.id() == arrow::Type::MAP) {
    const auto& map = static_cast<const arrow::MapType&>(type);
    ARROW_ASSIGN_OR_RAISE(Type key, FromArrowType(*map.key_type(), depth + 1));
    ARROW_ASSIGN_OR_RAISE(TypeField value, FromArrowField(*map.item_field(), depth + 1));
    return Type::Map(std::move(key), std::move(value.type), value.nullable);
  }
  if (type.id() == arrow::Type::STRUCT) {
    std::vector<TypeField> fields;
    for (const auto& child : type.fields()) {
      ARROW_ASSIGN_OR_RAISE(TypeField field, FromArrowField(*child, depth + 1));
      fields.push_back(std::move(field));
    }
    return Type::Struct(std::move(fields));
  }
  ARROW_ASSIGN_OR_RAISE(TypeField element, FromArrowField(*type.field(0), depth + 1));
  return Type::Array(std::move(element.type), element.nullable);
}

arrow::Result<Type> FromArrowType(const arrow::DataType& type, int depth) {
  if (depth > kDepthMax) return MakeError("PLAN_TOO_DEEP", {{"limit", std::to_string(kDepthMax)}});
  switch (type.id()) {
    case arrow::Type::NA:
      return Type(TypeId::kNull);
    case arrow::Type::BOOL:
      return Type(TypeId::kBoolean);
    case arrow::Type::INT8:
      return Type(TypeId::kByte);
    case arrow::Type::UINT8:
    case arrow::Type::INT16:
      return Type(TypeId::kShort);
    case arrow::Type::UINT16:
    case arrow::Type::INT32:
      return Type(TypeId::kInt);
    case arrow::Type::UINT32:
    case arrow::Type::INT64:
      return Type(TypeId::kLong);
    case arrow::Type::UINT64:
      return Type::Decimal(20, 0);
    case arrow::Type::HALF_FLOAT:
    case arrow::Type::FLOAT:
      return Type(TypeId::kFloat);
    case arrow::Type::DOUBLE:
      return Type(TypeId::kDouble);
    case arrow::Type::DECIMAL32:
    case arrow::Type::DECIMAL64:
    case arrow::Type::DECIMAL128:
    case arrow::Type::DECIMAL256:
      return FromArrowDecimal(static_cast<const arrow::DecimalType&>(type));
    case arrow::Type::STRING:
    case arrow::Type::LARGE_STRING:
    case arrow::Type::STRING_VIEW:
      return Type(TypeId::kString);
    case arrow::Type::BINARY:
    case arrow::Type::LARGE_BINARY:
    case arrow::Type::BINARY_VIEW:
    case arrow::Type::FIXED_SIZE_BINARY:
      return Type(TypeId::kBinary);
    case arrow::Type::DATE32:
    case arrow::Type::DATE64:
      return Type(TypeId::kDate);
    case arrow::Type::TIMESTAMP:
      return Type(static_cast<const arrow::TimestampType&>(type).timezone().empty()
                      ? TypeId::kTimestampNtz
                      : TypeId::kTimestamp);
    case arrow::Type::DURATION:
      return Type(TypeId::kDayTimeInterval);
    case arrow::Type::INTERVAL_MONTHS:
      return Type(TypeId::kYearMonthInterval);
    case arrow::Type::INTERVAL_MONTH_DAY_NANO:
      return Type(TypeId::kCalendarInterval);
    case arrow::Type::DICTIONARY:
      return FromArrowType(*static_cast<const arrow::DictionaryType&>(type).value_type(),
                           depth + 1);
    case arrow::Type::LIST:
    case arrow::Type::LARGE_LIST:
    case arrow::Type::FIXED_SIZE_LIST:
    case arrow::Type::LIST_VIEW:
    case arrow::Type::LARGE_LIST_VIEW:
    case arrow::Type::MAP:
    case arrow::Type::STRUCT:
      return FromArrowNested(type, depth);
    default:
      return Unsupported(type.ToString(), "this Arrow type has no SQL type; cast it before");
  }
}

}  // namespace

arrow::Result<std::shared_ptr<arrow::DataType>> ToArrow(const Type& type) {
  const auto children = type.fields();
  if (type.id() == TypeId::kArray) {
    ARROW_ASSIGN_OR_RAISE(auto element, ToArrowField(children[0]));
    return arrow::list(std::move(element));
  }
  if (type.id() == TypeId::kMap) {
    ARROW_ASSIGN_OR_RAISE(auto key, ToArrow(children[0].type));
    ARROW_ASSIGN_OR_RAISE(auto value, ToArrowField(children[1]));
    return arrow::map(std::move(key), std::move(value));
  }
  if (type.id() == TypeId::kStruct) {
    arrow::FieldVector fields;
    for (const TypeField& child : children) {
      ARROW_ASSIGN_OR_RAISE(auto field, ToArrowField(child));
      fields.push_back(std::move(field));
    }
    return arrow::struct_(fields);
  }
  auto scalar = ToArrowScalar(type);
  if (scalar != nullptr) return scalar;
  return Unsupported(type.ToSql(), "it has no Arrow type; cast it to STRING before");
}

arrow::Result<Type> FromArrow(const arrow::DataType& type) { return FromArrowType(type, 1); }

arrow::Result<std::shared_ptr<arrow::Schema>> ToArrow(const Schema& schema) {
  arrow::FieldVector fields;
  for (const TypeField& column : schema.columns) {
    ARROW_ASSIGN_OR_RAISE(auto field, ToArrowField(column));
    fields.push_back(std::move(field));
  }
  return arrow::schema(std::move(fields));
}

arrow::Result<Schema> FromArrow(const arrow::Schema& schema) {
  Schema result;
  for (const auto& field : schema.fields()) {
    ARROW_ASSIGN_OR_RAISE(TypeField column, FromArrowField(*field, 1));
    result.columns.push_back(std::move(column));
  }
  return result;
}

}  // namespace sabot
