#pragma once

#include <memory>

#include "arrow/result.h"

#include "sabot/operators/factory.h"

namespace sabot {

/// Narrows selections; see PhysicalFilter.
arrow::Result<std::unique_ptr<OperatorFactory>> MakeFilter(const PhysicalFilter& step,
                                                           const PhysicalNode& node,
                                                           const QueryContext& query);

}  // namespace sabot
