#include "sabot/text/regex.h"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#include "sabot/base/error.h"
#include "sabot/text/utf8.h"

namespace sabot {
namespace {

// Enough for any search that makes progress; a pattern that backtracks without end is stopped
// after about a tenth of a second.
constexpr uint32_t kStepsMax = 10'000'000;
constexpr size_t kJitStackMin = 32 * 1024;
constexpr size_t kJitStackMax = 8 * 1024 * 1024;

arrow::Status InvalidPattern(std::string_view function, std::string message) {
  return MakeError("INVALID_PARAMETER_VALUE", {{"parameter", "`regexp`"},
                                               {"functionName", "`" + std::string(function) + "`"},
                                               {"message", std::move(message)}});
}

std::string MessageOf(int code) {
  uint8_t buffer[256];
  const int size = pcre2_get_error_message(code, buffer, sizeof(buffer));
  return {reinterpret_cast<const char*>(buffer), static_cast<size_t>(size < 0 ? 0 : size)};
}

// One a thread: matching uses it only while it runs.
pcre2_jit_stack* ThreadJitStack(void*) {
  struct Free {
    void operator()(pcre2_jit_stack* stack) const { pcre2_jit_stack_free(stack); }
  };
  thread_local const std::unique_ptr<pcre2_jit_stack, Free> stack(
      pcre2_jit_stack_create(kJitStackMin, kJitStackMax, nullptr));
  return stack.get();
}

}  // namespace

struct Regex::Code {
  pcre2_code* code = nullptr;
  pcre2_match_context* context = nullptr;
  std::string function;
  uint32_t num_groups = 0;

