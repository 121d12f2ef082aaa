#include "sabot/formats/file.h"

#include <cmath>
#include <compare>

#include "sabot/base/error.h"

namespace sabot {
namespace {

// Values of one type; nullopt if they cannot be compared (NaN, nested, of different forms).
std::partial_ordering Order(const TypedValue& left, const TypedValue& right) {
  const auto wide = [](const TypedValue& value) -> std::optional<Int128> {
    if (const auto* number = std::get_if<int64_t>(&value.value)) return Int128{*number};
    if (const auto* number = std::get_if<Int128>(&value.value)) return *number;
    if (const auto* truth = std::get_if<bool>(&value.value)) return Int128{*truth};
    return std::nullopt;
  };
  if (!(left.type == right.type)) return std::partial_ordering::unordered;
  const auto left_number = wide(left);
  const auto right_number = wide(right);
  if (left_number && right_number) {
    if (*left_number < *right_number) return std::partial_ordering::less;
    return *left_number > *right_number ? std::partial_ordering::greater
                                        : std::partial_ordering::equivalent;
  }
  const auto* left_double = std::get_if<double>(&left.value);
  const auto* right_double = std::get_if<double>(&right.value);
  if (left_double != nullptr && right_double != nullptr) return *left_double <=> *right_double;
  const auto* left_text = std::get_if<std::string>(&left.value);
  const auto* right_text = std::get_if<std::string>(&right.value);
  if (left_text != nullptr && right_text != nullptr) return *left_text <=> *right_text;
  return std::partial_ordering::unordered;
}

}  // namespace

bool MayMatch(const ColumnBound& bound, const TypedValue& min, const TypedValue& max) {
  if (bound.comparison == Comparison::kIsNull || bound.comparison == Comparison::kIsNotNull) {
    return true;
  }
  const auto to_min = Order(bound.value, min);
  const auto to_max = Order(bound.value, max);
  // Also NaN on either side.
  if (to_min == std::partial_ordering::unordered || to_max == std::partial_ordering::unordered) {
    return true;
  }
  // Writers leave NaN out of statistics, and NaN is greater than every number: a maximum of
  // floating columns bounds nothing from above.
  const bool is_max_known = !bound.value.type.is_floating();
  switch (bound.comparison) {
    case Comparison::kEqual:
      return to_min >= 0 && to_max <= 0;
    case Comparison::kLess:
      return to_min > 0;
    case Comparison::kLessEqual:
      return to_min >= 0;
    case Comparison::kGreater:
      return to_max < 0 || !is_max_known;
    case Comparison::kGreaterEqual:
      return to_max <= 0 || !is_max_known;
    default:
      return true;
  }
}

arrow::Status CheckRequest(const ReadRequest& request, const Schema& schema) {
  const auto is_known = [&](int column) {
    return column >= 0 && column < static_cast<int>(schema.size());
  };
  const bool is_good = request.batch_size > 0 && std::ranges::all_of(request.columns, is_known) &&
                       std::ranges::all_of(request.bounds, [&](const ColumnBound& bound) {
                         return is_known(bound.column);
                       });
  return is_good ? arrow::Status::OK() : InternalError("a scan of columns that the file lacks");
}

void ScanCounters::Add(const ScanCounters& other) {
  rows_read += other.rows_read;
  bytes_read += other.bytes_read;
  row_groups_skipped += other.row_groups_skipped;
  bad_records += other.bad_records;
}

}  // namespace sabot
