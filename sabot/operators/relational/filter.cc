#include "sabot/operators/relational/filter.h"

#include "sabot/expression/evaluator.h"

namespace sabot {
namespace {

class Filter final : public Operator {
 public:
  explicit Filter(std::unique_ptr<Predicate> predicate) : predicate_(std::move(predicate)) {}

  arrow::Result<Progress> Push(int /*port*/, Batch& input, Output* output) override {
    ARROW_RETURN_NOT_OK(predicate_->Select(&input));
    if (!input.empty()) output->batch = std::move(input);
    return Progress::kNeedsInput;
  }

 private:
  std::unique_ptr<Predicate> predicate_;
};

class FilterFactory final : public OperatorFactory {
 public:
  FilterFactory(ExpressionPtr condition, Layout layout, const QueryContext& query)
      : condition_(std::move(condition)), layout_(std::move(layout)), query_(query) {}

  arrow::Result<std::unique_ptr<Operator>> Make(const TaskContext& /*context*/) override {
    ARROW_ASSIGN_OR_RAISE(std::unique_ptr<Predicate> predicate,
                          MakePredicate(condition_, layout_, *query_.functions, query_.settings));
    return std::make_unique<Filter>(std::move(predicate));
  }

 private:
  const ExpressionPtr condition_;
  const Layout layout_;
  const QueryContext query_;
};

}  // namespace

arrow::Result<std::unique_ptr<OperatorFactory>> MakeFilter(const PhysicalFilter& step,
                                                           const PhysicalNode& node,
                                                           const QueryContext& query) {
  return std::make_unique<FilterFactory>(step.condition, node.inputs[0]->layout(), query);
}

}  // namespace sabot