  ~Code() {
    pcre2_match_context_free(context);
    pcre2_code_free(code);
  }
};

arrow::Result<Regex> Regex::Compile(std::string_view pattern, std::string_view function) {
  ARROW_ASSIGN_OR_RAISE(const std::string translated, TranslateJavaRegex(pattern, function));
  int error = 0;
  size_t offset = 0;
  pcre2_compile_context* options = pcre2_compile_context_create(nullptr);
  pcre2_set_newline(options, PCRE2_NEWLINE_ANYCRLF);
  auto compiled = std::make_shared<Code>();
  compiled->function = function;
  // Bytes that are no UTF-8 match nothing instead of failing the query.
  compiled->code = pcre2_compile(reinterpret_cast<PCRE2_SPTR>(translated.data()), translated.size(),
                                 PCRE2_UTF | PCRE2_MATCH_INVALID_UTF | PCRE2_ALLOW_EMPTY_CLASS,
                                 &error, &offset, options);
  pcre2_compile_context_free(options);
  if (compiled->code == nullptr) {
    constexpr int kLookbehindNotFixed = 125;
    if (error == kLookbehindNotFixed) {
      return UnsupportedError("Look-behind of varying length in a regular expression",
                              "alternatives that each have one length");
    }
    return InvalidPattern(
        function, "'" + std::string(pattern) + "' is no regular expression: " + MessageOf(error));
  }
  // Without machine code (no executable memory) matching is interpreted: slower, the same result.
  pcre2_jit_compile(compiled->code, PCRE2_JIT_COMPLETE);
  compiled->context = pcre2_match_context_create(nullptr);
  pcre2_set_match_limit(compiled->context, kStepsMax);
  pcre2_jit_stack_assign(compiled->context, ThreadJitStack, nullptr);
  pcre2_pattern_info(compiled->code, PCRE2_INFO_CAPTURECOUNT, &compiled->num_groups);
  return Regex(std::move(compiled));
}

int32_t Regex::num_groups() const { return static_cast<int32_t>(code_->num_groups); }

int32_t Regex::GroupNumber(std::string_view name) const {
  const std::string terminated(name);
  const int number = pcre2_substring_number_from_name(
      code_->code, reinterpret_cast<PCRE2_SPTR>(terminated.c_str()));
  return number > 0 ? number : -1;
}

struct Regex::Matcher::Data {
  pcre2_match_data* match;
  explicit Data(const pcre2_code* code)
      : match(pcre2_match_data_create_from_pattern(code, nullptr)) {}
  ~Data() { pcre2_match_data_free(match); }
  const size_t* offsets() const { return pcre2_get_ovector_pointer(match); }
};

Regex::Matcher::Matcher(const Regex& regex)
    : regex_(&regex), data_(std::make_unique<Data>(regex.code_->code)) {}
Regex::Matcher::~Matcher() = default;

arrow::Result<bool> Regex::Matcher::Find(std::string_view text, size_t from) {
  text_ = text;
  if (from > text.size()) return false;
  const char* begin = text.data() == nullptr ? "" : text.data();
  const int matched = pcre2_match(regex_->code_->code, reinterpret_cast<PCRE2_SPTR>(begin),
                                  text.size(), from, 0, data_->match, regex_->code_->context);
  if (matched >= 0) return true;
  if (matched == PCRE2_ERROR_NOMATCH) return false;
  const std::string why =
      matched == PCRE2_ERROR_MATCHLIMIT || matched == PCRE2_ERROR_JIT_STACKLIMIT
          ? "it backtracks without end on a text of " + std::to_string(text.size()) + " bytes"
          : MessageOf(matched);
  return InvalidPattern(regex_->code_->function, "the search was given up: " + why);
}

std::optional<std::string_view> Regex::Matcher::Group(int32_t group) const {
  const size_t* offsets = data_->offsets();
  const size_t begin = offsets[2 * group];
  const size_t end = offsets[2 * group + 1];
  if (begin == PCRE2_UNSET || begin > end) return std::nullopt;
  return text_.substr(begin, end - begin);
}

size_t Regex::Matcher::begin() const { return data_->offsets()[0]; }
size_t Regex::Matcher::end() const { return data_->offsets()[1]; }

size_t Regex::Matcher::next() const {
  if (end() > begin()) return end();
  return end() < text_.size() ? end() + CodePointSize(text_, end()) : text_.size() + 1;
}

arrow::Result<Regex::Replacement> Regex::Replacement::Parse(const Regex& regex,
                                                            std::string_view text,
                                                            std::string_view function) {
  Replacement replacement;
  std::string plain;
  const auto group = [&](int32_t number) {
    if (!plain.empty()) replacement.parts_.push_back({std::move(plain), -1});
    plain.clear();
    replacement.parts_.push_back({"", number});
  };
  const auto refuse = [&](std::string message) {
    return MakeError("INVALID_PARAMETER_VALUE",
                     {{"parameter", "`rep`"},
                      {"functionName", "`" + std::string(function) + "`"},
                      {"message", std::move(message)}});
  };
  const auto is_digit = [&](size_t at) {
    return at < text.size() && text[at] >= '0' && text[at] <= '9';
  };
  for (size_t at = 0; at < text.size();) {
    if (text[at] == '\\') {
      if (++at == text.size()) return refuse("'" + std::string(text) + "' ends in a backslash");
      plain.push_back(text[at++]);
    } else if (text[at] != '$') {
      plain.push_back(text[at++]);
    } else if (at + 1 < text.size() && text[at + 1] == '{') {
      const size_t close = text.find('}', at);
      const std::string_view name =
          close == std::string_view::npos ? "" : text.substr(at + 2, close - at - 2);
      const int32_t number = name.empty() ? -1 : regex.GroupNumber(name);
      if (number < 0) return refuse("there is no group ${" + std::string(name) + "}");
      group(number);
      at = close + 1;
    } else if (is_digit(at + 1)) {
      // As many digits as name a group: $10 is group 1 and a 0 if there are fewer than ten.
      int32_t number = text[++at] - '0';
      if (number > regex.num_groups()) {
        return refuse("there is no group " + std::to_string(number) + ", but " +
                      std::to_string(regex.num_groups()));
      }
      for (++at; is_digit(at) && number * 10 + (text[at] - '0') <= regex.num_groups(); ++at) {
        number = number * 10 + (text[at] - '0');
      }
      group(number);
    } else {
      return refuse("after $ stands the number or {name} of a group; write \\$ for a dollar");
    }
  }
  if (!plain.empty()) replacement.parts_.push_back({std::move(plain), -1});
  return replacement;
}

void Regex::Replacement::AppendTo(const Matcher& match, std::string* result) const {
  for (const Part& part : parts_) {
    if (part.group < 0) {
      result->append(part.text);
    } else {
      result->append(match.Group(part.group).value_or(""));
    }
  }
}

}  // namespace sabot
