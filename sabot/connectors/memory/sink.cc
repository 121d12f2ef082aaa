#include "sabot/connectors/memory/sink.h"

#include <algorithm>
#include <cstring>
#include <optional>

#include <fmt/format.h>

#include "sabot/base/crash_point.h"
#include "sabot/base/error.h"

namespace sabot {
namespace {

using BatchList = std::vector<std::shared_ptr<const Batch>>;

/// Rows between a task's snapshot and their commit. Thread-safe.
class StagedRows {
 public:
  void Put(Epoch epoch, uint32_t task, BatchList batches) {
    const std::lock_guard lock(mutex_);
    epochs_[epoch][task] = std::move(batches);
  }
  /// In order of tasks; none: the epoch was given already.
  std::optional<BatchList> Find(Epoch epoch) const {
    const std::lock_guard lock(mutex_);
    if (last_given_.has_value() && epoch <= *last_given_) return std::nullopt;
    BatchList all;
    const auto found = epochs_.find(epoch);
    if (found == epochs_.end()) return all;
    for (const auto& [task, batches] : found->second) {
      all.insert(all.end(), batches.begin(), batches.end());
    }
    return all;
  }
  void SetGiven(Epoch epoch) {
    const std::lock_guard lock(mutex_);
    last_given_ = epoch;
    epochs_.erase(epochs_.begin(), epochs_.upper_bound(epoch));
  }

 private:
  mutable std::mutex mutex_;
  std::map<Epoch, std::map<uint32_t, BatchList>> epochs_;
  std::optional<Epoch> last_given_;
};

class CollectingOperator final : public Operator {
 public:
  CollectingOperator(std::shared_ptr<StagedRows> staged, uint32_t task)
      : staged_(std::move(staged)), task_(task) {}

  arrow::Result<Progress> Push(int /*port*/, Batch& input, Output* /*output*/) override {
    const Rows rows = input.rows();
    std::vector<int32_t> order;  // positions, each as often as it counts
    for (int32_t i = 0; i < rows.count; ++i) {
      const int64_t weight = input.weight(rows[i]);
      if (weight < 0) {
        return MakeError("STREAM_UNSUPPORTED", {{"operation", "collecting rows"},
                                                {"reason", "a row that was given is taken back"},
                                                {"alternative", "windows, whose rows are final"}});
      }
      for (int64_t copy = 0; copy < weight; ++copy) {
        order.push_back(rows[i]);
        if (order.size() == static_cast<size_t>(kVectorSize)) Keep(input, &order);
      }
    }
    Keep(input, &order);
    return Progress::kNeedsInput;
  }

  arrow::Status Snapshot(Epoch epoch, SnapshotWriter& writer) override {
    staged_->Put(epoch, task_, std::move(batches_));
    batches_.clear();
    // That there is a piece says that the task took part; the rows stay here.
    return writer.Add({.name = "collected", .split = task_});
  }

 private:
  void Keep(const Batch& input, std::vector<int32_t>* order) {
    if (order->empty()) return;
    // A copy in buffers of its own: what the input holds is its makers'.
    BufferPool pool;
    Batch kept = input.Take(*order, pool);
    kept.set_weights(nullptr);
    for (Vector& column : kept.columns()) {
      column = column.Flattened({nullptr, kept.num_rows()}, pool);
    }
    batches_.push_back(std::make_shared<const Batch>(std::move(kept)));
    order->clear();
  }

  const std::shared_ptr<StagedRows> staged_;
  const uint32_t task_;
  BatchList batches_;
};

class CollectingCommitter final : public Committer {
 public:
  CollectingCommitter(std::shared_ptr<StagedRows> staged, EpochConsumer consumer)
      : staged_(std::move(staged)), consumer_(std::move(consumer)) {}

