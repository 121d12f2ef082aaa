#include "sabot/operators/graph/graph_index.h"

#include <algorithm>
#include <cstring>
#include <limits>
#include <numeric>

#include "sabot/base/error.h"
#include "sabot/expression/value_order.h"
#include "sabot/operators/background_job.h"
#include "sabot/operators/weights.h"

namespace sabot {

namespace {

// An edge while the table is read, and again while the vector that holds it grows.
constexpr int64_t kEdgeBytes = 2 * sizeof(Edge);

template <typename T>
void SortByValue(const Vector& values, std::vector<int32_t>* order) {
  const T* data = values.data<T>();
  std::ranges::sort(
      *order, [&](int32_t left, int32_t right) { return ValueLess(data[left], data[right]); });
}

bool SortByKind(const Vector& values, std::vector<int32_t>* order) {
  switch (values.kind()) {
    case Kind::kBool:
      SortByValue<uint8_t>(values, order);
      return true;
    case Kind::kI8:
      SortByValue<int8_t>(values, order);
      return true;
    case Kind::kI16:
      SortByValue<int16_t>(values, order);
      return true;
    case Kind::kI32:
      SortByValue<int32_t>(values, order);
      return true;
    case Kind::kI64:
      SortByValue<int64_t>(values, order);
      return true;
    case Kind::kI128:
      SortByValue<Int128>(values, order);
      return true;
    case Kind::kF32:
      SortByValue<float>(values, order);
      return true;
    case Kind::kF64:
      SortByValue<double>(values, order);
      return true;
    case Kind::kView16:
      SortByValue<StringView>(values, order);
      return true;
    default:
      return false;
  }
}

}  // namespace

/// Takes the edges of one task.
class GraphBuilder final : public Operator {
 public:
  GraphBuilder(std::shared_ptr<GraphIndex> index, std::unique_ptr<Evaluator> source,
               std::unique_ptr<Evaluator> destination, const TaskContext& context)
      : index_(std::move(index)),
        num_tasks_(context.num_tasks),
        finish_(context),
        ends_{End(std::move(source), index_->key_layout()),
              End(std::move(destination), index_->key_layout())} {}

  arrow::Result<Progress> Push(int /*port*/, Batch& input, Output* /*output*/) override {
    if (!is_under_way_) {
      ARROW_RETURN_NOT_OK(Begin(input));
      is_under_way_ = true;
    }
    if (edges_.num_rows() > 0) {
      const std::lock_guard lock(index_->mutex_);
      for (End& end : ends_) {
        ARROW_ASSIGN_OR_RAISE(end.next, index_->Number(end.keys, end.next, &refs_, &end.numbers));
        if (end.next < end.keys.num_rows()) return Progress::kNeedsMemory;
      }
      ARROW_ASSIGN_OR_RAISE(const int64_t num_edges, TotalWeight(edges_));
      if (!index_->reserved_.TryGrow(num_edges * kEdgeBytes)) return Progress::kNeedsMemory;
      ARROW_RETURN_NOT_OK(Append());
    }
    is_under_way_ = false;
    edges_.Clear();
    return Progress::kNeedsInput;
  }

  arrow::Result<Progress> OnMarker(Marker& marker, Output* /*output*/) override {
    if (marker.kind != Marker::kEnd) return Progress::kNeedsInput;
    if (!has_ended_) {
      has_ended_ = true;
      const std::lock_guard lock(index_->mutex_);
      if (++index_->num_ended_ == num_tasks_) {
        finish_.Start([index = index_] { return index->Finish(); });
      }
    }
    if (!finish_.is_started()) return Progress::kNeedsInput;
    ARROW_ASSIGN_OR_RAISE(const bool is_done, finish_.IsDone());
    return is_done ? Progress::kNeedsInput : Progress::kBlocked;
  }

 private:
  // One of the two columns of an edge.
  struct End {
    End(std::unique_ptr<Evaluator> value, const RowLayout& layout)
        : evaluator(std::move(value)), keys(&layout) {}
    std::unique_ptr<Evaluator> evaluator;
    KeyRows keys;
    Vector values;
    std::vector<uint32_t> numbers;  // by active row
    int32_t next = 0;
  };

