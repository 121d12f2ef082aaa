#include "sabot/scheduler/query.h"

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <mutex>

#include <fmt/format.h>
#include <pthread.h>
#include <unistd.h>

#include "arrow/record_batch.h"

#include "sabot/base/error.h"
#include "sabot/formats/arrow/convert.h"
#include "sabot/functions/registry.h"
#include "sabot/optimizer/optimizer.h"
#include "sabot/plan/logical/plan.h"
#include "sabot/planner/planner.h"
#include "sabot/session/engine.h"

namespace sabot {
namespace {

Schema SchemaOfOutput(const std::vector<OutputColumn>& output) {
  Schema schema;
  for (const OutputColumn& column : output)
    schema.columns.push_back({column.name, column.type, column.nullable});
  return schema;
}

std::string SpillFolder(const SettingValues& settings) {
  if (!settings.spill_folder.empty()) return settings.spill_folder;
  std::error_code ignored;
  const auto folder = std::filesystem::temp_directory_path(ignored);
  return ignored ? std::string() : folder.string();
}

/// Rows of a query that runs.
class RunningStream final : public ResultStream {
 public:
  RunningStream(std::shared_ptr<SessionCore> core, std::string statement, Schema schema)
      : core_(std::move(core)), statement_(std::move(statement)), schema_(std::move(schema)) {}

  ~RunningStream() override {
    core_->Leave(this);
    // The threads that would end it are the parent's, so it stays as it is.
    if (is_forked()) static_cast<void>(query_.release());
  }

  arrow::Status Start(const PhysicalPlan& plan, const SettingValues& settings) {
    core_->memory->set_limit_bytes(settings.memory_limit_bytes == 0 ? MemoryBudget::kUnlimited
                                                                    : settings.memory_limit_bytes);
    QueryContext context;
    context.functions = &FunctionRegistry::Default();
    context.settings = plan.settings;
    context.memory = core_->memory.get();
    context.env = Env::Real();
    context.num_tasks = settings.num_threads;
    context.batch_size = settings.batch_size;
    auto started =
        StartBounded(plan, context, core_->connectors, {.spill_folder = SpillFolder(settings)});
    if (!started.ok()) return Located(started.status());
    query_ = std::move(*started);
    return core_->Enter(this);
  }

  const Schema& schema() const override { return schema_; }
  arrow::Result<std::optional<Batch>> Next(const WaitHook& hook) override {
    if (is_forked()) return ForkedError("query");
    auto batch = query_->Next(hook);
    if (!batch.ok()) return Located(batch.status());
    return batch;
  }
  arrow::Result<std::shared_ptr<arrow::RecordBatch>> NextArrow(const WaitHook& hook) override {
    ARROW_ASSIGN_OR_RAISE(const std::optional<Batch> batch, Next(hook));
    if (!batch.has_value()) return nullptr;
    return ToArrow(*batch, schema_);
  }
  void Cancel() override {
    if (!is_forked()) query_->Cancel();
  }
  int64_t rows_read() const override { return query_->progress().rows_read; }
  std::pair<int64_t, int64_t> morsels() const override {
    const QueryProgress progress = query_->progress();
    return {progress.morsels_done, progress.morsels_total};
  }
  QueryProgress progress() const { return query_->progress(); }

 private:
  bool is_forked() const { return getpid() != process_; }
  arrow::Status Located(const arrow::Status& status) const {
    return WithStatement(Catalogued(status), statement_);
  }

  std::shared_ptr<SessionCore> core_;
  std::string statement_;
  Schema schema_;
  std::unique_ptr<RunningQuery> query_;
  const pid_t process_ = getpid();
};

class LazyQuery final : public Query {
 public:
  LazyQuery(std::shared_ptr<SessionCore> core, LogicalPlan plan, syntax::RelationPtr relation,
            std::string statement)
      : core_(std::move(core)),
        plan_(std::move(plan)),
        schema_(SchemaOfOutput(plan_.root->output)),
        relation_(std::move(relation)),
        statement_(std::move(statement)),
        settings_(core_->settings.values()) {}

  const Schema& schema() const override { return schema_; }
  bool is_lazy() const override { return true; }
  syntax::RelationPtr relation() const override { return relation_; }

