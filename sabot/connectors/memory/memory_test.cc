#include "sabot/connectors/memory/memory.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sabot/base/error.h"
#include "sabot/vector/testing/operator_harness.h"
#include "sabot/vector/testing/test_rows.h"

namespace sabot {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

class MemoryConnectorTest : public ::testing::Test {
 protected:
  MemoryConnectorTest() : store_(std::make_shared<MemoryStore>()) {
    connector_ = MakeMemoryConnector(store_);
  }

  /// Batches of these lengths; column n counts through, s is its text.
  TableDescription Register(const std::vector<int64_t>& lengths, bool is_stream = false) {
    auto table = std::make_shared<MemoryTable>();
    const Type text(TypeId::kString);
    table->schema = Schema{{{"n", Type(TypeId::kLong), true}, {"s", text, true}}};
    int64_t next = 0;
    for (const int64_t length : lengths) {
      std::vector<testing::Row> rows;
      for (int64_t i = 0; i < length; ++i, ++next) {
        rows.push_back({TypedValue::Long(next), next % 5 == 4
                                                    ? TypedValue::Null(text)
                                                    : TypedValue::String(std::to_string(next))});
      }
      table->batches.push_back(
          std::make_shared<const Batch>(testing::MakeBatch({Type(TypeId::kLong), text}, rows)));
    }
    TableDescription description{.connector = "memory", .paths = {store_->Add(table)}};
    description.is_unbounded = is_stream;
    return *connector_->Describe(description, {});
  }

  std::shared_ptr<Scan> Open(const TableDescription& table, std::vector<int> columns = {0}) {
    return *connector_->OpenScan({table, std::move(columns), {}}, {});
  }

  static std::vector<int64_t> Drain(Source& source) {
    std::vector<int64_t> values;
    while (true) {
      Output output;
      if (*source.Poll(&output) == Progress::kDone) return values;
      if (output.empty()) continue;
      const auto longs = testing::LongsOf(output.batch);
      values.insert(values.end(), longs.begin(), longs.end());
    }
  }

  static TaskContext Task(uint32_t index, uint32_t count, int32_t batch_size = 4) {
    TaskContext context;
    context.task_index = index;
    context.num_tasks = count;
    context.batch_size = batch_size;
    return context;
  }

  static std::vector<int64_t> Numbers(int64_t begin, int64_t end) {
    std::vector<int64_t> numbers;
    for (int64_t i = begin; i < end; ++i) numbers.push_back(i);
    return numbers;
  }

