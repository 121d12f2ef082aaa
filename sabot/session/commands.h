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
  WaitHook hook;  ///< while the command waits
  std::function<arrow::Result<std::shared_ptr<const Query>>(const syntax::RelationPtr&)> make_query;
  std::function<arrow::Result<std::shared_ptr<const Query>>(const syntax::StatementPtr&)> run;
};

/// Run a statement that is not a query, and return its rows: CREATE, DROP, SHOW, DESCRIBE, SET,
/// EXPLAIN, INSERT OVERWRITE DIRECTORY.
arrow::Result<std::shared_ptr<const Query>> RunCommand(const syntax::Statement& statement,
                                                       const CommandContext& context);

/// Of these, what writes files. The rows go into a hidden folder beside the target, which takes the
/// target's place once all are there: whatever fails leaves the target as it was. Errors:
/// FILE_ALREADY_EXISTS unless overwrite, UNSUPPORTED_OVERWRITE.PATH, FOLDER_NOT_WRITABLE; the
/// query's.
arrow::Result<std::shared_ptr<const Query>> RunWriteFiles(const syntax::WriteFiles& write,
                                                          Span span, const CommandContext& context);

}  // namespace sabot
