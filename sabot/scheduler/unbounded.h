#pragma once

#include <memory>

#include "arrow/result.h"

#include "sabot/scheduler/bounded.h"
#include "sabot/scheduler/stream.h"

namespace sabot {

/// StartStream with these parts.
arrow::Result<std::unique_ptr<RunningStream>> StartStreamWith(BoundedParts parts,
                                                              const PhysicalPlan& plan,
                                                              const QueryContext& context,
                                                              const ConnectorSet& connectors,
                                                              const StreamOptions& options);

}  // namespace sabot
