#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "arrow/result.h"
#include "arrow/status.h"

#include "sabot/base/memory_budget.h"
#include "sabot/state/key_rows.h"
#include "sabot/state/row_layout.h"
#include "sabot/vector/batch.h"
#include "sabot/vector/operator.h"
#include "sabot/vector/state_piece.h"

namespace sabot {

struct KeyedTableOptions {
  /// Who pays for pages and index; shared, as a snapshot being written may outlive the table. Null:
  /// not counted.
  std::shared_ptr<MemoryConsumer> memory;
  /// Several rows of one key (join build sides): Insert makes them, Next walks them.
  bool allow_duplicates = false;
  /// A partition of more bytes splits in 16.
  int64_t partition_bytes_max = 16 << 20;
  /// The copy-on-write unit, a power of two; larger by itself if rows are wide. Smaller in tests.
  int32_t page_bytes = 16 << 10;
};

/// What one call over a batch of keys found. Reused from call to call.
struct RowRefs {
  /// By batch position: the row, or null (Find: no such key). Valid until the next call on the
  /// table that is not const.
  std::vector<uint8_t*> row;
  /// Batch positions, increasing, of the rows this call made.
  std::vector<uint16_t> inserted;
  /// What this call served: loop over these alone. All the rows asked for, unless memory was
  /// refused.
  Rows done;

  uint8_t* operator[](int32_t position) const { return row[static_cast<size_t>(position)]; }

  std::vector<uint16_t> done_selection;  ///< memory of `done`
};

/// Where a scan stands. Starts at the beginning; valid while no row is inserted or erased.
struct ScanCursor {
  uint32_t partition = 0;
  uint32_t page = 0;
  uint32_t slot = 0;
};

/// The keys whose state hash begins with `bits` bits of value `prefix`; bits = 0: all.
struct HashRange {
  uint32_t prefix = 0;
  int bits = 0;

  bool Contains(uint64_t hash) const { return bits == 0 || hash >> (64 - bits) == prefix; }
};

/// A partition that went to a file.
struct SpilledPartition {
  HashRange range;
  int64_t num_rows = 0;
  std::shared_ptr<SpilledRun> run;
};

/// Rows of a partition as they stood in a file. Immutable.
class TableImage;

/// Rows found by key: groups and their aggregates, join build sides, operator state.
///
/// Rows stand in pages of fixed row size (row_layout.h), so an aggregate updates its states through
/// plain pointers, column by column:
///
///   keys.Assign(key_vectors, batch.rows());
///   ARROW_ASSIGN_OR_RAISE(from, table->FindOrInsert(keys, from, &refs));
///   const int32_t offset = table->layout().slot_offset(0);
///   ForEachRow(refs.done, [&](int32_t i) { *reinterpret_cast<int64_t*>(refs[i] + offset) +=
///   values[i]; }); if (from < keys.num_rows()) return Progress::kNeedsMemory;  // repeat later
///   from `from`
///
/// A table is partitions by prefix of the state hash; it begins with one, and one that grows too
/// large splits in 16 at the start of a later call. A partition has its own pages, string heap and
/// index (open addressing, 8 bytes an entry: 32 bits of hash, page and slot), so it can be spilled,
/// restored, moved to another table (Extract) or dropped alone.
///
/// Memory comes in extents of up to 256 KiB, each reserved first. A refused reservation ends a call
/// early, with what was done so far reported; spill or wait, then repeat from there. Writes are
/// from one thread; const calls may come from several while nobody writes.
///
/// Snapshots share pages: the first write to a page after a snapshot copies that page while the
/// snapshot is alive. So rows are only written through pointers of a call that is not const.
class KeyedTable {
 public:
  /// Errors: UNSUPPORTED_FEATURE for keys or columns of Cypher's ANY.
  static arrow::Result<std::unique_ptr<KeyedTable>> Make(RowSchema schema,
                                                         KeyedTableOptions options = {});
  virtual ~KeyedTable() = default;

  virtual const RowLayout& layout() const = 0;
  virtual int64_t num_rows() const = 0;
  /// Of pages, heap and index; what is reserved.
  virtual int64_t size_bytes() const = 0;

  /// Rows of the keys [from, keys.num_rows()), counted in active rows; keys not there get a new
  /// row, columns NULL and slots zero. Returns how far it came: less than keys.num_rows() if memory
  /// was refused. Not for tables with duplicates.
  virtual arrow::Result<int32_t> FindOrInsert(const KeyRows& keys, int32_t from, RowRefs* refs) = 0;
  /// Like FindOrInsert, but each key gets a new row with these column values (a vector a column;
  /// none: all NULL), chained to rows of the same key. For tables with duplicates.
  virtual arrow::Result<int32_t> Insert(const KeyRows& keys, std::span<const Vector> columns,
                                        int32_t from, RowRefs* refs) = 0;
  /// Rows to read (not to write) of all keys; null where there is none. With duplicates: the first
  /// one, follow it by Next.
  virtual void Find(const KeyRows& keys, RowRefs* refs) const = 0;
  /// The same, but the rows may be written. False: memory for copies of shared pages was refused,
  /// nothing is found.
  virtual arrow::Result<bool> FindForWrite(const KeyRows& keys, RowRefs* refs) = 0;
  /// The next row of the same key in no certain order, or null. Tables with duplicates only.
  virtual uint8_t* Next(const uint8_t* row) const = 0;

