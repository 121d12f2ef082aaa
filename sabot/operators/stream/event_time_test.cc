#include "sabot/operators/stream/event_time.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sabot/base/error.h"
#include "sabot/eventtime/split_board.h"
#include "sabot/operators/stream/testing/operator_run.h"

namespace sabot {
namespace {

using testing::Collect;
using ::testing::ElementsAre;
using testing::Given;
using ::testing::IsEmpty;
using testing::Pieces;
using testing::PushAll;
using testing::Random;
using testing::Send;

constexpr int64_t kNull = INT64_MIN;

class SettableClock final : public Clock {
 public:
  int64_t NowMicros() override { return now_us; }
  int64_t MonotonicNanos() override { return now_us * 1000; }
  void SleepNanos(int64_t) override {}
  int64_t now_us = 1'000'000;
};

Batch Times(const std::vector<int64_t>& times, uint64_t split) {
  std::vector<testing::Row> rows;
  for (const int64_t time : times) {
    const Type type(TypeId::kTimestamp);
    rows.push_back(
        {TypedValue::Long(7), time == kNull ? TypedValue::Null(type) : TypedValue{type, time}});
  }
  Batch batch = testing::MakeBatch({Type(TypeId::kLong), Type(TypeId::kTimestamp)}, rows);
  batch.set_split(split);
  return batch;
}

class EventTimeTest : public ::testing::Test {
 protected:
  EventTimeTest() {
    context_.env.clock = &clock_;
    context_.is_unbounded = true;
    context_.set_timer = [this](int64_t at) { timers_.push_back(at); };
    Start(10);
  }
  void Start(int64_t delay_us) {
    const PhysicalPtr input =
        MakePhysical(PhysicalValues{}, {},
                     {{.id = 1, .name = "n", .type = Type(TypeId::kLong)},
                      {.id = 2, .name = "time", .type = Type(TypeId::kTimestamp)}});
    const PhysicalEventTime step{.column = 2, .delay_us = delay_us};
    const PhysicalPtr node = MakePhysical(step, {input}, input->output);
    factory_ = MakeEventTime(step, *node, {}).ValueOrDie();
    op_ = factory_->Make(context_).ValueOrDie();
  }
  /// The watermarks that rows of these times make, in order.
  std::vector<int64_t> Push(const std::vector<int64_t>& times, uint64_t split = 1) {
    Given given;
    PushAll(*op_, testing::Disguise(Times(times, split), random_), &given);
    EXPECT_EQ(given.rows, testing::TextRows(Times(times, split)));
    return Values(given);
  }
  static std::vector<int64_t> Values(const Given& given) {
    std::vector<int64_t> values;
    for (const Marker& marker : given.markers) {
      EXPECT_EQ(marker.kind, Marker::kWatermark);
      values.push_back(marker.value);
    }
    return values;
  }