  std::shared_ptr<MemoryStore> store_;
  std::shared_ptr<Connector> connector_;
};

TEST_F(MemoryConnectorTest, TasksShareBatchesOnce) {
  auto scan = Open(Register({10, 0, 3, 9}));
  EXPECT_EQ(scan->max_tasks(), 4);
  auto first = *scan->MakeSource(Task(0, 2));
  auto second = *scan->MakeSource(Task(1, 2));
  std::vector<int64_t> values;
  bool first_done = false;
  bool second_done = false;
  for (int turn = 0; !first_done || !second_done; ++turn) {
    Output output;
    bool& done = turn % 2 == 0 ? first_done : second_done;
    done = *(turn % 2 == 0 ? first : second)->Poll(&output) == Progress::kDone;
    if (output.empty()) continue;
    EXPECT_LE(output.batch.num_rows(), 4);
    EXPECT_NE(output.batch.split(), 0U);
    const auto longs = testing::LongsOf(output.batch);
    values.insert(values.end(), longs.begin(), longs.end());
  }
  std::sort(values.begin(), values.end());
  EXPECT_EQ(values, Numbers(0, 22));
  EXPECT_EQ(scan->progress().rows_read, 22);
  EXPECT_EQ(scan->progress().morsels_done, 4);
}

TEST_F(MemoryConnectorTest, ProjectsAndRepeatsColumns) {
  auto scan = Open(Register({6}), {1, 0, 1});
  auto source = *scan->MakeSource(Task(0, 1, 100));
  Output output;
  ASSERT_EQ(*source->Poll(&output), Progress::kMore);
  EXPECT_THAT(testing::TextRows(output.batch),
              ElementsAre("0|0|0", "1|1|1", "2|2|2", "3|3|3", "NULL|4|NULL", "5|5|5"));
  auto none = *Open(Register({6}), {})->MakeSource(Task(0, 1, 100));
  Output rows;
  ASSERT_EQ(*none->Poll(&rows), Progress::kMore);
  EXPECT_EQ(rows.batch.num_rows(), 6);
}

TEST_F(MemoryConnectorTest, EmptyTablesEnd) {
  for (const bool is_stream : {false, true}) {
    for (const std::vector<int64_t>& lengths : {std::vector<int64_t>{}, {0}, {0, 0}}) {
      auto scan = Open(Register(lengths, is_stream));
      EXPECT_EQ(scan->max_tasks() > 0, true);
      auto source = *scan->MakeSource(Task(0, 1));
      EXPECT_THAT(Drain(*source), IsEmpty());
    }
  }
}

TEST_F(MemoryConnectorTest, AStreamIsReadInOrderByOneTask) {
  auto scan = Open(Register({5, 0, 6}, true));
  EXPECT_EQ(scan->max_tasks(), 1);
  auto first = *scan->MakeSource(Task(0, 2));
  auto second = *scan->MakeSource(Task(1, 2));
  EXPECT_THAT(Drain(*second), IsEmpty());
  EXPECT_EQ(Drain(*first), Numbers(0, 11));
}

TEST_F(MemoryConnectorTest, AStreamGoesOnWhereASnapshotWasTaken) {
  const TableDescription table = Register({5, 0, 6, 1}, true);
  for (int polls = 0; polls < 12; ++polls) {
    SCOPED_TRACE(polls);
    auto source = *Open(table)->MakeSource(Task(0, 1));
    int64_t given = 0;
    for (int i = 0; i < polls; ++i) {
      Output output;
      if (*source->Poll(&output) == Progress::kMore) given += output.batch.num_rows();
    }
    testing::MemorySnapshot snapshot;
    ASSERT_TRUE(source->Snapshot(1, snapshot).ok());
    // Rows given after the snapshot are given again.
    Drain(*source);
    for (const uint32_t num_tasks : {1U, 3U}) {
      auto scan = Open(table);
      std::vector<int64_t> rest;
      for (uint32_t task = 0; task < num_tasks; ++task) {
        auto restored = *scan->MakeSource(Task(task, num_tasks, 3));
        auto reader = snapshot.Read({});
        ASSERT_TRUE(restored->Restore(*reader).ok());
        const auto values = Drain(*restored);
        rest.insert(rest.end(), values.begin(), values.end());
      }
      EXPECT_EQ(rest, Numbers(given, 12));
    }
  }
}

TEST_F(MemoryConnectorTest, AQueryKeepsTheTableItBeganWith) {
  const TableDescription table = Register({3});
  auto scan = Open(table);
  auto source = *scan->MakeSource(Task(0, 1));
  auto other = std::make_shared<MemoryTable>();
  other->schema = Schema{{{"n", Type(TypeId::kLong), true}}};
  store_->Put(table.paths[0], other);
  EXPECT_THAT(Drain(*source), ElementsAre(0, 1, 2));
  EXPECT_THAT(Drain(**Open(table)->MakeSource(Task(0, 1))), IsEmpty());
  store_->Remove(table.paths[0]);
  const arrow::Status gone = connector_->OpenScan({table, {0}, {}}, {}).status();
  ASSERT_NE(GetErrorDetail(gone), nullptr);
  EXPECT_EQ(GetErrorDetail(gone)->error_class().name, "TABLE_OR_VIEW_NOT_FOUND");
}

TEST_F(MemoryConnectorTest, KnowsItsSchemaAndRows) {
  const TableDescription table = Register({3, 4});
  EXPECT_EQ(table.schema.ToDdl(), "n BIGINT, s STRING");
  EXPECT_EQ(connector_->NumRows(table), 7);
}

}  // namespace
}  // namespace sabot
