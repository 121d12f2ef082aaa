#include "sabot/operators/aggregate/group_codes.h"

#include <algorithm>
#include <limits>

namespace sabot {
namespace {

// Of one key: beyond it an array of groups would be mostly empty.
constexpr int64_t kWidthMax = 4096;
// After so many batches that did not suit, only now and then one is looked at.
constexpr int kFailuresMax = 4;
constexpr int kSkipped = 64;

template <typename Function>
bool WithInteger(Kind kind, Function&& function) {
  switch (kind) {
    case Kind::kBool:
    case Kind::kI8:
      return function(int8_t{});
    case Kind::kI16:
      return function(int16_t{});
    case Kind::kI32:
      return function(int32_t{});
    case Kind::kI64:
      return function(int64_t{});
    default:
      return false;
  }
}

struct Range {
  int64_t min = std::numeric_limits<int64_t>::max();
  int64_t max = std::numeric_limits<int64_t>::min();
  bool empty() const { return min > max; }
};

template <typename T>
Range RangeOf(const Vector& key, Rows rows) {
  const T* values = key.data<T>();
  T min = std::numeric_limits<T>::max();
  T max = std::numeric_limits<T>::min();
  if (key.validity() == nullptr) {
    ForEachRow(rows, [&](int32_t row) {
      min = std::min(min, values[row]);
      max = std::max(max, values[row]);
    });
  } else {
    ForEachRow(rows, [&](int32_t row) {
      if (!GetBit(key.validity(), row)) return;
      min = std::min(min, values[row]);
      max = std::max(max, values[row]);
    });
  }
  return min > max ? Range{} : Range{min, max};
}

// max - min < width, without overflow.
bool IsWithin(const Range& range, int64_t width) {
  return static_cast<uint64_t>(range.max) - static_cast<uint64_t>(range.min) <
         static_cast<uint64_t>(width);
}

}  // namespace

bool GroupCodes::Assign(std::span<const Vector> keys, Rows rows) {
  is_renumbered_ = false;
  if (num_skipped_ > 0) {
    --num_skipped_;
    return false;
  }
  uint64_t num_codes = 1;
  for (size_t i = 0; i < keys.size(); ++i) {
    if (!Prepare(keys[i], rows, &coders_[i])) num_codes = kCodesMax + 1;
    num_codes *= std::max<uint32_t>(coders_[i].num_codes, 1);
    if (num_codes > kCodesMax) {
      // What was prepared may have another meaning than the codes given before.
      for (Coder& coder : coders_) coder = {};
      if (++num_failures_ > kFailuresMax) num_skipped_ = kSkipped;
      return false;
    }
  }
  num_failures_ = 0;
  num_codes_ = static_cast<uint32_t>(num_codes);
  const auto num_positions = static_cast<size_t>(rows.count == 0 ? 0 : rows[rows.count - 1] + 1);
  if (codes_.size() < num_positions) codes_.resize(num_positions);
  for (size_t i = 0; i < keys.size(); ++i) Add(keys[i], rows, coders_[i], i == 0);
  return true;
}

bool GroupCodes::Prepare(const Vector& key, Rows rows, Coder* coder) {
  if (key.is_dictionary()) {
    const std::shared_ptr<const Vector>& dictionary = key.dictionary();
    if (dictionary->size() >= kWidthMax) return false;
    if (coder->dictionary == dictionary) return true;
    // Held, so that no other dictionary comes to stand at the same address.
    *coder = {.dictionary = dictionary, .num_codes = static_cast<uint32_t>(dictionary->size()) + 1};
    is_renumbered_ = true;
    return true;
  }
  if (key.is_constant()) {
    // Another value may come with the next batch: as good as a new dictionary.
    *coder = {.is_constant = true, .num_codes = 1};
    is_renumbered_ = true;
    return true;
  }
  return PrepareWindow(key, rows, coder);
}

bool GroupCodes::PrepareWindow(const Vector& key, Rows rows, Coder* coder) {
  return WithInteger(key.kind(), [&](auto type) {
    Range range = RangeOf<decltype(type)>(key, rows);
    if (range.empty()) range = {coder->base, coder->base};
    if (!IsWithin(range, kWidthMax)) return false;
    if (coder->is_window) {
      if (range.min >= coder->base && IsWithin({coder->base, range.max}, coder->width)) return true;
      // Room for both, so that batches that differ a little do not renumber each other's codes.
      const Range both{std::min(range.min, coder->base),
                       std::max(range.max, coder->base + coder->width - 1)};
      if (IsWithin(both, kWidthMax)) range = both;
    }
    *coder = {.is_window = true, .base = range.min, .width = range.max - range.min + 1};
    coder->num_codes = static_cast<uint32_t>(coder->width) + 1;
    is_renumbered_ = true;
    return true;
  });
}

void GroupCodes::Add(const Vector& key, Rows rows, const Coder& coder, bool is_first) {
  uint32_t* codes = codes_.data();
  const auto put = [&](auto code_of) {
    if (is_first) {
      ForEachRow(rows, [&](int32_t row) { codes[row] = code_of(row); });
    } else {
      const uint32_t factor = coder.num_codes;
      ForEachRow(rows, [&](int32_t row) { codes[row] = codes[row] * factor + code_of(row); });
    }
  };
  const uint32_t null_code = coder.num_codes - 1;
  const uint64_t* validity = key.validity();
  if (coder.is_constant) {
    put([](int32_t) { return uint32_t{0}; });
  } else if (coder.dictionary != nullptr) {
    const uint32_t* values = key.codes();
    if (validity == nullptr) {
      put([values](int32_t row) { return values[row]; });
    } else {
      put([=](int32_t row) { return GetBit(validity, row) ? values[row] : null_code; });
    }
  } else {
    WithInteger(key.kind(), [&](auto type) {
      const auto* values = key.data<decltype(type)>();
      const int64_t base = coder.base;
      if (validity == nullptr) {
        put([=](int32_t row) { return static_cast<uint32_t>(values[row] - base); });
      } else {
        put([=](int32_t row) {
          return GetBit(validity, row) ? static_cast<uint32_t>(values[row] - base) : null_code;
        });
      }
      return true;
    });
  }
}

}  // namespace sabot
