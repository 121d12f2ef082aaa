#include "sabot/analyzer/analyzer.h"

#include <algorithm>
#include <cctype>
#include <set>

#include "sabot/analyzer/binder.h"
#include "sabot/analyzer/view.h"
#include "sabot/base/error.h"

namespace sabot {

namespace {

arrow::Result<LogicalPlan> AnalyzeWith(analyzer::Binder binder, const syntax::RelationPtr& relation,
                                       const AnalyzerContext& context) {
  ARROW_ASSIGN_OR_RAISE(analyzer::Relation resolved, binder.ResolveRelation(relation));
  // What * lists is what goes out, in its order: a join with USING has a hidden column more.
  bool as_it_is = resolved.scope.columns.size() == resolved.plan->output.size();
  for (size_t i = 0; as_it_is && i < resolved.scope.columns.size(); ++i) {
    const analyzer::ScopeColumn& column = resolved.scope.columns[i];
    as_it_is = !column.is_hidden && column.column.id == resolved.plan->output[i].id &&
               column.column.name == resolved.plan->output[i].name;
  }
  if (!as_it_is) {
    LogicalProject project;
    for (const analyzer::ScopeColumn& column : resolved.scope.columns) {
      if (!column.is_hidden)
        project.expressions.push_back({column.column, MakeColumn(column.column)});
    }
    resolved.plan = MakeLogical(std::move(project), {std::move(resolved.plan)});
  }
  return LogicalPlan{std::move(resolved.plan), context.settings};
}

}  // namespace

arrow::Result<LogicalPlan> Analyze(const syntax::RelationPtr& relation,
                                   const AnalyzerContext& context) {
  return AnalyzeWith(analyzer::Binder(context), relation, context);
}

arrow::Result<std::shared_ptr<const ViewBody>> AnalyzeView(const syntax::CreateView& statement,
                                                           const AnalyzerContext& context) {
  if (!statement.is_rebound) {
    syntax::RelationPtr query = statement.query;
    if (!statement.columns.empty()) {
      query = syntax::MakeRelation(syntax::SubqueryAlias{query, statement.name, statement.columns},
                                   query->span);
    }
    ARROW_ASSIGN_OR_RAISE(const LogicalPlan plan, Analyze(query, context));
    return std::make_shared<analyzer::PlanView>(plan.root);
  }
  analyzer::Binder binder(context);
  binder.DefineView(statement.name);
  ARROW_ASSIGN_OR_RAISE(const LogicalPlan plan,
                        AnalyzeWith(std::move(binder), statement.query, context));
  Schema schema = SchemaOf(plan.root);
  std::vector<std::string> query_columns;
  for (const TypeField& column : schema.columns) query_columns.push_back(column.name);
  if (!statement.columns.empty()) {
    if (statement.columns.size() != schema.size()) {
      return analyzer::AliasesMismatch(statement.name, statement.columns.size(), schema.size(),
                                       statement.query->span);
    }
    for (size_t i = 0; i < schema.size(); ++i) schema.columns[i].name = statement.columns[i];
  }
  ARROW_RETURN_NOT_OK(CheckDistinctNames(schema));
  return std::make_shared<analyzer::QueryView>(statement.query, std::move(query_columns),
                                               std::move(schema), context.parameters);
}

arrow::Status CheckDistinctNames(const Schema& schema) {
  std::set<std::string> seen;
  for (const TypeField& column : schema.columns) {
    std::string name = column.name;
    std::transform(name.begin(), name.end(), name.begin(),
                   [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    if (!seen.insert(std::move(name)).second) {
      return MakeError("COLUMN_ALREADY_EXISTS", {{"columnName", analyzer::Quoted({column.name})}});
    }
  }
  return arrow::Status::OK();
}

Schema SchemaOf(const LogicalPtr& plan) {
  Schema schema;
  for (const OutputColumn& column : plan->output) {
    schema.columns.push_back({column.name, column.type, column.nullable});
  }
  return schema;
}

}  // namespace sabot
