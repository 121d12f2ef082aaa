#pragma once

#include <cstdint>
#include <map>
#include <optional>

namespace sabot {

/// How far event time has come in each split that one task reads: what the task's watermark is made
/// of, and what names the split that holds it. One thread.
///
/// A split is live from its first row (or from Add, if the source knows it before) until End, but
/// for the time it is idle. The watermark is the minimum over live splits: one that is behind holds
/// the others.
class SplitBoard {
 public:
  /// "No time yet": below every event time.
  static constexpr int64_t kNone = INT64_MIN;

  struct Split {
    int64_t max_time = kNone;  ///< greatest event time of its rows, microseconds
    int64_t seen_at_us = 0;    ///< clock time of its latest rows
    bool is_idle = false;
    bool has_ended = false;
    bool is_steady = false;  ///< never idle
  };

  /// The source will read this split: until its first row (or until it is idle) nothing moves.
  void Add(uint64_t split, int64_t clock_us);
  /// The same for one whose rows only wait to be read, as a file's do: it is never idle.
  void AddSteady(uint64_t split);
  /// Rows of the split have come, the latest of them of that time; kNone: without an event time. A
  /// split that was idle or had ended is live again.
  void Observe(uint64_t split, int64_t max_time, int64_t clock_us);
  /// No row of the split will come: it holds nobody any more.
  void End(uint64_t split);
  /// Splits without rows since clock_us - timeout_us are idle now.
  void MarkIdle(int64_t clock_us, int64_t timeout_us);
  /// When MarkIdle could next find an idle split; none: no split is live.
  std::optional<int64_t> NextIdleAt(int64_t timeout_us) const;

  /// The least of the greatest times of live splits; kNone while one of them has none, or if none
  /// is live.
  int64_t MinimumOfLive() const;
  bool has_live() const;
  /// The greatest time of the split's rows; kNone: it has none, or is not known.
  int64_t TimeOf(uint64_t split) const;
  /// The greatest time of any split, live or not.
  int64_t Maximum() const;
  /// By number.
  const std::map<uint64_t, Split>& splits() const { return splits_; }
  /// As a checkpoint had it: live until it is idle again.
  void Restore(uint64_t split, int64_t max_time, int64_t clock_us);

 private:
  std::map<uint64_t, Split> splits_;
};

}  // namespace sabot
