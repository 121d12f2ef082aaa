#pragma once

#include <cstdint>
#include <memory>

#include "arrow/type_fwd.h"

namespace sabot {

/// A table with one column of each type that Parquet files of other writers have; nullable: with a
/// tenth of NULLs. The same for the same seed.
std::shared_ptr<arrow::Table> MakeArrowTable(int64_t num_rows, uint64_t seed, bool is_nullable);

}  // namespace sabot
