#include <atomic>
#include <cerrno>
#include <chrono>
#include <condition_variable>
#include <cstdlib>
#include <filesystem>
#include <mutex>
#include <thread>

#include <dlfcn.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include "sabot/base/error.h"
#include "sabot/session/stream_job.h"
#include "sabot/types/codec.h"

extern char** environ;

namespace sabot {
namespace {

// A crash point is a test's, for the first start: a restart that died at it again would never end.
constexpr std::string_view kCrashPointVariable = "SABOT_CRASH_POINT=";

std::vector<char*> EnvironmentOf(bool is_restart) {
  std::vector<char*> variables;
  for (char** variable = environ; *variable != nullptr; ++variable) {
    if (is_restart && std::string_view(*variable).starts_with(kCrashPointVariable)) continue;
    variables.push_back(*variable);
  }
  variables.push_back(nullptr);
  return variables;
}

/// How long a worker may take to leave by itself.
constexpr std::chrono::seconds kTermPatience(2);

/// A worker that dies so often without completing a checkpoint has a job that kills it.
constexpr int kRestartsMax = 5;

arrow::Result<std::string> WorkerProgram() {
  if (const char* given = std::getenv("SABOT_WORKER")) return std::string(given);
  Dl_info info;
  if (dladdr(reinterpret_cast<void*>(&RunInWorker), &info) != 0 && info.dli_fname != nullptr) {
    std::error_code ignored;
    const auto folder = std::filesystem::absolute(info.dli_fname, ignored).parent_path();
    for (const char* place : {"bin/sabot-worker", "sabot-worker"}) {
      if (std::filesystem::exists(folder / place, ignored)) return (folder / place).string();
    }
  }
  return UnsupportedError("a worker process: the program sabot-worker was not found",
                          "workers=0, or the program's path in SABOT_WORKER");
}

class WorkerRun final : public StreamRun {
 public:
  WorkerRun(std::string program, std::string job_path)
      : program_(std::move(program)),
        job_path_(std::move(job_path)),
        thread_([this] { Supervise(); }) {}

  ~WorkerRun() override {
    Stop();
    thread_.join();
    std::error_code ignored;
    std::filesystem::remove(job_path_, ignored);
  }

  StreamState state() const override {
    const std::lock_guard lock(mutex_);
    return state_;
  }

  arrow::Result<bool> Wait(int64_t timeout_ms, const WaitHook& hook) override {
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::milliseconds(timeout_ms);
    while (true) {
      {
        std::unique_lock lock(mutex_);
        changed_.wait_for(lock, std::chrono::milliseconds(20),
                          [&] { return state_.state != "running"; });
        if (state_.state == "failed") return state_.error;
        if (state_.state != "running") return true;
      }
      if (hook) ARROW_RETURN_NOT_OK(hook());
      if (timeout_ms >= 0 && std::chrono::steady_clock::now() >= deadline) return false;
    }
  }

  arrow::Status Checkpoint(const WaitHook&) override {
    return UnsupportedError("a checkpoint on demand in a worker process",
                            "a shorter interval between checkpoints");
  }

  void Stop() override {
    is_stopped_.store(true);
    std::unique_lock lock(mutex_);
    int signal = SIGTERM;
    while (state_.state == "running") {
      if (state_.worker_pid > 0) kill(static_cast<pid_t>(state_.worker_pid), signal);
      if (!changed_.wait_for(lock, kTermPatience, [&] { return state_.state != "running"; })) {
        signal = SIGKILL;
      }
    }
  }

 private:
  void Supervise() {
    int restarts_without_progress = 0;
    while (true) {
      const uint64_t epoch_before = state().epoch;
      const arrow::Status status = RunOnce();
      const std::lock_guard lock(mutex_);
      const bool has_ended = state_.state != "running";
      if (is_stopped_.load() && !has_ended) state_.state = "stopped";
      if (state_.state == "running") {
        restarts_without_progress = state_.epoch > epoch_before ? 0 : restarts_without_progress + 1;
        if (!status.ok() || restarts_without_progress > kRestartsMax) {
          state_.state = "failed";
          state_.error =
              !status.ok()
                  ? status
                  : MakeError(
                        "WORKER_FAILED",
                        {{"errorClass", "killed"},
                         {"message", fmt::format("it died {} times without completing a checkpoint",
                                                 restarts_without_progress)}});
        } else {
          ++state_.num_restarts;
          continue;
        }
      }
      changed_.notify_all();
      return;
    }
  }

  /// Start the process and read its lines until it is gone.
  arrow::Status RunOnce() {
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) != 0) return FileError("pipe", program_, errno);
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO);
    char* arguments[] = {program_.data(), job_path_.data(), nullptr};
    pid_t pid = 0;
    std::vector<char*> environment = EnvironmentOf(state().num_restarts > 0);
    const int error =
        posix_spawn(&pid, program_.c_str(), &actions, nullptr, arguments, environment.data());
    posix_spawn_file_actions_destroy(&actions);
    close(ends[1]);
    if (error != 0) {
      close(ends[0]);
      return FileError("start", program_, error);
    }
    {
      const std::lock_guard lock(mutex_);
      state_.worker_pid = pid;
    }
    if (is_stopped_.load()) kill(pid, SIGTERM);
    std::string pending;
    char bytes[4096];
    while (true) {
      const ssize_t count = read(ends[0], bytes, sizeof(bytes));
      if (count < 0 && errno == EINTR) continue;
      if (count <= 0) break;
      pending.append(bytes, static_cast<size_t>(count));
      size_t end;
      while ((end = pending.find('\n')) != std::string::npos) {
        TakeLine(pending.substr(0, end));
        pending.erase(0, end + 1);
      }
    }
    close(ends[0]);
    // Its number is another process's once it is reaped: nobody may signal it then.
    siginfo_t info;
    while (waitid(P_PID, static_cast<id_t>(pid), &info, WEXITED | WNOWAIT) < 0 && errno == EINTR) {
    }
    {
      const std::lock_guard lock(mutex_);
      state_.worker_pid = 0;
    }
    int status = 0;
    while (waitpid(pid, &status, 0) < 0 && errno == EINTR) {
    }
    return arrow::Status::OK();
  }

  void TakeLine(const std::string& line) {
    const std::lock_guard lock(mutex_);
    StreamState next = state_;
    if (!FromLine(line, &next)) return;
    state_ = std::move(next);
    changed_.notify_all();
  }

  std::string program_;
  std::string job_path_;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  StreamState state_;  // guarded by mutex_
  std::atomic<bool> is_stopped_{false};
  std::thread thread_;
};

}  // namespace

arrow::Result<std::unique_ptr<StreamRun>> RunInWorker(const StreamJob& job) {
  ARROW_ASSIGN_OR_RAISE(std::string program, WorkerProgram());
  const Env& env = Env::Real();
  std::error_code ignored;
  const std::string folder = std::filesystem::temp_directory_path(ignored).string();
  const std::string path = fmt::format("{}/sabot-job-{:016x}", folder, env.random->NextU64());
  ARROW_RETURN_NOT_OK(env.files->CreateExclusive(path, EncodeToString(job)));
  return std::make_unique<WorkerRun>(std::move(program), path);
}

}  // namespace sabot
