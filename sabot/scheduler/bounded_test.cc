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
#include "sabot/vector/testing/flaky.h"
#include "sabot/vector/testing/test_rows.h"

namespace sabot {
namespace {

using sabot::testing::LongsOf;
using sabot::testing::MakeFlaky;
using sabot::testing::MakeLongs;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

/// Morsel m (from 1) of `morsel_rows` rows: the numbers from (m - 1) * morsel_rows on.
struct FakeTable {
  int64_t num_morsels = 1;
  int64_t morsel_rows = 10;
  int32_t batch_rows = 4;
  /// Of these morsels the source sleeps first, so that later ones overtake.
  std::set<int64_t> slow;
  arrow::Status error_at_end;
};

class FakeScan final : public Scan, public std::enable_shared_from_this<FakeScan> {
 public:
  explicit FakeScan(FakeTable table) : table_(std::move(table)) {
    progress_.morsels_total = table_.num_morsels;
  }
  arrow::Result<std::unique_ptr<Source>> MakeSource(const TaskContext& context) override;
  const ScanProgress& progress() const override { return progress_; }
  int64_t max_tasks() const override { return table_.num_morsels; }

  const FakeTable table_;
  std::atomic<int64_t> next_{1};
  ScanProgress progress_;
};

class FakeScanSource final : public Source {
 public:
  explicit FakeScanSource(std::shared_ptr<FakeScan> scan) : scan_(std::move(scan)) {}
  arrow::Result<Progress> Poll(Output* output) override {
    const FakeTable& table = scan_->table_;
    if (row_ == end_) {
      morsel_ = scan_->next_.fetch_add(1);
      if (morsel_ > table.num_morsels) {
        ARROW_RETURN_NOT_OK(table.error_at_end);
        return Progress::kDone;
      }
      if (table.slow.contains(morsel_)) std::this_thread::sleep_for(std::chrono::milliseconds(3));
      row_ = (morsel_ - 1) * table.morsel_rows;
      end_ = row_ + table.morsel_rows;
    }
    std::vector<int64_t> values(
        static_cast<size_t>(std::min<int64_t>(table.batch_rows, end_ - row_)));
    std::iota(values.begin(), values.end(), row_);
    row_ += static_cast<int64_t>(values.size());
    scan_->progress_.rows_read += static_cast<int64_t>(values.size());
    if (row_ == end_) ++scan_->progress_.morsels_done;
    output->batch = MakeLongs(values);
    output->batch.set_split(static_cast<uint64_t>(morsel_));
    return Progress::kMore;
  }

 private:
  const std::shared_ptr<FakeScan> scan_;
  int64_t morsel_ = 0;
  int64_t row_ = 0;
  int64_t end_ = 0;
};

arrow::Result<std::unique_ptr<Source>> FakeScan::MakeSource(const TaskContext& context) {
  return MakeFlaky(std::make_unique<FakeScanSource>(shared_from_this()),
                   {.seed = context.task_index + 1}, context.waker);
}

/// The rows that were committed, and how it came about.
struct SinkLog {
  std::mutex mutex;
  std::vector<int64_t> staged;
  std::vector<int64_t> committed;
  int num_commits = 0;
  bool fails = false;
};

class FakeSink final : public Sink {
 public:
  explicit FakeSink(SinkLog* log) : log_(log) {}
  arrow::Result<std::unique_ptr<Operator>> MakeOperator(const TaskContext&) override;
  arrow::Result<std::unique_ptr<Committer>> MakeCommitter(const Env&) override;

 private:
  SinkLog* const log_;
};

class FakeSinkOperator final : public Operator {
 public:
  explicit FakeSinkOperator(SinkLog* log) : log_(log) {}
  arrow::Result<Progress> Push(int, Batch& input, Output*) override {
    for (const int64_t value : LongsOf(input)) rows_.push_back(value);
    return Progress::kNeedsInput;
  }
  arrow::Result<Progress> OnMarker(Marker& marker, Output*) override {
    kinds_.push_back(marker.kind);
    return Progress::kNeedsInput;
  }
  arrow::Status Snapshot(Epoch epoch, SnapshotWriter& writer) override {
    EXPECT_EQ(epoch, 1U);
    EXPECT_THAT(kinds_, ElementsAre(Marker::kEnd, Marker::kBarrier));
    {
      const std::lock_guard lock(log_->mutex);
      log_->staged.insert(log_->staged.end(), rows_.begin(), rows_.end());
    }
    BufferPtr bytes = Buffer::Allocate(static_cast<int64_t>(rows_.size() * 8));
    if (!rows_.empty()) std::memcpy(bytes->data(), rows_.data(), rows_.size() * 8);
    return writer.Add({.name = "rows", .content = {bytes}});
  }

