#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "sabot/datetime/time_zone.h"
#include "sabot/types/value.h"

/// DataFrame.show() and the HTML table of notebooks, letter for letter as Spark's server renders
/// them.
namespace sabot::server {

/// Texts of a table. Rows are as wide as names.
struct ShowTable {
  std::vector<std::string> names;
  std::vector<std::vector<std::string>> rows;
  bool has_more = false;  ///< rows were left out
};

/// A value as show() prints it: NULL, [1, 2], {a -> 1}, {1, a}, [61 62]; timestamps in `zone`.
std::string CellText(const TypedValue& value, const TimeZone& zone);

/// truncate: characters a cell may have, 0: any number. Cells stand right when they are truncated,
/// else left.
std::string RenderShow(const ShowTable& table, int64_t truncate);
/// One line a column: -RECORD 0---.
std::string RenderVertical(const ShowTable& table, int64_t truncate);
std::string RenderHtml(const ShowTable& table, int64_t truncate);

}  // namespace sabot::server
