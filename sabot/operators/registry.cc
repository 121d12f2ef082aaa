#include "sabot/operators/registry.h"

#include "sabot/operators/aggregate/hash_aggregate.h"
#include "sabot/operators/graph/expand.h"
#include "sabot/operators/graph/shortest_path.h"
#include "sabot/operators/join/hash_join.h"
#include "sabot/operators/relational/filter.h"
#include "sabot/operators/relational/limit.h"
#include "sabot/operators/relational/project.h"
#include "sabot/operators/sort/sort.h"
#include "sabot/operators/stream/event_time.h"
#include "sabot/operators/stream/window_aggregate.h"

namespace sabot {
namespace {

// make(step, node, query): the factory for a step of this type.
template <typename Step, auto make>
constexpr StepMaker For() {
  return {Step::kName, [](const PhysicalNode& node) { return node.As<Step>() != nullptr; },
          [](const PhysicalNode& node, const QueryContext& query) {
            return make(*node.As<Step>(), node, query);
          }};
}

constexpr StepMaker kMakers[] = {
    // Row by row.
    For<PhysicalFilter, MakeFilter>(),
    For<PhysicalProject, MakeProject>(),
    For<PhysicalLimit, MakeLimit>(),
    // Over all rows.
    For<PhysicalHashAggregate, MakeHashAggregate>(),
    For<PhysicalHashJoin, MakeHashJoin>(),
    For<PhysicalSort, MakeSort>(),
    For<PhysicalTopN, MakeTopN>(),
    // Over streams.
    For<PhysicalEventTime, MakeEventTime>(),
    For<PhysicalWindowAggregate, MakeWindowAggregate>(),
    // Over graphs.
    For<PhysicalExpand, MakeExpand>(),
    For<PhysicalShortestPath, MakeShortestPath>(),
};

}  // namespace

std::span<const StepMaker> StepMakers() { return kMakers; }

}  // namespace sabot
