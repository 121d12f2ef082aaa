#include "sabot/syntax/lexer.h"

#include "sabot/syntax/utf8.h"

namespace sabot::syntax {
std::vector<Token> Lexer::Run(std::string_view what) {
  const size_t invalid = FindInvalidUtf8(text_);
  const std::string_view whole = text_;
  text_ = text_.substr(0, invalid);
  while (SkipBlanks()) Next();
  if (invalid != text_.npos) {
    tokens_.push_back({Token::Kind::kInvalid, SpanOf(invalid, invalid + 1),
                       whole.substr(invalid, 1), std::string(what) + " is not UTF-8 here"});
  }
  tokens_.push_back(
      {Token::Kind::kEnd, SpanOf(whole.size(), whole.size()), whole.substr(whole.size()), {}});
  return std::move(tokens_);
}

void Lexer::AddQuotedName() {
  std::string name;
  for (size_t at = at_ + 1; at < text_.size(); ++at) {
    if (text_[at] != '`') {
      name.push_back(text_[at]);
    } else if (At(at + 1) == '`') {
      name.push_back('`');
      ++at;
    } else if (name.empty()) {
      return AddInvalid(at + 1, "a quoted name cannot be empty");
    } else {
      return Add(Token::Kind::kQuotedName, at + 1, std::move(name));
    }
  }
  AddInvalid(text_.size(), "the quoted name has no closing `");
}

}  // namespace sabot::syntax
