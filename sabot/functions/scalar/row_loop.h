#pragma once

#include <tuple>
#include <utility>
#include <vector>

#include "sabot/functions/kernels.h"
#include "sabot/functions/resolve.h"

/// For functions whose rows cost more than their loop (text, calendars): one loop for all shapes,
/// and overloads written in a line.
namespace sabot {

/// An overload that runs on any row.
inline ResolvedFunction Overload(std::vector<Type> arguments, Type result, Kernel kernel,
                                 KernelBinder bind = nullptr) {
  return {.arguments = std::move(arguments),
          .result = std::move(result),
          .kernel = kernel,
          .bind = bind};
}
/// One that may fail on a row.
inline ResolvedFunction Throwing(ResolvedFunction overload) {
  overload.can_throw = true;
  return overload;
}
/// One that may give NULL where no argument is.
inline ResolvedFunction Nullable(ResolvedFunction overload) {
  overload.always_nullable = true;
  return overload;
}

/// ScalarFunction::resolve of a function that has a resolve_with: as if no argument were a literal.
template <auto kResolveWith>
inline arrow::Result<ResolvedFunction> WithoutLiterals(std::span<const Type> types,
                                                       const EvaluationSettings& settings) {
  const std::vector<const TypedValue*> unknown(types.size(), nullptr);
  return kResolveWith(types, unknown, settings);
}

/// result[row] = function(argument[row]...), arguments of types Ts.
template <typename Result, typename... Ts, typename Function>
inline void MapRows(const KernelInput& input, Vector* result, Function function) {
  *result = Vector::Flat(input.result_type, input.num_rows, input.pool);
  Result* const out = result->mutable_data<Result>();
  const auto run = [&]<size_t... I>(std::index_sequence<I...>) {
    const std::tuple<Operand<Ts>...> operands{Operand<Ts>(input.arguments[I])...};
    ForEachRow(input.rows,
               [&](int32_t row) { out[row] = function(std::get<I>(operands)[row]...); });
  };
  run(std::index_sequence_for<Ts...>{});
}

/// result[row] = function(writer, argument[row]...) -> StringView, which may point into arguments.
template <typename... Ts, typename Function>
inline void MapTexts(const KernelInput& input, Vector* result, Function function) {
  StringWriter writer(input.pool);
  MapRows<StringView, Ts...>(input, result,
                             [&](const Ts&... values) { return function(writer, values...); });
  writer.AttachTo(result);
  for (const Vector& argument : input.arguments) result->AddHeapsOf(argument);
}

/// function(argument[row]..., Result* out) -> arrow::Status; the first error ends the loop.
template <typename Result, typename... Ts, typename Function>
inline arrow::Status TryMapRows(const KernelInput& input, Vector* result, Function function) {
  arrow::Status status;
  MapRows<Result, Ts...>(input, result, [&](const Ts&... values) {
    Result out{};
    if (status.ok()) [[likely]]
      status = function(values..., &out);
    return out;
  });
  return status;
}

/// function(writer, argument[row]..., StringView* out) -> arrow::Status.
template <typename... Ts, typename Function>
inline arrow::Status TryMapTexts(const KernelInput& input, Vector* result, Function function) {
  arrow::Status status;
  MapTexts<Ts...>(input, result, [&](StringWriter& writer, const Ts&... values) {
    StringView out;
    if (status.ok()) [[likely]]
      status = function(writer, values..., &out);
    return out;
  });
  return status;
}

/// function(argument[row]..., Result* out) -> bool: false is NULL.
template <typename Result, typename... Ts, typename Function>
inline void MapRowsOrNull(const KernelInput& input, Vector* result, Function function) {
  std::vector<int32_t> nulls;
  *result = Vector::Flat(input.result_type, input.num_rows, input.pool);
  Result* const out = result->mutable_data<Result>();
  const auto run = [&]<size_t... I>(std::index_sequence<I...>) {
    const std::tuple<Operand<Ts>...> operands{Operand<Ts>(input.arguments[I])...};
    ForEachRow(input.rows, [&](int32_t row) {
      out[row] = Result{};
      if (!function(std::get<I>(operands)[row]..., &out[row])) nulls.push_back(row);
    });
  };
  run(std::index_sequence_for<Ts...>{});
  if (nulls.empty()) return;
  uint64_t* bits = result->MutableValidity(input.pool);
  for (const int32_t row : nulls) ClearBit(bits, row);
}

}  // namespace sabot
