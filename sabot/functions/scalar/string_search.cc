#include <algorithm>
#include <optional>

#include "sabot/base/error.h"
#include "sabot/functions/families.h"
#include "sabot/functions/scalar/row_loop.h"
#include "sabot/text/like.h"
#include "sabot/text/regex.h"
#include "sabot/text/utf8.h"

/// Finding text in text: plain, by LIKE and by regular expression. A pattern that is a literal is
/// compiled once a plan; one that comes from rows, once as long as it stays the same.
namespace sabot {
namespace {

const Type kString(TypeId::kString);
const Type kBinary(TypeId::kBinary);
const Type kInt(TypeId::kInt);
const Type kBoolean(TypeId::kBoolean);

using Types = std::span<const Type>;
using Settings = const EvaluationSettings&;
using Constants = std::span<const TypedValue* const>;

// ---- plain text

using Test = bool (*)(std::string_view, std::string_view);
bool StartsWith(std::string_view text, std::string_view part) { return text.starts_with(part); }
bool EndsWith(std::string_view text, std::string_view part) { return text.ends_with(part); }
bool Contains(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

template <Test kTest>
arrow::Status TestPart(const KernelInput& input, Vector* result) {
  MapRows<uint8_t, StringView, StringView>(input, result,
                                           [](const StringView& text, const StringView& part) {
                                             return kTest(text.view(), part.view());
                                           });
  return arrow::Status::OK();
}

template <Test kTest>
arrow::Result<ResolvedFunction> ResolveTest(std::string_view name, Types types) {
  return ChooseOverload(name, types,
                        std::array{Overload({kString, kString}, kBoolean, TestPart<kTest>),
                                   Overload({kBinary, kBinary}, kBoolean, TestPart<kTest>)});
}

// The position, from 1, of the first occurrence at `position` or later; 0: none.
int32_t Locate(std::string_view part, std::string_view text, int32_t position) {
  if (position < 1) return 0;
  if (part.empty()) return 1;
  const size_t found = text.find(part, CodePointOffset(text, position - 1));
  if (found == std::string_view::npos) return 0;
  return static_cast<int32_t>(CountCodePoints(text.substr(0, found))) + 1;
}

arrow::Status LocateFirst(const KernelInput& input, Vector* result) {
  MapRows<int32_t, StringView, StringView>(input, result,
                                           [](const StringView& part, const StringView& text) {
                                             return Locate(part.view(), text.view(), 1);
                                           });
  return arrow::Status::OK();
}

arrow::Status LocateFrom(const KernelInput& input, Vector* result) {
  MapRows<int32_t, StringView, StringView, int32_t>(
      input, result, [](const StringView& part, const StringView& text, int32_t position) {
        return Locate(part.view(), text.view(), position);
      });
  return arrow::Status::OK();
}

arrow::Status Instr(const KernelInput& input, Vector* result) {
  MapRows<int32_t, StringView, StringView>(input, result,
                                           [](const StringView& text, const StringView& part) {
                                             return Locate(part.view(), text.view(), 1);
                                           });
  return arrow::Status::OK();
}

// ---- LIKE

struct LikeState final : KernelState {
  std::optional<LikePattern> pattern;
};

constexpr std::string_view kDefaultEscape = "\\";

arrow::Result<LikePattern> CompileLike(std::string_view pattern, std::string_view escape,
                                       bool ignores_case) {
  if (CountCodePoints(escape) != 1) {
    return MakeError("INVALID_PARAMETER_VALUE", {{"parameter", "`escape`"},
                                                 {"functionName", "`like`"},
                                                 {"message", "it is one character"}});
  }
  if (!ignores_case) return LikePattern::Compile(pattern, escape);
  std::string lower;
  ToLower(pattern, &lower);
  return LikePattern::Compile(lower, escape);
}

template <bool kIgnoresCase>
arrow::Result<std::shared_ptr<const KernelState>> BindLike(Constants constants, Types, Settings) {
  auto state = std::make_shared<LikeState>();
  const bool has_escape = constants.size() > 2;
  if (constants[1] == nullptr || constants[1]->is_null()) return state;
  if (has_escape && (constants[2] == nullptr || constants[2]->is_null())) return state;
  ARROW_ASSIGN_OR_RAISE(
      state->pattern,
      CompileLike(std::get<std::string>(constants[1]->value),
                  has_escape ? std::get<std::string>(constants[2]->value) : kDefaultEscape,
                  kIgnoresCase));
  return state;
}

// The cheap shapes get a loop of their own.
template <typename Matches>
void MatchEach(const KernelInput& input, Vector* result, Matches matches) {
  *result = Vector::Flat(input.result_type, input.num_rows, input.pool);
  auto* out = result->mutable_data<uint8_t>();
  const Operand<StringView> texts(input.arguments[0]);
  ForEachRow(input.rows, [&](int32_t row) { out[row] = matches(texts[row].view()); });
}

template <bool kIgnoresCase>
arrow::Status MatchLike(const KernelInput& input, Vector* result) {
  const auto& bound = static_cast<const LikeState*>(input.state)->pattern;
  if (bound.has_value()) {
    const std::string_view part =
        bound->shape() <= LikePattern::Shape::kContains ? bound->text() : std::string_view();
    if constexpr (kIgnoresCase) {
      std::string lower;
      MatchEach(input, result, [&](std::string_view text) {
        ToLower(text, &lower);
        return bound->Matches(lower);
      });
      return arrow::Status::OK();
    }
    switch (bound->shape()) {
      case LikePattern::Shape::kContains:
        MatchEach(input, result, [&](std::string_view text) { return Contains(text, part); });
        break;
      case LikePattern::Shape::kPrefix:
        MatchEach(input, result, [&](std::string_view text) { return text.starts_with(part); });
        break;
      case LikePattern::Shape::kSuffix:
        MatchEach(input, result, [&](std::string_view text) { return text.ends_with(part); });
        break;
      default:
        MatchEach(input, result, [&](std::string_view text) { return bound->Matches(text); });
    }
    return arrow::Status::OK();
  }
  std::string compiled_from;
  std::optional<LikePattern> compiled;
  std::string lower;
  const bool has_escape = input.arguments.size() > 2;
  const Operand<StringView> texts(input.arguments[0]);
  const Operand<StringView> patterns(input.arguments[1]);
  const Operand<StringView> escapes(input.arguments[has_escape ? 2 : 1]);
  *result = Vector::Flat(input.result_type, input.num_rows, input.pool);
  auto* out = result->mutable_data<uint8_t>();
  for (int32_t i = 0; i < input.rows.count; ++i) {
    const int32_t row = input.rows[i];
    std::string key(patterns[row].view());
    if (has_escape) key.append(1, '\0').append(escapes[row].view());
    if (!compiled.has_value() || key != compiled_from) {
      ARROW_ASSIGN_OR_RAISE(
          compiled, CompileLike(patterns[row].view(),
                                has_escape ? escapes[row].view() : kDefaultEscape, kIgnoresCase));
      compiled_from = std::move(key);
    }
    std::string_view text = texts[row].view();
    if (kIgnoresCase) {
      ToLower(text, &lower);
      text = lower;
    }
    out[row] = compiled->Matches(text);
  }
  return arrow::Status::OK();
}

template <bool kIgnoresCase>
arrow::Result<ResolvedFunction> ResolveLike(Types types, Constants constants, Settings) {
  const auto overload = [](std::vector<Type> arguments) {
    return Overload(std::move(arguments), kBoolean, MatchLike<kIgnoresCase>,
                    BindLike<kIgnoresCase>);
  };
  ARROW_ASSIGN_OR_RAISE(ResolvedFunction resolved,
                        ChooseOverload(kIgnoresCase ? "ilike" : "like", types,
                                       std::array{overload({kString, kString}),
                                                  overload({kString, kString, kString})}));
  // A literal's errors come when it is bound; a pattern or escape from rows fails with its row.
  resolved.can_throw = std::ranges::count(constants.subspan(1), nullptr) > 0;
  return resolved;
}

}  // namespace

std::span<const ScalarFunction> StringSearchFunctions() {
  static const ScalarFunction kFunctions[] = {
      {.name = "startswith",
       .doc = {.signature = "startswith(value STRING | BINARY, part same) -> BOOLEAN",
               .summary = "Does the value begin with the part?",
               .example = {"startswith('Spark SQL', 'Spark')", "true"}},
       .resolve = [](Types types,
                     Settings) { return ResolveTest<StartsWith>("startswith", types); },
       .aliases = {"starts_with"}},
      {.name = "endswith",
       .doc = {.signature = "endswith(value STRING | BINARY, part same) -> BOOLEAN",
               .summary = "Does the value end with the part?",
               .example = {"endswith('Spark SQL', 'SQL')", "true"}},
       .resolve = [](Types types, Settings) { return ResolveTest<EndsWith>("endswith", types); },
       .aliases = {"ends_with"}},
      {.name = "contains",
       .doc = {.signature = "contains(value STRING | BINARY, part same) -> BOOLEAN",
               .summary = "Does the part occur in the value?",
               .example = {"contains('Spark SQL', 'park')", "true"}},
       .resolve = [](Types types, Settings) { return ResolveTest<Contains>("contains", types); }},
      {.name = "locate",
       .doc = {.signature = "locate(part STRING, text STRING[, position INT]) -> INT",
               .summary = "Where the part first occurs, at the position or later; 0: nowhere.",
               .example = {"locate('bar', 'foobarbar', 5)", "7"}},
       .resolve =
           [](Types types, Settings) {
             return ChooseOverload(
                 "locate", types,
                 std::array{Overload({kString, kString}, kInt, LocateFirst),
                            Overload({kString, kString, kInt}, kInt, LocateFrom)});
           },
       .aliases = {"position", "charindex"}},
      {.name = "instr",
       .doc = {.signature = "instr(text STRING, part STRING) -> INT",
               .summary = "Where the part first occurs in the text; 0: nowhere.",
               .example = {"instr('SparkSQL', 'SQL')", "6"}},
       .resolve =
           [](Types types, Settings) {
             return ChooseOverload("instr", types,
                                   std::array{Overload({kString, kString}, kInt, Instr)});
           }},
      {.name = "like",
       .doc = {.signature = "text LIKE pattern [ESCAPE character] -> BOOLEAN",
               .summary = "Does the text have the pattern's form? % is any text, _ a character.",
               .example = {"'Spark' LIKE '_park'", "true"}},
       .resolve = WithoutLiterals<ResolveLike<false>>,
       .resolve_with = ResolveLike<false>},
      {.name = "ilike",
       .doc = {.signature = "text ILIKE pattern [ESCAPE character] -> BOOLEAN",
               .summary = "As LIKE, without regard to case.",
               .example = {"'Spark' ILIKE '_PARK'", "true"}},
       .resolve = WithoutLiterals<ResolveLike<true>>,
       .resolve_with = ResolveLike<true>},
  };
  return kFunctions;
}

}  // namespace sabot
