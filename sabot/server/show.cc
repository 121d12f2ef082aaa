#include "sabot/server/show.h"

#include <algorithm>

#include <fmt/format.h>

namespace sabot::server {
namespace {

constexpr size_t kCellWidthMin = 3;

/// The code point that begins at `at`, which moves behind it. The text is valid UTF-8.
char32_t NextCodePoint(std::string_view text, size_t* at) {
  const auto lead = static_cast<unsigned char>(text[(*at)++]);
  int more = lead < 0xC0 ? 0 : lead < 0xE0 ? 1 : lead < 0xF0 ? 2 : 3;
  char32_t point = more == 0 ? lead : lead & (0x3F >> more);
  for (; more > 0 && *at < text.size(); --more) {
    point = point << 6 | (static_cast<unsigned char>(text[(*at)++]) & 0x3F);
  }
  return point;
}

/// Java counts UTF-16 units.
size_t Utf16Units(char32_t point) { return point > 0xFFFF ? 2 : 1; }

/// Characters that terminals draw two cells wide, in the blocks Spark names.
bool IsFullWidth(char32_t c) {
  return (c >= 0x1100 && c <= 0x115F) || (c >= 0x2E80 && c <= 0xA4CF) ||
         (c >= 0xAC00 && c <= 0xD7A3) || (c >= 0xF900 && c <= 0xFAFF) ||
         (c >= 0xFE30 && c <= 0xFE6F) || (c >= 0xFF00 && c <= 0xFF60) ||
         (c >= 0xFFE0 && c <= 0xFFE6);
}

size_t HalfWidth(std::string_view text) {
  size_t width = 0;
  for (size_t at = 0; at < text.size();) {
    const char32_t point = NextCodePoint(text, &at);
    width += Utf16Units(point) + (IsFullWidth(point) ? 1 : 0);
  }
  return width;
}

/// Bytes of the longest prefix of at most `units` UTF-16 units.
size_t PrefixBytes(std::string_view text, size_t units) {
  size_t at = 0;
  while (at < text.size()) {
    size_t next = at;
    const size_t needed = Utf16Units(NextCodePoint(text, &next));
    if (needed > units) break;
    units -= needed;
    at = next;
  }
  return at;
}

std::string Escaped(std::string_view text) {
  std::string escaped;
  for (const char c : text) {
    constexpr std::string_view kMeta = "\n\r\t\f\b\v\a";
    constexpr std::string_view kLetters = "nrtfbva";
    const size_t found = kMeta.find(c);
    if (found == kMeta.npos) {
      escaped.push_back(c);
    } else {
      escaped.append(1, '\\').push_back(kLetters[found]);
    }
  }
  return escaped;
}

std::string Truncated(std::string text, int64_t truncate) {
  if (truncate <= 0) return text;
  const auto limit = static_cast<size_t>(truncate);
  if (PrefixBytes(text, limit) == text.size()) return text;
  if (truncate < 4) return text.substr(0, PrefixBytes(text, limit));
  return text.substr(0, PrefixBytes(text, limit - 3)) + "...";
}

/// Names and cells as they are drawn.
std::vector<std::vector<std::string>> Lines(const ShowTable& table, int64_t truncate) {
  std::vector<std::vector<std::string>> lines(1 + table.rows.size());
  for (const std::string& name : table.names) lines[0].push_back(Escaped(name));
  for (size_t row = 0; row < table.rows.size(); ++row) {
    for (const std::string& cell : table.rows[row]) {
      lines[row + 1].push_back(Truncated(Escaped(cell), truncate));
    }
  }
  return lines;
}

std::string Padded(const std::string& text, size_t width, bool right_aligned) {
  const size_t used = HalfWidth(text);
  const std::string padding(width > used ? width - used : 0, ' ');
  return right_aligned ? padding + text : text + padding;
}

std::string Footer(const ShowTable& table) {
  return fmt::format("only showing top {} row{}", table.rows.size(),
                     table.rows.size() == 1 ? "" : "s");
}

std::string EscapedHtml(std::string_view text) {
  std::string escaped;
  for (const char c : text) {
    switch (c) {
      case '<':
        escaped.append("&lt;");
        break;
      case '>':
        escaped.append("&gt;");
        break;
      case '&':
        escaped.append("&amp;");
        break;
      case '"':
        escaped.append("&quot;");
        break;
      default:
        escaped.push_back(c);
    }
  }
  return escaped;
}

/// The value with every instant moved to the wall clock of the zone.
TypedValue ToWallClock(const TypedValue& value, const TimeZone& zone) {
  TypedValue local = value;
  if (value.type.id() == TypeId::kTimestamp) {
    if (auto* micros = std::get_if<int64_t>(&local.value)) *micros = zone.ToLocal(*micros);
  } else if (auto* elements = std::get_if<std::vector<TypedValue>>(&local.value)) {
    for (TypedValue& element : *elements) element = ToWallClock(element, zone);
  }
  return local;
}

}  // namespace

std::string CellText(const TypedValue& value, const TimeZone& zone) {
  return (zone.is_utc() ? value : ToWallClock(value, zone)).ToText();
}

std::string RenderShow(const ShowTable& table, int64_t truncate) {
  const auto lines = Lines(table, truncate);
  std::vector<size_t> widths(table.names.size(), kCellWidthMin);
  for (const auto& line : lines) {
    for (size_t i = 0; i < line.size(); ++i) widths[i] = std::max(widths[i], HalfWidth(line[i]));
  }
  std::string rule = "+";
  for (size_t i = 0; i < widths.size(); ++i) {
    rule.append(i == 0 ? "" : "+").append(widths[i], '-');
  }
  rule.append("+\n");
  std::string text = rule;
  for (size_t row = 0; row < lines.size(); ++row) {
    text.push_back('|');
    for (size_t i = 0; i < widths.size(); ++i) {
      text.append(i == 0 ? "" : "|").append(Padded(lines[row][i], widths[i], truncate > 0));
    }
    text.append("|\n");
    if (row == 0) text.append(rule);
  }
  text.append(rule);
  if (table.has_more) text.append(Footer(table));
  return text;
}

std::string RenderVertical(const ShowTable& table, int64_t truncate) {
  const auto lines = Lines(table, truncate);
  size_t name_width = kCellWidthMin;
  size_t cell_width = kCellWidthMin;
  for (const std::string& name : lines[0]) name_width = std::max(name_width, HalfWidth(name));
  for (size_t row = 1; row < lines.size(); ++row) {
    for (const std::string& cell : lines[row]) cell_width = std::max(cell_width, HalfWidth(cell));
  }
  std::string text;
  for (size_t row = 1; row < lines.size(); ++row) {
    std::string header = fmt::format("-RECORD {}", row - 1);
    // Two blanks, the bar and the blanks around it: five beside the texts.
    header.resize(std::max(header.size(), name_width + cell_width + 5), '-');
    text.append(header).append("\n");
    for (size_t i = 0; i < lines[row].size(); ++i) {
      text.append(fmt::format(" {} | {} \n", Padded(lines[0][i], name_width, false),
                              Padded(lines[row][i], cell_width, false)));
    }
  }
  if (table.rows.empty()) {
    text.append("(0 rows)");
  } else if (table.has_more) {
    text.append(Footer(table));
  }
  return text;
}

std::string RenderHtml(const ShowTable& table, int64_t truncate) {
  const auto lines = Lines(table, truncate);
  std::string text = "<table border='1'>\n";
  for (size_t row = 0; row < lines.size(); ++row) {
    const char* cell = row == 0 ? "th" : "td";
    text.append("<tr>");
    for (const std::string& content : lines[row]) {
      text.append(fmt::format("<{0}>{1}</{0}>", cell, EscapedHtml(content)));
    }
    text.append("</tr>\n");
  }
  text.append("</table>\n");
  if (table.has_more) text.append(Footer(table)).append("\n");
  return text;
}

}  // namespace sabot::server
