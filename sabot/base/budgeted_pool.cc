#include "arrow/memory_pool.h"

#include "sabot/base/memory_budget.h"

namespace sabot {
namespace {

class BudgetedPool final : public arrow::MemoryPool {
 public:
  BudgetedPool(std::shared_ptr<MemoryBudget> budget, std::unique_ptr<MemoryConsumer> consumer,
               arrow::MemoryPool* parent)
      : budget_(std::move(budget)), consumer_(std::move(consumer)), parent_(parent) {}

  using arrow::MemoryPool::Allocate;
  using arrow::MemoryPool::Free;
  using arrow::MemoryPool::Reallocate;

  arrow::Status Allocate(int64_t size, int64_t alignment, uint8_t** out) override {
    ARROW_RETURN_NOT_OK(parent_->Allocate(size, alignment, out));
    Took(size);
    return arrow::Status::OK();
  }

  arrow::Status Reallocate(int64_t old_size, int64_t new_size, int64_t alignment,
                           uint8_t** ptr) override {
    ARROW_RETURN_NOT_OK(parent_->Reallocate(old_size, new_size, alignment, ptr));
    if (new_size > old_size) {
      Took(new_size - old_size);
    } else {
      consumer_->Release(old_size - new_size);
    }
    return arrow::Status::OK();
  }

  void Free(uint8_t* buffer, int64_t size, int64_t alignment) override {
    parent_->Free(buffer, size, alignment);
    consumer_->Release(size);
  }

  void ReleaseUnused() override { parent_->ReleaseUnused(); }
  int64_t bytes_allocated() const override { return consumer_->used_bytes(); }
  int64_t max_memory() const override { return max_memory_.load(std::memory_order_relaxed); }
  int64_t total_bytes_allocated() const override {
    return total_bytes_.load(std::memory_order_relaxed);
  }
  int64_t num_allocations() const override {
    return num_allocations_.load(std::memory_order_relaxed);
  }
  std::string backend_name() const override { return parent_->backend_name(); }

 private:
  void Took(int64_t bytes) {
    consumer_->ForceReserve(bytes);
    total_bytes_.fetch_add(bytes, std::memory_order_relaxed);
    num_allocations_.fetch_add(1, std::memory_order_relaxed);
    const int64_t now = consumer_->used_bytes();
    int64_t max = max_memory_.load(std::memory_order_relaxed);
    while (now > max && !max_memory_.compare_exchange_weak(max, now, std::memory_order_relaxed)) {
    }
  }

  // Before the consumer: it goes last.
  const std::shared_ptr<MemoryBudget> budget_;
  const std::unique_ptr<MemoryConsumer> consumer_;
  arrow::MemoryPool* const parent_;
  std::atomic<int64_t> max_memory_{0};
  std::atomic<int64_t> total_bytes_{0};
  std::atomic<int64_t> num_allocations_{0};
};

}  // namespace

arrow::Result<std::shared_ptr<arrow::MemoryPool>> MakeBudgetedPool(
    std::shared_ptr<MemoryBudget> budget, std::string name, arrow::MemoryPool* parent) {
  ARROW_ASSIGN_OR_RAISE(std::unique_ptr<MemoryConsumer> consumer,
                        budget->MakeConsumer(std::move(name)));
  return std::make_shared<BudgetedPool>(std::move(budget), std::move(consumer), parent);
}

}  // namespace sabot
