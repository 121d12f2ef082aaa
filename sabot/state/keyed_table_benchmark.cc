#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <memory>
#include <string>
#include <vector>

#include <benchmark/benchmark.h>

#include "sabot/base/hash.h"
#include "sabot/base/splitmix.h"
#include "sabot/state/keyed_table.h"
#include "sabot/vector/key_hash.h"

namespace sabot {
namespace {

constexpr int32_t kBatch = 2048;

int64_t ResidentBytes() {
  std::FILE* file = std::fopen("/proc/self/statm", "r");
  long total = 0, resident = 0;
  if (file != nullptr) {
    if (std::fscanf(file, "%ld %ld", &total, &resident) != 2) resident = 0;
    std::fclose(file);
  }
  return int64_t{resident} * 4096;
}

std::unique_ptr<KeyedTable> LongTable() {
  return KeyedTable::Make({.keys = {{Type(TypeId::kLong)}}, .slots = {StateSlot{}, StateSlot{}}})
      .ValueOrDie();
}

// count and sum, as an aggregate updates them.
void Update(const KeyedTable& table, const RowRefs& refs, const int64_t* values) {
  const int32_t count = table.layout().slot_offset(0);
  const int32_t sum = table.layout().slot_offset(1);
  ForEachRow(refs.done, [&](int32_t i) {
    ++*reinterpret_cast<int64_t*>(refs[i] + count);
    *reinterpret_cast<int64_t*>(refs[i] + sum) += values[i];
  });
}

// Rows of so many groups in random order; a row is a key, counted and summed.
void BM_Aggregate(benchmark::State& state) {
  const int64_t num_groups = state.range(0);
  auto table = LongTable();
  BufferPool pool;
  Vector vector = Vector::Flat(Type(TypeId::kLong), kBatch, pool);
  KeyRows keys(&table->layout());
  RowRefs refs;
  uint64_t seed = 0;
  const auto fill = [&](int64_t from) {
    auto* data = vector.mutable_data<int64_t>();
    for (int32_t i = 0; i < kBatch; ++i) {
      data[i] = from >= 0
                    ? (from + i) % num_groups
                    : static_cast<int64_t>(SplitMix(++seed) % static_cast<uint64_t>(num_groups));
    }
  };
  const auto run = [&] {
    if (!keys.Assign(std::span(&vector, 1), Rows{nullptr, kBatch}).ok()) std::abort();
    if (*table->FindOrInsert(keys, 0, &refs) != kBatch) std::abort();
    Update(*table, refs, vector.data<int64_t>());
  };
  for (int64_t from = 0; from < num_groups; from += kBatch) {
    fill(from);
    run();
  }
  std::vector<Vector> batches;
  for (int i = 0; i < 64; ++i) {
    vector = Vector::Flat(Type(TypeId::kLong), kBatch, pool);
    fill(-1);
    batches.push_back(vector);
  }
  size_t next = 0;
  for (auto _ : state) {
    vector = batches[next++ % batches.size()];
    run();
  }
  state.SetItemsProcessed(state.iterations() * kBatch);
}
BENCHMARK(BM_Aggregate)->Arg(10)->Arg(1000)->Arg(100'000)->Arg(1'000'000);

// All rows are new groups: time a group, and what a group takes.
void BM_InsertGroups(benchmark::State& state) {
  const int64_t num_groups = state.range(0);
  for (auto _ : state) {
    const int64_t before = ResidentBytes();
    auto table = LongTable();
    BufferPool pool;
    Vector vector = Vector::Flat(Type(TypeId::kLong), kBatch, pool);
    KeyRows keys(&table->layout());
    RowRefs refs;
    for (int64_t from = 0; from < num_groups; from += kBatch) {
      auto* data = vector.mutable_data<int64_t>();
      for (int32_t i = 0; i < kBatch; ++i) {
        data[i] = static_cast<int64_t>(SplitMix(static_cast<uint64_t>(from + i)));
      }
      const auto count = static_cast<int32_t>(std::min<int64_t>(kBatch, num_groups - from));
      if (!keys.Assign(std::span(&vector, 1), Rows{nullptr, count}).ok()) std::abort();
      if (*table->FindOrInsert(keys, 0, &refs) != count) std::abort();
      Update(*table, refs, vector.data<int64_t>());
    }
    state.counters["rss_bytes_per_group"] =
        static_cast<double>(ResidentBytes() - before) / static_cast<double>(num_groups);
    state.counters["table_bytes_per_group"] =
        static_cast<double>(table->size_bytes()) / static_cast<double>(num_groups);
    state.counters["partitions"] = static_cast<double>(table->num_partitions());
  }
  state.SetItemsProcessed(state.iterations() * num_groups);
}
BENCHMARK(BM_InsertGroups)->Arg(100'000)->Arg(1'000'000)->Unit(benchmark::kMillisecond);

// What the key columns cost before the table is looked at.
void BM_AssignKeys(benchmark::State& state) {
  auto table = LongTable();
  BufferPool pool;
  Vector vector = Vector::Flat(Type(TypeId::kLong), kBatch, pool);
  for (int32_t i = 0; i < kBatch; ++i) vector.mutable_data<int64_t>()[i] = i;
  KeyRows keys(&table->layout());
  for (auto _ : state) {
    if (!keys.Assign(std::span(&vector, 1), Rows{nullptr, kBatch}).ok()) std::abort();
    benchmark::DoNotOptimize(keys.key(0));
  }
  state.SetItemsProcessed(state.iterations() * kBatch);
}
BENCHMARK(BM_AssignKeys);

void BM_Scan(benchmark::State& state) {
  auto table = LongTable();
  BufferPool pool;
  Vector vector = Vector::Flat(Type(TypeId::kLong), kBatch, pool);
  KeyRows keys(&table->layout());
  RowRefs refs;
  for (int64_t from = 0; from < 1 << 20; from += kBatch) {
    for (int32_t i = 0; i < kBatch; ++i) vector.mutable_data<int64_t>()[i] = from + i;
    if (!keys.Assign(std::span(&vector, 1), Rows{nullptr, kBatch}).ok()) std::abort();
    if (*table->FindOrInsert(keys, 0, &refs) != kBatch) std::abort();
  }
  std::vector<uint8_t*> rows;
  for (auto _ : state) {
    ScanCursor cursor;
    while (table->Scan(&cursor, kBatch, &rows) > 0) {
      benchmark::DoNotOptimize(table->GatherKey(0, rows, pool));
    }
  }
  state.SetItemsProcessed(state.iterations() * (1 << 20));
}
BENCHMARK(BM_Scan);

// Texts of 8 (inline) or 24 bytes.
void BM_AggregateTexts(benchmark::State& state) {
  constexpr int64_t kGroups = 10'000;
  auto table =
      KeyedTable::Make({.keys = {{Type(TypeId::kString)}}, .slots = {StateSlot{}, StateSlot{}}})
          .ValueOrDie();
  std::vector<std::string> texts;
  for (int64_t i = 0; i < kGroups; ++i) {
    std::string text = std::to_string(i * 7919 + 10'000'000);
    text.resize(static_cast<size_t>(state.range(0)), 'x');
    texts.push_back(std::move(text));
  }
  BufferPool pool;
  Vector vector = Vector::Flat(Type(TypeId::kString), kBatch, pool);
  std::vector<int64_t> ones(kBatch, 1);
  for (int32_t i = 0; i < kBatch; ++i) {
    vector.mutable_data<StringView>()[i] =
        StringView(texts[SplitMix(static_cast<uint64_t>(i)) % kGroups]);
  }
  KeyRows keys(&table->layout());
  RowRefs refs;
  for (auto _ : state) {
    if (!keys.Assign(std::span(&vector, 1), Rows{nullptr, kBatch}).ok()) std::abort();
    if (*table->FindOrInsert(keys, 0, &refs) != kBatch) std::abort();
    Update(*table, refs, ones.data());
  }
  state.SetItemsProcessed(state.iterations() * kBatch);
}
BENCHMARK(BM_AggregateTexts)->Arg(8)->Arg(24);

}  // namespace
}  // namespace sabot
