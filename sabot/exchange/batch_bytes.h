#pragma once

#include <cstdint>

#include "sabot/vector/batch.h"

namespace sabot {

/// About the bytes of a dense batch's values, strings included: what a queue counts.
int64_t BatchBytes(const Batch& batch);

}  // namespace sabot
