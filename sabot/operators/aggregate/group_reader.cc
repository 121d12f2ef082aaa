#include <algorithm>

#include "sabot/base/error.h"
#include "sabot/operators/aggregate/group_store.h"
#include "sabot/operators/background_job.h"

namespace sabot::internal {
namespace {

// About a millisecond of merging.
constexpr int32_t kRowsAtOnce = 8192;
// So often may a part come back as it went: then it is one group's, or memory is others'.
constexpr int kDepthMax = 8;
constexpr int64_t kSpilledRowsMin = 256;

class GroupReader final : public Source {
 public:
  GroupReader(std::shared_ptr<GroupStore> store, std::shared_ptr<const AggregateProgram> program,
              const TaskContext& context)
      : store_(std::move(store)), program_(std::move(program)), context_(context), job_(context) {}

  arrow::Result<Progress> Poll(Output* output) override {
    switch (phase_) {
      case kTake:
        return TakePart();
      case kMerge:
        return Merge();
      case kEmit:
        break;
    }
    return Emit(output);
  }

  int64_t spillable_bytes() const override {
    return store_->spillable_bytes() + (CanSpillTarget() ? target_->size_bytes() : 0);
  }

  arrow::Result<int64_t> Spill(int64_t bytes_wanted, PageWriter& writer) override {
    // What waits in the store is needed later than what is being merged.
    ARROW_ASSIGN_OR_RAISE(int64_t bytes, store_->Spill(bytes_wanted, writer));
    if (bytes >= bytes_wanted || !CanSpillTarget()) return bytes;
    // A partition as fine as its part would come back just as large.
    if (target_->num_partitions() == 1) {
      const int finer = std::min(part_.range.bits + GroupStore::kPartBits, 12);
      ARROW_RETURN_NOT_OK(target_->SplitTo(finer).status());
    }
    ARROW_ASSIGN_OR_RAISE(const int64_t freed,
                          SpillLargest(target_.get(), bytes_wanted - bytes, writer, &respilled_));
    return bytes + freed;
  }

 private:
  enum Phase : uint8_t { kTake, kMerge, kEmit };

  // A whole table of few rows has no part to come back to. And so few rows free next to nothing:
  // spilling them again and again would be no progress.
  bool CanSpillTarget() const {
    return phase_ == kMerge && part_.range.bits > 0 && target_->num_rows() > kSpilledRowsMin;
  }

  arrow::Result<Progress> TakePart() {
    ARROW_ASSIGN_OR_RAISE(const Progress progress, store_->Take(&part_));
    if (progress != Progress::kMore) return progress;
    // The largest one stays, so fewest rows are copied.
    std::ranges::sort(part_.tables, {}, [](const auto& table) { return table->num_rows(); });
    target_ = std::move(part_.tables.back());
    part_.tables.pop_back();
    heap_ = std::make_unique<TableStateHeap>(target_.get());
    phase_ = kMerge;
    cursor_ = {};
    return Progress::kMore;
  }

  // Tables first, as they give memory back; then pieces from files, one at a time.
  arrow::Result<Progress> Merge() {
    arrow::Status combined;
    const KeyedTable::Combine combine = [&](std::span<uint8_t* const> into,
                                            std::span<uint8_t* const> from) {
      if (!combined.ok()) return;
      combined = program_->Combine(target_->layout(), into, from, heap_.get());
    };
    if (!part_.tables.empty()) {
      ARROW_ASSIGN_OR_RAISE(
          const Progress progress,
          target_->MergeFrom(*part_.tables.back(), &cursor_, kRowsAtOnce, combine));
      ARROW_RETURN_NOT_OK(combined);
      if (progress != Progress::kDone) return progress;
      part_.tables.pop_back();
      cursor_ = {};
      return Progress::kMore;
    }
    if (image_ != nullptr) {
      ARROW_ASSIGN_OR_RAISE(const Progress progress,
                            target_->MergeImage(*image_, &next_row_, kRowsAtOnce, combine));
      ARROW_RETURN_NOT_OK(combined);
      if (progress != Progress::kDone) return progress;
      image_.reset();
      part_.spilled.pop_back();
      return Progress::kMore;
    }
    if (!part_.spilled.empty()) return ReadPiece();
    ARROW_RETURN_NOT_OK(SplitRespilled());
    phase_ = kEmit;
    cursor_ = {};
    return Progress::kMore;
  }

