#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "arrow/result.h"

#include "sabot/types/type.h"

namespace sabot {

/// A key column of a table of rows. NULL equals NULL, NaN equals NaN, -0.0 is stored as 0.0.
struct KeyColumn {
  Type type;
  bool nullable = true;  ///< false saves the null bit; a NULL must then never come
};

/// Bytes of a row that only their owner understands: the state of an aggregate. All zero in a new
/// row. No pointers, since they go to files, but for one: see has_bytes.
struct StateSlot {
  int32_t size = 8;        ///< bytes, > 0
  int32_t alignment = 8;   ///< 1, 2, 4 or 8
  bool has_bytes = false;  ///< begins with a StringView, empty or made by KeyedTable::StoreBytes
};

/// What the rows of a KeyedTable or RowRun hold.
struct RowSchema {
  std::vector<KeyColumn> keys;
  std::vector<Type> columns;  ///< values carried along, nullable; NULL in a new row
  std::vector<StateSlot> slots;
};

/// Where the parts of a row stand. A row is `row_size` bytes, 8-aligned:
///
///   key area: key values by falling width, then a bit a nullable key (1 = NULL), zeros up to 8
///   bytes columns by falling width, slots, a bit a column (1 = NULL), [next row of the same key]
///
/// Values are held as vectors hold them, at any multiple of 8 (i128 is not 16-aligned: read it with
/// memcpy). STRING and BINARY are a StringView, whose long values point into heap memory of the
/// row's owner. ARRAY, MAP and STRUCT are a StringView too, of their encoding (nested_codec.h). A
/// NULL has zero bytes, and keys are normalised: so two key areas without long strings are equal if
/// their bytes are.
class RowLayout {
 public:
  /// has_next: rows of equal keys are chained. UNSUPPORTED_FEATURE for a key or column of Cypher's
  /// ANY (also inside others).
  static arrow::Result<RowLayout> Make(RowSchema schema, bool has_next = false);

  const RowSchema& schema() const { return schema_; }
  size_t num_keys() const { return keys_.size(); }
  size_t num_columns() const { return columns_.size(); }
  int32_t row_size() const { return row_size_; }
  int32_t key_size() const { return key_size_; }
  bool has_next() const { return next_offset_ >= 0; }
  int32_t next_offset() const { return next_offset_; }
  /// Byte offset of a slot in its row.
  int32_t slot_offset(size_t slot) const { return slot_offsets_[slot]; }

  /// One value of a row.
  struct Field {
    Type type;
    Kind kind = Kind::kBool;  ///< as stored: kView16 for nested types
    bool is_nested = false;   ///< stored encoded
    int32_t offset = 0;
    int32_t null_offset = -1;  ///< byte of the null bit; -1: never null
    uint8_t null_mask = 0;

    bool IsNull(const uint8_t* row) const {
      return null_offset >= 0 && (row[null_offset] & null_mask) != 0;
    }
  };
  const Field& key(size_t i) const { return keys_[i]; }
  const Field& column(size_t i) const { return columns_[i]; }
  /// Offsets of the StringViews of keys and columns, of those in the key area, and of those in
  /// slots.
  std::span<const int32_t> strings() const { return strings_; }
  std::span<const int32_t> key_strings() const { return {strings_.data(), num_key_strings_}; }
  std::span<const int32_t> slot_strings() const { return slot_strings_; }
  /// The schema as text: equal exactly if rows of one are rows of the other.
  std::string ToText() const;

 private:
  RowSchema schema_;
  std::vector<Field> keys_;
  std::vector<Field> columns_;
  std::vector<int32_t> slot_offsets_;
  std::vector<int32_t> strings_;
  std::vector<int32_t> slot_strings_;
  size_t num_key_strings_ = 0;
  int32_t key_size_ = 0;
  int32_t row_size_ = 0;
  int32_t next_offset_ = -1;
};

}  // namespace sabot
