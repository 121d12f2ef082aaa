#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "arrow/result.h"
#include "arrow/status.h"

#include "sabot/expression/evaluator.h"
#include "sabot/functions/function.h"
#include "sabot/functions/state_heap.h"
#include "sabot/operators/factory.h"
#include "sabot/state/keyed_table.h"

namespace sabot {

/// The aggregate calls of a step, resolved: what their states are and how they end. State i is slot
/// i of a row; zero bytes are the empty state. Calls that differ only in how they end, such as sum
/// and avg of the same, share one state. Immutable, shared by the tasks.
class AggregateProgram {
 public:
  /// Errors: those of resolving the functions; INTERNAL_ERROR for DISTINCT, which the optimizer
  /// rewrites.
  static arrow::Result<AggregateProgram> Make(std::vector<AggregateCall> calls,
                                              const QueryContext& query);

  size_t size() const { return calls_.size(); }
  const AggregateCall& call(size_t i) const { return calls_[i]; }
  const ResolvedAggregate& function(size_t i) const { return functions_[i]; }
  size_t num_states() const { return first_calls_.size(); }
  /// The first call that has the state.
  size_t call_of_state(size_t state) const { return first_calls_[state]; }
  size_t state_of_call(size_t i) const { return states_[i]; }
  /// Can every state give rows back?
  bool takes_back() const;
  std::vector<StateSlot> slots() const;

  /// For pairs of rows of one group: fold the states of from[i] into those of into[i].
  arrow::Status Combine(const RowLayout& layout, std::span<uint8_t* const> into,
                        std::span<uint8_t* const> from, StateHeap* heap) const;
  /// The result of call i over each row, as a flat vector that owns its strings.
  arrow::Result<Vector> Finalize(size_t i, const RowLayout& layout, std::span<uint8_t* const> rows,
                                 BufferPool& pool) const;
  /// An error of call i says where in the text its argument stands.
  arrow::Status At(size_t i, const arrow::Status& status) const;

 private:
  std::vector<AggregateCall> calls_;
  std::vector<ResolvedAggregate> functions_;
  std::vector<size_t> states_;       // by call
  std::vector<size_t> first_calls_;  // by state
};

/// The arguments of a program's calls over the batches of one task, and the way they take into the
/// states. An argument that several calls share is computed once.
class AggregateInputs {
 public:
  /// program: outlives this.
  static arrow::Result<std::unique_ptr<AggregateInputs>> Make(const AggregateProgram* program,
                                                              const Layout& layout,
                                                              const QueryContext& query);

  /// Compute arguments and filters over a batch, which stays until the last update. Errors: of the
  /// expressions; STREAM_UNSUPPORTED if a row is taken back from a state that cannot give it.
  arrow::Status Evaluate(const Batch& batch);
  /// Add active rows [from, to) of the batch. rows[position]: the table row of its group.
  arrow::Status Update(int32_t from, int32_t to, uint8_t* const* rows, const RowLayout& layout,
                       StateHeap* heap);
  /// Add the active rows to one row's states; states[i]: of state i.
  arrow::Status UpdateOne(std::span<uint8_t* const> states, StateHeap* heap);

 private:
  // An argument over the rows that pass a filter.
  struct Argument {
    ExpressionPtr expression;
    int filter;
    std::unique_ptr<Evaluator> evaluator;
  };
  struct Filter {
    ExpressionPtr condition;
    std::unique_ptr<Predicate> predicate;
    Batch passed;
  };
  static constexpr int kNoFilter = -1;

  explicit AggregateInputs(const AggregateProgram* program) : program_(program) {}
  arrow::Status AddCall(const AggregateCall& call, const Layout& layout, const QueryContext& query);
  Rows RowsOf(int filter) const;

  const AggregateProgram* const program_;
  std::vector<Argument> arguments_;
  std::vector<Filter> filters_;
  std::vector<int> call_filters_;
  std::vector<std::vector<size_t>> call_arguments_;
  BufferPool pool_;
  const Batch* batch_ = nullptr;
  std::vector<Vector> values_;                    // by argument: flat or constant
  std::vector<std::vector<Vector>> call_values_;  // by call
};

/// The bytes of states whose rows stand in a table.
class TableStateHeap final : public StateHeap {
 public:
  explicit TableStateHeap(KeyedTable* table) : table_(table) {}
  arrow::Result<StringView> Store(std::string_view text) override {
    return table_->StoreBytes(text);
  }
  void Free(const StringView& view) override { table_->FreeBytes(view); }
  int64_t size_bytes() const override { return table_->size_bytes(); }

 private:
  KeyedTable* table_;
};

}  // namespace sabot
