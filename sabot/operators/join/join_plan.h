#pragma once

#include <memory>
#include <vector>

#include "arrow/result.h"

#include "sabot/expression/evaluator.h"
#include "sabot/operators/factory.h"
#include "sabot/operators/join/join_spill.h"
#include "sabot/operators/join/join_table.h"

namespace sabot::internal {

/// A column of joined rows and where its values come from.
struct JoinedColumn {
  enum Source : uint8_t {
    kProbe,     ///< column `index` of input 0
    kBuild,     ///< column `index` of the table's rows
    kBuildKey,  ///< key `index` of the table's rows: the same value, held once
  } source = kProbe;
  size_t index = 0;
};

/// A join, compiled; shared by its tasks.
struct JoinPlan {
  static arrow::Result<std::shared_ptr<JoinPlan>> Make(const PhysicalHashJoin& step,
                                                       const PhysicalNode& node,
                                                       const QueryContext& query);

  PhysicalHashJoin step;
  Layout left;
  Layout right;
  QueryContext query;
  /// What pairs of rows are made into: the output of inner and left joins, what the residual reads
  /// of semi and anti joins.
  std::vector<JoinedColumn> columns;
  Layout columns_layout;
  /// Columns of input 1 that the table holds beside its keys.
  std::vector<size_t> stored;
  std::shared_ptr<JoinTable> table;
  /// Joined rows own their texts, and do not keep the table: whoever holds on to a batch (the
  /// evaluators do) would keep one part in memory beside the next.
  bool copies_texts = false;
  std::shared_ptr<JoinSpill> spill = std::make_shared<JoinSpill>();

  /// Types of a build side's rows in parts: its keys, then its stored columns.
  std::vector<Type> part_types() const;
  /// Rows without keys all lie in one part.
  bool can_spill() const { return !step.right_keys.empty(); }
  bool is_outer() const { return step.kind == JoinKind::kLeft; }
  /// Does it give rows of input 0 alone?
  bool is_filter() const { return step.kind == JoinKind::kSemi || step.kind == JoinKind::kAnti; }
};

arrow::Result<std::unique_ptr<Operator>> MakeJoinBuild(std::shared_ptr<const JoinPlan> plan,
                                                       const TaskContext& context);
arrow::Result<std::unique_ptr<Operator>> MakeJoinProbe(std::shared_ptr<const JoinPlan> plan,
                                                       const TaskContext& context);

/// Joins what has been spilled, part by part.
std::unique_ptr<Source> MakeJoinPartReader(std::shared_ptr<const JoinPlan> plan,
                                           const TaskContext& context,
                                           std::shared_ptr<MemoryConsumer> memory);

/// Compiled keys of one side.
arrow::Result<std::vector<std::unique_ptr<Evaluator>>> MakeKeyEvaluators(
    const std::vector<ExpressionPtr>& keys, const Layout& layout, const QueryContext& query);

}  // namespace sabot::internal
