#include "sabot/scheduler/query.h"

#include "sabot/scheduler/bounded.h"
#include "sabot/state/spill_file.h"

namespace sabot {

arrow::Result<std::unique_ptr<RunningQuery>> StartBounded(const PhysicalPlan& plan,
                                                          const QueryContext& context,
                                                          const ConnectorSet& connectors,
                                                          const QueryOptions& options) {
  BoundedParts parts{.make_factory = MakeOperatorFactory};
  if (!options.spill_folder.empty()) {
    parts.make_page_writer = [env = context.env,
                              folder = options.spill_folder](std::shared_ptr<Waker> on_written) {
      return MakeSpillFileWriter(env, {.folder = folder, .on_written = std::move(on_written)});
    };
  }
  return StartBoundedWith(std::move(parts), plan, context, connectors, options);
}

}  // namespace sabot
