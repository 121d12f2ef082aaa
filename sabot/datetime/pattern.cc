#include "sabot/datetime/pattern.h"

#include <algorithm>

#include <fmt/format.h>

#include "sabot/base/error.h"

namespace sabot {
namespace {

struct LetterRule {
  char letter;
  int count_min;
  int count_max;
  bool can_parse;
  int name_count_min;  // from so many letters on it is a name or zone, not a number
  int digits_max;      // that reading takes where the count leaves it open
};

constexpr LetterRule kLetters[] = {
    {'y', 1, 6, true, 99, 6}, {'M', 1, 4, true, 3, 2},  {'d', 1, 2, true, 99, 2},
    {'D', 1, 3, true, 99, 3}, {'E', 1, 4, false, 1, 0}, {'Q', 1, 4, false, 3, 1},
    {'a', 1, 1, true, 1, 0},  {'h', 1, 2, true, 99, 2}, {'H', 1, 2, true, 99, 2},
    {'m', 1, 2, true, 99, 2}, {'s', 1, 2, true, 99, 2}, {'S', 1, 9, true, 99, 9},
    {'X', 1, 5, true, 1, 0},  {'x', 1, 5, true, 1, 0},  {'z', 1, 3, true, 1, 0},
    {'V', 2, 2, true, 1, 0},
};

bool IsLetter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

arrow::Status InvalidPattern(std::string_view pattern, std::string message) {
  return MakeError("INVALID_DATETIME_PATTERN",
                   {{"pattern", fmt::format("'{}'", pattern)}, {"message", std::move(message)}});
}

std::string CountText(const LetterRule& rule) {
  return rule.count_min == rule.count_max ? std::to_string(rule.count_max)
                                          : fmt::format("{} to {}", rule.count_min, rule.count_max);
}

}  // namespace

arrow::Result<DateTimePattern::Part> DateTimePattern::MakePart(std::string_view pattern,
                                                               char letter, size_t count, Use use) {
  const auto* rule = std::ranges::find(kLetters, letter, &LetterRule::letter);
  if (rule == std::end(kLetters)) {
    return InvalidPattern(pattern, fmt::format("the letter {} is not supported; supported are "
                                               "y M d D E Q a h H m s S X x z VV",
                                               letter));
  }
  if (count < static_cast<size_t>(rule->count_min) ||
      count > static_cast<size_t>(rule->count_max)) {
    return InvalidPattern(pattern, fmt::format("{} stands {} times in a row, but may stand {}",
                                               letter, count, CountText(*rule)));
  }
  if (use == Use::kParse && !rule->can_parse) {
    return InvalidPattern(pattern, fmt::format("{} can be written but not read", letter));
  }
  const int num_letters = static_cast<int>(count);
  return Part{.letter = letter,
              .count = num_letters,
              .digits_max = rule->digits_max,
              .is_name = num_letters >= rule->name_count_min};
}

arrow::Result<DateTimePattern> DateTimePattern::Make(std::string_view pattern, Use use) {
  DateTimePattern made;
  const auto append_text = [&made](char c) {
    if (made.parts_.empty() || made.parts_.back().letter != 0) made.parts_.emplace_back();
    made.parts_.back().text.push_back(c);
  };
  for (size_t at = 0; at < pattern.size();) {
    const char c = pattern[at];
    if (IsLetter(c)) {
      const size_t end = std::min(pattern.find_first_not_of(c, at), pattern.size());
      ARROW_ASSIGN_OR_RAISE(Part part, MakePart(pattern, c, end - at, use));
      made.parts_.push_back(std::move(part));
      at = end;
    } else if (c != '\'') {
      if (std::string_view("[]{}#").find(c) != std::string_view::npos) {
        return InvalidPattern(pattern, fmt::format("{} is not supported; quote it", c));
      }
      append_text(c);
      ++at;
    } else if (pattern.substr(at, 2) == "''") {
      append_text('\'');
      at += 2;
    } else {
      for (++at; at < pattern.size(); ++at) {
        if (pattern[at] == '\'') {
          if (pattern.substr(at, 2) != "''") break;
          ++at;
        }
        append_text(pattern[at]);
      }
      if (at == pattern.size()) return InvalidPattern(pattern, "a quote is not closed");
      ++at;
    }
  }
  return made;
}

}  // namespace sabot
