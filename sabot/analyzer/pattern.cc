#include "sabot/analyzer/pattern.h"

#include <algorithm>
#include <set>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "sabot/base/error.h"

namespace sabot::analyzer {
namespace {

// The conditions that keep relationships different grow with the square of their number.
constexpr size_t kRelationshipsMax = 400;

arrow::Status NotInGraph(const PropertyGraph& graph, std::string kind, const std::string& name,
                         std::vector<std::string> known, Span span) {
  const auto nearest = NearestNames(name, known, 1);
  std::string hint =
      known.empty() ? "it has none" : fmt::format("it has {}", fmt::join(known, ", "));
  if (!nearest.empty() && known.size() > 1)
    hint = fmt::format("did you mean {}? {}", nearest[0], hint);
  return MakeError("GRAPH_ELEMENT_NOT_FOUND",
                   {{"graph", fmt::format("`{}`", graph.name)},
                    {"kind", std::move(kind)},
                    {"name", fmt::format("`{}`", name)}},
                   span, std::move(hint));
}

std::vector<int> AllOf(size_t count) {
  std::vector<int> all(count);
  for (size_t i = 0; i < count; ++i) all[i] = static_cast<int>(i);
  return all;
}

/// The vertex tables with one of the labels; all without any.
arrow::Result<std::vector<int>> TablesOf(const syntax::NodePattern& pattern,
                                         const PropertyGraph& graph) {
  if (pattern.labels.empty()) return AllOf(graph.nodes.size());
  if (pattern.labels.size() > 1 && !pattern.has_any_label) {
    return UnsupportedError("a node of several labels at once", "one label, or one of several: A|B",
                            pattern.span);
  }
  std::vector<int> tables;
  for (size_t i = 0; i < graph.nodes.size(); ++i) {
    if (std::ranges::count(pattern.labels, graph.nodes[i].label) > 0) {
      tables.push_back(static_cast<int>(i));
    }
  }
  for (const std::string& label : pattern.labels) {
    std::vector<std::string> known;
    for (const NodeMapping& node : graph.nodes) known.push_back(node.label);
    if (std::ranges::count(known, label) == 0) {
      return NotInGraph(graph, "label", label, std::move(known), pattern.span);
    }
  }
  return tables;
}

arrow::Result<std::vector<int>> TablesOf(const syntax::RelationshipPattern& pattern,
                                         const PropertyGraph& graph) {
  if (pattern.types.empty()) return AllOf(graph.relationships.size());
  std::vector<int> tables;
  for (size_t i = 0; i < graph.relationships.size(); ++i) {
    if (std::ranges::count(pattern.types, graph.relationships[i].type) > 0) {
      tables.push_back(static_cast<int>(i));
    }
  }
  for (const std::string& type : pattern.types) {
    std::vector<std::string> known;
    for (const RelationshipMapping& one : graph.relationships) {
      if (std::ranges::count(known, one.type) == 0) known.push_back(one.type);
    }
    if (std::ranges::count(known, type) == 0) {
      return NotInGraph(graph, "relationship type", type, std::move(known), pattern.span);
    }
  }
  return tables;
}

class Collector {
 public:
  Collector(const syntax::Match& match, const PropertyGraph& graph)
      : match_(match), graph_(graph) {}

  arrow::Result<Pattern> Run() {
    for (const syntax::PathPattern& path : match_.paths) {
      ARROW_RETURN_NOT_OK(AddPath(path));
    }
    return std::move(pattern_);
  }

 private:
  arrow::Status AddPath(const syntax::PathPattern& path) {
    if (!path.variable.empty()) ARROW_RETURN_NOT_OK(TakeName(path.variable, path.span));
    const bool is_named_path = !path.variable.empty() && !path.is_shortest;
    PatternPath collected{path.variable, {}, {}};
    for (const syntax::NodePattern& node : path.nodes) {
      ARROW_ASSIGN_OR_RAISE(const int index, AddNode(node));
      if (is_named_path) pattern_.nodes[static_cast<size_t>(index)].is_shown = true;
      collected.nodes.push_back(index);
    }
    for (size_t i = 0; i < path.relationships.size(); ++i) {
      collected.relationships.push_back(static_cast<int>(pattern_.relationships.size()));
      ARROW_RETURN_NOT_OK(AddRelationship(path, i, collected.nodes));
      pattern_.relationships.back().is_shown |= is_named_path;
    }
    if (is_named_path) pattern_.paths.push_back(std::move(collected));
    return arrow::Status::OK();
  }

