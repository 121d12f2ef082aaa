#include "sabot/operators/stream/window_aggregate.h"

#include <map>
#include <set>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sabot/base/error.h"
#include "sabot/eventtime/pane.h"
#include "sabot/operators/stream/testing/operator_run.h"
#include "sabot/vector/key_hash.h"

namespace sabot {
namespace {

using ::testing::ElementsAre;
using testing::Given;
using ::testing::IsEmpty;
using testing::Pieces;
using testing::PushAll;
using testing::Random;
using testing::Row;
using testing::Send;
using ::testing::UnorderedElementsAre;

constexpr int64_t kNull = INT64_MIN;
constexpr int64_t kSize = 10;

const std::vector<Type>& Types() {
  static const std::vector<Type> types{Type(TypeId::kTimestamp), Type(TypeId::kString),
                                       Type(TypeId::kLong)};
  return types;
}

/// time, key, value; "" is a NULL key.
struct Event {
  int64_t time = 0;
  std::string key;
  int64_t value = 0;
};

Row RowOf(const Event& event) {
  return {event.time == kNull ? TypedValue::Null(Types()[0]) : TypedValue{Types()[0], event.time},
          event.key.empty() ? TypedValue::Null(Types()[1]) : TypedValue::String(event.key),
          TypedValue::Long(event.value)};
}

Batch BatchOf(const std::vector<Event>& events, const std::vector<int64_t>& weights = {}) {
  std::vector<Row> rows;
  for (const Event& event : events) rows.push_back(RowOf(event));
  return testing::MakeBatch(Types(), rows, weights);
}

std::string Time(int64_t micros) { return TypedValue{Types()[0], micros}.ToText(); }

/// A stretch of input: rows, then a watermark.
struct Stretch {
  std::vector<Event> rows;
  int64_t watermark = INT64_MIN;
};

/// Groups in plain maps: what the operator is to give.
class Model {
 public:
  explicit Model(int64_t lateness) : lateness_(lateness) {}

  void Push(const Event& event) {
    const bool has_time = event.time != kNull;
    const int64_t start = has_time ? FloorToMultiple(event.time, kSize) : 0;
    if (!has_time || start + kSize + lateness_ <= watermark_) {
      late.push_back(testing::TextRows(BatchOf({event}))[0]);
      return;
    }
    Group& group = groups_[start][event.key];
    ++group.count;
    group.sum += event.value;
    if (event.value > 50) ++group.large;
    group.greatest = std::max(group.greatest, event.key);
  }
  void Advance(int64_t watermark) {
    watermark_ = std::max(watermark_, watermark);
    while (!groups_.empty() &&
           (watermark == INT64_MAX || groups_.begin()->first + kSize + lateness_ <= watermark_)) {
      for (const auto& [key, group] : groups_.begin()->second) {
        rows.push_back(fmt::format("{}|{}|{}|{}|{}|{}", key.empty() ? "NULL" : key,
                                   Time(groups_.begin()->first), group.count, group.sum,
                                   group.large, key.empty() ? "NULL" : group.greatest));
      }
      groups_.erase(groups_.begin());
    }
  }

  std::vector<std::string> rows;
  std::vector<std::string> late;

 private:
  struct Group {
    int64_t count = 0;
    int64_t sum = 0;
    int64_t large = 0;
    std::string greatest;
  };
  const int64_t lateness_;
  int64_t watermark_ = INT64_MIN;
  std::map<int64_t, std::map<std::string, Group>> groups_;
};

class WindowAggregateTest : public ::testing::Test {
 protected:
  WindowAggregateTest() { context_.is_unbounded = true; }

