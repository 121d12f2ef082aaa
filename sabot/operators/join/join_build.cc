#include <algorithm>

#include "sabot/operators/join/join_plan.h"
#include "sabot/state/row_columns.h"

namespace sabot::internal {
namespace {

/// Rows of the build side on their way from memory into parts.
class RowsToParts {
 public:
  RowsToParts(std::shared_ptr<const JoinPlan> plan, std::shared_ptr<MemoryConsumer> memory)
      : plan_(std::move(plan)), parts_(plan_->part_types(), std::move(memory)) {}

  JoinPartWriter& parts() { return parts_; }
  const JoinPartWriter& parts() const { return parts_; }

  /// One block of rows. False: there is none left.
  arrow::Result<bool> MoveBlock(JoinRows* rows) {
    if (rows->blocks().empty()) return false;
    const RowLayout& layout = plan_->table->layout();
    const JoinRows::Taken taken = rows->TakeLast();
    const BufferPtr pin = Buffer::Borrow(taken.block.rows, 0, taken.memory);
    for (int64_t from = 0; from < taken.block.num_rows; from += kVectorSize) {
      const int64_t count = std::min<int64_t>(taken.block.num_rows - from, kVectorSize);
      rows_.clear();
      for (int64_t i = from; i < from + count; ++i) {
        rows_.push_back(taken.block.rows + i * layout.row_size());
      }
      Batch batch;
      batch.set_num_rows(static_cast<int32_t>(count));
      const auto add = [&](const RowLayout::Field& field) {
        return GatherField(field, rows_, {pin}, pool_).Value(&batch.columns().emplace_back());
      };
      for (size_t i = 0; i < layout.num_keys(); ++i) ARROW_RETURN_NOT_OK(add(layout.key(i)));
      for (size_t i = 0; i < layout.num_columns(); ++i) ARROW_RETURN_NOT_OK(add(layout.column(i)));
      if (rows->has_weights()) batch.set_weights(WeightsOf(layout));
      hashes_.resize(rows_.size());
      HashRows(layout, std::span<const uint8_t* const>(rows_.data(), rows_.size()), hashes_.data());
      ARROW_RETURN_NOT_OK(parts_.Append(batch, batch.rows(), hashes_.data()));
    }
    return true;
  }

  /// Moves as much of the rows as is wanted, if `rows` is not null, and writes it out.
  arrow::Result<int64_t> Spill(JoinRows* rows, int64_t bytes_wanted, PageWriter& writer) {
    const int64_t moved_min = rows == nullptr ? 0 : std::max(bytes_wanted, rows->size_bytes() / 4);
    while (rows != nullptr && parts_.size_bytes() < moved_min) {
      ARROW_ASSIGN_OR_RAISE(const bool has_moved, MoveBlock(rows));
      if (!has_moved) break;
    }
    return parts_.Spill(bytes_wanted, writer);
  }

 private:
  BufferPtr WeightsOf(const RowLayout& layout) {
    const int32_t offset = layout.slot_offset(JoinTable::kWeightSlot);
    BufferPtr weights = pool_.Acquire(static_cast<int64_t>(rows_.size()) * 8 + 8);
    auto* values = reinterpret_cast<int64_t*>(weights->data());
    for (size_t i = 0; i < rows_.size(); ++i) values[i] = Load<int64_t>(rows_[i] + offset);
    return weights;
  }

  const std::shared_ptr<const JoinPlan> plan_;
  JoinPartWriter parts_;
  std::vector<uint8_t*> rows_;
  std::vector<uint64_t> hashes_;
  BufferPool pool_;
};

// Tasks chain what all of them brought; if it does not fit, they deal it into parts.
class ChainSource final : public Source {
 public:
  ChainSource(std::shared_ptr<const JoinPlan> plan, std::shared_ptr<MemoryConsumer> memory)
      : plan_(std::move(plan)), to_parts_(plan_, std::move(memory)) {}

  arrow::Result<Progress> Poll(Output* /*output*/) override {
    if (!plan_->spill->is_on()) {
      ARROW_ASSIGN_OR_RAISE(const Progress progress, plan_->table->Chain());
      if (progress != Progress::kNeedsMemory || !plan_->can_spill()) return progress;
      if (!plan_->table->GiveUp()) return progress;
      plan_->spill->TurnOn();
    }
    if (rows_ == nullptr) {
      rows_ = plan_->table->TakeRows();
      // What can be spilled has changed: a call of its own, so that the driver asks again.
      if (rows_ != nullptr) return Progress::kMore;
      plan_->spill->AddBuild(to_parts_.parts().Take());
      return Progress::kDone;
    }
    if (!to_parts_.parts().HasRoom()) return Progress::kNeedsMemory;
    ARROW_ASSIGN_OR_RAISE(const bool has_moved, to_parts_.MoveBlock(rows_.get()));
    if (!has_moved) rows_.reset();
    return Progress::kMore;
  }

