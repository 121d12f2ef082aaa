#pragma once

#include <cstdint>

namespace sabot::parquet_internal {

/// Parquet's hybrid of runs and bit-packed groups (specification: Encodings, "RLE / Bit-Packing
/// Hybrid"): definition levels and codes of a dictionary. Reads a page front to back; never past
/// the bytes it was given.
class RleReader {
 public:
  RleReader() = default;
  /// bit_width: 0..32
  RleReader(const uint8_t* data, int64_t size, int bit_width)
      : at_(data), end_(data + size), bit_width_(bit_width) {}

  /// The next values; returns how many there were, fewer than count only where the data end or are
  /// malformed.
  int32_t Read(uint32_t* values, int32_t count);

  /// Values of one bit as bits [offset, offset + count) of `bits`, which are clear before. Returns
  /// how many there were; adds the set ones to *num_set.
  int32_t ReadBits(uint64_t* bits, int64_t offset, int32_t count, int32_t* num_set);

 private:
  bool NextRun();

  const uint8_t* at_ = nullptr;
  const uint8_t* end_ = nullptr;
  int bit_width_ = 0;
  int64_t repeats_left_ = 0;
  uint32_t repeated_ = 0;
  int64_t packed_left_ = 0;
  const uint8_t* packed_ = nullptr;
  int64_t packed_bit_ = 0;
};

/// values[i] = the bit_width bits at bit_offset + i * bit_width of data; reads no byte at or past
/// `end`, which holds all of them.
void UnpackBits(const uint8_t* data, const uint8_t* end, int64_t bit_offset, int bit_width,
                int32_t count, uint32_t* values);

}  // namespace sabot::parquet_internal