  arrow::Status Commit(Epoch epoch, SnapshotReader& /*staged*/) override {
    CrashPoint(crash_point::kSinkCommit);
    const std::optional<BatchList> batches = staged_->Find(epoch);
    if (!batches.has_value()) return arrow::Status::OK();
    ARROW_RETURN_NOT_OK(consumer_(epoch, *batches));
    staged_->SetGiven(epoch);
    CrashPoint(crash_point::kSinkCommit);
    return arrow::Status::OK();
  }

 private:
  const std::shared_ptr<StagedRows> staged_;
  const EpochConsumer consumer_;
};

class CollectingSink final : public Sink {
 public:
  explicit CollectingSink(EpochConsumer consumer) : consumer_(std::move(consumer)) {}

  arrow::Result<std::unique_ptr<Operator>> MakeOperator(const TaskContext& context) override {
    return std::make_unique<CollectingOperator>(staged_, context.task_index);
  }
  arrow::Result<std::unique_ptr<Committer>> MakeCommitter(const Env& /*env*/) override {
    return std::make_unique<CollectingCommitter>(staged_, consumer_);
  }

 private:
  const EpochConsumer consumer_;
  const std::shared_ptr<StagedRows> staged_ = std::make_shared<StagedRows>();
};

class CallbackConnector final : public Connector {
 public:
  explicit CallbackConnector(std::shared_ptr<ConsumerRegistry> registry)
      : registry_(std::move(registry)) {}

  std::string_view name() const override { return "callback"; }
  arrow::Result<TableDescription> Describe(TableDescription, const Env&) override {
    return UnsupportedError("Reading from a callback", "writing to one");
  }
  arrow::Result<std::shared_ptr<Scan>> OpenScan(const ScanRequest&, const Env&) override {
    return UnsupportedError("Reading from a callback", "writing to one");
  }
  arrow::Result<std::shared_ptr<Sink>> OpenSink(const SinkDescription& sink, const Env&) override {
    EpochConsumer consumer = registry_->Find(sink.path);
    if (consumer == nullptr) {
      return MakeError("CONFIG_INVALID", {{"key", "path"},
                                          {"value", sink.path},
                                          {"expected", "the id of a callback of this process"}});
    }
    return MakeCollectingSink(std::move(consumer));
  }

 private:
  const std::shared_ptr<ConsumerRegistry> registry_;
};

}  // namespace

std::shared_ptr<Sink> MakeCollectingSink(EpochConsumer consumer) {
  return std::make_shared<CollectingSink>(std::move(consumer));
}

std::shared_ptr<Sink> MakeMemorySink(std::shared_ptr<MemoryStore> store, std::string id,
                                     Schema schema) {
  return MakeCollectingSink([store = std::move(store), id = std::move(id),
                             schema = std::move(schema)](Epoch, auto batches) -> arrow::Status {
    auto table = std::make_shared<MemoryTable>();
    table->schema = schema;
    if (const auto before = store->Find(id); before.ok()) table->batches = (*before)->batches;
    table->batches.insert(table->batches.end(), batches.begin(), batches.end());
    store->Put(id, std::move(table));
    return arrow::Status::OK();
  });
}

std::string ConsumerRegistry::Add(EpochConsumer consumer) {
  const std::lock_guard lock(mutex_);
  std::string id = fmt::format("callback-{}", next_id_++);
  consumers_.emplace(id, std::move(consumer));
  return id;
}

void ConsumerRegistry::Remove(const std::string& id) {
  const std::lock_guard lock(mutex_);
  consumers_.erase(id);
}

EpochConsumer ConsumerRegistry::Find(const std::string& id) const {
  const std::lock_guard lock(mutex_);
  const auto found = consumers_.find(id);
  return found == consumers_.end() ? nullptr : found->second;
}

std::shared_ptr<Connector> MakeCallbackConnector(std::shared_ptr<ConsumerRegistry> registry) {
  return std::make_shared<CallbackConnector>(std::move(registry));
}

}  // namespace sabot
