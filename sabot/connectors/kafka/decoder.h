#pragma once

#include <memory>

#include <librdkafka/rdkafka.h>

#include "arrow/result.h"
#include "arrow/status.h"

#include "sabot/catalog/table.h"
#include "sabot/connectors/kafka/options.h"
#include "sabot/vector/batch.h"

namespace sabot::kafka {

/// Makes batches of messages. One thread.
class Decoder {
 public:
  virtual ~Decoder() = default;
  /// At most kVectorSize between two Finish calls. The message may go afterwards. Errors:
  /// BAD_RECORD.
  virtual arrow::Status Append(const rd_kafka_message_t& message) = 0;
  virtual int32_t num_rows() const = 0;
  /// The rows as a batch of the requested columns; starts anew.
  virtual arrow::Result<Batch> Finish(BufferPool& pool) = 0;
};

/// Of JSON values or messages as they are, by the options. A message without a value is a row of
/// NULLs in JSON.
arrow::Result<std::unique_ptr<Decoder>> MakeDecoder(const Options& options,
                                                    const ScanRequest& request);

}  // namespace sabot::kafka
