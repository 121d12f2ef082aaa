#pragma once

#include <algorithm>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "sabot/syntax/expression.h"
#include "sabot/syntax/pattern.h"
#include "sabot/types/schema.h"

namespace sabot::syntax {

struct Relation;
using RelationPtr = std::shared_ptr<const Relation>;
using Options = std::map<std::string, std::string>;  ///< keys in lower case

/// A table, view or common table expression by name; also format.`path` (spark's file form).
struct Table {
  std::vector<std::string> parts;
};

/// Files: FROM 'flights.parquet', spark.read.parquet(…), stream.from_parquet(…).
struct Files {
  std::string format;  ///< "parquet", "csv", "json", "arrow"; empty: by the file's suffix
  std::vector<std::string> paths;  ///< globs allowed
  Options options;
  std::optional<Schema> schema;
  bool is_stream = false;  ///< read as an unbounded source, in order of the files
};

/// A source of another system: Kafka. system names a folder of connectors/.
struct External {
  std::string system;
  Options options;
  std::optional<Schema> schema;
};

/// A table handed over in memory; `id` is its registration in the session.
struct Memory {
  std::string id;
  bool is_stream = false;
};

/// FROM name(arguments): range(…) and its like.
struct TableFunction {
  std::string name;
  std::vector<ExpressionPtr> arguments;
};

struct Values {
  std::vector<std::vector<ExpressionPtr>> rows;
};

/// SELECT … FROM … WHERE … GROUP BY … HAVING …: one block, as SQL scopes it.
struct Select {
  std::vector<ExpressionPtr> projection;
  bool distinct = false;
  RelationPtr from;  ///< null: one row without columns
  ExpressionPtr where;
  std::vector<ExpressionPtr> group_by;
  bool group_by_all = false;
  ExpressionPtr having;
};

/// ORDER BY and LIMIT over a query; ORDER BY sees the select list's names and the columns below it.
struct Ordered {
  RelationPtr input;
  std::vector<SortKey> order_by;
  ExpressionPtr limit;   ///< may be null
  ExpressionPtr offset;  ///< may be null
};

struct With {
  struct Common {
    std::string name;
    std::vector<std::string> columns;
    RelationPtr query;
    Span span;
  };
  std::vector<Common> commons;
  RelationPtr input;
};

// DataFrame steps: Spark Connect and the fluent API.
struct Project {
  RelationPtr input;
  std::vector<ExpressionPtr> expressions;
};
struct WithColumns {
  RelationPtr input;
  std::vector<std::pair<std::string, ExpressionPtr>> columns;
};
struct WithColumnsRenamed {
  RelationPtr input;
  std::vector<std::pair<std::string, std::string>> renames;
};
/// Columns that are not there are no error.
struct Drop {
  RelationPtr input;
  std::vector<std::string> columns;
  std::vector<Name> references;  ///< df["a"]: one of several columns of a name
};
struct Filter {
  RelationPtr input;
  ExpressionPtr condition;
};
/// groupBy(keys).agg(aggregates): output is the keys, then the aggregates.
struct Aggregate {
  RelationPtr input;
  std::vector<ExpressionPtr> keys;
  std::vector<ExpressionPtr> aggregates;
};
struct Sort {
  RelationPtr input;
  std::vector<SortKey> keys;
};
struct Limit {
  RelationPtr input;
  std::optional<int64_t> count;  ///< absent: all
  int64_t offset = 0;
};

enum class JoinType : uint8_t { kInner, kLeft, kRight, kFull, kSemi, kAnti, kCross };

struct Join {
  RelationPtr left;
  RelationPtr right;
  JoinType type = JoinType::kInner;
  ExpressionPtr condition;
  std::vector<std::string> using_columns;
  bool is_natural = false;
};

enum class SetOperation : uint8_t { kUnion, kIntersect, kExcept };

struct SetOperator {
  SetOperation operation = SetOperation::kUnion;
  bool all = true;
  RelationPtr left;
  RelationPtr right;
  bool by_name = false;
};

struct Distinct {
  RelationPtr input;
  std::vector<std::string> keys;  ///< one row for each of their values; empty: of all columns
};

/// (query) AS name(columns)
struct SubqueryAlias {
  RelationPtr input;
  std::string name;
  std::vector<std::string> columns;
};

/// Declare the event time of a stream: rows may come up to `delay` after the greatest time seen;
/// windows take late rows for another `lateness` before they are final.
struct EventTime {
  RelationPtr input;
  std::string column;
  int64_t delay_us = 0;
  int64_t lateness_us = 0;
};

/// MATCH over a property graph; binds the pattern's variables as columns.
struct Match {
  RelationPtr input;  ///< null: one row
  std::string graph;  ///< empty: the only one
  std::vector<PathPattern> paths;
  ExpressionPtr where;
};

/// RETURN/WITH of Cypher: grouping by the items without an aggregate. WITH … WHERE is a Filter over
/// it.
struct Return {
  RelationPtr input;  ///< null: one row without columns
  std::vector<ExpressionPtr> items;
  bool distinct = false;
  std::vector<SortKey> order_by;
  ExpressionPtr skip;
  ExpressionPtr limit;
};

struct Relation {
  std::variant<Table, Files, External, Memory, TableFunction, Values, Select, Ordered, With,
               Project, WithColumns, WithColumnsRenamed, Drop, Filter, Aggregate, Sort, Limit, Join,
               SetOperator, Distinct, SubqueryAlias, EventTime, Match, Return>
      node;
  Span span;
  /// Spark Connect's: of this relation, then of those around it that change nothing (hint,
  /// repartition), outermost last.
  std::vector<int64_t> plan_ids;
  /// Levels of relations, 1 for a leaf: set by MakeRelation.
  int32_t height = 1;

  template <typename Node>
  const Node* As() const {
    return std::get_if<Node>(&node);
  }
};

/// The greatest height among a node's children.
template <typename Node>
int32_t ChildRelationHeight(const Node& node) {
  int32_t height = 0;
  const auto see = [&](const RelationPtr& child) {
    if (child != nullptr) height = std::max(height, child->height);
  };
  if constexpr (requires { node.input; }) see(node.input);
  if constexpr (requires { node.from; }) see(node.from);
  if constexpr (requires { node.right; }) see(node.left), see(node.right);
  if constexpr (requires { node.commons; }) {
    for (const auto& common : node.commons) see(common.query);
  }
  return height;
}

template <typename Node>
RelationPtr MakeRelation(Node node, Span span = {}, std::vector<int64_t> plan_ids = {}) {
  const int32_t height = 1 + ChildRelationHeight(node);
  return std::make_shared<const Relation>(
      Relation{std::move(node), span, std::move(plan_ids), height});
}

}  // namespace sabot::syntax
