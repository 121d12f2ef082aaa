#include "sabot/scheduler/query.h"

#include "sabot/scheduler/bounded.h"
#include "sabot/scheduler/unbounded.h"
#include "sabot/state/spill_file.h"

namespace sabot {
namespace {

BoundedParts RealParts(const Env& env, const std::string& spill_folder) {
  BoundedParts parts{.make_factory = MakeOperatorFactory};
  if (!spill_folder.empty()) {
    parts.make_page_writer = [env, spill_folder](std::shared_ptr<Waker> on_written) {
      return MakeSpillFileWriter(env,
                                 {.folder = spill_folder, .on_written = std::move(on_written)});
    };
  }
  return parts;
}

}  // namespace

arrow::Result<std::unique_ptr<RunningQuery>> StartBounded(const PhysicalPlan& plan,
                                                          const QueryContext& context,
                                                          const ConnectorSet& connectors,
                                                          const QueryOptions& options) {
  return StartBoundedWith(RealParts(context.env, options.spill_folder), plan, context, connectors,
                          options);
}

arrow::Result<std::unique_ptr<RunningStream>> StartStream(const PhysicalPlan& plan,
                                                          const QueryContext& context,
                                                          const ConnectorSet& connectors,
                                                          const StreamOptions& options) {
  return StartStreamWith(RealParts(context.env, options.spill_folder), plan, context, connectors,
                         options);
}

}  // namespace sabot
