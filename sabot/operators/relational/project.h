#pragma once

#include <memory>

#include "arrow/result.h"

#include "sabot/operators/factory.h"

namespace sabot {

/// Computes columns; see PhysicalProject.
arrow::Result<std::unique_ptr<OperatorFactory>> MakeProject(const PhysicalProject& step,
                                                            const PhysicalNode& node,
                                                            const QueryContext& query);

}  // namespace sabot
