#include "sabot/scheduler/task_memory.h"

#include <algorithm>

namespace sabot {
namespace {

// How long a task that is short of memory sleeps at most before it looks again.
constexpr int64_t kPauseNanos = 5'000'000;

}  // namespace

TaskMemory::TaskMemory(SpillBroker* broker, uint32_t task, const TaskContext* context,
                       std::shared_ptr<Waker> waker, std::unique_ptr<PageWriter> page_writer)
    : broker_(broker), task_(task), context_(context), waker_(std::move(waker)) {
  if (page_writer != nullptr) {
    page_writer_ = std::make_unique<TrackedPageWriter>(std::move(page_writer));
  }
}

arrow::Result<TaskMemory::Verdict> TaskMemory::OnRefused(std::span<Stateful* const> holders,
                                                         int64_t num_calls) {
  const bool is_again = calls_at_refusal_ == num_calls;
  calls_at_refusal_ = num_calls;
  // Registered before the call is repeated: a release in between is not missed.
  context_->memory->WakeOnRelease(waker_);
  if (!is_again) return Verdict::kRetry;
  Publish(holders, num_calls);
  switch (broker_->Ask(task_)) {
    case SpillBroker::Answer::kSpill:
      ARROW_RETURN_NOT_OK(Spill(holders, num_calls));
      return Verdict::kYield;
    case SpillBroker::Answer::kWait:
      return Verdict::kBlocked;
    case SpillBroker::Answer::kPause:
      context_->env.threads->PostAfter(
          kPauseNanos, [] { return arrow::Status::OK(); }, [waker = waker_] { waker->Fire(); });
      return Verdict::kBlocked;
    case SpillBroker::Answer::kFail:
      break;
  }
  return Verdict::kFail;
}

arrow::Status TaskMemory::SpillIfAsked(std::span<Stateful* const> holders, int64_t num_calls) {
  return broker_->IsAsked(task_) ? Spill(holders, num_calls) : arrow::Status::OK();
}

arrow::Status TaskMemory::Spill(std::span<Stateful* const> holders, int64_t num_calls) {
  int64_t freed = 0;
  if (page_writer_ != nullptr) {
    const int64_t wanted = broker_->bytes_wanted();
    std::vector<Stateful*> ordered(holders.begin(), holders.end());
    std::stable_sort(ordered.begin(), ordered.end(),
                     [](const Stateful* left, const Stateful* right) {
                       return left->spillable_bytes() > right->spillable_bytes();
                     });
    for (Stateful* holder : ordered) {
      if (freed >= wanted) break;
      ARROW_ASSIGN_OR_RAISE(const int64_t part, holder->Spill(wanted - freed, *page_writer_));
      freed += part;
    }
  }
  Publish(holders, num_calls);
  broker_->Spilled(task_, freed);
  return arrow::Status::OK();
}

void TaskMemory::Publish(std::span<Stateful* const> holders, int64_t num_calls) {
  int64_t spillable = 0;
  for (const Stateful* holder : holders) spillable += holder->spillable_bytes();
  broker_->Publish(task_, spillable, num_calls,
                   page_writer_ != nullptr ? page_writer_->NumUnderWay() : 0);
}

}  // namespace sabot
