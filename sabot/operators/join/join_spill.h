#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <vector>

#include "arrow/result.h"
#include "arrow/status.h"

#include "sabot/base/memory_budget.h"
#include "sabot/base/waker.h"
#include "sabot/state/row_run.h"
#include "sabot/vector/batch.h"

/// A join whose build side does not fit: both sides are dealt into parts by the top bits of their
/// keys' hash, written out where memory is short, and joined part by part.
namespace sabot::internal {

inline constexpr size_t kNumJoinParts = 32;
/// The table's directory goes by other bits.
inline size_t JoinPartOf(uint64_t hash) { return hash >> 59; }

using JoinPartRuns = std::array<std::vector<std::shared_ptr<RowRun>>, kNumJoinParts>;

/// Writes out the largest of the runs that are in memory, half of all at least. Returns the bytes
/// that will be free then.
arrow::Result<int64_t> SpillLargestRuns(std::vector<std::shared_ptr<RowRun>> runs,
                                        int64_t bytes_wanted, PageWriter& writer);
/// Of those in memory.
int64_t SpillableBytes(const std::vector<std::shared_ptr<RowRun>>& runs);

/// Rows of one side that one task deals into parts. Counted beyond the budget, so that a row is
/// never taken in half: ask HasRoom first.
class JoinPartWriter {
 public:
  JoinPartWriter(std::vector<Type> types, std::shared_ptr<MemoryConsumer> memory)
      : types_(std::move(types)), memory_(std::move(memory)) {}

  /// Is there memory for another batch?
  bool HasRoom();
  /// The rows of the batch; hashes[position].
  arrow::Status Append(const Batch& batch, Rows rows, const uint64_t* hashes);
  /// Of rows that are not spilled.
  int64_t size_bytes() const;
  /// Writes out the largest runs. Returns the bytes that will be free then.
  arrow::Result<int64_t> Spill(int64_t bytes_wanted, PageWriter& writer);
  /// All runs; the writer is empty then.
  JoinPartRuns Take();

 private:
  const std::vector<Type> types_;
  const std::shared_ptr<MemoryConsumer> memory_;
  std::array<std::shared_ptr<RowRun>, kNumJoinParts> open_;
  JoinPartRuns spilled_;
  std::array<std::vector<uint16_t>, kNumJoinParts> positions_;  // of the batch under way
  BufferPool pool_;
};

/// What the tasks of a join share once it spills. Thread-safe.
class JoinSpill {
 public:
  bool is_on() const { return is_on_.load(std::memory_order_acquire); }
  void TurnOn() { is_on_.store(true, std::memory_order_release); }

  void AddBuild(JoinPartRuns runs) { Add(&Part::build, std::move(runs)); }
  void AddProbe(JoinPartRuns runs) { Add(&Part::probe, std::move(runs)); }

  struct Part {
    std::vector<std::shared_ptr<RowRun>> build;
    std::vector<std::shared_ptr<RowRun>> probe;
  };
  /// The next part to join, the caller's until Finish or GiveBack. None: none is left.
  std::optional<Part> Take();
  void Finish();
  /// The part did not fit beside those of other tasks: it waits until one of them has finished.
  /// False: there is none beside it.
  bool GiveBack(Part* part, uint64_t* num_finished);
  /// Is it worth while to take a part again, after a GiveBack that gave this number? If not, the
  /// waker fires once it is, unless it is forgotten before.
  bool MayTakeAgain(uint64_t num_finished, Waker* waker);
  void Forget(Waker* waker);

  int64_t spillable_bytes() const;
  /// Writes out what nobody has taken yet.
  arrow::Result<int64_t> Spill(int64_t bytes_wanted, PageWriter& writer);

 private:
  void Add(std::vector<std::shared_ptr<RowRun>> Part::* side, JoinPartRuns runs);

  std::atomic<bool> is_on_{false};
  mutable std::mutex mutex_;
  std::array<Part, kNumJoinParts> arriving_;
  bool is_dealt_ = false;  // arriving_ has gone to waiting_
  std::vector<Part> waiting_;
  int num_taken_ = 0;
  uint64_t num_finished_ = 0;
  std::vector<Waker*> sleepers_;
};

}  // namespace sabot::internal
