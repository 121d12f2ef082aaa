#include "sabot/session/session.h"

#include <algorithm>
#include <atomic>

#include <fmt/format.h>

#include "arrow/record_batch.h"
#include "arrow/table.h"

#include "sabot/analyzer/analyzer.h"
#include "sabot/base/error.h"
#include "sabot/connectors/files/sink.h"
#include "sabot/formats/arrow/convert.h"
#include "sabot/frontend/cypher/parser.h"
#include "sabot/frontend/sql/parser.h"
#include "sabot/optimizer/optimizer.h"
#include "sabot/planner/planner.h"
#include "sabot/session/commands.h"
#include "sabot/session/engine.h"
#include "sabot/session/folders.h"
#include "sabot/session/stream_job.h"

namespace sabot {
namespace {

/// The sink of late rows with their schema: what goes into the stream's windows.
arrow::Result<SinkDescription> LateSinkOf(const PhysicalNode& node, SinkDescription sink) {
  if (node.As<PhysicalWindowAggregate>() != nullptr) {
    for (const OutputColumn& column : node.inputs[0]->output) {
      sink.schema.columns.push_back({column.name, column.type, column.nullable});
    }
    return sink;
  }
  if (!node.inputs.empty()) return LateSinkOf(*node.inputs[0], std::move(sink));
  return MakeError("STREAM_UNSUPPORTED",
                   {{"operation", "a sink of late rows"},
                    {"reason", "without a window no row is late"},
                    {"alternative", "a stream with GROUP BY window(time, size)"}});
}

/// The first table below that is in the memory of this process.
bool ReadsMemory(const LogicalNode& node) {
  const auto* scan = node.As<LogicalScan>();
  if (scan != nullptr && scan->table.connector == "memory") return true;
  return std::ranges::any_of(node.inputs,
                             [](const LogicalPtr& input) { return ReadsMemory(*input); });
}

arrow::Status InvalidStart(std::string parameter, std::string message) {
  return MakeError("INVALID_PARAMETER_VALUE", {{"parameter", std::move(parameter)},
                                               {"functionName", "start"},
                                               {"message", std::move(message)}});
}

/// What can be said of a stream before its plan is made.
arrow::Status CheckStream(const StreamRequest& request, const LogicalNode& plan) {
  if (request.parallelism > kStreamTasksMax) {
    return InvalidStart("parallelism", fmt::format("{} is more than {} tasks", request.parallelism,
                                                   kStreamTasksMax));
  }
  if (!request.in_worker) return arrow::Status::OK();
  if (request.sink.connector != "files") {
    return UnsupportedError("a sink in this process for a stream in a worker process",
                            "to_files(…), or workers=0");
  }
  if (ReadsMemory(plan)) {
    return UnsupportedError("a table of this process for a stream in a worker process",
                            "a stream from files, or workers=0");
  }
  return arrow::Status::OK();
}

/// Make the folders that the stream writes to.
arrow::Status CheckFolders(const StreamRequest& request) {
  std::string rows;
  if (request.sink.connector == "files") {
    ARROW_ASSIGN_OR_RAISE(rows, FolderOfSink(request.sink.path));
  }
  if (request.late_sink.has_value()) {
    ARROW_ASSIGN_OR_RAISE(const std::string late, FolderOfSink(request.late_sink->path));
    if (!rows.empty() && CanonicalPath(rows) == CanonicalPath(late)) {
      return InvalidStart("late_to_files", fmt::format("{} takes the rows that are not late; late "
                                                       "rows need a folder of their own",
                                                       request.late_sink->path));
    }
    ARROW_RETURN_NOT_OK(CheckWritable(late, request.late_sink->path));
  }
  if (!rows.empty()) ARROW_RETURN_NOT_OK(CheckWritable(rows, request.sink.path));
  const std::string& checkpoint = request.checkpoint_folder;
  return checkpoint.empty() ? arrow::Status::OK() : CheckWritable(checkpoint, checkpoint);
}

/// The registered consumer of a stream while it is started.
struct ConsumerOfStart {
  ConsumerRegistry* registry;
  const SinkDescription& sink;
  ~ConsumerOfStart() {
    if (sink.connector == "callback") registry->Remove(sink.path);
  }
};

class SessionImpl final : public Session {
 public:
  SessionImpl() : core_(std::make_shared<SessionCore>()) { AddConnectors(core_.get()); }

  arrow::Result<std::shared_ptr<const Query>> Sql(std::string_view text,
                                                  const Parameters& parameters,
                                                  const WaitHook& hook) override {
    ARROW_RETURN_NOT_OK(CheckOpen());
    auto statement = sql::ParseStatement(text);
    if (!statement.ok()) return WithStatement(statement.status(), text);
    return RunStatement(*statement, parameters, text, hook);
  }

