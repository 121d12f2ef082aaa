#pragma once

// What columns of all forms share: for the sources of this folder alone.

#include <memory>
#include <string>
#include <vector>

#include "sabot/formats/parquet/column.h"
#include "sabot/formats/parquet/rle.h"

namespace parquet {
class DictionaryPage;
class Page;
}  // namespace parquet

namespace sabot::parquet_internal {

inline arrow::Status Damaged(std::string message) {
  return arrow::Status::Invalid(std::move(message));
}

bool IsDictionaryEncoding(int encoding);

// The values of one data page, once the levels are off.
struct PageValues {
  int encoding = 0;  // parquet::Encoding::type
  const uint8_t* data = nullptr;
  int64_t size = 0;
  int32_t num_values = 0;  // at most: NULLs are not stored
};

// Walks the pages and the levels of a chunk; what values are is its child's business.
class PagedColumn : public ChunkColumn {
 public:
  PagedColumn(LeafColumn leaf, std::unique_ptr<parquet::PageReader> pages);
  ~PagedColumn() override;

  arrow::Result<Vector> Read(int32_t count, BufferPool& pool) final;

 protected:
  // A batch begins.
  virtual arrow::Status Begin(int32_t count, BufferPool& pool) = 0;
  virtual arrow::Status SetDictionary(const parquet::DictionaryPage& page) = 0;
  virtual arrow::Status SetPage(const PageValues& page, BufferPool& pool) = 0;
  // Rows [row, row + num_rows) of the batch, of which num_values (the set bits, if there are bits)
  // have a value.
  virtual arrow::Status Decode(int32_t row, int32_t num_rows, int32_t num_values,
                               const uint64_t* bits, BufferPool& pool) = 0;
  virtual arrow::Result<Vector> Finish(int32_t count, BufferPtr validity, BufferPool& pool) = 0;

  const LeafColumn leaf_;

 private:
  arrow::Status NextPage(BufferPool& pool);

  std::unique_ptr<parquet::PageReader> pages_;
  std::shared_ptr<parquet::Page> page_;
  RleReader levels_;
  bool has_dictionary_ = false;
  int32_t rows_left_ = 0;
};

// Codes of a dictionary page's values, as data pages hold them.
class CodeReader {
 public:
  arrow::Status SetPage(const PageValues& page) {
    const int bit_width = page.size > 0 ? page.data[0] : 0;
    if (bit_width > 32) return Damaged("codes of more than 32 bits");
    reader_ = page.size > 0 ? RleReader(page.data + 1, page.size - 1, bit_width) : RleReader();
    return arrow::Status::OK();
  }
  // All below dictionary_size, or an error.
  arrow::Status Read(uint32_t* codes, int32_t count, int64_t dictionary_size) {
    if (reader_.Read(codes, count) != count) return Damaged("a page has fewer codes than values");
    uint32_t greatest = 0;
    for (int32_t i = 0; i < count; ++i) greatest = std::max(greatest, codes[i]);
    if (count > 0 && greatest >= dictionary_size) return Damaged("a code past its dictionary");
    return arrow::Status::OK();
  }

 private:
  RleReader reader_;
};

// Dense values [0, num_values) to their rows: from the back, so that none is overwritten unread.
template <typename Value>
void Spread(Value* values, int32_t num_rows, int32_t num_values, const uint64_t* bits,
            int64_t offset) {
  if (num_values == num_rows) return;
  int32_t from = num_values;
  for (int32_t row = num_rows - 1; row >= 0; --row) {
    values[row] = GetBit(bits, offset + row) ? values[--from] : Value{};
  }
}

/// BYTE_ARRAY and FIXED_LEN_BYTE_ARRAY as view16.
std::unique_ptr<ChunkColumn> MakeBytesColumn(const LeafColumn& leaf,
                                             std::unique_ptr<parquet::PageReader> pages);

}  // namespace sabot::parquet_internal
