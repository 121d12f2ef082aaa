#include "sabot/functions/aggregate/aggregate_loop.h"
#include "sabot/functions/families.h"
#include "sabot/functions/resolve.h"

/// Counting: count, count_if. A count of weighted rows is the sum of their weights.
namespace sabot {
namespace {

using aggregate::FinalizeEach;
using aggregate::StateAt;

struct Count {
  int64_t count;
};

// Call function(row, weight) for active rows where no argument is NULL.
template <typename Function>
void ForEachCounted(const AggregateUpdate& update, Function&& function) {
  std::vector<const uint64_t*> bitmaps;
  for (const Vector& argument : update.arguments) {
    const uint64_t* validity = argument.validity();
    if (validity == nullptr) continue;
    if (!argument.is_constant()) {
      bitmaps.push_back(validity);
    } else if (!GetBit(validity, 0)) {
      return;
    }
  }
  ForEachRow(update.batch_rows, [&](int32_t row) {
    for (const uint64_t* validity : bitmaps) {
      if (!GetBit(validity, row)) return;
    }
    function(row, update.weights == nullptr ? 1 : update.weights[row]);
  });
}

arrow::Status UpdateCounts(const AggregateUpdate& update) {
  bool may_have_nulls = false;
  for (const Vector& argument : update.arguments) may_have_nulls |= argument.may_have_nulls();
  if (may_have_nulls) {
    ForEachCounted(
        update, [&](int32_t row, int64_t weight) { StateAt<Count>(update, row).count += weight; });
  } else if (update.weights != nullptr) {
    ForEachRow(update.batch_rows,
               [&](int32_t row) { StateAt<Count>(update, row).count += update.weights[row]; });
  } else {
    ForEachRow(update.batch_rows, [&](int32_t row) { ++StateAt<Count>(update, row).count; });
  }
  return arrow::Status::OK();
}

arrow::Status UpdateOneCount(uint8_t* state, const AggregateUpdate& update) {
  auto& total = reinterpret_cast<Count*>(state)->count;
  bool may_have_nulls = false;
  for (const Vector& argument : update.arguments) may_have_nulls |= argument.may_have_nulls();
  if (!may_have_nulls && update.weights == nullptr) {
    total += update.batch_rows.count;
    return arrow::Status::OK();
  }
  int64_t count = 0;
  ForEachCounted(update, [&](int32_t, int64_t weight) { count += weight; });
  total += count;
  return arrow::Status::OK();
}

arrow::Status CombineCounts(uint8_t* target, const uint8_t* source, StateHeap*) {
  reinterpret_cast<Count*>(target)->count += reinterpret_cast<const Count*>(source)->count;
  return arrow::Status::OK();
}

arrow::Status FinalizeCounts(std::span<const uint8_t* const> states, BufferPool& pool,
                             Vector* result) {
  FinalizeEach<Count, int64_t>(states, pool, result, [](const Count& state, int64_t* count) {
    *count = state.count;
    return true;
  });
  return arrow::Status::OK();
}

arrow::Status UpdateTrueCounts(const AggregateUpdate& update) {
  aggregate::ForEachValue<uint8_t>(update.arguments[0], update.batch_rows, update.weights,
                                   [&](int32_t row, uint8_t value, int64_t weight) {
                                     StateAt<Count>(update, row).count += value * weight;
                                   });
  return arrow::Status::OK();
}

arrow::Status UpdateOneTrueCount(uint8_t* state, const AggregateUpdate& update) {
  int64_t count = 0;
  aggregate::ForEachValue<uint8_t>(
      update.arguments[0], update.batch_rows, update.weights,
      [&](int32_t, uint8_t value, int64_t weight) { count += value * weight; });
  reinterpret_cast<Count*>(state)->count += count;
  return arrow::Status::OK();
}

ResolvedAggregate MakeCount(std::vector<Type> arguments) {
  ResolvedAggregate resolved;
  resolved.arguments = std::move(arguments);
  resolved.result = Type(TypeId::kLong);
  resolved.nullable = false;
  resolved.state_bytes = sizeof(Count);
  resolved.takes_back = true;
  resolved.combine = CombineCounts;
  resolved.finalize = FinalizeCounts;
  return resolved;
}

arrow::Result<ResolvedAggregate> ResolveCount(std::span<const Type> arguments,
                                              const EvaluationSettings&) {
  ResolvedAggregate resolved = MakeCount({arguments.begin(), arguments.end()});
  resolved.update = UpdateCounts;
  resolved.update_one = UpdateOneCount;
  return resolved;
}

arrow::Result<ResolvedAggregate> ResolveCountIf(std::span<const Type> arguments,
                                                const EvaluationSettings&) {
  if (arguments.size() != 1) return WrongNumArgs("count_if", "1", arguments.size());
  if (arguments[0].id() != TypeId::kBoolean && !arguments[0].is_null()) {
    return ArgumentMismatch("count_if", arguments, "a BOOLEAN is expected");
  }
  ResolvedAggregate resolved = MakeCount({Type(TypeId::kBoolean)});
  resolved.update = UpdateTrueCounts;
  resolved.update_one = UpdateOneTrueCount;
  return resolved;
}

}  // namespace

std::span<const AggregateFunction> CountAggregates() {
  static const AggregateFunction kFunctions[] = {
      {.name = "count",
       .doc = {.signature = "count(* | expr, ...) -> BIGINT",
               .summary = "How many rows there are, or how many where no expr is NULL.",
               .example = {"count(col) FROM VALUES (NULL), (5), (5) AS t(col)", "2"}},
       .resolve = ResolveCount},
      {.name = "count_if",
       .doc = {.signature = "count_if(condition BOOLEAN) -> BIGINT",
               .summary = "How many rows make the condition true.",
               .example = {"count_if(col % 2 = 0) FROM VALUES (0), (1), (2), (NULL) AS t(col)",
                           "2"}},
       .resolve = ResolveCountIf},
  };
  return kFunctions;
}

}  // namespace sabot
