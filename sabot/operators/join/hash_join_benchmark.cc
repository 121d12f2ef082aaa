#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include <benchmark/benchmark.h>

#include "sabot/base/splitmix.h"
#include "sabot/operators/factory.h"

namespace sabot {
namespace {

const Type kLong(TypeId::kLong);

OutputColumn Column(ColumnId id) { return {id, "c" + std::to_string(id), kLong, false}; }

Batch RandomRows(uint64_t* seed, uint64_t bound) {
  BufferPool pool;
  Batch batch;
  batch.set_num_rows(kVectorSize);
  for (int column = 0; column < 2; ++column) {
    Vector vector = Vector::Flat(kLong, kVectorSize, pool);
    for (int32_t i = 0; i < kVectorSize; ++i) {
      vector.mutable_data<int64_t>()[i] = static_cast<int64_t>(SplitMix(++*seed) % bound);
    }
    batch.columns().push_back(std::move(vector));
  }
  return batch;
}

// Rows by a BIGINT key against a table of so many rows of different keys; every second row has a
// match.
void BM_Probe(benchmark::State& state) {
  const int64_t num_rows = state.range(0);
  const std::vector<OutputColumn> left = {Column(0), Column(1)};
  const std::vector<OutputColumn> right = {Column(10), Column(11)};
  PhysicalHashJoin step;
  step.left_keys = {MakeColumn(left[0])};
  step.right_keys = {MakeColumn(right[0])};
  const PhysicalPtr node = MakePhysical(step,
                                        {MakePhysical(PhysicalValues{left, {}}, {}, left),
                                         MakePhysical(PhysicalValues{right, {}}, {}, right)},
                                        {left[0], left[1], right[0], right[1]});
  MemoryBudget memory;
  QueryContext query;
  query.functions = &FunctionRegistry::Default();
  query.memory = &memory;
  TaskContext context;
  context.memory = &memory;
  const auto factory = MakeOperatorFactory(*node, query).ValueOrDie();
  Output output;
  const auto build = factory->MakeBuild(context).ValueOrDie();
  BufferPool pool;
  for (int64_t from = 0; from < num_rows; from += kVectorSize) {
    uint64_t seed = 0;
    Batch batch = RandomRows(&seed, 1);
    for (int32_t i = 0; i < kVectorSize; ++i) {
      batch.columns()[0].mutable_data<int64_t>()[i] = (from + i) * 2;
    }
    (void)build->Push(0, batch, &output).ValueOrDie();
  }
  Marker end{.kind = Marker::kEnd};
  (void)build->OnMarker(end, &output).ValueOrDie();
  const auto probe = factory->Make(context).ValueOrDie();
  std::vector<Batch> batches;
  uint64_t seed = 0;
  for (int i = 0; i < 64; ++i) {
    batches.push_back(RandomRows(&seed, static_cast<uint64_t>(num_rows) * 2));
  }
  size_t next = 0;
  int64_t num_joined = 0;
  for (auto _ : state) {
    Progress progress = Progress::kMore;
    while (progress == Progress::kMore) {
      output.Clear();
      progress = probe->Push(0, batches[next], &output).ValueOrDie();
      num_joined += output.batch.num_active_rows();
    }
    next = next + 1 < batches.size() ? next + 1 : 0;
  }
  state.SetItemsProcessed(state.iterations() * kVectorSize);
  if (num_joined == 0) state.SkipWithError("nothing was joined");
}
BENCHMARK(BM_Probe)->Arg(20'480)->Arg(2'048'000);

}  // namespace
}  // namespace sabot
