#include "sabot/scheduler/bounded.h"

#include <algorithm>

#include "sabot/base/error.h"
#include "sabot/scheduler/bounded_task.h"

namespace sabot {
namespace {

constexpr int64_t kHookNanos = 20'000'000;

class BoundedQuery final : public RunningQuery {
 public:
  BoundedQuery(PhysicalPtr root, WorkerPool* pool) : root_(std::move(root)), pool_(pool) {}

  ~BoundedQuery() override {
    Cancel();
    WaitForEnd();
  }

  arrow::Status Start(BoundedParts parts, const QueryContext& context,
                      const ConnectorSet& connectors, const QueryOptions& options) {
    shared_.context = context;
    SinkMaker make_sink =
        [this](const TaskContext& task) -> arrow::Result<std::unique_ptr<Operator>> {
      return MakeResultSink(shared_.results.get(), task.task_index,
                            tasks_[task.task_index]->waker());
    };
    const PhysicalNode* top = root_.get();
    const auto* sink_step = root_->As<PhysicalSink>();
    if (sink_step != nullptr) {
      ARROW_ASSIGN_OR_RAISE(auto connector, connectors.Find(sink_step->sink.connector));
      ARROW_ASSIGN_OR_RAISE(sink_, connector->OpenSink(sink_step->sink, context.env));
      ARROW_ASSIGN_OR_RAISE(shared_.committer, sink_->MakeCommitter(context.env));
      make_sink = [this](const TaskContext& task) { return sink_->MakeOperator(task); };
      top = root_->inputs[0].get();
    }
    ARROW_ASSIGN_OR_RAISE(shared_.plan,
                          CompileBounded(*top, context, connectors, parts.make_factory,
                                         std::move(make_sink), sink_step != nullptr));
    const uint32_t num_tasks = shared_.plan->num_tasks;
    shared_.context.num_tasks = num_tasks;
    shared_.state = std::make_unique<QueryState>(num_tasks);
    shared_.broker = std::make_unique<SpillBroker>(context.memory);
    ARROW_ASSIGN_OR_RAISE(auto results_memory, context.memory->MakeConsumer("query result"));
    shared_.results = std::make_unique<ResultQueue>(
        num_tasks,
        std::min(options.result_bytes_max, std::max<int64_t>(context.memory->limit_bytes() / 8, 1)),
        std::move(results_memory));
    return StartTasks(parts);
  }

  arrow::Result<std::optional<Batch>> Next(const WaitHook& hook) override {
    Clock* const clock = shared_.context.env.clock;
    int64_t hook_due = clock->MonotonicNanos() + kHookNanos;
    while (true) {
      if (shared_.state->is_cancelled()->load()) return Failed();
      if (std::optional<Batch> batch = shared_.results->TryTake()) return batch;
      if (shared_.results->is_drained()) {
        WaitForEnd();
        // The last task may have failed between the two looks.
        if (shared_.state->is_cancelled()->load()) return Failed();
        return std::nullopt;
      }
      if (pool_->num_threads() == 0) {
        pool_->RunUntilBlocked();
        if (!shared_.results->is_drained() && shared_.results->is_empty())
          clock->SleepNanos(1'000'000);
      } else {
        shared_.results->WaitNanos(kHookNanos);
      }
      if (hook == nullptr || clock->MonotonicNanos() < hook_due) continue;
      hook_due = clock->MonotonicNanos() + kHookNanos;
      if (arrow::Status status = hook(); !status.ok()) {
        shared_.state->Fail(status);
        return status;
      }
    }
  }

  void Cancel() override {
    if (!is_started_ || shared_.state->has_ended()) return;
    shared_.state->Fail(MakeError("OPERATION_CANCELED", {{"message", ""}}));
    shared_.results->Notify();
  }

  QueryProgress progress() const override {
    QueryProgress progress;
    for (const auto& scan : shared_.plan->scans) {
      const ScanProgress& part = scan->progress();
      progress.rows_read += part.rows_read.load(std::memory_order_relaxed);
      progress.bytes_read += part.bytes_read.load(std::memory_order_relaxed);
      progress.morsels_done += part.morsels_done.load(std::memory_order_relaxed) +
                               part.morsels_skipped.load(std::memory_order_relaxed);
      progress.morsels_total += part.morsels_total;
    }
    progress.is_finished = shared_.state->has_ended();
    for (size_t id = 0; id < shared_.plan->counters.size(); ++id) {
      const NodeCounters& counters = *shared_.plan->counters[id];
      progress.nodes.push_back({static_cast<uint32_t>(id), counters.rows_out.load(),
                                counters.batches_out.load(), counters.nanos.load()});
    }
    return progress;
  }

  const std::vector<OutputColumn>& columns() const override { return root_->output; }

  Schema schema() const override {
    Schema schema;
    for (const OutputColumn& column : root_->output) {
      schema.columns.push_back(
          {.name = column.name, .type = column.type, .nullable = column.nullable});
    }
    return schema;
  }

 private:
  arrow::Status StartTasks(const BoundedParts& parts) {
    for (uint32_t i = 0; i < shared_.plan->num_tasks; ++i) {
      tasks_.push_back(std::make_shared<BoundedTask>(&shared_, i));
      pool_->Adopt(tasks_.back());
      shared_.state->AddWaker(tasks_.back()->waker());
      shared_.broker->AddTask(tasks_.back()->waker());
    }
    for (const auto& task : tasks_) {
      std::unique_ptr<PageWriter> page_writer;
      if (parts.make_page_writer != nullptr) {
        ARROW_ASSIGN_OR_RAISE(page_writer, parts.make_page_writer(task->waker()));
      }
      task->Prepare(std::move(page_writer));
    }
    is_started_ = true;
    for (const auto& task : tasks_) pool_->Submit(task);
    return arrow::Status::OK();
  }

  arrow::Status Failed() {
    WaitForEnd();
    return Catalogued(shared_.state->status());
  }

  void WaitForEnd() {
    if (!is_started_) return;
    while (pool_->num_threads() == 0 && !shared_.state->has_ended()) {
      pool_->RunUntilBlocked();
      if (!shared_.state->has_ended()) shared_.context.env.clock->SleepNanos(1'000'000);
    }
    shared_.state->WaitForEnd();
  }

  const PhysicalPtr root_;
  WorkerPool* const pool_;
  std::shared_ptr<Sink> sink_;
  BoundedShared shared_;
  bool is_started_ = false;
  std::vector<std::shared_ptr<BoundedTask>> tasks_;
};

}  // namespace

arrow::Result<std::unique_ptr<RunningQuery>> StartBoundedWith(BoundedParts parts,
                                                              const PhysicalPlan& plan,
                                                              const QueryContext& context,
                                                              const ConnectorSet& connectors,
                                                              const QueryOptions& options) {
  auto query = std::make_unique<BoundedQuery>(
      NumberNodes(plan.root), options.pool != nullptr ? options.pool : &WorkerPool::Process());
  ARROW_RETURN_NOT_OK(query->Start(std::move(parts), context, connectors, options));
  return query;
}

}  // namespace sabot
