#include "sabot/state/partition.h"

#include <algorithm>
#include <atomic>
#include <bit>
#include <cstring>
#include <limits>

#include "sabot/base/crc32c.h"
#include "sabot/vector/large_memory.h"

namespace sabot::internal {
namespace {

constexpr int kIndexBitsMin = 8;
constexpr int kIndexBitsMax = 30;
// Linear probing: at 0.7, a key that is not there costs 6 steps along one or two cache lines, at
// 0.9 it would be 50.
constexpr double kLoadMax = 0.7;
// Small ones stay sparse: there, a mispredicted second step costs more than all the rest.
constexpr int kSparseBits = 13;
constexpr double kSparseLoad = 0.35;
constexpr double kLoadLimit = 0.85;  // where memory is refused
constexpr int kExtentShiftMax = 4;   // 16 pages of 16 KiB: 256 KiB

double LoadOf(int bits) { return bits <= kSparseBits ? kSparseLoad : kLoadMax; }

int64_t IndexAlignment(int64_t bytes) { return bytes >= kHugePage ? kHugePage : 64; }

uint64_t* AllocateIndex(int64_t bytes) {
  return reinterpret_cast<uint64_t*>(AllocateZeroed(bytes, IndexAlignment(bytes)));
}

void FreeIndex(uint64_t* entries, int64_t bytes) {
  FreeLarge(reinterpret_cast<uint8_t*>(entries), bytes, IndexAlignment(bytes));
}

}  // namespace

PageShape PageShape::Of(const RowLayout& layout, int32_t page_bytes) {
  PageShape shape;
  shape.row_size = layout.row_size();
  // Wide rows: at least eight a page, or half of a page could be waste.
  while (page_bytes - 64 < 8 * shape.row_size) page_bytes *= 2;
  shape.page_bytes = page_bytes;
  auto rows = static_cast<uint32_t>(page_bytes / shape.row_size);
  const auto offset_of = [](uint32_t count) {
    return static_cast<int32_t>(sizeof(PageHeader) + (count + 63) / 64 * 8);
  };
  while (offset_of(rows) + static_cast<int32_t>(rows) * shape.row_size > page_bytes) --rows;
  shape.rows_per_page = rows;
  shape.rows_offset = offset_of(rows);
  shape.slot_bits = std::bit_width(rows - 1);
  return shape;
}

Partition::~Partition() {
  FreeIndex(entries_, index_bytes_);
  if (memory_ != nullptr && index_bytes_ > 0) memory_->Release(index_bytes_);
}

bool Partition::Grow() {
  const int bits = entries_ == nullptr ? kIndexBitsMin : 33 - shift_;
  if (bits <= kIndexBitsMax && Resize(bits)) return true;
  // Rather slow than stuck: the index fills up before anybody has to wait for memory.
  const auto limit = static_cast<int64_t>(kLoadLimit * (double{1} + mask_));
  if (entries_ == nullptr || num_entries_ >= limit) return false;
  grow_at_ = std::min(limit, num_entries_ + 1);
  return true;
}

bool Partition::ReserveEntries(int64_t count) {
  if (num_entries_ + count <= grow_at_) return true;
  int bits = kIndexBitsMin;
  while (bits < kIndexBitsMax && LoadOf(bits) * static_cast<double>(int64_t{1} << bits) <=
                                     static_cast<double>(num_entries_ + count)) {
    ++bits;
  }
  return Resize(bits);
}

bool Partition::Resize(int bits) {
  const int64_t bytes = int64_t{8} << bits;
  if (memory_ != nullptr && !memory_->TryReserve(bytes)) return false;
  uint64_t* entries = AllocateIndex(bytes);
  const uint32_t mask = static_cast<uint32_t>((uint64_t{1} << bits) - 1);
  const int shift = 32 - bits;
  if (entries_ != nullptr) {
    // From just behind an empty place, so that entries come in the order of their homes and the new
    // array is filled front to back.
    uint32_t start = 0;
    while (entries_[start] != 0) ++start;
    for (uint32_t i = 1; i <= mask_; ++i) {
      const uint64_t entry = entries_[(start + i) & mask_];
      if (entry == 0) continue;
      uint32_t place = TagOfEntry(entry) >> shift;
      while (entries[place] != 0) place = (place + 1) & mask;
      entries[place] = entry;
    }
    FreeIndex(entries_, index_bytes_);
    if (memory_ != nullptr) memory_->Release(index_bytes_);
  }
  entries_ = entries;
  mask_ = mask;
  shift_ = shift;
  index_bytes_ = bytes;
  grow_at_ = static_cast<int64_t>(LoadOf(bits) * (double{1} + mask));
  return true;
}

void Partition::RemoveEntry(uint32_t place) {
  // Entries behind that could stand here move up; so there are no tombstones.
  uint32_t hole = place;
  for (uint32_t next = (hole + 1) & mask_; entries_[next] != 0; next = (next + 1) & mask_) {
    const uint32_t home = HomeOf(TagOfEntry(entries_[next]));
    if (((next - home) & mask_) >= ((next - hole) & mask_)) {
      entries_[hole] = entries_[next];
      hole = next;
    }
  }
  entries_[hole] = 0;
  --num_entries_;
}

bool Partition::HasLivePin() {
  std::erase_if(pins_, [](const Pin& pin) { return pin.pin.expired(); });
  // Pairs with the release of a snapshot written by another thread: its reads come before our
  // writes.
  std::atomic_thread_fence(std::memory_order_acquire);
  return !pins_.empty();
}

uint64_t Partition::OldestLivePin() {
  return HasLivePin() ? pins_.front().sequence : std::numeric_limits<uint64_t>::max();
}

uint8_t* Partition::TakePage(bool is_forced) {
  if (!retired_.empty() && retired_.front().sequence < OldestLivePin()) {
    uint8_t* page = retired_.front().page;
    retired_.pop_front();
    return page;
  }
  if (next_page_ == end_of_extent_) {
    // Small at first: a query may have many small tables.
    const int64_t size = int64_t{shape_->page_bytes} << extent_shift_;
    std::shared_ptr<Extent> extent =
        Extent::Make(size, shape_->page_bytes, memory_, extents_, is_forced);
    if (extent == nullptr) return nullptr;
    extent_shift_ = std::min(extent_shift_ + 1, kExtentShiftMax);
    next_page_ = extent->data();
    end_of_extent_ = next_page_ + size;
    extent_bytes_ += size;
    extents_ = std::move(extent);
  }
  uint8_t* page = next_page_;
  next_page_ += shape_->page_bytes;
  return page;
}

bool Partition::CopyPage(uint32_t page, bool is_forced) {
  uint8_t* current = PageAt(page);
  if (HasLivePin()) {
    uint8_t* copy = TakePage(is_forced);
    if (copy == nullptr) return false;
    std::memcpy(copy, current, static_cast<size_t>(shape_->page_bytes));
    retired_.push_back({current, pin_sequence_});
    current = copy;
  }
  HeaderOf(current)->epoch = epoch_;
  pages_[page] = reinterpret_cast<uintptr_t>(current);
  return true;
}

uint32_t Partition::IdOf(const uint8_t* row) const {
  uint8_t* page = PageOf(row);
  const auto slot = static_cast<uint32_t>((row - page - shape_->rows_offset) / shape_->row_size);
  return HeaderOf(page)->page << shape_->slot_bits | slot;
}

bool Partition::NewRow(uint32_t* row) {
  uint32_t page;
  uint32_t slot;
  if (free_row_ != 0) {
    page = (free_row_ - 1) >> shape_->slot_bits;
    slot = (free_row_ - 1) & shape_->slot_mask();
    if (!MakeWritable(page, false)) return false;
    std::memcpy(&free_row_, RowAt(free_row_ - 1), sizeof(free_row_));
    --num_free_;
  } else if (tail_slots_ > 0) {
    page = static_cast<uint32_t>(pages_.size() - 1);
    if (!MakeWritable(page, false)) return false;
    slot = shape_->rows_per_page - tail_slots_--;
    HeaderOf(PageAt(page))->num_slots = slot + 1;
  } else {
    if (pages_.size() >= size_t{1} << (32 - shape_->slot_bits)) return false;
    uint8_t* memory = TakePage(false);
    if (memory == nullptr) return false;
    page = static_cast<uint32_t>(pages_.size());
    slot = 0;
    std::memset(memory, 0, static_cast<size_t>(shape_->rows_offset));
    *HeaderOf(memory) = {.owner = this, .epoch = epoch_, .page = page, .num_slots = 1};
    pages_.push_back(reinterpret_cast<uintptr_t>(memory));
    tail_slots_ = shape_->rows_per_page - 1;
  }
  LiveBitsOf(PageAt(page))[slot / 64] |= uint64_t{1} << (slot % 64);
  *row = page << shape_->slot_bits | slot;
  ++num_rows_;
  return true;
}

void Partition::FreeRow(uint32_t row) {
  const uint32_t slot = row & shape_->slot_mask();
  uint8_t* memory = RowAt(row);
  SABOT_DCHECK(!IsClean(row >> shape_->slot_bits));
  for (int32_t offset : layout_->strings()) {
    const auto* text = reinterpret_cast<const StringView*>(memory + offset);
    if (!text->is_inline()) dead_bytes_ += text->length;
  }
  LiveBitsOf(PageAt(row >> shape_->slot_bits))[slot / 64] &= ~(uint64_t{1} << (slot % 64));
  std::memcpy(memory, &free_row_, sizeof(free_row_));
  free_row_ = row + 1;
  ++num_free_;
  --num_rows_;
}

const char* Partition::StoreText(std::string_view text, bool is_forced) {
  const auto size = static_cast<uint32_t>(text.size());
  if (open_chunk_ == SIZE_MAX || chunks_[open_chunk_].size - chunks_[open_chunk_].used < size) {
    if (size > static_cast<uint32_t>(shape_->page_bytes) / 4) {
      // A long one has memory of its own; the open chunk stays open.
      std::shared_ptr<Extent> extent =
          Extent::Make((int64_t{size} + 63) / 64 * 64, 64, memory_, extents_, is_forced);
      if (extent == nullptr) return nullptr;
      extents_ = extent;
      extent_bytes_ += extent->size();
      chunks_.push_back({reinterpret_cast<char*>(extent->data()), size, size});
      std::memcpy(extent->data(), text.data(), size);
      text_bytes_ += size;
      return chunks_.back().data;
    }
    uint8_t* page = TakePage(is_forced);
    if (page == nullptr) return nullptr;
    open_chunk_ = chunks_.size();
    chunks_.push_back(
        {reinterpret_cast<char*>(page), static_cast<uint32_t>(shape_->page_bytes), 0});
  }
  Chunk& chunk = chunks_[open_chunk_];
  char* target = chunk.data + chunk.used;
  std::memcpy(target, text.data(), size);
  chunk.used += size;
  text_bytes_ += size;
  return target;
}

bool Partition::OwnStrings(std::span<const int32_t> offsets, uint8_t* row) {
  for (int32_t offset : offsets) {
    auto* text = reinterpret_cast<StringView*>(row + offset);
    if (text->is_inline()) continue;
    const char* copy = StoreText(text->view(), false);
    if (copy == nullptr) return false;
    text->pointer = copy;
  }
  return true;
}

std::shared_ptr<SnapshotPin> Partition::Seal(uint64_t epoch) {
  has_crc_.resize(pages_.size(), 0);
  page_crcs_.resize(pages_.size(), 0);
  for (size_t page = 0; page < pages_.size(); ++page) {
    if ((pages_[page] & 1) == 0) has_crc_[page] = 0;
    pages_[page] |= 1;
  }
  epoch_ = epoch;
  auto pin = std::make_shared<SnapshotPin>(SnapshotPin{extents_});
  pins_.push_back({pin, ++pin_sequence_});
  return pin;
}

uint32_t Partition::PageCrc(uint32_t page, int64_t size) {
  SABOT_DCHECK(IsClean(page));
  if (has_crc_[page] == 0) {
    page_crcs_[page] =
        Crc32c({reinterpret_cast<const char*>(PageAt(page)), static_cast<size_t>(size)});
    has_crc_[page] = 1;
  }
  return page_crcs_[page];
}

bool Partition::IsWasteful() const {
  return (dead_bytes_ > 1 << 20 && dead_bytes_ > text_bytes_ / 2) ||
         (num_free_ * shape_->row_size > 1 << 20 && num_free_ > 3 * num_rows_);
}

}  // namespace sabot::internal
