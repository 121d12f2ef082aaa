#pragma once

#include <string_view>
#include <vector>

#include "sabot/expression/evaluator.h"

namespace sabot::testing {

/// A function of the registry over literals.
arrow::Result<TypedValue> Call(std::string_view function, std::vector<TypedValue> arguments,
                               const EvaluationSettings& settings = {});
/// Its result as a printed cell, or the class of its error.
std::string CallText(std::string_view function, std::vector<TypedValue> arguments,
                     const EvaluationSettings& settings = {});
/// CAST, or TRY_CAST, as a printed cell or the class of the error.
std::string CastText(const TypedValue& value, const Type& to, bool is_try = false,
                     const EvaluationSettings& settings = {});
/// The class of an error; "OK" if it is none.
std::string ClassOf(const arrow::Status& status);

/// DECIMAL(precision, scale) of an unscaled value.
TypedValue DecimalOf(Int128 unscaled, int precision, int scale);

}  // namespace sabot::testing
