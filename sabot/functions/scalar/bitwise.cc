#include <bit>
#include <functional>
#include <type_traits>

#include "sabot/functions/families.h"
#include "sabot/functions/kernels.h"
#include "sabot/functions/resolve.h"

namespace sabot {
namespace {

const Type kInt(TypeId::kInt);
const Type kLong(TypeId::kLong);

template <typename T, typename Operation>
arrow::Status BinaryKernel(const KernelInput& input, Vector* result) {
  MapBinary<T, T, T>(input, result,
                     [](T left, T right) { return static_cast<T>(Operation()(left, right)); });
  return arrow::Status::OK();
}
template <typename T>
arrow::Status NotKernel(const KernelInput& input, Vector* result) {
  MapUnary<T, T>(input, result, [](T value) { return static_cast<T>(~value); });
  return arrow::Status::OK();
}
// Of the value as 64 bits, so negative ones count their sign's; TRUE is 1.
template <typename T>
arrow::Status CountKernel(const KernelInput& input, Vector* result) {
  MapUnary<int32_t, T>(input, result, [](T value) {
    if constexpr (std::is_unsigned_v<T>)
      return value != 0 ? 1 : 0;
    else
      return std::popcount(static_cast<uint64_t>(int64_t{value}));
  });
  return arrow::Status::OK();
}

template <template <typename> typename KernelOf>
Kernel ForInteger(Kind kind) {
  switch (kind) {
    case Kind::kI8:
      return KernelOf<int8_t>::kKernel;
    case Kind::kI16:
      return KernelOf<int16_t>::kKernel;
    case Kind::kI32:
      return KernelOf<int32_t>::kKernel;
    default:
      return KernelOf<int64_t>::kKernel;
  }
}
template <typename T>
struct AndOf {
  static constexpr Kernel kKernel = &BinaryKernel<T, std::bit_and<>>;
};
template <typename T>
struct OrOf {
  static constexpr Kernel kKernel = &BinaryKernel<T, std::bit_or<>>;
};
template <typename T>
struct XorOf {
  static constexpr Kernel kKernel = &BinaryKernel<T, std::bit_xor<>>;
};
template <typename T>
struct NotOf {
  static constexpr Kernel kKernel = &NotKernel<T>;
};
template <typename T>
struct CountOf {
  static constexpr Kernel kKernel = &CountKernel<T>;
};

template <template <typename> typename KernelOf>
arrow::Result<ResolvedFunction> ResolveBinary(std::string_view name, std::span<const Type> types) {
  if (types.size() != 2) return WrongNumArgs(name, "2", types.size());
  auto common = LeastCommonType(types[0], types[1]);
  if (common && common->is_null()) common = kInt;
  if (!common || !common->is_integer()) {
    return ArgumentMismatch(name, types, "both sides have to be integers");
  }
  return ResolvedFunction{.arguments = {*common, *common},
                          .result = *common,
                          .kernel = ForInteger<KernelOf>(common->kind())};
}
arrow::Result<ResolvedFunction> ResolveAnd(std::span<const Type> types, const EvaluationSettings&) {
  return ResolveBinary<AndOf>("&", types);
}
arrow::Result<ResolvedFunction> ResolveOr(std::span<const Type> types, const EvaluationSettings&) {
  return ResolveBinary<OrOf>("|", types);
}
arrow::Result<ResolvedFunction> ResolveXor(std::span<const Type> types, const EvaluationSettings&) {
  return ResolveBinary<XorOf>("^", types);
}

arrow::Result<Type> IntegerOperand(std::string_view name, std::span<const Type> types) {
  if (types.size() != 1) return WrongNumArgs(name, "1", types.size());
  if (types[0].is_null()) return kInt;
  if (types[0].is_string()) return kLong;
  if (!types[0].is_integer()) {
    return ArgumentMismatch(name, types, "the argument has to be an integer");
  }
  return types[0];
}
arrow::Result<ResolvedFunction> ResolveNot(std::span<const Type> types, const EvaluationSettings&) {
  ARROW_ASSIGN_OR_RAISE(const Type type, IntegerOperand("~", types));
  return ResolvedFunction{
      .arguments = {type}, .result = type, .kernel = ForInteger<NotOf>(type.kind())};
}
arrow::Result<ResolvedFunction> ResolveCount(std::span<const Type> types,
                                             const EvaluationSettings&) {
  if (types.size() == 1 && types[0].id() == TypeId::kBoolean) {
    return ResolvedFunction{
        .arguments = {types[0]}, .result = kInt, .kernel = &CountKernel<uint8_t>};
  }
  ARROW_ASSIGN_OR_RAISE(const Type type, IntegerOperand("bit_count", types));
  return ResolvedFunction{
      .arguments = {type}, .result = kInt, .kernel = ForInteger<CountOf>(type.kind())};
}

// The distance counts modulo the width, as in Java.
enum class Shift : uint8_t { kLeft, kRight, kRightUnsigned };

template <typename T, Shift kShift>
arrow::Status ShiftKernel(const KernelInput& input, Vector* result) {
  MapBinary<T, T, int32_t>(input, result, [](T value, int32_t distance) {
    using Unsigned = std::make_unsigned_t<T>;
    const int by = distance & (static_cast<int>(sizeof(T)) * 8 - 1);
    if constexpr (kShift == Shift::kLeft) return static_cast<T>(static_cast<Unsigned>(value) << by);
    if constexpr (kShift == Shift::kRight) return static_cast<T>(value >> by);
    return static_cast<T>(static_cast<Unsigned>(value) >> by);
  });
  return arrow::Status::OK();
}
template <Shift kShift>
arrow::Result<ResolvedFunction> ResolveShift(std::span<const Type> types,
                                             const EvaluationSettings&) {
  constexpr std::string_view kNames[] = {"shiftleft", "shiftright", "shiftrightunsigned"};
  return ChooseOverload(
      kNames[static_cast<size_t>(kShift)], types,
      {{{.arguments = {kInt, kInt}, .result = kInt, .kernel = &ShiftKernel<int32_t, kShift>},
        {.arguments = {kLong, kInt}, .result = kLong, .kernel = &ShiftKernel<int64_t, kShift>}}});
}

const ScalarFunction kFunctions[] = {
    {"&", {"left & right -> the wider type", "Bits set in both.", {"3 & 5", "1"}}, &ResolveAnd},
    {"|",
     {"left | right -> the wider type", "Bits set in one or both.", {"3 | 5", "7"}},
     &ResolveOr},
    {"^",
     {"left ^ right -> the wider type", "Bits set in exactly one.", {"3 ^ 5", "6"}},
     &ResolveXor},
    {"~", {"~x -> its type", "Every bit flipped.", {"~0", "-1"}}, &ResolveNot},
    {"shiftleft",
     {"shiftleft(x, distance INT) -> INT or BIGINT", "Bits moved up.", {"shiftleft(2, 1)", "4"}},
     &ResolveShift<Shift::kLeft>,
     {"<<"}},
    {"shiftright",
     {"shiftright(x, distance INT) -> INT or BIGINT",
      "Bits moved down, the sign kept.",
      {"shiftright(-4, 1)", "-2"}},
     &ResolveShift<Shift::kRight>,
     {">>"}},
    {"shiftrightunsigned",
     {"shiftrightunsigned(x, distance INT) -> INT or BIGINT",
      "Bits moved down, zeros filled in.",
      {"shiftrightunsigned(-1, 31)", "1"}},
     &ResolveShift<Shift::kRightUnsigned>,
     {">>>"}},
    {"bit_count",
     {"bit_count(x) -> INT", "How many bits of x are set.", {"bit_count(7)", "3"}},
     &ResolveCount},
};

}  // namespace

std::span<const ScalarFunction> BitwiseFunctions() { return kFunctions; }

}  // namespace sabot
