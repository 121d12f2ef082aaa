#include "sabot/frontend/cypher/lexer.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

#include "sabot/syntax/lexer.h"
#include "sabot/syntax/utf8.h"

namespace sabot::cypher {
namespace {

using syntax::Token;
using Kind = Token::Kind;

constexpr std::array<std::string_view, 6> kLongSymbols = {"<=", ">=", "<>", "=~", "..", "+="};
constexpr std::string_view kSymbols = "+-*/%^=<>()[]{},;.:|&!$";

bool IsDigit(char c) { return c >= '0' && c <= '9'; }
bool IsNameStart(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' ||
         static_cast<unsigned char>(c) >= 0x80;
}
bool IsNameCharacter(char c) { return IsNameStart(c) || IsDigit(c); }

class Lexer final : public syntax::Lexer {
 public:
  using syntax::Lexer::Lexer;

 private:
  bool SkipBlanks() override {
    while (at_ < text_.size()) {
      if (const size_t space = syntax::SpaceAt(text_, at_); space > 0) {
        at_ += space;
      } else if (text_.substr(at_, 2) == "//") {
        at_ = std::min(text_.find('\n', at_), text_.size());
      } else if (text_.substr(at_, 2) == "/*") {
        const size_t end = text_.find("*/", at_ + 2);
        if (end == text_.npos) {
          AddInvalid(text_.size(), "the comment /* has no closing */");
          return false;
        }
        at_ = end + 2;
      } else {
        return true;
      }
    }
    return false;
  }

  void Next() override {
    const char c = text_[at_];
    if (c == '\'' || c == '"') return String(c);
    if (c == '`') return AddQuotedName();
    if (IsDigit(c) || (c == '.' && IsDigit(At(at_ + 1)) && !FollowsOperand())) return Number();
    if (IsNameStart(c)) return Word();
    for (std::string_view symbol : kLongSymbols) {
      if (text_.substr(at_, 2) == symbol) return Add(Kind::kSymbol, at_ + 2);
    }
    if (kSymbols.find(c) != kSymbols.npos) return Add(Kind::kSymbol, at_ + 1);
    AddInvalid(at_ + 1, "this character has no meaning in Cypher");
  }

  // *1...5 and n.1 hold no number .5 or .1
  bool FollowsOperand() const {
    return !tokens_.empty() && tokens_.back().span.end == at_ &&
           (tokens_.back().kind != Kind::kSymbol || tokens_.back().text == "..");
  }

  void Word() {
    size_t end = at_;
    while (IsNameCharacter(At(end)) && syntax::SpaceAt(text_, end) == 0) ++end;
    Add(Kind::kWord, end);
  }

  void Number() {
    size_t end = at_;
    if (At(end) == '0' && (At(end + 1) == 'x' || At(end + 1) == 'o')) return BasedNumber();
    while (IsDigit(At(end))) ++end;
    // 1..3 is a range: a point needs a digit behind it.
    if (At(end) == '.' && IsDigit(At(end + 1))) {
      ++end;
      while (IsDigit(At(end))) ++end;
    }
    if (At(end) == 'e' || At(end) == 'E') {
      const size_t exponent = end + 1 + (At(end + 1) == '-' || At(end + 1) == '+' ? 1 : 0);
      if (IsDigit(At(exponent))) {
        end = exponent;
        while (IsDigit(At(end))) ++end;
      }
    }
    if (!IsNameCharacter(At(end)) || syntax::SpaceAt(text_, end) > 0) {
      return Add(Kind::kNumber, end);
    }
    while (IsNameCharacter(At(end))) ++end;
    AddInvalid(end, "a name begins with a letter, and a number ends in none");
  }

  void BasedNumber() {
    const int base = At(at_ + 1) == 'x' ? 16 : 8;
    size_t end = at_ + 2;
    while (IsNameCharacter(At(end))) ++end;
    uint64_t value = 0;
    const char* first = text_.data() + at_ + 2;
    const char* last = text_.data() + end;
    const auto [stop, error] = std::from_chars(first, last, value, base);
    if (first == last || stop != last || error != std::errc()) {
      return AddInvalid(end, "the digits of 0x… are hexadecimal, those of 0o… octal");
    }
    Add(Kind::kNumber, end, std::to_string(value));
  }

  void String(char quote) {
    std::string value;
    size_t at = at_ + 1;
    while (at < text_.size() && text_[at] != quote) {
      if (text_[at] != '\\') {
        value.push_back(text_[at++]);
      } else if (at + 1 >= text_.size() || !Escape(&at, &value)) {
        break;
      }
    }
    if (At(at) == quote && at < text_.size()) {
      return Add(Kind::kString, at + 1, std::move(value));
    }
    if (at + 1 >= text_.size()) {
      return AddInvalid(text_.size(), std::string("the string has no closing ") + quote);
    }
    at_ = at;
    AddInvalid(at + 1, R"(a string escapes with \\ \' \" \b \f \n \r \t \uXXXX or \UXXXXXXXX)");
  }

  /// `at` is on the backslash; moves behind the escape. False if it is none.
  bool Escape(size_t* at, std::string* value) const {
    const char c = text_[*at + 1];
    constexpr std::string_view kFrom = "\\'\"`bfnrt";
    constexpr std::string_view kTo = "\\'\"`\b\f\n\r\t";
    if (const size_t index = kFrom.find(c); index != kFrom.npos) {
      value->push_back(kTo[index]);
      *at += 2;
      return true;
    }
    if (c != 'u' && c != 'U') return false;
    const size_t num_digits = c == 'u' ? 4 : 8;
    const std::string_view digits = text_.substr(*at + 2, num_digits);
    uint32_t code_point = 0;
    const auto [stop, error] =
        std::from_chars(digits.data(), digits.data() + digits.size(), code_point, 16);
    const bool is_whole = digits.size() == num_digits && stop == digits.data() + num_digits;
    if (!is_whole || error != std::errc() || !syntax::AppendUtf8(code_point, value)) return false;
    *at += 2 + num_digits;
    return true;
  }
};

}  // namespace

std::vector<syntax::Token> Lex(std::string_view text) { return Lexer(text).Run("the query"); }

}  // namespace sabot::cypher
