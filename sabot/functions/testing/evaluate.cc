#include "sabot/functions/testing/evaluate.h"

#include "sabot/base/error.h"
#include "sabot/functions/registry.h"

namespace sabot::testing {
namespace {

std::string Shown(const arrow::Result<TypedValue>& value) {
  return value.ok() ? value->ToText() : ClassOf(value.status());
}

}  // namespace

arrow::Result<TypedValue> Call(std::string_view function, std::vector<TypedValue> arguments,
                               const EvaluationSettings& settings) {
  const FunctionRegistry& registry = FunctionRegistry::Default();
  FunctionCall call{std::string(function), {}};
  for (TypedValue& argument : arguments) {
    call.arguments.push_back(MakeLiteral(std::move(argument)));
  }
  ARROW_ASSIGN_OR_RAISE(
      const ResolvedFunction resolved,
      registry.Resolve(function, TypesOf(call.arguments), settings, ConstantsOf(call.arguments)));
  return EvaluateConstant(MakeExpression(std::move(call), resolved.result, true), registry,
                          settings);
}

std::string CallText(std::string_view function, std::vector<TypedValue> arguments,
                     const EvaluationSettings& settings) {
  return Shown(Call(function, std::move(arguments), settings));
}

std::string CastText(const TypedValue& value, const Type& to, bool is_try,
                     const EvaluationSettings& settings) {
  return Shown(EvaluateConstant(MakeExpression(CastTo{MakeLiteral(value), is_try}, to, true),
                                FunctionRegistry::Default(), settings));
}

std::string ClassOf(const arrow::Status& status) {
  if (status.ok()) return "OK";
  const ErrorDetail* detail = GetErrorDetail(status);
  return detail == nullptr ? status.ToString() : std::string(detail->error_class().name);
}

TypedValue DecimalOf(Int128 unscaled, int precision, int scale) {
  const Type type = Type::Decimal(precision, scale);
  if (type.kind() == Kind::kI64) return {type, static_cast<int64_t>(unscaled)};
  return {type, unscaled};
}

}  // namespace sabot::testing
