#include "sabot/connectors/kafka/kafka.h"

#include <algorithm>

#include "sabot/base/error.h"
#include "sabot/connectors/kafka/client.h"
#include "sabot/connectors/kafka/options.h"
#include "sabot/connectors/kafka/source.h"
#include "sabot/formats/json/json_decoder.h"

namespace sabot {
namespace {

// What a schema is inferred from.
constexpr int32_t kSampleMessages = 1000;
// A read waits so long for all it could get.
constexpr int kSampleWaitMs = 50;

class KafkaConnector final : public Connector {
 public:
  std::string_view name() const override { return "kafka"; }

  arrow::Result<TableDescription> Describe(TableDescription table, const Env& env) override {
    ARROW_ASSIGN_OR_RAISE(const kafka::Options options, kafka::ReadOptions(table));
    ARROW_ASSIGN_OR_RAISE(const auto client,
                          kafka::Client::Make(options.properties, options.address));
    ARROW_RETURN_NOT_OK(client->NumPartitions(options.topic, options.timeout_ms).status());
    table.format = options.is_json ? "json" : "raw";
    if (!options.is_json) {
      if (!table.schema.columns.empty() && table.schema != kafka::RawSchema()) {
        return MakeError("SCHEMA_MISMATCH", {{"source", "Kafka topic " + options.topic},
                                             {"message",
                                              "raw messages have the columns key, value, topic, "
                                              "partition, offset, timestamp and timestampType"}});
      }
      table.schema = kafka::RawSchema();
    } else if (table.schema.columns.empty()) {
      ARROW_ASSIGN_OR_RAISE(table.schema, InferSchema(options, client, env));
    }
    if (options.is_json) ARROW_RETURN_NOT_OK(CheckJsonSchema(table.schema));
    return table;
  }

  arrow::Result<std::shared_ptr<Scan>> OpenScan(const ScanRequest& request,
                                                const Env& /*env*/) override {
    ARROW_ASSIGN_OR_RAISE(kafka::Options options, kafka::ReadOptions(request.table));
    ARROW_ASSIGN_OR_RAISE(auto client, kafka::Client::Make(options.properties, options.address));
    ARROW_ASSIGN_OR_RAISE(auto partitions, RangesOf(options, *client));
    return kafka::MakeScan(std::move(options), std::move(client), std::move(partitions), request);
  }

 private:
  static arrow::Result<std::vector<kafka::PartitionRange>> RangesOf(const kafka::Options& options,
                                                                    kafka::Client& client) {
    ARROW_ASSIGN_OR_RAISE(const int32_t num_partitions,
                          client.NumPartitions(options.topic, options.timeout_ms));
    std::vector<kafka::PartitionRange> ranges;
    for (int32_t partition = 0; partition < num_partitions; ++partition) {
      ARROW_ASSIGN_OR_RAISE(const kafka::Client::Offsets offsets,
                            client.OffsetsOf(options.topic, partition, options.timeout_ms));
      ranges.push_back({.partition = partition,
                        .low = offsets.low,
                        .begin = options.starts_at_latest ? offsets.high : offsets.low,
                        .end = options.ends_at_latest ? offsets.high : -1});
    }
    return ranges;
  }

  // From the oldest messages of each partition.
  static arrow::Result<Schema> InferSchema(const kafka::Options& options,
                                           const std::shared_ptr<kafka::Client>& client,
                                           const Env& env) {
    ARROW_ASSIGN_OR_RAISE(const auto ranges, RangesOf(options, *client));
    JsonSchemaInference inference;
    int64_t num_objects = 0;
    const int32_t share = std::max(kSampleMessages / static_cast<int32_t>(ranges.size()), 1);
    for (const kafka::PartitionRange& range : ranges) {
      ARROW_ASSIGN_OR_RAISE(const kafka::Client::Offsets offsets,
                            client->OffsetsOf(options.topic, range.partition, options.timeout_ms));
      if (offsets.low == offsets.high) continue;
      ARROW_ASSIGN_OR_RAISE(auto reader,
                            kafka::PartitionReader::Open(client, options.topic, range.partition,
                                                         offsets.low, nullptr));
      int32_t num_left = share;
      const int64_t deadline =
          env.clock->MonotonicNanos() + options.timeout_ms * int64_t{1'000'000};
      while (num_left > 0 && reader->position() < offsets.high &&
             env.clock->MonotonicNanos() < deadline) {
        ARROW_ASSIGN_OR_RAISE(
            const int32_t num_read,
            reader->Read(num_left, kSampleWaitMs, [&](const rd_kafka_message_t& message) {
              if (message.payload != nullptr &&
                  inference.Add({static_cast<const char*>(message.payload), message.len})) {
                ++num_objects;
              }
              return arrow::Status::OK();
            }));
        num_left -= num_read;
      }
    }
    if (num_objects > 0) return inference.Finish();
    return MakeError("CANNOT_INFER_SCHEMA",
                     {{"source", "Kafka topic " + options.topic},
                      {"reason", "it has no message yet that is a JSON object"}});
  }
};

}  // namespace

std::shared_ptr<Connector> MakeKafkaConnector() { return std::make_shared<KafkaConnector>(); }

}  // namespace sabot
