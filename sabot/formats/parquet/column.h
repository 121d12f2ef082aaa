#pragma once

#include <cstdint>
#include <memory>

#include "arrow/result.h"

#include "sabot/formats/file.h"
#include "sabot/vector/vector.h"

namespace parquet {
class ColumnDescriptor;
class EncodedStatistics;
class PageReader;
}  // namespace parquet

namespace sabot::parquet_internal {

/// How the plain bytes of a leaf become values of a vector. One of these a pair of stored and held
/// form; kNone: through Arrow's arrays.
enum class LeafForm : uint8_t {
  kNone,
  kBoolean,
  kI32,  ///< INT32 as i32
  kI32ToI8,
  kI32ToI16,
  kI32ToI64,
  kU32ToI64,
  kI64,  ///< INT64 as i64
  kU64ToI128,
  kI64Thousand,     ///< milliseconds to microseconds
  kI64Million,      ///< seconds to microseconds
  kI64PerThousand,  ///< nanoseconds to microseconds, rounded down
  kI96,             ///< nanoseconds of a day and a Julian day, as microseconds
  kF32,
  kF64,
  kBytes,       ///< BYTE_ARRAY as view16
  kFixedBytes,  ///< FIXED_LEN_BYTE_ARRAY as view16
  kFixedToI64,  ///< big-endian two's complement
  kFixedToI128,
  kI32ToI128,
  kI64ToI128,
};

/// A column without repetition and with at most one level of NULL.
struct LeafColumn {
  Type type;  ///< of the vectors
  LeafForm form = LeafForm::kNone;
  bool is_optional = false;
  int type_length = 0;  ///< bytes of a FIXED_LEN_BYTE_ARRAY
  const parquet::ColumnDescriptor* descriptor = nullptr;
};

/// Reads one column of one row group front to back. Page by page: levels become a validity bitmap
/// at once, plain values are copied in bulk, and codes of a dictionary are looked up (numbers) or
/// kept (strings: one dictionary a row group).
class ChunkColumn {
 public:
  virtual ~ChunkColumn() = default;
  /// The next `count` rows. Throws what Arrow throws. Errors: MALFORMED_FILE's message, as Invalid.
  virtual arrow::Result<Vector> Read(int32_t count, BufferPool& pool) = 0;
  /// Rows that Read can give in one call.
  virtual arrow::Result<int64_t> RowsAtHand() { return INT32_MAX; }
};

std::unique_ptr<ChunkColumn> MakeLeafColumn(const LeafColumn& leaf,
                                            std::unique_ptr<parquet::PageReader> pages);

/// A minimum or maximum as statistics hold it (plain encoding); null if the bytes do not fit.
TypedValue DecodeStatistic(const LeafColumn& leaf, const std::string& bytes);

}  // namespace sabot::parquet_internal
