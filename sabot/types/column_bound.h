#pragma once

#include "sabot/base/fields.h"
#include "sabot/types/value.h"

namespace sabot {

enum class Comparison : uint8_t {
  kEqual,
  kLess,
  kLessEqual,
  kGreater,
  kGreaterEqual,
  kIsNull,
  kIsNotNull
};

/// `column <comparison> value`: what a scan may use to skip parts of its data. Rows are filtered
/// again above it.
struct ColumnBound {
  int column = 0;  ///< position in the table's schema
  Comparison comparison = Comparison::kEqual;
  TypedValue value;  ///< of the column's type; unused for the null tests
  static constexpr auto Fields() {
    return std::tuple{Field{"column", &ColumnBound::column},
                      Field{"comparison", &ColumnBound::comparison},
                      Field{"value", &ColumnBound::value}};
  }
  friend bool operator==(const ColumnBound&, const ColumnBound&) = default;
};

}  // namespace sabot
