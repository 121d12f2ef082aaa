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
    return AppendRecord(tape_.Parse(text), 0, text, source);
  }

  arrow::Status AppendLines(std::string_view text, std::string_view source, int32_t max_rows) {
    const bool is_json = tape_.Parse(text);
    if (!is_json || tape_[0].kind != JsonToken::Kind::kArray) {
      return AppendRecord(is_json, 0, text, source).status();
    }
    rest_ = 1;
    rest_text_ = text;
    return AppendRest(source, max_rows);
  }
  bool has_rest() const { return rest_ > 0 && rest_ < tape_[0].next; }
  arrow::Status AppendRest(std::string_view source, int32_t max_rows) {
    for (; has_rest() && num_rows_ < max_rows; rest_ = tape_[rest_].next) {
      ARROW_RETURN_NOT_OK(AppendRecord(true, rest_, rest_text_, source));
    }
    if (!has_rest()) rest_ = 0;
    return arrow::Status::OK();
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
  // The object at `root` of the tape, or what stands there instead.
  arrow::Result<bool> AppendRecord(bool is_json, uint32_t root, std::string_view text,
                                   std::string_view source) {
    const bool is_object = is_json && tape_[root].kind == JsonToken::Kind::kObject;
    const bool is_good = is_object && AppendJsonObject(tape_, root, schema_.columns, columns_);
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
                                    {"message", Problem(is_object, root)}});
  }

  std::string PositionOfProblem() const {
    return tape_.tokens().empty() ? "byte " + std::to_string(tape_.error_offset() + 1) : "record";
  }

  std::string Problem(bool is_object, uint32_t root) const {
    if (tape_.tokens().empty()) return tape_.error();
    if (!is_object) return "a record is one JSON object";
    for (uint32_t key = root + 1; key < tape_[root].next; key = tape_[key + 1].next) {
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
  uint32_t rest_ = 0;           // of a list on the tape: the next record; 0: no list
  std::string_view rest_text_;  // the list
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
arrow::Status JsonDecoder::AppendLines(std::string_view text, std::string_view source,
                                       int32_t max_rows) {
  return impl_->AppendLines(text, source, max_rows);
}
bool JsonDecoder::has_rest() const { return impl_->has_rest(); }
arrow::Status JsonDecoder::AppendRest(std::string_view source, int32_t max_rows) {
  return impl_->AppendRest(source, max_rows);
}
int32_t JsonDecoder::num_rows() const { return impl_->num_rows(); }
int64_t JsonDecoder::num_bad_records() const { return impl_->num_bad_records(); }
arrow::Result<Batch> JsonDecoder::Finish(BufferPool& pool) { return impl_->Finish(pool); }

}  // namespace sabot
