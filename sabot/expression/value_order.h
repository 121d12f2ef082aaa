#pragma once

#include <concepts>

#include "sabot/vector/string_view.h"

namespace sabot {

// Spark's order of values of a physical kind, without branches for numbers: NaN equals NaN and is
// greater than all else, -0.0 equals 0.0, texts by bytes.

template <typename T>
constexpr bool ValuesEqual(const T& left, const T& right) {
  return left == right;
}
template <std::floating_point T>
constexpr bool ValuesEqual(const T& left, const T& right) {
  return (left == right) | ((left != left) & (right != right));
}

template <typename T>
constexpr bool ValueLess(const T& left, const T& right) {
  return left < right;
}
template <std::floating_point T>
constexpr bool ValueLess(const T& left, const T& right) {
  return (left < right) | ((left == left) & (right != right));
}
inline bool ValueLess(const StringView& left, const StringView& right) {
  return Compare(left, right) < 0;
}

// The six comparisons as function objects over values of one kind.
struct IsEqual {
  template <typename T>
  bool operator()(const T& left, const T& right) const {
    return ValuesEqual(left, right);
  }
};
struct IsNotEqual {
  template <typename T>
  bool operator()(const T& left, const T& right) const {
    return !ValuesEqual(left, right);
  }
};
struct IsLess {
  template <typename T>
  bool operator()(const T& left, const T& right) const {
    return ValueLess(left, right);
  }
};
struct IsLessOrEqual {
  template <typename T>
  bool operator()(const T& left, const T& right) const {
    return !ValueLess(right, left);
  }
};
struct IsGreater {
  template <typename T>
  bool operator()(const T& left, const T& right) const {
    return ValueLess(right, left);
  }
};
struct IsGreaterOrEqual {
  template <typename T>
  bool operator()(const T& left, const T& right) const {
    return !ValueLess(left, right);
  }
};

}  // namespace sabot
