#pragma once

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "sabot/analyzer/analyzer.h"

namespace sabot::analyzer {

/// A view that stays what it was when it was made: of a DataFrame, of files.
class PlanView final : public ViewBody {
 public:
  explicit PlanView(LogicalPtr plan) : plan_(std::move(plan)) {}
  const LogicalPtr& plan() const { return plan_; }
  Schema schema() const override { return SchemaOf(plan_); }

 private:
  LogicalPtr plan_;
};

/// A view of SQL: its query, whose names are looked up at each use. Names and types of its columns
/// are those of its making, as in Spark.
class QueryView final : public ViewBody {
 public:
  QueryView(syntax::RelationPtr query, std::vector<std::string> query_columns, Schema schema,
            std::map<std::string, TypedValue> parameters)
      : query_(std::move(query)),
        query_columns_(std::move(query_columns)),
        schema_(std::move(schema)),
        parameters_(std::move(parameters)) {}

  const syntax::RelationPtr& query() const { return query_; }
  /// The query's own names of the columns, by which they are found again.
  const std::vector<std::string>& query_columns() const { return query_columns_; }
  Schema schema() const override { return schema_; }
  /// Of the statement that made it.
  const std::map<std::string, TypedValue>& parameters() const { return parameters_; }

 private:
  syntax::RelationPtr query_;
  std::vector<std::string> query_columns_;
  Schema schema_;
  std::map<std::string, TypedValue> parameters_;
};

}  // namespace sabot::analyzer
