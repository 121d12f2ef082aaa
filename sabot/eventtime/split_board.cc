#include "sabot/eventtime/split_board.h"

#include <algorithm>

#include "sabot/eventtime/pane.h"

namespace sabot {
namespace {

bool IsLive(const SplitBoard::Split& split) { return !split.is_idle && !split.has_ended; }

}  // namespace

void SplitBoard::Add(uint64_t split, int64_t clock_us) {
  splits_.try_emplace(split, Split{.seen_at_us = clock_us});
}

void SplitBoard::AddSteady(uint64_t split) { splits_[split].is_steady = true; }

void SplitBoard::Observe(uint64_t split, int64_t max_time, int64_t clock_us) {
  Split& seen = splits_[split];
  seen.max_time = std::max(seen.max_time, max_time);
  seen.seen_at_us = clock_us;
  seen.is_idle = false;
  seen.has_ended = false;
}

void SplitBoard::End(uint64_t split) {
  const auto found = splits_.find(split);
  if (found != splits_.end()) found->second.has_ended = true;
}

void SplitBoard::MarkIdle(int64_t clock_us, int64_t timeout_us) {
  for (auto& [number, split] : splits_) {
    if (split.is_steady) continue;
    if (AddSaturated(split.seen_at_us, timeout_us) <= clock_us) split.is_idle = true;
  }
}

std::optional<int64_t> SplitBoard::NextIdleAt(int64_t timeout_us) const {
  std::optional<int64_t> next;
  for (const auto& [number, split] : splits_) {
    if (!IsLive(split) || split.is_steady) continue;
    const int64_t at = AddSaturated(split.seen_at_us, timeout_us);
    next = next.has_value() ? std::min(*next, at) : at;
  }
  return next;
}

int64_t SplitBoard::MinimumOfLive() const {
  std::optional<int64_t> minimum;
  for (const auto& [number, split] : splits_) {
    if (!IsLive(split)) continue;
    minimum = minimum.has_value() ? std::min(*minimum, split.max_time) : split.max_time;
  }
  return minimum.value_or(kNone);
}

bool SplitBoard::has_live() const {
  return std::ranges::any_of(splits_, [](const auto& entry) { return IsLive(entry.second); });
}

int64_t SplitBoard::TimeOf(uint64_t split) const {
  const auto found = splits_.find(split);
  return found == splits_.end() ? kNone : found->second.max_time;
}

int64_t SplitBoard::Maximum() const {
  int64_t maximum = kNone;
  for (const auto& [number, split] : splits_) maximum = std::max(maximum, split.max_time);
  return maximum;
}

void SplitBoard::Restore(uint64_t split, int64_t max_time, int64_t clock_us) {
  Observe(split, max_time, clock_us);
}

}  // namespace sabot