  arrow::Result<std::unique_ptr<ResultStream>> Execute() const override {
    ARROW_RETURN_NOT_OK(Prepare());
    if (IsUnbounded(physical_.root)) {
      return MakeError("STREAM_UNSUPPORTED",
                       {{"operation", "collecting the rows"},
                        {"reason", "they never end"},
                        {"alternative", "a sink and .start()"}},
                       {}, "give the stream a sink and start it");
    }
    auto stream = std::make_unique<RunningStream>(core_, statement_, schema_);
    ARROW_RETURN_NOT_OK(stream->Start(physical_, settings_));
    return stream;
  }

  arrow::Result<std::string> Explain(ExplainKind kind, const WaitHook& hook) const override {
    if (kind == ExplainKind::kLogical) return ToText(plan_.root);
    ARROW_RETURN_NOT_OK(Prepare());
    switch (kind) {
      case ExplainKind::kOptimized:
        return ToText(optimized_.root);
      case ExplainKind::kPhysical:
        return ToText(physical_.root);
      case ExplainKind::kAnalyze:
        return Analyzed(hook);
      default:
        return fmt::format(
            "== Analyzed Logical Plan ==\n{}\n== Optimized Logical Plan ==\n{}\n== Physical Plan "
            "==\n{}",
            ToText(plan_.root), ToText(optimized_.root), ToText(physical_.root));
    }
  }

  bool HasSamePlan(const Query& other) const override {
    const auto* lazy = dynamic_cast<const LazyQuery*>(&other);
    return lazy != nullptr && Prepare().ok() && lazy->Prepare().ok() &&
           Equal(optimized_.root, lazy->optimized_.root) &&
           Equal(physical_.root, lazy->physical_.root);
  }

 private:
  /// Optimize and plan, once.
  arrow::Status Prepare() const {
    const std::lock_guard lock(mutex_);
    if (is_prepared_) return arrow::Status::OK();
    const OptimizerContext context{&FunctionRegistry::Default(), plan_.settings,
                                   settings_.disabled_rules};
    auto optimized = Optimize(plan_, context);
    if (!optimized.ok()) return WithStatement(Catalogued(optimized.status()), statement_);
    auto physical = MakePhysicalPlan(*optimized);
    if (!physical.ok()) return WithStatement(Catalogued(physical.status()), statement_);
    optimized_ = std::move(*optimized);
    physical_ = std::move(*physical);
    is_prepared_ = true;
    return arrow::Status::OK();
  }

  arrow::Result<std::string> Analyzed(const WaitHook& hook) const {
    const auto begin = std::chrono::steady_clock::now();
    ARROW_ASSIGN_OR_RAISE(std::unique_ptr<ResultStream> stream, Execute());
    int64_t rows = 0;
    while (true) {
      ARROW_ASSIGN_OR_RAISE(const std::optional<Batch> batch, stream->Next(hook));
      if (!batch.has_value()) break;
      rows += batch->num_rows();
    }
    const QueryProgress progress = static_cast<RunningStream*>(stream.get())->progress();
    const std::chrono::duration<double, std::milli> elapsed =
        std::chrono::steady_clock::now() - begin;
    std::string text = ToText(physical_.root, [&](const PhysicalNode& node) -> std::string {
      for (const NodeProgress& done : progress.nodes) {
        if (done.node_id == node.id) {
          return fmt::format("  [{} rows, {:.2f} ms]", done.rows_out,
                             static_cast<double>(done.nanos) / 1e6);
        }
      }
      return {};
    });
    return text.append(fmt::format(
        "{} rows in {:.1f} ms; {} rows read, {} bytes, {} of {} morsels\n", rows, elapsed.count(),
        progress.rows_read, progress.bytes_read, progress.morsels_done, progress.morsels_total));
  }

  const std::shared_ptr<SessionCore> core_;
  const LogicalPlan plan_;
  const Schema schema_;
  const syntax::RelationPtr relation_;
  const std::string statement_;
  const SettingValues settings_;
  mutable std::mutex mutex_;
  mutable bool is_prepared_ = false;  // guarded by mutex_, as what follows until it is set
  mutable LogicalPlan optimized_;
  mutable PhysicalPlan physical_;
};

/// Rows that are there already.
class ReadyStream final : public ResultStream {
 public:
  ReadyStream(Schema schema, std::optional<Batch> batch)
      : schema_(std::move(schema)), batch_(std::move(batch)) {}
  const Schema& schema() const override { return schema_; }
  arrow::Result<std::optional<Batch>> Next(const WaitHook&) override {
    return std::exchange(batch_, std::nullopt);
  }
  arrow::Result<std::shared_ptr<arrow::RecordBatch>> NextArrow(const WaitHook& hook) override {
    ARROW_ASSIGN_OR_RAISE(const std::optional<Batch> batch, Next(hook));
    if (!batch.has_value()) return nullptr;
    return ToArrow(*batch, schema_);
  }
  void Cancel() override {}
  int64_t rows_read() const override { return 0; }
  std::pair<int64_t, int64_t> morsels() const override { return {0, 0}; }

