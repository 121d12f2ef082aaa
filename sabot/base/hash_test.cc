#include "sabot/base/hash.h"

#include <array>
#include <cmath>
#include <set>
#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace sabot {
namespace {

constexpr __int128 kTenToThe20 = static_cast<__int128>(10'000'000'000) * 10'000'000'000;

// The vectors of docs/formats/state_hash.md. A change here loses the state of every checkpoint
// there is.
TEST(StateHash, IsFrozen) {
  EXPECT_EQ(kStateHashVersion, 1);
  EXPECT_EQ(kNullHash, 0x13198A2E03707344u);
  EXPECT_EQ(HashOf(int64_t{0}), 0xe220a8397b1dcdafu);
  EXPECT_EQ(HashOf(int64_t{1}), 0x910a2dec89025cc1u);
  EXPECT_EQ(HashOf(int64_t{-1}), 0xe4d971771b652c20u);
  EXPECT_EQ(HashOf(INT64_MAX), 0x2a67d7552e039ea7u);
  EXPECT_EQ(HashOf(static_cast<__int128>(1)), 0x82b1ee89bf275668u);
  EXPECT_EQ(HashOf(static_cast<__int128>(-1)), 0xd259740de0e5a530u);
  EXPECT_EQ(HashOf(kTenToThe20), 0xcf6128e946cafef0u);
  EXPECT_EQ(HashOf(1.5), 0xd6dab18e1392608au);
  EXPECT_EQ(HashOf(std::nan("")), 0xc72971d82e15bb46u);
  EXPECT_EQ(HashOf(""), 0xc364eaffe31fa354u);
  EXPECT_EQ(HashOf("a"), 0x37d1a4735498772au);
  EXPECT_EQ(HashOf("Sabot"), 0xd208503128325f70u);
  std::string bytes;
  for (int byte = 0; byte < 256; ++byte) bytes.push_back(static_cast<char>(byte));
  EXPECT_EQ(HashOf(bytes), 0x31929971c03d34f7u);
  EXPECT_EQ(HashOf(std::string(300, 'x')), 0x84aebf8c0b744a9bu);
  EXPECT_EQ(CombineHashes(HashOf(1), HashOf(2)), 0x859daeea0b91a07au);
  EXPECT_EQ(CombineHashes(HashOf(2), HashOf(1)), 0xd36ae057ea6a4193u);
  EXPECT_EQ(CombineHashes(HashOf(1), kNullHash), 0x49c69abf42f8a7b2u);
  EXPECT_EQ(CombineHashes(CombineHashes(HashOf(1), HashOf(2)), HashOf("a")), 0x74192063c001e7f4u);
}

TEST(StateHash, IntegersHashByValueWhateverTheirWidth) {
  EXPECT_EQ(HashOf(int8_t{-7}), HashOf(int64_t{-7}));
  EXPECT_EQ(HashOf(int16_t{-7}), HashOf(int64_t{-7}));
  EXPECT_EQ(HashOf(int32_t{-7}), HashOf(int64_t{-7}));
  EXPECT_EQ(HashOf(true), HashOf(int64_t{1}));
}

TEST(StateHash, FloatsThatAreEqualAsKeysHashEqual) {
  EXPECT_EQ(HashOf(-0.0), HashOf(0.0));
  EXPECT_EQ(HashOf(-0.0f), HashOf(0.0));
  EXPECT_EQ(HashOf(1.5f), HashOf(1.5));
  EXPECT_EQ(HashOf(-std::nan("")), HashOf(std::nan("")));
  EXPECT_EQ(HashOf(std::nan("7")), HashOf(std::nan("")));
  EXPECT_EQ(HashOf(std::nanf("7")), HashOf(std::nan("")));
  EXPECT_NE(HashOf(1.0), HashOf(-1.0));
  EXPECT_FALSE(std::signbit(NormalizedKey(-0.0)));
  EXPECT_FALSE(std::signbit(NormalizedKey(-std::nan(""))));
  EXPECT_EQ(NormalizedKey(-1.5f), -1.5f);
}

TEST(StateHash, WideIntegersUseBothHalves) {
  std::set<uint64_t> hashes;
  for (int shift = 0; shift < 127; ++shift)
    hashes.insert(HashOf(static_cast<__int128>(1) << shift));
  EXPECT_EQ(hashes.size(), 127);
}

TEST(StateHash, PartitionsAreTopBits) {
  EXPECT_EQ(PartitionOf(0xFEDCBA9876543210, 0), 0);
  EXPECT_EQ(PartitionOf(0xFEDCBA9876543210, 4), 0xF);
  EXPECT_EQ(PartitionOf(0xFEDCBA9876543210, 7), 0x7F);
  EXPECT_EQ(PartitionOf(0x7EDCBA9876543210, 1), 0);
  EXPECT_EQ(PartitionOf(0xFEDCBA9876543210, 32), 0xFEDCBA98);
}

// Keys in use are runs, multiples and high bits; every 7 bits that someone takes must be even all
// the same.
TEST(StateHash, SpreadsPlainKeysEvenly) {
  constexpr int kNumKeys = 1 << 16;
  for (const int64_t step :
       {int64_t{1}, int64_t{8}, int64_t{1000}, int64_t{3'600'000'000}, int64_t{1} << 40}) {
    for (const int shift : {0, 16, 32, 57}) {
      std::array<int, 128> counts{};
      for (int64_t key = 0; key < kNumKeys; ++key) ++counts[HashOf(key * step) >> shift & 127];
      double chi_square = 0;
      const double expected = kNumKeys / 128.0;
      for (const int count : counts)
        chi_square += (count - expected) * (count - expected) / expected;
      EXPECT_LT(chi_square, 127 + 6 * std::sqrt(2 * 127.0)) << step << " " << shift;
    }
  }
}

TEST(StateHash, ColumnsAgreeWithSingleValues) {
  const std::vector<int32_t> numbers = {5, 0, -3, 5, 8, 9, 1, 2, 7, 7};
  const std::vector<std::string_view> texts = {"", "a", "b", "", "e", "f", "g", "h", "ab", "x"};
  const uint8_t numbers_valid[] = {0b11111101, 0b01};
  const uint8_t texts_valid[] = {0b01111111, 0b11};
  std::vector<uint64_t> hashes(numbers.size());
  HashValues<int32_t>(numbers, numbers_valid, hashes);
  std::vector<uint64_t> expected;
  for (size_t row = 0; row < numbers.size(); ++row) {
    expected.push_back(row == 1 || row == 9 ? kNullHash : HashOf(numbers[row]));
  }
  EXPECT_EQ(hashes, expected);
  CombineValues<std::string_view>(texts, texts_valid, hashes);
  for (size_t row = 0; row < numbers.size(); ++row) {
    expected[row] = CombineHashes(expected[row], row == 7 ? kNullHash : HashOf(texts[row]));
  }
  EXPECT_EQ(hashes, expected);
  EXPECT_EQ(hashes[0], CombineHashes(HashOf(5), HashOf("")));
  EXPECT_NE(hashes[0], hashes[1]);

  const std::vector<double> doubles = {-0.0, 2.5};
  hashes.resize(2);
  HashValues<double>(doubles, nullptr, hashes);
  EXPECT_EQ(hashes[0], HashOf(0.0));
  EXPECT_EQ(hashes[1], HashOf(2.5));
}

}  // namespace
}  // namespace sabot
