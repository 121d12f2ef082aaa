#pragma once

#include <cstdint>
#include <string_view>

namespace sabot {

/// Spark's hash(...): Murmur3 of 32 bits, visible to users in `hash` and in bucketed tables.
/// Several columns: the result for one is the seed of the next; a NULL leaves the seed as it is.
inline constexpr int32_t kSparkHashSeed = 42;

/// BOOLEAN (0, 1), TINYINT, SMALLINT, INT, DATE.
int32_t SparkHashInt(int32_t value, int32_t seed = kSparkHashSeed);
/// BIGINT, TIMESTAMP, and the unscaled value of decimals of up to 18 digits.
int32_t SparkHashLong(int64_t value, int32_t seed = kSparkHashSeed);
/// By their bits; -0.0 as 0.0, any NaN as one.
int32_t SparkHashFloat(float value, int32_t seed = kSparkHashSeed);
int32_t SparkHashDouble(double value, int32_t seed = kSparkHashSeed);
/// STRING (UTF-8), BINARY, and wider decimals (their unscaled value, big-endian, in the fewest
/// bytes of two's complement). Not standard Murmur3 where the length is no multiple of 4: Spark
/// mixes each byte of the tail as an int of its own.
int32_t SparkHashBytes(std::string_view bytes, int32_t seed = kSparkHashSeed);

/// Spark's xxhash64(...): XXH64 with the same rules. INT and narrower as 4 bytes, BIGINT as 8.
inline constexpr int64_t kSparkXxHashSeed = 42;
int64_t SparkXxHashInt(int32_t value, int64_t seed = kSparkXxHashSeed);
int64_t SparkXxHashLong(int64_t value, int64_t seed = kSparkXxHashSeed);
int64_t SparkXxHashFloat(float value, int64_t seed = kSparkXxHashSeed);
int64_t SparkXxHashDouble(double value, int64_t seed = kSparkXxHashSeed);
int64_t SparkXxHashBytes(std::string_view bytes, int64_t seed = kSparkXxHashSeed);

}  // namespace sabot
