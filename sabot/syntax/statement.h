#pragma once

#include <memory>
#include <string>
#include <variant>
#include <vector>

#include "sabot/syntax/relation.h"

namespace sabot::syntax {

struct Statement;
using StatementPtr = std::shared_ptr<const Statement>;

struct Query {
  RelationPtr relation;
};

/// CREATE [OR REPLACE] TEMPORARY VIEW name AS query | USING format OPTIONS (path '…').
struct CreateView {
  std::string name;
  bool replace = false;
  std::vector<std::string> columns;
  RelationPtr query;
  /// Of SQL's AS query: each use looks its names up anew. Else the view stays what it was when it
  /// was made.
  bool is_rebound = false;
};

struct CreatePropertyGraph {
  std::string name;
  bool replace = false;
  std::vector<VertexTable> vertex_tables;
  std::vector<EdgeTable> edge_tables;
};

enum class ObjectKind : uint8_t { kView, kTable, kGraph };

struct DropObject {
  ObjectKind kind = ObjectKind::kView;
  std::string name;
  bool if_exists = false;
};

enum class ShowKind : uint8_t { kTables, kViews, kFunctions, kGraphs, kColumns };

struct Show {
  ShowKind kind = ShowKind::kTables;
  std::string pattern;             ///< LIKE pattern with * and |; empty: all
  std::vector<std::string> table;  ///< of SHOW COLUMNS
};

/// DESCRIBE [TABLE] name | DESCRIBE FUNCTION name | DESCRIBE QUERY query.
struct Describe {
  std::vector<std::string> table;
  std::string function;
  RelationPtr query;
};

/// SET key = value; SET key; SET; RESET [key]; SET TIME ZONE 'zone'.
struct Set {
  std::string key;                   ///< empty: show all
  std::optional<std::string> value;  ///< absent: show it
  bool reset = false;
};

enum class ExplainMode : uint8_t { kSimple, kExtended, kAnalyze };

struct Explain {
  ExplainMode mode = ExplainMode::kSimple;
  StatementPtr statement;
};

/// INSERT OVERWRITE DIRECTORY 'path' USING format query, and df.write: files finished by a
/// manifest.
struct WriteFiles {
  std::string format;
  std::string path;
  Options options;
  bool overwrite = false;
  RelationPtr query;
};

struct Statement {
  std::variant<Query, CreateView, CreatePropertyGraph, DropObject, Show, Describe, Set, Explain,
               WriteFiles>
      node;
  Span span;

  template <typename Node>
  const Node* As() const {
    return std::get_if<Node>(&node);
  }
};

template <typename Node>
StatementPtr MakeStatement(Node node, Span span = {}) {
  return std::make_shared<const Statement>(Statement{std::move(node), span});
}

}  // namespace sabot::syntax
