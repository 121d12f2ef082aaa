#include "sabot/state/row_columns.h"

#include <algorithm>
#include <cstring>

#include "sabot/vector/nested_codec.h"

namespace sabot::internal {
namespace {

template <typename T>
uint64_t HashStored(const uint8_t* value) {
  if constexpr (std::is_same_v<T, StringView>) {
    return HashOf(reinterpret_cast<const StringView*>(value)->view());
  } else {
    return HashOf(Load<T>(value));
  }
}

template <typename T>
void HashStoredColumn(const RowLayout::Field& field, std::span<const uint8_t* const> rows,
                      bool is_first, uint64_t* hashes) {
  for (size_t i = 0; i < rows.size(); ++i) {
    const uint64_t hash = field.IsNull(rows[i]) ? kNullHash : HashStored<T>(rows[i] + field.offset);
    hashes[i] = is_first ? hash : CombineHashes(hashes[i], hash);
  }
}

}  // namespace

void HashRows(const RowLayout& layout, std::span<const uint8_t* const> rows, uint64_t* hashes) {
  if (layout.num_keys() == 0) std::fill_n(hashes, rows.size(), kNullHash);
  for (size_t key = 0; key < layout.num_keys(); ++key) {
    WithKindType(layout.key(key).kind, [&]<typename T>(Held<T>) {
      HashStoredColumn<T>(layout.key(key), rows, key == 0, hashes);
    });
  }
}

arrow::Result<Vector> GatherField(const RowLayout::Field& field, std::span<uint8_t* const> rows,
                                  std::vector<BufferPtr> heaps, BufferPool& pool) {
  const auto count = static_cast<int32_t>(rows.size());
  if (field.is_nested) {
    std::vector<std::string_view> encodings(rows.size());
    std::vector<bool> is_null(rows.size());
    for (size_t i = 0; i < rows.size(); ++i) {
      is_null[i] = field.IsNull(rows[i]);
      encodings[i] = reinterpret_cast<const StringView*>(rows[i] + field.offset)->view();
    }
    return DecodeNested(field.type, encodings, is_null, pool);
  }
  Vector vector = Vector::Flat(field.type, count, pool);
  WithKindType(field.kind, [&]<typename T>(Held<T>) {
    T* data = vector.mutable_data<T>();
    for (int32_t i = 0; i < count; ++i) {
      data[i] = Load<T>(rows[static_cast<size_t>(i)] + field.offset);
    }
  });
  if (field.null_offset >= 0) {
    uint8_t any = 0;
    for (const uint8_t* row : rows) any |= row[field.null_offset];
    if ((any & field.null_mask) != 0) {
      uint64_t* bits = vector.MutableValidity(pool);
      for (int32_t i = 0; i < count; ++i) {
        if (field.IsNull(rows[static_cast<size_t>(i)])) ClearBit(bits, i);
      }
    }
  }
  if (field.kind == Kind::kView16) {
    for (BufferPtr& heap : heaps) vector.AddHeap(std::move(heap));
  }
  return vector;
}

void ClearRow(const RowLayout& layout, uint8_t* row) {
  const auto key_size = static_cast<size_t>(layout.key_size());
  std::memset(row + key_size, 0, static_cast<size_t>(layout.row_size()) - key_size);
  for (size_t i = 0; i < layout.num_columns(); ++i) {
    row[layout.column(i).null_offset] |= layout.column(i).null_mask;
  }
}

}  // namespace sabot::internal
