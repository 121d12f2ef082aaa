#pragma once

#include <cstdint>
#include <utility>

#include "sabot/expression/kernel.h"

namespace sabot {

// Loops over physical kinds, for the families. Four shapes: flat-flat, flat-constant, constant-flat
// and, for rows under a selection, one loop for all. Dense loops stay plain, so that the compiler
// vectorises them. Functions handed in are inlined; they may capture (scales, a prepared state).
//
// Arguments are flat or constant; values under nulls are readable and computed like any other,
// except that functions declared can_throw only see rows without nulls.

/// The row's value of a flat or constant vector.
template <typename T>
class Operand {
 public:
  explicit Operand(const Vector& vector)
      : values_(vector.data<T>()), step_(vector.is_constant() ? 0 : 1) {}
  const T& operator[](int32_t row) const { return values_[row * step_]; }
  bool is_constant() const { return step_ == 0; }
  const T* values() const { return values_; }

 private:
  const T* values_;
  int32_t step_;
};

/// Is the row's value of a flat or constant vector there? For functions with NullRule::kOwn.
class ValidityOf {
 public:
  explicit ValidityOf(const Vector& vector)
      : bits_(vector.validity()), step_(vector.is_constant() ? 0 : 1) {}
  bool operator[](int32_t row) const { return bits_ == nullptr || GetBit(bits_, row * step_); }
  bool all() const { return bits_ == nullptr; }

 private:
  const uint64_t* bits_;
  int32_t step_;
};

/// result[row] = function(argument[row]).
template <typename Result, typename T, typename Function>
inline void MapUnary(const KernelInput& input, Vector* result, Function function) {
  *result = Vector::Flat(input.result_type, input.num_rows, input.pool);
  Result* const out = result->mutable_data<Result>();
  const Operand<T> argument(input.arguments[0]);
  if (input.rows.selection == nullptr && !argument.is_constant()) {
    const T* const values = argument.values();
    for (int32_t row = 0; row < input.rows.count; ++row) out[row] = function(values[row]);
  } else {
    ForEachRow(input.rows, [&](int32_t row) { out[row] = function(argument[row]); });
  }
}

/// result[row] = function(left[row], right[row]).
template <typename Result, typename Left, typename Right, typename Function>
inline void MapBinary(const KernelInput& input, Vector* result, Function function) {
  *result = Vector::Flat(input.result_type, input.num_rows, input.pool);
  Result* const out = result->mutable_data<Result>();
  const Operand<Left> left(input.arguments[0]);
  const Operand<Right> right(input.arguments[1]);
  const int32_t count = input.rows.count;
  const Left* const lefts = left.values();
  const Right* const rights = right.values();
  if (input.rows.selection != nullptr || (left.is_constant() && right.is_constant())) {
    ForEachRow(input.rows, [&](int32_t row) { out[row] = function(left[row], right[row]); });
  } else if (left.is_constant()) {
    const Left constant = lefts[0];
    for (int32_t row = 0; row < count; ++row) out[row] = function(constant, rights[row]);
  } else if (right.is_constant()) {
    const Right constant = rights[0];
    for (int32_t row = 0; row < count; ++row) out[row] = function(lefts[row], constant);
  } else {
    for (int32_t row = 0; row < count; ++row) out[row] = function(lefts[row], rights[row]);
  }
}

/// What a row gives whose value cannot be computed.
enum class OnFailure : uint8_t { kError, kNull };

namespace internal {
// After a loop that saw a failure: find its first row for the error, or make the failed rows NULL.
template <OnFailure kOnFailure, typename Try, typename Error>
arrow::Status SettleFailures(const KernelInput& input, Vector* result, Try try_row, Error error) {
  uint64_t* bits = kOnFailure == OnFailure::kNull ? result->MutableValidity(input.pool) : nullptr;
  for (int32_t i = 0; i < input.rows.count; ++i) {
    const int32_t row = input.rows[i];
    if (try_row(row)) continue;
    if constexpr (kOnFailure == OnFailure::kError) {
      return error(row);
    } else {
      ClearBit(bits, row);
    }
  }
  return arrow::Status::OK();
}
}  // namespace internal

/// try_value(value, Result* out) -> bool: false if the row has no value; then error(value) ->
/// arrow::Status of the first such row, or NULL. *out must be written in either case.
template <OnFailure kOnFailure, typename Result, typename T, typename Try, typename Error>
inline arrow::Status TryMapUnary(const KernelInput& input, Vector* result, Try try_value,
                                 Error error) {
  bool all = true;
  MapUnary<Result, T>(input, result, [&](const T& value) {
    Result out{};
    all &= try_value(value, &out);
    return out;
  });
  if (all) [[likely]]
    return arrow::Status::OK();
  const Operand<T> argument(input.arguments[0]);
  Result ignored{};
  return internal::SettleFailures<kOnFailure>(
      input, result, [&](int32_t row) { return try_value(argument[row], &ignored); },
      [&](int32_t row) -> arrow::Status { return error(argument[row]); });
}

/// The same of two arguments: try_value(left, right, Result* out), error(left, right).
template <OnFailure kOnFailure, typename Result, typename Left, typename Right, typename Try,
          typename Error>
inline arrow::Status TryMapBinary(const KernelInput& input, Vector* result, Try try_value,
                                  Error error) {
  bool all = true;
  MapBinary<Result, Left, Right>(input, result, [&](const Left& left, const Right& right) {
    Result out{};
    all &= try_value(left, right, &out);
    return out;
  });
  if (all) [[likely]]
    return arrow::Status::OK();
  const Operand<Left> left(input.arguments[0]);
  const Operand<Right> right(input.arguments[1]);
  Result ignored{};
  return internal::SettleFailures<kOnFailure>(
      input, result, [&](int32_t row) { return try_value(left[row], right[row], &ignored); },
      [&](int32_t row) -> arrow::Status { return error(left[row], right[row]); });
}

/// result[row] = function(text, writer) for functions from text to text; the writer is attached to
/// the result, whose views may also point into the argument.
template <typename Function>
inline void MapText(const KernelInput& input, Vector* result, Function function) {
  StringWriter writer(input.pool);
  MapUnary<StringView, StringView>(
      input, result, [&](const StringView& text) -> StringView { return function(text, writer); });
  writer.AttachTo(result);
  result->AddHeapsOf(input.arguments[0]);
}

}  // namespace sabot
