#include "sabot/state/table_image.h"

#include <algorithm>
#include <cstring>
#include <span>

#include "sabot/base/crc32c.h"
#include "sabot/base/error.h"
#include "sabot/base/hash.h"
#include "sabot/vector/string_view.h"

namespace sabot {
namespace {

using internal::ImageChunk;
using internal::ImageHeader;
using internal::ImagePage;
using internal::PageHeader;

// The parts of a file, as offsets into its content; each was found to lie inside.
class ImageParser {
 public:
  ImageParser(const BufferPtr& content, const RowLayout& layout, const std::string& where)
      : base_(content->data()),
        size_(static_cast<uint64_t>(content->size())),
        layout_(layout),
        where_(where) {}

  arrow::Status ParseHeader() {
    if (size_ < sizeof(ImageHeader)) return Corrupt("it is shorter than a header");
    std::memcpy(&header_, base_, sizeof(header_));
    if (header_.magic != ImageHeader().magic) return Corrupt("it is no keyed table");
    if (header_.header_bytes < sizeof(ImageHeader) || header_.header_bytes > size_) {
      return Corrupt("its header is cut off");
    }
    ImageHeader without_crc = header_;
    without_crc.header_crc = 0;
    uint32_t crc = Crc32c(Text(reinterpret_cast<uint8_t*>(&without_crc), sizeof(without_crc)));
    crc =
        Crc32c(Text(base_ + sizeof(ImageHeader), header_.header_bytes - sizeof(ImageHeader)), crc);
    if (crc != header_.header_crc) return Corrupt("the checksum of its header is wrong");
    if (header_.version != 1) {
      return Incompatible("it has format version " + std::to_string(header_.version));
    }
    if (header_.hash_version != kStateHashVersion) {
      return Incompatible("it has hash version " + std::to_string(header_.hash_version));
    }
    const uint64_t lists_bytes = uint64_t{header_.num_pages} * sizeof(ImagePage) +
                                 uint64_t{header_.num_chunks} * sizeof(ImageChunk);
    if (sizeof(ImageHeader) + lists_bytes + header_.schema_bytes > header_.header_bytes ||
        header_.header_bytes % 8 != 0 || header_.range_bits > 28) {
      return Corrupt("the sizes in its header disagree");
    }
    const std::string_view schema =
        Text(base_ + sizeof(ImageHeader) + lists_bytes, header_.schema_bytes);
    if (schema != layout_.ToText() || (header_.flags & 1) != (layout_.has_next() ? 1u : 0u) ||
        header_.row_bytes != static_cast<uint32_t>(layout_.row_size())) {
      return Incompatible("it holds other columns: " + std::string(schema));
    }
    if (header_.rows_offset < sizeof(PageHeader) || header_.rows_offset % 8 != 0) {
      return Corrupt("the sizes in its header disagree");
    }
    return arrow::Status::OK();
  }

  arrow::Status ParseChunks() {
    // Pages come first, so chunks begin behind them.
    uint64_t offset = header_.header_bytes;
    for (uint32_t i = 0; i < header_.num_pages; ++i) offset += PageBytes(PageAt(i));
    for (uint32_t i = 0; i < header_.num_chunks; ++i) {
      ImageChunk chunk;
      std::memcpy(&chunk,
                  base_ + sizeof(ImageHeader) + header_.num_pages * sizeof(ImagePage) +
                      i * sizeof(ImageChunk),
                  sizeof(chunk));
      if (offset > size_ || chunk.size > size_ - offset) return Corrupt("its texts are cut off");
      if (Crc32c(Text(base_ + offset, chunk.size)) != chunk.crc) {
        return Corrupt("the checksum of its texts is wrong");
      }
      if (chunk.address + chunk.size < chunk.address) return Corrupt("a text stands nowhere");
      chunks_.push_back({chunk.address, chunk.size, base_ + offset});
      offset += chunk.size;
    }
    if (offset != size_) return Corrupt("it is not as long as its header says");
    std::sort(chunks_.begin(), chunks_.end(),
              [](const Chunk& left, const Chunk& right) { return left.address < right.address; });
    return arrow::Status::OK();
  }

