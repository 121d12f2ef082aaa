#include "parquet/column_page.h"
#include "parquet/column_reader.h"
#include "parquet/encoding.h"
#include "parquet/schema.h"

#include "sabot/formats/parquet/paged_column.h"

namespace sabot::parquet_internal {
namespace {

// Walks plain values: each a length of four bytes and its text, or all of one length.
class PlainBytes {
 public:
  PlainBytes() = default;
  PlainBytes(const uint8_t* data, int64_t size, int fixed_length)
      : at_(reinterpret_cast<const char*>(data)), end_(at_ + size), fixed_length_(fixed_length) {}

  arrow::Status Read(StringView* views, int32_t count) {
    for (int32_t i = 0; i < count; ++i) {
      auto length = static_cast<uint32_t>(fixed_length_);
      if (fixed_length_ == 0) {
        if (end_ - at_ < 4) return Damaged("a page has fewer values than it says");
        std::memcpy(&length, at_, 4);
        at_ += 4;
      }
      if (end_ - at_ < int64_t{length}) return Damaged("a value is longer than its page");
      views[i] = StringView(std::string_view(at_, length));
      at_ += length;
    }
    return arrow::Status::OK();
  }

 private:
  const char* at_ = nullptr;
  const char* end_ = nullptr;
  int fixed_length_ = 0;
};

// Strings. As long as all pages of a batch are coded, it is a dictionary vector; from the first
// other page on it is flat. Plain text is copied page by page: the reader reuses its buffer.
class BytesColumn final : public PagedColumn {
 public:
  BytesColumn(LeafColumn leaf, std::unique_ptr<parquet::PageReader> pages)
      : PagedColumn(std::move(leaf), std::move(pages)),
        fixed_length_(leaf_.form == LeafForm::kFixedBytes ? leaf_.type_length : 0) {}

 protected:
  arrow::Status Begin(int32_t count, BufferPool& pool) override {
    count_ = count;
    is_flat_ = false;
    code_buffer_ = pool.Acquire(std::max<int64_t>(int64_t{count} * 4, 16));
    strings_.emplace(pool);
    return arrow::Status::OK();
  }

  arrow::Status SetDictionary(const parquet::DictionaryPage& page) override {
    const int64_t size_min = int64_t{page.num_values()} * (fixed_length_ == 0 ? 4 : fixed_length_);
    if (size_min > page.size()) return Damaged("a dictionary page is too short");
    BufferPtr text = Buffer::Allocate(std::max<int64_t>(page.size(), 1));
    if (page.size() > 0) {
      std::memcpy(text->data(), page.data(), static_cast<size_t>(page.size()));
    }
    BufferPtr views = Buffer::Allocate(std::max<int64_t>(int64_t{page.num_values()} * 16, 16));
    PlainBytes values(text->data(), page.size(), fixed_length_);
    ARROW_RETURN_NOT_OK(
        values.Read(reinterpret_cast<StringView*>(views->data()), page.num_values()));
    SetDictionaryVector(page.num_values(), std::move(views), std::move(text));
    return arrow::Status::OK();
  }

  arrow::Status SetPage(const PageValues& page, BufferPool& pool) override {
    is_coded_page_ = IsDictionaryEncoding(page.encoding);
    decoder_ = nullptr;
    fixed_decoder_ = nullptr;
    if (is_coded_page_) return codes_.SetPage(page);
    const auto encoding = static_cast<parquet::Encoding::type>(page.encoding);
    if (encoding == parquet::Encoding::PLAIN) {
      page_text_ = pool.Acquire(std::max<int64_t>(page.size, 16));
      if (page.size > 0) {
        std::memcpy(page_text_->data(), page.data, static_cast<size_t>(page.size));
      }
      plain_ = PlainBytes(page_text_->data(), page.size, fixed_length_);
      return arrow::Status::OK();
    }
    parquet::Decoder* decoder = nullptr;
    if (fixed_length_ == 0) {
      decoder_ = parquet::MakeTypedDecoder<parquet::ByteArrayType>(encoding, leaf_.descriptor);
      decoder = decoder_.get();
    } else {
      fixed_decoder_ = parquet::MakeTypedDecoder<parquet::FLBAType>(encoding, leaf_.descriptor);
      decoder = fixed_decoder_.get();
    }
    decoder->SetData(page.num_values, page.data, static_cast<int>(page.size));
    return arrow::Status::OK();
  }

