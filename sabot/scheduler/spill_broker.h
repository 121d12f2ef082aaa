#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string_view>
#include <vector>

#include "arrow/status.h"

#include "sabot/base/memory_budget.h"
#include "sabot/vector/state_piece.h"

namespace sabot {

/// Decides which task of a query spills when a reservation was refused: the one that could free
/// most, on its own turn, though it may be blocked. Thread-safe.
class SpillBroker {
 public:
  explicit SpillBroker(MemoryBudget* memory) : memory_(memory) {}

  /// Before the tasks run.
  void AddTask(std::shared_ptr<Waker> waker);
  /// By the task, now and then: what its operators could free, and that it has got on.
  void Publish(uint32_t task, int64_t spillable_bytes, int64_t num_calls, int64_t writes_under_way);
  void End(uint32_t task);

  enum class Answer : uint8_t {
    kSpill,  ///< you are the victim: spill, tell Spilled, try again
    kWait,   ///< sleep; the waker fires at a release, or when there is something to decide
    kPause,  ///< the same, but have yourself woken in a few milliseconds too
    kFail,   ///< nothing is left to free and nobody gets on
  };
  /// By a task whose reservation was refused although it had registered for a release.
  Answer Ask(uint32_t task);
  /// Whether the task is to spill; looked at when its turn begins.
  bool IsAsked(uint32_t task) const {
    return tasks_[task]->is_asked.load(std::memory_order_acquire);
  }
  /// How much to free in one go.
  int64_t bytes_wanted() const;
  /// The victim's answer. 0: it had nothing, so another is to be asked.
  void Spilled(uint32_t task, int64_t freed_bytes);

  /// OUT_OF_MEMORY: who was refused, and who holds most.
  arrow::Status OutOfMemory(std::string_view who) const;

 private:
  struct TaskState {
    std::shared_ptr<Waker> waker;
    std::atomic<bool> is_asked{false};
    int64_t spillable_bytes = 0;
    int64_t num_calls = 0;
    int64_t writes_under_way = 0;
    int64_t exhausted_at_calls = -1;  // said 0 when it had made so many calls
    bool has_ended = false;
  };
  void WakeAll();

  MemoryBudget* const memory_;
  std::mutex mutex_;
  std::vector<std::unique_ptr<TaskState>> tasks_;
  int64_t calls_at_stall_ = -1;
  int num_stalls_ = 0;
};

/// Passes writes on and remembers which are under way.
class TrackedPageWriter final : public PageWriter {
 public:
  explicit TrackedPageWriter(std::unique_ptr<PageWriter> writer) : writer_(std::move(writer)) {}
  arrow::Result<std::shared_ptr<SpilledRun>> Write(std::vector<BufferPtr> content) override;
  int64_t NumUnderWay();

 private:
  const std::unique_ptr<PageWriter> writer_;
  std::vector<std::weak_ptr<SpilledRun>> runs_;
};

}  // namespace sabot
