#pragma once

#include <algorithm>
#include <cstdint>

namespace sabot {

/// Where in a statement's text something stands: bytes [begin, end). Empty: no position is known.
struct Span {
  uint32_t begin = 0;
  uint32_t end = 0;

  bool is_known() const { return end > begin; }
  friend bool operator==(const Span&, const Span&) = default;
};

/// The smallest span that covers both; an unknown one adds nothing.
inline Span Cover(Span left, Span right) {
  if (!left.is_known()) return right;
  if (!right.is_known()) return left;
  return {std::min(left.begin, right.begin), std::max(left.end, right.end)};
}

}  // namespace sabot
