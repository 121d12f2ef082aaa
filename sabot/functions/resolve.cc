#include "sabot/functions/resolve.h"

#include <algorithm>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "sabot/base/error.h"

namespace sabot {
namespace {

constexpr int kPrecisionMax = 38;
// Fraction digits a product or quotient keeps, if it has them, when it loses digits to fit.
constexpr int kScaleKept = 6;

bool IsAtomic(const Type& type) {
  return type.id() >= TypeId::kBoolean && type.id() <= TypeId::kDayTimeInterval;
}
bool IsInterval(const Type& type) {
  return type.id() >= TypeId::kYearMonthInterval && type.id() <= TypeId::kCalendarInterval;
}

// The decimal that holds all values of both; if there is none, the scale gives way to the integer
// digits.
Type WiderDecimal(const Type& left, const Type& right) {
  const int scale = std::max(left.scale(), right.scale());
  const int whole = std::max(left.precision() - left.scale(), right.precision() - right.scale());
  const int excess = std::max(whole + scale - kPrecisionMax, 0);
  return Type::Decimal(whole + scale - excess, std::max(scale - excess, 0));
}

std::optional<Type> WiderNumber(const Type& left, const Type& right) {
  if (left.is_floating() || right.is_floating()) {
    // An integer or decimal may have more digits than a FLOAT holds.
    const bool both_float = left.id() == TypeId::kFloat && right.id() == TypeId::kFloat;
    return Type(both_float ? TypeId::kFloat : TypeId::kDouble);
  }
  if (left.is_decimal() || right.is_decimal()) {
    return WiderDecimal(DecimalForNumber(left), DecimalForNumber(right));
  }
  return Type(std::max(left.id(), right.id()));
}

std::optional<Type> BesideString(const Type& other) {
  if (other.is_integer()) return Type(TypeId::kLong);
  if (other.is_numeric()) return Type(TypeId::kDouble);
  if (!IsAtomic(other) || IsInterval(other)) return std::nullopt;
  return other;
}

std::optional<Type> CommonNested(const Type& left, const Type& right) {
  const auto lefts = left.fields();
  const auto rights = right.fields();
  if (left.id() != right.id() || lefts.size() != rights.size()) return std::nullopt;
  std::vector<TypeField> fields;
  for (size_t i = 0; i < lefts.size(); ++i) {
    const auto common = LeastCommonType(lefts[i].type, rights[i].type);
    if (!common) return std::nullopt;
    fields.push_back({lefts[i].name, *common, lefts[i].nullable || rights[i].nullable});
  }
  if (left.id() == TypeId::kArray) return Type::Array(fields[0].type, fields[0].nullable);
  if (left.id() == TypeId::kMap) {
    return Type::Map(fields[0].type, fields[1].type, fields[1].nullable);
  }
  return Type::Struct(std::move(fields));
}

}  // namespace

arrow::Status WrongNumArgs(std::string_view function, std::string_view expected, size_t actual) {
  return MakeError("WRONG_NUM_ARGS", {{"functionName", fmt::format("`{}`", function)},
                                      {"expectedNum", std::string(expected)},
                                      {"actualNum", std::to_string(actual)}});
}

arrow::Status ArgumentMismatch(std::string_view function, std::span<const Type> arguments,
                               std::string message) {
  std::string call(function);
  call += "(";
  for (const Type& type : arguments) {
    if (&type != &arguments.front()) call += ", ";
    call += type.ToSql();
  }
  return MakeError("DATATYPE_MISMATCH",
                   {{"sqlExpr", "\"" + call + ")\""}, {"message", std::move(message)}});
}

Type DecimalForNumber(const Type& type) {
  switch (type.id()) {
    case TypeId::kByte:
      return Type::Decimal(3, 0);
    case TypeId::kShort:
      return Type::Decimal(5, 0);
    case TypeId::kInt:
      return Type::Decimal(10, 0);
    case TypeId::kLong:
      return Type::Decimal(20, 0);
    case TypeId::kFloat:
      return Type::Decimal(14, 7);
    case TypeId::kDouble:
      return Type::Decimal(30, 15);
    default:
      return type;
  }
}

Type BoundedDecimal(int precision, int scale) {
  if (precision <= kPrecisionMax) return Type::Decimal(precision, scale);
  const int whole = precision - scale;
  const int kept = std::max(kPrecisionMax - whole, std::min(scale, kScaleKept));
  return Type::Decimal(kPrecisionMax, kept);
}

bool CanCastImplicitly(const Type& from, const Type& to) {
  if (from == to || from.is_null()) return true;
  if (from.is_string()) return IsAtomic(to) && !IsInterval(to);
  if (to.is_string()) return IsAtomic(from) && from.id() != TypeId::kBinary;
  if (from.is_decimal() && to.is_decimal()) {
    return to.scale() >= from.scale() &&
           to.precision() - to.scale() >= from.precision() - from.scale();
  }
  if (from.is_numeric() && to.is_numeric()) {
    if (to.is_floating()) return from.id() != TypeId::kDouble;
    if (to.is_decimal()) {
      return from.is_integer() && CanCastImplicitly(DecimalForNumber(from), to);
    }
    return from.is_integer() && to.is_integer() && from.id() < to.id();
  }
  if (from.id() == TypeId::kDate || from.id() == TypeId::kTimestampNtz) {
    return to.id() == TypeId::kTimestamp ||
           (to.id() == TypeId::kTimestampNtz && from.id() == TypeId::kDate);
  }
  if (from.id() != to.id() || !from.is_nested()) return false;
  return std::ranges::equal(from.fields(), to.fields(), [](const TypeField& a, const TypeField& b) {
    return CanCastImplicitly(a.type, b.type) && (b.nullable || !a.nullable);
  });
}

std::optional<Type> LeastCommonType(const Type& left, const Type& right) {
  if (left == right || right.is_null()) return left;
  if (left.is_null()) return right;
  if (left.is_numeric() && right.is_numeric()) return WiderNumber(left, right);
  if (left.is_string()) return BesideString(right);
  if (right.is_string()) return BesideString(left);
  if (left.is_datetime() && right.is_datetime()) {
    const bool has_zone = left.id() == TypeId::kTimestamp || right.id() == TypeId::kTimestamp;
    return Type(has_zone ? TypeId::kTimestamp : TypeId::kTimestampNtz);
  }
  if (left.is_nested() && right.is_nested()) return CommonNested(left, right);
  return std::nullopt;
}

std::optional<Type> LeastCommonType(std::span<const Type> types) {
  std::optional<Type> common = Type();
  for (const Type& type : types) {
    common = LeastCommonType(*common, type);
    if (!common) break;
  }
  return common;
}

arrow::Result<ResolvedFunction> ChooseOverload(std::string_view function,
                                               std::span<const Type> arguments,
                                               std::span<const ResolvedFunction> overloads) {
  const ResolvedFunction* best = nullptr;
  size_t best_casts = 0;
  std::vector<size_t> arities;
  std::string known;
  for (const ResolvedFunction& overload : overloads) {
    const std::vector<Type>& parameters = overload.arguments;
    arities.push_back(parameters.size());
    if (parameters.size() != arguments.size()) continue;
    if (!known.empty()) known += " or ";
    known += "(";
    size_t casts = 0;
    bool fits = true;
    for (size_t i = 0; i < parameters.size(); ++i) {
      if (i > 0) known += ", ";
      known += parameters[i].ToSql();
      fits = fits && CanCastImplicitly(arguments[i], parameters[i]);
      // A cast between text and something else is the last resort.
      const bool changes_text = parameters[i].is_string() != arguments[i].is_string();
      if (arguments[i] != parameters[i]) casts += changes_text ? 100 : 1;
    }
    known += ")";
    if (fits && (best == nullptr || casts < best_casts)) {
      best = &overload;
      best_casts = casts;
    }
  }
  if (best != nullptr) return *best;
  if (!known.empty()) {
    return ArgumentMismatch(function, arguments, "the function takes " + known);
  }
  std::ranges::sort(arities);
  arities.erase(std::unique(arities.begin(), arities.end()), arities.end());
  return WrongNumArgs(function, fmt::format("{}", fmt::join(arities, " or ")), arguments.size());
}

}  // namespace sabot
