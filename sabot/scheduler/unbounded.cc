#include "sabot/scheduler/unbounded.h"

#include <algorithm>
#include <mutex>

#include <fmt/format.h>

#include "sabot/base/error.h"
#include "sabot/eventtime/pane.h"
#include "sabot/exchange/local_exchange.h"
#include "sabot/expression/evaluator.h"
#include "sabot/scheduler/late_sink.h"
#include "sabot/scheduler/simple_steps.h"
#include "sabot/scheduler/stream_task.h"

namespace sabot {
namespace {

constexpr int64_t kHookNanos = 20'000'000;

/// Part of a row of steps between two exchanges.
struct Stage {
  const PhysicalNode* source = nullptr;    ///< scan, values, or the exchange it reads
  std::vector<const PhysicalNode*> nodes;  ///< in the order of the rows
  const PhysicalNode* exchange = nullptr;  ///< that it feeds; null: it ends in the sink
  uint32_t num_tasks = 1;
  std::shared_ptr<Scan> scan;
  std::vector<std::shared_ptr<OperatorFactory>> factories;
  std::shared_ptr<LocalExchange> output;
};

arrow::Result<std::vector<Stage>> CutIntoStages(const PhysicalNode& top) {
  std::vector<const PhysicalNode*> row;
  const PhysicalNode* node = &top;
  while (true) {
    row.push_back(node);
    if (node->inputs.empty()) break;
    if (node->inputs.size() > 1) {
      return UnsupportedError("joins and unions of streams", "one stream for each input");
    }
    node = node->inputs[0].get();
  }
  std::reverse(row.begin(), row.end());
  std::vector<Stage> stages(1);
  stages.back().source = row[0];
  for (size_t i = 1; i < row.size(); ++i) {
    if (row[i]->As<PhysicalExchange>() == nullptr) {
      stages.back().nodes.push_back(row[i]);
      continue;
    }
    stages.back().exchange = row[i];
    stages.emplace_back().source = row[i];
  }
  return stages;
}

Partitioning PartitioningOf(ExchangeMode mode) {
  switch (mode) {
    case ExchangeMode::kHash:
      return Partitioning::kHash;
    case ExchangeMode::kBroadcast:
      return Partitioning::kBroadcast;
    case ExchangeMode::kRebalance:
      return Partitioning::kRebalance;
    case ExchangeMode::kForward:
      break;
  }
  return Partitioning::kForward;
}

arrow::Result<KeyColumns> MakeKeyColumns(const PhysicalNode& exchange,
                                         const QueryContext& context) {
  const Layout layout = exchange.inputs[0]->layout();
  std::vector<int> positions;
  auto evaluators = std::make_shared<std::vector<std::unique_ptr<Evaluator>>>();
  for (const ExpressionPtr& key : exchange.As<PhysicalExchange>()->keys) {
    const auto* column = std::get_if<ColumnRef>(&key->node);
    positions.push_back(column == nullptr ? -1 : layout.Find(column->id));
    if (column != nullptr && positions.back() < 0) {
      return InternalError("an exchange deals by a column that it does not have");
    }
    evaluators->emplace_back();
    if (column != nullptr) continue;
    ARROW_ASSIGN_OR_RAISE(evaluators->back(),
                          MakeEvaluator(key, layout, *context.functions, context.settings));
  }
  return [positions, evaluators](const Batch& batch, std::vector<Vector>* keys) -> arrow::Status {
    keys->resize(positions.size());
    for (size_t i = 0; i < positions.size(); ++i) {
      if (positions[i] >= 0) {
        (*keys)[i] = batch.column(static_cast<size_t>(positions[i]));
      } else {
        ARROW_RETURN_NOT_OK((*evaluators)[i]->Evaluate(batch, &(*keys)[i]));
      }
    }
    return arrow::Status::OK();
  };
}

uint32_t GreatestId(const PhysicalNode& node) {
  uint32_t greatest = node.id;
  for (const PhysicalPtr& input : node.inputs) greatest = std::max(greatest, GreatestId(*input));
  return greatest;
}

/// How much smaller windows make the watermark that goes on below them.
int64_t WindowDelayOf(const PhysicalNode& node) {
  int64_t delay_us = 0;
  if (const auto* window = node.As<PhysicalWindowAggregate>()) {
    delay_us = AddSaturated(window->size_us, window->lateness_us);
  }
  for (const PhysicalPtr& input : node.inputs) {
    delay_us = AddSaturated(delay_us, WindowDelayOf(*input));
  }
  return delay_us;
}

class Stream final : public RunningStream {
 public:
  Stream(PhysicalPtr root, WorkerPool* pool) : root_(std::move(root)), pool_(pool) {}
  ~Stream() override { Stop(); }

