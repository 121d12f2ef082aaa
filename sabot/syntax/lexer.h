#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "sabot/syntax/token.h"

namespace sabot::syntax {

/// Cuts a text into tokens; the language says how its blanks and tokens look. Total: what is no
/// token becomes a kInvalid one, after which cutting goes on if it can. The last token is kEnd,
/// empty at the end of the text.
class Lexer {
 public:
  explicit Lexer(std::string_view text) : text_(text) {}
  virtual ~Lexer() = default;
  Lexer(const Lexer&) = delete;
  Lexer& operator=(const Lexer&) = delete;

  /// Once a lexer. What the text is called where it stops being UTF-8: "the statement".
  std::vector<Token> Run(std::string_view what);

 protected:
  /// Move behind white space and comments. False at the end of the text.
  virtual bool SkipBlanks() = 0;
  /// Add the token at `at_`: at least one byte.
  virtual void Next() = 0;

  char At(size_t at) const { return at < text_.size() ? text_[at] : '\0'; }
  void Add(Token::Kind kind, size_t end, std::string value = {}) {
    tokens_.push_back({kind, SpanOf(at_, end), text_.substr(at_, end - at_), std::move(value)});
    at_ = end;
  }
  void AddInvalid(size_t end, std::string reason) {
    Add(Token::Kind::kInvalid, end, std::move(reason));
  }
  /// A name in backticks; two of them in it are one.
  void AddQuotedName();

  std::string_view text_;  ///< as far as it is UTF-8
  size_t at_ = 0;
  std::vector<Token> tokens_;

 private:
  static Span SpanOf(size_t begin, size_t end) {
    return {static_cast<uint32_t>(begin), static_cast<uint32_t>(end)};
  }
};

}  // namespace sabot::syntax
