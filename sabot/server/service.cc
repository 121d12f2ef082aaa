#include "sabot/server/service.h"

#include <algorithm>
#include <thread>

#include <fmt/format.h>
#include <google/protobuf/io/coded_stream.h>
#include <google/protobuf/stubs/logging.h>

#include "spark/connect/base.pb.h"

#include "sabot/base/error.h"
#include "sabot/server/analysis.h"
#include "sabot/server/answers.h"
#include "sabot/server/execution.h"

namespace sabot::server {
namespace {

namespace proto = ::spark::connect;

/// Spark's own limits for what nobody comes back to.
constexpr auto kOperationIdleMax = std::chrono::minutes(5);
constexpr auto kSessionIdleMax = std::chrono::minutes(60);

template <typename Message>
arrow::Status Parse(const std::string& bytes, Message* message) {
  // What is wrong with them is told to the client, not to our standard error.
  const google::protobuf::LogSilencer silencer;
  google::protobuf::io::CodedInputStream input(reinterpret_cast<const uint8_t*>(bytes.data()),
                                               static_cast<int>(bytes.size()));
  input.SetRecursionLimit(Service::kRecursionMax);
  if (message->ParseFromCodedStream(&input) && input.ConsumedEntireMessage()) {
    return arrow::Status::OK();
  }
  return MakeError("CONNECT_INVALID_PLAN.CANNOT_PARSE",
                   {{"message", fmt::format("its bytes are no message, or one that nests deeper "
                                            "than {} levels",
                                            Service::kRecursionMax)}});
}

RpcStatus SendMessage(const google::protobuf::Message& message, Client* client) {
  if (client->Send(message.SerializeAsString())) return {};
  return MakeRpcStatus(kCancelledCode, "the call was given up");
}

bool IsReattachable(const proto::ExecutePlanRequest& request) {
  return std::any_of(request.request_options().begin(), request.request_options().end(),
                     [](const auto& option) { return option.reattach_options().reattachable(); });
}

}  // namespace

RpcStatus Service::Call(std::string_view method, const std::vector<std::string>& requests,
                        Client* client) {
  if (method.starts_with(kPrefix)) method.remove_prefix(kPrefix.size());
  if (method == "AddArtifacts") return AddArtifacts(requests, client);
  if (requests.size() != 1) return MakeRpcStatus(kInternalCode, "one request belongs to a call");
  const std::string& bytes = requests[0];
  if (method == "ExecutePlan") return ExecutePlan(bytes, client);
  if (method == "ReattachExecute") return ReattachExecute(bytes, client);
  if (method == "ReleaseSession") return ReleaseSession(bytes, client);
  if (method == "AnalyzePlan") {
    return Unary<proto::AnalyzePlanRequest, proto::AnalyzePlanResponse>(bytes, client, Analyze);
  }
  if (method == "Config") {
    return Unary<proto::ConfigRequest, proto::ConfigResponse>(bytes, client, AnswerConfig);
  }
  if (method == "ArtifactStatus") {
    return Unary<proto::ArtifactStatusesRequest, proto::ArtifactStatusesResponse>(
        bytes, client, AnswerArtifactStatus);
  }
  if (method == "Interrupt") {
    return Unary<proto::InterruptRequest, proto::InterruptResponse>(bytes, client, AnswerInterrupt);
  }
  if (method == "ReleaseExecute") {
    return Unary<proto::ReleaseExecuteRequest, proto::ReleaseExecuteResponse>(bytes, client,
                                                                              AnswerRelease);
  }
  if (method == "FetchErrorDetails") {
    return Unary<proto::FetchErrorDetailsRequest, proto::FetchErrorDetailsResponse>(
        bytes, client, [this](ConnectSession* session, const auto& request, auto* response) {
          session->errors().Fetch(request.error_id(), response);
          if (response->errors_size() == 0) errors_.Fetch(request.error_id(), response);
          return arrow::Status::OK();
        });
  }
  if (method == "GetStatus") {
    return Unary<proto::GetStatusRequest, proto::GetStatusResponse>(bytes, client, AnswerStatus);
  }
  if (method == "CloneSession") {
    return errors_.Add(UnsupportedError("SparkSession.cloneSession",
                                        "SparkSession.builder.create() and the views made anew"));
  }
  return MakeRpcStatus(kUnimplementedCode, fmt::format("{}{} is not known to protocol {}", kPrefix,
                                                       method, kSparkVersion));
}

void Service::Shutdown() {
  std::unique_lock lock(mutex_);
  is_shut_down_ = true;
  for (const auto& [key, session] : sessions_) session->CancelAll();
  idle_.wait(lock, [&] { return num_running_ == 0; });
  for (const auto& [key, session] : sessions_) session->session().Shutdown();
  sessions_.clear();
}

template <typename Request>
arrow::Result<Service::SessionPtr> Service::SessionOf(const Request& request) {
  std::string observed;
  if constexpr (requires { request.client_observed_server_side_session_id(); }) {
    observed = request.client_observed_server_side_session_id();
  }
  return FindOrMakeSession({request.user_context().user_id(), request.session_id()}, observed);
}

arrow::Result<Service::SessionPtr> Service::FindOrMakeSession(const SessionKey& key,
                                                              const std::string& observed) {
  RemoveIdle();
  const std::lock_guard lock(mutex_);
  if (is_shut_down_) return MakeError("ENGINE_CLOSED");
  auto found = sessions_.find(key);
  const bool is_known = found != sessions_.end();
  if (!observed.empty() && (!is_known || found->second->server_side_id() != observed)) {
    return MakeError("INVALID_HANDLE.SESSION_CHANGED", {{"handle", key.second}});
  }
  if (!is_known) {
    ARROW_ASSIGN_OR_RAISE(auto session, Session::Make());
    found =
        sessions_.try_emplace(key, std::make_shared<ConnectSession>(key.second, std::move(session)))
            .first;
  }
  found->second->Touch();
  return found->second;
}

void Service::RemoveIdle() {
  std::vector<SessionPtr> removed;  // destroyed without the lock
  const std::lock_guard lock(mutex_);
  for (auto entry = sessions_.begin(); entry != sessions_.end();) {
    entry->second->RemoveIdleOperations(kOperationIdleMax);
    if (entry->second->idle() > kSessionIdleMax) {
      removed.push_back(std::move(entry->second));
      entry = sessions_.erase(entry);
    } else {
      ++entry;
    }
  }
}

template <typename Request, typename Response, typename Answer>
RpcStatus Service::Unary(const std::string& bytes, Client* client, Answer answer) {
  Request request;
  const arrow::Status parsed = Parse(bytes, &request);
  if (!parsed.ok()) return errors_.Add(parsed);
  const auto session = SessionOf(request);
  if (!session.ok()) return errors_.Add(session.status());
  Response response;
  response.set_session_id((*session)->id());
  response.set_server_side_session_id((*session)->server_side_id());
  const arrow::Status status = answer(session->get(), request, &response);
  if (!status.ok()) return (*session)->errors().Add(status);
  return SendMessage(response, client);
}

RpcStatus Service::ExecutePlan(const std::string& bytes, Client* client) {
  auto request = std::make_shared<proto::ExecutePlanRequest>();
  const arrow::Status parsed = Parse(bytes, request.get());
  if (!parsed.ok()) return errors_.Add(parsed);
  const auto session = SessionOf(*request);
  if (!session.ok()) return errors_.Add(session.status());
  const bool is_reattachable = IsReattachable(*request);
  const auto operation = std::make_shared<Operation>(
      request->operation_id().empty() ? MakeUuid() : request->operation_id(),
      std::vector<std::string>(request->tags().begin(), request->tags().end()), is_reattachable);
  const arrow::Status added = (*session)->AddOperation(operation);
  if (!added.ok()) return (*session)->errors().Add(added);
  {
    const std::lock_guard lock(mutex_);
    ++num_running_;
  }
  // A thread of its own: the plan runs on while its reader comes and goes.
  std::thread([this, session = *session, operation, request = std::move(request)]() mutable {
    Execute(session, operation, *request);
    // Before the count: a shutdown waits for all that may hold a session.
    session.reset();
    const std::lock_guard lock(mutex_);
    --num_running_;
    idle_.notify_all();
  }).detach();
  RpcStatus status = StreamOperation(*session, operation, {}, client);
  if (!is_reattachable) (*session)->RemoveOperation(operation->id());
  return status;
}

RpcStatus Service::ReattachExecute(const std::string& bytes, Client* client) {
  proto::ReattachExecuteRequest request;
  const arrow::Status parsed = Parse(bytes, &request);
  if (!parsed.ok()) return errors_.Add(parsed);
  const auto session = SessionOf(request);
  if (!session.ok()) return errors_.Add(session.status());
  const auto operation = (*session)->FindOperation(request.operation_id());
  if (operation == nullptr) {
    return (*session)->errors().Add(
        MakeError("INVALID_HANDLE.OPERATION_NOT_FOUND", {{"handle", request.operation_id()}}));
  }
  return StreamOperation(*session, operation, request.last_response_id(), client);
}

RpcStatus Service::StreamOperation(const SessionPtr& session,
                                   const std::shared_ptr<Operation>& operation,
                                   const std::string& after_response_id, Client* client) {
  const auto text =
      session->config().Find("spark.connect.execute.reattachable.senderMaxStreamSize");
  const int64_t max_bytes = std::atoll(text.value_or("0").c_str());
  RpcStatus status =
      operation->Stream(client, after_response_id, max_bytes > 0 ? max_bytes : INT64_MAX);
  session->Touch();
  return status;
}

RpcStatus Service::ReleaseSession(const std::string& bytes, Client* client) {
  proto::ReleaseSessionRequest request;
  const arrow::Status parsed = Parse(bytes, &request);
  if (!parsed.ok()) return errors_.Add(parsed);
  proto::ReleaseSessionResponse response;
  response.set_session_id(request.session_id());
  SessionPtr session;
  {
    const std::lock_guard lock(mutex_);
    const auto found = sessions_.find({request.user_context().user_id(), request.session_id()});
    if (found != sessions_.end()) {
      session = std::move(found->second);
      sessions_.erase(found);
    }
  }
  if (session != nullptr) {
    response.set_server_side_session_id(session->server_side_id());
    session->CancelAll();
  }
  return SendMessage(response, client);
}

RpcStatus Service::AddArtifacts(const std::vector<std::string>& requests, Client* client) {
  proto::AddArtifactsResponse response;
  SessionPtr session;
  ArtifactReader reader(&response);
  for (const std::string& bytes : requests) {
    proto::AddArtifactsRequest request;
    const arrow::Status parsed = Parse(bytes, &request);
    if (!parsed.ok()) return errors_.Add(parsed);
    if (session == nullptr) {
      const auto found = SessionOf(request);
      if (!found.ok()) return errors_.Add(found.status());
      session = *found;
      response.set_session_id(session->id());
      response.set_server_side_session_id(session->server_side_id());
    }
    const arrow::Status read = reader.Read(session.get(), request);
    if (!read.ok()) return session->errors().Add(read);
  }
  return SendMessage(response, client);
}

}  // namespace sabot::server
