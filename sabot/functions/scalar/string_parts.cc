#include <numeric>
#include <optional>

#include "sabot/base/error.h"
#include "sabot/functions/families.h"
#include "sabot/functions/scalar/row_loop.h"
#include "sabot/text/utf8.h"

/// Text joined and taken apart: concat, concat_ws, split_part, and the distance between texts.
namespace sabot {
namespace {

const Type kString(TypeId::kString);
const Type kBinary(TypeId::kBinary);
const Type kInt(TypeId::kInt);

using Types = std::span<const Type>;
using Settings = const EvaluationSettings&;

// A text of `size` bytes, to be filled before the next one begins.
class RoomFor {
 public:
  RoomFor(size_t size, StringWriter& writer)
      : size_(size),
        begin_(size <= StringView::kInlineSize ? short_
                                               : writer.Reserve(static_cast<uint32_t>(size))),
        end_(begin_) {}
  void Append(std::string_view text) {
    if (!text.empty()) std::memcpy(end_, text.data(), text.size());
    end_ += text.size();
  }
  StringView Finish() const {
    SABOT_DCHECK(end_ == begin_ + size_);
    return StringView(std::string_view(begin_, size_));
  }

 private:
  size_t size_;
  char short_[StringView::kInlineSize];
  char* begin_;
  char* end_;
};

arrow::Status CheckSize(size_t size, std::string_view function) {
  if (size < (size_t{1} << 31) - 16) return arrow::Status::OK();
  return MakeError("INVALID_PARAMETER_VALUE",
                   {{"parameter", "the length"},
                    {"functionName", "`" + std::string(function) + "`"},
                    {"message", "the result would have " + std::to_string(size) +
                                    " bytes, but a text has at most 2 GiB"}});
}

arrow::Status Concat(const KernelInput& input, Vector* result) {
  std::vector<Operand<StringView>> parts;
  for (const Vector& argument : input.arguments) parts.emplace_back(argument);
  *result = Vector::Flat(input.result_type, input.num_rows, input.pool);
  auto* out = result->mutable_data<StringView>();
  StringWriter writer(input.pool);
  for (int32_t i = 0; i < input.rows.count; ++i) {
    const int32_t row = input.rows[i];
    size_t size = 0;
    for (const auto& part : parts) size += part[row].length;
    ARROW_RETURN_NOT_OK(CheckSize(size, "concat"));
    RoomFor room(size, writer);
    for (const auto& part : parts) room.Append(part[row].view());
    out[row] = room.Finish();
  }
  writer.AttachTo(result);
  return arrow::Status::OK();
}

arrow::Result<ResolvedFunction> ResolveConcat(Types types, Settings) {
  const auto is_binary = [](const Type& type) { return type.id() == TypeId::kBinary; };
  for (const Type& type : types) {
    if (type.id() == TypeId::kArray) {
      return UnsupportedError("concat of arrays", "array(...) of all their elements");
    }
    if (!is_binary(type) && !CanCastImplicitly(type, kString)) {
      return ArgumentMismatch("concat", types, "all arguments are STRING, or all are BINARY");
    }
  }
  const bool all_binary = !types.empty() && std::ranges::all_of(types, is_binary);
  if (!all_binary && std::ranges::any_of(types, is_binary)) {
    return ArgumentMismatch("concat", types, "all arguments are STRING, or all are BINARY");
  }
  const Type& type = all_binary ? kBinary : kString;
  return Overload(std::vector<Type>(types.size(), type), type, Concat);
}

// concat_ws(separator, ...): NULLs are passed over, arrays give their elements. Only a separator
// that is NULL makes NULL.
arrow::Status ConcatWs(const KernelInput& input, Vector* result) {
  *result = Vector::Flat(input.result_type, input.num_rows, input.pool);
  auto* out = result->mutable_data<StringView>();
  StringWriter writer(input.pool);
  const Operand<StringView> separators(input.arguments[0]);
  const ValidityOf has_separator(input.arguments[0]);
  std::vector<std::string_view> parts;
  for (int32_t i = 0; i < input.rows.count; ++i) {
    const int32_t row = input.rows[i];
    out[row] = StringView();
    if (!has_separator[row]) {
      ClearBit(result->MutableValidity(input.pool), row);
      continue;
    }
    parts.clear();
    for (const Vector& argument : input.arguments.subspan(1)) {
      if (argument.IsNull(row)) continue;
      const int32_t at = argument.ValueIndex(row);
      if (argument.kind() == Kind::kView16) {
        parts.push_back(argument.data<StringView>()[at].view());
        continue;
      }
      const ListView list = argument.data<ListView>()[at];
      const Vector& elements = *argument.children()[0];
      for (uint32_t e = list.offset; e < list.offset + list.length; ++e) {
        const auto element = static_cast<int32_t>(e);
        if (elements.IsNull(element)) continue;
        const Vector& values = elements.is_dictionary() ? *elements.dictionary() : elements;
        parts.push_back(values.data<StringView>()[elements.ValueIndex(element)].view());
      }
    }
    const std::string_view separator = separators[row].view();
    const size_t size = std::accumulate(
        parts.begin(), parts.end(), parts.empty() ? 0 : separator.size() * (parts.size() - 1),
        [](size_t sum, std::string_view part) { return sum + part.size(); });
    ARROW_RETURN_NOT_OK(CheckSize(size, "concat_ws"));
    RoomFor room(size, writer);
    for (size_t part = 0; part < parts.size(); ++part) {
      if (part > 0) room.Append(separator);
      room.Append(parts[part]);
    }
    out[row] = room.Finish();
  }
  writer.AttachTo(result);
  return arrow::Status::OK();
}

arrow::Result<ResolvedFunction> ResolveConcatWs(Types types, Settings) {
  if (types.empty()) return WrongNumArgs("concat_ws", "at least 1", 0);
  ResolvedFunction overload = Overload({}, kString, ConcatWs);
  overload.null_rule = NullRule::kOwn;
  const Type list = Type::Array(kString);
  for (const Type& type : types) {
    const bool is_list = !overload.arguments.empty() && type.id() == TypeId::kArray;
    if (!CanCastImplicitly(type, is_list ? list : kString)) {
      return ArgumentMismatch("concat_ws", types,
                              "a STRING is expected, then STRING or ARRAY<STRING>");
    }
    overload.arguments.push_back(is_list ? list : kString);
  }
  overload.always_nullable = true;
  return overload;
}

// Part `index`, from 1 or, if negative, from the end; '' if there is no such part.
std::string_view PartOf(std::string_view text, std::string_view delimiter, int32_t index) {
  if (delimiter.empty()) return index == 1 || index == -1 ? text : std::string_view();
  int64_t wanted = index - 1;
  if (index < 0) {
    int64_t num_parts = 1;
    for (size_t at = text.find(delimiter); at != std::string_view::npos;
         at = text.find(delimiter, at + delimiter.size())) {
      ++num_parts;
    }
    wanted = num_parts + index;
    if (wanted < 0) return {};
  }
  size_t begin = 0;
  for (; wanted > 0; --wanted) {
    const size_t found = text.find(delimiter, begin);
    if (found == std::string_view::npos) return {};
    begin = found + delimiter.size();
  }
  return text.substr(begin, text.find(delimiter, begin) - begin);
}

arrow::Status SplitPart(const KernelInput& input, Vector* result) {
  return TryMapTexts<StringView, StringView, int32_t>(
      input, result,
      [](StringWriter&, const StringView& text, const StringView& delimiter, int32_t index,
         StringView* out) -> arrow::Status {
        if (index == 0) return MakeError("INVALID_INDEX_OF_ZERO");
        *out = StringView(PartOf(text.view(), delimiter.view(), index));
        return arrow::Status::OK();
      });
}

// Insertions, deletions and replacements of one code point that lead from one text to the other.
// Source: Wagner, Fischer, "The String-to-String Correction Problem", J. ACM 21(1), 1974.
arrow::Status Levenshtein(const KernelInput& input, Vector* result) {
  std::vector<char32_t> left;
  std::vector<int32_t> distances;
  const auto points = [](std::string_view text, std::vector<char32_t>* out) {
    out->clear();
    for (size_t at = 0; at < text.size(); at += CodePointSize(text, at)) {
      out->push_back(CodePointAt(text, at));
    }
  };
  std::vector<char32_t> right;
  MapRows<int32_t, StringView, StringView>(
      input, result, [&](const StringView& first, const StringView& second) {
        points(first.view(), &left);
        points(second.view(), &right);
        distances.resize(left.size() + 1);
        std::iota(distances.begin(), distances.end(), 0);
        for (size_t r = 0; r < right.size(); ++r) {
          int32_t diagonal = distances[0];
          distances[0] = static_cast<int32_t>(r) + 1;
          for (size_t l = 0; l < left.size(); ++l) {
            const int32_t replaced = diagonal + (left[l] == right[r] ? 0 : 1);
            diagonal = distances[l + 1];
            distances[l + 1] = std::min({replaced, diagonal + 1, distances[l] + 1});
          }
        }
        return distances.back();
      });
  return arrow::Status::OK();
}

}  // namespace

std::span<const ScalarFunction> StringPartsFunctions() {
  static const ScalarFunction kFunctions[] = {
      {.name = "concat",
       .doc = {.signature = "concat(value STRING | BINARY, ...) -> same",
               .summary = "All values one after the other; NULL if one is.",
               .example = {"concat('Spark', 'SQL')", "SparkSQL"}},
       .resolve = ResolveConcat,
       .aliases = {"||"}},
      {.name = "concat_ws",
       .doc = {.signature = "concat_ws(separator STRING, value STRING | ARRAY<STRING>, ...) -> "
                            "STRING",
               .summary = "All values that are not NULL, with a separator between them.",
               .example = {"concat_ws(' ', 'Spark', NULL, 'SQL')", "Spark SQL"}},
       .resolve = ResolveConcatWs},
      {.name = "split_part",
       .doc = {.signature = "split_part(text STRING, delimiter STRING, index INT) -> STRING",
               .summary = "A part between delimiters, from 1 or, if negative, from the end.",
               .example = {"split_part('11.12.13', '.', 3)", "13"}},
       .resolve =
           [](Types types, Settings) {
             return ChooseOverload(
                 "split_part", types,
                 std::array{Throwing(Overload({kString, kString, kInt}, kString, SplitPart))});
           }},
      {.name = "levenshtein",
       .doc = {.signature = "levenshtein(left STRING, right STRING) -> INT",
               .summary = "The edit distance between two texts.",
               .example = {"levenshtein('kitten', 'sitting')", "3"}},
       .resolve =
           [](Types types, Settings) {
             return ChooseOverload("levenshtein", types,
                                   std::array{Overload({kString, kString}, kInt, Levenshtein)});
           }},
  };
  return kFunctions;
}

}  // namespace sabot
