#pragma once

#include <cerrno>
#include <cstdint>
#include <limits>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "sabot/base/env.h"

namespace sabot {

namespace internal {
struct SimulatedPorts;
}

enum class FileOperation : uint8_t {
  kOpenForWrite,
  kAppend,
  kSync,
  kClose,
  kOpenForRead,
  kRead,
  kCreateExclusive,
  kRename,
  kRemove,
  kList,
  kCreateDir,
  kSyncDir,
  kStat,  ///< Exists and both Size
};

/// What a crash takes away besides the process.
enum class CrashKind : uint8_t {
  kProcess,  ///< nothing: what was written is in the files, as after SIGKILL
  kPower,    ///< also a random part of what was not synced
};

/// Thrown through the program under test when its process dies. Caught by the test alone.
struct SimulatedCrash {
  std::string where;  ///< "rename", "operation 17"
};

/// Faults come at random, one in so many operations that they can strike; 0: never.
struct SimulationOptions {
  uint64_t seed = 0;
  int64_t start_micros = 1'700'000'000'000'000;  ///< wall clock at the start, since 1970 UTC
  int64_t io_error_one_in = 0;    ///< EIO; whether the change came about is random too
  int64_t torn_write_one_in = 0;  ///< an Append leaves a part of its bytes and fails with EIO
  int64_t crash_one_in = 0;  ///< the process dies amidst a file operation, with CrashKind::kPower
  int64_t slow_one_in = 0;   ///< a file operation takes up to slow_nanos_max
  int64_t slow_nanos_max = 1'000'000'000;
  int64_t disk_bytes = std::numeric_limits<int64_t>::max();  ///< contents beyond: ENOSPC
};

/// A machine whose clock, random numbers, files and threads are all of one seed: the same program
/// and the same options give the same run, to the line of its trace. One thread: jobs run inside
/// Job::Wait, SleepNanos and the Run functions below, in an order that the seed chooses; time
/// passes when nothing can run.
///
/// Its files keep apart what was written from what survives a power loss. Unsynced bytes survive as
/// a prefix, whose blocks may be zeros; changed names of a folder survive up to some one of them,
/// in their order, unless SyncDir confirmed them (of an OpenForWrite over a file that is there:
/// either the old or the new file). Contents under an unsynced folder are lost with it.
///
/// A crash throws SimulatedCrash from the port that was called. So under simulation no destructor
/// may call Files, as it could throw. While the process is down every port fails without effect, so
/// unwinding is safe; Restart() begins the next life on what the disk kept.
class Simulation {
 public:
  explicit Simulation(SimulationOptions options = {});
  ~Simulation();
  Simulation(const Simulation&) = delete;
  Simulation& operator=(const Simulation&) = delete;

  /// Valid as long as the simulation, in all lives of the process.
  Env env();

  /// The count-th such operation from now on (from 1) fails, once.
  void FailNth(FileOperation operation, int64_t count, int error_number = EIO);
  /// Die at the count-th file operation from now on; an Append gets half-way. Restart() lifts it.
  void CrashAtOperation(int64_t count, CrashKind kind = CrashKind::kPower);
  /// Die at a point of crash_point.h. It is armed for the whole (real) process: one simulation at a
  /// time.
  void CrashAtPoint(std::string_view point, int64_t count, CrashKind kind = CrashKind::kPower);
  /// Die now, without a throw: for a test that is not itself inside the process.
  void Crash(CrashKind kind = CrashKind::kPower);
  void Restart();
  bool is_down() const;

  /// Run jobs and timers until none is left.
  void RunUntilIdle();
  /// Let so much time pass, with all that falls due in it.
  void RunFor(int64_t nanos);

  /// File operations since the start, by all lives.
  int64_t num_operations() const;
  /// One line a port call: time, what, result. And the hash over it, equal if and only if the runs
  /// were.
  const std::vector<std::string>& trace() const;
  uint64_t trace_hash() const;

 private:
  std::unique_ptr<internal::SimulatedPorts> ports_;
};

}  // namespace sabot
