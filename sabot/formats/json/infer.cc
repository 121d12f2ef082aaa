#include <algorithm>
#include <optional>

#include "sabot/formats/json/json_decoder.h"
#include "sabot/formats/json/json_tape.h"

namespace sabot {
namespace {

using TokenKind = JsonToken::Kind;

Type Merge(const Type& left, const Type& right);

// Fields of either, by name.
Type MergeStructs(const Type& left, const Type& right) {
  std::vector<TypeField> merged(left.fields().begin(), left.fields().end());
  for (const TypeField& field : right.fields()) {
    const auto at = std::ranges::lower_bound(merged, field.name, {}, &TypeField::name);
    if (at != merged.end() && at->name == field.name) {
      at->type = Merge(at->type, field.type);
    } else {
      merged.insert(at, field);
    }
  }
  return Type::Struct(std::move(merged));
}

Type Merge(const Type& left, const Type& right) {
  if (left.is_null() || left == right) return right;
  if (right.is_null()) return left;
  if (left.id() == TypeId::kStruct && right.id() == TypeId::kStruct) {
    return MergeStructs(left, right);
  }
  if (left.id() == TypeId::kArray && right.id() == TypeId::kArray) {
    return Type::Array(Merge(left.fields()[0].type, right.fields()[0].type));
  }
  if (left.is_numeric() && right.is_numeric()) {
    if (left.id() == TypeId::kDouble || right.id() == TypeId::kDouble) {
      return Type(TypeId::kDouble);
    }
    // A BIGINT has 19 digits at most.
    const int left_digits = left.is_decimal() ? left.precision() : 20;
    const int right_digits = right.is_decimal() ? right.precision() : 20;
    return Type::Decimal(std::max(left_digits, right_digits), 0);
  }
  return Type(TypeId::kString);
}

Type NumberType(std::string_view text) {
  int64_t integer;
  if (ParseInt64(text, &integer)) return Type(TypeId::kLong);
  const std::string_view digits = text.starts_with('-') ? text.substr(1) : text;
  const bool is_whole = std::ranges::all_of(digits, [](char c) { return c >= '0' && c <= '9'; });
  if (is_whole && digits.size() <= 38) {
    return Type::Decimal(std::max(static_cast<int>(digits.size()), 20), 0);
  }
  return Type(TypeId::kDouble);
}

Type TypeOf(const JsonTape& tape, uint32_t index, bool primitives_as_string) {
  const JsonToken& token = tape[index];
  switch (token.kind) {
    case TokenKind::kNull:
      return Type();
    case TokenKind::kArray: {
      Type element;
      for (uint32_t at = index + 1; at < token.next; at = tape[at].next) {
        element = Merge(element, TypeOf(tape, at, primitives_as_string));
      }
      return Type::Array(std::move(element));
    }
    case TokenKind::kObject: {
      std::vector<TypeField> fields;
      for (uint32_t key = index + 1; key < token.next; key = tape[key + 1].next) {
        fields.push_back(
            {std::string(tape[key].text), TypeOf(tape, key + 1, primitives_as_string), true});
      }
      // Of a repeated key the last counts, as when reading.
      std::ranges::reverse(fields);
      std::ranges::stable_sort(fields, {}, &TypeField::name);
      const auto repeated = std::ranges::unique(fields, {}, &TypeField::name);
      fields.erase(repeated.begin(), repeated.end());
      return Type::Struct(std::move(fields));
    }
    default:
      break;
  }
  if (primitives_as_string || token.kind == TokenKind::kString) return Type(TypeId::kString);
  if (token.kind == TokenKind::kNumber) return NumberType(token.text);
  return Type(TypeId::kBoolean);
}

// What was only ever NULL reads as text; objects without keys, and lists of them, are left out, as
// in Spark: no table has such a column. nullopt: nothing is left.
std::optional<Type> Settled(const Type& type) {
  if (type.is_null()) return Type(TypeId::kString);
  if (type.id() == TypeId::kArray) {
    std::optional<Type> element = Settled(type.fields()[0].type);
    if (!element.has_value()) return std::nullopt;
    return Type::Array(*std::move(element));
  }
  if (type.id() != TypeId::kStruct) return type;
  std::vector<TypeField> fields;
  for (const TypeField& field : type.fields()) {
    std::optional<Type> settled = Settled(field.type);
    if (settled.has_value() && !field.name.empty()) {
      fields.push_back({field.name, *std::move(settled), field.nullable});
    }
  }
  if (fields.empty()) return std::nullopt;
  return Type::Struct(std::move(fields));
}

}  // namespace

struct JsonSchemaInference::Impl {
  bool primitives_as_string;
  JsonTape tape;
  Type type = Type::Struct({});
};

JsonSchemaInference::JsonSchemaInference(bool primitives_as_string)
    : impl_(std::make_unique<Impl>(Impl{primitives_as_string, {}, Type::Struct({})})) {}
JsonSchemaInference::~JsonSchemaInference() = default;

bool JsonSchemaInference::Add(std::string_view text) {
  const JsonTape& tape = impl_->tape;
  if (!impl_->tape.Parse(text)) return false;
  const auto add = [&](uint32_t at) {
    if (tape[at].kind != TokenKind::kObject) return false;
    impl_->type = Merge(impl_->type, TypeOf(tape, at, impl_->primitives_as_string));
    return true;
  };
  if (tape[0].kind != TokenKind::kArray) return add(0);
  bool all_are_objects = true;
  for (uint32_t at = 1; at < tape[0].next; at = tape[at].next) all_are_objects &= add(at);
  return all_are_objects;
}

Schema JsonSchemaInference::Finish() const {
  const std::optional<Type> type = Settled(impl_->type);
  if (!type.has_value()) return {};
  return {{type->fields().begin(), type->fields().end()}};
}

}  // namespace sabot