  arrow::Result<int> AddNode(const syntax::NodePattern& node) {
    ARROW_ASSIGN_OR_RAISE(std::vector<int> tables, TablesOf(node, graph_));
    const bool is_named = !node.variable.empty();
    const auto known = std::ranges::find_if(pattern_.nodes, [&](const PatternNode& other) {
      return is_named && other.variable == node.variable;
    });
    if (known != pattern_.nodes.end()) {
      known->mentioned.insert(known->mentioned.end(), tables.begin(), tables.end());
      std::erase_if(known->tables,
                    [&](int table) { return std::ranges::count(tables, table) == 0; });
      known->properties.insert(known->properties.end(), node.properties.begin(),
                               node.properties.end());
      return static_cast<int>(known - pattern_.nodes.begin());
    }
    if (is_named) ARROW_RETURN_NOT_OK(TakeName(node.variable, node.span));
    const size_t index = pattern_.nodes.size();
    pattern_.nodes.push_back({is_named ? node.variable : fmt::format("  node {}", index), is_named,
                              is_named || !node.properties.empty(), tables, tables, node.properties,
                              node.span});
    return static_cast<int>(index);
  }

  arrow::Status AddRelationship(const syntax::PathPattern& path, size_t i,
                                const std::vector<int>& nodes) {
    const syntax::RelationshipPattern& written = path.relationships[i];
    const size_t index = pattern_.relationships.size();
    if (index == kRelationshipsMax) {
      return UnsupportedError(
          fmt::format("a pattern of more than {} relationships", kRelationshipsMax),
          "a shorter pattern, or shortestPath((a)-[:TYPE*]-(b))", written.span);
    }
    const bool is_named = !written.variable.empty();
    if (is_named) ARROW_RETURN_NOT_OK(TakeName(written.variable, written.span));
    if (written.length.has_value() && !path.is_shortest) {
      return UnsupportedError("a variable-length relationship",
                              "shortestPath((a)-[:TYPE*]-(b)), or a fixed number of hops",
                              written.span);
    }
    PatternRelationship relationship;
    relationship.pattern = &written;
    relationship.is_named = is_named;
    relationship.is_shown = is_named || !written.properties.empty();
    relationship.variable = is_named ? written.variable : fmt::format("  relationship {}", index);
    ARROW_ASSIGN_OR_RAISE(relationship.tables, TablesOf(written, graph_));
    relationship.left = nodes[i];
    relationship.right = nodes[i + 1];
    relationship.is_shortest = path.is_shortest;
    relationship.path = path.variable;
    if (path.is_shortest) ARROW_RETURN_NOT_OK(CheckShortest(relationship));
    pattern_.relationships.push_back(std::move(relationship));
    return arrow::Status::OK();
  }

  arrow::Status CheckShortest(const PatternRelationship& relationship) const {
    const syntax::RelationshipPattern& written = *relationship.pattern;
    if (written.length.has_value() && written.length->min.value_or(1) != 1) {
      return UnsupportedError("a shortest path of a minimal length", "[:TYPE*] or [:TYPE*..n]",
                              written.span);
    }
    if (!written.properties.empty() || relationship.is_named) {
      return UnsupportedError("a condition on the relationships of a shortest path",
                              "a property graph over a view that has only those relationships",
                              written.span);
    }
    if (relationship.tables.size() != 1) {
      return UnsupportedError("a shortest path over several edge tables",
                              "one type, or an edge table over a view with UNION ALL",
                              written.span);
    }
    // The nodes on the way are known by their keys alone.
    const RelationshipMapping& mapping =
        graph_.relationships[static_cast<size_t>(relationship.tables[0])];
    if (mapping.source_label != mapping.destination_label) {
      return UnsupportedError(
          fmt::format("a shortest path over {}, which joins {} with {}", mapping.type,
                      mapping.source_label, mapping.destination_label),
          "relationships between nodes of one label", written.span);
    }
    if (mapping.source_key.size() != 1) {
      return UnsupportedError("a shortest path over nodes of several key columns",
                              "a key of one column", written.span);
    }
    return arrow::Status::OK();
  }

  arrow::Status TakeName(const std::string& name, Span span) {
    if (taken_.insert(name).second) return arrow::Status::OK();
    return MakeError("VARIABLE_ALREADY_BOUND", {{"name", name}}, span);
  }

