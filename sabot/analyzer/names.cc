#include <algorithm>
#include <cctype>

#include <fmt/format.h>

#include "sabot/analyzer/scope.h"
#include "sabot/types/identifier.h"

namespace sabot::analyzer {
namespace {

using syntax::ExpressionPtr;

std::string Joined(const std::vector<ExpressionPtr>& arguments) {
  std::string text;
  for (const ExpressionPtr& argument : arguments) {
    text.append(text.empty() ? "" : ", ").append(NameOf(argument));
  }
  return text;
}

std::string NumberName(const std::string& text) {
  // 12L prints as 12, 1.5BD as 1.5: the suffix is the type's, not the value's.
  size_t end = text.size();
  while (end > 1 && std::isalpha(static_cast<unsigned char>(text[end - 1])) != 0 &&
         text[end - 1] != 'e' && text[end - 1] != 'E') {
    --end;
  }
  return text.substr(0, end);
}

std::string LiteralName(const syntax::Literal& literal) {
  struct Visitor {
    std::string operator()(const syntax::Literal::Null&) const { return "NULL"; }
    std::string operator()(bool value) const { return value ? "true" : "false"; }
    std::string operator()(const syntax::Literal::Number& number) const {
      return NumberName(number.text);
    }
    std::string operator()(const std::string& text) const { return text; }
    std::string operator()(const syntax::Literal::Typed& typed) const {
      return typed.type == "X" ? fmt::format("X'{}'", typed.text)
                               : fmt::format("{} '{}'", typed.type, typed.text);
    }
    std::string operator()(const syntax::Literal::Interval& interval) const {
      std::string name = "INTERVAL";
      for (const auto& part : interval.parts) {
        name.append(fmt::format(" '{}' {}", part.text, part.unit));
        if (!part.to.empty()) name.append(" TO ").append(part.to);
      }
      return name;
    }
    std::string operator()(const TypedValue& value) const {
      return value.is_null() ? "NULL" : value.type.is_string() ? value.ToText() : value.ToSql();
    }
  };
  return std::visit(Visitor{}, literal.value);
}

bool IsOneOf(std::string_view name, std::initializer_list<std::string_view> names) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

/// Functions that Spark shows in capitals.
bool IsShownInCapitals(std::string_view function) {
  return IsOneOf(function,
                 {"acos",    "acosh", "asin",   "asinh", "atan",  "atan2",   "atanh", "cbrt",
                  "ceil",    "cos",   "cosh",   "cot",   "csc",   "degrees", "e",     "exp",
                  "expm1",   "floor", "hypot",  "log10", "log1p", "log2",    "pi",    "power",
                  "radians", "sec",   "signum", "sin",   "sinh",  "sqrt",    "tan",   "tanh"});
}

std::string CallName(const syntax::Call& call) {
  const std::string function = ToLowerAscii(call.function);
  const auto& arguments = call.arguments;
  if (arguments.size() == 2) {
    const bool is_infix = IsOneOf(function, {"+", "-", "*", "/", "%", "=", "<", "<=", ">",
                                             ">=", "<=>", "&", "|", "^", "div"});
    if (is_infix || function == "and" || function == "or") {
      const std::string sign = is_infix && function != "div" ? function
                               : function == "div"           ? "div"
                                                             : ToUpperAscii(function);
      return fmt::format("({} {} {})", NameOf(arguments[0]), sign, NameOf(arguments[1]));
    }
    if (function == "<>")
      return fmt::format("(NOT ({} = {}))", NameOf(arguments[0]), NameOf(arguments[1]));
    if (function == "||") return fmt::format("concat({})", Joined(arguments));
    if (function == "rlike") return fmt::format("RLIKE({})", Joined(arguments));
    if (function == "like")
      return fmt::format("{} LIKE {}", NameOf(arguments[0]), NameOf(arguments[1]));
    if (function == "extract")
      return fmt::format("extract({} FROM {})", NameOf(arguments[0]), NameOf(arguments[1]));
    if (IsOneOf(function, {"trim", "ltrim", "rtrim"})) {
      const char* side = function == "ltrim"   ? "LEADING"
                         : function == "rtrim" ? "TRAILING"
                                               : "BOTH";
      return fmt::format("TRIM({} {} FROM {})", side, NameOf(arguments[0]), NameOf(arguments[1]));
    }
    if (function == "log") return fmt::format("LOG({})", Joined(arguments));
    if (function == "getfield")
      return fmt::format("{}.{}", NameOf(arguments[0]), NameOf(arguments[1]));
    if (function == "getitem")
      return fmt::format("{}[{}]", NameOf(arguments[0]), NameOf(arguments[1]));
  }
  if (arguments.size() == 1) {
    if (function == "not") return fmt::format("(NOT {})", NameOf(arguments[0]));
    if (function == "negative") return fmt::format("(- {})", NameOf(arguments[0]));
    if (function == "isnull") return fmt::format("({} IS NULL)", NameOf(arguments[0]));
    if (function == "isnotnull") return fmt::format("({} IS NOT NULL)", NameOf(arguments[0]));
    if (function == "~") return fmt::format("~{}", NameOf(arguments[0]));
    if (function == "log") return fmt::format("LOG(E(), {})", NameOf(arguments[0]));
  }
  if (function == "like" && arguments.size() == 3) {
    return fmt::format("{} LIKE {} ESCAPE '{}'", NameOf(arguments[0]), NameOf(arguments[1]),
                       NameOf(arguments[2]));
  }
  if (function == "struct") {
    std::string fields;
    for (const ExpressionPtr& argument : arguments) {
      const auto* alias = argument->As<syntax::Alias>();
      fields.append(fields.empty() ? "" : ", ")
          .append(alias == nullptr ? NameOf(argument)
                                   : fmt::format("{} AS {}", NameOf(alias->argument), alias->name));
    }
    return fmt::format("struct({})", fields);
  }
  if (function == "between" && arguments.size() == 3) {
    const std::string value = NameOf(arguments[0]);
    return fmt::format("between({})", Joined(arguments));
  }
  if (function == "in" && !arguments.empty()) {
    return fmt::format("({} IN ({}))", NameOf(arguments[0]),
                       Joined({arguments.begin() + 1, arguments.end()}));
  }
  std::string inner = Joined(arguments);
  if (function == "count" && (arguments.empty() || arguments[0]->As<syntax::Star>() != nullptr))
    inner = "1";
  return fmt::format("{}({}{})", IsShownInCapitals(function) ? ToUpperAscii(function) : function,
                     call.distinct ? "DISTINCT " : "", inner);
}

}  // namespace

std::string NameOf(const ExpressionPtr& expression) {
  if (!expression->text.empty()) return expression->text;
  if (const auto* literal = expression->As<syntax::Literal>()) return LiteralName(*literal);
  if (const auto* name = expression->As<syntax::Name>()) return name->parts.back();
  if (const auto* alias = expression->As<syntax::Alias>()) return alias->name;
  if (const auto* call = expression->As<syntax::Call>()) return CallName(*call);
  if (const auto* cast = expression->As<syntax::Cast>()) {
    return fmt::format("{}({} AS {})", cast->is_try ? "TRY_CAST" : "CAST", NameOf(cast->argument),
                       cast->type.ToSql());
  }
  if (const auto* branches = expression->As<syntax::Case>()) {
    std::string text = "CASE";
    if (branches->operand != nullptr) text.append(" ").append(NameOf(branches->operand));
    for (const auto& [condition, value] : branches->branches) {
      text.append(fmt::format(" WHEN {} THEN {}", NameOf(condition), NameOf(value)));
    }
    if (branches->otherwise != nullptr) text.append(" ELSE ").append(NameOf(branches->otherwise));
    return text.append(" END");
  }
  if (const auto* parameter = expression->As<syntax::Parameter>()) return parameter->name;
  return "?";
}

}  // namespace sabot::analyzer
