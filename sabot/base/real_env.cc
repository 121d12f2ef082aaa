#include "sabot/base/real_env.h"

#include <atomic>
#include <chrono>
#include <random>
#include <thread>

#include <pthread.h>

#include "sabot/base/splitmix.h"

namespace sabot {
namespace {

// Enough to keep a disk or an object store busy while most of them wait.
constexpr int kNumIoThreadsMax = 8;

class RealClock final : public Clock {
 public:
  int64_t NowMicros() override {
    const auto now = std::chrono::system_clock::now().time_since_epoch();
    return std::chrono::duration_cast<std::chrono::microseconds>(now).count();
  }
  int64_t MonotonicNanos() override {
    const auto now = std::chrono::steady_clock::now().time_since_epoch();
    return std::chrono::duration_cast<std::chrono::nanoseconds>(now).count();
  }
  void SleepNanos(int64_t nanos) override {
    std::this_thread::sleep_for(std::chrono::nanoseconds(nanos));
  }
};

class RealRandom final : public Random {
 public:
  RealRandom() {
    std::random_device device;
    state_ = static_cast<uint64_t>(device()) << 32 | device();
  }
  uint64_t NextU64() override {
    return SplitMix(state_.fetch_add(kSplitMixStep, std::memory_order_relaxed));
  }

 private:
  std::atomic<uint64_t> state_;
};

}  // namespace

const Env& Env::Real() {
  // Never destroyed: threads of the pool may still run while the process's statics go.
  static Env* const real =
      new Env{.clock = new RealClock,
              .random = new RealRandom,
              .files = internal::MakeRealFiles().release(),
              .threads = internal::MakeRealThreads(kNumIoThreadsMax).release()};
  // A child of fork() has none of its parent's threads, so it gets a pool of its own; the parent's,
  // whose lock may be held for ever, is left alone. Its random numbers are its own too.
  [[maybe_unused]] static const int registered = pthread_atfork(nullptr, nullptr, [] {
    real->random = new RealRandom;
    real->threads = internal::MakeRealThreads(kNumIoThreadsMax).release();
  });
  return *real;
}

}  // namespace sabot
