#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "sabot/catalog/table.h"
#include "sabot/vector/batch.h"

namespace sabot {

/// A table in memory: batches that are never changed, shared by all who read them.
struct MemoryTable {
  Schema schema;
  std::vector<std::shared_ptr<const Batch>> batches;
};

/// The tables of one session that live in memory, by registration. Thread-safe; a query keeps the
/// table it began with.
class MemoryStore {
 public:
  /// Returns the id that a TableDescription's path names.
  std::string Add(std::shared_ptr<const MemoryTable> table);
  void Put(const std::string& id, std::shared_ptr<const MemoryTable> table);
  void Remove(const std::string& id);
  /// Errors: TABLE_OR_VIEW_NOT_FOUND.
  arrow::Result<std::shared_ptr<const MemoryTable>> Find(const std::string& id) const;

 private:
  mutable std::mutex mutex_;
  std::map<std::string, std::shared_ptr<const MemoryTable>> tables_;
  uint64_t next_id_ = 0;
};

/// Scans tables of the store; as a stream, batch by batch in order by one task.
std::shared_ptr<Connector> MakeMemoryConnector(std::shared_ptr<MemoryStore> store);

}  // namespace sabot
