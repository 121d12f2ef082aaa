#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <set>

#include <gtest/gtest.h>

#include "sabot/base/error.h"
#include "sabot/operators/testing/step_runner.h"

namespace sabot::testing {
namespace {

const Type kLong(TypeId::kLong);
const Type kInt(TypeId::kInt);
const Type kDouble(TypeId::kDouble);
const Type kString(TypeId::kString);
const Type kByte(TypeId::kByte);

// The columns of every test: keys of several kinds, a number and a text to aggregate.
const std::vector<Type> kTypes = {kString, kLong, kDouble, kByte, kInt, kLong, kString};
constexpr ColumnId kNumber = 5;
constexpr ColumnId kText = 6;

TypedValue Integer(const Type& type, int64_t value) { return {type, value}; }

struct Input {
  std::vector<Row> rows;
  std::vector<int64_t> weights;
};

// num_keys: how many different values a key column has, about.
Input RandomRows(Random& random, int count, uint64_t num_keys) {
  Input input;
  const double doubles[] = {0.0, -0.0, std::nan(""), -std::nan(""), 1.5, -2.0};
  for (int i = 0; i < count; ++i) {
    const auto pick = [&] { return random() % num_keys; };
    const uint64_t text = pick();
    Row row = {TypedValue::String(text % 2 == 0 ? "k" + std::to_string(text)
                                                : "a key of some length " + std::to_string(text)),
               TypedValue::Long(static_cast<int64_t>(pick() * 1'000'003) - 17),
               TypedValue::Double(doubles[random() % 6]),
               Integer(kByte, static_cast<int64_t>(random() % 5) - 2),
               Integer(kInt, static_cast<int64_t>(pick() % 2000)),
               TypedValue::Long(static_cast<int64_t>(random() % 100) - 50),
               TypedValue::String((random() % 2 == 0 ? "t" : "a text that is long ") +
                                  std::to_string(random() % 50))};
    for (size_t column = 0; column < row.size(); ++column) {
      if (random() % 9 == 0) row[column] = TypedValue::Null(kTypes[column]);
    }
    input.rows.push_back(std::move(row));
    input.weights.push_back(1 + static_cast<int64_t>(random() % 3));
  }
  return input;
}

// What a key is told apart by: its text, with one zero.
std::string KeyText(const TypedValue& value) {
  if (const auto* number = std::get_if<double>(&value.value); number != nullptr && *number == 0) {
    return "0.0";
  }
  return value.ToText();
}

// count(*), count(number), sum(number), min(text), max(text), sum(number) where number > 0.
struct Expected {
  int64_t rows = 0;
  int64_t count = 0;
  int64_t sum = 0;
  std::set<std::string> texts;
  int64_t positive = 0;
  bool has_positive = false;

