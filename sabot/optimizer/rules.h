#pragma once

#include "sabot/optimizer/optimizer.h"

/// The rules, a file each in rules/. What each does stands in its file, why it is in the list in
/// optimizer.cc.
namespace sabot::rules {

arrow::Result<LogicalPtr> LowerMatch(const LogicalPtr& plan, const OptimizerContext& context);
arrow::Result<LogicalPtr> RewriteDistinctAggregates(const LogicalPtr& plan,
                                                    const OptimizerContext& context);
arrow::Result<LogicalPtr> FoldConstants(const LogicalPtr& plan, const OptimizerContext& context);
arrow::Result<LogicalPtr> PushDownPredicates(const LogicalPtr& plan,
                                             const OptimizerContext& context);
arrow::Result<LogicalPtr> MergeProjects(const LogicalPtr& plan, const OptimizerContext& context);
arrow::Result<LogicalPtr> PushDownLimits(const LogicalPtr& plan, const OptimizerContext& context);
arrow::Result<LogicalPtr> PruneColumns(const LogicalPtr& plan, const OptimizerContext& context);
arrow::Result<LogicalPtr> DeriveScanBounds(const LogicalPtr& plan, const OptimizerContext& context);

}  // namespace sabot::rules
