#pragma once

#include <string_view>

#include "sabot/syntax/expression.h"

namespace sabot::analyzer {

/// The value and type of a literal as Spark types it: 12 is INT, 12L BIGINT, 1.5 DECIMAL(2,1), 1e3
/// DOUBLE. Of a typed literal (DATE '…') only the type: its value needs the session's zone. Errors:
/// INVALID_TYPED_LITERAL, CANNOT_PARSE_INTERVAL.
arrow::Result<TypedValue> LiteralValueOf(const syntax::Literal& literal, Span span);

/// "10 minutes", "1 day 2 hours", "INTERVAL '1' HOUR". Errors: CANNOT_PARSE_INTERVAL.
arrow::Result<TypedValue> IntervalFromText(std::string_view text, Span span);

}  // namespace sabot::analyzer
