#include "sabot/functions/scalar/arithmetic.h"

#include <cmath>
#include <limits>
#include <type_traits>

#include "sabot/base/error.h"
#include "sabot/functions/families.h"
#include "sabot/functions/resolve.h"

namespace sabot {
namespace {

template <typename T>
constexpr std::string_view TypeName() {
  constexpr std::string_view kNames[] = {"byte", "short", "", "integer", "", "", "", "long"};
  return kNames[sizeof(T) - 1];
}

// Each operation: Compute returns false where the value is out of range or the divisor is 0; *out
// is then the wrapped value.
struct AddOperation {
  static constexpr std::string_view kAlternative = "add";
  template <typename T>
  static bool Compute(T left, T right, T* out) {
    if constexpr (std::is_floating_point_v<T>) {
      *out = left + right;
      return true;
    } else {
      return !__builtin_add_overflow(left, right, out);
    }
  }
};
struct SubtractOperation {
  static constexpr std::string_view kAlternative = "subtract";
  template <typename T>
  static bool Compute(T left, T right, T* out) {
    if constexpr (std::is_floating_point_v<T>) {
      *out = left - right;
      return true;
    } else {
      return !__builtin_sub_overflow(left, right, out);
    }
  }
};
struct MultiplyOperation {
  static constexpr std::string_view kAlternative = "multiply";
  template <typename T>
  static bool Compute(T left, T right, T* out) {
    if constexpr (std::is_floating_point_v<T>) {
      *out = left * right;
      return true;
    } else {
      return !__builtin_mul_overflow(left, right, out);
    }
  }
};
struct DivideOperation {
  static constexpr std::string_view kAlternative = "divide";
  static bool Compute(double left, double right, double* out) {
    *out = left / right;
    return right != 0;
  }
};
struct WholeQuotientOperation {
  static constexpr std::string_view kAlternative = "divide";
  static bool Compute(int64_t left, int64_t right, int64_t* out) {
    *out = 0;
    if (right == 0 || (right == -1 && left == INT64_MIN)) return false;
    *out = left / right;
    return true;
  }
};
template <typename T>
T RemainderOf(T left, T right) {
  if constexpr (std::is_floating_point_v<T>) {
    return std::fmod(left, right);
  } else {
    // The smallest integer divided by -1 would trap.
    return right == -1 ? T{0} : static_cast<T>(left % right);
  }
}
struct RemainderOperation {
  static constexpr std::string_view kAlternative = "mod";
  template <typename T>
  static bool Compute(T left, T right, T* out) {
    *out = right == 0 ? T{0} : RemainderOf(left, right);
    return right != 0;
  }
};
struct PositiveModuloOperation {
  static constexpr std::string_view kAlternative = "mod";
  template <typename T>
  static bool Compute(T left, T right, T* out) {
    *out = 0;
    if (right == 0) return false;
    T remainder = RemainderOf(left, right);
    if (remainder < 0) {
      // In the type's own width, wrapping, as Spark computes it.
      T sum;
      if constexpr (std::is_floating_point_v<T>) {
        sum = remainder + right;
      } else {
        static_cast<void>(__builtin_add_overflow(remainder, right, &sum));
      }
      remainder = RemainderOf(sum, right);
    }
    *out = remainder;
    return true;
  }
};

template <typename Operation, typename T, Failure kFailure>
arrow::Status BinaryKernel(const KernelInput& input, Vector* result) {
  const auto compute = [](T left, T right, T* out) { return Operation::Compute(left, right, out); };
  if constexpr (kFailure == Failure::kWrap) {
    MapBinary<T, T, T>(input, result, [&](T left, T right) {
      T value;
      static_cast<void>(compute(left, right, &value));
      return value;
    });
    return arrow::Status::OK();
  } else {
    constexpr OnFailure kOnFailure =
        kFailure == Failure::kError ? OnFailure::kError : OnFailure::kNull;
    return TryMapBinary<kOnFailure, T, T, T>(input, result, compute, [](T /*left*/, T right) {
      constexpr bool kDivides = !std::is_same_v<Operation, AddOperation> &&
                                !std::is_same_v<Operation, SubtractOperation> &&
                                !std::is_same_v<Operation, MultiplyOperation>;
      constexpr bool kIsRemainder = std::is_same_v<Operation, RemainderOperation> ||
                                    std::is_same_v<Operation, PositiveModuloOperation>;
      if (kIsRemainder && right == 0) return RemainderByZeroError();
      if (kDivides && right == 0) return DivideByZeroError();
      return OverflowError(TypeName<T>(), Operation::kAlternative);
    });
  }
}

template <typename Operation, typename T>
Kernel KernelFor(Failure failure) {
  if (failure == Failure::kError) return &BinaryKernel<Operation, T, Failure::kError>;
  if (failure == Failure::kNull) return &BinaryKernel<Operation, T, Failure::kNull>;
  return &BinaryKernel<Operation, T, Failure::kWrap>;
}

// Over all numbers but decimals; T by the kind of both.
template <typename Operation>
Kernel KernelForKind(Kind kind, Failure failure) {
  switch (kind) {
    case Kind::kI8:
      return KernelFor<Operation, int8_t>(failure);
    case Kind::kI16:
      return KernelFor<Operation, int16_t>(failure);
    case Kind::kI32:
      return KernelFor<Operation, int32_t>(failure);
    case Kind::kI64:
      return KernelFor<Operation, int64_t>(failure);
    case Kind::kF32:
      return KernelFor<Operation, float>(failure);
    default:
      return KernelFor<Operation, double>(failure);
  }
}

Kernel NumberKernel(Arithmetic operation, Kind kind, Failure failure) {
  switch (operation) {
    case Arithmetic::kAdd:
      return KernelForKind<AddOperation>(kind, failure);
    case Arithmetic::kSubtract:
      return KernelForKind<SubtractOperation>(kind, failure);
    case Arithmetic::kMultiply:
      return KernelForKind<MultiplyOperation>(kind, failure);
    case Arithmetic::kDivide:
      return KernelFor<DivideOperation, double>(failure);
    case Arithmetic::kWholeQuotient:
      return KernelFor<WholeQuotientOperation, int64_t>(failure);
    case Arithmetic::kRemainder:
      return KernelForKind<RemainderOperation>(kind, failure);
    default:
      return KernelForKind<PositiveModuloOperation>(kind, failure);
  }
}

// The type both sides are computed in, if they are numbers (or text beside one).
std::optional<Type> OperandType(Arithmetic operation, const Type& left, const Type& right) {
  if (left.is_null() && right.is_null()) return Type(TypeId::kDouble);
  std::optional<Type> common = LeastCommonType(left, right);
  if (!common || !common->is_numeric()) return std::nullopt;
  if (common->is_decimal()) return common;
  if (operation == Arithmetic::kDivide) return Type(TypeId::kDouble);
  if (operation == Arithmetic::kWholeQuotient) {
    return common->is_integer() ? std::optional(Type(TypeId::kLong)) : std::nullopt;
  }
  return common;
}

arrow::Result<ResolvedFunction> ResolveBinary(std::string_view name, Arithmetic operation,
                                              std::span<const Type> types, bool is_try,
                                              const EvaluationSettings& settings) {
  if (types.size() != 2) return WrongNumArgs(name, "2", types.size());
  const bool divides = operation >= Arithmetic::kDivide;
  const Failure failure = is_try          ? Failure::kNull
                          : settings.ansi ? Failure::kError
                          : divides       ? Failure::kNull
                                          : Failure::kWrap;
  if (auto function = ResolveTimeArithmetic(operation, types[0], types[1], failure)) {
    return *function;
  }
  const auto operand = OperandType(operation, types[0], types[1]);
  if (!operand) {
    return ArgumentMismatch(name, types,
                            "both sides have to be numbers, or a time and an interval");
  }
  if (operand->is_decimal()) {
    // Each side with its own digits; a side that is NULL takes the other's.
    const auto side = [&](const Type& type) {
      return type.is_numeric() ? DecimalForNumber(type) : *operand;
    };
    return ResolveDecimalArithmetic(operation, side(types[0]), side(types[1]),
                                    failure == Failure::kError ? failure : Failure::kNull);
  }
  const bool may_fail = divides || operand->is_integer();
  return ResolvedFunction{
      .arguments = {*operand, *operand},
      .result = *operand,
      .kernel = NumberKernel(operation, operand->kind(), may_fail ? failure : Failure::kWrap),
      .can_throw = may_fail && failure == Failure::kError,
      .always_nullable = may_fail && failure == Failure::kNull};
}

// Unary ones.

template <typename T>
arrow::Status Negative(const KernelInput& input, Vector* result) {
  return TryMapUnary<OnFailure::kError, T, T>(
      input, result,
      [](T value, T* out) {
        if constexpr (std::is_floating_point_v<T> || sizeof(T) == 16) {
          *out = -value;
          return true;
        } else {
          return !__builtin_sub_overflow(T{0}, value, out);
        }
      },
      [](T) {
        if constexpr (std::is_integral_v<T>) return OverflowError(TypeName<T>(), "");
        return InternalError("negation failed");
      });
}

template <typename T>
arrow::Status Absolute(const KernelInput& input, Vector* result) {
  return TryMapUnary<OnFailure::kError, T, T>(
      input, result,
      [](T value, T* out) {
        if constexpr (std::is_floating_point_v<T>) {
          *out = std::abs(value);
          return true;
        } else if constexpr (sizeof(T) == 16) {
          *out = value < 0 ? -value : value;
          return true;
        } else {
          const bool fits = value != std::numeric_limits<T>::min();
          *out = value < 0 && fits ? static_cast<T>(-value) : value;
          return fits;
        }
      },
      [](T) {
        if constexpr (std::is_integral_v<T>) return OverflowError(TypeName<T>(), "");
        return InternalError("abs failed");
      });
}

arrow::Status Same(const KernelInput& input, Vector* result) {
  *result = input.arguments[0];
  return arrow::Status::OK();
}

template <template <typename> typename KernelOf>
Kernel UnaryKernel(Kind kind) {
  switch (kind) {
    case Kind::kI8:
      return &KernelOf<int8_t>::Run;
    case Kind::kI16:
      return &KernelOf<int16_t>::Run;
    case Kind::kI32:
      return &KernelOf<int32_t>::Run;
    case Kind::kI64:
      return &KernelOf<int64_t>::Run;
    case Kind::kI128:
      return &KernelOf<Int128>::Run;
    case Kind::kF32:
      return &KernelOf<float>::Run;
    default:
      return &KernelOf<double>::Run;
  }
}
template <typename T>
struct NegativeKernel {
  static arrow::Status Run(const KernelInput& input, Vector* result) {
    return Negative<T>(input, result);
  }
};
template <typename T>
struct AbsoluteKernel {
  static arrow::Status Run(const KernelInput& input, Vector* result) {
    return Absolute<T>(input, result);
  }
};

arrow::Result<Type> UnaryOperand(std::string_view name, std::span<const Type> types) {
  if (types.size() != 1) return WrongNumArgs(name, "1", types.size());
  const Type& type = types[0];
  const bool is_interval =
      type.id() == TypeId::kYearMonthInterval || type.id() == TypeId::kDayTimeInterval;
  if (type.is_null() || type.is_string()) return Type(TypeId::kDouble);
  if (type.is_numeric() || is_interval) return type;
  return ArgumentMismatch(name, types, "the argument has to be a number or an interval");
}

template <template <typename> typename KernelOf>
arrow::Result<ResolvedFunction> ResolveUnary(std::string_view name, std::span<const Type> types) {
  ARROW_ASSIGN_OR_RAISE(const Type type, UnaryOperand(name, types));
  return ResolvedFunction{.arguments = {type},
                          .result = type,
                          .kernel = UnaryKernel<KernelOf>(type.kind()),
                          .can_throw = !type.is_floating()};
}

arrow::Result<ResolvedFunction> ResolveNegative(std::span<const Type> types,
                                                const EvaluationSettings&) {
  return ResolveUnary<NegativeKernel>("negative", types);
}
arrow::Result<ResolvedFunction> ResolveAbs(std::span<const Type> types, const EvaluationSettings&) {
  return ResolveUnary<AbsoluteKernel>("abs", types);
}
arrow::Result<ResolvedFunction> ResolvePositive(std::span<const Type> types,
                                                const EvaluationSettings&) {
  ARROW_ASSIGN_OR_RAISE(const Type type, UnaryOperand("positive", types));
  return ResolvedFunction{.arguments = {type}, .result = type, .kernel = &Same};
}

template <Arithmetic kOperation, bool kIsTry = false>
arrow::Result<ResolvedFunction> Resolve(std::span<const Type> types,
                                        const EvaluationSettings& settings) {
  constexpr std::string_view kNames[] = {"+", "-", "*", "/", "div", "%", "pmod"};
  constexpr std::string_view kTryNames[] = {"try_add", "try_subtract", "try_multiply", "try_divide",
                                            "",        "try_mod"};
  const auto index = static_cast<size_t>(kOperation);
  return ResolveBinary(kIsTry ? kTryNames[index] : kNames[index], kOperation, types, kIsTry,
                       settings);
}

const ScalarFunction kFunctions[] = {
    {"+",
     {"left + right -> the wider type", "The sum.", {"1 + 2", "3"}},
     &Resolve<Arithmetic::kAdd>},
    {"-",
     {"left - right -> the wider type", "The difference.", {"5 - 7", "-2"}},
     &Resolve<Arithmetic::kSubtract>},
    {"*",
     {"left * right -> the wider type", "The product.", {"6 * 7", "42"}},
     &Resolve<Arithmetic::kMultiply>},
    {"/",
     {"left / right -> DOUBLE or DECIMAL", "The quotient, never of integers.", {"7 / 2", "3.5"}},
     &Resolve<Arithmetic::kDivide>},
    {"div",
     {"left div right -> BIGINT", "The whole part of the quotient.", {"7 div 2", "3"}},
     &Resolve<Arithmetic::kWholeQuotient>},
    {"%",
     {"left % right -> the wider type", "The remainder, with the sign of left.", {"-7 % 3", "-1"}},
     &Resolve<Arithmetic::kRemainder>,
     {"mod"}},
    {"pmod",
     {"pmod(left, right) -> the wider type",
      "The remainder, positive for a positive right.",
      {"pmod(-7, 3)", "2"}},
     &Resolve<Arithmetic::kPositiveModulo>},
    {"negative",
     {"negative(x) -> its type", "The negated value, as -x.", {"negative(3)", "-3"}},
     &ResolveNegative},
    {"positive",
     {"positive(x) -> its type", "The value itself, as +x.", {"positive(3)", "3"}},
     &ResolvePositive},
    {"abs", {"abs(x) -> its type", "The value without its sign.", {"abs(-3)", "3"}}, &ResolveAbs},
    {"try_add",
     {"try_add(left, right) -> the wider type",
      "The sum, or NULL where it overflows.",
      {"try_add(2147483647, 1)", "NULL"}},
     &Resolve<Arithmetic::kAdd, true>},
    {"try_subtract",
     {"try_subtract(left, right) -> the wider type",
      "The difference, or NULL where it overflows.",
      {"try_subtract(-2147483647, 2)", "NULL"}},
     &Resolve<Arithmetic::kSubtract, true>},
    {"try_multiply",
     {"try_multiply(left, right) -> the wider type",
      "The product, or NULL where it overflows.",
      {"try_multiply(2147483647, 2)", "NULL"}},
     &Resolve<Arithmetic::kMultiply, true>},
    {"try_divide",
     {"try_divide(left, right) -> DOUBLE or DECIMAL",
      "The quotient, or NULL where right is 0.",
      {"try_divide(1, 0)", "NULL"}},
     &Resolve<Arithmetic::kDivide, true>},
    {"try_mod",
     {"try_mod(left, right) -> the wider type",
      "The remainder, or NULL where right is 0.",
      {"try_mod(1, 0)", "NULL"}},
     &Resolve<Arithmetic::kRemainder, true>},
};

}  // namespace

arrow::Status OverflowError(std::string_view type, std::string_view alternative) {
  return MakeError("ARITHMETIC_OVERFLOW", {{"message", std::string(type) + " overflow"},
                                           {"alternative", std::string(alternative)}});
}
arrow::Status DivideByZeroError() { return MakeError("DIVIDE_BY_ZERO"); }
arrow::Status RemainderByZeroError() { return MakeError("REMAINDER_BY_ZERO"); }

std::span<const ScalarFunction> ArithmeticFunctions() { return kFunctions; }

}  // namespace sabot
