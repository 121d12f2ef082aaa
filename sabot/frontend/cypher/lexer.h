#pragma once

#include <string_view>
#include <vector>

#include "sabot/syntax/token.h"

namespace sabot::cypher {

/// Cut a text into tokens; comments and white space vanish. Total, linear; the last token is kEnd.
/// Source: openCypher 9, the lexical part of its grammar.
std::vector<syntax::Token> Lex(std::string_view text);

}  // namespace sabot::cypher
