#pragma once

#include <memory>

#include "arrow/result.h"

#include "sabot/operators/factory.h"

namespace sabot {

/// Orders all rows; see PhysicalSort. Each task makes sorted runs; one reader merges them all.
/// Weights of at least 1 pass with their rows. Runs spill. Errors: those of the expressions;
/// UNSUPPORTED_FEATURE for keys of nested types; STREAM_UNSUPPORTED for a row taken back.
arrow::Result<std::unique_ptr<OperatorFactory>> MakeSort(const PhysicalSort& step,
                                                         const PhysicalNode& node,
                                                         const QueryContext& query);

/// The first rows of that order; see PhysicalTopN. A row counts as often as its weight says. A run
/// keeps only what can still be among the first, and rows behind its last are not taken in.
arrow::Result<std::unique_ptr<OperatorFactory>> MakeTopN(const PhysicalTopN& step,
                                                         const PhysicalNode& node,
                                                         const QueryContext& query);

}  // namespace sabot
