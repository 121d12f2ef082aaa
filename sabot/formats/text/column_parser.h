#pragma once

#include <cstdint>

#include "sabot/formats/text/text_value.h"
#include "sabot/types/type.h"
#include "sabot/vector/vector.h"

namespace sabot {

/// Can values of the type be read from plain text? Errors: UNSUPPORTED_DATATYPE.
arrow::Status CheckTextType(const TypeField& column, std::string_view format);

/// Fill a flat vector of a scalar type from texts. text_of(row) gives a std::string_view, or none
/// for NULL; on_error(row) is told of texts that are no value of the type, which become NULL.
/// Strings point where the texts are.
template <typename TextOf, typename OnError>
Vector ParseColumn(const Type& type, int32_t count, const TextValueOptions& options,
                   BufferPool& pool, TextOf&& text_of, OnError&& on_error) {
  Vector vector = Vector::Flat(type, count, pool);
  const auto fill = [&]<typename Value>(Value, auto&& parse) {
    auto* values = vector.mutable_data<Value>();
    uint64_t* bits = nullptr;
    for (int32_t row = 0; row < count; ++row) {
      const std::optional<std::string_view> text = text_of(row);
      if (text.has_value()) {
        if (parse(*text, &values[row])) continue;
        on_error(row);
      }
      values[row] = Value{};
      if (bits == nullptr) bits = vector.MutableValidity(pool);
      ClearBit(bits, row);
    }
  };
  const auto integer = [&]<typename Value>(Value value) {
    fill(value, [](std::string_view text, Value* out) {
      int64_t wide;
      if (!ParseInt64(text, &wide)) return false;
      *out = static_cast<Value>(wide);
      return *out == wide;
    });
  };
  const auto decimal = [&]<typename Value>(Value value) {
    fill(value, [&](std::string_view text, Value* out) {
      Int128 unscaled;
      if (!ParseDecimal(text, type.precision(), type.scale(), &unscaled)) return false;
      *out = static_cast<Value>(unscaled);
      return true;
    });
  };
  const auto floating = [&]<typename Value>(Value value) {
    fill(value, [&](std::string_view text, Value* out) {
      double wide;
      if (!ParseFloating(text, options, &wide)) return false;
      *out = static_cast<Value>(wide);
      return true;
    });
  };
  switch (type.id()) {
    case TypeId::kNull:
      fill(uint8_t{}, [](std::string_view, uint8_t*) { return false; });
      break;
    case TypeId::kBoolean:
      fill(uint8_t{}, [](std::string_view text, uint8_t* out) {
        bool truth;
        if (!ParseBoolean(text, &truth)) return false;
        *out = truth;
        return true;
      });
      break;
    case TypeId::kByte:
      integer(int8_t{});
      break;
    case TypeId::kShort:
      integer(int16_t{});
      break;
    case TypeId::kInt:
      integer(int32_t{});
      break;
    case TypeId::kLong:
      integer(int64_t{});
      break;
    case TypeId::kFloat:
      floating(float{});
      break;
    case TypeId::kDouble:
      floating(double{});
      break;
    case TypeId::kDecimal:
      if (type.kind() == Kind::kI128) {
        decimal(Int128{});
      } else {
        decimal(int64_t{});
      }
      break;
    case TypeId::kDate:
      fill(int32_t{}, [](std::string_view text, int32_t* out) {
        return ParseDate(text, /*strict=*/false, out);
      });
      break;
    case TypeId::kTimestamp:
    case TypeId::kTimestampNtz:
      fill(int64_t{}, [&](std::string_view text, int64_t* out) {
        return ParseTimestamp(text, type.id(), options, out);
      });
      break;
    default:  // CheckTextType lets only these through
      fill(StringView{}, [](std::string_view text, StringView* out) {
        *out = StringView(text);
        return true;
      });
      break;
  }
  return vector;
}

}  // namespace sabot
