#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "arrow/result.h"

namespace sabot {

/// A regular expression in the syntax of java.util.regex, compiled to machine code by PCRE2.
///
/// Look-around, back references, possessive quantifiers, \Q..\E, nested and intersected classes and
/// POSIX classes (\p{Alpha}) are as Java's. Refused, as UNSUPPORTED_FEATURE: Unicode blocks
/// (\p{InGreek}), properties of Java (\p{javaLowerCase}), \b{g}, \N{name}, the flags d and U, and
/// look-behind without a fixed length. Differs: (?i) folds all of Unicode, not ASCII alone; of the
/// line terminators, `.` and `$` know CR and LF.
///
/// Immutable and shared by threads; a Matcher is one thread's.
class Regex {
 public:
  /// function: who is named in errors. Errors: INVALID_PARAMETER_VALUE if it is no regular
  /// expression, UNSUPPORTED_FEATURE.
  static arrow::Result<Regex> Compile(std::string_view pattern, std::string_view function);

  /// Capturing groups, without group 0, the whole match.
  int32_t num_groups() const;
  /// Number of a named group; -1 if there is none.
  int32_t GroupNumber(std::string_view name) const;

  /// Searches one text after the other.
  class Matcher {
   public:
    explicit Matcher(const Regex& regex);
    ~Matcher();
    Matcher(const Matcher&) = delete;
    Matcher& operator=(const Matcher&) = delete;

    /// The first match that begins at byte `from` or later. The text must live as long as groups
    /// are asked for. Errors: INVALID_PARAMETER_VALUE if the search takes more than ten million
    /// steps: the pattern backtracks.
    arrow::Result<bool> Find(std::string_view text, size_t from = 0);
    /// Of the last match. 0 <= group <= num_groups(); none: the group took no part.
    std::optional<std::string_view> Group(int32_t group) const;
    size_t begin() const;
    size_t end() const;
    /// Where the next search of this text begins: after an empty match, one code point further.
    /// Past text.size(): there is none.
    size_t next() const;

   private:
    const Regex* regex_;
    struct Data;
    std::unique_ptr<Data> data_;
    std::string_view text_;
  };

  /// A replacement in Java's syntax: $1, ${name} and \ before a character taken as it is.
  class Replacement {
   public:
    /// Errors: INVALID_PARAMETER_VALUE if a group does not exist or the text ends in `\` or `$`.
    static arrow::Result<Replacement> Parse(const Regex& regex, std::string_view text,
                                            std::string_view function);
    void AppendTo(const Matcher& match, std::string* result) const;

   private:
    struct Part {
      std::string text;
      int32_t group = -1;  ///< -1: the text
    };
    std::vector<Part> parts_;
  };

 private:
  struct Code;
  explicit Regex(std::shared_ptr<const Code> code) : code_(std::move(code)) {}
  std::shared_ptr<const Code> code_;
};

/// The same expression in PCRE2's syntax. Errors: as Regex::Compile.
arrow::Result<std::string> TranslateJavaRegex(std::string_view pattern, std::string_view function);

}  // namespace sabot
