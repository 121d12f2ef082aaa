// The evaluator (expression/) with the functions of the registry: which rows are evaluated, nulls,
// dictionaries, positions of errors, conditions.

#include "sabot/expression/evaluator.h"

#include <random>

#include <gtest/gtest.h>

#include "sabot/base/error.h"
#include "sabot/functions/registry.h"
#include "sabot/functions/testing/evaluate.h"
#include "sabot/vector/testing/test_rows.h"

namespace sabot {
namespace {

using testing::CallText;
using testing::ClassOf;
using testing::MakeBatch;
using testing::Row;

const Type kInt(TypeId::kInt), kLong(TypeId::kLong), kBoolean(TypeId::kBoolean),
    kString(TypeId::kString), kDouble(TypeId::kDouble);

const FunctionRegistry& Registry() { return FunctionRegistry::Default(); }

ExpressionPtr Column(ColumnId id, Type type) { return MakeColumn(id, "c", std::move(type), true); }
ExpressionPtr Int(int32_t value) { return MakeLiteral(TypedValue::Int(value)); }
ExpressionPtr Apply(std::string_view name, std::vector<ExpressionPtr> arguments, Span span = {}) {
  std::vector<Type> types;
  for (const ExpressionPtr& argument : arguments) types.push_back(argument->type);
  const Type result = Registry().Resolve(name, types, {})->result;
  return MakeExpression(FunctionCall{std::string(name), std::move(arguments)}, result, true, span);
}

const Layout kLayout{{0, 1}};

std::unique_ptr<Evaluator> Compile(const ExpressionPtr& expression) {
  return *MakeEvaluator(expression, kLayout, Registry(), {});
}

std::string Evaluated(const ExpressionPtr& expression, const Batch& batch) {
  Vector result;
  const arrow::Status status = Compile(expression)->Evaluate(batch, &result);
  if (!status.ok()) return ClassOf(status);
  std::string text;
  for (int32_t i = 0; i < batch.num_active_rows(); ++i) {
    text += (i > 0 ? " " : "") + result.ValueAt(batch.rows()[i]).ToText();
  }
  return text;
}

TypedValue NullOf(const Type& type) { return TypedValue::Null(type); }

// Columns: a divisor, some 0, some NULL; a number.
Batch Divisors() {
  return MakeBatch({kInt, kInt}, {{TypedValue::Int(2), TypedValue::Int(10)},
                                  {TypedValue::Int(0), TypedValue::Int(20)},
                                  {NullOf(kInt), TypedValue::Int(30)},
                                  {TypedValue::Int(5), NullOf(kInt)}});
}
ExpressionPtr Quotient() { return Apply("div", {Column(1, kInt), Column(0, kInt)}, {4, 9}); }

TEST(Evaluator, GivesErrorsTheirPosition) {
  Vector result;
  const arrow::Status status = Compile(Quotient())->Evaluate(Divisors(), &result);
  ASSERT_EQ(ClassOf(status), "DIVIDE_BY_ZERO");
  EXPECT_EQ(GetErrorDetail(status)->span(), (Span{4, 9}));
}

TEST(Evaluator, NeverRunsWhatCanThrowOnOtherRows) {
  const ExpressionPtr is_safe = Apply("<>", {Column(0, kInt), Int(0)});
  EXPECT_EQ(Evaluated(Quotient(), Divisors()), "DIVIDE_BY_ZERO");
  EXPECT_EQ(
      Evaluated(Apply("if", {is_safe, Quotient(), MakeLiteral(TypedValue::Long(-1))}), Divisors()),
      "5 -1 -1 NULL");
  EXPECT_EQ(Evaluated(MakeExpression(CaseWhen{{{Apply("=", {Column(0, kInt), Int(0)}),
                                                MakeLiteral(TypedValue::Long(7))}},
                                              Quotient()},
                                     kLong, true),
                      Divisors()),
            "5 7 NULL NULL");
  const ExpressionPtr is_five = Apply("=", {Quotient(), MakeLiteral(TypedValue::Long(5))});
  EXPECT_EQ(Evaluated(Apply("and", {is_safe, is_five}), Divisors()), "true false NULL NULL");
  EXPECT_EQ(Evaluated(Apply("and", {is_five, is_safe}), Divisors()), "DIVIDE_BY_ZERO");
  EXPECT_EQ(Evaluated(Apply("or", {Apply("=", {Column(0, kInt), Int(0)}), is_five}), Divisors()),
            "true true NULL NULL");
  // The second argument is needed where the first is NULL: not on the row with the divisor 0.
  EXPECT_EQ(Evaluated(Apply("coalesce", {Apply("nullif", {Column(0, kInt), Int(2)}),
                                         Apply("div", {Int(8), Column(0, kInt)})}),
                      Divisors()),
            "4 0 NULL 5");
  EXPECT_EQ(Evaluated(Apply("nvl2", {Column(1, kInt), Int(1), Apply("div", {Int(8), Int(0)})}),
                      MakeBatch({kInt, kInt}, {{NullOf(kInt), TypedValue::Int(1)}})),
            "1");
}

TEST(Evaluator, IgnoresRowsThatAreNotSelected) {
  Batch batch = Divisors();
  auto rows = Buffer::Allocate(16);
  reinterpret_cast<uint16_t*>(rows->data())[0] = 0;
  reinterpret_cast<uint16_t*>(rows->data())[1] = 3;
  batch.SetSelection(rows, 2);
  EXPECT_EQ(Evaluated(Quotient(), batch), "5 NULL");
}

TEST(Evaluator, HasThreeValuedLogic) {
  const TypedValue values[] = {TypedValue::Boolean(false), TypedValue::Boolean(true),
                               NullOf(kBoolean)};
  constexpr std::string_view kAnd[] = {"false", "false", "false", "false", "true",
                                       "NULL",  "false", "NULL",  "NULL"};
  constexpr std::string_view kOr[] = {"false", "true", "NULL", "true", "true",
                                      "true",  "NULL", "true", "NULL"};
  std::vector<Row> rows;
  std::string all_and, all_or;
  for (int i = 0; i < 9; ++i) {
    const TypedValue& left = values[i / 3];
    const TypedValue& right = values[i % 3];
    EXPECT_EQ(CallText("and", {left, right}), kAnd[i]);
    EXPECT_EQ(CallText("or", {left, right}), kOr[i]);
    rows.push_back({left, right});
    all_and += (i > 0 ? " " : "") + std::string(kAnd[i]);
    all_or += (i > 0 ? " " : "") + std::string(kOr[i]);
  }
  const Batch batch = MakeBatch({kBoolean, kBoolean}, rows);
  const std::vector<ExpressionPtr> columns = {Column(0, kBoolean), Column(1, kBoolean)};
  EXPECT_EQ(Evaluated(Apply("and", columns), batch), all_and);
  EXPECT_EQ(Evaluated(Apply("or", columns), batch), all_or);
}

TEST(Evaluator, FoldsConstantsButNotTheirErrors) {
  Vector result;
  auto sum = Compile(Apply("+", {Int(1), Int(2)}));
  ASSERT_TRUE(sum->Evaluate(Divisors(), &result).ok());
  EXPECT_TRUE(result.is_constant());
  EXPECT_EQ(result.ValueAt(3), TypedValue::Int(3));
  EXPECT_EQ(result.size(), 4);
  // Compiles, and fails only where a row needs it.
  auto broken = Compile(Apply("div", {Int(1), Int(0)}));
  Batch none = Divisors();
  none.SetSelection(Buffer::Allocate(16), 0);
  EXPECT_TRUE(broken->Evaluate(none, &result).ok());
  EXPECT_EQ(ClassOf(broken->Evaluate(Divisors(), &result)), "DIVIDE_BY_ZERO");
}

// A dictionary of 3 values, the last one unused.
Batch DictionaryBatch(std::shared_ptr<const Vector> dictionary) {
  auto codes = Buffer::Allocate(64);
  for (int i = 0; i < 4; ++i) reinterpret_cast<uint32_t*>(codes->data())[i] = i % 2;
  Batch batch;
  batch.columns().push_back(Vector::Dictionary(codes, std::move(dictionary), 4));
  batch.set_num_rows(4);
  return batch;
}
std::shared_ptr<const Vector> MakeDictionary(std::initializer_list<int32_t> values) {
  VectorBuilder builder(kInt);
  for (const int32_t value : values) builder.Append(TypedValue::Int(value));
  return std::make_shared<const Vector>(builder.Finish());
}

TEST(Evaluator, EvaluatesADictionaryOnce) {
  const auto dictionary = MakeDictionary({7, 9, 1});
  auto evaluator = Compile(Apply("<", {Column(0, kInt), Int(8)}));
  Vector first, second;
  ASSERT_TRUE(evaluator->Evaluate(DictionaryBatch(dictionary), &first).ok());
  ASSERT_TRUE(evaluator->Evaluate(DictionaryBatch(dictionary), &second).ok());
  ASSERT_TRUE(first.is_dictionary());
  EXPECT_EQ(first.dictionary(), second.dictionary());
  EXPECT_EQ(second.ValueAt(0), TypedValue::Boolean(true));
  EXPECT_EQ(second.ValueAt(1), TypedValue::Boolean(false));
  Vector other;
  ASSERT_TRUE(evaluator->Evaluate(DictionaryBatch(MakeDictionary({9, 7, 1})), &other).ok());
  EXPECT_EQ(other.ValueAt(0), TypedValue::Boolean(false));
}

TEST(Evaluator, GivesALiteralARowForEachValueOfADictionary) {
  const auto dictionary = MakeDictionary({7, 9, 1, 2, 3});
  Vector result;
  ASSERT_TRUE(Compile(Apply("nullif", {Int(9), Column(0, kInt)}))
                  ->Evaluate(DictionaryBatch(dictionary), &result)
                  .ok());
  ASSERT_TRUE(result.is_dictionary());
  EXPECT_EQ(result.dictionary()->size(), dictionary->size());
  EXPECT_EQ(result.ValueAt(0), TypedValue::Int(9));
  EXPECT_TRUE(result.IsNull(1));
}

TEST(Evaluator, NeverRunsWhatCanThrowOnValuesNoRowUses) {
  const ExpressionPtr quotient = Apply("div", {Int(8), Column(0, kInt)});
  EXPECT_EQ(Evaluated(quotient, DictionaryBatch(MakeDictionary({2, 4, 0}))), "4 2 4 2");
}

TEST(Evaluator, RefusesColumnsItDoesNotHave) {
  EXPECT_EQ(ClassOf(MakeEvaluator(Column(5, kInt), kLayout, Registry(), {}).status()),
            "INTERNAL_ERROR");
}

std::string Selected(const ExpressionPtr& condition, Batch batch) {
  auto predicate = *MakePredicate(condition, kLayout, Registry(), {});
  const arrow::Status status = predicate->Select(&batch);
  if (!status.ok()) return ClassOf(status);
  std::string rows;
  for (int32_t i = 0; i < batch.num_active_rows(); ++i) rows += std::to_string(batch.rows()[i]);
  return rows;
}

TEST(Predicate, NarrowsConjunctByConjunct) {
  const ExpressionPtr is_safe = Apply("<>", {Column(0, kInt), Int(0)});
  const ExpressionPtr is_large = Apply(">=", {Quotient(), MakeLiteral(TypedValue::Long(5))});
  EXPECT_EQ(Selected(is_safe, Divisors()), "03");
  EXPECT_EQ(Selected(Apply("and", {is_safe, is_large}), Divisors()), "0");
  EXPECT_EQ(Selected(Apply("and", {is_large, is_safe}), Divisors()), "DIVIDE_BY_ZERO");
  EXPECT_EQ(Selected(MakeLiteral(TypedValue::Boolean(true)), Divisors()), "0123");
  EXPECT_EQ(Selected(MakeLiteral(NullOf(kBoolean)), Divisors()), "");
}

TEST(Predicate, LeavesAFullBatchDense) {
  Batch batch = Divisors();
  auto predicate = *MakePredicate(MakeLiteral(TypedValue::Boolean(true)), kLayout, Registry(), {});
  ASSERT_TRUE(predicate->Select(&batch).ok());
  EXPECT_FALSE(batch.has_selection());
}

TEST(Predicate, ComparesDirectlyAsTheFunctionsDo) {
  std::mt19937_64 random(3);
  constexpr double kDoubles[] = {0.0, -0.0, 1, 2, std::numeric_limits<double>::quiet_NaN()};
  for (const Type& type : {Type(TypeId::kByte), Type(TypeId::kShort), kInt, kLong,
                           Type(TypeId::kFloat), kDouble, Type::Decimal(30, 2)}) {
    for (const std::string_view name : {"=", "<>", "<", "<=", ">", ">="}) {
      for (const bool is_flipped : {false, true}) {
        const auto value = [&]() -> TypedValue {
          if (type.is_floating()) return {type, kDoubles[random() % 5]};
          if (type.is_decimal()) return {type, Int128{static_cast<int64_t>(random() % 3)}};
          return {type, static_cast<int64_t>(random() % 3)};
        };
        std::vector<Row> rows;
        for (int i = 0; i < 60; ++i) {
          rows.push_back({random() % 4 == 0 ? NullOf(type) : value(), TypedValue::Int(i)});
        }
        const ExpressionPtr literal = MakeLiteral(value());
        const ExpressionPtr condition = is_flipped ? Apply(name, {literal, Column(0, type)})
                                                   : Apply(name, {Column(0, type), literal});
        Batch batch = MakeBatch({type, kInt}, rows);
        // What the general way keeps: NOT NOT is no comparison.
        const std::string expected =
            Selected(Apply("not", {Apply("not", {condition})}), batch.Clone());
        EXPECT_EQ(Selected(condition, batch.Clone()), expected) << name << type.ToSql();
        EXPECT_EQ(Selected(Apply("and", {Apply(">", {Column(1, kInt), Int(10)}), condition}),
                           batch.Clone()),
                  Selected(Apply("and", {Apply(">", {Column(1, kInt), Int(10)}),
                                         Apply("not", {Apply("not", {condition})})}),
                           batch.Clone()));
      }
    }
  }
}

}  // namespace
}  // namespace sabot
