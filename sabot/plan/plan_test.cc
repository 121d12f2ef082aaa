#include "sabot/plan/logical/plan.h"

#include <random>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sabot/base/error.h"
#include "sabot/plan/physical/plan.h"
#include "sabot/plan/settings_codec.h"
#include "sabot/plan/text.h"

namespace sabot {
namespace {

using ::testing::HasSubstr;

const Type kLong(TypeId::kLong);
const Type kText(TypeId::kString);
const Type kTruth(TypeId::kBoolean);

OutputColumn Column(ColumnId id, std::string name, Type type = kLong, bool nullable = true) {
  return {id, std::move(name), std::move(type), nullable};
}
ExpressionPtr Ref(ColumnId id, std::string name = "a", Type type = kLong) {
  return MakeColumn(id, std::move(name), std::move(type), true, {1, 2});
}
ExpressionPtr Number(int64_t value) { return MakeLiteral(TypedValue::Long(value)); }
ExpressionPtr Call(std::string function, std::vector<ExpressionPtr> arguments, Type type = kLong) {
  return MakeExpression(FunctionCall{std::move(function), std::move(arguments)}, std::move(type),
                        true, {3, 9});
}

TableDescription Table(bool is_unbounded = false) {
  return {"files",
          "csv",
          {"/a/b.csv", "/a/c.csv"},
          {{"header", "true"}, {"sep", ";"}},
          Schema{{{"a", kLong, false}, {"b", kText, true}, {"c", Type::Decimal(20, 2), true}}},
          is_unbounded};
}

/// Two scans of the same table; ids of the second begin at 11.
LogicalPtr Left() {
  return MakeLogical(
      LogicalScan{Table(),
                  {0, 2},
                  {Column(1, "a", kLong, false), Column(2, "c", Type::Decimal(20, 2))},
                  {{0, Comparison::kGreater, TypedValue::Long(5)},
                   {1, Comparison::kIsNotNull, TypedValue::Null()}}});
}
LogicalPtr Right() {
  return MakeLogical(LogicalScan{Table(), {0, 1}, {Column(11, "a"), Column(12, "b", kText)}, {}});
}

/// Every kind of expression at once.
ExpressionPtr Everything() {
  const ExpressionPtr condition = Call("=", {Ref(1), Number(7)}, kTruth);
  const ExpressionPtr cast = MakeExpression(CastTo{Ref(1), true}, Type::Decimal(20, 0), true);
  return MakeExpression(
      CaseWhen{{{condition, cast}}, MakeLiteral({Type::Decimal(20, 0), Int128{1} << 65})},
      Type::Decimal(20, 0), true);
}

std::vector<AggregateCall> Calls() {
  return {{Column(21, "n", kLong, false), "count", {}, false, nullptr},
          {Column(22, "s"), "sum", {Ref(1)}, true, Call(">", {Ref(1), Number(1)}, kTruth)}};
}

/// A plan for every logical step; in order of the variant.
std::vector<LogicalPtr> AllLogical() {
  const NamedExpression key{Column(20, "k", Type::Decimal(20, 0)), Everything()};
  const MatchNode node{"p", 0, {1}, {Column(31, "a"), Column(32, "c", Type::Decimal(20, 2))}};
  MatchNode other = node;
  other.variable = "q";
  other.columns = {Column(33, "a"), Column(34, "c", Type::Decimal(20, 2))};
  MatchRelationship edge{"e", 1, 0, 1, MatchDirection::kUndirected, {11}, {12}, {Column(35, "x")}};
  MatchRelationship path = edge;
  path.is_shortest = true;
  path.max_hops = 4;
  path.path = Column(36, "path", Type::Array(kLong));
  return {
      Left(),
      MakeLogical(LogicalValues{{Column(1, "a"), Column(2, "b", kText)},
                                {{TypedValue::Long(1), TypedValue::String("x")},
                                 {TypedValue::Null(kLong), TypedValue::Null(kText)}}}),
      MakeLogical(LogicalFilter{Call(">", {Ref(1), Number(3)}, kTruth)}, {Left()}),
      MakeLogical(LogicalProject{{key, {Column(1, "a"), Ref(1)}}}, {Left()}),
      MakeLogical(LogicalAggregate{{key}, Calls()}, {Left()}),
      MakeLogical(
          LogicalJoin{JoinKind::kLeft, {Ref(1)}, {Ref(11)}, Call("<", {Ref(1), Ref(11)}, kTruth)},
          {Left(), Right()}),
      MakeLogical(LogicalSort{{{Ref(1), false, true}, {Ref(2), true, true}}, 10, 3}, {Left()}),
      MakeLogical(LogicalLimit{7, 2}, {Left()}),
      MakeLogical(LogicalUnion{{Column(41, "u")}, {{1}, {11}}}, {Left(), Right()}),
      MakeLogical(LogicalEventTime{1, 86'400'000'000, 5}, {Left()}),
      MakeLogical(LogicalSink{{"files", "parquet", "/out", {{"compression", "zstd"}}, {}}},
                  {Left()}),
      MakeLogical(LogicalMatch{{node, other}, {edge, path}}, {Left(), Right()}),
      MakeLogical(LogicalExpand{Ref(1), 11, 12, MatchDirection::kIncoming, Column(50, "to")},
                  {Left(), Right()}),
      MakeLogical(LogicalShortestPath{Ref(1), Ref(2), 11, 12, MatchDirection::kOutgoing, 9,
                                      Column(51, "p", Type::Array(kLong))},
                  {Left(), Right()}),
  };
}

PhysicalPtr PhysicalLeft() {
  const auto scan = *Left()->As<LogicalScan>();
  return MakePhysical(PhysicalScan{scan.table, scan.ordinals, scan.columns, scan.bounds}, {},
                      scan.columns);
}
PhysicalPtr PhysicalRight() {
  const auto scan = *Right()->As<LogicalScan>();
  return MakePhysical(PhysicalScan{scan.table, scan.ordinals, scan.columns, {}}, {}, scan.columns);
}

std::vector<PhysicalPtr> AllPhysical() {
  const std::vector<LogicalPtr> logical = AllLogical();
  const auto over = [&](PhysicalStep step, size_t like) {
    return MakePhysical(std::move(step), {PhysicalLeft()}, logical[like]->output);
  };
  const auto both = [&](PhysicalStep step, size_t like) {
    return MakePhysical(std::move(step), {PhysicalLeft(), PhysicalRight()}, logical[like]->output);
  };
  const auto& values = *logical[1]->As<LogicalValues>();
  const auto& aggregate = *logical[4]->As<LogicalAggregate>();
  const auto& join = *logical[5]->As<LogicalJoin>();
  const auto& sort = *logical[6]->As<LogicalSort>();
  const auto& all = *logical[8]->As<LogicalUnion>();
  return {
      PhysicalLeft(),
      MakePhysical(PhysicalValues{values.columns, values.rows}, {}, values.columns),
      over(PhysicalFilter{logical[2]->As<LogicalFilter>()->condition}, 2),
      over(PhysicalProject{logical[3]->As<LogicalProject>()->expressions}, 3),
      over(PhysicalHashAggregate{aggregate.keys, aggregate.aggregates}, 4),
      both(PhysicalHashJoin{join.kind, join.left_keys, join.right_keys, join.residual}, 5),
      over(PhysicalSort{sort.keys}, 6),
      over(PhysicalTopN{sort.keys, 10, 3}, 6),
      over(PhysicalLimit{7, 2}, 7),
      both(PhysicalUnion{all.columns, all.sources}, 8),
      over(PhysicalEventTime{1, 1'000}, 9),
      over(PhysicalWindowAggregate{aggregate.keys, 0, 3'600'000'000, 5, aggregate.aggregates}, 4),
      over(PhysicalExchange{ExchangeMode::kHash, {Ref(1)}}, 2),
      both(PhysicalExpand{Ref(1), 11, 12, MatchDirection::kUndirected, Column(50, "to")}, 12),
      both(PhysicalShortestPath{Ref(1), Ref(2), 11, 12, MatchDirection::kUndirected, -1,
                                Column(51, "p", Type::Array(kLong))},
           13),
      over(PhysicalSink{{"files", "csv", "/out", {}, Schema{{{"a", kLong, true}}}}}, 10),
  };
}

const EvaluationSettings kSettings{"Europe/Berlin", false, 1'700'000'000'000'000};

std::string ClassOf(const arrow::Status& status) {
  const ErrorDetail* detail = GetErrorDetail(status);
  return detail == nullptr ? status.ToString() : std::string(detail->error_class().name);
}

TEST(Plan, TheSamplesHaveEveryStep) {
  const auto logical = AllLogical();
  ASSERT_EQ(logical.size(), std::variant_size_v<LogicalStep>);
  for (size_t i = 0; i < logical.size(); ++i) EXPECT_EQ(logical[i]->step.index(), i);
  const auto physical = AllPhysical();
  ASSERT_EQ(physical.size(), std::variant_size_v<PhysicalStep>);
  for (size_t i = 0; i < physical.size(); ++i) EXPECT_EQ(physical[i]->step.index(), i);
}

TEST(Plan, EveryLogicalStepRoundTrips) {
  for (const LogicalPtr& plan : AllLogical()) {
    SCOPED_TRACE(ToText(plan));
    const auto copy = DecodePlan(EncodePlan(LogicalPlan{plan, kSettings}));
    ASSERT_TRUE(copy.ok()) << copy.status().ToString();
    EXPECT_TRUE(Equal(plan, copy->root));
    EXPECT_EQ(ToText(plan), ToText(copy->root));
    EXPECT_EQ(plan->output, copy->root->output);
    EXPECT_EQ(copy->settings, kSettings);
    EXPECT_EQ(EncodePlan(*copy), EncodePlan(LogicalPlan{plan, kSettings}));
  }
}

TEST(Plan, EveryPhysicalStepRoundTrips) {
  for (const PhysicalPtr& plan : AllPhysical()) {
    SCOPED_TRACE(ToText(plan));
    const auto copy = DecodePhysicalPlan(EncodePlan(PhysicalPlan{plan, kSettings}));
    ASSERT_TRUE(copy.ok()) << copy.status().ToString();
    EXPECT_TRUE(Equal(plan, copy->root));
    EXPECT_EQ(ToText(plan), ToText(copy->root));
    EXPECT_EQ(plan->output, copy->root->output);
    EXPECT_EQ(copy->settings, kSettings);
  }
}

// A step differs from itself with any one field changed: nothing of it is left out of equality.
TEST(Plan, StepsThatDifferAreNotEqual) {
  const auto plans = AllLogical();
  for (size_t i = 0; i < plans.size(); ++i) {
    for (size_t k = 0; k < plans.size(); ++k) EXPECT_EQ(Equal(plans[i], plans[k]), i == k);
  }
  const auto limit = [](int64_t count, int64_t offset) {
    return MakeLogical(LogicalLimit{count, offset}, {Left()});
  };
  EXPECT_TRUE(Equal(limit(1, 2), limit(1, 2)));
  EXPECT_FALSE(Equal(limit(1, 2), limit(2, 2)));
  EXPECT_FALSE(Equal(limit(1, 2), limit(1, 0)));
  LogicalScan unbounded = *Left()->As<LogicalScan>();
  unbounded.table.is_unbounded = true;
  EXPECT_FALSE(Equal(Left(), MakeLogical(unbounded)));
  LogicalAggregate aggregate = *plans[4]->As<LogicalAggregate>();
  aggregate.aggregates[1].distinct = false;
  EXPECT_FALSE(Equal(plans[4], MakeLogical(aggregate, {Left()})));
  aggregate.aggregates[1].distinct = true;
  EXPECT_TRUE(Equal(plans[4], MakeLogical(aggregate, {Left()})));
  aggregate.aggregates[1].filter = nullptr;
  EXPECT_FALSE(Equal(plans[4], MakeLogical(aggregate, {Left()})));
}

TEST(Plan, EqualityDoesNotLookAtIdsOrSpans) {
  const auto filter = [](ColumnId id, Span span) {
    LogicalPtr scan =
        MakeLogical(LogicalScan{Table(), {0, 1}, {Column(id, "a"), Column(id + 5, "b")}, {}});
    ExpressionPtr condition =
        MakeExpression(FunctionCall{">", {MakeColumn(id + 5, "b", kLong, true, span), Number(1)}},
                       kTruth, true, span);
    return MakeLogical(LogicalFilter{condition}, {std::move(scan)});
  };
  EXPECT_TRUE(Equal(filter(1, {}), filter(70, {4, 9})));
  EXPECT_EQ(ToText(filter(1, {})), ToText(filter(70, {4, 9})));
  // The same ids in other places are another plan.
  LogicalPtr swapped = MakeLogical(
      LogicalFilter{Call(">", {Ref(1), Number(1)}, kTruth)},
      {MakeLogical(LogicalScan{Table(), {0, 1}, {Column(1, "a"), Column(6, "b")}, {}})});
  EXPECT_FALSE(Equal(filter(1, {}), swapped));
}

TEST(Plan, PrintsEveryFieldThatSaysSomething) {
  const auto plans = AllLogical();
  EXPECT_EQ(ToText(plans[0]),
            "scan table=csv '/a/b.csv' and 1 more columns=[a#1, c#2] bounds=[$0 > 5, $1 is not "
            "null]\n");
  EXPECT_EQ(ToText(plans[7]).substr(0, 24), "limit count=7 offset=2\n ");
  EXPECT_THAT(ToText(plans[5]), HasSubstr("join kind=left left_keys=[a#1] right_keys=[a#3]"));
  EXPECT_THAT(ToText(plans[6]),
              HasSubstr("sort keys=[a#1 DESC NULLS FIRST, a#2] limit=10 offset=3"));
  EXPECT_THAT(ToText(plans[4]), HasSubstr("count(*) AS n#"));
  EXPECT_THAT(ToText(plans[4]), HasSubstr("sum(DISTINCT a#1) FILTER"));
  EXPECT_THAT(ToText(plans[13]), HasSubstr("max_hops=9"));
}

TEST(Plan, NodesAreNumberedFromTheRoot) {
  const PhysicalPtr join = NumberNodes(AllPhysical()[5]);
  EXPECT_EQ(join->id, 0U);
  EXPECT_EQ(join->inputs[0]->id, 1U);
  EXPECT_EQ(join->inputs[1]->id, 2U);
  const auto copy = DecodePhysicalPlan(EncodePlan(PhysicalPlan{join, {}})).ValueOrDie();
  EXPECT_EQ(copy.root->inputs[1]->id, 2U);
  EXPECT_EQ(join->layout().Find(11), 2);
  EXPECT_EQ(join->layout().Find(99), -1);
}

TEST(Plan, IsUnboundedIfAnyScanBelowIs) {
  LogicalPtr stream = MakeLogical(LogicalScan{Table(true), {0}, {Column(1, "a")}, {}});
  EXPECT_TRUE(IsUnbounded(MakeLogical(LogicalLimit{1, 0}, {stream})));
  EXPECT_FALSE(IsUnbounded(Left()));
  LogicalPtr join = MakeLogical(LogicalJoin{JoinKind::kInner, {}, {}, nullptr}, {Left(), stream});
  EXPECT_TRUE(IsUnbounded(join));
}

TEST(Plan, JoinsSayWhatMayBeNull) {
  const auto join = [](JoinKind kind) {
    LogicalPtr left = MakeLogical(LogicalScan{Table(), {0}, {Column(1, "a", kLong, false)}, {}});
    LogicalPtr right = MakeLogical(LogicalScan{Table(), {0}, {Column(2, "b", kLong, false)}, {}});
    return MakeLogical(LogicalJoin{kind, {Ref(1)}, {Ref(2)}, nullptr}, {left, right})->output;
  };
  EXPECT_FALSE(join(JoinKind::kInner)[1].nullable);
  EXPECT_TRUE(join(JoinKind::kLeft)[1].nullable);
  EXPECT_FALSE(join(JoinKind::kLeft)[0].nullable);
  EXPECT_EQ(join(JoinKind::kSemi).size(), 1U);
  EXPECT_EQ(join(JoinKind::kAnti).size(), 1U);
}

TEST(Plan, RewritesBottomUpAndSharesWhatStays) {
  const LogicalPtr join = AllLogical()[5];
  std::string order;
  const LogicalPtr same = RewritePlan(join, [&](const LogicalPtr& node) {
    order += node->As<LogicalScan>() != nullptr ? "s" : "j";
    return node;
  });
  EXPECT_EQ(order, "ssj");
  EXPECT_EQ(same, join);
}

/// A step of a later release has a field more: an older reader passes over it.
TEST(Plan, ReadersSkipFieldsTheyDoNotKnow) {
  Encoder limit;
  limit.Varint(3);
  for (const auto& [id, payload] : {std::pair<int, std::string>{1, EncodeToString(int64_t{7})},
                                    {2, EncodeToString(int64_t{2})},
                                    {3, "something new"}}) {
    limit.Varint(static_cast<uint64_t>(id));
    internal::EncodePart(payload, limit);
  }
  Encoder step;
  step.Varint(7);  // the limit's place in the variant
  step.Raw(limit.bytes());
  LogicalStep decoded = DecodeFromString<LogicalStep>(step.bytes()).ValueOrDie();
  ASSERT_TRUE(std::holds_alternative<LogicalLimit>(decoded));
  EXPECT_EQ(std::get<LogicalLimit>(decoded).count, 7);
  EXPECT_EQ(std::get<LogicalLimit>(decoded).offset, 2);
}

TEST(Plan, BytesThatEndEarlyAreACodecError) {
  for (const LogicalPtr& plan : AllLogical()) {
    const std::string bytes = EncodePlan(LogicalPlan{plan, kSettings});
    for (size_t size = 0; size < bytes.size(); ++size) {
      const auto part = DecodePlan(std::string_view(bytes).substr(0, size));
      ASSERT_EQ(ClassOf(part.status()), "CODEC_ERROR") << size << " of " << ToText(plan);
    }
    EXPECT_EQ(ClassOf(DecodePlan(bytes + '\0').status()), "CODEC_ERROR");
  }
  const std::string logical = EncodePlan(LogicalPlan{Left(), {}});
  EXPECT_EQ(ClassOf(DecodePhysicalPlan(logical).status()), "CODEC_ERROR");
  const std::string physical = EncodePlan(PhysicalPlan{PhysicalLeft(), {}});
  EXPECT_EQ(ClassOf(DecodePlan(physical).status()), "CODEC_ERROR");
}

// What is decoded can be printed and encoded again, whatever the bytes were.
template <typename Decode>
int CountReadable(const std::string& bytes, Decode decode, std::mt19937_64& random) {
  int num_readable = 0;
  for (int i = 0; i < 600; ++i) {
    std::string mutant = bytes;
    for (uint64_t k = 0; k <= random() % 3; ++k) {
      const size_t at = random() % mutant.size();
      switch (random() % 3) {
        case 0:
          mutant[at] = static_cast<char>(random());
          break;
        case 1:
          mutant[at] = static_cast<char>(mutant[at] ^ (1 << (random() % 8)));
          break;
        default:
          mutant.erase(at, 1);
      }
      if (mutant.empty()) mutant = "x";
    }
    const auto plan = decode(mutant);
    if (!plan.ok()) {
      EXPECT_EQ(ClassOf(plan.status()), "CODEC_ERROR") << plan.status().ToString();
      continue;
    }
    ++num_readable;
    EXPECT_FALSE(ToText(plan->root).empty());
    EXPECT_TRUE(Equal(plan->root, plan->root));
    const auto again = decode(EncodePlan(*plan));
    EXPECT_TRUE(again.ok() && Equal(again->root, plan->root)) << ToText(plan->root);
  }
  return num_readable;
}

TEST(Plan, AnyBytesAreAPlanOrACodecError) {
  std::mt19937_64 random(17);
  int num_readable = 0;
  for (const LogicalPtr& plan : AllLogical()) {
    num_readable += CountReadable(
        EncodePlan(LogicalPlan{plan, kSettings}), [](std::string_view b) { return DecodePlan(b); },
        random);
  }
  for (const PhysicalPtr& plan : AllPhysical()) {
    num_readable += CountReadable(
        EncodePlan(PhysicalPlan{plan, kSettings}),
        [](std::string_view b) { return DecodePhysicalPlan(b); }, random);
  }
  EXPECT_GT(num_readable, 1'000);
}

template <typename Step>
std::string ClassOfDecoded(const Step& step, std::vector<LogicalPtr> inputs,
                           std::vector<OutputColumn> output = {}) {
  auto node = std::make_shared<LogicalNode>();
  node->step = step;
  node->inputs = std::move(inputs);
  node->output = std::move(output);
  return ClassOf(DecodePlan(EncodePlan(LogicalPlan{node, {}})).status());
}

TEST(Plan, ReadersRefuseWhatNobodyCouldRun) {
  EXPECT_EQ(ClassOfDecoded(LogicalFilter{nullptr}, {Left()}), "CODEC_ERROR");
  EXPECT_EQ(ClassOfDecoded(LogicalFilter{Ref(99)}, {Left()}), "CODEC_ERROR");
  EXPECT_EQ(ClassOfDecoded(LogicalFilter{Ref(1)}, {}), "CODEC_ERROR");
  EXPECT_EQ(ClassOfDecoded(LogicalFilter{Ref(1)}, {Left(), Right()}), "CODEC_ERROR");
  EXPECT_EQ(ClassOfDecoded(LogicalFilter{Ref(1)}, {Left()}, {Column(99, "x")}), "CODEC_ERROR");
  EXPECT_EQ(ClassOfDecoded(LogicalFilter{Ref(1)}, {Left()}, {Column(1, "a")}), "OK");
  EXPECT_EQ(ClassOfDecoded(LogicalFilter{Call("not", {nullptr})}, {Left()}), "CODEC_ERROR");
  EXPECT_EQ(ClassOfDecoded(LogicalFilter{MakeLiteral({kText, int64_t{5}})}, {Left()}),
            "CODEC_ERROR");
  EXPECT_EQ(ClassOfDecoded(LogicalJoin{JoinKind(9), {}, {}, nullptr}, {Left(), Right()}),
            "CODEC_ERROR");
  EXPECT_EQ(ClassOfDecoded(LogicalJoin{JoinKind::kInner, {Ref(1)}, {}, nullptr}, {Left(), Right()}),
            "CODEC_ERROR");
  EXPECT_EQ(ClassOfDecoded(LogicalValues{{Column(1, "a")}, {{}}}, {}), "CODEC_ERROR");
  EXPECT_EQ(ClassOfDecoded(LogicalScan{Table(), {3}, {Column(1, "a")}, {}}, {}), "CODEC_ERROR");
  EXPECT_EQ(ClassOfDecoded(LogicalUnion{{Column(1, "u")}, {{1}}}, {Left(), Right()}),
            "CODEC_ERROR");
  EXPECT_EQ(ClassOfDecoded(LogicalEventTime{77, 0, 0}, {Left()}), "CODEC_ERROR");
}

}  // namespace
}  // namespace sabot
