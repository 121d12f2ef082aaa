#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <deque>
#include <map>
#include <mutex>
#include <thread>
#include <utility>

#include <pthread.h>

#include "sabot/base/real_env.h"

namespace sabot {
namespace {

using Time = std::chrono::steady_clock::time_point;

arrow::Status CancelledJob() { return arrow::Status::Cancelled("the job was cancelled"); }

class RealJob final : public Job {
 public:
  RealJob(Threads::Work work, std::function<void()> on_done)
      : work_(std::move(work)), on_done_(std::move(on_done)) {}

  bool is_done() const override { return stage_.load(std::memory_order_acquire) == Stage::kDone; }

  arrow::Status Wait() override {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return is_done(); });
    return status_;
  }

  bool Cancel() override {
    if (!Begin()) return false;
    Finish(CancelledJob());
    return true;
  }

  void Run() {
    if (Begin()) Finish(work_());
  }

 private:
  enum class Stage : uint8_t { kWaiting, kRunning, kDone };

  // Only one of Run and Cancel gets it.
  bool Begin() {
    Stage expected = Stage::kWaiting;
    return stage_.compare_exchange_strong(expected, Stage::kRunning, std::memory_order_acq_rel);
  }

  void Finish(arrow::Status status) {
    // Dropped before anyone hears of the end: they hold buffers and handles that the waiter may
    // want back.
    work_ = nullptr;
    const std::function<void()> on_done = std::exchange(on_done_, nullptr);
    {
      const std::lock_guard lock(mutex_);
      status_ = std::move(status);
      stage_.store(Stage::kDone, std::memory_order_release);
    }
    changed_.notify_all();
    if (on_done) on_done();
  }

  std::atomic<Stage> stage_{Stage::kWaiting};
  Threads::Work work_;
  std::function<void()> on_done_;
  std::mutex mutex_;
  std::condition_variable changed_;
  arrow::Status status_;
};

class RealThreads final : public Threads {
 public:
  explicit RealThreads(int num_threads_max) : num_threads_max_(num_threads_max) {}

  ~RealThreads() override {
    std::deque<std::shared_ptr<RealJob>> ready;
    std::multimap<Time, std::shared_ptr<RealJob>> timers;
    {
      const std::lock_guard lock(mutex_);
      is_closed_ = true;
      ready.swap(ready_);
      timers.swap(timers_);
    }
    changed_.notify_all();
    for (const auto& job : ready) job->Cancel();
    for (const auto& [due, job] : timers) job->Cancel();
    for (std::thread& thread : threads_) thread.join();
  }

  std::shared_ptr<Job> Post(Work work, std::function<void()> on_done) override {
    auto job = std::make_shared<RealJob>(std::move(work), std::move(on_done));
    {
      const std::lock_guard lock(mutex_);
      ready_.push_back(job);
      StartThreadIfNeeded();
    }
    changed_.notify_one();
    return job;
  }

  std::shared_ptr<Job> PostAfter(int64_t delay_nanos, Work work,
                                 std::function<void()> on_done) override {
    auto job = std::make_shared<RealJob>(std::move(work), std::move(on_done));
    {
      const std::lock_guard lock(mutex_);
      timers_.emplace(std::chrono::steady_clock::now() + std::chrono::nanoseconds(delay_nanos),
                      job);
      StartThreadIfNeeded();
    }
    // All: the one thread woken might be a waiter for work that goes on to wait for a later timer.
    changed_.notify_all();
    return job;
  }

 private:
  // Under the lock.
  void StartThreadIfNeeded() {
    const size_t num_wanted = ready_.size() + (timers_.empty() ? 0 : 1);
    if (static_cast<size_t>(num_idle_) >= num_wanted) return;
    if (threads_.size() < static_cast<size_t>(num_threads_max_)) {
      // Counted as idle from now on: or else the next Post, too, would start one for this work.
      ++num_idle_;
      threads_.emplace_back([this] { RunThread(); });
    }
  }

  void RunThread() {
    pthread_setname_np(pthread_self(), "sabot-io");
    std::unique_lock lock(mutex_);
    while (!is_closed_) {
      const std::shared_ptr<RealJob> job = TakeDueJob();
      if (job != nullptr) {
        --num_idle_;
        lock.unlock();
        job->Run();
        lock.lock();
        ++num_idle_;
      } else if (timers_.empty()) {
        changed_.wait(lock);
      } else {
        const Time due = timers_.begin()->first;
        changed_.wait_until(lock, due);
      }
    }
  }

  // Under the lock. Timers first: they were promised a time.
  std::shared_ptr<RealJob> TakeDueJob() {
    std::shared_ptr<RealJob> job;
    if (!timers_.empty() && timers_.begin()->first <= std::chrono::steady_clock::now()) {
      job = std::move(timers_.begin()->second);
      timers_.erase(timers_.begin());
    } else if (!ready_.empty()) {
      job = std::move(ready_.front());
      ready_.pop_front();
    }
    return job;
  }

  const int num_threads_max_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<std::shared_ptr<RealJob>> ready_;
  std::multimap<Time, std::shared_ptr<RealJob>> timers_;
  std::vector<std::thread> threads_;
  int num_idle_ = 0;
  bool is_closed_ = false;
};

}  // namespace

namespace internal {

std::unique_ptr<Threads> MakeRealThreads(int num_threads_max) {
  return std::make_unique<RealThreads>(num_threads_max);
}

}  // namespace internal
}  // namespace sabot
