// Every function of the registry, with random arguments of every type it takes: flat, constant and
// dictionary columns, selections, nulls and batch sizes give what one flat row at a time gives.

#include <limits>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "sabot/base/error.h"
#include "sabot/expression/evaluator.h"
#include "sabot/functions/registry.h"

namespace sabot {
namespace {

using Random = std::mt19937_64;

size_t Below(Random& random, size_t count) { return random() % count; }
bool OneIn(Random& random, size_t count) { return Below(random, count) == 0; }

int64_t RandomInteger(Random& random, int64_t min, int64_t max) {
  if (OneIn(random, 8)) return OneIn(random, 2) ? min : max;
  return static_cast<int64_t>(Below(random, 21)) - 10;
}

// Few different values, so that ties and repeats occur, and the ends of each type.
TypedValue RandomValue(const Type& type, Random& random) {
  if (OneIn(random, 5)) return TypedValue::Null(type);
  switch (type.kind()) {
    case Kind::kBool:
      return {type, OneIn(random, 2)};
    case Kind::kI8:
      return {type, RandomInteger(random, INT8_MIN, INT8_MAX)};
    case Kind::kI16:
      return {type, RandomInteger(random, INT16_MIN, INT16_MAX)};
    case Kind::kI32:
      // Dates end where Spark's end; months where years do.
      if (type.id() != TypeId::kInt) return {type, RandomInteger(random, -12'000, 12'000)};
      return {type, RandomInteger(random, INT32_MIN, INT32_MAX)};
    case Kind::kI64:
      if (type.is_decimal()) {
        const auto limit = static_cast<int64_t>(PowerOfTen(type.precision())) - 1;
        return {type, OneIn(random, 2) ? RandomInteger(random, -limit, limit)
                                       : static_cast<int64_t>(random() % 100'000) - 50'000};
      }
      if (type.id() != TypeId::kLong) {
        return {type,
                static_cast<int64_t>(random() % 4'000'000'000'000'000) - 1'000'000'000'000'000};
      }
      return {type, RandomInteger(random, INT64_MIN, INT64_MAX)};
    case Kind::kI128: {
      const Int128 limit = PowerOfTen(type.precision()) - 1;
      if (OneIn(random, 6)) return {type, OneIn(random, 2) ? limit : -limit};
      return {type, Int128{static_cast<int64_t>(random() % 2'000'001) - 1'000'000}};
    }
    case Kind::kF32:
    case Kind::kF64: {
      constexpr double kSpecial[] = {0.0,
                                     -0.0,
                                     1.5,
                                     -2.5,
                                     1e20,
                                     -1e20,
                                     0.25,
                                     3.0,
                                     std::numeric_limits<double>::infinity(),
                                     std::numeric_limits<double>::quiet_NaN()};
      return {type, kSpecial[Below(random, std::size(kSpecial))]};
    }
    default: {
      constexpr std::string_view kTexts[] = {"",
                                             "a",
                                             "ab",
                                             "  7 ",
                                             "12",
                                             "-1.5",
                                             "2024-01-31",
                                             "true",
                                             "a longer text than fits inline",
                                             "2024-02-29 12:34:56.789",
                                             "Grüße",
                                             "yyyy-MM-dd",
                                             "month"};
      return {type, std::string(kTexts[Below(random, std::size(kTexts))])};
    }
  }
}

Vector FlatOf(const Type& type, const std::vector<TypedValue>& values) {
  VectorBuilder builder(type);
  for (const TypedValue& value : values) builder.Append(value);
  return builder.Finish();
}

Vector RandomColumn(const Type& type, int32_t size, Random& random) {
  switch (Below(random, 4)) {
    case 0:
      return Vector::Constant(RandomValue(type, random), size);
    case 1: {
      std::vector<TypedValue> values;
      for (int i = 0; i < 6; ++i) values.push_back(RandomValue(type, random));
      auto dictionary = std::make_shared<const Vector>(FlatOf(type, values));
      auto codes = Buffer::Allocate(size * 4 + 16);
      for (int32_t row = 0; row < size; ++row) {
        reinterpret_cast<uint32_t*>(codes->data())[row] = static_cast<uint32_t>(Below(random, 6));
      }
      BufferPtr validity;
      if (OneIn(random, 2)) {
        validity = Buffer::Allocate(NumWords(size) * 8 + 8);
        auto* bits = reinterpret_cast<uint64_t*>(validity->data());
        SetAll(bits, size);
        for (int32_t row = 0; row < size; ++row) {
          if (OneIn(random, 5)) ClearBit(bits, row);
        }
      }
      return Vector::Dictionary(std::move(codes), std::move(dictionary), size, std::move(validity));
    }
    default: {
      std::vector<TypedValue> values;
      const bool has_nulls = OneIn(random, 2);
      while (static_cast<int32_t>(values.size()) < size) {
        TypedValue value = RandomValue(type, random);
        if (has_nulls || !value.is_null()) values.push_back(std::move(value));
      }
      return FlatOf(type, values);
    }
  }
}

std::string ClassOf(const arrow::Status& status) {
  const ErrorDetail* detail = GetErrorDetail(status);
  return detail == nullptr ? status.ToString() : std::string(detail->error_class().name);
}

void Select(Batch* batch, const std::vector<uint16_t>& rows) {
  auto buffer = Buffer::Allocate(static_cast<int64_t>(rows.size()) * 2 + 16);
  std::copy(rows.begin(), rows.end(), reinterpret_cast<uint16_t*>(buffer->data()));
  batch->SetSelection(std::move(buffer), static_cast<int32_t>(rows.size()));
}

class Case {
 public:
  Case(std::string name, ExpressionPtr expression, std::vector<Type> columns)
      : name_(std::move(name)), expression_(std::move(expression)), columns_(std::move(columns)) {
    for (size_t i = 0; i < columns_.size(); ++i) layout_.ids.push_back(static_cast<ColumnId>(i));
  }

  // False if it does not compile over columns (an argument has to be a literal).
  bool Compile() {
    model_ = Make();
    vectorised_ = Make();
    return model_ != nullptr;
  }

  void Check(int32_t size, Random& random) {
    Batch batch;
    for (const Type& type : columns_) batch.columns().push_back(RandomColumn(type, size, random));
    batch.set_num_rows(size);
    std::vector<uint16_t> rows;
    std::vector<std::string> failures;
    for (int32_t row = 0; row < size; ++row) {
      if (OneIn(random, 4)) continue;
      const auto expected = Model(batch, row);
      if (expected.ok()) {
        rows.push_back(static_cast<uint16_t>(row));
      } else {
        failures.push_back(ClassOf(expected.status()));
      }
      expected_.push_back(expected.ok() ? std::optional(*expected) : std::nullopt);
      active_.push_back(static_cast<uint16_t>(row));
    }
    if (!failures.empty()) {
      // With the rows that fail the batch fails, for one of their reasons.
      Select(&batch, active_);
      Vector ignored;
      const arrow::Status status = vectorised_->Evaluate(batch, &ignored);
      EXPECT_FALSE(status.ok()) << name_;
      EXPECT_NE(std::find(failures.begin(), failures.end(), ClassOf(status)), failures.end())
          << name_ << ": " << status.ToString();
    }
    Select(&batch, rows);
    Compare(batch);
    if (failures.empty() && rows.size() == static_cast<size_t>(size)) {
      batch.ClearSelection();
      Compare(batch);
    }
    active_.clear();
    expected_.clear();
  }

 private:
  std::unique_ptr<Evaluator> Make() const {
    auto evaluator = MakeEvaluator(expression_, layout_, FunctionRegistry::Default(), {});
    return evaluator.ok() ? std::move(*evaluator) : nullptr;
  }

  arrow::Result<TypedValue> Model(const Batch& batch, int32_t row) {
    Batch one;
    for (size_t i = 0; i < columns_.size(); ++i) {
      one.columns().push_back(FlatOf(columns_[i], {batch.column(i).ValueAt(row)}));
    }
    one.set_num_rows(1);
    Vector result;
    ARROW_RETURN_NOT_OK(model_->Evaluate(one, &result));
    return result.ValueAt(0);
  }

  void Compare(const Batch& batch) {
    Vector result;
    const arrow::Status status = vectorised_->Evaluate(batch, &result);
    ASSERT_TRUE(status.ok()) << name_ << ": " << status.ToString();
    ASSERT_EQ(result.size(), batch.num_rows()) << name_;
    for (size_t i = 0; i < active_.size(); ++i) {
      if (!expected_[i]) continue;
      const TypedValue value = result.ValueAt(active_[i]);
      ASSERT_EQ(value, *expected_[i]) << name_ << " row " << active_[i] << ": " << value.ToSql()
                                      << ", alone " << expected_[i]->ToSql();
    }
  }

  std::string name_;
  ExpressionPtr expression_;
  std::vector<Type> columns_;
  Layout layout_;
  std::unique_ptr<Evaluator> model_;
  std::unique_ptr<Evaluator> vectorised_;
  std::vector<uint16_t> active_;
  std::vector<std::optional<TypedValue>> expected_;
};

std::vector<Type> AllTypes() {
  std::vector<Type> types;
  for (const TypeId id : {TypeId::kBoolean, TypeId::kByte, TypeId::kShort, TypeId::kInt,
                          TypeId::kLong, TypeId::kFloat, TypeId::kDouble, TypeId::kString,
                          TypeId::kBinary, TypeId::kDate, TypeId::kTimestamp, TypeId::kTimestampNtz,
                          TypeId::kYearMonthInterval, TypeId::kDayTimeInterval}) {
    types.emplace_back(id);
  }
  for (const auto& [precision, scale] : {std::pair{5, 2}, {18, 4}, {25, 3}, {38, 10}}) {
    types.push_back(Type::Decimal(precision, scale));
  }
  return types;
}

std::vector<std::vector<Type>> ArgumentLists() {
  const std::vector<Type> types = AllTypes();
  const Type boolean(TypeId::kBoolean), integer(TypeId::kInt), text(TypeId::kString);
  std::vector<std::vector<Type>> lists = {{}};
  for (const Type& type : types) {
    lists.push_back({type});
    lists.push_back({boolean, type, type});
    lists.push_back({type, type, type});
    for (const Type& other : types) lists.push_back({type, other});
  }
  lists.push_back({text, integer, integer});
  lists.push_back({text, text, integer});
  lists.push_back({text, integer, text});
  return lists;
}

// Over columns, and with all but the first argument as literals.
void CheckFunction(const std::string& name, const std::vector<Type>& types, Random& random) {
  const std::string shown = [&] {
    std::string text = name + "(";
    for (const Type& type : types) text += type.ToSql() + " ";
    return text + ")";
  }();
  for (const bool with_literals : {false, true}) {
    if (with_literals && types.size() < 2) continue;
    std::vector<ExpressionPtr> arguments;
    std::vector<Type> columns;
    for (size_t i = 0; i < types.size(); ++i) {
      if (with_literals && i > 0) {
        arguments.push_back(MakeLiteral(RandomValue(types[i], random)));
      } else {
        arguments.push_back(MakeColumn(static_cast<ColumnId>(i), "c", types[i], true));
        columns.push_back(types[i]);
      }
    }
    const auto with_constants =
        FunctionRegistry::Default().Resolve(name, types, {}, ConstantsOf(arguments));
    if (!with_constants.ok()) continue;
    Case test(shown, MakeExpression(FunctionCall{name, arguments}, with_constants->result, true),
              columns);
    if (!test.Compile()) continue;
    for (const int32_t size : {1, 7, 40, 90}) test.Check(size, random);
    if (::testing::Test::HasFatalFailure()) return;
  }
}

TEST(EveryFunction, GivesTheSameInEveryEncoding) {
  const EvaluationSettings settings;
  Random random(4711);
  const auto lists = ArgumentLists();
  for (const ScalarFunction& function : FunctionRegistry::Default().scalars()) {
    int num_checked = 0;
    for (const std::vector<Type>& types : lists) {
      const auto resolved = FunctionRegistry::Default().Resolve(function.name, types, settings);
      // With casts it is the same kernel again.
      if (!resolved.ok() || resolved->arguments != types || !resolved->is_deterministic) continue;
      CheckFunction(std::string(function.name), types, random);
      if (HasFatalFailure()) return;
      ++num_checked;
    }
    RecordProperty(std::string(function.name), num_checked);
  }
}

TEST(EveryFunction, TakesFullBatches) {
  Random random(7);
  for (const std::string_view name : {"+", "=", "coalesce", "and", "if"}) {
    std::vector<Type> types(2, Type(name == "and" ? TypeId::kBoolean : TypeId::kDouble));
    if (name == "if") types.insert(types.begin(), Type(TypeId::kBoolean));
    const auto resolved = FunctionRegistry::Default().Resolve(name, types, {});
    ASSERT_TRUE(resolved.ok());
    std::vector<ExpressionPtr> arguments;
    for (size_t i = 0; i < types.size(); ++i) {
      arguments.push_back(MakeColumn(static_cast<ColumnId>(i), "c", types[i], true));
    }
    Case test(std::string(name),
              MakeExpression(FunctionCall{std::string(name), arguments}, resolved->result, true),
              types);
    ASSERT_TRUE(test.Compile());
    test.Check(kVectorSize, random);
  }
}

TEST(EveryCast, GivesTheSameInEveryEncoding) {
  Random random(42);
  for (const Type& from : AllTypes()) {
    for (const Type& to : AllTypes()) {
      for (const bool is_try : {false, true}) {
        if (from == to) continue;
        if (!FunctionRegistry::Default().ResolveCast(from, to, is_try, {}).ok()) continue;
        Case test("CAST " + from.ToSql() + " AS " + to.ToSql(),
                  MakeExpression(CastTo{MakeColumn(0, "c", from, true), is_try}, to, true), {from});
        ASSERT_TRUE(test.Compile());
        for (const int32_t size : {1, 7, 60}) test.Check(size, random);
        if (HasFatalFailure()) return;
      }
    }
  }
}

}  // namespace
}  // namespace sabot
