#include "sabot/operators/relational/limit.h"

#include <algorithm>
#include <atomic>
#include <limits>

#include "sabot/operators/weights.h"

namespace sabot {
namespace {

/// Hands out the places of rows in the order of arrival, to all tasks of a limit.
class RowCounter {
 public:
  RowCounter(int64_t offset, int64_t count) : begin_(offset) {
    if (count < 0 || __builtin_add_overflow(offset, count, &end_)) {
      end_ = std::numeric_limits<int64_t>::max();
    }
  }

  /// The places [result, result + num_rows) are the caller's.
  int64_t Take(int64_t num_rows) {
    int64_t place = next_.load(std::memory_order_relaxed);
    // Beyond the end nothing counts any more: stopping there, the counter cannot overflow.
    while (!next_.compare_exchange_weak(place, num_rows > end_ - place ? end_ : place + num_rows,
                                        std::memory_order_relaxed)) {
    }
    return place;
  }
  bool is_exhausted() const { return next_.load(std::memory_order_relaxed) >= end_; }
  int64_t begin() const { return begin_; }
  int64_t end() const { return end_; }

 private:
  const int64_t begin_;
  int64_t end_;
  std::atomic<int64_t> next_{0};
};

class Limit final : public Operator {
 public:
  explicit Limit(RowCounter* counter) : counter_(counter) {}

  arrow::Result<Progress> Push(int /*port*/, Batch& input, Output* output) override {
    if (counter_->is_exhausted()) return Progress::kDone;
    ARROW_RETURN_NOT_OK(RefuseTakenBack(input, "LIMIT", "a limit of the net rows, after a sort"));
    ARROW_ASSIGN_OR_RAISE(const int64_t num_rows, TotalWeight(input));
    const int64_t place = counter_->Take(num_rows);
    const int64_t end = std::min(num_rows, counter_->end() - place);
    const int64_t begin = std::clamp<int64_t>(counter_->begin() - place, 0, end);
    if (begin < end) output->batch = SliceByWeight(std::move(input), begin, end, pool_);
    return counter_->is_exhausted() ? Progress::kDone : Progress::kNeedsInput;
  }

 private:
  RowCounter* const counter_;
  BufferPool pool_;
};

class LimitFactory final : public OperatorFactory {
 public:
  explicit LimitFactory(const PhysicalLimit& step) : counter_(step.offset, step.count) {}

  arrow::Result<std::unique_ptr<Operator>> Make(const TaskContext& /*context*/) override {
    return std::make_unique<Limit>(&counter_);
  }

 private:
  RowCounter counter_;
};

}  // namespace

arrow::Result<std::unique_ptr<OperatorFactory>> MakeLimit(const PhysicalLimit& step,
                                                          const PhysicalNode& /*node*/,
                                                          const QueryContext& /*query*/) {
  return std::make_unique<LimitFactory>(step);
}

}  // namespace sabot
