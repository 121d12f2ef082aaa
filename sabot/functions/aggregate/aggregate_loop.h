#pragma once

#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

#include "sabot/base/error.h"
#include "sabot/functions/function.h"
#include "sabot/functions/state_heap.h"
#include "sabot/types/int128.h"

/// The loops that all aggregates share, and how a state becomes the three kernels of
/// ResolvedAggregate. A state is a struct of plain memory whose zero bytes mean "nothing seen".
namespace sabot::aggregate {

/// 128 bits at a multiple of 8 bytes, which is where states stand.
class StateInt128 {
 public:
  StateInt128() = default;
  StateInt128(Int128 value)  // NOLINT: stands for the value
      : low_(static_cast<uint64_t>(value)), high_(static_cast<int64_t>(value >> 64)) {}
  operator Int128() const { return (Int128{high_} << 64) | low_; }  // NOLINT

 private:
  uint64_t low_;
  int64_t high_;
};

/// A value as a member of a state.
template <typename T>
using Stored = std::conditional_t<std::is_same_v<T, Int128>, StateInt128, T>;

/// Call function(row, value, weight) for every active row that is not NULL. The weight is a
/// compile-time 1 where the batch has none, so multiplications with it vanish.
template <typename T, typename Function>
inline void ForEachValue(const Vector& argument, Rows rows, const int64_t* weights,
                         Function&& function) {
  const T* values = argument.data<T>();
  const uint64_t* validity = argument.validity();
  if (argument.is_constant()) {
    if (validity != nullptr && !GetBit(validity, 0)) return;
    const T value = values[0];
    if (weights == nullptr) {
      ForEachRow(rows, [&](int32_t row) { function(row, value, int64_t{1}); });
    } else {
      ForEachRow(rows, [&](int32_t row) { function(row, value, weights[row]); });
    }
    return;
  }
  if (validity == nullptr && weights == nullptr) {
    ForEachRow(rows, [&](int32_t row) { function(row, values[row], int64_t{1}); });
  } else if (validity == nullptr) {
    ForEachRow(rows, [&](int32_t row) { function(row, values[row], weights[row]); });
  } else if (weights == nullptr) {
    ForEachRow(rows, [&](int32_t row) {
      if (GetBit(validity, row)) function(row, values[row], int64_t{1});
    });
  } else {
    ForEachRow(rows, [&](int32_t row) {
      if (GetBit(validity, row)) function(row, values[row], weights[row]);
    });
  }
}

template <typename State>
inline State& StateAt(const AggregateUpdate& update, int32_t row) {
  return *reinterpret_cast<State*>(update.rows[row] + update.offset);
}

/// Why an aggregate cannot go on. A function, not a value: it is made only when it happens.
using Refusal = arrow::Status (*)();

/// For states with `bool Add(T value, int64_t weight)`: false if it cannot be added.
template <typename State, typename T, Refusal kRefusal>
arrow::Status UpdateGroups(const AggregateUpdate& update) {
  bool ok = true;
  ForEachValue<T>(update.arguments[0], update.batch_rows, update.weights,
                  [&](int32_t row, T value, int64_t weight) {
                    ok &= StateAt<State>(update, row).Add(value, weight);
                  });
  return ok ? arrow::Status::OK() : kRefusal();
}

/// The same for one state, kept in registers meanwhile. A state may offer `bool AddAll(const T*,
/// int32_t)` for values without nulls, selection and weights: a loop that vectorises.
template <typename State, typename T, Refusal kRefusal>
arrow::Status UpdateOne(uint8_t* state, const AggregateUpdate& update) {
  State local = *reinterpret_cast<const State*>(state);
  const Vector& argument = update.arguments[0];
  bool ok = true;
  if constexpr (requires { local.AddAll(argument.data<T>(), int32_t{}); }) {
    if (argument.is_flat() && argument.validity() == nullptr && update.weights == nullptr &&
        update.batch_rows.selection == nullptr) {
      ok = local.AddAll(argument.data<T>(), update.batch_rows.count);
      *reinterpret_cast<State*>(state) = local;
      return ok ? arrow::Status::OK() : kRefusal();
    }
  }
  ForEachValue<T>(argument, update.batch_rows, update.weights,
                  [&](int32_t, T value, int64_t weight) { ok &= local.Add(value, weight); });
  *reinterpret_cast<State*>(state) = local;
  return ok ? arrow::Status::OK() : kRefusal();
}

/// For states with `bool Merge(const State&)`.
template <typename State, Refusal kRefusal>
arrow::Status Combine(uint8_t* target, const uint8_t* source, StateHeap*) {
  const bool ok = reinterpret_cast<State*>(target)->Merge(*reinterpret_cast<const State*>(source));
  return ok ? arrow::Status::OK() : kRefusal();
}

/// Fill *result, of values T, with make(state, &value) -> is it a value; else NULL.
template <typename State, typename T, typename Make>
void FinalizeEach(std::span<const uint8_t* const> states, BufferPool& pool, Vector* result,
                  Make&& make) {
  T* values = result->mutable_data<T>();
  uint64_t* validity = nullptr;
  for (size_t i = 0; i < states.size(); ++i) {
    T value{};
    if (!make(*reinterpret_cast<const State*>(states[i]), &value)) {
      if (validity == nullptr) validity = result->MutableValidity(pool);
      ClearBit(validity, static_cast<int64_t>(i));
    }
    values[i] = value;
  }
}

/// Give the kernels of a state over values T to an overload.
template <typename State, typename T, Refusal kRefusal>
void SetKernels(ResolvedAggregate* resolved) {
  static_assert(alignof(State) <= 8);
  resolved->state_bytes = static_cast<uint32_t>((sizeof(State) + 7) / 8 * 8);
  resolved->update = &UpdateGroups<State, T, kRefusal>;
  resolved->update_one = &UpdateOne<State, T, kRefusal>;
  resolved->combine = &Combine<State, kRefusal>;
}

/// Does any active row take one back?
bool TakesBack(const AggregateUpdate& update);

/// The type a numeric aggregate sees: numbers and intervals as they are, NULL and text as DOUBLE
/// (Spark's implicit casts). Errors: DATATYPE_MISMATCH, WRONG_NUM_ARGS.
arrow::Result<Type> NumericArgument(std::string_view name, std::span<const Type> arguments,
                                    bool takes_intervals);

}  // namespace sabot::aggregate