  arrow::Result<std::shared_ptr<const Query>> Cypher(std::string_view text, std::string_view graph,
                                                     const Parameters& parameters) override {
    ARROW_RETURN_NOT_OK(CheckOpen());
    auto relation = cypher::ParseQuery(text, std::string(graph));
    if (!relation.ok()) return WithStatement(relation.status(), text);
    return MakeQuery(*relation, parameters, text);
  }

  arrow::Result<std::shared_ptr<const Query>> Resolve(const syntax::RelationPtr& relation,
                                                      const Parameters& parameters) override {
    ARROW_RETURN_NOT_OK(CheckOpen());
    return MakeQuery(relation, parameters, {});
  }

  arrow::Result<std::shared_ptr<const Query>> Run(const syntax::StatementPtr& statement,
                                                  const Parameters& parameters,
                                                  const WaitHook& hook) override {
    ARROW_RETURN_NOT_OK(CheckOpen());
    return RunStatement(statement, parameters, {}, hook);
  }

  arrow::Result<syntax::RelationPtr> RegisterArrow(const std::string& name,
                                                   arrow::RecordBatchReader& reader,
                                                   bool replace) override {
    ARROW_RETURN_NOT_OK(CheckOpen());
    if (!name.empty() && !replace && catalog_.Has(name)) {
      return MakeError("TABLE_OR_VIEW_ALREADY_EXISTS",
                       {{"relationName", fmt::format("`{}`", name)}});
    }
    auto table = std::make_shared<MemoryTable>();
    ARROW_ASSIGN_OR_RAISE(table->schema, FromArrow(*reader.schema()));
    BufferPool pool;
    while (true) {
      ARROW_ASSIGN_OR_RAISE(const auto record_batch, reader.Next());
      if (record_batch == nullptr) break;
      ARROW_RETURN_NOT_OK(CheckForeign(*record_batch, name.empty() ? "the table" : name));
      for (int64_t offset = 0; offset < record_batch->num_rows(); offset += kVectorSize) {
        const auto count =
            static_cast<int32_t>(std::min<int64_t>(kVectorSize, record_batch->num_rows() - offset));
        ARROW_ASSIGN_OR_RAISE(Batch batch,
                              FromArrow(*record_batch, offset, count, table->schema, pool));
        table->batches.push_back(std::make_shared<const Batch>(std::move(batch)));
      }
    }
    Schema schema = table->schema;
    const std::string id = core_->tables->Add(std::move(table));
    if (!name.empty()) {
      TableDescription description;
      description.connector = "memory";
      description.paths = {id};
      description.schema = std::move(schema);
      ARROW_RETURN_NOT_OK(catalog_.Create({name, std::move(description)}, true));
    }
    return syntax::MakeRelation(syntax::Memory{id, false});
  }

  arrow::Status CreateView(const std::string& name, const syntax::RelationPtr& relation,
                           bool replace) override {
    syntax::CreateView create;
    create.name = name;
    create.replace = replace;
    create.query = relation;
    return Run(syntax::MakeStatement(std::move(create)), {}, nullptr).status();
  }

  bool DropView(const std::string& name) override { return catalog_.Drop(name); }
  bool HasTable(const std::string& name) const override { return catalog_.Has(name); }

  arrow::Result<std::unique_ptr<StreamRun>> StartStream(const StreamRequest& request) override {
    // The run has it then, and nobody else asks for it; a stream that does not start leaves none.
    const ConsumerOfStart consumer{core_->consumers.get(), request.sink};
    ARROW_RETURN_NOT_OK(CheckOpen());
    ARROW_ASSIGN_OR_RAISE(LogicalPlan plan, Analyze(request.relation, ContextFor({})));
    if (!IsUnbounded(plan.root)) {
      return MakeError("STREAM_UNSUPPORTED",
                       {{"operation", "starting a query over tables alone"},
                        {"reason", "it has an end"},
                        {"alternative", "engine.sql(…), which gives its rows"}});
    }
    ARROW_RETURN_NOT_OK(CheckStream(request, *plan.root));
    const SettingValues settings = core_->settings.values();
    StreamJob job;
    SinkDescription sink = request.sink;
    sink.schema = SchemaOf(plan.root);
    plan.root = MakeLogical(LogicalSink{std::move(sink)}, {std::move(plan.root)});
    std::set<std::string> disabled_rules = settings.disabled_rules;
    // Late rows leave as they came: with the columns that no window reads too.
    if (request.late_sink.has_value()) disabled_rules.insert("prune_columns");
    ARROW_ASSIGN_OR_RAISE(
        plan, Optimize(plan, {&FunctionRegistry::Default(), plan.settings, disabled_rules}));
    ARROW_ASSIGN_OR_RAISE(const PhysicalPlan physical, MakePhysicalPlan(plan));
    if (request.late_sink.has_value()) {
      ARROW_ASSIGN_OR_RAISE(job.late_sink.emplace_back(),
                            LateSinkOf(*physical.root, *request.late_sink));
    }
    job.plan = EncodePlan(physical);
    job.checkpoint_folder = request.checkpoint_folder;
    job.checkpoint_interval_ms =
        request.checkpoint_folder.empty() ? 0 : request.checkpoint_interval_ms;
    job.num_tasks = request.parallelism > 0 ? request.parallelism : settings.num_threads;
    job.batch_size = settings.batch_size;
    job.memory_limit_bytes = settings.memory_limit_bytes;
    job.spill_folder = settings.spill_folder;
    ARROW_RETURN_NOT_OK(CheckFolders(request));
    ARROW_ASSIGN_OR_RAISE(auto run, request.in_worker ? RunInWorker(job) : RunHere(job, core_));
    return InThisProcess(std::move(run));
  }

