#include "sabot/vector/testing/operator_harness.h"

#include <algorithm>
#include <cstring>
#include <map>
#include <optional>

#include <gtest/gtest.h>

namespace sabot::testing {
namespace {

constexpr int kWaitsMax = 10'000;

// What is used up is gone: overwrite what nobody retained, so that a pointer kept into it shows.
void Wreck(Batch* batch) {
  for (const Vector& column : batch->columns()) {
    if (column.values() == nullptr || column.values().use_count() != 1) continue;
    if (column.kind() == Kind::kView16 || column.is_dictionary()) continue;
    std::memset(column.values()->data(), 0x5A, static_cast<size_t>(column.values()->size()));
  }
}

}  // namespace

arrow::Status MemorySnapshot::Add(StatePiece piece) {
  pieces.push_back(std::move(piece));
  return arrow::Status::OK();
}

std::unique_ptr<SnapshotReader> MemorySnapshot::Read(KeyGroupRange owned) const {
  return MakeSnapshotReader(pieces, owned);
}

class MemoryPageWriter::Run final : public SpilledRun {
 public:
  explicit Run(std::string bytes) : bytes_(std::move(bytes)) {}
  int64_t size_bytes() const override { return static_cast<int64_t>(bytes_.size()); }
  bool is_written() const override { return is_written_; }
  arrow::Status status() const override { return arrow::Status::OK(); }
  arrow::Result<BufferPtr> Read(int64_t offset, int64_t size) override {
    if (offset < 0 || size < 0 || offset + size > size_bytes()) {
      return arrow::Status::IOError("a read beyond the spilled run");
    }
    BufferPtr buffer = Buffer::Allocate(std::max<int64_t>(size, 16));
    std::memcpy(buffer->data(), bytes_.data() + offset, static_cast<size_t>(size));
    return buffer;
  }
  bool is_written_ = false;

