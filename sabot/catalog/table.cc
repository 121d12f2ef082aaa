#include "sabot/catalog/table.h"

#include "sabot/base/error.h"

namespace sabot {

arrow::Result<std::shared_ptr<Sink>> Connector::OpenSink(const SinkDescription& sink,
                                                         const Env& /*env*/) {
  return UnsupportedError("writing to connector " + sink.connector, "a sink of files or memory");
}

}  // namespace sabot
