#pragma once

#include <functional>
#include <memory>
#include <string>
#include <variant>
#include <vector>

#include "sabot/expression/kernel.h"
#include "sabot/plan/logical/steps.h"

namespace sabot {

/// Every logical step there is.
using LogicalStep =
    std::variant<LogicalScan, LogicalValues, LogicalFilter, LogicalProject, LogicalAggregate,
                 LogicalJoin, LogicalSort, LogicalLimit, LogicalUnion, LogicalEventTime,
                 LogicalSink, LogicalMatch, LogicalExpand, LogicalShortestPath>;

struct LogicalNode;
using LogicalPtr = std::shared_ptr<const LogicalNode>;

/// A step with its inputs and the columns it puts out. Immutable; sub-plans may be shared.
struct LogicalNode {
  LogicalStep step;
  std::vector<LogicalPtr> inputs;
  std::vector<OutputColumn> output;

  template <typename Step>
  const Step* As() const {
    return std::get_if<Step>(&step);
  }
  const LogicalPtr& input(size_t i = 0) const { return inputs[i]; }
};

/// Make a node; its output follows from step and inputs.
LogicalPtr MakeLogical(LogicalStep step, std::vector<LogicalPtr> inputs = {});

/// A whole statement: the plan with what it captured of its session.
struct LogicalPlan {
  LogicalPtr root;
  EvaluationSettings settings;
};

/// Does any scan below read a stream?
bool IsUnbounded(const LogicalPtr& plan);

/// The tree as EXPLAIN prints it, a step a line. Column ids are renumbered in order of first
/// appearance, so equal plans print equally.
std::string ToText(const LogicalPtr& plan);
/// Equal plans: the same steps over the same inputs, whatever their columns' ids.
bool Equal(const LogicalPtr& left, const LogicalPtr& right);

/// Rebuild bottom-up: rewrite gets each node with its inputs rewritten.
LogicalPtr RewritePlan(const LogicalPtr& plan,
                       const std::function<LogicalPtr(const LogicalPtr&)>& rewrite);

/// The binary codec of a plan (docs/formats/plan.md). Errors: CODEC_ERROR.
std::string EncodePlan(const LogicalPlan& plan);
arrow::Result<LogicalPlan> DecodePlan(std::string_view bytes);

}  // namespace sabot
