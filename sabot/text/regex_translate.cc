#include <array>
#include <utility>

#include "sabot/base/error.h"
#include "sabot/text/regex.h"
#include "sabot/text/utf8.h"

/// From java.util.regex's syntax to PCRE2's. Most of both is the same; what PCRE2 reads otherwise
/// is rewritten, and what only PCRE2 knows is refused, so that a pattern means what it means in
/// Java or nothing. Source: the documentation of java.util.regex.Pattern (JDK 21), pcre2pattern(3).
namespace sabot {
namespace {

class Translator {
 public:
  Translator(std::string_view pattern, std::string_view function)
      : pattern_(pattern), function_(function) {}

  arrow::Result<std::string> Translate() {
    while (!at_end()) {
      switch (peek()) {
        case '\\':
          ARROW_RETURN_NOT_OK(Escape(/*in_class=*/false, &out_));
          break;
        case '[': {
          ARROW_ASSIGN_OR_RAISE(const std::string one, Class());
          out_ += one;
          break;
        }
        case '(':
          ARROW_RETURN_NOT_OK(OpenGroup());
          break;
        case '{':
          ARROW_RETURN_NOT_OK(Repetition());
          break;
        default:
          out_.push_back(pattern_[at_++]);
      }
    }
    return std::move(out_);
  }

 private:
  bool at_end() const { return at_ >= pattern_.size(); }
  char peek() const { return pattern_[at_]; }
  std::string_view rest() const { return pattern_.substr(std::min(at_, pattern_.size())); }
  bool Take(std::string_view text) {
    if (!rest().starts_with(text)) return false;
    at_ += text.size();
    return true;
  }

  arrow::Status Invalid(std::string_view why) const {
    return MakeError(
        "INVALID_PARAMETER_VALUE",
        {{"parameter", "`regexp`"},
         {"functionName", "`" + std::string(function_) + "`"},
         {"message",
          "'" + std::string(pattern_) + "' is no regular expression: " + std::string(why) +
              " at character " +
              std::to_string(CountCodePoints(pattern_.substr(0, std::min(at_, pattern_.size()))) +
                             1)}});
  }
  static arrow::Status Unsupported(std::string what, std::string alternative) {
    return UnsupportedError(what + " in a regular expression", std::move(alternative));
  }

  // ( and what may follow it in Java: PCRE2's verbs, recursion and conditions may not.
  arrow::Status OpenGroup() {
    if (Take("(*")) return Invalid("nothing to repeat");
    if (!Take("(?")) {
      out_.push_back(pattern_[at_++]);
      return arrow::Status::OK();
    }
    for (const std::string_view kind : {":", "=", "!", ">", "<=", "<!"}) {
      if (Take(kind)) {
        out_.append("(?").append(kind);
        return arrow::Status::OK();
      }
    }
    out_ += "(?";
    if (Take("<")) {
      const size_t close = rest().find('>');
      if (close == std::string_view::npos) return Invalid("a group's name does not end");
      out_.append("<").append(rest().substr(0, close + 1));
      at_ += close + 1;
      return arrow::Status::OK();
    }
    for (; !at_end(); ++at_) {
      const char flag = peek();
      if (flag == 'd' || flag == 'U') {
        return Unsupported(std::string("The flag ") + flag, "classes that name the characters");
      }
      // PCRE2 folds case by Unicode anyway.
      if (flag == 'u') continue;
      if (flag != 'i' && flag != 'm' && flag != 's' && flag != 'x' && flag != '-') break;
      out_.push_back(flag);
    }
    if (at_end() || (peek() != ')' && peek() != ':')) return Invalid("unknown group");
    out_.push_back(pattern_[at_++]);
    return arrow::Status::OK();
  }

  // {n}, {n,}, {n,m}. Anything else is literal in PCRE2, and an error in Java.
  arrow::Status Repetition() {
    size_t end = at_ + 1;
    const auto digits = [&] {
      const size_t begin = end;
      while (end < pattern_.size() && pattern_[end] >= '0' && pattern_[end] <= '9') ++end;
      return end > begin;
    };
    bool is_valid = digits();
    if (is_valid && end < pattern_.size() && pattern_[end] == ',') {
      ++end;
      digits();
    }
    is_valid = is_valid && end < pattern_.size() && pattern_[end] == '}';
    if (!is_valid) return Invalid("illegal repetition; write \\{ for a brace");
    out_.append(pattern_.substr(at_, end + 1 - at_));
    at_ = end + 1;
    return arrow::Status::OK();
  }

