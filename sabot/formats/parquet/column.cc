#include "sabot/formats/parquet/column.h"

#include "parquet/column_page.h"
#include "parquet/column_reader.h"
#include "parquet/encoding.h"
#include "parquet/schema.h"

#include "sabot/formats/parquet/leaf_form.h"
#include "sabot/formats/parquet/paged_column.h"

namespace sabot::parquet_internal {
namespace {

parquet::Encoding::type EncodingOf(const PageValues& page) {
  return static_cast<parquet::Encoding::type>(page.encoding);
}

template <typename Form>
class FixedColumn final : public PagedColumn {
  using Value = typename Form::Value;
  using DType = typename Form::DType;
  using Stored = typename Form::Stored;

 public:
  using PagedColumn::PagedColumn;

 protected:
  arrow::Status Begin(int32_t count, BufferPool& pool) override {
    vector_ = Vector::Flat(leaf_.type, count, pool);
    return arrow::Status::OK();
  }

  arrow::Status SetDictionary(const parquet::DictionaryPage& page) override {
    const int width = Form::Width(leaf_.type_length);
    if (page.size() / width < page.num_values()) return Damaged("a dictionary page is too short");
    dictionary_.resize(static_cast<size_t>(page.num_values()));
    LoadPlain(page.data(), page.num_values(), dictionary_.data());
    return arrow::Status::OK();
  }

  arrow::Status SetPage(const PageValues& page, BufferPool&) override {
    page_ = page;
    decoder_ = nullptr;
    if (IsDictionaryEncoding(page.encoding)) return codes_.SetPage(page);
    if (page.encoding == parquet::Encoding::PLAIN) return arrow::Status::OK();
    decoder_ = parquet::MakeTypedDecoder<DType>(EncodingOf(page), leaf_.descriptor);
    decoder_->SetData(page.num_values, page.data, static_cast<int>(page.size));
    return arrow::Status::OK();
  }

  arrow::Status Decode(int32_t row, int32_t num_rows, int32_t num_values, const uint64_t* bits,
                       BufferPool&) override {
    Value* values = vector_.mutable_data<Value>() + row;
    if (decoder_ != nullptr) {
      scratch_.resize(static_cast<size_t>(num_values));
      if (decoder_->Decode(scratch_.data(), num_values) != num_values) {
        return Damaged("a page has fewer values than it says");
      }
      for (int32_t i = 0; i < num_values; ++i) {
        values[i] = LoadStored(scratch_[static_cast<size_t>(i)]);
      }
    } else if (IsDictionaryEncoding(page_.encoding)) {
      uint32_t codes[kVectorSize];
      ARROW_RETURN_NOT_OK(codes_.Read(codes, num_values, static_cast<int64_t>(dictionary_.size())));
      const Value* dictionary = dictionary_.data();
      for (int32_t i = 0; i < num_values; ++i) values[i] = dictionary[codes[i]];
    } else {
      const int64_t size = int64_t{num_values} * Form::Width(leaf_.type_length);
      if (size > page_.size) return Damaged("a page has fewer values than it says");
      LoadPlain(page_.data, num_values, values);
      page_.data += size;
      page_.size -= size;
    }
    Spread(values, num_rows, num_values, bits, row);
    return arrow::Status::OK();
  }

  arrow::Result<Vector> Finish(int32_t, BufferPtr validity, BufferPool&) override {
    vector_.set_validity(std::move(validity));
    return std::move(vector_);
  }

 private:
  void LoadPlain(const uint8_t* bytes, int32_t count, Value* values) {
    if constexpr (Form::kIsCopy) {
      if (count > 0) std::memcpy(values, bytes, static_cast<size_t>(count) * sizeof(Value));
    } else {
      const int width = Form::Width(leaf_.type_length);
      for (int32_t i = 0; i < count; ++i) {
        values[i] = Form::Load(bytes + int64_t{i} * width, leaf_.type_length);
      }
    }
  }
  Value LoadStored(const Stored& stored) {
    if constexpr (std::is_same_v<Stored, parquet::FLBA>) {
      return Form::Load(stored.ptr, leaf_.type_length);
    } else {
      return Form::Load(reinterpret_cast<const uint8_t*>(&stored), leaf_.type_length);
    }
  }

