#pragma once

#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include <fmt/format.h>

#include "sabot/base/codec.h"
#include "sabot/plan/logical/steps.h"
#include "sabot/plan/physical/steps.h"

/// How EXPLAIN prints a step: its name and the fields that say something, read from Fields().
namespace sabot {

std::string_view ToText(Comparison comparison);
std::string_view ToText(JoinKind kind);
std::string_view ToText(MatchDirection direction);
std::string_view ToText(ExchangeMode mode);
std::string ToText(const OutputColumn& column);
std::string ToText(const NamedExpression& named);
std::string ToText(const AggregateCall& call);
std::string ToText(const SortKey& key);
std::string ToText(const ColumnBound& bound);
std::string ToText(const TableDescription& table);
std::string ToText(const SinkDescription& sink);

/// Empty: a default that EXPLAIN leaves out.
template <typename T>
std::string FieldText(const T& value) {
  if constexpr (std::is_same_v<T, std::string>) {
    return value;
  } else if constexpr (std::is_same_v<T, bool>) {
    return value ? "true" : "";
  } else if constexpr (std::is_same_v<T, ColumnId>) {
    return fmt::format("#{}", value);
  } else if constexpr (std::is_integral_v<T>) {
    return value == -1 ? std::string() : std::to_string(value);
  } else if constexpr (std::is_same_v<T, TypedValue>) {
    return value.ToSql();
  } else if constexpr (internal::IsVector<T>::value) {
    if (value.empty()) return {};
    std::string text;
    for (const auto& element : value) {
      if (!text.empty()) text.append(", ");
      text.append(FieldText(element));
    }
    return fmt::format("[{}]", text);
  } else if constexpr (std::is_same_v<T, ExpressionPtr>) {
    return value == nullptr ? std::string() : ToText(value);
  } else if constexpr (requires { ToText(value); }) {
    return std::string(ToText(value));
  } else {
    std::string text;
    ForEachField<T>([&](int, std::string_view name, auto member) {
      const std::string field = FieldText(value.*member);
      if (field.empty()) return;
      text.append(text.empty() ? "" : " ").append(name).append("=").append(field);
    });
    return fmt::format("({})", text);
  }
}

template <HasFields Step>
std::string StepText(const Step& step) {
  std::string text(Step::kName);
  ForEachField<Step>([&](int, std::string_view name, auto member) {
    // Where a table's columns stand is noise beside their names.
    if (name == "ordinals") return;
    const std::string field = FieldText(step.*member);
    if (!field.empty()) text.append(fmt::format(" {}={}", name, field));
  });
  return text;
}

}  // namespace sabot
