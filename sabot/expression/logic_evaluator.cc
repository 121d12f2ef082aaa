#include <optional>
#include <utility>

#include "sabot/expression/node.h"
#include "sabot/expression/row_merger.h"

namespace sabot::internal {
namespace {

// AND and OR of three values. A row is decided by FALSE (of OR: TRUE); later arguments are
// evaluated on the others alone, as are those after a NULL, which they may still overrule.
class AndOrNode final : public Node {
 public:
  AndOrNode(bool is_and, std::vector<NodePtr> arguments, BufferPool& pool)
      : Node(Type(TypeId::kBoolean)),
        deciding_(!is_and),
        arguments_(std::move(arguments)),
        pool_(&pool) {}

  arrow::Status Evaluate(const Batch& batch, Rows rows, Vector* result) override {
    Vector decided = Vector::Flat(type(), batch.num_rows(), *pool_);
    uint8_t* const values = decided.mutable_data<uint8_t>();
    ForEachRow(rows, [&](int32_t row) { values[row] = !deciding_; });
    uint64_t* bits = nullptr;
    Rows open = rows;
    BufferPtr open_buffer;
    for (const NodePtr& argument : arguments_) {
      if (open.count == 0) break;
      ARROW_RETURN_NOT_OK(argument->Evaluate(batch, open, &argument_));
      if (bits == nullptr && argument_.may_have_nulls()) bits = decided.MutableValidity(*pool_);
      SelectionWriter rest(open.count, *pool_);
      ForEachBoolean(argument_, open, [&](int32_t row, bool value, bool is_valid) {
        const bool decides = is_valid && value == deciding_;
        if (decides) values[row] = deciding_;
        if (bits != nullptr) {
          if (decides) {
            SetBit(bits, row);
          } else if (!is_valid) {
            ClearBit(bits, row);
          }
        }
        rest.Add(row, !decides);
      });
      argument_ = Vector();
      if (rest.count() == open.count) continue;
      open = rest.rows();
      open_buffer = rest.buffer();
    }
    *result = std::move(decided);
    return arrow::Status::OK();
  }

 private:
  bool deciding_;
  std::vector<NodePtr> arguments_;
  BufferPool* pool_;
  Vector argument_;
};

// The first value that is not NULL; later arguments are evaluated where all before were NULL.
class CoalesceNode final : public Node {
 public:
  CoalesceNode(Type type, std::vector<NodePtr> arguments, BufferPool& pool)
      : Node(std::move(type)), arguments_(std::move(arguments)), pool_(&pool) {}

  arrow::Status Evaluate(const Batch& batch, Rows rows, Vector* result) override {
    std::optional<RowMerger> merger;
    Rows open = rows;
    BufferPtr open_buffer;
    for (size_t i = 0; i < arguments_.size(); ++i) {
      const bool is_last = i + 1 == arguments_.size();
      Vector argument;
      ARROW_RETURN_NOT_OK(arguments_[i]->Evaluate(batch, open, &argument));
      const bool decides_all = is_last || rows.count == 0 || !argument.may_have_nulls();
      if (open.count == rows.count && decides_all) {
        *result = std::move(argument);
        return arrow::Status::OK();
      }
      SelectionWriter valid(open.count, *pool_);
      SelectionWriter rest(open.count, *pool_);
      ForEachRow(open, [&](int32_t row) {
        const bool is_null = argument.IsNull(row);
        valid.Add(row, !is_null || is_last);
        rest.Add(row, is_null);
      });
      if (valid.count() > 0) {
        if (!merger) merger.emplace(type(), batch.num_rows(), *pool_);
        merger->Put(argument, valid.rows());
      }
      if (rest.count() == 0) break;
      if (rest.count() < open.count) {
        open = rest.rows();
        open_buffer = rest.buffer();
      }
    }
    *result = merger->Finish();
    return arrow::Status::OK();
  }

 private:
  std::vector<NodePtr> arguments_;
  BufferPool* pool_;
};

}  // namespace

NodePtr MakeAndOrNode(bool is_and, std::vector<NodePtr> arguments, BufferPool& pool) {
  return std::make_unique<AndOrNode>(is_and, std::move(arguments), pool);
}

NodePtr MakeCoalesceNode(Type type, std::vector<NodePtr> arguments, BufferPool& pool) {
  return std::make_unique<CoalesceNode>(std::move(type), std::move(arguments), pool);
}

}  // namespace sabot::internal
