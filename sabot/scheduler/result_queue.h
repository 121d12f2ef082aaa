#pragma once

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <utility>
#include <vector>

#include "sabot/base/memory_budget.h"
#include "sabot/vector/operator.h"

namespace sabot {

/// The result of a query on its way from the tasks to the one who asked. Bounded in bytes, and in
/// the order of the table: a batch is held back while a task may still give rows of an earlier
/// place. Thread-safe.
class ResultQueue {
 public:
  /// Where in the query a task is: the phase of its script, then the morsel it reads.
  using Place = std::pair<uint64_t, uint64_t>;

  /// memory: what waits counts as its; may be null.
  ResultQueue(uint32_t num_tasks, int64_t bytes_max, std::unique_ptr<MemoryConsumer> memory);
  ~ResultQueue();

  /// The task has come so far: what it gives from now on belongs here or later. An earlier place
  /// changes nothing.
  void Advance(uint32_t task, Place place);
  /// The task gives nothing more.
  void End(uint32_t task);
  /// False: no room, and the waker fires once there may be. Always true for who is at the earliest
  /// place while nothing can be taken out, so that holding back never locks up.
  bool TryPush(uint32_t task, Batch* batch, const std::shared_ptr<Waker>& waker);

  /// The next batch in order, if it is here.
  std::optional<Batch> TryTake();
  /// Waits until TryTake may give something, all tasks have ended, or the time is over.
  void WaitNanos(int64_t nanos);
  /// Wake a WaitNanos: something outside has happened.
  void Notify();
  bool is_drained() const;
  bool is_empty() const;

 private:
  struct Held {
    Batch batch;
    int64_t bytes;
  };
  Place Earliest() const;
  bool CanTake() const;
  void Changed();

  const int64_t bytes_max_;
  const std::unique_ptr<MemoryConsumer> memory_;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<std::optional<Place>> places_;  // none: ended
  std::map<Place, std::deque<Held>> held_;
  int64_t bytes_ = 0;
  uint64_t num_changes_ = 0;
  WakerList waiting_;
};

/// The rows of a batch each as often as its weight says, dense, in pieces of at most kVectorSize.
/// INTERNAL_ERROR for a weight below 0, as the result of a bounded query takes nothing back.
class WeightExpander {
 public:
  /// The first piece begins with the first row. False: all was given.
  arrow::Result<bool> Next(const Batch& input, BufferPool& pool, Batch* piece);

 private:
  int32_t row_ = 0;     // of the active rows
  int64_t copies_ = 0;  // of it given already
};

/// The operator that ends the last pipeline of a query.
std::unique_ptr<Operator> MakeResultSink(ResultQueue* queue, uint32_t task,
                                         std::shared_ptr<Waker> waker);

}  // namespace sabot
