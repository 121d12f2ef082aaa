#include "sabot/functions/registry.h"

#include <set>

#include <gtest/gtest.h>

#include "sabot/base/error.h"
#include "sabot/functions/resolve.h"
#include "sabot/functions/testing/evaluate.h"

namespace sabot {
namespace {

using testing::ClassOf;

const Type kInt(TypeId::kInt), kLong(TypeId::kLong), kFloat(TypeId::kFloat),
    kDouble(TypeId::kDouble), kString(TypeId::kString), kDate(TypeId::kDate),
    kTimestamp(TypeId::kTimestamp), kNtz(TypeId::kTimestampNtz), kBoolean(TypeId::kBoolean), kVoid;

TEST(FunctionRegistry, FindsEveryNameInAnyCase) {
  const FunctionRegistry& registry = FunctionRegistry::Default();
  const auto upper = [](std::string_view name) {
    std::string text(name);
    for (char& c : text) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
    return text;
  };
  for (const ScalarFunction& function : registry.scalars()) {
    EXPECT_EQ(registry.FindScalar(function.name), &function);
    EXPECT_EQ(registry.FindScalar(upper(function.name)), &function);
    for (const std::string_view alias : function.aliases) {
      EXPECT_EQ(registry.FindScalar(alias), &function) << alias;
    }
  }
  for (const AggregateFunction& function : registry.aggregates()) {
    EXPECT_EQ(registry.FindAggregate(upper(function.name)), &function);
  }
}

TEST(FunctionRegistry, FindsNothingElse) {
  const FunctionRegistry& registry = FunctionRegistry::Default();
  for (const std::string_view name : {"", "ab", "absx", "coalesc", "coalescee", "{", "[",
                                      "a name that is longer than any of ours", "@", "`"}) {
    EXPECT_EQ(registry.FindScalar(name), nullptr) << name;
    EXPECT_EQ(registry.FindAggregate(name), nullptr) << name;
  }
  // Only letters have two cases: | and \ differ by the same bit.
  EXPECT_NE(registry.FindScalar("|"), nullptr);
  EXPECT_EQ(registry.FindScalar("\\"), nullptr);
}

TEST(FunctionRegistry, SuggestsTheNearestName) {
  const auto resolved = FunctionRegistry::Default().Resolve("coalesse", {}, {});
  EXPECT_EQ(ClassOf(resolved.status()), "UNRESOLVED_ROUTINE");
  EXPECT_EQ(GetErrorDetail(resolved.status())->hint(), "did you mean `coalesce`?");
}

TEST(FunctionRegistry, DocumentsEveryFunction) {
  std::set<std::string_view> names;
  for (const ScalarFunction& function : FunctionRegistry::Default().scalars()) {
    EXPECT_FALSE(function.doc.signature.empty()) << function.name;
    EXPECT_FALSE(function.doc.summary.empty()) << function.name;
    EXPECT_FALSE(function.doc.example.expression.empty()) << function.name;
    EXPECT_FALSE(function.doc.example.result.empty()) << function.name;
    EXPECT_TRUE(names.insert(function.name).second) << function.name;
  }
}

TEST(LeastCommonType, FollowsAnsiPrecedence) {
  const auto common = [](const Type& a, const Type& b) {
    const auto left = LeastCommonType(a, b);
    EXPECT_EQ(left, LeastCommonType(b, a)) << a.ToSql() << " " << b.ToSql();
    return left ? left->ToSql() : "none";
  };
  EXPECT_EQ(common(kInt, kLong), "BIGINT");
  EXPECT_EQ(common(kInt, kFloat), "DOUBLE");
  EXPECT_EQ(common(kFloat, kFloat), "FLOAT");
  EXPECT_EQ(common(kInt, Type::Decimal(5, 2)), "DECIMAL(12,2)");
  EXPECT_EQ(common(kDouble, Type::Decimal(5, 2)), "DOUBLE");
  EXPECT_EQ(common(Type::Decimal(38, 0), Type::Decimal(38, 10)), "DECIMAL(38,0)");
  EXPECT_EQ(common(kString, kInt), "BIGINT");
  EXPECT_EQ(common(kString, Type::Decimal(5, 2)), "DOUBLE");
  EXPECT_EQ(common(kString, kDate), "DATE");
  EXPECT_EQ(common(kVoid, kDate), "DATE");
  EXPECT_EQ(common(kDate, kNtz), "TIMESTAMP_NTZ");
  EXPECT_EQ(common(kTimestamp, kNtz), "TIMESTAMP");
  EXPECT_EQ(common(kBoolean, kInt), "none");
  EXPECT_EQ(common(Type::Array(kInt), Type::Array(kLong)), "ARRAY<BIGINT>");
}

TEST(CanCastImplicitly, OnlyWidens) {
  EXPECT_TRUE(CanCastImplicitly(kInt, kLong));
  EXPECT_FALSE(CanCastImplicitly(kLong, kInt));
  EXPECT_TRUE(CanCastImplicitly(kLong, kFloat));
  EXPECT_FALSE(CanCastImplicitly(kDouble, kFloat));
  EXPECT_TRUE(CanCastImplicitly(kInt, Type::Decimal(10, 0)));
  EXPECT_FALSE(CanCastImplicitly(kInt, Type::Decimal(9, 0)));
  EXPECT_TRUE(CanCastImplicitly(kString, kInt));
  EXPECT_TRUE(CanCastImplicitly(kInt, kString));
  EXPECT_FALSE(CanCastImplicitly(kBoolean, kInt));
  EXPECT_TRUE(CanCastImplicitly(kDate, kTimestamp));
  EXPECT_FALSE(CanCastImplicitly(kTimestamp, kDate));
}

TEST(ChooseOverload, PrefersFewerCastsAndNumbersOverText) {
  const auto overload = [](std::vector<Type> types) {
    return ResolvedFunction{.arguments = types, .result = types[0]};
  };
  const std::vector<ResolvedFunction> overloads = {overload({kString}), overload({kLong}),
                                                   overload({kLong, kInt})};
  EXPECT_EQ(ChooseOverload("f", {{kInt}}, overloads)->result, kLong);
  EXPECT_EQ(ChooseOverload("f", {{kString}}, overloads)->result, kString);
  EXPECT_EQ(ClassOf(ChooseOverload("f", {{kInt, kInt, kInt}}, overloads).status()),
            "WRONG_NUM_ARGS");
  EXPECT_EQ(ClassOf(ChooseOverload("f", {{kLong, kDouble}}, overloads).status()),
            "DATATYPE_MISMATCH");
}

}  // namespace
}  // namespace sabot
