#include "sabot/formats/parquet/rle.h"

#include <algorithm>
#include <bit>
#include <cstring>

#include <immintrin.h>

namespace sabot::parquet_internal {
namespace {

// Bits of up to 8 bytes from `byte` on, none at or past `end`.
uint64_t LoadUpTo8(const uint8_t* byte, const uint8_t* end) {
  uint64_t word = 0;
  if (byte < end) {
    std::memcpy(&word, byte, static_cast<size_t>(std::min<int64_t>(end - byte, 8)));
  }
  return word;
}

void SetRange(uint64_t* bits, int64_t offset, int64_t count) {
  while (count > 0) {
    const int64_t shift = offset & 63;
    const int64_t taken = std::min<int64_t>(64 - shift, count);
    const uint64_t mask = taken == 64 ? ~uint64_t{0} : (uint64_t{1} << taken) - 1;
    bits[offset >> 6] |= mask << shift;
    offset += taken;
    count -= taken;
  }
}

}  // namespace

void UnpackBits(const uint8_t* data, const uint8_t* end, int64_t bit_offset, int bit_width,
                int32_t count, uint32_t* values) {
  const uint8_t* at = data + (bit_offset >> 3);
  const auto phase = static_cast<int>(bit_offset & 7);
  int32_t done = 0;
  if (bit_width <= 25) {
    // Eight values of w bits are w bytes, so from one group of eight to the next only the address
    // moves. With w <= 25 a value lies within the four bytes that its first bit is in.
    const __m256i lane_bits = _mm256_add_epi32(
        _mm256_set1_epi32(phase), _mm256_mullo_epi32(_mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7),
                                                     _mm256_set1_epi32(bit_width)));
    const __m256i lane_bytes = _mm256_srli_epi32(lane_bits, 3);
    const __m256i lane_shifts = _mm256_and_si256(lane_bits, _mm256_set1_epi32(7));
    const __m256i mask = _mm256_set1_epi32(static_cast<int>((uint64_t{1} << bit_width) - 1));
    const int64_t group_bytes = ((phase + 7 * bit_width) >> 3) + 4;
    for (; done + 8 <= count && end - at >= group_bytes; done += 8, at += bit_width) {
      const __m256i words = _mm256_i32gather_epi32(reinterpret_cast<const int*>(at), lane_bytes, 1);
      _mm256_storeu_si256(reinterpret_cast<__m256i*>(values + done),
                          _mm256_and_si256(_mm256_srlv_epi32(words, lane_shifts), mask));
    }
  }
  const uint64_t mask = (uint64_t{1} << bit_width) - 1;
  for (int64_t bit = phase; done < count; ++done, bit += bit_width) {
    values[done] = static_cast<uint32_t>((LoadUpTo8(at + (bit >> 3), end) >> (bit & 7)) & mask);
  }
}

bool RleReader::NextRun() {
  uint64_t header = 0;
  for (int shift = 0;; shift += 7) {
    if (at_ >= end_ || shift > 28) return false;
    const uint8_t byte = *at_++;
    header |= static_cast<uint64_t>(byte & 0x7F) << shift;
    if ((byte & 0x80) == 0) break;
  }
  if ((header & 1) == 0) {
    const int value_bytes = (bit_width_ + 7) / 8;
    if (end_ - at_ < value_bytes) return false;
    repeated_ = 0;
    std::memcpy(&repeated_, at_, static_cast<size_t>(value_bytes));
    at_ += value_bytes;
    repeats_left_ = static_cast<int64_t>(header >> 1);
    return true;
  }
  const auto num_groups = static_cast<int64_t>(header >> 1);
  // The last group of a page may be cut short: only bytes with values in them were written.
  const int64_t num_bytes = std::min<int64_t>(num_groups * bit_width_, end_ - at_);
  packed_ = at_;
  packed_bit_ = 0;
  packed_left_ = bit_width_ == 0 ? num_groups * 8
                                 : std::min<int64_t>(num_groups * 8, num_bytes * 8 / bit_width_);
  at_ += num_bytes;
  return true;
}

int32_t RleReader::Read(uint32_t* values, int32_t count) {
  int32_t done = 0;
  while (done < count) {
    if (repeats_left_ > 0) {
      const auto taken = static_cast<int32_t>(std::min<int64_t>(repeats_left_, count - done));
      std::fill_n(values + done, taken, repeated_);
      repeats_left_ -= taken;
      done += taken;
    } else if (packed_left_ > 0) {
      const auto taken = static_cast<int32_t>(std::min<int64_t>(packed_left_, count - done));
      UnpackBits(packed_, end_, packed_bit_, bit_width_, taken, values + done);
      packed_bit_ += int64_t{taken} * bit_width_;
      packed_left_ -= taken;
      done += taken;
    } else if (!NextRun()) {
      break;
    }
  }
  return done;
}

int32_t RleReader::ReadBits(uint64_t* bits, int64_t offset, int32_t count, int32_t* num_set) {
  int32_t done = 0;
  while (done < count) {
    if (repeats_left_ > 0) {
      const auto taken = static_cast<int32_t>(std::min<int64_t>(repeats_left_, count - done));
      if ((repeated_ & 1) != 0) {
        SetRange(bits, offset + done, taken);
        *num_set += taken;
      }
      repeats_left_ -= taken;
      done += taken;
    } else if (packed_left_ > 0) {
      auto left = static_cast<int32_t>(std::min<int64_t>(packed_left_, count - done));
      packed_left_ -= left;
      while (left > 0) {
        // As many as fit the target's word and come in one load.
        const int64_t at_bit = offset + done;
        const auto phase = static_cast<int>(packed_bit_ & 7);
        const auto taken = static_cast<int32_t>(
            std::min<int64_t>({left, 64 - (at_bit & 63), int64_t{64} - phase}));
        uint64_t word = LoadUpTo8(packed_ + (packed_bit_ >> 3), end_) >> phase;
        if (taken < 64) word &= (uint64_t{1} << taken) - 1;
        bits[at_bit >> 6] |= word << (at_bit & 63);
        *num_set += std::popcount(word);
        packed_bit_ += taken;
        done += taken;
        left -= taken;
      }
    } else if (!NextRun()) {
      break;
    }
  }
  return done;
}

}  // namespace sabot::parquet_internal