  arrow::Result<Progress> ReadPiece() {
    if (!job_.is_started()) {
      read_ = std::make_shared<ReadResult>();
      job_.Start([read = read_, table = target_, piece = part_.spilled.back()] {
        ARROW_ASSIGN_OR_RAISE(read->image, table->ReadSpilled(piece));
        return arrow::Status::OK();
      });
      return Progress::kBlocked;
    }
    ARROW_ASSIGN_OR_RAISE(const bool is_done, job_.IsDone());
    if (!is_done) return Progress::kBlocked;
    image_ = std::move(read_->image);
    next_row_ = 0;
    return image_ == nullptr ? Progress::kNeedsMemory : Progress::kMore;
  }

  // What had to be spilled while it was merged becomes parts of its own, with what came to the same
  // ranges since.
  arrow::Status SplitRespilled() {
    std::ranges::sort(respilled_, {},
                      [](const SpilledPartition& piece) { return piece.range.bits; });
    std::vector<GroupPart> parts;
    for (SpilledPartition& piece : respilled_) {
      const auto known = std::ranges::find_if(
          parts, [&](const GroupPart& part) { return Holds(part.range, piece.range); });
      if (known != parts.end()) {
        known->spilled.push_back(std::move(piece));
        continue;
      }
      if (part_.depth == kDepthMax) {
        return OutOfMemoryError(*context_.memory, "hash aggregate", piece.run->size_bytes());
      }
      const bool is_finer = piece.range.bits > part_.range.bits;
      GroupPart part{piece.range, {}, {}, is_finer ? 0 : part_.depth + 1};
      ARROW_ASSIGN_OR_RAISE(part.tables.emplace_back(), target_->Extract(piece.range));
      part.spilled.push_back(std::move(piece));
      parts.push_back(std::move(part));
    }
    respilled_.clear();
    for (GroupPart& part : parts) store_->Put(std::move(part));
    return arrow::Status::OK();
  }

  arrow::Result<Progress> Emit(Output* output) {
    if (target_->Scan(&cursor_, context_.batch_size, &rows_) == 0) {
      heap_.reset();
      target_.reset();
      phase_ = kTake;
      return Progress::kMore;
    }
    Batch& batch = output->batch;
    batch.set_num_rows(static_cast<int32_t>(rows_.size()));
    for (size_t key = 0; key < target_->layout().num_keys(); ++key) {
      ARROW_ASSIGN_OR_RAISE(batch.columns().emplace_back(), target_->GatherKey(key, rows_, pool_));
    }
    for (size_t i = 0; i < program_->size(); ++i) {
      ARROW_ASSIGN_OR_RAISE(batch.columns().emplace_back(),
                            program_->Finalize(i, target_->layout(), rows_, pool_));
    }
    return Progress::kMore;
  }

  struct ReadResult {
    std::shared_ptr<TableImage> image;
  };

  const std::shared_ptr<GroupStore> store_;
  const std::shared_ptr<const AggregateProgram> program_;
  const TaskContext& context_;
  Phase phase_ = kTake;
  GroupPart part_;
  // Shared with a read under way.
  std::shared_ptr<KeyedTable> target_;
  std::unique_ptr<TableStateHeap> heap_;
  ScanCursor cursor_;
  std::shared_ptr<ReadResult> read_;
  std::shared_ptr<TableImage> image_;
  size_t next_row_ = 0;
  std::vector<SpilledPartition> respilled_;
  std::vector<uint8_t*> rows_;
  BufferPool pool_;
  BackgroundJob job_;
};

}  // namespace

std::unique_ptr<Source> MakeGroupReader(std::shared_ptr<GroupStore> store,
                                        std::shared_ptr<const AggregateProgram> program,
                                        const TaskContext& context) {
  return std::make_unique<GroupReader>(std::move(store), std::move(program), context);
}

}  // namespace sabot::internal
