#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "arrow/result.h"
#include "arrow/status.h"

#include "sabot/catalog/connectors.h"
#include "sabot/operators/factory.h"
#include "sabot/plan/physical/plan.h"
#include "sabot/scheduler/worker_pool.h"

namespace sabot {

/// How a stream runs, beside what it computes.
struct StreamOptions {
  /// Where its checkpoints are. A stream that finds one goes on from there. Empty: none are kept,
  /// and a sink commits only when the stream ends.
  std::string checkpoint_folder;
  /// From the end of one checkpoint to the next. 0: only when asked for.
  int64_t checkpoint_interval_ms = 0;
  std::string spill_folder;  ///< as in QueryOptions
  /// Rows that came too late for their window; none: they are counted and dropped.
  std::optional<SinkDescription> late_sink;
  /// What an edge between two tasks may hold.
  int64_t channel_bytes_max = int64_t{1} << 20;
  WorkerPool* pool = nullptr;  ///< null: the pool of the process
};

struct StreamStatus {
  static constexpr int64_t kNoWatermark = INT64_MIN;
  bool is_running = false;
  /// Of the event time, microseconds: what all rows up to the sink are through with. Rows are late
  /// by it.
  int64_t watermark = kNoWatermark;
  int64_t rows_read = 0;   ///< since this start
  int64_t rows_saved = 0;  ///< of them those that no restart from `epoch` reads again
  int64_t late_rows = 0;   ///< since this start, by weight
  uint64_t epoch = 0;      ///< the last one completed and committed; 0: none
  arrow::Status error;     ///< why it stopped; OK while it runs or after its end
};

/// A stream that runs on the worker threads. Every method may be called from any thread but a
/// worker.
class RunningStream {
 public:
  /// Called about every 20 ms by what waits; an error ends the waiting (not the stream) and is
  /// returned.
  using WaitHook = std::function<arrow::Status()>;

  /// Stops it. What came after the last checkpoint is read again by the next start.
  virtual ~RunningStream() = default;

  virtual StreamStatus status() const = 0;
  /// Have barriers sent out; returns at once. One is under way at a time: asked meanwhile, the next
  /// follows it.
  virtual void TriggerCheckpoint() = 0;
  /// A whole checkpoint from now on: triggered, written, committed. Returns its epoch. Errors: the
  /// stream's; the hook's; UNSUPPORTED_FEATURE inside a sink's commit, as for Wait.
  virtual arrow::Result<Epoch> Checkpoint(const WaitHook& hook = nullptr) = 0;
  /// Until every source has ended and all is committed. Errors: the stream's; the hook's.
  virtual arrow::Status Wait(const WaitHook& hook = nullptr) = 0;
  /// Stops at once, as the destructor does. From inside a sink's commit: once that returns.
  virtual void Stop() = 0;
};

/// Start a plan whose root is a sink. It is cut at exchanges into stages of context.num_tasks tasks
/// each (the first: no more than the source has splits), every task owning its key groups. Errors:
/// UNSUPPORTED_FEATURE for steps with several inputs; those of tables, expressions and checkpoints.
arrow::Result<std::unique_ptr<RunningStream>> StartStream(const PhysicalPlan& plan,
                                                          const QueryContext& context,
                                                          const ConnectorSet& connectors,
                                                          const StreamOptions& options = {});

}  // namespace sabot
