#include <algorithm>
#include <utility>

#include "sabot/base/error.h"
#include "sabot/expression/node.h"

namespace sabot::internal {
namespace {

// A cast that keeps the values.
arrow::Status Retype(const KernelInput& input, Vector* result) {
  *result = input.arguments[0].WithType(input.result_type);
  return arrow::Status::OK();
}

// A dictionary is worth evaluating whole if it is not much larger than the batch, or comes again.
constexpr int32_t kDictionaryToRowsMax = 2;

class CallNode final : public Node {
 public:
  CallNode(ResolvedFunction function, std::shared_ptr<const KernelState> state,
           std::vector<NodePtr> children, Span span, BufferPool& pool)
      : Node(function.result),
        function_(std::move(function)),
        state_(std::move(state)),
        children_(std::move(children)),
        span_(span),
        pool_(&pool),
        arguments_(children_.size()),
        null_(Vector::Constant(TypedValue::Null(type()), 1)) {
    if (function_.kernel == nullptr) function_.kernel = &Retype;
  }

  arrow::Status Evaluate(const Batch& batch, Rows rows, Vector* result) override {
    arrow::Status status;
    for (size_t i = 0; i < children_.size() && status.ok(); ++i) {
      status = children_[i]->Evaluate(batch, rows, &arguments_[i]);
    }
    // Errors of arguments carry their own position.
    if (status.ok()) status = WithPosition(Compute(batch.num_rows(), rows, result));
    // Let go of the arguments' buffers, so that their owners can fill them anew.
    static const Vector kNothing;
    for (Vector& argument : arguments_) argument = kNothing;
    return status;
  }

 private:
  bool propagates_nulls() const { return function_.null_rule == NullRule::kPropagate; }

  arrow::Status WithPosition(const arrow::Status& status) const {
    return status.ok() ? status : WithSpan(status, span_);
  }

  arrow::Status AllNull(int32_t num_rows, Vector* result) const {
    *result = null_.AsConstant(num_rows);
    return arrow::Status::OK();
  }

  arrow::Status Compute(int32_t num_rows, Rows rows, Vector* result) {
    if (rows.count == 0) return AllNull(num_rows, result);
    bool all_constant = true;
    for (const Vector& argument : arguments_) {
      if (!argument.is_constant()) {
        all_constant = false;
      } else if (propagates_nulls() && argument.IsNull(0)) {
        return AllNull(num_rows, result);
      }
    }
    if (all_constant && function_.is_deterministic) {
      ARROW_RETURN_NOT_OK(Run({nullptr, 1}, 1, result));
      *result = result->AsConstant(num_rows);
      return arrow::Status::OK();
    }
    if (const int index = DictionaryArgument(); index >= 0) {
      if (IsWorthEvaluating(arguments_[static_cast<size_t>(index)].dictionary(), rows)) {
        return OverDictionary(static_cast<size_t>(index), num_rows, result);
      }
    }
    for (Vector& argument : arguments_) {
      if (argument.is_dictionary()) argument = argument.Flattened(rows, *pool_);
    }
    return Run(rows, num_rows, result);
  }

  // The only argument that is no literal, if it is a dictionary whose values may all be computed.
  int DictionaryArgument() const {
    if (function_.can_throw || !function_.is_deterministic) return -1;
    int index = -1;
    for (size_t i = 0; i < arguments_.size(); ++i) {
      if (children_[i]->constant() != nullptr) continue;
      if (index >= 0 || !arguments_[i].is_dictionary()) return -1;
      index = static_cast<int>(i);
    }
    if (index < 0) return -1;
    // A null code has no place in the dictionary, so a function of its own null rule never sees it.
    const bool has_null_codes = arguments_[static_cast<size_t>(index)].validity() != nullptr;
    return has_null_codes && !propagates_nulls() ? -1 : index;
  }

  bool IsWorthEvaluating(const std::shared_ptr<const Vector>& dictionary, Rows rows) {
    if (dictionary == cached_dictionary_) return true;
    if (dictionary->size() <= kDictionaryToRowsMax * rows.count) return true;
    return std::exchange(last_dictionary_, dictionary) == dictionary;
  }

  arrow::Status OverDictionary(size_t index, int32_t num_rows, Vector* result) {
    const Vector codes = arguments_[index];
    if (codes.dictionary() != cached_dictionary_) {
      const int32_t size = codes.dictionary()->size();
      // A kernel may hand a literal on as its result, or flatten it: it needs a row for each value.
      for (size_t i = 0; i < arguments_.size(); ++i) {
        arguments_[i] = i == index ? *codes.dictionary() : arguments_[i].AsConstant(size);
      }
      Vector values;
      ARROW_RETURN_NOT_OK(Run({nullptr, size}, size, &values));
      cached_result_ = std::make_shared<const Vector>(values.Flattened({nullptr, size}, *pool_));
      cached_dictionary_ = codes.dictionary();
      last_dictionary_ = nullptr;
    }
    *result = Vector::Dictionary(codes.values(), cached_result_, num_rows, codes.validity_buffer());
    return arrow::Status::OK();
  }

