#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "sabot/catalog/table.h"
#include "sabot/plan/physical/plan.h"
#include "sabot/session/engine.h"
#include "sabot/session/stream.h"

namespace sabot {

/// All that a process needs to run a stream: what a worker reads from its job file.
struct StreamJob {
  std::string plan;                        ///< an encoded physical plan
  std::vector<SinkDescription> late_sink;  ///< one or none
  std::string checkpoint_folder;
  int64_t checkpoint_interval_ms = 0;
  int64_t num_tasks = 1;
  int64_t batch_size = kVectorSize;
  int64_t memory_limit_bytes = 0;
  std::string spill_folder;
  static constexpr auto Fields() {
    return std::tuple{Field{"plan", &StreamJob::plan},
                      Field{"late_sink", &StreamJob::late_sink},
                      Field{"checkpoint_folder", &StreamJob::checkpoint_folder},
                      Field{"checkpoint_interval_ms", &StreamJob::checkpoint_interval_ms},
                      Field{"num_tasks", &StreamJob::num_tasks},
                      Field{"batch_size", &StreamJob::batch_size},
                      Field{"memory_limit_bytes", &StreamJob::memory_limit_bytes},
                      Field{"spill_folder", &StreamJob::spill_folder}};
  }
};

/// Run the job in this process, on its worker threads.
arrow::Result<std::unique_ptr<StreamRun>> RunHere(const StreamJob& job,
                                                  std::shared_ptr<SessionCore> core);
/// Run the job in a sabot-worker process, found beside the module or by SABOT_WORKER.
arrow::Result<std::unique_ptr<StreamRun>> RunInWorker(const StreamJob& job);

/// The same for as long as the caller is in this process; a child of fork() that it lives on in is
/// told that the stream is its parent's.
std::unique_ptr<StreamRun> InThisProcess(std::unique_ptr<StreamRun> run);

/// The connectors of every session and worker. Memory tables and callbacks live in `core`.
void AddConnectors(SessionCore* core);

/// A state as the line a worker writes, and back.
std::string ToLine(const StreamState& state);
bool FromLine(const std::string& line, StreamState* state);

}  // namespace sabot
