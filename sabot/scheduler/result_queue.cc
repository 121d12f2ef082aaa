#include "sabot/scheduler/result_queue.h"

#include <algorithm>
#include <chrono>

#include "sabot/base/error.h"
#include "sabot/exchange/batch_bytes.h"

namespace sabot {
ResultQueue::ResultQueue(uint32_t num_tasks, int64_t bytes_max,
                         std::unique_ptr<MemoryConsumer> memory)
    : bytes_max_(bytes_max), memory_(std::move(memory)), places_(num_tasks, Place{0, 0}) {}

ResultQueue::~ResultQueue() {
  if (memory_ != nullptr) memory_->Release(bytes_);
}

ResultQueue::Place ResultQueue::Earliest() const {
  Place earliest{UINT64_MAX, UINT64_MAX};
  for (const std::optional<Place>& place : places_) {
    if (place.has_value()) earliest = std::min(earliest, *place);
  }
  return earliest;
}

bool ResultQueue::CanTake() const { return !held_.empty() && held_.begin()->first <= Earliest(); }

// Under the lock.
void ResultQueue::Changed() {
  ++num_changes_;
  changed_.notify_all();
  waiting_.FireAll();
}

void ResultQueue::Advance(uint32_t task, Place place) {
  const std::lock_guard lock(mutex_);
  if (!places_[task].has_value() || place <= *places_[task]) return;
  const Place before = Earliest();
  places_[task] = place;
  if (Earliest() != before) Changed();
}

void ResultQueue::End(uint32_t task) {
  const std::lock_guard lock(mutex_);
  places_[task].reset();
  Changed();
}

bool ResultQueue::TryPush(uint32_t task, Batch* batch, const std::shared_ptr<Waker>& waker) {
  const std::lock_guard lock(mutex_);
  const Place place = *places_[task];
  const bool is_next = place <= Earliest() && !CanTake();
  if (bytes_ >= bytes_max_ && !is_next) {
    waiting_.Add(waker);
    return false;
  }
  const int64_t bytes = BatchBytes(*batch);
  bytes_ += bytes;
  if (memory_ != nullptr) memory_->ForceReserve(bytes);
  held_[place].push_back({std::move(*batch), bytes});
  if (place <= Earliest()) {
    ++num_changes_;
    changed_.notify_all();
  }
  return true;
}

std::optional<Batch> ResultQueue::TryTake() {
  const std::lock_guard lock(mutex_);
  if (!CanTake()) return std::nullopt;
  std::deque<Held>& first = held_.begin()->second;
  Held taken = std::move(first.front());
  first.pop_front();
  if (first.empty()) held_.erase(held_.begin());
  bytes_ -= taken.bytes;
  if (memory_ != nullptr) memory_->Release(taken.bytes);
  waiting_.FireAll();
  return std::move(taken.batch);
}

void ResultQueue::WaitNanos(int64_t nanos) {
  std::unique_lock lock(mutex_);
  const uint64_t seen = num_changes_;
  changed_.wait_for(lock, std::chrono::nanoseconds(nanos), [&] {
    return CanTake() || num_changes_ != seen ||
           (held_.empty() && Earliest() == Place{UINT64_MAX, UINT64_MAX});
  });
}

void ResultQueue::Notify() {
  const std::lock_guard lock(mutex_);
  ++num_changes_;
  changed_.notify_all();
}

bool ResultQueue::is_drained() const {
  const std::lock_guard lock(mutex_);
  return held_.empty() && Earliest() == Place{UINT64_MAX, UINT64_MAX};
}

bool ResultQueue::is_empty() const {
  const std::lock_guard lock(mutex_);
  return held_.empty();
}

arrow::Result<bool> WeightExpander::Next(const Batch& input, BufferPool& pool, Batch* piece) {
  const Rows rows = input.rows();
  if (row_ >= rows.count) {
    row_ = 0;
    return false;
  }
  std::vector<int32_t> order;
  while (row_ < rows.count && order.size() < static_cast<size_t>(kVectorSize)) {
    const int64_t weight = input.weight(rows[row_]);
    if (weight < 0) {
      return InternalError("a bounded query's result takes back a row it never gave");
    }
    const int64_t taken =
        std::min(weight - copies_, kVectorSize - static_cast<int64_t>(order.size()));
    order.insert(order.end(), static_cast<size_t>(taken), rows[row_]);
    copies_ += taken;
    if (copies_ < weight) break;
    copies_ = 0;
    ++row_;
  }
  *piece = input.Take(order, pool);
  piece->set_weights(nullptr);
  return true;
}

namespace {

class ResultSink final : public Operator {
 public:
  ResultSink(ResultQueue* queue, uint32_t task, std::shared_ptr<Waker> waker)
      : queue_(queue), task_(task), waker_(std::move(waker)) {}

  arrow::Result<Progress> Push(int /*port*/, Batch& input, Output* /*output*/) override {
    if (input.weights() != nullptr) return PushWeighted(input);
    if (input.has_selection()) {
      if (!piece_.has_value()) {
        piece_ = input.Clone();
        piece_->Compact(pool_);
      }
      if (!queue_->TryPush(task_, &*piece_, waker_)) return Progress::kBlocked;
      piece_.reset();
      return Progress::kNeedsInput;
    }
    return queue_->TryPush(task_, &input, waker_) ? Progress::kNeedsInput : Progress::kBlocked;
  }

 private:
  arrow::Result<Progress> PushWeighted(const Batch& input) {
    if (!piece_.has_value()) {
      Batch piece;
      ARROW_ASSIGN_OR_RAISE(const bool is_given, expander_.Next(input, pool_, &piece));
      if (!is_given) return Progress::kNeedsInput;
      piece_ = std::move(piece);
    }
    if (!queue_->TryPush(task_, &*piece_, waker_)) return Progress::kBlocked;
    piece_.reset();
    return Progress::kMore;
  }

  ResultQueue* const queue_;
  const uint32_t task_;
  const std::shared_ptr<Waker> waker_;
  BufferPool pool_;
  WeightExpander expander_;
  std::optional<Batch> piece_;
};

}  // namespace

std::unique_ptr<Operator> MakeResultSink(ResultQueue* queue, uint32_t task,
                                         std::shared_ptr<Waker> waker) {
  return std::make_unique<ResultSink>(queue, task, std::move(waker));
}

}  // namespace sabot
