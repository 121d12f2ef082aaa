#include "sabot/operators/join/join_plan.h"

namespace sabot::internal {
namespace {

// Tasks chain what all of them brought.
class ChainSource final : public Source {
 public:
  explicit ChainSource(std::shared_ptr<JoinTable> table) : table_(std::move(table)) {}
  arrow::Result<Progress> Poll(Output* /*output*/) override { return table_->Chain(); }

 private:
  const std::shared_ptr<JoinTable> table_;
};

class JoinBuild final : public Operator {
 public:
  JoinBuild(std::shared_ptr<const JoinPlan> plan,
            std::vector<std::unique_ptr<Evaluator>> key_evaluators,
            std::shared_ptr<MemoryConsumer> memory)
      : plan_(std::move(plan)),
        key_evaluators_(std::move(key_evaluators)),
        rows_(std::make_unique<JoinRows>(&plan_->table->layout(), std::move(memory))),
        keys_(key_evaluators_.size()),
        key_rows_(&plan_->table->layout()) {}

  arrow::Result<Progress> Push(int /*port*/, Batch& input, Output* /*output*/) override {
    if (!is_open_) ARROW_RETURN_NOT_OK(Open(input));
    const Rows rows =
        kept_.empty() ? input.rows() : Rows{kept_.data(), static_cast<int32_t>(num_kept_)};
    ARROW_ASSIGN_OR_RAISE(next_, rows_->Append(key_rows_, columns_, input.weights(), rows, next_));
    if (next_ < rows.count) return Progress::kNeedsMemory;
    is_open_ = false;
    return Progress::kNeedsInput;
  }

  arrow::Result<Progress> OnMarker(Marker& marker, Output* /*output*/) override {
    if (marker.kind == Marker::kEnd && rows_ != nullptr) plan_->table->Add(std::move(rows_));
    return Progress::kNeedsInput;
  }

  std::unique_ptr<Source> Remainder() override {
    return std::make_unique<ChainSource>(plan_->table);
  }

 private:
  arrow::Status Open(const Batch& input) {
    bool may_have_nulls = false;
    for (size_t i = 0; i < keys_.size(); ++i) {
      ARROW_RETURN_NOT_OK(key_evaluators_[i]->Evaluate(input, &keys_[i]));
      may_have_nulls |= keys_[i].may_have_nulls();
    }
    const Rows rows = input.rows();
    ARROW_RETURN_NOT_OK(key_rows_.Assign(keys_, rows));
    // A row with a NULL key is never found, so it is not held.
    kept_.clear();
    num_kept_ = 0;
    if (may_have_nulls) {
      kept_.resize(static_cast<size_t>(rows.count) + 1);
      ForEachRow(rows, [&](int32_t row) {
        kept_[num_kept_] = static_cast<uint16_t>(row);
        num_kept_ += key_rows_.HasNull(row) ? 0 : 1;
      });
    }
    columns_.clear();
    for (const size_t column : plan_->stored) columns_.push_back(input.column(column));
    next_ = 0;
    is_open_ = true;
    return arrow::Status::OK();
  }

  const std::shared_ptr<const JoinPlan> plan_;
  const std::vector<std::unique_ptr<Evaluator>> key_evaluators_;
  std::unique_ptr<JoinRows> rows_;  // null once handed over

  // The batch under way.
  bool is_open_ = false;
  std::vector<Vector> keys_;
  KeyRows key_rows_;
  std::vector<uint16_t> kept_;  // positions without NULL keys; empty: all
  size_t num_kept_ = 0;
  std::vector<Vector> columns_;
  int32_t next_ = 0;
};

}  // namespace

arrow::Result<std::unique_ptr<Operator>> MakeJoinBuild(std::shared_ptr<const JoinPlan> plan,
                                                       const TaskContext& context) {
  ARROW_ASSIGN_OR_RAISE(std::shared_ptr<MemoryConsumer> memory,
                        context.memory->MakeConsumer("join table"));
  plan->table->set_memory(memory);
  ARROW_ASSIGN_OR_RAISE(auto evaluators,
                        MakeKeyEvaluators(plan->step.right_keys, plan->right, plan->query));
  return std::make_unique<JoinBuild>(std::move(plan), std::move(evaluators), std::move(memory));
}

}  // namespace sabot::internal
