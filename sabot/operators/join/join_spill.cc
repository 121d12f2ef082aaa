#include "sabot/operators/join/join_spill.h"

#include <algorithm>

namespace sabot::internal {
namespace {

// About what a batch of both tasks' rows needs.
constexpr int64_t kBatchBytes = 256 << 10;
// Smaller runs are a file each for next to nothing, unless there is nothing else.
constexpr int64_t kRunBytesMin = 32 << 10;

}  // namespace

arrow::Result<int64_t> SpillLargestRuns(std::vector<std::shared_ptr<RowRun>> runs,
                                        int64_t bytes_wanted, PageWriter& writer) {
  std::erase_if(runs, [](const auto& run) { return run->is_spilled() || run->num_rows() == 0; });
  std::ranges::sort(runs, std::greater(), [](const auto& run) { return run->size_bytes(); });
  // Half of all at least: a file a run, so few large ones.
  int64_t total = 0;
  for (const auto& run : runs) total += run->size_bytes();
  bytes_wanted = std::max(bytes_wanted, total / 2);
  int64_t bytes = 0;
  for (const auto& run : runs) {
    if (bytes >= bytes_wanted || (bytes > 0 && run->size_bytes() < kRunBytesMin)) break;
    bytes += run->size_bytes();
    ARROW_RETURN_NOT_OK(run->Spill(writer));
  }
  return bytes;
}

int64_t SpillableBytes(const std::vector<std::shared_ptr<RowRun>>& runs) {
  int64_t bytes = 0;
  for (const auto& run : runs) bytes += run->is_spilled() ? 0 : run->size_bytes();
  return bytes;
}

bool JoinPartWriter::HasRoom() {
  if (!memory_->TryReserve(kBatchBytes)) return false;
  memory_->Release(kBatchBytes);
  return true;
}

arrow::Status JoinPartWriter::Append(const Batch& batch, Rows rows, const uint64_t* hashes) {
  for (auto& positions : positions_) positions.clear();
  ForEachRow(rows, [&](int32_t row) {
    positions_[JoinPartOf(hashes[row])].push_back(static_cast<uint16_t>(row));
  });
  for (size_t part = 0; part < kNumJoinParts; ++part) {
    const std::vector<uint16_t>& positions = positions_[part];
    if (positions.empty()) continue;
    std::shared_ptr<RowRun>& run = open_[part];
    if (run == nullptr) {
      ARROW_ASSIGN_OR_RAISE(
          run, RowRun::Make(types_, {.memory = memory_, .has_weights = true, .is_forced = true}));
    }
    const auto count = static_cast<int32_t>(positions.size());
    BufferPtr selection = pool_.Acquire(int64_t{count} * 2 + 16);
    std::ranges::copy(positions, reinterpret_cast<uint16_t*>(selection->data()));
    Batch chosen = batch.Clone();
    chosen.SetSelection(std::move(selection), count);
    ARROW_RETURN_NOT_OK(run->Append(chosen, 0).status());
  }
  return arrow::Status::OK();
}

int64_t JoinPartWriter::size_bytes() const {
  int64_t bytes = 0;
  for (const auto& run : open_) bytes += run == nullptr ? 0 : run->size_bytes();
  return bytes;
}

arrow::Result<int64_t> JoinPartWriter::Spill(int64_t bytes_wanted, PageWriter& writer) {
  std::vector<std::shared_ptr<RowRun>> runs;
  for (const auto& run : open_) {
    if (run != nullptr) runs.push_back(run);
  }
  ARROW_ASSIGN_OR_RAISE(const int64_t bytes,
                        SpillLargestRuns(std::move(runs), bytes_wanted, writer));
  // Nothing can be appended to these.
  for (size_t part = 0; part < kNumJoinParts; ++part) {
    if (open_[part] == nullptr || !open_[part]->is_spilled()) continue;
    spilled_[part].push_back(std::move(open_[part]));
    open_[part] = nullptr;
  }
  return bytes;
}

JoinPartRuns JoinPartWriter::Take() {
  for (size_t part = 0; part < kNumJoinParts; ++part) {
    if (open_[part] == nullptr) continue;
    spilled_[part].push_back(std::move(open_[part]));
    open_[part] = nullptr;
  }
  return std::exchange(spilled_, {});
}

void JoinSpill::Add(std::vector<std::shared_ptr<RowRun>> Part::* side, JoinPartRuns runs) {
  const std::lock_guard lock(mutex_);
  for (size_t part = 0; part < kNumJoinParts; ++part) {
    std::vector<std::shared_ptr<RowRun>>& known = arriving_[part].*side;
    std::ranges::move(runs[part], std::back_inserter(known));
  }
}

std::optional<JoinSpill::Part> JoinSpill::Take() {
  const std::lock_guard lock(mutex_);
  if (!is_dealt_) {
    is_dealt_ = true;
    std::ranges::move(arriving_, std::back_inserter(waiting_));
  }
  if (waiting_.empty()) return std::nullopt;
  Part part = std::move(waiting_.back());
  waiting_.pop_back();
  ++num_taken_;
  return part;
}

void JoinSpill::Finish() {
  const std::lock_guard lock(mutex_);
  --num_taken_;
  ++num_finished_;
  for (Waker* sleeper : std::exchange(sleepers_, {})) sleeper->Fire();
}

bool JoinSpill::GiveBack(Part* part, uint64_t* num_finished) {
  const std::lock_guard lock(mutex_);
  if (num_taken_ == 1) return false;
  --num_taken_;
  waiting_.push_back(std::move(*part));
  *num_finished = num_finished_;
  return true;
}

bool JoinSpill::MayTakeAgain(uint64_t num_finished, Waker* waker) {
  const std::lock_guard lock(mutex_);
  std::erase(sleepers_, waker);
  if (num_taken_ == 0 || num_finished_ != num_finished) return true;
  sleepers_.push_back(waker);
  return false;
}

void JoinSpill::Forget(Waker* waker) {
  const std::lock_guard lock(mutex_);
  std::erase(sleepers_, waker);
}

int64_t JoinSpill::spillable_bytes() const {
  const std::lock_guard lock(mutex_);
  int64_t bytes = 0;
  const auto add = [&](const Part& part) {
    bytes += SpillableBytes(part.build) + SpillableBytes(part.probe);
  };
  std::ranges::for_each(arriving_, add);
  std::ranges::for_each(waiting_, add);
  return bytes;
}

arrow::Result<int64_t> JoinSpill::Spill(int64_t bytes_wanted, PageWriter& writer) {
  const std::lock_guard lock(mutex_);
  std::vector<std::shared_ptr<RowRun>> runs;
  const auto add = [&](const Part& part) {
    for (const auto* side : {&part.build, &part.probe}) {
      runs.insert(runs.end(), side->begin(), side->end());
    }
  };
  std::ranges::for_each(arriving_, add);
  std::ranges::for_each(waiting_, add);
  return SpillLargestRuns(std::move(runs), bytes_wanted, writer);
}

}  // namespace sabot::internal
