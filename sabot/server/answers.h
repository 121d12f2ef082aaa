#pragma once

#include <string>

#include "arrow/status.h"

#include "sabot/server/connect_session.h"

namespace spark::connect {
class AddArtifactsRequest;
class AddArtifactsResponse;
class ArtifactStatusesRequest;
class ArtifactStatusesResponse;
class ConfigRequest;
class ConfigResponse;
class GetStatusRequest;
class GetStatusResponse;
class InterruptRequest;
class InterruptResponse;
class ReleaseExecuteRequest;
class ReleaseExecuteResponse;
}  // namespace spark::connect

/// The RPCs that answer at once. The caller has set the ids of the session in the response.
namespace sabot::server {

arrow::Status AnswerConfig(ConnectSession* session, const ::spark::connect::ConfigRequest& request,
                           ::spark::connect::ConfigResponse* response);
arrow::Status AnswerArtifactStatus(ConnectSession* session,
                                   const ::spark::connect::ArtifactStatusesRequest& request,
                                   ::spark::connect::ArtifactStatusesResponse* response);
arrow::Status AnswerInterrupt(ConnectSession* session,
                              const ::spark::connect::InterruptRequest& request,
                              ::spark::connect::InterruptResponse* response);
arrow::Status AnswerRelease(ConnectSession* session,
                            const ::spark::connect::ReleaseExecuteRequest& request,
                            ::spark::connect::ReleaseExecuteResponse* response);
arrow::Status AnswerStatus(ConnectSession* session,
                           const ::spark::connect::GetStatusRequest& request,
                           ::spark::connect::GetStatusResponse* response);

/// Takes in the requests of one AddArtifacts: whole artifacts, and such in pieces. A piece whose
/// checksum is wrong spoils its artifact, which is then not kept.
class ArtifactReader {
 public:
  explicit ArtifactReader(::spark::connect::AddArtifactsResponse* response) : response_(response) {}
  arrow::Status Read(ConnectSession* session, const ::spark::connect::AddArtifactsRequest& request);

 private:
  arrow::Status Finish(ConnectSession* session);

  ::spark::connect::AddArtifactsResponse* response_;
  std::string name_;
  std::string bytes_;
  int64_t pieces_left_ = 0;
  bool is_intact_ = true;
};

}  // namespace sabot::server
