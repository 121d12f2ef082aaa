#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "sabot/types/type.h"

namespace sabot {

/// The columns of a table or result, in order. Names may repeat, as Spark allows.
struct Schema {
  std::vector<TypeField> columns;

  size_t size() const { return columns.size(); }
  /// Position of the only column of that name without regard to case; -1 none, -2 several.
  int Find(std::string_view name) const;
  /// "a INT NOT NULL, b STRING"
  std::string ToDdl() const;
  friend bool operator==(const Schema&, const Schema&) = default;
};

/// Read "a INT NOT NULL, b: STRING COMMENT 'x'". Errors: PARSE_SYNTAX_ERROR, UNSUPPORTED_DATATYPE.
arrow::Result<Schema> ParseSchema(std::string_view ddl);

arrow::Result<std::shared_ptr<arrow::Schema>> ToArrow(const Schema& schema);
arrow::Result<Schema> FromArrow(const arrow::Schema& schema);

}  // namespace sabot
