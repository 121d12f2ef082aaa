#include <optional>
#include <utility>

#include "sabot/expression/node.h"
#include "sabot/expression/row_merger.h"

namespace sabot::internal {
namespace {

// CASE and IF: a condition is evaluated on the rows no earlier branch took, a value on the rows of
// its branch alone.
class CaseNode final : public Node {
 public:
  CaseNode(Type type, std::vector<CaseBranch> branches, NodePtr otherwise, bool is_null_test,
           BufferPool& pool)
      : Node(std::move(type)),
        branches_(std::move(branches)),
        otherwise_(std::move(otherwise)),
        is_null_test_(is_null_test),
        pool_(&pool) {}

  arrow::Status Evaluate(const Batch& batch, Rows rows, Vector* result) override {
    std::optional<RowMerger> merger;
    Rows pending = rows;
    BufferPtr pending_buffer;
    // The rows' value; a branch that takes all rows hands its vector on as it is.
    const auto take = [&](Node& value, Rows taken) -> arrow::Status {
      if (taken.count == rows.count) return value.Evaluate(batch, taken, result);
      if (!merger) merger.emplace(type(), batch.num_rows(), *pool_);
      if (taken.count == 0) return arrow::Status::OK();
      Vector values;
      ARROW_RETURN_NOT_OK(value.Evaluate(batch, taken, &values));
      merger->Put(values, taken);
      return arrow::Status::OK();
    };
    for (CaseBranch& branch : branches_) {
      if (pending.count == 0) break;
      Vector condition;
      ARROW_RETURN_NOT_OK(branch.condition->Evaluate(batch, pending, &condition));
      SelectionWriter taken(pending.count, *pool_);
      SelectionWriter rest(pending.count, *pool_);
      const auto split = [&](int32_t row, bool holds) {
        taken.Add(row, holds);
        rest.Add(row, !holds);
      };
      if (is_null_test_) {
        ForEachRow(pending, [&](int32_t row) { split(row, !condition.IsNull(row)); });
      } else {
        ForEachBoolean(condition, pending, [&](int32_t row, bool value, bool is_valid) {
          split(row, value && is_valid);
        });
      }
      if (taken.count() == 0) continue;
      // Untouched rows stay dense where they were.
      ARROW_RETURN_NOT_OK(
          take(*branch.value, taken.count() == pending.count ? pending : taken.rows()));
      if (taken.count() == rows.count) return arrow::Status::OK();
      pending = rest.rows();
      pending_buffer = rest.buffer();
    }
    if (pending.count > 0 || !merger) ARROW_RETURN_NOT_OK(take(*otherwise_, pending));
    if (merger) *result = merger->Finish();
    return arrow::Status::OK();
  }

 private:
  std::vector<CaseBranch> branches_;
  NodePtr otherwise_;
  bool is_null_test_;
  BufferPool* pool_;
};

}  // namespace

NodePtr MakeCaseNode(Type type, std::vector<CaseBranch> branches, NodePtr otherwise,
                     bool is_null_test, BufferPool& pool) {
  return std::make_unique<CaseNode>(std::move(type), std::move(branches), std::move(otherwise),
                                    is_null_test, pool);
}

}  // namespace sabot::internal
