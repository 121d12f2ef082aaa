#include "sabot/operators/join/hash_join.h"

#include <algorithm>

#include "sabot/base/error.h"
#include "sabot/operators/join/join_plan.h"

namespace sabot {
namespace internal {
namespace {

// The key that is this column of input 1 itself, so that its value need not be held twice; -1 if
// none. Floats are held normalised as keys, so their columns are held as they are.
int KeyOfColumn(const PhysicalHashJoin& step, const OutputColumn& column) {
  for (size_t i = 0; i < step.right_keys.size(); ++i) {
    const auto* key = step.right_keys[i]->As<ColumnRef>();
    if (key != nullptr && key->id == column.id && step.right_keys[i]->type == column.type &&
        step.left_keys[i]->type == column.type && !column.type.is_floating() &&
        !column.type.is_nested()) {
      return static_cast<int>(i);
    }
  }
  return -1;
}

}  // namespace

arrow::Result<std::shared_ptr<JoinPlan>> JoinPlan::Make(const PhysicalHashJoin& step,
                                                        const PhysicalNode& node,
                                                        const QueryContext& query) {
  if (step.left_keys.empty() && step.kind != JoinKind::kInner && step.residual == nullptr) {
    return InternalError("a left, semi or anti join without keys and condition");
  }
  auto plan = std::make_shared<JoinPlan>();
  plan->step = step;
  plan->left = node.inputs[0]->layout();
  plan->right = node.inputs[1]->layout();
  plan->query = query;
  const auto add_if_wanted = [&](const std::vector<OutputColumn>& columns, bool is_build) {
    std::vector<ColumnId> read;
    if (step.residual != nullptr) read = ColumnsOf(step.residual);
    for (size_t i = 0; i < columns.size(); ++i) {
      if (plan->is_filter() && std::ranges::find(read, columns[i].id) == read.end()) continue;
      JoinedColumn joined{JoinedColumn::kProbe, i};
      if (is_build) {
        const int key = KeyOfColumn(step, columns[i]);
        joined = key >= 0 ? JoinedColumn{JoinedColumn::kBuildKey, static_cast<size_t>(key)}
                          : JoinedColumn{JoinedColumn::kBuild, plan->stored.size()};
        if (key < 0) plan->stored.push_back(i);
      }
      plan->columns.push_back(joined);
      plan->columns_layout.ids.push_back(columns[i].id);
    }
  };
  add_if_wanted(node.inputs[0]->output, false);
  add_if_wanted(node.inputs[1]->output, true);
  std::vector<KeyColumn> keys;
  for (size_t i = 0; i < step.right_keys.size(); ++i) {
    if (step.right_keys[i]->type.kind() != step.left_keys[i]->type.kind()) {
      return InternalError(
          "keys of a join have different types: " + step.left_keys[i]->type.ToSql() + " and " +
          step.right_keys[i]->type.ToSql());
    }
    // Of a left join too: the row that stands for no match is NULL throughout.
    keys.push_back({step.right_keys[i]->type, step.right_keys[i]->nullable ||
                                                  step.left_keys[i]->nullable || plan->is_outer()});
  }
  std::vector<Type> columns;
  for (const size_t i : plan->stored) columns.push_back(node.inputs[1]->output[i].type);
  ARROW_ASSIGN_OR_RAISE(plan->table, JoinTable::Make(std::move(keys), std::move(columns)));
  return plan;
}

std::vector<Type> JoinPlan::part_types() const {
  std::vector<Type> types;
  for (const ExpressionPtr& key : step.right_keys) types.push_back(key->type);
  for (const Type& column : table->layout().schema().columns) types.push_back(column);
  return types;
}

arrow::Result<std::vector<std::unique_ptr<Evaluator>>> MakeKeyEvaluators(
    const std::vector<ExpressionPtr>& keys, const Layout& layout, const QueryContext& query) {
  std::vector<std::unique_ptr<Evaluator>> evaluators;
  for (const ExpressionPtr& key : keys) {
    ARROW_ASSIGN_OR_RAISE(evaluators.emplace_back(),
                          MakeEvaluator(key, layout, *query.functions, query.settings));
  }
  return evaluators;
}

}  // namespace internal

namespace {

class HashJoinFactory final : public OperatorFactory {
 public:
  explicit HashJoinFactory(std::shared_ptr<const internal::JoinPlan> plan)
      : plan_(std::move(plan)) {}

  arrow::Result<std::unique_ptr<Operator>> Make(const TaskContext& context) override {
    return internal::MakeJoinProbe(plan_, context);
  }
  arrow::Result<std::unique_ptr<Operator>> MakeBuild(const TaskContext& context) override {
    return internal::MakeJoinBuild(plan_, context);
  }

 private:
  const std::shared_ptr<const internal::JoinPlan> plan_;
};

}  // namespace

arrow::Result<std::unique_ptr<OperatorFactory>> MakeHashJoin(const PhysicalHashJoin& step,
                                                             const PhysicalNode& node,
                                                             const QueryContext& query) {
  ARROW_ASSIGN_OR_RAISE(std::shared_ptr<const internal::JoinPlan> plan,
                        internal::JoinPlan::Make(step, node, query));
  return std::make_unique<HashJoinFactory>(std::move(plan));
}

}  // namespace sabot
