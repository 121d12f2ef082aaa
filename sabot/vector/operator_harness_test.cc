#include "sabot/vector/testing/operator_harness.h"

#include <gmock/gmock.h>
#include <gtest/gtest-spi.h>
#include <gtest/gtest.h>

namespace sabot::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

/// Counts weights by value modulo 4 and gives the counts in the end; holds memory, spills it.
class Counter final : public Operator {
 public:
  Counter(const TaskContext& context, bool keeps_state)
      : groups_(context.key_groups),
        keeps_state_(keeps_state),
        memory_(*context.memory->MakeConsumer("counter")),
        held_(memory_.get()) {}

  arrow::Result<Progress> Push(int, Batch& input, Output* output) override {
    if (!held_.TryGrow(512)) return Progress::kNeedsMemory;
    ForEachRow(input.rows(), [&](int32_t row) {
      const int64_t value = std::get<int64_t>(input.column(0).ValueAt(row).value);
      counts_[static_cast<size_t>(value % 4)] += input.weight(row);
    });
    output->marker = {.kind = Marker::kIdle};
    return Progress::kNeedsInput;
  }
  std::unique_ptr<Source> Remainder() override;
  arrow::Status Snapshot(Epoch, SnapshotWriter& writer) override {
    BufferPtr bytes = Buffer::Allocate(32);
    std::memcpy(bytes->data(), counts_, 32);
    return keeps_state_ ? writer.Add({.name = "counts", .groups = groups_, .content = {bytes}})
                        : arrow::Status::OK();
  }
  arrow::Status Restore(SnapshotReader& reader) override {
    EXPECT_EQ(reader.owned_groups(), groups_);
    while (true) {
      ARROW_ASSIGN_OR_RAISE(const auto piece, reader.Next());
      if (!piece.has_value()) return arrow::Status::OK();
      // Of a piece that several tasks get, the first takes all.
      if (piece->groups.begin < groups_.begin || piece->groups.begin >= groups_.end) continue;
      for (size_t i = 0; i < 4; ++i) {
        counts_[i] += reinterpret_cast<const int64_t*>(piece->content[0]->data())[i];
      }
    }
  }
  arrow::Result<int64_t> Spill(int64_t, PageWriter& writer) override {
    const int64_t freed = held_.bytes();
    if (freed > 0) ARROW_RETURN_NOT_OK(writer.Write({Buffer::Allocate(16)}).status());
    held_.Release();
    return freed;
  }

 private:
  const KeyGroupRange groups_;
  const bool keeps_state_;
  std::unique_ptr<MemoryConsumer> memory_;
  Reservation held_;
  int64_t counts_[4] = {0, 0, 0, 0};
};

class OneBatch final : public Source {
 public:
  explicit OneBatch(Batch batch) : batch_(std::move(batch)) {}
  arrow::Result<Progress> Poll(Output* output) override {
    output->batch = std::move(batch_);
    return Progress::kDone;
  }

 private:
  Batch batch_;
};

std::unique_ptr<Source> Counter::Remainder() {
  return std::make_unique<OneBatch>(MakeLongs({counts_[0], counts_[1], counts_[2], counts_[3]}));
}

OperatorHarness::Maker MakeCounter(bool keeps_state = true) {
  return [=](const TaskContext& context) -> arrow::Result<std::unique_ptr<Operator>> {
    return std::make_unique<Counter>(context, keeps_state);
  };
}

Batch Numbers(int64_t count) {
  std::vector<int64_t> values;
  for (int64_t i = 0; i < count; ++i) values.push_back(i);
  return MakeLongs(values);
}

TEST(OperatorHarness, GivesTheSameRowsInEveryDisguise) {
  for (uint64_t seed = 0; seed < 30; ++seed) {
    for (const int32_t size : {1, 7, 2048}) {
      OperatorHarness counter(MakeCounter(), {.seed = seed, .batch_size = size});
      counter.Push(Numbers(10));
      counter.Finish();
      EXPECT_THAT(counter.rows(), ElementsAre("3", "3", "2", "2"));
      EXPECT_TRUE(counter.status().ok());
    }
  }
}

