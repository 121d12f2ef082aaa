#include "sabot/formats/json/json_decoder.h"

#include "sabot/base/error.h"
#include "sabot/formats/json/json_column.h"
#include "sabot/types/identifier.h"

namespace sabot {

arrow::Status CheckJsonSchema(const Schema& schema) {
  for (const TypeField& column : schema.columns) ARROW_RETURN_NOT_OK(CheckJsonType(column.type));
  return arrow::Status::OK();
}

class JsonDecoder::Impl {
 public:
  Impl(Schema schema, BadRecordMode mode, int corrupt_column, TextValueOptions options)
      : schema_(std::move(schema)),
        mode_(mode),
        corrupt_column_(corrupt_column),
        options_(std::move(options)) {
    for (const TypeField& column : schema_.columns) {
      columns_.push_back(MakeJsonColumn(column.type, options_));
    }
  }

  arrow::Result<bool> Append(std::string_view text, std::string_view source) {
    const bool is_object = tape_.Parse(text) && tape_[0].kind == JsonToken::Kind::kObject;
    const bool is_good = is_object && AppendJsonObject(tape_, 0, schema_.columns, columns_);
    if (is_good || mode_ == BadRecordMode::kPermissive) {
      if (!is_object) {
        for (const auto& column : columns_) column->AppendNull();
      }
      ++num_rows_;
      if (!is_good) ++num_bad_records_;
      if (corrupt_column_ >= 0) {
        corrupt_records_.push_back(is_good ? std::nullopt : std::optional<std::string>(text));
      }
      return true;
    }
    ++num_bad_records_;
    for (const auto& column : columns_) column->Truncate(num_rows_);
    if (mode_ == BadRecordMode::kDropMalformed) return false;
    return MakeError("BAD_RECORD", {{"source", std::string(source)},
                                    {"position", PositionOfProblem()},
                                    {"message", Problem(is_object)}});
  }

  int32_t num_rows() const { return num_rows_; }
  int64_t num_bad_records() const { return num_bad_records_; }

  arrow::Result<Batch> Finish(BufferPool& pool) {
    Batch batch;
    for (size_t i = 0; i < columns_.size(); ++i) {
      Vector vector = columns_[i]->Finish(pool);
      if (static_cast<int>(i) == corrupt_column_) vector = CorruptRecords(pool);
      batch.columns().push_back(std::move(vector));
    }
    batch.set_num_rows(num_rows_);
    num_rows_ = 0;
    corrupt_records_.clear();
    return batch;
  }

 private:
  std::string PositionOfProblem() const {
    return tape_.tokens().empty() ? "byte " + std::to_string(tape_.error_offset() + 1) : "record";
  }

  std::string Problem(bool is_object) const {
    if (tape_.tokens().empty()) return tape_.error();
    if (!is_object) return "a record is one JSON object";
    for (uint32_t key = 1; key < tape_[0].next; key = tape_[key + 1].next) {
      for (const TypeField& column : schema_.columns) {
        if (column.name != tape_[key].text || tape_[key + 1].kind == JsonToken::Kind::kNull) {
          continue;
        }
        if (MakeJsonColumn(column.type, options_)->Append(tape_, key + 1)) continue;
        std::string value;
        tape_.AppendJson(key + 1, &value);
        return value.substr(0, 100) + " is no " + column.type.ToSql() + " for column " +
               QuoteIfNeeded(column.name);
      }
    }
    return "a value does not fit its column";
  }

  Vector CorruptRecords(BufferPool& pool) {
    Vector vector = Vector::Flat(Type(TypeId::kString), num_rows_, pool);
    StringWriter strings(pool);
    for (int32_t row = 0; row < num_rows_; ++row) {
      const auto& record = corrupt_records_[static_cast<size_t>(row)];
      vector.mutable_data<StringView>()[row] = record ? strings.Write(*record) : StringView();
      if (!record) ClearBit(vector.MutableValidity(pool), row);
    }
    strings.AttachTo(&vector);
    return vector;
  }

  const Schema schema_;
  const BadRecordMode mode_;
  const int corrupt_column_;
  const TextValueOptions options_;
  std::vector<std::unique_ptr<JsonColumn>> columns_;
  JsonTape tape_;
  int32_t num_rows_ = 0;
  int64_t num_bad_records_ = 0;
  std::vector<std::optional<std::string>> corrupt_records_;
};

JsonDecoder::JsonDecoder(Schema schema, BadRecordMode mode, int corrupt_column,
                         TextValueOptions options)
    : impl_(std::make_unique<Impl>(std::move(schema), mode, corrupt_column, std::move(options))) {}
JsonDecoder::~JsonDecoder() = default;
JsonDecoder::JsonDecoder(JsonDecoder&&) noexcept = default;
JsonDecoder& JsonDecoder::operator=(JsonDecoder&&) noexcept = default;

arrow::Result<bool> JsonDecoder::Append(std::string_view text, std::string_view source) {
  return impl_->Append(text, source);
}
int32_t JsonDecoder::num_rows() const { return impl_->num_rows(); }
int64_t JsonDecoder::num_bad_records() const { return impl_->num_bad_records(); }
arrow::Result<Batch> JsonDecoder::Finish(BufferPool& pool) { return impl_->Finish(pool); }

}  // namespace sabot
