#pragma once

#include <string>

#include "sabot/expression/expression.h"

namespace sabot {

/// A column that a step puts out.
struct OutputColumn {
  ColumnId id = 0;
  std::string name;
  Type type;
  bool nullable = true;
  static constexpr auto Fields() {
    return std::tuple{Field{"id", &OutputColumn::id}, Field{"name", &OutputColumn::name},
                      Field{"type", &OutputColumn::type},
                      Field{"nullable", &OutputColumn::nullable}};
  }
  friend bool operator==(const OutputColumn&, const OutputColumn&) = default;
};

inline ExpressionPtr MakeColumn(const OutputColumn& column, Span span = {}) {
  return MakeColumn(column.id, column.name, column.type, column.nullable, span);
}

/// An expression and the column it becomes.
struct NamedExpression {
  OutputColumn column;
  ExpressionPtr expression;
  static constexpr auto Fields() {
    return std::tuple{Field{"column", &NamedExpression::column},
                      Field{"expression", &NamedExpression::expression}};
  }
  friend bool operator==(const NamedExpression& left, const NamedExpression& right) {
    return left.column == right.column && Equal(left.expression, right.expression);
  }
};

/// A call of an aggregate function. The arguments have exactly the types of one of its overloads.
struct AggregateCall {
  OutputColumn column;
  std::string function;
  std::vector<ExpressionPtr> arguments;
  bool distinct = false;
  ExpressionPtr filter;  ///< BOOLEAN; null: all rows
  static constexpr auto Fields() {
    return std::tuple{
        Field{"column", &AggregateCall::column}, Field{"function", &AggregateCall::function},
        Field{"arguments", &AggregateCall::arguments}, Field{"distinct", &AggregateCall::distinct},
        Field{"filter", &AggregateCall::filter}};
  }
  friend bool operator==(const AggregateCall& left, const AggregateCall& right);
};

struct SortKey {
  ExpressionPtr expression;
  bool ascending = true;
  bool nulls_first = true;  ///< resolved by the analyzer
  static constexpr auto Fields() {
    return std::tuple{Field{"expression", &SortKey::expression},
                      Field{"ascending", &SortKey::ascending},
                      Field{"nulls_first", &SortKey::nulls_first}};
  }
  friend bool operator==(const SortKey& left, const SortKey& right) {
    return Equal(left.expression, right.expression) && left.ascending == right.ascending &&
           left.nulls_first == right.nulls_first;
  }
};

}  // namespace sabot
