#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <vector>

namespace sabot {

/// What makes a task that answered kBlocked run again. The task's driver owns it; the operator
/// hands it to whomever it waits for (a job, a queue, the memory budget), who fires it from any
/// thread.
///
/// No wake-up is lost: a Fire that comes before the task sleeps makes the next Sleep return false.
/// One may come for nothing (a late Fire of an earlier wait): the task then runs, finds nothing and
/// sleeps again.
class Waker {
 public:
  /// wake: puts the task back into the run queue. Runs on the firing thread, once a successful
  /// Sleep; must not block.
  explicit Waker(std::function<void()> wake) : wake_(std::move(wake)) {}
  Waker(const Waker&) = delete;
  Waker& operator=(const Waker&) = delete;

  void Fire() {
    State seen = state_.load(std::memory_order_relaxed);
    while (true) {
      if (seen == State::kFired) {
        // An exchange with what is there: it orders what this thread did before against the Sleep
        // that takes the Fire.
        if (state_.compare_exchange_weak(seen, State::kFired, std::memory_order_acq_rel)) return;
      } else if (seen == State::kAwake) {
        if (state_.compare_exchange_weak(seen, State::kFired, std::memory_order_acq_rel)) return;
      } else if (state_.compare_exchange_weak(seen, State::kAwake, std::memory_order_acq_rel)) {
        wake_();
        return;
      }
    }
  }

  /// By the driver, after kBlocked. True: the task sleeps, and `wake` will be called once. False:
  /// repeat the call now.
  bool Sleep() {
    State seen = State::kAwake;
    if (state_.compare_exchange_strong(seen, State::kAsleep, std::memory_order_acq_rel))
      return true;
    // Only the driver sleeps, so what it saw is kFired. An exchange: it sees what a second Fire
    // brought.
    state_.exchange(State::kAwake, std::memory_order_acq_rel);
    return false;
  }

 private:
  enum class State : uint8_t { kAwake, kFired, kAsleep };
  std::atomic<State> state_{State::kAwake};
  std::function<void()> wake_;
};

/// Who waits for one thing, such as room in a queue. Thread-safe; costs one load while nobody
/// waits. The waiter registers first and then looks again, the other side changes the thing first
/// and then fires: then no order of the four leaves a task asleep beside a thing that is there.
class WakerList {
 public:
  void Add(const std::shared_ptr<Waker>& waker) {
    const std::lock_guard lock(mutex_);
    for (const std::weak_ptr<Waker>& waiting : waiting_) {
      if (!waiting.owner_before(waker) && !waker.owner_before(waiting)) return;
    }
    waiting_.push_back(waker);
    is_waited_for_.store(true);
  }

  /// Fires and forgets all of them.
  void FireAll() {
    // Sequentially consistent, as is the store above: a relaxed load could miss a waiter that
    // missed our change.
    if (!is_waited_for_.load()) return;
    std::vector<std::weak_ptr<Waker>> waiting;
    {
      const std::lock_guard lock(mutex_);
      waiting.swap(waiting_);
      is_waited_for_.store(false);
    }
    for (const std::weak_ptr<Waker>& waker : waiting) {
      if (const std::shared_ptr<Waker> alive = waker.lock()) alive->Fire();
    }
  }

 private:
  std::atomic<bool> is_waited_for_{false};
  std::mutex mutex_;
  std::vector<std::weak_ptr<Waker>> waiting_;
};

}  // namespace sabot
