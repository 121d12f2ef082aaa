#pragma once

#include <condition_variable>
#include <deque>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "sabot/base/waker.h"

namespace sabot {

/// A piece of work that shares the worker threads with all others. Run works for a few
/// milliseconds, blocks on nothing, and is called by one thread at a time.
class Task : public std::enable_shared_from_this<Task> {
 public:
  enum class State : uint8_t {
    kReady,    ///< run again after the others
    kBlocked,  ///< run again once the waker has fired
    kFinished,
  };
  virtual ~Task() = default;
  virtual State Run() = 0;
  /// Run threw, which is a bug or an allocation that failed; it is not called again.
  virtual void OnException(const std::string& message) = 0;

  /// Set by the first Submit.
  const std::shared_ptr<Waker>& waker() const { return waker_; }

 private:
  friend class WorkerPool;
  std::shared_ptr<Waker> waker_;
};

/// Threads that run tasks in turn, first come first served. Thread-safe; outlives its tasks.
class WorkerPool {
 public:
  /// Threads start with the first task. 0: none, and tasks run inside RunUntilBlocked: so a
  /// simulation drives them on its one thread.
  explicit WorkerPool(int num_threads);
  /// Waits for the turns under way; tasks that have not finished are dropped.
  ~WorkerPool();
  WorkerPool(const WorkerPool&) = delete;
  WorkerPool& operator=(const WorkerPool&) = delete;

  /// One thread a core, for the life of the process; a child of fork() has another.
  static WorkerPool& Process();

  /// Makes the task's waker, for those who want to wire it up before the task is submitted.
  void Adopt(const std::shared_ptr<Task>& task);
  /// Run the task until it is finished.
  void Submit(const std::shared_ptr<Task>& task);
  int num_threads() const { return num_threads_; }
  /// Without threads only: run what is ready, on this thread, until nothing is, or for so many
  /// turns. What a task throws passes through.
  void RunUntilBlocked(int turns_max = 1000);

 private:
  void Enqueue(std::shared_ptr<Task> task);
  void Loop();
  static bool RunTurn(Task& task);

  const int num_threads_;
  std::mutex mutex_;
  std::condition_variable ready_;
  std::deque<std::shared_ptr<Task>> queue_;
  std::vector<std::thread> threads_;
  int num_idle_ = 0;
  bool is_stopping_ = false;
};

}  // namespace sabot
