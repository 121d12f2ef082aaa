#include <algorithm>
#include <optional>

#include <fmt/format.h>

#include "sabot/base/error.h"
#include "sabot/types/identifier.h"
#include "sabot/types/schema.h"
#include "sabot/types/type.h"

namespace sabot {
namespace {

// Of nested types: deeper ones would let a hostile text overflow the stack here and in every reader
// after.
constexpr int kDepthMax = 64;
constexpr int kDecimalDigitsMax = 38;

struct TypeName {
  std::string_view name;
  TypeId id;
};

// Spark's names without parameters. Those with come first in ParseNamed.
constexpr TypeName kNames[] = {
    {"any", TypeId::kAny},
    {"bigint", TypeId::kLong},
    {"binary", TypeId::kBinary},
    {"boolean", TypeId::kBoolean},
    {"byte", TypeId::kByte},
    {"date", TypeId::kDate},
    {"double", TypeId::kDouble},
    {"float", TypeId::kFloat},
    {"int", TypeId::kInt},
    {"integer", TypeId::kInt},
    {"long", TypeId::kLong},
    {"node", TypeId::kNode},
    {"path", TypeId::kPath},
    {"real", TypeId::kFloat},
    {"relationship", TypeId::kRelationship},
    {"short", TypeId::kShort},
    {"smallint", TypeId::kShort},
    {"timestamp", TypeId::kTimestamp},
    {"timestamp_ltz", TypeId::kTimestamp},
    {"timestamp_ntz", TypeId::kTimestampNtz},
    {"tinyint", TypeId::kByte},
    {"variant", TypeId::kVariant},
    {"void", TypeId::kNull},
};

bool IsSpace(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }
bool IsDigit(char c) { return c >= '0' && c <= '9'; }
// Bytes past ASCII are letters of any script.
bool IsWordCharacter(char c) {
  const char lowered = static_cast<char>(c | 0x20);
  return (lowered >= 'a' && lowered <= 'z') || IsDigit(c) || c == '_' ||
         (static_cast<unsigned char>(c) & 0x80) != 0;
}

// Recursive descent over the text itself. Reading `>` one by one makes `>>` close two types.
class TypeParser {
 public:
  explicit TypeParser(std::string_view text) : text_(text) {}

  arrow::Result<Type> ParseWholeType() {
    ARROW_ASSIGN_OR_RAISE(Type type, ParseOne(1));
    ARROW_RETURN_NOT_OK(ExpectEnd());
    return type;
  }

  arrow::Result<Schema> ParseWholeSchema() {
    SkipSpace();
    Schema schema;
    if (at_ == text_.size()) return schema;
    // Spark also takes a schema as the type of its rows.
    if (EqualsIgnoreCase(PeekWord(), "struct") && FollowsPeekedWord('<')) {
      ARROW_ASSIGN_OR_RAISE(const Type type, ParseWholeType());
      schema.columns.assign(type.fields().begin(), type.fields().end());
      return schema;
    }
    do {
      ARROW_ASSIGN_OR_RAISE(TypeField column, ParseField(0));
      schema.columns.push_back(std::move(column));
    } while (Accept(','));
    ARROW_RETURN_NOT_OK(ExpectEnd());
    return schema;
  }

 private:
  void SkipSpace() {
    while (at_ < text_.size() && IsSpace(text_[at_])) ++at_;
  }

  bool Accept(char c) {
    SkipSpace();
    if (at_ == text_.size() || text_[at_] != c) return false;
    ++at_;
    return true;
  }

  std::string_view PeekWord() {
    SkipSpace();
    size_t end = at_;
    while (end < text_.size() && IsWordCharacter(text_[end])) ++end;
    return text_.substr(at_, end - at_);
  }

  bool FollowsPeekedWord(char c) {
    size_t end = at_ + PeekWord().size();
    while (end < text_.size() && IsSpace(text_[end])) ++end;
    return end < text_.size() && text_[end] == c;
  }

  bool AcceptWord(std::string_view word) {
    const std::string_view found = PeekWord();
    if (!EqualsIgnoreCase(found, word)) return false;
    at_ += found.size();
    return true;
  }

  Span SpanFrom(size_t begin) const {
    return {static_cast<uint32_t>(begin), static_cast<uint32_t>(at_)};
  }

  arrow::Status SyntaxError(std::string_view expected) {
    std::string_view token = PeekWord();
    if (token.empty() && at_ < text_.size()) token = text_.substr(at_, 1);
    const std::string near = token.empty() ? "end of input" : fmt::format("'{}'", token);
    // At the end the caret stands behind the last byte.
    const size_t size = std::max<size_t>(token.size(), 1);
    const Span span = {static_cast<uint32_t>(at_), static_cast<uint32_t>(at_ + size)};
    return MakeError("PARSE_SYNTAX_ERROR",
                     {{"error", near}, {"hint", fmt::format(": expected {}", expected)}}, span);
  }

