#pragma once

#include <deque>
#include <memory>
#include <mutex>
#include <vector>

#include "arrow/result.h"
#include "arrow/status.h"

#include "sabot/operators/aggregate/aggregate_program.h"
#include "sabot/state/keyed_table.h"

namespace sabot::internal {

/// What is left of the groups of one hash range: parts of the tasks' tables, which begin with it,
/// and spilled partitions within it. Never without a table.
struct GroupPart {
  HashRange range;
  std::vector<std::unique_ptr<KeyedTable>> tables;
  std::vector<SpilledPartition> spilled;
  int depth = 0;  ///< how often it did not fit and came back as it was
};

/// The groups of a finished aggregate, on their way from the tasks that made them to the tasks that
/// read them. Thread-safe.
class GroupStore {
 public:
  /// Parts are so many bits of hash; tables are split at least as fine.
  static constexpr int kPartBits = 4;

  /// A task's groups, at its End.
  void Add(std::unique_ptr<KeyedTable> table, std::vector<SpilledPartition> spilled);
  /// The next part, the caller's from here on. kMore: there was one; kDone: none is left, though
  /// others may add some, which they then read themselves.
  arrow::Result<Progress> Take(GroupPart* part);
  void Put(GroupPart part);

  int64_t spillable_bytes() const;
  /// Spill what nobody has taken yet.
  arrow::Result<int64_t> Spill(int64_t bytes_wanted, PageWriter& writer);

 private:
  void Prepare();

  mutable std::mutex mutex_;
  std::vector<std::unique_ptr<KeyedTable>> tables_;
  std::vector<SpilledPartition> spilled_;
  std::deque<GroupPart> parts_;
  bool is_prepared_ = false;
  uint32_t next_range_ = 0;
};

/// Reads the groups of a store as batches of keys and results: part by part, each put together from
/// all tasks' tables.
std::unique_ptr<Source> MakeGroupReader(std::shared_ptr<GroupStore> store,
                                        std::shared_ptr<const AggregateProgram> program,
                                        const TaskContext& context);

/// Spill the largest partitions of a table until so many bytes are on their way. Returns how many.
arrow::Result<int64_t> SpillLargest(KeyedTable* table, int64_t bytes_wanted, PageWriter& writer,
                                    std::vector<SpilledPartition>* spilled);

/// Does the range `outer` hold all of `inner`?
inline bool Holds(HashRange outer, HashRange inner) {
  return inner.bits >= outer.bits &&
         (outer.bits == 0 || inner.prefix >> (inner.bits - outer.bits) == outer.prefix);
}

}  // namespace sabot::internal