TEST(OperatorHarness, RestoresIntoOtherTasksAndFindsStateThatIsLost) {
  OperatorHarness counter(MakeCounter(), {.batch_size = 1});
  counter.Push(Numbers(10));
  counter.Restore(counter.Save(), 3);
  counter.Push(Numbers(2));
  counter.Finish();
  int64_t sum = 0;
  for (const std::string& row : counter.rows()) sum += std::stoll(row);
  EXPECT_EQ(counter.rows().size(), 12U);
  EXPECT_EQ(sum, 12);

  OperatorHarness forgetful(MakeCounter(false));
  forgetful.Push(Numbers(10));
  forgetful.SaveAndRestore();
  forgetful.Finish();
  EXPECT_THAT(forgetful.rows(), ElementsAre("0", "0", "0", "0"));
}

TEST(OperatorHarness, SpillsWhereMemoryIsShortAndAtRandom) {
  OperatorHarness counter(MakeCounter(), {.batch_size = 1, .memory_bytes = 2048});
  counter.Push(Numbers(100));
  EXPECT_GT(counter.num_spills(), 20);
  EXPECT_EQ(counter.num_raises(), 0);
  OperatorHarness random(MakeCounter(), {.batch_size = 1, .spills_at_random = true});
  random.Push(Numbers(100));
  EXPECT_GT(random.num_spills(), 2);
  EXPECT_EQ(random.markers().size(), 100U);
}

/// Does one thing it must not do.
class Faulty final : public Operator {
 public:
  explicit Faulty(int fault) : fault_(fault) {}
  arrow::Result<Progress> Push(int, Batch& input, Output* output) override {
    if (std::exchange(has_begun_, true)) return Progress::kNeedsInput;
    if (fault_ == 0) output->batch = MakeLongs({1});
    if (fault_ == 1) input.columns().clear();
    if (fault_ == 2) {
      output->batch = MakeBatch({Type(TypeId::kLong)}, {{TypedValue::Long(1)}}, {0});
      return Progress::kNeedsInput;
    }
    return fault_ == 0 ? Progress::kBlocked : Progress::kMore;
  }
  arrow::Result<Progress> OnMarker(Marker& marker, Output*) override {
    ++marker.value;
    return Progress::kNeedsInput;
  }

 private:
  const int fault_;
  bool has_begun_ = false;
};

void RunFault(int fault) {
  OperatorHarness harness(
      [=](const TaskContext&) -> arrow::Result<std::unique_ptr<Operator>> {
        return std::make_unique<Faulty>(fault);
      },
      {.disguises = false});
  if (fault == 3) {
    harness.Watermark(5);
  } else {
    harness.Push(MakeLongs({1, 2}));
  }
}

TEST(OperatorHarness, FindsBreachesOfTheContract) {
  EXPECT_NONFATAL_FAILURE(RunFault(0), "put something out");
  EXPECT_NONFATAL_FAILURE(RunFault(1), "the input was changed");
  EXPECT_NONFATAL_FAILURE(RunFault(2), "weight 0");
  EXPECT_NONFATAL_FAILURE(RunFault(3), "advanced");
}

TEST(Disguise, KeepsTheRowsAndTheirOrder) {
  Random random(3);
  bool has_hidden = false;
  bool has_dictionary = false;
  bool has_constant = false;
  const Batch batch =
      MakeBatch({Type(TypeId::kString), Type(TypeId::kInt)},
                {{TypedValue::String("a"), TypedValue::Int(1)},
                 {TypedValue::Null(Type(TypeId::kString)), TypedValue::Int(1)},
                 {TypedValue::String("long enough for the heap"), TypedValue::Int(1)}},
                {1, -2, 3});
  for (int i = 0; i < 50; ++i) {
    const Batch other = Disguise(batch, random);
    EXPECT_EQ(TextRows(other), TextRows(batch));
    EXPECT_EQ(FaultOf(other), "");
    has_hidden |= other.has_selection();
    has_dictionary |= other.column(0).is_dictionary();
    has_constant |= other.column(1).is_constant();
  }
  EXPECT_TRUE(has_hidden && has_dictionary && has_constant);
  EXPECT_THAT(TextRows(batch),
              ElementsAre("a|1", "~NULL|1", "~NULL|1", "long enough for the heap|1",
                          "long enough for the heap|1", "long enough for the heap|1"));
  EXPECT_THAT(TextRows(MakeLongs({})), IsEmpty());
}

}  // namespace
}  // namespace sabot::testing
