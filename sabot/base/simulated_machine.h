#pragma once

#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sabot/base/simulated_disk.h"
#include "sabot/base/simulation.h"
#include "sabot/base/splitmix.h"

namespace sabot::internal {

class SimulatedMachine;

/// A stream of numbers of its own, so that a draw more by one part does not shift the others.
class SeededNumbers {
 public:
  explicit SeededNumbers(uint64_t seed) : state_(SplitMix(seed)) {}
  uint64_t Next() {
    const uint64_t number = SplitMix(state_);
    state_ += kSplitMixStep;
    return number;
  }
  /// In [0, n), n > 0. The bias of the remainder is far below what a test sees.
  uint64_t Below(uint64_t n) { return Next() % n; }
  bool OneIn(int64_t n) { return n > 0 && Below(static_cast<uint64_t>(n)) == 0; }

 private:
  uint64_t state_;
};

class SimulatedJob final : public Job {
 public:
  SimulatedJob(SimulatedMachine* machine, int64_t id, Threads::Work work,
               std::function<void()> on_done)
      : machine_(machine), id_(id), work_(std::move(work)), on_done_(std::move(on_done)) {}

  bool is_done() const override { return stage_ == Stage::kDone; }
  arrow::Status Wait() override;
  bool Cancel() override;
  void Run();
  bool is_waiting() const { return stage_ == Stage::kWaiting; }
  int64_t id() const { return id_; }

 private:
  enum class Stage : uint8_t { kWaiting, kRunning, kDone };
  void Finish(arrow::Status status);

  SimulatedMachine* const machine_;
  const int64_t id_;
  Threads::Work work_;
  std::function<void()> on_done_;
  Stage stage_ = Stage::kWaiting;
  arrow::Status status_;
};
using SimulatedJobPtr = std::shared_ptr<SimulatedJob>;

/// What the simulated ports share: time, the seed, the run queue, the disk, the faults to come, the
/// trace.
class SimulatedMachine {
 public:
  explicit SimulatedMachine(SimulationOptions options);

  // Time and jobs.
  int64_t now_nanos() const { return now_nanos_; }
  int64_t start_micros() const { return options_.start_micros; }
  void Advance(int64_t nanos) { now_nanos_ += nanos; }
  SimulatedJobPtr Post(int64_t delay_nanos, Threads::Work work, std::function<void()> on_done);
  /// One job, after a wait if only timers are left (none due later than the limit). False: there
  /// was none.
  bool RunOne(int64_t limit_nanos = std::numeric_limits<int64_t>::max());
  void RunFor(int64_t nanos);
  bool is_inside_job() const { return is_inside_job_; }

  // Life and death.
  bool is_down() const { return is_down_; }
  arrow::Status CheckUp() const;
  int64_t life() const { return life_; }
  void Die(CrashKind kind, const std::string& where);
  void Restart();
  void CrashAtPoint(std::string_view point, int64_t count, CrashKind kind);
  bool has_armed_point() const { return has_armed_point_; }

  // Faults.
  void FailNth(FileOperation operation, int64_t count, int error_number);
  void CrashAtOperation(int64_t count, CrashKind kind);
  /// What shall happen to a file operation that begins now.
  struct Fate {
    int error_number = 0;            ///< 0: none
    bool comes_about = true;         ///< with an error: the change happens all the same
    std::optional<CrashKind> crash;  ///< die amidst the operation
    std::string where;               ///< of the crash
  };
  Fate Begin(FileOperation operation);

  void Trace(std::string_view line);
  const std::vector<std::string>& trace() const { return trace_; }
  uint64_t trace_hash() const { return trace_hash_; }
  int64_t num_operations() const { return num_operations_; }

  const SimulationOptions& options() const { return options_; }
  SimulatedDisk& disk() { return disk_; }
  SeededNumbers& fault_numbers() { return fault_numbers_; }
  SeededNumbers& program_numbers() { return program_numbers_; }

 private:
  struct PlannedFault {
    FileOperation operation;
    int64_t num_left;
    int error_number;
  };

  const SimulationOptions options_;
  SeededNumbers fault_numbers_, order_numbers_, program_numbers_;
  int64_t now_nanos_ = 0;
  std::vector<SimulatedJobPtr> ready_;
  std::multimap<int64_t, SimulatedJobPtr> timers_;  ///< by time due; equal ones in the order posted
  int64_t num_jobs_ = 0;
  bool is_inside_job_ = false;
  SimulatedDisk disk_;
  std::vector<PlannedFault> planned_faults_;
  int64_t crash_countdown_ = 0;  ///< 0: none
  CrashKind crash_kind_ = CrashKind::kPower;
  bool has_armed_point_ = false;
  bool is_down_ = false;
  int64_t life_ = 1;
  int64_t num_operations_ = 0;
  std::vector<std::string> trace_;
  uint64_t trace_hash_ = 0;
};

std::unique_ptr<Files> MakeSimulatedFiles(SimulatedMachine* machine);

}  // namespace sabot::internal
