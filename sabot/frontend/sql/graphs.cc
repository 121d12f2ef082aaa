#include "sabot/base/error.h"
#include "sabot/frontend/sql/grammar.h"

// CREATE PROPERTY GRAPH. Source: ISO/IEC 9075-16 (SQL/PGQ), property graph definition.
namespace sabot::sql {

arrow::Result<syntax::StatementPtr> Grammar::ParseCreateGraph(bool replace, size_t begin) {
  syntax::CreatePropertyGraph graph;
  graph.replace = replace;
  if (Is("IF") && Is("NOT", 1)) {
    return Unsupported("CREATE PROPERTY GRAPH IF NOT EXISTS", "CREATE OR REPLACE PROPERTY GRAPH");
  }
  ARROW_ASSIGN_OR_RAISE(graph.name, ParseIdentifier("the graph's name"));
  if (!IsAnyOf({"VERTEX", "NODE"})) return SyntaxError({}, "VERTEX TABLES");
  Take();
  ARROW_RETURN_NOT_OK(Expect("TABLES"));
  ARROW_RETURN_NOT_OK(Expect("("));
  do {
    ARROW_ASSIGN_OR_RAISE(syntax::VertexTable table, ParseVertexTable());
    graph.vertex_tables.push_back(std::move(table));
  } while (Accept(","));
  ARROW_RETURN_NOT_OK(Expect(")"));
  if (IsAnyOf({"EDGE", "RELATIONSHIP"})) {
    Take();
    ARROW_RETURN_NOT_OK(Expect("TABLES"));
    ARROW_RETURN_NOT_OK(Expect("("));
    do {
      ARROW_ASSIGN_OR_RAISE(syntax::EdgeTable table, ParseEdgeTable());
      graph.edge_tables.push_back(std::move(table));
    } while (Accept(","));
    ARROW_RETURN_NOT_OK(Expect(")"));
  }
  return MakeStatement(std::move(graph), begin);
}

arrow::Result<syntax::VertexTable> Grammar::ParseVertexTable() {
  const size_t begin = at_;
  syntax::VertexTable vertex;
  ARROW_ASSIGN_OR_RAISE(vertex.table, ParseQualifiedName("a table"));
  if (Accept("AS")) {
    ARROW_ASSIGN_OR_RAISE(vertex.alias, ParseIdentifier("an alias"));
  }
  if (!Is("KEY")) return SyntaxError("a vertex is known by its key: KEY (column)", "KEY");
  Take();
  ARROW_ASSIGN_OR_RAISE(vertex.key, ParseNameList());
  ARROW_RETURN_NOT_OK(ParseLabel(&vertex.label));
  vertex.span = SpanFrom(begin);
  return vertex;
}

arrow::Result<syntax::EdgeTable> Grammar::ParseEdgeTable() {
  const size_t begin = at_;
  syntax::EdgeTable edge;
  ARROW_ASSIGN_OR_RAISE(edge.table, ParseQualifiedName("a table"));
  if (Accept("AS")) {
    ARROW_ASSIGN_OR_RAISE(edge.alias, ParseIdentifier("an alias"));
  }
  if (Accept("KEY")) {
    ARROW_ASSIGN_OR_RAISE(edge.key, ParseNameList());
  }
  ARROW_RETURN_NOT_OK(Expect("SOURCE"));
  ARROW_RETURN_NOT_OK(ParseEdgeEnd(&edge.source_key, &edge.source_table, &edge.source_columns));
  ARROW_RETURN_NOT_OK(Expect("DESTINATION"));
  ARROW_RETURN_NOT_OK(
      ParseEdgeEnd(&edge.destination_key, &edge.destination_table, &edge.destination_columns));
  ARROW_RETURN_NOT_OK(ParseLabel(&edge.label));
  edge.span = SpanFrom(begin);
  return edge;
}

/// KEY (a) REFERENCES t [(k)]
arrow::Status Grammar::ParseEdgeEnd(Names* key, std::string* table, Names* columns) {
  if (IsName() && !Is("KEY")) {
    return Unsupported("an end of an edge without KEY",
                       "KEY (column) REFERENCES " + std::string(Peek().text) + " (column)");
  }
  ARROW_RETURN_NOT_OK(Expect("KEY"));
  ARROW_ASSIGN_OR_RAISE(*key, ParseNameList());
  ARROW_RETURN_NOT_OK(Expect("REFERENCES"));
  ARROW_ASSIGN_OR_RAISE(*table, ParseIdentifier("a vertex table"));
  if (Is("(")) {
    ARROW_ASSIGN_OR_RAISE(*columns, ParseNameList());
  }
  return Status::OK();
}

arrow::Status Grammar::ParseLabel(std::string* label) {
  if (Accept("LABEL")) {
    ARROW_ASSIGN_OR_RAISE(*label, ParseIdentifier("a label"));
  }
  if (Is("LABEL")) return Unsupported("a second LABEL", "one label a table");
  if (Is("NO") && Is("PROPERTIES", 1)) {
    return Unsupported("NO PROPERTIES", "all columns are properties: leave it out");
  }
  if (Accept("PROPERTIES")) {
    if (!Accept("ARE") && Is("(")) {
      return Unsupported("a list of PROPERTIES", "a view with those columns as the table");
    }
    ARROW_RETURN_NOT_OK(Expect("ALL"));
    ARROW_RETURN_NOT_OK(Expect("COLUMNS"));
  }
  return Status::OK();
}

}  // namespace sabot::sql
