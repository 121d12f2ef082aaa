#include "sabot/base/crc32c.h"

#include <cstring>

#include <nmmintrin.h>

namespace sabot {

uint32_t Crc32c(std::string_view bytes, uint32_t crc) {
  uint64_t state = crc ^ 0xFFFFFFFF;
  const char* at = bytes.data();
  const char* const end = at + bytes.size();
  for (; end - at >= 8; at += 8) {
    uint64_t word;
    std::memcpy(&word, at, 8);
    state = _mm_crc32_u64(state, word);
  }
  auto narrow = static_cast<uint32_t>(state);
  for (; at != end; ++at) narrow = _mm_crc32_u8(narrow, static_cast<uint8_t>(*at));
  return narrow ^ 0xFFFFFFFF;
}

}  // namespace sabot