  arrow::Status Unsupported(std::string_view name, std::string message, Span span) {
    return MakeError("UNSUPPORTED_DATATYPE",
                     {{"typeName", fmt::format("\"{}\"", name)}, {"message", std::move(message)}},
                     span);
  }

  arrow::Status Expect(char c) {
    return Accept(c) ? arrow::Status::OK() : SyntaxError(fmt::format("'{}'", c));
  }

  arrow::Status ExpectEnd() {
    SkipSpace();
    return at_ == text_.size() ? arrow::Status::OK() : SyntaxError("the end of the type");
  }

  arrow::Result<std::string> ParseName() {
    if (!Accept('`')) {
      const std::string_view word = PeekWord();
      if (word.empty()) return SyntaxError("a name");
      at_ += word.size();
      return std::string(word);
    }
    const size_t begin = at_ - 1;
    std::string name;
    while (at_ < text_.size()) {
      const char c = text_[at_++];
      if (c == '`') {
        if (at_ == text_.size() || text_[at_] != '`') return name;
        ++at_;
      }
      name.push_back(c);
    }
    return MakeError("PARSE_SYNTAX_ERROR",
                     {{"error", "'`'"}, {"hint", ": the name has no closing backtick"}},
                     SpanFrom(begin));
  }

  // Comments are read and dropped: no type or schema of ours carries one.
  arrow::Status SkipComment() {
    SkipSpace();
    if (at_ == text_.size() || (text_[at_] != '\'' && text_[at_] != '"')) {
      return SyntaxError("the comment's text in quotes");
    }
    const size_t begin = at_;
    const char quote = text_[at_++];
    while (at_ < text_.size()) {
      const char c = text_[at_++];
      if (c == '\\' && at_ < text_.size()) {
        ++at_;
      } else if (c == quote) {
        if (at_ == text_.size() || text_[at_] != quote) return arrow::Status::OK();
        ++at_;
      }
    }
    return MakeError(
        "PARSE_SYNTAX_ERROR",
        {{"error", fmt::format("{}", quote)}, {"hint", ": the comment has no closing quote"}},
        SpanFrom(begin));
  }

  // False after NOT NULL.
  arrow::Result<bool> ParseNullable() {
    if (!AcceptWord("not")) return true;
    if (!AcceptWord("null")) return SyntaxError("NULL");
    return false;
  }

  // name [:] type [NOT NULL] [COMMENT 'text']
  arrow::Result<TypeField> ParseField(int depth) {
    TypeField field;
    ARROW_ASSIGN_OR_RAISE(field.name, ParseName());
    Accept(':');
    ARROW_ASSIGN_OR_RAISE(field.type, ParseOne(depth + 1));
    ARROW_ASSIGN_OR_RAISE(field.nullable, ParseNullable());
    if (AcceptWord("comment")) ARROW_RETURN_NOT_OK(SkipComment());
    return field;
  }

  arrow::Result<Type> ParseOne(int depth) {
    const std::string_view word = PeekWord();
    const size_t begin = at_;
    if (word.empty()) return SyntaxError("a type");
    at_ += word.size();
    if (depth > kDepthMax) {
      return MakeError("PLAN_TOO_DEEP", {{"limit", std::to_string(kDepthMax)}}, SpanFrom(begin));
    }
    return ParseNamed(ToLowerAscii(word), begin, depth);
  }

  arrow::Result<Type> ParseNamed(const std::string& name, size_t begin, int depth) {
    if (name == "array") return ParseArray(depth);
    if (name == "map") return ParseMap(depth);
    if (name == "struct") return ParseStruct(depth);
    if (name == "decimal" || name == "dec" || name == "numeric") return ParseDecimal(begin);
    if (name == "interval") return ParseInterval(begin);
    if (name == "string") return ParseString();
    if (name == "char" || name == "character" || name == "varchar") {
      return Unsupported(name, "lengths are not enforced; use STRING", SpanFrom(begin));
    }
    const auto found = std::ranges::find(kNames, std::string_view(name), &TypeName::name);
    if (found != std::end(kNames)) return Type(found->id);
    return UnknownType(begin);
  }

  arrow::Status UnknownType(size_t begin) {
    std::vector<std::string> known = {"array", "decimal", "interval", "map", "string", "struct"};
    for (const TypeName& row : kNames) known.emplace_back(row.name);
    const std::string_view name = text_.substr(begin, at_ - begin);
    const std::vector<std::string> nearest = NearestNames(name, known, 1);
    return MakeError(
        "UNSUPPORTED_DATATYPE",
        {{"typeName", fmt::format("\"{}\"", name)}, {"message", "there is no type of that name"}},
        SpanFrom(begin), nearest.empty() ? "" : fmt::format("did you mean {}?", nearest.front()));
  }