  static ExpressionPtr Column(ColumnId id) {
    return MakeColumn(id, fmt::format("c{}", id), Types()[id - 1], true);
  }
  /// key (unless there is none), window, count, sum, count where value > 50, max(key).
  void Make(int64_t lateness = 0, bool has_key = true) {
    query_.functions = &FunctionRegistry::Default();
    query_.memory = &memory_;
    context_.memory = &memory_;
    const Type interval(TypeId::kDayTimeInterval);
    const ExpressionPtr window = MakeExpression(
        FunctionCall{"tumble", {Column(1), MakeLiteral({interval, kSize})}}, Types()[0], true);
    const ExpressionPtr is_large =
        MakeExpression(FunctionCall{">", {Column(3), MakeLiteral(TypedValue::Long(50))}},
                       Type(TypeId::kBoolean), true);
    step_ = {.window_key = has_key ? 1 : 0, .size_us = kSize, .lateness_us = lateness};
    const Type number(TypeId::kLong);
    if (has_key) {
      step_.keys.push_back(
          {.column = {.id = 11, .name = "key", .type = Types()[1]}, .expression = Column(2)});
    }
    step_.keys.push_back(
        {.column = {.id = 10, .name = "window", .type = Types()[0]}, .expression = window});
    step_.aggregates = {{.column = {.id = 12, .name = "count", .type = number},
                         .function = "count",
                         .arguments = {Column(3)}},
                        {.column = {.id = 13, .name = "sum", .type = number},
                         .function = "sum",
                         .arguments = {Column(3)}},
                        {.column = {.id = 14, .name = "large", .type = number},
                         .function = "count",
                         .arguments = {Column(3)},
                         .filter = is_large},
                        {.column = {.id = 15, .name = "max", .type = Types()[1]},
                         .function = "max",
                         .arguments = {Column(2)}}};
    std::vector<OutputColumn> input_columns;
    for (ColumnId id = 1; id <= 3; ++id) {
      input_columns.push_back({.id = id, .name = fmt::format("c{}", id), .type = Types()[id - 1]});
    }
    const PhysicalPtr input = MakePhysical(PhysicalValues{}, {}, input_columns);
    const PhysicalPtr node = MakePhysical(step_, {input}, {});
    factory_ = MakeWindowAggregate(step_, *node, query_).ValueOrDie();
  }
  std::unique_ptr<Operator> Start(KeyGroupRange groups = {}) {
    context_.key_groups = groups;
    return factory_->Make(context_).ValueOrDie();
  }

