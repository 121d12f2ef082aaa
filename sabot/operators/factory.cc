#include "sabot/operators/factory.h"

#include <string>
#include <variant>

#include "sabot/base/error.h"
#include "sabot/operators/registry.h"

namespace sabot {

arrow::Result<std::unique_ptr<OperatorFactory>> MakeOperatorFactory(const PhysicalNode& node,
                                                                    const QueryContext& query) {
  for (const StepMaker& maker : StepMakers()) {
    if (maker.serves(node)) return maker.make(node, query);
  }
  const std::string_view name = std::visit([](const auto& step) { return step.kName; }, node.step);
  return InternalError("the step " + std::string(name) + " runs as no operator");
}

}  // namespace sabot
