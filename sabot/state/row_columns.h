#pragma once

#include <cstdint>
#include <cstring>
#include <span>
#include <type_traits>
#include <vector>

#include "arrow/result.h"
#include "arrow/status.h"

#include "sabot/base/hash.h"
#include "sabot/state/row_layout.h"
#include "sabot/vector/value_index.h"
#include "sabot/vector/vector.h"

/// Between vectors and rows, one column at a time.
namespace sabot::internal {

template <typename T>
struct Held {
  using Type = T;
};

/// Call function(Held<T>()) with the type a stored kind is held as.
template <typename Function>
void WithKindType(Kind kind, Function&& function) {
  switch (kind) {
    case Kind::kBool:
    case Kind::kI8:
      return function(Held<int8_t>());
    case Kind::kI16:
      return function(Held<int16_t>());
    case Kind::kI32:
      return function(Held<int32_t>());
    case Kind::kI64:
      return function(Held<int64_t>());
    case Kind::kI128:
      return function(Held<Int128>());
    case Kind::kF32:
      return function(Held<float>());
    case Kind::kF64:
      return function(Held<double>());
    case Kind::kView16:
      return function(Held<StringView>());
    case Kind::kList:
    case Kind::kStruct:
    case Kind::kAny16:
      SABOT_DCHECK(false);  // stored encoded, or refused by RowLayout::Make
  }
}

template <typename T>
T Load(const uint8_t* from) {
  T value;
  std::memcpy(&value, from, sizeof(T));
  return value;
}
template <typename T>
void Store(T value, uint8_t* to) {
  std::memcpy(to, &value, sizeof(T));
}

/// Write the field of row_of(i) with row position_of(i) of the vector, i in [0, count). Strings are
/// viewed, not copied. Not for nested fields. The null bit is written only where there is a NULL,
/// as rows begin with none.
template <bool kIsKey, typename RowOf, typename PositionOf>
void WriteField(const RowLayout::Field& field, const Vector& vector, int32_t count, RowOf row_of,
                PositionOf position_of) {
  WithKindType(field.kind, [&]<typename T>(Held<T>) {
    WithValueIndex(vector, [&](const Vector& values, auto index_of) {
      const T* data = values.data<T>();
      const int32_t offset = field.offset;
      for (int32_t i = 0; i < count; ++i) {
        T value = data[index_of(position_of(i))];
        if constexpr (kIsKey && std::is_floating_point_v<T>) value = NormalizedKey(value);
        Store(value, row_of(i) + offset);
      }
    });
    if (!vector.may_have_nulls()) return;
    for (int32_t i = 0; i < count; ++i) {
      if (!vector.IsNull(position_of(i))) continue;
      SABOT_DCHECK(field.null_offset >= 0);
      std::memset(row_of(i) + field.offset, 0, sizeof(T));
      row_of(i)[field.null_offset] |= field.null_mask;
    }
  });
}

/// hashes[i] = the state hash of the keys of rows[i].
void HashRows(const RowLayout& layout, std::span<const uint8_t* const> rows, uint64_t* hashes);

/// The field of the rows as a flat vector. heaps: keep the memory its strings point into.
arrow::Result<Vector> GatherField(const RowLayout::Field& field, std::span<uint8_t* const> rows,
                                  std::vector<BufferPtr> heaps, BufferPool& pool);

/// A row in which every column is NULL and every slot zero, beyond the key area.
void ClearRow(const RowLayout& layout, uint8_t* row);

}  // namespace sabot::internal