  /// Remove the rows with these keys (with duplicates: all of a key). Returns how many there were.
  virtual arrow::Result<int64_t> Erase(const KeyRows& keys) = 0;
  /// Remove rows got from the latest call.
  virtual arrow::Status EraseRows(std::span<uint8_t* const> rows) = 0;
  /// Remove all rows and give the memory back.
  virtual void Clear() = 0;

  /// Up to max_rows further rows to read; their number, 0 at the end. Partition by partition in
  /// hash order.
  virtual int32_t Scan(ScanCursor* cursor, int32_t max_rows, std::vector<uint8_t*>* rows) const = 0;
  /// The same, but the rows may be written; a page is copied where a snapshot shares it, counted
  /// even beyond the budget.
  virtual int32_t ScanForWrite(ScanCursor* cursor, int32_t max_rows,
                               std::vector<uint8_t*>* rows) = 0;
  /// Values of rows as a flat vector. Its strings point into the table's pages and keep them.
  virtual arrow::Result<Vector> GatherKey(size_t key, std::span<uint8_t* const> rows,
                                          BufferPool& pool) const = 0;
  virtual arrow::Result<Vector> GatherColumn(size_t column, std::span<uint8_t* const> rows,
                                             BufferPool& pool) const = 0;

  /// Write one column of rows that may be written: rows[i] gets value position[i] of `values`; null
  /// positions: i. Strings are copied in, counted even beyond the budget (the next insert is then
  /// refused).
  virtual arrow::Status SetColumn(size_t column, const Vector& values,
                                  std::span<uint8_t* const> rows,
                                  const int32_t* positions = nullptr) = 0;
  /// One value of a STRING or BINARY column, as SetColumn does. is_null: `text` is not looked at.
  virtual void SetString(size_t column, uint8_t* row, std::string_view text,
                         bool is_null = false) = 0;

  /// Bytes for a slot with has_bytes: a view of a copy, which stays where it is until FreeBytes.
  /// Counted even beyond the budget. Spill, snapshot and merge find it through the slot; erased
  /// rows give theirs back. Short texts live in the view itself.
  virtual StringView StoreBytes(std::string_view bytes) = 0;
  virtual void FreeBytes(const StringView& view) = 0;

  /// For pairs of rows with equal keys: fold from[i] into into[i], which may be written. A row
  /// appears in `into` once a call. Strings of `from` go away after it: copy them by SetString.
  using Combine =
      std::function<void(std::span<uint8_t* const> into, std::span<uint8_t* const> from)>;
  /// Add up to max_rows rows of `other` (same schema) from the cursor on: a key that is not here
  /// yet comes over with columns and slots, one that is goes through `combine`. With duplicates
  /// every row is added and `combine` unused. kMore: max_rows were added; kNeedsMemory: some were,
  /// then memory was refused; kDone: other is used up. Other is only read.
  virtual arrow::Result<Progress> MergeFrom(const KeyedTable& other, ScanCursor* cursor,
                                            int32_t max_rows, const Combine& combine) = 0;

  /// ---- Partitions
  virtual size_t num_partitions() const = 0;
  virtual HashRange partition_range(size_t partition) const = 0;
  virtual int64_t partition_bytes(size_t partition) const = 0;
  virtual int64_t partition_num_rows(size_t partition) const = 0;
  /// Split until every partition has at least so many bits (<= 12). False: memory refused; repeat.
  virtual arrow::Result<bool> SplitTo(int bits) = 0;
  /// Move the partitions of the range (all at least as fine: SplitTo first) into a table of their
  /// own, without copying rows. What is inserted in this table within the range later starts anew.
  virtual arrow::Result<std::unique_ptr<KeyedTable>> Extract(HashRange range) = 0;
  /// Hand a partition's pages to the writer and empty it; its memory comes free once written.
  virtual arrow::Result<SpilledPartition> SpillPartition(size_t partition, PageWriter& writer) = 0;
  /// The partition of most bytes that has rows, or -1.
  virtual int64_t LargestPartition() const = 0;
  /// Read the rows of a spilled partition, checked; null if memory for all of them is refused.
  /// Blocks: on the I/O pool, or after the run is written. Errors: of the write or read;
  /// CHECKPOINT_CORRUPT.
  virtual arrow::Result<std::shared_ptr<TableImage>> ReadSpilled(
      const SpilledPartition& spilled) const = 0;
  /// Add up to max_rows rows of an image from *next on (0 at first), as MergeFrom does.
  virtual arrow::Result<Progress> MergeImage(const TableImage& image, size_t* next,
                                             int32_t max_rows, const Combine& combine) = 0;

  /// ---- Checkpoints
  /// File every partition with the writer as a piece `name` with the key groups it covers. Copies
  /// page tables only; later writes go to copies of the pages. Format:
  /// docs/formats/keyed_table_snapshot.md.
  virtual arrow::Status Snapshot(Epoch epoch, std::string_view name, SnapshotWriter& writer) = 0;
  /// Add the rows of one piece whose hash belongs to `groups`. Keys must be new unless duplicates
  /// are allowed. Call for each piece of the table's name. Errors: CHECKPOINT_CORRUPT;
  /// CHECKPOINT_INCOMPATIBLE for other keys, columns or slots; OUT_OF_MEMORY.
  virtual arrow::Status RestorePiece(const StatePiece& piece, KeyGroupRange groups) = 0;
};

}  // namespace sabot
