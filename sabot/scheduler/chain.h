#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <span>
#include <string_view>
#include <vector>

#include "arrow/result.h"
#include "arrow/status.h"

#include "sabot/base/env.h"
#include "sabot/vector/operator.h"

namespace sabot {

/// What a node of a plan has done so far; its tasks add, anyone reads.
struct NodeCounters {
  std::atomic<int64_t> rows_out{0};
  std::atomic<int64_t> batches_out{0};
  std::atomic<int64_t> nanos{0};

  void Add(int64_t rows, int64_t batches, int64_t time_nanos) {
    if (rows != 0) rows_out.fetch_add(rows, std::memory_order_relaxed);
    if (batches != 0) batches_out.fetch_add(batches, std::memory_order_relaxed);
    nanos.fetch_add(time_nanos, std::memory_order_relaxed);
  }
};

/// What is left of a task's turn, so that many tasks share a thread: about 100,000 rows or 2 ms.
struct TurnBudget {
  static constexpr int64_t kRows = 100'000;
  static constexpr int64_t kNanos = 2'000'000;

  int64_t rows_left = kRows;
  int64_t deadline_nanos = 0;  ///< of Clock::MonotonicNanos
  bool is_spent = false;

  static TurnBudget Start(Clock& clock) { return {kRows, clock.MonotonicNanos() + kNanos}; }
  void Spend(int64_t rows, int64_t now_nanos) {
    rows_left -= rows;
    is_spent = is_spent || rows_left <= 0 || now_nanos >= deadline_nanos;
  }
};

/// One operator of a chain. What it puts out on port 0 goes to step `next`, on port 1 (late rows)
/// to step `side`; -1: nobody takes it, and then it is a bug to put any out.
struct ChainStep {
  static constexpr int kNone = -1;

  Operator* op = nullptr;
  int next = kNone;
  int side = kNone;
  int port = 0;                      ///< on which its input comes in
  NodeCounters* counters = nullptr;  ///< may be null
};

/// Where a run of a chain stands.
enum class ChainState : uint8_t {
  kIdle,         ///< all that was started is used up; start more
  kYield,        ///< the turn is over; run on
  kBlocked,      ///< run on once the task's waker has fired
  kNeedsMemory,  ///< run on once more can be reserved
};

/// Drives the operators of one task: a tree of steps whose edges lead to the sink. It runs depth
/// first, with a frame a step instead of recursion: a step is called again only when what it put
/// out is used up by all below. Each call repeats with the same arguments until it is through. One
/// thread at a time.
///
/// One thing is started at a time (StartPoll, StartBatch, StartMarker) and then run until kIdle.
class Chain {
 public:
  /// Called when a step is through with a marker and so are all below with what it put out: before
  /// the marker moves on. Here a barrier's snapshot is taken.
  using DrainedHook = std::function<arrow::Status(int step, const Marker& marker)>;

  /// steps: a step stands before its next and its side. is_cancelled: looked at before every call.
  /// All that is pointed to outlives the chain.
  Chain(std::vector<ChainStep> steps, Clock* clock, const std::atomic<bool>* is_cancelled);
  Chain(const Chain&) = delete;
  Chain& operator=(const Chain&) = delete;

  void set_drained_hook(DrainedHook hook) { drained_hook_ = std::move(hook); }

  /// Called with the split of each batch that a poll gives, before anything is done with it.
  void set_poll_hook(std::function<void(uint64_t split)> hook) { poll_hook_ = std::move(hook); }

  /// Poll the source until it gives something (kMore or kDone), and bring that through from `step`
  /// on. step kNone: it must give nothing. counters of the source; may be null.
  void StartPoll(Source* source, int step, NodeCounters* counters = nullptr);
  /// Whether the last poll said kDone.
  bool is_poll_done() const { return poll_done_; }
  /// Between polls nothing is under way: a poll that is blocked may be given up.
  bool AbandonPoll();

  /// The batch is used up by the time the chain is idle. It stays where it is until then.
  void StartBatch(int port, Batch* batch, int step);
  /// forward: on from step to step until a step keeps it; else it ends with `step`.
  void StartMarker(Marker marker, int step, bool forward);

  /// Errors: of the operators; OPERATION_CANCELED; INTERNAL_ERROR where an operator breaks the
  /// contract. After an error nothing runs again.
  arrow::Result<ChainState> Run(TurnBudget* budget);

  /// The step said kDone: it takes no more batches.
  bool is_done(int step) const { return done_[static_cast<size_t>(step)]; }
  /// A step below said kDone: nothing this step may still give is wanted.
  bool is_closed(int step) const;
  /// Calls that were through (neither blocked nor short of memory), since the beginning.
  int64_t num_calls() const { return num_calls_; }
  /// The step whose call needs memory or is blocked; kNone: the source of the poll.
  int current_step() const;
  std::span<const ChainStep> steps() const { return steps_; }

 private:
  struct Frame {
    enum Kind : uint8_t { kPoll, kBatch, kMarker } kind = kBatch;
    /// What to do next with it.
    enum Stage : uint8_t {
      kCall,
      kGiveBatch,
      kGiveMarker,
      kAgain,    ///< the output is used up: call again, or go on if that was the last answer
      kDrained,  ///< a marker: its step is through with it
      kForward,
      kForwardSide,
      kEnd,
    } stage = kCall;
    Progress progress = Progress::kMore;
    bool forward = false;
    int step = ChainStep::kNone;
    int port = 0;
    Source* source = nullptr;
    NodeCounters* counters = nullptr;
    Batch* input = nullptr;
    Marker marker;
    Output output;
  };

  Frame& Open(Frame::Kind kind, int step);
  void OpenBatch(int step, Batch* batch);
  arrow::Status Advance(Frame& frame);
  /// One call of the operator or source; what it answered is in the frame.
  arrow::Status Call(Frame& frame);
  arrow::Status Answered(Frame& frame);
  int TargetOf(const Frame& frame) const;
  bool IsWanted(const Frame& frame) const;
  arrow::Status Broken(int step, std::string_view what) const;

  const std::vector<ChainStep> steps_;
  Clock* const clock_;
  const std::atomic<bool>* const is_cancelled_;
  DrainedHook drained_hook_;
  std::function<void(uint64_t)> poll_hook_;
  BufferPool pool_;
  std::vector<bool> done_;
  // A fixed array: outputs keep their capacity, and frames their place while others open above.
  std::vector<Frame> frames_;
  int depth_ = 0;
  bool any_done_ = false;
  bool poll_done_ = false;
  int64_t now_nanos_ = 0;
  int64_t rows_given_ = 0;
  int64_t num_calls_ = 0;
};

}  // namespace sabot
