#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "sabot/syntax/expression.h"

/// Graph patterns as written: (a:Airport {faa: 'ANC'})-[f:FLIGHT]->(b).
namespace sabot::syntax {

using PropertyMap = std::vector<std::pair<std::string, ExpressionPtr>>;

struct NodePattern {
  std::string variable;  ///< empty: anonymous
  std::vector<std::string> labels;
  bool has_any_label = false;  ///< :A|B: one of the labels is enough; else the node has all
  PropertyMap properties;
  Span span;
};

enum class Direction : uint8_t { kOutgoing, kIncoming, kUndirected };

struct RelationshipPattern {
  std::string variable;  ///< empty: anonymous
  std::vector<std::string> types;
  PropertyMap properties;
  Direction direction = Direction::kOutgoing;
  /// *min..max of a variable-length pattern; absent: exactly one hop.
  struct Length {
    std::optional<int64_t> min;
    std::optional<int64_t> max;
  };
  std::optional<Length> length;
  Span span;
};

/// nodes.size() == relationships.size() + 1
struct PathPattern {
  std::string variable;      ///< p = …; empty: anonymous
  bool is_shortest = false;  ///< shortestPath(…)
  std::vector<NodePattern> nodes;
  std::vector<RelationshipPattern> relationships;
  Span span;
};

/// CREATE PROPERTY GRAPH (SQL/PGQ): a mapping of tables to labelled nodes and typed relationships.
struct VertexTable {
  std::vector<std::string> table;
  std::string alias;  ///< what edge tables refer to; empty: the table's last part
  std::vector<std::string> key;
  std::string label;  ///< empty: the alias or table name
  Span span;
};

struct EdgeTable {
  std::vector<std::string> table;
  std::string alias;
  std::vector<std::string> key;  ///< empty: an edge is known by its row
  std::vector<std::string> source_key;
  std::string source_table;
  std::vector<std::string> source_columns;  ///< the referenced key; empty: the vertex table's own
  std::vector<std::string> destination_key;
  std::string destination_table;
  std::vector<std::string> destination_columns;
  std::string label;
  Span span;
};

}  // namespace sabot::syntax