  static void AppendLiteral(char32_t point, std::string* out) {
    static constexpr char kHex[] = "0123456789ABCDEF";
    std::string digits;
    for (; point != 0 || digits.empty(); point >>= 4) digits.push_back(kHex[point & 15]);
    out->append("\\x{").append(digits.rbegin(), digits.rend()).append("}");
  }

  bool TakeHex(size_t num_digits, char32_t* value) {
    if (rest().size() < num_digits) return false;
    char32_t result = 0;
    for (const char c : rest().substr(0, num_digits)) {
      const int digit = c >= '0' && c <= '9'   ? c - '0'
                        : c >= 'a' && c <= 'f' ? c - 'a' + 10
                        : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                               : -1;
      if (digit < 0) return false;
      result = result * 16 + static_cast<char32_t>(digit);
    }
    at_ += num_digits;
    *value = result;
    return true;
  }

  // \uXXXX; two that are a surrogate pair are one character.
  arrow::Status UnicodeEscape(std::string* out) {
    char32_t point = 0;
    if (!TakeHex(4, &point)) return Invalid("\\u needs four hexadecimal digits");
    const size_t after = at_;
    if (point >= 0xD800 && point < 0xDC00 && Take("\\u")) {
      char32_t low = 0;
      if (TakeHex(4, &low) && low >= 0xDC00 && low < 0xE000) {
        point = 0x10000 + ((point - 0xD800) << 10) + (low - 0xDC00);
      } else {
        at_ = after;
      }
    }
    if (point >= 0xD800 && point < 0xE000) return Invalid("half a surrogate pair");
    AppendLiteral(point, out);
    return arrow::Status::OK();
  }

  // \0n, \0nn, \0mnn.
  arrow::Status OctalEscape(std::string* out) {
    char32_t value = 0;
    int num_digits = 0;
    while (!at_end() && num_digits < 3 && peek() >= '0' && peek() <= '7' &&
           value * 8 + static_cast<char32_t>(peek() - '0') <= 0377) {
      value = value * 8 + static_cast<char32_t>(peek() - '0');
      ++at_;
      ++num_digits;
    }
    if (num_digits == 0) return Invalid("\\0 needs octal digits");
    AppendLiteral(value, out);
    return arrow::Status::OK();
  }

  // \p{...}: POSIX names are ASCII's, Is... are scripts and properties of Unicode.
  arrow::Status Property(bool is_negated, bool in_class, std::string* out) {
    std::string name;
    if (Take("{")) {
      const size_t close = rest().find('}');
      if (close == std::string_view::npos) return Invalid("a property's name does not end");
      name = rest().substr(0, close);
      at_ += close + 1;
    } else if (!at_end()) {
      name = std::string(1, pattern_[at_++]);
    }
    constexpr std::pair<std::string_view, std::string_view> kPosix[] = {
        {"Lower", "lower"}, {"Upper", "upper"}, {"ASCII", "ascii"}, {"Alpha", "alpha"},
        {"Digit", "digit"}, {"Alnum", "alnum"}, {"Punct", "punct"}, {"Graph", "graph"},
        {"Print", "print"}, {"Blank", "blank"}, {"Cntrl", "cntrl"}, {"XDigit", "xdigit"},
        {"Space", "space"}};
    for (const auto& [java, posix] : kPosix) {
      if (name != java) continue;
      const std::string item =
          "[:" + std::string(is_negated ? "^" : "") + std::string(posix) + ":]";
      out->append(in_class ? item : "[" + item + "]");
      return arrow::Status::OK();
    }
    if (name.starts_with("In") || name.starts_with("java") || name.starts_with("block=") ||
        name.starts_with("blk=")) {
      return Unsupported("The property \\p{" + name + "}", "\\p{IsGreek}, \\p{Lu} or a range");
    }
    for (const std::string_view prefix : {"Is", "script=", "sc=", "general_category=", "gc="}) {
      if (name.starts_with(prefix)) {
        name.erase(0, prefix.size());
        break;
      }
    }
    out->append(is_negated ? "\\P{" : "\\p{").append(name).append("}");
    return arrow::Status::OK();
  }

  // Text up to \E as it is.
  void Quotation(std::string* out) {
    const size_t end = rest().find("\\E");
    const std::string_view quoted = rest().substr(0, end);
    for (size_t i = 0; i < quoted.size(); i += CodePointSize(quoted, i)) {
      AppendLiteral(CodePointAt(quoted, i), out);
    }
    at_ = end == std::string_view::npos ? pattern_.size() : at_ + end + 2;
  }

