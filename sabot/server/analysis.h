#pragma once

#include "arrow/status.h"

#include "sabot/server/connect_session.h"

namespace spark::connect {
class AnalyzePlanRequest;
class AnalyzePlanResponse;
}  // namespace spark::connect

namespace sabot::server {

/// The version of Spark whose protocol is spoken: clients branch on it.
inline constexpr const char* kSparkVersion = "4.2.0";

/// Answer AnalyzePlan: schema, explain and the like. Nothing runs.
arrow::Status Analyze(ConnectSession* session, const ::spark::connect::AnalyzePlanRequest& request,
                      ::spark::connect::AnalyzePlanResponse* response);

/// "root\n |-- id: long (nullable = false)\n": what printSchema() prints. level: depth of nesting
/// shown, 0 or less: all.
std::string TreeString(const Schema& schema, int level);

}  // namespace sabot::server
