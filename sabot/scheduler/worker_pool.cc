#include "sabot/scheduler/worker_pool.h"

#include <algorithm>
#include <atomic>
#include <exception>

#include <pthread.h>

#include "sabot/base/check.h"

namespace sabot {

WorkerPool::WorkerPool(int num_threads) : num_threads_(num_threads) {}

WorkerPool::~WorkerPool() {
  {
    const std::lock_guard lock(mutex_);
    is_stopping_ = true;
  }
  ready_.notify_all();
  for (std::thread& thread : threads_) thread.join();
}

namespace {

std::atomic<WorkerPool*> process_pool{nullptr};

}  // namespace

WorkerPool& WorkerPool::Process() {
  // A child of fork() has none of its parent's threads, so its first query makes another pool; the
  // parent's, whose lock may be held for ever, is left alone.
  [[maybe_unused]] static const int registered =
      pthread_atfork(nullptr, nullptr, [] { process_pool.store(nullptr); });
  if (WorkerPool* pool = process_pool.load()) return *pool;
  // Never destroyed: tasks of a static engine may outlive the end of main.
  auto made = std::make_unique<WorkerPool>(
      static_cast<int>(std::max(1U, std::thread::hardware_concurrency())));
  WorkerPool* expected = nullptr;
  if (process_pool.compare_exchange_strong(expected, made.get())) return *made.release();
  return *expected;
}

void WorkerPool::Adopt(const std::shared_ptr<Task>& task) {
  // The waker must not keep the task alive: whoever it waits for may hold the waker for long.
  task->waker_ = std::make_shared<Waker>([this, weak = std::weak_ptr<Task>(task)] {
    if (std::shared_ptr<Task> alive = weak.lock()) Enqueue(std::move(alive));
  });
}

void WorkerPool::Submit(const std::shared_ptr<Task>& task) {
  if (task->waker_ == nullptr) Adopt(task);
  Enqueue(task);
}

void WorkerPool::Enqueue(std::shared_ptr<Task> task) {
  {
    const std::lock_guard lock(mutex_);
    queue_.push_back(std::move(task));
    // An idle thread that was notified already still counts as idle, hence the length.
    if (static_cast<int>(queue_.size()) > num_idle_ &&
        static_cast<int>(threads_.size()) < num_threads_ && !is_stopping_) {
      threads_.emplace_back([this] { Loop(); });
    }
  }
  ready_.notify_one();
}

// Whether the task is to be queued again.
bool WorkerPool::RunTurn(Task& task) {
  switch (task.Run()) {
    case Task::State::kReady:
      return true;
    case Task::State::kBlocked:
      // Once it sleeps it may run on another thread at once, so this one lets go of it.
      return !task.waker_->Sleep();
    case Task::State::kFinished:
      break;
  }
  return false;
}

void WorkerPool::Loop() {
  pthread_setname_np(pthread_self(), "sabot-worker");
  std::unique_lock lock(mutex_);
  while (true) {
    ++num_idle_;
    ready_.wait(lock, [&] { return is_stopping_ || !queue_.empty(); });
    --num_idle_;
    if (is_stopping_) return;
    std::shared_ptr<Task> task = std::move(queue_.front());
    queue_.pop_front();
    lock.unlock();
    bool again = false;
    try {
      again = RunTurn(*task);
    } catch (const std::exception& exception) {
      task->OnException(exception.what());
    } catch (...) {
      task->OnException("an unknown exception");
    }
    if (!again) task.reset();  // its destructor is not for the lock
    lock.lock();
    if (again) queue_.push_back(std::move(task));
  }
}

void WorkerPool::RunUntilBlocked(int turns_max) {
  SABOT_DCHECK(num_threads_ == 0);
  for (int turn = 0; turn < turns_max; ++turn) {
    std::shared_ptr<Task> task;
    {
      const std::lock_guard lock(mutex_);
      if (queue_.empty()) return;
      task = std::move(queue_.front());
      queue_.pop_front();
    }
    try {
      if (RunTurn(*task)) Enqueue(std::move(task));
    } catch (...) {
      task->OnException("the process died");
      throw;
    }
  }
}

}  // namespace sabot
