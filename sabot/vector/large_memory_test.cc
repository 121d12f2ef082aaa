#include "sabot/vector/large_memory.h"

#include <algorithm>
#include <cstring>
#include <fstream>
#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace sabot {
namespace {

struct Block {
  uint8_t* data;
  int64_t size;
  int64_t alignment;
};

TEST(LargeMemory, IsAlignedAndAllOfItCanBeWritten) {
  std::vector<Block> blocks;
  for (const int64_t size : {1, 4096, 65535, 65536, 65537, 262144, 1'000'001}) {
    for (const int64_t alignment : {64, 4096, 16384, 65536, 2 << 20}) {
      uint8_t* data = AllocateLarge(size, alignment);
      EXPECT_EQ(reinterpret_cast<uintptr_t>(data) % static_cast<uintptr_t>(alignment), 0u);
      std::memset(data, static_cast<int>(blocks.size()), static_cast<size_t>(size));
      blocks.push_back({data, size, alignment});
    }
  }
  // Nobody's bytes are anybody else's.
  for (size_t i = 0; i < blocks.size(); ++i) {
    const Block& block = blocks[i];
    EXPECT_EQ(block.data[0], i);
    EXPECT_EQ(block.data[block.size - 1], i);
    FreeLarge(block.data, block.size, block.alignment);
  }
  FreeLarge(nullptr, 1 << 20, 64);
}

TEST(LargeMemory, IsZeroedWhereAskedFor) {
  for (const int64_t size : {int64_t{4096}, int64_t{65535}, int64_t{65536}, 2 * kHugePage}) {
    // A block that was used before may come again.
    for (int round = 0; round < 3; ++round) {
      uint8_t* data = AllocateZeroed(size, 64);
      EXPECT_TRUE(std::all_of(data, data + size, [](uint8_t byte) { return byte == 0; })) << size;
      std::memset(data, 1, static_cast<size_t>(size));
      FreeLarge(data, size, 64);
    }
  }
}

#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
// In bytes, of the address space and of memory.
std::pair<int64_t, int64_t> ProcessSize() {
  int64_t total = 0;
  int64_t resident = 0;
  std::ifstream("/proc/self/statm") >> total >> resident;
  return {total * 4096, resident * 4096};
}

TEST(LargeMemory, GoesBackToTheSystemThoughSmallBlocksStay) {
  constexpr int64_t kSize = 256 << 10;
  constexpr int kCount = 256;
  const auto before = ProcessSize();
  std::vector<uint8_t*> blocks;
  std::vector<std::string> between;
  for (int i = 0; i < kCount; ++i) {
    blocks.push_back(AllocateLarge(kSize, 16 << 10));
    std::memset(blocks.back(), 1, kSize);
    between.emplace_back(1000, 'x');
  }
  EXPECT_GT(ProcessSize().second - before.second, kCount * kSize * 9 / 10);
  for (uint8_t* block : blocks) FreeLarge(block, kSize, 16 << 10);
  const auto after = ProcessSize();
  EXPECT_LT(after.second - before.second, kCount * kSize / 10);
  EXPECT_LT(after.first - before.first, kCount * kSize / 10);
}
#endif

}  // namespace
}  // namespace sabot
