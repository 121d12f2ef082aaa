#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "sabot/base/span.h"

namespace sabot::cypher {

struct Token {
  enum class Kind : uint8_t {
    kEnd,
    kWord,
    kQuotedName,  ///< `name`; value: unquoted
    kString,      ///< '…' or "…"; value: unquoted and unescaped
    kNumber,      ///< text as written; 0x1F and 0o17 have their decimal digits as value
    kSymbol,   ///< arrows are cut into their characters: only the grammar tells them from < and -
    kInvalid,  ///< no token; value: what is wrong with it
  };
  Kind kind = Kind::kEnd;
  Span span;
  std::string_view text;  ///< as written; points into the query
  std::string value;
};

/// Cut a text into tokens; comments and white space vanish. Total, linear; the last token is kEnd.
/// Source: openCypher 9, the lexical part of its grammar.
std::vector<Token> Lex(std::string_view text);

}  // namespace sabot::cypher
