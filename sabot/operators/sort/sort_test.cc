#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>

#include <gtest/gtest.h>

#include "sabot/base/error.h"
#include "sabot/operators/testing/step_runner.h"

namespace sabot::testing {
namespace {

const Type kLong(TypeId::kLong);
const Type kDouble(TypeId::kDouble);
const Type kString(TypeId::kString);
const Type kFloat(TypeId::kFloat);
const Type kByte(TypeId::kByte);
const Type kShort(TypeId::kShort);
const Type kDate(TypeId::kDate);
const Type kBoolean(TypeId::kBoolean);
const Type kDecimal = Type::Decimal(30, 2);

// The last column numbers the rows.
const std::vector<Type> kTypes = {kLong,  kDouble, kString,  kFloat,   kByte,
                                  kShort, kDate,   kBoolean, kDecimal, kLong};
constexpr size_t kNumKeys = 9;

TypedValue RandomValue(const Type& type, Random& random) {
  if (random() % 8 == 0) return TypedValue::Null(type);
  const auto small = static_cast<int64_t>(random() % 7) - 3;
  switch (type.id()) {
    case TypeId::kDouble:
    case TypeId::kFloat: {
      const double values[] = {0.0, -0.0, std::nan(""), 1.5, -2.0, INFINITY, -INFINITY};
      return {type, values[random() % 7]};
    }
    case TypeId::kString: {
      const std::string texts[] = {"",
                                   "a",
                                   "ab",
                                   "b",
                                   "a text longer than sixteen bytes",
                                   "a text longer than sixteen bytes!",
                                   "\xC3\xA4",
                                   "Z"};
      return TypedValue::String(texts[random() % 8]);
    }
    case TypeId::kBoolean:
      return TypedValue::Boolean(random() % 2 == 0);
    case TypeId::kDecimal:
      return {type, (Int128{small} << 80) + static_cast<int64_t>(random() % 3)};
    case TypeId::kLong:
      return TypedValue::Long(random() % 10 == 0 ? INT64_MIN : small * 1'000'000'007);
    default:
      return {type, small};
  }
}

int CompareNumbers(double left, double right) {
  if (std::isnan(left) || std::isnan(right)) {
    return static_cast<int>(std::isnan(left)) - static_cast<int>(std::isnan(right));
  }
  return left < right ? -1 : (left > right ? 1 : 0);
}

int Compare(const TypedValue& left, const TypedValue& right) {
  if (const auto* number = std::get_if<double>(&left.value)) {
    return CompareNumbers(*number, std::get<double>(right.value));
  }
  if (const auto* text = std::get_if<std::string>(&left.value)) {
    return text->compare(std::get<std::string>(right.value));
  }
  if (const auto* flag = std::get_if<bool>(&left.value)) {
    return static_cast<int>(*flag) - static_cast<int>(std::get<bool>(right.value));
  }
  if (const auto* wide = std::get_if<Int128>(&left.value)) {
    const Int128 other = std::get<Int128>(right.value);
    return *wide < other ? -1 : (*wide > other ? 1 : 0);
  }
  const int64_t a = std::get<int64_t>(left.value);
  const int64_t b = std::get<int64_t>(right.value);
  return a < b ? -1 : (a > b ? 1 : 0);
}

struct Key {
  size_t column;
  bool ascending;
  bool nulls_first;
};

int CompareRows(const Row& left, const Row& right, const std::vector<Key>& keys) {
  for (const Key& key : keys) {
    const TypedValue& a = left[key.column];
    const TypedValue& b = right[key.column];
    if (a.is_null() && b.is_null()) continue;
    if (a.is_null() || b.is_null()) return a.is_null() == key.nulls_first ? -1 : 1;
    const int order = Compare(a, b);
    if (order != 0) return key.ascending ? order : -order;
  }
  return 0;
}

std::vector<Row> RandomRows(int count, Random& random) {
  std::vector<Row> rows;
  for (int i = 0; i < count; ++i) {
    Row row;
    for (size_t column = 0; column < kNumKeys; ++column) {
      row.push_back(RandomValue(kTypes[column], random));
    }
    row.push_back(TypedValue::Long(i));
    rows.push_back(std::move(row));
  }
  return rows;
}

std::vector<Key> RandomKeys(Random& random) {
  std::vector<Key> keys;
  const size_t count = 1 + random() % 3;
  for (size_t i = 0; i < count; ++i) {
    keys.push_back({random() % kNumKeys, random() % 2 == 0, random() % 2 == 0});
  }
  return keys;
}

std::vector<SortKey> SortKeysOf(const std::vector<Key>& keys) {
  std::vector<SortKey> result;
  for (const Key& key : keys) {
    result.push_back({ColumnOf(static_cast<ColumnId>(key.column), kTypes[key.column]),
                      key.ascending, key.nulls_first});
  }
  return result;
}

std::string TextOf(const Row& row) {
  std::string text;
  for (size_t i = 0; i < row.size(); ++i) text += (i == 0 ? "" : "|") + row[i].ToText();
  return text;
}

// The rows put out must be the input's, each as often, in an order that the keys allow. `rows` has
// each row as often as its weight.
void ExpectOrdered(const std::vector<std::string>& output, std::vector<Row> rows,
                   const std::vector<Key>& keys, size_t offset, size_t limit, bool is_stable) {
  std::stable_sort(rows.begin(), rows.end(), [&](const Row& left, const Row& right) {
    return CompareRows(left, right, keys) < 0;
  });
  const size_t begin = std::min(offset, rows.size());
  const size_t end = limit > rows.size() - begin ? rows.size() : begin + limit;
  ASSERT_EQ(output.size(), end - begin);
  std::map<std::string, const Row*> by_text;
  for (const Row& row : rows) by_text[TextOf(row)] = &row;
  std::map<std::string, int> counts;
  for (size_t i = 0; i < output.size(); ++i) {
    ASSERT_TRUE(by_text.contains(output[i])) << output[i];
    if (is_stable) {
      ASSERT_EQ(output[i], TextOf(rows[begin + i])) << "row " << i;
    }
    ASSERT_EQ(CompareRows(*by_text[output[i]], rows[begin + i], keys), 0)
        << "row " << i << ": " << output[i] << " instead of " << TextOf(rows[begin + i]);
    ++counts[output[i]];
  }
  std::map<std::string, int> known;
  for (const Row& row : rows) ++known[TextOf(row)];
  for (const auto& [text, count] : counts) ASSERT_LE(count, known[text]) << text;
}

struct Case {
  std::vector<Row> rows;
  std::vector<int64_t> weights;
  std::vector<Row> repeated;
};

Case RandomCase(int count, bool weighted, Random& random) {
  Case made;
  made.rows = RandomRows(count, random);
  for (const Row& row : made.rows) {
    made.weights.push_back(weighted ? 1 + static_cast<int64_t>(random() % 3) : 1);
    made.repeated.insert(made.repeated.end(), static_cast<size_t>(made.weights.back()), row);
  }
  return made;
}

TEST(Sort, OrdersRowsByAnyKeys) {
  for (uint64_t seed = 0; seed < 100; ++seed) {
    Random random(seed);
    const int32_t batch_sizes[] = {1, 7, 2048};
    const std::vector<Key> keys = RandomKeys(random);
    const auto num_tasks = static_cast<uint32_t>(1 + random() % 3);
    const Case made = RandomCase(static_cast<int>(random() % 400), random() % 2 == 0, random);
    OperatorHarness sort(
        MakerOf(NodeOver(PhysicalSort{SortKeysOf(keys)}, {MakeColumns(kTypes)})),
        {.seed = seed, .batch_size = batch_sizes[random() % 3], .num_tasks = num_tasks});
    sort.Push(MakeBatch(kTypes, made.rows, made.weights));
    sort.Finish();
    ASSERT_TRUE(sort.status().ok()) << sort.status();
    ExpectOrdered(sort.rows(), made.repeated, keys, 0, SIZE_MAX, num_tasks == 1);
    if (HasFatalFailure()) FAIL() << "seed " << seed;
    EXPECT_EQ(sort.memory().reserved_bytes(), 0);
  }
}

TEST(Sort, GivesTheSameOrderHoweverOftenItSpills) {
  for (uint64_t seed = 0; seed < 20; ++seed) {
    Random random(seed);
    const std::vector<Key> keys = RandomKeys(random);
    const auto num_tasks = static_cast<uint32_t>(1 + seed % 3);
    const Case made = RandomCase(4000, seed % 2 == 0, random);
    OperatorHarness sort(MakerOf(NodeOver(PhysicalSort{SortKeysOf(keys)}, {MakeColumns(kTypes)})),
                         {.seed = seed,
                          .batch_size = seed % 4 == 0 ? 100 : 2048,
                          .num_tasks = num_tasks,
                          .memory_bytes = 200 << 10,
                          .spills_at_random = seed % 5 == 0});
    sort.Push(MakeBatch(kTypes, made.rows, made.weights));
    sort.Finish();
    ASSERT_TRUE(sort.status().ok()) << sort.status();
    EXPECT_GT(sort.num_spills(), 0);
    ExpectOrdered(sort.rows(), made.repeated, keys, 0, SIZE_MAX, num_tasks == 1);
    if (HasFatalFailure()) FAIL() << "seed " << seed;
  }
}

TEST(Sort, OrdersByExpressionsAndLeavesThemOut) {
  const ExpressionPtr minus = CallOf("-", {Long(0), ColumnOf(0, kLong)});
  OperatorHarness sort(
      MakerOf(NodeOver(PhysicalSort{{{minus, true, true}}}, {MakeColumns({kLong})})));
  sort.Push(MakeLongs({3, -1, 7, 0}));
  sort.Finish();
  ASSERT_TRUE(sort.status().ok()) << sort.status();
  EXPECT_EQ(sort.rows(), (std::vector<std::string>{"7", "3", "0", "-1"}));
}

TEST(Sort, RefusesRowsTakenBackAndKeysWithoutOrder) {
  const auto node =
      NodeOver(PhysicalSort{{{ColumnOf(0, kLong), true, true}}}, {MakeColumns({kLong})});
  OperatorHarness sort(MakerOf(node));
  sort.Push(MakeBatch({kLong}, {{TypedValue::Long(1)}}, {-1}));
  EXPECT_EQ(GetErrorDetail(sort.status())->error_class().name, "STREAM_UNSUPPORTED");
  const Type array = Type::Array(kLong);
  OperatorHarness nested(
      MakerOf(NodeOver(PhysicalSort{{{ColumnOf(0, array), true, true}}}, {MakeColumns({array})})));
  EXPECT_EQ(GetErrorDetail(nested.status())->error_class().name, "UNSUPPORTED_FEATURE");
}

TEST(TopN, GivesTheFirstRowsOfTheOrder) {
  for (uint64_t seed = 0; seed < 100; ++seed) {
    Random random(seed);
    const int32_t batch_sizes[] = {1, 7, 2048};
    const std::vector<Key> keys = RandomKeys(random);
    const auto num_tasks = static_cast<uint32_t>(1 + random() % 3);
    const Case made = RandomCase(static_cast<int>(random() % 300), random() % 2 == 0, random);
    const auto limit = static_cast<int64_t>(random() % 40);
    const auto offset = static_cast<int64_t>(random() % 3 == 0 ? random() % 40 : 0);
    OperatorHarness top(
        MakerOf(NodeOver(PhysicalTopN{SortKeysOf(keys), limit, offset}, {MakeColumns(kTypes)})),
        {.seed = seed, .batch_size = batch_sizes[random() % 3], .num_tasks = num_tasks});
    top.Push(MakeBatch(kTypes, made.rows, made.weights));
    top.Finish();
    ASSERT_TRUE(top.status().ok()) << top.status();
    ExpectOrdered(top.rows(), made.repeated, keys, static_cast<size_t>(offset),
                  static_cast<size_t>(limit), num_tasks == 1);
    if (HasFatalFailure()) FAIL() << "seed " << seed << " " << limit << " after " << offset;
  }
}

// Enough rows that runs are cut and rows behind the last one are left out, by keys of each kind.
TEST(TopN, CutsItsRunsAndForgetsNothing) {
  for (size_t column = 0; column < kNumKeys; ++column) {
    for (int variant = 0; variant < 4; ++variant) {
      const bool ascending = variant % 2 == 0;
      const bool nulls_first = variant / 2 == 0;
      Random random(column * 4 + static_cast<size_t>(variant));
      const std::vector<Type> types = {kTypes[column], kLong};
      const std::vector<Key> keys = {{0, ascending, nulls_first}, {1, !ascending, true}};
      std::vector<Row> rows;
      std::vector<int64_t> weights;
      std::vector<Row> repeated;
      for (int64_t i = 0; i < 36'000; ++i) {
        rows.push_back({RandomValue(types[0], random), TypedValue::Long(i)});
        weights.push_back(variant == 0 ? 1 + static_cast<int64_t>(random() % 2) : 1);
        repeated.insert(repeated.end(), static_cast<size_t>(2 * weights.back()), rows.back());
      }
      OperatorHarness top(
          MakerOf(NodeOver(PhysicalTopN{{{ColumnOf(0, types[0]), ascending, nulls_first},
                                         {ColumnOf(1, kLong), !ascending, true}},
                                        6000,
                                        10},
                           {MakeColumns(types)})),
          {.seed = column, .disguises = variant == 1});
      const Batch batch = MakeBatch(types, rows, weights);
      top.Push(batch);
      top.Push(batch);
      top.Finish();
      ASSERT_TRUE(top.status().ok()) << top.status();
      ExpectOrdered(top.rows(), std::move(repeated), keys, 10, 6000, true);
      if (HasFatalFailure()) FAIL() << "column " << column << " variant " << variant;
    }
  }
}

TEST(TopN, HoldsLittleMoreThanItGives) {
  OperatorHarness top(MakerOf(NodeOver(PhysicalTopN{{{ColumnOf(0, kLong), true, true}}, 10, 0},
                                       {MakeColumns({kLong})})),
                      {.disguises = false});
  int64_t most = 0;
  for (int64_t part = 0; part < 200; ++part) {
    std::vector<int64_t> values(2048);
    std::iota(values.begin(), values.end(), -part * 2048);
    top.Push(MakeLongs(values));
    most = std::max(most, top.memory().reserved_bytes());
  }
  top.Finish();
  EXPECT_LT(most, 5 << 20);
  EXPECT_EQ(top.rows().front(), std::to_string(-199 * 2048));
  EXPECT_EQ(top.rows().size(), 10u);
}

}  // namespace
}  // namespace sabot::testing
