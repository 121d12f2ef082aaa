#include "sabot/connectors/kafka/decoder.h"

#include <fmt/format.h>

#include "sabot/connectors/kafka/source.h"
#include "sabot/formats/json/json_decoder.h"

namespace sabot::kafka {
namespace {

class JsonMessages final : public Decoder {
 public:
  JsonMessages(Schema schema, BadRecordMode mode) : decoder_(std::move(schema), mode) {}

  arrow::Status Append(const rd_kafka_message_t& message) override {
    const std::string_view value =
        message.payload == nullptr
            ? std::string_view("{}")
            : std::string_view(static_cast<const char*>(message.payload), message.len);
    source_.clear();
    fmt::format_to(std::back_inserter(source_), "Kafka topic {}, partition {}, offset {}",
                   rd_kafka_topic_name(message.rkt), message.partition, message.offset);
    return decoder_.Append(value, source_).status();
  }
  int32_t num_rows() const override { return decoder_.num_rows(); }
  arrow::Result<Batch> Finish(BufferPool& pool) override { return decoder_.Finish(pool); }

 private:
  JsonDecoder decoder_;
  std::string source_;
};

class RawMessages final : public Decoder {
 public:
  RawMessages(std::vector<int> columns, std::string topic)
      : columns_(std::move(columns)), topic_(std::move(topic)) {}

  arrow::Status Append(const rd_kafka_message_t& message) override {
    rd_kafka_timestamp_type_t type = RD_KAFKA_TIMESTAMP_NOT_AVAILABLE;
    const int64_t timestamp_ms = rd_kafka_message_timestamp(&message, &type);
    messages_.push_back({.key = BytesOf(message.key, message.key_len),
                         .value = BytesOf(message.payload, message.len),
                         .partition = message.partition,
                         .offset = message.offset,
                         .timestamp_ms = timestamp_ms,
                         .timestamp_type = static_cast<int32_t>(type) - 1});
    return arrow::Status::OK();
  }
  int32_t num_rows() const override { return static_cast<int32_t>(messages_.size()); }

  arrow::Result<Batch> Finish(BufferPool& pool) override {
    Batch batch;
    for (const int column : columns_) batch.columns().push_back(ColumnOf(column, pool));
    batch.set_num_rows(num_rows());
    messages_.clear();
    bytes_.clear();
    return batch;
  }

 private:
  // Bytes in bytes_; length -1: NULL.
  struct Bytes {
    size_t begin = 0;
    int64_t length = -1;
  };
  struct Message {
    Bytes key;
    Bytes value;
    int32_t partition = 0;
    int64_t offset = 0;
    int64_t timestamp_ms = -1;
    int32_t timestamp_type = -1;  // as Spark: 0 when made, 1 when logged
  };

  Bytes BytesOf(const void* data, size_t size) {
    if (data == nullptr) return {};
    const Bytes bytes{bytes_.size(), static_cast<int64_t>(size)};
    bytes_.append(static_cast<const char*>(data), size);
    return bytes;
  }

  // In the order of RawSchema().
  Vector ColumnOf(int column, BufferPool& pool) {
    const Type& type = RawSchema().columns[static_cast<size_t>(column)].type;
    const int32_t size = num_rows();
    switch (column) {
      case 0:
        return BinaryColumn(&Message::key, pool);
      case 1:
        return BinaryColumn(&Message::value, pool);
      case 2:
        return Vector::Constant(TypedValue::String(topic_), size);
      case 3:
        return Filled<int32_t>(type, pool, [](const Message& m) { return m.partition; });
      case 4:
        return Filled<int64_t>(type, pool, [](const Message& m) { return m.offset; });
      case 5: {
        Vector times =
            Filled<int64_t>(type, pool, [](const Message& m) { return m.timestamp_ms * 1000; });
        for (int32_t row = 0; row < size; ++row) {
          if (messages_[static_cast<size_t>(row)].timestamp_ms < 0) {
            ClearBit(times.MutableValidity(pool), row);
          }
        }
        return times;
      }
      default:
        return Filled<int32_t>(type, pool, [](const Message& m) { return m.timestamp_type; });
    }
  }

  template <typename T, typename ValueOf>
  Vector Filled(const Type& type, BufferPool& pool, ValueOf value_of) const {
    Vector vector = Vector::Flat(type, num_rows(), pool);
    T* values = vector.mutable_data<T>();
    for (const Message& message : messages_) *values++ = value_of(message);
    return vector;
  }

  Vector BinaryColumn(Bytes Message::* member, BufferPool& pool) const {
    Vector vector = Vector::Flat(Type(TypeId::kBinary), num_rows(), pool);
    StringWriter writer(pool);
    auto* views = vector.mutable_data<StringView>();
    for (int32_t row = 0; row < num_rows(); ++row) {
      const Bytes& bytes = messages_[static_cast<size_t>(row)].*member;
      if (bytes.length < 0) {
        views[row] = StringView();
        ClearBit(vector.MutableValidity(pool), row);
        continue;
      }
      views[row] = writer.Write(
          std::string_view(bytes_).substr(bytes.begin, static_cast<size_t>(bytes.length)));
    }
    writer.AttachTo(&vector);
    return vector;
  }

  const std::vector<int> columns_;
  const std::string topic_;
  std::vector<Message> messages_;
  std::string bytes_;
};

}  // namespace

const Schema& RawSchema() {
  static const Schema schema{{{.name = "key", .type = Type(TypeId::kBinary)},
                              {.name = "value", .type = Type(TypeId::kBinary)},
                              {.name = "topic", .type = Type(TypeId::kString)},
                              {.name = "partition", .type = Type(TypeId::kInt)},
                              {.name = "offset", .type = Type(TypeId::kLong)},
                              {.name = "timestamp", .type = Type(TypeId::kTimestamp)},
                              {.name = "timestampType", .type = Type(TypeId::kInt)}}};
  return schema;
}

arrow::Result<std::unique_ptr<Decoder>> MakeDecoder(const Options& options,
                                                    const ScanRequest& request) {
  if (!options.is_json) return std::make_unique<RawMessages>(request.columns, options.topic);
  Schema schema;
  for (const int column : request.columns) {
    schema.columns.push_back(request.table.schema.columns[static_cast<size_t>(column)]);
  }
  ARROW_RETURN_NOT_OK(CheckJsonSchema(schema));
  return std::make_unique<JsonMessages>(std::move(schema), options.bad_records);
}

}  // namespace sabot::kafka
