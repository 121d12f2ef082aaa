#include <algorithm>
#include <cmath>
#include <limits>

#include <gtest/gtest.h>

#include "sabot/base/error.h"
#include "sabot/operators/testing/step_runner.h"

namespace sabot::testing {
namespace {

const Type kLong(TypeId::kLong);
const Type kInt(TypeId::kInt);
const Type kDouble(TypeId::kDouble);
const Type kString(TypeId::kString);

// Of both sides: keys of several kinds, a number to compare, a text to carry.
const std::vector<Type> kTypes = {kLong, kString, kDouble, kInt, kLong, kString};
constexpr size_t kNumber = 4;
constexpr ColumnId kRight = 10;

struct Side {
  std::vector<Row> rows;
  std::vector<int64_t> weights;
};

Side RandomSide(Random& random, size_t count, uint64_t num_keys, bool has_nulls, bool weighted) {
  Side side;
  const double doubles[] = {0.0, -0.0, std::nan(""), 2.5};
  for (size_t i = 0; i < count; ++i) {
    const auto pick = [&] { return static_cast<int64_t>(random() % num_keys); };
    const int64_t text = pick();
    Row row = {TypedValue::Long(pick() * 7'000'000'007),
               TypedValue::String(text % 2 == 0 ? std::to_string(text)
                                                : "a key of some length " + std::to_string(text)),
               TypedValue::Double(doubles[random() % 4]),
               TypedValue{kInt, pick()},
               TypedValue::Long(static_cast<int64_t>(random() % 10)),
               TypedValue::String("a text that is carried " + std::to_string(i))};
    for (size_t column = 0; column < row.size(); ++column) {
      if (has_nulls && random() % 8 == 0) row[column] = TypedValue::Null(kTypes[column]);
    }
    side.rows.push_back(std::move(row));
    side.weights.push_back(weighted ? 1 + static_cast<int64_t>(random() % 2) : 1);
  }
  return side;
}

bool KeysEqual(const TypedValue& left, const TypedValue& right) {
  if (left.is_null() || right.is_null()) return false;
  if (const auto* number = std::get_if<double>(&left.value)) {
    const double other = std::get<double>(right.value);
    return *number == other || (std::isnan(*number) && std::isnan(other));
  }
  return left == right;
}

std::string TextOf(const Row& row) {
  std::string text;
  for (size_t i = 0; i < row.size(); ++i) text += (i == 0 ? "" : "|") + row[i].ToText();
  return text;
}

std::vector<std::string> Reference(JoinKind kind, const Side& left, const Side& right,
                                   const std::vector<ColumnId>& keys, bool has_residual) {
  std::vector<std::string> output;
  const auto add = [&](const std::string& text, int64_t weight) {
    output.insert(output.end(), static_cast<size_t>(weight), text);
  };
  for (size_t i = 0; i < left.rows.size(); ++i) {
    const Row& a = left.rows[i];
    bool is_matched = false;
    for (size_t j = 0; j < right.rows.size(); ++j) {
      const Row& b = right.rows[j];
      bool matches =
          std::ranges::all_of(keys, [&](ColumnId key) { return KeysEqual(a[key], b[key]); });
      if (matches && has_residual) {
        matches = !a[kNumber].is_null() && !b[kNumber].is_null() &&
                  std::get<int64_t>(a[kNumber].value) < std::get<int64_t>(b[kNumber].value);
      }
      if (!matches) continue;
      is_matched = true;
      if (kind == JoinKind::kInner || kind == JoinKind::kLeft) {
        add(TextOf(a) + "|" + TextOf(b), left.weights[i] * right.weights[j]);
      }
    }
    if (kind == JoinKind::kLeft && !is_matched) {
      Row nulls;
      for (const Type& type : kTypes) nulls.push_back(TypedValue::Null(type));
      add(TextOf(a) + "|" + TextOf(nulls), left.weights[i]);
    }
    if (kind == (is_matched ? JoinKind::kSemi : JoinKind::kAnti)) add(TextOf(a), left.weights[i]);
  }
  std::sort(output.begin(), output.end());
  return output;
}

PhysicalPtr JoinNode(JoinKind kind, const std::vector<ColumnId>& keys, bool has_residual) {
  PhysicalHashJoin step;
  step.kind = kind;
  for (const ColumnId key : keys) {
    step.left_keys.push_back(ColumnOf(key, kTypes[key]));
    step.right_keys.push_back(ColumnOf(kRight + key, kTypes[key]));
  }
  if (has_residual) {
    step.residual = CallOf("<", {ColumnOf(kNumber, kLong), ColumnOf(kRight + kNumber, kLong)});
  }
  const std::vector<OutputColumn> left = MakeColumns(kTypes);
  const std::vector<OutputColumn> right = MakeColumns(kTypes, kRight);
  std::vector<OutputColumn> output = left;
  if (kind == JoinKind::kInner || kind == JoinKind::kLeft) {
    output.insert(output.end(), right.begin(), right.end());
  }
  return NodeOver(step, {left, right}, output);
}

/// A join whose build side is pushed first, then its probe side.
class JoinHarness {
 public:
  JoinHarness(PhysicalPtr node, HarnessOptions options)
      : node_(std::move(node)),
        build_([this](const TaskContext& context) { return Factory(context)->MakeBuild(context); },
               options),
        options_(options) {}
  ~JoinHarness() {
    probe_.reset();
    factory_.reset();
  }

  void Run(const Batch& left, const Batch& right, bool reads_remainders = true) {
    if (build_.status().ok()) build_.Push(right);
    build_.End();
    // Chaining may also be left to those that probe.
    if (reads_remainders) build_.ReadRemainders();
    options_.memory_bytes = MemoryBudget::kUnlimited;
    probe_ = std::make_unique<OperatorHarness>(
        [this](const TaskContext& context) { return factory_->Make(context); }, options_);
    last_ = probe_->Push(left);
    probe_->Finish();
  }

  arrow::Status status() const {
    return !build_.status().ok() || probe_ == nullptr ? build_.status() : probe_->status();
  }
  const OperatorHarness& probe() const { return *probe_; }
  OperatorHarness& build() { return build_; }
  Progress last() const { return last_; }

 private:
  OperatorFactory* Factory(const TaskContext& context) {
    if (factory_ == nullptr) {
      factory_ = MakeOperatorFactory(*node_, TestQuery(context.memory, context.num_tasks,
                                                       context.batch_size, context.env))
                     .ValueOrDie();
    }
    return factory_.get();
  }

  PhysicalPtr node_;
  std::unique_ptr<OperatorFactory> factory_;
  OperatorHarness build_;
  HarnessOptions options_;
  std::unique_ptr<OperatorHarness> probe_;
  Progress last_ = Progress::kNeedsInput;
};

Batch BatchOf(const Side& side, bool weighted) {
  return weighted ? MakeBatch(kTypes, side.rows, side.weights) : MakeBatch(kTypes, side.rows);
}

std::string ClassOf(const arrow::Status& status) {
  const ErrorDetail* detail = GetErrorDetail(status);
  return detail == nullptr ? status.ToString() : std::string(detail->error_class().name);
}

const std::vector<std::vector<ColumnId>> kKeySets = {{0}, {1}, {2}, {3}, {0, 1}, {3, 2}, {}};

// One join drawn by the seed, against two nested loops. options: of what is not drawn. Returns how
// often the build side spilled.
int64_t ExpectAgreement(uint64_t seed, size_t num_key_sets, uint64_t num_rows_max,
                        HarnessOptions options, bool reads_remainders) {
  SCOPED_TRACE("seed " + std::to_string(seed));
  const JoinKind kinds[] = {JoinKind::kInner, JoinKind::kLeft, JoinKind::kSemi, JoinKind::kAnti};
  Random random(seed);
  const JoinKind kind = kinds[seed % 4];
  const std::vector<ColumnId>& keys = kKeySets[seed / 4 % num_key_sets];
  const bool has_residual = random() % 2 == 0 || (keys.empty() && kind != JoinKind::kInner);
  const bool has_nulls = random() % 2 == 0;
  const bool weighted_left = random() % 2 == 0;
  const bool weighted_right = random() % 2 == 0;
  const uint64_t num_keys = 1 + random() % (num_rows_max / 3);
  const auto side = [&](bool weighted) {
    return RandomSide(random, random() % num_rows_max, num_keys, has_nulls, weighted);
  };
  const Side left = side(weighted_left);
  const Side right = side(weighted_right);
  const int32_t batch_sizes[] = {1, 7, 2048};
  options.seed = seed;
  options.batch_size = batch_sizes[random() % 3];
  options.num_tasks = static_cast<uint32_t>(1 + random() % 3);
  JoinHarness join(JoinNode(kind, keys, has_residual), options);
  join.Run(BatchOf(left, weighted_left), BatchOf(right, weighted_right), reads_remainders);
  EXPECT_TRUE(join.status().ok()) << join.status();
  if (!join.status().ok()) return 0;
  EXPECT_EQ(join.probe().sorted_rows(), Reference(kind, left, right, keys, has_residual));
  return join.build().num_spills();
}

TEST(HashJoin, AgreesWithTwoNestedLoops) {
  for (uint64_t seed = 0; seed < 280 && !HasFailure(); ++seed) {
    ExpectAgreement(seed, kKeySets.size(), 90, {}, seed % 3 != 0);
  }
}

// Wherever a spill is asked for, before, amid and behind the build side's rows. Without keys there
// is nothing to deal rows by: the last set is left out.
TEST(HashJoin, AgreesWithTwoNestedLoopsWhenItSpills) {
  int64_t num_spills = 0;
  for (uint64_t seed = 0; seed < 200 && !HasFailure(); ++seed) {
    num_spills += ExpectAgreement(
        seed, kKeySets.size() - 1, 300,
        {.memory_bytes = seed % 2 == 0 ? 4 << 20 : 8 << 10, .spills_at_random = true}, true);
  }
  EXPECT_GT(num_spills, 100);
}

TEST(HashJoin, KeepsBatchesSmallHoweverManyRowsMatch) {
  const auto copies = [](size_t count) {
    Side side;
    side.rows.assign(count,
                     {TypedValue::Long(1), TypedValue::String("k"), TypedValue::Double(0),
                      TypedValue{kInt, int64_t{1}}, TypedValue::Long(1), TypedValue::String("t")});
    side.weights.assign(count, 1);
    return side;
  };
  for (const int32_t batch_size : {1, 5, 64}) {
    for (const auto& keys : std::vector<std::vector<ColumnId>>{{0}, {}}) {
      JoinHarness join(JoinNode(JoinKind::kInner, keys, false), {.batch_size = batch_size});
      join.Run(BatchOf(copies(40), false), BatchOf(copies(30), false));
      ASSERT_TRUE(join.status().ok()) << join.status();
      EXPECT_EQ(join.probe().rows().size(), 1200u);
    }
  }
}

TEST(HashJoin, FindsEachOfManyRows) {
  Side left;
  Side right;
  for (int64_t i = 0; i < 30'000; ++i) {
    Row row = {TypedValue::Long(i * 3), TypedValue::String("k"), TypedValue::Double(0),
               TypedValue{kInt, i},     TypedValue::Long(i),     TypedValue::String("t")};
    if (i % 2 == 0) right.rows.push_back(row);
    row[0] = TypedValue::Long(i);
    left.rows.push_back(std::move(row));
  }
  JoinHarness join(JoinNode(JoinKind::kSemi, {0}, false), {.num_tasks = 3});
  join.Run(MakeBatch(kTypes, left.rows), MakeBatch(kTypes, right.rows));
  ASSERT_TRUE(join.status().ok()) << join.status();
  EXPECT_EQ(join.probe().rows().size(), 5000u);
}

TEST(HashJoin, IsDoneAtOnceIfNothingCanMatch) {
  Random random(1);
  const Side left = RandomSide(random, 10, 3, false, false);
  for (const JoinKind kind :
       {JoinKind::kInner, JoinKind::kSemi, JoinKind::kLeft, JoinKind::kAnti}) {
    JoinHarness join(JoinNode(kind, {0}, false), {});
    join.Run(BatchOf(left, false), BatchOf({}, false));
    const bool can_give = kind == JoinKind::kLeft || kind == JoinKind::kAnti;
    EXPECT_EQ(join.last(), can_give ? Progress::kNeedsInput : Progress::kDone);
    EXPECT_EQ(join.probe().rows().size(), can_give ? 10u : 0u);
  }
}

TEST(HashJoin, PassesColumnsWithoutACopyWhereEveryRowMatchesOnce) {
  Random random(1);
  const Side side = RandomSide(random, 3, 1'000'000, false, false);
  MemoryBudget memory;
  TaskContext context{.memory = &memory};
  const PhysicalPtr node = JoinNode(JoinKind::kInner, {0}, false);
  const auto factory = MakeOperatorFactory(*node, TestQuery(&memory, 1, 2048, {})).ValueOrDie();
  const auto builder = factory->MakeBuild(context).ValueOrDie();
  const auto prober = factory->Make(context).ValueOrDie();
  Output output;
  Batch right = BatchOf(side, false);
  ASSERT_TRUE(builder->Push(0, right, &output).ok());
  Marker end{.kind = Marker::kEnd};
  ASSERT_TRUE(builder->OnMarker(end, &output).ok());
  Batch left = BatchOf(side, false);
  const uint8_t* data = left.column(1).values()->data();
  while (output.empty()) ASSERT_TRUE(prober->Push(0, left, &output).ok());
  EXPECT_EQ(output.batch.column(1).values()->data(), data);
}

TEST(HashJoin, WaitsForMemoryItsTableNeeds) {
  Random random(2);
  const Side left = RandomSide(random, 500, 400, false, false);
  const Side right = RandomSide(random, 3000, 400, false, false);
  JoinHarness join(JoinNode(JoinKind::kLeft, {0, 1}, false),
                   {.batch_size = 500, .num_tasks = 2, .memory_bytes = 64 << 10});
  join.Run(BatchOf(left, false), BatchOf(right, false));
  ASSERT_TRUE(join.status().ok()) << join.status();
  EXPECT_GT(join.build().num_raises(), 0);
  EXPECT_EQ(join.probe().sorted_rows(), Reference(JoinKind::kLeft, left, right, {0, 1}, false));
}

TEST(HashJoin, RefusesWeightsThatMultiplyBeyondMeasure) {
  const Row row = {TypedValue::Long(1),          TypedValue::String("k"), TypedValue::Double(0),
                   TypedValue{kInt, int64_t{1}}, TypedValue::Long(1),     TypedValue::String("t")};
  MemoryBudget memory;
  TaskContext context{.memory = &memory};
  const PhysicalPtr node = JoinNode(JoinKind::kInner, {0}, false);
  const auto factory = MakeOperatorFactory(*node, TestQuery(&memory, 1, 2048, {})).ValueOrDie();
  const auto builder = factory->MakeBuild(context).ValueOrDie();
  const auto prober = factory->Make(context).ValueOrDie();
  Output output;
  Batch right = MakeBatch(kTypes, {row}, {int64_t{1} << 40});
  ASSERT_TRUE(builder->Push(0, right, &output).ok());
  Marker end{.kind = Marker::kEnd};
  ASSERT_TRUE(builder->OnMarker(end, &output).ok());
  Batch left = MakeBatch(kTypes, {row}, {int64_t{1} << 40});
  EXPECT_EQ(ClassOf(prober->Push(0, left, &output).status()), "ARITHMETIC_OVERFLOW");
}

}  // namespace
}  // namespace sabot::testing
