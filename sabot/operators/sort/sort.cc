#include "sabot/operators/sort/sort.h"

#include <algorithm>
#include <mutex>

#include "sabot/operators/background_job.h"
#include "sabot/operators/sort/run_sorter.h"
#include "sabot/operators/weights.h"

namespace sabot {
namespace {

using internal::RunSorter;
using internal::SortPlan;

/// What the tasks share: the sorted runs of those that ended.
struct SortedRuns {
  SortPlan plan;
  int64_t offset = 0;
  std::mutex mutex;
  std::vector<std::unique_ptr<RowRun>> runs;  // guarded by mutex
  bool is_taken = false;                      // guarded by mutex

  int64_t spillable_bytes() {
    const std::lock_guard lock(mutex);
    return internal::BytesInMemory(runs);
  }
  arrow::Result<int64_t> Spill(int64_t bytes_wanted, PageWriter& writer) {
    const std::lock_guard lock(mutex);
    return internal::SpillRuns(runs, bytes_wanted, writer);
  }
};

/// Merges all runs. One task's does; the others' have nothing to do.
class MergeSource final : public Source {
 public:
  MergeSource(std::shared_ptr<SortedRuns> shared, const TaskContext& context)
      : shared_(std::move(shared)), context_(context), job_(context) {}

  arrow::Result<Progress> Poll(Output* output) override {
    if (merge_ == nullptr) {
      const std::lock_guard lock(shared_->mutex);
      if (std::exchange(shared_->is_taken, true) || shared_->runs.empty()) return Progress::kDone;
      merge_ = std::make_shared<Merge>();
      merge_->order = shared_->plan.order;
      merge_->max_rows = context_.batch_size;
      merge_->runs = std::move(shared_->runs);
      shared_->runs.clear();
      reads_files_ =
          std::ranges::any_of(merge_->runs, [](const auto& run) { return run->is_spilled(); });
    }
    if (place_ >= shared_->plan.num_wanted) return Progress::kDone;
    if (!reads_files_) {
      ARROW_RETURN_NOT_OK(merge_->Next());
    } else if (!job_.is_started()) {
      job_.Start([merge = merge_] { return merge->Next(); });
      return Progress::kBlocked;
    } else {
      ARROW_ASSIGN_OR_RAISE(const bool is_done, job_.IsDone());
      if (!is_done) return Progress::kBlocked;
    }
    if (merge_->batch.num_rows() == 0) return Progress::kDone;
    return Give(&merge_->batch, output);
  }

 private:
  // Owned by a read under way too.
  struct Merge {
    arrow::Status Next() {
      if (reader == nullptr) {
        std::vector<RowRun*> pointers;
        for (const auto& run : runs) pointers.push_back(run.get());
        ARROW_ASSIGN_OR_RAISE(reader, MergeRuns(pointers, order));
      }
      batch.Clear();
      return reader->Next(max_rows, pool).Value(&batch);
    }

    std::vector<std::unique_ptr<RowRun>> runs;
    std::vector<SortColumn> order;
    int32_t max_rows = kVectorSize;
    BufferPool pool;
    std::unique_ptr<RowRunReader> reader;
    Batch batch;
  };

  arrow::Result<Progress> Give(Batch* batch, Output* output) {
    ARROW_ASSIGN_OR_RAISE(const int64_t total, TotalWeight(*batch));
    const int64_t end = std::min(total, shared_->plan.num_wanted - place_);
    const int64_t begin = std::clamp<int64_t>(shared_->offset - place_, 0, end);
    place_ += end;
    if (begin == end) return Progress::kMore;
    batch->columns().resize(shared_->plan.num_columns);
    if (total == batch->num_rows()) batch->set_weights(nullptr);
    output->batch = SliceByWeight(std::move(*batch), begin, end, pool_);
    return Progress::kMore;
  }

