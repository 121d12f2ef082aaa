#include <algorithm>
#include <numeric>

#include <gtest/gtest.h>

#include "sabot/base/error.h"
#include "sabot/operators/testing/step_runner.h"

namespace sabot::testing {
namespace {

const Type kLong(TypeId::kLong);
const Type kString(TypeId::kString);

Batch Numbers(int64_t begin, int64_t end) {
  std::vector<int64_t> values(static_cast<size_t>(end - begin));
  std::iota(values.begin(), values.end(), begin);
  return MakeLongs(values);
}

std::vector<std::string> Texts(int64_t begin, int64_t end) {
  std::vector<std::string> texts;
  for (int64_t i = begin; i < end; ++i) texts.push_back(std::to_string(i));
  return texts;
}

std::string ClassOf(const arrow::Status& status) {
  const ErrorDetail* detail = GetErrorDetail(status);
  return detail == nullptr ? status.ToString() : std::string(detail->error_class().name);
}

TEST(Filter, KeepsRowsForWhichItIsTrueOfAnyEncodingAndWeight) {
  const auto condition = CallOf("<", {ColumnOf(0, kLong), Long(3)});
  for (uint64_t seed = 0; seed < 40; ++seed) {
    OperatorHarness filter(MakerOf(NodeOver(PhysicalFilter{condition}, {MakeColumns({kLong})})),
                           {.seed = seed, .batch_size = seed % 2 == 0 ? 7 : 2048});
    std::vector<Row> rows;
    std::vector<int64_t> weights;
    std::vector<std::string> expected;
    Random random(seed);
    for (int i = 0; i < 50; ++i) {
      const auto value = static_cast<int64_t>(random() % 6);
      rows.push_back({value == 5 ? TypedValue::Null(kLong) : TypedValue::Long(value)});
      weights.push_back(1 + static_cast<int64_t>(random() % 2));
      if (value < 3)
        expected.insert(expected.end(), static_cast<size_t>(weights.back()), std::to_string(value));
    }
    filter.Push(MakeBatch({kLong}, rows, weights));
    filter.Finish();
    ASSERT_TRUE(filter.status().ok()) << filter.status();
    EXPECT_EQ(filter.rows(), expected);
  }
}

TEST(Filter, PassesSplitAndTimes) {
  OperatorHarness::Maker make = MakerOf(
      NodeOver(PhysicalFilter{CallOf("<", {ColumnOf(0, kLong), Long(2)})}, {MakeColumns({kLong})}));
  MemoryBudget memory;
  TaskContext context{.memory = &memory};
  const auto filter = make(context).ValueOrDie();
  Batch batch = Numbers(0, 4);
  batch.set_split(9);
  batch.set_times(5, 6);
  Output output;
  ASSERT_EQ(filter->Push(0, batch, &output).ValueOrDie(), Progress::kNeedsInput);
  EXPECT_EQ(output.batch.split(), 9u);
  EXPECT_EQ(output.batch.min_time(), 5);
  EXPECT_EQ(output.batch.max_time(), 6);
  output.Clear();
  Batch none = Numbers(7, 9);
  ASSERT_EQ(filter->Push(0, none, &output).ValueOrDie(), Progress::kNeedsInput);
  EXPECT_TRUE(output.empty());
}

TEST(Project, ComputesColumnsAndKeepsTheShape) {
  for (uint64_t seed = 0; seed < 30; ++seed) {
    PhysicalProject step;
    const auto outputs = MakeColumns({kString, kLong, kLong}, 10);
    step.expressions = {{outputs[0], ColumnOf(1, kString)},
                        {outputs[1], CallOf("+", {ColumnOf(0, kLong), Long(10)})},
                        {outputs[2], Long(7)}};
    OperatorHarness project(MakerOf(NodeOver(step, {MakeColumns({kLong, kString})}, outputs)),
                            {.seed = seed, .batch_size = seed % 3 == 0 ? 1 : 5});
    project.Push(MakeBatch({kLong, kString},
                           {{TypedValue::Long(1), TypedValue::String("a")},
                            {TypedValue::Null(kLong), TypedValue::Null(kString)},
                            {TypedValue::Long(3), TypedValue::String("a text of some length")}},
                           {1, 2, 1}));
    project.Finish();
    ASSERT_TRUE(project.status().ok()) << project.status();
    EXPECT_EQ(project.rows(), (std::vector<std::string>{"a|11|7", "NULL|NULL|7", "NULL|NULL|7",
                                                        "a text of some length|13|7"}));
  }
}

TEST(Project, PassesColumnsWithoutACopyAndLiteralsAsConstants) {
  PhysicalProject step;
  const auto outputs = MakeColumns({kLong, kLong}, 10);
  step.expressions = {{outputs[0], ColumnOf(0, kLong)}, {outputs[1], Long(7)}};
  MemoryBudget memory;
  TaskContext context{.memory = &memory};
  const OperatorHarness::Maker make = MakerOf(NodeOver(step, {MakeColumns({kLong})}, outputs));
  const auto project = make(context).ValueOrDie();
  Batch batch = Numbers(0, 4);
  batch.set_split(3);
  const uint8_t* data = batch.column(0).values()->data();
  Output output;
  ASSERT_EQ(project->Push(0, batch, &output).ValueOrDie(), Progress::kNeedsInput);
  EXPECT_EQ(output.batch.column(0).values()->data(), data);
  EXPECT_TRUE(output.batch.column(1).is_constant());
  EXPECT_EQ(output.batch.split(), 3u);
}

TEST(Project, FailsWithTheErrorOfItsExpression) {
  PhysicalProject step;
  const auto outputs = MakeColumns({kLong}, 10);
  step.expressions = {{outputs[0], CallOf("+", {ColumnOf(0, kLong), Long(INT64_MAX)})}};
  OperatorHarness project(MakerOf(NodeOver(step, {MakeColumns({kLong})}, outputs)));
  project.Push(Numbers(0, 3));
  EXPECT_EQ(ClassOf(project.status()), "ARITHMETIC_OVERFLOW");
}

TEST(Limit, PassesTheRowsBetweenOffsetAndEnd) {
  for (const int32_t batch_size : {1, 2, 7, 2048}) {
    for (const auto& [count, offset] : std::vector<std::pair<int64_t, int64_t>>{{3, 0},
                                                                                {0, 0},
                                                                                {3, 2},
                                                                                {20, 0},
                                                                                {20, 15},
                                                                                {100, 0},
                                                                                {-1, 0},
                                                                                {-1, 5},
                                                                                {5, 100},
                                                                                {INT64_MAX, 4}}) {
      OperatorHarness limit(MakerOf(NodeOver(PhysicalLimit{count, offset}, {MakeColumns({kLong})})),
                            {.seed = static_cast<uint64_t>(batch_size), .batch_size = batch_size});
      const Progress last = limit.Push(Numbers(0, 20));
      limit.Finish();
      ASSERT_TRUE(limit.status().ok()) << limit.status();
      const int64_t begin = std::min<int64_t>(offset, 20);
      const int64_t end = count < 0 || count > 20 - begin ? 20 : begin + count;
      EXPECT_EQ(limit.rows(), Texts(begin, end)) << count << " after " << offset;
      if (count >= 0 && count < 10 && offset < 10) {
        EXPECT_EQ(last, batch_size == 2048 || batch_size < 20 ? Progress::kDone : last);
      }
    }
  }
}

TEST(Limit, IsDoneWithItsLastRowAndNotBefore) {
  OperatorHarness limit(MakerOf(NodeOver(PhysicalLimit{2, 1}, {MakeColumns({kLong})})),
                        {.disguises = false});
  EXPECT_EQ(limit.Push(Numbers(0, 2)), Progress::kNeedsInput);
  EXPECT_EQ(limit.Push(Numbers(2, 3)), Progress::kDone);
  EXPECT_EQ(limit.rows(), Texts(1, 3));
}

TEST(Limit, CountsARowAsOftenAsItsWeight) {
  for (int64_t offset = 0; offset < 8; ++offset) {
    for (int64_t count = 0; count < 8; ++count) {
      for (uint64_t seed = 0; seed < 4; ++seed) {
        OperatorHarness limit(
            MakerOf(NodeOver(PhysicalLimit{count, offset}, {MakeColumns({kLong})})),
            {.seed = seed, .batch_size = seed % 2 == 0 ? 2 : 2048});
        limit.Push(MakeBatch({kLong},
                             {{TypedValue::Long(1)}, {TypedValue::Long(2)}, {TypedValue::Long(3)}},
                             {3, 1, 2}));
        limit.Finish();
        ASSERT_TRUE(limit.status().ok()) << limit.status();
        std::vector<std::string> all = {"1", "1", "1", "2", "3", "3"};
        std::vector<std::string> expected;
        for (int64_t i = offset; i < std::min<int64_t>(6, offset + count); ++i) {
          expected.push_back(all[static_cast<size_t>(i)]);
        }
        EXPECT_EQ(limit.rows(), expected) << count << " after " << offset;
      }
    }
  }
}

TEST(Limit, SharesItsCountAmongTasks) {
  for (uint64_t seed = 0; seed < 20; ++seed) {
    OperatorHarness limit(MakerOf(NodeOver(PhysicalLimit{10, 5}, {MakeColumns({kLong})})),
                          {.seed = seed, .batch_size = 3, .num_tasks = 3});
    limit.Push(Numbers(0, 40));
    limit.Finish();
    EXPECT_EQ(limit.rows(), Texts(5, 15));
  }
}

TEST(Limit, RefusesRowsTakenBackAndWeightsBeyondMeasure) {
  OperatorHarness limit(MakerOf(NodeOver(PhysicalLimit{2, 0}, {MakeColumns({kLong})})));
  limit.Push(MakeBatch({kLong}, {{TypedValue::Long(1)}}, {-1}));
  EXPECT_EQ(ClassOf(limit.status()), "STREAM_UNSUPPORTED");
  MemoryBudget memory;
  TaskContext context{.memory = &memory};
  const OperatorHarness::Maker make =
      MakerOf(NodeOver(PhysicalLimit{2, 0}, {MakeColumns({kLong})}));
  const auto other = make(context).ValueOrDie();
  Batch batch = MakeBatch({kLong}, {{TypedValue::Long(1)}, {TypedValue::Long(2)}}, {INT64_MAX, 1});
  Output output;
  EXPECT_EQ(ClassOf(other->Push(0, batch, &output).status()), "ARITHMETIC_OVERFLOW");
}

TEST(Factory, RefusesAStepThatRunsAsNoOperator) {
  MemoryBudget memory;
  const auto node = NodeOver(PhysicalSink{}, {MakeColumns({kLong})});
  const auto made = MakeOperatorFactory(*node, TestQuery(&memory, 1, 2048, Env{}));
  EXPECT_EQ(ClassOf(made.status()), "INTERNAL_ERROR");
}

}  // namespace
}  // namespace sabot::testing
