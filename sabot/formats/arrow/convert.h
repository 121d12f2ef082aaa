#pragma once

#include <cstdint>
#include <memory>

#include "arrow/result.h"
#include "arrow/type_fwd.h"

#include "sabot/types/schema.h"
#include "sabot/vector/batch.h"

namespace sabot {

/// Arrow's own check of every offset, length and string of foreign data. Errors: MALFORMED_FILE
/// naming `source`.
arrow::Status CheckForeign(const arrow::RecordBatch& batch, const std::string& source);

/// Rows [offset, offset + count) of an array as a vector of `type`, which is what FromArrow(type of
/// the array) gives, or the same with other nullability and names. Buffers are borrowed where the
/// layouts agree (numbers, dates, microseconds, nested offsets), and kept alive through the vector;
/// strings become views into the array's bytes. Dictionary arrays stay dictionaries where their
/// values are flat. The array must be valid: check foreign ones first. Errors:
/// UNSUPPORTED_DATATYPE, SCHEMA_MISMATCH.
arrow::Result<Vector> FromArrow(const arrow::Array& array, int64_t offset, int32_t count,
                                const Type& type, BufferPool& pool);

/// Rows [offset, offset + count) of a record batch; `columns` of the result are those of `schema`,
/// position by position.
arrow::Result<Batch> FromArrow(const arrow::RecordBatch& batch, int64_t offset, int32_t count,
                               const Schema& schema, BufferPool& pool);

/// The given rows of a vector of any encoding as an array of ToArrow(vector.type()). Plain values
/// without a selection share their buffer. Bytes of a STRING that are no UTF-8 become U+FFFD.
arrow::Result<std::shared_ptr<arrow::Array>> ToArrow(const Vector& vector, Rows rows);

/// The active rows of a batch, a row of weight n repeated n times. Errors: INTERNAL_ERROR if a
/// weight is negative: a changelog must be consolidated before it leaves the engine.
arrow::Result<std::shared_ptr<arrow::RecordBatch>> ToArrow(const Batch& batch,
                                                           const Schema& schema);

/// The rows a batch stands for: active positions, each repeated by its weight. Errors:
/// INTERNAL_ERROR as above.
arrow::Result<std::vector<int32_t>> WeightedPositions(const Batch& batch);

}  // namespace sabot
