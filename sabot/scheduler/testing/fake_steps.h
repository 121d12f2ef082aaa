#pragma once

#include <algorithm>
#include <atomic>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sabot/base/error.h"
#include "sabot/catalog/connectors.h"
#include "sabot/operators/factory.h"
#include "sabot/plan/physical/plan.h"
#include "sabot/scheduler/bounded.h"
#include "sabot/vector/testing/flaky.h"
#include "sabot/vector/testing/test_rows.h"

/// A table, a sink and steps small enough to see what the driver does with them.
namespace sabot::testing {
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

inline arrow::Result<std::unique_ptr<Source>> FakeScan::MakeSource(const TaskContext& context) {
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
    EXPECT_THAT(kinds_, ::testing::ElementsAre(Marker::kEnd, Marker::kBarrier));
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

inline arrow::Result<std::unique_ptr<Operator>> FakeSink::MakeOperator(const TaskContext&) {
  return std::make_unique<FakeSinkOperator>(log_);
}
inline arrow::Result<std::unique_ptr<Committer>> FakeSink::MakeCommitter(const Env&) {
  return std::make_unique<FakeCommitter>(log_);
}

class FakeConnector final : public Connector {
 public:
  std::string_view name() const override { return "test"; }
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

inline std::unique_ptr<Source> Sum::Remainder() {
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

inline std::unique_ptr<Source> Hoard::Remainder() {
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

inline PhysicalPtr ScanOf(const std::string& table) {
  PhysicalScan scan;
  scan.table.connector = "test";
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

}  // namespace sabot::testing
