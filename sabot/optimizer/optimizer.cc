#include "sabot/optimizer/optimizer.h"

#include <algorithm>

#include "sabot/base/error.h"
#include "sabot/optimizer/rules.h"

namespace sabot {
namespace {

constexpr OptimizerRule kRules[] = {
    {"lower_match",
     "graph patterns become joins, expands and shortest paths, so that all rules below see them",
     true, rules::LowerMatch},
    {"rewrite_distinct_aggregates",
     "DISTINCT in an aggregate becomes a grouping of its own, which hashes and spills like any "
     "other",
     true, rules::RewriteDistinctAggregates},
    {"fold_constants", "literals first: the rules below look for column-literal comparisons", false,
     rules::FoldConstants},
    {"push_down_predicates",
     "drop rows before joins and aggregates see them; a comma join finds its keys here", false,
     rules::PushDownPredicates},
    {"merge_projects",
     "one projection where front ends stacked several, so that equal questions have equal plans",
     false, rules::MergeProjects},
    {"push_down_limits", "a limit over a sort is a top-N, which keeps no more rows than it gives",
     false, rules::PushDownLimits},
    {"prune_columns",
     "read and carry only columns that somebody reads; after the predicates stand where they stay",
     false, rules::PruneColumns},
    {"derive_scan_bounds", "comparisons over a scan skip row groups by their statistics", false,
     rules::DeriveScanBounds},
};

}  // namespace

std::span<const OptimizerRule> OptimizerRules() { return kRules; }

arrow::Result<LogicalPlan> Optimize(const LogicalPlan& plan, const OptimizerContext& context) {
  for (const std::string& name : context.disabled_rules) {
    const auto* found = std::find_if(std::begin(kRules), std::end(kRules),
                                     [&](const OptimizerRule& rule) { return rule.name == name; });
    if (found == std::end(kRules) || found->is_required) {
      return MakeError("CONFIG_INVALID",
                       {{"key", "sabot.optimizer.disabled"},
                        {"value", name},
                        {"expected", found == std::end(kRules) ? "the name of a rule"
                                                               : "a rule that may be left out"}});
    }
  }
  LogicalPlan optimized = plan;
  for (const OptimizerRule& rule : kRules) {
    if (context.disabled_rules.contains(std::string(rule.name))) continue;
    ARROW_ASSIGN_OR_RAISE(optimized.root, rule.apply(optimized.root, context));
  }
  return optimized;
}

}  // namespace sabot
