#pragma once

#include <cstdint>
#include <span>

#include "arrow/status.h"

#include "sabot/vector/vector.h"

namespace sabot {

/// The state hash (base/hash.h, docs/formats/state_hash.md) of key columns: hashes[position] for
/// the active rows; others are left as they were. hashes: at least as long as the vectors. By this
/// the exchange deals rows out and tables file them, so there is no other. ARRAY, MAP and STRUCT
/// hash as the bytes of their encoding (nested_codec.h). No keys: every row hashes alike. Errors:
/// UNSUPPORTED_FEATURE for Cypher's ANY.
arrow::Status HashKeys(std::span<const Vector> keys, Rows rows, std::span<uint64_t> hashes);

}  // namespace sabot
