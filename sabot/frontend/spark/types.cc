#include "sabot/frontend/spark/types.h"

#include "spark/connect/types.pb.h"

#include "sabot/base/error.h"

namespace sabot::spark {
namespace {

namespace proto = ::spark::connect;

arrow::Status Unsupported(std::string name, std::string message) {
  return MakeError("UNSUPPORTED_DATATYPE",
                   {{"typeName", std::move(name)}, {"message", std::move(message)}});
}

arrow::Result<Type> StringType(const proto::DataType::String& string) {
  if (string.collation().empty() || string.collation() == "UTF8_BINARY") {
    return Type(TypeId::kString);
  }
  return Unsupported("STRING COLLATE " + string.collation(), "strings compare by their bytes");
}

arrow::Result<Type> StructType(const proto::DataType::Struct& message) {
  std::vector<TypeField> fields;
  for (const auto& field : message.fields()) {
    ARROW_ASSIGN_OR_RAISE(Type type, ToType(field.data_type()));
    fields.push_back({field.name(), std::move(type), field.nullable()});
  }
  return Type::Struct(std::move(fields));
}

arrow::Result<Type> DecimalType(const proto::DataType::Decimal& decimal) {
  const int precision = decimal.has_precision() ? decimal.precision() : 10;
  const int scale = decimal.has_scale() ? decimal.scale() : 0;
  if (precision < 1 || precision > 38 || scale < 0 || scale > precision) {
    return Unsupported("DECIMAL(" + std::to_string(precision) + "," + std::to_string(scale) + ")",
                       "precision is 1 to 38, scale 0 to precision");
  }
  return Type::Decimal(precision, scale);
}

}  // namespace

arrow::Result<Type> ToType(const proto::DataType& type) {
  switch (type.kind_case()) {
    case proto::DataType::kNull:
      return Type();
    case proto::DataType::kBinary:
      return Type(TypeId::kBinary);
    case proto::DataType::kBoolean:
      return Type(TypeId::kBoolean);
    case proto::DataType::kByte:
      return Type(TypeId::kByte);
    case proto::DataType::kShort:
      return Type(TypeId::kShort);
    case proto::DataType::kInteger:
      return Type(TypeId::kInt);
    case proto::DataType::kLong:
      return Type(TypeId::kLong);
    case proto::DataType::kFloat:
      return Type(TypeId::kFloat);
    case proto::DataType::kDouble:
      return Type(TypeId::kDouble);
    case proto::DataType::kDecimal:
      return DecimalType(type.decimal());
    case proto::DataType::kString:
      return StringType(type.string());
    case proto::DataType::kDate:
      return Type(TypeId::kDate);
    case proto::DataType::kTimestamp:
      return Type(TypeId::kTimestamp);
    case proto::DataType::kTimestampNtz:
      return Type(TypeId::kTimestampNtz);
    case proto::DataType::kCalendarInterval:
      return Type(TypeId::kCalendarInterval);
    case proto::DataType::kYearMonthInterval:
      return Type(TypeId::kYearMonthInterval);
    case proto::DataType::kDayTimeInterval:
      return Type(TypeId::kDayTimeInterval);
    case proto::DataType::kArray: {
      ARROW_ASSIGN_OR_RAISE(Type element, ToType(type.array().element_type()));
      return Type::Array(std::move(element), type.array().contains_null());
    }
    case proto::DataType::kMap: {
      ARROW_ASSIGN_OR_RAISE(Type key, ToType(type.map().key_type()));
      ARROW_ASSIGN_OR_RAISE(Type value, ToType(type.map().value_type()));
      return Type::Map(std::move(key), std::move(value), type.map().value_contains_null());
    }
    case proto::DataType::kStruct:
      return StructType(type.struct_());
    case proto::DataType::kUnparsed:
      return ParseTypeText(type.unparsed().data_type_string());
    case proto::DataType::kVariant:
      return Type(TypeId::kVariant);
    case proto::DataType::kChar:
    case proto::DataType::kVarChar:
      return Unsupported("CHAR and VARCHAR", "use STRING");
    case proto::DataType::kUdt:
      return Unsupported("a user-defined type", "use the type it is made of");
    case proto::DataType::kTime:
      return Unsupported("TIME", "use TIMESTAMP_NTZ or STRING");
    default:
      return Unsupported("the type of this column", "use one of SQL's scalar or nested types");
  }
}

arrow::Status FromType(const Type& type, proto::DataType* message) {
  switch (type.id()) {
    case TypeId::kNull:
      message->mutable_null();
      break;
    case TypeId::kBoolean:
      message->mutable_boolean();
      break;
    case TypeId::kByte:
      message->mutable_byte();
      break;
    case TypeId::kShort:
      message->mutable_short_();
      break;
    case TypeId::kInt:
      message->mutable_integer();
      break;
    case TypeId::kLong:
    case TypeId::kNode:
    case TypeId::kRelationship:
      message->mutable_long_();
      break;
    case TypeId::kFloat:
      message->mutable_float_();
      break;
    case TypeId::kDouble:
      message->mutable_double_();
      break;
    case TypeId::kDecimal:
      message->mutable_decimal()->set_precision(type.precision());
      message->mutable_decimal()->set_scale(type.scale());
      break;
    case TypeId::kString:
      message->mutable_string()->set_collation("UTF8_BINARY");
      break;
    case TypeId::kBinary:
      message->mutable_binary();
      break;
    case TypeId::kDate:
      message->mutable_date();
      break;
    case TypeId::kTimestamp:
      message->mutable_timestamp();
      break;
    case TypeId::kTimestampNtz:
      message->mutable_timestamp_ntz();
      break;
    case TypeId::kYearMonthInterval:
      message->mutable_year_month_interval()->set_start_field(0);
      message->mutable_year_month_interval()->set_end_field(1);
      break;
    case TypeId::kDayTimeInterval:
      message->mutable_day_time_interval()->set_start_field(0);
      message->mutable_day_time_interval()->set_end_field(3);
      break;
    case TypeId::kCalendarInterval:
      message->mutable_calendar_interval();
      break;
    case TypeId::kVariant:
      message->mutable_variant();
      break;
    case TypeId::kArray:
      message->mutable_array()->set_contains_null(type.fields()[0].nullable);
      return FromType(type.fields()[0].type, message->mutable_array()->mutable_element_type());
    case TypeId::kPath:
      message->mutable_array()->mutable_element_type()->mutable_long_();
      break;
    case TypeId::kMap:
      message->mutable_map()->set_value_contains_null(type.fields()[1].nullable);
      ARROW_RETURN_NOT_OK(
          FromType(type.fields()[0].type, message->mutable_map()->mutable_key_type()));
      return FromType(type.fields()[1].type, message->mutable_map()->mutable_value_type());
    case TypeId::kStruct:
      message->mutable_struct_();
      for (const TypeField& field : type.fields()) {
        auto* to = message->mutable_struct_()->add_fields();
        to->set_name(field.name);
        to->set_nullable(field.nullable);
        ARROW_RETURN_NOT_OK(FromType(field.type, to->mutable_data_type()));
      }
      break;
    case TypeId::kAny:
      return Unsupported("ANY", "give the column a type with CAST");
  }
  return arrow::Status::OK();
}

arrow::Status FromSchema(const Schema& schema, proto::DataType* message) {
  return FromType(Type::Struct(schema.columns), message);
}

}  // namespace sabot::spark
