#pragma once

#include <string>
#include <string_view>

/// Bytes that call themselves text. SQL lets a STRING hold any bytes (CAST of a BINARY checks
/// nothing); what leaves the engine as text must be UTF-8.
namespace sabot {

/// Is all of it UTF-8? Surrogates, overlong forms and what is past U+10FFFF are not. ASCII costs
/// no more than reading it.
bool IsUtf8(std::string_view bytes);

/// The text with U+FFFD in place of every sequence that is no UTF-8: one for each longest piece
/// that could begin a code point, else one a byte.
/// Source: The Unicode Standard 15.0, section 3.9, "Substitution of Maximal Subparts".
std::string ToUtf8(std::string_view bytes);

}  // namespace sabot
