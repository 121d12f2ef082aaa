#include "sabot/base/spark_hash.h"

#include <cmath>

#include <gtest/gtest.h>

namespace sabot {
namespace {

// Results that Spark documents: hash(1), and hash and xxhash64 of ('Spark', array(123), 2), which
// run through all widths.
TEST(SparkHash, AgreesWithSpark) {
  EXPECT_EQ(SparkHashInt(1), -559580957);
  EXPECT_EQ(SparkHashInt(2, SparkHashInt(123, SparkHashBytes("Spark"))), -1321691492);
  EXPECT_EQ(SparkXxHashInt(2, SparkXxHashInt(123, SparkXxHashBytes("Spark"))), 5602566077635097486);
}

TEST(SparkHash, LengthsWithoutATailAreStandardMurmur3) {
  // Murmur3 x86_32 of the little-endian bytes 01 00 00 00 (00 00 00 00), seed 42.
  EXPECT_EQ(SparkHashBytes(std::string_view("\1\0\0\0", 4)), SparkHashInt(1));
  EXPECT_EQ(SparkHashBytes(std::string_view("\1\0\0\0\0\0\0\0", 8)), SparkHashLong(1));
  // SMHasher's vector: seed 0, four bytes 21 43 65 87.
  EXPECT_EQ(static_cast<uint32_t>(SparkHashBytes("\x21\x43\x65\x87", 0)), 0xF55B516Bu);
  EXPECT_EQ(static_cast<uint32_t>(SparkHashBytes("", 1)), 0x514E28B7u);
}

TEST(SparkHash, TailBytesAreSignedIntsOfTheirOwn) {
  // By a second implementation, in Python's unbounded integers.
  EXPECT_EQ(SparkHashBytes("Spark"), 228093765);
  EXPECT_EQ(SparkHashBytes("\x80"), 775851899);
  EXPECT_EQ(SparkHashBytes("\xC3\xA9"), 2119106806);
  EXPECT_NE(static_cast<uint32_t>(SparkHashBytes("\x21\x43\x65", 0)), 0x7E4A8634u);  // SMHasher's
  EXPECT_NE(SparkHashBytes("ab"), SparkHashBytes("ba"));
}

TEST(SparkHash, FloatsGoByTheirBits) {
  EXPECT_EQ(SparkHashFloat(-0.0f), SparkHashInt(0));
  EXPECT_EQ(SparkHashFloat(1.0f), SparkHashInt(0x3F800000));
  EXPECT_EQ(SparkHashDouble(-0.0), SparkHashLong(0));
  EXPECT_EQ(SparkHashDouble(1.0), SparkHashLong(0x3FF0000000000000));
  EXPECT_EQ(SparkHashDouble(-std::nan("3")), SparkHashLong(0x7FF8000000000000));
  EXPECT_EQ(SparkXxHashFloat(-0.0f), SparkXxHashInt(0));
  EXPECT_EQ(SparkXxHashDouble(1.0), SparkXxHashLong(0x3FF0000000000000));
  EXPECT_NE(SparkXxHashInt(1), SparkXxHashLong(1));
}

TEST(SparkHash, LongMixesTheLowHalfFirst) {
  const int32_t halves_in_order = SparkHashLong(int64_t{7} << 32 | 9);
  EXPECT_EQ(halves_in_order, SparkHashBytes(std::string_view("\x09\0\0\0\x07\0\0\0", 8)));
  EXPECT_NE(halves_in_order, SparkHashLong(int64_t{9} << 32 | 7));
}

}  // namespace
}  // namespace sabot
