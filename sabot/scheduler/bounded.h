#pragma once

#include <functional>
#include <memory>

#include "arrow/result.h"

#include "sabot/scheduler/bounded_plan.h"
#include "sabot/scheduler/query.h"
#include "sabot/vector/state_piece.h"

namespace sabot {

/// What the bounded driver takes from the rooms below; a test puts its own in.
struct BoundedParts {
  FactoryMaker make_factory;
  /// Where one task spills to; the waker fires when a write is done. Null: nowhere.
  std::function<arrow::Result<std::unique_ptr<PageWriter>>(std::shared_ptr<Waker> on_written)>
      make_page_writer;
};

/// StartBounded with these parts.
arrow::Result<std::unique_ptr<RunningQuery>> StartBoundedWith(BoundedParts parts,
                                                              const PhysicalPlan& plan,
                                                              const QueryContext& context,
                                                              const ConnectorSet& connectors,
                                                              const QueryOptions& options);

}  // namespace sabot
