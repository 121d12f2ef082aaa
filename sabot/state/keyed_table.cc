#include "sabot/state/keyed_table.h"

#include <algorithm>
#include <cstring>

#include "sabot/base/error.h"
#include "sabot/state/row_columns.h"
#include "sabot/state/table.h"
#include "sabot/vector/nested_codec.h"

namespace sabot {

arrow::Result<std::unique_ptr<KeyedTable>> KeyedTable::Make(RowSchema schema,
                                                            KeyedTableOptions options) {
  ARROW_ASSIGN_OR_RAISE(RowLayout made,
                        RowLayout::Make(std::move(schema), options.allow_duplicates));
  auto layout = std::make_shared<const RowLayout>(std::move(made));
  auto shape = std::make_shared<const internal::PageShape>(
      internal::PageShape::Of(*layout, options.page_bytes));
  return std::make_unique<internal::Table>(std::move(layout), std::move(shape), std::move(options),
                                           HashRange{});
}

namespace internal {
namespace {

// In rows: the index entry is fetched while others are looked at.
constexpr int32_t kEntryAhead = 16;

uint32_t NextOf(const RowLayout& layout, const uint8_t* row) {
  return Load<uint32_t>(row + layout.next_offset());
}

}  // namespace

Table::Table(std::shared_ptr<const RowLayout> layout, std::shared_ptr<const PageShape> shape,
             KeyedTableOptions options, HashRange root)
    : layout_(std::move(layout)),
      shared_shape_(std::move(shape)),
      shape_(*shared_shape_),
      options_(std::move(options)),
      root_(root),
      state_bytes_(options_.memory) {
  std::vector<bool> is_string(static_cast<size_t>(layout_->key_size() / 8));
  for (int32_t offset : layout_->key_strings()) {
    has_strings_ = true;
    is_string[static_cast<size_t>(offset / 8)] = true;
    is_string[static_cast<size_t>(offset / 8 + 1)] = true;
  }
  for (size_t word = 0; word < is_string.size(); ++word) {
    if (!is_string[word]) plain_words_.push_back(static_cast<int32_t>(word * 8));
  }
  std::vector<uint64_t> row(static_cast<size_t>(shape_.row_size / 8));
  ClearRow(*layout_, reinterpret_cast<uint8_t*>(row.data()));
  new_rest_.assign(row.begin() + layout_->key_size() / 8, row.end());
  partitions_.push_back(MakePartition(root_));
  MakeDirectory();
}

int64_t Table::num_rows() const {
  int64_t num_rows = 0;
  for (const auto& partition : partitions_) num_rows += partition->num_rows();
  return num_rows;
}

int64_t Table::size_bytes() const {
  int64_t bytes = state_bytes_.size_bytes();
  for (const auto& partition : partitions_) bytes += partition->size_bytes();
  return bytes;
}

template <bool kForWrite, typename Match>
inline int32_t Table::FindAtHome(const KeyRows& keys, int32_t begin, int32_t count, Match match,
                                 RowRefs* refs, int32_t* others) const {
  static constexpr uint64_t kNoEntry = 0;
  static constexpr uintptr_t kNoPage = 0;
  const Rows rows = keys.rows();
  const uint64_t* const hashes = keys.hashes();
  const uint8_t* const key_areas = keys.key(0);
  const int64_t key_size = layout_->key_size();
  const PageShape shape = shape_;
  uint8_t** const found = refs->row.data();

  const auto home_of = [&](uint64_t hash, const Partition& partition) {
    return partition.entries() == nullptr
               ? &kNoEntry
               : partition.entries() + partition.HomeOf(Partition::TagOf(hash));
  };
  // The row of the entry if it is of that tag, else the key itself, without a branch on it.
  // *is_candidate: which.
  const auto candidate_of = [&](uint64_t entry, uint32_t tag, const Partition& partition,
                                const uint8_t* key, uint64_t* is_candidate) {
    *is_candidate = static_cast<uint64_t>(Partition::TagOfEntry(entry) == tag) &
                    static_cast<uint64_t>(static_cast<uint32_t>(entry) != 0);
    const uint64_t mask = 0 - *is_candidate;
    const auto id = static_cast<uint32_t>(Partition::RowOfEntry(entry) & mask);
    const auto page_at =
        (reinterpret_cast<uintptr_t>(partition.page_table() + (id >> shape.slot_bits)) & mask) |
        (reinterpret_cast<uintptr_t>(&kNoPage) & ~mask);
    const uintptr_t page = *reinterpret_cast<const uintptr_t*>(page_at);
    // A shared page is copied before it is written: that is for the slow way.
    if constexpr (kForWrite) *is_candidate &= ~page & 1;
    const uintptr_t row = (page & ~uintptr_t{1}) + static_cast<uintptr_t>(shape.rows_offset) +
                          (id & shape.slot_mask()) * static_cast<uintptr_t>(shape.row_size);
    return reinterpret_cast<uint8_t*>((row & mask) | (reinterpret_cast<uintptr_t>(key) & ~mask));
  };

  int32_t num_others = 0;
  const auto settle = [&](int32_t i, int32_t position, uint8_t* candidate, const uint8_t* key,
                          uint64_t is_candidate) {
    found[position] = candidate;
    others[num_others] = i;
    num_others +=
        1 - static_cast<int32_t>(is_candidate & static_cast<uint64_t>(match(key, candidate)));
  };
  if (!is_large_ && directory_bits_ == 0) {
    const Partition& partition = *directory_[0];
    if (partition.entries() == nullptr || partition.num_pages() == 0) {
      for (int32_t i = begin; i < begin + count; ++i) others[num_others++] = i;
      return num_others;
    }
    const uint64_t* const entries = partition.entries();
    const uintptr_t* const pages = partition.page_table();
    const int home_shift = partition.home_shift();
    for (int32_t i = begin; i < begin + count; ++i) {
      const int32_t position = rows[i];
      const uint32_t tag = Partition::TagOf(hashes[position]);
      const uint8_t* const key = key_areas + position * key_size;
      const uint64_t entry = entries[tag >> home_shift];
      // An empty entry's row is none: of another tag or empty, row 0 is looked at in its place.
      uint64_t is_candidate = static_cast<uint64_t>(Partition::TagOfEntry(entry) == tag) &
                              static_cast<uint64_t>(static_cast<uint32_t>(entry) != 0);
      const auto id = static_cast<uint32_t>(Partition::RowOfEntry(entry) & (0 - is_candidate));
      const uintptr_t page = pages[id >> shape.slot_bits];
      if constexpr (kForWrite) is_candidate &= ~page & 1;
      auto* const row = reinterpret_cast<uint8_t*>(
          (page & ~uintptr_t{1}) + static_cast<uintptr_t>(shape.rows_offset) +
          (id & shape.slot_mask()) * static_cast<uintptr_t>(shape.row_size));
      settle(i, position, row, key, is_candidate);
    }
    return num_others;
  }
  // In passes, so that many cache misses are under way at once.
  const Partition* partitions[kBlockRows];
  const uint64_t* homes[kBlockRows];
  uint8_t* candidates[kBlockRows];
  uint64_t are_candidates[kBlockRows];
  for (int32_t j = 0; j < count; ++j) {
    const uint64_t hash = hashes[rows[begin + j]];
    partitions[j] = PartitionOf(hash);
    homes[j] = home_of(hash, *partitions[j]);
    __builtin_prefetch(homes[j]);
  }
  for (int32_t j = 0; j < count; ++j) {
    const int32_t position = rows[begin + j];
    candidates[j] = candidate_of(*homes[j], Partition::TagOf(hashes[position]), *partitions[j],
                                 key_areas + position * key_size, &are_candidates[j]);
    __builtin_prefetch(candidates[j]);
  }
  for (int32_t j = 0; j < count; ++j) {
    const int32_t position = rows[begin + j];
    settle(begin + j, position, candidates[j], key_areas + position * key_size, are_candidates[j]);
  }
  return num_others;
}

void Table::PrefetchEntry(uint64_t hash) const {
  const Partition& partition = *PartitionOf(hash);
  if (partition.entries() == nullptr) return;
  __builtin_prefetch(partition.entries() + partition.HomeOf(Partition::TagOf(hash)));
}

void Table::Begin(const KeyRows& keys, RowRefs* refs) {
  const Rows rows = keys.rows();
  const auto num_positions = static_cast<size_t>(rows.count == 0 ? 0 : rows[rows.count - 1] + 1);
  if (refs->row.size() < num_positions) refs->row.resize(num_positions);
  refs->inserted.clear();
}

void Table::Finish(const KeyRows& keys, int32_t from, int32_t to, RowRefs* refs) {
  const Rows rows = keys.rows();
  refs->done = rows;
  if (from == 0 && to == rows.count) return;
  refs->done_selection.resize(static_cast<size_t>(to - from) + 1);
  for (int32_t i = from; i < to; ++i) {
    refs->done_selection[static_cast<size_t>(i - from)] = static_cast<uint16_t>(rows[i]);
  }
  refs->done = {refs->done_selection.data(), to - from};
}

bool Table::MakeRow(Partition* partition, const uint8_t* key, uint32_t* id) {
  if (!partition->NewRow(id)) return false;
  uint8_t* row = partition->RowAt(*id);
  CopyWords(key, layout_->key_size(), row);
  if (has_strings_ && !partition->OwnStrings(layout_->key_strings(), row)) {
    // Without views of texts that are not its own.
    std::memset(row, 0, static_cast<size_t>(shape_.row_size));
    partition->FreeRow(*id);
    return false;
  }
  CopyWords(new_rest_.data(), shape_.row_size - layout_->key_size(), row + layout_->key_size());
  return true;
}

template <typename Match>
inline Table::Added Table::FindOrAdd(Partition* partition, uint64_t hash, const uint8_t* key,
                                     Match match, uint8_t** row) {
  const uint32_t tag = Partition::TagOf(hash);
  Place place = Locate(*partition, tag, key, match);
  if (place.row != nullptr) {
    const uint32_t page = place.row_id >> shape_.slot_bits;
    if (partition->IsClean(page)) [[unlikely]] {
      if (!partition->MakeWritable(page, false)) return Added::kRefused;
      place.row = partition->RowAt(place.row_id);
    }
    *row = place.row;
    return Added::kFound;
  }
  const uint64_t* entries = partition->entries();
  if (!partition->ReserveEntry()) return Added::kRefused;
  uint32_t id;
  if (!MakeRow(partition, key, &id)) return Added::kRefused;
  *row = partition->RowAt(id);
  if (partition->entries() != entries) {
    place.entry = partition->HomeOf(tag);
    while (partition->entries()[place.entry] != 0) {
      place.entry = (place.entry + 1) & partition->mask();
    }
  }
  partition->SetEntry(place.entry, Partition::MakeEntry(tag, id));
  return Added::kInserted;
}

template <typename Match>
inline bool Table::AddRow(Partition* partition, uint64_t hash, const uint8_t* key, Match match,
                          uint8_t** row) {
  const uint32_t tag = Partition::TagOf(hash);
  if (!partition->ReserveEntry()) return false;
  uint32_t id;
  if (!MakeRow(partition, key, &id)) return false;
  *row = partition->RowAt(id);
  const Place place = Locate(*partition, tag, key, match);
  const uint64_t entry = Partition::MakeEntry(tag, id);
  if (place.row == nullptr) {
    partition->SetEntry(place.entry, entry);
  } else {
    Store(place.row_id + 1, *row + layout_->next_offset());
    partition->mutable_entries()[place.entry] = entry;
  }
  return true;
}

arrow::Result<int32_t> Table::FindOrInsert(const KeyRows& keys, int32_t from, RowRefs* refs) {
  SABOT_DCHECK(!options_.allow_duplicates);
  Tidy();
  Begin(keys, refs);
  const Rows rows = keys.rows();
  const int32_t to = WithMatch([&](auto match) {
    int32_t others[kBlockRows + 1];
    for (int32_t begin = from; begin < rows.count; begin += kBlockRows) {
      const int32_t count = std::min(rows.count - begin, kBlockRows);
      const int32_t num_others = FindAtHome<true>(keys, begin, count, match, refs, others);
      for (int32_t j = 0; j < num_others; ++j) {
        const int32_t position = rows[others[j]];
        const uint64_t hash = keys.hash(position);
        const Added added = FindOrAdd(PartitionOf(hash), hash, keys.key(position), match,
                                      &refs->row[static_cast<size_t>(position)]);
        if (added == Added::kFound) continue;
        if (added == Added::kRefused) return others[j];
        refs->inserted.push_back(static_cast<uint16_t>(position));
      }
    }
    return rows.count;
  });
  num_changes_ += static_cast<int64_t>(refs->inserted.size());
  Finish(keys, from, to, refs);
  return to;
}

arrow::Result<int32_t> Table::Insert(const KeyRows& keys, std::span<const Vector> columns,
                                     int32_t from, RowRefs* refs) {
  SABOT_DCHECK(options_.allow_duplicates);
  SABOT_DCHECK(columns.empty() || columns.size() == layout_->num_columns());
  Tidy();
  Begin(keys, refs);
  const Rows rows = keys.rows();
  // Texts are copied once the rows stand, which must not fail: so what they need is asked for
  // first.
  int64_t text_bytes = 0;
  for (const Vector& column : columns) {
    if (column.kind() != Kind::kView16) continue;
    for (int32_t i = from; i < rows.count; ++i) {
      if (column.IsNull(rows[i])) continue;
      const Vector& values = column.is_dictionary() ? *column.dictionary() : column;
      const StringView& text = values.data<StringView>()[column.ValueIndex(rows[i])];
      if (!text.is_inline()) text_bytes += text.length;
    }
  }
  if (text_bytes > 0 && options_.memory != nullptr) {
    if (!options_.memory->TryReserve(text_bytes)) {
      Finish(keys, from, from, refs);
      return from;
    }
    options_.memory->Release(text_bytes);
  }
  const int32_t to = WithMatch([&](auto match) {
    for (int32_t i = from; i < rows.count; ++i) {
      const int32_t position = rows[i];
      const uint64_t hash = keys.hash(position);
      if (is_large_ && i + kEntryAhead < rows.count)
        PrefetchEntry(keys.hash(rows[i + kEntryAhead]));
      if (!AddRow(PartitionOf(hash), hash, keys.key(position), match,
                  &refs->row[static_cast<size_t>(position)])) {
        return i;
      }
      refs->inserted.push_back(static_cast<uint16_t>(position));
    }
    return rows.count;
  });
  num_changes_ += to - from;
  Finish(keys, from, to, refs);
  if (!columns.empty()) {
    std::vector<uint8_t*> made;
    std::vector<int32_t> positions;
    for (uint16_t position : refs->inserted) {
      made.push_back((*refs)[position]);
      positions.push_back(position);
    }
    for (size_t column = 0; column < columns.size(); ++column) {
      ARROW_RETURN_NOT_OK(SetColumn(column, columns[column], made, positions.data()));
    }
  }
  return to;
}

template <bool kForWrite>
bool Table::FindRows(const KeyRows& keys, RowRefs* refs) const {
  Begin(keys, refs);
  const Rows rows = keys.rows();
  refs->done = rows;
  return WithMatch([&](auto match) {
    int32_t others[kBlockRows + 1];
    for (int32_t begin = 0; begin < rows.count; begin += kBlockRows) {
      const int32_t count = std::min(rows.count - begin, kBlockRows);
      const int32_t num_others = FindAtHome<kForWrite>(keys, begin, count, match, refs, others);
      for (int32_t j = 0; j < num_others; ++j) {
        const int32_t position = rows[others[j]];
        const uint64_t hash = keys.hash(position);
        Partition* partition = PartitionOf(hash);
        Place place = Locate(*partition, Partition::TagOf(hash), keys.key(position), match);
        if constexpr (kForWrite) {
          const uint32_t page = place.row_id >> shape_.slot_bits;
          if (place.row != nullptr && partition->IsClean(page)) {
            if (!partition->MakeWritable(page, false)) return false;
            place.row = partition->RowAt(place.row_id);
          }
        }
        refs->row[static_cast<size_t>(position)] = place.row;
      }
    }
    return true;
  });
}

void Table::Find(const KeyRows& keys, RowRefs* refs) const { FindRows<false>(keys, refs); }

arrow::Result<bool> Table::FindForWrite(const KeyRows& keys, RowRefs* refs) {
  return FindRows<true>(keys, refs);
}

uint8_t* Table::Next(const uint8_t* row) const {
  const uint32_t next = NextOf(*layout_, row);
  return next == 0 ? nullptr : OwnerOf(row, shape_)->RowAt(next - 1);
}

void Table::EraseRow(Partition* partition, uint32_t id) {
  partition->MakeWritable(id >> shape_.slot_bits, true);
  for (int32_t offset : layout_->slot_strings()) {
    state_bytes_.Free(*reinterpret_cast<const StringView*>(partition->RowAt(id) + offset));
  }
  partition->FreeRow(id);
  ++num_changes_;
}

arrow::Result<int64_t> Table::Erase(const KeyRows& keys) {
  const Rows rows = keys.rows();
  int64_t num_erased = 0;
  WithMatch([&](auto match) {
    for (int32_t i = 0; i < rows.count; ++i) {
      const uint64_t hash = keys.hash(rows[i]);
      Partition* partition = PartitionOf(hash);
      const Place place = Locate(*partition, Partition::TagOf(hash), keys.key(rows[i]), match);
      if (place.row == nullptr) continue;
      partition->RemoveEntry(place.entry);
      uint32_t next = place.row_id + 1;
      while (next != 0) {
        const uint32_t id = next - 1;
        next = layout_->has_next() ? NextOf(*layout_, partition->RowAt(id)) : 0;
        EraseRow(partition, id);
        ++num_erased;
      }
    }
  });
  return num_erased;
}

arrow::Status Table::EraseRows(std::span<uint8_t* const> rows) {
  std::vector<uint64_t> hashes(rows.size());
  HashRows(*layout_, rows, hashes.data());
  // By number: writing to a shared page moves its rows.
  std::vector<uint32_t> ids(rows.size());
  for (size_t i = 0; i < rows.size(); ++i) ids[i] = OwnerOf(rows[i], shape_)->IdOf(rows[i]);
  WithMatch([&](auto match) {
    for (size_t i = 0; i < ids.size(); ++i) {
      Partition* partition = PartitionOf(hashes[i]);
      const Place head =
          Locate(*partition, Partition::TagOf(hashes[i]), partition->RowAt(ids[i]), match);
      SABOT_DCHECK(head.row != nullptr);
      const uint32_t next = layout_->has_next() ? NextOf(*layout_, partition->RowAt(ids[i])) : 0;
      if (head.row_id != ids[i]) {
        uint32_t before = head.row_id;
        while (NextOf(*layout_, partition->RowAt(before)) != ids[i] + 1) {
          before = NextOf(*layout_, partition->RowAt(before)) - 1;
        }
        partition->MakeWritable(before >> shape_.slot_bits, true);
        Store(next, partition->RowAt(before) + layout_->next_offset());
      } else if (next != 0) {
        partition->mutable_entries()[head.entry] =
            Partition::MakeEntry(Partition::TagOf(hashes[i]), next - 1);
      } else {
        partition->RemoveEntry(head.entry);
      }
      EraseRow(partition, ids[i]);
    }
  });
  return arrow::Status::OK();
}

void Table::Clear() {
  partitions_.clear();
  state_bytes_.Clear();
  partitions_.push_back(MakePartition(root_));
  MakeDirectory();
}

template <bool kForWrite>
int32_t Table::ScanRows(ScanCursor* cursor, int32_t max_rows, std::vector<uint8_t*>* rows) const {
  rows->clear();
  const auto limit = static_cast<size_t>(max_rows);
  while (rows->size() < limit && cursor->partition < partitions_.size()) {
    Partition& partition = *partitions_[cursor->partition];
    if (cursor->page >= partition.num_pages()) {
      *cursor = {cursor->partition + 1, 0, 0};
      continue;
    }
    if constexpr (kForWrite) partition.MakeWritable(cursor->page, true);
    uint8_t* page = partition.PageAt(cursor->page);
    const uint64_t* live = Partition::LiveBitsOf(page);
    const uint32_t num_slots = Partition::HeaderOf(page)->num_slots;
    uint8_t* first = page + shape_.rows_offset;
    for (; cursor->slot < num_slots && rows->size() < limit; ++cursor->slot) {
      if ((live[cursor->slot / 64] >> (cursor->slot % 64) & 1) == 0) continue;
      rows->push_back(first + cursor->slot * static_cast<uint32_t>(shape_.row_size));
    }
    if (cursor->slot >= num_slots) *cursor = {cursor->partition, cursor->page + 1, 0};
  }
  return static_cast<int32_t>(rows->size());
}

int32_t Table::Scan(ScanCursor* cursor, int32_t max_rows, std::vector<uint8_t*>* rows) const {
  return ScanRows<false>(cursor, max_rows, rows);
}

int32_t Table::ScanForWrite(ScanCursor* cursor, int32_t max_rows, std::vector<uint8_t*>* rows) {
  return ScanRows<true>(cursor, max_rows, rows);
}

BufferPtr Table::StringPin() const {
  const std::lock_guard lock(pin_mutex_);
  // The newest extent of each partition keeps those before it; the list is made anew when one of
  // them is no longer the newest.
  using Extents = std::vector<std::shared_ptr<const void>>;
  const auto* known = pin_ == nullptr ? nullptr : reinterpret_cast<const Extents*>(pin_->data());
  bool is_current = known != nullptr && known->size() == partitions_.size();
  for (size_t i = 0; is_current && i < partitions_.size(); ++i) {
    is_current = (*known)[i] == partitions_[i]->extents();
  }
  if (!is_current) {
    auto extents = std::make_shared<Extents>();
    for (const auto& partition : partitions_) extents->push_back(partition->extents());
    pin_ = Buffer::Borrow(extents.get(), 0, extents);
  }
  return pin_;
}

arrow::Result<Vector> Table::GatherKey(size_t key, std::span<uint8_t* const> rows,
                                       BufferPool& pool) const {
  std::vector<BufferPtr> heaps;
  if (has_strings_) heaps.push_back(StringPin());
  return GatherField(layout_->key(key), rows, std::move(heaps), pool);
}

arrow::Result<Vector> Table::GatherColumn(size_t column, std::span<uint8_t* const> rows,
                                          BufferPool& pool) const {
  const RowLayout::Field& field = layout_->column(column);
  std::vector<BufferPtr> heaps;
  if (field.kind == Kind::kView16) heaps.push_back(StringPin());
  return GatherField(field, rows, std::move(heaps), pool);
}

arrow::Status Table::SetColumn(size_t column, const Vector& values, std::span<uint8_t* const> rows,
                               const int32_t* positions) {
  const RowLayout::Field& field = layout_->column(column);
  const auto position_of = [&](size_t i) {
    return positions == nullptr ? static_cast<int32_t>(i) : positions[i];
  };
  if (field.kind != Kind::kView16) {
    for (uint8_t* row : rows) row[field.null_offset] &= static_cast<uint8_t>(~field.null_mask);
    WriteField<false>(
        field, values, static_cast<int32_t>(rows.size()),
        [&](int32_t i) { return rows[static_cast<size_t>(i)]; },
        [&](int32_t i) { return position_of(static_cast<size_t>(i)); });
    return arrow::Status::OK();
  }
  std::string bytes;
  const Vector& source = values.is_dictionary() ? *values.dictionary() : values;
  for (size_t i = 0; i < rows.size(); ++i) {
    const int32_t position = position_of(i);
    if (values.IsNull(position)) {
      SetString(column, rows[i], {}, true);
    } else if (field.is_nested) {
      bytes.clear();
      ARROW_RETURN_NOT_OK(EncodeNested(values, position, false, &bytes));
      SetString(column, rows[i], bytes, false);
    } else {
      const StringView& text = source.data<StringView>()[values.ValueIndex(position)];
      SetString(column, rows[i], text.view(), false);
    }
  }
  return arrow::Status::OK();
}

void Table::SetString(size_t column, uint8_t* row, std::string_view text, bool is_null) {
  const RowLayout::Field& field = layout_->column(column);
  auto* value = reinterpret_cast<StringView*>(row + field.offset);
  Partition* owner = OwnerOf(row, shape_);
  StringView stored;
  if (!is_null) {
    stored = StringView(text);
    // Before the old text is given up: the new one may be part of it.
    if (!stored.is_inline()) stored.pointer = owner->StoreText(text, true);
  }
  if (!value->is_inline()) owner->AddDeadBytes(value->length);
  *value = stored;
  if (is_null) {
    row[field.null_offset] |= field.null_mask;
  } else {
    row[field.null_offset] &= static_cast<uint8_t>(~field.null_mask);
  }
}

// ---- what table_merge.cc needs with the comparison inlined

size_t Table::MergeRows(std::span<uint8_t* const> rows, const uint64_t* hashes,
                        const Combine* combine) {
  std::vector<uint8_t*> into;
  std::vector<uint8_t*> from;
  const size_t num_done = WithMatch([&](auto match) {
    for (size_t i = 0; i < rows.size(); ++i) {
      Partition* partition = PartitionOf(hashes[i]);
      uint8_t* row = nullptr;
      if (options_.allow_duplicates) {
        if (!AddRow(partition, hashes[i], rows[i], match, &row)) return i;
      } else {
        const Added added = FindOrAdd(partition, hashes[i], rows[i], match, &row);
        if (added == Added::kRefused) return i;
        if (added == Added::kFound) {
          into.push_back(row);
          from.push_back(rows[i]);
          continue;
        }
      }
      ++num_changes_;
      CopyRest(partition, rows[i], row);
    }
    return rows.size();
  });
  if (combine != nullptr && !into.empty()) (*combine)(into, from);
  return num_done;
}

Table::Place Table::LocateAny(const Partition& partition, uint32_t tag, const uint8_t* key) const {
  return WithMatch([&](auto match) { return Locate(partition, tag, key, match); });
}

}  // namespace internal
}  // namespace sabot
