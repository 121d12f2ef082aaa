#pragma once

#include <functional>
#include <memory>
#include <string>
#include <variant>
#include <vector>

#include "sabot/expression/kernel.h"
#include "sabot/expression/layout.h"
#include "sabot/plan/physical/steps.h"

namespace sabot {

/// Every physical step there is.
using PhysicalStep =
    std::variant<PhysicalScan, PhysicalValues, PhysicalFilter, PhysicalProject,
                 PhysicalHashAggregate, PhysicalHashJoin, PhysicalSort, PhysicalTopN, PhysicalLimit,
                 PhysicalUnion, PhysicalEventTime, PhysicalWindowAggregate, PhysicalExchange,
                 PhysicalExpand, PhysicalShortestPath, PhysicalSink>;

struct PhysicalNode;
using PhysicalPtr = std::shared_ptr<const PhysicalNode>;

struct PhysicalNode {
  PhysicalStep step;
  std::vector<PhysicalPtr> inputs;
  std::vector<OutputColumn> output;
  /// Names the node in checkpoints, progress and EXPLAIN ANALYZE: its place in the tree, depth
  /// first.
  uint32_t id = 0;

  template <typename Step>
  const Step* As() const {
    return std::get_if<Step>(&step);
  }
  /// Where each column of its batches stands.
  Layout layout() const;
};

struct PhysicalPlan {
  PhysicalPtr root;
  EvaluationSettings settings;
};

/// A node with its output given; ids are numbered once the plan is whole (NumberNodes).
PhysicalPtr MakePhysical(PhysicalStep step, std::vector<PhysicalPtr> inputs,
                         std::vector<OutputColumn> output);
PhysicalPtr NumberNodes(const PhysicalPtr& plan);

/// As EXPLAIN prints it, with column ids renumbered as in the logical plan. annotate: text to add
/// to a node's line, may be null.
std::string ToText(const PhysicalPtr& plan,
                   const std::function<std::string(const PhysicalNode&)>& annotate = nullptr);
/// The same of what a stream's state depends on: without where rows are read and written, and
/// without the values of dates and timestamps, as now() is one.
std::string StateText(const PhysicalPtr& plan);
bool Equal(const PhysicalPtr& left, const PhysicalPtr& right);
bool IsUnbounded(const PhysicalPtr& plan);

/// What a task message carries (docs/formats/plan.md). Errors: CODEC_ERROR.
std::string EncodePlan(const PhysicalPlan& plan);
arrow::Result<PhysicalPlan> DecodePhysicalPlan(std::string_view bytes);

}  // namespace sabot
