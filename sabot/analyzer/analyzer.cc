#include "sabot/analyzer/analyzer.h"

#include "sabot/analyzer/binder.h"

namespace sabot {

arrow::Result<LogicalPlan> Analyze(const syntax::RelationPtr& relation,
                                   const AnalyzerContext& context) {
  analyzer::Binder binder(context);
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

Schema ResolvedView::schema() const { return SchemaOf(plan_); }

Schema SchemaOf(const LogicalPtr& plan) {
  Schema schema;
  for (const OutputColumn& column : plan->output) {
    schema.columns.push_back({column.name, column.type, column.nullable});
  }
  return schema;
}

}  // namespace sabot