  arrow::Status Start(const BoundedParts& parts, const QueryContext& context,
                      const ConnectorSet& connectors, const StreamOptions& options) {
    context_ = context;
    context_.is_unbounded = true;
    const auto* sink = root_->As<PhysicalSink>();
    if (sink == nullptr) {
      return UnsupportedError("a stream without a sink", "a sink of files or memory");
    }
    ARROW_ASSIGN_OR_RAISE(stages_, CutIntoStages(*root_->inputs[0]));
    ARROW_RETURN_NOT_OK(OpenStages(parts, connectors, options));
    std::vector<SinkCommitter> committers;
    ARROW_ASSIGN_OR_RAISE(sink_, OpenSink(sink->sink, root_->id, connectors, &committers));
    if (options.late_sink.has_value()) {
      ARROW_ASSIGN_OR_RAISE(late_sink_, OpenSink(*options.late_sink, GreatestId(*root_) + 1,
                                                 connectors, &committers));
    }
    ARROW_RETURN_NOT_OK(OpenCheckpoint(options, &committers));
    ARROW_RETURN_NOT_OK(MakeTasks(parts));
    pieces_.clear();
    is_started_ = true;
    for (const auto& task : tasks_) pool_->Submit(task);
    shared_.epochs->Start();
    return arrow::Status::OK();
  }

  StreamStatus status() const override {
    StreamStatus status;
    status.error = shared_.state->status();
    status.is_running = !shared_.state->has_ended();
    status.late_rows = shared_.late_rows.load();
    status.epoch = shared_.epochs->completed();
    status.rows_saved = shared_.epochs->rows_saved();
    status.rows_read = RowsRead();
    status.watermark = INT64_MAX;
    for (size_t i = tasks_.size() - stages_.back().num_tasks; i < tasks_.size(); ++i) {
      status.watermark = std::min(status.watermark, tasks_[i]->watermark());
    }
    if (status.watermark != StreamStatus::kNoWatermark) {
      status.watermark = AddSaturated(status.watermark, WindowDelayOf(*root_));
    }
    if (is_stopped_) status.error = arrow::Status::OK();
    return status;
  }

  void TriggerCheckpoint() override { shared_.epochs->Trigger(); }

  arrow::Result<Epoch> Checkpoint(const WaitHook& hook) override {
    if (shared_.epochs->is_committing_here()) {
      return UnsupportedError("a checkpoint from inside the stream's own callback",
                              "one from another thread, once the callback has returned");
    }
    const Epoch epoch = shared_.epochs->next_epoch();
    shared_.epochs->Trigger();
    ARROW_RETURN_NOT_OK(WaitFor([&] { return shared_.epochs->completed() >= epoch; }, hook));
    return shared_.epochs->completed();
  }

  arrow::Status Wait(const WaitHook& hook) override {
    if (shared_.epochs->is_committing_here()) {
      return UnsupportedError("waiting for a stream inside its own callback",
                              "waiting in another thread");
    }
    return WaitFor([] { return false; }, hook);
  }

  void Stop() override {
    if (!is_started_) return;
    if (!shared_.state->has_ended()) {
      // A second call finds the error of the first.
      if (shared_.state->status().ok()) is_stopped_ = true;
      shared_.state->Fail(
          MakeError("OPERATION_CANCELED", {{"message", "The stream was stopped."}}));
    }
    while (pool_->num_threads() == 0 && !shared_.state->has_ended()) pool_->RunUntilBlocked();
    shared_.state->WaitForEnd();
    static_cast<void>(RowsRead());
    shared_.epochs->Close();
  }