 private:
  SinkLog* const log_;
  std::vector<int64_t> rows_;
  std::vector<Marker::Kind> kinds_;
};

class FakeCommitter final : public Committer {
 public:
  explicit FakeCommitter(SinkLog* log) : log_(log) {}
  arrow::Status Commit(Epoch, SnapshotReader& staged) override {
    const std::lock_guard lock(log_->mutex);
    if (log_->fails) return arrow::Status::IOError("the sink is gone");
    ++log_->num_commits;
    while (true) {
      ARROW_ASSIGN_OR_RAISE(const auto piece, staged.Next());
      if (!piece.has_value()) return arrow::Status::OK();
      for (const BufferPtr& part : piece->content) {
        const auto* rows = reinterpret_cast<const int64_t*>(part->data());
        log_->committed.insert(log_->committed.end(), rows, rows + part->size() / 8);
      }
    }
  }

 private:
  SinkLog* const log_;
};

arrow::Result<std::unique_ptr<Operator>> FakeSink::MakeOperator(const TaskContext&) {
  return std::make_unique<FakeSinkOperator>(log_);
}
arrow::Result<std::unique_ptr<Committer>> FakeSink::MakeCommitter(const Env&) {
  return std::make_unique<FakeCommitter>(log_);
}

class FakeConnector final : public Connector {
 public:
  std::string_view name() const override { return "fake"; }
  arrow::Result<TableDescription> Describe(TableDescription table, const Env&) override {
    return table;
  }
  arrow::Result<std::shared_ptr<Scan>> OpenScan(const ScanRequest& request, const Env&) override {
    last_scan = std::make_shared<FakeScan>(tables[request.table.format]);
    return last_scan;
  }
  arrow::Result<std::shared_ptr<Sink>> OpenSink(const SinkDescription&, const Env&) override {
    return std::make_shared<FakeSink>(&sink);
  }

  std::map<std::string, FakeTable> tables;
  std::shared_ptr<FakeScan> last_scan;
  SinkLog sink;
};

/// What the fakes watch of a query.
struct Watch {
  std::atomic<int> num_ended{0};  // instances of the aggregate that drained End
  std::atomic<int> num_remainders{0};
  std::atomic<int> num_built{0};
  std::atomic<int> num_alive{0};
  std::atomic<int64_t> num_pushed{0};
  std::atomic<int> num_spills{0};
  std::atomic<bool> does_spill{true};
};

class Counted : public Operator {
 public:
  explicit Counted(Watch* watch) : watch_(watch) { ++watch_->num_alive; }
  ~Counted() override { --watch_->num_alive; }

 protected:
  Watch* const watch_;
};

/// Keeps rows divisible by three.
class Thirds final : public Counted {
 public:
  using Counted::Counted;
  arrow::Result<Progress> Push(int, Batch& input, Output* output) override {
    ++watch_->num_pushed;
    std::vector<int64_t> kept;
    for (const int64_t value : LongsOf(input)) {
      if (value % 3 == 0) kept.push_back(value);
    }
    if (kept.empty()) return Progress::kNeedsInput;
    output->batch = MakeLongs(kept);
    return Progress::kNeedsInput;
  }
};

struct SumShared {
  std::mutex mutex;
  int64_t sum = 0;
  bool is_taken = false;
  uint32_t num_tasks = 0;
};

/// One row: the sum, whoever reads it.
class Sum final : public Counted {
 public:
  Sum(Watch* watch, SumShared* shared) : Counted(watch), shared_(shared) {}
  arrow::Result<Progress> Push(int, Batch& input, Output*) override {
    for (const int64_t value : LongsOf(input)) sum_ += value;
    return Progress::kNeedsInput;
  }
  arrow::Result<Progress> OnMarker(Marker& marker, Output*) override {
    EXPECT_EQ(marker.kind, Marker::kEnd);
    const std::lock_guard lock(shared_->mutex);
    shared_->sum += sum_;
    sum_ = 0;
    ++watch_->num_ended;
    return Progress::kNeedsInput;
  }
  std::unique_ptr<Source> Remainder() override;

