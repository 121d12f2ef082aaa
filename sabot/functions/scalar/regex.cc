#include "sabot/text/regex.h"

#include <optional>

#include "sabot/base/error.h"
#include "sabot/functions/families.h"
#include "sabot/functions/scalar/row_loop.h"
#include "sabot/text/utf8.h"

/// Functions of regular expressions, in Java's syntax. A pattern that is a literal is compiled once
/// a plan; one that comes from rows, once as long as it stays the same.
namespace sabot {
namespace {

const Type kString(TypeId::kString);
const Type kInt(TypeId::kInt);

using Types = std::span<const Type>;
using Settings = const EvaluationSettings&;
using Constants = std::span<const TypedValue* const>;

struct RegexState final : KernelState {
  std::optional<Regex> regex;
};

template <const std::string_view& kName>
arrow::Result<std::shared_ptr<const KernelState>> BindRegex(Constants constants, Types, Settings) {
  auto state = std::make_shared<RegexState>();
  if (constants[1] == nullptr || constants[1]->is_null()) return state;
  ARROW_ASSIGN_OR_RAISE(state->regex,
                        Regex::Compile(std::get<std::string>(constants[1]->value), kName));
  return state;
}

// The expression of a row, from the second argument, and what searches with it.
class RowRegex {
 public:
  RowRegex(const KernelInput& input, std::string_view function)
      : bound_(static_cast<const RegexState*>(input.state)->regex),
        patterns_(input.arguments[1]),
        function_(function) {}

  arrow::Status Prepare(int32_t row) {
    if (bound_.has_value()) {
      if (matcher_ == nullptr) Use(*bound_);
      return arrow::Status::OK();
    }
    const std::string_view pattern = patterns_[row].view();
    if (matcher_ != nullptr && pattern == compiled_from_) return arrow::Status::OK();
    ARROW_ASSIGN_OR_RAISE(compiled_, Regex::Compile(pattern, function_));
    compiled_from_ = pattern;
    Use(*compiled_);
    return arrow::Status::OK();
  }
  const Regex& regex() const { return *regex_; }
  Regex::Matcher& matcher() { return *matcher_; }

 private:
  void Use(const Regex& regex) {
    regex_ = &regex;
    matcher_ = std::make_unique<Regex::Matcher>(regex);
  }

