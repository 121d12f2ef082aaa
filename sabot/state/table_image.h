#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "arrow/result.h"

#include "sabot/base/memory_budget.h"
#include "sabot/state/keyed_table.h"
#include "sabot/state/partition.h"
#include "sabot/vector/buffer.h"

namespace sabot {

class TableImage {
 public:
  /// The live rows, their strings pointing into this image.
  const std::vector<uint8_t*>& rows() const { return rows_; }
  HashRange range() const { return range_; }

  /// Check and open a partition as docs/formats/keyed_table_snapshot.md has it. content: written
  /// to. where: names it in errors. reserved: what was reserved for it, kept. Errors:
  /// CHECKPOINT_CORRUPT, CHECKPOINT_INCOMPATIBLE.
  static arrow::Result<std::shared_ptr<TableImage>> Open(BufferPtr content, const RowLayout& layout,
                                                         const std::string& where,
                                                         std::shared_ptr<MemoryConsumer> payer,
                                                         int64_t reserved);
  ~TableImage() {
    if (payer_ != nullptr) payer_->Release(reserved_);
  }

 private:
  BufferPtr content_;
  std::vector<uint8_t*> rows_;
  HashRange range_;
  std::shared_ptr<MemoryConsumer> payer_;
  int64_t reserved_ = 0;
};

namespace internal {

// The header of the format, in the order of the file; all little endian.
struct ImageHeader {
  uint32_t magic = 0x544B4253;
  uint32_t version = 1;
  uint32_t header_bytes = 0;  // with schema and lists
  uint32_t header_crc = 0;    // of those bytes, this field 0
  uint32_t hash_version = 0;
  uint32_t flags = 0;  // 1: rows of equal keys
  uint32_t row_bytes = 0;
  uint32_t rows_offset = 0;
  uint32_t range_bits = 0;
  uint32_t range_prefix = 0;
  uint64_t epoch = 0;
  uint64_t num_rows = 0;
  uint32_t num_pages = 0;
  uint32_t num_chunks = 0;
  uint32_t schema_bytes = 0;
  uint32_t reserved = 0;
};
static_assert(sizeof(ImageHeader) == 72);

struct ImagePage {
  uint32_t num_slots = 0;
  uint32_t crc = 0;
};

struct ImageChunk {
  uint64_t address = 0;
  uint64_t size = 0;
  uint32_t crc = 0;
  uint32_t reserved = 0;
};
static_assert(sizeof(ImageChunk) == 24);

}  // namespace internal
}  // namespace sabot
