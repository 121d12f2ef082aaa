#include "sabot/formats/json/json_tape.h"

#include <algorithm>

#include <rapidjson/error/en.h>
#include <rapidjson/reader.h>
#include <rapidjson/stream.h>

namespace sabot {
namespace {

struct TapeHandler {
  std::vector<JsonToken>& tokens;
  std::vector<uint32_t>& open;

  bool Add(JsonToken::Kind kind, std::string_view text = {}) {
    tokens.push_back({kind, text, static_cast<uint32_t>(tokens.size() + 1)});
    return true;
  }
  bool Open(JsonToken::Kind kind) {
    if (open.size() >= static_cast<size_t>(JsonTape::kDepthMax)) return false;
    open.push_back(static_cast<uint32_t>(tokens.size()));
    return Add(kind);
  }
  bool Close() {
    tokens[open.back()].next = static_cast<uint32_t>(tokens.size());
    open.pop_back();
    return true;
  }

  bool Null() { return Add(JsonToken::Kind::kNull); }
  bool Bool(bool value) { return Add(value ? JsonToken::Kind::kTrue : JsonToken::Kind::kFalse); }
  bool RawNumber(const char* text, rapidjson::SizeType length, bool) {
    return Add(JsonToken::Kind::kNumber, {text, length});
  }
  bool String(const char* text, rapidjson::SizeType length, bool) {
    return Add(JsonToken::Kind::kString, {text, length});
  }
  bool Key(const char* text, rapidjson::SizeType length, bool copy) {
    return String(text, length, copy);
  }
  bool StartObject() { return Open(JsonToken::Kind::kObject); }
  bool EndObject(rapidjson::SizeType) { return Close(); }
  bool StartArray() { return Open(JsonToken::Kind::kArray); }
  bool EndArray(rapidjson::SizeType) { return Close(); }
  // Numbers come raw; these are never called.
  bool Int(int) { return false; }
  bool Uint(unsigned) { return false; }
  bool Int64(int64_t) { return false; }
  bool Uint64(uint64_t) { return false; }
  bool Double(double) { return false; }
};

}  // namespace

namespace {

// The text with "Infinity" for the number at `offset`.
std::string WithInfinity(std::string_view text, size_t offset) {
  const size_t end = std::min(text.find_first_not_of("0123456789+-.eE", offset), text.size());
  return std::string(text.substr(0, offset)) + (text[offset] == '-' ? "-Infinity" : "Infinity") +
         std::string(text.substr(end));
}

}  // namespace

bool JsonTape::Parse(std::string_view text) {
  // Iterative: depth costs no stack. In place: strings are unescaped where they stand.
  constexpr unsigned kFlags = rapidjson::kParseInsituFlag | rapidjson::kParseIterativeFlag |
                              rapidjson::kParseNumbersAsStringsFlag |
                              rapidjson::kParseNanAndInfFlag |
                              rapidjson::kParseValidateEncodingFlag;
  tokens_.clear();
  open_.clear();
  buffer_.assign(text);
  // A zero byte ends the text for the parser: what follows must not be lost unseen.
  if (const size_t zero = buffer_.find('\0'); zero != buffer_.npos) {
    error_ = "a zero byte";
    error_offset_ = static_cast<int64_t>(zero);
    return false;
  }
  rapidjson::InsituStringStream stream(buffer_.data());
  rapidjson::Reader reader;
  TapeHandler handler{tokens_, open_};
  const rapidjson::ParseResult result = reader.Parse<kFlags>(stream, handler);
  // A number past the doubles is no reason to lose the record: it is infinite, as in Spark.
  if (result.Code() == rapidjson::kParseErrorNumberTooBig) {
    return Parse(WithInfinity(text, result.Offset()));
  }
  if (result.IsError()) {
    error_ = result.Code() == rapidjson::kParseErrorTermination
                 ? "nested deeper than " + std::to_string(kDepthMax)
                 : rapidjson::GetParseError_En(result.Code());
    // The error class ends the sentence.
    if (error_.ends_with('.')) error_.pop_back();
    error_offset_ = static_cast<int64_t>(result.Offset());
    tokens_.clear();
    return false;
  }
  return true;
}

void AppendJsonString(std::string_view text, std::string* out) {
  static constexpr char kHex[] = "0123456789abcdef";
  out->push_back('"');
  for (char c : text) {
    switch (c) {
      case '"':
        out->append("\\\"");
        break;
      case '\\':
        out->append("\\\\");
        break;
      case '\n':
        out->append("\\n");
        break;
      case '\r':
        out->append("\\r");
        break;
      case '\t':
        out->append("\\t");
        break;
      default:
        if (static_cast<unsigned char>(c) < 0x20) {
          out->append("\\u00");
          out->push_back(kHex[c >> 4]);
          out->push_back(kHex[c & 15]);
        } else {
          out->push_back(c);
        }
    }
  }
  out->push_back('"');
}

void JsonTape::AppendJson(uint32_t index, std::string* out) const {
  const JsonToken& token = tokens_[index];
  switch (token.kind) {
    case JsonToken::Kind::kNull:
      out->append("null");
      return;
    case JsonToken::Kind::kFalse:
      out->append("false");
      return;
    case JsonToken::Kind::kTrue:
      out->append("true");
      return;
    case JsonToken::Kind::kNumber:
      out->append(token.text);
      return;
    case JsonToken::Kind::kString:
      return AppendJsonString(token.text, out);
    default:
      break;
  }
  const bool is_object = token.kind == JsonToken::Kind::kObject;
  out->push_back(is_object ? '{' : '[');
  for (uint32_t at = index + 1; at < token.next; at = tokens_[at].next) {
    if (at > index + 1) out->push_back(',');
    if (is_object) {
      AppendJsonString(tokens_[at++].text, out);
      out->push_back(':');
    }
    AppendJson(at, out);
  }
  out->push_back(is_object ? '}' : ']');
}

}  // namespace sabot
