#include "sabot/base/memory_budget.h"

#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "arrow/buffer.h"
#include "arrow/memory_pool.h"

#include "sabot/base/error.h"

namespace sabot {
namespace {

constexpr int64_t kMiB = 1 << 20;

std::unique_ptr<MemoryConsumer> Consumer(MemoryBudget& budget, std::string name,
                                         int64_t floor_bytes = 0) {
  return budget.MakeConsumer(std::move(name), floor_bytes).ValueOrDie();
}

TEST(MemoryBudget, GrantsUpToTheLimitExactly) {
  MemoryBudget budget(100);
  auto consumer = Consumer(budget, "sort");
  EXPECT_TRUE(consumer->TryReserve(60));
  EXPECT_TRUE(consumer->TryReserve(40));
  EXPECT_FALSE(consumer->TryReserve(1));
  EXPECT_TRUE(consumer->TryReserve(0));
  EXPECT_EQ(budget.reserved_bytes(), 100);
  EXPECT_EQ(consumer->used_bytes(), 100);
  consumer->Release(30);
  EXPECT_FALSE(consumer->TryReserve(31));
  EXPECT_EQ(budget.reserved_bytes(), 70);  // a refusal takes nothing
  EXPECT_TRUE(consumer->TryReserve(30));
  consumer->Release(100);
  EXPECT_EQ(budget.reserved_bytes(), 0);
  EXPECT_EQ(budget.peak_bytes(), 100);
}

TEST(MemoryBudget, AnUnlimitedOneDoesNotOverflow) {
  MemoryBudget budget;
  auto consumer = Consumer(budget, "sort");
  EXPECT_TRUE(consumer->TryReserve(10));
  EXPECT_FALSE(consumer->TryReserve(MemoryBudget::kUnlimited - 9));
  EXPECT_TRUE(consumer->TryReserve(MemoryBudget::kUnlimited - 10));
  consumer->Release(MemoryBudget::kUnlimited);
}

TEST(MemoryBudget, AFloorIsKeptForItsOwner) {
  MemoryBudget budget(100);
  auto greedy = Consumer(budget, "greedy");
  auto modest = Consumer(budget, "modest", 30);
  EXPECT_EQ(budget.reserved_bytes(), 30);
  EXPECT_EQ(modest->used_bytes(), 0);
  EXPECT_FALSE(greedy->TryReserve(71));
  EXPECT_TRUE(greedy->TryReserve(70));
  EXPECT_TRUE(modest->TryReserve(20));
  EXPECT_EQ(budget.reserved_bytes(), 100);  // taken from the floor
  EXPECT_FALSE(modest->TryReserve(11));
  EXPECT_TRUE(modest->TryReserve(10));
  greedy->Release(5);
  EXPECT_TRUE(modest->TryReserve(5));
  EXPECT_EQ(budget.reserved_bytes(), 100);
  modest->Release(35);
  EXPECT_EQ(budget.reserved_bytes(), 95);  // only what was beyond the floor comes back
  modest.reset();
  EXPECT_EQ(budget.reserved_bytes(), 65);
  greedy->Release(65);
}

TEST(MemoryBudget, AFloorWithoutRoomIsRefused) {
  MemoryBudget budget(100);
  auto first = Consumer(budget, "first", 80);
  const auto second = budget.MakeConsumer("second", 21);
  ASSERT_FALSE(second.ok());
  EXPECT_EQ(GetErrorDetail(second.status())->error_class().name, "OUT_OF_MEMORY");
  EXPECT_TRUE(budget.MakeConsumer("second", 20).ok());
  EXPECT_EQ(budget.reserved_bytes(), 80);
}

TEST(MemoryBudget, AConsumerLeavesNothingBehind) {
  MemoryBudget budget(100);
  auto consumer = Consumer(budget, "faulty", 10);
  ASSERT_TRUE(consumer->TryReserve(50));
  consumer.reset();
  EXPECT_EQ(budget.reserved_bytes(), 0);
  EXPECT_TRUE(budget.TopConsumers(5).empty());
}

TEST(MemoryBudget, ForcedBytesCountBeyondTheLimit) {
  MemoryBudget budget(100);
  auto arrow = Consumer(budget, "Arrow");
  auto sort = Consumer(budget, "sort", 10);
  arrow->ForceReserve(120);
  EXPECT_EQ(budget.reserved_bytes(), 130);
  EXPECT_EQ(budget.peak_bytes(), 130);
  EXPECT_TRUE(sort->TryReserve(10));  // its floor
  EXPECT_FALSE(sort->TryReserve(1));
  arrow->Release(120);
  EXPECT_TRUE(sort->TryReserve(90));
  sort->Release(100);
}

TEST(MemoryBudget, ALowerLimitHoldsForWhatIsNew) {
  MemoryBudget budget(100);
  auto consumer = Consumer(budget, "sort");
  ASSERT_TRUE(consumer->TryReserve(80));
  budget.set_limit_bytes(50);
  EXPECT_FALSE(consumer->TryReserve(1));
  consumer->Release(40);
  EXPECT_TRUE(consumer->TryReserve(10));
  EXPECT_FALSE(consumer->TryReserve(1));
  consumer->Release(50);
}

TEST(MemoryBudget, NamesTheTopConsumersInTheError) {
  MemoryBudget budget(96 * kMiB);
  auto small = Consumer(budget, "exchange", 1 * kMiB);
  auto sort = Consumer(budget, "sort");
  auto task1 = Consumer(budget, "hash aggregate");
  auto task2 = Consumer(budget, "hash aggregate");
  auto idle = Consumer(budget, "idle");
  ASSERT_TRUE(sort->TryReserve(30 * kMiB));
  ASSERT_TRUE(task1->TryReserve(20 * kMiB) && task2->TryReserve(40 * kMiB));
  const auto top = budget.TopConsumers(2);
  ASSERT_EQ(top.size(), 2);
  EXPECT_EQ(top[0].name, "hash aggregate");
  EXPECT_EQ(top[0].bytes, 60 * kMiB);
  EXPECT_EQ(top[1].name, "sort");
  ASSERT_EQ(budget.TopConsumers(9).size(), 3);
  EXPECT_EQ(budget.TopConsumers(9)[2].bytes, 1 * kMiB);

  const arrow::Status error = OutOfMemoryError(budget, "sort", 8 * kMiB);
  EXPECT_TRUE(error.IsOutOfMemory());
  EXPECT_EQ(GetErrorDetail(error)->error_class().name, "OUT_OF_MEMORY");
  EXPECT_THAT(
      error.message(),
      testing::HasSubstr("sort needs 8.0 MiB more, but 91.0 MiB of the limit of 96.0 MiB "
                         "are taken: hash aggregate 60.0 MiB, sort 30.0 MiB, exchange 1.0 MiB"));
  sort->Release(30 * kMiB);
  task1->Release(20 * kMiB);
  task2->Release(40 * kMiB);
}

TEST(MemoryBudget, AReleaseWakesWhoWaits) {
  MemoryBudget budget(100);
  auto consumer = Consumer(budget, "sort");
  int num_woken = 0;
  auto waker = std::make_shared<Waker>([&] { ++num_woken; });
  ASSERT_TRUE(consumer->TryReserve(100));
  budget.WakeOnRelease(waker);
  ASSERT_FALSE(consumer->TryReserve(1));
  ASSERT_TRUE(waker->Sleep());
  EXPECT_EQ(num_woken, 0);
  consumer->Release(1);
  EXPECT_EQ(num_woken, 1);
  ASSERT_TRUE(waker->Sleep());
  consumer->Release(1);
  EXPECT_EQ(num_woken, 1);  // once a registration
  budget.WakeOnRelease(waker);
  budget.set_limit_bytes(200);
  EXPECT_EQ(num_woken, 2);
  consumer->Release(98);
}

TEST(MemoryBudget, ThreadsNeverPassTheLimitNorLoseBytes) {
  MemoryBudget budget(1000);
  auto shared = Consumer(budget, "shared", 50);
  auto other = Consumer(budget, "other");
  std::vector<std::thread> threads;
  std::atomic<int64_t> num_granted{0};
  for (int id = 0; id < 4; ++id) {
    threads.emplace_back([&, id] {
      MemoryConsumer& consumer = id < 3 ? *shared : *other;
      for (int round = 0; round < 20'000; ++round) {
        const int64_t bytes = 1 + (round * 7 + id) % 400;
        if (!consumer.TryReserve(bytes)) continue;
        ++num_granted;
        if (budget.reserved_bytes() > 1000) ADD_FAILURE() << budget.reserved_bytes();
        consumer.Release(bytes);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_GT(num_granted, 1000);
  EXPECT_EQ(budget.reserved_bytes(), 50);
  EXPECT_EQ(shared->used_bytes(), 0);
  EXPECT_EQ(other->used_bytes(), 0);
  EXPECT_LE(budget.peak_bytes(), 1000);
}

TEST(Reservation, ReleasesAtTheEndOfItsScope) {
  MemoryBudget budget(100);
  auto consumer = Consumer(budget, "sort");
  {
    Reservation first(consumer.get());
    ASSERT_TRUE(first.TryGrow(60));
    EXPECT_FALSE(first.TryGrow(41));
    EXPECT_EQ(first.bytes(), 60);
    first.Shrink(10);
    Reservation second = std::move(first);
    EXPECT_EQ(first.bytes(), 0);
    EXPECT_EQ(second.bytes(), 50);
    EXPECT_EQ(budget.reserved_bytes(), 50);
    Reservation third(consumer.get());
    ASSERT_TRUE(third.TryGrow(20));
    second = std::move(third);
    EXPECT_EQ(budget.reserved_bytes(), 20);
  }
  EXPECT_EQ(budget.reserved_bytes(), 0);
}

TEST(BudgetedPool, ReportsWhatArrowHolds) {
  auto budget = std::make_shared<MemoryBudget>(1000);
  auto pool = MakeBudgetedPool(budget, "Arrow buffers", arrow::default_memory_pool()).ValueOrDie();
  auto sort = Consumer(*budget, "sort");
  {
    // Beyond the limit: Arrow is never refused, the others are.
    auto buffer = arrow::AllocateResizableBuffer(4096, pool.get()).ValueOrDie();
    EXPECT_EQ(budget->reserved_bytes(), 4096);
    EXPECT_EQ(pool->bytes_allocated(), 4096);
    EXPECT_FALSE(sort->TryReserve(1));
    ASSERT_TRUE(buffer->Resize(8192).ok());
    EXPECT_EQ(budget->reserved_bytes(), 8192);
    ASSERT_TRUE(buffer->Resize(64, /*shrink_to_fit=*/true).ok());
    EXPECT_EQ(budget->reserved_bytes(), 64);
    EXPECT_EQ(budget->TopConsumers(1)[0].name, "Arrow buffers");
  }
  EXPECT_EQ(budget->reserved_bytes(), 0);
  EXPECT_EQ(pool->bytes_allocated(), 0);
  EXPECT_EQ(pool->max_memory(), 8192);
  EXPECT_EQ(pool->num_allocations(), 2);
  EXPECT_EQ(pool->total_bytes_allocated(), 8192);
}

TEST(FormatBytes, PicksAUnit) {
  EXPECT_EQ(FormatBytes(512), "512 B");
  EXPECT_EQ(FormatBytes(1536), "1.5 KiB");
  EXPECT_EQ(FormatBytes(96 * kMiB), "96.0 MiB");
  EXPECT_EQ(FormatBytes(int64_t{3} << 40), "3.0 TiB");
  EXPECT_EQ(FormatBytes(int64_t{5} << 50), "5120.0 TiB");
}

}  // namespace
}  // namespace sabot
