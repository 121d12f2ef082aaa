#pragma once

#include <vector>

#include "sabot/expression/expression.h"

namespace sabot {

/// Where each column of a batch stands: ids[i] is column i.
struct Layout {
  std::vector<ColumnId> ids;
  /// -1 if the batch has no such column.
  int Find(ColumnId id) const;
};

}  // namespace sabot
