#include "sabot/expression/expression.h"

#include <limits>

#include <gtest/gtest.h>

namespace sabot {
namespace {

const Type kInt(TypeId::kInt), kLong(TypeId::kLong), kBoolean(TypeId::kBoolean);

ExpressionPtr Column(ColumnId id, std::string name = "c") {
  return MakeColumn(id, std::move(name), kInt, true);
}
ExpressionPtr Int(int32_t value) { return MakeLiteral(TypedValue::Int(value)); }
ExpressionPtr Call(std::string function, std::vector<ExpressionPtr> arguments, Span span = {}) {
  return MakeExpression(FunctionCall{std::move(function), std::move(arguments)}, kInt, true, span);
}
ExpressionPtr Case(ExpressionPtr condition, ExpressionPtr value, ExpressionPtr otherwise) {
  return MakeExpression(CaseWhen{{{std::move(condition), std::move(value)}}, std::move(otherwise)},
                        kInt, true);
}
ExpressionPtr Cast(ExpressionPtr argument, Type type, bool is_try = false) {
  return MakeExpression(CastTo{std::move(argument), is_try}, std::move(type), true);
}

TEST(Expression, IsEqualByMeaning) {
  const ExpressionPtr sum = Call("+", {Column(1, "a"), Int(2)}, {1, 5});
  const ExpressionPtr same = Call("+", {Column(1, "b"), Int(2)}, {7, 9});
  EXPECT_TRUE(Equal(sum, same));
  EXPECT_EQ(Hash(sum), Hash(same));
  const ExpressionPtr others[] = {Call("-", {Column(1), Int(2)}),
                                  Call("+", {Column(2), Int(2)}),
                                  Call("+", {Column(1), Int(3)}),
                                  Call("+", {Int(2), Column(1)}),
                                  Call("+", {Column(1)}),
                                  Cast(Column(1), kLong),
                                  Cast(Column(1), kLong, true),
                                  Cast(Column(1), kInt),
                                  Case(Column(1), Int(1), Int(2)),
                                  Case(Column(1), Int(2), Int(1)),
                                  Int(2),
                                  MakeLiteral(TypedValue::Long(2))};
  for (const ExpressionPtr& other : others) {
    EXPECT_FALSE(Equal(sum, other)) << ToText(other);
    for (const ExpressionPtr& another : others) {
      EXPECT_EQ(Equal(other, another), other == another) << ToText(other) << ToText(another);
      EXPECT_EQ(Hash(other) == Hash(another), other == another);
    }
  }
  const auto nan = [] {
    return MakeLiteral(TypedValue::Double(std::numeric_limits<double>::quiet_NaN()));
  };
  EXPECT_TRUE(Equal(nan(), nan()));
}

TEST(Expression, PrintsForExplain) {
  EXPECT_EQ(ToText(Call(">", {Column(3, "distance"), Int(500)})), "(distance#3 > 500)");
  EXPECT_EQ(ToText(Call("and", {Call("not", {Column(1)}), Call("isnull", {Column(2)})})),
            "((NOT c#1) AND (c#2 IS NULL))");
  EXPECT_EQ(ToText(Call("in", {Column(1), Int(1), Int(2)})), "(c#1 IN (1, 2))");
  EXPECT_EQ(ToText(Call("substr", {Column(1), Int(1)})), "substr(c#1, 1)");
  EXPECT_EQ(ToText(Cast(Column(1), kLong, true)), "TRY_CAST(c#1 AS BIGINT)");
  EXPECT_EQ(ToText(Case(Column(1), Int(1), Int(2))), "CASE WHEN c#1 THEN 1 ELSE 2 END");
}

TEST(Expression, IsRewrittenFromTheLeavesUp) {
  const ExpressionPtr kept = Call("abs", {Column(9)});
  const ExpressionPtr tree = Call("+", {Case(Column(1), Cast(Column(2), kInt), Int(0)), kept});
  const ExpressionPtr moved = RewriteExpression(tree, [](const ExpressionPtr& node) {
    const auto* column = node->As<ColumnRef>();
    return column != nullptr && column->id < 9 ? Column(column->id + 10) : node;
  });
  EXPECT_EQ(ToText(moved), "(CASE WHEN c#11 THEN CAST(c#12 AS INT) ELSE 0 END + abs(c#9))");
  EXPECT_EQ(moved->As<FunctionCall>()->arguments[1], kept);
  EXPECT_EQ(RewriteExpression(tree, [](const ExpressionPtr& node) { return node; }), tree);
  EXPECT_EQ(ToText(tree), "(CASE WHEN c#1 THEN CAST(c#2 AS INT) ELSE 0 END + abs(c#9))");
}

TEST(Expression, NamesItsColumnsOnce) {
  const ExpressionPtr tree = Call("+", {Case(Column(4), Column(2), Column(4)), Column(2)});
  EXPECT_EQ(ColumnsOf(tree), (std::vector<ColumnId>{4, 2}));
  EXPECT_TRUE(ColumnsOf(Int(1)).empty());
}

}  // namespace
}  // namespace sabot
