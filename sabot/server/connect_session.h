#pragma once

#include <chrono>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "arrow/result.h"

#include "sabot/frontend/spark/translate.h"
#include "sabot/server/config.h"
#include "sabot/server/operation.h"
#include "sabot/server/rpc_error.h"
#include "sabot/session/session.h"

namespace sabot::server {

/// One user's session of Spark Connect: a Sabot session and what the protocol keeps beside it.
/// Thread-safe.
class ConnectSession {
 public:
  ConnectSession(std::string id, std::shared_ptr<Session> session)
      : id_(std::move(id)), session_(std::move(session)), config_(session_) {}
  ~ConnectSession() { CancelAll(); }

  const std::string& id() const { return id_; }
  /// Constant for the life of this object, and no other's: how a client notices that its views are
  /// gone.
  const std::string& server_side_id() const { return server_side_id_; }
  Session& session() { return *session_; }
  SparkConfig& config() { return config_; }
  ErrorLog& errors() { return errors_; }

  // ---- plans
  /// What translations of this session's plans need. Errors that point into the plan's one SQL text
  /// carry it after Explained().
  spark::Surroundings MakeSurroundings();
  /// Translate and bind a relation.
  arrow::Result<std::shared_ptr<const Query>> Resolve(const ::spark::connect::Relation& relation);
  /// Translate a relation, put show()'s limit on it, and bind it.
  arrow::Result<std::shared_ptr<const Query>> ResolveLimited(
      const ::spark::connect::Relation& relation, int64_t num_rows);
  /// Run DataFrame.write, createOrReplaceTempView and their like.
  arrow::Status Run(const ::spark::connect::Command& command);

  // ---- operations
  /// Errors: INVALID_HANDLE.OPERATION_ALREADY_EXISTS.
  arrow::Status AddOperation(const std::shared_ptr<Operation>& operation);
  /// Null if there is none.
  std::shared_ptr<Operation> FindOperation(const std::string& id) const;
  /// Forget it; it is cancelled if it runs.
  std::shared_ptr<Operation> RemoveOperation(const std::string& id);
  std::vector<std::shared_ptr<Operation>> Operations() const;
  void CancelAll();
  /// Forget operations nobody asked about for so long.
  void RemoveIdleOperations(std::chrono::seconds limit);

  // ---- artifacts, by name: cache/<hash>
  /// Errors: UNSUPPORTED_FEATURE for names that are no cache/…; OUT_OF_MEMORY past 4 GiB in all.
  arrow::Status AddArtifact(const std::string& name, std::string bytes);
  bool HasArtifact(const std::string& name) const;

  void Touch();
  std::chrono::steady_clock::duration idle() const;

 private:
  /// Registered once a content: the same plan comes again with each action.
  arrow::Result<syntax::RelationPtr> LocalRows(const std::vector<std::string_view>& streams,
                                               const std::optional<Schema>& schema);
  arrow::Result<std::string> ReadArtifact(const std::string& name) const;

  const std::string id_;
  const std::string server_side_id_ = MakeUuid();
  const std::shared_ptr<Session> session_;
  SparkConfig config_;
  ErrorLog errors_;

  mutable std::mutex mutex_;
  std::map<std::string, std::shared_ptr<Operation>> operations_;
  std::map<std::string, std::string> artifacts_;
  size_t artifact_bytes_ = 0;
  std::map<std::pair<uint64_t, uint64_t>, syntax::RelationPtr> local_rows_;  // by two hashes
  std::chrono::steady_clock::time_point last_seen_ = std::chrono::steady_clock::now();
};

/// The error with the SQL text its span points into, if the plan holds one text.
arrow::Status WithTexts(const arrow::Status& status, const spark::PlanTexts& texts);

}  // namespace sabot::server
