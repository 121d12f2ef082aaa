#include <algorithm>

#include "sabot/operators/background_job.h"
#include "sabot/operators/join/join_plan.h"

namespace sabot::internal {
namespace {

// What one job reads.
constexpr int kBatchesAtOnce = 16;

/// Reads the rows of some runs, one run after another, on the I/O pool.
class RunsReader {
 public:
  RunsReader(const std::vector<std::shared_ptr<RowRun>>& runs, const TaskContext& context)
      : state_(std::make_shared<State>()), batch_size_(context.batch_size), job_(context) {
    state_->runs = runs;
  }

  /// The next batch. kMore: there is one; kBlocked: not yet; kDone: that was all.
  arrow::Result<Progress> Next(Batch* batch) {
    if (next_ == batches_.size()) {
      if (has_ended_) return Progress::kDone;
      if (!job_.is_started()) {
        job_.Start([state = state_, size = batch_size_] { return state->ReadSome(size); });
        return Progress::kBlocked;
      }
      ARROW_ASSIGN_OR_RAISE(const bool is_done, job_.IsDone());
      if (!is_done) return Progress::kBlocked;
      batches_ = std::exchange(state_->batches, {});
      has_ended_ = state_->runs.empty();
      next_ = 0;
      if (batches_.empty()) return Progress::kDone;
    }
    *batch = std::move(batches_[next_++]);
    return Progress::kMore;
  }

 private:
  // The job's while it is under way.
  struct State {
    std::vector<std::shared_ptr<RowRun>> runs;
    std::unique_ptr<RowRunReader> reader;  // of the last run
    std::vector<Batch> batches;
    BufferPool pool;

    arrow::Status ReadSome(int32_t batch_size) {
      while (!runs.empty() && batches.size() < kBatchesAtOnce) {
        if (reader == nullptr) {
          ARROW_ASSIGN_OR_RAISE(reader, runs.back()->Read());
        }
        ARROW_ASSIGN_OR_RAISE(Batch batch, reader->Next(batch_size, pool));
        if (!batch.empty()) {
          batches.push_back(std::move(batch));
          continue;
        }
        reader.reset();
        runs.pop_back();
      }
      return arrow::Status::OK();
    }
  };

  const std::shared_ptr<State> state_;
  const int32_t batch_size_;
  std::vector<Batch> batches_;
  size_t next_ = 0;
  bool has_ended_ = false;
  BackgroundJob job_;
};

/// Takes part after part: chains its build side, then probes with the rest.
class JoinPartReader final : public Source {
 public:
  JoinPartReader(std::shared_ptr<const JoinPlan> plan, const TaskContext& context,
                 std::shared_ptr<MemoryConsumer> memory)
      : plan_(std::move(plan)),
        context_(context),
        memory_(std::move(memory)),
        key_rows_(&plan_->table->layout()) {}
  ~JoinPartReader() override {
    plan_->spill->Forget(context_.waker);
    Drop();
  }

  arrow::Result<Progress> Poll(Output* output) override {
    switch (phase_) {
      case kTake:
        return TakePart();
      case kLoad:
        return Load();
      case kChain:
        return Chain();
      case kProbe:
        break;
    }
    return Probe(output);
  }

  int64_t spillable_bytes() const override {
    return plan_->spill->spillable_bytes() + (IsBuilding() ? SpillableBytes(part_->probe) : 0);
  }
  arrow::Result<int64_t> Spill(int64_t bytes_wanted, PageWriter& writer) override {
    ARROW_ASSIGN_OR_RAISE(const int64_t bytes, plan_->spill->Spill(bytes_wanted, writer));
    if (bytes >= bytes_wanted || !IsBuilding()) return bytes;
    ARROW_ASSIGN_OR_RAISE(const int64_t own,
                          SpillLargestRuns(part_->probe, bytes_wanted - bytes, writer));
    return bytes + own;
  }

 private:
  enum Phase : uint8_t { kTake, kLoad, kChain, kProbe };

  // Nobody reads the other side's rows yet.
  bool IsBuilding() const { return phase_ == kLoad || phase_ == kChain; }

  arrow::Result<Progress> TakePart() {
    // One that did not fit beside the others does not fit before one of them has gone.
    if (has_given_back_ && !plan_->spill->MayTakeAgain(num_finished_, context_.waker)) {
      return Progress::kBlocked;
    }
    has_given_back_ = false;
    part_ = plan_->spill->Take();
    if (!part_.has_value()) return Progress::kDone;
    const bool needs_both =
        plan_->step.kind == JoinKind::kInner || plan_->step.kind == JoinKind::kSemi;
    if (part_->probe.empty() || (needs_both && part_->build.empty())) {
      Finish();
      return Progress::kMore;
    }
    auto own = std::make_shared<JoinPlan>(*plan_);
    own->table = plan_->table->MakeEmpty();
    own->spill = std::make_shared<JoinSpill>();
    own->copies_texts = true;
    own_plan_ = std::move(own);
    rows_ = std::make_unique<JoinRows>(&own_plan_->table->layout(), memory_);
    reader_ = std::make_unique<RunsReader>(part_->build, context_);
    is_open_ = false;
    phase_ = kLoad;
    return Progress::kMore;
  }

