#pragma once

#include <cstdint>
#include <cstring>
#include <string_view>

namespace sabot {

/// A value of Kind::kView16: length, first four bytes, then either the rest (length <= 12) or a
/// pointer to all of it. The pointer's memory belongs to a heap of the vector. Arrow's string view,
/// but with a pointer in place of buffer index and offset.
struct StringView {
  static constexpr uint32_t kInlineSize = 12;

  uint32_t length = 0;
  char prefix[4] = {0, 0, 0, 0};
  union {
    char rest[8];
    const char* pointer;
  };

  StringView() : pointer(nullptr) {}
  /// Views the text; copies it in if it is short.
  explicit StringView(std::string_view text) : length(static_cast<uint32_t>(text.size())) {
    pointer = nullptr;
    if (length <= kInlineSize) {
      if (length > 0) std::memcpy(prefix, text.data(), length);
    } else {
      std::memcpy(prefix, text.data(), sizeof(prefix));
      pointer = text.data();
    }
  }

  bool is_inline() const { return length <= kInlineSize; }
  const char* data() const { return is_inline() ? prefix : pointer; }
  /// Of an inline value: valid as long as this object.
  std::string_view view() const { return {data(), length}; }

  friend bool operator==(const StringView& left, const StringView& right) {
    uint64_t left_head, right_head;
    std::memcpy(&left_head, &left, 8);
    std::memcpy(&right_head, &right, 8);
    if (left_head != right_head) return false;  // length and prefix in one compare
    if (left.is_inline()) return std::memcmp(left.rest, right.rest, 8) == 0;
    return std::memcmp(left.pointer + 4, right.pointer + 4, left.length - 4) == 0;
  }
  /// By bytes, as Spark's binary collation orders.
  friend int Compare(const StringView& left, const StringView& right) {
    const int order = left.view().compare(right.view());
    return order < 0 ? -1 : (order > 0 ? 1 : 0);
  }
};
static_assert(sizeof(StringView) == 16);

}  // namespace sabot
