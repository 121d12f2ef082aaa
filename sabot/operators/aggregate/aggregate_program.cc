#include "sabot/operators/aggregate/aggregate_program.h"

#include <algorithm>

#include "sabot/base/error.h"
#include "sabot/operators/weights.h"

namespace sabot {
namespace {

// Do both calls add the same rows in the same way?
bool ShareState(const AggregateCall& left, const ResolvedAggregate& left_function,
                const AggregateCall& right, const ResolvedAggregate& right_function) {
  if (left_function.update != right_function.update ||
      left_function.update_one != right_function.update_one ||
      left_function.combine != right_function.combine ||
      left_function.state_bytes != right_function.state_bytes ||
      left.arguments.size() != right.arguments.size() ||
      (left.filter == nullptr) != (right.filter == nullptr)) {
    return false;
  }
  if (left.filter != nullptr && !Equal(left.filter, right.filter)) return false;
  for (size_t i = 0; i < left.arguments.size(); ++i) {
    if (!Equal(left.arguments[i], right.arguments[i])) return false;
  }
  return true;
}

// Those of `rows`, a selection, that lie between active rows `from` and `to` of the whole batch.
Rows Between(Rows rows, Rows all, int32_t from, int32_t to) {
  const uint16_t* end = rows.selection + rows.count;
  const uint16_t* first =
      from == all.count ? end : std::lower_bound(rows.selection, end, all[from]);
  const uint16_t* last = to == all.count ? end : std::lower_bound(first, end, all[to]);
  return {first, static_cast<int32_t>(last - first)};
}

}  // namespace

arrow::Result<AggregateProgram> AggregateProgram::Make(std::vector<AggregateCall> calls,
                                                       const QueryContext& query) {
  AggregateProgram program;
  for (const AggregateCall& call : calls) {
    if (call.distinct) {
      return InternalError("the optimizer left DISTINCT in the aggregate " + call.function);
    }
    std::vector<Type> types;
    for (const ExpressionPtr& argument : call.arguments) types.push_back(argument->type);
    ARROW_ASSIGN_OR_RAISE(program.functions_.emplace_back(),
                          query.functions->ResolveAggregate(call.function, types, query.settings));
  }
  for (size_t i = 0; i < calls.size(); ++i) {
    size_t state = 0;
    while (state < program.first_calls_.size() &&
           !ShareState(calls[program.first_calls_[state]],
                       program.functions_[program.first_calls_[state]], calls[i],
                       program.functions_[i])) {
      ++state;
    }
    if (state == program.first_calls_.size()) program.first_calls_.push_back(i);
    program.states_.push_back(state);
  }
  program.calls_ = std::move(calls);
  return program;
}

bool AggregateProgram::takes_back() const {
  return std::ranges::all_of(functions_, &ResolvedAggregate::takes_back);
}

std::vector<StateSlot> AggregateProgram::slots() const {
  std::vector<StateSlot> slots;
  for (const size_t call : first_calls_) {
    const ResolvedAggregate& function = functions_[call];
    slots.push_back({.size = static_cast<int32_t>(function.state_bytes),
                     .alignment = 8,
                     .has_bytes = function.has_heap});
  }
  return slots;
}

arrow::Status AggregateProgram::Combine(const RowLayout& layout, std::span<uint8_t* const> into,
                                        std::span<uint8_t* const> from, StateHeap* heap) const {
  for (size_t state = 0; state < first_calls_.size(); ++state) {
    const int32_t offset = layout.slot_offset(state);
    const auto combine = functions_[first_calls_[state]].combine;
    for (size_t i = 0; i < into.size(); ++i) {
      const arrow::Status status = combine(into[i] + offset, from[i] + offset, heap);
      if (!status.ok()) return At(first_calls_[state], status);
    }
  }
  return arrow::Status::OK();
}

arrow::Result<Vector> AggregateProgram::Finalize(size_t i, const RowLayout& layout,
                                                 std::span<uint8_t* const> rows,
                                                 BufferPool& pool) const {
  std::vector<const uint8_t*> states(rows.size());
  const int32_t offset = layout.slot_offset(states_[i]);
  for (size_t row = 0; row < rows.size(); ++row) states[row] = rows[row] + offset;
  Vector result = Vector::Flat(calls_[i].column.type, static_cast<int32_t>(rows.size()), pool);
  ARROW_RETURN_NOT_OK(At(i, functions_[i].finalize(states, pool, &result)));
  return result;
}

arrow::Status AggregateProgram::At(size_t i, const arrow::Status& status) const {
  if (status.ok() || calls_[i].arguments.empty()) return status;
  return WithSpan(status, calls_[i].arguments[0]->span);
}

arrow::Result<std::unique_ptr<AggregateInputs>> AggregateInputs::Make(
    const AggregateProgram* program, const Layout& layout, const QueryContext& query) {
  std::unique_ptr<AggregateInputs> inputs(new AggregateInputs(program));
  for (size_t i = 0; i < program->size(); ++i) {
    ARROW_RETURN_NOT_OK(inputs->AddCall(program->call(i), layout, query));
  }
  inputs->values_.resize(inputs->arguments_.size());
  return inputs;
}

arrow::Status AggregateInputs::AddCall(const AggregateCall& call, const Layout& layout,
                                       const QueryContext& query) {
  int filter = kNoFilter;
  if (call.filter != nullptr) {
    const auto known = std::ranges::find_if(
        filters_, [&](const Filter& other) { return Equal(other.condition, call.filter); });
    filter = static_cast<int>(known - filters_.begin());
    if (known == filters_.end()) {
      ARROW_ASSIGN_OR_RAISE(auto predicate,
                            MakePredicate(call.filter, layout, *query.functions, query.settings));
      filters_.push_back({call.filter, std::move(predicate), {}});
    }
  }
  std::vector<size_t> arguments;
  for (const ExpressionPtr& expression : call.arguments) {
    const auto known = std::ranges::find_if(arguments_, [&](const Argument& other) {
      return other.filter == filter && Equal(other.expression, expression);
    });
    arguments.push_back(static_cast<size_t>(known - arguments_.begin()));
    if (known == arguments_.end()) {
      ARROW_ASSIGN_OR_RAISE(auto evaluator,
                            MakeEvaluator(expression, layout, *query.functions, query.settings));
      arguments_.push_back({expression, filter, std::move(evaluator)});
    }
  }
  call_filters_.push_back(filter);
  call_values_.emplace_back(arguments.size());
  call_arguments_.push_back(std::move(arguments));
  return arrow::Status::OK();
}

Rows AggregateInputs::RowsOf(int filter) const {
  return filter == kNoFilter ? batch_->rows() : filters_[static_cast<size_t>(filter)].passed.rows();
}

arrow::Status AggregateInputs::Evaluate(const Batch& batch) {
  batch_ = &batch;
  for (size_t i = 0; i < program_->size(); ++i) {
    if (program_->function(i).takes_back) continue;
    ARROW_RETURN_NOT_OK(RefuseTakenBack(batch, "the aggregate " + program_->call(i).function,
                                        "count, sum and avg, which can give rows back"));
  }
  for (Filter& filter : filters_) {
    filter.passed = batch.Clone();
    ARROW_RETURN_NOT_OK(filter.predicate->Select(&filter.passed));
  }
  for (size_t i = 0; i < arguments_.size(); ++i) {
    const Rows rows = RowsOf(arguments_[i].filter);
    ARROW_RETURN_NOT_OK(arguments_[i].evaluator->Evaluate(batch, rows, &values_[i]));
    if (values_[i].is_dictionary()) values_[i] = values_[i].Flattened(rows, pool_);
  }
  for (size_t call = 0; call < call_values_.size(); ++call) {
    for (size_t i = 0; i < call_values_[call].size(); ++i) {
      call_values_[call][i] = values_[call_arguments_[call][i]];
    }
  }
  return arrow::Status::OK();
}

arrow::Status AggregateInputs::Update(int32_t from, int32_t to, uint8_t* const* rows,
                                      const RowLayout& layout, StateHeap* heap) {
  const Rows all = batch_->rows();
  std::vector<uint16_t> part;
  if (from != 0 || to != all.count) {
    for (int32_t i = from; i < to; ++i) part.push_back(static_cast<uint16_t>(all[i]));
  }
  for (size_t state = 0; state < program_->num_states(); ++state) {
    const size_t call = program_->call_of_state(state);
    Rows updated = RowsOf(call_filters_[call]);
    if (from != 0 || to != all.count) {
      // A filter that every row passed leaves the batch's own selection, or none.
      updated = updated.count == all.count ? Rows{part.data(), to - from}
                                           : Between(updated, all, from, to);
    }
    if (updated.count == 0) continue;
    const AggregateUpdate update{.rows = rows,
                                 .offset = static_cast<uint32_t>(layout.slot_offset(state)),
                                 .arguments = call_values_[call],
                                 .batch_rows = updated,
                                 .weights = batch_->weights(),
                                 .heap = heap};
    ARROW_RETURN_NOT_OK(program_->At(call, program_->function(call).update(update)));
  }
  return arrow::Status::OK();
}

arrow::Status AggregateInputs::UpdateOne(std::span<uint8_t* const> states, StateHeap* heap) {
  std::vector<uint8_t*> rows;
  for (size_t state = 0; state < program_->num_states(); ++state) {
    const size_t call = program_->call_of_state(state);
    const ResolvedAggregate& function = program_->function(call);
    const Rows updated = RowsOf(call_filters_[call]);
    if (updated.count == 0) continue;
    AggregateUpdate update{.rows = nullptr,
                           .offset = 0,
                           .arguments = call_values_[call],
                           .batch_rows = updated,
                           .weights = batch_->weights(),
                           .heap = heap};
    if (function.update_one != nullptr) {
      ARROW_RETURN_NOT_OK(program_->At(call, function.update_one(states[state], update)));
      continue;
    }
    rows.assign(static_cast<size_t>(batch_->num_rows()), states[state]);
    update.rows = rows.data();
    ARROW_RETURN_NOT_OK(program_->At(call, function.update(update)));
  }
  return arrow::Status::OK();
}

}  // namespace sabot
