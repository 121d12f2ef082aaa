#pragma once

#include <memory>

#include "arrow/result.h"

#include "sabot/operators/factory.h"

namespace sabot {

/// One shortest path a row; see PhysicalShortestPath. Output: the columns of input 0, then the path
/// as an ARRAY of node keys with both ends. Rows without a path are dropped: no way within
/// max_hops, a NULL end, an end without edges. From a node to itself there is no path (Neo4j, too,
/// finds none; its shortestPath visits no node twice). Weights pass on; the end of input 1 comes
/// before the first row of input 0. No state: the graph is made anew from its table.
arrow::Result<std::unique_ptr<OperatorFactory>> MakeShortestPath(const PhysicalShortestPath& step,
                                                                 const PhysicalNode& node,
                                                                 const QueryContext& query);

}  // namespace sabot
