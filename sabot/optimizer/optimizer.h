#pragma once

#include <set>
#include <span>
#include <string>
#include <string_view>

#include "sabot/functions/registry.h"
#include "sabot/plan/logical/plan.h"

namespace sabot {

struct OptimizerContext {
  const FunctionRegistry* functions = nullptr;
  EvaluationSettings settings;
  std::set<std::string>
      disabled_rules;  ///< by name: SET sabot.optimizer.disabled = 'prune_columns'
};

/// One rewrite of a logical plan into a better one that means the same.
struct OptimizerRule {
  std::string_view name;
  std::string_view reason;   ///< why it is there, and why in this place
  bool is_required = false;  ///< lowers what no planner knows: cannot be switched off
  arrow::Result<LogicalPtr> (*apply)(const LogicalPtr& plan, const OptimizerContext& context);
};

/// All rules in the order they run.
std::span<const OptimizerRule> OptimizerRules();

/// Run the rules in order. Never reads data. Errors: UNSUPPORTED_FEATURE from rules that lower,
/// CONFIG_INVALID for a disabled rule that does not exist or is required.
arrow::Result<LogicalPlan> Optimize(const LogicalPlan& plan, const OptimizerContext& context);

}  // namespace sabot
