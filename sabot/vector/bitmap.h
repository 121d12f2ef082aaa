#pragma once

#include <bit>
#include <cstdint>

namespace sabot {

/// Bits of a validity bitmap: bit set = value present. Words of 64, least significant first, as
/// Arrow lays them out.
constexpr int64_t NumWords(int64_t num_bits) { return (num_bits + 63) / 64; }
inline bool GetBit(const uint64_t* bits, int64_t index) {
  return (bits[index >> 6] >> (index & 63)) & 1;
}
inline void SetBit(uint64_t* bits, int64_t index) {
  bits[index >> 6] |= uint64_t{1} << (index & 63);
}
inline void ClearBit(uint64_t* bits, int64_t index) {
  bits[index >> 6] &= ~(uint64_t{1} << (index & 63));
}
/// Set all of num_bits, and clear the rest of the last word.
void SetAll(uint64_t* bits, int64_t num_bits);
/// target = left AND right over whole words; a null side counts as all set; both null: do not call.
void AndBitmaps(const uint64_t* left, const uint64_t* right, int64_t num_bits, uint64_t* target);
/// Copy num_bits from bit `offset` of `source` (bytes, as Arrow's) to bit 0 of target.
void CopyBits(const uint8_t* source, int64_t offset, int64_t num_bits, uint64_t* target);
int64_t CountSetBits(const uint64_t* bits, int64_t num_bits);

}  // namespace sabot
