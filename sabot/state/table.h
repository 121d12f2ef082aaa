#pragma once

#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <vector>

#include "sabot/state/keyed_table.h"
#include "sabot/state/partition.h"

namespace sabot::internal {

/// The one KeyedTable. keyed_table.cc: by key and by row; table_merge.cc: whole partitions;
/// table_snapshot.cc: files.
class Table final : public KeyedTable {
 public:
  Table(std::shared_ptr<const RowLayout> layout, std::shared_ptr<const PageShape> shape,
        KeyedTableOptions options, HashRange root);

  const RowLayout& layout() const override { return *layout_; }
  int64_t num_rows() const override;
  int64_t size_bytes() const override;

  arrow::Result<int32_t> FindOrInsert(const KeyRows& keys, int32_t from, RowRefs* refs) override;
  arrow::Result<int32_t> Insert(const KeyRows& keys, std::span<const Vector> columns, int32_t from,
                                RowRefs* refs) override;
  void Find(const KeyRows& keys, RowRefs* refs) const override;
  arrow::Result<bool> FindForWrite(const KeyRows& keys, RowRefs* refs) override;
  uint8_t* Next(const uint8_t* row) const override;

  arrow::Result<int64_t> Erase(const KeyRows& keys) override;
  arrow::Status EraseRows(std::span<uint8_t* const> rows) override;
  void Clear() override;

  int32_t Scan(ScanCursor* cursor, int32_t max_rows, std::vector<uint8_t*>* rows) const override;
  int32_t ScanForWrite(ScanCursor* cursor, int32_t max_rows, std::vector<uint8_t*>* rows) override;
  arrow::Result<Vector> GatherKey(size_t key, std::span<uint8_t* const> rows,
                                  BufferPool& pool) const override;
  arrow::Result<Vector> GatherColumn(size_t column, std::span<uint8_t* const> rows,
                                     BufferPool& pool) const override;

  arrow::Status SetColumn(size_t column, const Vector& values, std::span<uint8_t* const> rows,
                          const int32_t* positions) override;
  void SetString(size_t column, uint8_t* row, std::string_view text, bool is_null) override;
  StringView StoreBytes(std::string_view bytes) override { return state_bytes_.Store(bytes); }
  void FreeBytes(const StringView& view) override { state_bytes_.Free(view); }

  arrow::Result<Progress> MergeFrom(const KeyedTable& other, ScanCursor* cursor, int32_t max_rows,
                                    const Combine& combine) override;

  size_t num_partitions() const override { return partitions_.size(); }
  HashRange partition_range(size_t partition) const override {
    return partitions_[partition]->range();
  }
  int64_t partition_bytes(size_t partition) const override {
    return partitions_[partition]->size_bytes();
  }
  int64_t partition_num_rows(size_t partition) const override {
    return partitions_[partition]->num_rows();
  }
  arrow::Result<bool> SplitTo(int bits) override;
  arrow::Result<std::unique_ptr<KeyedTable>> Extract(HashRange range) override;
  arrow::Result<SpilledPartition> SpillPartition(size_t partition, PageWriter& writer) override;
  int64_t LargestPartition() const override;
  arrow::Result<std::shared_ptr<TableImage>> ReadSpilled(
      const SpilledPartition& spilled) const override;
  arrow::Result<Progress> MergeImage(const TableImage& image, size_t* next, int32_t max_rows,
                                     const Combine& combine) override;

  arrow::Status Snapshot(Epoch epoch, std::string_view name, SnapshotWriter& writer) override;
  arrow::Status RestorePiece(const StatePiece& piece, KeyGroupRange groups) override;

 private:
  struct Place {
    uint32_t entry;  // where the key's entry stands, or the empty place where it would
    uint8_t* row;    // null: no such key
    uint32_t row_id;
  };
  Partition* PartitionOf(uint64_t hash) const {
    return directory_[((hash << root_.bits) >> 1) >> (63 - directory_bits_)];
  }
  template <typename Match>
  static Place Locate(const Partition& partition, uint32_t tag, const uint8_t* key, Match match);
  Place LocateAny(const Partition& partition, uint32_t tag, const uint8_t* key) const;
  /// Call function(match) with the comparison of two key areas that fits the layout.
  template <typename Function>
  auto WithMatch(Function&& function) const;
  /// For the active rows [begin, begin + count) of the keys, count <= kBlockRows: those that stand
  /// behind the first place their entry could be at are in *refs; the indices of the others go to
  /// `others` (count + 1 of room), in order. Returns how many those are. Most rows are found so,
  /// and without a branch that could be mispredicted.
  template <bool kForWrite, typename Match>
  int32_t FindAtHome(const KeyRows& keys, int32_t begin, int32_t count, Match match, RowRefs* refs,
                     int32_t* others) const;
  void PrefetchEntry(uint64_t hash) const;
  template <bool kForWrite>
  bool FindRows(const KeyRows& keys, RowRefs* refs) const;
  template <bool kForWrite>
  int32_t ScanRows(ScanCursor* cursor, int32_t max_rows, std::vector<uint8_t*>* rows) const;
  static constexpr int32_t kBlockRows = 256;
  static void Begin(const KeyRows& keys, RowRefs* refs);
  /// The rows the call served are [from, to).
  static void Finish(const KeyRows& keys, int32_t from, int32_t to, RowRefs* refs);

