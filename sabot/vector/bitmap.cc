#include "sabot/vector/bitmap.h"

#include <cstring>

namespace sabot {
namespace {

constexpr uint64_t LastWordMask(int64_t num_bits) {
  return (num_bits & 63) == 0 ? ~uint64_t{0} : (uint64_t{1} << (num_bits & 63)) - 1;
}

}  // namespace

void SetAll(uint64_t* bits, int64_t num_bits) {
  const int64_t num_words = NumWords(num_bits);
  if (num_words == 0) return;
  std::memset(bits, 0xFF, static_cast<size_t>(num_words - 1) * 8);
  bits[num_words - 1] = LastWordMask(num_bits);
}

void AndBitmaps(const uint64_t* left, const uint64_t* right, int64_t num_bits, uint64_t* target) {
  const int64_t num_words = NumWords(num_bits);
  if (left == nullptr || right == nullptr) {
    std::memmove(target, left == nullptr ? right : left, static_cast<size_t>(num_words) * 8);
    return;
  }
  for (int64_t i = 0; i < num_words; ++i) target[i] = left[i] & right[i];
}

void CopyBits(const uint8_t* source, int64_t offset, int64_t num_bits, uint64_t* target) {
  const int64_t num_words = NumWords(num_bits);
  if (num_words == 0) return;
  const uint8_t* byte = source + offset / 8;
  const int shift = static_cast<int>(offset % 8);
  const int64_t num_bytes = (shift + num_bits + 7) / 8;
  for (int64_t word = 0; word < num_words; ++word) {
    const int64_t begin = word * 8;
    const int64_t available = num_bytes - begin;
    uint64_t low = 0;
    std::memcpy(&low, byte + begin, static_cast<size_t>(available < 8 ? available : 8));
    low >>= shift;
    if (shift > 0 && available > 8) low |= static_cast<uint64_t>(byte[begin + 8]) << (64 - shift);
    target[word] = low;
  }
  target[num_words - 1] &= LastWordMask(num_bits);
}

int64_t CountSetBits(const uint64_t* bits, int64_t num_bits) {
  const int64_t num_words = NumWords(num_bits);
  int64_t count = 0;
  for (int64_t i = 0; i + 1 < num_words; ++i) count += std::popcount(bits[i]);
  if (num_words > 0) count += std::popcount(bits[num_words - 1] & LastWordMask(num_bits));
  return count;
}

}  // namespace sabot
