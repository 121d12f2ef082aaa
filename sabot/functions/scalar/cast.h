#pragma once

#include <string_view>

#include "sabot/functions/kernels.h"

namespace sabot {

// Shared by the files of casts. Each gives the kernel of the pairs it knows, else null; on_failure:
// kNull for TRY_CAST and without ANSI.

struct CastKernel {
  Kernel kernel = nullptr;
  bool may_fail = false;
  KernelBinder bind = nullptr;
};

/// BOOLEAN, integers, FLOAT, DOUBLE and DECIMAL among themselves.
CastKernel NumberCast(const Type& from, const Type& to, OnFailure on_failure);
/// From STRING.
CastKernel ParseCast(const Type& to, OnFailure on_failure);
/// To STRING.
CastKernel PrintCast(const Type& from);
/// DATE, TIMESTAMP, TIMESTAMP_NTZ among themselves, and TIMESTAMP with numbers (seconds).
CastKernel TimeCast(const Type& from, const Type& to, OnFailure on_failure);
/// ARRAY, MAP and STRUCT each to its like, element by element.
CastKernel NestedCast(const Type& from, const Type& to, OnFailure on_failure,
                      const EvaluationSettings& settings);

/// CAST_OVERFLOW: the value does not fit the target.
arrow::Status CastOverflow(const TypedValue& value, const Type& to);
/// CAST_INVALID_INPUT: the text is none of the target's.
arrow::Status CastInvalidInput(std::string_view text, const Type& to);

/// A value of a kind outside its vector, for messages.
inline TypedValue TypedOf(const Type& type, bool value) { return {type, value}; }
inline TypedValue TypedOf(const Type& type, int64_t value) { return {type, value}; }
inline TypedValue TypedOf(const Type& type, Int128 value) { return {type, value}; }
inline TypedValue TypedOf(const Type& type, double value) { return {type, value}; }

}  // namespace sabot
