#pragma once

#include <cstdint>
#include <string>
#include <string_view>

/// Text as code points. Bytes that are no UTF-8 are tolerated: a byte that begins no code point and
/// continues none counts as one.
namespace sabot {

bool IsAscii(std::string_view text);
int64_t CountCodePoints(std::string_view text);
/// Where code point `index` begins; text.size() if there are not so many. index >= 0.
size_t CodePointOffset(std::string_view text, int64_t index);
/// Bytes of the code point at `offset`: 1..4, never past the end.
size_t CodePointSize(std::string_view text, size_t offset);

/// SQL's substring: positions from 1, negative ones from the end, 0 as 1; what lies outside is cut
/// off, so substr('abc', -5, 3) is 'a'. A view into the text. num_points <= 0: empty.
std::string_view Substring(std::string_view text, int64_t position, int64_t num_points);

/// The code point at `offset`, and U+FFFD for what is none.
char32_t CodePointAt(std::string_view text, size_t offset);
void AppendCodePoint(char32_t code_point, std::string* text);

/// Full case mapping by Unicode's root locale (ß becomes SS). Replaces *result.
void ToUpper(std::string_view text, std::string* result);
void ToLower(std::string_view text, std::string* result);
/// Lower case, but the first letter after each space (and of the text) in title case.
void ToInitialCapitals(std::string_view text, std::string* result);

}  // namespace sabot
