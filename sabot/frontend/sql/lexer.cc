#include "sabot/frontend/sql/lexer.h"

#include <array>
#include <utility>

#include "sabot/syntax/lexer.h"
#include "sabot/syntax/utf8.h"

namespace sabot::sql {
namespace {

using syntax::Token;
using Kind = Token::Kind;

// Longest first: the first that fits is taken.
constexpr std::array<std::string_view, 14> kLongSymbols = {
    "<=>", ">>>", "<=", ">=", "<>", "!=", "==", "<<", ">>", "||", "|>", "::", "->", "=>"};
constexpr std::string_view kSymbols = "+-*/%~&|^=<>!()[]{},;.:?@$";

bool IsDigit(char c) { return c >= '0' && c <= '9'; }
bool IsNameCharacter(char c) {
  return IsDigit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' ||
         static_cast<unsigned char>(c) >= 0x80;
}
char Upper(char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c; }
int HexDigit(char c) {
  if (IsDigit(c)) return c - '0';
  const char upper = Upper(c);
  return upper >= 'A' && upper <= 'F' ? upper - 'A' + 10 : -1;
}

class Lexer final : public syntax::Lexer {
 public:
  using syntax::Lexer::Lexer;

 private:
  bool SkipBlanks() override {
    while (at_ < text_.size()) {
      if (const size_t space = syntax::SpaceAt(text_, at_); space > 0) {
        at_ += space;
      } else if (text_.substr(at_, 2) == "--") {
        SkipLineComment();
      } else if (text_.substr(at_, 2) == "/*") {
        if (!SkipBlockComment()) return at_ < text_.size();
      } else {
        return true;
      }
    }
    return false;
  }

  // A backslash before the line's end carries the comment on to the next line, as in Spark.
  void SkipLineComment() {
    while (at_ < text_.size() && (text_[at_] != '\n' || text_[at_ - 1] == '\\')) ++at_;
  }

  /// Block comments nest. False if it was not closed, which is a token of its own.
  bool SkipBlockComment() {
    size_t at = at_ + 2;
    for (int64_t open = 1; open > 0;) {
      if (at >= text_.size()) {
        AddInvalid(text_.size(), "the comment /* has no closing */");
        return false;
      }
      if (text_.substr(at, 2) == "/*") {
        ++open, at += 2;
      } else if (text_.substr(at, 2) == "*/") {
        --open, at += 2;
      } else {
        ++at;
      }
    }
    at_ = at;
    return true;
  }

  void Next() override {
    const char c = text_[at_];
    if (c == '\'' || c == '"') return String(at_, /*is_raw=*/false);
    if (Upper(c) == 'R' && (At(at_ + 1) == '\'' || At(at_ + 1) == '"')) {
      return String(at_ + 1, /*is_raw=*/true);
    }
    if (c == '`') return AddQuotedName();
    if (IsDigit(c) || (c == '.' && IsDigit(At(at_ + 1)) && !FollowsName())) return Number();
    if (IsNameCharacter(c)) return Word();
    for (std::string_view symbol : kLongSymbols) {
      if (text_.substr(at_, symbol.size()) == symbol)
        return Add(Kind::kSymbol, at_ + symbol.size());
    }
    if (kSymbols.find(c) != kSymbols.npos) return Add(Kind::kSymbol, at_ + 1);
    AddInvalid(at_ + 1, "this character has no meaning in SQL");
  }

  // t.1st is the field of a name, not the number .1
  bool FollowsName() const {
    if (tokens_.empty() || tokens_.back().span.end != at_) return false;
    const Token& last = tokens_.back();
    return last.kind == Kind::kWord || last.kind == Kind::kQuotedName || last.text == ")" ||
           last.text == "]";
  }

  void Word() {
    size_t end = at_;
    while (IsNameCharacter(At(end))) {
      if (const size_t space = syntax::SpaceAt(text_, end); space > 0) break;
      ++end;
    }
    Add(Kind::kWord, end);
  }

  void Number() {
    size_t end = at_;
    while (IsDigit(At(end))) ++end;
    const bool has_point = At(end) == '.';
    if (has_point) {
      ++end;
      while (IsDigit(At(end))) ++end;
    }
    if (Upper(At(end)) == 'E') {
      size_t exponent = end + 1;
      if (At(exponent) == '+' || At(exponent) == '-') ++exponent;
      if (IsDigit(At(exponent))) {
        end = exponent;
        while (IsDigit(At(end))) ++end;
      }
    }
    end += SuffixLength(end);
    if (!IsNameCharacter(At(end)) || syntax::SpaceAt(text_, end) > 0)
      return Add(Kind::kNumber, end);
    // 1st and 2013_flights are names, which may begin with digits.
    if (!has_point) return Word();
    while (IsNameCharacter(At(end))) ++end;
    AddInvalid(end, "a number ends in no letter but the suffixes L, S, Y, F, D and BD");
  }

