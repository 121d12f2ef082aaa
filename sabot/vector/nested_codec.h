#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "arrow/result.h"
#include "arrow/status.h"

#include "sabot/vector/vector.h"

namespace sabot {

/// Values of ARRAY, MAP and STRUCT as bytes, for rows and keys. Layout, little endian, nested as
/// the type is:
///
///   value := 0 if NULL, else 1 and: fixed width: its bytes; string: u32 length, bytes; list: u32
///   count, values; struct: its fields
///
/// Two encodings made with is_key are equal exactly if the values are equal as keys: NaN is NaN,
/// -0.0 is 0.0; maps in the order given. Append the encoding of one row. Errors:
/// UNSUPPORTED_FEATURE for Cypher's ANY.
arrow::Status EncodeNested(const Vector& vector, int32_t row, bool is_key, std::string* bytes);

/// Values from their encodings; null views are NULL. Copies all bytes. CODEC_ERROR if malformed.
arrow::Result<Vector> DecodeNested(const Type& type, std::span<const std::string_view> encodings,
                                   const std::vector<bool>& is_null, BufferPool& pool);

/// Is there an ANY in it?
bool ContainsAny(const Type& type);

}  // namespace sabot
