#pragma once

#include "sabot/functions/registry.h"
#include "sabot/plan/logical/plan.h"
#include "sabot/plan/physical/plan.h"

namespace sabot {

/// Choose how an optimized plan runs. Over a stream: a hash exchange in front of each keyed step,
/// tumbling windows on panes, and a refusal with a reason for what no stream can do. Errors:
/// STREAM_UNSUPPORTED, STREAM_NEEDS_EVENT_TIME, INTERNAL_ERROR for a step that should have been
/// lowered.
arrow::Result<PhysicalPlan> MakePhysicalPlan(const LogicalPlan& plan);

}  // namespace sabot
