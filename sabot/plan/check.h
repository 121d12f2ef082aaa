#pragma once

#include <set>
#include <string>
#include <type_traits>
#include <variant>

#include "sabot/base/codec.h"
#include "sabot/plan/text.h"

/// What every plan of ours holds to and bytes from elsewhere may not: whatever runs or prints a
/// plan relies on it. Read from Fields(), so that a new step is checked too.
namespace sabot::internal {

/// Is the value held as its type says (types/value.h)?
bool IsHeldAsItsType(const TypedValue& value);
/// No part is missing, literals are held as their types say. CODEC_ERROR otherwise.
arrow::Status CheckExpression(const ExpressionPtr& expression);
/// How many inputs a step of that name has; -1: any number from 1.
int NumInputsOf(std::string_view step_name);

/// Checks one node over its inputs, which have been checked. Errors: CODEC_ERROR.
template <typename Node>
class NodeCheck {
 public:
  explicit NodeCheck(const Node& node) : node_(node) {
    for (const auto& input : node.inputs) {
      for (const OutputColumn& column : input->output) known_.insert(column.id);
    }
  }

  arrow::Status Run() {
    return std::visit([&](const auto& step) { return CheckStep(step); }, node_.step);
  }

 private:
  template <typename Step>
  arrow::Status CheckStep(const Step& step) {
    const int num_inputs = NumInputsOf(Step::kName);
    if (num_inputs < 0 ? node_.inputs.empty()
                       : node_.inputs.size() != static_cast<size_t>(num_inputs)) {
      return CodecError("the step " + std::string(Step::kName) + " has the wrong inputs");
    }
    ARROW_RETURN_NOT_OK(CheckFields(step));
    ARROW_RETURN_NOT_OK(CheckSizes(step));
    for (const OutputColumn& column : node_.output) {
      if (!known_.contains(column.id) && !made_.contains(column.id)) {
        return CodecError("the step " + std::string(Step::kName) + " puts out an unknown column");
      }
    }
    return arrow::Status::OK();
  }

  template <typename T>
  arrow::Status CheckFields(const T& value) {
    arrow::Status status;
    ForEachField<T>([&](int, std::string_view name, auto member) {
      const bool is_optional = name == "residual" || name == "filter";
      if (status.ok()) status = CheckValue(value.*member, is_optional);
    });
    return status;
  }

  template <typename T>
  arrow::Status CheckValue(const T& value, bool is_optional) {
    if constexpr (std::is_same_v<T, ExpressionPtr>) {
      if (value == nullptr && is_optional) return arrow::Status::OK();
      ARROW_RETURN_NOT_OK(CheckExpression(value));
      for (const ColumnId id : ColumnsOf(value)) ARROW_RETURN_NOT_OK(CheckColumn(id));
      return arrow::Status::OK();
    } else if constexpr (std::is_same_v<T, ColumnId>) {
      return CheckColumn(value);
    } else if constexpr (std::is_same_v<T, OutputColumn>) {
      made_.insert(value.id);
      return arrow::Status::OK();
    } else if constexpr (std::is_same_v<T, TypedValue>) {
      if (!IsHeldAsItsType(value)) return CodecError("a value is not of its type");
      return arrow::Status::OK();
    } else if constexpr (std::is_enum_v<T>) {
      if (ToText(value) == "?") return CodecError("an enumeration has an unknown value");
      return arrow::Status::OK();
    } else if constexpr (IsVector<T>::value) {
      for (const auto& element : value) ARROW_RETURN_NOT_OK(CheckValue(element, is_optional));
      return arrow::Status::OK();
    } else if constexpr (HasFields<T>) {
      return CheckFields(value);
    } else {
      return arrow::Status::OK();
    }
  }

  arrow::Status CheckColumn(ColumnId id) const {
    if (known_.contains(id)) return arrow::Status::OK();
    return CodecError("a step reads column " + std::to_string(id) + ", which no input has");
  }

  /// What must be as long as something else, and positions into something else.
  template <typename Step>
  arrow::Status CheckSizes(const Step& step) {
    const auto check = [](bool is_sound) {
      return is_sound ? arrow::Status::OK() : CodecError("parts of a step do not fit each other");
    };
    const auto is_within = [](int position, size_t size) {
      return position >= 0 && static_cast<size_t>(position) < size;
    };
    if constexpr (requires { step.ordinals; }) {
      const size_t num_columns = step.table.schema.size();
      ARROW_RETURN_NOT_OK(check(step.ordinals.size() == step.columns.size()));
      for (const int ordinal : step.ordinals) {
        ARROW_RETURN_NOT_OK(check(is_within(ordinal, num_columns)));
      }
      for (const ColumnBound& bound : step.bounds) {
        ARROW_RETURN_NOT_OK(check(is_within(bound.column, num_columns)));
      }
    }
    if constexpr (requires { step.rows; }) {
      for (const auto& row : step.rows) {
        ARROW_RETURN_NOT_OK(check(row.size() == step.columns.size()));
        for (size_t i = 0; i < row.size(); ++i) {
          ARROW_RETURN_NOT_OK(check(row[i].is_null() || row[i].type == step.columns[i].type));
        }
      }
    }
    if constexpr (requires { step.left_keys; }) {
      ARROW_RETURN_NOT_OK(check(step.left_keys.size() == step.right_keys.size()));
    }
    if constexpr (requires { step.sources; }) {
      ARROW_RETURN_NOT_OK(check(step.sources.size() == node_.inputs.size()));
      for (const auto& source : step.sources) {
        ARROW_RETURN_NOT_OK(check(source.size() == step.columns.size()));
      }
    }
    if constexpr (requires { step.window_key; }) {
      ARROW_RETURN_NOT_OK(check(is_within(step.window_key, step.keys.size()) && step.size_us > 0));
    }
    if constexpr (requires { step.relationships; }) {
      const size_t num_inputs = node_.inputs.size();
      for (const MatchNode& node : step.nodes) {
        ARROW_RETURN_NOT_OK(check(is_within(node.input, num_inputs)));
      }
      for (const MatchRelationship& edge : step.relationships) {
        ARROW_RETURN_NOT_OK(check(is_within(edge.input, num_inputs) &&
                                  is_within(edge.left, step.nodes.size()) &&
                                  is_within(edge.right, step.nodes.size())));
      }
    }
    return arrow::Status::OK();
  }

  const Node& node_;
  std::set<ColumnId> known_;
  std::set<ColumnId> made_;
};

/// All nodes, inputs first.
template <typename Node>
arrow::Status CheckTree(const Node& node) {
  for (const auto& input : node.inputs) ARROW_RETURN_NOT_OK(CheckTree<Node>(*input));
  return NodeCheck<Node>(node).Run();
}

}  // namespace sabot::internal