  syntax::RelationPtr StreamTable(const std::string& name) const override {
    return syntax::MakeRelation(syntax::Memory{name, false});
  }

  std::string AddConsumer(const Schema& schema, BatchConsumer consumer) override {
    return core_->consumers->Add(
        [schema, consumer = std::move(consumer)](
            Epoch epoch, std::span<const std::shared_ptr<const Batch>> batches) -> arrow::Status {
          std::vector<std::shared_ptr<arrow::RecordBatch>> rows;
          for (const auto& batch : batches) {
            ARROW_ASSIGN_OR_RAISE(rows.emplace_back(), ToArrow(*batch, schema));
          }
          ARROW_ASSIGN_OR_RAISE(const auto arrow_schema, ToArrow(schema));
          ARROW_ASSIGN_OR_RAISE(auto table, arrow::Table::FromRecordBatches(arrow_schema, rows));
          return consumer(epoch, std::move(table));
        });
  }

  arrow::Status SetOption(const std::string& key, const std::string& value) override {
    return core_->settings.Set(key, value);
  }
  arrow::Result<std::string> GetOption(const std::string& key) const override {
    return core_->settings.Get(key);
  }
  arrow::Status ResetOption(const std::string& key) override { return core_->settings.Reset(key); }
  std::vector<SessionOption> Options() const override { return core_->settings.List(); }

  void Shutdown() override {
    is_shut_down_.store(true);
    core_->Close();
  }
  bool is_shut_down() const override { return is_shut_down_.load(); }

 private:
  arrow::Status CheckOpen() const {
    return is_shut_down_.load() ? MakeError("ENGINE_CLOSED") : arrow::Status::OK();
  }

  AnalyzerContext ContextFor(const Parameters& parameters) const {
    AnalyzerContext context;
    context.catalog = &catalog_;
    context.connectors = &core_->connectors;
    context.functions = &FunctionRegistry::Default();
    context.env = Env::Real();
    context.settings = core_->settings.values().evaluation;
    context.settings.now_us = context.env.clock->NowMicros();
    context.parameters = parameters;
    return context;
  }

  arrow::Result<std::shared_ptr<const Query>> MakeQuery(const syntax::RelationPtr& relation,
                                                        const Parameters& parameters,
                                                        std::string_view text) {
    auto plan = Analyze(relation, ContextFor(parameters));
    if (!plan.ok()) return WithStatement(Catalogued(plan.status()), text);
    return MakeLazyQuery(core_, std::move(*plan), relation, std::string(text));
  }

  arrow::Result<std::shared_ptr<const Query>> RunStatement(const syntax::StatementPtr& statement,
                                                           const Parameters& parameters,
                                                           std::string_view text,
                                                           const WaitHook& hook) {
    if (const auto* query = statement->As<syntax::Query>())
      return MakeQuery(query->relation, parameters, text);
    CommandContext context{
        core_,
        &catalog_,
        ContextFor(parameters),
        std::string(text),
        hook,
        [&](const syntax::RelationPtr& relation) { return MakeQuery(relation, parameters, text); },
        [&](const syntax::StatementPtr& inner) {
          return RunStatement(inner, parameters, text, hook);
        }};
    auto result = RunCommand(*statement, context);
    if (!result.ok()) return WithStatement(Catalogued(result.status()), text);
    return result;
  }

  std::shared_ptr<SessionCore> core_;
  Catalog catalog_;
  std::atomic<bool> is_shut_down_{false};
};

}  // namespace

arrow::Result<std::shared_ptr<Session>> Session::Make(
    const std::map<std::string, std::string>& options) {
  auto session = std::make_shared<SessionImpl>();
  for (const auto& [key, value] : options) ARROW_RETURN_NOT_OK(session->SetOption(key, value));
  return session;
}

}  // namespace sabot
