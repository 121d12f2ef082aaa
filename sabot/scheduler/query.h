#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "arrow/result.h"
#include "arrow/status.h"

#include "sabot/catalog/connectors.h"
#include "sabot/operators/factory.h"
#include "sabot/plan/physical/plan.h"
#include "sabot/scheduler/worker_pool.h"

namespace sabot {

/// How a query runs, beside what it computes.
struct QueryOptions {
  /// Where operators spill to. Empty: they cannot, and a query that needs it fails.
  std::string spill_folder;
  /// Results that wait for Next, in bytes; beyond it the query pauses.
  int64_t result_bytes_max = int64_t{64} << 20;
  /// Null: the pool of the process.
  WorkerPool* pool = nullptr;
};

/// What one node of the plan has done so far, over all tasks.
struct NodeProgress {
  uint32_t node_id = 0;
  int64_t rows_out = 0;  ///< active rows it put out
  int64_t batches_out = 0;
  int64_t nanos = 0;  ///< time in its calls, summed over the tasks
};

struct QueryProgress {
  int64_t rows_read = 0;
  int64_t bytes_read = 0;
  int64_t morsels_done = 0;
  int64_t morsels_total = 0;
  bool is_finished = false;
  std::vector<NodeProgress> nodes;  ///< by node id
};

/// A bounded query that runs on the worker threads. Every method may be called from any thread but
/// a worker; Next by one at a time.
class RunningQuery {
 public:
  /// Called by a waiting Next about every 20 ms. An error cancels the query and is what Next
  /// returns: so Ctrl-C gets through.
  using WaitHook = std::function<arrow::Status()>;

  /// Cancels what still runs, and waits for it (a few milliseconds).
  virtual ~RunningQuery() = default;

  /// The next batch of the result, without selection and weights (a row of weight n comes n times);
  /// none: the query has ended. A query without ORDER BY over one table keeps the table's order.
  /// Errors: the first one any task met; OPERATION_CANCELED.
  virtual arrow::Result<std::optional<Batch>> Next(const WaitHook& hook = nullptr) = 0;
  /// Returns at once. Calls under way end within milliseconds.
  virtual void Cancel() = 0;
  virtual QueryProgress progress() const = 0;
  virtual const std::vector<OutputColumn>& columns() const = 0;
  /// The names and types of columns().
  virtual Schema schema() const = 0;
};

/// Start a plan without unbounded scans. A plan whose root is a sink gives no batches: its Next
/// returns none once everything is written and committed. What `context` points to outlives the
/// query. Errors: those of opening its tables and compiling its expressions.
arrow::Result<std::unique_ptr<RunningQuery>> StartBounded(const PhysicalPlan& plan,
                                                          const QueryContext& context,
                                                          const ConnectorSet& connectors,
                                                          const QueryOptions& options = {});

}  // namespace sabot
