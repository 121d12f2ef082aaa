#include "sabot/server/operation.h"

#include <algorithm>

#include <fmt/format.h>

#include "sabot/base/error.h"

namespace sabot::server {
namespace {

/// What the producer may be ahead of its readers.
constexpr int64_t kUnsentBytesMax = int64_t{32} << 20;
constexpr auto kPoll = std::chrono::milliseconds(20);

}  // namespace

bool Operation::Append(std::string response_id, std::string message) {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [&] { return is_cancelled_ || unsent_bytes_ < kUnsentBytesMax; });
  if (is_cancelled_) return false;
  unsent_bytes_ += static_cast<int64_t>(message.size());
  responses_.push_back({std::move(response_id), std::move(message)});
  changed_.notify_all();
  return true;
}

void Operation::Finish(RpcStatus status) {
  const std::lock_guard lock(mutex_);
  is_finished_ = true;
  status_ = std::move(status);
  changed_.notify_all();
}

bool Operation::is_cancelled() const {
  const std::lock_guard lock(mutex_);
  return is_cancelled_;
}

RpcStatus Operation::Stream(Client* client, const std::string& after_response_id,
                            int64_t max_bytes) {
  std::unique_lock lock(mutex_);
  const int64_t reader = ++reader_;
  has_reader_ = true;
  changed_.notify_all();
  int64_t next = first_;
  if (!after_response_id.empty()) {
    const auto found =
        std::find_if(responses_.begin(), responses_.end(),
                     [&](const Response& response) { return response.id == after_response_id; });
    // Released up to and including it: the next one is the first that is kept.
    if (found != responses_.end()) next = first_ + (found - responses_.begin()) + 1;
  }
  int64_t sent_bytes = 0;
  RpcStatus result;
  while (true) {
    if (reader_ != reader) {
      return ToRpcStatus(MakeError("INVALID_CURSOR.DISCONNECTED"), {});
    }
    next = std::max(next, first_);
    if (next < first_ + static_cast<int64_t>(responses_.size())) {
      if (sent_bytes >= max_bytes) break;
      const Response& response = responses_[static_cast<size_t>(next - first_)];
      std::string message = response.message;
      sent_bytes += static_cast<int64_t>(message.size());
      if (++next > next_unsent_) {
        next_unsent_ = next;
        unsent_bytes_ -= static_cast<int64_t>(message.size());
        changed_.notify_all();
      }
      if (!reattachable_) {
        responses_.pop_front();
        ++first_;
      }
      lock.unlock();
      const bool taken = client->Send(std::move(message));
      lock.lock();
      if (!taken) {
        result = MakeRpcStatus(kCancelledCode, "the call was given up");
        break;
      }
      continue;
    }
    if (is_finished_) {
      result = status_;
      break;
    }
    if (client->is_gone()) {
      result = MakeRpcStatus(kCancelledCode, "the call was given up");
      break;
    }
    changed_.wait_for(lock, kPoll);
  }
  last_seen_ = std::chrono::steady_clock::now();
  if (reader_ == reader) has_reader_ = false;
  // Nobody can come back for the rest.
  if (!reattachable_ && result.code == kCancelledCode && !is_finished_) {
    is_cancelled_ = true;
    changed_.notify_all();
  }
  return result;
}

void Operation::ReleaseUntil(const std::string& response_id) {
  const std::lock_guard lock(mutex_);
  const auto found =
      std::find_if(responses_.begin(), responses_.end(),
                   [&](const Response& response) { return response.id == response_id; });
  if (found == responses_.end()) return;
  const int64_t count = found - responses_.begin() + 1;
  for (int64_t i = std::max<int64_t>(next_unsent_ - first_, 0); i < count; ++i) {
    unsent_bytes_ -= static_cast<int64_t>(responses_[static_cast<size_t>(i)].message.size());
  }
  responses_.erase(responses_.begin(), found + 1);
  first_ += count;
  next_unsent_ = std::max(next_unsent_, first_);
  changed_.notify_all();
}

void Operation::Cancel() {
  const std::lock_guard lock(mutex_);
  is_cancelled_ = true;
  changed_.notify_all();
}

Operation::State Operation::state() const {
  const std::lock_guard lock(mutex_);
  if (!is_finished_) return is_cancelled_ ? State::kCancelled : State::kRunning;
  if (status_.ok()) return State::kSucceeded;
  return is_cancelled_ ? State::kCancelled : State::kFailed;
}

std::chrono::steady_clock::duration Operation::idle() const {
  const std::lock_guard lock(mutex_);
  if (has_reader_) return std::chrono::steady_clock::duration::zero();
  return std::chrono::steady_clock::now() - last_seen_;
}

}  // namespace sabot::server
