#include "sabot/exchange/batch_bytes.h"

#include <algorithm>

namespace sabot {
namespace {

// Of an empty batch: its list of columns, and its place in a queue.
constexpr int64_t kFixedBytes = 64;
constexpr int64_t kWidestValue = 16;

int64_t VectorBytes(const Vector& vector) {
  int64_t bytes = vector.values() == nullptr
                      ? 0
                      : std::min<int64_t>(vector.values()->size(), vector.size() * kWidestValue);
  if (vector.kind() == Kind::kView16 && !vector.heaps().empty() && !vector.is_dictionary()) {
    const auto* views = vector.data<StringView>();
    const int32_t count = vector.is_constant() ? 1 : vector.size();
    for (int32_t row = 0; row < count; ++row) {
      if (!vector.IsNull(row)) bytes += views[row].length;
    }
  }
  for (const auto& child : vector.children()) bytes += VectorBytes(*child);
  return bytes;
}

}  // namespace

int64_t BatchBytes(const Batch& batch) {
  int64_t bytes = kFixedBytes;
  for (const Vector& column : batch.columns()) bytes += VectorBytes(column);
  return bytes;
}

}  // namespace sabot
