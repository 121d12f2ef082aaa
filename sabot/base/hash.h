#pragma once

#include <bit>
#include <concepts>
#include <cstdint>
#include <limits>
#include <span>
#include <string_view>

#include "sabot/base/splitmix.h"

namespace sabot {

/// The state hash: keys go by it to partitions, tasks and places in tables, and it stands in
/// checkpoints. So it is frozen: docs/formats/state_hash.md defines it with test vectors; any other
/// function is a new version beside this one. Not keyed and not cryptographic: who chooses the keys
/// can make them collide.
inline constexpr int32_t kStateHashVersion = 1;

/// Of a NULL, whatever its type.
inline constexpr uint64_t kNullHash = 0x13198A2E03707344;

/// Integers, dates and times: by value, so a column may widen without moving its keys.
template <std::integral T>
constexpr uint64_t HashOf(T value) {
  return SplitMix(static_cast<uint64_t>(static_cast<int64_t>(value)));
}

/// The hash of a pair; the order matters. Of more columns: from the left,
/// CombineHashes(CombineHashes(a, b), c).
constexpr uint64_t CombineHashes(uint64_t left, uint64_t right) {
  // The inputs are mixed already: one product folded in two, with constants that keep zeros from
  // wiping out the other side.
  const auto product =
      static_cast<unsigned __int128>(left ^ 0xA4093822299F31D0) * (right ^ 0x082EFA98EC4E6C89);
  return static_cast<uint64_t>(product) ^ static_cast<uint64_t>(product >> 64);
}

/// Decimals of more than 18 digits: not the hash of the same number in 64 bits.
constexpr uint64_t HashOf(__int128 value) {
  return CombineHashes(SplitMix(static_cast<uint64_t>(value)),
                       SplitMix(static_cast<uint64_t>(value >> 64)));
}

/// The one value that stands for all that are equal as keys: 0.0 for -0.0, one NaN for all.
template <std::floating_point T>
constexpr T NormalizedKey(T value) {
  if (value != value) return std::numeric_limits<T>::quiet_NaN();
  return value == T{0} ? T{0} : value;
}

/// f32 hashes as the f64 of its value. Normalised first.
template <std::floating_point T>
constexpr uint64_t HashOf(T value) {
  return SplitMix(std::bit_cast<uint64_t>(static_cast<double>(NormalizedKey(value))));
}

/// Bytes: strings (after their collation_key) and binary.
uint64_t HashOf(std::string_view bytes);

/// The partition of a hash among 2^num_bits: its top bits, so that a split of one partition is two
/// neighbours. 0 <= num_bits <= 32.
constexpr uint32_t PartitionOf(uint64_t hash, int num_bits) {
  return num_bits == 0 ? 0 : static_cast<uint32_t>(hash >> (64 - num_bits));
}

/// Hash a column: values[n] -> hashes[n]. validity: Arrow's bitmap (bit i of byte i / 8, least
/// significant first, 1 = value), null if all are valid; values under a NULL are not looked at. T:
/// i8 to i64, bool, i128, f32, f64, string_view.
template <typename T>
void HashValues(std::span<const T> values, const uint8_t* validity, std::span<uint64_t> hashes);

/// The same for each further key column: hashes[i] = CombineHashes(hashes[i], hash of values[i]).
template <typename T>
void CombineValues(std::span<const T> values, const uint8_t* validity, std::span<uint64_t> hashes);

}  // namespace sabot
