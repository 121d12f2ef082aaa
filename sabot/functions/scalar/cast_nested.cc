#include <algorithm>
#include <optional>

#include "sabot/functions/families.h"
#include "sabot/functions/scalar/cast.h"

/// Arrays, maps and structs, element by element: structs by position, whatever their fields are
/// called.
namespace sabot {
namespace {

constexpr int32_t kMissing = -1;

// Casts of elements are found and prepared once a batch: they are few, and the zone is all they
// ever prepare.
struct SettingsState final : KernelState {
  EvaluationSettings settings;
};
arrow::Result<std::shared_ptr<const KernelState>> BindSettings(std::span<const TypedValue* const>,
                                                               std::span<const Type>,
                                                               const EvaluationSettings& settings) {
  auto state = std::make_shared<SettingsState>();
  state->settings = settings;
  return state;
}

class ElementCast {
 public:
  ElementCast(const KernelInput& input, OnFailure on_failure)
      : settings_(static_cast<const SettingsState*>(input.state)->settings),
        pool_(input.pool),
        is_try_(on_failure == OnFailure::kNull) {}

  // Element positions[i] as row i; kMissing: NULL. Only these are cast: others may be none of the
  // target's without anybody having asked for them.
  arrow::Result<std::shared_ptr<const Vector>> Cast(const Vector& elements, const Type& from,
                                                    const std::vector<int32_t>& positions,
                                                    const Type& to) const {
    std::vector<int32_t> present;  // in `elements`
    std::vector<int32_t> row_of;   // in what is cast
    for (const int32_t position : positions) {
      const bool is_null = position == kMissing || elements.IsNull(position);
      row_of.push_back(is_null ? kMissing : static_cast<int32_t>(present.size()));
      if (!is_null) present.push_back(position);
    }
    if (present.empty()) {
      const auto count = static_cast<int32_t>(positions.size());
      return std::make_shared<const Vector>(
          Vector::Constant(TypedValue::Null(to), count).Flattened({nullptr, count}, pool_));
    }
    const Vector taken = elements.Take(present, pool_).WithType(from);
    ARROW_ASSIGN_OR_RAISE(const Vector cast, CastAll(Flat(taken), to));
    if (present.size() == positions.size()) return std::make_shared<const Vector>(cast);
    return std::make_shared<const Vector>(Spread(cast, std::move(row_of)));
  }

 private:
  Vector Flat(const Vector& vector) const {
    return vector.is_flat() ? vector : vector.Flattened({nullptr, vector.size()}, pool_);
  }

  arrow::Result<Vector> CastAll(const Vector& values, const Type& to) const {
    ARROW_ASSIGN_OR_RAISE(const ResolvedFunction function,
                          ResolveCastKernel(values.type(), to, is_try_, settings_));
    if (function.kernel == nullptr) return values.WithType(to);
    std::shared_ptr<const KernelState> state;
    if (function.bind != nullptr) {
      const TypedValue* const no_constant = nullptr;
      ARROW_ASSIGN_OR_RAISE(state, function.bind({&no_constant, 1}, function.arguments, settings_));
    }
    Vector result;
    ARROW_RETURN_NOT_OK(function.kernel({.arguments = {&values, 1},
                                         .rows = {nullptr, values.size()},
                                         .num_rows = values.size(),
                                         .result_type = to,
                                         .pool = pool_,
                                         .state = state.get()},
                                        &result));
    return Flat(result);
  }

  // Row row_of[i] as row i; kMissing: NULL.
  Vector Spread(const Vector& values, std::vector<int32_t> row_of) const {
    std::vector<int32_t> missing;
    for (size_t i = 0; i < row_of.size(); ++i) {
      if (row_of[i] != kMissing) continue;
      missing.push_back(static_cast<int32_t>(i));
      row_of[i] = 0;
    }
    Vector spread = values.Take(row_of, pool_);
    uint64_t* const bits = spread.MutableValidity(pool_);
    for (const int32_t row : missing) ClearBit(bits, row);
    return spread;
  }

