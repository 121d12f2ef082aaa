#pragma once

#include <bit>
#include <cstdint>
#include <cstring>

#include "parquet/types.h"

#include "sabot/formats/parquet/column.h"
#include "sabot/types/civil_date.h"
#include "sabot/types/int128.h"

namespace sabot::parquet_internal {

// One struct a LeafForm of fixed width: Stored is how pages hold it, Value how vectors do.
// Arithmetic wraps: a damaged file may hold anything.

template <typename DType_, typename Value_>
struct Plain {
  using DType = DType_;
  using Stored = typename DType::c_type;
  using Value = Value_;
  static constexpr bool kIsCopy = std::is_same_v<Stored, Value>;
  static int Width(int /*type_length*/) { return sizeof(Stored); }
  static Value Load(const uint8_t* bytes, int /*type_length*/) {
    Stored stored;
    std::memcpy(&stored, bytes, sizeof(Stored));
    return static_cast<Value>(stored);
  }
};

struct Unsigned32 : Plain<parquet::Int32Type, int64_t> {
  static Value Load(const uint8_t* bytes, int) {
    uint32_t stored;
    std::memcpy(&stored, bytes, sizeof(stored));
    return stored;
  }
};

struct Unsigned64 : Plain<parquet::Int64Type, Int128> {
  static Value Load(const uint8_t* bytes, int) {
    uint64_t stored;
    std::memcpy(&stored, bytes, sizeof(stored));
    return stored;
  }
};

template <int64_t kFactor>
struct Scaled : Plain<parquet::Int64Type, int64_t> {
  static constexpr bool kIsCopy = false;
  static Value Load(const uint8_t* bytes, int) {
    uint64_t stored;
    std::memcpy(&stored, bytes, sizeof(stored));
    return static_cast<int64_t>(stored * static_cast<uint64_t>(kFactor));
  }
};

struct NanosToMicros : Plain<parquet::Int64Type, int64_t> {
  static constexpr bool kIsCopy = false;
  static Value Load(const uint8_t* bytes, int) {
    int64_t stored;
    std::memcpy(&stored, bytes, sizeof(stored));
    return FloorDiv(stored, 1000);
  }
};

struct Impala96 : Plain<parquet::Int96Type, int64_t> {
  static Value Load(const uint8_t* bytes, int) {
    constexpr int64_t kJulianDayOf1970 = 2'440'588;
    int64_t nanos_of_day;
    uint32_t julian_day;
    std::memcpy(&nanos_of_day, bytes, 8);
    std::memcpy(&julian_day, bytes + 8, 4);
    const int64_t days = int64_t{julian_day} - kJulianDayOf1970;
    return days * 86'400'000'000 + FloorDiv(nanos_of_day, 1000);
  }
  static constexpr bool kIsCopy = false;
};

template <typename Value_>
struct BigEndian {
  using DType = parquet::FLBAType;
  using Stored = parquet::FLBA;
  using Value = Value_;
  static constexpr bool kIsCopy = false;
  static int Width(int type_length) { return type_length; }
  static Value Load(const uint8_t* bytes, int type_length) {
    // Sign first, then the bytes below it; higher bytes of a value that fits are all sign.
    UInt128 value = (bytes[0] & 0x80) != 0 ? ~UInt128{0} : UInt128{0};
    for (int i = 0; i < type_length; ++i) value = (value << 8) | bytes[i];
    return static_cast<Value>(value);
  }
};

/// Call function(form) with the struct of a fixed-width form other than booleans and bytes.
template <typename Function>
auto DispatchForm(LeafForm form, Function&& function) {
  switch (form) {
    case LeafForm::kI32ToI8:
      return function(Plain<parquet::Int32Type, int8_t>{});
    case LeafForm::kI32ToI16:
      return function(Plain<parquet::Int32Type, int16_t>{});
    case LeafForm::kI32ToI64:
      return function(Plain<parquet::Int32Type, int64_t>{});
    case LeafForm::kI32ToI128:
      return function(Plain<parquet::Int32Type, Int128>{});
    case LeafForm::kU32ToI64:
      return function(Unsigned32{});
    case LeafForm::kI64:
      return function(Plain<parquet::Int64Type, int64_t>{});
    case LeafForm::kI64ToI128:
      return function(Plain<parquet::Int64Type, Int128>{});
    case LeafForm::kU64ToI128:
      return function(Unsigned64{});
    case LeafForm::kI64Thousand:
      return function(Scaled<1000>{});
    case LeafForm::kI64Million:
      return function(Scaled<1'000'000>{});
    case LeafForm::kI64PerThousand:
      return function(NanosToMicros{});
    case LeafForm::kI96:
      return function(Impala96{});
    case LeafForm::kF32:
      return function(Plain<parquet::FloatType, float>{});
    case LeafForm::kF64:
      return function(Plain<parquet::DoubleType, double>{});
    case LeafForm::kFixedToI64:
      return function(BigEndian<int64_t>{});
    case LeafForm::kFixedToI128:
      return function(BigEndian<Int128>{});
    default:
      return function(Plain<parquet::Int32Type, int32_t>{});
  }
}

}  // namespace sabot::parquet_internal
