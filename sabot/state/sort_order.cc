#include "sabot/state/sort_order.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <limits>

#include "sabot/base/error.h"
#include "sabot/state/row_columns.h"

namespace sabot::internal {
namespace {

constexpr int kPrefixBytes = 16;

// An unsigned number that orders as the value does.
template <typename T>
auto Ordered(T value) {
  if constexpr (std::is_floating_point_v<T>) {
    using Bits = std::conditional_t<sizeof(T) == 4, uint32_t, uint64_t>;
    constexpr Bits kSign = Bits{1} << (sizeof(T) * 8 - 1);
    const auto bits = std::bit_cast<Bits>(NormalizedKey(value));
    // Negative numbers grow downwards; NaN, as a positive pattern, is above infinity.
    return static_cast<Bits>((bits & kSign) != 0 ? ~bits : bits | kSign);
  } else if constexpr (std::is_same_v<T, Int128>) {
    return static_cast<UInt128>(value) ^ (UInt128{1} << 127);
  } else {
    using Bits = std::make_unsigned_t<T>;
    return static_cast<Bits>(static_cast<Bits>(value) ^ (Bits{1} << (sizeof(T) * 8 - 1)));
  }
}

// Fills 16 bytes from the most significant on; what does not fit is dropped.
class PrefixWriter {
 public:
  void Put(UInt128 value, int bytes) {
    if (free_bytes_ == 0) return;
    if (bytes > free_bytes_) {
      value >>= (bytes - free_bytes_) * 8;
      bytes = free_bytes_;
    }
    free_bytes_ -= bytes;
    bits_ |= value << (free_bytes_ * 8);
  }
  bool is_full() const { return free_bytes_ == 0; }
  SortPrefix Take() const {
    return {static_cast<uint64_t>(bits_ >> 64), static_cast<uint64_t>(bits_)};
  }

 private:
  UInt128 bits_ = 0;
  int free_bytes_ = kPrefixBytes;
};

template <typename T>
void PutValue(const uint8_t* value, bool descending, PrefixWriter* writer) {
  if constexpr (std::is_same_v<T, StringView>) {
    const std::string_view text = reinterpret_cast<const StringView*>(value)->view();
    UInt128 bits = 0;
    const size_t size = std::min<size_t>(text.size(), 16);
    for (size_t i = 0; i < size; ++i) {
      bits |= UInt128{static_cast<uint8_t>(text[i])} << ((15 - i) * 8);
    }
    writer->Put(descending ? ~bits : bits, 16);
  } else {
    auto bits = Ordered(Load<T>(value));
    if (descending) bits = static_cast<decltype(bits)>(~bits);
    writer->Put(bits, sizeof(bits));
  }
}

template <typename T>
int CompareValues(const uint8_t* left, const uint8_t* right) {
  if constexpr (std::is_same_v<T, StringView>) {
    return Compare(*reinterpret_cast<const StringView*>(left),
                   *reinterpret_cast<const StringView*>(right));
  } else {
    const auto a = Ordered(Load<T>(left));
    const auto b = Ordered(Load<T>(right));
    return a < b ? -1 : (a > b ? 1 : 0);
  }
}

}  // namespace

arrow::Result<SortOrder> SortOrder::Make(const RowLayout& layout,
                                         std::span<const SortColumn> columns) {
  SortOrder order;
  int bytes = 0;
  bool has_string = false;
  for (const SortColumn& column : columns) {
    const RowLayout::Field& field = layout.column(column.column);
    if (field.is_nested) {
      return UnsupportedError("ordering rows by a value of type " + field.type.ToSql(),
                              "order by its elements or fields");
    }
    order.columns_.push_back({field, column.descending, column.nulls_first});
    has_string |= field.kind == Kind::kView16;
    bytes += 1 + KindWidth(field.kind);
  }
  order.is_exact_ = !has_string && bytes <= kPrefixBytes;
  return order;
}

SortPrefix SortOrder::PrefixOf(const uint8_t* row) const {
  PrefixWriter writer;
  for (const Column& column : columns_) {
    const bool is_null = column.field.IsNull(row);
    writer.Put(is_null == column.nulls_first ? 0 : 1, 1);
    if (is_null) {
      // As many bytes as a value, so that the next column stands at the same place.
      writer.Put(0, KindWidth(column.field.kind));
    } else {
      WithKindType(column.field.kind, [&]<typename T>(Held<T>) {
        PutValue<T>(row + column.field.offset, column.descending, &writer);
      });
    }
    if (writer.is_full()) break;
  }
  return writer.Take();
}

int SortOrder::Compare(const uint8_t* left, const uint8_t* right) const {
  for (const Column& column : columns_) {
    const bool left_null = column.field.IsNull(left);
    const bool right_null = column.field.IsNull(right);
    if (left_null || right_null) {
      if (left_null && right_null) continue;
      return left_null == column.nulls_first ? -1 : 1;
    }
    int order = 0;
    WithKindType(column.field.kind, [&]<typename T>(Held<T>) {
      order = CompareValues<T>(left + column.field.offset, right + column.field.offset);
    });
    if (order != 0) return column.descending ? -order : order;
  }
  return 0;
}

}  // namespace sabot::internal
