#pragma once

#include <memory>
#include <string>

#include "arrow/result.h"

namespace sabot::server {

/// Spark Connect on a port of this machine. Runs on threads of its own until destroyed.
class GrpcServer {
 public:
  /// host: a loopback address: there is neither encryption nor a login. port 0: any free one.
  /// Errors: UNSUPPORTED_FEATURE for other hosts, CONNECTION_FAILED if the port is taken.
  static arrow::Result<std::unique_ptr<GrpcServer>> Start(const std::string& host, int port);

  virtual ~GrpcServer() = default;
  virtual int port() const = 0;
  /// Cancel what runs, end all calls, close the port. Idempotent.
  virtual void Shutdown() = 0;
};

}  // namespace sabot::server
