#pragma once

#include <memory>
#include <vector>

#include "arrow/result.h"

#include "sabot/plan/physical/plan.h"
#include "sabot/vector/operator.h"

namespace sabot {

/// The rows of VALUES, read by task 0; the others end at once. `values` outlives the source.
arrow::Result<std::unique_ptr<Source>> MakeValuesSource(const PhysicalValues& values,
                                                        uint32_t task_index, int32_t batch_size);

/// Column positions[i] of the input as column i: what a union does to each of its inputs. Keeps
/// all else.
std::unique_ptr<Operator> MakeColumnMap(std::vector<int> positions);

/// positions[i]: where input `index` of the union has the union's column i. INTERNAL_ERROR if it
/// has none.
arrow::Result<std::vector<int>> UnionPositions(const PhysicalNode& node, size_t index);

}  // namespace sabot
