#include "sabot/types/identifier.h"

#include <algorithm>

namespace sabot {
namespace {

char Lowered(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }
bool IsDigit(char c) { return c >= '0' && c <= '9'; }
bool IsNameCharacter(char c) {
  return (Lowered(c) >= 'a' && Lowered(c) <= 'z') || IsDigit(c) || c == '_';
}

}  // namespace

std::string QuoteIfNeeded(std::string_view name) {
  if (!name.empty() && !IsDigit(name.front()) && std::ranges::all_of(name, IsNameCharacter)) {
    return std::string(name);
  }
  std::string quoted = "`";
  for (char c : name) quoted.append(c == '`' ? 2 : 1, c);
  return quoted.append("`");
}

bool EqualsIgnoreCase(std::string_view left, std::string_view right) {
  return std::ranges::equal(left, right, {}, Lowered, Lowered);
}

std::string ToLowerAscii(std::string_view text) {
  std::string lowered(text);
  for (char& c : lowered) c = Lowered(c);
  return lowered;
}

std::string ToUpperAscii(std::string_view text) {
  std::string upper(text);
  for (char& c : upper) c = c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
  return upper;
}

}  // namespace sabot