  arrow::Result<Progress> Load() {
    if (!is_open_) {
      ARROW_ASSIGN_OR_RAISE(const Progress progress, reader_->Next(&batch_));
      if (progress == Progress::kBlocked) return progress;
      if (progress == Progress::kDone) {
        own_plan_->table->Add(std::move(rows_));
        phase_ = kChain;
        return Progress::kMore;
      }
      const auto num_keys = static_cast<std::ptrdiff_t>(plan_->step.right_keys.size());
      const auto& columns = batch_.columns();
      ARROW_RETURN_NOT_OK(
          key_rows_.Assign(std::span(columns.begin(), columns.begin() + num_keys), batch_.rows()));
      is_open_ = true;
      next_row_ = 0;
    }
    const std::span<const Vector> stored =
        std::span(batch_.columns()).subspan(plan_->step.right_keys.size());
    ARROW_ASSIGN_OR_RAISE(
        next_row_, rows_->Append(key_rows_, stored, batch_.weights(), batch_.rows(), next_row_));
    if (next_row_ < batch_.num_active_rows()) return DoesNotFit();
    is_open_ = false;
    return Progress::kMore;
  }

  arrow::Result<Progress> Chain() {
    ARROW_ASSIGN_OR_RAISE(const Progress progress, own_plan_->table->Chain());
    if (progress == Progress::kNeedsMemory) return DoesNotFit();
    if (progress != Progress::kDone) return progress;
    ARROW_ASSIGN_OR_RAISE(probe_, MakeJoinProbe(own_plan_, context_));
    reader_ = std::make_unique<RunsReader>(part_->probe, context_);
    part_->build.clear();  // the table has the rows
    is_open_ = false;
    phase_ = kProbe;
    return Progress::kMore;
  }

  arrow::Result<Progress> Probe(Output* output) {
    if (!is_open_) {
      ARROW_ASSIGN_OR_RAISE(const Progress progress, reader_->Next(&batch_));
      if (progress == Progress::kBlocked) return progress;
      if (progress == Progress::kDone) {
        Drop();
        return Progress::kMore;
      }
      is_open_ = true;
    }
    ARROW_ASSIGN_OR_RAISE(const Progress progress, probe_->Push(0, batch_, output));
    if (progress == Progress::kNeedsInput || progress == Progress::kDone) is_open_ = false;
    return progress == Progress::kNeedsMemory || progress == Progress::kBlocked ? progress
                                                                                : Progress::kMore;
  }

  // Tasks that each hold half a part could wait for each other: all but one let go.
  Progress DoesNotFit() {
    if (!plan_->spill->GiveBack(&*part_, &num_finished_)) return Progress::kNeedsMemory;
    part_.reset();
    has_given_back_ = true;
    Release();
    return Progress::kMore;
  }

  void Finish() {
    part_.reset();
    plan_->spill->Finish();
  }
  void Drop() {
    Release();
    if (part_.has_value()) Finish();
  }
  void Release() {
    phase_ = kTake;
    batch_.Clear();
    reader_.reset();
    probe_.reset();
    rows_.reset();
    own_plan_.reset();
  }

  const std::shared_ptr<const JoinPlan> plan_;
  const TaskContext& context_;
  const std::shared_ptr<MemoryConsumer> memory_;
  Phase phase_ = kTake;
  bool has_given_back_ = false;
  uint64_t num_finished_ = 0;  // parts, when it gave back
  std::optional<JoinSpill::Part> part_;
  std::shared_ptr<const JoinPlan> own_plan_;  // with the part's table
  std::unique_ptr<JoinRows> rows_;            // null once the table has them
  std::unique_ptr<Operator> probe_;
  std::unique_ptr<RunsReader> reader_;
  // The batch under way.
  Batch batch_;
  bool is_open_ = false;
  KeyRows key_rows_;
  int32_t next_row_ = 0;
};

}  // namespace

std::unique_ptr<Source> MakeJoinPartReader(std::shared_ptr<const JoinPlan> plan,
                                           const TaskContext& context,
                                           std::shared_ptr<MemoryConsumer> memory) {
  return std::make_unique<JoinPartReader>(std::move(plan), context, std::move(memory));
}

}  // namespace sabot::internal