  MemoryBudget memory_;
  QueryContext query_;
  TaskContext context_;
  PhysicalWindowAggregate step_;
  std::unique_ptr<OperatorFactory> factory_;
};

Marker Watermark(int64_t value) { return {.kind = Marker::kWatermark, .value = value}; }
const Marker kEnd{.kind = Marker::kEnd};

std::vector<Stretch> MakeInput(Random& random, int num_stretches) {
  std::vector<Stretch> input;
  int64_t now = -60;  // windows on both sides of 1970
  for (int i = 0; i < num_stretches; ++i) {
    Stretch stretch;
    const int num_rows = static_cast<int>(random() % 60);
    for (int row = 0; row < num_rows; ++row) {
      now += static_cast<int64_t>(random() % 3);
      Event event{.time = now - static_cast<int64_t>(random() % 40),
                  .key = fmt::format("a name beyond twelve bytes {}", random() % 5),
                  .value = static_cast<int64_t>(random() % 100)};
      if (random() % 20 == 0) event.time = kNull;
      if (random() % 10 == 0) event.key = "";
      stretch.rows.push_back(event);
    }
    stretch.watermark = now - 15 - static_cast<int64_t>(random() % 10);
    input.push_back(std::move(stretch));
  }
  return input;
}

TEST_F(WindowAggregateTest, GivesWhatPlainMapsGive) {
  for (uint64_t seed = 0; seed < 6; ++seed) {
    const int64_t lateness = seed % 2 == 0 ? 0 : 7;
    Random random(seed);
    const std::vector<Stretch> input = MakeInput(random, 12);
    for (const int32_t batch_size : {1, 7, 2048}) {
      context_.batch_size = batch_size;
      Make(lateness);
      auto op = Start();
      Model model(lateness);
      Given given;
      for (const Stretch& stretch : input) {
        for (Batch& batch : testing::Cut(BatchOf(stretch.rows), batch_size, &random)) {
          PushAll(*op, std::move(batch), &given);
        }
        for (const Event& event : stretch.rows) model.Push(event);
        EXPECT_THAT(given.side, ::testing::ContainerEq(model.late));
        Send(*op, Watermark(stretch.watermark), &given, batch_size);
        model.Advance(stretch.watermark);
        EXPECT_THAT(given.rows, ::testing::UnorderedElementsAreArray(model.rows));
      }
      Send(*op, kEnd, &given, batch_size);
      model.Advance(INT64_MAX);
      EXPECT_THAT(given.rows, ::testing::UnorderedElementsAreArray(model.rows));
      EXPECT_FALSE(model.late.empty());
    }
  }
}

TEST_F(WindowAggregateTest, GoesOnFromASnapshotAtAnyPlace) {
  Random random(11);
  const std::vector<Stretch> input = MakeInput(random, 10);
  Make(5);
  Model model(5);
  Given given;
  auto op = Start();
  const auto restart = [&] {
    Pieces pieces;
    ASSERT_TRUE(op->Snapshot(1, pieces).ok());
    // What comes after the snapshot is not in it.
    Given lost;
    PushAll(*op, BatchOf({{.time = 1'000'000, .key = "lost", .value = 1}}), &lost);
    op = Start();
    ASSERT_TRUE(op->Restore(*pieces.Read({})).ok());
  };
  for (const Stretch& stretch : input) {
    for (Batch& batch : testing::Cut(BatchOf(stretch.rows), 9, &random)) {
      PushAll(*op, std::move(batch), &given);
      restart();
    }
    for (const Event& event : stretch.rows) model.Push(event);
    Send(*op, Watermark(stretch.watermark), &given);
    model.Advance(stretch.watermark);
    restart();
  }
  Send(*op, kEnd, &given);
  model.Advance(INT64_MAX);
  EXPECT_THAT(given.rows, ::testing::UnorderedElementsAreArray(model.rows));
  EXPECT_THAT(given.side, ::testing::ContainerEq(model.late));
  // All of it has gone out for good.
  restart();
  given = {};
  Send(*op, kEnd, &given);
  EXPECT_THAT(given.rows, IsEmpty());
}

TEST_F(WindowAggregateTest, ItsStateMovesToOtherNumbersOfOwners) {
  for (const bool has_key : {true, false}) {
    Random random(5);
    const std::vector<Stretch> input = MakeInput(random, 9);
    Make(0, has_key);
    Model model(0);
    Given given;
    std::vector<std::unique_ptr<Operator>> owners;
    const auto groups_of = [&](size_t owner) {
      return KeyGroupsOfTask(static_cast<uint32_t>(owner), static_cast<uint32_t>(owners.size()));
    };
    const auto resize = [&](size_t count) {
      Pieces pieces;
      for (const auto& owner : owners) ASSERT_TRUE(owner->Snapshot(1, pieces).ok());
      owners.clear();
      owners.resize(count);
      for (size_t i = 0; i < count; ++i) {
        owners[i] = Start(groups_of(i));
        ASSERT_TRUE(owners[i]->Restore(*pieces.Read(groups_of(i))).ok());
      }
    };
    resize(1);
    std::set<size_t> used;
    for (size_t i = 0; i < input.size(); ++i) {
      if (i == 3) resize(3);
      if (i == 6) resize(2);
      for (Event event : input[i].rows) {
        // By the hash of the keys but the window, or of the window alone: as the exchange deals.
        VectorBuilder key(has_key ? Types()[1] : Types()[0]);
        if (has_key) {
          key.Append(RowOf(event)[1]);
        } else {
          event.key = "";
          key.Append(event.time == kNull
                         ? TypedValue::Null(Types()[0])
                         : TypedValue{Types()[0], FloorToMultiple(event.time, kSize)});
        }
        const std::vector<Vector> keys{key.Finish()};
        uint64_t hash = 0;
        ASSERT_TRUE(HashKeys(keys, {nullptr, 1}, {&hash, 1}).ok());
        for (size_t owner = 0; owner < owners.size(); ++owner) {
          if (!groups_of(owner).Contains(KeyGroupOf(hash))) continue;
          used.insert(owner);
          PushAll(*owners[owner], BatchOf({event}), &given);
        }
        model.Push(event);
      }
      for (const auto& owner : owners) Send(*owner, Watermark(input[i].watermark), &given);
      model.Advance(input[i].watermark);
    }
    for (const auto& owner : owners) Send(*owner, kEnd, &given);
    model.Advance(INT64_MAX);
    if (!has_key) {
      for (std::string& row : model.rows) row = row.substr(std::string("NULL|").size());
    }
    EXPECT_THAT(given.rows, ::testing::UnorderedElementsAreArray(model.rows));
    EXPECT_THAT(given.side, ::testing::UnorderedElementsAreArray(model.late));
    EXPECT_EQ(used.size(), 3U);
  }
}

TEST_F(WindowAggregateTest, AWindowGoesOutOnceAtItsEndPlusLateness) {
  Make(5);
  auto op = Start();
  Given given;
  PushAll(*op, BatchOf({{3, "a", 1}, {13, "a", 2}}), &given);
  Send(*op, Watermark(14), &given);
  EXPECT_THAT(given.rows, IsEmpty());
  PushAll(*op, BatchOf({{9, "a", 10}}), &given);  // late, but within the lateness
  const Marker left = Send(*op, Watermark(15), &given);
  EXPECT_EQ(left.value, 0);
  EXPECT_THAT(given.rows, ElementsAre("a|" + Time(0) + "|2|11|0|a"));
  PushAll(*op, BatchOf({{9, "a", 1}, {10, "b", 3}, {kNull, "c", 4}}), &given);
  EXPECT_THAT(given.side, ElementsAre(Time(9) + "|a|1", "NULL|c|4"));
  Send(*op, Watermark(12), &given);  // goes back: nothing happens
  EXPECT_EQ(given.rows.size(), 1U);
  Send(*op, kEnd, &given);
  EXPECT_THAT(given.rows,
              UnorderedElementsAre("a|" + Time(0) + "|2|11|0|a", "a|" + Time(10) + "|1|2|0|a",
                                   "b|" + Time(10) + "|1|3|0|b"));
  EXPECT_EQ(given.side.size(), 2U);
}

TEST_F(WindowAggregateTest, CountsWeights) {
  Make();
  step_.aggregates.pop_back();  // max cannot give rows back
  const PhysicalPtr input = MakePhysical(PhysicalValues{}, {},
                                         {{.id = 1, .name = "c1", .type = Types()[0]},
                                          {.id = 2, .name = "c2", .type = Types()[1]},
                                          {.id = 3, .name = "c3", .type = Types()[2]}});
  factory_ = MakeWindowAggregate(step_, *MakePhysical(step_, {input}, {}), query_).ValueOrDie();
  auto op = Start();
  Given given;
  PushAll(*op, BatchOf({{1, "a", 60}, {2, "gone", 7}, {3, "a", 1}}, {3, 2, 1}), &given);
  PushAll(*op, BatchOf({{4, "a", 60}, {5, "gone", 7}}, {-1, -2}), &given);
  Send(*op, Watermark(10), &given);
  EXPECT_THAT(given.rows, ElementsAre("a|" + Time(0) + "|3|121|2"));
  PushAll(*op, BatchOf({{4, "late", 5}}, {3}), &given);
  EXPECT_THAT(given.side,
              ElementsAre(Time(4) + "|late|5", Time(4) + "|late|5", Time(4) + "|late|5"));
}

TEST_F(WindowAggregateTest, WaitsForMemoryAndLosesNothing) {
  Make();
  auto op = Start();
  std::vector<Event> events;
  Model model(0);
  for (int i = 0; i < 2000; ++i) {
    events.push_back(
        {.time = i % 40, .key = fmt::format("key {} of many more", i % 700), .value = i});
    model.Push(events.back());
  }
  const auto greedy = memory_.MakeConsumer("greedy").ValueOrDie();
  memory_.set_limit_bytes(1'000'000);
  ASSERT_TRUE(greedy->TryReserve(980'000));
  Batch batch = BatchOf(events);
  Output output;
  int refused = 0;
  while (true) {
    const Progress progress = op->Push(0, batch, &output).ValueOrDie();
    ASSERT_TRUE(output.empty());
    if (progress == Progress::kNeedsInput) break;
    ASSERT_EQ(progress, Progress::kNeedsMemory);
    ++refused;
    memory_.set_limit_bytes(memory_.limit_bytes() + 20'000);
  }
  EXPECT_GT(refused, 3);
  Given given;
  Send(*op, kEnd, &given);
  model.Advance(INT64_MAX);
  EXPECT_THAT(given.rows, ::testing::UnorderedElementsAreArray(model.rows));
  op.reset();
  greedy->Release(980'000);
  EXPECT_EQ(memory_.reserved_bytes(), 0);
}

TEST_F(WindowAggregateTest, WindowsGoOutInOrder) {
  Make(0, false);
  auto op = Start();
  Given given;
  PushAll(*op, BatchOf({{35, "", 1}, {-35, "", 2}, {5, "", 3}, {-5, "", 4}, {36, "", 5}}), &given);
  Send(*op, kEnd, &given);
  EXPECT_THAT(given.rows, ElementsAre(Time(-40) + "|1|2|0|NULL", Time(-10) + "|1|4|0|NULL",
                                      Time(0) + "|1|3|0|NULL", Time(30) + "|2|6|0|NULL"));
}

TEST_F(WindowAggregateTest, RefusesADamagedPiece) {
  Make();
  auto op = Start();
  Given given;
  PushAll(*op, BatchOf({{35, "a", 1}}), &given);
  for (const std::string name : {"pane:", "pane:3x", "watermark"}) {
    Pieces pieces;
    ASSERT_TRUE(op->Snapshot(1, pieces).ok());
    pieces.pieces()[0].name = name;
    const arrow::Status status = Start()->Restore(*pieces.Read({}));
    ASSERT_FALSE(status.ok()) << name;
    EXPECT_EQ(GetErrorDetail(status)->error_class().name, "CHECKPOINT_CORRUPT");
  }
}

}  // namespace
}  // namespace sabot