 private:
  // The scan holds the files it reads open: once no task is left it goes.
  int64_t RowsRead() const {
    const std::lock_guard lock(scan_mutex_);
    std::shared_ptr<Scan>& scan = stages_[0].scan;
    if (scan != nullptr) {
      rows_read_ = scan->progress().rows_read.load();
      if (shared_.state->has_ended()) scan.reset();
    }
    return rows_read_;
  }

  arrow::Status OpenStages(const BoundedParts& parts, const ConnectorSet& connectors,
                           const StreamOptions& options) {
    for (size_t i = 0; i < stages_.size(); ++i) {
      Stage& stage = stages_[i];
      stage.num_tasks = std::max<uint32_t>(1, context_.num_tasks);
      if (const auto* scan = stage.source->As<PhysicalScan>()) {
        ARROW_ASSIGN_OR_RAISE(auto connector, connectors.Find(scan->table.connector));
        ARROW_ASSIGN_OR_RAISE(
            stage.scan,
            connector->OpenScan({scan->table, scan->ordinals, scan->bounds}, context_.env));
        stage.num_tasks =
            static_cast<uint32_t>(std::clamp<int64_t>(stage.scan->max_tasks(), 1, stage.num_tasks));
      } else if (stage.source->As<PhysicalValues>() == nullptr && i == 0) {
        return InternalError("a stream begins with neither a table nor values");
      }
      QueryContext query = context_;
      query.num_tasks = stage.num_tasks;
      for (const PhysicalNode* node : stage.nodes) {
        ARROW_ASSIGN_OR_RAISE(std::shared_ptr<OperatorFactory> factory,
                              parts.make_factory(*node, query));
        stage.factories.push_back(std::move(factory));
      }
    }
    for (size_t i = 0; i + 1 < stages_.size(); ++i) {
      stages_[i].output = LocalExchange::Make(
          {.num_producers = stages_[i].num_tasks,
           .num_consumers = stages_[i + 1].num_tasks,
           .partitioning = PartitioningOf(stages_[i].exchange->As<PhysicalExchange>()->mode),
           .channel_bytes_max = options.channel_bytes_max});
    }
    return arrow::Status::OK();
  }

  arrow::Result<std::shared_ptr<Sink>> OpenSink(const SinkDescription& description,
                                                uint32_t operator_id,
                                                const ConnectorSet& connectors,
                                                std::vector<SinkCommitter>* committers) {
    ARROW_ASSIGN_OR_RAISE(auto connector, connectors.Find(description.connector));
    ARROW_ASSIGN_OR_RAISE(std::shared_ptr<Sink> sink,
                          connector->OpenSink(description, context_.env));
    ARROW_ASSIGN_OR_RAISE(std::unique_ptr<Committer> committer, sink->MakeCommitter(context_.env));
    if (committer != nullptr) committers->push_back({operator_id, std::move(committer)});
    return sink;
  }

  // Reads what there is, and commits it again: the process may have died between record and commit.
  arrow::Status OpenCheckpoint(const StreamOptions& options,
                               std::vector<SinkCommitter>* committers) {
    std::unique_ptr<CheckpointStore> store;
    Epoch last = 0;
    if (!options.checkpoint_folder.empty()) {
      std::string job = StateText(root_);
      if (options.late_sink.has_value()) {
        job += fmt::format("late rows to {}", options.late_sink->connector);
      }
      ARROW_ASSIGN_OR_RAISE(
          store, CheckpointStore::Open(context_.env, options.checkpoint_folder, std::move(job)));
      ARROW_ASSIGN_OR_RAISE(const std::optional<Epoch> latest, store->LatestEpoch());
      if (latest.has_value()) {
        last = *latest;
        ARROW_ASSIGN_OR_RAISE(pieces_, store->Load(last));
        for (const SinkCommitter& sink : *committers) {
          const auto staged = ReadPieces(pieces_, sink.operator_id, {});
          ARROW_RETURN_NOT_OK(sink.committer->Commit(last, *staged));
        }
        ARROW_RETURN_NOT_OK(store->MarkCommitted(last));
      }
    }
    uint32_t num_tasks = 0;
    for (const Stage& stage : stages_) num_tasks += stage.num_tasks;
    shared_.state = std::make_shared<QueryState>(num_tasks);
    shared_.broker = std::make_unique<SpillBroker>(context_.memory);
    shared_.epochs = std::make_shared<EpochCoordinator>(
        context_.env, std::move(store), std::move(*committers), num_tasks, last,
        options.checkpoint_interval_ms,
        [state = shared_.state](arrow::Status status) { state->Fail(std::move(status)); });
    if (stages_[0].scan != nullptr) {
      shared_.epochs->CountRowsOf(&stages_[0].scan->progress().rows_read);
    }
    return arrow::Status::OK();
  }

