#include <algorithm>

#include "sabot/optimizer/rules.h"

namespace sabot::rules {

/// A limit moves below a projection; over a sort it becomes the sort's own (top-N); over another
/// limit both become one.
arrow::Result<LogicalPtr> PushDownLimits(const LogicalPtr& plan, const OptimizerContext&) {
  // Far beyond it, the heap of a top-N would hold what a sort spills.
  constexpr int64_t kTopNMax = 100'000;
  return RewritePlan(plan, [](const LogicalPtr& node) -> LogicalPtr {
    const auto* limit = node->As<LogicalLimit>();
    if (limit == nullptr) return node;
    std::vector<LogicalPtr> projects;
    LogicalPtr below = node->input();
    while (below->As<LogicalProject>() != nullptr) {
      projects.push_back(below);
      below = below->input();
    }
    const auto* sort = below->As<LogicalSort>();
    const auto* inner = below->As<LogicalLimit>();
    if (sort != nullptr && sort->limit < 0 && sort->offset == 0 && limit->count >= 0 &&
        limit->count <= kTopNMax && limit->offset <= kTopNMax) {
      LogicalSort top = *sort;
      top.limit = limit->count;
      top.offset = limit->offset;
      below = MakeLogical(std::move(top), below->inputs);
    } else if (inner != nullptr) {
      LogicalLimit both;
      both.offset =
          inner->offset > INT64_MAX - limit->offset ? INT64_MAX : inner->offset + limit->offset;
      const int64_t left =
          inner->count < 0 ? -1 : std::max<int64_t>(inner->count - limit->offset, 0);
      both.count = left < 0 ? limit->count : limit->count < 0 ? left : std::min(left, limit->count);
      below = MakeLogical(both, below->inputs);
    } else {
      below = MakeLogical(*limit, {below});
    }
    for (auto project = projects.rbegin(); project != projects.rend(); ++project) {
      below = MakeLogical((*project)->step, {below});
    }
    return below;
  });
}

}  // namespace sabot::rules
