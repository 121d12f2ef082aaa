#pragma once

#include <cstddef>
#include <string>
#include <string_view>

/// What both lexers need of UTF-8.
namespace sabot::syntax {

/// The byte where `text` stops being UTF-8, or npos. Refused: surrogates, overlong forms, anything
/// past U+10FFFF.
size_t FindInvalidUtf8(std::string_view text);

/// Append a code point. Returns false, and appends nothing, if it is none: a surrogate or past
/// U+10FFFF.
bool AppendUtf8(char32_t code_point, std::string* text);

/// Bytes of the white space that begins at `at`, 0 if none does: ASCII's and Unicode's space
/// separators.
size_t SpaceAt(std::string_view text, size_t at);

}  // namespace sabot::syntax