 private:
  SumShared* const shared_;
  int64_t sum_ = 0;
};

class SumReader final : public Source {
 public:
  explicit SumReader(SumShared* shared) : shared_(shared) {}
  arrow::Result<Progress> Poll(Output* output) override {
    const std::lock_guard lock(shared_->mutex);
    if (!shared_->is_taken) output->batch = MakeLongs({shared_->sum});
    shared_->is_taken = true;
    return Progress::kDone;
  }

 private:
  SumShared* const shared_;
};

std::unique_ptr<Source> Sum::Remainder() {
  ++watch_->num_remainders;
  EXPECT_EQ(static_cast<uint32_t>(watch_->num_ended.load()) % shared_->num_tasks, 0U)
      << "some task had not ended";
  return std::make_unique<SumReader>(shared_);
}

struct SetShared {
  std::mutex mutex;
  std::set<int64_t> values;
  std::atomic<uint32_t> num_built{0};
  uint32_t num_tasks = 0;
};

class SetBuild final : public Counted {
 public:
  SetBuild(Watch* watch, SetShared* shared) : Counted(watch), shared_(shared) {}
  arrow::Result<Progress> Push(int, Batch& input, Output*) override {
    const std::lock_guard lock(shared_->mutex);
    for (const int64_t value : LongsOf(input)) shared_->values.insert(value);
    return Progress::kNeedsInput;
  }
  arrow::Result<Progress> OnMarker(Marker&, Output*) override {
    ++shared_->num_built;
    return Progress::kNeedsInput;
  }

 private:
  SetShared* const shared_;
};

class SetProbe final : public Counted {
 public:
  SetProbe(Watch* watch, SetShared* shared) : Counted(watch), shared_(shared) {}
  arrow::Result<Progress> Push(int, Batch& input, Output* output) override {
    EXPECT_EQ(shared_->num_built.load(), shared_->num_tasks) << "probed before all had built";
    std::vector<int64_t> found;
    for (const int64_t value : LongsOf(input)) {
      if (shared_->values.contains(value)) found.push_back(value);
    }
    if (!found.empty()) output->batch = MakeLongs(found);
    return Progress::kNeedsInput;
  }

 private:
  SetShared* const shared_;
};

class First final : public Counted {
 public:
  First(Watch* watch, std::atomic<int64_t>* left) : Counted(watch), left_(left) {}
  arrow::Result<Progress> Push(int, Batch& input, Output* output) override {
    const std::vector<int64_t> values = LongsOf(input);
    std::vector<int64_t> kept;
    for (const int64_t value : values) {
      if (left_->fetch_sub(1) > 0) kept.push_back(value);
    }
    if (!kept.empty()) output->batch = MakeLongs(kept);
    return left_->load() <= 0 ? Progress::kDone : Progress::kNeedsInput;
  }

 private:
  std::atomic<int64_t>* const left_;
};

/// Holds 1 KiB a batch until the end, or until it is spilled.
class Hoard final : public Counted {
 public:
  Hoard(Watch* watch, MemoryBudget* budget)
      : Counted(watch), memory_(*budget->MakeConsumer("hoard")), held_(memory_.get()) {}
  arrow::Result<Progress> Push(int, Batch& input, Output*) override {
    if (!held_.TryGrow(1024)) return Progress::kNeedsMemory;
    rows_.push_back(input.Clone());
    return Progress::kNeedsInput;
  }
  int64_t spillable_bytes() const override { return watch_->does_spill ? held_.bytes() : 0; }
  arrow::Result<int64_t> Spill(int64_t bytes_wanted, PageWriter& writer) override {
    EXPECT_GT(bytes_wanted, 0);
    if (!watch_->does_spill || held_.bytes() == 0) return 0;
    ++watch_->num_spills;
    ARROW_RETURN_NOT_OK(writer.Write({Buffer::Allocate(held_.bytes())}).status());
    const int64_t freed = held_.bytes();
    held_.Release();
    return freed;
  }
  std::unique_ptr<Source> Remainder() override;

