#include "sabot/scheduler/chain.h"

#include <functional>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sabot/base/error.h"
#include "sabot/vector/testing/flaky.h"
#include "sabot/vector/testing/test_rows.h"

namespace sabot {
namespace {

using sabot::testing::FlakyOptions;
using sabot::testing::LongsOf;
using sabot::testing::MakeFlaky;
using sabot::testing::MakeLongs;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

/// An operator out of two functions.
class FakeOperator final : public Operator {
 public:
  using OnPush = std::function<arrow::Result<Progress>(int, Batch&, Output*)>;
  using OnMark = std::function<arrow::Result<Progress>(Marker&, Output*)>;
  explicit FakeOperator(OnPush push, OnMark mark = nullptr)
      : push_(std::move(push)), mark_(std::move(mark)) {}
  arrow::Result<Progress> Push(int port, Batch& input, Output* output) override {
    EXPECT_TRUE(output->empty());
    return push_(port, input, output);
  }
  arrow::Result<Progress> OnMarker(Marker& marker, Output* output) override {
    EXPECT_TRUE(output->empty());
    return mark_ == nullptr ? Progress::kNeedsInput : mark_(marker, output);
  }

 private:
  const OnPush push_;
  const OnMark mark_;
};

/// Gives each row of its input in a batch of its own, always out of the same memory: whoever runs
/// it again too early overwrites what others still read.
class OneByOne final : public Operator {
 public:
  arrow::Result<Progress> Push(int /*port*/, Batch& input, Output* output) override {
    const std::vector<int64_t> values = LongsOf(input);
    auto* memory = reinterpret_cast<int64_t*>(memory_->data());
    memory[0] = values[next_];
    output->batch.columns().push_back(Vector::Wrap(Type(TypeId::kLong), 1, memory_, nullptr));
    output->batch.set_num_rows(1);
    if (++next_ < values.size()) return Progress::kMore;
    next_ = 0;
    return Progress::kNeedsInput;
  }

 private:
  size_t next_ = 0;
  BufferPtr memory_ = Buffer::Allocate(64);
};

/// Writes down what comes: "5", "W7", "B1", "E".
class Recorder final : public Operator {
 public:
  explicit Recorder(std::vector<std::string>* log) : log_(log) {}
  arrow::Result<Progress> Push(int /*port*/, Batch& input, Output* /*output*/) override {
    for (const int64_t value : LongsOf(input)) log_->push_back(std::to_string(value));
    return Progress::kNeedsInput;
  }
  arrow::Result<Progress> OnMarker(Marker& marker, Output* /*output*/) override {
    log_->push_back(std::string(1, "-WIBET"[marker.kind]) +
                    (marker.kind == Marker::kEnd ? "" : std::to_string(marker.value)));
    return Progress::kNeedsInput;
  }

 private:
  std::vector<std::string>* const log_;
};

using Lists = std::vector<std::vector<int64_t>>;

class ListSource final : public Source {
 public:
  explicit ListSource(std::vector<std::vector<int64_t>> batches) : batches_(std::move(batches)) {}
  arrow::Result<Progress> Poll(Output* output) override {
    if (next_ == batches_.size()) return Progress::kDone;
    output->batch = MakeLongs(batches_[next_++]);
    output->batch.set_split(next_);
    return Progress::kMore;
  }
  size_t next() const { return next_; }

 private:
  const std::vector<std::vector<int64_t>> batches_;
  size_t next_ = 0;
};

std::unique_ptr<Operator> Doubler() {
  return std::make_unique<FakeOperator>([](int, Batch& input, Output* output) {
    std::vector<int64_t> values = LongsOf(input);
    for (int64_t& value : values) value *= 2;
    output->batch = MakeLongs(values);
    return Progress::kNeedsInput;
  });
}

struct ChainTest : ::testing::Test {
  ChainTest() : waker([] {}) {}

  Operator* Own(std::unique_ptr<Operator> op) {
    owned.push_back(std::move(op));
    return owned.back().get();
  }
  void Link(std::vector<Operator*> row) {
    std::vector<ChainStep> steps;
    for (size_t i = 0; i < row.size(); ++i) {
      steps.push_back(
          {.op = row[i], .next = i + 1 < row.size() ? static_cast<int>(i) + 1 : ChainStep::kNone});
    }
    chain = std::make_unique<Chain>(std::move(steps), Env::Real().clock, &is_cancelled);
  }
  // Through whatever it waits for.
  arrow::Status RunToIdle() {
    while (true) {
      TurnBudget budget = TurnBudget::Start(*Env::Real().clock);
      ARROW_ASSIGN_OR_RAISE(const ChainState state, chain->Run(&budget));
      if (state == ChainState::kIdle) return arrow::Status::OK();
      ++num_stops;
    }
  }
  arrow::Status ReadAll(Source* source, int step = 0) {
    do {
      chain->StartPoll(source, step);
      ARROW_RETURN_NOT_OK(RunToIdle());
    } while (!chain->is_poll_done());
    return arrow::Status::OK();
  }
  arrow::Status Send(Marker marker, int step = 0, bool forward = true) {
    chain->StartMarker(marker, step, forward);
    return RunToIdle();
  }

