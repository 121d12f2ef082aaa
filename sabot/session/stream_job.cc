#include "sabot/session/stream_job.h"

#include <chrono>
#include <cinttypes>
#include <cstdio>
#include <thread>

#include <fmt/format.h>

#include "sabot/base/error.h"
#include "sabot/connectors/files/files.h"
#include "sabot/connectors/kafka/kafka.h"
#include "sabot/connectors/range/range.h"
#include "sabot/functions/registry.h"
#include "sabot/scheduler/stream.h"
#include "sabot/types/codec.h"

namespace sabot {
namespace {

class LocalRun final : public StreamRun {
 public:
  LocalRun(std::shared_ptr<SessionCore> core, std::unique_ptr<RunningStream> stream)
      : core_(std::move(core)), stream_(std::move(stream)) {}

  StreamState state() const override {
    const StreamStatus status = stream_->status();
    StreamState state;
    state.state = status.is_running    ? "running"
                  : !status.error.ok() ? "failed"
                  : is_stopped_        ? "stopped"
                                       : "finished";
    state.rows_in = status.rows_read;
    state.rows_saved = status.rows_saved;
    state.late = status.late_rows;
    if (status.watermark != StreamStatus::kNoWatermark) state.watermark_us = status.watermark;
    state.epoch = status.epoch;
    state.error = status.error;
    return state;
  }

  arrow::Result<bool> Wait(int64_t timeout_ms, const WaitHook& hook) override {
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::milliseconds(timeout_ms);
    bool is_late = false;
    const arrow::Status status = stream_->Wait([&]() -> arrow::Status {
      if (timeout_ms >= 0 && std::chrono::steady_clock::now() >= deadline) {
        is_late = true;
        return arrow::Status::Cancelled("time-out");
      }
      return hook ? hook() : arrow::Status::OK();
    });
    if (is_late) return false;
    ARROW_RETURN_NOT_OK(status);
    return true;
  }

  arrow::Status Checkpoint(const WaitHook& hook) override {
    return stream_->Checkpoint(hook).status();
  }

  void Stop() override {
    is_stopped_ = is_stopped_ || stream_->status().is_running;
    stream_->Stop();
  }

 private:
  std::shared_ptr<SessionCore> core_;
  std::unique_ptr<RunningStream> stream_;
  bool is_stopped_ = false;
};

}  // namespace

void AddConnectors(SessionCore* core) {
  core->memory = ProcessMemory();
  core->tables = std::make_shared<MemoryStore>();
  core->consumers = std::make_shared<ConsumerRegistry>();
  core->connectors.Add(MakeFilesConnector());
  core->connectors.Add(MakeMemoryConnector(core->tables));
  core->connectors.Add(MakeRangeConnector());
  core->connectors.Add(MakeKafkaConnector());
  core->connectors.Add(MakeCallbackConnector(core->consumers));
}

arrow::Result<std::unique_ptr<StreamRun>> RunHere(const StreamJob& job,
                                                  std::shared_ptr<SessionCore> core) {
  ARROW_ASSIGN_OR_RAISE(const PhysicalPlan plan, DecodePhysicalPlan(job.plan));
  core->memory->set_limit_bytes(job.memory_limit_bytes == 0 ? MemoryBudget::kUnlimited
                                                            : job.memory_limit_bytes);
  QueryContext context;
  context.functions = &FunctionRegistry::Default();
  context.settings = plan.settings;
  context.memory = core->memory.get();
  context.env = Env::Real();
  context.num_tasks = static_cast<uint32_t>(job.num_tasks);
  context.batch_size = static_cast<int32_t>(job.batch_size);
  context.is_unbounded = true;
  StreamOptions options;
  options.checkpoint_folder = job.checkpoint_folder;
  options.checkpoint_interval_ms = job.checkpoint_interval_ms;
  options.spill_folder = job.spill_folder;
  if (!job.late_sink.empty()) options.late_sink = job.late_sink[0];
  ARROW_ASSIGN_OR_RAISE(auto stream, StartStream(plan, context, core->connectors, options));
  return std::make_unique<LocalRun>(std::move(core), std::move(stream));
}

std::string ToLine(const StreamState& state) {
  std::string message = state.error.ok() ? std::string() : state.error.message();
  for (char& c : message) {
    if (c == '\n') c = ' ';
  }
  const ErrorDetail* detail = GetErrorDetail(state.error);
  return fmt::format("{} {} {} {} {} {} {} {}", state.state, state.rows_in, state.rows_saved,
                     state.late, state.watermark_us.value_or(INT64_MIN), state.epoch,
                     detail == nullptr ? "-" : detail->error_class().name, message);
}

bool FromLine(const std::string& line, StreamState* state) {
  char name[32] = {};
  char error_class[128] = {};
  int64_t watermark = INT64_MIN;
  int message_at = 0;
  const int fields = std::sscanf(
      line.c_str(), "%31s %" SCNd64 " %" SCNd64 " %" SCNd64 " %" SCNd64 " %" SCNu64 " %127s %n",
      name, &state->rows_in, &state->rows_saved, &state->late, &watermark, &state->epoch,
      error_class, &message_at);
  if (fields != 7) return false;
  state->state = name;
  state->watermark_us = watermark == INT64_MIN ? std::nullopt : std::optional(watermark);
  const std::string_view found = error_class;
  if (found != "-") {
    const std::string message = line.substr(static_cast<size_t>(message_at));
    state->error =
        MakeError("WORKER_FAILED", {{"errorClass", std::string(found)}, {"message", message}});
  }
  return true;
}

int RunWorker(const std::string& job_path) {
  const Env& env = Env::Real();
  auto core = std::make_shared<SessionCore>();
  AddConnectors(core.get());
  const auto start = [&]() -> arrow::Result<std::unique_ptr<StreamRun>> {
    ARROW_ASSIGN_OR_RAISE(const std::string bytes, env.files->ReadAll(job_path));
    ARROW_ASSIGN_OR_RAISE(const StreamJob job, DecodeFromString<StreamJob>(bytes));
    return RunHere(job, core);
  };
  const auto report = [](const StreamState& state) {
    std::printf("%s\n", ToLine(state).c_str());
    // A parent that is gone: nobody wants the rest.
    return std::fflush(stdout) == 0;
  };
  auto run = start();
  if (!run.ok()) {
    StreamState failed;
    failed.state = "failed";
    failed.error = Catalogued(run.status());
    report(failed);
    return 1;
  }
  StreamState reported;
  for (int turn = 0;; ++turn) {
    const auto ended = (*run)->Wait(5, nullptr);
    const StreamState state = (*run)->state();
    // A new epoch is told at once: what the worker says last is all that is known of one that dies.
    const bool is_news = state.epoch != reported.epoch || state.state != reported.state;
    if (!is_news && turn % 10 != 0 && ended.ok() && !*ended) continue;
    if (!report(state)) return 1;
    reported = state;
    if (!ended.ok()) return 1;
    if (*ended) return 0;
  }
}

}  // namespace sabot
