#pragma once

#include <string>

#include "arrow/result.h"

#include "sabot/catalog/table.h"
#include "sabot/formats/text/text_value.h"

namespace sabot::kafka {

/// A table's options, checked.
struct Options {
  std::string address;  ///< bootstrap servers: "host:9092,host:9093"
  std::string topic;
  OptionList properties;  ///< of librdkafka, without "kafka."
  bool starts_at_latest = false;
  bool ends_at_latest = false;  ///< read what is there when the scan opens, then end
  bool is_json = false;
  BadRecordMode bad_records = BadRecordMode::kPermissive;
  int timeout_ms = 10'000;
};

/// Errors: CONFIG_INVALID, UNSUPPORTED_FEATURE.
arrow::Result<Options> ReadOptions(const TableDescription& table);

}  // namespace sabot::kafka