  arrow::Status MakeTasks(const BoundedParts& parts) {
    for (const Stage& stage : stages_) {
      for (uint32_t i = 0; i < stage.num_tasks; ++i) {
        const auto task =
            std::make_shared<StreamTask>(&shared_, static_cast<uint32_t>(tasks_.size()));
        pool_->Adopt(task);
        shared_.state->AddWaker(task->waker());
        shared_.broker->AddTask(task->waker());
        shared_.epochs->AddWaker(task->waker());
        tasks_.push_back(task);
      }
    }
    size_t next = 0;
    for (size_t stage = 0; stage < stages_.size(); ++stage) {
      for (uint32_t i = 0; i < stages_[stage].num_tasks; ++i) {
        ARROW_RETURN_NOT_OK(PrepareTask(parts, stage, i, *tasks_[next++]));
      }
    }
    return arrow::Status::OK();
  }

  arrow::Status PrepareTask(const BoundedParts& parts, size_t stage_index, uint32_t index,
                            StreamTask& task) {
    const Stage& stage = stages_[stage_index];
    TaskContext common{.task_index = index,
                       .num_tasks = stage.num_tasks,
                       .batch_size = context_.batch_size,
                       .key_groups = KeyGroupsOfTask(index, stage.num_tasks),
                       .is_unbounded = true,
                       .env = context_.env,
                       .memory = context_.memory,
                       .is_cancelled = shared_.state->is_cancelled()};
    const TaskContext& source_context = task.AddContext(common);
    std::unique_ptr<Source> source;
    if (stage_index > 0) {
      source = stages_[stage_index - 1].output->MakeSource(index, common.key_groups, task.waker());
    } else if (stage.scan != nullptr) {
      ARROW_ASSIGN_OR_RAISE(source, stage.scan->MakeSource(source_context));
    } else {
      ARROW_ASSIGN_OR_RAISE(
          source, MakeValuesSource(*stage.source->As<PhysicalValues>(), index, common.batch_size));
    }
    ARROW_RETURN_NOT_OK(Restore(stage.source->id, common.key_groups, *source));

    std::vector<StreamTask::Step> steps;
    std::vector<size_t> late;
    for (size_t i = 0; i < stage.nodes.size(); ++i) {
      ARROW_ASSIGN_OR_RAISE(std::unique_ptr<Operator> made,
                            stage.factories[i]->Make(task.AddContext(common)));
      ARROW_RETURN_NOT_OK(Restore(stage.nodes[i]->id, common.key_groups, *made));
      if (stage.nodes[i]->As<PhysicalWindowAggregate>() != nullptr) late.push_back(i);
      steps.push_back({.op = std::move(made),
                       .operator_id = stage.nodes[i]->id,
                       .name = std::visit([](const auto& step) { return std::string(step.kName); },
                                          stage.nodes[i]->step),
                       .next = static_cast<int>(i) + 1});
    }
    ARROW_ASSIGN_OR_RAISE(StreamTask::Step end,
                          MakeEnd(stage, index, task.AddContext(common), task.waker()));
    steps.push_back(std::move(end));
    for (const size_t at : late) {
      steps[at].side = static_cast<int>(steps.size());
      ARROW_ASSIGN_OR_RAISE(StreamTask::Step side, MakeLate(task.AddContext(common)));
      steps.push_back(std::move(side));
    }
    std::unique_ptr<PageWriter> page_writer;
    if (parts.make_page_writer != nullptr) {
      ARROW_ASSIGN_OR_RAISE(page_writer, parts.make_page_writer(task.waker()));
    }
    task.Prepare(std::move(source), stage.source->id, /*sends_barriers=*/stage_index == 0,
                 std::move(steps), std::move(page_writer));
    return arrow::Status::OK();
  }

