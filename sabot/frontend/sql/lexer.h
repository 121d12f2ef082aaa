#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "sabot/base/span.h"

namespace sabot::sql {

struct Token {
  enum class Kind : uint8_t {
    kEnd,
    kWord,        ///< a name or keyword: which of both only the grammar knows
    kQuotedName,  ///< `name`; value: unquoted
    kString,      ///< '…', "…", r'…'; value: unquoted and unescaped
    kNumber,      ///< with its suffix
    kSymbol,      ///< an operator or punctuation
    kInvalid,     ///< no token; value: what is wrong with it
  };
  Kind kind = Kind::kEnd;
  Span span;
  std::string_view text;  ///< as written; points into the statement
  std::string value;
};

/// Cut a text into tokens; comments and white space vanish. Total: what is no token becomes a
/// kInvalid one, after which cutting goes on if it can. The last token is kEnd, empty at the end of
/// the text. Linear in the text. Source: Spark's SqlBaseLexer.g4 for what is a token.
std::vector<Token> Lex(std::string_view text);

}  // namespace sabot::sql
