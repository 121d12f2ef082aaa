#include <algorithm>
#include <set>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "sabot/analyzer/binder.h"
#include "sabot/base/error.h"

namespace sabot {
namespace analyzer {
namespace {

const NodeMapping* FindLabel(const PropertyGraph& graph, std::string_view label) {
  for (const NodeMapping& node : graph.nodes) {
    if (EqualNames(node.label, label)) return &node;
  }
  return nullptr;
}

const RelationshipMapping* FindType(const PropertyGraph& graph, std::string_view type) {
  for (const RelationshipMapping& relationship : graph.relationships) {
    if (EqualNames(relationship.type, type)) return &relationship;
  }
  return nullptr;
}

template <typename Mappings, typename NameOfMapping>
arrow::Status UnknownName(std::string_view kind, std::string_view name, const Mappings& mappings,
                          NameOfMapping name_of, Span span) {
  std::vector<std::string> known;
  for (const auto& mapping : mappings) known.push_back(name_of(mapping));
  return MakeError("UNDEFINED_VARIABLE", {{"name", fmt::format("{} `{}`", kind, name)}}, span,
                   fmt::format("the graph has {}", fmt::join(known, ", ")));
}

MatchDirection DirectionOf(syntax::Direction direction) {
  switch (direction) {
    case syntax::Direction::kOutgoing:
      return MatchDirection::kOutgoing;
    case syntax::Direction::kIncoming:
      return MatchDirection::kIncoming;
    case syntax::Direction::kUndirected:
      return MatchDirection::kUndirected;
  }
  return MatchDirection::kOutgoing;
}

}  // namespace

namespace {

/// A pattern's node before its label is known.
struct PendingNode {
  std::string variable;
  std::string label;
  syntax::PropertyMap properties;
  Span span;
};

struct PendingRelationship {
  const syntax::RelationshipPattern* pattern;
  const RelationshipMapping* mapping;
  int left;
  int right;
  bool is_shortest;
  std::string path;
};

}  // namespace

arrow::Result<Relation> Binder::Bind(const syntax::Relation& relation, const syntax::Match& match) {
  if (match.input != nullptr) {
    return UnsupportedError("a second MATCH",
                            "one MATCH with several patterns, separated by commas", relation.span);
  }
  ARROW_ASSIGN_OR_RAISE(const PropertyGraph graph, context_.catalog->FindGraph(match.graph));
  std::vector<PendingNode> nodes;
  std::vector<PendingRelationship> relationships;
  std::set<std::string> taken;
  for (const syntax::PathPattern& path : match.paths) {
    std::vector<int> positions;
    for (const syntax::NodePattern& pattern : path.nodes) {
      if (pattern.labels.size() > 1) {
        return UnsupportedError("a node of several labels", "one label a node", pattern.span);
      }
      const auto known = std::find_if(nodes.begin(), nodes.end(), [&](const PendingNode& node) {
        return !pattern.variable.empty() && node.variable == pattern.variable;
      });
      if (known != nodes.end()) {
        positions.push_back(static_cast<int>(known - nodes.begin()));
        if (known->label.empty() && !pattern.labels.empty()) known->label = pattern.labels[0];
        known->properties.insert(known->properties.end(), pattern.properties.begin(),
                                 pattern.properties.end());
        continue;
      }
      if (!pattern.variable.empty() && !taken.insert(pattern.variable).second) {
        return MakeError("VARIABLE_ALREADY_BOUND", {{"name", pattern.variable}}, pattern.span);
      }
      positions.push_back(static_cast<int>(nodes.size()));
      nodes.push_back({pattern.variable, pattern.labels.empty() ? std::string() : pattern.labels[0],
                       pattern.properties, pattern.span});
    }
    for (size_t i = 0; i < path.relationships.size(); ++i) {
      const syntax::RelationshipPattern& pattern = path.relationships[i];
      if (!pattern.variable.empty() && !taken.insert(pattern.variable).second) {
        return MakeError("VARIABLE_ALREADY_BOUND", {{"name", pattern.variable}}, pattern.span);
      }
      if (pattern.types.size() > 1) {
        return UnsupportedError("a relationship of several types", "one type a relationship",
                                pattern.span);
      }
      const RelationshipMapping* mapping = nullptr;
      if (!pattern.types.empty()) {
        mapping = FindType(graph, pattern.types[0]);
        if (mapping == nullptr) {
          return UnknownName(
              "relationship type", pattern.types[0], graph.relationships,
              [](const RelationshipMapping& known) { return known.type; }, pattern.span);
        }
      } else if (graph.relationships.size() == 1) {
        mapping = &graph.relationships[0];
      } else {
        return UnsupportedError("a relationship without a type in a graph of several types",
                                "the type: -[:TYPE]->", pattern.span);
      }
      if (pattern.length.has_value() && !path.is_shortest) {
        return UnsupportedError("a variable-length relationship",
                                "shortestPath((a)-[:TYPE*]-(b)), or a fixed number of hops",
                                pattern.span);
      }
      relationships.push_back(
          {&pattern, mapping, positions[i], positions[i + 1], path.is_shortest, path.variable});
    }
    if (!path.variable.empty() && !path.is_shortest) {
      return UnsupportedError("a named path of fixed length",
                              "the nodes of the pattern by their variables", path.span);
    }
  }
  // A node without label takes the one its relationships give it.
  for (const PendingRelationship& relationship : relationships) {
    const bool incoming = relationship.pattern->direction == syntax::Direction::kIncoming;
    const RelationshipMapping& mapping = *relationship.mapping;
    PendingNode& left = nodes[static_cast<size_t>(relationship.left)];
    PendingNode& right = nodes[static_cast<size_t>(relationship.right)];
    if (left.label.empty())
      left.label = incoming ? mapping.destination_label : mapping.source_label;
    if (right.label.empty())
      right.label = incoming ? mapping.source_label : mapping.destination_label;
  }
  LogicalMatch step;
  std::vector<LogicalPtr> inputs;
  Scope scope;
  std::vector<syntax::ExpressionPtr> conditions;
  const auto add_properties = [&](const std::string& variable,
                                  const syntax::PropertyMap& properties) {
    for (const auto& [key, value] : properties) {
      conditions.push_back(syntax::MakeCall(
          "=", {syntax::MakeExpression(syntax::Name{{variable, key}, {}}, value->span), value},
          value->span));
    }
  };
  const auto find_key = [&](const Relation& table, const std::vector<std::string>& key,
                            Span span) -> arrow::Result<std::vector<ColumnId>> {
    std::vector<ColumnId> ids;
    for (const std::string& name : key) {
      ARROW_ASSIGN_OR_RAISE(const auto found, FindColumn(table.scope, {name}, span));
      if (!found.has_value()) return UnresolvedColumn(table.scope, {name}, span);
      ids.push_back(found->column.id);
    }
    return ids;
  };
  const auto open = [&](const std::string& table) {
    return Bind(relation, syntax::Table{{table}});
  };
  int anonymous = 0;
  for (PendingNode& node : nodes) {
    if (node.label.empty()) {
      if (graph.nodes.size() != 1) {
        return UnsupportedError("a node without label or relationship in a graph of several labels",
                                "the label: (n:Label)", node.span);
      }
      node.label = graph.nodes[0].label;
    }
    const NodeMapping* mapping = FindLabel(graph, node.label);
    if (mapping == nullptr) {
      return UnknownName(
          "label", node.label, graph.nodes, [](const NodeMapping& known) { return known.label; },
          node.span);
    }
    const bool is_named = !node.variable.empty();
    if (!is_named) node.variable = fmt::format("  node {}", anonymous++);
    ARROW_ASSIGN_OR_RAISE(Relation table, open(mapping->table));
    MatchNode bound;
    bound.variable = node.variable;
    bound.input = static_cast<int>(inputs.size());
    ARROW_ASSIGN_OR_RAISE(bound.key, find_key(table, mapping->key, node.span));
    // Every variable reads its own scan, so the scan's columns are the variable's.
    bound.columns = table.plan->output;
    for (const OutputColumn& column : bound.columns)
      scope.columns.push_back({node.variable, column, !is_named, true});
    inputs.push_back(std::move(table.plan));
    step.nodes.push_back(std::move(bound));
    add_properties(node.variable, node.properties);
  }
  for (const PendingRelationship& pending : relationships) {
    const syntax::RelationshipPattern& pattern = *pending.pattern;
    const bool is_named = !pattern.variable.empty();
    const std::string variable =
        is_named ? pattern.variable : fmt::format("  relationship {}", anonymous++);
    ARROW_ASSIGN_OR_RAISE(Relation table, open(pending.mapping->table));
    MatchRelationship bound;
    bound.variable = variable;
    bound.input = static_cast<int>(inputs.size());
    bound.left = pending.left;
    bound.right = pending.right;
    bound.direction = DirectionOf(pattern.direction);
    ARROW_ASSIGN_OR_RAISE(bound.source_key,
                          find_key(table, pending.mapping->source_key, pattern.span));
    ARROW_ASSIGN_OR_RAISE(bound.destination_key,
                          find_key(table, pending.mapping->destination_key, pattern.span));
    bound.columns = table.plan->output;
    if (pending.is_shortest) {
      bound.is_shortest = true;
      if (pattern.length.has_value()) {
        if (pattern.length->min.value_or(1) != 1) {
          return UnsupportedError("a shortest path of a minimal length", "[:TYPE*] or [:TYPE*..n]",
                                  pattern.span);
        }
        bound.max_hops = pattern.length->max.value_or(-1);
      } else {
        bound.max_hops = 1;
      }
      if (bound.source_key.size() != 1) {
        return UnsupportedError("a shortest path over nodes of several key columns",
                                "a key of one column", pattern.span);
      }
      if (!pattern.properties.empty() || is_named) {
        return UnsupportedError("a condition on the relationships of a shortest path",
                                "a property graph over a view that has only those relationships",
                                pattern.span);
      }
      const MatchNode& left = step.nodes[static_cast<size_t>(pending.left)];
      Type key_type;
      for (const OutputColumn& column : left.columns) {
        if (column.id == left.key[0]) key_type = column.type;
      }
      bound.path = {NewId(), pending.path.empty() ? variable : pending.path,
                    Type::Array(key_type, false), false};
      scope.columns.push_back({{}, bound.path, pending.path.empty()});
    } else {
      for (const OutputColumn& column : bound.columns)
        scope.columns.push_back({variable, column, !is_named, true});
      add_properties(variable, pattern.properties);
    }
    inputs.push_back(std::move(table.plan));
    step.relationships.push_back(std::move(bound));
  }
  if (match.where != nullptr) conditions.push_back(match.where);
  LogicalPtr plan = MakeLogical(std::move(step), std::move(inputs));
  // Property maps of anonymous patterns name hidden columns; a filter may see them.
  for (const syntax::ExpressionPtr& condition : conditions) {
    ARROW_ASSIGN_OR_RAISE(ExpressionPtr resolved, ResolveCondition(condition, {.columns = &scope}));
    plan = MakeLogical(LogicalFilter{std::move(resolved)}, {std::move(plan)});
  }
  return Relation{std::move(plan), std::move(scope)};
}

}  // namespace analyzer

arrow::Result<PropertyGraph> AnalyzeGraph(const syntax::CreatePropertyGraph& statement,
                                          const AnalyzerContext& context) {
  PropertyGraph graph;
  graph.name = statement.name;
  std::map<std::string, const syntax::VertexTable*> vertices;
  const auto check_columns = [&](const std::string& table, const std::vector<std::string>& columns,
                                 Span span) -> arrow::Status {
    auto entry = context.catalog->Find(table);
    if (!entry.ok()) return WithSpan(entry.status(), span);
    Schema schema = entry->schema();
    for (const std::string& column : columns) {
      if (schema.Find(column) >= 0) continue;
      std::vector<std::string> names;
      for (const TypeField& field : schema.columns) names.push_back(field.name);
      const auto nearest = NearestNames(column, names);
      return MakeError(
          "UNRESOLVED_COLUMN.WITHOUT_SUGGESTION",
          {{"objectName", analyzer::Quoted({table, column})}}, span,
          nearest.empty() ? std::string() : fmt::format("did you mean `{}`?", nearest[0]));
    }
    return arrow::Status::OK();
  };
  for (const syntax::VertexTable& vertex : statement.vertex_tables) {
    const std::string& table = vertex.table.back();
    const std::string alias = vertex.alias.empty() ? table : vertex.alias;
    if (vertex.key.empty()) {
      return MakeError(
          "MISSING_CLAUSE",
          {{"statement", fmt::format("the vertex table {}", table)}, {"clause", "KEY (column, …)"}},
          vertex.span);
    }
    ARROW_RETURN_NOT_OK(check_columns(table, vertex.key, vertex.span));
    if (!vertices.emplace(alias, &vertex).second) {
      return MakeError("VARIABLE_ALREADY_BOUND", {{"name", alias}}, vertex.span);
    }
    graph.nodes.push_back({vertex.label.empty() ? alias : vertex.label, table, vertex.key});
  }
  for (const syntax::EdgeTable& edge : statement.edge_tables) {
    const std::string& table = edge.table.back();
    RelationshipMapping mapping;
    mapping.table = table;
    mapping.type = !edge.label.empty() ? edge.label : edge.alias.empty() ? table : edge.alias;
    const auto resolve_end = [&](const std::string& vertex, const std::vector<std::string>& key,
                                 const std::vector<std::string>& referenced,
                                 std::string* label) -> arrow::Status {
      const auto found = vertices.find(vertex);
      if (found == vertices.end()) {
        return MakeError("TABLE_OR_VIEW_NOT_FOUND", {{"relationName", analyzer::Quoted({vertex})}},
                         edge.span, "edges refer to a table of VERTEX TABLES");
      }
      if (key.size() != found->second->key.size() ||
          (!referenced.empty() && referenced != found->second->key)) {
        return MakeError("NUM_COLUMNS_MISMATCH",
                         {{"operator", fmt::format("the edge table {}", table)},
                          {"firstNumColumns", std::to_string(found->second->key.size())},
                          {"invalidOrdinalNum", "its key"},
                          {"invalidNumColumns", std::to_string(key.size())}},
                         edge.span, fmt::format("refer to the key of {}", vertex));
      }
      *label = found->second->label.empty() ? found->first : found->second->label;
      return check_columns(table, key, edge.span);
    };
    ARROW_RETURN_NOT_OK(resolve_end(edge.source_table, edge.source_key, edge.source_columns,
                                    &mapping.source_label));
    ARROW_RETURN_NOT_OK(resolve_end(edge.destination_table, edge.destination_key,
                                    edge.destination_columns, &mapping.destination_label));
    mapping.source_key = edge.source_key;
    mapping.destination_key = edge.destination_key;
    graph.relationships.push_back(std::move(mapping));
  }
  return graph;
}

}  // namespace sabot
