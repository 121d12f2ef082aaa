#include "sabot/base/crash_point.h"

#include <charconv>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <mutex>
#include <string>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <unistd.h>

#include "sabot/base/error.h"

namespace sabot {
namespace internal {

std::atomic<bool> crash_points_armed{false};

}  // namespace internal

namespace {

struct ArmedPoint {
  std::string_view name;
  int64_t hits_left = 0;
  std::function<void()> on_hit;
};

std::mutex mutex;
ArmedPoint armed;  // guarded by mutex

[[noreturn]] void KillThisProcess() {
  // Not abort() or _exit(): nothing may be flushed, no handler may run, just as when the machine's
  // owner kills it.
  kill(getpid(), SIGKILL);
  while (true) pause();
}

arrow::Status BadCrashPoint(std::string_view value) {
  return MakeError("CONFIG_INVALID",
                   {{"key", "SABOT_CRASH_POINT"},
                    {"value", std::string(value)},
                    {"expected", fmt::format("name:count, with a count from 1 and a name of {}",
                                             fmt::join(crash_point::kAll, ", "))}});
}

// Before main, so that a mistyped point cannot pass for a run that survived.
const bool is_environment_read = [] {
  const char* text = std::getenv("SABOT_CRASH_POINT");
  if (text == nullptr || *text == '\0') return false;
  if (const arrow::Status status = ArmCrashPoint(text); !status.ok()) {
    std::fprintf(stderr, "%s\n", status.ToString().c_str());
    _exit(64);
  }
  return true;
}();

}  // namespace

namespace internal {

void HitCrashPoint(std::string_view name) {
  std::function<void()> on_hit;
  {
    const std::lock_guard lock(mutex);
    if (armed.name != name || --armed.hits_left > 0) return;
    // Disarmed first: what on_hit tears down may come past this point again.
    crash_points_armed.store(false);
    armed.name = {};
    on_hit = std::move(armed.on_hit);
  }
  if (!on_hit) KillThisProcess();
  on_hit();
}

}  // namespace internal

arrow::Status ArmCrashPoint(std::string_view name, int64_t count, std::function<void()> on_hit) {
  for (const std::string_view known : crash_point::kAll) {
    if (known != name || count < 1) continue;
    const std::lock_guard lock(mutex);
    armed = {known, count, std::move(on_hit)};
    internal::crash_points_armed.store(true);
    return arrow::Status::OK();
  }
  return BadCrashPoint(fmt::format("{}:{}", name, count));
}

arrow::Status ArmCrashPoint(std::string_view text) {
  const size_t colon = text.find(':');
  if (colon == text.npos) return ArmCrashPoint(text, 1);
  const std::string_view digits = text.substr(colon + 1);
  int64_t count = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), count);
  if (error != std::errc() || end != digits.data() + digits.size()) return BadCrashPoint(text);
  return ArmCrashPoint(text.substr(0, colon), count);
}

void DisarmCrashPoint() {
  const std::lock_guard lock(mutex);
  internal::crash_points_armed.store(false);
  armed = {};
}

}  // namespace sabot
