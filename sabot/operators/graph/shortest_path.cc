#include "sabot/operators/graph/shortest_path.h"

#include <array>

#include "sabot/base/error.h"
#include "sabot/graph/shortest_path.h"
#include "sabot/operators/graph/graph_build.h"

namespace sabot {
namespace {

// About a millisecond of searching.
constexpr int64_t kEdgesACall = 100'000;

class ShortestPath final : public Operator {
 public:
  static arrow::Result<std::unique_ptr<Operator>> Make(const GraphBuild& build,
                                                       const PhysicalShortestPath& step,
                                                       const TaskContext& context) {
    auto made = std::make_unique<ShortestPath>(build.index(), step);
    for (const ExpressionPtr& end : {step.from, step.to}) {
      ARROW_ASSIGN_OR_RAISE(made->evaluators_.emplace_back(), build.MakeKeyEvaluator(end));
    }
    ARROW_ASSIGN_OR_RAISE(made->memory_, context.memory->MakeConsumer("shortest path"));
    made->reserved_ = Reservation(made->memory_.get());
    return made;
  }

  ShortestPath(std::shared_ptr<const GraphIndex> index, const PhysicalShortestPath& step)
      : index_(std::move(index)), step_(step), keys_(&index_->key_layout()) {}

  arrow::Result<Progress> Push(int /*port*/, Batch& input, Output* output) override {
    if (search_ == nullptr) {
      const int64_t bytes = ShortestPathSearch::SizeBytesOf(index_->adjacency().num_vertices());
      if (!reserved_.TryGrow(bytes)) return Progress::kNeedsMemory;
      search_ = std::make_unique<ShortestPathSearch>(&index_->adjacency(),
                                                     ToEdgeDirection(step_.direction));
    }
    if (!is_under_way_) ARROW_RETURN_NOT_OK(Begin(input));
    const Rows rows = input.rows();
    int64_t num_edges = kEdgesACall;
    for (; next_ < rows.count; ++next_) {
      const auto position = static_cast<size_t>(rows[next_]);
      if (!is_searching_) {
        search_->Start(ids_[0][position], ids_[1][position], step_.max_hops);
        is_searching_ = true;
      }
      if (num_edges <= 0 || !search_->Advance(&num_edges)) return Progress::kMore;
      --num_edges;  // or searches that end at once would never yield
      is_searching_ = false;
      if (search_->path().empty()) continue;
      found_.push_back(rows[next_]);
      lists_.push_back(
          {static_cast<uint32_t>(vertices_.size()), static_cast<uint32_t>(search_->path().size())});
      for (const VertexId vertex : search_->path()) {
        vertices_.push_back(static_cast<int32_t>(vertex));
      }
    }
    is_under_way_ = false;
    if (!found_.empty()) PutOut(input, output);
    return Progress::kNeedsInput;
  }

 private:
  arrow::Status Begin(const Batch& input) {
    for (size_t end = 0; end < 2; ++end) {
      Vector values;
      ARROW_RETURN_NOT_OK(evaluators_[end]->Evaluate(input, &values));
      ARROW_RETURN_NOT_OK(keys_.Assign({&values, 1}, input.rows()));
      index_->Find(keys_, &refs_, &ids_[end]);
    }
    next_ = 0;
    is_searching_ = false;
    found_.clear();
    lists_.clear();
    vertices_.clear();
    is_under_way_ = true;
    return arrow::Status::OK();
  }

  void PutOut(const Batch& input, Output* output) {
    output->batch = input.Take(found_, pool_);
    Vector paths = Vector::Flat(step_.path.type, static_cast<int32_t>(found_.size()), pool_);
    std::copy(lists_.begin(), lists_.end(), paths.mutable_data<ListView>());
    paths.set_children({std::make_shared<const Vector>(index_->keys()->Take(vertices_, pool_))});
    output->batch.columns().push_back(std::move(paths));
  }

  const std::shared_ptr<const GraphIndex> index_;
  const PhysicalShortestPath& step_;
  std::vector<std::unique_ptr<Evaluator>> evaluators_;
  std::shared_ptr<MemoryConsumer> memory_;
  Reservation reserved_;
  std::unique_ptr<ShortestPathSearch> search_;
  BufferPool pool_;
  KeyRows keys_;
  RowRefs refs_;

  // The batch that is under way.
  bool is_under_way_ = false;
  bool is_searching_ = false;
  int32_t next_ = 0;
  std::array<std::vector<VertexId>, 2> ids_;
  std::vector<int32_t> found_;
  std::vector<ListView> lists_;
  std::vector<int32_t> vertices_;
};

class ShortestPathFactory final : public OperatorFactory {
 public:
  ShortestPathFactory(PhysicalShortestPath step, GraphBuild build)
      : step_(std::move(step)), build_(std::move(build)) {}

  arrow::Result<std::unique_ptr<Operator>> Make(const TaskContext& context) override {
    return ShortestPath::Make(build_, step_, context);
  }
  arrow::Result<std::unique_ptr<Operator>> MakeBuild(const TaskContext& context) override {
    return build_.MakeBuilder(context);
  }

 private:
  const PhysicalShortestPath step_;
  const GraphBuild build_;
};

}  // namespace

arrow::Result<std::unique_ptr<OperatorFactory>> MakeShortestPath(const PhysicalShortestPath& step,
                                                                 const PhysicalNode& node,
                                                                 const QueryContext& query) {
  if (step.path.type.id() != TypeId::kArray) {
    return InternalError("a shortest path is an ARRAY of node keys, not " + step.path.type.ToSql());
  }
  ARROW_ASSIGN_OR_RAISE(GraphBuild build, GraphBuild::Make(node, step.source, step.destination,
                                                           step.path.type.fields()[0].type, query));
  return std::make_unique<ShortestPathFactory>(step, std::move(build));
}

}  // namespace sabot