 private:
  std::unique_ptr<MemoryConsumer> memory_;
  Reservation held_;
  std::vector<Batch> rows_;
};

class BatchReader final : public Source {
 public:
  explicit BatchReader(std::vector<Batch> batches) : batches_(std::move(batches)) {}
  arrow::Result<Progress> Poll(Output* output) override {
    if (next_ == batches_.size()) return Progress::kDone;
    output->batch = std::move(batches_[next_++]);
    return Progress::kMore;
  }

 private:
  std::vector<Batch> batches_;
  size_t next_ = 0;
};

std::unique_ptr<Source> Hoard::Remainder() {
  return std::make_unique<BatchReader>(std::move(rows_));
}

class NullPageWriter final : public PageWriter {
 public:
  arrow::Result<std::shared_ptr<SpilledRun>> Write(std::vector<BufferPtr>) override {
    return std::shared_ptr<SpilledRun>();
  }
};

class FakeFactory final : public OperatorFactory {
 public:
  FakeFactory(const PhysicalNode& node, const QueryContext& query, Watch* watch, uint64_t seed)
      : node_(node), watch_(watch), seed_(seed) {
    sum_.num_tasks = set_.num_tasks = query.num_tasks;
    if (const auto* limit = node.As<PhysicalLimit>()) left_ = limit->count;
  }
  arrow::Result<std::unique_ptr<Operator>> Make(const TaskContext& context) override {
    std::unique_ptr<Operator> made;
    if (node_.As<PhysicalHashAggregate>()) made = std::make_unique<Sum>(watch_, &sum_);
    if (node_.As<PhysicalHashJoin>()) made = std::make_unique<SetProbe>(watch_, &set_);
    if (node_.As<PhysicalLimit>()) made = std::make_unique<First>(watch_, &left_);
    if (node_.As<PhysicalTopN>()) made = std::make_unique<Hoard>(watch_, context.memory);
    if (made == nullptr) made = std::make_unique<Thirds>(watch_);
    return MakeFlaky(std::move(made), {.seed = seed_ + context.task_index}, context.waker);
  }
  arrow::Result<std::unique_ptr<Operator>> MakeBuild(const TaskContext& context) override {
    return MakeFlaky(std::make_unique<SetBuild>(watch_, &set_),
                     {.seed = seed_ + context.task_index + 7}, context.waker);
  }

 private:
  const PhysicalNode& node_;
  Watch* const watch_;
  const uint64_t seed_;
  SumShared sum_;
  SetShared set_;
  std::atomic<int64_t> left_{0};
};

PhysicalPtr ScanOf(const std::string& table) {
  PhysicalScan scan;
  scan.table.connector = "fake";
  scan.table.format = table;
  const OutputColumn column{1, "v", Type(TypeId::kLong), false};
  scan.columns = {column};
  return MakePhysical(scan, {}, {column});
}
template <typename Step>
PhysicalPtr Over(Step step, std::vector<PhysicalPtr> inputs) {
  std::vector<OutputColumn> output = inputs[0]->output;
  return MakePhysical(std::move(step), std::move(inputs), std::move(output));
}

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
  const auto rows = RowsOf(Over(PhysicalSink{.sink = {.connector = "fake"}}, {ScanOf("t")}));
  ASSERT_TRUE(rows.ok()) << rows.status().ToString();
  EXPECT_THAT(*rows, IsEmpty());
  EXPECT_EQ(connector->sink.num_commits, 1);
  std::sort(connector->sink.committed.begin(), connector->sink.committed.end());
  EXPECT_EQ(connector->sink.committed, UpTo(120));

  connector->sink.fails = true;
  EXPECT_THAT(
      RowsOf(Over(PhysicalSink{.sink = {.connector = "fake"}}, {ScanOf("t")})).status().ToString(),
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
      parts, PhysicalPlan{Over(PhysicalSink{.sink = {.connector = "fake"}}, {ScanOf("t")}), {}},
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
