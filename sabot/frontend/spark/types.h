#pragma once

#include <string_view>

#include "arrow/result.h"

#include "sabot/types/schema.h"

namespace spark::connect {
class DataType;
}

namespace sabot::spark {

/// Errors: UNSUPPORTED_DATATYPE for types Sabot has not: user-defined ones, collations, CHAR(n).
arrow::Result<Type> ToType(const ::spark::connect::DataType& type);

/// The message of a type. Cypher's references cross as BIGINT. Errors: UNSUPPORTED_DATATYPE for
/// kAny.
arrow::Status FromType(const Type& type, ::spark::connect::DataType* message);
arrow::Status FromSchema(const Schema& schema, ::spark::connect::DataType* message);

/// A type or schema as text: Spark's JSON ({"type":"struct",…}, "long"), DDL's columns ("a INT, b
/// STRING") or a type ("array<int>"). Columns come as a struct. Errors: PARSE_SYNTAX_ERROR,
/// UNSUPPORTED_DATATYPE.
arrow::Result<Type> ParseTypeText(std::string_view text);
/// The same of a schema: a type that is no struct becomes the one column `value`.
arrow::Result<Schema> ParseSchemaText(std::string_view text);

}  // namespace sabot::spark
