#include <algorithm>
#include <set>
#include <string>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "sabot/analyzer/binder.h"
#include "sabot/base/error.h"
#include "sabot/types/identifier.h"

namespace sabot::analyzer {
namespace {

bool IsUnresolved(const arrow::Status& status) {
  const ErrorDetail* detail = GetErrorDetail(status);
  if (detail == nullptr) return false;
  const std::string_view name = detail->error_class().name;
  return name.starts_with("UNRESOLVED_COLUMN.") || name == "CANNOT_RESOLVE_DATAFRAME_COLUMN";
}

}  // namespace

ColumnId Binder::OriginOf(ColumnId id) const {
  for (auto found = origins_.find(id); found != origins_.end(); found = origins_.find(id)) {
    id = found->second;
  }
  return id;
}

arrow::Result<FoundColumn> Binder::FindInFrame(const Scope& scope, const syntax::Name& name,
                                               Span span) const {
  std::optional<FoundColumn> nearest;
  int nearest_depth = 0;
  arrow::Status problem;
  const auto frames = frames_.find(*name.plan_id);
  if (frames != frames_.end()) {
    for (const Frame& frame : frames->second) {
      const auto own = FindColumn(frame.scope, name.parts, span);
      if (!own.ok()) problem = own.status();
      if (!own.ok() || !own->has_value()) continue;
      const ColumnId origin = OriginOf((*own)->column.id);
      const auto in_sight =
          std::find_if(scope.columns.begin(), scope.columns.end(),
                       [&](const ScopeColumn& seen) { return OriginOf(seen.column.id) == origin; });
      if (in_sight == scope.columns.end()) continue;
      // The scope's column: an outer join may have made it nullable.
      const FoundColumn found{in_sight->column, (*own)->parts_used};
      if (!nearest.has_value() || frame.depth < nearest_depth) {
        nearest = found;
        nearest_depth = frame.depth;
      } else if (frame.depth == nearest_depth && found.column.id != nearest->column.id) {
        return MakeError("AMBIGUOUS_COLUMN_REFERENCE", {{"name", Quoted(name.parts)}}, span,
                         "give each frame an alias and name the column by it: "
                         "df.alias(\"a\"), col(\"a.id\")");
      }
    }
  }
  if (nearest.has_value()) return *nearest;
  ARROW_RETURN_NOT_OK(problem);
  return MakeError("CANNOT_RESOLVE_DATAFRAME_COLUMN", {{"name", Quoted(name.parts)}}, span,
                   fmt::format("col(\"{}\") is the column of that name in the frame at hand",
                               fmt::join(name.parts, ".")));
}

Relation Binder::Projected(Relation relation, const Relation& input) {
  const auto* project = relation.plan->As<LogicalProject>();
  if (project == nullptr || relation.plan->input() != input.plan) return relation;
  const auto known = wider_.find(input.plan);
  const Relation& source = known == wider_.end() ? input : known->second;
  std::set<ColumnId> ids;
  std::set<std::string> names;
  for (const NamedExpression& named : project->expressions) ids.insert(named.column.id);
  for (const ScopeColumn& column : relation.scope.columns) {
    names.insert(ToLowerAscii(column.column.name));
  }
  LogicalProject wide = *project;
  Scope scope = relation.scope;
  for (const ScopeColumn& column : source.scope.columns) {
    ScopeColumn left_out = column;
    left_out.is_hidden = column.is_hidden || names.contains(ToLowerAscii(column.column.name));
    // `a.b` stays the field of the column a, whatever the table a had.
    if (names.contains(ToLowerAscii(column.qualifier))) left_out.qualifier.clear();
    if (ids.insert(column.column.id).second) {
      wide.expressions.push_back({column.column, MakeColumn(column.column)});
    } else if (left_out.is_hidden) {
      continue;  // nothing can tell it from the visible one
    }
    scope.columns.push_back(std::move(left_out));
  }
  if (scope.columns.size() == relation.scope.columns.size()) return relation;
  LogicalPtr plan = MakeLogical(std::move(wide), {source.plan});
  wider_.emplace(relation.plan, Relation{std::move(plan), std::move(scope)});
  return relation;
}

arrow::Result<Relation> Binder::WithLeftOut(const Relation& input, const Step& step) {
  arrow::Result<Relation> narrow = step(input);
  const auto known = wider_.find(input.plan);
  if (known == wider_.end() || !(narrow.ok() || IsUnresolved(narrow.status()))) return narrow;
  arrow::Result<Relation> wide = step(known->second);
  if (!wide.ok()) return narrow;
  if (!narrow.ok()) {
    LogicalProject project;
    Relation visible;
    for (const ScopeColumn& column : input.scope.columns) {
      const auto& output = wide->plan->output;
      if (std::ranges::find(output, column.column.id, &OutputColumn::id) == output.end()) continue;
      project.expressions.push_back({column.column, MakeColumn(column.column)});
      visible.scope.columns.push_back(column);
    }
    visible.plan = MakeLogical(std::move(project), {wide->plan});
    narrow = std::move(visible);
  }
  wider_.emplace(narrow->plan, *std::move(wide));
  return narrow;
}

arrow::Result<Relation> Binder::Bind(const syntax::Relation&, const syntax::WithColumns& with) {
  ARROW_ASSIGN_OR_RAISE(const Relation input, ResolveRelation(with.input));
  LogicalProject project;
  for (const ScopeColumn& column : input.scope.columns) {
    project.expressions.push_back({column.column, MakeColumn(column.column)});
  }
  for (const auto& [name, expression] : with.columns) {
    ARROW_ASSIGN_OR_RAISE(ExpressionPtr value,
                          Resolve(expression, {.columns = &input.scope, .is_select_list = true}));
    NamedExpression named{{NewId(), name, value->type, value->nullable}, value};
    bool replaced = false;
    for (NamedExpression& existing : project.expressions) {
      if (!EqualNames(existing.column.name, name)) continue;
      existing = named;
      replaced = true;
    }
    if (!replaced) project.expressions.push_back(std::move(named));
  }
  ARROW_ASSIGN_OR_RAISE(LogicalPtr rows, WithoutNullTimes(input.plan));
  LogicalPtr plan = MakeLogical(std::move(project), {std::move(rows)});
  Scope scope = Scope::Of(plan);
  return Projected({std::move(plan), std::move(scope)}, input);
}

arrow::Result<Relation> Binder::Bind(const syntax::Relation&,
                                     const syntax::WithColumnsRenamed& with) {
  ARROW_ASSIGN_OR_RAISE(const Relation input, ResolveRelation(with.input));
  LogicalProject project;
  Scope scope = input.scope;
  for (ScopeColumn& column : scope.columns) {
    const ExpressionPtr value = MakeColumn(column.column);
    for (const auto& [from, to] : with.renames) {
      if (EqualNames(column.column.name, from)) column.column.name = to;
    }
    project.expressions.push_back({column.column, value});
  }
  LogicalPtr plan = MakeLogical(std::move(project), {input.plan});
  return Projected({std::move(plan), std::move(scope)}, input);
}

arrow::Result<Relation> Binder::Bind(const syntax::Relation&, const syntax::Drop& drop) {
  ARROW_ASSIGN_OR_RAISE(const Relation input, ResolveRelation(drop.input));
  std::vector<ColumnId> dropped;
  for (const syntax::Name& reference : drop.references) {
    const auto found = FindInFrame(input.scope, reference, {});
    if (found.ok()) {
      dropped.push_back(found->column.id);
      continue;
    }
    if (!IsUnresolved(found.status())) return found.status();
  }
  LogicalProject project;
  Scope scope;
  for (const ScopeColumn& column : input.scope.columns) {
    const bool is_dropped =
        std::find(dropped.begin(), dropped.end(), column.column.id) != dropped.end() ||
        std::any_of(drop.columns.begin(), drop.columns.end(),
                    [&](const auto& name) { return EqualNames(column.column.name, name); });
    if (is_dropped) continue;
    project.expressions.push_back({column.column, MakeColumn(column.column)});
    scope.columns.push_back(column);
  }
  LogicalPtr plan = MakeLogical(std::move(project), {input.plan});
  return Projected({std::move(plan), std::move(scope)}, input);
}

arrow::Result<Relation> Binder::Bind(const syntax::Relation& relation,
                                     const syntax::Distinct& distinct) {
  ARROW_ASSIGN_OR_RAISE(Relation input, ResolveRelation(distinct.input));
  for (const std::string& key : distinct.keys) {
    const bool is_known =
        std::any_of(input.scope.columns.begin(), input.scope.columns.end(),
                    [&](const ScopeColumn& column) { return EqualNames(column.column.name, key); });
    if (!is_known) return UnresolvedColumn(input.scope, {key}, relation.span);
  }
  LogicalAggregate aggregate;
  LogicalProject in_order;
  Scope scope;
  for (const ScopeColumn& column : input.scope.columns) {
    const bool is_key =
        distinct.keys.empty() ||
        std::any_of(distinct.keys.begin(), distinct.keys.end(),
                    [&](const auto& key) { return EqualNames(column.column.name, key); });
    ScopeColumn output = column;
    if (is_key) {
      aggregate.keys.push_back({column.column, MakeColumn(column.column)});
    } else {
      // One row a key: any value of the others.
      ARROW_ASSIGN_OR_RAISE(
          const ResolvedAggregate any,
          context_.functions->ResolveAggregate("any_value", std::vector<Type>{column.column.type},
                                               context_.settings));
      output.column = {NewId(), column.column.name, any.result, any.nullable};
      origins_[output.column.id] = column.column.id;
      AggregateCall call;
      call.function = "any_value";
      call.arguments = {MakeColumn(column.column)};
      call.column = output.column;
      aggregate.aggregates.push_back(std::move(call));
    }
    in_order.expressions.push_back({output.column, MakeColumn(output.column)});
    scope.columns.push_back(std::move(output));
  }
  LogicalPtr plan = MakeLogical(std::move(aggregate), {std::move(input.plan)});
  if (!distinct.keys.empty()) plan = MakeLogical(std::move(in_order), {std::move(plan)});
  return Relation{std::move(plan), std::move(scope)};
}

}  // namespace sabot::analyzer
