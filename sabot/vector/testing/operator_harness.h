#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "sabot/base/memory_budget.h"
#include "sabot/base/simulation.h"
#include "sabot/vector/operator.h"
#include "sabot/vector/task_context.h"
#include "sabot/vector/testing/test_rows.h"

namespace sabot::testing {

/// Keeps the pieces of a snapshot and gives back those a task owns.
class MemorySnapshot final : public SnapshotWriter {
 public:
  arrow::Status Add(StatePiece piece) override;
  std::unique_ptr<SnapshotReader> Read(KeyGroupRange owned) const;
  std::vector<StatePiece> pieces;
};

/// Pages in memory, "written" some calls of Tick later.
class MemoryPageWriter final : public PageWriter {
 public:
  arrow::Result<std::shared_ptr<SpilledRun>> Write(std::vector<BufferPtr> content) override;
  /// Time passes; true if writes were finished by it.
  bool Tick();
  bool is_idle() const { return under_way_.empty(); }
  int64_t num_writes() const { return num_writes_; }

 private:
  class Run;
  std::vector<std::shared_ptr<Run>> under_way_;
  int64_t num_writes_ = 0;
};

struct HarnessOptions {
  uint64_t seed = 0;
  /// Of the batches pushed and of those the operator makes.
  int32_t batch_size = kVectorSize;
  /// Push every batch in a random encoding, with hidden rows and weights.
  bool disguises = true;
  /// Instances of the operator; each batch goes to one of them at random.
  uint32_t num_tasks = 1;
  /// Of all instances. Where a reservation is refused the harness spills; if nothing can be
  /// spilled, it raises the limit (num_raises).
  int64_t memory_bytes = MemoryBudget::kUnlimited;
  /// Ask for spills between calls at random, memory short or not.
  bool spills_at_random = false;
  bool is_unbounded = false;
};

/// Runs an operator as a driver would, and checks that it keeps the contract (vector/operator.h):
/// what it puts out is a sound batch, waiting leaves the output empty, input stays whole until it
/// is used up. Breaches are test failures; an error of the operator is kept in status(), and
/// nothing runs after it.
class OperatorHarness {
 public:
  using Maker = std::function<arrow::Result<std::unique_ptr<Operator>>(const TaskContext&)>;

  explicit OperatorHarness(Maker make, HarnessOptions options = {});
  ~OperatorHarness();

  /// Cut into batches of batch_size, one after another. Returns the last answer.
  Progress Push(const Batch& rows, int port = 0);
  /// To every instance.
  void Watermark(int64_t time_us) { Send({.kind = Marker::kWatermark, .value = time_us}); }
  void Send(Marker marker);
  /// End on port 0 (or others) of every instance, then all remainders, turn about.
  void End(int port = 0);
  void ReadRemainders();
  void Finish() {
    End();
    ReadRemainders();
  }

  /// Barrier and Snapshot of every instance.
  MemorySnapshot Save();
  /// New instances, as many as given, restored from it before anything else.
  void Restore(const MemorySnapshot& snapshot, uint32_t num_tasks);
  void SaveAndRestore() { Restore(Save(), options_.num_tasks); }

  /// Output so far, as TextRows gives it.
  const std::vector<std::string>& rows() const { return rows_; }
  std::vector<std::string> sorted_rows() const;
  /// The same with rows and those taken back set off against each other; sorted.
  std::vector<std::string> net_rows() const;
  const std::vector<std::string>& late_rows() const { return late_rows_; }
  /// Those that went on, own or passed: "W5", "I", "B1", "E".
  const std::vector<std::string>& markers() const { return markers_; }
  const arrow::Status& status() const { return status_; }
  int64_t num_spills() const { return num_spills_; }
  int64_t num_raises() const { return num_raises_; }
  MemoryBudget& memory() { return memory_; }
  /// The earliest timer asked for, of any instance; INT64_MAX: none.
  int64_t timer() const { return timer_; }
  Simulation& simulation() { return simulation_; }

 private:
  struct Instance;
  void Make(uint32_t num_tasks);
  Progress PushOne(Instance& instance, Batch batch, int port);
  void SendTo(Instance& instance, Marker marker);
  /// Repeat `call` until it no longer waits; takes in what it puts out.
  Progress Drive(Instance& instance, const std::function<arrow::Result<Progress>(Output*)>& call);
  bool OnWait(Instance& instance, Stateful* waiting, Progress progress);
  void SpillOne(Stateful& holder);
  void Take(const Output& output);
  void Note(const Marker& marker);

  const Maker make_;
  HarnessOptions options_;
  Random random_;
  Simulation simulation_;
  MemoryBudget memory_;
  MemoryPageWriter pages_;
  std::atomic<bool> is_cancelled_{false};
  std::vector<std::unique_ptr<Instance>> instances_;
  Stateful* running_ = nullptr;
  std::vector<std::string> rows_;
  std::vector<std::string> late_rows_;
  std::vector<std::string> markers_;
  arrow::Status status_;
  int64_t num_spills_ = 0;
  int64_t num_raises_ = 0;
  int64_t timer_ = INT64_MAX;
  int num_waits_ = 0;
};

}  // namespace sabot::testing
