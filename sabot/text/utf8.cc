#include "sabot/text/utf8.h"

#include <algorithm>
#include <cstring>

#include <unicode/ucasemap.h>
#include <unicode/uchar.h>

namespace sabot {
namespace {

bool IsContinuation(char c) { return (static_cast<uint8_t>(c) & 0xC0) == 0x80; }

// How many bytes a first byte announces.
size_t AnnouncedSize(uint8_t first) {
  if (first < 0xC0) return 1;
  if (first < 0xE0) return 2;
  if (first < 0xF0) return 3;
  return first < 0xF8 ? 4 : 1;
}

using CaseMapper = int32_t (*)(const UCaseMap*, char*, int32_t, const char*, int32_t, UErrorCode*);

// Immutable once open, so shared by all threads. The root locale: results depend on no machine.
const UCaseMap* RootCaseMap() {
  static const UCaseMap* const kMap = [] {
    UErrorCode error = U_ZERO_ERROR;
    return ucasemap_open("", 0, &error);
  }();
  return kMap;
}

void MapCase(std::string_view text, CaseMapper mapper, std::string* result) {
  result->resize(text.size() + text.size() / 2 + 16);
  for (int attempt = 0; attempt < 2; ++attempt) {
    UErrorCode error = U_ZERO_ERROR;
    const int32_t size = mapper(RootCaseMap(), result->data(), static_cast<int32_t>(result->size()),
                                text.data(), static_cast<int32_t>(text.size()), &error);
    result->resize(static_cast<size_t>(size));
    if (error != U_BUFFER_OVERFLOW_ERROR) return;
  }
}

char UpperAscii(char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c; }
char LowerAscii(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; }

}  // namespace

bool IsAscii(std::string_view text) {
  uint64_t seen = 0;
  size_t i = 0;
  for (; i + 8 <= text.size(); i += 8) {
    uint64_t word;
    std::memcpy(&word, text.data() + i, 8);
    seen |= word;
  }
  uint8_t rest = 0;
  for (; i < text.size(); ++i) rest |= static_cast<uint8_t>(text[i]);
  return ((seen & 0x8080808080808080) | (rest & 0x80)) == 0;
}

size_t CodePointSize(std::string_view text, size_t offset) {
  const size_t announced = AnnouncedSize(static_cast<uint8_t>(text[offset]));
  size_t size = 1;
  while (size < announced && offset + size < text.size() && IsContinuation(text[offset + size])) {
    ++size;
  }
  return size;
}

int64_t CountCodePoints(std::string_view text) {
  if (IsAscii(text)) return static_cast<int64_t>(text.size());
  int64_t count = 0;
  for (size_t at = 0; at < text.size(); at += CodePointSize(text, at)) ++count;
  return count;
}

size_t CodePointOffset(std::string_view text, int64_t index) {
  size_t at = 0;
  for (; index > 0 && at < text.size(); --index) at += CodePointSize(text, at);
  return at;
}

std::string_view Substring(std::string_view text, int64_t position, int64_t num_points) {
  if (num_points <= 0 || text.empty()) return {};
  const bool is_ascii = IsAscii(text);
  int64_t begin = position > 0 ? position - 1 : 0;
  if (position < 0) {
    begin = position + (is_ascii ? static_cast<int64_t>(text.size()) : CountCodePoints(text));
  }
  // Past 2^62 no text goes, so the sum cannot overflow.
  constexpr int64_t kFar = int64_t{1} << 62;
  const int64_t end = std::min(begin, kFar) + std::min(num_points, kFar - 1);
  begin = std::max<int64_t>(begin, 0);
  if (end <= begin) return {};
  if (is_ascii) {
    const auto size = static_cast<int64_t>(text.size());
    if (begin >= size) return {};
    return text.substr(static_cast<size_t>(begin),
                       static_cast<size_t>(std::min(end, size) - begin));
  }
  const size_t first = CodePointOffset(text, begin);
  const std::string_view rest = text.substr(first);
  return rest.substr(0, CodePointOffset(rest, end - begin));
}

char32_t CodePointAt(std::string_view text, size_t offset) {
  constexpr char32_t kReplacement = 0xFFFD;
  const auto first = static_cast<uint8_t>(text[offset]);
  if (first < 0x80) return first;
  const size_t size = CodePointSize(text, offset);
  if (size == 1 || size != AnnouncedSize(first)) return kReplacement;
  char32_t code_point = first & (0x7F >> size);
  for (size_t i = 1; i < size; ++i) {
    code_point = (code_point << 6) | (static_cast<uint8_t>(text[offset + i]) & 0x3F);
  }
  return code_point;
}

void AppendCodePoint(char32_t code_point, std::string* text) {
  const auto byte = [&](char32_t bits) { text->push_back(static_cast<char>(bits)); };
  const auto continuation = [&](int shift) { byte(0x80 | ((code_point >> shift) & 0x3F)); };
  if (code_point < 0x80) {
    byte(code_point);
  } else if (code_point < 0x800) {
    byte(0xC0 | (code_point >> 6));
    continuation(0);
  } else if (code_point < 0x10000) {
    byte(0xE0 | (code_point >> 12));
    continuation(6);
    continuation(0);
  } else {
    byte(0xF0 | (code_point >> 18));
    continuation(12);
    continuation(6);
    continuation(0);
  }
}

void ToUpper(std::string_view text, std::string* result) {
  if (!IsAscii(text)) return MapCase(text, ucasemap_utf8ToUpper, result);
  result->resize(text.size());
  std::transform(text.begin(), text.end(), result->begin(), UpperAscii);
}

void ToLower(std::string_view text, std::string* result) {
  if (!IsAscii(text)) return MapCase(text, ucasemap_utf8ToLower, result);
  result->resize(text.size());
  std::transform(text.begin(), text.end(), result->begin(), LowerAscii);
}

void ToInitialCapitals(std::string_view text, std::string* result) {
  std::string lower;
  ToLower(text, &lower);
  result->clear();
  bool is_first = true;
  for (size_t at = 0; at < lower.size();) {
    const size_t size = CodePointSize(lower, at);
    const auto code_point = static_cast<UChar32>(CodePointAt(lower, at));
    if (is_first && size == 1) {
      result->push_back(UpperAscii(lower[at]));
    } else if (is_first) {
      AppendCodePoint(static_cast<char32_t>(u_totitle(code_point)), result);
    } else {
      result->append(lower, at, size);
    }
    is_first = lower[at] == ' ';
    at += size;
  }
}

}  // namespace sabot
