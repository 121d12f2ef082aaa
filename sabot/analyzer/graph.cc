#include <algorithm>
#include <map>
#include <optional>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "sabot/analyzer/binder.h"
#include "sabot/analyzer/pattern.h"
#include "sabot/base/error.h"

namespace sabot {

namespace {

using analyzer::EqualNames;

std::string Listed(const std::vector<std::string>& names) {
  return fmt::format("({})", fmt::join(names, ", "));
}

/// The types of columns of a table.
arrow::Result<std::vector<Type>> TypesOf(const std::string& table,
                                         const std::vector<std::string>& columns, Span span,
                                         const AnalyzerContext& context) {
  auto entry = context.catalog->Find(table);
  if (!entry.ok()) return WithSpan(entry.status(), span);
  const Schema schema = entry->schema();
  std::vector<Type> types;
  for (const std::string& column : columns) {
    const int index = schema.Find(column);
    if (index >= 0) {
      types.push_back(schema.columns[static_cast<size_t>(index)].type);
      continue;
    }
    std::vector<std::string> names;
    for (const TypeField& field : schema.columns) names.push_back(field.name);
    const auto nearest = NearestNames(column, names);
    return MakeError(
        "UNRESOLVED_COLUMN.WITHOUT_SUGGESTION", {{"objectName", analyzer::Quoted({table, column})}},
        span, nearest.empty() ? std::string() : fmt::format("did you mean `{}`?", nearest[0]));
  }
  return types;
}

/// A vertex table as edge tables see it.
struct Vertex {
  std::string label;
  std::vector<std::string> key;
  std::vector<Type> types;
};

/// One end of an edge table: does its key fit the key of the vertex table?
arrow::Status CheckEnd(const syntax::EdgeTable& edge, std::string_view end,
                       const std::string& vertex_name, const Vertex& vertex,
                       const std::vector<std::string>& key,
                       const std::vector<std::string>& referenced, const std::vector<Type>& types) {
  const auto mismatch = [&](std::string message, std::string hint) {
    return MakeError("GRAPH_KEY_MISMATCH",
                     {{"end", fmt::format("The {} KEY {}", end, Listed(key))},
                      {"table", edge.table.back()},
                      {"message", std::move(message)}},
                     edge.span, std::move(hint));
  };
  const bool names_key = std::ranges::equal(referenced, vertex.key, EqualNames);
  if (!referenced.empty() && !names_key) {
    return mismatch(fmt::format("{} {} is not the key of {}, which is {}", vertex_name,
                                Listed(referenced), vertex_name, Listed(vertex.key)),
                    fmt::format("REFERENCES {} {}", vertex_name, Listed(vertex.key)));
  }
  if (key.size() != vertex.key.size()) {
    return mismatch(fmt::format("the key of {} is {}", vertex_name, Listed(vertex.key)),
                    fmt::format("{} of its columns", vertex.key.size()));
  }
  for (size_t i = 0; i < key.size(); ++i) {
    if (analyzer::CommonKeyType(types[i], vertex.types[i]).has_value()) continue;
    return mismatch(fmt::format("`{}` is {}, but `{}` of {} is {}", key[i], types[i].ToSql(),
                                vertex.key[i], vertex_name, vertex.types[i].ToSql()),
                    "make the edge table a view that casts its column");
  }
  return arrow::Status::OK();
}

}  // namespace

arrow::Result<PropertyGraph> AnalyzeGraph(const syntax::CreatePropertyGraph& statement,
                                          const AnalyzerContext& context) {
  PropertyGraph graph;
  graph.name = statement.name;
  std::map<std::string, Vertex> vertices;  // by alias
  for (const syntax::VertexTable& vertex : statement.vertex_tables) {
    const std::string& table = vertex.table.back();
    const std::string alias = vertex.alias.empty() ? table : vertex.alias;
    const std::string label = vertex.label.empty() ? alias : vertex.label;
    if (vertex.key.empty()) {
      return MakeError(
          "MISSING_CLAUSE",
          {{"statement", fmt::format("the vertex table {}", table)}, {"clause", "KEY (column, …)"}},
          vertex.span);
    }
    ARROW_ASSIGN_OR_RAISE(std::vector<Type> types,
                          TypesOf(table, vertex.key, vertex.span, context));
    if (!vertices.emplace(alias, Vertex{label, vertex.key, std::move(types)}).second) {
      return MakeError("VARIABLE_ALREADY_BOUND", {{"name", alias}}, vertex.span);
    }
    if (std::ranges::count(graph.nodes, label, &NodeMapping::label) > 0) {
      return UnsupportedError(fmt::format("two vertex tables of the label {}", label),
                              "one vertex table over a view with UNION ALL", vertex.span);
    }
    graph.nodes.push_back({label, table, vertex.key});
  }
  for (const syntax::EdgeTable& edge : statement.edge_tables) {
    const std::string& table = edge.table.back();
    RelationshipMapping mapping;
    mapping.table = table;
    mapping.type = !edge.label.empty() ? edge.label : edge.alias.empty() ? table : edge.alias;
    const auto resolve_end =
        [&](std::string_view end, const std::string& vertex, const std::vector<std::string>& key,
            const std::vector<std::string>& referenced, std::string* label) -> arrow::Status {
      const auto found = vertices.find(vertex);
      if (found == vertices.end()) {
        return MakeError("TABLE_OR_VIEW_NOT_FOUND", {{"relationName", analyzer::Quoted({vertex})}},
                         edge.span, "edges refer to a table of VERTEX TABLES");
      }
      ARROW_ASSIGN_OR_RAISE(const std::vector<Type> types, TypesOf(table, key, edge.span, context));
      *label = found->second.label;
      return CheckEnd(edge, end, vertex, found->second, key, referenced, types);
    };
    ARROW_RETURN_NOT_OK(resolve_end("SOURCE", edge.source_table, edge.source_key,
                                    edge.source_columns, &mapping.source_label));
    ARROW_RETURN_NOT_OK(resolve_end("DESTINATION", edge.destination_table, edge.destination_key,
                                    edge.destination_columns, &mapping.destination_label));
    mapping.source_key = edge.source_key;
    mapping.destination_key = edge.destination_key;
    graph.relationships.push_back(std::move(mapping));
  }
  return graph;
}

}  // namespace sabot
