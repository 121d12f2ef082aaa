#include "sabot/base/simulation.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "sabot/base/crash_point.h"
#include "sabot/base/error.h"
#include "sabot/base/hash.h"
#include "sabot/base/simulated_machine.h"

namespace sabot {
namespace internal {
namespace {

constexpr int64_t kNanosPerOperation = 20'000;  // a fast disk's

class SimulatedClock final : public Clock {
 public:
  explicit SimulatedClock(SimulatedMachine* machine) : machine_(machine) {}
  int64_t NowMicros() override { return machine_->start_micros() + MonotonicNanos() / 1000; }
  int64_t MonotonicNanos() override {
    // A look at the clock takes time as well; else a loop that waits by looking would never end.
    machine_->Advance(1000);
    return machine_->now_nanos();
  }
  void SleepNanos(int64_t nanos) override { machine_->RunFor(nanos); }

 private:
  SimulatedMachine* machine_;
};

class SimulatedRandom final : public Random {
 public:
  explicit SimulatedRandom(SimulatedMachine* machine) : machine_(machine) {}
  uint64_t NextU64() override { return machine_->program_numbers().Next(); }

 private:
  SimulatedMachine* machine_;
};

class SimulatedThreads final : public Threads {
 public:
  explicit SimulatedThreads(SimulatedMachine* machine) : machine_(machine) {}
  std::shared_ptr<Job> Post(Work work, std::function<void()> on_done) override {
    return machine_->Post(0, std::move(work), std::move(on_done));
  }
  std::shared_ptr<Job> PostAfter(int64_t delay_nanos, Work work,
                                 std::function<void()> on_done) override {
    return machine_->Post(delay_nanos, std::move(work), std::move(on_done));
  }

