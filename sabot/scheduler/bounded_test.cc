#include "sabot/scheduler/bounded.h"

#include <algorithm>
#include <chrono>
#include <numeric>
#include <set>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sabot/base/error.h"
#include "sabot/base/real_env.h"
#include "sabot/base/simulation.h"
#include "sabot/scheduler/result_queue.h"
#include "sabot/scheduler/testing/fake_steps.h"
#include "sabot/vector/testing/flaky.h"
#include "sabot/vector/testing/test_rows.h"

namespace sabot {
namespace {

using namespace sabot::testing;  // the fakes are most of its words
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

struct BoundedTest : ::testing::Test {
  BoundedTest() {
    connector = std::make_shared<FakeConnector>();
    connectors.Add(connector);
  }

  arrow::Result<std::unique_ptr<RunningQuery>> Start(const PhysicalPtr& root) {
    QueryContext context;
    context.memory = &memory;
    context.env = Env::Real();
    context.num_tasks = num_tasks;
    BoundedParts parts;
    parts.make_factory =
        [this](const PhysicalNode& node,
               const QueryContext& query) -> arrow::Result<std::unique_ptr<OperatorFactory>> {
      return std::make_unique<FakeFactory>(node, query, &watch, seed);
    };
    parts.make_page_writer =
        [](std::shared_ptr<Waker>) -> arrow::Result<std::unique_ptr<PageWriter>> {
      return std::make_unique<NullPageWriter>();
    };
    return StartBoundedWith(std::move(parts), PhysicalPlan{root, {}}, context, connectors,
                            {.result_bytes_max = result_bytes_max, .pool = &pool});
  }
  arrow::Result<std::vector<int64_t>> RowsOf(const PhysicalPtr& root) {
    ARROW_ASSIGN_OR_RAISE(auto query, Start(root));
    std::vector<int64_t> rows;
    while (true) {
      ARROW_ASSIGN_OR_RAISE(auto batch, query->Next());
      if (!batch.has_value()) break;
      EXPECT_FALSE(batch->has_selection());
      for (const int64_t value : LongsOf(*batch)) rows.push_back(value);
    }
    progress = query->progress();
    EXPECT_EQ(watch.num_alive.load(), 0) << "operators outlive the query's end";
    return rows;
  }

