#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "arrow/result.h"
#include "arrow/type_fwd.h"

#include "sabot/types/schema.h"

namespace sabot::server {

/// The rows of several record batches, at least one, as a complete Arrow IPC stream of one batch,
/// as each ArrowBatch of Spark Connect is. Timestamps are labelled with the session's zone, which
/// Spark's clients expect; the instants stay as they are.
arrow::Result<std::string> WriteStream(
    const Schema& schema, const std::vector<std::shared_ptr<arrow::RecordBatch>>& batches,
    const std::string& time_zone);

/// Rows that a client sent: IPC streams of one schema after one another, as a reader that owns a
/// copy of them. declared: names and nullability the columns are to have, by position.
/// Errors: MALFORMED_FILE; SCHEMA_MISMATCH if the number of columns differs, or a column declared
/// NOT NULL has a null.
arrow::Result<std::shared_ptr<arrow::RecordBatchReader>> ReadStreams(
    const std::vector<std::string_view>& streams, const std::optional<Schema>& declared);

}  // namespace sabot::server
