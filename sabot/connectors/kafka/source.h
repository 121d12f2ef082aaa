#pragma once

#include <memory>
#include <vector>

#include "sabot/catalog/table.h"
#include "sabot/connectors/kafka/client.h"
#include "sabot/connectors/kafka/options.h"

namespace sabot::kafka {

/// A partition and where its reading begins and ends.
struct PartitionRange {
  int32_t partition = 0;
  int64_t low = 0;    ///< of the oldest message there was when the scan opened
  int64_t begin = 0;  ///< without a checkpoint
  int64_t end = -1;   ///< -1: never
};

/// The columns of a message as it is.
const Schema& RawSchema();

/// One scan of a topic.
std::shared_ptr<Scan> MakeScan(Options options, std::shared_ptr<Client> client,
                               std::vector<PartitionRange> partitions, ScanRequest request);

}  // namespace sabot::kafka
