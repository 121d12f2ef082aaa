#include "sabot/scheduler/bounded_plan.h"

#include <algorithm>
#include <map>

#include <fmt/format.h>

#include "sabot/base/error.h"
#include "sabot/scheduler/simple_steps.h"

namespace sabot {
namespace {

// A LIMIT of so few rows straight above a table is read by one task, so that it gives the first
// rows, and the same every time. Beyond, all tasks read.
constexpr int64_t kOrderedLimitMax = 10'000;

/// What still has no step after it.
struct Loose {
  std::vector<int> sources;
  std::vector<int> steps;
};

std::string StepName(const PhysicalNode& node) {
  return std::visit([](const auto& step) { return std::string(step.kName); }, node.step);
}

// Whether rows leave it while others still come in.
bool IsBreaker(const PhysicalNode& node) {
  return node.As<PhysicalHashAggregate>() != nullptr || node.As<PhysicalSort>() != nullptr ||
         node.As<PhysicalTopN>() != nullptr || node.As<PhysicalWindowAggregate>() != nullptr;
}

class Compiler {
 public:
  Compiler(const QueryContext& context, const ConnectorSet& connectors,
           const FactoryMaker& make_factory)
      : query_(context), connectors_(connectors), make_factory_(make_factory) {}

  arrow::Result<std::unique_ptr<BoundedPlan>> Compile(const PhysicalNode& root, SinkMaker make_sink,
                                                      bool commits) {
    // Scans first: how many tasks there are is what factories are told.
    int64_t num_tasks = 1;
    ARROW_RETURN_NOT_OK(OpenScans(root, false, &num_tasks));
    plan_->num_tasks = static_cast<uint32_t>(
        std::clamp<int64_t>(num_tasks, 1, std::max<uint32_t>(1, query_.num_tasks)));
    query_.num_tasks = plan_->num_tasks;
    Segment segment;
    ARROW_ASSIGN_OR_RAISE(Loose loose, Add(root, false, &segment));
    const int sink = AddStep({.name = "sink", .make = std::move(make_sink)}, loose, &segment);
    AddPhase(Phase::kEnd, sink, &segment);
    if (commits) {
      AddPhase(Phase::kStage, sink, &segment);
      AddPhase(Phase::kCommit, sink, &segment);
    }
    plan_->segments.push_back(std::move(segment));
    return std::move(plan_);
  }

 private:
  static bool IsSmallLimit(const PhysicalNode& node) {
    const auto* limit = node.As<PhysicalLimit>();
    return limit != nullptr && limit->count >= 0 && limit->count <= kOrderedLimitMax &&
           limit->offset <= kOrderedLimitMax - limit->count;
  }
  static bool IsSingleBelow(const PhysicalNode& node, bool is_single) {
    return IsSmallLimit(node) || (is_single && !IsBreaker(node));
  }

  arrow::Status OpenScans(const PhysicalNode& node, bool is_single, int64_t* num_tasks) {
    while (plan_->counters.size() <= node.id) {
      plan_->counters.push_back(std::make_unique<NodeCounters>());
    }
    if (const auto* step = node.As<PhysicalScan>()) {
      if (step->table.is_unbounded) {
        return UnsupportedError("reading a stream in a query that ends", "a streaming query");
      }
      ARROW_ASSIGN_OR_RAISE(auto connector, connectors_.Find(step->table.connector));
      ARROW_ASSIGN_OR_RAISE(
          std::shared_ptr<Scan> scan,
          connector->OpenScan({step->table, step->ordinals, step->bounds}, query_.env));
      if (!is_single) *num_tasks = std::max(*num_tasks, scan->max_tasks());
      plan_->scans.push_back(scan);
      scans_[&node] = std::move(scan);
    }
    for (size_t i = 0; i < node.inputs.size(); ++i) {
      // Other inputs than the first end in a build, which takes all rows.
      const bool single = (i == 0 || node.As<PhysicalUnion>()) && IsSingleBelow(node, is_single);
      ARROW_RETURN_NOT_OK(OpenScans(*node.inputs[i], single, num_tasks));
    }
    return arrow::Status::OK();
  }

