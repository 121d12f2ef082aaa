#include "sabot/eventtime/split_board.h"

#include <gtest/gtest.h>

#include "sabot/eventtime/pane.h"

namespace sabot {
namespace {

TEST(Pane, RoundsTowardMinusInfinity) {
  for (int64_t value = -25; value <= 25; ++value) {
    const int64_t floor = FloorToMultiple(value, 7);
    EXPECT_EQ(floor % 7, 0) << value;
    EXPECT_LE(floor, value);
    EXPECT_GT(floor + 7, value);
  }
  EXPECT_EQ(FloorToMultiple(INT64_MIN, 7), INT64_MIN);
  EXPECT_EQ(FloorToMultiple(INT64_MAX, 10), INT64_MAX - 7);
}

TEST(Pane, AddsUpToTheEndsOfTime) {
  EXPECT_EQ(AddSaturated(5, -7), -2);
  EXPECT_EQ(AddSaturated(INT64_MAX - 1, 1), INT64_MAX);
  EXPECT_EQ(AddSaturated(INT64_MAX, 1), INT64_MAX);
  EXPECT_EQ(AddSaturated(INT64_MIN, -1), INT64_MIN);
}

TEST(SplitBoard, ASteadySplitHoldsTheOthersUntilItEnds) {
  SplitBoard board;
  board.AddSteady(1);
  board.Observe(2, 100, 0);
  EXPECT_EQ(board.NextIdleAt(10), 10);
  board.MarkIdle(50, 10);
  EXPECT_TRUE(board.has_live());
  EXPECT_EQ(board.MinimumOfLive(), SplitBoard::kNone);
  EXPECT_FALSE(board.NextIdleAt(10).has_value());
  board.Observe(1, 30, 0);
  EXPECT_EQ(board.TimeOf(1), 30);
  EXPECT_EQ(board.TimeOf(3), SplitBoard::kNone);
  board.MarkIdle(50, 10);
  EXPECT_EQ(board.MinimumOfLive(), 30);
  board.End(1);
  EXPECT_FALSE(board.has_live());
}

TEST(SplitBoard, TheSlowestLiveSplitHoldsTheOthers) {
  SplitBoard board;
  EXPECT_EQ(board.MinimumOfLive(), SplitBoard::kNone);
  EXPECT_FALSE(board.has_live());
  board.Observe(1, 100, 0);
  EXPECT_EQ(board.MinimumOfLive(), 100);
  board.Observe(2, 40, 0);
  EXPECT_EQ(board.MinimumOfLive(), 40);
  board.Observe(2, 30, 0);  // an older row takes nothing back
  EXPECT_EQ(board.MinimumOfLive(), 40);
  board.Observe(2, 130, 0);
  EXPECT_EQ(board.MinimumOfLive(), 100);
  EXPECT_EQ(board.Maximum(), 130);
  board.End(1);
  EXPECT_EQ(board.MinimumOfLive(), 130);
  board.End(2);
  EXPECT_FALSE(board.has_live());
  EXPECT_EQ(board.MinimumOfLive(), SplitBoard::kNone);
  EXPECT_EQ(board.Maximum(), 130);
}

TEST(SplitBoard, ADeclaredSplitHoldsAllUntilItsFirstRow) {
  SplitBoard board;
  board.Add(1, 0);
  board.Add(2, 0);
  board.Observe(1, 100, 0);
  EXPECT_EQ(board.MinimumOfLive(), SplitBoard::kNone);
  board.Observe(2, SplitBoard::kNone, 0);  // rows without event time say nothing
  EXPECT_EQ(board.MinimumOfLive(), SplitBoard::kNone);
  board.Observe(2, 7, 0);
  EXPECT_EQ(board.MinimumOfLive(), 7);
  board.Add(2, 0);  // known already: keeps its time
  EXPECT_EQ(board.MinimumOfLive(), 7);
}

TEST(SplitBoard, IdleSplitsHoldNobodyUntilTheirNextRow) {
  SplitBoard board;
  board.Observe(1, 100, 1000);
  board.Observe(2, 40, 1500);
  EXPECT_EQ(board.NextIdleAt(500), 1500);
  board.MarkIdle(1499, 500);
  EXPECT_EQ(board.MinimumOfLive(), 40);
  board.Observe(1, 90, 1499);
  EXPECT_EQ(board.NextIdleAt(500), 1999);
  board.MarkIdle(2000, 500);
  EXPECT_FALSE(board.has_live());
  EXPECT_EQ(board.NextIdleAt(500), std::nullopt);
  board.Observe(2, 10, 2001);
  EXPECT_EQ(board.MinimumOfLive(), 40);
}

}  // namespace
}  // namespace sabot