  std::shared_ptr<FakeConnector> connector;
  ConnectorSet connectors;
  MemoryBudget memory{int64_t{1} << 30};
  WorkerPool pool{3};
  Watch watch;
  uint32_t num_tasks = 3;
  uint64_t seed = 1;
  int64_t result_bytes_max = 1000;
  QueryProgress progress;
};

std::vector<int64_t> UpTo(int64_t count, int64_t step = 1) {
  std::vector<int64_t> values;
  for (int64_t value = 0; value < count; value += step) values.push_back(value);
  return values;
}

TEST_F(BoundedTest, KeepsTheOrderOfTheTable) {
  connector->tables["t"] = {.num_morsels = 40, .slow = {1, 2, 7}};
  for (seed = 0; seed < 5; ++seed) {
    const auto rows = RowsOf(Over(PhysicalFilter{}, {ScanOf("t")}));
    ASSERT_TRUE(rows.ok()) << rows.status().ToString();
    EXPECT_EQ(*rows, UpTo(400, 3));
  }
  EXPECT_TRUE(progress.is_finished);
  EXPECT_EQ(progress.rows_read, 400);
  EXPECT_EQ(progress.morsels_done, 40);
  EXPECT_EQ(progress.morsels_total, 40);
  ASSERT_EQ(progress.nodes.size(), 2U);
  EXPECT_EQ(progress.nodes[0].rows_out, 134);
  EXPECT_EQ(progress.nodes[1].rows_out, 400);
  EXPECT_GT(progress.nodes[1].nanos, 0);
}

TEST_F(BoundedTest, ReadsRemaindersOnceAllTasksHaveEnded) {
  connector->tables["t"] = {.num_morsels = 20, .slow = {20}};
  for (seed = 0; seed < 10; ++seed) {
    // Twice: the rows of the first remainder run into the second before its End.
    const auto rows =
        RowsOf(Over(PhysicalHashAggregate{},
                    {Over(PhysicalFilter{}, {Over(PhysicalHashAggregate{}, {ScanOf("t")})})}));
    ASSERT_TRUE(rows.ok()) << rows.status().ToString();
    EXPECT_THAT(*rows, ElementsAre(199 * 100 % 3 == 0 ? 199 * 100 : 0));
  }
  EXPECT_EQ(watch.num_remainders, 10 * 2 * 3);
}

TEST_F(BoundedTest, BuildsBeforeItProbes) {
  connector->tables["t"] = {.num_morsels = 10};
  connector->tables["small"] = {.num_morsels = 3, .morsel_rows = 5, .slow = {2}};
  for (seed = 0; seed < 10; ++seed) {
    // A build side that has a build side of its own.
    const PhysicalPtr inner = Over(PhysicalHashJoin{}, {ScanOf("t"), ScanOf("small")});
    const auto rows = RowsOf(Over(PhysicalHashJoin{}, {ScanOf("t"), inner}));
    ASSERT_TRUE(rows.ok()) << rows.status().ToString();
    EXPECT_EQ(*rows, UpTo(15));
  }
}

TEST_F(BoundedTest, RunsAUnionOneInputAfterAnother) {
  connector->tables["t"] = {.num_morsels = 5, .morsel_rows = 3};
  PhysicalValues values;
  values.columns = {{5, "x", Type(TypeId::kString), false}, {6, "y", Type(TypeId::kLong), false}};
  values.rows = {{TypedValue::String("a"), TypedValue::Long(100)},
                 {TypedValue::String("b"), TypedValue::Long(101)}};
  const PhysicalPtr inline_rows = MakePhysical(values, {}, values.columns);
  PhysicalUnion step;
  step.columns = {{9, "v", Type(TypeId::kLong), false}};
  step.sources = {{1}, {6}, {1}};
  const PhysicalPtr root = MakePhysical(
      step, {Over(PhysicalHashAggregate{}, {ScanOf("t")}), inline_rows, ScanOf("t")}, step.columns);
  for (seed = 0; seed < 10; ++seed) {
    const auto rows = RowsOf(root);
    ASSERT_TRUE(rows.ok()) << rows.status().ToString();
    std::vector<int64_t> expected{14 * 15 / 2, 100, 101};
    for (int64_t value = 0; value < 15; ++value) expected.push_back(value);
    EXPECT_EQ(*rows, expected);
  }
}

TEST_F(BoundedTest, StopsReadingOnceALimitIsFull) {
  connector->tables["t"] = {.num_morsels = 1'000'000};
  PhysicalLimit limit;
  limit.count = 7;
  const auto first = RowsOf(Over(limit, {Over(PhysicalFilter{}, {ScanOf("t")})}));
  ASSERT_TRUE(first.ok()) << first.status().ToString();
  EXPECT_THAT(*first, ElementsAre(0, 3, 6, 9, 12, 15, 18)) << "a small limit gives the first rows";
  EXPECT_LT(progress.rows_read, 40);
  limit.count = 20'000;
  const auto many = RowsOf(Over(limit, {ScanOf("t")}));
  ASSERT_TRUE(many.ok()) << many.status().ToString();
  EXPECT_EQ(many->size(), 20'000U);
  EXPECT_LT(progress.rows_read, 21'000);
  // Above a breaker the limit leaves the tasks below alone; what is done closes the later inputs.
  limit.count = 1;
  const auto sum =
      RowsOf(Over(limit, {Over(PhysicalHashAggregate{}, {Over(limit, {ScanOf("t")})})}));
  ASSERT_TRUE(sum.ok()) << sum.status().ToString();
  EXPECT_THAT(*sum, ElementsAre(0));
}

TEST_F(BoundedTest, PausesWhileNobodyTakesResults) {
  connector->tables["t"] = {.num_morsels = 100'000};
  auto query = Start(ScanOf("t"));
  ASSERT_TRUE(query.ok());
  ASSERT_TRUE((*query)->Next().ok());
  std::this_thread::sleep_for(std::chrono::milliseconds(30));
  const int64_t rows_read = (*query)->progress().rows_read;
  EXPECT_LT(rows_read, 500);
  EXPECT_LT(memory.reserved_bytes(), 4000);
  std::this_thread::sleep_for(std::chrono::milliseconds(30));
  EXPECT_EQ((*query)->progress().rows_read, rows_read);
  query->reset();
  EXPECT_EQ(memory.reserved_bytes(), 0);
  EXPECT_EQ(watch.num_alive.load(), 0);
}

TEST_F(BoundedTest, CancelsWithinMilliseconds) {
  connector->tables["t"] = {.num_morsels = INT64_C(1) << 40};
  auto query = Start(Over(PhysicalHashAggregate{}, {ScanOf("t")}));
  ASSERT_TRUE(query.ok());
  std::this_thread::sleep_for(std::chrono::milliseconds(10));
  const auto begin = std::chrono::steady_clock::now();
  (*query)->Cancel();
  const auto next = (*query)->Next();
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::milliseconds(50));
  ASSERT_NE(GetErrorDetail(next.status()), nullptr);
  EXPECT_EQ(GetErrorDetail(next.status())->error_class().name, "OPERATION_CANCELED");
  EXPECT_EQ(watch.num_alive.load(), 0);
}

TEST_F(BoundedTest, AsksTheHookWhileItWaits) {
  connector->tables["t"] = {.num_morsels = INT64_C(1) << 40};
  auto query = Start(Over(PhysicalHashAggregate{}, {ScanOf("t")}));
  ASSERT_TRUE(query.ok());
  int calls = 0;
  const auto next = (*query)->Next(
      [&] { return ++calls < 3 ? arrow::Status::OK() : arrow::Status::Cancelled("Ctrl-C"); });
  EXPECT_EQ(next.status().message(), "Ctrl-C");
  EXPECT_EQ(calls, 3);
}

TEST_F(BoundedTest, KeepsTheDetailOfTheFirstError) {
  connector->tables["t"] = {.num_morsels = 5,
                            .error_at_end = MakeError("DIVIDE_BY_ZERO", {}, Span{3, 5})};
  const auto rows = RowsOf(Over(PhysicalHashAggregate{}, {ScanOf("t")}));
  ASSERT_NE(GetErrorDetail(rows.status()), nullptr);
  EXPECT_EQ(GetErrorDetail(rows.status())->error_class().name, "DIVIDE_BY_ZERO");
  EXPECT_EQ(GetErrorDetail(rows.status())->span().begin, 3U);
  EXPECT_EQ(watch.num_alive.load(), 0);
}

TEST_F(BoundedTest, SpillsWhatIsLargestWhenMemoryIsShort) {
  connector->tables["t"] = {.num_morsels = 60};
  memory.set_limit_bytes(8 * 1024);
  const auto rows = RowsOf(Over(PhysicalHashAggregate{}, {Over(PhysicalTopN{}, {ScanOf("t")})}));
  ASSERT_TRUE(rows.ok()) << rows.status().ToString();
  EXPECT_THAT(*rows, ElementsAre(600 * 599 / 2));
  EXPECT_GT(watch.num_spills.load(), 10);
}

TEST_F(BoundedTest, NamesWhoHoldsTheMemoryWhenNothingCanSpill) {
  connector->tables["t"] = {.num_morsels = 60};
  memory.set_limit_bytes(8 * 1024);
  watch.does_spill = false;
  const auto rows = RowsOf(Over(PhysicalTopN{}, {ScanOf("t")}));
  ASSERT_NE(GetErrorDetail(rows.status()), nullptr);
  EXPECT_EQ(GetErrorDetail(rows.status())->error_class().name, "OUT_OF_MEMORY");
  EXPECT_THAT(rows.status().message(), HasSubstr("top_n needs more memory"));
  EXPECT_THAT(rows.status().message(), HasSubstr("hoard 8.0 KiB"));
}

TEST_F(BoundedTest, CommitsASinkOnceAllHaveStaged) {
  connector->tables["t"] = {.num_morsels = 12, .slow = {12}};
  const auto rows = RowsOf(Over(PhysicalSink{.sink = {.connector = "test"}}, {ScanOf("t")}));
  ASSERT_TRUE(rows.ok()) << rows.status().ToString();
  EXPECT_THAT(*rows, IsEmpty());
  EXPECT_EQ(connector->sink.num_commits, 1);
  std::sort(connector->sink.committed.begin(), connector->sink.committed.end());
  EXPECT_EQ(connector->sink.committed, UpTo(120));

  connector->sink.fails = true;
  EXPECT_THAT(
      RowsOf(Over(PhysicalSink{.sink = {.connector = "test"}}, {ScanOf("t")})).status().ToString(),
      HasSubstr("the sink is gone"));
}

TEST_F(BoundedTest, RunsOnOneThreadUnderSimulation) {
  connector->tables["t"] = {.num_morsels = 12};
  Simulation simulation;
  WorkerPool inline_pool(0);
  QueryContext context;
  context.memory = &memory;
  context.env = simulation.env();
  context.num_tasks = 3;
  BoundedParts parts;
  parts.make_factory =
      [this](const PhysicalNode& node,
             const QueryContext& query) -> arrow::Result<std::unique_ptr<OperatorFactory>> {
    return std::make_unique<FakeFactory>(node, query, &watch, seed);
  };
  auto query = StartBoundedWith(
      parts, PhysicalPlan{Over(PhysicalSink{.sink = {.connector = "test"}}, {ScanOf("t")}), {}},
      context, connectors, {.pool = &inline_pool});
  ASSERT_TRUE(query.ok());
  const auto end = (*query)->Next();
  ASSERT_TRUE(end.ok()) << end.status().ToString();
  EXPECT_FALSE(end->has_value());
  EXPECT_EQ(connector->sink.committed.size(), 120U);
}

TEST_F(BoundedTest, RefusesStreams) {
  auto scan = std::make_shared<PhysicalNode>(*ScanOf("t"));
  std::get<PhysicalScan>(scan->step).table.is_unbounded = true;
  EXPECT_THAT(RowsOf(scan).status().ToString(), HasSubstr("UNSUPPORTED_FEATURE"));
}

TEST(WeightExpander, GivesARowAsOftenAsItsWeight) {
  std::vector<sabot::testing::Row> rows;
  for (int64_t i = 0; i < 3; ++i) rows.push_back({TypedValue::Long(i)});
  const Batch batch = sabot::testing::MakeBatch({Type(TypeId::kLong)}, rows, {2, 5000, 1});
  WeightExpander expander;
  BufferPool pool;
  std::vector<int64_t> values;
  Batch piece;
  for (int round = 0; round < 2; ++round) {
    values.clear();
    while (*expander.Next(batch, pool, &piece)) {
      EXPECT_LE(piece.num_rows(), kVectorSize);
      EXPECT_EQ(piece.weights(), nullptr);
      for (const int64_t value : LongsOf(piece)) values.push_back(value);
    }
    EXPECT_EQ(values.size(), 5003U);
    EXPECT_EQ(std::count(values.begin(), values.end(), 1), 5000);
    EXPECT_EQ(values.front(), 0);
    EXPECT_EQ(values.back(), 2);
  }
  const Batch back = sabot::testing::MakeBatch({Type(TypeId::kLong)}, {rows[0]}, {-1});
  EXPECT_FALSE(expander.Next(back, pool, &piece).ok());
}

}  // namespace
}  // namespace sabot
