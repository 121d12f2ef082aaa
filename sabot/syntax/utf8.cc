#include "sabot/syntax/utf8.h"

#include <cstdint>

namespace sabot::syntax {
namespace {

bool IsScalar(char32_t code_point) {
  return code_point <= 0x10FFFF && (code_point < 0xD800 || code_point > 0xDFFF);
}

struct Decoded {
  char32_t code_point = 0;
  size_t num_bytes = 0;  ///< 0: malformed
};

Decoded Decode(std::string_view text, size_t at) {
  const auto lead = static_cast<unsigned char>(text[at]);
  if (lead < 0x80) return {lead, 1};
  const size_t num_bytes = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;
  if (lead < 0xC2 || lead > 0xF4 || text.size() - at < num_bytes) return {};
  char32_t code_point = lead & (0x7F >> num_bytes);
  for (size_t i = 1; i < num_bytes; ++i) {
    const auto next = static_cast<unsigned char>(text[at + i]);
    if ((next & 0xC0) != 0x80) return {};
    code_point = code_point << 6 | (next & 0x3F);
  }
  constexpr char32_t kSmallest[] = {0, 0, 0x80, 0x800, 0x10000};
  if (code_point < kSmallest[num_bytes] || !IsScalar(code_point)) return {};
  return {code_point, num_bytes};
}

}  // namespace

size_t FindInvalidUtf8(std::string_view text) {
  for (size_t at = 0; at < text.size();) {
    const Decoded decoded = Decode(text, at);
    if (decoded.num_bytes == 0) return at;
    at += decoded.num_bytes;
  }
  return std::string_view::npos;
}

bool AppendUtf8(char32_t code_point, std::string* text) {
  if (!IsScalar(code_point)) return false;
  const auto byte = [&](char32_t bits) { text->push_back(static_cast<char>(bits)); };
  if (code_point < 0x80) {
    byte(code_point);
    return true;
  }
  if (code_point < 0x800) {
    byte(0xC0 | code_point >> 6);
  } else if (code_point < 0x10000) {
    byte(0xE0 | code_point >> 12);
    byte(0x80 | (code_point >> 6 & 0x3F));
  } else {
    byte(0xF0 | code_point >> 18);
    byte(0x80 | (code_point >> 12 & 0x3F));
    byte(0x80 | (code_point >> 6 & 0x3F));
  }
  byte(0x80 | (code_point & 0x3F));
  return true;
}

size_t SpaceAt(std::string_view text, size_t at) {
  const char c = text[at];
  if (c == ' ' || (c >= '\t' && c <= '\r')) return 1;
  if (static_cast<unsigned char>(c) < 0x80) return 0;
  const auto [code_point, num_bytes] = Decode(text, at);
  const bool is_space = code_point == 0xA0 || code_point == 0x1680 ||
                        (code_point >= 0x2000 && code_point <= 0x200A) || code_point == 0x2028 ||
                        code_point == 0x2029 || code_point == 0x202F || code_point == 0x205F ||
                        code_point == 0x3000 || code_point == 0xFEFF;
  return is_space ? num_bytes : 0;
}

}  // namespace sabot::syntax
