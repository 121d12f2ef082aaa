#include "sabot/expression/expression.h"

#include <algorithm>
#include <string_view>

#include <fmt/format.h>

#include "sabot/types/identifier.h"

namespace sabot {
namespace {

bool AllEqual(const std::vector<ExpressionPtr>& left, const std::vector<ExpressionPtr>& right) {
  return std::ranges::equal(
      left, right, [](const ExpressionPtr& a, const ExpressionPtr& b) { return Equal(a, b); });
}

uint64_t Mix(uint64_t hash, uint64_t value) {
  return (hash ^ value) * 0x9E3779B97F4A7C15 + (hash >> 29);
}
uint64_t HashText(std::string_view text) { return std::hash<std::string_view>()(text); }

// Operators that stand between their two arguments.
bool IsInfix(std::string_view name) {
  static constexpr std::string_view kInfix[] = {
      "+",  "-",   "*", "/", "%", "div", "||", "=",   "<>",   "<",     "<=",   ">",
      ">=", "<=>", "&", "|", "^", "and", "or", "xor", "like", "ilike", "rlike"};
  return std::ranges::find(kInfix, name) != std::end(kInfix);
}

std::string JoinTexts(std::span<const ExpressionPtr> expressions) {
  std::string text;
  for (const ExpressionPtr& expression : expressions) {
    if (!text.empty()) text.append(", ");
    text.append(ToText(expression));
  }
  return text;
}

std::string CallText(const FunctionCall& call) {
  const auto& arguments = call.arguments;
  const std::string& name = call.function;
  if (arguments.size() == 2 && IsInfix(name)) {
    return fmt::format("({} {} {})", ToText(arguments[0]), ToUpperAscii(name),
                       ToText(arguments[1]));
  }
  if (arguments.size() == 1) {
    const std::string argument = ToText(arguments[0]);
    if (name == "not") return fmt::format("(NOT {})", argument);
    if (name == "negative") return fmt::format("(- {})", argument);
    if (name == "isnull") return fmt::format("({} IS NULL)", argument);
    if (name == "isnotnull") return fmt::format("({} IS NOT NULL)", argument);
  }
  if (name == "in" && arguments.size() > 1) {
    return fmt::format("({} IN ({}))", ToText(arguments[0]),
                       JoinTexts(std::span(arguments).subspan(1)));
  }
  return fmt::format("{}({})", name, JoinTexts(arguments));
}

// Call function on the address of each pointer to an argument.
template <typename Node, typename Function>
void ForEachArgument(Node& node, Function&& function) {
  if (auto* call = std::get_if<FunctionCall>(&node)) {
    for (auto& argument : call->arguments) function(argument);
  } else if (auto* cast = std::get_if<CastTo>(&node)) {
    function(cast->argument);
  } else if (auto* cases = std::get_if<CaseWhen>(&node)) {
    for (auto& [condition, value] : cases->branches) function(condition), function(value);
    function(cases->otherwise);
  }
}

}  // namespace

bool operator==(const FunctionCall& left, const FunctionCall& right) {
  return left.function == right.function && AllEqual(left.arguments, right.arguments);
}
bool operator==(const CastTo& left, const CastTo& right) {
  return left.is_try == right.is_try && Equal(left.argument, right.argument);
}
bool operator==(const CaseWhen& left, const CaseWhen& right) {
  const auto equal = [](const auto& a, const auto& b) {
    return Equal(a.first, b.first) && Equal(a.second, b.second);
  };
  return std::ranges::equal(left.branches, right.branches, equal) &&
         Equal(left.otherwise, right.otherwise);
}

bool Equal(const ExpressionPtr& left, const ExpressionPtr& right) {
  if (left == right) return true;
  if (left == nullptr || right == nullptr) return false;
  return left->type == right->type && left->node == right->node;
}

uint64_t Hash(const ExpressionPtr& expression) {
  if (expression == nullptr) return 0;
  uint64_t hash = Mix(expression->node.index(), static_cast<uint64_t>(expression->type.id()));
  if (const auto* literal = expression->As<LiteralValue>()) {
    hash = Mix(hash, HashText(literal->value.ToSql()));
  } else if (const auto* column = expression->As<ColumnRef>()) {
    hash = Mix(hash, column->id);
  } else if (const auto* call = expression->As<FunctionCall>()) {
    hash = Mix(hash, HashText(call->function));
  } else if (const auto* cast = expression->As<CastTo>()) {
    hash = Mix(hash, cast->is_try);
  }
  ForEachArgument(expression->node,
                  [&](const ExpressionPtr& argument) { hash = Mix(hash, Hash(argument)); });
  return hash;
}

ExpressionPtr MakeLiteral(TypedValue value, Span span) {
  Type type = value.type;
  const bool nullable = value.is_null();
  return MakeExpression(LiteralValue{std::move(value)}, std::move(type), nullable, span);
}

ExpressionPtr MakeColumn(ColumnId id, std::string name, Type type, bool nullable, Span span) {
  return MakeExpression(ColumnRef{id, std::move(name)}, std::move(type), nullable, span);
}

ExpressionPtr MakeExpression(decltype(Expression::node) node, Type type, bool nullable, Span span) {
  return std::make_shared<const Expression>(
      Expression{std::move(node), std::move(type), nullable, span});
}

std::string ToText(const ExpressionPtr& expression) {
  if (const auto* literal = expression->As<LiteralValue>()) return literal->value.ToSql();
  if (const auto* column = expression->As<ColumnRef>()) {
    return fmt::format("{}#{}", column->name, column->id);
  }
  if (const auto* call = expression->As<FunctionCall>()) return CallText(*call);
  if (const auto* cast = expression->As<CastTo>()) {
    return fmt::format("{}({} AS {})", cast->is_try ? "TRY_CAST" : "CAST", ToText(cast->argument),
                       expression->type.ToSql());
  }
  const auto& cases = std::get<CaseWhen>(expression->node);
  std::string text = "CASE";
  for (const auto& [condition, value] : cases.branches) {
    text += fmt::format(" WHEN {} THEN {}", ToText(condition), ToText(value));
  }
  return text + fmt::format(" ELSE {} END", ToText(cases.otherwise));
}

void VisitExpression(const ExpressionPtr& expression,
                     const std::function<void(const Expression&)>& visit) {
  visit(*expression);
  ForEachArgument(expression->node,
                  [&](const ExpressionPtr& argument) { VisitExpression(argument, visit); });
}

ExpressionPtr RewriteExpression(const ExpressionPtr& expression,
                                const std::function<ExpressionPtr(const ExpressionPtr&)>& rewrite) {
  std::vector<ExpressionPtr> arguments;
  bool changed = false;
  ForEachArgument(expression->node, [&](const ExpressionPtr& argument) {
    arguments.push_back(RewriteExpression(argument, rewrite));
    changed = changed || arguments.back() != argument;
  });
  if (!changed) return rewrite(expression);
  Expression rebuilt = *expression;
  size_t next = 0;
  ForEachArgument(rebuilt.node,
                  [&](ExpressionPtr& argument) { argument = std::move(arguments[next++]); });
  return rewrite(std::make_shared<const Expression>(std::move(rebuilt)));
}

std::vector<Type> TypesOf(std::span<const ExpressionPtr> expressions) {
  std::vector<Type> types;
  for (const ExpressionPtr& expression : expressions) types.push_back(expression->type);
  return types;
}

std::vector<ColumnId> ColumnsOf(const ExpressionPtr& expression) {
  std::vector<ColumnId> columns;
  VisitExpression(expression, [&](const Expression& visited) {
    const auto* column = visited.As<ColumnRef>();
    if (column != nullptr && std::ranges::find(columns, column->id) == columns.end()) {
      columns.push_back(column->id);
    }
  });
  return columns;
}

std::vector<const TypedValue*> ConstantsOf(std::span<const ExpressionPtr> expressions) {
  std::vector<const TypedValue*> constants;
  for (const ExpressionPtr& expression : expressions) {
    const auto* literal = expression->As<LiteralValue>();
    constants.push_back(literal == nullptr ? nullptr : &literal->value);
  }
  return constants;
}

}  // namespace sabot
