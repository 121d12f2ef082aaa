#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <span>
#include <vector>

#include "sabot/base/check.h"
#include "sabot/state/extent.h"
#include "sabot/state/keyed_table.h"
#include "sabot/state/row_layout.h"

namespace sabot::internal {

class Partition;

/// What stands at the start of a page: then a bit a slot (1 = a row lives there), then the rows.
struct PageHeader {
  Partition* owner;    ///< of the page; means nothing in a file
  uint64_t epoch;      ///< at the last write of a page that was shared
  uint32_t page;       ///< its number in the partition
  uint32_t num_slots;  ///< slots ever used
};
static_assert(sizeof(PageHeader) == 24);

/// How the pages of a table are cut. Row id: page << slot_bits | slot.
struct PageShape {
  int32_t page_bytes = 0;
  int32_t row_size = 0;
  int32_t rows_offset = 0;
  uint32_t rows_per_page = 0;
  int slot_bits = 0;

  static PageShape Of(const RowLayout& layout, int32_t page_bytes);
  uint32_t slot_mask() const { return (1u << slot_bits) - 1; }
};

/// Keeps the pages of a snapshot; the partition asks whether it still lives.
struct SnapshotPin {
  std::shared_ptr<Extent> extents;
};

/// Pages, string heap and index of the keys of one hash range. All members are the table's to use;
/// only what holds together is a method.
class Partition {
 public:
  Partition(const RowLayout* layout, const PageShape* shape, HashRange range,
            std::shared_ptr<MemoryConsumer> memory)
      : layout_(layout), shape_(shape), range_(range), memory_(std::move(memory)) {}
  Partition(const Partition&) = delete;
  Partition& operator=(const Partition&) = delete;
  ~Partition();

  HashRange range() const { return range_; }
  int64_t num_rows() const { return num_rows_; }
  /// Pages and heap; and with the index.
  int64_t row_bytes() const { return extent_bytes_; }
  int64_t size_bytes() const { return extent_bytes_ + index_bytes_; }
  size_t num_pages() const { return pages_.size(); }
  const std::shared_ptr<Extent>& extents() const { return extents_; }

  // ---- The index. An entry: hash's low 32 bits << 32 | row id + 1; 0: empty. The entry of a hash
  // stands at or after its home, the tag's top bits, before the next empty one. So neither growth
  // nor removal looks at a row.
  static uint32_t TagOf(uint64_t hash) { return static_cast<uint32_t>(hash); }
  static uint32_t TagOfEntry(uint64_t entry) { return static_cast<uint32_t>(entry >> 32); }
  static uint32_t RowOfEntry(uint64_t entry) { return static_cast<uint32_t>(entry) - 1; }
  static uint64_t MakeEntry(uint32_t tag, uint32_t row) { return uint64_t{tag} << 32 | (row + 1); }
  /// Null while nothing was inserted; then use of the others is not allowed.
  const uint64_t* entries() const { return entries_; }
  uint64_t* mutable_entries() { return entries_; }
  uint32_t mask() const { return mask_; }
  int home_shift() const { return shift_; }
  uint32_t HomeOf(uint32_t tag) const { return tag >> shift_; }
  /// Room for one more key. False: memory refused.
  bool ReserveEntry() { return num_entries_ < grow_at_ || Grow(); }
  void SetEntry(uint32_t place, uint64_t entry) {
    entries_[place] = entry;
    ++num_entries_;
  }
  void RemoveEntry(uint32_t place);
  /// Room for so many keys at once. False: memory refused.
  bool ReserveEntries(int64_t count);

