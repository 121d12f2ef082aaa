#include <algorithm>
#include <cstring>
#include <utility>

#include "sabot/base/error.h"
#include "sabot/state/row_columns.h"
#include "sabot/state/table.h"
#include "sabot/state/table_image.h"

namespace sabot::internal {
namespace {

constexpr int kSplitBits = 4;
// Of one table below its root: 64 K partitions.
constexpr int kDirectoryBitsMax = 16;
// Of a hash: what a snapshot's header allows.
constexpr int kRangeBitsMax = 28;
constexpr int32_t kRowsAtOnce = 2048;
// A smaller table stays in a core's second-level cache by itself.
constexpr int64_t kCachedBytes = 512 << 10;

}  // namespace

std::unique_ptr<Partition> Table::MakePartition(HashRange range) const {
  return std::make_unique<Partition>(layout_.get(), &shape_, range, options_.memory);
}

void Table::MakeDirectory() {
  int bits = root_.bits;
  for (const auto& partition : partitions_) bits = std::max(bits, partition->range().bits);
  directory_bits_ = bits - root_.bits;
  directory_.clear();
  for (const auto& partition : partitions_) {
    directory_.insert(directory_.end(), size_t{1} << (bits - partition->range().bits),
                      partition.get());
  }
  SABOT_DCHECK(directory_.size() == size_t{1} << directory_bits_);
}

void Table::Tidy() {
  if (partitions_.size() > 16 && num_changes_ < 64 * static_cast<int64_t>(partitions_.size())) {
    return;
  }
  const int64_t num_changes = std::exchange(num_changes_, 0);
  int64_t bytes = 0;
  bool has_moved = false;
  for (size_t i = 0; i < partitions_.size(); ++i) {
    Partition& partition = *partitions_[i];
    bytes += partition.size_bytes();
    if (has_moved || partition.size_bytes() < partition.retry_bytes) continue;
    const bool may_split = partition.range().bits - root_.bits + kSplitBits <= kDirectoryBitsMax &&
                           partition.range().bits + kSplitBits <= kRangeBitsMax;
    const bool is_too_large = partition.row_bytes() > options_.partition_bytes_max &&
                              partition.num_rows() > 64 && may_split;
    if (!is_too_large && !partition.IsWasteful()) continue;
    // One a call: partitions grow alike, and to split them all at once would be a long pause. The
    // others wait for the next call.
    has_moved = Rebuild(i, is_too_large ? kSplitBits : 0);
    num_changes_ = num_changes;
  }
  is_large_ = bytes > kCachedBytes;
}

bool Table::MoveRow(Partition* target, uint64_t hash, const uint8_t* row) {
  uint32_t id;
  if (!target->ReserveEntry() || !target->NewRow(&id)) return false;
  uint8_t* moved = target->RowAt(id);
  CopyWords(row, shape_.row_size, moved);
  if (!layout_->strings().empty() && !target->OwnStrings(layout_->strings(), moved)) return false;
  const uint32_t tag = Partition::TagOf(hash);
  const uint64_t entry = Partition::MakeEntry(tag, id);
  if (layout_->has_next()) {
    const Place place = LocateAny(*target, tag, moved);
    Store(place.row == nullptr ? 0 : place.row_id + 1, moved + layout_->next_offset());
    if (place.row != nullptr) {
      target->mutable_entries()[place.entry] = entry;
    } else {
      target->SetEntry(place.entry, entry);
    }
    return true;
  }
  // Its key is nowhere else.
  uint32_t place = target->HomeOf(tag);
  while (target->entries()[place] != 0) place = (place + 1) & target->mask();
  target->SetEntry(place, entry);
  return true;
}

bool Table::Rebuild(size_t index, int bits) {
  Partition& old = *partitions_[index];
  const size_t count = size_t{1} << bits;
  std::vector<std::unique_ptr<Partition>> parts;
  for (size_t i = 0; i < count; ++i) {
    parts.push_back(MakePartition(
        {old.range().prefix << bits | static_cast<uint32_t>(i), old.range().bits + bits}));
  }
  const auto refuse = [&] {
    old.retry_bytes = old.size_bytes() + old.size_bytes() / 4;
    return false;
  };
  for (auto& part : parts) {
    if (!part->ReserveEntries(old.num_rows() >> bits)) return refuse();
  }
  std::vector<const uint8_t*> rows;
  std::vector<uint64_t> hashes(shape_.rows_per_page);
  for (uint32_t page_index = 0; page_index < old.num_pages(); ++page_index) {
    uint8_t* page = old.PageAt(page_index);
    const uint64_t* live = Partition::LiveBitsOf(page);
    rows.clear();
    for (uint32_t slot = 0; slot < Partition::HeaderOf(page)->num_slots; ++slot) {
      if ((live[slot / 64] >> (slot % 64) & 1) == 0) continue;
      rows.push_back(page + shape_.rows_offset + slot * static_cast<uint32_t>(shape_.row_size));
    }
    HashRows(*layout_, rows, hashes.data());
    const auto part_of = [&](size_t i) {
      return sabot::PartitionOf(hashes[i] << old.range().bits, bits);
    };
    for (size_t i = 0; i < rows.size(); ++i) {
      const Partition& part = *parts[part_of(i)];
      if (part.entries() == nullptr) continue;
      __builtin_prefetch(part.entries() + part.HomeOf(Partition::TagOf(hashes[i])), 1);
    }
    for (size_t i = 0; i < rows.size(); ++i) {
      const uint32_t part = part_of(i);
      if (!MoveRow(parts[part].get(), hashes[i], rows[i])) return refuse();
    }
  }
  partitions_.erase(partitions_.begin() + static_cast<ptrdiff_t>(index));
  partitions_.insert(partitions_.begin() + static_cast<ptrdiff_t>(index),
                     std::make_move_iterator(parts.begin()), std::make_move_iterator(parts.end()));
  MakeDirectory();
  return true;
}

arrow::Result<bool> Table::SplitTo(int bits) {
  SABOT_DCHECK(bits <= 12);
  for (size_t i = 0; i < partitions_.size();) {
    const int missing = bits - partitions_[i]->range().bits;
    if (missing <= 0) {
      ++i;
    } else if (!Rebuild(i, std::min(missing, kSplitBits))) {
      return false;
    }
  }
  return true;
}

arrow::Result<std::unique_ptr<KeyedTable>> Table::Extract(HashRange range) {
  const auto is_inside = [&](const Partition& partition) {
    return partition.range().bits >= range.bits &&
           partition.range().prefix >> (partition.range().bits - range.bits) == range.prefix;
  };
  size_t begin = 0;
  while (begin < partitions_.size() && !is_inside(*partitions_[begin])) ++begin;
  if (begin == partitions_.size()) {
    return InternalError("a table was asked for a range finer than its partitions");
  }
  size_t end = begin;
  while (end < partitions_.size() && is_inside(*partitions_[end])) ++end;

  auto extracted = std::make_unique<Table>(layout_, shared_shape_, options_, range);
  extracted->partitions_.clear();
  for (size_t i = begin; i < end; ++i) {
    extracted->partitions_.push_back(std::move(partitions_[i]));
  }
  extracted->MakeDirectory();
  partitions_[begin] = MakePartition(range);
  partitions_.erase(partitions_.begin() + static_cast<ptrdiff_t>(begin) + 1,
                    partitions_.begin() + static_cast<ptrdiff_t>(end));
  MakeDirectory();
  if (!layout_->slot_strings().empty()) {
    ScanCursor cursor;
    std::vector<uint8_t*> rows;
    while (extracted->ScanForWrite(&cursor, kRowsAtOnce, &rows) > 0) {
      for (uint8_t* row : rows) {
        for (int32_t offset : layout_->slot_strings()) {
          auto* bytes = reinterpret_cast<StringView*>(row + offset);
          const StringView moved = extracted->StoreBytes(bytes->view());
          state_bytes_.Free(*bytes);
          *bytes = moved;
        }
      }
    }
  }
  return extracted;
}

void Table::CopyRest(Partition* partition, const uint8_t* from, uint8_t* row) {
  const auto key_size = static_cast<size_t>(layout_->key_size());
  const size_t end =
      static_cast<size_t>(layout_->has_next() ? layout_->next_offset() : shape_.row_size);
  std::memcpy(row + key_size, from + key_size, end - key_size);
  for (int32_t offset : layout_->strings().subspan(layout_->key_strings().size())) {
    auto* text = reinterpret_cast<StringView*>(row + offset);
    if (!text->is_inline()) text->pointer = partition->StoreText(text->view(), true);
  }
  for (int32_t offset : layout_->slot_strings()) {
    auto* bytes = reinterpret_cast<StringView*>(row + offset);
    *bytes = state_bytes_.Store(bytes->view());
  }
}

arrow::Result<Progress> Table::MergeFrom(const KeyedTable& other, ScanCursor* cursor,
                                         int32_t max_rows, const Combine& combine) {
  SABOT_DCHECK(other.layout().ToText() == layout_->ToText());
  std::vector<uint8_t*> rows;
  std::vector<uint64_t> hashes(kRowsAtOnce);
  while (max_rows > 0) {
    Tidy();
    const ScanCursor before = *cursor;
    const int32_t count = other.Scan(cursor, std::min(max_rows, kRowsAtOnce), &rows);
    if (count == 0) return Progress::kDone;
    HashRows(*layout_, rows, hashes.data());
    const size_t num_done = MergeRows(rows, hashes.data(), &combine);
    if (num_done < rows.size()) {
      *cursor = before;
      if (num_done > 0) other.Scan(cursor, static_cast<int32_t>(num_done), &rows);
      return Progress::kNeedsMemory;
    }
    max_rows -= count;
  }
  return Progress::kMore;
}

arrow::Result<Progress> Table::MergeImage(const TableImage& image, size_t* next, int32_t max_rows,
                                          const Combine& combine) {
  std::vector<uint64_t> hashes(kRowsAtOnce);
  while (max_rows > 0) {
    Tidy();
    const size_t left = image.rows().size() - *next;
    if (left == 0) return Progress::kDone;
    const size_t count = std::min(left, static_cast<size_t>(std::min(max_rows, kRowsAtOnce)));
    const std::span<uint8_t* const> rows(image.rows().data() + *next, count);
    HashRows(*layout_, rows, hashes.data());
    const size_t num_done = MergeRows(rows, hashes.data(), &combine);
    *next += num_done;
    if (num_done < count) return Progress::kNeedsMemory;
    max_rows -= static_cast<int32_t>(count);
  }
  return Progress::kMore;
}

int64_t Table::LargestPartition() const {
  int64_t largest = -1;
  for (size_t i = 0; i < partitions_.size(); ++i) {
    if (partitions_[i]->num_rows() == 0) continue;
    if (largest < 0 ||
        partitions_[i]->size_bytes() > partitions_[static_cast<size_t>(largest)]->size_bytes()) {
      largest = static_cast<int64_t>(i);
    }
  }
  return largest;
}

}  // namespace sabot::internal
