#pragma once

#include "sabot/base/codec.h"
#include "sabot/base/span.h"
#include "sabot/types/schema.h"
#include "sabot/types/value.h"

/// How types, schemas and values are written by the binary codec. A type is its SQL text: stable,
/// readable and versioned with the dialect.
namespace sabot {

template <>
struct CodecOf<Type> {
  static void Encode(const Type& type, Encoder& encoder) { encoder.Raw(type.ToDdl()); }
  static arrow::Status Decode(Decoder& decoder, Type* type);
};

template <>
struct CodecOf<Int128> {
  static void Encode(const Int128& value, Encoder& encoder);
  static arrow::Status Decode(Decoder& decoder, Int128* value);
};

template <>
struct CodecOf<TypedValue> {
  static void Encode(const TypedValue& value, Encoder& encoder);
  static arrow::Status Decode(Decoder& decoder, TypedValue* value);
};

template <>
struct CodecOf<TypeField> {
  static void Encode(const TypeField& field, Encoder& encoder);
  static arrow::Status Decode(Decoder& decoder, TypeField* field);
};

template <>
struct CodecOf<Schema> {
  static void Encode(const Schema& schema, Encoder& encoder);
  static arrow::Status Decode(Decoder& decoder, Schema* schema);
};

template <>
struct CodecOf<Span> {
  static void Encode(const Span& span, Encoder& encoder);
  static arrow::Status Decode(Decoder& decoder, Span* span);
};

}  // namespace sabot
