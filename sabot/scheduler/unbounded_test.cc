#include "sabot/scheduler/unbounded.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <map>
#include <set>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sabot/base/crash_point.h"
#include "sabot/base/error.h"
#include "sabot/base/simulation.h"
#include "sabot/vector/key_hash.h"
#include "sabot/vector/testing/flaky.h"
#include "sabot/vector/testing/test_rows.h"

namespace sabot {
namespace {

using sabot::testing::LongsOf;
using sabot::testing::MakeFlaky;
using sabot::testing::MakeLongs;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

BufferPtr BytesOf(const std::vector<int64_t>& values) {
  BufferPtr buffer = Buffer::Allocate(static_cast<int64_t>(values.size() * 8));
  if (!values.empty()) std::memcpy(buffer->data(), values.data(), values.size() * 8);
  return buffer;
}
std::vector<int64_t> ValuesOf(const StatePiece& piece) {
  std::vector<int64_t> values;
  for (const BufferPtr& part : piece.content) {
    const auto* data = reinterpret_cast<const int64_t*>(part->data());
    values.insert(values.end(), data, data + part->size() / 8);
  }
  return values;
}

/// Split s gives s, s + num_splits, s + 2 * num_splits, … below `end`, three at a time.
struct FakeStream {
  int64_t num_splits = 2;
  int64_t end = 600;
  std::atomic<int64_t> pause_at{INT64_MAX};  ///< no split goes on beyond it
  std::atomic<int64_t> rows_read{0};
};

class FakeStreamSource final : public Source {
 public:
  FakeStreamSource(FakeStream* stream, const TaskContext& context) : stream_(stream) {
    for (int64_t split = context.task_index; split < stream->num_splits;
         split += context.num_tasks) {
      next_[split] = split;
    }
    waker_ = context.waker;
  }
  arrow::Result<Progress> Poll(Output* output) override {
    bool is_any_left = false;
    for (auto& [split, next] : next_) {
      if (next >= stream_->end) continue;
      is_any_left = true;
      if (next >= stream_->pause_at.load()) continue;
      std::vector<int64_t> values;
      for (; values.size() < 3 && next < stream_->end; next += stream_->num_splits) {
        values.push_back(next);
      }
      stream_->rows_read += static_cast<int64_t>(values.size());
      output->batch = MakeLongs(values);
      output->batch.set_split(static_cast<uint64_t>(split + 1));
      output->marker = {.kind = Marker::kWatermark, .value = values.front()};
      return Progress::kMore;
    }
    if (!is_any_left) return Progress::kDone;
    waker_->Fire();  // looks again; a real source waits for its system
    return Progress::kBlocked;
  }
  arrow::Status Snapshot(Epoch, SnapshotWriter& writer) override {
    for (const auto& [split, next] : next_) {
      ARROW_RETURN_NOT_OK(writer.Add(
          {.name = "offset", .split = static_cast<uint64_t>(split), .content = {BytesOf({next})}}));
    }
    return arrow::Status::OK();
  }
  arrow::Status Restore(SnapshotReader& reader) override {
    while (true) {
      ARROW_ASSIGN_OR_RAISE(const auto piece, reader.Next());
      if (!piece.has_value()) return arrow::Status::OK();
      const auto mine = next_.find(static_cast<int64_t>(*piece->split));
      if (mine != next_.end()) mine->second = ValuesOf(*piece)[0];
    }
  }

 private:
  FakeStream* const stream_;
  Waker* waker_;
  std::map<int64_t, int64_t> next_;
};

class FakeStreamScan final : public Scan {
 public:
  explicit FakeStreamScan(FakeStream* stream) : stream_(stream) {}
  arrow::Result<std::unique_ptr<Source>> MakeSource(const TaskContext& context) override {
    return MakeFlaky(std::make_unique<FakeStreamSource>(stream_, context),
                     {.seed = context.task_index}, context.waker);
  }
  const ScanProgress& progress() const override { return progress_; }
  int64_t max_tasks() const override { return stream_->num_splits; }

