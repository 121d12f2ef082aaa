#pragma once

#include <deque>
#include <map>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "arrow/status.h"

namespace spark::connect {
class FetchErrorDetailsResponse;
}

namespace sabot::server {

/// How an RPC ends: gRPC's code and message, and the bytes of google.rpc.Status for the trailer
/// grpc-status-details-bin.
struct RpcStatus {
  int code = 0;  ///< 0: OK; as grpc::StatusCode
  std::string message;
  std::string details;

  bool ok() const { return code == 0; }
};

inline constexpr int kCancelledCode = 1;
inline constexpr int kUnimplementedCode = 12;
inline constexpr int kInternalCode = 13;

/// A plain status without Spark's details.
RpcStatus MakeRpcStatus(int code, std::string message);

/// An error as Spark's clients take it: ErrorInfo with the names of Spark's exception classes (most
/// specific first), error class, SQLSTATE and parameters.
RpcStatus ToRpcStatus(const arrow::Status& status, const std::string& error_id);

/// The names of Spark's exception classes an error stands for, most specific first.
std::vector<std::string> ExceptionClasses(const arrow::Status& status);

/// The last errors of a session, for FetchErrorDetails. Thread-safe.
class ErrorLog {
 public:
  /// Keep the error under an id and make its RPC status.
  RpcStatus Add(const arrow::Status& status);
  /// Message, parameters and query context of a kept error; nothing if it is not kept.
  void Fetch(const std::string& error_id,
             ::spark::connect::FetchErrorDetailsResponse* response) const;

 private:
  static constexpr size_t kErrorsMax = 128;
  mutable std::mutex mutex_;
  std::deque<std::pair<std::string, arrow::Status>> errors_;  // oldest first; guarded by mutex_
};

/// A random UUID as text, of version 4.
std::string MakeUuid();

}  // namespace sabot::server
