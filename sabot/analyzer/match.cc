#include <algorithm>
#include <map>
#include <set>

#include <fmt/format.h>

#include "sabot/analyzer/binder.h"
#include "sabot/analyzer/pattern.h"
#include "sabot/base/error.h"
#include "sabot/functions/resolve.h"

namespace sabot::analyzer {
namespace {

constexpr std::string_view kHiddenLabel = "  label";

OutputColumn ColumnOf(const std::vector<OutputColumn>& columns, const std::string& name) {
  const auto found = std::ranges::find_if(
      columns, [&](const OutputColumn& column) { return EqualNames(column.name, name); });
  return found == columns.end() ? OutputColumn{} : *found;
}

ExpressionPtr TextLiteral(const std::string& text) {
  return sabot::MakeLiteral(TypedValue::String(text), {});
}

/// The columns that a variable has in any of its tables. Errors: UNSUPPORTED_FEATURE if a name has
/// two types.
arrow::Result<std::vector<OutputColumn>> MergeColumns(
    const std::string& variable, const std::vector<std::vector<OutputColumn>>& tables, Span span) {
  std::vector<OutputColumn> merged;
  for (const auto& table : tables) {
    for (const OutputColumn& column : table) {
      const auto known = std::ranges::find_if(
          merged, [&](const OutputColumn& other) { return EqualNames(other.name, column.name); });
      if (known == merged.end()) {
        merged.push_back(column);
        continue;
      }
      const std::optional<Type> common = CommonKeyType(known->type, column.type);
      if (!common.has_value()) {
        return UnsupportedError(
            fmt::format("a variable {} over tables in which {} is {} and {}", variable, column.name,
                        known->type.ToSql(), column.type.ToSql()),
            "its label or type in the pattern: (n:Label), -[r:TYPE]->", span);
      }
      known->type = *common;
    }
  }
  for (OutputColumn& column : merged) column.nullable = true;
  return merged;
}

}  // namespace

std::optional<Type> CommonKeyType(const Type& left, const Type& right) {
  if (left == right || right.is_null()) return left;
  if (left.is_null()) return right;
  if (!left.is_numeric() || !right.is_numeric()) return std::nullopt;
  return LeastCommonType(left, right);
}

/// The tables of one reading, joined.
struct BoundPattern {
  LogicalPtr plan;
  std::vector<std::vector<OutputColumn>> nodes;          ///< the columns of each
  std::vector<std::vector<OutputColumn>> relationships;  ///< of a shortest path: the path
  std::vector<int> vertex_tables;  ///< of each node; -1: it comes from several
  /// Of each node and relationship the label or type.
  std::vector<ExpressionPtr> node_labels;
  std::vector<ExpressionPtr> relationship_types;
};

/// A table of the pattern with its keys: of a node the first, of a relationship source and
/// destination.
struct OpenedTable {
  Relation table;
  std::vector<OutputColumn> keys[2];
};

struct OpenedPattern {
  std::vector<OpenedTable> nodes;
  std::vector<OpenedTable> relationships;
  /// The types in which the keys of each vertex table are compared.
  std::map<int, std::vector<Type>> key_types;
};

namespace {

int VertexTableOf(const PropertyGraph& graph, const std::string& label) {
  const auto found = std::ranges::find(graph.nodes, label, &NodeMapping::label);
  return static_cast<int>(found - graph.nodes.begin());
}

const RelationshipMapping& EdgeTableAt(const PropertyGraph& graph, int table) {
  return graph.relationships[static_cast<size_t>(table)];
}

const NodeMapping& VertexTableAt(const PropertyGraph& graph, int table) {
  return graph.nodes[static_cast<size_t>(table)];
}

arrow::Result<std::vector<OutputColumn>> FindKey(const Relation& table,
                                                 const std::vector<std::string>& key, Span span) {
  std::vector<OutputColumn> columns;
  for (const std::string& name : key) {
    ARROW_ASSIGN_OR_RAISE(const auto column, FindColumn(table.scope, {name}, span));
    if (!column.has_value()) return UnresolvedColumn(table.scope, {name}, span);
    columns.push_back(column->column);
  }
  return columns;
}

/// Compare the key of a vertex table in types that these columns, too, can be cast to. A view may
/// have changed since CREATE PROPERTY GRAPH looked.
arrow::Status MeetKeyTypes(const NodeMapping& vertex, const std::vector<OutputColumn>& key,
                           std::vector<Type>* types, Span span) {
  for (size_t i = 0; i < key.size(); ++i) {
    if (i == types->size()) types->push_back(key[i].type);
    const auto common = CommonKeyType((*types)[i], key[i].type);
    if (!common.has_value()) {
      return MakeError(
          "GRAPH_KEY_MISMATCH",
          {{"end", fmt::format("The column `{}`", key[i].name)},
           {"table", vertex.table},
           {"message", fmt::format("{} is no {}", key[i].type.ToSql(), (*types)[i].ToSql())}},
          span);
    }
    (*types)[i] = *common;
  }
  return arrow::Status::OK();
}

GraphVariable VariableOf(GraphVariable::Kind kind, const std::string& name,
                         ExpressionPtr label = nullptr) {
  GraphVariable variable;
  variable.kind = kind;
  variable.name = name;
  variable.label = std::move(label);
  return variable;
}

/// The relationships and paths of a pattern become names.
void AddRelationships(const Pattern& pattern, const BoundPattern& bound, Scope* scope) {
  for (size_t i = 0; i < pattern.relationships.size(); ++i) {
    const PatternRelationship& relationship = pattern.relationships[i];
    if (relationship.is_shortest) {
      scope->columns.push_back({{}, bound.relationships[i][0], relationship.path.empty()});
      if (!relationship.path.empty())
        scope->variables.push_back(VariableOf(GraphVariable::Kind::kPath, relationship.path));
      continue;
    }
    for (const OutputColumn& column : bound.relationships[i])
      scope->columns.push_back({relationship.variable, column, !relationship.is_named, true});
    scope->variables.push_back(VariableOf(GraphVariable::Kind::kRelationship, relationship.variable,
                                          bound.relationship_types[i]));
  }
  for (const PatternPath& path : pattern.paths) {
    GraphVariable variable = VariableOf(GraphVariable::Kind::kPath, path.variable);
    for (const int node : path.nodes)
      variable.path_nodes.push_back(pattern.nodes[static_cast<size_t>(node)].variable);
    for (const int one : path.relationships) {
      variable.path_relationships.push_back(
          pattern.relationships[static_cast<size_t>(one)].variable);
    }
    scope->variables.push_back(std::move(variable));
  }
}

/// {name: value} as conditions.
void AddProperties(const std::string& variable, const syntax::PropertyMap& properties,
                   std::vector<syntax::ExpressionPtr>* conditions) {
  for (const auto& [key, value] : properties) {
    conditions->push_back(syntax::MakeCall(
        "=", {syntax::MakeExpression(syntax::Name{{variable, key}, {}}, value->span), value},
        value->span));
  }
}

}  // namespace

arrow::Result<Relation> Binder::OpenTable(const syntax::Relation& relation,
                                          const std::string& table) {
  // A view is written in SQL.
  is_cypher_ = false;
  auto opened = Bind(relation, syntax::Table{{table}});
  is_cypher_ = true;
  return opened;
}

arrow::Result<OpenedPattern> Binder::OpenTables(const syntax::Relation& relation,
                                                const Pattern& pattern, const PropertyGraph& graph,
                                                const Reading& reading) {
  OpenedPattern opened;
  for (size_t i = 0; i < pattern.nodes.size(); ++i) {
    const NodeMapping& mapping = VertexTableAt(graph, reading.nodes[i]);
    const Span span = pattern.nodes[i].span;
    OpenedTable& node = opened.nodes.emplace_back();
    ARROW_ASSIGN_OR_RAISE(node.table, OpenTable(relation, mapping.table));
    ARROW_ASSIGN_OR_RAISE(node.keys[0], FindKey(node.table, mapping.key, span));
    ARROW_RETURN_NOT_OK(
        MeetKeyTypes(mapping, node.keys[0], &opened.key_types[reading.nodes[i]], span));
  }
  for (size_t i = 0; i < pattern.relationships.size(); ++i) {
    const RelationshipMapping& mapping = EdgeTableAt(graph, reading.relationships[i]);
    const Span span = pattern.relationships[i].pattern->span;
    OpenedTable& edge = opened.relationships.emplace_back();
    ARROW_ASSIGN_OR_RAISE(edge.table, OpenTable(relation, mapping.table));
    for (size_t end = 0; end < 2; ++end) {
      const auto& key = end == 0 ? mapping.source_key : mapping.destination_key;
      const int vertex =
          VertexTableOf(graph, end == 0 ? mapping.source_label : mapping.destination_label);
      ARROW_ASSIGN_OR_RAISE(edge.keys[end], FindKey(edge.table, key, span));
      ARROW_RETURN_NOT_OK(MeetKeyTypes(VertexTableAt(graph, vertex), edge.keys[end],
                                       &opened.key_types[vertex], span));
    }
  }
  return opened;
}

arrow::Result<std::vector<ColumnId>> Binder::KeyAs(const std::vector<OutputColumn>& key,
                                                   const std::vector<Type>& types,
                                                   LogicalPtr* table) {
  std::vector<ColumnId> ids;
  LogicalProject project;
  for (const OutputColumn& column : (*table)->output)
    project.expressions.push_back({column, MakeColumn(column)});
  const size_t num_columns = project.expressions.size();
  for (size_t i = 0; i < key.size(); ++i) {
    OutputColumn column = key[i];
    if (column.type != types[i]) {
      ARROW_ASSIGN_OR_RAISE(ExpressionPtr cast, CastIfNeeded(MakeColumn(column), types[i]));
      column = {NewId(), column.name, types[i], cast->nullable};
      project.expressions.push_back({column, std::move(cast)});
    }
    ids.push_back(column.id);
  }
  if (project.expressions.size() > num_columns) *table = MakeLogical(std::move(project), {*table});
  return ids;
}

arrow::Result<BoundPattern> Binder::BindReading(const syntax::Relation& relation,
                                                const Pattern& pattern, const PropertyGraph& graph,
                                                const Reading& reading) {
  ARROW_ASSIGN_OR_RAISE(OpenedPattern opened, OpenTables(relation, pattern, graph, reading));
  LogicalMatch step;
  std::vector<LogicalPtr> inputs;
  BoundPattern bound;
  bound.vertex_tables = reading.nodes;
  for (size_t i = 0; i < opened.nodes.size(); ++i) {
    const int vertex = reading.nodes[i];
    LogicalPtr& table = opened.nodes[i].table.plan;
    MatchNode node;
    node.variable = pattern.nodes[i].variable;
    node.input = static_cast<int>(inputs.size());
    // Every variable reads its own scan, so the scan's columns are the variable's.
    node.columns = table->output;
    ARROW_ASSIGN_OR_RAISE(node.key,
                          KeyAs(opened.nodes[i].keys[0], opened.key_types[vertex], &table));
    bound.nodes.push_back(node.columns);
    bound.node_labels.push_back(TextLiteral(VertexTableAt(graph, vertex).label));
    inputs.push_back(std::move(table));
    step.nodes.push_back(std::move(node));
  }
  for (size_t i = 0; i < opened.relationships.size(); ++i) {
    const PatternRelationship& written = pattern.relationships[i];
    const RelationshipMapping& mapping = EdgeTableAt(graph, reading.relationships[i]);
    const int source = VertexTableOf(graph, mapping.source_label);
    const int destination = VertexTableOf(graph, mapping.destination_label);
    const auto& keys = opened.relationships[i].keys;
    LogicalPtr& table = opened.relationships[i].table.plan;
    MatchRelationship made;
    made.variable = written.variable;
    made.edge_table = reading.relationships[i];
    made.input = static_cast<int>(inputs.size());
    made.left = written.left;
    made.right = written.right;
    made.direction = reading.directions[i];
    made.columns = table->output;
    ARROW_ASSIGN_OR_RAISE(made.source_key, KeyAs(keys[0], opened.key_types[source], &table));
    ARROW_ASSIGN_OR_RAISE(made.destination_key,
                          KeyAs(keys[1], opened.key_types[destination], &table));
    if (written.is_shortest) {
      ARROW_ASSIGN_OR_RAISE(table,
                            BetweenNodes(relation, VertexTableAt(graph, source), std::move(table),
                                         {made.source_key[0], made.destination_key[0]}));
      made.is_shortest = true;
      const auto& length = written.pattern->length;
      made.max_hops = length.has_value() ? length->max.value_or(-1) : 1;
      made.path = {NewId(), written.path.empty() ? written.variable : written.path,
                   Type::Array(opened.key_types[source][0], false), false};
      bound.relationships.push_back({made.path});
    } else {
      bound.relationships.push_back(made.columns);
    }
    bound.relationship_types.push_back(TextLiteral(mapping.type));
    inputs.push_back(std::move(table));
    step.relationships.push_back(std::move(made));
  }
  bound.plan = MakeLogical(std::move(step), std::move(inputs));
  return bound;
}

arrow::Result<LogicalPtr> Binder::BetweenNodes(const syntax::Relation& relation,
                                               const NodeMapping& vertex, LogicalPtr edges,
                                               const std::vector<ColumnId>& ends) {
  for (const ColumnId end : ends) {
    const auto column = std::ranges::find(edges->output, end, &OutputColumn::id);
    ARROW_ASSIGN_OR_RAISE(Relation nodes, OpenTable(relation, vertex.table));
    ARROW_ASSIGN_OR_RAISE(const auto key, FindKey(nodes, vertex.key, relation.span));
    LogicalJoin join;
    join.kind = JoinKind::kSemi;
    join.left_keys.push_back(MakeColumn(*column));
    ARROW_ASSIGN_OR_RAISE(join.right_keys.emplace_back(),
                          CastIfNeeded(MakeColumn(key[0]), column->type));
    edges = MakeLogical(std::move(join), {std::move(edges), std::move(nodes.plan)});
  }
  return edges;
}

arrow::Result<BoundPattern> Binder::UniteReadings(const Pattern& pattern,
                                                  std::vector<BoundPattern> readings, Span span) {
  BoundPattern whole;
  // What goes out, and for each reading what it is there.
  std::vector<OutputColumn> columns;
  std::vector<std::vector<ExpressionPtr>> values(readings.size());
  const auto unite = [&](const std::string& variable, bool is_shown, size_t index, auto member,
                         auto labels) -> arrow::Status {
    std::vector<std::vector<OutputColumn>> tables;
    for (const BoundPattern& reading : readings) tables.push_back((reading.*member)[index]);
    std::vector<OutputColumn> merged;
    if (is_shown) {
      ARROW_ASSIGN_OR_RAISE(merged, MergeColumns(variable, tables, span));
    }
    for (OutputColumn& column : merged) {
      column.id = NewId();
      columns.push_back(column);
      for (size_t i = 0; i < readings.size(); ++i) {
        const OutputColumn own = ColumnOf(tables[i], column.name);
        ExpressionPtr value =
            own.id == 0 ? sabot::MakeLiteral(TypedValue::Null(), {}) : MakeColumn(own);
        ARROW_ASSIGN_OR_RAISE(values[i].emplace_back(),
                              CastIfNeeded(std::move(value), column.type));
      }
    }
    (whole.*member).push_back(std::move(merged));
    // The label is a constant where all readings agree.
    ExpressionPtr label = (readings[0].*labels)[index];
    const bool agree = std::ranges::all_of(readings, [&](const BoundPattern& reading) {
      return Equal((reading.*labels)[index], label);
    });
    if (is_shown && !agree) {
      const OutputColumn column{NewId(), std::string(kHiddenLabel), Type(TypeId::kString), false};
      columns.push_back(column);
      for (size_t i = 0; i < readings.size(); ++i)
        values[i].push_back((readings[i].*labels)[index]);
      label = MakeColumn(column);
    }
    (whole.*labels).push_back(std::move(label));
    return arrow::Status::OK();
  };
  for (size_t i = 0; i < pattern.nodes.size(); ++i) {
    ARROW_RETURN_NOT_OK(unite(pattern.nodes[i].variable, pattern.nodes[i].is_shown, i,
                              &BoundPattern::nodes, &BoundPattern::node_labels));
    const bool agree = std::ranges::all_of(readings, [&](const BoundPattern& reading) {
      return reading.vertex_tables[i] == readings[0].vertex_tables[i];
    });
    whole.vertex_tables.push_back(agree ? readings[0].vertex_tables[i] : -1);
  }
  for (size_t i = 0; i < pattern.relationships.size(); ++i) {
    const PatternRelationship& relationship = pattern.relationships[i];
    const bool is_shown = relationship.is_shown || relationship.is_shortest;
    ARROW_RETURN_NOT_OK(unite(relationship.variable, is_shown, i, &BoundPattern::relationships,
                              &BoundPattern::relationship_types));
  }
  LogicalUnion both;
  std::vector<LogicalPtr> inputs;
  for (size_t i = 0; i < readings.size(); ++i) {
    LogicalProject project;
    std::vector<ColumnId> ids;
    for (size_t column = 0; column < columns.size(); ++column) {
      OutputColumn own = columns[column];
      own.id = ids.emplace_back(NewId());
      own.nullable = values[i][column]->nullable;
      project.expressions.push_back({std::move(own), values[i][column]});
    }
    inputs.push_back(MakeLogical(std::move(project), {std::move(readings[i].plan)}));
    both.sources.push_back(std::move(ids));
  }
  both.columns = std::move(columns);
  whole.plan = MakeLogical(std::move(both), std::move(inputs));
  return whole;
}

arrow::Result<BoundPattern> Binder::BindImpossible(const syntax::Relation& relation,
                                                   const Pattern& pattern,
                                                   const PropertyGraph& graph) {
  BoundPattern bound;
  LogicalValues nothing;
  const auto columns_of = [&](const std::string& variable, bool is_shown,
                              const std::vector<std::string>& tables,
                              Span span) -> arrow::Result<std::vector<OutputColumn>> {
    if (!is_shown) return std::vector<OutputColumn>();
    std::vector<std::vector<OutputColumn>> all;
    for (const std::string& name : tables) {
      ARROW_ASSIGN_OR_RAISE(const Relation table, OpenTable(relation, name));
      all.push_back(table.plan->output);
    }
    ARROW_ASSIGN_OR_RAISE(auto merged, MergeColumns(variable, all, span));
    for (OutputColumn& column : merged) column.id = NewId();
    nothing.columns.insert(nothing.columns.end(), merged.begin(), merged.end());
    return merged;
  };
  for (const PatternNode& node : pattern.nodes) {
    std::vector<std::string> tables;
    for (const int table : node.mentioned)
      tables.push_back(graph.nodes[static_cast<size_t>(table)].table);
    ARROW_ASSIGN_OR_RAISE(bound.nodes.emplace_back(),
                          columns_of(node.variable, node.is_shown, tables, node.span));
    bound.node_labels.push_back(TextLiteral({}));
    bound.vertex_tables.push_back(node.mentioned.size() == 1 ? node.mentioned[0] : -1);
  }
  for (const PatternRelationship& relationship : pattern.relationships) {
    bound.relationship_types.push_back(TextLiteral({}));
    if (relationship.is_shortest) {
      const RelationshipMapping& mapping =
          graph.relationships[static_cast<size_t>(relationship.tables[0])];
      ARROW_ASSIGN_OR_RAISE(const Relation table, OpenTable(relation, mapping.table));
      ARROW_ASSIGN_OR_RAISE(const auto key,
                            FindKey(table, mapping.source_key, relationship.pattern->span));
      const OutputColumn path{NewId(),
                              relationship.path.empty() ? relationship.variable : relationship.path,
                              Type::Array(key[0].type, false), false};
      nothing.columns.push_back(path);
      bound.relationships.push_back({path});
      continue;
    }
    std::vector<std::string> tables;
    for (const int table : relationship.tables)
      tables.push_back(graph.relationships[static_cast<size_t>(table)].table);
    ARROW_ASSIGN_OR_RAISE(bound.relationships.emplace_back(),
                          columns_of(relationship.variable, relationship.is_shown, tables,
                                     relationship.pattern->span));
  }
  bound.plan = MakeLogical(std::move(nothing), {});
  return bound;
}

arrow::Result<BoundPattern> Binder::BindPattern(const syntax::Relation& relation,
                                                const Pattern& pattern,
                                                const PropertyGraph& graph) {
  ARROW_ASSIGN_OR_RAISE(const auto readings, ReadingsOf(pattern, graph, relation.span));
  if (readings.empty()) return BindImpossible(relation, pattern, graph);
  std::vector<BoundPattern> all;
  for (const Reading& reading : readings) {
    ARROW_ASSIGN_OR_RAISE(all.emplace_back(), BindReading(relation, pattern, graph, reading));
  }
  if (all.size() == 1) return std::move(all[0]);
  return UniteReadings(pattern, std::move(all), relation.span);
}

arrow::Status Binder::JoinNode(const GraphVariable& known, const GraphVariable& again,
                               LogicalJoin* join) {
  for (size_t part = 0; part < again.key.size(); ++part) {
    const auto common = CommonKeyType(known.key[part]->type, again.key[part]->type);
    if (!common.has_value()) return InternalError("a node whose key has two types");
    ARROW_ASSIGN_OR_RAISE(join->left_keys.emplace_back(), CastIfNeeded(known.key[part], *common));
    ARROW_ASSIGN_OR_RAISE(join->right_keys.emplace_back(), CastIfNeeded(again.key[part], *common));
  }
  return arrow::Status::OK();
}

arrow::Result<Relation> Binder::Bind(const syntax::Relation& relation, const syntax::Match& match) {
  Relation before;
  if (match.input != nullptr) {
    ARROW_ASSIGN_OR_RAISE(before, ResolveRelation(match.input));
  }
  ARROW_ASSIGN_OR_RAISE(const PropertyGraph graph, context_.catalog->FindGraph(match.graph));
  ARROW_ASSIGN_OR_RAISE(Pattern pattern, CollectPattern(match, graph));
  ARROW_RETURN_NOT_OK(KeepBoundNodes(before.scope, &pattern));
  ARROW_ASSIGN_OR_RAISE(const BoundPattern bound, BindPattern(relation, pattern, graph));

  Relation result{bound.plan, std::move(before.scope)};
  Scope& scope = result.scope;
  scope.is_cypher = true;
  LogicalJoin join;
  std::vector<syntax::ExpressionPtr> conditions;
  for (size_t i = 0; i < pattern.nodes.size(); ++i) {
    const PatternNode& node = pattern.nodes[i];
    AddProperties(node.variable, node.properties, &conditions);
    GraphVariable variable =
        VariableOf(GraphVariable::Kind::kNode, node.variable, bound.node_labels[i]);
    if (node.is_shown && bound.vertex_tables[i] >= 0) {
      variable.vertex_table = bound.vertex_tables[i];
      for (const std::string& name : VertexTableAt(graph, variable.vertex_table).key)
        variable.key.push_back(MakeColumn(ColumnOf(bound.nodes[i], name)));
    }
    if (const GraphVariable* known = scope.FindVariable(node.variable)) {
      // The node of an earlier clause: the same row of its table.
      ARROW_RETURN_NOT_OK(JoinNode(*known, variable, &join));
      continue;
    }
    for (const OutputColumn& column : bound.nodes[i])
      scope.columns.push_back({node.variable, column, !node.is_named, true});
    scope.variables.push_back(std::move(variable));
  }
  AddRelationships(pattern, bound, &scope);
  for (const PatternRelationship& relationship : pattern.relationships)
    AddProperties(relationship.variable, relationship.pattern->properties, &conditions);
  if (before.plan != nullptr)
    result.plan = MakeLogical(std::move(join), {std::move(before.plan), std::move(result.plan)});
  if (match.where != nullptr) conditions.push_back(match.where);
  // Property maps of anonymous patterns name hidden columns; a filter may see them.
  for (const syntax::ExpressionPtr& condition : conditions) {
    ARROW_ASSIGN_OR_RAISE(ExpressionPtr resolved, ResolveCondition(condition, {.columns = &scope}));
    result.plan = MakeLogical(LogicalFilter{std::move(resolved)}, {std::move(result.plan)});
  }
  return result;
}

arrow::Status Binder::KeepBoundNodes(const Scope& before, Pattern* pattern) const {
  if (before.columns.empty() && before.variables.empty()) return arrow::Status::OK();
  const auto is_taken = [&](const std::string& name) {
    return before.FindVariable(name) != nullptr ||
           std::ranges::any_of(before.columns, [&](const ScopeColumn& column) {
             return column.qualifier.empty() && column.column.name == name;
           });
  };
  for (PatternNode& node : pattern->nodes) {
    if (!node.is_named) {
      // Names of anonymous nodes count anew in every MATCH.
      node.variable += fmt::format(" of {}", before.variables.size());
      continue;
    }
    if (!is_taken(node.variable)) continue;
    const GraphVariable* known = before.FindVariable(node.variable);
    if (known == nullptr || known->vertex_table < 0) {
      return UnsupportedError(
          fmt::format("{} of an earlier clause in a second MATCH", node.variable),
          "a node that has one label in the first: (n:Label)", node.span);
    }
    std::erase_if(node.tables, [&](int table) { return table != known->vertex_table; });
  }
  for (PatternRelationship& relationship : pattern->relationships) {
    if (!relationship.is_named) {
      relationship.variable += fmt::format(" of {}", before.variables.size());
    } else if (is_taken(relationship.variable)) {
      return MakeError("VARIABLE_ALREADY_BOUND", {{"name", relationship.variable}},
                       relationship.pattern->span);
    }
    if (!relationship.path.empty() && is_taken(relationship.path)) {
      return MakeError("VARIABLE_ALREADY_BOUND", {{"name", relationship.path}},
                       relationship.pattern->span);
    }
  }
  for (const PatternPath& path : pattern->paths) {
    if (is_taken(path.variable))
      return MakeError("VARIABLE_ALREADY_BOUND", {{"name", path.variable}});
  }
  return arrow::Status::OK();
}

}  // namespace sabot::analyzer
