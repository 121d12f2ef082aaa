#include "sabot/base/memory_budget.h"

#include <algorithm>

#include <fmt/format.h>

#include "sabot/base/error.h"

namespace sabot {

arrow::Result<std::unique_ptr<MemoryConsumer>> MemoryBudget::MakeConsumer(std::string name,
                                                                          int64_t floor_bytes) {
  if (!TryTake(floor_bytes)) return OutOfMemoryError(*this, name, floor_bytes);
  std::unique_ptr<MemoryConsumer> consumer(new MemoryConsumer(this, std::move(name), floor_bytes));
  const std::lock_guard lock(mutex_);
  consumers_.push_back(consumer.get());
  return consumer;
}

void MemoryBudget::set_limit_bytes(int64_t limit_bytes) {
  limit_bytes_.store(limit_bytes);
  waiting_.FireAll();
}

// The counters are sequentially consistent against WakerList's flag: see WakeOnRelease.
bool MemoryBudget::TryTake(int64_t bytes) {
  int64_t reserved = reserved_bytes_.load();
  do {
    // As a difference: a sum could overflow. Memory forced on the budget makes it negative.
    if (bytes > limit_bytes() - reserved && bytes > 0) return false;
  } while (!reserved_bytes_.compare_exchange_weak(reserved, reserved + bytes));
  RaisePeak(reserved + bytes);
  return true;
}

void MemoryBudget::ForceTake(int64_t bytes) { RaisePeak(reserved_bytes_.fetch_add(bytes) + bytes); }

void MemoryBudget::GiveBack(int64_t bytes) {
  reserved_bytes_.fetch_sub(bytes);
  waiting_.FireAll();
}

void MemoryBudget::RaisePeak(int64_t reserved_bytes) {
  int64_t peak = peak_bytes_.load(std::memory_order_relaxed);
  while (reserved_bytes > peak &&
         !peak_bytes_.compare_exchange_weak(peak, reserved_bytes, std::memory_order_relaxed)) {
  }
}

std::vector<MemoryBudget::Usage> MemoryBudget::TopConsumers(size_t count) const {
  std::vector<Usage> usages;
  {
    const std::lock_guard lock(mutex_);
    for (const MemoryConsumer* consumer : consumers_) {
      const auto known = std::find_if(usages.begin(), usages.end(), [&](const Usage& usage) {
        return usage.name == consumer->name();
      });
      Usage& usage = known == usages.end() ? usages.emplace_back(Usage{consumer->name()}) : *known;
      usage.bytes += consumer->TakenFor(consumer->used_bytes());
    }
  }
  std::sort(usages.begin(), usages.end(), [](const Usage& left, const Usage& right) {
    return left.bytes != right.bytes ? left.bytes > right.bytes : left.name < right.name;
  });
  std::erase_if(usages, [](const Usage& usage) { return usage.bytes == 0; });
  usages.resize(std::min(usages.size(), count));
  return usages;
}

MemoryConsumer::~MemoryConsumer() {
  {
    const std::lock_guard lock(budget_->mutex_);
    std::erase(budget_->consumers_, this);
  }
  // Also what was not released: the budget must not shrink for good because of one faulty operator.
  budget_->GiveBack(TakenFor(used_bytes()));
}

bool MemoryConsumer::TryReserve(int64_t bytes) {
  int64_t used = used_bytes_.load(std::memory_order_relaxed);
  while (true) {
    if (bytes > MemoryBudget::kUnlimited - used) return false;
    const int64_t wanted = TakenFor(used + bytes) - TakenFor(used);
    if (wanted > 0 && !budget_->TryTake(wanted)) return false;
    if (used_bytes_.compare_exchange_weak(used, used + bytes)) return true;
    // Another thread of this consumer came between, so the share of the floor is another.
    if (wanted > 0) budget_->GiveBack(wanted);
  }
}

void MemoryConsumer::ForceReserve(int64_t bytes) {
  const int64_t used = used_bytes_.fetch_add(bytes);
  budget_->ForceTake(TakenFor(used + bytes) - TakenFor(used));
}

void MemoryConsumer::Release(int64_t bytes) {
  const int64_t used = used_bytes_.fetch_sub(bytes);
  // Even if nothing goes back to the budget: a waiter may share this consumer's floor.
  budget_->GiveBack(TakenFor(used) - TakenFor(used - bytes));
}

std::string FormatBytes(int64_t bytes) {
  if (bytes < 1024) return fmt::format("{} B", bytes);
  constexpr std::string_view kUnits[] = {"KiB", "MiB", "GiB", "TiB"};
  double scaled = static_cast<double>(bytes) / 1024;
  size_t unit = 0;
  for (; scaled >= 1024 && unit + 1 < std::size(kUnits); ++unit) scaled /= 1024;
  return fmt::format("{:.1f} {}", scaled, kUnits[unit]);
}

arrow::Status OutOfMemoryError(const MemoryBudget& budget, std::string_view who,
                               int64_t wanted_bytes) {
  constexpr size_t kNumNamed = 3;
  std::string holders;
  for (const MemoryBudget::Usage& usage : budget.TopConsumers(kNumNamed)) {
    holders +=
        fmt::format("{}{} {}", holders.empty() ? "" : ", ", usage.name, FormatBytes(usage.bytes));
  }
  return MakeError(
      "OUT_OF_MEMORY",
      {{"message",
        fmt::format("{} needs {} more, but {} of the limit of {} are taken: {}", who,
                    FormatBytes(wanted_bytes), FormatBytes(budget.reserved_bytes()),
                    FormatBytes(budget.limit_bytes()), holders.empty() ? "by nobody" : holders)}});
}

}  // namespace sabot
