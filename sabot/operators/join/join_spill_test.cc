#include "sabot/operators/join/join_spill.h"

#include <gtest/gtest.h>

#include "sabot/vector/testing/operator_harness.h"
#include "sabot/vector/testing/test_rows.h"

namespace sabot::internal {
namespace {

using sabot::testing::LongsOf;
using sabot::testing::MakeLongs;
using sabot::testing::MemoryPageWriter;

class JoinSpillTest : public ::testing::Test {
 protected:
  std::shared_ptr<MemoryConsumer> Consumer() {
    return memory_.MakeConsumer("join table").ValueOrDie();
  }
  // The numbers as rows of one column, each in the part its top bits say.
  static void Append(JoinPartWriter& writer, const std::vector<int64_t>& numbers) {
    std::vector<uint64_t> hashes;
    for (const int64_t number : numbers) hashes.push_back(static_cast<uint64_t>(number) << 59);
    const Batch batch = MakeLongs(numbers);
    ASSERT_TRUE(writer.Append(batch, batch.rows(), hashes.data()).ok());
  }
  static std::vector<int64_t> RowsOf(const std::vector<std::shared_ptr<RowRun>>& runs) {
    std::vector<int64_t> rows;
    for (const auto& run : runs) {
      const auto reader = run->Read().ValueOrDie();
      BufferPool pool;
      while (true) {
        const Batch batch = reader->Next(100, pool).ValueOrDie();
        if (batch.empty()) break;
        for (const int64_t value : LongsOf(batch)) rows.push_back(value);
      }
    }
    std::ranges::sort(rows);
    return rows;
  }

  MemoryBudget memory_;
};

TEST_F(JoinSpillTest, APartHasTheRowsOfItsHashOfAllTasksSpilledOrNot) {
  JoinSpill spill;
  MemoryPageWriter pages;
  for (const int64_t first : {3, 35}) {
    JoinPartWriter writer({Type(TypeId::kLong)}, Consumer());
    Append(writer, {first, first + 1, first + 32});
    EXPECT_GT(writer.size_bytes(), 0);
    if (first == 3) {
      EXPECT_GT(writer.Spill(1, pages).ValueOrDie(), 0);
    }
    Append(writer, {first + 64});
    spill.AddBuild(writer.Take());
    EXPECT_EQ(writer.size_bytes(), 0);
  }
  while (!pages.is_idle()) pages.Tick();
  int num_parts = 0;
  std::vector<int64_t> all;
  while (const auto part = spill.Take()) {
    ++num_parts;
    const std::vector<int64_t> rows = RowsOf(part->build);
    for (const int64_t row : rows) EXPECT_EQ(row % 32, rows.front() % 32);
    all.insert(all.end(), rows.begin(), rows.end());
    EXPECT_TRUE(part->probe.empty());
    spill.Finish();
  }
  EXPECT_EQ(num_parts, static_cast<int>(kNumJoinParts));
  std::ranges::sort(all);
  EXPECT_EQ(all, (std::vector<int64_t>{3, 4, 35, 35, 36, 67, 67, 99}));
}

TEST_F(JoinSpillTest, APartThatWasGivenBackComesAgainOnceAnotherIsFinished) {
  JoinSpill spill;
  JoinPartWriter writer({Type(TypeId::kLong)}, Consumer());
  Append(writer, {1, 2});
  spill.AddProbe(writer.Take());
  std::vector<JoinSpill::Part> taken;
  for (size_t i = 0; i < kNumJoinParts; ++i) taken.push_back(*spill.Take());
  EXPECT_FALSE(spill.Take().has_value());
  JoinSpill::Part full;
  for (auto& part : taken) {
    if (!part.probe.empty()) full = part;
  }
  uint64_t num_finished = 0;
  int num_fired = 0;
  Waker waker([&num_fired] { ++num_fired; });
  const std::vector<int64_t> rows = RowsOf(full.probe);
  // All but this one and another are done with.
  for (size_t i = 2; i < kNumJoinParts; ++i) spill.Finish();
  ASSERT_TRUE(spill.GiveBack(&full, &num_finished));
  EXPECT_FALSE(spill.MayTakeAgain(num_finished, &waker));
  ASSERT_TRUE(waker.Sleep());
  spill.Finish();
  EXPECT_EQ(num_fired, 1);
  EXPECT_TRUE(spill.MayTakeAgain(num_finished, &waker));
  EXPECT_EQ(RowsOf(spill.Take()->probe), rows);
  EXPECT_FALSE(spill.Take().has_value());
  // The last one has nobody to make room.
  EXPECT_FALSE(spill.GiveBack(&taken.front(), &num_finished));
}

TEST_F(JoinSpillTest, WritesOutWhatNobodyHasTaken) {
  JoinSpill spill;
  JoinPartWriter writer({Type(TypeId::kLong)}, Consumer());
  Append(writer, {1, 2, 3});
  spill.AddBuild(writer.Take());
  MemoryPageWriter pages;
  const int64_t bytes = spill.spillable_bytes();
  EXPECT_GT(bytes, 0);
  // Runs as small as these one at a time.
  int64_t spilled = 0;
  while (const int64_t some = spill.Spill(bytes, pages).ValueOrDie()) spilled += some;
  EXPECT_EQ(spilled, bytes);
  EXPECT_EQ(spill.spillable_bytes(), 0);
  while (!pages.is_idle()) pages.Tick();
  EXPECT_EQ(memory_.reserved_bytes(), 0);
}

TEST_F(JoinSpillTest, HasRoomAsLongAsTheBudgetHas) {
  const std::shared_ptr<MemoryConsumer> consumer = Consumer();
  JoinPartWriter writer({Type(TypeId::kLong)}, consumer);
  EXPECT_TRUE(writer.HasRoom());
  memory_.set_limit_bytes(1000);
  EXPECT_FALSE(writer.HasRoom());
  EXPECT_EQ(consumer->used_bytes(), 0);
}

}  // namespace
}  // namespace sabot::internal
