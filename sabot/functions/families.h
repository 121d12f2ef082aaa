#pragma once

#include <span>

#include "sabot/functions/function.h"

namespace sabot {

// A family is one file, which documents and lists its functions. A new one is declared here and
// named in registry.cc's ordered list. The spans are of static lifetime.

std::span<const ScalarFunction> ArithmeticFunctions();   ///< scalar/arithmetic.cc
std::span<const ScalarFunction> ComparisonFunctions();   ///< scalar/comparison.cc
std::span<const ScalarFunction> ConditionalFunctions();  ///< scalar/conditional.cc
std::span<const ScalarFunction> MathFunctions();         ///< scalar/math.cc
std::span<const ScalarFunction> RoundingFunctions();     ///< scalar/rounding.cc
std::span<const ScalarFunction> BitwiseFunctions();      ///< scalar/bitwise.cc

std::span<const ScalarFunction> StringFunctions();          ///< scalar/string.cc
std::span<const ScalarFunction> StringSearchFunctions();    ///< scalar/string_search.cc
std::span<const ScalarFunction> RegexFunctions();           ///< scalar/regex.cc
std::span<const ScalarFunction> StringPartsFunctions();     ///< scalar/string_parts.cc
std::span<const ScalarFunction> EncodingFunctions();        ///< scalar/encoding.cc
std::span<const ScalarFunction> DateFunctions();            ///< scalar/date.cc
std::span<const ScalarFunction> TimestampFunctions();       ///< scalar/timestamp.cc
std::span<const ScalarFunction> DateTimeFormatFunctions();  ///< scalar/datetime_format.cc
std::span<const ScalarFunction> CollectionFunctions();      ///< scalar/collection.cc

std::span<const AggregateFunction> CountAggregates();    ///< aggregate/count.cc
std::span<const AggregateFunction> SumAggregates();      ///< aggregate/sum.cc
std::span<const AggregateFunction> ExtremeAggregates();  ///< aggregate/extreme.cc
std::span<const AggregateFunction> PickAggregates();     ///< aggregate/pick.cc
std::span<const AggregateFunction> BooleanAggregates();  ///< aggregate/boolean.cc
std::span<const AggregateFunction> MomentAggregates();   ///< aggregate/moments.cc

/// The kernel of a cast, chosen in scalar/cast.cc. kernel null: values stay as they are, only the
/// type changes. Errors: DATATYPE_MISMATCH if there is no such cast.
arrow::Result<ResolvedFunction> ResolveCastKernel(const Type& from, const Type& to, bool is_try,
                                                  const EvaluationSettings& settings);

}  // namespace sabot
