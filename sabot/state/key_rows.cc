#include "sabot/state/key_rows.h"

#include <cstring>

#include "sabot/state/row_columns.h"
#include "sabot/vector/key_hash.h"
#include "sabot/vector/nested_codec.h"

namespace sabot {

arrow::Status KeyRows::Assign(std::span<const Vector> keys, Rows rows) {
  ARROW_RETURN_NOT_OK(Write(keys, rows));
  return HashKeys(keys, rows, hashes_);
}

arrow::Status KeyRows::Assign(std::span<const Vector> keys, Rows rows,
                              std::span<const uint64_t> hashes) {
  ARROW_RETURN_NOT_OK(Write(keys, rows));
  if (!hashes_.empty()) std::memcpy(hashes_.data(), hashes.data(), hashes_.size() * 8);
  return arrow::Status::OK();
}

bool KeyRows::HasNull(int32_t position) const {
  const uint8_t* row = key(position);
  for (size_t i = 0; i < layout_.num_keys(); ++i) {
    if (layout_.key(i).IsNull(row)) return true;
  }
  return false;
}

arrow::Status KeyRows::Write(std::span<const Vector> keys, Rows rows) {
  SABOT_DCHECK(keys.size() == layout_.num_keys());
  rows_ = rows;
  const auto num_positions = static_cast<size_t>(rows.count == 0 ? 0 : rows[rows.count - 1] + 1);
  const auto key_size = static_cast<size_t>(layout_.key_size());
  hashes_.resize(num_positions);
  words_.assign(num_positions * key_size / 8, 0);
  encoded_.resize(keys.size());
  auto* base = reinterpret_cast<uint8_t*>(words_.data());
  const auto row_of = [&](int32_t i) { return base + static_cast<size_t>(rows[i]) * key_size; };
  for (size_t k = 0; k < keys.size(); ++k) {
    const RowLayout::Field& field = layout_.key(k);
    const Vector& vector = keys[k];
    if (!field.is_nested) {
      if (rows.selection == nullptr) {
        internal::WriteField<true>(
            field, vector, rows.count,
            [=](int32_t i) { return base + static_cast<size_t>(i) * key_size; },
            [](int32_t i) { return i; });
      } else {
        internal::WriteField<true>(field, vector, rows.count, row_of,
                                   [&](int32_t i) { return rows[i]; });
      }
      continue;
    }
    // All encodings first: the string moves while it grows.
    std::string& bytes = encoded_[k];
    bytes.clear();
    std::vector<size_t> begins;
    for (int32_t i = 0; i < rows.count; ++i) {
      begins.push_back(bytes.size());
      if (!vector.IsNull(rows[i])) {
        ARROW_RETURN_NOT_OK(EncodeNested(vector, rows[i], true, &bytes));
      }
    }
    begins.push_back(bytes.size());
    for (int32_t i = 0; i < rows.count; ++i) {
      const auto at = static_cast<size_t>(i);
      if (vector.IsNull(rows[i])) {
        row_of(i)[field.null_offset] |= field.null_mask;
        continue;
      }
      internal::Store(
          StringView(std::string_view(bytes).substr(begins[at], begins[at + 1] - begins[at])),
          row_of(i) + field.offset);
    }
  }
  return arrow::Status::OK();
}

}  // namespace sabot
