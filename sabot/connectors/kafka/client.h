#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include <librdkafka/rdkafka.h>

#include "arrow/result.h"
#include "arrow/status.h"

#include "sabot/catalog/table.h"

namespace sabot::kafka {

/// A handle of librdkafka as a consumer without a group: we keep the offsets ourselves.
/// Thread-safe.
class Client {
 public:
  /// properties: of librdkafka, "bootstrap.servers" among them. Does not connect. Errors:
  /// CONFIG_INVALID for a property it does not know or a value it refuses.
  static arrow::Result<std::shared_ptr<Client>> Make(const OptionList& properties,
                                                     std::string address);
  ~Client();
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  rd_kafka_t* handle() const { return handle_; }
  const std::string& address() const { return address_; }

  /// Its number of partitions. Errors: CONNECTION_FAILED if no broker answers in time;
  /// TABLE_OR_VIEW_NOT_FOUND if there is no such topic.
  arrow::Result<int32_t> NumPartitions(const std::string& topic, int timeout_ms);
  struct Offsets {
    int64_t low = 0;   ///< of the oldest message that is there
    int64_t high = 0;  ///< of the next that will come
  };
  /// Errors: CONNECTION_FAILED.
  arrow::Result<Offsets> OffsetsOf(const std::string& topic, int32_t partition, int timeout_ms);
  arrow::Status ConnectionFailed(const std::string& message) const;

 private:
  Client(rd_kafka_t* handle, std::string address) : handle_(handle), address_(std::move(address)) {}
  rd_kafka_t* const handle_;
  const std::string address_;
};

/// Reads a partition front to back. One thread.
class PartitionReader {
 public:
  /// Messages from `offset` on. on_messages: called by a thread of librdkafka when some have come
  /// after there were none; may be null. Errors: IO_ERROR.
  static arrow::Result<std::unique_ptr<PartitionReader>> Open(std::shared_ptr<Client> client,
                                                              const std::string& topic,
                                                              int32_t partition, int64_t offset,
                                                              std::function<void()> on_messages);
  ~PartitionReader();
  PartitionReader(const PartitionReader&) = delete;
  PartitionReader& operator=(const PartitionReader&) = delete;

  /// Call visit(message) for up to max_messages that are there, or that come within timeout_ms;
  /// returns how many there were. position() moves on with each. Errors: of visit; IO_ERROR if the
  /// messages at the position are gone from the topic, or the broker refuses to give them.
  /// Connections that break are made again, and are no error.
  using Visit = std::function<arrow::Status(const rd_kafka_message_t& message)>;
  arrow::Result<int32_t> Read(int32_t max_messages, int timeout_ms, const Visit& visit);
  /// The offset of the next message.
  int64_t position() const { return position_; }
  /// The end of the partition was reached: what comes is new.
  bool is_at_end() const { return is_at_end_; }

 private:
  PartitionReader() = default;
  arrow::Status Take(const rd_kafka_message_t& message, const Visit& visit, int32_t* num_visited);

  std::shared_ptr<Client> client_;
  rd_kafka_topic_t* topic_ = nullptr;
  rd_kafka_queue_t* queue_ = nullptr;
  bool is_started_ = false;
  std::string topic_name_;
  int32_t partition_ = 0;
  int64_t position_ = 0;
  bool is_at_end_ = false;
  std::function<void()> on_messages_;
  std::vector<rd_kafka_message_t*> messages_;
};

}  // namespace sabot::kafka
