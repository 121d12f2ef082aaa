#include "sabot/scheduler/spill_broker.h"

#include <algorithm>

#include <fmt/format.h>

#include "sabot/base/error.h"

namespace sabot {
namespace {

// How often a pause must pass without anybody getting on before the query fails.
constexpr int kStallsMax = 4;

}  // namespace

void SpillBroker::AddTask(std::shared_ptr<Waker> waker) {
  tasks_.push_back(std::make_unique<TaskState>());
  tasks_.back()->waker = std::move(waker);
}

void SpillBroker::Publish(uint32_t task, int64_t spillable_bytes, int64_t num_calls,
                          int64_t writes_under_way) {
  const std::lock_guard lock(mutex_);
  TaskState& state = *tasks_[task];
  state.spillable_bytes = spillable_bytes;
  state.num_calls = num_calls;
  state.writes_under_way = writes_under_way;
}

void SpillBroker::End(uint32_t task) {
  const std::lock_guard lock(mutex_);
  tasks_[task]->has_ended = true;
  tasks_[task]->writes_under_way = 0;
  tasks_[task]->is_asked.store(false);
  WakeAll();
}

// Under the lock.
void SpillBroker::WakeAll() {
  for (const auto& task : tasks_) task->waker->Fire();
}

int64_t SpillBroker::bytes_wanted() const {
  constexpr int64_t kMin = int64_t{1} << 20;
  constexpr int64_t kMax = int64_t{64} << 20;
  return std::clamp(memory_->limit_bytes() / 4, kMin, kMax);
}

SpillBroker::Answer SpillBroker::Ask(uint32_t task) {
  const std::lock_guard lock(mutex_);
  TaskState* victim = nullptr;
  int64_t num_calls = 0;
  bool is_writing = false;
  for (const auto& state : tasks_) {
    num_calls += state->num_calls;
    is_writing = is_writing || state->writes_under_way > 0;
    if (state->is_asked.load()) return state == tasks_[task] ? Answer::kSpill : Answer::kWait;
    if (state->has_ended || state->exhausted_at_calls == state->num_calls) continue;
    const bool is_better =
        victim == nullptr || state->spillable_bytes > victim->spillable_bytes ||
        (state->spillable_bytes == victim->spillable_bytes && state == tasks_[task]);
    if (is_better) victim = state.get();
  }
  // A write under way frees soon what it holds: wait for it before taking from the next.
  if (is_writing) return Answer::kPause;
  if (victim != nullptr) {
    num_stalls_ = 0;
    victim->is_asked.store(true, std::memory_order_release);
    if (victim == tasks_[task].get()) return Answer::kSpill;
    victim->waker->Fire();
    return Answer::kWait;
  }
  if (num_calls != calls_at_stall_) {
    calls_at_stall_ = num_calls;
    num_stalls_ = 0;
  }
  return ++num_stalls_ > kStallsMax ? Answer::kFail : Answer::kPause;
}

void SpillBroker::Spilled(uint32_t task, int64_t freed_bytes) {
  const std::lock_guard lock(mutex_);
  TaskState& state = *tasks_[task];
  state.is_asked.store(false);
  if (freed_bytes == 0) state.exhausted_at_calls = state.num_calls;
  WakeAll();
}

arrow::Status SpillBroker::OutOfMemory(std::string_view who) const {
  constexpr size_t kNumNamed = 3;
  std::string holders;
  for (const MemoryBudget::Usage& usage : memory_->TopConsumers(kNumNamed)) {
    holders +=
        fmt::format("{}{} {}", holders.empty() ? "" : ", ", usage.name, FormatBytes(usage.bytes));
  }
  return MakeError(
      "OUT_OF_MEMORY",
      {{"message", fmt::format("{} needs more memory, but {} of the limit of {} are taken and "
                               "nothing can be spilled: {}",
                               who, FormatBytes(memory_->reserved_bytes()),
                               FormatBytes(memory_->limit_bytes()),
                               holders.empty() ? "by nobody" : holders)}});
}

arrow::Result<std::shared_ptr<SpilledRun>> TrackedPageWriter::Write(
    std::vector<BufferPtr> content) {
  ARROW_ASSIGN_OR_RAISE(std::shared_ptr<SpilledRun> run, writer_->Write(std::move(content)));
  runs_.push_back(run);
  return run;
}

int64_t TrackedPageWriter::NumUnderWay() {
  std::erase_if(runs_, [](const std::weak_ptr<SpilledRun>& weak) {
    const std::shared_ptr<SpilledRun> run = weak.lock();
    return run == nullptr || run->is_written();
  });
  return static_cast<int64_t>(runs_.size());
}

}  // namespace sabot