  // ---- Pages. The lowest bit of a page's address says that it was not written since the latest
  // snapshot.
  uint8_t* PageAt(uint32_t page) const {
    return reinterpret_cast<uint8_t*>(pages_[page] & ~uintptr_t{1});
  }
  bool IsClean(uint32_t page) const { return (pages_[page] & 1) != 0; }
  uint8_t* RowAt(uint32_t row) const {
    return PageAt(row >> shape_->slot_bits) + shape_->rows_offset +
           (row & shape_->slot_mask()) * static_cast<uint32_t>(shape_->row_size);
  }
  const uintptr_t* page_table() const { return pages_.data(); }
  /// The page may be written from here on: copied if a snapshot shares it. False: memory refused
  /// (never if forced).
  bool MakeWritable(uint32_t page, bool is_forced) {
    return !IsClean(page) || CopyPage(page, is_forced);
  }
  static PageHeader* HeaderOf(uint8_t* page) { return reinterpret_cast<PageHeader*>(page); }
  static uint64_t* LiveBitsOf(uint8_t* page) {
    return reinterpret_cast<uint64_t*>(page + sizeof(PageHeader));
  }
  uint32_t IdOf(const uint8_t* row) const;
  uint8_t* PageOf(const uint8_t* row) const {
    return reinterpret_cast<uint8_t*>(reinterpret_cast<uintptr_t>(row) &
                                      ~static_cast<uintptr_t>(shape_->page_bytes - 1));
  }

  /// A slot for a new row, live and of any content, not in the index. False: memory refused.
  bool NewRow(uint32_t* row);
  /// Its page must be writable and the index not know it any more.
  void FreeRow(uint32_t row);

  // ---- The heap of keys' and columns' strings.
  /// A copy that stays until the partition goes. Null: memory refused.
  const char* StoreText(std::string_view text, bool is_forced);
  /// Let a row's strings at these offsets be copies in this heap. False: memory refused.
  bool OwnStrings(std::span<const int32_t> offsets, uint8_t* row);
  /// Of texts no row has any more.
  void AddDeadBytes(int64_t bytes) { dead_bytes_ += bytes; }
  struct Chunk {
    char* data;
    uint32_t size;
    uint32_t used;
    uint32_t checked = 0;  ///< bytes that `crc` is of
    uint32_t crc = 0;
  };

  /// Mark all pages as shared from now on, by the returned pin.
  std::shared_ptr<SnapshotPin> Seal(uint64_t epoch);
  /// Of a clean page's first `size` bytes; computed once.
  uint32_t PageCrc(uint32_t page, int64_t size);
  std::vector<Chunk>& chunks() { return chunks_; }
  /// Mostly holes or dead text: worth a rebuild.
  bool IsWasteful() const;

  /// A size at which the table tries to split or rebuild it again, after memory was refused.
  int64_t retry_bytes = 0;

 private:
  bool Grow();
  bool CopyPage(uint32_t page, bool is_forced);
  bool Resize(int bits);
  uint8_t* TakePage(bool is_forced);
  bool HasLivePin();
  uint64_t OldestLivePin();

  const RowLayout* layout_;
  const PageShape* shape_;
  HashRange range_;
  std::shared_ptr<MemoryConsumer> memory_;

  uint64_t* entries_ = nullptr;
  uint32_t mask_ = 0;
  int shift_ = 32;
  int64_t num_entries_ = 0;
  int64_t grow_at_ = 0;
  int64_t index_bytes_ = 0;

  std::vector<uintptr_t> pages_;
  std::vector<uint32_t> page_crcs_;
  std::vector<uint8_t> has_crc_;
  uint32_t tail_slots_ = 0;  // free slots at the end of the last page
  uint32_t free_row_ = 0;    // id + 1 of the first free slot; each holds the next
  int64_t num_free_ = 0;
  int64_t num_rows_ = 0;

  std::shared_ptr<Extent> extents_;
  int64_t extent_bytes_ = 0;
  int extent_shift_ = 0;
  uint8_t* next_page_ = nullptr;
  uint8_t* end_of_extent_ = nullptr;
  std::vector<Chunk> chunks_;
  size_t open_chunk_ = SIZE_MAX;
  int64_t text_bytes_ = 0;
  int64_t dead_bytes_ = 0;

  struct Pin {
    std::weak_ptr<SnapshotPin> pin;
    uint64_t sequence;
  };
  struct Retired {
    uint8_t* page;
    uint64_t sequence;  // shared with pins up to this one
  };
  std::vector<Pin> pins_;
  std::deque<Retired> retired_;
  uint64_t pin_sequence_ = 0;
  uint64_t epoch_ = 0;
};

}  // namespace sabot::internal
