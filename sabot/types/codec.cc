#include "sabot/types/codec.h"

namespace sabot {

arrow::Status CodecOf<Type>::Decode(Decoder& decoder, Type* type) {
  const std::string_view text = decoder.Rest();
  arrow::Result<Type> parsed = ParseType(text);
  if (!parsed.ok()) return CodecError("'" + std::string(text.substr(0, 100)) + "' is no type");
  *type = *std::move(parsed);
  return arrow::Status::OK();
}

void CodecOf<Int128>::Encode(const Int128& value, Encoder& encoder) {
  encoder.Raw({reinterpret_cast<const char*>(&value), sizeof(value)});
}
arrow::Status CodecOf<Int128>::Decode(Decoder& decoder, Int128* value) {
  ARROW_ASSIGN_OR_RAISE(const std::string_view raw, decoder.Raw(sizeof(*value)));
  std::memcpy(value, raw.data(), sizeof(*value));
  return arrow::Status::OK();
}

void CodecOf<TypedValue>::Encode(const TypedValue& value, Encoder& encoder) {
  internal::EncodePart(value.type, encoder);
  internal::EncodePart(value.value, encoder);
}
arrow::Status CodecOf<TypedValue>::Decode(Decoder& decoder, TypedValue* value) {
  ARROW_ASSIGN_OR_RAISE(Decoder type, decoder.Part());
  ARROW_RETURN_NOT_OK(sabot::Decode(type, &value->type));
  ARROW_ASSIGN_OR_RAISE(Decoder content, decoder.Part());
  return sabot::Decode(content, &value->value);
}

void CodecOf<TypeField>::Encode(const TypeField& field, Encoder& encoder) {
  internal::EncodePart(field.name, encoder);
  internal::EncodePart(field.type, encoder);
  internal::EncodePart(field.nullable, encoder);
}
arrow::Status CodecOf<TypeField>::Decode(Decoder& decoder, TypeField* field) {
  ARROW_ASSIGN_OR_RAISE(Decoder name, decoder.Part());
  ARROW_RETURN_NOT_OK(sabot::Decode(name, &field->name));
  ARROW_ASSIGN_OR_RAISE(Decoder type, decoder.Part());
  ARROW_RETURN_NOT_OK(sabot::Decode(type, &field->type));
  ARROW_ASSIGN_OR_RAISE(Decoder nullable, decoder.Part());
  return sabot::Decode(nullable, &field->nullable);
}

void CodecOf<Schema>::Encode(const Schema& schema, Encoder& encoder) {
  sabot::Encode(schema.columns, encoder);
}
arrow::Status CodecOf<Schema>::Decode(Decoder& decoder, Schema* schema) {
  return sabot::Decode(decoder, &schema->columns);
}

void CodecOf<Span>::Encode(const Span& span, Encoder& encoder) {
  encoder.Varint(span.begin);
  encoder.Varint(span.end);
}
arrow::Status CodecOf<Span>::Decode(Decoder& decoder, Span* span) {
  ARROW_ASSIGN_OR_RAISE(const uint64_t begin, decoder.Varint());
  ARROW_ASSIGN_OR_RAISE(const uint64_t end, decoder.Varint());
  *span = {static_cast<uint32_t>(begin), static_cast<uint32_t>(end)};
  return arrow::Status::OK();
}

}  // namespace sabot
