#include "sabot/base/error.h"
#include "sabot/functions/families.h"
#include "sabot/functions/scalar/row_loop.h"
#include "sabot/text/utf8.h"

/// Text cut, put together and changed. Positions and lengths count code points of a STRING and
/// bytes of a BINARY. What is only cut points into the argument; nothing is copied.
namespace sabot {
namespace {

const Type kString(TypeId::kString);
const Type kBinary(TypeId::kBinary);
const Type kInt(TypeId::kInt);

// As Java's: Spark has no longer text.
constexpr int64_t kSizeMax = (int64_t{1} << 31) - 16;

arrow::Status TooLong(std::string_view function, int64_t size) {
  return MakeError("INVALID_PARAMETER_VALUE",
                   {{"parameter", "the length"},
                    {"functionName", "`" + std::string(function) + "`"},
                    {"message", "the result would have " + std::to_string(size) +
                                    " bytes, but a text has at most 2 GiB"}});
}

template <void (*kMap)(std::string_view, std::string*)>
arrow::Status MapCase(const KernelInput& input, Vector* result) {
  std::string mapped;
  MapTexts<StringView>(input, result, [&](StringWriter& writer, const StringView& text) {
    kMap(text.view(), &mapped);
    return writer.Write(mapped);
  });
  return arrow::Status::OK();
}

template <int kFactor>
arrow::Status NumBytes(const KernelInput& input, Vector* result) {
  MapRows<int32_t, StringView>(input, result, [](const StringView& text) {
    return static_cast<int32_t>(text.length * kFactor);
  });
  return arrow::Status::OK();
}

arrow::Status NumPoints(const KernelInput& input, Vector* result) {
  MapRows<int32_t, StringView>(input, result, [](const StringView& text) {
    return static_cast<int32_t>(CountCodePoints(text.view()));
  });
  return arrow::Status::OK();
}

// Of bytes, as of text that is ASCII.
std::string_view SubstringOfBytes(std::string_view bytes, int64_t position, int64_t size) {
  if (size <= 0) return {};
  const auto total = static_cast<int64_t>(bytes.size());
  const int64_t begin = position > 0 ? position - 1 : position < 0 ? total + position : 0;
  const int64_t end = std::min(begin + std::min<int64_t>(size, kSizeMax), total);
  const int64_t first = std::max<int64_t>(begin, 0);
  if (first >= end) return {};
  return bytes.substr(static_cast<size_t>(first), static_cast<size_t>(end - first));
}

using Cut = std::string_view (*)(std::string_view, int64_t, int64_t);

template <Cut kCut>
arrow::Status SubstringFrom(const KernelInput& input, Vector* result) {
  MapTexts<StringView, int32_t>(input, result,
                                [](StringWriter&, const StringView& text, int32_t position) {
                                  return StringView(kCut(text.view(), position, INT32_MAX));
                                });
  return arrow::Status::OK();
}

template <Cut kCut>
arrow::Status SubstringOf(const KernelInput& input, Vector* result) {
  MapTexts<StringView, int32_t, int32_t>(
      input, result, [](StringWriter&, const StringView& text, int32_t position, int32_t size) {
        return StringView(kCut(text.view(), position, size));
      });
  return arrow::Status::OK();
}

template <Cut kCut>
arrow::Status Left(const KernelInput& input, Vector* result) {
  MapTexts<StringView, int32_t>(input, result,
                                [](StringWriter&, const StringView& text, int32_t size) {
                                  return StringView(kCut(text.view(), 1, size));
                                });
  return arrow::Status::OK();
}

template <Cut kCut>
arrow::Status Right(const KernelInput& input, Vector* result) {
  MapTexts<StringView, int32_t>(
      input, result, [](StringWriter&, const StringView& text, int32_t size) {
        return size <= 0 ? StringView() : StringView(kCut(text.view(), -int64_t{size}, size));
      });
  return arrow::Status::OK();
}

enum class Side : uint8_t { kLeft = 1, kRight = 2, kBoth = 3 };

bool Holds(std::string_view set, std::string_view point) {
  for (size_t at = 0; at < set.size(); at += CodePointSize(set, at)) {
    if (set.substr(at, CodePointSize(set, at)) == point) return true;
  }
  return false;
}

// Without the code points of `set` at its ends.
std::string_view Trimmed(std::string_view text, std::string_view set, Side side) {
  if ((static_cast<int>(side) & 1) != 0) {
    while (!text.empty() && Holds(set, text.substr(0, CodePointSize(text, 0)))) {
      text.remove_prefix(CodePointSize(text, 0));
    }
  }
  if ((static_cast<int>(side) & 2) != 0) {
    while (!text.empty()) {
      size_t begin = text.size() - 1;
      while (begin > 0 && (static_cast<uint8_t>(text[begin]) & 0xC0) == 0x80) --begin;
      if (begin + CodePointSize(text, begin) != text.size()) begin = text.size() - 1;
      if (!Holds(set, text.substr(begin))) break;
      text.remove_suffix(text.size() - begin);
    }
  }
  return text;
}

template <Side kSide>
arrow::Status Trim(const KernelInput& input, Vector* result) {
  MapTexts<StringView>(input, result, [](StringWriter&, const StringView& text) {
    return StringView(Trimmed(text.view(), " ", kSide));
  });
  return arrow::Status::OK();
}

// trim(characters, text), but btrim(text, characters).
template <Side kSide, bool kTextFirst>
arrow::Status TrimOf(const KernelInput& input, Vector* result) {
  MapTexts<StringView, StringView>(
      input, result, [](StringWriter&, const StringView& first, const StringView& second) {
        const StringView& text = kTextFirst ? first : second;
        const StringView& set = kTextFirst ? second : first;
        return StringView(Trimmed(text.view(), set.view(), kSide));
      });
  return arrow::Status::OK();
}

// To `size` code points, cut at the right or filled with `fill` again and again.
template <bool kIsLeft>
arrow::Status PadTo(StringWriter& writer, std::string_view text, int64_t size,
                    std::string_view fill, StringView* out) {
  if (size <= 0) return arrow::Status::OK();
  const int64_t missing = size - CountCodePoints(text);
  if (missing <= 0 || fill.empty()) {
    *out = writer.Write(Substring(text, 1, size));
    return arrow::Status::OK();
  }
  const int64_t fill_points = CountCodePoints(fill);
  const std::string_view rest = Substring(fill, 1, missing % fill_points);
  const int64_t repeats = missing / fill_points;
  const int64_t num_bytes =
      static_cast<int64_t>(text.size() + rest.size()) + repeats * static_cast<int64_t>(fill.size());
  if (num_bytes > kSizeMax) return TooLong(kIsLeft ? "lpad" : "rpad", num_bytes);
  std::string padded;
  padded.reserve(static_cast<size_t>(num_bytes));
  if (!kIsLeft) padded.append(text);
  for (int64_t i = 0; i < repeats; ++i) padded.append(fill);
  padded.append(rest);
  if (kIsLeft) padded.append(text);
  *out = writer.Write(padded);
  return arrow::Status::OK();
}

template <bool kIsLeft>
arrow::Status Pad(const KernelInput& input, Vector* result) {
  return TryMapTexts<StringView, int32_t>(
      input, result,
      [](StringWriter& writer, const StringView& text, int32_t size, StringView* out) {
        return PadTo<kIsLeft>(writer, text.view(), size, " ", out);
      });
}

template <bool kIsLeft>
arrow::Status PadWith(const KernelInput& input, Vector* result) {
  return TryMapTexts<StringView, int32_t, StringView>(
      input, result,
      [](StringWriter& writer, const StringView& text, int32_t size, const StringView& fill,
         StringView* out) { return PadTo<kIsLeft>(writer, text.view(), size, fill.view(), out); });
}

arrow::Status RepeatText(StringWriter& writer, std::string_view text, int64_t count,
                         std::string_view function, StringView* out) {
  if (count <= 0 || text.empty()) return arrow::Status::OK();
  const int64_t size = static_cast<int64_t>(text.size()) * count;
  if (size > kSizeMax) return TooLong(function, size);
  std::string repeated;
  repeated.reserve(static_cast<size_t>(size));
  for (int64_t i = 0; i < count; ++i) repeated.append(text);
  *out = writer.Write(repeated);
  return arrow::Status::OK();
}

arrow::Status Repeat(const KernelInput& input, Vector* result) {
  return TryMapTexts<StringView, int32_t>(
      input, result,
      [](StringWriter& writer, const StringView& text, int32_t count, StringView* out) {
        return RepeatText(writer, text.view(), count, "repeat", out);
      });
}

arrow::Status Space(const KernelInput& input, Vector* result) {
  return TryMapTexts<int32_t>(input, result,
                              [](StringWriter& writer, int32_t count, StringView* out) {
                                return RepeatText(writer, " ", count, "space", out);
                              });
}

arrow::Status Reverse(const KernelInput& input, Vector* result) {
  std::string reversed;
  MapTexts<StringView>(input, result, [&](StringWriter& writer, const StringView& value) {
    const std::string_view text = value.view();
    reversed.resize(text.size());
    for (size_t at = 0; at < text.size();) {
      const size_t size = CodePointSize(text, at);
      text.copy(reversed.data() + (text.size() - at - size), size, at);
      at += size;
    }
    return writer.Write(reversed);
  });
  return arrow::Status::OK();
}

StringView ReplaceText(StringWriter& writer, const StringView& text, std::string_view search,
                       std::string_view with, std::string* scratch) {
  const std::string_view from = text.view();
  size_t found = search.empty() ? std::string_view::npos : from.find(search);
  if (found == std::string_view::npos) return text;
  scratch->clear();
  size_t copied = 0;
  for (; found != std::string_view::npos; found = from.find(search, copied)) {
    scratch->append(from, copied, found - copied).append(with);
    copied = found + search.size();
  }
  scratch->append(from, copied);
  return writer.Write(*scratch);
}

arrow::Status Remove(const KernelInput& input, Vector* result) {
  std::string scratch;
  MapTexts<StringView, StringView>(
      input, result, [&](StringWriter& writer, const StringView& text, const StringView& search) {
        return ReplaceText(writer, text, search.view(), "", &scratch);
      });
  return arrow::Status::OK();
}

arrow::Status Replace(const KernelInput& input, Vector* result) {
  std::string scratch;
  MapTexts<StringView, StringView, StringView>(
      input, result,
      [&](StringWriter& writer, const StringView& text, const StringView& search,
          const StringView& with) {
        return ReplaceText(writer, text, search.view(), with.view(), &scratch);
      });
  return arrow::Status::OK();
}

// Each code point of `from` by the one at its place in `to`, or by nothing past the end of `to`;
// the first of equal ones counts.
arrow::Status Translate(const KernelInput& input, Vector* result) {
  std::string scratch;
  MapTexts<StringView, StringView, StringView>(
      input, result,
      [&](StringWriter& writer, const StringView& value, const StringView& from_value,
          const StringView& to_value) {
        const std::string_view text = value.view();
        const std::string_view from = from_value.view();
        const std::string_view to = to_value.view();
        scratch.clear();
        for (size_t at = 0; at < text.size();) {
          const std::string_view point = text.substr(at, CodePointSize(text, at));
          at += point.size();
          size_t target = 0;
          bool is_found = false;
          for (size_t i = 0; i < from.size() && !is_found;) {
            const size_t size = CodePointSize(from, i);
            is_found = from.substr(i, size) == point;
            if (!is_found && target < to.size()) target += CodePointSize(to, target);
            i += size;
          }
          if (!is_found) {
            scratch.append(point);
          } else if (target < to.size()) {
            scratch.append(to.substr(target, CodePointSize(to, target)));
          }
        }
        return writer.Write(scratch);
      });
  return arrow::Status::OK();
}

StringView OverlayText(StringWriter& writer, std::string_view text, std::string_view with,
                       int64_t position, int64_t size, std::string* scratch) {
  if (size < 0) size = CountCodePoints(with);
  *scratch = Substring(text, 1, position - 1);
  scratch->append(with);
  scratch->append(Substring(text, position + size, INT32_MAX));
  return writer.Write(*scratch);
}

arrow::Status Overlay(const KernelInput& input, Vector* result) {
  std::string scratch;
  MapTexts<StringView, StringView, int32_t>(
      input, result,
      [&](StringWriter& writer, const StringView& text, const StringView& with, int32_t position) {
        return OverlayText(writer, text.view(), with.view(), position, -1, &scratch);
      });
  return arrow::Status::OK();
}

arrow::Status OverlaySized(const KernelInput& input, Vector* result) {
  std::string scratch;
  MapTexts<StringView, StringView, int32_t, int32_t>(
      input, result,
      [&](StringWriter& writer, const StringView& text, const StringView& with, int32_t position,
          int32_t size) {
        return OverlayText(writer, text.view(), with.view(), position, size, &scratch);
      });
  return arrow::Status::OK();
}

using Types = std::span<const Type>;
using Settings = const EvaluationSettings&;

template <void (*kMap)(std::string_view, std::string*)>
arrow::Result<ResolvedFunction> ResolveCase(std::string_view name, Types types) {
  return ChooseOverload(name, types, std::array{Overload({kString}, kString, MapCase<kMap>)});
}

template <Kernel kOfText, Kernel kOfBytes>
arrow::Result<ResolvedFunction> ResolveSize(std::string_view name, Types types) {
  return ChooseOverload(
      name, types,
      std::array{Overload({kString}, kInt, kOfText), Overload({kBinary}, kInt, kOfBytes)});
}

template <Side kSide>
arrow::Result<ResolvedFunction> ResolveTrim(std::string_view name, Types types) {
  return ChooseOverload(name, types,
                        std::array{Overload({kString}, kString, Trim<kSide>),
                                   Overload({kString, kString}, kString, TrimOf<kSide, false>)});
}

template <bool kIsLeft>
arrow::Result<ResolvedFunction> ResolvePad(std::string_view name, Types types) {
  return ChooseOverload(
      name, types,
      std::array{Throwing(Overload({kString, kInt}, kString, Pad<kIsLeft>)),
                 Throwing(Overload({kString, kInt, kString}, kString, PadWith<kIsLeft>))});
}

}  // namespace

std::span<const ScalarFunction> StringFunctions() {
  static const ScalarFunction kFunctions[] = {
      {.name = "upper",
       .doc = {.signature = "upper(text STRING) -> STRING",
               .summary = "The text in upper case, by Unicode's rules.",
               .example = {"upper('SparkSql')", "SPARKSQL"}},
       .resolve = [](Types types, Settings) { return ResolveCase<ToUpper>("upper", types); },
       .aliases = {"ucase"}},
      {.name = "lower",
       .doc = {.signature = "lower(text STRING) -> STRING",
               .summary = "The text in lower case, by Unicode's rules.",
               .example = {"lower('SparkSql')", "sparksql"}},
       .resolve = [](Types types, Settings) { return ResolveCase<ToLower>("lower", types); },
       .aliases = {"lcase"}},
      {.name = "initcap",
       .doc = {.signature = "initcap(text STRING) -> STRING",
               .summary = "Lower case, but the first letter of each word, between spaces, upper.",
               .example = {"initcap('sPark sql')", "Spark Sql"}},
       .resolve = [](Types types,
                     Settings) { return ResolveCase<ToInitialCapitals>("initcap", types); }},
      {.name = "length",
       .doc = {.signature = "length(value STRING | BINARY) -> INT",
               .summary = "Characters of a text, bytes of a binary.",
               .example = {"length('Spark SQL ')", "10"}},
       .resolve = [](Types types,
                     Settings) { return ResolveSize<NumPoints, NumBytes<1>>("length", types); },
       .aliases = {"char_length", "character_length", "len"}},
      {.name = "octet_length",
       .doc = {.signature = "octet_length(value STRING | BINARY) -> INT",
               .summary = "Bytes of the value.",
               .example = {"octet_length('é')", "2"}},
       .resolve =
           [](Types types, Settings) {
             return ResolveSize<NumBytes<1>, NumBytes<1>>("octet_length", types);
           }},
      {.name = "bit_length",
       .doc = {.signature = "bit_length(value STRING | BINARY) -> INT",
               .summary = "Bits of the value.",
               .example = {"bit_length('Spark SQL')", "72"}},
       .resolve =
           [](Types types, Settings) {
             return ResolveSize<NumBytes<8>, NumBytes<8>>("bit_length", types);
           }},
      {.name = "substring",
       .doc = {.signature = "substring(value STRING | BINARY, position INT[, length INT]) -> same",
               .summary = "The part from a position, counted from 1 or, if negative, from the end.",
               .example = {"substring('Spark SQL', 5, 1)", "k"}},
       .resolve =
           [](Types types, Settings) {
             return ChooseOverload(
                 "substring", types,
                 std::array{
                     Overload({kString, kInt}, kString, SubstringFrom<Substring>),
                     Overload({kString, kInt, kInt}, kString, SubstringOf<Substring>),
                     Overload({kBinary, kInt}, kBinary, SubstringFrom<SubstringOfBytes>),
                     Overload({kBinary, kInt, kInt}, kBinary, SubstringOf<SubstringOfBytes>)});
           },
       .aliases = {"substr", "mid"}},
      {.name = "left",
       .doc = {.signature = "left(value STRING | BINARY, length INT) -> same",
               .summary = "The first characters.",
               .example = {"left('Spark SQL', 3)", "Spa"}},
       .resolve =
           [](Types types, Settings) {
             return ChooseOverload(
                 "left", types,
                 std::array{Overload({kString, kInt}, kString, Left<Substring>),
                            Overload({kBinary, kInt}, kBinary, Left<SubstringOfBytes>)});
           }},
      {.name = "right",
       .doc = {.signature = "right(value STRING | BINARY, length INT) -> same",
               .summary = "The last characters.",
               .example = {"right('Spark SQL', 3)", "SQL"}},
       .resolve =
           [](Types types, Settings) {
             return ChooseOverload(
                 "right", types,
                 std::array{Overload({kString, kInt}, kString, Right<Substring>),
                            Overload({kBinary, kInt}, kBinary, Right<SubstringOfBytes>)});
           }},
      {.name = "trim",
       .doc = {.signature = "trim([characters STRING,] text STRING) -> STRING",
               .summary = "The text without spaces, or the characters given, at both ends.",
               .example = {"trim('SL', 'SSparkSQLS')", "parkSQ"}},
       .resolve = [](Types types, Settings) { return ResolveTrim<Side::kBoth>("trim", types); }},
      {.name = "ltrim",
       .doc = {.signature = "ltrim([characters STRING,] text STRING) -> STRING",
               .summary = "The text without spaces, or the characters given, at its start.",
               .example = {"ltrim('S', 'SSparkSQLS')", "parkSQLS"}},
       .resolve = [](Types types, Settings) { return ResolveTrim<Side::kLeft>("ltrim", types); }},
      {.name = "rtrim",
       .doc = {.signature = "rtrim([characters STRING,] text STRING) -> STRING",
               .summary = "The text without spaces, or the characters given, at its end.",
               .example = {"rtrim('S', 'SSparkSQLS')", "SSparkSQL"}},
       .resolve = [](Types types, Settings) { return ResolveTrim<Side::kRight>("rtrim", types); }},
      {.name = "btrim",
       .doc = {.signature = "btrim(text STRING[, characters STRING]) -> STRING",
               .summary = "The text without spaces, or the characters given, at both ends.",
               .example = {"btrim('SSparkSQLS', 'SL')", "parkSQ"}},
       .resolve =
           [](Types types, Settings) {
             return ChooseOverload(
                 "btrim", types,
                 std::array{Overload({kString}, kString, Trim<Side::kBoth>),
                            Overload({kString, kString}, kString, TrimOf<Side::kBoth, true>)});
           }},
      {.name = "lpad",
       .doc = {.signature = "lpad(text STRING, length INT[, fill STRING]) -> STRING",
               .summary = "The text at exactly this length: filled at its start, or cut.",
               .example = {"lpad('hi', 5, '?!')", "?!?hi"}},
       .resolve = [](Types types, Settings) { return ResolvePad<true>("lpad", types); }},
      {.name = "rpad",
       .doc = {.signature = "rpad(text STRING, length INT[, fill STRING]) -> STRING",
               .summary = "The text at exactly this length: filled at its end, or cut.",
               .example = {"rpad('hi', 5, '?!')", "hi?!?"}},
       .resolve = [](Types types, Settings) { return ResolvePad<false>("rpad", types); }},
      {.name = "repeat",
       .doc = {.signature = "repeat(text STRING, times INT) -> STRING",
               .summary = "The text so many times over.",
               .example = {"repeat('123', 2)", "123123"}},
       .resolve =
           [](Types types, Settings) {
             return ChooseOverload(
                 "repeat", types, std::array{Throwing(Overload({kString, kInt}, kString, Repeat))});
           }},
      {.name = "space",
       .doc = {.signature = "space(count INT) -> STRING",
               .summary = "So many spaces.",
               .example = {"length(space(2))", "2"}},
       .resolve =
           [](Types types, Settings) {
             return ChooseOverload("space", types,
                                   std::array{Throwing(Overload({kInt}, kString, Space))});
           }},
      {.name = "reverse",
       .doc = {.signature = "reverse(text STRING) -> STRING",
               .summary = "The characters from last to first.",
               .example = {"reverse('Spark SQL')", "LQS krapS"}},
       .resolve =
           [](Types types, Settings) {
             return ChooseOverload("reverse", types,
                                   std::array{Overload({kString}, kString, Reverse)});
           }},
      {.name = "replace",
       .doc = {.signature = "replace(text STRING, search STRING[, with STRING]) -> STRING",
               .summary = "The text with every occurrence replaced, or removed.",
               .example = {"replace('ABCabc', 'abc', 'DEF')", "ABCDEF"}},
       .resolve =
           [](Types types, Settings) {
             return ChooseOverload(
                 "replace", types,
                 std::array{Overload({kString, kString}, kString, Remove),
                            Overload({kString, kString, kString}, kString, Replace)});
           }},
      {.name = "translate",
       .doc = {.signature = "translate(text STRING, from STRING, to STRING) -> STRING",
               .summary = "Each character of from becomes the one at its place in to, or goes.",
               .example = {"translate('AaBbCc', 'abc', '123')", "A1B2C3"}},
       .resolve =
           [](Types types, Settings) {
             return ChooseOverload(
                 "translate", types,
                 std::array{Overload({kString, kString, kString}, kString, Translate)});
           }},
      {.name = "overlay",
       .doc = {.signature =
                   "overlay(text STRING, with STRING, position INT[, length INT]) -> STRING",
               .summary = "The text with a part of it replaced, as long as `with` or as said.",
               .example = {"overlay('Spark SQL', 'ANSI ', 7, 0)", "Spark ANSI SQL"}},
       .resolve =
           [](Types types, Settings) {
             return ChooseOverload(
                 "overlay", types,
                 std::array{Overload({kString, kString, kInt}, kString, Overlay),
                            Overload({kString, kString, kInt, kInt}, kString, OverlaySized)});
           }},
  };
  return kFunctions;
}

}  // namespace sabot
