#include "sabot/connectors/files/files.h"

#include <algorithm>
#include <map>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sabot/base/error.h"
#include "sabot/eventtime/split_board.h"
#include "sabot/formats/testing/file_rows.h"
#include "sabot/vector/testing/operator_harness.h"
#include "sabot/vector/testing/test_rows.h"

namespace sabot {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

Env LocalEnv() {
  Env env;
  env.files = &LocalFiles();
  return env;
}

TaskContext Task(uint32_t index, uint32_t count, int32_t batch_size = 5) {
  TaskContext context;
  context.task_index = index;
  context.num_tasks = count;
  context.batch_size = batch_size;
  context.env = LocalEnv();
  return context;
}

std::vector<int64_t> Numbers(int64_t begin, int64_t end) {
  std::vector<int64_t> numbers;
  for (int64_t i = begin; i < end; ++i) numbers.push_back(i);
  return numbers;
}

std::vector<int64_t> Drain(Source& source) {
  std::vector<int64_t> values;
  while (true) {
    Output output;
    auto progress = source.Poll(&output);
    EXPECT_TRUE(progress.ok()) << progress.status().ToString();
    if (!progress.ok() || *progress == Progress::kDone) return values;
    EXPECT_EQ(testing::FaultOf(output.batch), "");
    if (output.batch.num_columns() == 0) continue;
    const auto longs = testing::LongsOf(output.batch);
    values.insert(values.end(), longs.begin(), longs.end());
  }
}

/// Three CSV files (the second has no rows), numbers 0 to 29 in the order of their names.
class FilesConnectorTest : public ::testing::Test {
 protected:
  FilesConnectorTest() : connector_(MakeFilesConnector()) {
    folder_.Write("a.csv", Lines(0, 12));
    folder_.Write("b.csv", Lines(12, 12));
    folder_.Write("c.csv", Lines(12, 30));
  }

  static std::string Lines(int64_t begin, int64_t end) {
    std::string text = "n,t\n";
    for (int64_t i = begin; i < end; ++i) text += fmt::format("{},x{}\n", i, i % 3);
    return text;
  }

  TableDescription Csv(bool is_stream = false) {
    TableDescription table{
        .connector = "files",
        .format = "csv",
        .paths = {folder_.PathOf("*.csv")},
        .options = {{"header", "true"}},
        .schema = Schema{{{"n", Type(TypeId::kLong), true}, {"t", Type(TypeId::kString), true}}}};
    table.is_unbounded = is_stream;
    return *connector_->Describe(table, LocalEnv());
  }

  /// Parquet of one row group for each 4 rows: 0 to 19.
  TableDescription Parquet(bool is_stream) {
    const FileFormat* format = *FindFileFormat("parquet");
    std::vector<Batch> batches;
    std::vector<const Batch*> pointers;
    for (int64_t i = 0; i < 20; i += 4) batches.push_back(testing::MakeLongs(Numbers(i, i + 4)));
    for (const Batch& batch : batches) pointers.push_back(&batch);
    FileOptions options;
    options.values["rowGroupRows"] = "4";
    const std::string path = folder_.PathOf("p.parquet");
    const Schema schema{{{"n", Type(TypeId::kLong), true}}};
    const arrow::Status written = WriteFile(*format, path, schema, options, pointers);
    EXPECT_TRUE(written.ok()) << written.ToString();
    TableDescription table{.connector = "files", .format = "parquet", .paths = {path}};
    table.is_unbounded = is_stream;
    return *connector_->Describe(table, LocalEnv());
  }

  std::shared_ptr<Scan> Open(const TableDescription& table, std::vector<int> columns = {0},
                             std::vector<ColumnBound> bounds = {}) {
    return *connector_->OpenScan({table, std::move(columns), std::move(bounds)}, LocalEnv());
  }

  /// Restores what `snapshots` hold into `num_tasks` tasks, and reads all that is left.
  std::vector<int64_t> RestAfter(const TableDescription& table,
                                 const testing::MemorySnapshot& snapshot, uint32_t num_tasks,
                                 std::vector<ColumnBound> bounds = {}) {
    auto scan = Open(table, {0}, std::move(bounds));
    std::vector<int64_t> rest;
    for (uint32_t task = 0; task < num_tasks; ++task) {
      auto source = *scan->MakeSource(Task(task, num_tasks, 3));
      auto reader = snapshot.Read({});
      EXPECT_TRUE(source->Restore(*reader).ok());
      const auto values = Drain(*source);
      rest.insert(rest.end(), values.begin(), values.end());
    }
    std::sort(rest.begin(), rest.end());
    return rest;
  }

