#pragma once

#include <string_view>
#include <vector>

#include "sabot/syntax/token.h"

namespace sabot::sql {

/// Cut a text into tokens; comments and white space vanish. Total: what is no token becomes a
/// kInvalid one, after which cutting goes on if it can. The last token is kEnd, empty at the end of
/// the text. Linear in the text. Source: Spark's SqlBaseLexer.g4 for what is a token.
std::vector<syntax::Token> Lex(std::string_view text);

}  // namespace sabot::sql