  Vector vector_;
  PageValues page_;
  std::vector<Value> dictionary_;
  CodeReader codes_;
  std::unique_ptr<typename parquet::EncodingTraits<DType>::Decoder> decoder_;
  std::vector<Stored> scratch_;
};

class BooleanColumn final : public PagedColumn {
 public:
  using PagedColumn::PagedColumn;

 protected:
  arrow::Status Begin(int32_t count, BufferPool& pool) override {
    vector_ = Vector::Flat(leaf_.type, count, pool);
    return arrow::Status::OK();
  }
  arrow::Status SetDictionary(const parquet::DictionaryPage&) override {
    return Damaged("a dictionary of booleans");
  }
  arrow::Status SetPage(const PageValues& page, BufferPool&) override {
    decoder_ = parquet::MakeTypedDecoder<parquet::BooleanType>(EncodingOf(page), leaf_.descriptor);
    decoder_->SetData(page.num_values, page.data, static_cast<int>(page.size));
    return arrow::Status::OK();
  }
  arrow::Status Decode(int32_t row, int32_t num_rows, int32_t num_values, const uint64_t* bits,
                       BufferPool&) override {
    uint8_t* values = vector_.mutable_data<uint8_t>() + row;
    if (decoder_->Decode(reinterpret_cast<bool*>(values), num_values) != num_values) {
      return Damaged("a page has fewer values than it says");
    }
    Spread(values, num_rows, num_values, bits, row);
    return arrow::Status::OK();
  }
  arrow::Result<Vector> Finish(int32_t, BufferPtr validity, BufferPool&) override {
    vector_.set_validity(std::move(validity));
    return std::move(vector_);
  }

 private:
  Vector vector_;
  std::unique_ptr<typename parquet::EncodingTraits<parquet::BooleanType>::Decoder> decoder_;
};

}  // namespace

std::unique_ptr<ChunkColumn> MakeLeafColumn(const LeafColumn& leaf,
                                            std::unique_ptr<parquet::PageReader> pages) {
  if (leaf.form == LeafForm::kBoolean) {
    return std::make_unique<BooleanColumn>(leaf, std::move(pages));
  }
  if (leaf.form == LeafForm::kBytes || leaf.form == LeafForm::kFixedBytes) {
    return MakeBytesColumn(leaf, std::move(pages));
  }
  return DispatchForm(leaf.form, [&]<typename Form>(Form) -> std::unique_ptr<ChunkColumn> {
    return std::make_unique<FixedColumn<Form>>(leaf, std::move(pages));
  });
}

TypedValue DecodeStatistic(const LeafColumn& leaf, const std::string& bytes) {
  const auto* data = reinterpret_cast<const uint8_t*>(bytes.data());
  switch (leaf.form) {
    case LeafForm::kNone:
    case LeafForm::kI96:  // its order was never defined
      return TypedValue::Null(leaf.type);
    case LeafForm::kBoolean:
      if (bytes.size() != 1) return TypedValue::Null(leaf.type);
      return {leaf.type, data[0] != 0};
    case LeafForm::kBytes:
    case LeafForm::kFixedBytes:
      return {leaf.type, bytes};
    default:
      break;
  }
  return DispatchForm(leaf.form, [&]<typename Form>(Form) -> TypedValue {
    if (static_cast<int>(bytes.size()) != Form::Width(leaf.type_length)) {
      return TypedValue::Null(leaf.type);
    }
    const auto value = Form::Load(data, leaf.type_length);
    if constexpr (std::is_floating_point_v<typename Form::Value>) {
      return {leaf.type, static_cast<double>(value)};
    } else if constexpr (std::is_same_v<typename Form::Value, Int128>) {
      return {leaf.type, value};
    } else {
      return {leaf.type, static_cast<int64_t>(value)};
    }
  });
}

}  // namespace sabot::parquet_internal
