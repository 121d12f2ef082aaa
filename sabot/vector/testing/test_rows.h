#pragma once

#include <cstdint>
#include <initializer_list>
#include <random>
#include <string>
#include <vector>

#include "sabot/types/value.h"
#include "sabot/vector/batch.h"

/// Rows and batches for tests, in plain values.
namespace sabot::testing {

using Row = std::vector<TypedValue>;
using Random = std::mt19937_64;

/// A flat batch. types: of the columns; every row has one value for each.
Batch MakeBatch(const std::vector<Type>& types, const std::vector<Row>& rows,
                const std::vector<int64_t>& weights = {});
/// One BIGINT column.
Batch MakeLongs(const std::vector<int64_t>& values);

/// The same active rows in the same order, told in another way: columns flat, constant or
/// dictionary, rows nobody selected in between, weights where there were none. The hidden rows hold
/// other values of the column, so whoever looks at them is found out.
Batch Disguise(const Batch& batch, Random& random);

/// The active rows as text, "1|a|NULL", each as often as its weight; "~1|a" once for every time it
/// is taken back.
std::vector<std::string> TextRows(const Batch& batch);
/// Column 0 of the active rows, which are BIGINT.
std::vector<int64_t> LongsOf(const Batch& batch);

/// Cut the active rows into batches of at most `size`, each disguised if `random` is there. Split
/// and times go along.
std::vector<Batch> Cut(const Batch& batch, int32_t size, Random* random = nullptr);

/// Empty if the batch keeps its invariants (batch.h), else which it breaks.
std::string FaultOf(const Batch& batch);

}  // namespace sabot::testing