  // The rows of both ends that are no NULL become edges_.
  arrow::Status Begin(const Batch& input) {
    ARROW_RETURN_NOT_OK(RefuseTakenBack(input, "a graph", "edges that stay"));
    edges_ = input.Clone();
    for (End& end : ends_) {
      ARROW_RETURN_NOT_OK(end.evaluator->Evaluate(input, &end.values));
    }
    std::vector<uint16_t> positions;
    ForEachRow(input.rows(), [&](int32_t row) {
      if (ends_[0].values.IsNull(row) || ends_[1].values.IsNull(row)) return;
      positions.push_back(static_cast<uint16_t>(row));
    });
    if (positions.size() < static_cast<size_t>(input.num_active_rows())) {
      BufferPtr selection =
          Buffer::Allocate(std::max<int64_t>(static_cast<int64_t>(positions.size() * 2), 2));
      std::memcpy(selection->data(), positions.data(), positions.size() * 2);
      edges_.SetSelection(std::move(selection), static_cast<int32_t>(positions.size()));
    }
    for (End& end : ends_) {
      ARROW_RETURN_NOT_OK(end.keys.Assign({&end.values, 1}, edges_.rows()));
      end.numbers.clear();
      end.next = 0;
    }
    return arrow::Status::OK();
  }

  arrow::Status Append() {
    const Rows rows = edges_.rows();
    for (int32_t i = 0; i < rows.count; ++i) {
      const Edge edge{ends_[0].numbers[static_cast<size_t>(i)],
                      ends_[1].numbers[static_cast<size_t>(i)]};
      for (int64_t copy = edges_.weight(rows[i]); copy > 0; --copy) index_->edges_.push_back(edge);
    }
    if (index_->edges_.size() <= Adjacency::kEdgesMax) return arrow::Status::OK();
    return UnsupportedError("a graph of more than 4,294,967,295 edges", "a smaller part of it");
  }

