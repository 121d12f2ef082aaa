#include "sabot/operators/aggregate/group_store.h"

#include <algorithm>

namespace sabot::internal {
namespace {

constexpr int64_t kWholeRowsMax = 1024;

}  // namespace

void GroupStore::Add(std::unique_ptr<KeyedTable> table, std::vector<SpilledPartition> spilled) {
  const std::lock_guard lock(mutex_);
  tables_.push_back(std::move(table));
  std::move(spilled.begin(), spilled.end(), std::back_inserter(spilled_));
}

// Under the lock, once all tasks have ended. Few groups are one part, so that they come in one
// batch.
void GroupStore::Prepare() {
  if (std::exchange(is_prepared_, true) || tables_.empty() || !spilled_.empty()) return;
  int64_t num_rows = 0;
  for (const auto& table : tables_) num_rows += table->num_rows();
  if (num_rows > kWholeRowsMax) return;
  parts_.push_back({{}, std::move(tables_), {}, 0});
  tables_.clear();
}

arrow::Result<Progress> GroupStore::Take(GroupPart* part) {
  const std::lock_guard lock(mutex_);
  Prepare();
  if (!parts_.empty()) {
    *part = std::move(parts_.front());
    parts_.pop_front();
    return Progress::kMore;
  }
  if (tables_.empty()) return Progress::kDone;
  *part = {{next_range_++, kPartBits}, {}, {}, 0};
  for (const auto& table : tables_) {
    ARROW_ASSIGN_OR_RAISE(part->tables.emplace_back(), table->Extract(part->range));
  }
  const auto rest = std::ranges::partition(
      spilled_, [&](const SpilledPartition& piece) { return !Holds(part->range, piece.range); });
  std::ranges::move(rest, std::back_inserter(part->spilled));
  spilled_.erase(rest.begin(), rest.end());
  if (next_range_ == uint32_t{1} << kPartBits) tables_.clear();
  return Progress::kMore;
}

void GroupStore::Put(GroupPart part) {
  const std::lock_guard lock(mutex_);
  parts_.push_back(std::move(part));
}

int64_t GroupStore::spillable_bytes() const {
  const std::lock_guard lock(mutex_);
  int64_t bytes = 0;
  for (const auto& table : tables_) bytes += table->size_bytes();
  for (const GroupPart& part : parts_) {
    if (part.range.bits == 0) continue;
    for (const auto& table : part.tables) bytes += table->size_bytes();
  }
  return bytes;
}

arrow::Result<int64_t> GroupStore::Spill(int64_t bytes_wanted, PageWriter& writer) {
  const std::lock_guard lock(mutex_);
  int64_t bytes = 0;
  for (const auto& table : tables_) {
    if (bytes >= bytes_wanted) break;
    ARROW_ASSIGN_OR_RAISE(const int64_t freed,
                          SpillLargest(table.get(), bytes_wanted - bytes, writer, &spilled_));
    bytes += freed;
  }
  // Parts at the end of the queue are read last.
  for (auto part = parts_.rbegin(); part != parts_.rend() && bytes < bytes_wanted; ++part) {
    if (part->range.bits == 0) continue;
    for (const auto& table : part->tables) {
      ARROW_ASSIGN_OR_RAISE(const int64_t freed, SpillLargest(table.get(), bytes_wanted - bytes,
                                                              writer, &part->spilled));
      bytes += freed;
    }
  }
  return bytes;
}

arrow::Result<int64_t> SpillLargest(KeyedTable* table, int64_t bytes_wanted, PageWriter& writer,
                                    std::vector<SpilledPartition>* spilled) {
  int64_t bytes = 0;
  while (bytes < bytes_wanted) {
    const int64_t largest = table->LargestPartition();
    if (largest < 0) break;
    bytes += table->partition_bytes(static_cast<size_t>(largest));
    ARROW_ASSIGN_OR_RAISE(spilled->emplace_back(),
                          table->SpillPartition(static_cast<size_t>(largest), writer));
  }
  return bytes;
}

}  // namespace sabot::internal
