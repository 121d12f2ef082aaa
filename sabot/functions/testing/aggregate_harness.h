#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sabot/functions/function.h"

namespace sabot {

/// One aggregate function over rows written out by hand, fed in any of the ways a table feeds it.
class AggregateHarness {
 public:
  using Row = std::vector<TypedValue>;

  /// The overload for the types; fails the test if there is none.
  AggregateHarness(std::string_view name, std::vector<Type> arguments);
  ~AggregateHarness();

  const ResolvedAggregate& resolved() const { return resolved_; }

  /// Rows of group `group`; weights: one a row, or empty for all 1.
  struct Fed {
    int group = 0;
    Row values;
    int64_t weight = 1;
  };
  /// How rows reach the states: all of them must give the same.
  enum class Path {
    kGroups,       ///< update, rows of all groups mixed
    kSelection,    ///< update, with rows in between that are not active
    kOne,          ///< update_one, group by group
    kOneSelected,  ///< the same with a selection
    kCombined,     ///< every batch in states of its own, then combined in order
  };
  /// Feed rows in batches of `batch_size`. with_weights: hand the weights over even if all are 1.
  arrow::Status Feed(const std::vector<Fed>& rows, Path path = Path::kGroups, size_t batch_size = 3,
                     bool with_weights = false);
  /// Arguments that are the same in all rows, as constant vectors.
  arrow::Status FeedConstant(int group, const Row& values, int32_t count);

  /// The result of groups [0, num_groups).
  arrow::Result<std::vector<TypedValue>> Finish(int num_groups);
  /// Bytes the heap holds for the states.
  int64_t heap_bytes() const;

  /// All paths, batch sizes 1, 2 and many, agree on group 0, and this is it. An error's class if
  /// they fail.
  static TypedValue Of(std::string_view name, std::vector<Type> arguments,
                       const std::vector<Row>& rows, std::vector<int64_t> weights = {});

 private:
  class Heap;
  struct States;
  arrow::Status Update(States* states, std::span<const Fed> rows, bool selects, bool one,
                       bool with_weights);

  ResolvedAggregate resolved_;
  std::unique_ptr<Heap> heap_;
  std::unique_ptr<States> states_;
};

/// The aggregate function of that name or alias; null if no family has it.
const AggregateFunction* FindAggregateFunction(std::string_view name);

}  // namespace sabot
