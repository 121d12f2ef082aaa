#pragma once

#include <cstdint>
#include <string_view>

#include "arrow/result.h"
#include "arrow/status.h"

#include "sabot/vector/batch.h"

namespace sabot {

/// STREAM_UNSUPPORTED if an active row has a negative weight: for steps that cannot undo what they
/// did. alternative: the nearest thing that works.
arrow::Status RefuseTakenBack(const Batch& batch, std::string_view operation,
                              std::string_view alternative);

/// Rows the batch stands for: the sum of its active weights. Errors: ARITHMETIC_OVERFLOW.
arrow::Result<int64_t> TotalWeight(const Batch& batch);

/// The rows [begin, end) of a batch, each counted as often as its weight, which is positive; of a
/// row across a border the part within. 0 <= begin < end <= TotalWeight(batch).
Batch SliceByWeight(Batch batch, int64_t begin, int64_t end, BufferPool& pool);

}  // namespace sabot
