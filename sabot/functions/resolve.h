#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "sabot/expression/kernel.h"

namespace sabot {

// What the families share when they choose an overload: Spark's ANSI coercions and errors.

/// WRONG_NUM_ARGS. expected: "1", "2 or 3", "at least 1".
arrow::Status WrongNumArgs(std::string_view function, std::string_view expected, size_t actual);
/// DATATYPE_MISMATCH of a call, shown as "function(TYPE, TYPE)". message: what would be right.
arrow::Status ArgumentMismatch(std::string_view function, std::span<const Type> arguments,
                               std::string message);

/// May a function that takes `to` be given `from`? Spark's ANSI rules: the same type, VOID to
/// anything, numbers upwards (TINYINT → SMALLINT → INT → BIGINT → DECIMAL → FLOAT → DOUBLE), DATE →
/// TIMESTAMP_NTZ → TIMESTAMP, STRING to any atomic type and any atomic type but BINARY to STRING;
/// arrays, maps and structs by their parts. To a decimal of precision 38 scale 18: any number.
bool CanCastImplicitly(const Type& from, const Type& to);

/// The type both are cast to where one is needed (comparison, CASE, UNION, coalesce); none if there
/// is no such type. A STRING beside another atomic type becomes that type (beside an integer:
/// BIGINT, beside other numbers: DOUBLE); any integer or decimal beside a FLOAT gives DOUBLE.
std::optional<Type> LeastCommonType(const Type& left, const Type& right);
/// Of all, from the left; of none: VOID.
std::optional<Type> LeastCommonType(std::span<const Type> types);

/// The decimal that holds every value of an integer type: INT → DECIMAL(10,0), BIGINT →
/// DECIMAL(20,0). Decimals unchanged.
Type DecimalForNumber(const Type& type);
/// DECIMAL(precision, scale) if it fits 38 digits, else with integer digits kept and the scale cut,
/// but not below min(scale, 6).
Type BoundedDecimal(int precision, int scale);

/// The overload (by its `arguments`) the types given call for: an exact match, else the one with
/// the fewest implicit casts, the first of those in the list. Errors: WRONG_NUM_ARGS if no overload
/// has so many, DATATYPE_MISMATCH if none fits.
arrow::Result<ResolvedFunction> ChooseOverload(std::string_view function,
                                               std::span<const Type> arguments,
                                               std::span<const ResolvedFunction> overloads);

}  // namespace sabot
