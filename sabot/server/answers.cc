#include "sabot/server/answers.h"

#include <algorithm>
#include <array>

#include "spark/connect/base.pb.h"

#include "sabot/base/error.h"

namespace sabot::server {
namespace {

namespace proto = ::spark::connect;

void AddPair(const std::string& key, const std::optional<std::string>& value,
             proto::ConfigResponse* response) {
  auto* pair = response->add_pairs();
  pair->set_key(key);
  if (value.has_value()) pair->set_value(*value);
}

constexpr std::array<uint32_t, 256> kCrcTable = [] {
  std::array<uint32_t, 256> table{};
  for (uint32_t i = 0; i < 256; ++i) {
    uint32_t value = i;
    for (int bit = 0; bit < 8; ++bit) value = value >> 1 ^ (value & 1 ? 0xEDB88320 : 0);
    table[i] = value;
  }
  return table;
}();

/// The checksum of zlib and gzip (RFC 1952, section 8).
uint32_t Crc32(std::string_view bytes) {
  uint32_t crc = 0xFFFFFFFF;
  for (const char byte : bytes) {
    crc = crc >> 8 ^ kCrcTable[(crc ^ static_cast<unsigned char>(byte)) & 0xFF];
  }
  return ~crc;
}

bool IsIntact(const proto::AddArtifactsRequest::ArtifactChunk& chunk) {
  return Crc32(chunk.data()) == static_cast<uint32_t>(chunk.crc());
}

arrow::Status AnswerSet(SparkConfig* config, const proto::ConfigRequest::Set& set,
                        proto::ConfigResponse* response) {
  for (const proto::KeyValue& pair : set.pairs()) {
    const arrow::Status status = config->Set(pair.key(), pair.value());
    if (status.ok()) continue;
    // A builder's options are wishes: what cannot be is told, and the session begins.
    if (!set.silent()) return status;
    response->add_warnings(RenderError(status));
  }
  return arrow::Status::OK();
}

}  // namespace

arrow::Status AnswerConfig(ConnectSession* session, const proto::ConfigRequest& request,
                           proto::ConfigResponse* response) {
  SparkConfig& config = session->config();
  const auto& operation = request.operation();
  using Operation = proto::ConfigRequest::Operation;
  switch (operation.op_type_case()) {
    case Operation::kSet:
      return AnswerSet(&config, operation.set(), response);
    case Operation::kGet:
      for (const std::string& key : operation.get().keys()) {
        ARROW_ASSIGN_OR_RAISE(const std::string value, config.Get(key));
        AddPair(key, value, response);
      }
      return arrow::Status::OK();
    case Operation::kGetWithDefault:
      for (const proto::KeyValue& pair : operation.get_with_default().pairs()) {
        auto value = config.Find(pair.key());
        if (!value.has_value() && pair.has_value()) value = pair.value();
        AddPair(pair.key(), value, response);
      }
      return arrow::Status::OK();
    case Operation::kGetOption:
      for (const std::string& key : operation.get_option().keys()) {
        AddPair(key, config.Find(key), response);
      }
      return arrow::Status::OK();
    case Operation::kGetAll: {
      const std::string& prefix = operation.get_all().prefix();
      for (const auto& [key, value] : config.All()) {
        if (key.starts_with(prefix)) AddPair(key.substr(prefix.size()), value, response);
      }
      return arrow::Status::OK();
    }
    case Operation::kUnset:
      for (const std::string& key : operation.unset().keys()) {
        ARROW_RETURN_NOT_OK(config.Unset(key));
      }
      return arrow::Status::OK();
    case Operation::kIsModifiable:
      for (const std::string& key : operation.is_modifiable().keys()) {
        AddPair(key, config.IsModifiable(key) ? "true" : "false", response);
      }
      return arrow::Status::OK();
    default:
      return MakeError("CONNECT_INVALID_PLAN.CANNOT_PARSE",
                       {{"message", "the operation of Config is not known"}});
  }
}

arrow::Status AnswerArtifactStatus(ConnectSession* session,
                                   const proto::ArtifactStatusesRequest& request,
                                   proto::ArtifactStatusesResponse* response) {
  for (const std::string& name : request.names()) {
    (*response->mutable_statuses())[name].set_exists(session->HasArtifact(name));
  }
  return arrow::Status::OK();
}

arrow::Status AnswerInterrupt(ConnectSession* session, const proto::InterruptRequest& request,
                              proto::InterruptResponse* response) {
  for (const auto& operation : session->Operations()) {
    if (operation->state() != Operation::State::kRunning) continue;
    const auto& tags = operation->tags();
    bool is_meant = false;
    switch (request.interrupt_type()) {
      case proto::InterruptRequest::INTERRUPT_TYPE_ALL:
        is_meant = true;
        break;
      case proto::InterruptRequest::INTERRUPT_TYPE_TAG:
        is_meant = std::find(tags.begin(), tags.end(), request.operation_tag()) != tags.end();
        break;
      case proto::InterruptRequest::INTERRUPT_TYPE_OPERATION_ID:
        is_meant = operation->id() == request.operation_id();
        break;
      default:
        return MakeError("CONNECT_INVALID_PLAN.CANNOT_PARSE",
                         {{"message", "the type of the interrupt is not known"}});
    }
    if (!is_meant) continue;
    operation->Cancel();
    response->add_interrupted_ids(operation->id());
  }
  return arrow::Status::OK();
}

arrow::Status AnswerRelease(ConnectSession* session, const proto::ReleaseExecuteRequest& request,
                            proto::ReleaseExecuteResponse* response) {
  // One that is not there was released before: clients release more than once.
  const auto operation = session->FindOperation(request.operation_id());
  if (operation == nullptr) return arrow::Status::OK();
  response->set_operation_id(operation->id());
  if (request.has_release_until()) {
    operation->ReleaseUntil(request.release_until().response_id());
  } else {
    session->RemoveOperation(operation->id());
  }
  return arrow::Status::OK();
}

arrow::Status AnswerStatus(ConnectSession* session, const proto::GetStatusRequest& request,
                           proto::GetStatusResponse* response) {
  using Status = proto::GetStatusResponse::OperationStatus;
  const auto add = [&](const std::string& id, const std::shared_ptr<Operation>& operation) {
    auto* status = response->add_operation_statuses();
    status->set_operation_id(id);
    if (operation == nullptr) {
      status->set_state(Status::OPERATION_STATE_UNKNOWN);
      return;
    }
    switch (operation->state()) {
      case Operation::State::kRunning:
        return status->set_state(Status::OPERATION_STATE_RUNNING);
      case Operation::State::kSucceeded:
        return status->set_state(Status::OPERATION_STATE_SUCCEEDED);
      case Operation::State::kFailed:
        return status->set_state(Status::OPERATION_STATE_FAILED);
      case Operation::State::kCancelled:
        return status->set_state(Status::OPERATION_STATE_CANCELLED);
    }
  };
  const auto& wanted = request.operation_status().operation_ids();
  for (const std::string& id : wanted) add(id, session->FindOperation(id));
  if (request.has_operation_status() && wanted.empty()) {
    for (const auto& operation : session->Operations()) add(operation->id(), operation);
  }
  return arrow::Status::OK();
}

arrow::Status ArtifactReader::Read(ConnectSession* session,
                                   const proto::AddArtifactsRequest& request) {
  switch (request.payload_case()) {
    case proto::AddArtifactsRequest::kBatch:
      for (const auto& artifact : request.batch().artifacts()) {
        name_ = artifact.name();
        bytes_ = artifact.data().data();
        is_intact_ = IsIntact(artifact.data());
        ARROW_RETURN_NOT_OK(Finish(session));
      }
      return arrow::Status::OK();
    case proto::AddArtifactsRequest::kBeginChunk: {
      const auto& begin = request.begin_chunk();
      name_ = begin.name();
      bytes_ = begin.initial_chunk().data();
      is_intact_ = IsIntact(begin.initial_chunk());
      pieces_left_ = begin.num_chunks() - 1;
      break;
    }
    case proto::AddArtifactsRequest::kChunk:
      if (pieces_left_ <= 0) {
        return MakeError("CONNECT_INVALID_PLAN.CANNOT_PARSE",
                         {{"message", "a piece of an artifact that was not begun"}});
      }
      bytes_.append(request.chunk().data());
      is_intact_ = is_intact_ && IsIntact(request.chunk());
      --pieces_left_;
      break;
    default:
      return MakeError("CONNECT_INVALID_PLAN.CANNOT_PARSE", {{"message", "the artifact is empty"}});
  }
  return pieces_left_ > 0 ? arrow::Status::OK() : Finish(session);
}

arrow::Status ArtifactReader::Finish(ConnectSession* session) {
  auto* summary = response_->add_artifacts();
  summary->set_name(name_);
  summary->set_is_crc_successful(is_intact_);
  if (!is_intact_) return arrow::Status::OK();
  return session->AddArtifact(name_, std::move(bytes_));
}

}  // namespace sabot::server
