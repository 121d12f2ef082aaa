#include "sabot/types/schema.h"

#include "sabot/types/identifier.h"

namespace sabot {

int Schema::Find(std::string_view name) const {
  int found = -1;
  for (size_t index = 0; index < columns.size(); ++index) {
    if (!EqualsIgnoreCase(columns[index].name, name)) continue;
    if (found >= 0) return -2;
    found = static_cast<int>(index);
  }
  return found;
}

std::string Schema::ToDdl() const {
  std::string ddl;
  for (const TypeField& column : columns) {
    if (!ddl.empty()) ddl.append(", ");
    ddl.append(QuoteIfNeeded(column.name)).append(" ").append(column.type.ToSql());
    if (!column.nullable) ddl.append(" NOT NULL");
  }
  return ddl;
}

}  // namespace sabot