  arrow::Status ParsePages(std::vector<uint8_t*>* rows) {
    uint64_t offset = header_.header_bytes;
    const uint64_t num_bits = (header_.rows_offset - sizeof(PageHeader)) * 8;
    for (uint32_t i = 0; i < header_.num_pages; ++i) {
      const ImagePage page = PageAt(i);
      const uint64_t bytes = PageBytes(page);
      if (page.num_slots > num_bits || offset > size_ || bytes > size_ - offset) {
        return Corrupt("its pages are cut off");
      }
      uint8_t* memory = base_ + offset;
      if (Crc32c(Text(memory, bytes)) != page.crc) {
        return Corrupt("the checksum of page " + std::to_string(i) + " is wrong");
      }
      for (uint32_t slot = 0; slot < page.num_slots; ++slot) {
        if ((memory[sizeof(PageHeader) + slot / 8] >> (slot % 8) & 1) == 0) continue;
        uint8_t* row = memory + header_.rows_offset + uint64_t{slot} * header_.row_bytes;
        for (int32_t string : layout_.strings()) ARROW_RETURN_NOT_OK(FindText(row + string));
        for (int32_t string : layout_.slot_strings()) ARROW_RETURN_NOT_OK(FindText(row + string));
        rows->push_back(row);
      }
      offset += bytes;
    }
    if (rows->size() != header_.num_rows) return Corrupt("it has lost rows");
    return arrow::Status::OK();
  }

  HashRange range() const { return {header_.range_prefix, static_cast<int>(header_.range_bits)}; }
  uint64_t num_rows() const { return header_.num_rows; }

 private:
  struct Chunk {
    uint64_t address;
    uint64_t size;
    uint8_t* data;
  };

  static std::string_view Text(const uint8_t* data, uint64_t size) {
    return {reinterpret_cast<const char*>(data), size};
  }
  arrow::Status Corrupt(std::string message) const {
    return MakeError("CHECKPOINT_CORRUPT", {{"path", where_}, {"message", std::move(message)}});
  }
  arrow::Status Incompatible(std::string message) const {
    return MakeError("CHECKPOINT_INCOMPATIBLE",
                     {{"path", where_}, {"message", std::move(message)}});
  }
  ImagePage PageAt(uint32_t i) const {
    ImagePage page;
    std::memcpy(&page, base_ + sizeof(ImageHeader) + i * sizeof(ImagePage), sizeof(page));
    return page;
  }
  uint64_t PageBytes(const ImagePage& page) const {
    return header_.rows_offset + uint64_t{page.num_slots} * header_.row_bytes;
  }
  // A long text's pointer was an address in a chunk; it becomes one in this memory.
  arrow::Status FindText(uint8_t* value) const {
    auto* text = reinterpret_cast<StringView*>(value);
    if (text->is_inline()) return arrow::Status::OK();
    const auto address = reinterpret_cast<uint64_t>(text->pointer);
    auto chunk = std::upper_bound(
        chunks_.begin(), chunks_.end(), address,
        [](uint64_t wanted, const Chunk& other) { return wanted < other.address; });
    if (chunk == chunks_.begin()) return Corrupt("a text stands nowhere");
    --chunk;
    const uint64_t offset = address - chunk->address;
    if (offset > chunk->size || text->length > chunk->size - offset) {
      return Corrupt("a text stands nowhere");
    }
    text->pointer = reinterpret_cast<const char*>(chunk->data + offset);
    return arrow::Status::OK();
  }

  uint8_t* base_;
  uint64_t size_;
  const RowLayout& layout_;
  const std::string& where_;
  ImageHeader header_;
  std::vector<Chunk> chunks_;
};

}  // namespace

arrow::Result<std::shared_ptr<TableImage>> TableImage::Open(BufferPtr content,
                                                            const RowLayout& layout,
                                                            const std::string& where,
                                                            std::shared_ptr<MemoryConsumer> payer,
                                                            int64_t reserved) {
  auto image = std::make_shared<TableImage>();
  image->payer_ = std::move(payer);
  image->reserved_ = reserved;
  ImageParser parser(content, layout, where);
  ARROW_RETURN_NOT_OK(parser.ParseHeader());
  ARROW_RETURN_NOT_OK(parser.ParseChunks());
  ARROW_RETURN_NOT_OK(parser.ParsePages(&image->rows_));
  image->range_ = parser.range();
  image->content_ = std::move(content);
  return image;
}

}  // namespace sabot
