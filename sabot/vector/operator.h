#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "arrow/result.h"
#include "arrow/status.h"

#include "sabot/vector/batch.h"
#include "sabot/vector/state_piece.h"

namespace sabot {

/// What a call reports to the driver.
///
/// kMore, kBlocked and kNeedsMemory all mean: repeat the call with the same arguments; the operator
/// keeps its cursor, and what it took stays taken. No call works longer than about 1 ms, so kMore
/// with an empty output is a yield. kBlocked: repeat once the task's waker has fired. kNeedsMemory:
/// repeat once the reservation that failed can be met. Both leave the output empty. kNeedsInput:
/// the input is used up. kDone: no further input can change the output.
enum class Progress : uint8_t { kNeedsInput, kMore, kBlocked, kNeedsMemory, kDone };

/// In order with the batches. The driver merges ports: watermark and idle as the minimum over live
/// ports, a barrier once, aligned; end comes once a port. A timer is the operator's own
/// (TaskContext::SetTimer) and goes no further.
struct Marker {
  enum Kind : uint8_t { kNone, kWatermark, kIdle, kBarrier, kEnd, kTimer } kind = kNone;
  uint8_t port = 0;   ///< of kEnd: which input ended
  int64_t value = 0;  ///< event time, epoch or clock time, in microseconds where a time

  friend bool operator==(const Marker&, const Marker&) = default;
};

/// What one call yields: at most one batch, then at most one marker of its own making. Arrives
/// empty and keeps its capacity.
struct Output {
  Batch batch;
  Marker marker;
  uint8_t port = 0;  ///< 0: result; 1: late rows or bad records

  bool empty() const {
    return batch.num_columns() == 0 && batch.num_rows() == 0 && marker.kind == Marker::kNone;
  }
  void Clear() {
    batch.Clear();
    marker = {};
    port = 0;
  }
};

/// Whoever owns pages. Calls come one at a time on the owner's turn; Spill between any two others,
/// also while a kMore is open.
class Stateful {
 public:
  virtual ~Stateful() = default;
  /// After a barrier was drained: hand over sealed pages by reference, filed by key group or split.
  /// Copies page tables only.
  virtual arrow::Status Snapshot(Epoch /*epoch*/, SnapshotWriter& /*writer*/) {
    return arrow::Status::OK();
  }
  /// Before the first call. Reads exactly the groups and splits owned now.
  virtual arrow::Status Restore(SnapshotReader& /*reader*/) { return arrow::Status::OK(); }
  /// About how much Spill could free now, in bytes: the driver asks the greatest first. Who leaves
  /// it at 0 is asked last.
  virtual int64_t spillable_bytes() const { return 0; }
  /// Seal and hand over a piece of about that size; returns the bytes that will be free once it is
  /// written, 0 if there is nothing to give.
  virtual arrow::Result<int64_t> Spill(int64_t /*bytes_wanted*/, PageWriter& /*writer*/) {
    return 0;
  }
};

/// Polled when all it gave before is used up. kMore: poll again; kBlocked: nothing yet; kDone: the
/// driver sends End. Its position is its Snapshot. Never kNeedsInput.
class Source : public Stateful {
 public:
  virtual arrow::Result<Progress> Poll(Output* output) = 0;
};

/// A running step: one instance a task. What instances share (join table, partition lists,
/// counters) their factory makes once a query.
class Operator : public Stateful {
 public:
  /// May move from `input` only in the call that returns kNeedsInput or kDone.
  virtual arrow::Result<Progress> Push(int port, Batch& input, Output* output) = 0;
  /// Afterwards the driver sends the marker to every output port as the operator left it: a
  /// watermark may be lowered or withheld (kNone), never advanced. kMore: repeat, the marker waits.
  /// kNeedsInput: done with it.
  virtual arrow::Result<Progress> OnMarker(Marker& /*marker*/, Output* /*output*/) {
    return Progress::kNeedsInput;
  }
  /// Bounded: once every instance has drained End, this task's reader of what is left (groups,
  /// sorted rows, spilled pairs, unmatched rows), morsels shared with the other tasks' readers. It
  /// runs into the next operator before that one's End. Null: nothing is left.
  virtual std::unique_ptr<Source> Remainder() { return nullptr; }
};

/// A sink is an operator without outputs: OnMarker(barrier) flushes, Snapshot stages the epoch.
/// Commit runs after the epoch record, on the I/O pool, epochs in order, and again at a restore
/// before anything runs; so it is idempotent.
class Committer {
 public:
  virtual ~Committer() = default;
  virtual arrow::Status Commit(Epoch epoch, SnapshotReader& staged) = 0;
};

}  // namespace sabot
