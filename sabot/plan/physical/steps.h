#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "sabot/plan/logical/steps.h"

/// The steps of a physical plan: how it runs. Plain data, like the logical ones; expressions name
/// columns by id, and each node's output says where a column stands.
namespace sabot {

/// Read a table's morsels or splits. Output: `columns`, which are the table's ordinals.
struct PhysicalScan {
  static constexpr std::string_view kName = "scan";
  TableDescription table;
  std::vector<int> ordinals;
  std::vector<OutputColumn> columns;
  std::vector<ColumnBound> bounds;
  static constexpr auto Fields() {
    return std::tuple{
        Field{"table", &PhysicalScan::table}, Field{"ordinals", &PhysicalScan::ordinals},
        Field{"columns", &PhysicalScan::columns}, Field{"bounds", &PhysicalScan::bounds}};
  }
};

/// Literal rows, read by one task.
struct PhysicalValues {
  static constexpr std::string_view kName = "values";
  std::vector<OutputColumn> columns;
  std::vector<std::vector<TypedValue>> rows;
  static constexpr auto Fields() {
    return std::tuple{Field{"columns", &PhysicalValues::columns},
                      Field{"rows", &PhysicalValues::rows}};
  }
};

/// Narrow each batch's selection to the rows that pass. Weights and markers pass unchanged; no
/// state.
struct PhysicalFilter {
  static constexpr std::string_view kName = "filter";
  ExpressionPtr condition;
  static constexpr auto Fields() {
    return std::tuple{Field{"condition", &PhysicalFilter::condition}};
  }
};

/// Compute columns batch by batch. Selection, weights and markers pass unchanged; no state.
struct PhysicalProject {
  static constexpr std::string_view kName = "project";
  std::vector<NamedExpression> expressions;
  static constexpr auto Fields() {
    return std::tuple{Field{"expressions", &PhysicalProject::expressions}};
  }
};

/// One row a group, in a KeyedTable. Bounded: groups are read through Remainder once every task has
/// drained End, partitions shared. Unbounded: not used (PhysicalWindowAggregate). Accepts weights
/// if all its aggregates take rows back, positive weights always. State: the groups. Spills by
/// partition.
struct PhysicalHashAggregate {
  static constexpr std::string_view kName = "hash_aggregate";
  std::vector<NamedExpression> keys;
  std::vector<AggregateCall> aggregates;
  static constexpr auto Fields() {
    return std::tuple{Field{"keys", &PhysicalHashAggregate::keys},
                      Field{"aggregates", &PhysicalHashAggregate::aggregates}};
  }
};

/// Probe input 0 against a table built of input 1. The table is made once a query and shared by all
/// tasks. Weights multiply. State: the table. Spills by partition, then joins the spilled pairs in
/// Remainder.
struct PhysicalHashJoin {
  static constexpr std::string_view kName = "hash_join";
  JoinKind kind = JoinKind::kInner;
  std::vector<ExpressionPtr> left_keys;
  std::vector<ExpressionPtr> right_keys;
  ExpressionPtr residual;  ///< may be null
  static constexpr auto Fields() {
    return std::tuple{Field{"kind", &PhysicalHashJoin::kind},
                      Field{"left_keys", &PhysicalHashJoin::left_keys},
                      Field{"right_keys", &PhysicalHashJoin::right_keys},
                      Field{"residual", &PhysicalHashJoin::residual}};
  }
};

/// Order all rows: sorted runs, merged in Remainder by one task. Refused on changelogs. Spills
/// runs.
struct PhysicalSort {
  static constexpr std::string_view kName = "sort";
  std::vector<SortKey> keys;
  static constexpr auto Fields() { return std::tuple{Field{"keys", &PhysicalSort::keys}}; }
};

/// The first `limit` rows after `offset` in order of the keys: a bounded heap a task, merged in
/// Remainder.
struct PhysicalTopN {
  static constexpr std::string_view kName = "top_n";
  std::vector<SortKey> keys;
  int64_t limit = 0;
  int64_t offset = 0;
  static constexpr auto Fields() {
    return std::tuple{Field{"keys", &PhysicalTopN::keys}, Field{"limit", &PhysicalTopN::limit},
                      Field{"offset", &PhysicalTopN::offset}};
  }
};

/// Pass on rows [offset, offset + count) in arrival order; a row counts as often as its weight
/// says. One counter for all tasks. After the last row it reports kDone: upstream stops.
struct PhysicalLimit {
  static constexpr std::string_view kName = "limit";
  int64_t count = -1;  ///< -1: all
  int64_t offset = 0;
  static constexpr auto Fields() {
    return std::tuple{Field{"count", &PhysicalLimit::count},
                      Field{"offset", &PhysicalLimit::offset}};
  }
};

/// The rows of all inputs, one input after another. columns[i] is column sources[k][i] of input k.
struct PhysicalUnion {
  static constexpr std::string_view kName = "union";
  std::vector<OutputColumn> columns;
  std::vector<std::vector<ColumnId>> sources;
  static constexpr auto Fields() {
    return std::tuple{Field{"columns", &PhysicalUnion::columns},
                      Field{"sources", &PhysicalUnion::sources}};
  }
};

/// Emit watermarks: per split the greatest event time seen minus delay_us; the minimum over live
/// splits goes out. Rows with a NULL event time pass and never move it. State: the greatest time of
/// each split.
struct PhysicalEventTime {
  static constexpr std::string_view kName = "event_time";
  ColumnId column = 0;
  int64_t delay_us = 0;
  static constexpr auto Fields() {
    return std::tuple{Field{"column", &PhysicalEventTime::column},
                      Field{"delay_us", &PhysicalEventTime::delay_us}};
  }
};

/// Tumbling windows over event time. A window's groups go out once the watermark has passed its end
/// plus lateness_us, exactly once. Rows of a window that is gone leave through port 1, as they
/// came. keys[window_key] is the window's start, in microseconds. State: groups by (window, keys),
/// filed by key group.
struct PhysicalWindowAggregate {
  static constexpr std::string_view kName = "window_aggregate";
  std::vector<NamedExpression> keys;
  int window_key = 0;
  int64_t size_us = 0;
  int64_t lateness_us = 0;
  std::vector<AggregateCall> aggregates;
  static constexpr auto Fields() {
    return std::tuple{Field{"keys", &PhysicalWindowAggregate::keys},
                      Field{"window_key", &PhysicalWindowAggregate::window_key},
                      Field{"size_us", &PhysicalWindowAggregate::size_us},
                      Field{"lateness_us", &PhysicalWindowAggregate::lateness_us},
                      Field{"aggregates", &PhysicalWindowAggregate::aggregates}};
  }
};

enum class ExchangeMode : uint8_t { kForward, kHash, kBroadcast, kRebalance };

/// Move rows between the tasks of a stream. kHash: to the owner of the row's key group, by the
/// state hash of `keys`.
struct PhysicalExchange {
  static constexpr std::string_view kName = "exchange";
  ExchangeMode mode = ExchangeMode::kForward;
  std::vector<ExpressionPtr> keys;
  static constexpr auto Fields() {
    return std::tuple{Field{"mode", &PhysicalExchange::mode},
                      Field{"keys", &PhysicalExchange::keys}};
  }
};

/// Follow edges: one row an adjacent edge. Input 1 is built into an adjacency once a query; a row's
/// neighbours leave as a list view over it, unnested late. Weights pass on to each.
struct PhysicalExpand {
  static constexpr std::string_view kName = "expand";
  ExpressionPtr from;
  ColumnId source = 0;
  ColumnId destination = 0;
  MatchDirection direction = MatchDirection::kOutgoing;
  OutputColumn to;
  static constexpr auto Fields() {
    return std::tuple{
        Field{"from", &PhysicalExpand::from}, Field{"source", &PhysicalExpand::source},
        Field{"destination", &PhysicalExpand::destination},
        Field{"direction", &PhysicalExpand::direction}, Field{"to", &PhysicalExpand::to}};
  }
};

/// One shortest path a row by breadth-first search from both ends over the adjacency of input 1.
/// Ties: the path whose keys come first.
struct PhysicalShortestPath {
  static constexpr std::string_view kName = "shortest_path";
  ExpressionPtr from;
  ExpressionPtr to;
  ColumnId source = 0;
  ColumnId destination = 0;
  MatchDirection direction = MatchDirection::kOutgoing;
  int64_t max_hops = -1;  ///< -1: no limit
  OutputColumn path;
  static constexpr auto Fields() {
    return std::tuple{Field{"from", &PhysicalShortestPath::from},
                      Field{"to", &PhysicalShortestPath::to},
                      Field{"source", &PhysicalShortestPath::source},
                      Field{"destination", &PhysicalShortestPath::destination},
                      Field{"direction", &PhysicalShortestPath::direction},
                      Field{"max_hops", &PhysicalShortestPath::max_hops},
                      Field{"path", &PhysicalShortestPath::path}};
  }
};

/// Hand rows to a sink of a connector; late rows of a stream to `late`, if it has one.
struct PhysicalSink {
  static constexpr std::string_view kName = "sink";
  SinkDescription sink;
  static constexpr auto Fields() { return std::tuple{Field{"sink", &PhysicalSink::sink}}; }
};

}  // namespace sabot
