#pragma once

#include <compare>
#include <cstdint>
#include <span>
#include <vector>

#include "arrow/result.h"

#include "sabot/state/row_layout.h"
#include "sabot/state/row_run.h"

namespace sabot::internal {

/// The first 16 bytes of a row's sort key, most significant first: compared as one number, it
/// orders rows wherever it differs.
struct SortPrefix {
  uint64_t high = 0;
  uint64_t low = 0;
  friend auto operator<=>(const SortPrefix&, const SortPrefix&) = default;
};

/// An ORDER BY over rows of one layout.
class SortOrder {
 public:
  /// Errors: UNSUPPORTED_FEATURE for ARRAY, MAP and STRUCT.
  static arrow::Result<SortOrder> Make(const RowLayout& layout,
                                       std::span<const SortColumn> columns);

  SortPrefix PrefixOf(const uint8_t* row) const;
  /// Are rows of equal prefix equal?
  bool is_exact() const { return is_exact_; }
  /// By all columns: negative, 0 or positive.
  int Compare(const uint8_t* left, const uint8_t* right) const;

 private:
  struct Column {
    RowLayout::Field field;
    bool descending;
    bool nulls_first;
  };
  std::vector<Column> columns_;
  bool is_exact_ = false;
};

}  // namespace sabot::internal
