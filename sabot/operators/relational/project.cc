#include "sabot/operators/relational/project.h"

#include "sabot/expression/evaluator.h"

namespace sabot {
namespace {

// Columns pass as they are, dictionary or constant, and literals are constant vectors: so says
// Evaluator.
class Project final : public Operator {
 public:
  explicit Project(std::vector<std::unique_ptr<Evaluator>> evaluators)
      : evaluators_(std::move(evaluators)) {}

  arrow::Result<Progress> Push(int /*port*/, Batch& input, Output* output) override {
    Batch& result = output->batch;
    result.CopyShape(input);
    result.columns().resize(evaluators_.size());
    for (size_t i = 0; i < evaluators_.size(); ++i) {
      ARROW_RETURN_NOT_OK(evaluators_[i]->Evaluate(input, &result.columns()[i]));
    }
    return Progress::kNeedsInput;
  }

 private:
  std::vector<std::unique_ptr<Evaluator>> evaluators_;
};

class ProjectFactory final : public OperatorFactory {
 public:
  ProjectFactory(std::vector<NamedExpression> expressions, Layout layout, const QueryContext& query)
      : expressions_(std::move(expressions)), layout_(std::move(layout)), query_(query) {}

  arrow::Result<std::unique_ptr<Operator>> Make(const TaskContext& /*context*/) override {
    std::vector<std::unique_ptr<Evaluator>> evaluators;
    for (const NamedExpression& named : expressions_) {
      ARROW_ASSIGN_OR_RAISE(
          evaluators.emplace_back(),
          MakeEvaluator(named.expression, layout_, *query_.functions, query_.settings));
    }
    return std::make_unique<Project>(std::move(evaluators));
  }

 private:
  const std::vector<NamedExpression> expressions_;
  const Layout layout_;
  const QueryContext query_;
};

}  // namespace

arrow::Result<std::unique_ptr<OperatorFactory>> MakeProject(const PhysicalProject& step,
                                                            const PhysicalNode& node,
                                                            const QueryContext& query) {
  return std::make_unique<ProjectFactory>(step.expressions, node.inputs[0]->layout(), query);
}

}  // namespace sabot
