#include "sabot/plan/check.h"

#include <algorithm>

namespace sabot::internal {

bool IsHeldAsItsType(const TypedValue& value) {
  if (value.is_null()) return true;
  const auto* parts = std::get_if<std::vector<TypedValue>>(&value.value);
  switch (value.type.id()) {
    case TypeId::kBoolean:
      return std::holds_alternative<bool>(value.value);
    case TypeId::kFloat:
    case TypeId::kDouble:
      return std::holds_alternative<double>(value.value);
    case TypeId::kString:
    case TypeId::kBinary:
      return std::holds_alternative<std::string>(value.value);
    case TypeId::kDecimal:
      return std::holds_alternative<int64_t>(value.value) ||
             (value.type.precision() > 18 && std::holds_alternative<Int128>(value.value));
    case TypeId::kArray:
      return parts != nullptr && std::all_of(parts->begin(), parts->end(), [&](const auto& part) {
               return (part.is_null() || part.type == value.type.fields()[0].type) &&
                      IsHeldAsItsType(part);
             });
    case TypeId::kMap:
    case TypeId::kStruct: {
      const auto fields = value.type.fields();
      const bool is_map = value.type.id() == TypeId::kMap;
      if (parts == nullptr || (is_map ? parts->size() % 2 != 0 : parts->size() != fields.size())) {
        return false;
      }
      for (size_t i = 0; i < parts->size(); ++i) {
        const TypedValue& part = (*parts)[i];
        const Type& type = fields[is_map ? i % 2 : i].type;
        if (!part.is_null() && !(part.type == type)) return false;
        if (!IsHeldAsItsType(part)) return false;
      }
      return true;
    }
    case TypeId::kCalendarInterval:
      return parts != nullptr && parts->size() == 3 &&
             std::all_of(parts->begin(), parts->end(), [](const TypedValue& part) {
               return std::holds_alternative<int64_t>(part.value);
             });
    case TypeId::kNull:
    case TypeId::kVariant:
    case TypeId::kAny:
      return false;
    default:
      return std::holds_alternative<int64_t>(value.value);
  }
}

arrow::Status CheckExpression(const ExpressionPtr& expression) {
  if (expression == nullptr) return CodecError("an expression is missing");
  if (const auto* literal = expression->As<LiteralValue>()) {
    if (!IsHeldAsItsType(literal->value)) return CodecError("a literal is not of its type");
  } else if (const auto* call = expression->As<FunctionCall>()) {
    for (const ExpressionPtr& argument : call->arguments) {
      ARROW_RETURN_NOT_OK(CheckExpression(argument));
    }
  } else if (const auto* cast = expression->As<CastTo>()) {
    return CheckExpression(cast->argument);
  } else if (const auto* choice = expression->As<CaseWhen>()) {
    for (const auto& [condition, result] : choice->branches) {
      ARROW_RETURN_NOT_OK(CheckExpression(condition));
      ARROW_RETURN_NOT_OK(CheckExpression(result));
    }
    return CheckExpression(choice->otherwise);
  }
  return arrow::Status::OK();
}

int NumInputsOf(std::string_view step_name) {
  if (step_name == "scan" || step_name == "values") return 0;
  if (step_name == "union" || step_name == "match") return -1;
  const bool has_two = step_name == "join" || step_name == "hash_join" || step_name == "expand" ||
                       step_name == "shortest_path";
  return has_two ? 2 : 1;
}

}  // namespace sabot::internal
