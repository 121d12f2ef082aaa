#pragma once

#include <array>
#include <memory>

#include "arrow/result.h"

#include "sabot/operators/graph/graph_index.h"

namespace sabot {

/// What steps over a graph share: rows come in at input 0, edges at input 1, and all tasks build
/// one index of the edges. Held by the factory of such a step.
class GraphBuild {
 public:
  /// source, destination: columns of input 1; they are compared as key_type.
  /// Errors: those of GraphIndex::Make.
  static arrow::Result<GraphBuild> Make(const PhysicalNode& node, ColumnId source,
                                        ColumnId destination, const Type& key_type,
                                        const QueryContext& query);

  /// The operator that ends the pipeline of input 1.
  arrow::Result<std::unique_ptr<Operator>> MakeBuilder(const TaskContext& context) const;
  /// A value of input 0, as the type of the keys.
  arrow::Result<std::unique_ptr<Evaluator>> MakeKeyEvaluator(const ExpressionPtr& value) const;

  const std::shared_ptr<GraphIndex>& index() const { return index_; }

 private:
  GraphBuild() = default;

  std::shared_ptr<GraphIndex> index_;
  Type key_type_;
  Layout layout_;  // of input 0
  Layout edge_layout_;
  std::array<ExpressionPtr, 2> edge_ends_;
  QueryContext query_;
};

}  // namespace sabot
