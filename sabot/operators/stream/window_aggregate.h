#pragma once

#include <memory>

#include "arrow/result.h"

#include "sabot/operators/factory.h"

namespace sabot {

/// Tumbling windows; see PhysicalWindowAggregate. Output: the keys, then the aggregates; windows in
/// order of their start, the groups of one in no certain order. A group whose weights sum to 0 is
/// no group. End is a watermark beyond all windows.
///
/// Late is decided by the watermark at the time a row arrives: a row is late if its window has gone
/// out, that is if start + size + lateness <= watermark. Late rows, and rows whose window key is
/// NULL (no event time: they belong to no window), leave through port 1 with their weights; nothing
/// is computed for them. A watermark W goes on as W - size - lateness, since that is where the
/// earliest window that may still come begins.
///
/// State: a table a window, keyed by the other keys, so that the state hash of a row is the one it
/// was exchanged by; by the window's start if there are no others. Pieces: "pane:<start>" each with
/// the key groups of a part of a table; "watermark", 8 bytes little endian, filed with all groups
/// of its task.
/// Errors: those of the expressions; UNSUPPORTED_FEATURE for keys of Cypher's ANY;
/// STREAM_UNSUPPORTED for a row taken back from an aggregate that cannot.
arrow::Result<std::unique_ptr<OperatorFactory>> MakeWindowAggregate(
    const PhysicalWindowAggregate& step, const PhysicalNode& node, const QueryContext& query);

}  // namespace sabot
