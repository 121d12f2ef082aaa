#pragma once

#include <cstdint>
#include <memory>

#include "arrow/result.h"

#include "sabot/operators/factory.h"

namespace sabot {

/// A split without rows for so long holds the watermark no longer.
inline constexpr int64_t kSplitIdleAfterUs = 30'000'000;

/// Makes watermarks; see PhysicalEventTime. Rows pass as they came, in order. A watermark W says
/// that no split is expected to give a row earlier than W; it leaves behind the rows it was made
/// of. A row earlier than the watermark that the rows before it make never shares a batch with
/// them: so what is late does not depend on where batches end.
///
/// A split that gives nothing for kSplitIdleAfterUs is idle until its next row; once all are, Idle
/// goes out. Watermarks from below are withheld: this step says what time it is. State: the
/// greatest time of each split, filed by split.
arrow::Result<std::unique_ptr<OperatorFactory>> MakeEventTime(const PhysicalEventTime& step,
                                                              const PhysicalNode& node,
                                                              const QueryContext& query);

}  // namespace sabot
