#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "arrow/status.h"

#include "sabot/state/row_layout.h"
#include "sabot/vector/vector.h"

namespace sabot {

/// The keys of one batch in the form a table's rows hold them, with their state hashes. Its memory
/// is reused from batch to batch: one a task and table. Views the strings of the batch, so it is
/// used up before the batch goes.
class KeyRows {
 public:
  /// layout: of the tables it is used with (KeyedTable::layout()), or another of the same schema.
  explicit KeyRows(const RowLayout* layout) : layout_(*layout) {}

  /// Take the keys (one vector a key column, any encoding) of the active rows, and hash them.
  arrow::Status Assign(std::span<const Vector> keys, Rows rows);
  /// The same with hashes from before: hashes[position], by HashKeys (key_hash.h).
  arrow::Status Assign(std::span<const Vector> keys, Rows rows, std::span<const uint64_t> hashes);

  Rows rows() const { return rows_; }
  int32_t num_rows() const { return rows_.count; }
  /// By batch position.
  uint64_t hash(int32_t position) const { return hashes_[static_cast<size_t>(position)]; }
  const uint64_t* hashes() const { return hashes_.data(); }
  /// The key area, by batch position.
  const uint8_t* key(int32_t position) const {
    return reinterpret_cast<const uint8_t*>(words_.data()) + int64_t{position} * layout_.key_size();
  }
  /// Has the row a NULL in any key? Such a row never matches in a join, but is a group.
  bool HasNull(int32_t position) const;
  const RowLayout& layout() const { return layout_; }

 private:
  arrow::Status Write(std::span<const Vector> keys, Rows rows);

  RowLayout layout_;
  Rows rows_;
  std::vector<uint64_t> words_;
  std::vector<uint64_t> hashes_;
  std::vector<std::string> encoded_;  // nested keys: the bytes of a column
};

}  // namespace sabot
