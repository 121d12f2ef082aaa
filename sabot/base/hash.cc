#include "sabot/base/hash.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

namespace sabot {
namespace {

constexpr uint64_t kBytesSeed = 0x452821E638D01377;

template <bool kCombine, typename T>
void HashColumn(std::span<const T> values, const uint8_t* validity, std::span<uint64_t> hashes) {
  const auto put = [&](size_t row, uint64_t hash) {
    hashes[row] = kCombine ? CombineHashes(hashes[row], hash) : hash;
  };
  if (validity == nullptr) {
    for (size_t row = 0; row < values.size(); ++row) put(row, HashOf(values[row]));
    return;
  }
  for (size_t row = 0; row < values.size(); ++row) {
    const bool is_valid = validity[row / 8] >> (row % 8) & 1;
    put(row, is_valid ? HashOf(values[row]) : kNullHash);
  }
}

}  // namespace

uint64_t HashOf(std::string_view bytes) {
  return XXH3_64bits_withSeed(bytes.data(), bytes.size(), kBytesSeed);
}

template <typename T>
void HashValues(std::span<const T> values, const uint8_t* validity, std::span<uint64_t> hashes) {
  HashColumn<false>(values, validity, hashes);
}

template <typename T>
void CombineValues(std::span<const T> values, const uint8_t* validity, std::span<uint64_t> hashes) {
  HashColumn<true>(values, validity, hashes);
}

#define SABOT_HASH_COLUMNS_OF(T)                                                        \
  template void HashValues<T>(std::span<const T>, const uint8_t*, std::span<uint64_t>); \
  template void CombineValues<T>(std::span<const T>, const uint8_t*, std::span<uint64_t>);
SABOT_HASH_COLUMNS_OF(bool)
SABOT_HASH_COLUMNS_OF(int8_t)
SABOT_HASH_COLUMNS_OF(int16_t)
SABOT_HASH_COLUMNS_OF(int32_t)
SABOT_HASH_COLUMNS_OF(int64_t)
SABOT_HASH_COLUMNS_OF(__int128)
SABOT_HASH_COLUMNS_OF(float)
SABOT_HASH_COLUMNS_OF(double)
SABOT_HASH_COLUMNS_OF(std::string_view)
#undef SABOT_HASH_COLUMNS_OF

}  // namespace sabot