 private:
  FakeStream* const stream_;
  ScanProgress progress_;
};

/// What the outside world has: rows of epochs committed once.
struct Outside {
  std::mutex mutex;
  std::map<Epoch, std::vector<int64_t>> committed;
  int num_commits = 0;
  std::function<void()> on_commit;
  std::vector<int64_t> rows() {
    const std::lock_guard lock(mutex);
    std::vector<int64_t> all;
    for (const auto& [epoch, values] : committed)
      all.insert(all.end(), values.begin(), values.end());
    std::sort(all.begin(), all.end());
    return all;
  }
};

class StagingSink final : public Operator {
 public:
  arrow::Result<Progress> Push(int, Batch& input, Output*) override {
    for (const int64_t value : LongsOf(input)) rows_.push_back(value);
    return Progress::kNeedsInput;
  }
  arrow::Status Snapshot(Epoch, SnapshotWriter& writer) override {
    return writer.Add({.name = "staged", .content = {BytesOf(std::exchange(rows_, {}))}});
  }

 private:
  std::vector<int64_t> rows_;
};

class OutsideCommitter final : public Committer {
 public:
  explicit OutsideCommitter(Outside* outside) : outside_(outside) {}
  arrow::Status Commit(Epoch epoch, SnapshotReader& staged) override {
    std::vector<int64_t> rows;
    while (true) {
      ARROW_ASSIGN_OR_RAISE(const auto piece, staged.Next());
      if (!piece.has_value()) break;
      const std::vector<int64_t> part = ValuesOf(*piece);
      rows.insert(rows.end(), part.begin(), part.end());
    }
    if (outside_->on_commit) outside_->on_commit();
    const std::lock_guard lock(outside_->mutex);
    ++outside_->num_commits;
    if (!outside_->committed.empty()) {
      EXPECT_GE(epoch, outside_->committed.rbegin()->first);
    }
    outside_->committed[epoch] = std::move(rows);
    return arrow::Status::OK();
  }

 private:
  Outside* const outside_;
};

class OutsideSink final : public Sink {
 public:
  explicit OutsideSink(Outside* outside) : outside_(outside) {}
  arrow::Result<std::unique_ptr<Operator>> MakeOperator(const TaskContext& context) override {
    return MakeFlaky(std::make_unique<StagingSink>(), {.seed = context.task_index + 3},
                     context.waker);
  }
  arrow::Result<std::unique_ptr<Committer>> MakeCommitter(const Env&) override {
    return std::make_unique<OutsideCommitter>(outside_);
  }

 private:
  Outside* const outside_;
};

class FakeStreamConnector final : public Connector {
 public:
  std::string_view name() const override { return "test"; }
  arrow::Result<TableDescription> Describe(TableDescription table, const Env&) override {
    return table;
  }
  arrow::Result<std::shared_ptr<Scan>> OpenScan(const ScanRequest&, const Env&) override {
    return std::make_shared<FakeStreamScan>(&stream);
  }
  arrow::Result<std::shared_ptr<Sink>> OpenSink(const SinkDescription& sink, const Env&) override {
    return std::make_shared<OutsideSink>(sink.path == "late" ? &late : &outside);
  }
  FakeStream stream;
  Outside outside;
  Outside late;
};

int64_t GroupOf(int64_t value) {
  uint64_t hash = 0;
  const Batch batch = MakeLongs({value});
  EXPECT_TRUE(HashKeys({&batch.column(0), 1}, batch.rows(), {&hash, 1}).ok());
  return KeyGroupOf(hash);
}

/// Passes each value on the first time it comes, with how often it came: an owner of keys. Values
/// that end in 7 leave through port 1.
class Once final : public Operator {
 public:
  explicit Once(const TaskContext& context) : context_(context) {}
  arrow::Result<Progress> Push(int, Batch& input, Output* output) override {
    std::vector<int64_t> fresh;
    const std::vector<int64_t> values = LongsOf(input);
    if (next_ == 0 && values[0] % 10 == 7) output->port = 1;
    for (; next_ < values.size(); ++next_) {
      const int64_t value = values[next_];
      const bool is_late = value % 10 == 7;
      if (!fresh.empty() && is_late != (output->port == 1)) break;
      output->port = is_late ? 1 : 0;
      EXPECT_TRUE(context_.key_groups.Contains(static_cast<uint32_t>(GroupOf(value))));
      EXPECT_TRUE(seen_.insert(value).second) << value << " came twice";
      fresh.push_back(value);
    }
    output->batch = MakeLongs(fresh);
    if (next_ < values.size()) return Progress::kMore;
    next_ = 0;
    return Progress::kNeedsInput;
  }
  arrow::Result<Progress> OnMarker(Marker& marker, Output* output) override {
    if (marker.kind == Marker::kEnd) output->batch = MakeLongs({1'000'000});
    return Progress::kNeedsInput;
  }
  arrow::Status Snapshot(Epoch, SnapshotWriter& writer) override {
    return writer.Add({.name = "seen",
                       .groups = context_.key_groups,
                       .content = {BytesOf({seen_.begin(), seen_.end()})}});
  }
  arrow::Status Restore(SnapshotReader& reader) override {
    while (true) {
      ARROW_ASSIGN_OR_RAISE(const auto piece, reader.Next());
      if (!piece.has_value()) return arrow::Status::OK();
      for (const int64_t value : ValuesOf(*piece)) {
        if (context_.key_groups.Contains(static_cast<uint32_t>(GroupOf(value)))) {
          seen_.insert(value);
        }
      }
    }
  }