  int64_t spillable_bytes() const override {
    return to_parts_.parts().size_bytes() + (rows_ == nullptr ? 0 : rows_->size_bytes()) +
           plan_->spill->spillable_bytes();
  }

  arrow::Result<int64_t> Spill(int64_t bytes_wanted, PageWriter& writer) override {
    ARROW_ASSIGN_OR_RAISE(const int64_t bytes, plan_->spill->Spill(bytes_wanted, writer));
    if (bytes >= bytes_wanted) return bytes;
    ARROW_ASSIGN_OR_RAISE(const int64_t own,
                          to_parts_.Spill(rows_.get(), bytes_wanted - bytes, writer));
    return bytes + own;
  }

 private:
  const std::shared_ptr<const JoinPlan> plan_;
  RowsToParts to_parts_;
  std::unique_ptr<JoinRows> rows_;
};

class JoinBuild final : public Operator {
 public:
  JoinBuild(std::shared_ptr<const JoinPlan> plan,
            std::vector<std::unique_ptr<Evaluator>> key_evaluators,
            std::shared_ptr<MemoryConsumer> memory)
      : plan_(std::move(plan)),
        memory_(memory),
        key_evaluators_(std::move(key_evaluators)),
        rows_(std::make_unique<JoinRows>(&plan_->table->layout(), memory)),
        to_parts_(plan_, memory),
        keys_(key_evaluators_.size()),
        key_rows_(&plan_->table->layout()) {}

  arrow::Result<Progress> Push(int /*port*/, Batch& input, Output* /*output*/) override {
    if (!is_open_) ARROW_RETURN_NOT_OK(Open(input));
    const Rows rows =
        kept_.empty() ? input.rows() : Rows{kept_.data(), static_cast<int32_t>(num_kept_)};
    if (!plan_->spill->is_on()) {
      ARROW_ASSIGN_OR_RAISE(next_,
                            rows_->Append(key_rows_, columns_, input.weights(), rows, next_));
      if (next_ < rows.count) return Progress::kNeedsMemory;
    } else {
      if (!to_parts_.parts().HasRoom()) return Progress::kNeedsMemory;
      ARROW_RETURN_NOT_OK(AppendToParts(input, rows));
    }
    is_open_ = false;
    return Progress::kNeedsInput;
  }

  arrow::Result<Progress> OnMarker(Marker& marker, Output* /*output*/) override {
    if (marker.kind != Marker::kEnd || rows_ == nullptr) return Progress::kNeedsInput;
    plan_->table->Add(std::move(rows_));
    plan_->spill->AddBuild(to_parts_.parts().Take());
    return Progress::kNeedsInput;
  }

  std::unique_ptr<Source> Remainder() override {
    return std::make_unique<ChainSource>(plan_, memory_);
  }

  int64_t spillable_bytes() const override {
    if (!plan_->can_spill()) return 0;
    return to_parts_.parts().size_bytes() + (rows_ == nullptr ? 0 : rows_->size_bytes());
  }

  arrow::Result<int64_t> Spill(int64_t bytes_wanted, PageWriter& writer) override {
    if (!plan_->can_spill()) return 0;
    if (rows_ == nullptr) return plan_->spill->Spill(bytes_wanted, writer);
    plan_->spill->TurnOn();
    // Rows that were appended before stay where they are until they are moved as a whole.
    return to_parts_.Spill(rows_.get(), bytes_wanted, writer);
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

  // Those of the batch from next_ on: the others are among rows_ already.
  arrow::Status AppendToParts(const Batch& input, Rows rows) {
    Batch parted;
    parted.set_num_rows(input.num_rows());
    parted.set_weights(input.weights_buffer());
    for (const Vector& key : keys_) parted.columns().push_back(key);
    for (const Vector& column : columns_) parted.columns().push_back(column);
    std::vector<uint16_t> left;
    for (int32_t i = next_; i < rows.count; ++i) left.push_back(static_cast<uint16_t>(rows[i]));
    return to_parts_.parts().Append(parted, {left.data(), static_cast<int32_t>(left.size())},
                                    key_rows_.hashes());
  }

  const std::shared_ptr<const JoinPlan> plan_;
  const std::shared_ptr<MemoryConsumer> memory_;
  const std::vector<std::unique_ptr<Evaluator>> key_evaluators_;
  std::unique_ptr<JoinRows> rows_;  // null once handed over
  RowsToParts to_parts_;

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
