#pragma once

#include <memory>
#include <mutex>
#include <set>

#include "sabot/base/memory_budget.h"
#include "sabot/catalog/connectors.h"
#include "sabot/connectors/memory/memory.h"
#include "sabot/connectors/memory/sink.h"
#include "sabot/session/session.h"
#include "sabot/session/settings.h"

namespace sabot {

/// What a session's queries run on. Lives as long as any of them.
class SessionCore {
 public:
  std::shared_ptr<MemoryBudget> memory;  ///< the process's
  std::shared_ptr<MemoryStore> tables;
  std::shared_ptr<ConsumerRegistry> consumers;
  ConnectorSet connectors;
  Settings settings;

  /// Queries under way, so that a shutdown reaches them. Errors: ENGINE_CLOSED once it has.
  arrow::Status Enter(ResultStream* running);
  void Leave(ResultStream* running);
  /// Refuse what comes, cancel what runs.
  void Close();

 private:
  std::mutex mutex_;
  bool is_closed_ = false;           // guarded by mutex_
  std::set<ResultStream*> running_;  // guarded by mutex_
};

/// What a child of fork() answers for a query or stream of its parent: its threads are not here.
arrow::Status ForkedError(std::string_view what);

/// The one budget of the process.
std::shared_ptr<MemoryBudget> ProcessMemory();

/// A lazy query over an analyzed plan. statement: its text, for positions in errors.
arrow::Result<std::shared_ptr<const Query>> MakeLazyQuery(std::shared_ptr<SessionCore> core,
                                                          struct LogicalPlan plan,
                                                          syntax::RelationPtr relation,
                                                          std::string statement);
/// The rows a command gave. core: where they become a table if a query is built upon them; null for
/// a command without columns.
std::shared_ptr<const Query> MakeCommandResult(std::shared_ptr<SessionCore> core, Schema schema,
                                               std::vector<std::vector<TypedValue>> rows);

}  // namespace sabot