  const syntax::Match& match_;
  const PropertyGraph& graph_;
  Pattern pattern_;
  std::set<std::string> taken_;
};

/// One way to lay one relationship over the graph.
struct Choice {
  int table;
  int left;
  int right;
  MatchDirection direction;
};

std::vector<Choice> ChoicesOf(const PatternRelationship& relationship, const PropertyGraph& graph) {
  const auto vertex_of = [&](const std::string& label) {
    const auto found = std::ranges::find(graph.nodes, label, &NodeMapping::label);
    return static_cast<int>(found - graph.nodes.begin());
  };
  std::vector<Choice> choices;
  for (const int table : relationship.tables) {
    const RelationshipMapping& mapping = graph.relationships[static_cast<size_t>(table)];
    const int source = vertex_of(mapping.source_label);
    const int destination = vertex_of(mapping.destination_label);
    const Choice out{table, source, destination, MatchDirection::kOutgoing};
    const Choice in{table, destination, source, MatchDirection::kIncoming};
    const syntax::Direction direction = relationship.pattern->direction;
    if (direction == syntax::Direction::kUndirected && source == destination) {
      // Both ways at once: a loop must come once.
      choices.push_back({table, source, destination, MatchDirection::kUndirected});
      continue;
    }
    if (direction != syntax::Direction::kIncoming) choices.push_back(out);
    if (direction != syntax::Direction::kOutgoing) choices.push_back(in);
  }
  return choices;
}

}  // namespace

arrow::Result<Pattern> CollectPattern(const syntax::Match& match, const PropertyGraph& graph) {
  return Collector(match, graph).Run();
}

arrow::Result<std::vector<Reading>> ReadingsOf(const Pattern& pattern, const PropertyGraph& graph,
                                               Span span) {
  std::vector<std::vector<int>> tables;
  for (const PatternNode& node : pattern.nodes) tables.push_back(node.tables);
  std::vector<std::vector<Choice>> choices;
  for (const PatternRelationship& relationship : pattern.relationships) {
    choices.push_back(ChoicesOf(relationship, graph));
  }
  const auto may_be = [&](int node, int table) {
    return std::ranges::count(tables[static_cast<size_t>(node)], table) > 0;
  };
  // Strike out what no neighbour allows until nothing changes, so that few readings are begun in
  // vain.
  bool has_changed = true;
  while (has_changed) {
    has_changed = false;
    for (size_t i = 0; i < choices.size(); ++i) {
      const PatternRelationship& relationship = pattern.relationships[i];
      std::erase_if(choices[i], [&](const Choice& choice) {
        return !may_be(relationship.left, choice.left) || !may_be(relationship.right, choice.right);
      });
      const auto narrow = [&](int node, int Choice::* end) {
        const size_t gone = std::erase_if(tables[static_cast<size_t>(node)], [&](int table) {
          return std::ranges::count(choices[i], table, end) == 0;
        });
        has_changed = has_changed || gone > 0;
      };
      narrow(relationship.left, &Choice::left);
      narrow(relationship.right, &Choice::right);
    }
  }

  constexpr int kOpen = -1;
  std::vector<Reading> readings = {{std::vector<int>(pattern.nodes.size(), kOpen), {}, {}}};
  std::vector<Reading> next;
  const auto step = [&](const auto& extend) -> arrow::Status {
    next.clear();
    for (const Reading& reading : readings) extend(reading);
    if (next.size() > kReadingsMax) {
      return UnsupportedError(
          fmt::format("a pattern that fits the tables of the graph in more than {} ways",
                      kReadingsMax),
          "labels and types in it: (a:Label)-[:TYPE]->(b:Label)", span);
    }
    readings.swap(next);
    return arrow::Status::OK();
  };
  for (size_t i = 0; i < choices.size(); ++i) {
    ARROW_RETURN_NOT_OK(step([&](const Reading& reading) {
      const auto left = static_cast<size_t>(pattern.relationships[i].left);
      const auto right = static_cast<size_t>(pattern.relationships[i].right);
      for (const Choice& choice : choices[i]) {
        if (left == right && choice.left != choice.right) continue;
        if (reading.nodes[left] != kOpen && reading.nodes[left] != choice.left) continue;
        if (reading.nodes[right] != kOpen && reading.nodes[right] != choice.right) continue;
        Reading longer = reading;
        longer.nodes[left] = choice.left;
        longer.nodes[right] = choice.right;
        longer.relationships.push_back(choice.table);
        longer.directions.push_back(choice.direction);
        next.push_back(std::move(longer));
      }
    }));
  }
  for (size_t node = 0; node < tables.size(); ++node) {
    ARROW_RETURN_NOT_OK(step([&](const Reading& reading) {
      for (const int table : tables[node]) {
        if (reading.nodes[node] != kOpen && reading.nodes[node] != table) continue;
        Reading longer = reading;
        longer.nodes[node] = table;
        next.push_back(std::move(longer));
      }
    }));
  }
  return readings;
}

}  // namespace sabot::analyzer
