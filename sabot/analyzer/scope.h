#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "sabot/plan/logical/plan.h"
#include "sabot/syntax/expression.h"

namespace sabot::analyzer {

/// A column that names can find.
struct ScopeColumn {
  std::string qualifier;  ///< table alias, graph variable; empty: none
  OutputColumn column;
  bool is_hidden = false;    ///< not in *: the second column of USING
  bool is_property = false;  ///< of the graph variable `qualifier`, which may be named as a whole
};

/// What Cypher knows of a variable of a pattern beside its columns.
struct GraphVariable {
  enum class Kind : uint8_t { kNode, kRelationship, kPath };
  Kind kind = Kind::kNode;
  std::string name;  ///< begins with a blank: the variable is anonymous
  /// Of a node its label, of a relationship its type: a STRING, constant or by row.
  ExpressionPtr label;
  /// Of a node that is known to come from one vertex table: which, by its place in the graph, and
  /// its key.
  int vertex_table = -1;
  std::vector<ExpressionPtr> key;
  /// Of a path of fixed length: the variables of its nodes and relationships.
  std::vector<std::string> path_nodes;
  std::vector<std::string> path_relationships;
};

/// The columns in sight, in the order * lists them.
struct Scope {
  std::vector<ScopeColumn> columns;
  /// Names are Cypher's: variables are told apart by case, and a property has no name without its
  /// variable.
  bool is_cypher = false;
  std::vector<GraphVariable> variables;

  static Scope Of(const LogicalPtr& plan, const std::string& qualifier = {});
  /// Null: no variable of a pattern has that name.
  const GraphVariable* FindVariable(std::string_view name) const;
  /// Are both the same column or variable, as this scope compares names?
  bool IsSameName(std::string_view left, std::string_view right) const;
  std::vector<std::string> Names() const;
};

/// A plan with the names that see its columns.
struct Relation {
  LogicalPtr plan;
  Scope scope;
};

/// What a name found: a column, and parts of the name left to be taken as struct fields.
struct FoundColumn {
  OutputColumn column;
  size_t parts_used = 0;
};

/// Find a, t.a or t.a.field. Absent: no such column. Errors: AMBIGUOUS_REFERENCE.
arrow::Result<std::optional<FoundColumn>> FindColumn(const Scope& scope,
                                                     const std::vector<std::string>& parts,
                                                     Span span);

/// UNRESOLVED_COLUMN with the nearest names of the scope.
arrow::Status UnresolvedColumn(const Scope& scope, const std::vector<std::string>& parts,
                               Span span);

/// t(a, b) over a relation of another number of columns.
arrow::Status AliasesMismatch(const std::string& name, size_t num_names, size_t num_columns,
                              Span span);

/// `t`.`a`, as messages show names.
std::string Quoted(const std::vector<std::string>& parts);
bool EqualNames(std::string_view left, std::string_view right);  ///< without regard to case

/// The name Spark gives a column without alias: "count(1)", "(a + 1)", "CAST(a AS INT)".
std::string NameOf(const syntax::ExpressionPtr& expression);

}  // namespace sabot::analyzer
