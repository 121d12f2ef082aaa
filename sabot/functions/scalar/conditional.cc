#include <cmath>
#include <cstring>
#include <type_traits>

#include "sabot/expression/value_order.h"
#include "sabot/functions/families.h"
#include "sabot/functions/kernels.h"
#include "sabot/functions/resolve.h"
#include "sabot/functions/value_compare.h"

namespace sabot {
namespace {

const Type kBoolean(TypeId::kBoolean);

arrow::Result<ResolvedFunction> ResolveBooleans(std::string_view name, std::span<const Type> types,
                                                size_t num_min, Laziness laziness) {
  if (types.size() < num_min) {
    return WrongNumArgs(name, "at least " + std::to_string(num_min), types.size());
  }
  for (const Type& type : types) {
    if (type != kBoolean && !type.is_null() && !type.is_string()) {
      return ArgumentMismatch(name, types, "the arguments have to be BOOLEAN");
    }
  }
  return ResolvedFunction{.arguments = std::vector<Type>(types.size(), kBoolean),
                          .result = kBoolean,
                          .laziness = laziness};
}

arrow::Result<ResolvedFunction> ResolveAnd(std::span<const Type> types, const EvaluationSettings&) {
  return ResolveBooleans("and", types, 2, Laziness::kAnd);
}
arrow::Result<ResolvedFunction> ResolveOr(std::span<const Type> types, const EvaluationSettings&) {
  return ResolveBooleans("or", types, 2, Laziness::kOr);
}

arrow::Status Not(const KernelInput& input, Vector* result) {
  MapUnary<uint8_t, uint8_t>(input, result,
                             [](uint8_t value) -> uint8_t { return value == 0 ? 1 : 0; });
  return arrow::Status::OK();
}
arrow::Result<ResolvedFunction> ResolveNot(std::span<const Type> types, const EvaluationSettings&) {
  return ChooseOverload("not", types,
                        {{{.arguments = {kBoolean}, .result = kBoolean, .kernel = &Not}}});
}

arrow::Status Xor(const KernelInput& input, Vector* result) {
  MapBinary<uint8_t, uint8_t, uint8_t>(input, result, [](uint8_t left, uint8_t right) -> uint8_t {
    return (left != 0) != (right != 0) ? 1 : 0;
  });
  return arrow::Status::OK();
}
arrow::Result<ResolvedFunction> ResolveXor(std::span<const Type> types, const EvaluationSettings&) {
  return ChooseOverload(
      "xor", types, {{{.arguments = {kBoolean, kBoolean}, .result = kBoolean, .kernel = &Xor}}});
}

template <bool kIsNull>
arrow::Status NullTest(const KernelInput& input, Vector* result) {
  *result = Vector::Flat(input.result_type, input.num_rows, input.pool);
  auto* const out = result->mutable_data<uint8_t>();
  const Vector& argument = input.arguments[0];
  if (argument.validity() == nullptr) {
    std::memset(out, kIsNull ? 0 : 1, static_cast<size_t>(input.num_rows));
    return arrow::Status::OK();
  }
  const ValidityOf is_valid(argument);
  ForEachRow(input.rows, [&](int32_t row) { out[row] = is_valid[row] != kIsNull; });
  return arrow::Status::OK();
}
template <bool kIsNull>
arrow::Result<ResolvedFunction> ResolveNullTest(std::span<const Type> types,
                                                const EvaluationSettings&) {
  if (types.size() != 1) return WrongNumArgs(kIsNull ? "isnull" : "isnotnull", "1", types.size());
  return ResolvedFunction{.arguments = {types[0]},
                          .result = kBoolean,
                          .kernel = &NullTest<kIsNull>,
                          .null_rule = NullRule::kOwn,
                          .never_null = true};
}

// isnan(NULL) is FALSE.
template <typename T>
arrow::Status IsNan(const KernelInput& input, Vector* result) {
  MapUnary<uint8_t, T>(input, result, [](T value) -> uint8_t { return std::isnan(value); });
  const ValidityOf is_valid(input.arguments[0]);
  if (is_valid.all()) return arrow::Status::OK();
  auto* const out = result->mutable_data<uint8_t>();
  ForEachRow(input.rows, [&](int32_t row) { out[row] = out[row] & is_valid[row]; });
  return arrow::Status::OK();
}
arrow::Result<ResolvedFunction> ResolveIsNan(std::span<const Type> types,
                                             const EvaluationSettings&) {
  const auto overload = [](TypeId id, Kernel kernel) {
    return ResolvedFunction{.arguments = {Type(id)},
                            .result = kBoolean,
                            .kernel = kernel,
                            .null_rule = NullRule::kOwn,
                            .never_null = true};
  };
  return ChooseOverload(
      "isnan", types,
      {{overload(TypeId::kDouble, &IsNan<double>), overload(TypeId::kFloat, &IsNan<float>)}});
}

// nanvl(x, y): y where x is NaN.
template <typename T>
arrow::Status NanReplaced(const KernelInput& input, Vector* result) {
  MapBinary<T, T, T>(input, result,
                     [](T left, T right) { return std::isnan(left) ? right : left; });
  const ValidityOf left(input.arguments[0]);
  const ValidityOf right(input.arguments[1]);
  if (left.all() && right.all()) return arrow::Status::OK();
  const Operand<T> values(input.arguments[0]);
  uint64_t* const bits = result->MutableValidity(input.pool);
  ForEachRow(input.rows, [&](int32_t row) {
    if (!left[row] || (std::isnan(values[row]) && !right[row])) ClearBit(bits, row);
  });
  return arrow::Status::OK();
}
arrow::Result<ResolvedFunction> ResolveNanvl(std::span<const Type> types,
                                             const EvaluationSettings&) {
  const auto overload = [](TypeId id, Kernel kernel) {
    return ResolvedFunction{.arguments = {Type(id), Type(id)},
                            .result = Type(id),
                            .kernel = kernel,
                            .null_rule = NullRule::kOwn};
  };
  return ChooseOverload("nanvl", types,
                        {{overload(TypeId::kDouble, &NanReplaced<double>),
                          overload(TypeId::kFloat, &NanReplaced<float>)}});
}

arrow::Result<Type> CommonType(std::string_view name, std::span<const Type> types) {
  const auto common = LeastCommonType(types);
  if (!common) {
    return ArgumentMismatch(name, types, "the arguments have no type in common; cast one of them");
  }
  return *common;
}

arrow::Result<ResolvedFunction> ResolveCoalesce(std::span<const Type> types,
                                                const EvaluationSettings&) {
  if (types.empty()) return WrongNumArgs("coalesce", "at least 1", 0);
  ARROW_ASSIGN_OR_RAISE(const Type common, CommonType("coalesce", types));
  return ResolvedFunction{.arguments = std::vector<Type>(types.size(), common),
                          .result = common,
                          .null_rule = NullRule::kOwn,
                          .laziness = Laziness::kCoalesce};
}
arrow::Result<ResolvedFunction> ResolveNvl(std::span<const Type> types,
                                           const EvaluationSettings& settings) {
  if (types.size() != 2) return WrongNumArgs("nvl", "2", types.size());
  return ResolveCoalesce(types, settings);
}

arrow::Result<ResolvedFunction> ResolveIf(std::span<const Type> types, const EvaluationSettings&) {
  if (types.size() != 3) return WrongNumArgs("if", "3", types.size());
  if (!CanCastImplicitly(types[0], kBoolean)) {
    return ArgumentMismatch("if", types, "the condition has to be BOOLEAN");
  }
  ARROW_ASSIGN_OR_RAISE(const Type common, CommonType("if", types.subspan(1)));
  return ResolvedFunction{.arguments = {kBoolean, common, common},
                          .result = common,
                          .null_rule = NullRule::kOwn,
                          .laziness = Laziness::kIf};
}
arrow::Result<ResolvedFunction> ResolveNvl2(std::span<const Type> types,
                                            const EvaluationSettings&) {
  if (types.size() != 3) return WrongNumArgs("nvl2", "3", types.size());
  ARROW_ASSIGN_OR_RAISE(const Type common, CommonType("nvl2", types.subspan(1)));
  return ResolvedFunction{.arguments = {types[0], common, common},
                          .result = common,
                          .null_rule = NullRule::kOwn,
                          .laziness = Laziness::kIfNotNull};
}

arrow::Status NullIf(const KernelInput& input, Vector* result) {
  const Vector& left = input.arguments[0];
  const Vector& right = input.arguments[1];
  *result = left.Flattened(input.rows, input.pool);
  // A bitmap of its own: the argument's is shared.
  result->set_validity(nullptr);
  uint64_t* const bits = result->MutableValidity(input.pool);
  ForEachRow(input.rows, [&](int32_t row) {
    const bool is_null =
        left.IsNull(row) || (!right.IsNull(row) && CompareValues(left, row, right, row) == 0);
    if (is_null) ClearBit(bits, row);
  });
  return arrow::Status::OK();
}
arrow::Result<ResolvedFunction> ResolveNullIf(std::span<const Type> types,
                                              const EvaluationSettings&) {
  if (types.size() != 2) return WrongNumArgs("nullif", "2", types.size());
  ARROW_ASSIGN_OR_RAISE(const Type common, CommonType("nullif", types));
  return ResolvedFunction{.arguments = {common, common},
                          .result = common,
                          .kernel = &NullIf,
                          .null_rule = NullRule::kOwn,
                          .always_nullable = true};
}

// The greatest (least) of the arguments that are not NULL.
template <typename T, bool kIsGreatest>
arrow::Status Extreme(const KernelInput& input, Vector* result) {
  *result = Vector::Flat(input.result_type, input.num_rows, input.pool);
  T* const out = result->mutable_data<T>();
  std::vector<uint8_t> has_value(static_cast<size_t>(input.num_rows), 0);
  for (const Vector& argument : input.arguments) {
    const Operand<T> values(argument);
    const ValidityOf is_valid(argument);
    ForEachRow(input.rows, [&](int32_t row) {
      if (!is_valid[row]) return;
      const T& value = values[row];
      uint8_t& has = has_value[static_cast<size_t>(row)];
      if (has == 0 || (kIsGreatest ? ValueLess(out[row], value) : ValueLess(value, out[row]))) {
        out[row] = value;
      }
      has = 1;
    });
    if constexpr (std::is_same_v<T, StringView>) result->AddHeapsOf(argument);
  }
  uint64_t* bits = nullptr;
  ForEachRow(input.rows, [&](int32_t row) {
    if (has_value[static_cast<size_t>(row)] != 0) return;
    if (bits == nullptr) bits = result->MutableValidity(input.pool);
    out[row] = T();
    ClearBit(bits, row);
  });
  return arrow::Status::OK();
}

template <bool kIsGreatest>
Kernel ExtremeKernel(Kind kind) {
  switch (kind) {
    case Kind::kBool:
      return &Extreme<uint8_t, kIsGreatest>;
    case Kind::kI8:
      return &Extreme<int8_t, kIsGreatest>;
    case Kind::kI16:
      return &Extreme<int16_t, kIsGreatest>;
    case Kind::kI32:
      return &Extreme<int32_t, kIsGreatest>;
    case Kind::kI64:
      return &Extreme<int64_t, kIsGreatest>;
    case Kind::kI128:
      return &Extreme<Int128, kIsGreatest>;
    case Kind::kF32:
      return &Extreme<float, kIsGreatest>;
    case Kind::kF64:
      return &Extreme<double, kIsGreatest>;
    case Kind::kView16:
      return &Extreme<StringView, kIsGreatest>;
    default:
      return nullptr;
  }
}

template <bool kIsGreatest>
arrow::Result<ResolvedFunction> ResolveExtreme(std::span<const Type> types,
                                               const EvaluationSettings&) {
  constexpr std::string_view kName = kIsGreatest ? "greatest" : "least";
  if (types.size() < 2) return WrongNumArgs(kName, "at least 2", types.size());
  ARROW_ASSIGN_OR_RAISE(const Type common, CommonType(kName, types));
  const Kernel kernel = ExtremeKernel<kIsGreatest>(common.kind());
  if (kernel == nullptr) {
    return ArgumentMismatch(kName, types, "values of " + common.ToSql() + " are not ordered here");
  }
  return ResolvedFunction{.arguments = std::vector<Type>(types.size(), common),
                          .result = common,
                          .kernel = kernel,
                          .null_rule = NullRule::kOwn};
}

const ScalarFunction kFunctions[] = {
    {"and",
     {"left AND right -> BOOLEAN",
      "TRUE if both are; FALSE if one is FALSE, whatever the other; else NULL. The right side is "
      "not evaluated where the left is FALSE.",
      {"false AND NULL", "false"}},
     &ResolveAnd},
    {"or",
     {"left OR right -> BOOLEAN",
      "TRUE if one is, whatever the other; FALSE if both are FALSE; else NULL. The right side is "
      "not evaluated where the left is TRUE.",
      {"true OR NULL", "true"}},
     &ResolveOr},
    {"not", {"NOT x -> BOOLEAN", "TRUE if x is FALSE.", {"NOT true", "false"}}, &ResolveNot, {"!"}},
    {"xor",
     {"xor(left, right) -> BOOLEAN", "Is exactly one of them TRUE?", {"xor(true, false)", "true"}},
     &ResolveXor},
    {"isnull",
     {"isnull(x) -> BOOLEAN", "Is x NULL? As x IS NULL.", {"isnull(1)", "false"}},
     &ResolveNullTest<true>},
    {"isnotnull",
     {"isnotnull(x) -> BOOLEAN", "Is x not NULL? As x IS NOT NULL.", {"isnotnull(1)", "true"}},
     &ResolveNullTest<false>},
    {"isnan",
     {"isnan(x DOUBLE) -> BOOLEAN", "Is x NaN? FALSE of NULL.", {"isnan(double('NaN'))", "true"}},
     &ResolveIsNan},
    {"nanvl",
     {"nanvl(x DOUBLE, y DOUBLE) -> DOUBLE",
      "x, or y where x is NaN.",
      {"nanvl(double('NaN'), 123.0D)", "123.0"}},
     &ResolveNanvl},
    {"coalesce",
     {"coalesce(values…) -> the common type",
      "The first value that is not NULL; those after it are not evaluated.",
      {"coalesce(NULL, 1, 2)", "1"}},
     &ResolveCoalesce},
    {"nvl",
     {"nvl(x, y) -> the common type", "x, or y where x is NULL.", {"nvl(NULL, 2)", "2"}},
     &ResolveNvl,
     {"ifnull"}},
    {"nvl2",
     {"nvl2(x, y, z) -> the common type of y and z",
      "y where x is not NULL, else z.",
      {"nvl2(NULL, 2, 1)", "1"}},
     &ResolveNvl2},
    {"if",
     {"if(condition, y, z) -> the common type of y and z",
      "y where the condition is TRUE, else z; only that one is evaluated.",
      {"if(1 < 2, 'a', 'b')", "a"}},
     &ResolveIf},
    {"nullif",
     {"nullif(x, y) -> the common type",
      "NULL where x equals y, else x.",
      {"nullif(2, 2)", "NULL"}},
     &ResolveNullIf},
    {"greatest",
     {"greatest(values…) -> the common type",
      "The greatest value that is not NULL.",
      {"greatest(10, 9, NULL, 3)", "10"}},
     &ResolveExtreme<true>},
    {"least",
     {"least(values…) -> the common type",
      "The least value that is not NULL.",
      {"least(10, 9, NULL, 3)", "3"}},
     &ResolveExtreme<false>},
};

}  // namespace

std::span<const ScalarFunction> ConditionalFunctions() { return kFunctions; }

}  // namespace sabot
