#include "sabot/expression/row_merger.h"

namespace sabot::internal {

RowMerger::RowMerger(const Type& type, int32_t num_rows, BufferPool& pool)
    : pool_(&pool),
      merged_(Vector::Flat(type, num_rows, pool)),
      is_nested_(merged_.kind() == Kind::kList || merged_.kind() == Kind::kStruct) {
  if (is_nested_) nested_.resize(static_cast<size_t>(num_rows), TypedValue::Null(type));
}

template <typename T>
void RowMerger::Copy(const Vector& source, Rows rows) {
  T* const target = merged_.mutable_data<T>();
  const T* const values = (source.is_dictionary() ? *source.dictionary() : source).data<T>();
  if (source.is_flat()) {
    ForEachRow(rows, [&](int32_t row) { target[row] = values[row]; });
  } else {
    ForEachRow(rows, [&](int32_t row) { target[row] = values[source.ValueIndex(row)]; });
  }
}

void RowMerger::Put(const Vector& source, Rows rows) {
  if (is_nested_) {
    ForEachRow(rows, [&](int32_t row) { nested_[static_cast<size_t>(row)] = source.ValueAt(row); });
    return;
  }
  SABOT_DCHECK(source.kind() == merged_.kind());
  switch (KindWidth(merged_.kind())) {
    case 1:
      Copy<uint8_t>(source, rows);
      break;
    case 2:
      Copy<uint16_t>(source, rows);
      break;
    case 4:
      Copy<uint32_t>(source, rows);
      break;
    case 8:
      Copy<uint64_t>(source, rows);
      break;
    default:
      Copy<Int128>(source, rows);
      break;
  }
  merged_.AddHeapsOf(source);
  if (!source.may_have_nulls()) return;
  uint64_t* const bits = merged_.MutableValidity(*pool_);
  ForEachRow(rows, [&](int32_t row) {
    if (source.IsNull(row)) ClearBit(bits, row);
  });
}

Vector RowMerger::Finish() {
  if (!is_nested_) return std::move(merged_);
  VectorBuilder builder(merged_.type());
  for (TypedValue& value : nested_) builder.Append(std::move(value));
  return builder.Finish();
}

}  // namespace sabot::internal
