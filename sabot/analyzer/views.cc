#include <algorithm>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "sabot/analyzer/binder.h"
#include "sabot/analyzer/view.h"
#include "sabot/base/error.h"

namespace sabot::analyzer {
namespace {

/// An error inside of a view's query, at the place where the view is named: spans of the query
/// point into another text.
arrow::Status InView(const arrow::Status& status, const std::string& name, Span span) {
  const ErrorDetail* detail = GetErrorDetail(status);
  if (detail == nullptr) return status;
  return MakeError(detail->error_class().name, detail->parameters(), span,
                   fmt::format("in the view {}", Quoted({name})));
}

}  // namespace

void Binder::DefineView(const std::string& name) { views_.push_back(name); }

arrow::Status Binder::CheckRecursion(const std::string& name, Span span) const {
  const bool is_open = std::any_of(views_.begin(), views_.end(),
                                   [&](const auto& view) { return EqualNames(view, name); });
  if (!is_open) return arrow::Status::OK();
  return MakeError("RECURSIVE_VIEW",
                   {{"viewIdent", Quoted({name})},
                    {"newPath", fmt::format("{} -> {}", fmt::join(views_, " -> "), name)}},
                   span);
}

arrow::Result<Relation> Binder::BindView(const std::string& name, const QueryView& view,
                                         Span span) {
  views_.push_back(name);
  std::vector<std::map<std::string, syntax::RelationPtr>> commons;
  const std::map<std::string, TypedValue>* parameters = &view.parameters();
  std::swap(commons, commons_);
  std::swap(parameters, parameters_);
  auto resolved = ResolveRelation(view.query());
  std::swap(commons, commons_);
  std::swap(parameters, parameters_);
  views_.pop_back();
  if (!resolved.ok()) return InView(resolved.status(), name, span);
  wider_.erase(resolved->plan);

  // The k-th column of a name is the k-th one still: a query may have several of one name.
  const Schema schema = view.schema();
  std::vector<ScopeColumn> visible;
  for (const ScopeColumn& column : resolved->scope.columns) {
    if (!column.is_hidden) visible.push_back(column);
  }
  LogicalProject project;
  Scope scope;
  bool as_it_is = schema.size() == resolved->plan->output.size();
  for (size_t i = 0; i < schema.size(); ++i) {
    const std::string& wanted = view.query_columns()[i];
    const auto begin = view.query_columns().begin();
    auto left = std::count_if(begin, begin + static_cast<std::ptrdiff_t>(i),
                              [&](const auto& other) { return EqualNames(other, wanted); });
    const auto found = std::find_if(visible.begin(), visible.end(), [&](const ScopeColumn& column) {
      return EqualNames(column.column.name, wanted) && left-- == 0;
    });
    if (found == visible.end()) {
      return MakeError("INCOMPATIBLE_VIEW_SCHEMA_CHANGE",
                       {{"viewName", Quoted({name})}, {"colName", Quoted({wanted})}}, span,
                       "create the view again");
    }
    const TypeField& field = schema.columns[i];
    auto value = CastIfNeeded(MakeColumn(found->column), field.type);
    if (!value.ok()) return InView(value.status(), name, span);
    const auto* column = (*value)->As<ColumnRef>();
    OutputColumn output{column == nullptr ? NewId() : column->id, field.name, field.type,
                        (*value)->nullable};
    as_it_is = as_it_is && column != nullptr && resolved->plan->output[i].id == output.id &&
               resolved->plan->output[i].name == output.name;
    scope.columns.push_back({name, output});
    project.expressions.push_back({std::move(output), std::move(*value)});
  }
  if (as_it_is) return Relation{std::move(resolved->plan), std::move(scope)};
  return Relation{MakeLogical(std::move(project), {std::move(resolved->plan)}), std::move(scope)};
}

}  // namespace sabot::analyzer
