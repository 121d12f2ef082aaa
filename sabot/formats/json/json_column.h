#pragma once

#include <memory>

#include "sabot/formats/json/json_tape.h"
#include "sabot/formats/text/text_value.h"
#include "sabot/vector/vector.h"

namespace sabot {

/// Collects values of one type from JSON, for a vector of any length.
class JsonColumn {
 public:
  virtual ~JsonColumn() = default;
  /// False: the token is no value of the type; nothing was appended.
  virtual bool Append(const JsonTape& tape, uint32_t index) = 0;
  virtual void AppendNull() = 0;
  /// Keep the first `size` values.
  virtual void Truncate(int32_t size) = 0;
  virtual int32_t size() const = 0;
  virtual Vector Finish(BufferPool& pool) = 0;
};

/// options outlives the column. Types: all but VARIANT, intervals and Cypher's (see CheckJsonType).
std::unique_ptr<JsonColumn> MakeJsonColumn(const Type& type, const TextValueOptions& options);

/// Errors: UNSUPPORTED_DATATYPE.
arrow::Status CheckJsonType(const Type& type);

/// The fields of an object in the order of columns; keys without a column are skipped, of a
/// repeated one the last counts. Columns of equal size before are of equal size after, one more.
/// False: a field did not fit and became NULL.
bool AppendJsonObject(const JsonTape& tape, uint32_t object, std::span<const TypeField> fields,
                      std::span<const std::unique_ptr<JsonColumn>> columns);

}  // namespace sabot