 private:
  Schema schema_;
  std::optional<Batch> batch_;
};

class CommandResult final : public Query {
 public:
  CommandResult(std::shared_ptr<SessionCore> core, Schema schema,
                std::vector<std::vector<TypedValue>> rows)
      : core_(std::move(core)),
        schema_(std::move(schema)),
        num_rows_(static_cast<int32_t>(rows.size())) {
    for (size_t i = 0; i < schema_.size(); ++i) {
      VectorBuilder builder(schema_.columns[i].type);
      for (auto& row : rows) builder.Append(std::move(row[i]));
      batch_.columns().push_back(builder.Finish());
    }
    batch_.set_num_rows(num_rows_);
  }
  const Schema& schema() const override { return schema_; }
  bool is_lazy() const override { return false; }
  syntax::RelationPtr relation() const override {
    if (schema_.size() == 0) return nullptr;
    const std::lock_guard lock(mutex_);
    if (relation_ == nullptr) {
      auto table = std::make_shared<MemoryTable>();
      table->schema = schema_;
      BufferPool pool;
      for (int32_t from = 0; from < num_rows_; from += kVectorSize) {
        const int32_t count = std::min(kVectorSize, num_rows_ - from);
        Batch part;
        part.set_num_rows(count);
        for (const Vector& column : batch_.columns())
          part.columns().push_back(column.Slice(from, count, pool));
        table->batches.push_back(std::make_shared<const Batch>(std::move(part)));
      }
      relation_ = syntax::MakeRelation(syntax::Memory{core_->tables->Add(std::move(table)), false});
    }
    return relation_;
  }
  arrow::Result<std::unique_ptr<ResultStream>> Execute() const override {
    std::optional<Batch> rows;
    if (num_rows_ > 0) rows = batch_.Clone();
    return std::make_unique<ReadyStream>(schema_, std::move(rows));
  }
  arrow::Result<std::string> Explain(ExplainKind, const WaitHook&) const override {
    return std::string("command\n");
  }
  bool HasSamePlan(const Query&) const override { return false; }

 private:
  const std::shared_ptr<SessionCore> core_;
  Schema schema_;
  int32_t num_rows_;
  Batch batch_;
  mutable std::mutex mutex_;
  mutable syntax::RelationPtr relation_;  // guarded by mutex_
};

}  // namespace

arrow::Status SessionCore::Enter(ResultStream* running) {
  const std::lock_guard lock(mutex_);
  if (is_closed_) return MakeError("ENGINE_CLOSED");
  running_.insert(running);
  return arrow::Status::OK();
}

void SessionCore::Leave(ResultStream* running) {
  const std::lock_guard lock(mutex_);
  running_.erase(running);
}

void SessionCore::Close() {
  const std::lock_guard lock(mutex_);
  is_closed_ = true;
  for (ResultStream* running : running_) running->Cancel();
}

std::shared_ptr<MemoryBudget> ProcessMemory() {
  static auto* budget = new std::shared_ptr(std::make_shared<MemoryBudget>());
  // What the parent's threads hold, a child of fork() can neither use nor give back.
  [[maybe_unused]] static const int registered = pthread_atfork(
      nullptr, nullptr, [] { budget = new std::shared_ptr(std::make_shared<MemoryBudget>()); });
  return *budget;
}

arrow::Status ForkedError(std::string_view what) {
  return MakeError("OPERATION_CANCELED",
                   {{"message", fmt::format("This {} runs in the process that this one was forked "
                                            "from.",
                                            what)}},
                   {}, "run it again in this process");
}

arrow::Result<std::shared_ptr<const Query>> MakeLazyQuery(std::shared_ptr<SessionCore> core,
                                                          LogicalPlan plan,
                                                          syntax::RelationPtr relation,
                                                          std::string statement) {
  return std::make_shared<const LazyQuery>(std::move(core), std::move(plan), std::move(relation),
                                           std::move(statement));
}

std::shared_ptr<const Query> MakeCommandResult(std::shared_ptr<SessionCore> core, Schema schema,
                                               std::vector<std::vector<TypedValue>> rows) {
  return std::make_shared<const CommandResult>(std::move(core), std::move(schema), std::move(rows));
}

}  // namespace sabot