  // The kernel over flat and constant arguments, nulls around it.
  arrow::Status Run(Rows rows, int32_t num_rows, Vector* result) {
    BufferPtr validity = propagates_nulls() ? ArgumentsValidity(num_rows) : nullptr;
    const auto* bits =
        validity == nullptr ? nullptr : reinterpret_cast<const uint64_t*>(validity->data());
    BufferPtr selection;
    Rows computed = rows;
    if (bits != nullptr && function_.can_throw) {
      SelectionWriter valid(rows.count, *pool_);
      ForEachRow(rows, [&](int32_t row) { valid.Add(row, GetBit(bits, row)); });
      if (valid.count() == 0) return AllNull(num_rows, result);
      if (valid.count() < rows.count) computed = valid.rows();
      selection = valid.buffer();
    }
    const KernelInput input{.arguments = arguments_,
                            .rows = computed,
                            .num_rows = num_rows,
                            .result_type = type(),
                            .pool = *pool_,
                            .state = state_.get()};
    ARROW_RETURN_NOT_OK(function_.kernel(input, result));
    if (bits == nullptr) return arrow::Status::OK();
    if (!result->is_flat()) *result = result->Flattened(rows, *pool_);
    if (computed.count < rows.count) EmptyNullRows(bits, rows, result);
    if (result->validity() != nullptr && result->validity() != bits) {
      // A buffer of its own: the kernel's may be shared with an argument.
      BufferPtr both = pool_->Acquire(std::max<int64_t>(NumWords(num_rows), 1) * 8);
      AndBitmaps(bits, result->validity(), num_rows, reinterpret_cast<uint64_t*>(both->data()));
      validity = std::move(both);
    }
    result->set_validity(std::move(validity));
    return arrow::Status::OK();
  }

  // A bit a row, set where no argument is null; null: no row is.
  BufferPtr ArgumentsValidity(int32_t num_rows) {
    BufferPtr validity;
    bool is_own = false;
    for (const Vector& argument : arguments_) {
      if (argument.is_constant() || argument.validity() == nullptr) continue;
      if (validity == nullptr) {
        validity = argument.validity_buffer();
      } else if (validity != argument.validity_buffer()) {
        BufferPtr both =
            is_own ? validity : pool_->Acquire(std::max<int64_t>(NumWords(num_rows), 1) * 8);
        AndBitmaps(reinterpret_cast<const uint64_t*>(validity->data()), argument.validity(),
                   num_rows, reinterpret_cast<uint64_t*>(both->data()));
        validity = std::move(both);
        is_own = true;
      }
    }
    return validity;
  }

  // Rows the kernel left out hold what was in the buffer before: pointers must not be followed.
  void EmptyNullRows(const uint64_t* bits, Rows rows, Vector* result) const {
    for (const Vector& argument : arguments_) {
      if (argument.values() == result->values()) return;
    }
    if (result->kind() == Kind::kView16) {
      auto* values = result->mutable_data<StringView>();
      ForEachRow(rows, [&](int32_t row) {
        if (!GetBit(bits, row)) values[row] = StringView();
      });
    } else if (result->kind() == Kind::kList) {
      auto* values = result->mutable_data<ListView>();
      ForEachRow(rows, [&](int32_t row) {
        if (!GetBit(bits, row)) values[row] = ListView();
      });
    }
  }

  ResolvedFunction function_;
  std::shared_ptr<const KernelState> state_;
  std::vector<NodePtr> children_;
  Span span_;
  BufferPool* pool_;
  std::vector<Vector> arguments_;
  Vector null_;
  std::shared_ptr<const Vector> cached_dictionary_;
  std::shared_ptr<const Vector> cached_result_;
  std::shared_ptr<const Vector> last_dictionary_;  // seen once, too large for one batch
};

}  // namespace

arrow::Result<NodePtr> MakeCallNode(ResolvedFunction function, std::vector<NodePtr> arguments,
                                    Span span, const CompileContext& context) {
  std::shared_ptr<const KernelState> state;
  if (function.bind != nullptr) {
    std::vector<const TypedValue*> constants;
    std::vector<Type> types;
    for (const NodePtr& argument : arguments) {
      constants.push_back(argument->constant());
      types.push_back(argument->type());
    }
    auto bound = function.bind(constants, types, context.settings);
    if (!bound.ok()) return WithSpan(bound.status(), span);
    state = std::move(*bound);
  }
  return std::make_unique<CallNode>(std::move(function), std::move(state), std::move(arguments),
                                    span, context.pool);
}

}  // namespace sabot::internal
