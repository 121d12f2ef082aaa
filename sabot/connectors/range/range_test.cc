#include "sabot/connectors/range/range.h"

#include <algorithm>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sabot/base/error.h"
#include "sabot/vector/testing/test_rows.h"

namespace sabot {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

TableDescription Range(const std::string& start, const std::string& end, const std::string& step) {
  TableDescription table{.connector = "range",
                         .options = {{"end", end}, {"start", start}, {"step", step}}};
  return table;
}

arrow::Result<std::shared_ptr<Scan>> Open(const TableDescription& table,
                                          std::vector<int> columns = {0}) {
  return MakeRangeConnector()->OpenScan({table, std::move(columns), {}}, {});
}

std::vector<int64_t> ReadAll(const TableDescription& table, int32_t batch_size = 7) {
  std::vector<int64_t> values;
  auto scan = *Open(table);
  TaskContext context;
  context.batch_size = batch_size;
  auto source = *scan->MakeSource(context);
  while (true) {
    Output output;
    if (*source->Poll(&output) == Progress::kDone) return values;
    EXPECT_LE(output.batch.num_rows(), batch_size);
    EXPECT_EQ(testing::FaultOf(output.batch), "");
    const auto longs = testing::LongsOf(output.batch);
    values.insert(values.end(), longs.begin(), longs.end());
  }
}

std::string ClassOf(const arrow::Status& status) {
  const ErrorDetail* detail = GetErrorDetail(status);
  return detail == nullptr ? status.ToString() : std::string(detail->error_class().name);
}

TEST(Range, CountsUpAndDownToItsEndWithoutIt) {
  EXPECT_THAT(ReadAll(Range("0", "5", "1")), ElementsAre(0, 1, 2, 3, 4));
  EXPECT_THAT(ReadAll(Range("0", "5", "2")), ElementsAre(0, 2, 4));
  EXPECT_THAT(ReadAll(Range("0", "6", "2")), ElementsAre(0, 2, 4));
  EXPECT_THAT(ReadAll(Range("5", "0", "-2")), ElementsAre(5, 3, 1));
  EXPECT_THAT(ReadAll(Range("-1", "2", "1")), ElementsAre(-1, 0, 1));
  EXPECT_THAT(ReadAll(Range("3", "3", "1")), IsEmpty());
  EXPECT_THAT(ReadAll(Range("5", "0", "1")), IsEmpty());
  EXPECT_THAT(ReadAll(Range("0", "5", "-1")), IsEmpty());
}

TEST(Range, ReachesBothEndsOfALong) {
  const std::string least = std::to_string(INT64_MIN);
  const std::string greatest = std::to_string(INT64_MAX);
  EXPECT_THAT(ReadAll(Range(least, greatest, "9223372036854775807")),
              ElementsAre(INT64_MIN, -1, INT64_MAX - 1));
  EXPECT_THAT(ReadAll(Range(greatest, least, least)), ElementsAre(INT64_MAX, -1));
  EXPECT_EQ(ClassOf(Open(Range(least, greatest, "1")).status()), "CONFIG_INVALID");
  EXPECT_TRUE(Open(Range("0", greatest, "1")).ok());
  EXPECT_EQ(MakeRangeConnector()->NumRows(Range("0", greatest, "1")), INT64_MAX);
}

TEST(Range, RefusesWhatIsNoRange) {
  EXPECT_EQ(ClassOf(Open(Range("0", "9", "0")).status()), "CONFIG_INVALID");
  EXPECT_EQ(ClassOf(Open(Range("0", "9x", "1")).status()), "CONFIG_INVALID");
  EXPECT_EQ(ClassOf(Open(Range("0", "9223372036854775808", "1")).status()), "CONFIG_INVALID");
  TableDescription other = Range("0", "9", "1");
  other.options.emplace_back("stop", "3");
  EXPECT_EQ(ClassOf(Open(other).status()), "CONFIG_INVALID");
  EXPECT_EQ(ClassOf(MakeRangeConnector()->Describe(other, {}).status()), "CONFIG_INVALID");
}

TEST(Range, DescribesItsColumn) {
  const auto table = MakeRangeConnector()->Describe(Range("0", "9", "4"), {});
  EXPECT_EQ(table->schema.ToDdl(), "id BIGINT NOT NULL");
  EXPECT_EQ(MakeRangeConnector()->NumRows(*table), 3);
}

TEST(Range, TasksShareItsMorselsOnce) {
  constexpr int64_t kRows = 1'000'003;
  auto scan = *Open(Range("0", std::to_string(kRows), "1"));
  std::vector<std::vector<bool>> seen(4, std::vector<bool>(kRows));
  std::vector<std::thread> threads;
  for (uint32_t task = 0; task < 4; ++task) {
    threads.emplace_back([&, task] {
      TaskContext context;
      context.task_index = task;
      context.num_tasks = 4;
      auto source = *scan->MakeSource(context);
      Output output;
      while (*source->Poll(&output) != Progress::kDone) {
        EXPECT_NE(output.batch.split(), 0U);
        for (const int64_t value : testing::LongsOf(output.batch)) {
          EXPECT_FALSE(seen[task][size_t(value)]);
          seen[task][size_t(value)] = true;
        }
        output.Clear();
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  for (size_t i = 0; i < kRows; ++i) {
    ASSERT_EQ(seen[0][i] + seen[1][i] + seen[2][i] + seen[3][i], 1) << i;
  }
  EXPECT_EQ(scan->progress().rows_read, kRows);
  EXPECT_EQ(scan->progress().morsels_done, scan->progress().morsels_total);
  EXPECT_EQ(scan->max_tasks(), scan->progress().morsels_total);
}

TEST(Range, GivesRowsWithoutColumnsAndColumnsTwice) {
  auto scan = *Open(Range("0", "10", "1"), {});
  auto source = *scan->MakeSource({});
  Output output;
  EXPECT_EQ(*source->Poll(&output), Progress::kMore);
  EXPECT_EQ(output.batch.num_rows(), 10);
  EXPECT_EQ(output.batch.num_columns(), 0U);
  auto twice = *(*Open(Range("0", "3", "1"), {0, 0}))->MakeSource({});
  Output both;
  EXPECT_EQ(*twice->Poll(&both), Progress::kMore);
  EXPECT_THAT(testing::TextRows(both.batch), ElementsAre("0|0", "1|1", "2|2"));
}

}  // namespace
}  // namespace sabot
