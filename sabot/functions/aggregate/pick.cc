#include "sabot/functions/aggregate/aggregate_loop.h"
#include "sabot/functions/families.h"
#include "sabot/functions/resolve.h"

/// first, last and any_value: a value in order of arrival, which is whatever the input's order is.
/// The second argument, a constant, says whether NULLs are passed over.
namespace sabot {
namespace {

using aggregate::StateAt;

enum class Seen : uint8_t { kNothing, kNull, kValue };

template <typename T>
struct Picked {
  aggregate::Stored<T> value;
  Seen seen;
};

arrow::Status RefuseTakingBack() {
  return UnsupportedError("Taking rows back from first or last",
                          "count, sum or avg, or first and last over a stream that only appends");
}

template <typename T>
arrow::Status Set(const T& value, StateHeap* heap, Picked<T>* state) {
  if constexpr (std::is_same_v<T, StringView>) {
    ARROW_RETURN_NOT_OK(heap->Replace(&state->value, value.view()));
  } else {
    state->value = value;
  }
  state->seen = Seen::kValue;
  return arrow::Status::OK();
}

template <typename T, bool kIsLast, typename StateOf>
arrow::Status Pick(const AggregateUpdate& update, StateOf state_of) {
  if (aggregate::TakesBack(update)) return RefuseTakingBack();
  const Vector& argument = update.arguments[0];
  const bool ignores_nulls =
      update.arguments.size() > 1 && !update.arguments[1].IsNull(0) &&
      update.arguments[1].data<uint8_t>()[update.arguments[1].ValueIndex(0)] != 0;
  const auto* values = argument.data<T>();
  const uint64_t* validity = argument.validity();
  for (int32_t i = 0; i < update.batch_rows.count; ++i) {
    const int32_t row = update.batch_rows[i];
    Picked<T>* state = state_of(row);
    if (!kIsLast && state->seen != Seen::kNothing) continue;
    const int32_t at = argument.is_constant() ? 0 : row;
    if (validity == nullptr || GetBit(validity, at)) {
      ARROW_RETURN_NOT_OK(Set<T>(values[at], update.heap, state));
    } else if (!ignores_nulls) {
      state->seen = Seen::kNull;
    }
  }
  return arrow::Status::OK();
}

template <typename T, bool kIsLast>
arrow::Status UpdateGroups(const AggregateUpdate& update) {
  return Pick<T, kIsLast>(update, [&](int32_t row) { return &StateAt<Picked<T>>(update, row); });
}

template <typename T, bool kIsLast>
arrow::Status UpdateOne(uint8_t* state, const AggregateUpdate& update) {
  return Pick<T, kIsLast>(update, [&](int32_t) { return reinterpret_cast<Picked<T>*>(state); });
}

// The source's rows come after the target's.
template <typename T, bool kIsLast>
arrow::Status Combine(uint8_t* target, const uint8_t* source, StateHeap* heap) {
  auto* into = reinterpret_cast<Picked<T>*>(target);
  const auto& from = *reinterpret_cast<const Picked<T>*>(source);
  if (from.seen == Seen::kNothing) return arrow::Status::OK();
  if (!kIsLast && into->seen != Seen::kNothing) return arrow::Status::OK();
  if (from.seen == Seen::kValue) return Set<T>(from.value, heap, into);
  into->seen = Seen::kNull;
  return arrow::Status::OK();
}

template <typename T>
arrow::Status Finalize(std::span<const uint8_t* const> states, BufferPool& pool, Vector* result) {
  StringWriter writer(pool);
  aggregate::FinalizeEach<Picked<T>, T>(states, pool, result,
                                        [&](const Picked<T>& state, T* value) {
                                          if (state.seen != Seen::kValue) return false;
                                          if constexpr (std::is_same_v<T, StringView>) {
                                            *value = writer.Write(state.value.view());
                                          } else {
                                            *value = state.value;
                                          }
                                          return true;
                                        });
  writer.AttachTo(result);
  return arrow::Status::OK();
}

template <typename T, bool kIsLast>
void SetPicked(ResolvedAggregate* resolved) {
  static_assert(alignof(Picked<T>) <= 8);
  resolved->state_bytes = static_cast<uint32_t>((sizeof(Picked<T>) + 7) / 8 * 8);
  resolved->has_heap = std::is_same_v<T, StringView>;
  resolved->update = UpdateGroups<T, kIsLast>;
  resolved->update_one = UpdateOne<T, kIsLast>;
  resolved->combine = Combine<T, kIsLast>;
  resolved->finalize = Finalize<T>;
}

template <bool kIsLast>
arrow::Result<ResolvedAggregate> ResolvePicked(std::span<const Type> arguments,
                                               const EvaluationSettings&) {
  constexpr std::string_view kName = kIsLast ? "last" : "first";
  if (arguments.empty() || arguments.size() > 2) {
    return WrongNumArgs(kName, "1 or 2", arguments.size());
  }
  if (arguments.size() == 2 && arguments[1].id() != TypeId::kBoolean) {
    return ArgumentMismatch(kName, arguments, "the second argument is a constant BOOLEAN");
  }
  ResolvedAggregate resolved;
  resolved.arguments = {arguments.begin(), arguments.end()};
  resolved.result = arguments[0];
  // By width: a picked value is only moved.
  const Kind kind = arguments[0].kind();
  if (kind == Kind::kView16) {
    SetPicked<StringView, kIsLast>(&resolved);
    return resolved;
  }
  if (kind == Kind::kList || kind == Kind::kStruct || kind == Kind::kAny16) {
    return UnsupportedError(std::string(kName) + " of " + arguments[0].ToSql(),
                            std::string(kName) + " of its fields or elements");
  }
  switch (KindWidth(kind)) {
    case 1:
      SetPicked<uint8_t, kIsLast>(&resolved);
      break;
    case 2:
      SetPicked<uint16_t, kIsLast>(&resolved);
      break;
    case 4:
      SetPicked<uint32_t, kIsLast>(&resolved);
      break;
    case 8:
      SetPicked<uint64_t, kIsLast>(&resolved);
      break;
    default:
      SetPicked<Int128, kIsLast>(&resolved);
      break;
  }
  return resolved;
}

}  // namespace

std::span<const AggregateFunction> PickAggregates() {
  static const AggregateFunction kFunctions[] = {
      {.name = "first",
       .doc = {.signature = "first(expr ANY[, ignoreNulls BOOLEAN]) -> ANY",
               .summary = "The first value in order of arrival, or the first that is not NULL.",
               .example = {"first(col, true) FROM VALUES (NULL), (5), (20) AS t(col)", "5"}},
       .resolve = ResolvePicked<false>,
       .aliases = {"first_value"}},
      {.name = "any_value",
       .doc = {.signature = "any_value(expr ANY[, ignoreNulls BOOLEAN]) -> ANY",
               .summary = "Some value of the group, or some that is not NULL.",
               .example = {"any_value(col) FROM VALUES (10), (10) AS t(col)", "10"}},
       .resolve = ResolvePicked<false>},
      {.name = "last",
       .doc = {.signature = "last(expr ANY[, ignoreNulls BOOLEAN]) -> ANY",
               .summary = "The last value in order of arrival, or the last that is not NULL.",
               .example = {"last(col, true) FROM VALUES (10), (5), (NULL) AS t(col)", "5"}},
       .resolve = ResolvePicked<true>,
       .aliases = {"last_value"}},
  };
  return kFunctions;
}

}  // namespace sabot
