#pragma once

#include <map>
#include <optional>
#include <type_traits>
#include <utility>
#include <vector>

#include "sabot/base/codec.h"
#include "sabot/plan/logical/column.h"

namespace sabot {

/// Gives columns new ids in order of first appearance, from 1, so that plans that mean the same get
/// the same ids. Spans are dropped: two texts of one question are one plan. Walks any step by its
/// Fields().
class IdRenumbering {
 public:
  ColumnId New(ColumnId old) {
    return ids_.try_emplace(old, static_cast<ColumnId>(ids_.size() + 1)).first->second;
  }

  template <typename T>
  void Apply(T* value) {
    if constexpr (std::is_same_v<T, ColumnId>) {
      *value = New(*value);
    } else if constexpr (std::is_same_v<T, ExpressionPtr>) {
      *value = Renumbered(*value);
    } else if constexpr (internal::IsVector<T>::value) {
      for (auto& element : *value) Apply(&element);
    } else if constexpr (HasFields<T>) {
      ForEachField<T>([&](int, std::string_view, auto member) { Apply(&(value->*member)); });
    }
  }

 private:
  ExpressionPtr Renumbered(const ExpressionPtr& expression) {
    if (expression == nullptr) return nullptr;
    return RewriteExpression(expression, [&](const ExpressionPtr& node) {
      Expression copy = *node;
      copy.span = {};
      if (auto* column = std::get_if<ColumnRef>(&copy.node)) column->id = New(column->id);
      return std::make_shared<const Expression>(std::move(copy));
    });
  }

  std::map<ColumnId, ColumnId> ids_;
};

}  // namespace sabot
