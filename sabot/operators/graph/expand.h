#pragma once

#include <memory>

#include "arrow/result.h"

#include "sabot/operators/factory.h"

namespace sabot {

/// One row an edge at the row's node; see PhysicalExpand. Output: the columns of input 0, then the
/// node at the other end, whose keys are a dictionary shared by all batches. Edges of a node come
/// in order of their other ends; undirected: those that leave it first, then those that come in, a
/// loop once. Rows without edges, or with a NULL node, give nothing. Parallel edges give a row
/// each, and weights pass on. No state.
arrow::Result<std::unique_ptr<OperatorFactory>> MakeExpand(const PhysicalExpand& step,
                                                           const PhysicalNode& node,
                                                           const QueryContext& query);

}  // namespace sabot