  arrow::Result<Loose> Add(const PhysicalNode& node, bool is_single, Segment* segment) {
    NodeCounters* counters = plan_->counters[node.id].get();
    if (node.As<PhysicalScan>() != nullptr) {
      return AddSource(
          {.counters = counters,
           .is_single = is_single,
           .make = [scan = scans_[&node]](
                       const TaskContext& context) { return scan->MakeSource(context); }},
          segment);
    }
    if (const auto* values = node.As<PhysicalValues>()) {
      return AddSource({.counters = counters,
                        .is_single = true,
                        .make =
                            [values](const TaskContext& context) {
                              return MakeValuesSource(*values, context.task_index,
                                                      context.batch_size);
                            }},
                       segment);
    }
    const bool is_single_below = IsSingleBelow(node, is_single);
    if (node.As<PhysicalUnion>() != nullptr) return AddUnion(node, is_single_below, segment);
    if (node.inputs.empty()) {
      return InternalError(fmt::format("the step {} has no input", StepName(node)));
    }
    // In one process without streams rows need not move between tasks.
    if (node.As<PhysicalExchange>() != nullptr)
      return Add(*node.inputs[0], is_single_below, segment);

    ARROW_ASSIGN_OR_RAISE(std::shared_ptr<OperatorFactory> factory, make_factory_(node, query_));
    for (size_t i = 1; i < node.inputs.size(); ++i) {
      ARROW_RETURN_NOT_OK(AddBuild(node, *node.inputs[i], factory));
    }
    ARROW_ASSIGN_OR_RAISE(const Loose loose, Add(*node.inputs[0], is_single_below, segment));
    const int step = AddStep({.name = StepName(node),
                              .counters = counters,
                              .make =
                                  [this_mutex = make_mutex_, factory](const TaskContext& context) {
                                    const std::lock_guard lock(*this_mutex);
                                    return factory->Make(context);
                                  }},
                             loose, segment);
    AddPhase(Phase::kEnd, step, segment);
    AddPhase(Phase::kRemainder, step, segment);
    return Loose{{}, {step}};
  }

  arrow::Result<Loose> AddUnion(const PhysicalNode& node, bool is_single, Segment* segment) {
    Loose all;
    for (size_t i = 0; i < node.inputs.size(); ++i) {
      ARROW_ASSIGN_OR_RAISE(std::vector<int> positions, UnionPositions(node, i));
      ARROW_ASSIGN_OR_RAISE(const Loose loose, Add(*node.inputs[i], is_single, segment));
      all.steps.push_back(AddStep(
          {.name = "union",
           .counters = plan_->counters[node.id].get(),
           .make = [positions = std::move(positions)](const TaskContext&)
               -> arrow::Result<std::unique_ptr<Operator>> { return MakeColumnMap(positions); }},
          loose, segment));
    }
    return all;
  }

  arrow::Status AddBuild(const PhysicalNode& node, const PhysicalNode& input,
                         const std::shared_ptr<OperatorFactory>& factory) {
    Segment segment;
    ARROW_ASSIGN_OR_RAISE(const Loose loose, Add(input, false, &segment));
    auto make = [make_mutex = make_mutex_, factory, name = StepName(node)](
                    const TaskContext& context) -> arrow::Result<std::unique_ptr<Operator>> {
      const std::lock_guard lock(*make_mutex);
      ARROW_ASSIGN_OR_RAISE(std::unique_ptr<Operator> built, factory->MakeBuild(context));
      if (built == nullptr) return InternalError(fmt::format("{} builds nothing", name));
      return built;
    };
    const int step = AddStep({.name = StepName(node) + " build",
                              .counters = plan_->counters[node.id].get(),
                              .make = std::move(make)},
                             loose, &segment);
    AddPhase(Phase::kEnd, step, &segment);
    AddPhase(Phase::kRemainder, step, &segment);
    // Nobody probes before the last has built.
    segment.phases.back().countdown = std::make_unique<Countdown>(plan_->num_tasks);
    plan_->segments.push_back(std::move(segment));
    return arrow::Status::OK();
  }

  Loose AddSource(SegmentSource source, Segment* segment) {
    segment->sources.push_back(std::move(source));
    const int index = static_cast<int>(segment->sources.size()) - 1;
    AddPhase(Phase::kRead, index, segment);
    return {{index}, {}};
  }

  int AddStep(SegmentStep step, const Loose& loose, Segment* segment) {
    const int index = static_cast<int>(segment->steps.size());
    segment->steps.push_back(std::move(step));
    for (const int source : loose.sources) {
      segment->sources[static_cast<size_t>(source)].target = index;
    }
    for (const int before : loose.steps) segment->steps[static_cast<size_t>(before)].next = index;
    return index;
  }

  void AddPhase(Phase::Kind kind, int index, Segment* segment) {
    const bool waits = kind == Phase::kEnd || kind == Phase::kStage;
    segment->phases.push_back(
        {kind, index, waits ? std::make_unique<Countdown>(plan_->num_tasks) : nullptr});
  }

  QueryContext query_;
  const ConnectorSet& connectors_;
  const FactoryMaker& make_factory_;
  std::unique_ptr<BoundedPlan> plan_ = std::make_unique<BoundedPlan>();
  std::map<const PhysicalNode*, std::shared_ptr<Scan>> scans_;
  // Tasks make their operators at the same time; factories need not be ready for that.
  std::shared_ptr<std::mutex> make_mutex_ = std::make_shared<std::mutex>();
};

}  // namespace

arrow::Result<std::unique_ptr<BoundedPlan>> CompileBounded(const PhysicalNode& root,
                                                           const QueryContext& context,
                                                           const ConnectorSet& connectors,
                                                           const FactoryMaker& make_factory,
                                                           SinkMaker make_sink, bool commits) {
  return Compiler(context, connectors, make_factory).Compile(root, std::move(make_sink), commits);
}

}  // namespace sabot
