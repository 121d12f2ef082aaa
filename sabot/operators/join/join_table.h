#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <vector>

#include "arrow/result.h"
#include "arrow/status.h"

#include "sabot/base/memory_budget.h"
#include "sabot/state/key_rows.h"
#include "sabot/state/row_layout.h"
#include "sabot/vector/batch.h"
#include "sabot/vector/operator.h"

namespace sabot::internal {

class Extent;

/// Rows of one task on their way into a join table: appended, never moved.
class JoinRows {
 public:
  JoinRows(const RowLayout* layout, std::shared_ptr<MemoryConsumer> memory)
      : layout_(layout), memory_(std::move(memory)) {}

  /// Copy rows [from, rows.count): keys as `keys` has them, columns by the layout's order. Returns
  /// how far it came: less than all if memory was refused.
  arrow::Result<int32_t> Append(const KeyRows& keys, std::span<const Vector> columns,
                                const int64_t* weights, Rows rows, int32_t from);

  struct Block {
    uint8_t* rows;
    int64_t num_rows;
  };
  const std::vector<Block>& blocks() const { return blocks_; }
  int64_t num_rows() const { return num_rows_; }
  bool has_weights() const { return has_weights_; }
  int64_t size_bytes() const { return extent_bytes_; }

  /// The rows of the last block, which go with `memory`.
  struct Taken {
    Block block;
    std::shared_ptr<Extent> memory;
  };
  /// Takes the last block away. No row may be appended any more.
  Taken TakeLast();

 private:
  uint8_t* Allocate(int64_t size);
  bool OwnText(StringView* text);
  arrow::Status WriteNested(const RowLayout::Field& field, const Vector& column, Rows rows,
                            int32_t from, int32_t count, uint8_t* first);

  const RowLayout* const layout_;
  const std::shared_ptr<MemoryConsumer> memory_;
  std::shared_ptr<Extent> extents_;
  int64_t extent_bytes_ = 0;
  std::vector<Block> blocks_;
  std::vector<std::shared_ptr<Extent>> before_;  // by block: the extents older than it
  int64_t free_rows_ = 0;                        // in the last block
  char* text_at_ = nullptr;
  int64_t text_left_ = 0;
  std::string encoded_;
  int64_t num_rows_ = 0;
  bool has_weights_ = false;
};

/// The build side of a join: rows chained by hash. Made by all tasks, then read by all.
///
/// A place of the directory is the address of the first row of its chain and, in the 16 bits an
/// address leaves free, a bit for each row of the chain: most keys that are not there cost one look
/// at the directory.
class JoinTable {
 public:
  /// Slots every row has.
  static constexpr size_t kNextSlot = 0;    ///< address of the next row of the chain
  static constexpr size_t kWeightSlot = 1;  ///< how often the row counts

  static arrow::Result<std::shared_ptr<JoinTable>> Make(std::vector<KeyColumn> keys,
                                                        std::vector<Type> columns);
  JoinTable(const JoinTable&) = delete;
  ~JoinTable();

  const RowLayout& layout() const { return layout_; }
  /// Whose memory the directory is; by the first task.
  void set_memory(const std::shared_ptr<MemoryConsumer>& memory);
  /// A task's rows, at its end.
  void Add(std::unique_ptr<JoinRows> rows);
  /// Before anything is chained: some task's rows back, to be spilled; null: none are left.
  std::unique_ptr<JoinRows> TakeRows();
  /// Chain refused memory, and the rows shall be spilled instead. False: others are chaining.
  bool GiveUp();
  /// A table of the same layout without rows.
  std::shared_ptr<JoinTable> MakeEmpty() const;

  /// Once all rows are there: chain some of them. kDone: all are, the table may be read;
  /// kNeedsMemory: repeat; kMore: repeat, there is more to do, or others are at it.
  arrow::Result<Progress> Chain();
  bool is_ready() const { return is_ready_.load(std::memory_order_acquire); }

  /// ---- Of a table that is ready
  int64_t num_rows() const { return num_rows_; }
  bool has_weights() const { return has_weights_; }
  void Prefetch(uint64_t hash) const { __builtin_prefetch(&directory_[PlaceOf(hash)]); }
  /// The first row that may have a key of this hash, or null.
  const uint8_t* First(uint64_t hash) const {
    const uint64_t entry = directory_[PlaceOf(hash)].load(std::memory_order_relaxed);
    return (entry & TagOf(hash)) == 0 ? nullptr : AddressIn(entry);
  }
  const uint8_t* Next(const uint8_t* row) const {
    return reinterpret_cast<const uint8_t*>(*reinterpret_cast<const uint64_t*>(row + next_offset_));
  }
  int64_t WeightOf(const uint8_t* row) const {
    return *reinterpret_cast<const int64_t*>(row + weight_offset_);
  }
  /// A row in which every key and column is NULL and whose weight is 1.
  const uint8_t* null_row() const { return reinterpret_cast<const uint8_t*>(null_row_.data()); }

 private:
  explicit JoinTable(RowLayout layout);
  bool PrepareDirectory();
  void ChainBlock(const JoinRows::Block& block);
  uint64_t PlaceOf(uint64_t hash) const { return hash >> 4 & mask_; }
  static uint64_t TagOf(uint64_t hash) { return uint64_t{1} << (48 + (hash & 15)); }
  static const uint8_t* AddressIn(uint64_t entry) {
    return reinterpret_cast<const uint8_t*>(entry & ((uint64_t{1} << 48) - 1));
  }

  const RowLayout layout_;
  const int32_t next_offset_;
  const int32_t weight_offset_;
  std::vector<uint64_t> null_row_;
  std::mutex mutex_;
  std::shared_ptr<MemoryConsumer> memory_;
  std::vector<std::unique_ptr<JoinRows>> parts_;
  std::vector<JoinRows::Block> blocks_;
  std::atomic<bool> is_prepared_{false};
  bool is_given_up_ = false;  // guarded by mutex_
  std::atomic<size_t> next_block_{0};
  std::atomic<size_t> num_done_{0};
  std::atomic<bool> is_ready_{false};
  std::atomic<uint64_t>* directory_ = nullptr;
  int64_t directory_size_ = 0;   // bytes
  int64_t directory_bytes_ = 0;  // of them reserved
  uint64_t mask_ = 0;
  int64_t num_rows_ = 0;
  bool has_weights_ = false;
};

}  // namespace sabot::internal
