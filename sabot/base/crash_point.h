#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <string_view>

#include "arrow/status.h"

namespace sabot {

/// Places where a test can kill the process, so that recovery is tried at each of them instead of
/// hoped for. They are in every build, as tests run the shipped programs: a hit costs one relaxed
/// load while nothing is armed.
///
/// From outside: SABOT_CRASH_POINT="name:count" in the environment kills the process with SIGKILL
/// at the count-th hit (from 1; ":count" may be left out) of that point. An unknown name ends the
/// process at its start with exit code 64.
namespace crash_point {
inline constexpr std::string_view kWrite = "write";    ///< half of an Append is in the file
inline constexpr std::string_view kFsync = "fsync";    ///< before a file or folder is synced
inline constexpr std::string_view kRename = "rename";  ///< twice a rename: just before, just after
inline constexpr std::string_view kEpochRecord =
    "epoch_record";  ///< around the creation of an epoch record
inline constexpr std::string_view kSinkCommit = "sink_commit";  ///< around a sink's Commit(epoch)
inline constexpr std::string_view kSourceAck =
    "source_ack";  ///< around the word to a source that an epoch is complete
inline constexpr std::string_view kAll[] = {kWrite,       kFsync,      kRename,
                                            kEpochRecord, kSinkCommit, kSourceAck};
}  // namespace crash_point

namespace internal {
extern std::atomic<bool> crash_points_armed;
void HitCrashPoint(std::string_view name);
}  // namespace internal

inline bool AreCrashPointsArmed() {
  return internal::crash_points_armed.load(std::memory_order_relaxed);
}

/// Here the process may die. name: one of crash_point::kAll.
inline void CrashPoint(std::string_view name) {
  if (AreCrashPointsArmed()) [[unlikely]] {
    internal::HitCrashPoint(name);
  }
}

/// Arm one point of this process; it replaces an armed one, and disarms itself when it fires.
/// on_hit null: SIGKILL. on_hit may throw (a simulated crash does). Invalid: no such point, or
/// count < 1.
arrow::Status ArmCrashPoint(std::string_view name, int64_t count,
                            std::function<void()> on_hit = {});
/// The same from "name:count", the form of SABOT_CRASH_POINT.
arrow::Status ArmCrashPoint(std::string_view text);
void DisarmCrashPoint();

}  // namespace sabot
