#include <algorithm>

#include <fmt/format.h>

#include "sabot/session/session.h"

namespace sabot {
namespace {

/// Columns a terminal needs for the text: code points, wide East Asian ones twice.
size_t DisplayWidth(std::string_view text) {
  size_t width = 0;
  for (size_t i = 0; i < text.size(); ++i) {
    const auto byte = static_cast<unsigned char>(text[i]);
    if ((byte & 0xC0) == 0x80) continue;
    // The ranges from U+1100 that count double begin with bytes E1 84 .. ED; emoji with F0 9F.
    const bool is_wide = (byte >= 0xE3 && byte <= 0xED) || byte == 0xF0;
    width += is_wide ? 2 : 1;
  }
  return width;
}

std::string OneLine(std::string text) {
  std::string line;
  for (char c : text) {
    if (c == '\n') {
      line.append("\\n");
    } else if (c == '\t') {
      line.append("\\t");
    } else if (static_cast<unsigned char>(c) < 0x20) {
      line.append(fmt::format("\\x{:02x}", static_cast<unsigned char>(c)));
    } else {
      line.push_back(c);
    }
  }
  return line;
}

std::string Padded(const std::string& text, size_t width, bool right) {
  const std::string blanks(width - std::min(width, DisplayWidth(text)), ' ');
  return right ? blanks + text : text + blanks;
}

}  // namespace

arrow::Result<std::string> RenderTable(ResultStream& result, int64_t max_rows,
                                       const WaitHook& hook) {
  const Schema& schema = result.schema();
  const size_t width = schema.size();
  std::vector<std::vector<std::string>> rows;
  int64_t num_rows = 0;
  bool is_cut = false;
  std::string plan;
  while (!is_cut) {
    ARROW_ASSIGN_OR_RAISE(const std::optional<Batch> batch, result.Next(hook));
    if (!batch.has_value()) break;
    for (int32_t row = 0; row < batch->num_rows(); ++row) {
      if (num_rows == max_rows) {
        is_cut = true;
        break;
      }
      ++num_rows;
      if (width == 1 && schema.columns[0].name == "plan")
        plan = batch->column(0).ValueAt(row).ToText();
      auto& cells = rows.emplace_back();
      for (size_t i = 0; i < width; ++i)
        cells.push_back(OneLine(batch->column(i).ValueAt(row).ToText()));
    }
  }
  if (is_cut) result.Cancel();
  // A plan is read as it is, not as one cell of a box.
  if (width == 1 && schema.columns[0].name == "plan" && rows.size() == 1) return plan;
  if (width == 0) return fmt::format("{} row{}\n", num_rows, num_rows == 1 ? "" : "s");
  std::vector<size_t> widths;
  std::vector<std::string> types;
  for (size_t i = 0; i < width; ++i) {
    types.push_back(schema.columns[i].type.ToSimpleString());
    widths.push_back(std::max(DisplayWidth(schema.columns[i].name), DisplayWidth(types.back())));
    for (const auto& row : rows) widths[i] = std::max(widths[i], DisplayWidth(row[i]));
  }
  const auto rule = [&](const char* left, const char* middle, const char* right) {
    std::string line = left;
    for (size_t i = 0; i < width; ++i) {
      for (size_t k = 0; k < widths[i] + 2; ++k) line.append("─");
      line.append(i + 1 < width ? middle : right);
    }
    return line.append("\n");
  };
  const auto line = [&](const std::vector<std::string>& cells, bool align) {
    std::string text = "│";
    for (size_t i = 0; i < width; ++i) {
      const bool right = align && schema.columns[i].type.is_numeric();
      text.append(" ").append(Padded(cells[i], widths[i], right)).append(" │");
    }
    return text.append("\n");
  };
  std::vector<std::string> names;
  for (const TypeField& field : schema.columns) names.push_back(OneLine(field.name));
  std::string text =
      rule("┌", "┬", "┐") + line(names, false) + line(types, false) + rule("├", "┼", "┤");
  for (const auto& row : rows) text.append(line(row, true));
  text.append(rule("└", "┴", "┘"));
  text.append(fmt::format("{} row{}{}\n", num_rows, num_rows == 1 ? "" : "s",
                          is_cut ? ", more cut off" : ""));
  return text;
}

}  // namespace sabot
