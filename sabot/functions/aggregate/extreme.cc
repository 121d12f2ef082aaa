#include "sabot/functions/aggregate/aggregate_loop.h"
#include "sabot/functions/families.h"
#include "sabot/functions/resolve.h"

/// min and max, of everything that has an order. NaN equals NaN and is greatest; -0.0 equals 0.0;
/// text orders by bytes. A value taken back would need all others kept, so it is refused.
namespace sabot {
namespace {

using aggregate::FinalizeEach;
using aggregate::SetKernels;
using aggregate::StateAt;

template <typename T>
bool IsLess(T left, T right) {
  if constexpr (std::is_floating_point_v<T>) {
    return right != right ? left == left : left < right;
  } else {
    return left < right;
  }
}

template <typename T, bool kIsMax>
struct Extreme {
  aggregate::Stored<T> value;
  bool has_value;

  static bool IsBetter(T left, T right) {
    return kIsMax ? IsLess(right, left) : IsLess(left, right);
  }

  bool Add(T candidate, int64_t weight) {
    if (!has_value || IsBetter(candidate, value)) {
      value = candidate;
      has_value = true;
    }
    return weight > 0;
  }

  bool AddAll(const T* values, int32_t size) {
    if (size == 0) return true;
    T best = has_value ? static_cast<T>(value) : values[0];
    for (int32_t i = 0; i < size; ++i) best = IsBetter(values[i], best) ? values[i] : best;
    value = best;
    has_value = true;
    return true;
  }