  arrow::Result<Type> ParseArray(int depth) {
    ARROW_RETURN_NOT_OK(Expect('<'));
    ARROW_ASSIGN_OR_RAISE(Type element, ParseOne(depth + 1));
    ARROW_ASSIGN_OR_RAISE(const bool contains_null, ParseNullable());
    ARROW_RETURN_NOT_OK(Expect('>'));
    return Type::Array(std::move(element), contains_null);
  }

  arrow::Result<Type> ParseMap(int depth) {
    ARROW_RETURN_NOT_OK(Expect('<'));
    ARROW_ASSIGN_OR_RAISE(Type key, ParseOne(depth + 1));
    ARROW_RETURN_NOT_OK(Expect(','));
    ARROW_ASSIGN_OR_RAISE(Type value, ParseOne(depth + 1));
    ARROW_ASSIGN_OR_RAISE(const bool value_contains_null, ParseNullable());
    ARROW_RETURN_NOT_OK(Expect('>'));
    return Type::Map(std::move(key), std::move(value), value_contains_null);
  }

  arrow::Result<Type> ParseStruct(int depth) {
    ARROW_RETURN_NOT_OK(Expect('<'));
    std::vector<TypeField> fields;
    if (Accept('>')) return Type::Struct(std::move(fields));
    do {
      ARROW_ASSIGN_OR_RAISE(TypeField field, ParseField(depth));
      fields.push_back(std::move(field));
    } while (Accept(','));
    ARROW_RETURN_NOT_OK(Expect('>'));
    return Type::Struct(std::move(fields));
  }

  // At most 1,000: past every limit, far from overflow.
  arrow::Result<int> ParseNumber() {
    const std::string_view word = PeekWord();
    if (word.empty() || !std::ranges::all_of(word, IsDigit)) return SyntaxError("a number");
    int number = 0;
    for (char c : word) number = std::min(number * 10 + (c - '0'), 1000);
    at_ += word.size();
    return number;
  }

  arrow::Result<Type> ParseDecimal(size_t begin) {
    int precision = 10;
    int scale = 0;
    if (Accept('(')) {
      ARROW_ASSIGN_OR_RAISE(precision, ParseNumber());
      if (Accept(',')) {
        ARROW_ASSIGN_OR_RAISE(scale, ParseNumber());
      }
      ARROW_RETURN_NOT_OK(Expect(')'));
    }
    if (precision < 1 || precision > kDecimalDigitsMax || scale > precision) {
      return Unsupported(text_.substr(begin, at_ - begin),
                         "the precision is 1 to 38, the scale 0 to the precision", SpanFrom(begin));
    }
    return Type::Decimal(precision, scale);
  }

  arrow::Result<Type> ParseString() {
    if (!AcceptWord("collate")) return Type(TypeId::kString);
    const std::string_view collation = PeekWord();
    if (collation.empty()) return SyntaxError("a collation");
    const size_t begin = at_;
    at_ += collation.size();
    if (EqualsIgnoreCase(collation, "utf8_binary")) return Type(TypeId::kString);
    return Unsupported(fmt::format("STRING COLLATE {}", collation),
                       "strings compare as bytes; use UTF8_BINARY", SpanFrom(begin));
  }

  // Words after INTERVAL are its fields, unless they belong to what follows (NOT NULL, COMMENT).
  std::optional<std::string> AcceptIntervalField() {
    const std::string word = ToLowerAscii(PeekWord());
    for (std::string_view field : {"year", "month", "day", "hour", "minute", "second"}) {
      if (word != field) continue;
      at_ += word.size();
      return word;
    }
    return std::nullopt;
  }

  arrow::Result<Type> ParseInterval(size_t begin) {
    const auto first = AcceptIntervalField();
    if (!first.has_value()) return Type(TypeId::kCalendarInterval);
    std::optional<std::string> last = first;
    if (AcceptWord("to")) {
      last = AcceptIntervalField();
      if (!last.has_value()) return SyntaxError("a field of the interval");
    }
    if (first == "year" && last == "month") return Type(TypeId::kYearMonthInterval);
    if (first == "day" && last == "second") return Type(TypeId::kDayTimeInterval);
    return Unsupported(text_.substr(begin, at_ - begin),
                       "use INTERVAL YEAR TO MONTH or INTERVAL DAY TO SECOND", SpanFrom(begin));
  }

  std::string_view text_;
  size_t at_ = 0;
};

}  // namespace

arrow::Result<Type> ParseType(std::string_view text) { return TypeParser(text).ParseWholeType(); }

arrow::Result<Schema> ParseSchema(std::string_view ddl) {
  return TypeParser(ddl).ParseWholeSchema();
}

}  // namespace sabot