  arrow::Status Decode(int32_t row, int32_t num_rows, int32_t num_values, const uint64_t* bits,
                       BufferPool& pool) override {
    if (is_coded_page_) {
      uint32_t* codes = reinterpret_cast<uint32_t*>(code_buffer_->data()) + row;
      const int64_t dictionary_size = dictionary_ == nullptr ? 0 : dictionary_->size();
      ARROW_RETURN_NOT_OK(codes_.Read(codes, num_values, dictionary_size));
      Spread(codes, num_rows, num_values, bits, row);
      if (is_flat_) LookUp(row, num_rows, bits);
      return arrow::Status::OK();
    }
    if (!is_flat_) {
      vector_ = Vector::Flat(leaf_.type, count_, pool);
      is_flat_ = true;
      LookUp(0, row, bits);
    }
    StringView* views = vector_.mutable_data<StringView>() + row;
    if (decoder_ != nullptr) {
      ARROW_RETURN_NOT_OK(Copy(*decoder_, num_values, views, &scratch_));
    } else if (fixed_decoder_ != nullptr) {
      ARROW_RETURN_NOT_OK(Copy(*fixed_decoder_, num_values, views, &fixed_scratch_));
    } else {
      ARROW_RETURN_NOT_OK(plain_.Read(views, num_values));
      vector_.AddHeap(page_text_);
    }
    Spread(views, num_rows, num_values, bits, row);
    return arrow::Status::OK();
  }

  arrow::Result<Vector> Finish(int32_t count, BufferPtr validity, BufferPool&) override {
    if (is_flat_) {
      strings_->AttachTo(&vector_);
      vector_.set_validity(std::move(validity));
      return std::move(vector_);
    }
    // Only NULLs may stand over no dictionary at all, and even their codes must point somewhere.
    if (dictionary_ == nullptr || dictionary_->size() == 0) {
      BufferPtr views = Buffer::Allocate(16);
      new (views->data()) StringView();
      SetDictionaryVector(1, std::move(views), Buffer::Allocate(1));
    }
    return Vector::Dictionary(std::move(code_buffer_), dictionary_, count, std::move(validity));
  }

 private:
  void SetDictionaryVector(int32_t size, BufferPtr views, BufferPtr text) {
    dictionary_ = std::make_shared<const Vector>(
        Vector::Wrap(leaf_.type, size, std::move(views), nullptr, {std::move(text)}));
  }

  // Rows whose codes are known become views.
  void LookUp(int32_t row, int32_t num_rows, const uint64_t* bits) {
    if (num_rows == 0 || dictionary_ == nullptr) {
      std::fill_n(vector_.mutable_data<StringView>() + row, num_rows, StringView());
      return;
    }
    const auto* codes = reinterpret_cast<const uint32_t*>(code_buffer_->data());
    const auto* dictionary = dictionary_->data<StringView>();
    auto* views = vector_.mutable_data<StringView>();
    for (int32_t i = row; i < row + num_rows; ++i) {
      views[i] = bits == nullptr || GetBit(bits, i) ? dictionary[codes[i]] : StringView();
    }
    vector_.AddHeapsOf(*dictionary_);
  }

  template <typename Decoder, typename Stored>
  arrow::Status Copy(Decoder& decoder, int32_t count, StringView* views,
                     std::vector<Stored>* scratch) {
    scratch->resize(static_cast<size_t>(count));
    if (decoder.Decode(scratch->data(), count) != count) {
      return Damaged("a page has fewer values than it says");
    }
    for (int32_t i = 0; i < count; ++i) {
      const Stored& stored = (*scratch)[static_cast<size_t>(i)];
      auto length = static_cast<size_t>(fixed_length_);
      if constexpr (std::is_same_v<Stored, parquet::ByteArray>) length = stored.len;
      views[i] = strings_->Write({reinterpret_cast<const char*>(stored.ptr), length});
    }
    return arrow::Status::OK();
  }

  const int fixed_length_;  // 0: each value has its own
  std::shared_ptr<const Vector> dictionary_;
  // The page.
  bool is_coded_page_ = false;
  CodeReader codes_;
  PlainBytes plain_;
  BufferPtr page_text_;
  std::unique_ptr<parquet::EncodingTraits<parquet::ByteArrayType>::Decoder> decoder_;
  std::unique_ptr<parquet::EncodingTraits<parquet::FLBAType>::Decoder> fixed_decoder_;
  std::vector<parquet::ByteArray> scratch_;
  std::vector<parquet::FLBA> fixed_scratch_;
  // The batch.
  int32_t count_ = 0;
  bool is_flat_ = false;
  BufferPtr code_buffer_;
  Vector vector_;
  std::optional<StringWriter> strings_;
};

}  // namespace

std::unique_ptr<ChunkColumn> MakeBytesColumn(const LeafColumn& leaf,
                                             std::unique_ptr<parquet::PageReader> pages) {
  return std::make_unique<BytesColumn>(leaf, std::move(pages));
}

}  // namespace sabot::parquet_internal
