#pragma once

#include <map>
#include <string>

#include "sabot/catalog/catalog.h"
#include "sabot/catalog/connectors.h"
#include "sabot/functions/registry.h"
#include "sabot/plan/logical/plan.h"
#include "sabot/syntax/relation.h"
#include "sabot/syntax/statement.h"

namespace sabot {

/// What a statement may refer to.
struct AnalyzerContext {
  const Catalog* catalog = nullptr;
  const ConnectorSet* connectors = nullptr;
  const FunctionRegistry* functions = nullptr;
  Env env;
  EvaluationSettings settings;
  std::map<std::string, TypedValue> parameters;  ///< of $name and :name
};

/// Resolve a query: names, overloads, types and coercions; the only place where that happens, for
/// every front end. Errors: the analysis classes of error_classes.cc, each with the position of
/// what is wrong.
arrow::Result<LogicalPlan> Analyze(const syntax::RelationPtr& relation,
                                   const AnalyzerContext& context);

/// Resolve CREATE VIEW: the body for the catalog. Errors: those of its query, RECURSIVE_VIEW if it
/// would read itself, COLUMN_ALREADY_EXISTS.
arrow::Result<std::shared_ptr<const ViewBody>> AnalyzeView(const syntax::CreateView& statement,
                                                           const AnalyzerContext& context);

/// Errors: COLUMN_ALREADY_EXISTS, for what needs columns of different names: views and files.
arrow::Status CheckDistinctNames(const Schema& schema);

/// Resolve CREATE PROPERTY GRAPH: the tables exist, have the keys, and edges refer to declared
/// vertex tables.
arrow::Result<PropertyGraph> AnalyzeGraph(const syntax::CreatePropertyGraph& statement,
                                          const AnalyzerContext& context);

/// The schema a plan's rows have.
Schema SchemaOf(const LogicalPtr& plan);

}  // namespace sabot
