#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "arrow/result.h"
#include "arrow/status.h"

namespace sabot {

/// Time. Calls come from any thread.
class Clock {
 public:
  virtual ~Clock() = default;
  /// Microseconds since 1970 UTC; may jump. For event and processing time, never to measure a
  /// duration.
  virtual int64_t NowMicros() = 0;
  /// Never goes back; its zero means nothing. For durations, deadlines and timers.
  virtual int64_t MonotonicNanos() = 0;
  /// Blocks the calling thread, so never called on a worker thread. Simulated: runs what falls due
  /// meanwhile.
  virtual void SleepNanos(int64_t nanos) = 0;
};

/// Random numbers, for ids and jitter; not for secrets. Calls come from any thread.
class Random {
 public:
  virtual ~Random() = default;
  virtual uint64_t NextU64() = 0;
};

/// A new file, written front to back. One thread at a time. Destroyed without Close: closed, errors
/// lost, nothing synced.
class WritableFile {
 public:
  virtual ~WritableFile() = default;
  /// All of the bytes, or an error after which an unknown part of them is in the file.
  virtual arrow::Status Append(std::string_view bytes) = 0;
  /// The content so far survives a power loss once this returns OK (the name only after
  /// Files::SyncDir). An error is final: the kernel may have dropped the dirty pages, so this and
  /// every later call fails with it.
  virtual arrow::Status Sync() = 0;
  /// Does not sync. A second call returns OK.
  virtual arrow::Status Close() = 0;
  /// Bytes appended without error.
  virtual int64_t size() const = 0;
};

/// An open file; readable while it is renamed or removed. Calls come from any thread.
class ReadableFile {
 public:
  virtual ~ReadableFile() = default;
  /// Fills `bytes` from the offset on; returns how many bytes there were, fewer only at the end of
  /// the file.
  virtual arrow::Result<int64_t> ReadAt(int64_t offset, std::span<char> bytes) = 0;
  virtual arrow::Result<int64_t> Size() = 0;
};

struct DirEntry {
  std::string name;  ///< without the folder
  bool is_directory = false;
  int64_t size = 0;  ///< bytes; 0 for a folder
};

/// Files and folders. Calls come from any thread and may block: on the I/O pool, not on worker
/// threads. Errors name the operation, the path and the system's text. Tell apart by
/// IsFileNotFound, IsFileExists and IsOutOfDisk below; any other is class IO_ERROR. After an error
/// a change may or may not have happened.
///
/// What survives a power loss: content after WritableFile::Sync, names (created, renamed, removed)
/// after SyncDir of their folder. So a file is replaced by: write `x.tmp`, Sync, Close, Rename to
/// `x`, SyncDir.
class Files {
 public:
  virtual ~Files() = default;
  /// Creates the file, or empties the one that is there. The folder must exist.
  virtual arrow::Result<std::unique_ptr<WritableFile>> OpenForWrite(const std::string& path) = 0;
  virtual arrow::Result<std::unique_ptr<ReadableFile>> OpenForRead(const std::string& path) = 0;
  /// Makes a file of that content unless the name is taken (IsFileExists). Atomic: of several
  /// callers, also in other processes, one wins, and nobody ever sees a part of the content. OK:
  /// content and name survive a power loss. A crash may leave a file `.<name>.<number>.tmp` in the
  /// folder.
  virtual arrow::Status CreateExclusive(const std::string& path, std::string_view content) = 0;
  /// Atomic, and replaces a file at `to`. Files only, within one file system.
  virtual arrow::Status Rename(const std::string& from, const std::string& to) = 0;
  /// A file or an empty folder.
  virtual arrow::Status Remove(const std::string& path) = 0;
  /// Entries ordered by name.
  virtual arrow::Result<std::vector<DirEntry>> List(const std::string& path) = 0;
  /// With its parents; OK if it is there already.
  virtual arrow::Status CreateDir(const std::string& path) = 0;
  virtual arrow::Status SyncDir(const std::string& path) = 0;
  virtual arrow::Result<bool> Exists(const std::string& path) = 0;
  virtual arrow::Result<int64_t> Size(const std::string& path) = 0;

  /// The whole content.
  arrow::Result<std::string> ReadAll(const std::string& path);
  /// A file or a folder with all it holds; OK if there is none.
  virtual arrow::Status RemoveTree(const std::string& path);
};

/// A piece of work handed to the I/O pool.
class Job {
 public:
  virtual ~Job() = default;
  virtual bool is_done() const = 0;
  /// Blocks until done; returns what the work returned, or Cancelled. Never called on a worker
  /// thread or inside a Job.
  virtual arrow::Status Wait() = 0;
  /// True: the work has not begun and never will; the job is done now, with Cancelled.
  virtual bool Cancel() = 0;
};

/// Threads that may block: file and network I/O, timers. Dropping the handle does not stop the job.
class Threads {
 public:
  using Work = std::function<arrow::Status()>;
  virtual ~Threads() = default;
  /// on_done runs after is_done() is true, on the pool (or on the thread that cancels): fire a
  /// Waker there, not in the work.
  virtual std::shared_ptr<Job> Post(Work work, std::function<void()> on_done = {}) = 0;
  /// The same, once so much time of MonotonicNanos has passed.
  virtual std::shared_ptr<Job> PostAfter(int64_t delay_nanos, Work work,
                                         std::function<void()> on_done = {}) = 0;
};

/// The ports: whatever a program takes from its surroundings goes through here, so that all of it
/// can be simulated (simulation.h). Does not own; copied freely.
struct Env {
  Clock* clock = nullptr;
  Random* random = nullptr;
  Files* files = nullptr;
  Threads* threads = nullptr;

  /// The machine itself. Lives as long as the process.
  static const Env& Real();
};

/// The status of a failed system call: OUT_OF_DISK, FILE_NOT_FOUND, FILE_ALREADY_EXISTS or
/// IO_ERROR. operation: "fsync"; error_number: of errno.
arrow::Status FileError(std::string_view operation, const std::string& path, int error_number);

bool IsFileNotFound(const arrow::Status& status);
bool IsFileExists(const arrow::Status& status);
/// Space or quota used up: the query fails, and may be tried again once there is room.
bool IsOutOfDisk(const arrow::Status& status);

/// The folder a path stands in: "." for a bare name, "/" for "/x".
std::string ParentPath(std::string_view path);

}  // namespace sabot