 private:
  const TaskContext& context_;
  std::set<int64_t> seen_;
  size_t next_ = 0;
};

/// Asks for a timer with the first batch; a row 2,000,000 goes out when it fires.
class Alarm final : public Operator {
 public:
  explicit Alarm(const TaskContext& context) : context_(context) {}
  arrow::Result<Progress> Push(int, Batch& input, Output* output) override {
    if (!std::exchange(is_set_, true)) {
      context_.set_timer(context_.env.clock->NowMicros() + 1000);
    }
    output->batch = std::move(input);
    return Progress::kNeedsInput;
  }
  arrow::Result<Progress> OnMarker(Marker& marker, Output* output) override {
    if (marker.kind == Marker::kTimer) output->batch = MakeLongs({2'000'000});
    return Progress::kNeedsInput;
  }

 private:
  const TaskContext& context_;
  bool is_set_ = false;
};

class StreamFactory final : public OperatorFactory {
 public:
  explicit StreamFactory(const PhysicalNode& node) : node_(node) {}
  arrow::Result<std::unique_ptr<Operator>> Make(const TaskContext& context) override {
    std::unique_ptr<Operator> made;
    if (node_.As<PhysicalWindowAggregate>()) {
      made = std::make_unique<Once>(context);
    } else {
      made = std::make_unique<Alarm>(context);
    }
    return MakeFlaky(std::move(made), {.seed = context.task_index + 9}, context.waker);
  }

 private:
  const PhysicalNode& node_;
};

struct UnboundedTest : ::testing::Test {
  UnboundedTest() {
    connector = std::make_shared<FakeStreamConnector>();
    connectors.Add(connector);
  }

  PhysicalPtr Plan(bool with_alarm = false) {
    const OutputColumn column{1, "v", Type(TypeId::kLong), false};
    PhysicalScan scan;
    scan.table.connector = "test";
    scan.table.is_unbounded = true;
    scan.columns = {column};
    PhysicalPtr node = MakePhysical(scan, {}, {column});
    if (with_alarm) node = MakePhysical(PhysicalEventTime{}, {node}, {column});
    node =
        MakePhysical(PhysicalExchange{ExchangeMode::kHash, {MakeColumn(column)}}, {node}, {column});
    node = MakePhysical(PhysicalWindowAggregate{}, {node}, {column});
    return MakePhysical(PhysicalSink{.sink = {.connector = "test"}}, {node}, {column});
  }
  arrow::Result<std::unique_ptr<RunningStream>> Start(const Env& env, uint32_t num_tasks,
                                                      StreamOptions options,
                                                      const PhysicalPtr& plan) {
    QueryContext context;
    context.memory = &memory;
    context.env = env;
    context.num_tasks = num_tasks;
    BoundedParts parts;
    parts.make_factory =
        [](const PhysicalNode& node,
           const QueryContext& query) -> arrow::Result<std::unique_ptr<OperatorFactory>> {
      EXPECT_TRUE(query.is_unbounded);
      return std::make_unique<StreamFactory>(node);
    };
    options.channel_bytes_max = 300;
    return StartStreamWith(std::move(parts), PhysicalPlan{plan, {}}, context, connectors, options);
  }
  // All values below `end` that are not late, and one row of each window task's End.
  static std::vector<int64_t> Expected(int64_t end, size_t num_ends) {
    std::vector<int64_t> values;
    for (int64_t value = 0; value < end; ++value) {
      if (value % 10 != 7) values.push_back(value);
    }
    values.insert(values.end(), num_ends, 1'000'000);
    return values;
  }

