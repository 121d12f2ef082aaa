#pragma once

#include <algorithm>
#include <memory>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

#include "sabot/base/span.h"
#include "sabot/types/value.h"

/// The unresolved tree: what was written, not what it means. Front ends build it, the analyzer
/// alone reads it. Plain data; nothing here knows a type, a function or a table.
namespace sabot::syntax {

struct Expression;
using ExpressionPtr = std::shared_ptr<const Expression>;

/// A literal as written: the analyzer gives it its type.
struct Literal {
  struct Null {};
  /// An optional minus, then digits with optional point, exponent and suffix, as written: "12",
  /// "-1.50", "1e3", "12L", "1.5BD". The minus is here, as in Spark, so that the smallest integer
  /// of a type is a literal.
  struct Number {
    std::string text;
  };
  /// DATE '2013-01-01', TIMESTAMP '…', X'1F', DECIMAL '1.0': type word in upper case and the
  /// unquoted text.
  struct Typed {
    std::string type;
    std::string text;
  };
  /// INTERVAL '1' HOUR, INTERVAL 2 DAYS 3 HOURS, INTERVAL '1-2' YEAR TO MONTH.
  struct Interval {
    struct Part {
      std::string text;  ///< signed, unquoted
      std::string unit;  ///< upper case, singular: "HOUR"
      std::string to;    ///< "MONTH" of YEAR TO MONTH, else empty
    };
    std::vector<Part> parts;
  };
  /// string: unquoted and unescaped. TypedValue: from Spark Connect, the fluent API and parameters.
  std::variant<Null, bool, Number, std::string, Typed, Interval, TypedValue> value;
};

/// A possibly qualified name: a, t.a, t.a.field. What its parts mean is the analyzer's to find out.
struct Name {
  std::vector<std::string> parts;
  /// Spark Connect: the id of the relation this column was taken from (df["a"]).
  std::optional<int64_t> plan_id;
};

/// * or t.*
struct Star {
  std::vector<std::string> qualifier;
};

/// A parameter: $name in Cypher, :name in SQL. Values come with the statement.
struct Parameter {
  std::string name;
};

/// A function call or an operator. Operators are functions by their name: "+", "-", "*", "/", "%",
/// "div", "||", "=", "<>", "<", "<=", ">", ">=", "<=>", "and", "or", "not", "negative", "positive",
/// "isnull", "isnotnull", "like" (x, pattern[, escape]), "ilike", "rlike", "between" (x, low,
/// high), "in" (x, values…), "getfield" (x, 'name'), "getitem" (x, index), "array", "struct",
/// "map", "&",
/// "|", "^", "~". Of Cypher also "xor", "power" (its ^), "startswith", "endswith", "contains",
/// "regex_matches" (its =~: the whole string), "slice" (list, from or null, to or null), and "in"
/// (x, list) as "in_list".
struct Call {
  std::string function;  ///< as written; matched without regard to case
  std::vector<ExpressionPtr> arguments;
  bool distinct = false;
  ExpressionPtr filter;  ///< FILTER (WHERE …), may be null
};

struct Cast {
  ExpressionPtr argument;
  Type type;
  bool is_try = false;
};

/// CASE [operand] WHEN … THEN … [ELSE …] END.
struct Case {
  ExpressionPtr operand;  ///< may be null
  std::vector<std::pair<ExpressionPtr, ExpressionPtr>> branches;
  ExpressionPtr otherwise;  ///< may be null: NULL
};

struct Alias {
  ExpressionPtr argument;
  std::string name;
};

/// One element of ORDER BY.
struct SortKey {
  ExpressionPtr expression;
  bool ascending = true;
  std::optional<bool> nulls_first;  ///< absent: the dialect's default
};

/// Cypher's label test n:Person (or of a relationship type).
struct HasLabels {
  ExpressionPtr argument;
  std::vector<std::string> labels;
};

/// Levels a text or plan may nest: parentheses, sub-queries, chains of operators, joins and
/// clauses. AND, OR and XOR chains are balanced by the parsers.
inline constexpr int kNestingMax = 400;

struct Expression {
  std::variant<Literal, Name, Star, Parameter, Call, Cast, Case, Alias, HasLabels> node;
  Span span;
  /// The text as written, where the output column is named by it (Cypher); else empty.
  std::string text;
  /// Levels of the tree, 1 for a leaf: set by MakeExpression. Front ends refuse trees whose walk
  /// could overflow the stack.
  int32_t height = 1;

  template <typename Node>
  const Node* As() const {
    return std::get_if<Node>(&node);
  }
};

inline int32_t HeightOf(const ExpressionPtr& expression) {
  return expression == nullptr ? 0 : expression->height;
}

/// The greatest height among a node's children.
template <typename Node>
int32_t ChildHeight(const Node& node) {
  int32_t height = 0;
  const auto see = [&](const ExpressionPtr& child) { height = std::max(height, HeightOf(child)); };
  if constexpr (std::is_same_v<Node, Call>) {
    for (const ExpressionPtr& argument : node.arguments) see(argument);
    see(node.filter);
  } else if constexpr (std::is_same_v<Node, Case>) {
    see(node.operand);
    for (const auto& [condition, value] : node.branches) see(condition), see(value);
    see(node.otherwise);
  } else if constexpr (requires { node.argument; }) {
    see(node.argument);
  }
  return height;
}

template <typename Node>
ExpressionPtr MakeExpression(Node node, Span span = {}, std::string text = {}) {
  const int32_t height = 1 + ChildHeight(node);
  return std::make_shared<const Expression>(
      Expression{std::move(node), span, std::move(text), height});
}

/// The call of an operator or function by name.
inline ExpressionPtr MakeCall(std::string function, std::vector<ExpressionPtr> arguments,
                              Span span = {}) {
  return MakeExpression(Call{std::move(function), std::move(arguments), false, nullptr}, span);
}

}  // namespace sabot::syntax