  const std::shared_ptr<GraphIndex> index_;
  const uint32_t num_tasks_;
  BackgroundJob finish_;
  std::array<End, 2> ends_;
  Batch edges_;
  RowRefs refs_;
  bool is_under_way_ = false;
  bool has_ended_ = false;
};

arrow::Result<std::shared_ptr<GraphIndex>> GraphIndex::Make(const Type& key_type,
                                                            MemoryBudget* memory) {
  if (key_type.kind() == Kind::kList || key_type.kind() == Kind::kStruct ||
      key_type.kind() == Kind::kAny16) {
    return UnsupportedError("nodes known by a " + key_type.ToSql(), "a key of one number or text");
  }
  std::shared_ptr<GraphIndex> index(new GraphIndex());
  ARROW_ASSIGN_OR_RAISE(index->memory_, memory->MakeConsumer("graph"));
  index->reserved_ = Reservation(index->memory_.get());
  RowSchema schema;
  schema.keys.push_back({.type = key_type});
  schema.slots.push_back({.size = sizeof(uint32_t), .alignment = sizeof(uint32_t)});
  ARROW_ASSIGN_OR_RAISE(index->table_,
                        KeyedTable::Make(std::move(schema), {.memory = index->memory_}));
  return index;
}

GraphIndex::~GraphIndex() = default;

arrow::Result<std::unique_ptr<Operator>> GraphIndex::MakeBuilder(std::shared_ptr<GraphIndex> index,
                                                                 const ExpressionPtr& source,
                                                                 const ExpressionPtr& destination,
                                                                 const Layout& layout,
                                                                 const QueryContext& query,
                                                                 const TaskContext& context) {
  ARROW_ASSIGN_OR_RAISE(auto source_value,
                        MakeEvaluator(source, layout, *query.functions, query.settings));
  ARROW_ASSIGN_OR_RAISE(auto destination_value,
                        MakeEvaluator(destination, layout, *query.functions, query.settings));
  return std::make_unique<GraphBuilder>(std::move(index), std::move(source_value),
                                        std::move(destination_value), context);
}

arrow::Result<int32_t> GraphIndex::Number(const KeyRows& keys, int32_t from, RowRefs* refs,
                                          std::vector<uint32_t>* numbers) {
  if (from == keys.num_rows()) return from;
  auto num_vertices = static_cast<uint32_t>(table_->num_rows());
  ARROW_ASSIGN_OR_RAISE(const int32_t to, table_->FindOrInsert(keys, from, refs));
  // A vector names its rows by 31 bits.
  if (table_->num_rows() >= std::numeric_limits<int32_t>::max()) {
    return UnsupportedError("a graph of more than 2,147,483,646 nodes", "a smaller part of it");
  }
  const int32_t offset = table_->layout().slot_offset(0);
  for (const uint16_t position : refs->inserted) {
    *reinterpret_cast<uint32_t*>((*refs)[position] + offset) = ++num_vertices;
  }
  const Rows rows = keys.rows();
  for (int32_t i = from; i < to; ++i) {
    numbers->push_back(*reinterpret_cast<const uint32_t*>((*refs)[rows[i]] + offset) - 1);
  }
  return to;
}

arrow::Status GraphIndex::OrderKeys() {
  const auto num_vertices = static_cast<size_t>(table_->num_rows());
  const int32_t offset = table_->layout().slot_offset(0);
  std::vector<uint8_t*> rows(num_vertices);
  std::vector<uint8_t*> scanned;
  ScanCursor cursor;
  while (table_->Scan(&cursor, kVectorSize, &scanned) > 0) {
    for (uint8_t* row : scanned) rows[*reinterpret_cast<const uint32_t*>(row + offset) - 1] = row;
  }
  BufferPool pool;
  ARROW_ASSIGN_OR_RAISE(const Vector by_number, table_->GatherKey(0, rows, pool));
  std::vector<int32_t> order(num_vertices);
  std::iota(order.begin(), order.end(), 0);
  if (!SortByKind(by_number, &order)) return InternalError("node keys without an order");
  keys_ = std::make_shared<const Vector>(by_number.Take(order, pool));
  vertex_of_number_.resize(num_vertices);
  for (size_t vertex = 0; vertex < num_vertices; ++vertex) {
    vertex_of_number_[static_cast<size_t>(order[vertex])] = static_cast<VertexId>(vertex);
  }
  return arrow::Status::OK();
}

arrow::Status GraphIndex::Finish() {
  const auto num_vertices = static_cast<uint32_t>(table_->num_rows());
  // Keys by number and in order, their order, and its inverse.
  const int64_t key_bytes = num_vertices * int64_t{2 * 16 + 4 + 4 + 8};
  const int64_t bytes = key_bytes + Adjacency::SizeBytesOf(num_vertices, edges_.size());
  const int64_t edge_bytes = reserved_.bytes();
  if (!reserved_.TryGrow(bytes)) return OutOfMemoryError(*memory_->budget(), "graph", bytes);
  ARROW_RETURN_NOT_OK(OrderKeys());
  for (Edge& edge : edges_) {
    edge = {vertex_of_number_[edge.source], vertex_of_number_[edge.destination]};
  }
  adjacency_ = Adjacency(num_vertices, edges_);
  edges_ = {};
  reserved_.Shrink(edge_bytes);
  return arrow::Status::OK();
}

void GraphIndex::Find(const KeyRows& keys, RowRefs* refs, std::vector<VertexId>* ids) const {
  table_->Find(keys, refs);
  const int32_t offset = table_->layout().slot_offset(0);
  ids->assign(refs->row.size(), kNoVertex);
  ForEachRow(keys.rows(), [&](int32_t position) {
    const uint8_t* row = (*refs)[position];
    if (row == nullptr) return;
    const uint32_t number = *reinterpret_cast<const uint32_t*>(row + offset) - 1;
    (*ids)[static_cast<size_t>(position)] = vertex_of_number_[number];
  });
}

EdgeDirection ToEdgeDirection(MatchDirection direction) {
  switch (direction) {
    case MatchDirection::kOutgoing:
      return EdgeDirection::kOutgoing;
    case MatchDirection::kIncoming:
      return EdgeDirection::kIncoming;
    default:
      return EdgeDirection::kUndirected;
  }
}

}  // namespace sabot