  const std::shared_ptr<SortedRuns> shared_;
  const TaskContext& context_;
  std::shared_ptr<Merge> merge_;
  bool reads_files_ = false;
  int64_t place_ = 0;  // of the next row, counted by weight
  BufferPool pool_;
  BackgroundJob job_;
};

class Sort final : public Operator {
 public:
  Sort(std::shared_ptr<SortedRuns> shared, std::unique_ptr<RunSorter> sorter,
       const TaskContext& context)
      : shared_(std::move(shared)), sorter_(std::move(sorter)), context_(context) {}

  arrow::Result<Progress> Push(int /*port*/, Batch& input, Output* /*output*/) override {
    if (shared_->plan.num_wanted == 0) return Progress::kDone;
    ARROW_ASSIGN_OR_RAISE(const bool is_added, sorter_->Add(input));
    return is_added ? Progress::kNeedsInput : Progress::kNeedsMemory;
  }

  arrow::Result<Progress> OnMarker(Marker& marker, Output* /*output*/) override {
    if (marker.kind != Marker::kEnd || sorter_ == nullptr) return Progress::kNeedsInput;
    ARROW_ASSIGN_OR_RAISE(const bool is_finished, sorter_->Finish());
    if (!is_finished) return Progress::kNeedsMemory;
    std::vector<std::unique_ptr<RowRun>> runs = sorter_->TakeRuns();
    const std::lock_guard lock(shared_->mutex);
    std::ranges::move(runs, std::back_inserter(shared_->runs));
    sorter_.reset();
    return Progress::kNeedsInput;
  }

  std::unique_ptr<Source> Remainder() override {
    return std::make_unique<MergeSource>(shared_, context_);
  }

  int64_t spillable_bytes() const override {
    return sorter_ != nullptr ? sorter_->spillable_bytes() : shared_->spillable_bytes();
  }
  arrow::Result<int64_t> Spill(int64_t bytes_wanted, PageWriter& writer) override {
    return sorter_ != nullptr ? sorter_->Spill(bytes_wanted, writer)
                              : shared_->Spill(bytes_wanted, writer);
  }

 private:
  const std::shared_ptr<SortedRuns> shared_;
  std::unique_ptr<RunSorter> sorter_;  // null once its runs are handed over
  const TaskContext& context_;
};

class SortFactory final : public OperatorFactory {
 public:
  SortFactory(std::shared_ptr<SortedRuns> shared, const QueryContext& query)
      : shared_(std::move(shared)), query_(query) {}

  arrow::Result<std::unique_ptr<Operator>> Make(const TaskContext& context) override {
    ARROW_ASSIGN_OR_RAISE(std::shared_ptr<MemoryConsumer> memory,
                          context.memory->MakeConsumer("sort"));
    ARROW_ASSIGN_OR_RAISE(std::unique_ptr<RunSorter> sorter,
                          RunSorter::Make(&shared_->plan, query_, std::move(memory)));
    return std::make_unique<Sort>(shared_, std::move(sorter), context);
  }

 private:
  const std::shared_ptr<SortedRuns> shared_;
  const QueryContext query_;
};

}  // namespace

arrow::Result<std::unique_ptr<OperatorFactory>> MakeSort(const PhysicalSort& step,
                                                         const PhysicalNode& node,
                                                         const QueryContext& query) {
  auto shared = std::make_shared<SortedRuns>();
  ARROW_ASSIGN_OR_RAISE(shared->plan, SortPlan::Make(step.keys, *node.inputs[0], query));
  return std::make_unique<SortFactory>(std::move(shared), query);
}

arrow::Result<std::unique_ptr<OperatorFactory>> MakeTopN(const PhysicalTopN& step,
                                                         const PhysicalNode& node,
                                                         const QueryContext& query) {
  auto shared = std::make_shared<SortedRuns>();
  ARROW_ASSIGN_OR_RAISE(shared->plan, SortPlan::Make(step.keys, *node.inputs[0], query));
  shared->offset = step.offset;
  if (step.limit == 0) {
    shared->plan.num_wanted = 0;
  } else if (__builtin_add_overflow(step.offset, step.limit, &shared->plan.num_wanted)) {
    shared->plan.num_wanted = INT64_MAX;
  }
  return std::make_unique<SortFactory>(std::move(shared), query);
}

}  // namespace sabot
