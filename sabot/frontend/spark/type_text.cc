#include <cmath>

#include <google/protobuf/struct.pb.h>
#include <google/protobuf/util/json_util.h>

#include "sabot/base/error.h"
#include "sabot/frontend/spark/types.h"

// Types as text. Spark writes schemas as JSON; protobuf's own reader of JSON is at hand.
namespace sabot::spark {
namespace {

using Json = google::protobuf::Value;

arrow::Status Malformed(std::string_view what) {
  return MakeError("PARSE_SYNTAX_ERROR",
                   {{"error", "the JSON of a schema"}, {"hint", ": " + std::string(what)}});
}

const Json* Find(const Json& object, const char* key) {
  const auto& fields = object.struct_value().fields();
  const auto found = fields.find(key);
  return found == fields.end() ? nullptr : &found->second;
}

bool FlagOr(const Json& object, const char* key, bool otherwise) {
  const Json* flag = Find(object, key);
  return flag == nullptr ? otherwise : flag->bool_value();
}

arrow::Result<Type> FromJson(const Json& json);

arrow::Result<Type> ChildFromJson(const Json& object, const char* key) {
  const Json* child = Find(object, key);
  if (child == nullptr) return Malformed(std::string("it lacks ") + key);
  return FromJson(*child);
}

arrow::Result<Type> StructFromJson(const Json& object) {
  const Json* list = Find(object, "fields");
  if (list == nullptr) return Malformed("it lacks fields");
  std::vector<TypeField> fields;
  for (const Json& field : list->list_value().values()) {
    const Json* name = Find(field, "name");
    if (name == nullptr) return Malformed("a field lacks its name");
    ARROW_ASSIGN_OR_RAISE(Type type, ChildFromJson(field, "type"));
    fields.push_back({name->string_value(), std::move(type), FlagOr(field, "nullable", true)});
  }
  return Type::Struct(std::move(fields));
}

arrow::Result<Type> FromJson(const Json& json) {
  if (json.kind_case() == Json::kStringValue) {
    if (json.string_value() == "null") return Type();
    return ParseType(json.string_value());
  }
  const Json* kind = Find(json, "type");
  if (kind == nullptr) return Malformed("a type is a name or an object with the key type");
  const std::string& name = kind->string_value();
  if (name == "struct") return StructFromJson(json);
  if (name == "array") {
    ARROW_ASSIGN_OR_RAISE(Type element, ChildFromJson(json, "elementType"));
    return Type::Array(std::move(element), FlagOr(json, "containsNull", true));
  }
  if (name == "map") {
    ARROW_ASSIGN_OR_RAISE(Type key, ChildFromJson(json, "keyType"));
    ARROW_ASSIGN_OR_RAISE(Type value, ChildFromJson(json, "valueType"));
    return Type::Map(std::move(key), std::move(value), FlagOr(json, "valueContainsNull", true));
  }
  return MakeError("UNSUPPORTED_DATATYPE",
                   {{"typeName", name}, {"message", "use the type it is made of"}});
}

}  // namespace

arrow::Result<Type> ParseTypeText(std::string_view text) {
  const size_t first = text.find_first_not_of(" \t\r\n");
  if (first != text.npos && (text[first] == '{' || text[first] == '"')) {
    Json json;
    const auto read = google::protobuf::util::JsonStringToMessage(std::string(text), &json);
    if (!read.ok()) return Malformed(read.message().as_string());
    return FromJson(json);
  }
  auto type = ParseType(text);
  if (type.ok()) return type;
  auto schema = ParseSchema(text);
  if (schema.ok()) return Type::Struct(std::move(schema->columns));
  return schema.status();
}

arrow::Result<Schema> ParseSchemaText(std::string_view text) {
  ARROW_ASSIGN_OR_RAISE(const Type type, ParseTypeText(text));
  if (type.id() != TypeId::kStruct) return Schema{{{"value", type, true}}};
  return Schema{{type.fields().begin(), type.fields().end()}};
}

}  // namespace sabot::spark
