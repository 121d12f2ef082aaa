#pragma once

#include <functional>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "sabot/base/fields.h"
#include "sabot/base/span.h"
#include "sabot/types/value.h"

namespace sabot {

/// A column's identity within a plan. Ordinals begin in the planner.
using ColumnId = uint32_t;

struct Expression;
using ExpressionPtr = std::shared_ptr<const Expression>;

struct ColumnRef {
  ColumnId id = 0;
  std::string name;  ///< for EXPLAIN alone; two references are equal by id
  static constexpr auto Fields() {
    return std::tuple{Field{"id", &ColumnRef::id}, Field{"name", &ColumnRef::name}};
  }
  friend bool operator==(const ColumnRef& left, const ColumnRef& right) {
    return left.id == right.id;
  }
};

struct LiteralValue {
  TypedValue value;
  static constexpr auto Fields() { return std::tuple{Field{"value", &LiteralValue::value}}; }
  friend bool operator==(const LiteralValue& left, const LiteralValue& right) = default;
};

/// A scalar function by its registered name. The arguments have exactly the types of one of its
/// overloads.
struct FunctionCall {
  std::string function;
  std::vector<ExpressionPtr> arguments;
  static constexpr auto Fields() {
    return std::tuple{Field{"function", &FunctionCall::function},
                      Field{"arguments", &FunctionCall::arguments}};
  }
  friend bool operator==(const FunctionCall& left, const FunctionCall& right);
};

/// To the expression's type, by ANSI rules.
struct CastTo {
  ExpressionPtr argument;
  bool is_try = false;  ///< NULL where the cast fails
  static constexpr auto Fields() {
    return std::tuple{Field{"argument", &CastTo::argument}, Field{"is_try", &CastTo::is_try}};
  }
  friend bool operator==(const CastTo& left, const CastTo& right);
};

/// CASE WHEN condition THEN value … ELSE otherwise END. A branch is evaluated only on its rows.
struct CaseWhen {
  std::vector<std::pair<ExpressionPtr, ExpressionPtr>> branches;
  ExpressionPtr otherwise;  ///< never null
  static constexpr auto Fields() {
    return std::tuple{Field{"branches", &CaseWhen::branches},
                      Field{"otherwise", &CaseWhen::otherwise}};
  }
  friend bool operator==(const CaseWhen& left, const CaseWhen& right);
};

/// A bound, typed expression: immutable plain data, so plans can be printed, compared and sent.
struct Expression {
  std::variant<LiteralValue, ColumnRef, FunctionCall, CastTo, CaseWhen> node;
  Type type;
  bool nullable = true;
  Span span;  ///< in the statement, for errors of the data; not part of equality

  template <typename Node>
  const Node* As() const {
    return std::get_if<Node>(&node);
  }
  static constexpr auto Fields() {
    return std::tuple{Field{"node", &Expression::node}, Field{"type", &Expression::type},
                      Field{"nullable", &Expression::nullable}, Field{"span", &Expression::span}};
  }
};

/// Of each its value if it is a literal, else null; valid as long as the expressions.
std::vector<const TypedValue*> ConstantsOf(std::span<const ExpressionPtr> expressions);

/// Same meaning: spans and names of columns do not count.
bool Equal(const ExpressionPtr& left, const ExpressionPtr& right);
uint64_t Hash(const ExpressionPtr& expression);

ExpressionPtr MakeLiteral(TypedValue value, Span span = {});
ExpressionPtr MakeColumn(ColumnId id, std::string name, Type type, bool nullable, Span span = {});
ExpressionPtr MakeExpression(decltype(Expression::node) node, Type type, bool nullable,
                             Span span = {});

/// As EXPLAIN shows it: (distance#3 > 500).
std::string ToText(const ExpressionPtr& expression);

/// Call visit on the expression and all below it, parents first.
void VisitExpression(const ExpressionPtr& expression,
                     const std::function<void(const Expression&)>& visit);
/// Rebuild bottom-up: rewrite gets each node with its arguments rewritten and returns its
/// replacement (or the same pointer).
ExpressionPtr RewriteExpression(const ExpressionPtr& expression,
                                const std::function<ExpressionPtr(const ExpressionPtr&)>& rewrite);
/// The types of expressions, which an overload is chosen by.
std::vector<Type> TypesOf(std::span<const ExpressionPtr> expressions);
/// The columns it reads, each once, in order of first use.
std::vector<ColumnId> ColumnsOf(const ExpressionPtr& expression);

}  // namespace sabot
