#pragma once

#include <memory>

#include "arrow/result.h"

#include "sabot/operators/factory.h"

namespace sabot {

/// Groups rows; see PhysicalHashAggregate. NULL keys are one group, NaN equals NaN, -0.0 is 0.0.
/// Without keys one row goes out, even over no input. Keys are told apart by, in order of speed: an
/// array over codes (keys that are dictionaries or integers of a small range, group_codes.h), else
/// the table's index. Groups that do not fit in memory spill by partition of their hash and come
/// back in Remainder, partition by partition, again split if one alone does not fit. Errors: those
/// of the expressions and aggregates; STREAM_UNSUPPORTED for rows taken back from an aggregate that
/// cannot give them.
arrow::Result<std::unique_ptr<OperatorFactory>> MakeHashAggregate(const PhysicalHashAggregate& step,
                                                                  const PhysicalNode& node,
                                                                  const QueryContext& query);

namespace internal {

/// The same without keys.
arrow::Result<std::unique_ptr<OperatorFactory>> MakeGlobalAggregate(
    const PhysicalHashAggregate& step, const PhysicalNode& node, const QueryContext& query);

}  // namespace internal
}  // namespace sabot
