#pragma once

#include <functional>
#include <memory>
#include <string>

#include "sabot/analyzer/analyzer.h"
#include "sabot/session/engine.h"
#include "sabot/syntax/statement.h"

namespace sabot {

/// What a command may touch.
struct CommandContext {
  std::shared_ptr<SessionCore> core;
  Catalog* catalog;
  AnalyzerContext analyzer;
  std::string text;
  std::function<arrow::Result<std::shared_ptr<const Query>>(const syntax::RelationPtr&)> make_query;
  std::function<arrow::Result<std::shared_ptr<const Query>>(const syntax::StatementPtr&)> run;
};

/// Run a statement that is not a query, and return its rows: CREATE, DROP, SHOW, DESCRIBE, SET,
/// EXPLAIN, INSERT OVERWRITE DIRECTORY.
arrow::Result<std::shared_ptr<const Query>> RunCommand(const syntax::Statement& statement,
                                                       const CommandContext& context);

}  // namespace sabot
