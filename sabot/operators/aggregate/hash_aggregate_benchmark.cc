#include <cstdint>
#include <cstdio>
#include <memory>
#include <string>
#include <vector>

#include <benchmark/benchmark.h>

#include "sabot/base/splitmix.h"
#include "sabot/operators/factory.h"

namespace sabot {
namespace {

const Type kLong(TypeId::kLong);
const Type kString(TypeId::kString);
const Type kMoney = Type::Decimal(15, 2);

int64_t ResidentBytes() {
  std::FILE* file = std::fopen("/proc/self/statm", "r");
  long total = 0;
  long resident = 0;
  if (file != nullptr) {
    if (std::fscanf(file, "%ld %ld", &total, &resident) != 2) resident = 0;
    std::fclose(file);
  }
  return int64_t{resident} * 4096;
}

OutputColumn Column(ColumnId id, Type type) {
  return {id, "c" + std::to_string(id), std::move(type), false};
}

AggregateCall Call(ColumnId id, std::string function, std::vector<ExpressionPtr> arguments) {
  std::vector<Type> types;
  for (const ExpressionPtr& argument : arguments) types.push_back(argument->type);
  AggregateCall call;
  call.column =
      Column(id, FunctionRegistry::Default().ResolveAggregate(function, types, {})->result);
  call.function = std::move(function);
  call.arguments = std::move(arguments);
  return call;
}

/// One task's aggregate, driven by hand.
class Runner {
 public:
  Runner(PhysicalHashAggregate step, std::vector<OutputColumn> input)
      : node_(MakePhysical(step, {MakePhysical(PhysicalValues{input, {}}, {}, input)}, {})) {
    query_.functions = &FunctionRegistry::Default();
    query_.memory = &memory_;
    context_.memory = &memory_;
    context_.env = Env::Real();
    factory_ = MakeOperatorFactory(*node_, query_).ValueOrDie();
    op_ = factory_->Make(context_).ValueOrDie();
  }
  void Push(Batch& batch) {
    while (op_->Push(0, batch, &output_).ValueOrDie() != Progress::kNeedsInput) {
    }
  }
  int64_t Finish() {
    Marker end{.kind = Marker::kEnd};
    (void)op_->OnMarker(end, &output_).ValueOrDie();
    const std::unique_ptr<Source> rest = op_->Remainder();
    int64_t num_rows = 0;
    while (true) {
      output_.Clear();
      const Progress progress = rest->Poll(&output_).ValueOrDie();
      num_rows += output_.batch.num_active_rows();
      if (progress == Progress::kDone) return num_rows;
    }
  }

 private:
  MemoryBudget memory_;
  QueryContext query_;
  TaskContext context_;
  PhysicalPtr node_;
  std::unique_ptr<OperatorFactory> factory_;
  std::unique_ptr<Operator> op_;
  Output output_;
};

Vector Longs(const Type& type, uint64_t* seed, uint64_t bound) {
  BufferPool pool;
  Vector vector = Vector::Flat(type, kVectorSize, pool);
  auto* values = vector.mutable_data<int64_t>();
  for (int32_t i = 0; i < kVectorSize; ++i) {
    values[i] = static_cast<int64_t>(SplitMix(++*seed) % bound);
  }
  return vector;
}

Vector Flags(const std::vector<std::string>& texts, uint64_t* seed) {
  VectorBuilder builder(kString);
  for (const std::string& text : texts) builder.Append(TypedValue::String(text));
  BufferPtr codes = Buffer::Allocate(kVectorSize * 4);
  for (int32_t i = 0; i < kVectorSize; ++i) {
    reinterpret_cast<uint32_t*>(codes->data())[i] =
        static_cast<uint32_t>(SplitMix(++*seed) % texts.size());
  }
  return Vector::Dictionary(codes, std::make_shared<const Vector>(builder.Finish()), kVectorSize);
}

// TPC-H Q1's shape: two flags as dictionaries, sums and means of decimals.
void BM_FewGroups(benchmark::State& state) {
  const std::vector<OutputColumn> input = {Column(0, kString), Column(1, kString),
                                           Column(2, kMoney), Column(3, kMoney)};
  PhysicalHashAggregate step;
  step.keys = {{Column(10, kString), MakeColumn(input[0])},
               {Column(11, kString), MakeColumn(input[1])}};
  const ExpressionPtr quantity = MakeColumn(input[2]);
  const ExpressionPtr price = MakeColumn(input[3]);
  step.aggregates = {Call(20, "sum", {quantity}), Call(21, "sum", {price}),
                     Call(22, "avg", {quantity}), Call(23, "avg", {price}), Call(24, "count", {})};
  uint64_t seed = 0;
  Batch batch;
  batch.set_num_rows(kVectorSize);
  batch.columns().push_back(Flags({"A", "N", "R"}, &seed));
  batch.columns().push_back(Flags({"F", "O"}, &seed));
  batch.columns().push_back(Longs(kMoney, &seed, 5000));
  batch.columns().push_back(Longs(kMoney, &seed, 10'000'000));
  Runner runner(step, input);
  for (auto _ : state) runner.Push(batch);
  state.SetItemsProcessed(state.iterations() * kVectorSize);
  if (runner.Finish() != 6) state.SkipWithError("wrong number of groups");
}
BENCHMARK(BM_FewGroups);

// As many rows as groups, a BIGINT key, sum and count.
void BM_ManyGroups(benchmark::State& state) {
  const std::vector<OutputColumn> input = {Column(0, kLong), Column(1, kLong)};
  PhysicalHashAggregate step;
  step.keys = {{Column(10, kLong), MakeColumn(input[0])}};
  step.aggregates = {Call(20, "sum", {MakeColumn(input[1])}), Call(21, "count", {})};
  const int64_t num_groups = state.range(0);
  for (auto _ : state) {
    Runner runner(step, input);
    BufferPool pool;
    for (int64_t from = 0; from < num_groups; from += kVectorSize) {
      Batch batch;
      batch.set_num_rows(kVectorSize);
      for (int column = 0; column < 2; ++column) {
        Vector vector = Vector::Flat(kLong, kVectorSize, pool);
        for (int32_t i = 0; i < kVectorSize; ++i) {
          vector.mutable_data<int64_t>()[i] = (from + i) * 7919;
        }
        batch.columns().push_back(std::move(vector));
      }
      runner.Push(batch);
    }
    state.counters["resident_MiB"] = static_cast<double>(ResidentBytes() >> 20);
    benchmark::DoNotOptimize(runner.Finish());
    state.counters["resident_after_MiB"] = static_cast<double>(ResidentBytes() >> 20);
  }
  state.SetItemsProcessed(state.iterations() * num_groups);
}
BENCHMARK(BM_ManyGroups)->Arg(100'000)->Arg(1'000'000)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace sabot