  const std::optional<Regex>& bound_;
  Operand<StringView> patterns_;
  std::string_view function_;
  std::optional<Regex> compiled_;
  std::string compiled_from_;
  const Regex* regex_ = nullptr;
  std::unique_ptr<Regex::Matcher> matcher_;
};

// function(RowRegex&, row, text, &out) -> arrow::Status over all rows.
template <typename Result, typename Function>
arrow::Status SearchEach(const KernelInput& input, std::string_view name, Vector* result,
                         Function function) {
  RowRegex regex(input, name);
  const Operand<StringView> texts(input.arguments[0]);
  *result = Vector::Flat(input.result_type, input.num_rows, input.pool);
  auto* out = result->mutable_data<Result>();
  for (int32_t i = 0; i < input.rows.count; ++i) {
    const int32_t row = input.rows[i];
    ARROW_RETURN_NOT_OK(regex.Prepare(row));
    // By reference: a short text lies in its view.
    ARROW_RETURN_NOT_OK(function(regex, row, texts[row].view(), &out[row]));
  }
  return arrow::Status::OK();
}

constexpr std::string_view kRlike = "rlike";
arrow::Status Rlike(const KernelInput& input, Vector* result) {
  return SearchEach<uint8_t>(
      input, kRlike, result,
      [](RowRegex& regex, int32_t, std::string_view text, uint8_t* out) -> arrow::Status {
        ARROW_ASSIGN_OR_RAISE(*out, regex.matcher().Find(text));
        return arrow::Status::OK();
      });
}

constexpr std::string_view kRegexpCount = "regexp_count";
arrow::Status RegexpCount(const KernelInput& input, Vector* result) {
  return SearchEach<int32_t>(
      input, kRegexpCount, result,
      [](RowRegex& regex, int32_t, std::string_view text, int32_t* out) -> arrow::Status {
        *out = 0;
        for (size_t from = 0; from <= text.size(); from = regex.matcher().next()) {
          ARROW_ASSIGN_OR_RAISE(const bool found, regex.matcher().Find(text, from));
          if (!found) break;
          ++*out;
        }
        return arrow::Status::OK();
      });
}

constexpr std::string_view kRegexpInstr = "regexp_instr";
arrow::Status RegexpInstr(const KernelInput& input, Vector* result) {
  return SearchEach<int32_t>(
      input, kRegexpInstr, result,
      [](RowRegex& regex, int32_t, std::string_view text, int32_t* out) -> arrow::Status {
        ARROW_ASSIGN_OR_RAISE(const bool found, regex.matcher().Find(text));
        const size_t before = found ? regex.matcher().begin() : 0;
        *out = found ? static_cast<int32_t>(CountCodePoints(text.substr(0, before))) + 1 : 0;
        return arrow::Status::OK();
      });
}

constexpr std::string_view kRegexpSubstr = "regexp_substr";
arrow::Status RegexpSubstr(const KernelInput& input, Vector* result) {
  std::vector<int32_t> nulls;
  ARROW_RETURN_NOT_OK(SearchEach<StringView>(
      input, kRegexpSubstr, result,
      [&](RowRegex& regex, int32_t row, std::string_view text, StringView* out) -> arrow::Status {
        ARROW_ASSIGN_OR_RAISE(const bool found, regex.matcher().Find(text));
        *out = found ? StringView(*regex.matcher().Group(0)) : StringView();
        if (!found) nulls.push_back(row);
        return arrow::Status::OK();
      }));
  result->AddHeapsOf(input.arguments[0]);
  if (!nulls.empty()) {
    uint64_t* bits = result->MutableValidity(input.pool);
    for (const int32_t row : nulls) ClearBit(bits, row);
  }
  return arrow::Status::OK();
}

arrow::Status CheckGroup(std::string_view function, int32_t group, int32_t num_groups) {
  if (group >= 0 && group <= num_groups) return arrow::Status::OK();
  return MakeError("INVALID_PARAMETER_VALUE",
                   {{"parameter", "`idx`"},
                    {"functionName", "`" + std::string(function) + "`"},
                    {"message", "it is a group between 0 and " + std::to_string(num_groups) +
                                    ", but got " + std::to_string(group)}});
}

constexpr std::string_view kRegexpExtract = "regexp_extract";
arrow::Status RegexpExtract(const KernelInput& input, Vector* result) {
  const bool has_group = input.arguments.size() > 2;
  ARROW_RETURN_NOT_OK(SearchEach<StringView>(
      input, kRegexpExtract, result,
      [&](RowRegex& regex, int32_t row, std::string_view text, StringView* out) -> arrow::Status {
        const int32_t group = has_group ? Operand<int32_t>(input.arguments[2])[row] : 1;
        ARROW_RETURN_NOT_OK(CheckGroup(kRegexpExtract, group, regex.regex().num_groups()));
        ARROW_ASSIGN_OR_RAISE(const bool found, regex.matcher().Find(text));
        *out = found ? StringView(regex.matcher().Group(group).value_or("")) : StringView();
        return arrow::Status::OK();
      }));
  result->AddHeapsOf(input.arguments[0]);
  return arrow::Status::OK();
}

constexpr std::string_view kRegexpReplace = "regexp_replace";
arrow::Status RegexpReplace(const KernelInput& input, Vector* result) {
  const bool has_position = input.arguments.size() > 3;
  const Operand<StringView> replacements(input.arguments[2]);
  StringWriter writer(input.pool);
  std::string scratch;
  std::optional<Regex::Replacement> replacement;
  std::string parsed_from;
  const Regex* parsed_for = nullptr;
  std::string parsed_pattern;
  const Operand<StringView> patterns(input.arguments[1]);
  ARROW_RETURN_NOT_OK(SearchEach<StringView>(
      input, kRegexpReplace, result,
      [&](RowRegex& regex, int32_t row, std::string_view text, StringView* out) -> arrow::Status {
        Regex::Matcher& matcher = regex.matcher();
        size_t from = 0;
        if (has_position) {
          const int32_t position = Operand<int32_t>(input.arguments[3])[row];
          if (position < 1) {
            return MakeError("INVALID_PARAMETER_VALUE",
                             {{"parameter", "`position`"},
                              {"functionName", "`regexp_replace`"},
                              {"message", "it counts from 1, but is " + std::to_string(position)}});
          }
          from = CodePointOffset(text, position - 1);
          if (position > 1 && from >= text.size()) {
            *out = StringView(text);
            return arrow::Status::OK();
          }
        }
        const std::string_view with = replacements[row].view();
        if (!replacement.has_value() || with != parsed_from || parsed_for != &regex.regex() ||
            patterns[row].view() != parsed_pattern) {
          ARROW_ASSIGN_OR_RAISE(replacement,
                                Regex::Replacement::Parse(regex.regex(), with, kRegexpReplace));
          parsed_from = with;
          parsed_for = &regex.regex();
          parsed_pattern = patterns[row].view();
        }
        scratch.clear();
        size_t copied = 0;
        bool is_changed = false;
        for (; from <= text.size(); from = matcher.next()) {
          ARROW_ASSIGN_OR_RAISE(const bool found, matcher.Find(text, from));
          if (!found) break;
          scratch.append(text, copied, matcher.begin() - copied);
          replacement->AppendTo(matcher, &scratch);
          copied = matcher.end();
          is_changed = true;
        }
        if (!is_changed) {
          *out = StringView(text);
        } else {
          *out = writer.Write(scratch.append(text.substr(copied)));
        }
        return arrow::Status::OK();
      }));
  writer.AttachTo(result);
  result->AddHeapsOf(input.arguments[0]);
  return arrow::Status::OK();
}

// Lists of texts, built part by part.
class TextLists {
 public:
  explicit TextLists(const KernelInput& input) : input_(input), writer_(input.pool) {}
  void Begin() { begin_ = static_cast<uint32_t>(parts_.size()); }
  // The text lies in an argument, which the result will keep, or in its view.
  void Add(std::string_view part) { parts_.push_back(StringView(part)); }
  ListView End() const { return {begin_, static_cast<uint32_t>(parts_.size()) - begin_}; }
  void AttachTo(Vector* result) {
    const auto size = static_cast<int32_t>(parts_.size());
    Vector child = Vector::Flat(kString, size, input_.pool);
    std::copy(parts_.begin(), parts_.end(), child.mutable_data<StringView>());
    child.AddHeapsOf(input_.arguments[0]);
    result->set_children({std::make_shared<const Vector>(std::move(child))});
  }

