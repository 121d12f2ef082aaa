#include "sabot/operators/graph/graph_build.h"

#include "sabot/base/error.h"

namespace sabot {
namespace {

ExpressionPtr AsType(ExpressionPtr expression, const Type& type) {
  if (expression->type == type) return expression;
  const bool nullable = expression->nullable;
  return MakeExpression(CastTo{std::move(expression)}, type, nullable);
}

}  // namespace

arrow::Result<GraphBuild> GraphBuild::Make(const PhysicalNode& node, ColumnId source,
                                           ColumnId destination, const Type& key_type,
                                           const QueryContext& query) {
  GraphBuild build;
  ARROW_ASSIGN_OR_RAISE(build.index_, GraphIndex::Make(key_type, query.memory));
  build.key_type_ = key_type;
  build.layout_ = node.inputs[0]->layout();
  const PhysicalNode& edges = *node.inputs[1];
  build.edge_layout_ = edges.layout();
  for (size_t end = 0; end < 2; ++end) {
    const int column = build.edge_layout_.Find(end == 0 ? source : destination);
    if (column < 0) return InternalError("an end of the edges is no column of their table");
    build.edge_ends_[end] = AsType(MakeColumn(edges.output[static_cast<size_t>(column)]), key_type);
  }
  build.query_ = query;
  return build;
}

arrow::Result<std::unique_ptr<Operator>> GraphBuild::MakeBuilder(const TaskContext& context) const {
  return GraphIndex::MakeBuilder(index_, edge_ends_[0], edge_ends_[1], edge_layout_, query_,
                                 context);
}

arrow::Result<std::unique_ptr<Evaluator>> GraphBuild::MakeKeyEvaluator(
    const ExpressionPtr& value) const {
  return MakeEvaluator(AsType(value, key_type_), layout_, *query_.functions, query_.settings);
}

}  // namespace sabot
