#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "arrow/result.h"

namespace sabot {

/// A LIKE pattern, compiled: `%` is any text, `_` one code point, and the escape character takes
/// the meaning of the one after it. Matches bytes; no case, no collation. Immutable.
class LikePattern {
 public:
  /// escape: one code point. Errors: INVALID_FORMAT.ESC_AT_THE_END,
  /// INVALID_FORMAT.ESC_IN_THE_MIDDLE where it stands before anything but `%`, `_` or itself.
  static arrow::Result<LikePattern> Compile(std::string_view pattern, std::string_view escape);

  /// The shapes most patterns have, which need one comparison or search.
  enum class Shape : uint8_t { kEquals, kPrefix, kSuffix, kContains, kAny, kGeneral };
  Shape shape() const { return shape_; }
  /// The text of all shapes but kAny and kGeneral.
  const std::string& text() const { return parts_.front(); }

  bool Matches(std::string_view text) const;

 private:
  bool MatchesGeneral(std::string_view text) const;

  Shape shape_ = Shape::kGeneral;
  // What stands between the `%`: the first is bound to the start, the last to the end, those in
  // between may stand anywhere in order. One part: no `%`. `_` is the byte kAnyPoint.
  std::vector<std::string> parts_;
};

}  // namespace sabot
