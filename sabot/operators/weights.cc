#include "sabot/operators/weights.h"

#include <algorithm>
#include <string>

#include "sabot/base/error.h"

namespace sabot {

arrow::Status RefuseTakenBack(const Batch& batch, std::string_view operation,
                              std::string_view alternative) {
  if (batch.weights() == nullptr) return arrow::Status::OK();
  bool takes_back = false;
  ForEachRow(batch.rows(), [&](int32_t row) { takes_back |= batch.weights()[row] < 0; });
  if (!takes_back) return arrow::Status::OK();
  return MakeError("STREAM_UNSUPPORTED", {{"operation", std::string(operation)},
                                          {"reason", "rows that were counted are taken back"},
                                          {"alternative", std::string(alternative)}});
}

arrow::Result<int64_t> TotalWeight(const Batch& batch) {
  if (batch.weights() == nullptr) return batch.num_active_rows();
  int64_t total = 0;
  bool overflows = false;
  ForEachRow(batch.rows(), [&](int32_t row) {
    overflows |= __builtin_add_overflow(total, batch.weights()[row], &total);
  });
  if (!overflows) return total;
  return MakeError("ARITHMETIC_OVERFLOW",
                   {{"message", "The weights of a batch pass 63 bits"}, {"alternative", ""}});
}

Batch SliceByWeight(Batch batch, int64_t begin, int64_t end, BufferPool& pool) {
  if (batch.weights() == nullptr) {
    if (begin == 0 && end == batch.num_active_rows()) return batch;
    return batch.SliceActive(static_cast<int32_t>(begin), static_cast<int32_t>(end - begin), pool);
  }
  const Rows rows = batch.rows();
  BufferPtr weights = pool.Acquire(std::max<int64_t>(int64_t{batch.num_rows()} * 8, 16));
  auto* passed = reinterpret_cast<int64_t*>(weights->data());
  int64_t place = 0;
  int32_t first = rows.count;
  int32_t last = 0;
  for (int32_t i = 0; i < rows.count && place < end; ++i) {
    const int64_t next = place + batch.weight(rows[i]);
    const int64_t weight = std::min(next, end) - std::max(place, begin);
    place = next;
    if (weight <= 0) continue;
    passed[rows[i]] = weight;
    first = std::min(first, i);
    last = i;
  }
  batch.set_weights(std::move(weights));
  return batch.SliceActive(first, last - first + 1, pool);
}

}  // namespace sabot
