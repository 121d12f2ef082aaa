#pragma once

#include <optional>
#include <span>
#include <string_view>

#include "sabot/functions/kernels.h"

namespace sabot {

// Shared by the files of the family of arithmetic.

enum class Arithmetic : uint8_t {
  kAdd,
  kSubtract,
  kMultiply,
  kDivide,
  kWholeQuotient,  ///< div: toward zero
  kRemainder,      ///< with the sign of the dividend
  kPositiveModulo,
};

/// What happens where there is no result.
enum class Failure : uint8_t {
  kError,
  kNull,  ///< try_*, and without ANSI
  kWrap,  ///< integers without ANSI, as Java
};

/// Errors of the data. type: "integer", "long"; alternative: "add" of `try_add`, empty if there is
/// none.
arrow::Status OverflowError(std::string_view type, std::string_view alternative);
arrow::Status DivideByZeroError();
arrow::Status RemainderByZeroError();
/// unscaled text of the exact value is not at hand where it does not fit: `value` is what was
/// computed from, as SQL.
arrow::Status DecimalRangeError(std::string_view value, const Type& type);

/// Both are DECIMAL.
ResolvedFunction ResolveDecimalArithmetic(Arithmetic operation, const Type& left, const Type& right,
                                          Failure failure);
/// DATE, TIMESTAMP and INTERVAL in any of the arguments; none if there is no such operation.
std::optional<ResolvedFunction> ResolveTimeArithmetic(Arithmetic operation, const Type& left,
                                                      const Type& right, Failure failure);

}  // namespace sabot