  SettableClock clock_;
  TaskContext context_;
  std::vector<int64_t> timers_;
  Random random_{1};
  std::unique_ptr<OperatorFactory> factory_;
  std::unique_ptr<Operator> op_;
};

TEST_F(EventTimeTest, FollowsTheGreatestTimeAtADistance) {
  EXPECT_THAT(Push({100, 105, 103}), ElementsAre(95));
  EXPECT_THAT(Push({101, 105}), IsEmpty());  // no step back, none on the spot
  EXPECT_THAT(Push({kNull, 106, kNull}), ElementsAre(96));
  EXPECT_THAT(Push({kNull}), IsEmpty());
  EXPECT_THAT(Push({}), IsEmpty());
}

TEST_F(EventTimeTest, KeepsTimeBefore1970) {
  EXPECT_THAT(Push({-100, -90}), ElementsAre(-100));
  EXPECT_THAT(Push({0}), ElementsAre(-10));
}

TEST_F(EventTimeTest, WaitsForTheSlowestSplit) {
  EXPECT_THAT(Push({100}, 1), ElementsAre(90));
  EXPECT_THAT(Push({50}, 2), IsEmpty());   // behind, but nothing goes back
  EXPECT_THAT(Push({200}, 1), IsEmpty());  // held by split 2
  EXPECT_THAT(Push({130}, 2), ElementsAre(120));
  EXPECT_THAT(Push({300}, 2), ElementsAre(190));
}

TEST_F(EventTimeTest, RowsBehindTheRunningWatermarkComeAfterIt) {
  Given given;
  Batch batch = Times({100, 120, 95, 115, 109, 140, 135, 129, 130}, 1);
  Output output;
  std::vector<std::string> log;
  while (true) {
    const Progress progress = op_->Push(0, batch, &output).ValueOrDie();
    std::string text;
    for (const std::string& row : testing::TextRows(output.batch)) text += row.substr(22) + " ";
    log.push_back(text + "-> " + std::to_string(output.marker.value));
    output.Clear();
    if (progress != Progress::kMore) break;
  }
  // 95 and 109 are behind 110; 129 is behind 130, and 135 and 130 are not.
  EXPECT_EQ(log.size(), 3U) << ::testing::PrintToString(log);
  EXPECT_THAT(log[0], ::testing::EndsWith("-> 110"));
  EXPECT_THAT(log[1], ::testing::EndsWith("-> 130"));
  EXPECT_THAT(log[2], ::testing::EndsWith("-> 0"));
}

TEST_F(EventTimeTest, WhatIsLateDoesNotDependOnBatches) {
  // Late: earlier than the latest watermark before it.
  std::vector<int64_t> times;
  for (int i = 0; i < 3000; ++i) times.push_back(i / 3 + static_cast<int64_t>(random_() % 40) - 20);
  std::optional<std::vector<bool>> expected;
  for (const size_t size : {size_t{1}, size_t{7}, size_t{2048}}) {
    Start(10);
    std::vector<bool> late;
    int64_t watermark = INT64_MIN;
    for (size_t begin = 0; begin < times.size(); begin += size) {
      const size_t end = std::min(times.size(), begin + size);
      Batch batch = Times(
          {times.begin() + static_cast<int64_t>(begin), times.begin() + static_cast<int64_t>(end)},
          3);
      Output output;
      size_t next = begin;
      Progress progress = Progress::kMore;
      while (progress == Progress::kMore) {
        progress = op_->Push(0, batch, &output).ValueOrDie();
        for (int32_t i = 0; i < output.batch.num_active_rows(); ++i) {
          late.push_back(times[next++] < watermark);
        }
        if (output.marker.kind == Marker::kWatermark) watermark = output.marker.value;
        output.Clear();
      }
    }
    ASSERT_EQ(late.size(), times.size());
    if (!expected.has_value()) expected = late;
    EXPECT_EQ(late, *expected) << "batches of " << size;
  }
  EXPECT_NE(std::ranges::count(*expected, true), 0);
}

TEST_F(EventTimeTest, SetsTheBoundsOfTheRowsTimes) {
  Batch batch = Times({30, kNull, 25, 28}, 1);
  Output output;
  ASSERT_EQ(op_->Push(0, batch, &output).ValueOrDie(), Progress::kNeedsInput);
  EXPECT_EQ(output.batch.min_time(), 25);
  EXPECT_EQ(output.batch.max_time(), 30);
  EXPECT_EQ(output.batch.split(), 1U);
}

TEST_F(EventTimeTest, AnIdleSplitHoldsTheWatermarkForATimeOnly) {
  EXPECT_THAT(Push({100}, 1), ElementsAre(90));
  ASSERT_THAT(timers_, ElementsAre(clock_.now_us + kSplitIdleAfterUs));
  clock_.now_us += 1'000'000;
  EXPECT_THAT(Push({50}, 2), IsEmpty());
  clock_.now_us += 10'000'000;
  EXPECT_THAT(Push({200}, 1), IsEmpty());
  EXPECT_EQ(timers_.size(), 1U);  // one at a time
  Given given;
  clock_.now_us = timers_.back();
  Send(*op_, {.kind = Marker::kTimer, .value = clock_.now_us}, &given);
  EXPECT_THAT(given.markers, IsEmpty());
  ASSERT_EQ(timers_.size(), 2U);
  clock_.now_us = timers_.back();
  Send(*op_, {.kind = Marker::kTimer, .value = clock_.now_us}, &given);
  EXPECT_THAT(given.markers, ElementsAre(Marker{.kind = Marker::kWatermark, .value = 190}));
  // Nothing comes from split 1 either.
  ASSERT_EQ(timers_.size(), 3U);
  clock_.now_us = timers_.back();
  given = {};
  Send(*op_, {.kind = Marker::kTimer, .value = clock_.now_us}, &given);
  EXPECT_THAT(given.markers, ElementsAre(Marker{.kind = Marker::kIdle}));
  EXPECT_EQ(timers_.size(), 3U);
  // Awake again: the watermark stands, and is said once more.
  EXPECT_THAT(Push({60}, 2), ElementsAre(190));
  EXPECT_EQ(timers_.size(), 4U);
}

TEST_F(EventTimeTest, ADeclaredSplitIsWaitedForUntilItEnds) {
  SplitBoard board;
  context_.splits = &board;
  Start(10);
  board.Add(1, clock_.now_us);
  board.Add(2, clock_.now_us);
  EXPECT_THAT(Push({100}, 1), IsEmpty());
  EXPECT_THAT(Push({70}, 2), ElementsAre(60));
  board.End(2);
  EXPECT_THAT(Push({101}, 1), ElementsAre(91));
}

TEST_F(EventTimeTest, ASplitThatEndedHasEndedAfterARestoreToo) {
  SplitBoard before;
  context_.splits = &before;
  Start(10);
  EXPECT_THAT(Push({100}, 1), ElementsAre(90));
  EXPECT_THAT(Push({500}, 2), IsEmpty());
  before.End(1);
  Pieces pieces;
  ASSERT_TRUE(op_->Snapshot(1, pieces).ok());
  SplitBoard after;
  context_.splits = &after;
  Start(10);
  ASSERT_TRUE(op_->Restore(*pieces.Read({})).ok());
  EXPECT_THAT(Push({501}, 2), ElementsAre(491));
}

TEST_F(EventTimeTest, ARowAtTheWatermarkIsNotBehindIt) {
  Batch batch = Times({110, 100}, 1);
  Output output;
  EXPECT_EQ(op_->Push(0, batch, &output).ValueOrDie(), Progress::kNeedsInput);
  EXPECT_EQ(output.batch.num_active_rows(), 2);
  EXPECT_EQ(output.marker.value, 100);
}

TEST_F(EventTimeTest, WithholdsWatermarksFromBelow) {
  Given given;
  const Marker left = Send(*op_, {.kind = Marker::kWatermark, .value = 5}, &given);
  EXPECT_EQ(left.kind, Marker::kNone);
  EXPECT_EQ(Send(*op_, {.kind = Marker::kBarrier, .value = 4}, &given),
            (Marker{.kind = Marker::kBarrier, .value = 4}));
  EXPECT_EQ(Send(*op_, {.kind = Marker::kEnd}, &given).kind, Marker::kEnd);
  EXPECT_THAT(given.markers, IsEmpty());
}

TEST_F(EventTimeTest, ARestoredSplitIsWhereItWas) {
  EXPECT_THAT(Push({100}, 1), ElementsAre(90));
  EXPECT_THAT(Push({500}, 2), IsEmpty());
  Pieces pieces;
  ASSERT_TRUE(op_->Snapshot(1, pieces).ok());
  ASSERT_EQ(pieces.pieces().size(), 2U);
  Start(10);
  ASSERT_TRUE(op_->Restore(*pieces.Read({})).ok());
  EXPECT_THAT(Push({110}, 2), ElementsAre(90));  // split 1 holds it
  EXPECT_THAT(Push({300}, 1), ElementsAre(290));
  // The task that has split 2 alone.
  Start(10);
  ASSERT_TRUE(op_->Restore(*pieces.Read({}, std::vector<uint64_t>{2})).ok());
  EXPECT_THAT(Push({7}, 2), ElementsAre(490));
}

TEST_F(EventTimeTest, OfASourceThatNamesItsSplitsOnlyTheseAreRestored) {
  EXPECT_THAT(Push({100}, 1), ElementsAre(90));
  EXPECT_THAT(Push({500}, 2), IsEmpty());
  Pieces pieces;
  ASSERT_TRUE(op_->Snapshot(1, pieces).ok());
  SplitBoard board;
  board.AddSteady(2);
  context_.splits = &board;
  Start(10);
  ASSERT_TRUE(op_->Restore(*pieces.Read({})).ok());
  EXPECT_EQ(board.splits().size(), 1U);
  EXPECT_THAT(Push({510}, 2), ElementsAre(500)) << "split 1 is another task's";
}

TEST_F(EventTimeTest, RefusesATimeThatIsNone) {
  const PhysicalPtr input =
      MakePhysical(PhysicalValues{}, {}, {{.id = 1, .name = "n", .type = Type(TypeId::kLong)}});
  const PhysicalEventTime step{.column = 1, .delay_us = 0};
  const auto made = MakeEventTime(step, *MakePhysical(step, {input}, input->output), {});
  ASSERT_FALSE(made.ok());
  EXPECT_EQ(GetErrorDetail(made.status())->error_class().name, "DATATYPE_MISMATCH");
}

}  // namespace
}  // namespace sabot
