#pragma once

#include <memory>
#include <mutex>
#include <vector>

#include "arrow/result.h"
#include "arrow/status.h"

#include "sabot/base/memory_budget.h"
#include "sabot/expression/evaluator.h"
#include "sabot/graph/adjacency.h"
#include "sabot/operators/factory.h"
#include "sabot/state/keyed_table.h"

namespace sabot {

/// The adjacency of an edge table, and which node key is which vertex. Vertices are numbered in
/// order of their keys, so what depends on their order depends on the table alone. Built once a
/// query by all tasks, then only read, from any thread.
///
/// An edge with a NULL end is none: NULL is no node. A row of weight n is n parallel edges.
class GraphIndex {
 public:
  /// Errors: UNSUPPORTED_FEATURE for keys without an order (ARRAY, MAP, STRUCT, Cypher's ANY).
  static arrow::Result<std::shared_ptr<GraphIndex>> Make(const Type& key_type,
                                                         MemoryBudget* memory);
  ~GraphIndex();

  /// The operator of one task that takes edges. source, destination: of the key type, over batches
  /// of that layout. The last task to see End makes the adjacency, on the I/O pool.
  static arrow::Result<std::unique_ptr<Operator>> MakeBuilder(std::shared_ptr<GraphIndex> index,
                                                              const ExpressionPtr& source,
                                                              const ExpressionPtr& destination,
                                                              const Layout& layout,
                                                              const QueryContext& query,
                                                              const TaskContext& context);

  /// ---- Once it is built
  const Adjacency& adjacency() const { return adjacency_; }
  /// The key of each vertex: flat.
  const std::shared_ptr<const Vector>& keys() const { return keys_; }
  const RowLayout& key_layout() const { return table_->layout(); }
  /// ids[position]: the vertex of each key, or kNoVertex.
  void Find(const KeyRows& keys, RowRefs* refs, std::vector<VertexId>* ids) const;

 private:
  friend class GraphBuilder;
  GraphIndex() = default;

  /// Numbers of the keys from row `from` on, in order of arrival: numbers[i] of active row i.
  /// Returns how far it came.
  arrow::Result<int32_t> Number(const KeyRows& keys, int32_t from, RowRefs* refs,
                                std::vector<uint32_t>* numbers);
  arrow::Status Finish();
  arrow::Status OrderKeys();

  std::mutex mutex_;  // while it is built
  std::shared_ptr<MemoryConsumer> memory_;
  Reservation reserved_;
  std::unique_ptr<KeyedTable> table_;  // key -> number + 1
  std::vector<Edge> edges_;            // of numbers; empty once built
  uint32_t num_ended_ = 0;
  std::vector<VertexId> vertex_of_number_;
  Adjacency adjacency_;
  std::shared_ptr<const Vector> keys_;
};

EdgeDirection ToEdgeDirection(MatchDirection direction);

}  // namespace sabot
