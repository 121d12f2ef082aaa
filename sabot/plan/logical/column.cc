#include "sabot/plan/logical/column.h"

#include <algorithm>

namespace sabot {

bool operator==(const AggregateCall& left, const AggregateCall& right) {
  return left.column == right.column && left.function == right.function &&
         std::equal(left.arguments.begin(), left.arguments.end(), right.arguments.begin(),
                    right.arguments.end(),
                    [](const ExpressionPtr& a, const ExpressionPtr& b) { return Equal(a, b); }) &&
         left.distinct == right.distinct && Equal(left.filter, right.filter);
}

}  // namespace sabot
