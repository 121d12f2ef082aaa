#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "sabot/base/span.h"

namespace sabot::syntax {

/// A word, number, string or symbol of a text.
struct Token {
  enum class Kind : uint8_t {
    kEnd,
    kWord,        ///< a name or keyword: which of both only the grammar knows
    kQuotedName,  ///< `name`; value: unquoted
    kString,      ///< value: unquoted and unescaped
    kNumber,      ///< with its suffix; value: the decimal digits where the text has another base
    kSymbol,      ///< an operator or punctuation
    kInvalid,     ///< no token; value: what is wrong with it
  };
  Kind kind = Kind::kEnd;
  Span span;
  std::string_view text;  ///< as written; points into the text
  std::string value;
};

}  // namespace sabot::syntax
