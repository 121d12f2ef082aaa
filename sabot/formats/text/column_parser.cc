#include "sabot/formats/text/column_parser.h"

#include "sabot/base/error.h"
#include "sabot/types/identifier.h"

namespace sabot {

arrow::Status CheckTextType(const TypeField& column, std::string_view format) {
  const TypeId id = column.type.id();
  if (id <= TypeId::kTimestampNtz) return arrow::Status::OK();
  return MakeError("UNSUPPORTED_DATATYPE",
                   {{"typeName", "\"" + column.type.ToSql() + "\""},
                    {"message", "column " + QuoteIfNeeded(column.name) + " cannot be held in " +
                                    std::string(format) + "; use STRING, or Parquet or JSON"}});
}

}  // namespace sabot
