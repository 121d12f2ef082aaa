#include "sabot/operators/graph/expand.h"

#include <algorithm>

#include "sabot/operators/graph/graph_build.h"

namespace sabot {
namespace {

class Expand final : public Operator {
 public:
  Expand(std::shared_ptr<const GraphIndex> index, std::unique_ptr<Evaluator> from,
         EdgeDirection direction, int32_t batch_size)
      : index_(std::move(index)),
        from_(std::move(from)),
        direction_(direction),
        batch_size_(static_cast<size_t>(batch_size)),
        keys_(&index_->key_layout()) {}

  arrow::Result<Progress> Push(int /*port*/, Batch& input, Output* output) override {
    if (!is_under_way_) ARROW_RETURN_NOT_OK(Begin(input));
    positions_.clear();
    others_.clear();
    const Rows rows = input.rows();
    for (; next_ < rows.count; ++next_, list_ = 0, offset_ = 0) {
      const VertexId vertex = ids_[static_cast<size_t>(rows[next_])];
      if (vertex == kNoVertex) continue;
      for (; list_ < 2; ++list_, offset_ = 0) {
        const std::span<const VertexId> list = ListOf(vertex);
        while (offset_ < list.size()) {
          if (others_.size() == batch_size_) {
            PutOut(input, output);
            return Progress::kMore;
          }
          const VertexId other = list[offset_++];
          // A loop stands in both lists.
          if (list_ == 1 && other == vertex && direction_ == EdgeDirection::kUndirected) continue;
          positions_.push_back(rows[next_]);
          others_.push_back(other);
        }
      }
    }
    is_under_way_ = false;
    if (!others_.empty()) PutOut(input, output);
    return Progress::kNeedsInput;
  }

 private:
  arrow::Status Begin(const Batch& input) {
    Vector values;
    ARROW_RETURN_NOT_OK(from_->Evaluate(input, &values));
    ARROW_RETURN_NOT_OK(keys_.Assign({&values, 1}, input.rows()));
    index_->Find(keys_, &refs_, &ids_);
    next_ = 0;
    list_ = 0;
    offset_ = 0;
    is_under_way_ = true;
    return arrow::Status::OK();
  }

  std::span<const VertexId> ListOf(VertexId vertex) const {
    if (list_ == 0) {
      return direction_ == EdgeDirection::kIncoming ? std::span<const VertexId>()
                                                    : index_->adjacency().Out(vertex);
    }
    return direction_ == EdgeDirection::kOutgoing ? std::span<const VertexId>()
                                                  : index_->adjacency().In(vertex);
  }

  void PutOut(const Batch& input, Output* output) {
    const auto num_rows = static_cast<int32_t>(others_.size());
    output->batch = input.Take(positions_, pool_);
    BufferPtr codes = pool_.Acquire(int64_t{num_rows} * 4);
    std::copy(others_.begin(), others_.end(), reinterpret_cast<uint32_t*>(codes->data()));
    output->batch.columns().push_back(
        Vector::Dictionary(std::move(codes), index_->keys(), num_rows));
  }

  const std::shared_ptr<const GraphIndex> index_;
  const std::unique_ptr<Evaluator> from_;
  const EdgeDirection direction_;
  const size_t batch_size_;
  BufferPool pool_;
  KeyRows keys_;
  RowRefs refs_;

  // The batch that is under way: the row, which of its two lists, and where in it.
  bool is_under_way_ = false;
  int32_t next_ = 0;
  int list_ = 0;
  size_t offset_ = 0;
  std::vector<VertexId> ids_;
  std::vector<int32_t> positions_;
  std::vector<VertexId> others_;
};

class ExpandFactory final : public OperatorFactory {
 public:
  ExpandFactory(PhysicalExpand step, GraphBuild build)
      : step_(std::move(step)), build_(std::move(build)) {}

  arrow::Result<std::unique_ptr<Operator>> Make(const TaskContext& context) override {
    ARROW_ASSIGN_OR_RAISE(auto from, build_.MakeKeyEvaluator(step_.from));
    return std::make_unique<Expand>(build_.index(), std::move(from),
                                    ToEdgeDirection(step_.direction), context.batch_size);
  }
  arrow::Result<std::unique_ptr<Operator>> MakeBuild(const TaskContext& context) override {
    return build_.MakeBuilder(context);
  }

 private:
  const PhysicalExpand step_;
  const GraphBuild build_;
};

}  // namespace

arrow::Result<std::unique_ptr<OperatorFactory>> MakeExpand(const PhysicalExpand& step,
                                                           const PhysicalNode& node,
                                                           const QueryContext& query) {
  ARROW_ASSIGN_OR_RAISE(GraphBuild build,
                        GraphBuild::Make(node, step.source, step.destination, step.to.type, query));
  return std::make_unique<ExpandFactory>(step, std::move(build));
}

}  // namespace sabot
