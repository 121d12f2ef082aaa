#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "arrow/result.h"
#include "arrow/type_fwd.h"

#include "sabot/syntax/statement.h"
#include "sabot/types/schema.h"
#include "sabot/vector/batch.h"

namespace sabot {

using Parameters = std::map<std::string, TypedValue>;

/// Polled while a result is waited for, about every 20 ms; an error cancels the query: how Ctrl-C
/// gets through.
using WaitHook = std::function<arrow::Status()>;

/// Rows of a result as they come. One reader.
class ResultStream {
 public:
  virtual ~ResultStream() = default;
  virtual const Schema& schema() const = 0;
  /// The next batch, without selection and weights; none at the end. Errors: those of the data;
  /// OPERATION_CANCELED.
  virtual arrow::Result<std::optional<Batch>> Next(const WaitHook& hook = nullptr) = 0;
  /// The same as an Arrow record batch; null at the end.
  virtual arrow::Result<std::shared_ptr<arrow::RecordBatch>> NextArrow(
      const WaitHook& hook = nullptr) = 0;
  /// From any thread; the query stops within 50 ms.
  virtual void Cancel() = 0;
  /// Rows read from sources so far, and morsels done of those there are.
  virtual int64_t rows_read() const = 0;
  virtual std::pair<int64_t, int64_t> morsels() const = 0;
};

enum class ExplainKind : uint8_t { kLogical, kOptimized, kPhysical, kAll, kAnalyze };

/// A statement that was understood: a lazy query, which runs once per Execute and reads the tables
/// as they are then; or the rows a command gave when it ran. Immutable, shared between threads.
class Query {
 public:
  virtual ~Query() = default;
  virtual const Schema& schema() const = 0;
  /// False: the rows of a command that has run.
  virtual bool is_lazy() const = 0;
  /// kAnalyze runs the query and shows rows and times beside each step.
  virtual arrow::Result<std::string> Explain(ExplainKind kind,
                                             const WaitHook& hook = nullptr) const = 0;
  virtual arrow::Result<std::unique_ptr<ResultStream>> Execute() const = 0;
  /// The unresolved tree, to build upon. Of a command a table of its rows, which the session keeps
  /// from the first call on; null if it has no columns.
  virtual syntax::RelationPtr relation() const = 0;
  /// Equal optimized logical and physical plans: how "one plan for every front end" is tested.
  virtual bool HasSamePlan(const Query& other) const = 0;
};

struct StreamRequest;
class StreamRun;

/// An option of a session: SET key = value, spark.conf.set, Sabot(config={…}).
struct SessionOption {
  std::string key;
  std::string value;
  std::string description;
};

/// The public door: one user's names, options and statements. Thread-safe. Sessions share the
/// process's worker threads and memory budget.
class Session {
 public:
  /// options: as SET takes them. Errors: CONFIG_NOT_FOUND, CONFIG_INVALID.
  static arrow::Result<std::shared_ptr<Session>> Make(
      const std::map<std::string, std::string>& options = {});
  virtual ~Session() = default;

  /// Understand one SQL statement. A query is lazy; a command (CREATE, DROP, SET, …) has run when
  /// this returns.  hook: for commands that wait.
  virtual arrow::Result<std::shared_ptr<const Query>> Sql(std::string_view text,
                                                          const Parameters& parameters = {},
                                                          const WaitHook& hook = nullptr) = 0;
  /// graph empty: the only one there is.
  virtual arrow::Result<std::shared_ptr<const Query>> Cypher(std::string_view text,
                                                             std::string_view graph = {},
                                                             const Parameters& parameters = {}) = 0;
  /// A tree of the fluent API or of Spark Connect. statement: the text its spans point into, if
  /// any.
  virtual arrow::Result<std::shared_ptr<const Query>> Resolve(
      const syntax::RelationPtr& relation, const Parameters& parameters = {}) = 0;
  /// Any statement of such a tree.
  virtual arrow::Result<std::shared_ptr<const Query>> Run(const syntax::StatementPtr& statement,
                                                          const Parameters& parameters = {},
                                                          const WaitHook& hook = nullptr) = 0;

  /// Make a table in memory of an Arrow stream, read to its end now, zero-copy where layouts allow.
  /// name empty: anonymous. Returns the relation that reads it. Errors:
  /// TABLE_OR_VIEW_ALREADY_EXISTS unless replace; UNSUPPORTED_DATATYPE.
  virtual arrow::Result<syntax::RelationPtr> RegisterArrow(const std::string& name,
                                                           arrow::RecordBatchReader& reader,
                                                           bool replace = true) = 0;
  /// Register a query under a name: createOrReplaceTempView.
  virtual arrow::Status CreateView(const std::string& name, const syntax::RelationPtr& relation,
                                   bool replace) = 0;
  virtual bool DropView(const std::string& name) = 0;
  virtual bool HasTable(const std::string& name) const = 0;

  /// Start a stream (stream.h). Errors: those of analysing it; STREAM_UNSUPPORTED; of its source,
  /// sink and checkpoint.
  virtual arrow::Result<std::unique_ptr<StreamRun>> StartStream(const StreamRequest& request) = 0;
  /// The rows a stream has put into memory under this name, as a relation.
  virtual syntax::RelationPtr StreamTable(const std::string& name) const = 0;
  /// Have `consumer` called with each committed epoch's rows of a stream whose sink is "callback";
  /// returns the sink's path.
  using BatchConsumer =
      std::function<arrow::Status(uint64_t epoch, std::shared_ptr<arrow::Table> rows)>;
  virtual std::string AddConsumer(const Schema& schema, BatchConsumer consumer) = 0;

  /// Options. Errors: CONFIG_NOT_FOUND with the nearest key, CONFIG_INVALID.
  virtual arrow::Status SetOption(const std::string& key, const std::string& value) = 0;
  virtual arrow::Result<std::string> GetOption(const std::string& key) const = 0;
  virtual arrow::Status ResetOption(const std::string& key) = 0;
  virtual std::vector<SessionOption> Options() const = 0;

  /// Cancel everything that runs; every later call is ENGINE_CLOSED. Idempotent.
  virtual void Shutdown() = 0;
  virtual bool is_shut_down() const = 0;
};

/// The result as text: boxed, with names, types and at most max_rows rows.
arrow::Result<std::string> RenderTable(ResultStream& result, int64_t max_rows,
                                       const WaitHook& hook = nullptr);

}  // namespace sabot