 private:
  const std::string bytes_;
};

arrow::Result<std::shared_ptr<SpilledRun>> MemoryPageWriter::Write(std::vector<BufferPtr> content) {
  std::string bytes;
  for (const BufferPtr& part : content) {
    bytes.append(reinterpret_cast<const char*>(part->data()), static_cast<size_t>(part->size()));
  }
  ++num_writes_;
  under_way_.push_back(std::make_shared<Run>(std::move(bytes)));
  return under_way_.back();
}

bool MemoryPageWriter::Tick() {
  if (under_way_.empty()) return false;
  for (const auto& run : under_way_) run->is_written_ = true;
  under_way_.clear();
  return true;
}

struct OperatorHarness::Instance {
  TaskContext context;
  std::unique_ptr<Waker> waker;
  std::unique_ptr<Operator> op;
  bool is_done = false;
};

OperatorHarness::OperatorHarness(Maker make, HarnessOptions options)
    : make_(std::move(make)),
      options_(options),
      random_(options.seed * 7919 + 13),
      simulation_({.seed = options.seed}),
      memory_(options.memory_bytes) {
  Make(options.num_tasks);
}

OperatorHarness::~OperatorHarness() = default;

void OperatorHarness::Make(uint32_t num_tasks) {
  instances_.clear();
  options_.num_tasks = num_tasks;
  for (uint32_t i = 0; i < num_tasks && status_.ok(); ++i) {
    auto instance = std::make_unique<Instance>();
    instance->waker = std::make_unique<Waker>([] {});
    instance->context = {
        .task_index = i,
        .num_tasks = num_tasks,
        .batch_size = options_.batch_size,
        .key_groups = KeyGroupsOfTask(i, num_tasks),
        .is_unbounded = options_.is_unbounded,
        .env = simulation_.env(),
        .memory = &memory_,
        .waker = instance->waker.get(),
        .is_cancelled = &is_cancelled_,
        .set_timer = [this](int64_t clock_us) { timer_ = std::min(timer_, clock_us); }};
    arrow::Result<std::unique_ptr<Operator>> made = make_(instance->context);
    if (!made.ok()) {
      status_ = made.status();
      return;
    }
    instance->op = std::move(*made);
    instances_.push_back(std::move(instance));
  }
}

Progress OperatorHarness::Push(const Batch& rows, int port) {
  Progress last = Progress::kNeedsInput;
  for (Batch& batch : Cut(rows, options_.batch_size, options_.disguises ? &random_ : nullptr)) {
    if (!status_.ok()) break;
    Instance& instance = *instances_[random_() % instances_.size()];
    if (instance.is_done) continue;
    last = PushOne(instance, std::move(batch), port);
  }
  return last;
}

Progress OperatorHarness::PushOne(Instance& instance, Batch batch, int port) {
  const std::vector<std::string> before = TextRows(batch);
  const Progress last = Drive(instance, [&](Output* output) -> arrow::Result<Progress> {
    arrow::Result<Progress> progress = instance.op->Push(port, batch, output);
    if (progress.ok() && *progress != Progress::kNeedsInput && *progress != Progress::kDone) {
      EXPECT_EQ(TextRows(batch), before) << "the input was changed before it was used up";
    }
    return progress;
  });
  Wreck(&batch);
  if (last == Progress::kDone) instance.is_done = true;
  return last;
}

void OperatorHarness::Send(Marker marker) {
  for (size_t i = 0; i < instances_.size() && status_.ok(); ++i) SendTo(*instances_[i], marker);
}

void OperatorHarness::SendTo(Instance& instance, Marker marker) {
  if (marker.kind == Marker::kTimer) timer_ = INT64_MAX;
  const Marker before = marker;
  Drive(instance, [&](Output* output) { return instance.op->OnMarker(marker, output); });
  if (before.kind == Marker::kWatermark && marker.kind == Marker::kWatermark) {
    EXPECT_LE(marker.value, before.value) << "a watermark was advanced";
  }
  if (marker.kind != Marker::kTimer) Note(marker);
}

void OperatorHarness::End(int port) {
  Send({.kind = Marker::kEnd, .port = static_cast<uint8_t>(port)});
}

void OperatorHarness::ReadRemainders() {
  std::vector<std::unique_ptr<Source>> readers;
  for (const auto& instance : instances_) {
    readers.push_back(status_.ok() ? instance->op->Remainder() : nullptr);
  }
  bool is_any_left = true;
  while (is_any_left && status_.ok()) {
    is_any_left = false;
    for (size_t i = 0; i < readers.size() && status_.ok(); ++i) {
      if (readers[i] == nullptr) continue;
      is_any_left = true;
      running_ = readers[i].get();
      bool is_done = false;
      // One answer a turn, so that readers that share their work interleave.
      Drive(*instances_[i], [&](Output* output) -> arrow::Result<Progress> {
        ARROW_ASSIGN_OR_RAISE(const Progress progress, readers[i]->Poll(output));
        EXPECT_NE(progress, Progress::kNeedsInput) << "a source wants input";
        is_done = progress == Progress::kDone;
        return progress == Progress::kMore ? Progress::kNeedsInput : progress;
      });
      running_ = nullptr;
      if (is_done) readers[i].reset();
    }
  }
}

Progress OperatorHarness::Drive(Instance& instance,
                                const std::function<arrow::Result<Progress>(Output*)>& call) {
  Output output;
  num_waits_ = 0;
  while (status_.ok()) {
    if (options_.spills_at_random && random_() % 8 == 0) {
      SpillOne(running_ != nullptr ? *running_ : static_cast<Stateful&>(*instance.op));
    }
    if (random_() % 4 == 0) pages_.Tick();
    output.Clear();
    const arrow::Result<Progress> progress = call(&output);
    if (!progress.ok()) {
      status_ = progress.status();
      break;
    }
    if (*progress == Progress::kBlocked || *progress == Progress::kNeedsMemory) {
      EXPECT_TRUE(output.empty()) << "it waits, but put something out";
      if (!OnWait(instance, running_ != nullptr ? running_ : instance.op.get(), *progress)) break;
      continue;
    }
    num_waits_ = 0;
    Take(output);
    if (*progress != Progress::kMore) return *progress;
  }
  return Progress::kDone;
}

bool OperatorHarness::OnWait(Instance& /*instance*/, Stateful* waiting, Progress progress) {
  if (++num_waits_ > kWaitsMax) {
    ADD_FAILURE() << "the operator waits for ever";
    status_ = arrow::Status::Cancelled("the operator waits for ever");
    return false;
  }
  simulation_.RunUntilIdle();
  const bool has_written = pages_.Tick();
  if (progress == Progress::kBlocked || has_written) return true;
  // Whoever waits first, then the others: the driver asks all of the query.
  int64_t spills = num_spills_;
  SpillOne(*waiting);
  for (size_t i = 0; i < instances_.size() && spills == num_spills_; ++i) {
    SpillOne(*instances_[i]->op);
  }
  if (spills == num_spills_) {
    memory_.set_limit_bytes(memory_.limit_bytes() + memory_.limit_bytes() / 4 + 4096);
    ++num_raises_;
  }
  return true;
}

void OperatorHarness::SpillOne(Stateful& holder) {
  const arrow::Result<int64_t> freed = holder.Spill(int64_t{1} << 20, pages_);
  if (!freed.ok()) {
    status_ = freed.status();
  } else if (*freed > 0) {
    ++num_spills_;
  }
}

void OperatorHarness::Take(const Output& output) {
  EXPECT_EQ(FaultOf(output.batch), "");
  const std::vector<std::string> rows = TextRows(output.batch);
  std::vector<std::string>& target = output.port == 0 ? rows_ : late_rows_;
  target.insert(target.end(), rows.begin(), rows.end());
  Note(output.marker);
}

void OperatorHarness::Note(const Marker& marker) {
  if (marker.kind == Marker::kNone) return;
  std::string text(1, "-WIBET"[marker.kind]);
  if (marker.kind == Marker::kWatermark || marker.kind == Marker::kBarrier) {
    text += std::to_string(marker.value);
  }
  markers_.push_back(std::move(text));
}

MemorySnapshot OperatorHarness::Save() {
  MemorySnapshot snapshot;
  for (const auto& instance : instances_) {
    if (!status_.ok()) break;
    Drive(*instance,
          [&, marker = Marker{.kind = Marker::kBarrier, .value = 1}](Output* output) mutable {
            return instance->op->OnMarker(marker, output);
          });
    if (status_.ok()) status_ = instance->op->Snapshot(1, snapshot);
  }
  return snapshot;
}

void OperatorHarness::Restore(const MemorySnapshot& snapshot, uint32_t num_tasks) {
  if (!status_.ok()) return;
  Make(num_tasks);
  for (const auto& instance : instances_) {
    if (!status_.ok()) return;
    const std::unique_ptr<SnapshotReader> reader = snapshot.Read(instance->context.key_groups);
    status_ = instance->op->Restore(*reader);
  }
}

std::vector<std::string> OperatorHarness::sorted_rows() const {
  std::vector<std::string> sorted = rows_;
  std::sort(sorted.begin(), sorted.end());
  return sorted;
}

std::vector<std::string> OperatorHarness::net_rows() const {
  std::map<std::string, int64_t> counts;
  for (const std::string& row : rows_) {
    if (row.starts_with("~")) {
      --counts[row.substr(1)];
    } else {
      ++counts[row];
    }
  }
  std::vector<std::string> net;
  for (const auto& [row, count] : counts) {
    for (int64_t i = 0; i < count; ++i) net.push_back(row);
    for (int64_t i = 0; i > count; --i) net.push_back("~" + row);
  }
  return net;
}

}  // namespace sabot::testing
