#include "sabot/formats/parquet/paged_column.h"

#include "parquet/column_page.h"
#include "parquet/column_reader.h"
#include "parquet/types.h"

namespace sabot::parquet_internal {

bool IsDictionaryEncoding(int encoding) {
  return encoding == parquet::Encoding::RLE_DICTIONARY ||
         encoding == parquet::Encoding::PLAIN_DICTIONARY;
}

PagedColumn::PagedColumn(LeafColumn leaf, std::unique_ptr<parquet::PageReader> pages)
    : leaf_(std::move(leaf)), pages_(std::move(pages)) {}
PagedColumn::~PagedColumn() = default;

arrow::Result<Vector> PagedColumn::Read(int32_t count, BufferPool& pool) {
  ARROW_RETURN_NOT_OK(Begin(count, pool));
  BufferPtr validity;
  uint64_t* bits = nullptr;
  int32_t num_valid = 0;
  if (leaf_.is_optional) {
    const int64_t num_bytes = std::max<int64_t>(NumWords(count), 1) * 8;
    validity = pool.Acquire(num_bytes);
    bits = reinterpret_cast<uint64_t*>(validity->data());
    std::memset(bits, 0, static_cast<size_t>(num_bytes));
  }
  for (int32_t done = 0; done < count;) {
    while (rows_left_ == 0) ARROW_RETURN_NOT_OK(NextPage(pool));
    const int32_t taken = std::min(count - done, rows_left_);
    int32_t num_values = taken;
    if (bits != nullptr) {
      num_values = 0;
      if (levels_.ReadBits(bits, done, taken, &num_values) != taken) {
        return Damaged("a page has fewer definition levels than values");
      }
    }
    ARROW_RETURN_NOT_OK(Decode(done, taken, num_values, bits, pool));
    rows_left_ -= taken;
    done += taken;
    num_valid += num_values;
  }
  if (num_valid == count) validity = nullptr;
  return Finish(count, std::move(validity), pool);
}

arrow::Status PagedColumn::NextPage(BufferPool& pool) {
  std::shared_ptr<parquet::Page> page = pages_->NextPage();
  if (page == nullptr) return Damaged("a column chunk has fewer values than its row group");
  page_ = page;
  if (page->type() == parquet::PageType::DICTIONARY_PAGE) {
    const auto& dictionary = static_cast<const parquet::DictionaryPage&>(*page);
    if (dictionary.num_values() < 0) return Damaged("a dictionary of negative length");
    if (has_dictionary_) return Damaged("a column chunk with two dictionaries");
    has_dictionary_ = true;
    return SetDictionary(dictionary);
  }
  if (page->type() != parquet::PageType::DATA_PAGE &&
      page->type() != parquet::PageType::DATA_PAGE_V2) {
    return arrow::Status::OK();  // an index page
  }
  const auto& data_page = static_cast<const parquet::DataPage&>(*page);
  if (data_page.num_values() < 0) return Damaged("a page of negative length");
  PageValues values{data_page.encoding(), page->data(), page->size(), data_page.num_values()};
  int64_t levels_size = 0;
  const uint8_t* levels = values.data;
  if (page->type() == parquet::PageType::DATA_PAGE_V2) {
    const auto& page_v2 = static_cast<const parquet::DataPageV2&>(data_page);
    levels_size = page_v2.definition_levels_byte_length();
    const int64_t repetition = page_v2.repetition_levels_byte_length();
    if (levels_size < 0 || repetition < 0 || levels_size + repetition > values.size) {
      return Damaged("the levels of a page are longer than the page");
    }
    levels += repetition;
    values.data += repetition + levels_size;
    values.size -= repetition + levels_size;
  } else if (leaf_.is_optional) {
    const auto& page_v1 = static_cast<const parquet::DataPageV1&>(data_page);
    if (page_v1.definition_level_encoding() != parquet::Encoding::RLE) {
      return Damaged("definition levels in the deprecated BIT_PACKED encoding");
    }
    uint32_t length = 0;
    if (values.size < 4) return Damaged("a page without its levels");
    std::memcpy(&length, values.data, 4);
    levels += 4;
    levels_size = length;
    if (levels_size > values.size - 4) {
      return Damaged("the levels of a page are longer than the page");
    }
    values.data += 4 + levels_size;
    values.size -= 4 + levels_size;
  }
  if (leaf_.is_optional) levels_ = RleReader(levels, levels_size, 1);
  rows_left_ = values.num_values;
  return SetPage(values, pool);
}

}  // namespace sabot::parquet_internal
