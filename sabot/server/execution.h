#pragma once

#include <memory>

#include "sabot/server/connect_session.h"

namespace spark::connect {
class ExecutePlanRequest;
}

namespace sabot::server {

/// Run a plan and append its responses to the operation, which is finished when this returns: the
/// schema, Arrow batches of at most 10,000 rows, result_complete. One call a request.
void Execute(const std::shared_ptr<ConnectSession>& session,
             const std::shared_ptr<Operation>& operation,
             const ::spark::connect::ExecutePlanRequest& request);

}  // namespace sabot::server