  void Add(const Row& row, int64_t weight) {
    rows += weight;
    if (!row[kNumber].is_null()) {
      const int64_t number = std::get<int64_t>(row[kNumber].value);
      count += weight;
      sum += weight * number;
      if (number > 0) positive += weight * number;
      has_positive |= number > 0;
    }
    if (!row[kText].is_null()) texts.insert(std::get<std::string>(row[kText].value));
  }
  std::string Text() const {
    return std::to_string(rows) + "|" + std::to_string(count) + "|" +
           (count == 0 ? "NULL" : std::to_string(sum)) + "|" +
           (texts.empty() ? "NULL" : *texts.begin()) + "|" +
           (texts.empty() ? "NULL" : *texts.rbegin()) + "|" +
           (has_positive ? std::to_string(positive) : "NULL");
  }
};

PhysicalPtr AggregateNode(const std::vector<ColumnId>& keys) {
  PhysicalHashAggregate step;
  std::vector<OutputColumn> output;
  for (const ColumnId key : keys) {
    const OutputColumn column{100 + key, "k", kTypes[key], true};
    step.keys.push_back({column, ColumnOf(key, kTypes[key])});
    output.push_back(column);
  }
  const ExpressionPtr number = ColumnOf(kNumber, kLong);
  const ExpressionPtr text = ColumnOf(kText, kString);
  step.aggregates = {AggregateOf(200, "count", {}),
                     AggregateOf(201, "count", {number}),
                     AggregateOf(202, "sum", {number}),
                     AggregateOf(203, "min", {text}),
                     AggregateOf(204, "max", {text}),
                     AggregateOf(205, "sum", {number}, CallOf(">", {number, Long(0)}))};
  for (const AggregateCall& call : step.aggregates) output.push_back(call.column);
  return NodeOver(step, {MakeColumns(kTypes)}, output);
}

std::vector<std::string> Reference(const Input& input, const std::vector<ColumnId>& keys,
                                   bool weighted) {
  std::map<std::string, Expected> groups;
  if (keys.empty()) groups[""];
  for (size_t i = 0; i < input.rows.size(); ++i) {
    std::string key;
    for (const ColumnId column : keys) key += KeyText(input.rows[i][column]) + "|";
    groups[key].Add(input.rows[i], weighted ? input.weights[i] : 1);
  }
  std::vector<std::string> rows;
  for (const auto& [key, group] : groups) rows.push_back(key + group.Text());
  std::sort(rows.begin(), rows.end());
  return rows;
}

std::string ClassOf(const arrow::Status& status) {
  const ErrorDetail* detail = GetErrorDetail(status);
  return detail == nullptr ? status.ToString() : std::string(detail->error_class().name);
}

const std::vector<std::vector<ColumnId>> kKeySets = {
    {}, {0}, {1}, {2}, {3}, {4}, {0, 3}, {3, 4}, {2, 1}, {0, 1, 2}, {4, 0, 3}, {3, 2}};

TEST(HashAggregate, AgreesWithAModelRowByRow) {
  for (uint64_t seed = 0; seed < 120; ++seed) {
    Random random(seed);
    const std::vector<ColumnId>& keys = kKeySets[seed % kKeySets.size()];
    const bool weighted = random() % 2 == 0;
    const int32_t batch_sizes[] = {1, 7, 2048};
    const Input input = RandomRows(random, static_cast<int>(random() % 600), 1 + random() % 40);
    OperatorHarness aggregate(MakerOf(AggregateNode(keys)),
                              {.seed = seed,
                               .batch_size = batch_sizes[random() % 3],
                               .num_tasks = static_cast<uint32_t>(1 + random() % 3)});
    aggregate.Push(weighted ? MakeBatch(kTypes, input.rows, input.weights)
                            : MakeBatch(kTypes, input.rows));
    aggregate.Finish();
    ASSERT_TRUE(aggregate.status().ok()) << aggregate.status();
    ASSERT_EQ(aggregate.sorted_rows(), Reference(input, keys, weighted)) << "seed " << seed;
  }
}

TEST(HashAggregate, GivesTheSameGroupsHoweverOftenItSpills) {
  for (uint64_t seed = 0; seed < 24; ++seed) {
    Random random(seed);
    const std::vector<ColumnId> keys =
        seed % 2 == 0 ? std::vector<ColumnId>{0, 1} : std::vector<ColumnId>{1};
    const Input input = RandomRows(random, 6000, 4000);
    OperatorHarness aggregate(MakerOf(AggregateNode(keys)),
                              {.seed = seed,
                               .batch_size = seed % 3 == 0 ? 100 : 2048,
                               .num_tasks = static_cast<uint32_t>(1 + seed % 3),
                               .memory_bytes = (seed % 4 == 0 ? 160 : 256) << 10,
                               .spills_at_random = seed % 5 == 0});
    aggregate.Push(MakeBatch(kTypes, input.rows, input.weights));
    aggregate.Finish();
    ASSERT_TRUE(aggregate.status().ok()) << aggregate.status();
    EXPECT_GT(aggregate.num_spills(), 0);
    ASSERT_EQ(aggregate.sorted_rows(), Reference(input, keys, true)) << "seed " << seed;
  }
}

TEST(HashAggregate, SplitsAPartThatDoesNotFitAlone) {
  Random random(3);
  const Input input = RandomRows(random, 40'000, 1'000'000);
  OperatorHarness aggregate(MakerOf(AggregateNode({1})), {.seed = 3, .memory_bytes = 320 << 10});
  aggregate.Push(MakeBatch(kTypes, input.rows, input.weights));
  aggregate.Finish();
  ASSERT_TRUE(aggregate.status().ok()) << aggregate.status();
  EXPECT_EQ(aggregate.num_raises(), 0);
  EXPECT_GT(aggregate.num_spills(), 16);
  EXPECT_EQ(aggregate.sorted_rows(), Reference(input, {1}, true));
}

TEST(HashAggregate, GivesItsMemoryBack) {
  Random random(4);
  const Input input = RandomRows(random, 3000, 3000);
  OperatorHarness aggregate(MakerOf(AggregateNode({0})), {.seed = 4, .num_tasks = 2});
  aggregate.Push(MakeBatch(kTypes, input.rows));
  EXPECT_GT(aggregate.memory().reserved_bytes(), 100'000);
  aggregate.Finish();
  EXPECT_EQ(aggregate.memory().reserved_bytes(), 0);
}

TEST(HashAggregate, GivesNoRowOverNoInputButOneWithoutKeys) {
  OperatorHarness grouped(MakerOf(AggregateNode({0})), {.num_tasks = 2});
  grouped.Finish();
  EXPECT_TRUE(grouped.rows().empty());
  OperatorHarness whole(MakerOf(AggregateNode({})), {.num_tasks = 3});
  whole.Finish();
  ASSERT_TRUE(whole.status().ok()) << whole.status();
  EXPECT_EQ(whole.rows(), (std::vector<std::string>{"0|0|NULL|NULL|NULL|NULL"}));
}

TEST(HashAggregate, GivesKeysAloneWithoutAggregates) {
  PhysicalHashAggregate step;
  step.keys = {{{9, "k", kLong, true}, ColumnOf(0, kLong)}};
  OperatorHarness distinct(MakerOf(NodeOver(step, {MakeColumns({kLong})}, {step.keys[0].column})),
                           {.batch_size = 2});
  distinct.Push(MakeLongs({3, 1, 3, 3, 2, 1}));
  distinct.Finish();
  EXPECT_EQ(distinct.sorted_rows(), (std::vector<std::string>{"1", "2", "3"}));
}

TEST(HashAggregate, TakesRowsBackWhereItsAggregatesCan) {
  PhysicalHashAggregate step;
  step.keys = {{{9, "k", kLong, true}, ColumnOf(0, kLong)}};
  step.aggregates = {AggregateOf(10, "count", {}), AggregateOf(11, "sum", {ColumnOf(1, kLong)})};
  const std::vector<OutputColumn> output = {step.keys[0].column, step.aggregates[0].column,
                                            step.aggregates[1].column};
  const auto values = [](int64_t key, int64_t value) {
    return Row{TypedValue::Long(key), TypedValue::Long(value)};
  };
  const Batch batch = MakeBatch(
      {kLong, kLong}, {values(1, 5), values(1, 7), values(2, 1), values(1, 5)}, {2, 1, 1, -1});
  OperatorHarness sums(MakerOf(NodeOver(step, {MakeColumns({kLong, kLong})}, output)));
  sums.Push(batch);
  sums.Finish();
  ASSERT_TRUE(sums.status().ok()) << sums.status();
  EXPECT_EQ(sums.sorted_rows(), (std::vector<std::string>{"1|2|12", "2|1|1"}));

  for (const bool has_keys : {true, false}) {
    if (!has_keys) step.keys.clear();
    step.aggregates = {AggregateOf(10, "min", {ColumnOf(1, kLong)})};
    OperatorHarness least(MakerOf(NodeOver(step, {MakeColumns({kLong, kLong})}, output)));
    least.Push(batch);
    EXPECT_EQ(ClassOf(least.status()), "STREAM_UNSUPPORTED");
  }
}

// sum and avg of the same share a state; of another argument or filter they must not.
TEST(HashAggregate, KeepsStatesApartThatDifferInMoreThanTheirEnd) {
  PhysicalHashAggregate step;
  const ExpressionPtr number = ColumnOf(0, kLong);
  const ExpressionPtr other = CallOf("+", {number, Long(1)});
  const ExpressionPtr positive = CallOf(">", {number, Long(0)});
  const ExpressionPtr large = CallOf(">", {number, Long(10)});
  for (const bool has_key : {false, true}) {
    step.keys.clear();
    if (has_key) step.keys = {{{9, "k", kLong, true}, Long(1)}};
    step.aggregates = {AggregateOf(10, "sum", {number}),
                       AggregateOf(11, "avg", {number}),
                       AggregateOf(12, "sum", {other}),
                       AggregateOf(13, "sum", {number}, positive),
                       AggregateOf(14, "avg", {number}, positive),
                       AggregateOf(15, "sum", {number}, large),
                       AggregateOf(16, "count", {}),
                       AggregateOf(17, "count", {number})};
    std::vector<OutputColumn> output;
    if (has_key) output.push_back(step.keys[0].column);
    for (const AggregateCall& call : step.aggregates) output.push_back(call.column);
    OperatorHarness sums(MakerOf(NodeOver(step, {MakeColumns({kLong})}, output)),
                         {.batch_size = 2, .num_tasks = 2});
    sums.Push(MakeBatch({kLong}, {{TypedValue::Long(4)},
                                  {TypedValue::Long(-1)},
                                  {TypedValue::Null(kLong)},
                                  {TypedValue::Long(20)}}));
    sums.Finish();
    ASSERT_TRUE(sums.status().ok()) << sums.status();
    const std::string expected = "23|7.666666666666667|26|24|12.0|20|4|3";
    EXPECT_EQ(sums.rows(), (std::vector<std::string>{has_key ? "1|" + expected : expected}));
  }
}

// An argument is not computed on rows that its filter leaves out.
TEST(HashAggregate, ComputesArgumentsOnFilteredRowsAlone) {
  PhysicalHashAggregate step;
  const ExpressionPtr number = ColumnOf(0, kLong);
  step.aggregates = {AggregateOf(10, "sum", {CallOf("+", {number, Long(INT64_MAX)})},
                                 CallOf("<", {number, Long(0)})),
                     AggregateOf(11, "sum", {number})};
  OperatorHarness sums(MakerOf(NodeOver(step, {MakeColumns({kLong})},
                                        {step.aggregates[0].column, step.aggregates[1].column})));
  sums.Push(MakeLongs({5, -7, 9}));
  sums.Finish();
  ASSERT_TRUE(sums.status().ok()) << sums.status();
  EXPECT_EQ(sums.rows(), (std::vector<std::string>{std::to_string(INT64_MAX - 7) + "|7"}));
}

// Dictionaries that change, windows of integers that move, and keys that no longer suit an array.
TEST(HashAggregate, KeepsGroupsApartWhenCodesChangeTheirMeaning) {
  for (uint64_t seed = 0; seed < 20; ++seed) {
    Random random(seed);
    OperatorHarness aggregate(MakerOf(AggregateNode({4, 0})), {.seed = seed, .batch_size = 50});
    Input all;
    for (int part = 0; part < 12; ++part) {
      Input input = RandomRows(random, 100, 1 + random() % 12);
      const int64_t shift = std::vector<int64_t>{0, 5, -40, 1'000'000, 2'000'000'000}[random() % 5];
      for (Row& row : input.rows) {
        if (!row[4].is_null()) row[4] = Integer(kInt, std::get<int64_t>(row[4].value) + shift);
      }
      aggregate.Push(MakeBatch(kTypes, input.rows));
      all.rows.insert(all.rows.end(), input.rows.begin(), input.rows.end());
    }
    aggregate.Finish();
    ASSERT_TRUE(aggregate.status().ok()) << aggregate.status();
    all.weights.resize(all.rows.size());
    ASSERT_EQ(aggregate.sorted_rows(), Reference(all, {4, 0}, false)) << "seed " << seed;
  }
}

}  // namespace
}  // namespace sabot::testing
