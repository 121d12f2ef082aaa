#include "sabot/text/like.h"

#include "sabot/base/error.h"
#include "sabot/text/utf8.h"

namespace sabot {
namespace {

// Stands for `_` within a part; no UTF-8 contains it.
constexpr char kAnyPoint = static_cast<char>(0xFF);
constexpr size_t kNone = std::string_view::npos;

bool IsContinuation(char c) { return (static_cast<uint8_t>(c) & 0xC0) == 0x80; }

// Where the part ends if it begins at `at`; kNone if it does not match there.
size_t MatchForward(std::string_view text, size_t at, std::string_view part) {
  for (const char c : part) {
    if (at >= text.size()) return kNone;
    if (c == kAnyPoint) {
      at += CodePointSize(text, at);
    } else if (text[at++] != c) {
      return kNone;
    }
  }
  return at;
}

// Where the part begins if it ends at the end of the text.
size_t MatchBackward(std::string_view text, std::string_view part) {
  size_t at = text.size();
  for (size_t i = part.size(); i > 0; --i) {
    if (at == 0) return kNone;
    --at;
    if (part[i - 1] == kAnyPoint) {
      const size_t lowest = at >= 3 ? at - 3 : 0;
      size_t start = at;
      while (start > lowest && IsContinuation(text[start])) --start;
      // Stray continuation bytes are code points of their own.
      if (start + CodePointSize(text, start) == at + 1) at = start;
    } else if (text[at] != part[i - 1]) {
      return kNone;
    }
  }
  return at;
}

// The end of the part's first match from `at` on.
size_t Search(std::string_view text, size_t at, std::string_view part) {
  if (part.find(kAnyPoint) == kNone) {
    const size_t found = text.find(part, at);
    return found == kNone ? kNone : found + part.size();
  }
  for (; at < text.size(); at += CodePointSize(text, at)) {
    const size_t end = MatchForward(text, at, part);
    if (end != kNone) return end;
  }
  return kNone;
}

}  // namespace

arrow::Result<LikePattern> LikePattern::Compile(std::string_view pattern, std::string_view escape) {
  LikePattern like;
  like.parts_.emplace_back();
  bool has_wildcard = false;
  for (size_t at = 0; at < pattern.size();) {
    const std::string_view rest = pattern.substr(at);
    if (!escape.empty() && rest.starts_with(escape)) {
      const std::string_view escaped = rest.substr(escape.size());
      if (escaped.empty()) {
        return MakeError("INVALID_FORMAT.ESC_AT_THE_END", {{"format", std::string(pattern)}});
      }
      const std::string_view point = escaped.substr(0, CodePointSize(escaped, 0));
      if (point != "%" && point != "_" && point != escape) {
        return MakeError("INVALID_FORMAT.ESC_IN_THE_MIDDLE",
                         {{"format", std::string(pattern)}, {"char", std::string(point)}});
      }
      like.parts_.back().append(point);
      at += escape.size() + point.size();
    } else if (rest[0] == '%') {
      // Two in a row are one.
      if (like.parts_.size() == 1 || !like.parts_.back().empty()) like.parts_.emplace_back();
      ++at;
    } else {
      has_wildcard |= rest[0] == '_';
      like.parts_.back().push_back(rest[0] == '_' ? kAnyPoint : rest[0]);
      ++at;
    }
  }
  std::vector<std::string>& parts = like.parts_;
  if (has_wildcard) {
    like.shape_ = Shape::kGeneral;
  } else if (parts.size() == 1) {
    like.shape_ = Shape::kEquals;
  } else if (parts.size() == 2 && parts[0].empty() && parts[1].empty()) {
    like.shape_ = Shape::kAny;
  } else if (parts.size() == 2 && parts[1].empty()) {
    like.shape_ = Shape::kPrefix;
  } else if (parts.size() == 2 && parts[0].empty()) {
    like.shape_ = Shape::kSuffix;
    std::swap(parts[0], parts[1]);
  } else if (parts.size() == 3 && parts[0].empty() && parts[2].empty()) {
    like.shape_ = Shape::kContains;
    std::swap(parts[0], parts[1]);
  }
  return like;
}

bool LikePattern::Matches(std::string_view text) const {
  switch (shape_) {
    case Shape::kEquals:
      return text == parts_[0];
    case Shape::kPrefix:
      return text.starts_with(parts_[0]);
    case Shape::kSuffix:
      return text.ends_with(parts_[0]);
    case Shape::kContains:
      return text.find(parts_[0]) != kNone;
    case Shape::kAny:
      return true;
    case Shape::kGeneral:
      return MatchesGeneral(text);
  }
  return false;
}

bool LikePattern::MatchesGeneral(std::string_view text) const {
  size_t at = MatchForward(text, 0, parts_.front());
  if (parts_.size() == 1) return at == text.size();
  if (at == kNone) return false;
  const size_t end = MatchBackward(text, parts_.back());
  if (end == kNone || end < at) return false;
  // The leftmost match of each part leaves the most room for those that follow.
  const std::string_view middle = text.substr(0, end);
  for (size_t i = 1; i + 1 < parts_.size(); ++i) {
    at = Search(middle, at, parts_[i]);
    if (at == kNone) return false;
  }
  return true;
}

}  // namespace sabot
