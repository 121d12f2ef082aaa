#include <atomic>
#include <cstdlib>
#include <memory>
#include <vector>

#include <benchmark/benchmark.h>

#include "sabot/operators/testing/step_runner.h"
#include "sabot/scheduler/chain.h"

namespace sabot::testing {
namespace {

/// The end of the pipeline: takes every row.
class Take final : public Operator {
 public:
  arrow::Result<Progress> Push(int /*port*/, Batch& input, Output* /*output*/) override {
    num_rows_ += input.num_active_rows();
    return Progress::kNeedsInput;
  }
  int64_t num_rows() const { return num_rows_; }

 private:
  int64_t num_rows_ = 0;
};

// SELECT carrier, distance + 10 WHERE distance > 500, batch by batch, as a task runs it.
void FilterProject(benchmark::State& state) {
  const Type number(TypeId::kLong);
  const Type text(TypeId::kString);
  const auto input = MakeColumns({number, text});
  const auto output = MakeColumns({text, number}, 10);
  PhysicalProject project;
  project.expressions = {{output[0], ColumnOf(1, text)},
                         {output[1], CallOf("+", {ColumnOf(0, number), Long(10)})}};
  MemoryBudget memory;
  const QueryContext query = TestQuery(&memory, 1, kVectorSize, Env::Real());
  const TaskContext task{.env = query.env, .memory = &memory};
  const PhysicalPtr filter_node =
      NodeOver(PhysicalFilter{CallOf(">", {ColumnOf(0, number), Long(500)})}, {input});
  const PhysicalPtr project_node = NodeOver(project, {input}, output);
  const auto filter_factory = MakeOperatorFactory(*filter_node, query).ValueOrDie();
  const auto project_factory = MakeOperatorFactory(*project_node, query).ValueOrDie();
  const auto filter = filter_factory->Make(task).ValueOrDie();
  const auto projection = project_factory->Make(task).ValueOrDie();
  Take take;
  NodeCounters counters[2];
  const std::atomic<bool> is_cancelled = false;
  Chain chain({{.op = filter.get(), .next = 1, .counters = &counters[0]},
               {.op = projection.get(), .next = 2, .counters = &counters[1]},
               {.op = &take}},
              query.env.clock, &is_cancelled);

  std::vector<Row> rows;
  for (int64_t i = 0; i < state.range(0); ++i) {
    rows.push_back({TypedValue::Long(501 + i), TypedValue::String("UA")});
  }
  const Batch source = MakeBatch({number, text}, rows);
  for (auto _ : state) {
    Batch batch = source.Clone();
    chain.StartBatch(0, &batch, 0);
    // Twice if the machine took the thread away for longer than a turn.
    ChainState chain_state = ChainState::kYield;
    while (chain_state == ChainState::kYield) {
      TurnBudget budget = TurnBudget::Start(*query.env.clock);
      chain_state = chain.Run(&budget).ValueOrDie();
    }
    if (chain_state != ChainState::kIdle) std::abort();
  }
  if (take.num_rows() != state.iterations() * state.range(0)) std::abort();
  state.SetItemsProcessed(take.num_rows());
}
BENCHMARK(FilterProject)->Name("filter_project")->Arg(1)->Arg(kVectorSize);

}  // namespace
}  // namespace sabot::testing