  arrow::Status Escape(bool in_class, std::string* out) {
    ++at_;
    if (at_end()) return Invalid("a backslash ends the pattern");
    const char c = pattern_[at_++];
    const bool is_letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
    switch (c) {
      case 'Q':
        Quotation(out);
        return arrow::Status::OK();
      case 'u':
        return UnicodeEscape(out);
      case '0':
        return OctalEscape(out);
      case 'p':
      case 'P':
        return Property(c == 'P', in_class, out);
      case 'N':
        return Unsupported("\\N{name}", "\\uXXXX");
      case 'b':
        if (rest().starts_with("{")) return Unsupported("\\b{g}", "\\b or \\X");
        break;
      case 'k':
        if (!rest().starts_with("<")) return Invalid("\\k needs <name>");
        break;
      default:
        break;
    }
    constexpr std::string_view kAnywhere = "dDwWsShHvVtnrfaexc";
    constexpr std::string_view kOutside = "RXbBAGZzk";
    if (is_letter && kAnywhere.find(c) == std::string_view::npos &&
        (in_class || kOutside.find(c) == std::string_view::npos)) {
      return Invalid("unknown escape");
    }
    if (!is_letter && (c < '0' || c > '9')) {
      --at_;
      const size_t size = CodePointSize(pattern_, at_);
      AppendLiteral(CodePointAt(pattern_, at_), out);
      at_ += size;
      return arrow::Status::OK();
    }
    out->append({'\\', c});
    return arrow::Status::OK();
  }

  // [...] as an expression for exactly one character. A union with nested classes becomes
  // alternatives, an intersection look-ahead: [a-z&&[^aeiou]] is (?:(?=[^aeiou])[a-z]).
  arrow::Result<std::string> Class() {
    if (++depth_ > kDepthMax) return Invalid("classes nest too deep");
    ++at_;
    const bool is_negated = Take("^");
    std::vector<std::string> operands;
    bool is_plain = true;
    std::string items;                // of the operand at hand, without brackets
    std::vector<std::string> nested;  // its nested classes
    bool is_first = true;
    const auto finish = [&]() -> bool {
      if (items.empty() && nested.empty()) return false;
      std::string operand = items.empty() ? "" : "[" + items + "]";
      for (const std::string& one : nested) {
        if (!operand.empty()) operand += "|";
        operand += one;
      }
      is_plain &= nested.empty();
      operands.push_back(nested.size() + (items.empty() ? 0 : 1) > 1 ? "(?:" + operand + ")"
                                                                     : operand);
      nested.clear();
      return true;
    };
    for (;; is_first = false) {
      if (at_end()) return Invalid("a class is not closed");
      if (peek() == ']' && !is_first) break;
      if (Take("&&")) {
        if (!finish()) return Invalid("an intersection lacks its left side");
        items.clear();
      } else if (peek() == '[') {
        ARROW_ASSIGN_OR_RAISE(std::string one, Class());
        nested.push_back(std::move(one));
      } else if (peek() == '\\') {
        ARROW_RETURN_NOT_OK(Escape(/*in_class=*/true, &items));
      } else {
        // As numbers, but for the minus of a range: nothing PCRE2 could read as its own.
        const size_t size = CodePointSize(pattern_, at_);
        if (peek() == '-') {
          items.push_back('-');
        } else {
          AppendLiteral(CodePointAt(pattern_, at_), &items);
        }
        at_ += size;
      }
    }
    ++at_;
    --depth_;
    if (!finish()) return Invalid("an intersection lacks its right side");
    if (operands.size() == 1 && is_plain) {
      return is_negated ? "[^" + items + "]" : operands[0];
    }
    std::string one;
    for (size_t i = 1; i < operands.size(); ++i) one += "(?=" + operands[i] + ")";
    one += operands[0];
    return is_negated ? "(?:(?!" + one + ")[\\s\\S])" : "(?:" + one + ")";
  }

  static constexpr int kDepthMax = 100;

  std::string_view pattern_;
  std::string_view function_;
  size_t at_ = 0;
  int depth_ = 0;
  std::string out_;
};

}  // namespace

arrow::Result<std::string> TranslateJavaRegex(std::string_view pattern, std::string_view function) {
  return Translator(pattern, function).Translate();
}

}  // namespace sabot
