#pragma once

#include <condition_variable>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "sabot/server/connect_session.h"
#include "sabot/server/operation.h"
#include "sabot/server/rpc_error.h"

namespace sabot::server {

/// The service spark.connect.SparkConnectService over serialised messages: what stands behind the
/// network and the in-process channel alike. Thread-safe.
class Service {
 public:
  /// "/spark.connect.SparkConnectService/", which all its methods begin with.
  static constexpr std::string_view kPrefix = "/spark.connect.SparkConnectService/";
  /// Levels that messages may nest; protobuf's own limit of 100 refuses plans of 50 steps.
  static constexpr int kRecursionMax = 1024;
  static constexpr int kMessageBytesMax = 128 << 20;

  Service() = default;
  ~Service() { Shutdown(); }

  /// Answer one call; returns when it has ended. method: with or without kPrefix. requests: one,
  /// but for AddArtifacts.
  RpcStatus Call(std::string_view method, const std::vector<std::string>& requests, Client* client);

  /// Cancel all that runs and wait until it has stopped. Later calls fail.
  void Shutdown();

 private:
  using SessionPtr = std::shared_ptr<ConnectSession>;
  using SessionKey = std::pair<std::string, std::string>;  // user and session id

  /// The session a request names; made if there is none. Errors: INVALID_HANDLE.SESSION_CHANGED if
  /// the client knew another one by that name.
  template <typename Request>
  arrow::Result<SessionPtr> SessionOf(const Request& request);
  arrow::Result<SessionPtr> FindOrMakeSession(const SessionKey& key, const std::string& observed);
  void RemoveIdle();

  /// One RPC with one answer: parse, find the session, answer(session, request, response), send.
  template <typename Request, typename Response, typename Answer>
  RpcStatus Unary(const std::string& bytes, Client* client, Answer answer);

  RpcStatus ExecutePlan(const std::string& bytes, Client* client);
  RpcStatus ReattachExecute(const std::string& bytes, Client* client);
  RpcStatus ReleaseSession(const std::string& bytes, Client* client);
  RpcStatus AddArtifacts(const std::vector<std::string>& requests, Client* client);
  RpcStatus StreamOperation(const SessionPtr& session, const std::shared_ptr<Operation>& operation,
                            const std::string& after_response_id, Client* client);

  /// Errors of requests that belong to no session.
  ErrorLog errors_;
  std::mutex mutex_;
  std::condition_variable idle_;
  std::map<SessionKey, SessionPtr> sessions_;
  int num_running_ = 0;  ///< executions that have a thread
  bool is_shut_down_ = false;
};

}  // namespace sabot::server
