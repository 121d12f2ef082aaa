#include "sabot/planner/planner.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sabot/base/error.h"

namespace sabot {
namespace {

using ::testing::HasSubstr;

const Type kLong(TypeId::kLong);
const Type kTime(TypeId::kTimestamp);
constexpr int64_t kHour = 3'600'000'000;

ExpressionPtr Time(ColumnId id = 1) { return MakeColumn(id, "ts", kTime, true); }
ExpressionPtr Value(ColumnId id = 2) { return MakeColumn(id, "x", kLong, true); }

/// ts (1), x (2); ids from `base` on.
LogicalPtr Rows(bool is_stream, ColumnId base = 1) {
  LogicalScan scan;
  scan.table.connector = "memory";
  scan.table.schema = Schema{{{"ts", kTime, true}, {"x", kLong, true}}};
  scan.table.is_unbounded = is_stream;
  scan.ordinals = {0, 1};
  scan.columns = {{base, "ts", kTime, true}, {base + 1, "x", kLong, true}};
  return MakeLogical(std::move(scan));
}
LogicalPtr Stream() { return MakeLogical(LogicalEventTime{1, 5, 7}, {Rows(true)}); }

ExpressionPtr Tumble(ExpressionPtr time) {
  const Type interval(TypeId::kDayTimeInterval);
  return MakeExpression(FunctionCall{"tumble", {std::move(time), MakeLiteral({interval, kHour})}},
                        kTime, true);
}
LogicalPtr Windows(LogicalPtr input, bool has_key = true, ColumnId time = 1) {
  LogicalAggregate aggregate;
  if (has_key) aggregate.keys.push_back({{10, "x", kLong, true}, Value()});
  aggregate.keys.push_back({{11, "start", kTime, true}, Tumble(Time(time))});
  aggregate.aggregates.push_back({{12, "n", kLong, false}, "count", {}, false, nullptr});
  return MakeLogical(std::move(aggregate), {std::move(input)});
}

std::string Plan(const LogicalPtr& plan) {
  const auto physical = MakePhysicalPlan({plan, {}});
  return physical.ok() ? ToText(physical->root) : physical.status().ToString();
}
std::string Refusal(const LogicalPtr& plan) {
  const arrow::Status status = MakePhysicalPlan({plan, {}}).status();
  const ErrorDetail* detail = GetErrorDetail(status);
  return detail == nullptr ? status.ToString() : std::string(detail->error_class().name);
}

TEST(Planner, BoundedStepsRunAsTheyAre) {
  EXPECT_THAT(Plan(Windows(Rows(false))), HasSubstr("hash_aggregate keys="));
  EXPECT_THAT(Plan(MakeLogical(LogicalSort{{{Value(), true, true}}, -1, 0}, {Rows(false)})),
              HasSubstr("sort keys=[x#2]"));
  EXPECT_THAT(Plan(MakeLogical(LogicalSort{{{Value(), true, true}}, 3, 1}, {Rows(false)})),
              HasSubstr("top_n keys=[x#2] limit=3 offset=1"));
  EXPECT_THAT(Plan(MakeLogical(LogicalSort{{{Value(), true, true}}, 0, 0}, {Rows(false)})),
              HasSubstr("top_n"))
      << "no rows at all is a limit too";
  const std::string join =
      Plan(MakeLogical(LogicalJoin{JoinKind::kAnti, {Value()}, {Value(22)}, nullptr},
                       {Rows(false), Rows(false, 21)}));
  EXPECT_THAT(join, HasSubstr("hash_join kind=anti left_keys=[x#2] right_keys=[x#4]"));
}

TEST(Planner, EventTimeOverATableIsNothing) {
  const std::string plan = Plan(MakeLogical(LogicalEventTime{1, 5, 7}, {Rows(false)}));
  EXPECT_EQ(plan.find("event_time"), std::string::npos) << plan;
}

TEST(Planner, AStreamIsExchangedByItsKeysBeforeItsWindows) {
  const std::string plan = Plan(Windows(Stream()));
  EXPECT_THAT(plan, HasSubstr("window_key=1 size_us=3600000000 lateness_us=7"));
  EXPECT_THAT(plan, HasSubstr("exchange mode=hash keys=[x#2]"));
  EXPECT_THAT(plan, HasSubstr("event_time column=#1 delay_us=5"));
  EXPECT_LT(plan.find("window_aggregate"), plan.find("exchange"));
  EXPECT_LT(plan.find("exchange"), plan.find("event_time"));
}

TEST(Planner, OfTwoWindowsTheFirstEndsTheGroups) {
  const Type interval(TypeId::kDayTimeInterval);
  LogicalAggregate aggregate;
  aggregate.keys.push_back({{11, "start", kTime, true}, Tumble(Time())});
  const ExpressionPtr half = MakeLiteral({interval, kHour / 2});
  aggregate.keys.push_back({{12, "half", kTime, true},
                            MakeExpression(FunctionCall{"tumble", {Time(), half}}, kTime, true)});
  const std::string plan = Plan(MakeLogical(std::move(aggregate), {Stream()}));
  EXPECT_THAT(plan, HasSubstr("window_key=0 size_us=3600000000"));
  EXPECT_THAT(plan, HasSubstr("exchange mode=hash keys=[tumble("));
}

TEST(Planner, WindowsWithoutKeysAreSpreadByTheirStart) {
  EXPECT_THAT(Plan(Windows(Stream(), false)), HasSubstr("exchange mode=hash keys=[tumble("));
}

TEST(Planner, TheEventTimeKeepsItsRoleUnderAnotherName) {
  LogicalProject project{{{{8, "t", kTime, true}, Time()}, {{2, "x", kLong, true}, Value()}}};
  const LogicalPtr renamed = MakeLogical(std::move(project), {Stream()});
  EXPECT_THAT(Plan(Windows(renamed, true, 8)), HasSubstr("window_aggregate"));
  EXPECT_EQ(Refusal(Windows(renamed, true, 2)), "STREAM_UNSUPPORTED");
}

TEST(Planner, RefusesWhatNoStreamCanDo) {
  LogicalAggregate groups;
  groups.keys.push_back({{10, "x", kLong, true}, Value()});
  EXPECT_EQ(Refusal(MakeLogical(groups, {Stream()})), "STREAM_UNSUPPORTED");
  EXPECT_EQ(Refusal(MakeLogical(groups, {Rows(true)})), "STREAM_NEEDS_EVENT_TIME");
  EXPECT_EQ(Refusal(Windows(Rows(true))), "STREAM_NEEDS_EVENT_TIME");
  EXPECT_EQ(Refusal(MakeLogical(LogicalSort{{{Value(), true, true}}, 3, 0}, {Stream()})),
            "STREAM_UNSUPPORTED");
  EXPECT_EQ(Refusal(MakeLogical(LogicalUnion{{{30, "x", kLong, true}}, {{2}, {22}}},
                                {Stream(), Rows(false, 21)})),
            "STREAM_UNSUPPORTED");
  const LogicalJoin join{JoinKind::kInner, {Value(22)}, {Value()}, nullptr};
  EXPECT_EQ(Refusal(MakeLogical(join, {Rows(false, 21), Stream()})), "STREAM_UNSUPPORTED");
  EXPECT_EQ(Refusal(MakeLogical(LogicalEventTime{1, 5, 7}, {Stream()})), "STREAM_UNSUPPORTED");
  const LogicalJoin enriched{JoinKind::kLeft, {Value()}, {Value(22)}, nullptr};
  EXPECT_EQ(Refusal(MakeLogical(enriched, {Stream(), Rows(false, 21)})), "STREAM_UNSUPPORTED");
}

TEST(Planner, WhatWasNotLoweredIsABug) {
  EXPECT_EQ(Refusal(MakeLogical(LogicalMatch{}, {Rows(false)})), "INTERNAL_ERROR");
}

}  // namespace
}  // namespace sabot
