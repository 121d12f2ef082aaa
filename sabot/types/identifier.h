#pragma once

#include <string>
#include <string_view>

namespace sabot {

/// A name as SQL writes it: plain if it is letters, digits and _ and does not begin with a digit;
/// else in backticks, with those inside doubled.
std::string QuoteIfNeeded(std::string_view name);

/// ASCII without regard to case: names of columns, types and functions.
bool EqualsIgnoreCase(std::string_view left, std::string_view right);
std::string ToLowerAscii(std::string_view text);
std::string ToUpperAscii(std::string_view text);

}  // namespace sabot
