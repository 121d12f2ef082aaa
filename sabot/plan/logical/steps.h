#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "sabot/catalog/table.h"
#include "sabot/plan/logical/column.h"

/// The steps of a logical plan: what is meant, not how it runs. Immutable plain data; each names
/// its fields once.
namespace sabot {

/// Read a table. Output: `columns`; columns[i] is the table's column ordinals[i].
struct LogicalScan {
  static constexpr std::string_view kName = "scan";
  TableDescription table;
  std::vector<int> ordinals;
  std::vector<OutputColumn> columns;
  std::vector<ColumnBound> bounds;  ///< to skip data by; column: position in the table's schema
  static constexpr auto Fields() {
    return std::tuple{
        Field{"table", &LogicalScan::table}, Field{"ordinals", &LogicalScan::ordinals},
        Field{"columns", &LogicalScan::columns}, Field{"bounds", &LogicalScan::bounds}};
  }
};

/// Literal rows.
struct LogicalValues {
  static constexpr std::string_view kName = "values";
  std::vector<OutputColumn> columns;
  std::vector<std::vector<TypedValue>> rows;
  static constexpr auto Fields() {
    return std::tuple{Field{"columns", &LogicalValues::columns},
                      Field{"rows", &LogicalValues::rows}};
  }
};

/// Keep the rows for which the condition is true.
struct LogicalFilter {
  static constexpr std::string_view kName = "filter";
  ExpressionPtr condition;
  static constexpr auto Fields() {
    return std::tuple{Field{"condition", &LogicalFilter::condition}};
  }
};

/// Compute columns. A plain column reference may keep its id.
struct LogicalProject {
  static constexpr std::string_view kName = "project";
  std::vector<NamedExpression> expressions;
  static constexpr auto Fields() {
    return std::tuple{Field{"expressions", &LogicalProject::expressions}};
  }
};

/// One row a group: keys, then aggregates. No keys: one row, even over no input. Over a stream one
/// key is a window of the event time.
struct LogicalAggregate {
  static constexpr std::string_view kName = "aggregate";
  std::vector<NamedExpression> keys;
  std::vector<AggregateCall> aggregates;
  static constexpr auto Fields() {
    return std::tuple{Field{"keys", &LogicalAggregate::keys},
                      Field{"aggregates", &LogicalAggregate::aggregates}};
  }
};

enum class JoinKind : uint8_t { kInner, kLeft, kSemi, kAnti };

/// Equi-join: rows whose left_keys equal the right_keys (NULL equals nothing) and pass `residual`
/// (may be null). Output: left's columns, then, of inner and left joins, the right's. An inner join
/// without keys is a cross join.
struct LogicalJoin {
  static constexpr std::string_view kName = "join";
  JoinKind kind = JoinKind::kInner;
  std::vector<ExpressionPtr> left_keys;
  std::vector<ExpressionPtr> right_keys;
  ExpressionPtr residual;
  static constexpr auto Fields() {
    return std::tuple{
        Field{"kind", &LogicalJoin::kind}, Field{"left_keys", &LogicalJoin::left_keys},
        Field{"right_keys", &LogicalJoin::right_keys}, Field{"residual", &LogicalJoin::residual}};
  }
};

/// Order all rows; ties in input order are not kept. limit >= 0: only the first `limit` after
/// `offset` (top-N).
struct LogicalSort {
  static constexpr std::string_view kName = "sort";
  std::vector<SortKey> keys;
  int64_t limit = -1;
  int64_t offset = 0;
  static constexpr auto Fields() {
    return std::tuple{Field{"keys", &LogicalSort::keys}, Field{"limit", &LogicalSort::limit},
                      Field{"offset", &LogicalSort::offset}};
  }
};

/// Rows [offset, offset + count) in the order they come; count -1: all.
struct LogicalLimit {
  static constexpr std::string_view kName = "limit";
  int64_t count = -1;
  int64_t offset = 0;
  static constexpr auto Fields() {
    return std::tuple{Field{"count", &LogicalLimit::count}, Field{"offset", &LogicalLimit::offset}};
  }
};

/// The rows of all inputs. columns[i] is column sources[k][i] of input k.
struct LogicalUnion {
  static constexpr std::string_view kName = "union";
  std::vector<OutputColumn> columns;
  std::vector<std::vector<ColumnId>> sources;
  static constexpr auto Fields() {
    return std::tuple{Field{"columns", &LogicalUnion::columns},
                      Field{"sources", &LogicalUnion::sources}};
  }
};

/// Declare the event time of a stream: rows may come `delay_us` after the greatest time seen in
/// their split; windows take rows for another `lateness_us` before they are final.
struct LogicalEventTime {
  static constexpr std::string_view kName = "event_time";
  ColumnId column = 0;
  int64_t delay_us = 0;
  int64_t lateness_us = 0;
  static constexpr auto Fields() {
    return std::tuple{Field{"column", &LogicalEventTime::column},
                      Field{"delay_us", &LogicalEventTime::delay_us},
                      Field{"lateness_us", &LogicalEventTime::lateness_us}};
  }
};

/// Hand the rows to a sink. No output.
struct LogicalSink {
  static constexpr std::string_view kName = "sink";
  SinkDescription sink;
  static constexpr auto Fields() { return std::tuple{Field{"sink", &LogicalSink::sink}}; }
};

/// One node of a graph pattern: the table of its label, already scanned, as input `input` of the
/// Match.
struct MatchNode {
  std::string variable;
  int input = 0;              ///< which input holds the label's rows
  std::vector<ColumnId> key;  ///< its key columns in that input
  std::vector<OutputColumn>
      columns;  ///< new ids for the columns this variable brings, one a column of the input
  static constexpr auto Fields() {
    return std::tuple{Field{"variable", &MatchNode::variable}, Field{"input", &MatchNode::input},
                      Field{"key", &MatchNode::key}, Field{"columns", &MatchNode::columns}};
  }
  friend bool operator==(const MatchNode&, const MatchNode&) = default;
};

enum class MatchDirection : uint8_t { kOutgoing, kIncoming, kUndirected };

/// One relationship of a graph pattern, from nodes[left] to nodes[right] as written.
struct MatchRelationship {
  std::string variable;
  int input = 0;
  int left = 0;
  int right = 0;
  MatchDirection direction = MatchDirection::kOutgoing;
  std::vector<ColumnId> source_key;
  std::vector<ColumnId> destination_key;
  std::vector<OutputColumn> columns;
  bool is_shortest =
      false;  ///< any number of hops from 1 (or min) to max_hops; a path instead of columns
  int64_t max_hops = -1;  ///< -1: no limit
  OutputColumn path;      ///< of a shortest path: ARRAY of node keys, first to last
  int edge_table = 0;     ///< of the graph: relationships of two are never the same
  static constexpr auto Fields() {
    return std::tuple{Field{"variable", &MatchRelationship::variable},
                      Field{"input", &MatchRelationship::input},
                      Field{"left", &MatchRelationship::left},
                      Field{"right", &MatchRelationship::right},
                      Field{"direction", &MatchRelationship::direction},
                      Field{"source_key", &MatchRelationship::source_key},
                      Field{"destination_key", &MatchRelationship::destination_key},
                      Field{"columns", &MatchRelationship::columns},
                      Field{"is_shortest", &MatchRelationship::is_shortest},
                      Field{"max_hops", &MatchRelationship::max_hops},
                      Field{"path", &MatchRelationship::path},
                      Field{"edge_table", &MatchRelationship::edge_table}};
  }
  friend bool operator==(const MatchRelationship&, const MatchRelationship&) = default;
};

/// A graph pattern, whole until the optimizer lowers it to joins, adjacency expands and shortest
/// paths. Relationships of one Match are pairwise different (trail semantics). Output: the columns
/// of all its nodes and relationships, in order.
struct LogicalMatch {
  static constexpr std::string_view kName = "match";
  std::vector<MatchNode> nodes;
  std::vector<MatchRelationship> relationships;
  static constexpr auto Fields() {
    return std::tuple{Field{"nodes", &LogicalMatch::nodes},
                      Field{"relationships", &LogicalMatch::relationships}};
  }
};

/// For each row of input 0, follow the edges of input 1 (source key, destination key, edge columns)
/// from `from`: one row an edge. Output: input 0's columns, then `edge_columns` (new ids for input
/// 1's). Undirected edges are followed both ways.
struct LogicalExpand {
  static constexpr std::string_view kName = "expand";
  ExpressionPtr from;
  ColumnId source = 0;       ///< in input 1
  ColumnId destination = 0;  ///< in input 1
  MatchDirection direction = MatchDirection::kOutgoing;
  OutputColumn to;  ///< the node reached
  static constexpr auto Fields() {
    return std::tuple{Field{"from", &LogicalExpand::from}, Field{"source", &LogicalExpand::source},
                      Field{"destination", &LogicalExpand::destination},
                      Field{"direction", &LogicalExpand::direction},
                      Field{"to", &LogicalExpand::to}};
  }
};

/// For each row of input 0, one shortest path from `from` to `to` over the edges of input 1; rows
/// without a path are dropped. Output: input 0's columns, then `path`: ARRAY of node keys.
struct LogicalShortestPath {
  static constexpr std::string_view kName = "shortest_path";
  ExpressionPtr from;
  ExpressionPtr to;
  ColumnId source = 0;
  ColumnId destination = 0;
  MatchDirection direction = MatchDirection::kOutgoing;
  int64_t max_hops = -1;
  OutputColumn path;
  static constexpr auto Fields() {
    return std::tuple{Field{"from", &LogicalShortestPath::from},
                      Field{"to", &LogicalShortestPath::to},
                      Field{"source", &LogicalShortestPath::source},
                      Field{"destination", &LogicalShortestPath::destination},
                      Field{"direction", &LogicalShortestPath::direction},
                      Field{"max_hops", &LogicalShortestPath::max_hops},
                      Field{"path", &LogicalShortestPath::path}};
  }
};

}  // namespace sabot
