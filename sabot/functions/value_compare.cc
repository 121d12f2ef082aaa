#include "sabot/functions/value_compare.h"

#include <algorithm>

#include "sabot/expression/value_order.h"

namespace sabot {
namespace {

template <typename T>
int CompareAs(const Vector& left, int32_t left_at, const Vector& right, int32_t right_at) {
  const T& a = left.data<T>()[left_at];
  const T& b = right.data<T>()[right_at];
  return ValueLess(a, b) ? -1 : (ValueLess(b, a) ? 1 : 0);
}

int CompareWithNulls(const Vector& left, int32_t left_row, const Vector& right, int32_t right_row) {
  const bool left_null = left.IsNull(left_row);
  const bool right_null = right.IsNull(right_row);
  if (left_null || right_null) return static_cast<int>(right_null) - static_cast<int>(left_null);
  return CompareValues(left, left_row, right, right_row);
}

int CompareLists(const Vector& left, int32_t left_at, const Vector& right, int32_t right_at) {
  const ListView a = left.data<ListView>()[left_at];
  const ListView b = right.data<ListView>()[right_at];
  for (uint32_t i = 0; i < std::min(a.length, b.length); ++i) {
    const int order = CompareWithNulls(*left.children()[0], static_cast<int32_t>(a.offset + i),
                                       *right.children()[0], static_cast<int32_t>(b.offset + i));
    if (order != 0) return order;
  }
  return a.length < b.length ? -1 : (a.length > b.length ? 1 : 0);
}

}  // namespace

int CompareValues(const Vector& left, int32_t left_row, const Vector& right, int32_t right_row) {
  const int32_t a = left.ValueIndex(left_row);
  const int32_t b = right.ValueIndex(right_row);
  const Vector& lefts = left.is_dictionary() ? *left.dictionary() : left;
  const Vector& rights = right.is_dictionary() ? *right.dictionary() : right;
  switch (lefts.kind()) {
    case Kind::kBool:
      return CompareAs<uint8_t>(lefts, a, rights, b);
    case Kind::kI8:
      return CompareAs<int8_t>(lefts, a, rights, b);
    case Kind::kI16:
      return CompareAs<int16_t>(lefts, a, rights, b);
    case Kind::kI32:
      return CompareAs<int32_t>(lefts, a, rights, b);
    case Kind::kI64:
      return CompareAs<int64_t>(lefts, a, rights, b);
    case Kind::kI128:
      return CompareAs<Int128>(lefts, a, rights, b);
    case Kind::kF32:
      return CompareAs<float>(lefts, a, rights, b);
    case Kind::kF64:
      return CompareAs<double>(lefts, a, rights, b);
    case Kind::kView16:
      return CompareAs<StringView>(lefts, a, rights, b);
    case Kind::kList:
      return CompareLists(lefts, a, rights, b);
    case Kind::kStruct:
      for (size_t i = 0; i < lefts.children().size(); ++i) {
        const int order = CompareWithNulls(*lefts.children()[i], a, *rights.children()[i], b);
        if (order != 0) return order;
      }
      return 0;
    case Kind::kAny16:
      break;
  }
  return 0;
}

}  // namespace sabot