 private:
  const KernelInput& input_;
  StringWriter writer_;
  std::vector<StringView> parts_;
  uint32_t begin_ = 0;
};

constexpr std::string_view kRegexpExtractAll = "regexp_extract_all";
arrow::Status RegexpExtractAll(const KernelInput& input, Vector* result) {
  const bool has_group = input.arguments.size() > 2;
  TextLists lists(input);
  ARROW_RETURN_NOT_OK(SearchEach<ListView>(
      input, kRegexpExtractAll, result,
      [&](RowRegex& regex, int32_t row, std::string_view text, ListView* out) -> arrow::Status {
        const int32_t group = has_group ? Operand<int32_t>(input.arguments[2])[row] : 1;
        ARROW_RETURN_NOT_OK(CheckGroup(kRegexpExtractAll, group, regex.regex().num_groups()));
        lists.Begin();
        for (size_t from = 0; from <= text.size(); from = regex.matcher().next()) {
          ARROW_ASSIGN_OR_RAISE(const bool found, regex.matcher().Find(text, from));
          if (!found) break;
          lists.Add(regex.matcher().Group(group).value_or(""));
        }
        *out = lists.End();
        return arrow::Status::OK();
      }));
  lists.AttachTo(result);
  return arrow::Status::OK();
}

// Java's String.split with a limit: > 0, at most so many parts; else all, empty ones at the end
// too. A match of nothing at the start splits nothing off.
constexpr std::string_view kSplit = "split";
arrow::Status Split(const KernelInput& input, Vector* result) {
  const bool has_limit = input.arguments.size() > 2;
  TextLists lists(input);
  ARROW_RETURN_NOT_OK(SearchEach<ListView>(
      input, kSplit, result,
      [&](RowRegex& regex, int32_t row, std::string_view text, ListView* out) -> arrow::Status {
        const int32_t limit = has_limit ? Operand<int32_t>(input.arguments[2])[row] : -1;
        Regex::Matcher& matcher = regex.matcher();
        lists.Begin();
        size_t copied = 0;
        for (size_t from = 0; from <= text.size(); from = matcher.next()) {
          if (limit > 0 && static_cast<int32_t>(lists.End().length) >= limit - 1) break;
          ARROW_ASSIGN_OR_RAISE(const bool found, matcher.Find(text, from));
          if (!found) break;
          const bool is_empty = matcher.begin() == matcher.end();
          if (is_empty && (matcher.end() == 0 || matcher.begin() == text.size())) continue;
          lists.Add(text.substr(copied, matcher.begin() - copied));
          copied = matcher.end();
        }
        lists.Add(text.substr(copied));
        *out = lists.End();
        return arrow::Status::OK();
      }));
  lists.AttachTo(result);
  return arrow::Status::OK();
}

template <const std::string_view& kName>
ResolvedFunction RegexOverload(std::vector<Type> arguments, Type result, Kernel kernel) {
  return Throwing(Overload(std::move(arguments), std::move(result), kernel, BindRegex<kName>));
}

}  // namespace

std::span<const ScalarFunction> RegexFunctions() {
  static const ScalarFunction kFunctions[] = {
      {.name = "rlike",
       .doc = {.signature = "rlike(text STRING, pattern STRING) -> BOOLEAN",
               .summary = "Does a part of the text match the regular expression?",
               .example = {"rlike('Spark 4', '\\\\d$')", "true"}},
       .resolve =
           [](Types types, Settings) {
             return ChooseOverload(kRlike, types,
                                   std::array{RegexOverload<kRlike>(
                                       {kString, kString}, Type(TypeId::kBoolean), Rlike)});
           },
       .aliases = {"regexp", "regexp_like"}},
      {.name = "regexp_count",
       .doc = {.signature = "regexp_count(text STRING, pattern STRING) -> INT",
               .summary = "How often the regular expression matches.",
               .example = {"regexp_count('Steven Jones and Stephen Smith', 'Ste(v|ph)en')", "2"}},
       .resolve =
           [](Types types, Settings) {
             return ChooseOverload(
                 kRegexpCount, types,
                 std::array{RegexOverload<kRegexpCount>({kString, kString}, kInt, RegexpCount)});
           }},
      {.name = "regexp_instr",
       .doc = {.signature = "regexp_instr(text STRING, pattern STRING) -> INT",
               .summary = "Where the regular expression first matches; 0: nowhere.",
               .example = {"regexp_instr('user@spark.apache.org', '@[^.]*')", "5"}},
       .resolve =
           [](Types types, Settings) {
             return ChooseOverload(
                 kRegexpInstr, types,
                 std::array{RegexOverload<kRegexpInstr>({kString, kString}, kInt, RegexpInstr)});
           }},
      {.name = "regexp_substr",
       .doc = {.signature = "regexp_substr(text STRING, pattern STRING) -> STRING",
               .summary = "The first part that matches; NULL if none does.",
               .example = {"regexp_substr('Steven Jones', 'Ste(v|ph)en')", "Steven"}},
       .resolve =
           [](Types types, Settings) {
             return ChooseOverload(kRegexpSubstr, types,
                                   std::array{Nullable(RegexOverload<kRegexpSubstr>(
                                       {kString, kString}, kString, RegexpSubstr))});
           }},
      {.name = "regexp_extract",
       .doc = {.signature = "regexp_extract(text STRING, pattern STRING[, group INT]) -> STRING",
               .summary = "A group, by default the first, of the first match; '' if there is none.",
               .example = {"regexp_extract('100-200', '(\\\\d+)-(\\\\d+)', 1)", "100"}},
       .resolve =
           [](Types types, Settings) {
             return ChooseOverload(
                 kRegexpExtract, types,
                 std::array{
                     RegexOverload<kRegexpExtract>({kString, kString}, kString, RegexpExtract),
                     RegexOverload<kRegexpExtract>({kString, kString, kInt}, kString,
                                                   RegexpExtract)});
           }},
      {.name = "regexp_extract_all",
       .doc = {.signature =
                   "regexp_extract_all(text STRING, pattern STRING[, group INT]) -> ARRAY<STRING>",
               .summary = "A group, by default the first, of every match.",
               .example = {"regexp_extract_all('100-200, 300-400', '(\\\\d+)-(\\\\d+)', 1)",
                           "[100, 300]"}},
       .resolve =
           [](Types types, Settings) {
             const Type list = Type::Array(kString);
             return ChooseOverload(
                 kRegexpExtractAll, types,
                 std::array{
                     RegexOverload<kRegexpExtractAll>({kString, kString}, list, RegexpExtractAll),
                     RegexOverload<kRegexpExtractAll>({kString, kString, kInt}, list,
                                                      RegexpExtractAll)});
           }},
      {.name = "regexp_replace",
       .doc = {.signature = "regexp_replace(text STRING, pattern STRING, replacement STRING[, "
                            "position INT]) -> STRING",
               .summary = "The text with every match replaced; $1 stands for a group.",
               .example = {"regexp_replace('100-200', '(\\\\d+)', 'num')", "num-num"}},
       .resolve =
           [](Types types, Settings) {
             return ChooseOverload(
                 kRegexpReplace, types,
                 std::array{RegexOverload<kRegexpReplace>({kString, kString, kString}, kString,
                                                          RegexpReplace),
                            RegexOverload<kRegexpReplace>({kString, kString, kString, kInt},
                                                          kString, RegexpReplace)});
           }},
      {.name = "split",
       .doc = {.signature = "split(text STRING, pattern STRING[, limit INT]) -> ARRAY<STRING>",
               .summary = "The parts between matches; with a limit, at most so many.",
               .example = {"split('oneAtwoBthreeC', '[ABC]', 2)", "[one, twoBthreeC]"}},
       .resolve =
           [](Types types, Settings) {
             const Type list = Type::Array(kString, false);
             return ChooseOverload(
                 kSplit, types,
                 std::array{RegexOverload<kSplit>({kString, kString}, list, Split),
                            RegexOverload<kSplit>({kString, kString, kInt}, list, Split)});
           }},
  };
  return kFunctions;
}

}  // namespace sabot