  bool Merge(const Extreme& other) { return !other.has_value || Add(other.value, 1); }
};

arrow::Status RefuseTakingBack() {
  return UnsupportedError("Taking rows back from min or max",
                          "count, sum or avg, or min and max over a stream that only appends");
}

template <typename T, bool kIsMax>
arrow::Status FinalizeExtreme(std::span<const uint8_t* const> states, BufferPool& pool,
                              Vector* result) {
  using State = Extreme<T, kIsMax>;
  FinalizeEach<State, T>(states, pool, result, [](const State& state, T* value) {
    *value = state.value;
    return state.has_value;
  });
  return arrow::Status::OK();
}

/// Of STRING and BINARY: the text lies in the table's heap.
struct TextExtreme {
  StringView value;
  uint64_t has_value;
};

template <bool kIsMax>
arrow::Status AddText(const StringView& text, StateHeap* heap, TextExtreme* state) {
  if (state->has_value != 0) {
    const int order = Compare(text, state->value);
    if (kIsMax ? order <= 0 : order >= 0) return arrow::Status::OK();
  }
  ARROW_RETURN_NOT_OK(heap->Replace(&state->value, text.view()));
  state->has_value = 1;
  return arrow::Status::OK();
}

template <bool kIsMax, typename StateOf>
arrow::Status UpdateTexts(const AggregateUpdate& update, StateOf state_of) {
  if (aggregate::TakesBack(update)) return RefuseTakingBack();
  arrow::Status status;
  aggregate::ForEachValue<StringView>(update.arguments[0], update.batch_rows, nullptr,
                                      [&](int32_t row, const StringView& text, int64_t) {
                                        if (status.ok()) [[likely]]
                                          status =
                                              AddText<kIsMax>(text, update.heap, state_of(row));
                                      });
  return status;
}

template <bool kIsMax>
arrow::Status UpdateTextGroups(const AggregateUpdate& update) {
  return UpdateTexts<kIsMax>(update,
                             [&](int32_t row) { return &StateAt<TextExtreme>(update, row); });
}

template <bool kIsMax>
arrow::Status UpdateOneText(uint8_t* state, const AggregateUpdate& update) {
  return UpdateTexts<kIsMax>(update,
                             [&](int32_t) { return reinterpret_cast<TextExtreme*>(state); });
}

template <bool kIsMax>
arrow::Status CombineTexts(uint8_t* target, const uint8_t* source, StateHeap* heap) {
  const auto& other = *reinterpret_cast<const TextExtreme*>(source);
  if (other.has_value == 0) return arrow::Status::OK();
  return AddText<kIsMax>(other.value, heap, reinterpret_cast<TextExtreme*>(target));
}

arrow::Status FinalizeTexts(std::span<const uint8_t* const> states, BufferPool& pool,
                            Vector* result) {
  StringWriter writer(pool);
  FinalizeEach<TextExtreme, StringView>(states, pool, result,
                                        [&](const TextExtreme& state, StringView* text) {
                                          if (state.has_value == 0) return false;
                                          *text = writer.Write(state.value.view());
                                          return true;
                                        });
  writer.AttachTo(result);
  return arrow::Status::OK();
}

template <typename T, bool kIsMax>
void SetExtreme(ResolvedAggregate* resolved) {
  SetKernels<Extreme<T, kIsMax>, T, RefuseTakingBack>(resolved);
  resolved->finalize = FinalizeExtreme<T, kIsMax>;
}

template <bool kIsMax>
arrow::Result<ResolvedAggregate> ResolveExtreme(std::span<const Type> arguments,
                                                const EvaluationSettings&) {
  constexpr std::string_view kName = kIsMax ? "max" : "min";
  if (arguments.size() != 1) return WrongNumArgs(kName, "1", arguments.size());
  const Type& type = arguments[0];
  ResolvedAggregate resolved;
  resolved.arguments = {type};
  resolved.result = type;
  switch (type.kind()) {
    case Kind::kBool:
      SetExtreme<uint8_t, kIsMax>(&resolved);
      return resolved;
    case Kind::kI8:
      SetExtreme<int8_t, kIsMax>(&resolved);
      return resolved;
    case Kind::kI16:
      SetExtreme<int16_t, kIsMax>(&resolved);
      return resolved;
    case Kind::kI32:
      SetExtreme<int32_t, kIsMax>(&resolved);
      return resolved;
    case Kind::kI64:
      if (type.id() == TypeId::kNode || type.id() == TypeId::kRelationship) break;
      SetExtreme<int64_t, kIsMax>(&resolved);
      return resolved;
    case Kind::kI128:
      SetExtreme<Int128, kIsMax>(&resolved);
      return resolved;
    case Kind::kF32:
      SetExtreme<float, kIsMax>(&resolved);
      return resolved;
    case Kind::kF64:
      SetExtreme<double, kIsMax>(&resolved);
      return resolved;
    case Kind::kView16:
      if (type.id() == TypeId::kVariant) break;
      resolved.has_heap = true;
      resolved.state_bytes = sizeof(TextExtreme);
      resolved.update = UpdateTextGroups<kIsMax>;
      resolved.update_one = UpdateOneText<kIsMax>;
      resolved.combine = CombineTexts<kIsMax>;
      resolved.finalize = FinalizeTexts;
      return resolved;
    case Kind::kList:
    case Kind::kStruct:
      if (type.id() == TypeId::kArray || type.id() == TypeId::kStruct) {
        return UnsupportedError(std::string(kName) + " of " + type.ToSql(),
                                std::string(kName) + " of its elements");
      }
      break;
    case Kind::kAny16:
      break;
  }
  return ArgumentMismatch(kName, arguments, "a type with an order is expected");
}

}  // namespace

std::span<const AggregateFunction> ExtremeAggregates() {
  static const AggregateFunction kFunctions[] = {
      {.name = "min",
       .doc = {.signature = "min(expr ANY) -> ANY",
               .summary = "The least of the values; NULL if there is none.",
               .example = {"min(col) FROM VALUES (10), (-1), (20) AS t(col)", "-1"}},
       .resolve = ResolveExtreme<false>},
      {.name = "max",
       .doc = {.signature = "max(expr ANY) -> ANY",
               .summary = "The greatest of the values; NULL if there is none. NaN is greatest.",
               .example = {"max(col) FROM VALUES (10), (50), (20) AS t(col)", "50"}},
       .resolve = ResolveExtreme<true>},
  };
  return kFunctions;
}

}  // namespace sabot