  Waker waker;
  std::atomic<bool> is_cancelled{false};
  std::vector<std::string> log;
  std::vector<std::unique_ptr<Operator>> owned;
  std::unique_ptr<Chain> chain;
  int num_stops = 0;
};

TEST_F(ChainTest, RunsDepthFirstWhateverOperatorsAnswer) {
  for (uint64_t seed = 0; seed < 50; ++seed) {
    log.clear();
    const auto flaky = [&](std::unique_ptr<Operator> op, uint64_t salt) {
      return Own(MakeFlaky(std::move(op), {.seed = seed * 10 + salt, .memory_one_in = 6}, &waker));
    };
    Link({flaky(std::make_unique<OneByOne>(), 1), flaky(Doubler(), 2),
          flaky(std::make_unique<OneByOne>(), 3), flaky(std::make_unique<Recorder>(&log), 4)});
    const std::unique_ptr<Source> source =
        MakeFlaky(std::make_unique<ListSource>(Lists{{1, 2, 3}, {}, {4}, {5, 6}}),
                  {.seed = seed, .memory_one_in = 7}, &waker);
    ASSERT_TRUE(ReadAll(source.get()).ok());
    ASSERT_TRUE(Send({.kind = Marker::kEnd}).ok());
    EXPECT_THAT(log, ElementsAre("2", "4", "6", "8", "10", "12", "E")) << seed;
  }
  EXPECT_GT(num_stops, 100);
}

TEST_F(ChainTest, GivesTheBatchBeforeTheMarkerOfTheSameCall) {
  Link({Own(std::make_unique<FakeOperator>([](int, Batch& input, Output* output) {
          output->batch = std::move(input);
          output->marker = {.kind = Marker::kWatermark, .value = 9};
          return Progress::kNeedsInput;
        })),
        Own(std::make_unique<OneByOne>()), Own(std::make_unique<Recorder>(&log))});
  ListSource source(Lists{{1, 2}, {3}});
  ASSERT_TRUE(ReadAll(&source).ok());
  EXPECT_THAT(log, ElementsAre("1", "2", "W9", "3", "W9"));
}

TEST_F(ChainTest, SendsAMarkerOnAsTheOperatorLeftIt) {
  const auto lower = [](Marker& marker, Output* output) {
    if (marker.kind == Marker::kWatermark) {
      // What the marker brings out goes before it.
      output->batch = MakeLongs({marker.value});
      marker.value -= 5;
      if (marker.value < 0) marker.kind = Marker::kNone;
    }
    return Progress::kNeedsInput;
  };
  const auto pass = [](int, Batch& input, Output* output) {
    output->batch = std::move(input);
    return Progress::kNeedsInput;
  };
  Link({Own(std::make_unique<FakeOperator>(pass, lower)), Own(std::make_unique<Recorder>(&log))});
  ASSERT_TRUE(Send({.kind = Marker::kWatermark, .value = 7}).ok());
  ASSERT_TRUE(Send({.kind = Marker::kWatermark, .value = 4}).ok());
  ASSERT_TRUE(Send({.kind = Marker::kTimer, .value = 1}).ok());
  ASSERT_TRUE(Send({.kind = Marker::kBarrier, .value = 3}).ok());
  EXPECT_THAT(log, ElementsAre("7", "W2", "4", "B3"));
}

TEST_F(ChainTest, RepeatsAMarkerUntilItsOperatorIsThrough) {
  int calls = 0;
  const auto three = [&](Marker& marker, Output* output) {
    EXPECT_EQ(marker.value, 1);
    output->batch = MakeLongs({calls});
    return ++calls < 3 ? Progress::kMore : Progress::kNeedsInput;
  };
  Link(
      {Own(std::make_unique<FakeOperator>(nullptr, three)), Own(std::make_unique<Recorder>(&log))});
  std::vector<std::string> drained;
  chain->set_drained_hook([&](int step, const Marker& marker) {
    drained.push_back(std::to_string(step) + "@" + std::to_string(log.size()));
    EXPECT_EQ(marker.kind, Marker::kBarrier);
    return arrow::Status::OK();
  });
  ASSERT_TRUE(Send({.kind = Marker::kBarrier, .value = 1}).ok());
  EXPECT_THAT(log, ElementsAre("0", "1", "2", "B1"));
  // Snapshots lie between the last row and the marker's way on.
  EXPECT_THAT(drained, ElementsAre("0@3", "1@4"));
}

TEST_F(ChainTest, EndsAtItsStepUnlessForwarded) {
  Link({Own(Doubler()), Own(std::make_unique<Recorder>(&log))});
  ASSERT_TRUE(Send({.kind = Marker::kEnd}, 0, /*forward=*/false).ok());
  EXPECT_THAT(log, ElementsAre());
  ASSERT_TRUE(Send({.kind = Marker::kEnd}, 1, /*forward=*/false).ok());
  EXPECT_THAT(log, ElementsAre("E"));
}

TEST_F(ChainTest, StopsWhatIsAboveAnOperatorThatIsDone) {
  int pushes = 0;
  Operator* first = Own(std::make_unique<OneByOne>());
  Operator* limit = Own(std::make_unique<FakeOperator>([&](int, Batch& input, Output* output) {
    output->batch = std::move(input);
    return ++pushes == 2 ? Progress::kDone : Progress::kNeedsInput;
  }));
  Link({first, limit, Own(std::make_unique<Recorder>(&log))});
  ListSource source(Lists{{1, 2, 3}, {4}});
  chain->StartPoll(&source, 0);
  ASSERT_TRUE(RunToIdle().ok());
  // The row that came with kDone counts; the third of the batch is never made.
  EXPECT_THAT(log, ElementsAre("1", "2"));
  EXPECT_EQ(pushes, 2);
  EXPECT_TRUE(chain->is_done(1));
  EXPECT_TRUE(chain->is_closed(0));
  EXPECT_FALSE(chain->is_closed(1));
  EXPECT_FALSE(chain->is_closed(2));
  chain->StartPoll(&source, 0);
  ASSERT_TRUE(RunToIdle().ok());
  EXPECT_EQ(source.next(), 1U) << "nobody wants what it would give";
  EXPECT_EQ(pushes, 2);
  ASSERT_TRUE(Send({.kind = Marker::kEnd}).ok());
  EXPECT_THAT(log, ElementsAre("1", "2", "E"));
}

TEST_F(ChainTest, SendsAMarkerOnThoughWhatItBroughtOutEndedTheLimit) {
  const auto flush = [](Marker&, Output* output) {
    output->batch = MakeLongs({1});
    return Progress::kMore;  // it would go on for ever
  };
  Link({Own(std::make_unique<FakeOperator>(nullptr, flush)),
        Own(std::make_unique<FakeOperator>([&](int, Batch& input, Output* output) {
          output->batch = std::move(input);
          return Progress::kDone;
        })),
        Own(std::make_unique<Recorder>(&log))});
  ASSERT_TRUE(Send({.kind = Marker::kBarrier, .value = 4}).ok());
  EXPECT_THAT(log, ElementsAre("1", "B4"));
}

TEST_F(ChainTest, RoutesPortOneToTheSide) {
  std::vector<std::string> late;
  Operator* split = Own(std::make_unique<FakeOperator>([](int, Batch& input, Output* output) {
    output->port = LongsOf(input)[0] < 0 ? 1 : 0;
    output->batch = std::move(input);
    return Progress::kNeedsInput;
  }));
  Operator* main = Own(std::make_unique<Recorder>(&log));
  Operator* side = Own(std::make_unique<Recorder>(&late));
  chain = std::make_unique<Chain>(
      std::vector<ChainStep>{{.op = split, .next = 1, .side = 2}, {.op = main}, {.op = side}},
      Env::Real().clock, &is_cancelled);
  ListSource source(Lists{{1}, {-2}, {3}});
  ASSERT_TRUE(ReadAll(&source).ok());
  ASSERT_TRUE(Send({.kind = Marker::kBarrier, .value = 8}).ok());
  EXPECT_THAT(log, ElementsAre("1", "3", "B8"));
  EXPECT_THAT(late, ElementsAre("-2", "B8"));

  Link({split, main});
  ListSource again(Lists{{-2}});
  EXPECT_THAT(ReadAll(&again).ToString(), HasSubstr("nobody takes rows of its port 1"));
}

TEST_F(ChainTest, RefusesWhatBreaksTheContract) {
  const auto status_of = [&](FakeOperator::OnPush push) {
    Link({Own(std::make_unique<FakeOperator>(std::move(push))),
          Own(std::make_unique<Recorder>(&log))});
    Batch batch = MakeLongs({1, 2});
    chain->StartBatch(0, &batch, 0);
    return RunToIdle().ToString();
  };
  EXPECT_THAT(status_of([](int, Batch&, Output* output) {
                output->batch = MakeLongs({1});
                return Progress::kBlocked;
              }),
              HasSubstr("it waits, but put something out"));
  EXPECT_THAT(status_of([](int, Batch&, Output* output) {
                output->batch = MakeLongs({1, 2, 3});
                output->batch.set_num_rows(2);
                return Progress::kNeedsInput;
              }),
              HasSubstr("another length"));
  EXPECT_THAT(status_of([](int, Batch&, Output* output) {
                output->batch =
                    sabot::testing::MakeBatch({Type(TypeId::kLong)}, {{TypedValue::Long(1)}}, {0});
                return Progress::kNeedsInput;
              }),
              HasSubstr("weight 0"));
}

TEST_F(ChainTest, DropsBatchesWithoutRows) {
  Operator* filter = Own(std::make_unique<FakeOperator>([](int, Batch& input, Output* output) {
    output->batch = std::move(input);
    output->batch.SetSelection(Buffer::Allocate(16), 0);
    return Progress::kNeedsInput;
  }));
  Link({filter, Own(std::make_unique<FakeOperator>([](int, Batch&, Output*) {
          ADD_FAILURE() << "an empty batch came through";
          return Progress::kNeedsInput;
        }))});
  ListSource source(Lists{{1}});
  EXPECT_TRUE(ReadAll(&source).ok());
}

TEST_F(ChainTest, CompactsBelowAnEighth) {
  std::vector<int32_t> sizes;
  Link({Own(std::make_unique<FakeOperator>([](int, Batch& input, Output* output) {
          const auto active = static_cast<int32_t>(LongsOf(input)[0]);
          std::vector<int64_t> values(64);
          for (int64_t i = 0; i < 64; ++i) values[static_cast<size_t>(i)] = i;
          output->batch = MakeLongs(values);
          BufferPtr positions = Buffer::Allocate(128);
          for (int32_t i = 0; i < active; ++i) {
            reinterpret_cast<uint16_t*>(positions->data())[i] =
                static_cast<uint16_t>(63 - active + 1 + i);
          }
          output->batch.SetSelection(positions, active);
          return Progress::kNeedsInput;
        })),
        Own(std::make_unique<FakeOperator>([&](int, Batch& input, Output*) {
          sizes.push_back(input.num_rows());
          EXPECT_EQ(LongsOf(input).back(), 63);
          return Progress::kNeedsInput;
        }))});
  ListSource source(Lists{{8}, {7}});
  ASSERT_TRUE(ReadAll(&source).ok());
  EXPECT_THAT(sizes, ElementsAre(64, 7));
}

TEST_F(ChainTest, StartsNoCallOnceCancelled) {
  int calls = 0;
  Link({Own(std::make_unique<FakeOperator>([&](int, Batch&, Output*) {
    if (++calls == 3) is_cancelled.store(true);
    return Progress::kMore;
  }))});
  Batch batch = MakeLongs({1});
  chain->StartBatch(0, &batch, 0);
  const arrow::Status status = RunToIdle();
  ASSERT_NE(GetErrorDetail(status), nullptr);
  EXPECT_EQ(GetErrorDetail(status)->error_class().name, "OPERATION_CANCELED");
  EXPECT_EQ(calls, 3);
}

TEST_F(ChainTest, YieldsWhenTheTurnIsOver) {
  int calls = 0;
  Link({Own(std::make_unique<FakeOperator>([&](int, Batch&, Output* output) {
          output->batch = MakeLongs(std::vector<int64_t>(1000, 1));
          return ++calls < 250 ? Progress::kMore : Progress::kNeedsInput;
        })),
        Own(std::make_unique<FakeOperator>(
            [](int, Batch&, Output*) { return Progress::kNeedsInput; }))});
  Batch batch = MakeLongs({1});
  chain->StartBatch(0, &batch, 0);
  TurnBudget budget{.rows_left = 100'000, .deadline_nanos = INT64_MAX};
  EXPECT_EQ(*chain->Run(&budget), ChainState::kYield);
  EXPECT_EQ(calls, 100);
  budget = {.rows_left = 1'000'000, .deadline_nanos = 0};
  EXPECT_EQ(*chain->Run(&budget), ChainState::kYield);
  EXPECT_LE(calls, 101);
  budget = {.rows_left = 1'000'000, .deadline_nanos = INT64_MAX};
  EXPECT_EQ(*chain->Run(&budget), ChainState::kIdle);
  EXPECT_EQ(calls, 250);
}

TEST_F(ChainTest, GivesUpAPollOnlyBetweenPolls) {
  Link({Own(
      std::make_unique<FakeOperator>([&](int, Batch&, Output*) { return Progress::kBlocked; }))});
  ListSource source(Lists{{1}});
  chain->StartPoll(&source, 0);
  EXPECT_TRUE(chain->AbandonPoll());
  chain->StartPoll(&source, 0);
  TurnBudget budget = TurnBudget::Start(*Env::Real().clock);
  EXPECT_EQ(*chain->Run(&budget), ChainState::kBlocked);
  EXPECT_FALSE(chain->AbandonPoll());
  EXPECT_EQ(source.next(), 1U);
}

}  // namespace
}  // namespace sabot
