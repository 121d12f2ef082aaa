#pragma once

#include "sabot/vector/vector.h"

namespace sabot {

/// Call function(values, index_of) with the flat vector that holds the values and an inlined row ->
/// value index, one instance an encoding: for loops that want any encoding without flattening.
/// Nulls are the caller's (Vector::IsNull).
template <typename Function>
void WithValueIndex(const Vector& vector, Function&& function) {
  switch (vector.encoding()) {
    case Encoding::kFlat:
      return function(vector, [](int32_t row) { return row; });
    case Encoding::kConstant:
      return function(vector, [](int32_t) { return 0; });
    case Encoding::kDictionary:
      return function(*vector.dictionary(), [codes = vector.codes()](int32_t row) {
        return static_cast<int32_t>(codes[row]);
      });
  }
}

}  // namespace sabot