  arrow::Result<StreamTask::Step> MakeEnd(const Stage& stage, uint32_t index,
                                          const TaskContext& context,
                                          const std::shared_ptr<Waker>& waker) {
    if (stage.exchange == nullptr) {
      ARROW_ASSIGN_OR_RAISE(std::unique_ptr<Operator> made, sink_->MakeOperator(context));
      ARROW_RETURN_NOT_OK(Restore(root_->id, context.key_groups, *made));
      return StreamTask::Step{.op = std::move(made), .operator_id = root_->id, .name = "sink"};
    }
    ARROW_ASSIGN_OR_RAISE(KeyColumns keys, MakeKeyColumns(*stage.exchange, context_));
    return StreamTask::Step{.op = stage.output->MakeSink(index, std::move(keys), waker),
                            .operator_id = stage.exchange->id,
                            .name = "exchange"};
  }

  arrow::Result<StreamTask::Step> MakeLate(const TaskContext& context) {
    std::unique_ptr<Operator> inner;
    const uint32_t id = GreatestId(*root_) + 1;
    if (late_sink_ != nullptr) {
      ARROW_ASSIGN_OR_RAISE(inner, late_sink_->MakeOperator(context));
      ARROW_RETURN_NOT_OK(Restore(id, context.key_groups, *inner));
    }
    return StreamTask::Step{.op = std::make_unique<LateSink>(&shared_.late_rows, std::move(inner)),
                            .operator_id = id,
                            .name = "late rows"};
  }

  arrow::Status Restore(uint32_t operator_id, KeyGroupRange owned, Stateful& target) {
    if (shared_.epochs->completed() == 0) return arrow::Status::OK();
    const auto reader = ReadPieces(pieces_, operator_id, owned);
    return target.Restore(*reader);
  }

  // Until `is_there`; OK too if the stream ended well before.
  arrow::Status WaitFor(const std::function<bool()>& is_there, const WaitHook& hook) {
    Clock* const clock = context_.env.clock;
    int64_t hook_due = clock->MonotonicNanos() + kHookNanos;
    while (!is_there()) {
      if (shared_.state->has_ended()) {
        static_cast<void>(RowsRead());
        return Catalogued(shared_.state->status());
      }
      if (pool_->num_threads() == 0) {
        pool_->RunUntilBlocked();
        if (!is_there() && !shared_.state->has_ended()) clock->SleepNanos(1'000'000);
      } else {
        shared_.epochs->WaitNanos(1'000'000);
      }
      if (hook == nullptr || clock->MonotonicNanos() < hook_due) continue;
      hook_due = clock->MonotonicNanos() + kHookNanos;
      ARROW_RETURN_NOT_OK(hook());
    }
    return arrow::Status::OK();
  }

  const PhysicalPtr root_;
  WorkerPool* const pool_;
  QueryContext context_;
  mutable std::mutex scan_mutex_;
  mutable int64_t rows_read_ = 0;  // guarded by scan_mutex_, as the first stage's scan
  mutable std::vector<Stage> stages_;
  std::shared_ptr<Sink> sink_;
  std::shared_ptr<Sink> late_sink_;
  std::vector<CheckpointPiece> pieces_;  // while it starts
  StreamShared shared_;
  bool is_started_ = false;
  std::atomic<bool> is_stopped_{false};
  std::vector<std::shared_ptr<StreamTask>> tasks_;
};

}  // namespace

arrow::Result<std::unique_ptr<RunningStream>> StartStreamWith(BoundedParts parts,
                                                              const PhysicalPlan& plan,
                                                              const QueryContext& context,
                                                              const ConnectorSet& connectors,
                                                              const StreamOptions& options) {
  auto stream = std::make_unique<Stream>(
      NumberNodes(plan.root), options.pool != nullptr ? options.pool : &WorkerPool::Process());
  ARROW_RETURN_NOT_OK(stream->Start(parts, context, connectors, options));
  return stream;
}

}  // namespace sabot
