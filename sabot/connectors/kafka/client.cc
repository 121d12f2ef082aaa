#include "sabot/connectors/kafka/client.h"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "sabot/base/error.h"

namespace sabot::kafka {
namespace {

struct DestroyConf {
  void operator()(rd_kafka_conf_t* conf) const { rd_kafka_conf_destroy(conf); }
};

arrow::Status SetProperty(rd_kafka_conf_t* conf, const std::string& key, const std::string& value) {
  std::array<char, 512> reason{};
  if (rd_kafka_conf_set(conf, key.c_str(), value.c_str(), reason.data(), reason.size()) ==
      RD_KAFKA_CONF_OK) {
    return arrow::Status::OK();
  }
  return MakeError(
      "CONFIG_INVALID",
      {{"key", "kafka." + key}, {"value", value}, {"expected", std::string(reason.data())}});
}

// Errors come back from the calls; librdkafka would tell them on stderr once more.
void DropLog(const rd_kafka_t*, int, const char*, const char*) {}

}  // namespace

arrow::Result<std::shared_ptr<Client>> Client::Make(const OptionList& properties,
                                                    std::string address) {
  std::unique_ptr<rd_kafka_conf_t, DestroyConf> conf(rd_kafka_conf_new());
  rd_kafka_conf_set_log_cb(conf.get(), DropLog);
  const OptionList fixed{
      // A position that is gone is for us to tell, not to skip silently.
      {"auto.offset.reset", "error"},
      {"enable.partition.eof", "true"},
      {"enable.auto.commit", "false"},
      {"enable.auto.offset.store", "false"},
      // Messages that wait for us, a partition.
      {"queued.max.messages.kbytes", "16384"},
  };
  for (const auto& [key, value] : fixed) ARROW_RETURN_NOT_OK(SetProperty(conf.get(), key, value));
  for (const auto& [key, value] : properties) {
    for (const auto& [taken, unused] : fixed) {
      if (key == taken && key != "queued.max.messages.kbytes") {
        return MakeError("CONFIG_INVALID",
                         {{"key", "kafka." + key},
                          {"value", value},
                          {"expected", "nothing: the checkpoint keeps the offsets"}});
      }
    }
    ARROW_RETURN_NOT_OK(SetProperty(conf.get(), key, value));
  }
  std::array<char, 512> reason{};
  rd_kafka_t* const handle =
      rd_kafka_new(RD_KAFKA_CONSUMER, conf.get(), reason.data(), reason.size());
  if (handle == nullptr) {
    return MakeError("CONFIG_INVALID", {{"key", "kafka options"},
                                        {"value", "as given"},
                                        {"expected", std::string(reason.data())}});
  }
  (void)conf.release();  // the handle has it now
  return std::shared_ptr<Client>(new Client(handle, std::move(address)));
}

Client::~Client() { rd_kafka_destroy(handle_); }

arrow::Status Client::ConnectionFailed(const std::string& message) const {
  return MakeError("CONNECTION_FAILED",
                   {{"system", "Kafka"}, {"address", address_}, {"message", message}}, {},
                   "is a broker running there?");
}

arrow::Result<int32_t> Client::NumPartitions(const std::string& topic, int timeout_ms) {
  const std::unique_ptr<rd_kafka_topic_t, void (*)(rd_kafka_topic_t*)> handle(
      rd_kafka_topic_new(handle_, topic.c_str(), nullptr), rd_kafka_topic_destroy);
  if (handle == nullptr) return ConnectionFailed(rd_kafka_err2str(rd_kafka_last_error()));
  const rd_kafka_metadata_t* metadata = nullptr;
  const rd_kafka_resp_err_t error =
      rd_kafka_metadata(handle_, 0, handle.get(), &metadata, timeout_ms);
  if (error != RD_KAFKA_RESP_ERR_NO_ERROR) return ConnectionFailed(rd_kafka_err2str(error));
  const bool is_there = metadata->topic_cnt == 1 &&
                        metadata->topics[0].err == RD_KAFKA_RESP_ERR_NO_ERROR &&
                        metadata->topics[0].partition_cnt > 0;
  const int32_t num_partitions = is_there ? metadata->topics[0].partition_cnt : 0;
  rd_kafka_metadata_destroy(metadata);
  if (is_there) return num_partitions;
  return MakeError("TABLE_OR_VIEW_NOT_FOUND",
                   {{"relationName", fmt::format("`{}`, a Kafka topic at {},", topic, address_)}});
}

arrow::Result<Client::Offsets> Client::OffsetsOf(const std::string& topic, int32_t partition,
                                                 int timeout_ms) {
  Offsets offsets;
  const rd_kafka_resp_err_t error = rd_kafka_query_watermark_offsets(
      handle_, topic.c_str(), partition, &offsets.low, &offsets.high, timeout_ms);
  if (error != RD_KAFKA_RESP_ERR_NO_ERROR) return ConnectionFailed(rd_kafka_err2str(error));
  return offsets;
}

arrow::Result<std::unique_ptr<PartitionReader>> PartitionReader::Open(
    std::shared_ptr<Client> client, const std::string& topic, int32_t partition, int64_t offset,
    std::function<void()> on_messages) {
  std::unique_ptr<PartitionReader> reader(new PartitionReader());
  reader->client_ = std::move(client);
  reader->topic_name_ = topic;
  reader->partition_ = partition;
  reader->position_ = offset;
  reader->on_messages_ = std::move(on_messages);
  rd_kafka_t* const handle = reader->client_->handle();
  reader->topic_ = rd_kafka_topic_new(handle, topic.c_str(), nullptr);
  reader->queue_ = rd_kafka_queue_new(handle);
  if (reader->on_messages_ != nullptr) {
    rd_kafka_queue_cb_event_enable(
        reader->queue_,
        [](rd_kafka_t*, void* self) { static_cast<PartitionReader*>(self)->on_messages_(); },
        reader.get());
  }
  if (reader->topic_ == nullptr ||
      rd_kafka_consume_start_queue(reader->topic_, partition, offset, reader->queue_) != 0) {
    return MakeError(
        "IO_ERROR", {{"message", fmt::format("Reading Kafka topic {}, partition {}: {}", topic,
                                             partition, rd_kafka_err2str(rd_kafka_last_error()))}});
  }
  reader->is_started_ = true;
  return reader;
}

PartitionReader::~PartitionReader() {
  // From here on nobody calls on_messages_.
  if (queue_ != nullptr) rd_kafka_queue_cb_event_enable(queue_, nullptr, nullptr);
  if (is_started_) rd_kafka_consume_stop(topic_, partition_);
  if (queue_ != nullptr) rd_kafka_queue_destroy(queue_);
  if (topic_ != nullptr) rd_kafka_topic_destroy(topic_);
}

arrow::Status PartitionReader::Take(const rd_kafka_message_t& message, const Visit& visit,
                                    int32_t* num_visited) {
  switch (message.err) {
    case RD_KAFKA_RESP_ERR_NO_ERROR:
      // Of before a reconnection.
      if (message.offset < position_) return arrow::Status::OK();
      ARROW_RETURN_NOT_OK(visit(message));
      position_ = message.offset + 1;
      is_at_end_ = false;
      ++*num_visited;
      return arrow::Status::OK();
    case RD_KAFKA_RESP_ERR__PARTITION_EOF:
      // Behind the last message there may be marks of transactions.
      position_ = std::max(position_, message.offset);
      is_at_end_ = true;
      return arrow::Status::OK();
    case RD_KAFKA_RESP_ERR__TRANSPORT:
    case RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN:
    case RD_KAFKA_RESP_ERR__TIMED_OUT:
    case RD_KAFKA_RESP_ERR__RESOLVE:
    case RD_KAFKA_RESP_ERR_LEADER_NOT_AVAILABLE:
    case RD_KAFKA_RESP_ERR_NOT_LEADER_FOR_PARTITION:
    case RD_KAFKA_RESP_ERR_REQUEST_TIMED_OUT:
      return arrow::Status::OK();
    default:
      return MakeError(
          "IO_ERROR",
          {{"message",
            fmt::format("Kafka topic {}, partition {}, offset {} at {}: {}", topic_name_,
                        partition_, position_, client_->address(),
                        message.payload != nullptr
                            ? std::string(static_cast<const char*>(message.payload), message.len)
                            : rd_kafka_err2str(message.err))}});
  }
}

arrow::Result<int32_t> PartitionReader::Read(int32_t max_messages, int timeout_ms,
                                             const Visit& visit) {
  messages_.resize(static_cast<size_t>(max_messages));
  const ssize_t count = rd_kafka_consume_batch_queue(queue_, timeout_ms, messages_.data(),
                                                     static_cast<size_t>(max_messages));
  int32_t num_visited = 0;
  arrow::Status status;
  for (ssize_t i = 0; i < count; ++i) {
    rd_kafka_message_t* const message = messages_[static_cast<size_t>(i)];
    if (status.ok()) status = Take(*message, visit, &num_visited);
    rd_kafka_message_destroy(message);
  }
  ARROW_RETURN_NOT_OK(status);
  return num_visited;
}

}  // namespace sabot::kafka
