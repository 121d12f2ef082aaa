#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "sabot/server/rpc_error.h"

namespace sabot::server {

/// Who takes the answers of one RPC.
class Client {
 public:
  virtual ~Client() = default;
  /// Send one message; waits until it is taken. False: nobody takes it any more.
  virtual bool Send(std::string message) = 0;
  /// Whether the call was given up. Asked about every 20 ms.
  virtual bool is_gone() const = 0;
};

/// One execution of a plan. A producer appends responses; readers come, break off and come again,
/// and find each response until it is released (protocol: reattachable execution). Thread-safe.
class Operation {
 public:
  Operation(std::string id, std::vector<std::string> tags, bool reattachable)
      : id_(std::move(id)), tags_(std::move(tags)), reattachable_(reattachable) {}

  const std::string& id() const { return id_; }
  const std::vector<std::string>& tags() const { return tags_; }

  // ---- the producer
  /// Keep a response. Waits while too much is kept that no reader took. False: cancelled.
  bool Append(std::string response_id, std::string message);
  /// There is no more: result_complete was appended, or status is the error.
  void Finish(RpcStatus status);
  bool is_cancelled() const;

  // ---- readers
  /// Send all responses behind the given one (empty: from the first) as they come. Ends with the
  /// producer's status; early, and OK, after max_bytes: the client reattaches. A newer reader ends
  /// this one (INVALID_CURSOR.DISCONNECTED, which clients retry).
  RpcStatus Stream(Client* client, const std::string& after_response_id, int64_t max_bytes);
  /// Forget responses up to and including this one. One that is not kept was forgotten before.
  void ReleaseUntil(const std::string& response_id);
  void Cancel();

  enum class State { kRunning, kSucceeded, kFailed, kCancelled };
  State state() const;
  /// No reader has been here for so long.
  std::chrono::steady_clock::duration idle() const;

 private:
  struct Response {
    std::string id;
    std::string message;
  };

  const std::string id_;
  const std::vector<std::string> tags_;
  const bool reattachable_;

  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Response> responses_;  // kept ones; the first is number first_
  int64_t first_ = 0;
  int64_t next_unsent_ = 0;   // number behind the newest response a reader took
  int64_t unsent_bytes_ = 0;  // of responses from next_unsent_ on
  int64_t reader_ = 0;        // counts readers: the newest one counts
  bool has_reader_ = false;
  bool is_finished_ = false;
  bool is_cancelled_ = false;
  RpcStatus status_;
  std::chrono::steady_clock::time_point last_seen_ = std::chrono::steady_clock::now();
};

}  // namespace sabot::server
