#pragma once

#include <memory>

#include "arrow/result.h"

#include "sabot/operators/factory.h"

namespace sabot {

/// Joins input 0 with a table of input 1; see PhysicalHashJoin. NULL keys match nothing, NaN equals
/// NaN, -0.0 equals 0.0. A row of weight m and one of weight n are joined m * n times; semi and
/// anti joins keep the left row's weight. A residual counts as part of the match: a left or anti
/// join keeps a row if no joined candidate passes it.
///
/// The table must fit in memory: rows that do not are refused as OUT_OF_MEMORY. Errors: those of
/// the expressions; UNSUPPORTED_FEATURE for keys or columns of Cypher's ANY; ARITHMETIC_OVERFLOW if
/// weights multiply beyond 63 bits.
arrow::Result<std::unique_ptr<OperatorFactory>> MakeHashJoin(const PhysicalHashJoin& step,
                                                             const PhysicalNode& node,
                                                             const QueryContext& query);

}  // namespace sabot
