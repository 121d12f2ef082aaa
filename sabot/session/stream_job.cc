#include "sabot/session/stream_job.h"

#include <atomic>
#include <charconv>
#include <chrono>
#include <cinttypes>
#include <cstdio>
#include <sstream>
#include <thread>

#include <fmt/format.h>
#include <unistd.h>

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
                  : is_stopped_.load() ? "stopped"
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
    const ErrorDetail* detail = GetErrorDetail(status);
    const bool is_cancelled =
        detail != nullptr && detail->error_class().name == "OPERATION_CANCELED";
    if (is_stopped_.load() && is_cancelled) return true;
    ARROW_RETURN_NOT_OK(status);
    return true;
  }

  arrow::Status Checkpoint(const WaitHook& hook) override {
    return stream_->Checkpoint(hook).status();
  }

  void Stop() override {
    if (stream_->status().is_running) is_stopped_.store(true);
    stream_->Stop();
  }

 private:
  std::shared_ptr<SessionCore> core_;
  std::unique_ptr<RunningStream> stream_;
  std::atomic<bool> is_stopped_{false};
};

class RunOfProcess final : public StreamRun {
 public:
  explicit RunOfProcess(std::unique_ptr<StreamRun> run) : run_(std::move(run)) {}
  ~RunOfProcess() override {
    // Its threads are the parent's: it stays as it is.
    if (is_forked()) static_cast<void>(run_.release());
  }

  StreamState state() const override {
    if (!is_forked()) return run_->state();
    StreamState state;
    state.state = "failed";
    state.error = ForkedError("stream");
    return state;
  }
  arrow::Result<bool> Wait(int64_t timeout_ms, const WaitHook& hook) override {
    if (is_forked()) return ForkedError("stream");
    return run_->Wait(timeout_ms, hook);
  }
  arrow::Status Checkpoint(const WaitHook& hook) override {
    return is_forked() ? ForkedError("stream") : run_->Checkpoint(hook);
  }
  void Stop() override {
    if (!is_forked()) run_->Stop();
  }

 private:
  bool is_forked() const { return getpid() != process_; }
  std::unique_ptr<StreamRun> run_;
  const pid_t process_ = getpid();
};

/// A word of a worker's line: no blanks, no control characters, never empty.
std::string Quoted(std::string_view text) {
  std::string word = "'";
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte <= 0x20 || byte == 0x7f || c == '%') {
      word += fmt::format("%{:02x}", byte);
    } else {
      word += c;
    }
  }
  return word;
}

/// Of any word, as the worker may be another program: a '%' that two hex digits do not follow
/// stands for itself.
std::string Unquoted(std::string_view word) {
  std::string text;
  for (size_t i = 1; i < word.size(); ++i) {
    unsigned byte = 0;
    const std::string_view digits = word.substr(i + 1, 2);
    const char* end = digits.data() + digits.size();
    if (word[i] == '%' && digits.size() == 2 &&
        std::from_chars(digits.data(), end, byte, 16).ptr == end) {
      text += static_cast<char>(byte);
      i += 2;
    } else {
      text += word[i];
    }
  }
  return text;
}

/// An error as words: class, hint, then names and values of its parameters.
std::string ErrorWords(const arrow::Status& status) {
  if (status.ok()) return "-";
  const arrow::Status error = Catalogued(status);
  const ErrorDetail& detail = *GetErrorDetail(error);
  std::string words = std::string(detail.error_class().name) + " " + Quoted(detail.hint());
  for (const ErrorParameter& parameter : detail.parameters()) {
    words += " " + Quoted(parameter.name) + " " + Quoted(parameter.value);
  }
  return words;
}

arrow::Status ErrorOfWords(const std::string& text) {
  std::istringstream stream(text);
  std::string error_class;
  std::string hint;
  stream >> error_class >> hint;
  if (error_class == "-") return arrow::Status::OK();
  std::vector<ErrorParameter> parameters;
  std::string name;
  std::string value;
  while (stream >> name >> value) parameters.push_back({Unquoted(name), Unquoted(value)});
  return MakeError(error_class, std::move(parameters), {}, Unquoted(hint));
}

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

std::unique_ptr<StreamRun> InThisProcess(std::unique_ptr<StreamRun> run) {
  return std::make_unique<RunOfProcess>(std::move(run));
}

std::string ToLine(const StreamState& state) {
  return fmt::format("{} {} {} {} {} {} {}", state.state, state.rows_in, state.rows_saved,
                     state.late, state.watermark_us.value_or(INT64_MIN), state.epoch,
                     ErrorWords(state.error));
}

bool FromLine(const std::string& line, StreamState* state) {
  char name[32] = {};
  int64_t watermark = INT64_MIN;
  int error_at = 0;
  const int fields = std::sscanf(
      line.c_str(), "%31s %" SCNd64 " %" SCNd64 " %" SCNd64 " %" SCNd64 " %" SCNu64 " %n", name,
      &state->rows_in, &state->rows_saved, &state->late, &watermark, &state->epoch, &error_at);
  if (fields != 6 || error_at == 0) return false;
  state->state = name;
  state->watermark_us = watermark == INT64_MIN ? std::nullopt : std::optional(watermark);
  state->error = ErrorOfWords(line.substr(static_cast<size_t>(error_at)));
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
