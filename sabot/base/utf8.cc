#include "sabot/base/utf8.h"

#include <cstdint>

#include "arrow/util/utf8.h"

namespace sabot {
namespace {

// Bytes of the sequence at `at`: a code point, or the longest piece of one that has gone wrong.
struct Sequence {
  size_t num_bytes = 1;
  bool is_valid = false;
};

Sequence SequenceAt(std::string_view bytes, size_t at) {
  const auto byte = [&](size_t index) { return static_cast<uint8_t>(bytes[index]); };
  const uint8_t lead = byte(at);
  if (lead < 0x80) return {1, true};
  if (lead < 0xC2 || lead > 0xF4) return {};
  const size_t announced = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;
  // The second byte's range excludes overlong forms, surrogates and what is past U+10FFFF.
  uint8_t low = 0x80;
  uint8_t high = 0xBF;
  if (lead == 0xE0) low = 0xA0;
  if (lead == 0xED) high = 0x9F;
  if (lead == 0xF0) low = 0x90;
  if (lead == 0xF4) high = 0x8F;
  size_t size = 1;
  for (; size < announced && at + size < bytes.size(); ++size, low = 0x80, high = 0xBF) {
    if (byte(at + size) < low || byte(at + size) > high) break;
  }
  return {size, size == announced};
}

}  // namespace

bool IsUtf8(std::string_view bytes) {
  [[maybe_unused]] static const bool kIsReady = (arrow::util::InitializeUTF8(), true);
  return arrow::util::ValidateUTF8(bytes);
}

std::string ToUtf8(std::string_view bytes) {
  if (IsUtf8(bytes)) return std::string(bytes);
  std::string text;
  text.reserve(bytes.size() + 16);
  for (size_t at = 0; at < bytes.size();) {
    const Sequence sequence = SequenceAt(bytes, at);
    if (sequence.is_valid) {
      text.append(bytes, at, sequence.num_bytes);
    } else {
      text.append("\xEF\xBF\xBD");
    }
    at += sequence.num_bytes;
  }
  return text;
}

}  // namespace sabot