  enum class Added : uint8_t { kInserted, kFound, kRefused };
  /// A row for the key, which comes with columns NULL and slots zero. *place: where it is now.
  template <typename Match>
  Added FindOrAdd(Partition* partition, uint64_t hash, const uint8_t* key, Match match,
                  uint8_t** row);
  /// A further row of the key, whatever is there already.
  template <typename Match>
  bool AddRow(Partition* partition, uint64_t hash, const uint8_t* key, Match match, uint8_t** row);
  /// Room, key area and its strings; not in the index.
  bool MakeRow(Partition* partition, const uint8_t* key, uint32_t* id);
  void EraseRow(Partition* partition, uint32_t id);
  /// Columns and slots of a row from elsewhere become those of a new row.
  void CopyRest(Partition* partition, const uint8_t* from, uint8_t* row);
  /// Merge rows from elsewhere; returns how many before memory was refused.
  size_t MergeRows(std::span<uint8_t* const> rows, const uint64_t* hashes, const Combine* combine);
  /// Split and clean up what asks for it; before a call that adds rows, as rows move.
  void Tidy();
  /// A row of this table goes to a partition that is not in the directory yet. False: memory
  /// refused.
  bool MoveRow(Partition* target, uint64_t hash, const uint8_t* row);
  std::unique_ptr<Partition> MakePartition(HashRange range) const;
  /// Move a partition's rows into 2^bits new ones. False: memory refused, nothing changed.
  bool Rebuild(size_t partition, int bits);
  void MakeDirectory();
  static Partition* OwnerOf(const uint8_t* row, const PageShape& shape);

  /// Seals the partition.
  std::vector<BufferPtr> MakeImage(Partition* partition, Epoch epoch) const;
  BufferPtr StringPin() const;

  std::shared_ptr<const RowLayout> layout_;
  std::shared_ptr<const PageShape> shared_shape_;  // with tables extracted from this one
  const PageShape& shape_;
  KeyedTableOptions options_;
  HashRange root_;
  bool has_strings_ = false;          // in the key area
  std::vector<int32_t> plain_words_;  // of the key area: no part of a string
  std::vector<uint64_t> new_rest_;    // of a new row, behind the key area: NULLs and zeros
  std::vector<std::unique_ptr<Partition>> partitions_;  // in hash order
  std::vector<Partition*> directory_;
  int directory_bits_ = 0;
  StateBytes state_bytes_;
  int64_t num_changes_ = 0;  // since the last Tidy
  bool is_large_ = false;    // beyond the cache: prefetch

  mutable std::mutex pin_mutex_;
  mutable BufferPtr pin_;  // guarded by pin_mutex_
};

inline Partition* Table::OwnerOf(const uint8_t* row, const PageShape& shape) {
  const auto page =
      reinterpret_cast<uintptr_t>(row) & ~static_cast<uintptr_t>(shape.page_bytes - 1);
  return reinterpret_cast<const PageHeader*>(page)->owner;
}

/// bytes: a multiple of 8. Rows are short, so this beats a call.
inline void CopyWords(const void* from, int32_t bytes, void* to) {
  const auto* source = static_cast<const uint64_t*>(from);
  auto* target = static_cast<uint64_t*>(to);
  for (int32_t i = 0; i < bytes / 8; ++i) target[i] = source[i];
}

/// Key areas of so many words without strings.
template <int kWords>
struct FixedMatch {
  bool operator()(const uint8_t* left, const uint8_t* right) const {
    uint64_t difference = 0;
    for (int i = 0; i < kWords; ++i) {
      uint64_t a, b;
      std::memcpy(&a, left + i * 8, 8);
      std::memcpy(&b, right + i * 8, 8);
      difference |= a ^ b;
    }
    return difference == 0;
  }
};

struct AnyMatch {
  std::span<const int32_t> plain_words;
  std::span<const int32_t> strings;

  bool operator()(const uint8_t* left, const uint8_t* right) const {
    for (int32_t offset : plain_words) {
      if (std::memcmp(left + offset, right + offset, 8) != 0) return false;
    }
    for (int32_t offset : strings) {
      if (!(*reinterpret_cast<const StringView*>(left + offset) ==
            *reinterpret_cast<const StringView*>(right + offset))) {
        return false;
      }
    }
    return true;
  }
};

template <typename Function>
auto Table::WithMatch(Function&& function) const {
  if (!has_strings_) {
    switch (layout_->key_size()) {
      case 8:
        return function(FixedMatch<1>());
      case 16:
        return function(FixedMatch<2>());
      default:
        break;
    }
  }
  return function(AnyMatch{plain_words_, layout_->key_strings()});
}

template <typename Match>
inline Table::Place Table::Locate(const Partition& partition, uint32_t tag, const uint8_t* key,
                                  Match match) {
  const uint64_t* entries = partition.entries();
  if (entries == nullptr) return {0, nullptr, 0};
  uint32_t place = partition.HomeOf(tag);
  while (true) {
    const uint64_t entry = entries[place];
    if (entry == 0) return {place, nullptr, 0};
    if (Partition::TagOfEntry(entry) == tag) {
      const uint32_t id = Partition::RowOfEntry(entry);
      uint8_t* row = partition.RowAt(id);
      if (match(key, row)) return {place, row, id};
    }
    place = (place + 1) & partition.mask();
  }
}

}  // namespace sabot::internal
