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

/// The columns in sight, in the order * lists them.
struct Scope {
  std::vector<ScopeColumn> columns;

  static Scope Of(const LogicalPtr& plan, const std::string& qualifier = {});
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

/// `t`.`a`, as messages show names.
std::string Quoted(const std::vector<std::string>& parts);
bool EqualNames(std::string_view left, std::string_view right);  ///< without regard to case

/// The name Spark gives a column without alias: "count(1)", "(a + 1)", "CAST(a AS INT)".
std::string NameOf(const syntax::ExpressionPtr& expression);

}  // namespace sabot::analyzer
