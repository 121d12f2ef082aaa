#pragma once

#include <memory>
#include <optional>
#include <string>

#include "sabot/catalog/table.h"
#include "sabot/session/session.h"

namespace sabot {

/// More tasks of a stream than any machine has cores.
inline constexpr uint32_t kStreamTasksMax = 1024;

/// A stream to start.
struct StreamRequest {
  syntax::RelationPtr relation;
  /// Its schema is filled in. connector: "files", "memory" (path: a name made by StartStream) or
  /// "callback".
  SinkDescription sink;
  std::optional<SinkDescription> late_sink;
  std::string checkpoint_folder;  ///< empty: none is kept
  int64_t checkpoint_interval_ms = 1000;
  uint32_t parallelism = 0;  ///< tasks, at most kStreamTasksMax; 0: the session's threads
  /// Run the whole job in a process of its own, which is started again from its checkpoint if it
  /// dies. Files only.
  bool in_worker = false;
};

/// What a stream has done since it was started.
struct StreamState {
  std::string state = "running";  ///< or "finished", "stopped", "failed"
  int64_t rows_in = 0;
  int64_t rows_saved = 0;  ///< of rows_in those that a restart from `epoch` does not read again
  int64_t late = 0;
  std::optional<int64_t> watermark_us;
  uint64_t epoch = 0;  ///< the last checkpoint completed and committed
  arrow::Status error;
  int64_t worker_pid = 0;    ///< of a stream in a worker
  int64_t num_restarts = 0;  ///< of its worker
};

/// A stream that runs. Thread-safe.
class StreamRun {
 public:
  virtual ~StreamRun() = default;
  virtual StreamState state() const = 0;
  /// Until it ends or is stopped; false after the time-out (-1: none). Errors: the stream's; the
  /// hook's.
  virtual arrow::Result<bool> Wait(int64_t timeout_ms, const WaitHook& hook) = 0;
  /// Take a checkpoint, and wait until it is committed. Errors: UNSUPPORTED_FEATURE in a worker.
  virtual arrow::Status Checkpoint(const WaitHook& hook) = 0;
  /// Has stopped it when it returns.
  virtual void Stop() = 0;
};

/// The main function of sabot-worker: run the job in the file until it ends, write its state to
/// standard output a line at a time. Returns the exit code.
int RunWorker(const std::string& job_path);

}  // namespace sabot
