#pragma once

#include <memory>
#include <span>
#include <string_view>

#include "arrow/result.h"

#include "sabot/operators/factory.h"

namespace sabot {

/// How the operators of one kind of step are made.
struct StepMaker {
  std::string_view name;  ///< of the step
  bool (*serves)(const PhysicalNode& node);
  arrow::Result<std::unique_ptr<OperatorFactory>> (*make)(const PhysicalNode& node,
                                                          const QueryContext& query);
};

/// Every step that runs as an operator.
std::span<const StepMaker> StepMakers();

}  // namespace sabot
