#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace sabot {

/// A parsed JSON text as a row of tokens: an object's keys and values in turn, a list's elements;
/// each token knows where what belongs to it ends. No tree, no allocation a value.
struct JsonToken {
  enum class Kind : uint8_t { kNull, kFalse, kTrue, kNumber, kString, kObject, kArray };
  Kind kind = Kind::kNull;
  std::string_view
      text;           ///< of a string (unescaped) or number (as written); within JsonTape's buffer
  uint32_t next = 0;  ///< index of the first token behind this one and all it holds
};

class JsonTape {
 public:
  static constexpr int kDepthMax = 128;

  /// Numbers past the doubles come as "Infinity". False: no JSON; error() and error_offset() say
  /// why. What was parsed before is gone.
  bool Parse(std::string_view text);
  const std::vector<JsonToken>& tokens() const { return tokens_; }
  const JsonToken& operator[](uint32_t index) const { return tokens_[index]; }
  const std::string& error() const { return error_; }
  int64_t error_offset() const { return error_offset_; }

  /// A token as JSON text again: what a STRING column shows of an object.
  void AppendJson(uint32_t index, std::string* out) const;

 private:
  std::string buffer_;  // parsed in place
  std::vector<JsonToken> tokens_;
  std::vector<uint32_t> open_;
  std::string error_;
  int64_t error_offset_ = 0;
};

/// Text in double quotes, escaped.
void AppendJsonString(std::string_view text, std::string* out);

}  // namespace sabot