  TestFolder folder_;
  std::shared_ptr<Connector> connector_;
};

TEST_F(FilesConnectorTest, TasksShareMorselsOnce) {
  auto scan = Open(Csv());
  auto first = *scan->MakeSource(Task(0, 2));
  auto second = *scan->MakeSource(Task(1, 2));
  Output output;
  ASSERT_TRUE(first->Poll(&output).ok());
  std::vector<int64_t> values = testing::LongsOf(output.batch);
  for (Source* source : {second.get(), first.get()}) {
    const auto rest = Drain(*source);
    values.insert(values.end(), rest.begin(), rest.end());
  }
  std::sort(values.begin(), values.end());
  EXPECT_EQ(values, Numbers(0, 30));
  EXPECT_EQ(scan->progress().rows_read, 30);
  EXPECT_EQ(scan->progress().morsels_done, scan->progress().morsels_total);
  EXPECT_GT(scan->progress().bytes_read, 0);
}

TEST_F(FilesConnectorTest, ProjectsInTheOrderAskedFor) {
  auto source = *Open(Csv(), {1, 0})->MakeSource(Task(0, 1, 2));
  Output output;
  ASSERT_EQ(*source->Poll(&output), Progress::kMore);
  EXPECT_THAT(testing::TextRows(output.batch), ElementsAre("x0|0", "x1|1"));
}

TEST_F(FilesConnectorTest, RowsOfOneFileOfAStreamStayInOrderAndInOneTask) {
  auto scan = Open(Csv(true));
  EXPECT_EQ(scan->max_tasks(), 3);
  EXPECT_EQ(Drain(**scan->MakeSource(Task(0, 1))), Numbers(0, 30));
  auto split = Open(Csv(true));
  EXPECT_EQ(Drain(**split->MakeSource(Task(0, 3))), Numbers(0, 12));
  EXPECT_THAT(Drain(**split->MakeSource(Task(1, 3))), IsEmpty());
  EXPECT_EQ(Drain(**split->MakeSource(Task(2, 3))), Numbers(12, 30));
  EXPECT_THAT(Drain(**split->MakeSource(Task(3, 4))), IsEmpty());
}

TEST_F(FilesConnectorTest, AStreamGoesOnWhereASnapshotWasTaken) {
  const TableDescription table = Csv(true);
  for (const uint32_t num_before : {1U, 2U}) {
    for (int polls = 0; polls < 22; ++polls) {
      SCOPED_TRACE(fmt::format("{} tasks, {} polls", num_before, polls));
      auto scan = Open(table);
      testing::MemorySnapshot snapshot;
      std::vector<int64_t> given;
      for (uint32_t task = 0; task < num_before; ++task) {
        auto source = *scan->MakeSource(Task(task, num_before));
        for (int i = 0; i < polls; ++i) {
          Output output;
          ASSERT_TRUE(source->Poll(&output).ok());
          const auto longs =
              output.empty() ? std::vector<int64_t>() : testing::LongsOf(output.batch);
          given.insert(given.end(), longs.begin(), longs.end());
        }
        ASSERT_TRUE(source->Snapshot(1, snapshot).ok());
        Drain(*source);
      }
      for (const uint32_t num_after : {1U, 2U, 5U}) {
        std::vector<int64_t> all = RestAfter(table, snapshot, num_after);
        all.insert(all.end(), given.begin(), given.end());
        std::sort(all.begin(), all.end());
        ASSERT_EQ(all, Numbers(0, 30)) << num_after;
      }
    }
  }
}

// What event time says of the rows: their numbers, as an operator behind the source would see them.
TEST_F(FilesConnectorTest, AStreamReadsOnWhereItIsFurthestBehind) {
  folder_.Write("d/1.csv", Lines(0, 10));
  folder_.Write("d/2.csv", Lines(8, 30));
  folder_.Write("d/3.csv", Lines(4, 6));
  TableDescription table = Csv();
  table.is_unbounded = true;
  table.paths = {folder_.PathOf("d/1.csv"), folder_.PathOf("d/2.csv"), folder_.PathOf("d/3.csv")};
  SplitBoard board;
  TaskContext context = Task(0, 1, 5);
  context.splits = &board;
  const auto source = *Open(table)->MakeSource(context);
  EXPECT_EQ(board.splits().size(), 3U);
  std::vector<int64_t> firsts;
  while (true) {
    Output output;
    const Progress progress = source->Poll(&output).ValueOrDie();
    if (progress == Progress::kDone) break;
    if (output.empty()) continue;
    const std::vector<int64_t> numbers = testing::LongsOf(output.batch);
    firsts.push_back(numbers.front());
    board.Observe(output.batch.split(), numbers.back(), 0);
  }
  EXPECT_THAT(firsts, ElementsAre(0, 8, 4, 5, 13, 18, 23, 28));
  EXPECT_FALSE(board.has_live());
}

// A reader that was closed to keep few of them open goes on where it was.
TEST_F(FilesConnectorTest, AStreamOfManyFilesGivesEveryRowOnceAndInOrder) {
  constexpr int64_t kFiles = 150;
  TableDescription table = Csv();
  table.is_unbounded = true;
  table.paths.clear();
  for (int64_t i = 0; i < kFiles; ++i) {
    const std::string name = fmt::format("many/{:03}.csv", i);
    folder_.Write(name, Lines(10 * i, 10 * i + 10));
    table.paths.push_back(folder_.PathOf(name));
  }
  SplitBoard board;
  TaskContext context = Task(0, 1, 4);
  context.splits = &board;
  const auto source = *Open(table)->MakeSource(context);
  std::vector<int64_t> values;
  std::map<uint64_t, int64_t> last;
  while (true) {
    Output output;
    if (source->Poll(&output).ValueOrDie() == Progress::kDone) break;
    if (output.empty()) continue;
    const std::vector<int64_t> numbers = testing::LongsOf(output.batch);
    const auto [entry, is_first] = last.try_emplace(output.batch.split(), numbers.front() - 1);
    EXPECT_EQ(entry->second + 1, numbers.front());
    entry->second = numbers.back();
    board.Observe(output.batch.split(), numbers.back(), 0);
    values.insert(values.end(), numbers.begin(), numbers.end());
  }
  std::ranges::sort(values);
  EXPECT_EQ(values, Numbers(0, 10 * kFiles));
}

TEST_F(FilesConnectorTest, AStreamTakesUpFilesThatCameBetweenTwoStarts) {
  const TableDescription table = Csv(true);
  testing::MemorySnapshot snapshot;
  auto source = *Open(table)->MakeSource(Task(0, 1));
  for (int i = 0; i < 2; ++i) {
    Output output;
    ASSERT_TRUE(source->Poll(&output).ok());
  }
  ASSERT_TRUE(source->Snapshot(1, snapshot).ok());
  folder_.Write("A.csv", Lines(100, 103));  // before the others in the order of names
  std::vector<int64_t> expected = Numbers(10, 30);
  for (const int64_t number : Numbers(100, 103)) expected.push_back(number);
  EXPECT_EQ(RestAfter(Csv(true), snapshot, 2), expected);
}

TEST_F(FilesConnectorTest, AStreamRefusesAFileThatIsNotTheOneItBegan) {
  const auto restored = [this](const testing::MemorySnapshot& snapshot) {
    auto reader = snapshot.Read({});
    return ErrorName((*Open(Csv(true))->MakeSource(Task(0, 1)))->Restore(*reader));
  };
  testing::MemorySnapshot early;
  testing::MemorySnapshot late;
  auto source = *Open(Csv(true))->MakeSource(Task(0, 1));
  Output output;
  ASSERT_TRUE(source->Poll(&output).ok());
  ASSERT_TRUE(source->Snapshot(1, early).ok());
  Drain(*source);
  ASSERT_TRUE(source->Snapshot(2, late).ok());
  folder_.Write("a.csv", Lines(0, 13));
  EXPECT_EQ(restored(early), "CHECKPOINT_INCOMPATIBLE");
  EXPECT_EQ(restored(late), "OK") << "a file that was read to its end is done with";
  ASSERT_TRUE(LocalFiles().Remove(folder_.PathOf("a.csv")).ok());
  EXPECT_EQ(restored(early), "CHECKPOINT_INCOMPATIBLE");
  EXPECT_EQ(restored(late), "OK");
}

TEST_F(FilesConnectorTest, AStreamRefusesToReadAFileTwice) {
  TableDescription table = Csv(true);
  table.paths.push_back(table.paths.front());
  EXPECT_EQ(ErrorName(connector_->OpenScan({table, {0}, {}}, LocalEnv()).status()),
            "UNSUPPORTED_FEATURE");
  table.is_unbounded = false;
  EXPECT_TRUE(connector_->OpenScan({table, {0}, {}}, LocalEnv()).ok());
}

// Row groups that bounds pass over give no rows: a position does not count theirs.
TEST_F(FilesConnectorTest, AStreamOfSkippedRowGroupsGoesOnWhereASnapshotWasTaken) {
  const TableDescription table = Parquet(true);
  const std::vector<ColumnBound> bounds{{0, Comparison::kGreaterEqual, TypedValue::Long(12)}};
  const std::vector<int64_t> expected =
      Drain(**Open(table, {0}, bounds)->MakeSource(Task(0, 1, 3)));
  ASSERT_EQ(expected.back(), 19);
  ASSERT_EQ(expected.front(), 12) << "row groups are skipped";
  for (int polls = 0; polls < 16; ++polls) {
    SCOPED_TRACE(polls);
    auto source = *Open(table, {0}, bounds)->MakeSource(Task(0, 1, 3));
    std::vector<int64_t> all;
    for (int i = 0; i < polls; ++i) {
      Output output;
      ASSERT_TRUE(source->Poll(&output).ok());
      const auto longs = output.empty() ? std::vector<int64_t>() : testing::LongsOf(output.batch);
      all.insert(all.end(), longs.begin(), longs.end());
    }
    testing::MemorySnapshot snapshot;
    ASSERT_TRUE(source->Snapshot(1, snapshot).ok());
    const auto rest = RestAfter(table, snapshot, 2, bounds);
    all.insert(all.end(), rest.begin(), rest.end());
    ASSERT_EQ(all, expected);
  }
}

TEST_F(FilesConnectorTest, SaysWhatIsWrongWithATable) {
  const auto error = [&](TableDescription table) {
    return ErrorName(connector_->Describe(std::move(table), LocalEnv()).status());
  };
  EXPECT_EQ(error({.connector = "files", .format = "csv", .paths = {folder_.PathOf("no*.csv")}}),
            "FILE_NOT_FOUND");
  EXPECT_EQ(error({.connector = "files", .format = "xls", .paths = {folder_.PathOf("a.csv")}}),
            "UNSUPPORTED_FEATURE");
  EXPECT_EQ(error({.connector = "files",
                   .format = "csv",
                   .paths = {folder_.PathOf("a.csv")},
                   .options = {{"hedaer", "true"}}}),
            "CONFIG_INVALID");
}

TEST_F(FilesConnectorTest, ReadsWallClocksInItsZone) {
  folder_.Write("z.txt", "2024-01-01 00:00:00\n2024-07-01 00:00:00\n2024-01-01 00:00:00Z\n");
  TableDescription table{.connector = "files",
                         .format = "csv",
                         .paths = {folder_.PathOf("z.txt")},
                         .options = {{"timezone", "America/New_York"}},
                         .schema = *ParseSchema("t TIMESTAMP")};
  const auto source = *Open(*connector_->Describe(table, LocalEnv()))->MakeSource(Task(0, 1));
  Output output;
  ASSERT_EQ(*source->Poll(&output), Progress::kMore);
  EXPECT_THAT(testing::TextRows(output.batch),
              ElementsAre("2024-01-01 05:00:00", "2024-07-01 04:00:00", "2024-01-01 00:00:00"));
  table.options = {{"timezone", "Nowhere"}};
  EXPECT_EQ(ErrorName(connector_->Describe(table, LocalEnv()).status()), "INVALID_TIMEZONE");
}

TEST_F(FilesConnectorTest, InfersASchemaIfItHasNone) {
  TableDescription table{.connector = "files",
                         .format = "csv",
                         .paths = {folder_.PathOf("a.csv")},
                         .options = {{"header", "true"}, {"inferschema", "true"}}};
  EXPECT_EQ(connector_->Describe(table, LocalEnv())->schema.ToDdl(), "n INT, t STRING");
}

}  // namespace
}  // namespace sabot
