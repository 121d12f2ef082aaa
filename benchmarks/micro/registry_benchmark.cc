#include <algorithm>
#include <random>
#include <string>
#include <vector>

#include <benchmark/benchmark.h>

#include "sabot/functions/registry.h"

namespace sabot {
namespace {

// Every name many times over in an order no branch predictor learns.
std::vector<std::string> ShuffledNames() {
  const std::vector<std::string> names = FunctionRegistry::Default().Names();
  std::vector<std::string> shuffled;
  while (shuffled.size() < 16'384) shuffled.insert(shuffled.end(), names.begin(), names.end());
  std::shuffle(shuffled.begin(), shuffled.end(), std::mt19937_64(1));
  return shuffled;
}

void LookUp(benchmark::State& state) {
  const FunctionRegistry& registry = FunctionRegistry::Default();
  const std::vector<std::string> names = ShuffledNames();
  size_t next = 0;
  for (auto _ : state) {
    benchmark::DoNotOptimize(registry.FindScalar(names[next]));
    if (++next == names.size()) next = 0;
  }
}
BENCHMARK(LookUp)->Name("registry_look_up");
// A known number of calls, for callgrind.
BENCHMARK(LookUp)->Name("registry_look_up_counted")->Iterations(16'384);

}  // namespace
}  // namespace sabot
