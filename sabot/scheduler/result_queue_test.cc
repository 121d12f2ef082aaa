#include "sabot/scheduler/result_queue.h"

#include <gtest/gtest.h>

#include "sabot/vector/testing/test_rows.h"

namespace sabot {
namespace {

using testing::LongsOf;
using testing::MakeLongs;

TEST(ResultQueue, HoldsMemoryForWhatWaitsAlone) {
  MemoryBudget memory;
  {
    ResultQueue queue(1, 1 << 20, memory.MakeConsumer("results").ValueOrDie());
    for (int64_t i = 0; i < 3; ++i) {
      Batch batch = MakeLongs({i, i + 1, i + 2});
      ASSERT_TRUE(queue.TryPush(0, &batch, nullptr));
    }
    const int64_t all = memory.reserved_bytes();
    EXPECT_GT(all, 0);
    ASSERT_TRUE(queue.TryTake().has_value());
    EXPECT_EQ(memory.reserved_bytes(), all / 3 * 2);
    ASSERT_TRUE(queue.TryTake().has_value());
    ASSERT_TRUE(queue.TryTake().has_value());
    EXPECT_EQ(memory.reserved_bytes(), 0);
    EXPECT_FALSE(queue.TryTake().has_value());
    Batch last = MakeLongs({1});
    ASSERT_TRUE(queue.TryPush(0, &last, nullptr));
    EXPECT_GT(memory.reserved_bytes(), 0);
  }
  EXPECT_EQ(memory.reserved_bytes(), 0) << "also what nobody took";
}

TEST(ResultQueue, GivesALaterPlaceOnceNobodyCanGiveAnEarlierOne) {
  ResultQueue queue(2, 1 << 20, nullptr);
  queue.Advance(0, {1, 5});
  Batch late = MakeLongs({5});
  ASSERT_TRUE(queue.TryPush(0, &late, nullptr));
  EXPECT_FALSE(queue.TryTake().has_value()) << "task 1 may still give rows of place 0";
  queue.Advance(1, {1, 2});
  Batch early = MakeLongs({2});
  ASSERT_TRUE(queue.TryPush(1, &early, nullptr));
  EXPECT_EQ(LongsOf(*queue.TryTake()), std::vector<int64_t>{2});
  EXPECT_FALSE(queue.TryTake().has_value());
  queue.End(1);
  EXPECT_EQ(LongsOf(*queue.TryTake()), std::vector<int64_t>{5});
}

}  // namespace
}  // namespace sabot