  size_t SuffixLength(size_t at) const {
    const auto ends = [&](size_t end) { return !IsNameCharacter(At(end)); };
    const char first = Upper(At(at));
    if (first == 'B' && Upper(At(at + 1)) == 'D' && ends(at + 2)) return 2;
    const bool is_suffix =
        first == 'L' || first == 'S' || first == 'Y' || first == 'F' || first == 'D';
    return is_suffix && ends(at + 1) ? 1 : 0;
  }

  void String(size_t open, bool is_raw) {
    const char quote = text_[open];
    std::string value;
    high_surrogate_ = 0;
    size_t at = open + 1;
    while (at < text_.size()) {
      const char c = text_[at];
      if (c == '\\' && !is_raw) {
        if (at + 1 >= text_.size()) break;
        at = Escape(at + 1, &value);
      } else if (c != quote) {
        value.push_back(c);
        ++at;
      } else if (At(at + 1) == quote && !is_raw) {
        value.push_back(quote);
        at += 2;
      } else {
        return Add(Kind::kString, at + 1, std::move(value));
      }
    }
    AddInvalid(text_.size(), std::string("the string has no closing ") + quote);
  }

  /// Append what the escape stands for; `at` is behind the backslash. Returns where the string goes
  /// on. Source: Spark's SparkParserUtils.unescapeSQLString.
  size_t Escape(size_t at, std::string* value) {
    const char c = text_[at];
    if (c == 'u' || c == 'U') {
      const size_t num_digits = c == 'u' ? 4 : 8;
      char32_t code_point = 0;
      if (ReadHex(at + 1, num_digits, &code_point) && AppendCodePoint(code_point, value)) {
        return at + 1 + num_digits;
      }
    }
    // \ooo, three octal digits up to \177.
    if ((c == '0' || c == '1') && IsOctal(At(at + 1)) && IsOctal(At(at + 2))) {
      const int code = (c - '0') * 64 + (At(at + 1) - '0') * 8 + (At(at + 2) - '0');
      value->push_back(static_cast<char>(code));
      return at + 3;
    }
    switch (c) {
      case '0':
        value->push_back('\0');
        return at + 1;
      case 'b':
        value->push_back('\b');
        return at + 1;
      case 'n':
        value->push_back('\n');
        return at + 1;
      case 'r':
        value->push_back('\r');
        return at + 1;
      case 't':
        value->push_back('\t');
        return at + 1;
      case 'Z':
        value->push_back('\x1A');
        return at + 1;
      case '%':
      case '_':
        value->push_back('\\');  // the pattern of LIKE still needs it
        value->push_back(c);
        return at + 1;
      default:
        value->push_back(c);
        return at + 1;
    }
  }

  static bool IsOctal(char c) { return c >= '0' && c <= '7'; }

  bool ReadHex(size_t at, size_t num_digits, char32_t* code_point) const {
    for (size_t i = 0; i < num_digits; ++i) {
      const int digit = HexDigit(At(at + i));
      if (digit < 0) return false;
      *code_point = *code_point << 4 | static_cast<char32_t>(digit);
    }
    return true;
  }

  // Java's strings hold code points past U+FFFF as two surrogates, so Spark's users write them so:
  // "\uD83D\uDE00".
  bool AppendCodePoint(char32_t code_point, std::string* value) {
    if (code_point >= 0xDC00 && code_point <= 0xDFFF && value->size() == high_surrogate_end_ &&
        high_surrogate_ != 0) {
      code_point = 0x10000 + ((high_surrogate_ - 0xD800) << 10) + (code_point - 0xDC00);
      value->resize(value->size() - 3);
      high_surrogate_ = 0;
      return syntax::AppendUtf8(code_point, value);
    }
    high_surrogate_ = 0;
    if (code_point >= 0xD800 && code_point <= 0xDBFF) {
      high_surrogate_ = code_point;
      syntax::AppendUtf8(0xFFFD, value);
      high_surrogate_end_ = value->size();
      return true;
    }
    if (code_point >= 0xDC00 && code_point <= 0xDFFF) code_point = 0xFFFD;
    return syntax::AppendUtf8(code_point, value);
  }

  char32_t high_surrogate_ = 0;  ///< the last escape, if it awaits its other half
  size_t high_surrogate_end_ = 0;
};

}  // namespace

std::vector<syntax::Token> Lex(std::string_view text) { return Lexer(text).Run("the statement"); }

}  // namespace sabot::sql
