#pragma once

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <vector>

#include "sabot/catalog/table.h"
#include "sabot/connectors/memory/memory.h"

namespace sabot {

/// Takes the rows of one epoch: dense batches of at most kVectorSize rows, each row as often as it
/// counts; tasks in order, rows of a task in order. Called on the I/O pool, epochs in order.
using EpochConsumer = std::function<arrow::Status(
    Epoch epoch, std::span<const std::shared_ptr<const Batch>> batches)>;

/// Collects rows and gives them to the consumer when their epoch is committed: at the end of a
/// bounded query, after each checkpoint of a stream. The rows stay in this process: those of an
/// epoch that was recorded but not committed when the process died are gone with it, as is all that
/// the consumer kept in memory. Within a process every epoch is given once; a consumer that failed
/// is given it again. A row that is taken back is refused (STREAM_UNSUPPORTED).
std::shared_ptr<Sink> MakeCollectingSink(EpochConsumer consumer);

/// Appends each epoch's rows to the table `id` of the store, which is made by the first: queries
/// that begin later see them, all of an epoch or nothing.
std::shared_ptr<Sink> MakeMemorySink(std::shared_ptr<MemoryStore> store, std::string id,
                                     Schema schema);

/// Consumers that a plan names by the path of its sink, so that a plan stays plain data.
/// Thread-safe.
class ConsumerRegistry {
 public:
  /// Returns the id that a SinkDescription's path names.
  std::string Add(EpochConsumer consumer);
  void Remove(const std::string& id);
  /// Null if there is none.
  EpochConsumer Find(const std::string& id) const;

 private:
  mutable std::mutex mutex_;
  std::map<std::string, EpochConsumer> consumers_;
  uint64_t next_id_ = 0;
};

/// The connector "callback": only written to.
std::shared_ptr<Connector> MakeCallbackConnector(std::shared_ptr<ConsumerRegistry> registry);

}  // namespace sabot
