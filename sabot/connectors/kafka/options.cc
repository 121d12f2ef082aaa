#include "sabot/connectors/kafka/options.h"

#include <charconv>
#include <vector>

#include "sabot/base/error.h"
#include "sabot/types/identifier.h"

namespace sabot::kafka {
namespace {

constexpr std::string_view kPrefix = "kafka.";

arrow::Status Invalid(const std::string& key, const std::string& value, std::string expected) {
  return MakeError("CONFIG_INVALID",
                   {{"key", key}, {"value", value}, {"expected", std::move(expected)}});
}

// The position of value in `words`, any case.
arrow::Result<size_t> WordOf(const std::string& key, const std::string& value,
                             const std::vector<std::string>& words) {
  std::string expected;
  for (size_t i = 0; i < words.size(); ++i) {
    if (EqualsIgnoreCase(value, words[i])) return i;
    expected += (i == 0 ? "" : " or ") + words[i];
  }
  return Invalid(key, value, expected);
}

arrow::Status ReadOne(const std::string& key, const std::string& value, Options* options,
                      bool* has_format) {
  if (key == "kafka.bootstrap.servers" || key == "bootstrap.servers") {
    options->address = value;
  } else if (key == "subscribe" || key == "topic") {
    if (value.find(',') != value.npos) {
      return UnsupportedError("Several topics in one stream", "a stream a topic");
    }
    options->topic = value;
  } else if (key == "startingoffsets") {
    ARROW_ASSIGN_OR_RAISE(const size_t word, WordOf(key, value, {"earliest", "latest"}));
    options->starts_at_latest = word == 1;
  } else if (key == "endingoffsets") {
    ARROW_RETURN_NOT_OK(WordOf(key, value, {"latest"}).status());
    options->ends_at_latest = true;
  } else if (key == "value.format") {
    ARROW_ASSIGN_OR_RAISE(const size_t word, WordOf(key, value, {"json", "raw"}));
    options->is_json = word == 0;
    *has_format = true;
  } else if (key == "mode") {
    ARROW_ASSIGN_OR_RAISE(const size_t word,
                          WordOf(key, value, {"PERMISSIVE", "DROPMALFORMED", "FAILFAST"}));
    options->bad_records = static_cast<BadRecordMode>(word);
  } else if (key == "connection.timeout.ms") {
    const auto [end, error] =
        std::from_chars(value.data(), value.data() + value.size(), options->timeout_ms);
    if (error != std::errc() || end != value.data() + value.size() || options->timeout_ms <= 0) {
      return Invalid(key, value, "a number of milliseconds");
    }
  } else if (key.starts_with(kPrefix)) {
    options->properties.emplace_back(key.substr(kPrefix.size()), value);
  } else {
    const std::vector<std::string> known{
        "kafka.bootstrap.servers", "subscribe",    "startingOffsets",
        "endingOffsets",           "value.format", "mode",
        "connection.timeout.ms"};
    const std::vector<std::string> nearest = NearestNames(key, known, 1);
    return Invalid(key, value,
                   nearest.empty() ? "an option of Kafka streams; those of librdkafka begin with "
                                     "kafka."
                                   : "the option " + nearest[0]);
  }
  return arrow::Status::OK();
}

}  // namespace

arrow::Result<Options> ReadOptions(const TableDescription& table) {
  Options options;
  bool has_format = false;
  for (const auto& [key, value] : table.options) {
    ARROW_RETURN_NOT_OK(ReadOne(ToLowerAscii(key), value, &options, &has_format));
  }
  if (options.address.empty()) {
    return Invalid("kafka.bootstrap.servers", "absent", "host:port of a broker");
  }
  if (options.topic.empty()) return Invalid("subscribe", "absent", "the name of a topic");
  // A schema is of the values.
  if (!has_format) options.is_json = !table.schema.columns.empty() && table.format != "raw";
  options.properties.emplace_back("bootstrap.servers", options.address);
  return options;
}

}  // namespace sabot::kafka
