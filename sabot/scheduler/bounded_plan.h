#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "arrow/result.h"

#include "sabot/catalog/connectors.h"
#include "sabot/operators/factory.h"
#include "sabot/plan/physical/plan.h"
#include "sabot/scheduler/chain.h"
#include "sabot/scheduler/countdown.h"

namespace sabot {

/// Makes the factory of a node: MakeOperatorFactory, or a test's own.
using FactoryMaker = std::function<arrow::Result<std::unique_ptr<OperatorFactory>>(
    const PhysicalNode& node, const QueryContext& query)>;
/// Makes the operator that ends the last pipeline, for one task.
using SinkMaker = std::function<arrow::Result<std::unique_ptr<Operator>>(const TaskContext&)>;

/// A step as every task makes its own of.
struct SegmentStep {
  std::string name;
  NodeCounters* counters = nullptr;
  int next = ChainStep::kNone;
  SinkMaker make;
};

struct SegmentSource {
  NodeCounters* counters = nullptr;
  int target = ChainStep::kNone;
  /// Read by task 0 alone.
  bool is_single = false;
  std::function<arrow::Result<std::unique_ptr<Source>>(const TaskContext&)> make;
};

/// What a task does next. Every task of a query goes through the same phases in the same order.
struct Phase {
  enum Kind : uint8_t {
    kRead,       ///< read source `index` to its end, through all steps
    kEnd,        ///< send End to step `index`, then wait until every task has
    kRemainder,  ///< read what step `index` has left, into the step after it
    kStage,      ///< step `index`, a sink, flushes and stages its rows; then as kEnd
    kCommit,     ///< task 0 commits what all have staged
  } kind = kRead;
  int index = 0;
  /// Passed only once every task has come here; null: passed at once.
  std::unique_ptr<Countdown> countdown;
};

/// A pipeline from its sources to the operator that ends it: a join's build side, or the sink.
/// Steps stand in the order of the rows.
struct Segment {
  std::vector<SegmentSource> sources;
  std::vector<SegmentStep> steps;
  std::vector<Phase> phases;
};

/// A plan cut into segments that run one after another: build sides first, the sink's last. Shared
/// by all tasks; it holds the factories.
struct BoundedPlan {
  std::vector<Segment> segments;
  std::vector<std::unique_ptr<NodeCounters>> counters;  ///< by node id
  std::vector<std::shared_ptr<Scan>> scans;
  uint32_t num_tasks = 1;
};

/// Opens the plan's tables and makes its factories; sets the number of tasks: at most the
/// context's, and no more than could ever be busy. root: numbered; outlives the result. commits:
/// the sink stages and commits.
arrow::Result<std::unique_ptr<BoundedPlan>> CompileBounded(const PhysicalNode& root,
                                                           const QueryContext& context,
                                                           const ConnectorSet& connectors,
                                                           const FactoryMaker& make_factory,
                                                           SinkMaker make_sink, bool commits);

}  // namespace sabot