 private:
  SimulatedMachine* machine_;
};

}  // namespace

arrow::Status SimulatedJob::Wait() {
  // The real pool would run out of threads this way, one day.
  if (machine_->is_inside_job()) return InternalError("a job waits for another");
  while (!is_done()) {
    ARROW_RETURN_NOT_OK(machine_->CheckUp());
    if (!machine_->RunOne()) return InternalError(fmt::format("job {} can never be run", id_));
  }
  return status_;
}

bool SimulatedJob::Cancel() {
  if (stage_ != Stage::kWaiting) return false;
  machine_->Trace(fmt::format("cancel job {}", id_));
  Finish(arrow::Status::Cancelled("the job was cancelled"));
  return true;
}

void SimulatedJob::Run() {
  stage_ = Stage::kRunning;
  machine_->Trace(fmt::format("run job {}", id_));
  Finish(work_());
}

void SimulatedJob::Finish(arrow::Status status) {
  work_ = nullptr;
  const std::function<void()> on_done = std::exchange(on_done_, nullptr);
  status_ = std::move(status);
  stage_ = Stage::kDone;
  if (on_done) on_done();
}

SimulatedMachine::SimulatedMachine(SimulationOptions options)
    : options_(options),
      fault_numbers_(options.seed),
      order_numbers_(~options.seed),
      program_numbers_(options.seed ^ 0x5AB07) {}

SimulatedJobPtr SimulatedMachine::Post(int64_t delay_nanos, Threads::Work work,
                                       std::function<void()> on_done) {
  auto job = std::make_shared<SimulatedJob>(this, ++num_jobs_, std::move(work), std::move(on_done));
  // A dead process' job is never run.
  if (is_down_) return job;
  Trace(fmt::format("post job {} after {}", job->id(), delay_nanos));
  if (delay_nanos > 0) {
    timers_.emplace(now_nanos_ + delay_nanos, job);
  } else {
    ready_.push_back(job);
  }
  return job;
}

bool SimulatedMachine::RunOne(int64_t limit_nanos) {
  if (is_down_ || is_inside_job_) return false;
  const auto is_cancelled = [](const SimulatedJobPtr& job) { return !job->is_waiting(); };
  std::erase_if(ready_, is_cancelled);
  std::erase_if(timers_, [&](const auto& timer) { return is_cancelled(timer.second); });
  if (ready_.empty() && !timers_.empty() && timers_.begin()->first <= limit_nanos) {
    now_nanos_ = std::max(now_nanos_, timers_.begin()->first);
  }
  while (!timers_.empty() && timers_.begin()->first <= now_nanos_) {
    ready_.push_back(std::move(timers_.begin()->second));
    timers_.erase(timers_.begin());
  }
  if (ready_.empty()) return false;
  const size_t chosen = order_numbers_.Below(ready_.size());
  const SimulatedJobPtr job = std::move(ready_[chosen]);
  ready_.erase(ready_.begin() + static_cast<ptrdiff_t>(chosen));
  struct Inside {
    explicit Inside(bool* flag) : flag(flag) { *flag = true; }
    ~Inside() { *flag = false; }
    bool* flag;
  };
  const Inside inside(&is_inside_job_);
  job->Run();
  return true;
}

void SimulatedMachine::RunFor(int64_t nanos) {
  const int64_t end = now_nanos_ + nanos;
  while (RunOne(end)) {
  }
  now_nanos_ = std::max(now_nanos_, end);
}

arrow::Status SimulatedMachine::CheckUp() const {
  return is_down_ ? arrow::Status::IOError("the simulated process is down") : arrow::Status::OK();
}

void SimulatedMachine::Die(CrashKind kind, const std::string& where) {
  Trace(fmt::format("crash at {}{}", where, kind == CrashKind::kPower ? ", power lost" : ""));
  is_down_ = true;
  // Dropped at the end, when the queues are empty: what jobs own may call into this machine as it
  // goes.
  const auto ready = std::exchange(ready_, {});
  const auto timers = std::exchange(timers_, {});
  if (kind == CrashKind::kPower) {
    disk_.LosePower([this](uint64_t n) { return fault_numbers_.Below(n); });
  }
}

void SimulatedMachine::Restart() {
  ++life_;
  is_down_ = false;
  crash_countdown_ = 0;
  Trace("restart");
}

void SimulatedMachine::CrashAtPoint(std::string_view point, int64_t count, CrashKind kind) {
  const std::string where(point);
  const arrow::Status status = ArmCrashPoint(point, count, [this, kind, where] {
    has_armed_point_ = false;
    Die(kind, where);
    throw SimulatedCrash{where};
  });
  if (!status.ok()) status.Abort();
  has_armed_point_ = true;
}

void SimulatedMachine::FailNth(FileOperation operation, int64_t count, int error_number) {
  planned_faults_.push_back({operation, count, error_number});
}

void SimulatedMachine::CrashAtOperation(int64_t count, CrashKind kind) {
  crash_countdown_ = count;
  crash_kind_ = kind;
}

SimulatedMachine::Fate SimulatedMachine::Begin(FileOperation operation) {
  ++num_operations_;
  Advance(kNanosPerOperation);
  if (fault_numbers_.OneIn(options_.slow_one_in)) {
    Advance(static_cast<int64_t>(
        fault_numbers_.Below(static_cast<uint64_t>(options_.slow_nanos_max) + 1)));
  }
  Fate fate;
  if (crash_countdown_ > 0 && --crash_countdown_ == 0) fate.crash = crash_kind_;
  if (fault_numbers_.OneIn(options_.crash_one_in)) fate.crash = CrashKind::kPower;
  if (fate.crash) {
    fate.where = fmt::format("operation {}", num_operations_);
    return fate;
  }
  for (PlannedFault& fault : planned_faults_) {
    if (fault.operation == operation && --fault.num_left == 0) {
      fate.error_number = fault.error_number;
    }
  }
  if (fault_numbers_.OneIn(options_.io_error_one_in)) fate.error_number = EIO;
  if (operation == FileOperation::kAppend && fault_numbers_.OneIn(options_.torn_write_one_in)) {
    fate.error_number = EIO;
  }
  if (fate.error_number != 0) fate.comes_about = fault_numbers_.Below(2) == 0;
  return fate;
}

void SimulatedMachine::Trace(std::string_view line) {
  trace_.push_back(fmt::format("{} {}", now_nanos_, line));
  trace_hash_ = CombineHashes(trace_hash_, HashOf(trace_.back()));
}

struct SimulatedPorts {
  explicit SimulatedPorts(SimulationOptions options)
      : machine(options),
        clock(&machine),
        random(&machine),
        threads(&machine),
        files(MakeSimulatedFiles(&machine)) {}
  SimulatedMachine machine;
  SimulatedClock clock;
  SimulatedRandom random;
  SimulatedThreads threads;
  std::unique_ptr<Files> files;
};

}  // namespace internal

Simulation::Simulation(SimulationOptions options)
    : ports_(std::make_unique<internal::SimulatedPorts>(options)) {}

Simulation::~Simulation() {
  if (ports_->machine.has_armed_point()) DisarmCrashPoint();
}

Env Simulation::env() {
  return {.clock = &ports_->clock,
          .random = &ports_->random,
          .files = ports_->files.get(),
          .threads = &ports_->threads};
}

void Simulation::FailNth(FileOperation operation, int64_t count, int error_number) {
  ports_->machine.FailNth(operation, count, error_number);
}
void Simulation::CrashAtOperation(int64_t count, CrashKind kind) {
  ports_->machine.CrashAtOperation(count, kind);
}
void Simulation::CrashAtPoint(std::string_view point, int64_t count, CrashKind kind) {
  ports_->machine.CrashAtPoint(point, count, kind);
}
void Simulation::Crash(CrashKind kind) { ports_->machine.Die(kind, "the test's will"); }
void Simulation::Restart() { ports_->machine.Restart(); }
bool Simulation::is_down() const { return ports_->machine.is_down(); }

void Simulation::RunUntilIdle() {
  while (ports_->machine.RunOne()) {
  }
}
void Simulation::RunFor(int64_t nanos) { ports_->machine.RunFor(nanos); }

int64_t Simulation::num_operations() const { return ports_->machine.num_operations(); }
const std::vector<std::string>& Simulation::trace() const { return ports_->machine.trace(); }
uint64_t Simulation::trace_hash() const { return ports_->machine.trace_hash(); }

}  // namespace sabot
