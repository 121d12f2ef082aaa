#include "sabot/functions/scalar/cast.h"

#include <algorithm>

#include "sabot/base/error.h"
#include "sabot/functions/families.h"

namespace sabot {
namespace {

std::string Quoted(const Type& type) { return "\"" + type.ToSql() + "\""; }

// The values of both are held alike and mean the same.
bool KeepsValues(const Type& from, const Type& to) {
  if (from == to || from.is_null()) return true;
  const auto is_bytes = [](const Type& type) {
    return type.is_string() || type.id() == TypeId::kBinary;
  };
  if (from.is_string() && is_bytes(to)) return true;
  if (from.id() != to.id() || !from.is_nested()) return false;
  return std::ranges::equal(from.fields(), to.fields(), [](const TypeField& a, const TypeField& b) {
    return KeepsValues(a.type, b.type) && !a.type.is_null();
  });
}

bool IsNumberOrBoolean(const Type& type) {
  return type.is_numeric() || type.id() == TypeId::kBoolean;
}

CastKernel FindCast(const Type& from, const Type& to, OnFailure on_failure,
                    const EvaluationSettings& settings) {
  if (to.is_string()) return PrintCast(from);
  if (from.is_string()) return ParseCast(to, on_failure);
  if (IsNumberOrBoolean(from) && IsNumberOrBoolean(to)) return NumberCast(from, to, on_failure);
  if (from.is_nested() && to.is_nested()) return NestedCast(from, to, on_failure, settings);
  return TimeCast(from, to, on_failure);
}

}  // namespace

arrow::Status CastOverflow(const TypedValue& value, const Type& to) {
  if (to.is_decimal()) {
    return MakeError("NUMERIC_VALUE_OUT_OF_RANGE", {{"value", value.ToText()},
                                                    {"precision", std::to_string(to.precision())},
                                                    {"scale", std::to_string(to.scale())}});
  }
  return MakeError(
      "CAST_OVERFLOW",
      {{"value", value.ToSql()}, {"sourceType", Quoted(value.type)}, {"targetType", Quoted(to)}});
}

arrow::Status CastInvalidInput(std::string_view text, const Type& to) {
  return MakeError("CAST_INVALID_INPUT",
                   {{"expression", TypedValue::String(std::string(text)).ToSql()},
                    {"sourceType", "\"STRING\""},
                    {"targetType", Quoted(to)}});
}

arrow::Result<ResolvedFunction> ResolveCastKernel(const Type& from, const Type& to, bool is_try,
                                                  const EvaluationSettings& settings) {
  ResolvedFunction function{.arguments = {from}, .result = to};
  if (KeepsValues(from, to)) return function;
  const OnFailure on_failure = is_try || !settings.ansi ? OnFailure::kNull : OnFailure::kError;
  const CastKernel found = FindCast(from, to, on_failure, settings);
  if (found.kernel == nullptr) {
    return MakeError("DATATYPE_MISMATCH",
                     {{"sqlExpr", "\"CAST(" + from.ToSql() + " AS " + to.ToSql() + ")\""},
                      {"message", "cannot cast " + Quoted(from) + " to " + Quoted(to)}});
  }
  function.kernel = found.kernel;
  function.bind = found.bind;
  function.can_throw = found.may_fail && on_failure == OnFailure::kError;
  function.always_nullable = found.may_fail && on_failure == OnFailure::kNull;
  return function;
}

}  // namespace sabot
