#pragma once

#include <memory>

#include "arrow/result.h"

#include "sabot/operators/factory.h"

namespace sabot {

/// Counts rows off one counter that all tasks share; see PhysicalLimit. Errors: STREAM_UNSUPPORTED
/// for a row that is taken back; ARITHMETIC_OVERFLOW if the weights of a batch pass 63 bits.
arrow::Result<std::unique_ptr<OperatorFactory>> MakeLimit(const PhysicalLimit& step,
                                                          const PhysicalNode& node,
                                                          const QueryContext& query);

}  // namespace sabot