  std::shared_ptr<FakeStreamConnector> connector;
  ConnectorSet connectors;
  MemoryBudget memory;
};

TEST_F(UnboundedTest, RunsAFiniteStreamToItsEndAndCommits) {
  WorkerPool pool(3);
  auto stream = Start(
      Env::Real(), 3,
      {.late_sink = SinkDescription{.connector = "test", .path = "late"}, .pool = &pool}, Plan());
  ASSERT_TRUE(stream.ok()) << stream.status().ToString();
  const arrow::Status end = (*stream)->Wait();
  ASSERT_TRUE(end.ok()) << end.ToString();
  EXPECT_EQ(connector->outside.rows(), Expected(600, 3));
  EXPECT_EQ(connector->late.rows().size(), 60U);
  const StreamStatus status = (*stream)->status();
  EXPECT_FALSE(status.is_running);
  EXPECT_EQ(status.late_rows, 60);
  EXPECT_GT(status.watermark, 500);
  EXPECT_LE(status.watermark, 600);
  EXPECT_GE(status.epoch, 1U);
}

TEST_F(UnboundedTest, ACommitMayStopItsStreamButNotWaitForIt) {
  WorkerPool pool(2);
  connector->stream.pause_at = 300;
  auto stream = Start(Env::Real(), 2, {.pool = &pool}, Plan());
  ASSERT_TRUE(stream.ok()) << stream.status().ToString();
  std::vector<arrow::Status> refused;
  connector->outside.on_commit = [&] {
    refused.push_back((*stream)->Checkpoint().status());
    refused.push_back((*stream)->Wait());
    (*stream)->Stop();
  };
  (*stream)->TriggerCheckpoint();
  const arrow::Status end = (*stream)->Wait();
  EXPECT_EQ(GetErrorDetail(end)->error_class().name, "OPERATION_CANCELED");
  EXPECT_FALSE((*stream)->status().is_running);
  stream->reset();  // waits for the commit
  ASSERT_EQ(refused.size(), 2U);
  for (const arrow::Status& status : refused) {
    EXPECT_EQ(GetErrorDetail(status)->error_class().name, "UNSUPPORTED_FEATURE");
  }
}

TEST_F(UnboundedTest, ACheckpointAskedForDuringAnotherFollowsIt) {
  WorkerPool pool(2);
  connector->stream.pause_at = 300;
  auto stream = Start(Env::Real(), 2, {.pool = &pool}, Plan());
  ASSERT_TRUE(stream.ok()) << stream.status().ToString();
  std::atomic<int> num_commits{0};
  connector->outside.on_commit = [&] {
    if (num_commits++ == 0) (*stream)->TriggerCheckpoint();
  };
  (*stream)->TriggerCheckpoint();
  for (int i = 0; num_commits < 2 && i < 10'000; ++i) {
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  EXPECT_GE(num_commits, 2);
  stream->reset();
}

// The fake window passes watermarks as they are; a real one takes its size and lateness off.
TEST_F(UnboundedTest, TheWatermarkIsThatBeforeTheWindow) {
  WorkerPool pool(2);
  auto plan = std::make_shared<PhysicalNode>(*Plan());
  auto window = std::make_shared<PhysicalNode>(*plan->inputs[0]);
  window->step = PhysicalWindowAggregate{.size_us = 1000, .lateness_us = 10};
  plan->inputs[0] = window;
  auto stream = Start(Env::Real(), 2, {.pool = &pool}, plan);
  ASSERT_TRUE(stream.ok()) << stream.status().ToString();
  ASSERT_TRUE((*stream)->Wait().ok());
  EXPECT_GT((*stream)->status().watermark, 1510);
  EXPECT_LE((*stream)->status().watermark, 1610);
}

TEST_F(UnboundedTest, GoesOnFromItsCheckpointAtAnotherParallelism) {
  for (const auto& [before, after] : std::vector<std::pair<uint32_t, uint32_t>>{{1, 3}, {3, 2}}) {
    connector->outside.committed.clear();
    connector->stream.rows_read = 0;
    connector->stream.pause_at = 300;
    Simulation simulation({.seed = before});
    const StreamOptions options{.checkpoint_folder = "job"};
    {
      WorkerPool pool(0);
      StreamOptions first = options;
      first.pool = &pool;
      auto stream = Start(simulation.env(), before, first, Plan());
      ASSERT_TRUE(stream.ok()) << stream.status().ToString();
      EXPECT_EQ(*(*stream)->Checkpoint(), 1U);
      EXPECT_EQ(*(*stream)->Checkpoint(), 2U);
      EXPECT_EQ((*stream)->status().epoch, 2U);
      EXPECT_TRUE((*stream)->status().is_running);
    }
    connector->stream.pause_at = INT64_MAX;
    const int64_t read_before = connector->stream.rows_read;
    WorkerPool pool(0);
    StreamOptions second = options;
    second.pool = &pool;
    auto stream = Start(simulation.env(), after, second, Plan());
    ASSERT_TRUE(stream.ok()) << stream.status().ToString();
    ASSERT_TRUE((*stream)->Wait().ok());
    EXPECT_EQ(connector->outside.rows(), Expected(600, after));
    EXPECT_LE(connector->stream.rows_read, 600 + std::max<int64_t>(0, read_before - 1));
    EXPECT_GT((*stream)->status().epoch, 2U);
  }
}

// At every crash point, at every hit: what is outside in the end is each row once.
TEST_F(UnboundedTest, LosesAndDoublesNothingWhereverItDies) {
  for (const std::string_view point : {crash_point::kEpochRecord, crash_point::kSinkCommit,
                                       crash_point::kSourceAck, crash_point::kFsync}) {
    for (const int64_t hit : {1, 2, 4, 7}) {
      connector->outside.committed.clear();
      connector->stream.pause_at = INT64_MAX;
      Simulation simulation({.seed = static_cast<uint64_t>(hit)});
      simulation.CrashAtPoint(point, hit);
      bool has_crashed = false;
      for (int life = 0; life < 2; ++life) {
        WorkerPool pool(0);
        try {
          auto stream = Start(simulation.env(), life == 0 ? 2 : 3,
                              {.checkpoint_folder = "job", .pool = &pool}, Plan());
          ASSERT_TRUE(stream.ok()) << stream.status().ToString();
          while ((*stream)->status().is_running) {
            const auto epoch = (*stream)->Checkpoint();
            ASSERT_TRUE(epoch.ok()) << epoch.status().ToString();
          }
          break;
        } catch (const SimulatedCrash&) {
          has_crashed = true;
          simulation.Restart();
        }
      }
      EXPECT_TRUE(has_crashed || hit > 2) << point << hit;
      const std::vector<int64_t> rows = connector->outside.rows();
      std::vector<int64_t> expected = Expected(600, 0);
      const auto ends = static_cast<size_t>(std::count(rows.begin(), rows.end(), 1'000'000));
      expected.insert(expected.end(), ends, 1'000'000);
      EXPECT_EQ(rows, expected) << point << " " << hit;
    }
  }
}

TEST_F(UnboundedTest, FiresTimersOnTheirOperator) {
  Simulation simulation;
  WorkerPool pool(0);
  connector->stream.pause_at = 300;
  // One task, so one timer: its row is of one key, which may come once.
  auto stream = Start(simulation.env(), 1, {.pool = &pool}, Plan(/*with_alarm=*/true));
  ASSERT_TRUE(stream.ok());
  ASSERT_TRUE((*stream)->Checkpoint().ok());
  simulation.RunFor(10'000'000);
  connector->stream.pause_at = INT64_MAX;
  ASSERT_TRUE((*stream)->Wait().ok());
  const std::vector<int64_t> rows = connector->outside.rows();
  EXPECT_EQ(std::count(rows.begin(), rows.end(), 2'000'000), 1);
}

TEST_F(UnboundedTest, StopsAtOnceAndReportsErrors) {
  WorkerPool pool(2);
  connector->stream.pause_at = 100;
  auto stream = Start(Env::Real(), 2, {.pool = &pool}, Plan());
  ASSERT_TRUE(stream.ok());
  int calls = 0;
  EXPECT_THAT((*stream)
                  ->Wait([&] {
                    return ++calls < 3 ? arrow::Status::OK() : arrow::Status::Cancelled("Ctrl-C");
                  })
                  .ToString(),
              HasSubstr("Ctrl-C"));
  EXPECT_TRUE((*stream)->status().is_running);
  (*stream)->Stop();
  EXPECT_FALSE((*stream)->status().is_running);
  EXPECT_TRUE((*stream)->status().error.ok());

  EXPECT_THAT(Start(Env::Real(), 2, {.pool = &pool}, Plan()->inputs[0]).status().ToString(),
              HasSubstr("UNSUPPORTED_FEATURE"));
}

}  // namespace
}  // namespace sabot
