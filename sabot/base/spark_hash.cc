#include "sabot/base/spark_hash.h"

#include <bit>
#include <cstring>

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "sabot/base/hash.h"

namespace sabot {
namespace {

// Murmur3 x86_32, Austin Appleby, public domain; the tail is Spark's own.
uint32_t MixWord(uint32_t hash, uint32_t word) {
  hash ^= std::rotl(word * 0xCC9E2D51, 15) * 0x1B873593;
  return std::rotl(hash, 13) * 5 + 0xE6546B64;
}

int32_t Finish(uint32_t hash, uint32_t num_bytes) {
  hash ^= num_bytes;
  hash = (hash ^ hash >> 16) * 0x85EBCA6B;
  hash = (hash ^ hash >> 13) * 0xC2B2AE35;
  return static_cast<int32_t>(hash ^ hash >> 16);
}

// The bits Spark hashes: Java's floatToIntBits knows one NaN, and Spark takes -0.0 for 0.0.
int32_t BitsOf(float value) { return std::bit_cast<int32_t>(NormalizedKey(value)); }
int64_t BitsOf(double value) { return std::bit_cast<int64_t>(NormalizedKey(value)); }

template <typename T>
int64_t XxHash(T value, int64_t seed) {
  return static_cast<int64_t>(XXH64(&value, sizeof value, static_cast<uint64_t>(seed)));
}

}  // namespace

int32_t SparkHashInt(int32_t value, int32_t seed) {
  return Finish(MixWord(static_cast<uint32_t>(seed), static_cast<uint32_t>(value)), 4);
}

int32_t SparkHashLong(int64_t value, int32_t seed) {
  const auto bits = static_cast<uint64_t>(value);
  const uint32_t low_mixed = MixWord(static_cast<uint32_t>(seed), static_cast<uint32_t>(bits));
  return Finish(MixWord(low_mixed, static_cast<uint32_t>(bits >> 32)), 8);
}

int32_t SparkHashFloat(float value, int32_t seed) { return SparkHashInt(BitsOf(value), seed); }
int32_t SparkHashDouble(double value, int32_t seed) { return SparkHashLong(BitsOf(value), seed); }

int32_t SparkHashBytes(std::string_view bytes, int32_t seed) {
  uint32_t hash = static_cast<uint32_t>(seed);
  size_t at = 0;
  for (; at + 4 <= bytes.size(); at += 4) {
    uint32_t word;
    std::memcpy(&word, bytes.data() + at, 4);
    hash = MixWord(hash, word);
  }
  for (; at < bytes.size(); ++at) {
    // Java's byte has a sign.
    hash = MixWord(hash, static_cast<uint32_t>(static_cast<int8_t>(bytes[at])));
  }
  return Finish(hash, static_cast<uint32_t>(bytes.size()));
}

int64_t SparkXxHashInt(int32_t value, int64_t seed) { return XxHash(value, seed); }
int64_t SparkXxHashLong(int64_t value, int64_t seed) { return XxHash(value, seed); }
int64_t SparkXxHashFloat(float value, int64_t seed) { return XxHash(BitsOf(value), seed); }
int64_t SparkXxHashDouble(double value, int64_t seed) { return XxHash(BitsOf(value), seed); }
int64_t SparkXxHashBytes(std::string_view bytes, int64_t seed) {
  return static_cast<int64_t>(XXH64(bytes.data(), bytes.size(), static_cast<uint64_t>(seed)));
}

}  // namespace sabot
