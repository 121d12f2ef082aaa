#include <algorithm>
#include <string>
#include <unordered_set>

#include "sabot/expression/value_order.h"
#include "sabot/functions/families.h"
#include "sabot/functions/kernels.h"
#include "sabot/functions/resolve.h"
#include "sabot/functions/value_compare.h"

namespace sabot {
namespace {

template <typename T, typename Compare>
arrow::Status CompareKernel(const KernelInput& input, Vector* result) {
  MapBinary<uint8_t, T, T>(input, result, [](const T& left, const T& right) -> uint8_t {
    return Compare()(left, right);
  });
  return arrow::Status::OK();
}

// Lists and structs, value by value. Rows under nulls are left out: their children may not be
// there.
template <typename Compare>
arrow::Status CompareNested(const KernelInput& input, Vector* result) {
  *result = Vector::Flat(input.result_type, input.num_rows, input.pool);
  auto* const out = result->mutable_data<uint8_t>();
  const Vector& left = input.arguments[0];
  const Vector& right = input.arguments[1];
  ForEachRow(input.rows, [&](int32_t row) {
    out[row] = !left.IsNull(row) && !right.IsNull(row) &&
               Compare()(CompareValues(left, row, right, row), 0);
  });
  return arrow::Status::OK();
}

template <typename Compare>
Kernel CompareKernelFor(Kind kind) {
  switch (kind) {
    case Kind::kBool:
      return &CompareKernel<uint8_t, Compare>;
    case Kind::kI8:
      return &CompareKernel<int8_t, Compare>;
    case Kind::kI16:
      return &CompareKernel<int16_t, Compare>;
    case Kind::kI32:
      return &CompareKernel<int32_t, Compare>;
    case Kind::kI64:
      return &CompareKernel<int64_t, Compare>;
    case Kind::kI128:
      return &CompareKernel<Int128, Compare>;
    case Kind::kF32:
      return &CompareKernel<float, Compare>;
    case Kind::kF64:
      return &CompareKernel<double, Compare>;
    case Kind::kView16:
      return &CompareKernel<StringView, Compare>;
    default:
      return &CompareNested<Compare>;
  }
}

// NULL equals NULL, and nothing else does.
template <typename T>
arrow::Status NullSafeEqual(const KernelInput& input, Vector* result) {
  ARROW_RETURN_NOT_OK((CompareKernel<T, IsEqual>(input, result)));
  const ValidityOf left(input.arguments[0]);
  const ValidityOf right(input.arguments[1]);
  if (left.all() && right.all()) return arrow::Status::OK();
  auto* const out = result->mutable_data<uint8_t>();
  ForEachRow(input.rows, [&](int32_t row) {
    out[row] = (left[row] & right[row] & out[row]) | (!left[row] & !right[row]);
  });
  return arrow::Status::OK();
}

arrow::Status NullSafeEqualNested(const KernelInput& input, Vector* result) {
  *result = Vector::Flat(input.result_type, input.num_rows, input.pool);
  auto* const out = result->mutable_data<uint8_t>();
  const Vector& left = input.arguments[0];
  const Vector& right = input.arguments[1];
  ForEachRow(input.rows, [&](int32_t row) {
    const bool left_null = left.IsNull(row);
    const bool right_null = right.IsNull(row);
    out[row] = left_null || right_null ? left_null == right_null
                                       : CompareValues(left, row, right, row) == 0;
  });
  return arrow::Status::OK();
}

Kernel NullSafeKernelFor(Kind kind) {
  switch (kind) {
    case Kind::kBool:
      return &NullSafeEqual<uint8_t>;
    case Kind::kI8:
      return &NullSafeEqual<int8_t>;
    case Kind::kI16:
      return &NullSafeEqual<int16_t>;
    case Kind::kI32:
      return &NullSafeEqual<int32_t>;
    case Kind::kI64:
      return &NullSafeEqual<int64_t>;
    case Kind::kI128:
      return &NullSafeEqual<Int128>;
    case Kind::kF32:
      return &NullSafeEqual<float>;
    case Kind::kF64:
      return &NullSafeEqual<double>;
    case Kind::kView16:
      return &NullSafeEqual<StringView>;
    default:
      return &NullSafeEqualNested;
  }
}

bool Contains(const Type& type, TypeId id) {
  return type.id() == id || std::ranges::any_of(type.fields(), [&](const TypeField& field) {
           return Contains(field.type, id);
         });
}

bool IsComparable(const Type& type) {
  return !Contains(type, TypeId::kMap) && !Contains(type, TypeId::kVariant) &&
         !Contains(type, TypeId::kAny);
}

arrow::Result<Type> CommonOperand(std::string_view name, std::span<const Type> types) {
  const auto common = LeastCommonType(types);
  if (!common) {
    return ArgumentMismatch(name, types, "the arguments have no type in common; cast one of them");
  }
  if (!IsComparable(*common)) {
    return ArgumentMismatch(name, types, "values of " + common->ToSql() + " are not comparable");
  }
  // Two NULLs compare as anything would.
  return common->is_null() ? Type(TypeId::kBoolean) : *common;
}

template <typename Compare>
arrow::Result<ResolvedFunction> ResolveComparison(std::string_view name,
                                                  std::span<const Type> types) {
  if (types.size() != 2) return WrongNumArgs(name, "2", types.size());
  ARROW_ASSIGN_OR_RAISE(const Type common, CommonOperand(name, types));
  constexpr bool kNeedsOrder =
      !std::is_same_v<Compare, IsEqual> && !std::is_same_v<Compare, IsNotEqual>;
  if (kNeedsOrder && Contains(common, TypeId::kCalendarInterval)) {
    return ArgumentMismatch(name, types, "months, days and time together have no order");
  }
  return ResolvedFunction{.arguments = {common, common},
                          .result = Type(TypeId::kBoolean),
                          .kernel = CompareKernelFor<Compare>(common.kind())};
}

arrow::Result<ResolvedFunction> ResolveNullSafe(std::span<const Type> types,
                                                const EvaluationSettings&) {
  if (types.size() != 2) return WrongNumArgs("<=>", "2", types.size());
  ARROW_ASSIGN_OR_RAISE(const Type common, CommonOperand("<=>", types));
  return ResolvedFunction{.arguments = {common, common},
                          .result = Type(TypeId::kBoolean),
                          .kernel = NullSafeKernelFor(common.kind()),
                          .null_rule = NullRule::kOwn,
                          .never_null = true};
}

// x IN (values…).

// The values, where all are literals and their kind can be hashed.
struct InState final : KernelState {
  std::unordered_set<int64_t> numbers;
  std::unordered_set<std::string> texts;
  std::unordered_set<std::string_view> text_views;
  bool has_null = false;
  bool is_hashed = false;
};

bool IsHashed(Kind kind) { return kind <= Kind::kI64 || kind == Kind::kView16; }

arrow::Result<std::shared_ptr<const KernelState>> BindIn(
    std::span<const TypedValue* const> constants, std::span<const Type> types,
    const EvaluationSettings&) {
  auto state = std::make_shared<InState>();
  state->is_hashed = IsHashed(types[0].kind());
  for (const TypedValue* constant : constants.subspan(1)) {
    if (constant == nullptr) state->is_hashed = false;
    if (!state->is_hashed) break;
    if (constant->is_null()) {
      state->has_null = true;
    } else if (const auto* number = std::get_if<int64_t>(&constant->value)) {
      state->numbers.insert(*number);
    } else if (const auto* boolean = std::get_if<bool>(&constant->value)) {
      state->numbers.insert(*boolean);
    } else if (const auto* text = std::get_if<std::string>(&constant->value)) {
      state->texts.insert(*text);
    } else {
      state->is_hashed = false;
    }
  }
  for (const std::string& text : state->texts) state->text_views.insert(text);
  return state;
}

template <typename T>
void FindNumbers(const Operand<T>& values, const InState& state, Rows rows, uint8_t* out) {
  ForEachRow(rows, [&](int32_t row) {
    out[row] = state.numbers.contains(static_cast<int64_t>(values[row]));
  });
}

void FindHashed(const KernelInput& input, const InState& state, uint8_t* out) {
  const Vector& values = input.arguments[0];
  switch (values.kind()) {
    case Kind::kI8:
      return FindNumbers(Operand<int8_t>(values), state, input.rows, out);
    case Kind::kI16:
      return FindNumbers(Operand<int16_t>(values), state, input.rows, out);
    case Kind::kI32:
      return FindNumbers(Operand<int32_t>(values), state, input.rows, out);
    case Kind::kI64:
      return FindNumbers(Operand<int64_t>(values), state, input.rows, out);
    case Kind::kView16: {
      const Operand<StringView> texts(values);
      return ForEachRow(input.rows, [&](int32_t row) {
        out[row] = state.text_views.contains(texts[row].view());
      });
    }
    default:
      return FindNumbers(Operand<uint8_t>(values), state, input.rows, out);
  }
}

// TRUE if a value equals x; else NULL if x or any value is NULL; else FALSE.
arrow::Status In(const KernelInput& input, Vector* result) {
  *result = Vector::Flat(input.result_type, input.num_rows, input.pool);
  auto* const out = result->mutable_data<uint8_t>();
  const auto& state = *static_cast<const InState*>(input.state);
  const Vector& needle = input.arguments[0];
  const bool may_be_null = needle.may_have_nulls() || state.has_null || !state.is_hashed;
  uint64_t* const bits = may_be_null ? result->MutableValidity(input.pool) : nullptr;
  if (state.is_hashed) {
    FindHashed(input, state, out);
    if (!may_be_null) return arrow::Status::OK();
    ForEachRow(input.rows, [&](int32_t row) {
      const bool is_null = needle.IsNull(row);
      if (is_null) out[row] = 0;
      if (is_null || (state.has_null && out[row] == 0)) ClearBit(bits, row);
    });
    return arrow::Status::OK();
  }
  const auto values = input.arguments.subspan(1);
  ForEachRow(input.rows, [&](int32_t row) {
    bool found = false;
    bool unknown = needle.IsNull(row);
    for (size_t i = 0; i < values.size() && !found && !needle.IsNull(row); ++i) {
      if (values[i].IsNull(row)) {
        unknown = true;
      } else {
        found = CompareValues(needle, row, values[i], row) == 0;
      }
    }
    out[row] = found;
    if (unknown && !found) ClearBit(bits, row);
  });
  return arrow::Status::OK();
}

arrow::Result<ResolvedFunction> ResolveIn(std::span<const Type> types, const EvaluationSettings&) {
  if (types.size() < 2) return WrongNumArgs("in", "at least 2", types.size());
  ARROW_ASSIGN_OR_RAISE(const Type common, CommonOperand("in", types));
  return ResolvedFunction{.arguments = std::vector<Type>(types.size(), common),
                          .result = Type(TypeId::kBoolean),
                          .kernel = &In,
                          .bind = &BindIn,
                          .null_rule = NullRule::kOwn};
}

#define SABOT_COMPARISON(Name, sign)                                         \
  arrow::Result<ResolvedFunction> Resolve##Name(std::span<const Type> types, \
                                                const EvaluationSettings&) { \
    return ResolveComparison<Is##Name>(sign, types);                         \
  }
SABOT_COMPARISON(Equal, "=")
SABOT_COMPARISON(NotEqual, "<>")
SABOT_COMPARISON(Less, "<")
SABOT_COMPARISON(LessOrEqual, "<=")
SABOT_COMPARISON(Greater, ">")
SABOT_COMPARISON(GreaterOrEqual, ">=")
#undef SABOT_COMPARISON

const ScalarFunction kFunctions[] = {
    {"=",
     {"left = right -> BOOLEAN", "Are both equal? NaN equals NaN.", {"1 = 1.0", "true"}},
     &ResolveEqual,
     {"=="}},
    {"<>",
     {"left <> right -> BOOLEAN", "Are both different?", {"1 <> 2", "true"}},
     &ResolveNotEqual,
     {"!="}},
    {"<", {"left < right -> BOOLEAN", "Is left less?", {"'a' < 'b'", "true"}}, &ResolveLess},
    {"<=",
     {"left <= right -> BOOLEAN", "Is left less or equal?", {"2 <= 1", "false"}},
     &ResolveLessOrEqual},
    {">",
     {"left > right -> BOOLEAN",
      "Is left greater? NaN is greater than any number.",
      {"double('NaN') > 1.0", "true"}},
     &ResolveGreater},
    {">=",
     {"left >= right -> BOOLEAN", "Is left greater or equal?", {"2 >= NULL", "NULL"}},
     &ResolveGreaterOrEqual},
    {"<=>",
     {"left <=> right -> BOOLEAN",
      "Are both equal, or both NULL? Never NULL.",
      {"NULL <=> NULL", "true"}},
     &ResolveNullSafe},
    {"in",
     {"x IN (values…) -> BOOLEAN",
      "Does x equal one of the values? NULL if it does not, but one of them is NULL.",
      {"2 IN (1, 2, 3)", "true"}},
     &ResolveIn},
};

}  // namespace

std::span<const ScalarFunction> ComparisonFunctions() { return kFunctions; }

}  // namespace sabot