  const EvaluationSettings& settings_;
  BufferPool& pool_;
  const bool is_try_;
};

// The lists of the result, one behind the other, and where their elements are.
Vector Lists(const KernelInput& input, std::vector<int32_t>* positions) {
  const Vector& argument = input.arguments[0];
  Vector result = Vector::Flat(input.result_type, input.num_rows, input.pool);
  auto* const out = result.mutable_data<ListView>();
  std::fill_n(out, input.num_rows, ListView());
  ForEachRow(input.rows, [&](int32_t row) {
    if (argument.IsNull(row)) return;
    const ListView list = argument.data<ListView>()[argument.ValueIndex(row)];
    out[row] = {static_cast<uint32_t>(positions->size()), list.length};
    for (uint32_t i = 0; i < list.length; ++i) {
      positions->push_back(static_cast<int32_t>(list.offset + i));
    }
  });
  return result;
}

template <OnFailure kOnFailure>
arrow::Status CastArray(const KernelInput& input, Vector* result) {
  std::vector<int32_t> positions;
  *result = Lists(input, &positions);
  const Vector& argument = input.arguments[0];
  ARROW_ASSIGN_OR_RAISE(
      auto elements, ElementCast(input, kOnFailure)
                         .Cast(*argument.children()[0], argument.type().fields()[0].type, positions,
                               input.result_type.fields()[0].type));
  result->set_children({std::move(elements)});
  return arrow::Status::OK();
}

template <OnFailure kOnFailure>
arrow::Status CastMap(const KernelInput& input, Vector* result) {
  std::vector<int32_t> positions;
  *result = Lists(input, &positions);
  const Vector& argument = input.arguments[0];
  const ElementCast element_cast(input, kOnFailure);
  std::vector<std::shared_ptr<const Vector>> columns;
  for (size_t i = 0; i < 2; ++i) {
    ARROW_ASSIGN_OR_RAISE(
        auto column,
        element_cast.Cast(*argument.children()[0]->children()[i], argument.type().fields()[i].type,
                          positions, input.result_type.fields()[i].type));
    columns.push_back(std::move(column));
  }
  const auto fields = input.result_type.fields();
  Vector entries = Vector::Flat(Type::Struct({fields.begin(), fields.end()}),
                                static_cast<int32_t>(positions.size()), input.pool);
  entries.set_children(std::move(columns));
  result->set_children({std::make_shared<const Vector>(std::move(entries))});
  return arrow::Status::OK();
}

template <OnFailure kOnFailure>
arrow::Status CastStruct(const KernelInput& input, Vector* result) {
  const Vector& argument = input.arguments[0];
  std::vector<int32_t> positions(static_cast<size_t>(input.num_rows), kMissing);
  ForEachRow(input.rows, [&](int32_t row) {
    if (!argument.IsNull(row)) positions[static_cast<size_t>(row)] = argument.ValueIndex(row);
  });
  const ElementCast element_cast(input, kOnFailure);
  std::vector<std::shared_ptr<const Vector>> columns;
  for (size_t i = 0; i < argument.children().size(); ++i) {
    ARROW_ASSIGN_OR_RAISE(
        auto column, element_cast.Cast(*argument.children()[i], argument.type().fields()[i].type,
                                       positions, input.result_type.fields()[i].type));
    columns.push_back(std::move(column));
  }
  *result = Vector::Flat(input.result_type, input.num_rows, input.pool);
  result->set_children(std::move(columns));
  return arrow::Status::OK();
}

template <OnFailure kOnFailure>
Kernel KernelFor(TypeId id) {
  switch (id) {
    case TypeId::kArray:
      return &CastArray<kOnFailure>;
    case TypeId::kMap:
      return &CastMap<kOnFailure>;
    case TypeId::kStruct:
      return &CastStruct<kOnFailure>;
    default:
      return nullptr;
  }
}

}  // namespace

CastKernel NestedCast(const Type& from, const Type& to, OnFailure on_failure,
                      const EvaluationSettings& settings) {
  if (from.id() != to.id() || from.fields().size() != to.fields().size()) return {};
  const bool is_null = on_failure == OnFailure::kNull;
  CastKernel cast{.kernel = is_null ? KernelFor<OnFailure::kNull>(from.id())
                                    : KernelFor<OnFailure::kError>(from.id()),
                  .bind = &BindSettings};
  for (size_t i = 0; i < from.fields().size(); ++i) {
    const TypeField& element = from.fields()[i];
    const TypeField& target = to.fields()[i];
    const auto found = ResolveCastKernel(element.type, target.type, is_null, settings);
    if (!found.ok()) return {};
    // Where no NULL may be, none may come about; keys of maps are never NULL.
    const bool is_key = from.id() == TypeId::kMap && i == 0;
    const bool may_be_null = (element.nullable && !is_key) || found->always_nullable;
    if (may_be_null && (is_key || !target.nullable)) return {};
    cast.may_fail |= found->can_throw || found->always_nullable;
  }
  return cast;
}

}  // namespace sabot
