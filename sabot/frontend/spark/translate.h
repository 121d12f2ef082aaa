#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "arrow/result.h"

#include "sabot/syntax/statement.h"

namespace spark::connect {
class Command;
class Expression_Literal;
class Relation;
}  // namespace spark::connect

/// Spark Connect's plans (protocol 4.2.0) as the unresolved tree. Nothing here knows a table, a
/// function or a session: what needs one is asked of the Surroundings.
///
/// Errors: UNSUPPORTED_FEATURE naming the DataFrame method for what Spark has and Sabot has not;
/// CONNECT_INVALID_PLAN.CANNOT_PARSE where a message lacks a part it must have; PLAN_TOO_DEEP past
/// syntax::kNestingMax; those of the Surroundings.
namespace sabot::spark {

/// What a translation needs from outside.
struct Surroundings {
  /// The text of spark.sql(): one query. Spans of the result point into the text.
  std::function<arrow::Result<syntax::RelationPtr>(std::string_view text)> parse_query;
  /// The text of expr(), and of filter("…").
  std::function<arrow::Result<syntax::ExpressionPtr>(std::string_view text)> parse_expression;
  /// The rows of createDataFrame(): Arrow IPC streams of one schema, one after another (none: no
  /// rows), with the schema they are declared to have (absent: Arrow's own).
  std::function<arrow::Result<syntax::RelationPtr>(const std::vector<std::string_view>& streams,
                                                   const std::optional<Schema>& schema)>
      local_rows;
  /// What the client uploaded under the name cache/<hash>.
  std::function<arrow::Result<std::string>(const std::string& hash)> cached_artifact;
};

/// What a plan carries besides its tree.
struct PlanTexts {
  /// Arguments of spark.sql(…, args={…}), by name.
  std::map<std::string, TypedValue> parameters;
  /// Each SQL text of the plan once. Spans are of use only if it is one.
  std::vector<std::string> statements;
};

arrow::Result<syntax::RelationPtr> ToRelation(const ::spark::connect::Relation& relation,
                                              const Surroundings& surroundings, PlanTexts* texts);

/// DataFrame.write and createOrReplaceTempView. Other commands are refused by name.
arrow::Result<syntax::StatementPtr> ToStatement(const ::spark::connect::Command& command,
                                                const Surroundings& surroundings, PlanTexts* texts);

arrow::Result<TypedValue> ToValue(const ::spark::connect::Expression_Literal& literal);

/// "a.`b.c`" as [a, b.c]: how Spark reads names of columns and tables. Errors: PARSE_SYNTAX_ERROR.
arrow::Result<std::vector<std::string>> ParseIdentifier(std::string_view text);

}  // namespace sabot::spark
