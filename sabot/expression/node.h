#pragma once

#include <memory>
#include <utility>
#include <vector>

#include "sabot/expression/evaluator.h"

namespace sabot::internal {

/// A compiled expression: the parts of an Evaluator. Private to this room.
class Node {
 public:
  explicit Node(Type type) : type_(std::move(type)) {}
  virtual ~Node() = default;

  /// As Evaluator::Evaluate. The result shares buffers of the pool; the node keeps none of it.
  virtual arrow::Status Evaluate(const Batch& batch, Rows rows, Vector* result) = 0;
  /// The value, if every row has the same; else null.
  virtual const TypedValue* constant() const { return nullptr; }
  const Type& type() const { return type_; }

 private:
  Type type_;
};
using NodePtr = std::unique_ptr<Node>;

struct CompileContext {
  const Layout& layout;
  const FunctionResolver& resolver;
  const EvaluationSettings& settings;
  BufferPool& pool;  ///< outlives the nodes
};

/// The expression as nodes; what has no columns is folded, unless evaluating it fails: then it
/// fails on the first row that needs it.
arrow::Result<NodePtr> Compile(const ExpressionPtr& expression, const CompileContext& context);
/// The same, cast to `type` if it is of another.
arrow::Result<NodePtr> CompileAs(const ExpressionPtr& expression, const Type& type,
                                 const CompileContext& context);

NodePtr MakeConstantNode(TypedValue value);
/// An eager function or a cast over its arguments.
arrow::Result<NodePtr> MakeCallNode(ResolvedFunction function, std::vector<NodePtr> arguments,
                                    Span span, const CompileContext& context);
NodePtr MakeAndOrNode(bool is_and, std::vector<NodePtr> arguments, BufferPool& pool);
NodePtr MakeCoalesceNode(Type type, std::vector<NodePtr> arguments, BufferPool& pool);

struct CaseBranch {
  NodePtr condition;
  NodePtr value;
};
/// is_null_test: a condition holds where it is not NULL, whatever its type.
NodePtr MakeCaseNode(Type type, std::vector<CaseBranch> branches, NodePtr otherwise,
                     bool is_null_test, BufferPool& pool);

/// Row positions written one after another.
class SelectionWriter {
 public:
  SelectionWriter(int32_t num_rows_max, BufferPool& pool)
      : buffer_(pool.Acquire(int64_t{num_rows_max} * 2 + 16)),
        positions_(reinterpret_cast<uint16_t*>(buffer_->data())) {}
  /// Keep the row if `keep`; without a branch.
  void Add(int32_t row, bool keep) {
    positions_[count_] = static_cast<uint16_t>(row);
    count_ += keep ? 1 : 0;
  }
  int32_t count() const { return count_; }
  /// Valid as long as the writer, or the buffer, is.
  Rows rows() const { return {positions_, count_}; }
  const BufferPtr& buffer() const { return buffer_; }

 private:
  BufferPtr buffer_;
  uint16_t* positions_;
  int32_t count_ = 0;
};

/// Call function(row, value, is_valid) for a BOOLEAN vector of any encoding.
template <typename Function>
void ForEachBoolean(const Vector& vector, Rows rows, Function&& function) {
  if (vector.is_flat()) {
    const uint8_t* values = vector.data<uint8_t>();
    if (const uint64_t* bits = vector.validity(); bits == nullptr) {
      ForEachRow(rows, [&](int32_t row) { function(row, values[row] != 0, true); });
    } else {
      ForEachRow(rows, [&](int32_t row) { function(row, values[row] != 0, GetBit(bits, row)); });
    }
    return;
  }
  const Vector& source = vector.is_dictionary() ? *vector.dictionary() : vector;
  const uint8_t* values = source.data<uint8_t>();
  if (!vector.may_have_nulls()) {
    ForEachRow(rows,
               [&](int32_t row) { function(row, values[vector.ValueIndex(row)] != 0, true); });
  } else {
    ForEachRow(rows, [&](int32_t row) {
      function(row, values[vector.ValueIndex(row)] != 0, !vector.IsNull(row));
    });
  }
}

}  // namespace sabot::internal
