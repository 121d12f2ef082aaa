#include <map>
#include <set>
#include <thread>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sabot/base/error.h"
#include "sabot/operators/graph/expand.h"
#include "sabot/operators/graph/shortest_path.h"
#include "sabot/operators/stream/testing/operator_run.h"

namespace sabot {
namespace {

using ::testing::ElementsAre;
using testing::Given;
using ::testing::IsEmpty;
using testing::Random;
using testing::Row;
using ::testing::UnorderedElementsAreArray;

/// A key by number, as the type of the keys has it; -1 is NULL.
TypedValue KeyOf(const Type& type, int64_t number) {
  if (number < 0) return TypedValue::Null(type);
  if (type.is_string())
    return TypedValue::String(fmt::format("a node beyond inline {:03}", number));
  return {type, number};
}

using TestEdge = std::pair<int64_t, int64_t>;

class GraphOperators : public ::testing::Test {
 protected:
  GraphOperators() {
    query_.functions = &FunctionRegistry::Default();
    query_.memory = &memory_;
    query_.env = Env::Real();
    context_.env = query_.env;
    context_.memory = &memory_;
  }

  /// Nodes over which steps stand: input 0 is (row number, from, to), input 1 (other, source,
  /// destination).
  PhysicalPtr NodeOf(PhysicalStep step, const Type& key, const Type& edge_key) {
    const Type number(TypeId::kLong);
    const PhysicalPtr rows = MakePhysical(PhysicalValues{}, {},
                                          {{.id = 1, .name = "row", .type = number},
                                           {.id = 2, .name = "from", .type = key},
                                           {.id = 3, .name = "to", .type = key}});
    const PhysicalPtr edges = MakePhysical(PhysicalValues{}, {},
                                           {{.id = 4, .name = "other", .type = number},
                                            {.id = 5, .name = "source", .type = edge_key},
                                            {.id = 6, .name = "destination", .type = edge_key}});
    return MakePhysical(std::move(step), {rows, edges}, {});
  }
  void MakePaths(const Type& key, MatchDirection direction, int64_t max_hops = -1) {
    const PhysicalShortestPath step{.from = MakeColumn(2, "from", key, true),
                                    .to = MakeColumn(3, "to", key, true),
                                    .source = 5,
                                    .destination = 6,
                                    .direction = direction,
                                    .max_hops = max_hops,
                                    .path = {.id = 9, .name = "path", .type = Type::Array(key)}};
    node_ = NodeOf(step, key, key);
    factory_ = MakeShortestPath(step, *node_, query_).ValueOrDie();
    key_ = edge_key_ = key;
  }
  void MakeNeighbors(const Type& key, MatchDirection direction) {
    const PhysicalExpand step{.from = MakeColumn(2, "from", key, true),
                              .source = 5,
                              .destination = 6,
                              .direction = direction,
                              .to = {.id = 9, .name = "to", .type = key}};
    node_ = NodeOf(step, key, edge_key_);
    factory_ = MakeExpand(step, *node_, query_).ValueOrDie();
    key_ = key;
  }

  Batch EdgesOf(const std::vector<TestEdge>& edges, const std::vector<int64_t>& weights = {}) {
    std::vector<Row> rows;
    for (const auto& [source, destination] : edges) {
      rows.push_back(
          {TypedValue::Long(0), KeyOf(edge_key_, source), KeyOf(edge_key_, destination)});
    }
    return testing::MakeBatch({Type(TypeId::kLong), edge_key_, edge_key_}, rows, weights);
  }
  /// Builders of so many tasks share the edges.
  void Build(Batch edges, uint32_t num_tasks, int32_t batch_size, Random& random) {
    context_.num_tasks = num_tasks;
    std::vector<std::unique_ptr<Operator>> builders;
    for (uint32_t task = 0; task < num_tasks; ++task) {
      context_.task_index = task;
      builders.push_back(factory_->MakeBuild(context_).ValueOrDie());
    }
    Output output;
    size_t next = 0;
    for (Batch& batch : testing::Cut(edges, batch_size, &random)) {
      ASSERT_EQ(builders[next++ % num_tasks]->Push(0, batch, &output).ValueOrDie(),
                Progress::kNeedsInput);
    }
    for (const auto& builder : builders) {
      Marker end{.kind = Marker::kEnd};
      while (true) {
        const auto progress = builder->OnMarker(end, &output);
        ASSERT_TRUE(progress.ok()) << progress.status().ToString();
        if (*progress == Progress::kNeedsInput) break;
        ASSERT_EQ(*progress, Progress::kBlocked);
        std::this_thread::sleep_for(std::chrono::microseconds(50));
      }
    }
    EXPECT_TRUE(output.empty());
  }
  Batch PairsOf(const std::vector<TestEdge>& pairs, const std::vector<int64_t>& weights = {}) {
    std::vector<Row> rows;
    for (const auto& [from, to] : pairs) {
      rows.push_back({TypedValue::Long(static_cast<int64_t>(rows.size())), KeyOf(key_, from),
                      KeyOf(key_, to)});
    }
    return testing::MakeBatch({Type(TypeId::kLong), key_, key_}, rows, weights);
  }
  std::vector<std::string> Probe(const Batch& rows, int32_t batch_size, Random& random) {
    context_.batch_size = batch_size;
    const auto op = factory_->Make(context_).ValueOrDie();
    Given given;
    for (Batch& batch : testing::Cut(rows, batch_size, &random)) {
      testing::PushAll(*op, std::move(batch), &given, batch_size);
    }
    return given.rows;
  }

  MemoryBudget memory_;
  QueryContext query_;
  TaskContext context_;
  Type key_;
  Type edge_key_;
  PhysicalPtr node_;
  std::unique_ptr<OperatorFactory> factory_;
};

std::string Cell(const Type& type, int64_t number) { return KeyOf(type, number).ToText(); }

/// The first of all shortest paths in order of keys: breadth first, frontiers in order of whole
/// paths.
std::vector<int64_t> PathOf(const std::vector<TestEdge>& edges, MatchDirection direction,
                            TestEdge ends, int64_t max_hops) {
  std::map<int64_t, std::set<int64_t>> next;
  for (const auto& [source, destination] : edges) {
    if (source < 0 || destination < 0) continue;
    if (direction != MatchDirection::kIncoming) next[source].insert(destination);
    if (direction != MatchDirection::kOutgoing) next[destination].insert(source);
  }
  const auto [from, to] = ends;
  if (from == to || from < 0 || to < 0) return {};
  std::set<int64_t> seen{from};
  std::vector<std::vector<int64_t>> frontier{{from}};
  for (int64_t hops = 1; !frontier.empty() && (max_hops < 0 || hops <= max_hops); ++hops) {
    std::vector<std::vector<int64_t>> further;
    for (const auto& path : frontier) {
      for (const int64_t node : next[path.back()]) {
        if (!seen.insert(node).second) continue;
        further.push_back(path);
        further.back().push_back(node);
        if (node == to) return further.back();
      }
    }
    frontier = std::move(further);
  }
  return {};
}

TEST_F(GraphOperators, PathsAreThoseOfPlainSearch) {
  Random random(3);
  for (const Type& key : {Type(TypeId::kLong), Type(TypeId::kString)}) {
    for (const MatchDirection direction :
         {MatchDirection::kOutgoing, MatchDirection::kIncoming, MatchDirection::kUndirected}) {
      std::vector<TestEdge> edges;
      std::vector<TestEdge> pairs;
      for (int i = 0; i < 90; ++i) {
        edges.push_back(
            {static_cast<int64_t>(random() % 61) - 1, static_cast<int64_t>(random() % 61) - 1});
      }
      for (int i = 0; i < 400; ++i) {
        pairs.push_back(
            {static_cast<int64_t>(random() % 64) - 1, static_cast<int64_t>(random() % 64) - 1});
      }
      for (const int64_t max_hops : {-1, 3}) {
        std::vector<std::string> expected;
        for (size_t i = 0; i < pairs.size(); ++i) {
          const auto path = PathOf(edges, direction, pairs[i], max_hops);
          if (path.empty()) continue;
          std::string text;
          for (const int64_t node : path) text += (text.empty() ? "" : ", ") + Cell(key, node);
          expected.push_back(fmt::format("{}|{}|{}|[{}]", i, Cell(key, pairs[i].first),
                                         Cell(key, pairs[i].second), text));
        }
        ASSERT_GT(expected.size(), 20U);
        for (const int32_t batch_size : {1, 7, 2048}) {
          MakePaths(key, direction, max_hops);
          Build(EdgesOf(edges), batch_size == 7 ? 3 : 1, batch_size, random);
          EXPECT_EQ(Probe(PairsOf(pairs), batch_size, random), expected);
        }
      }
    }
  }
}

TEST_F(GraphOperators, NeighborsAreThoseOfTheEdgeTable) {
  Random random(5);
  for (const Type& key : {Type(TypeId::kLong), Type(TypeId::kString)}) {
    edge_key_ = key;
    for (const MatchDirection direction :
         {MatchDirection::kOutgoing, MatchDirection::kIncoming, MatchDirection::kUndirected}) {
      std::vector<TestEdge> edges;
      std::vector<TestEdge> rows;
      for (int i = 0; i < 300; ++i) {
        edges.push_back(
            {static_cast<int64_t>(random() % 21) - 1, static_cast<int64_t>(random() % 21) - 1});
      }
      for (int i = 0; i < 30; ++i) rows.push_back({static_cast<int64_t>(random() % 24) - 1, 0});
      std::vector<std::string> expected;
      for (size_t i = 0; i < rows.size(); ++i) {
        for (const auto& [source, destination] : edges) {
          if (source < 0 || destination < 0) continue;
          const auto add = [&](int64_t near, int64_t far) {
            if (near != rows[i].first) return;
            expected.push_back(
                fmt::format("{}|{}|{}|{}", i, Cell(key, near), Cell(key, 0), Cell(key, far)));
          };
          if (direction != MatchDirection::kIncoming) add(source, destination);
          const bool is_known_loop =
              source == destination && direction == MatchDirection::kUndirected;
          if (direction != MatchDirection::kOutgoing && !is_known_loop) add(destination, source);
        }
      }
      for (const int32_t batch_size : {1, 7, 2048}) {
        MakeNeighbors(key, direction);
        Build(EdgesOf(edges), batch_size == 1 ? 3 : 1, batch_size, random);
        const auto given = Probe(PairsOf(rows), batch_size, random);
        EXPECT_THAT(given, UnorderedElementsAreArray(expected));
        const auto row_of = [](const std::string& row) { return std::stoi(row); };
        EXPECT_TRUE(std::ranges::is_sorted(given, {}, row_of));
      }
    }
  }
}

TEST_F(GraphOperators, WeightsPassOnAndEdgesHaveThemToo) {
  Random random(1);
  const Type key(TypeId::kLong);
  edge_key_ = key;
  MakeNeighbors(key, MatchDirection::kOutgoing);
  Build(EdgesOf({{1, 2}, {1, 3}}, {2, 1}), 1, 2048, random);
  EXPECT_THAT(Probe(PairsOf({{1, 0}}, {2}), 2048, random),
              ElementsAre("0|1|0|2", "0|1|0|2", "0|1|0|2", "0|1|0|2", "0|1|0|3", "0|1|0|3"));
  EXPECT_THAT(Probe(PairsOf({{1, 0}}, {-1}), 2048, random),
              ElementsAre("~0|1|0|2", "~0|1|0|2", "~0|1|0|3"));
  const auto builder = factory_->MakeBuild(context_).ValueOrDie();
  Batch taken_back = EdgesOf({{1, 2}}, {-1});
  Output output;
  const auto pushed = builder->Push(0, taken_back, &output);
  ASSERT_FALSE(pushed.ok());
  EXPECT_EQ(GetErrorDetail(pushed.status())->error_class().name, "STREAM_UNSUPPORTED");
}

TEST_F(GraphOperators, KeysOfTheEdgesTakeTheTypeOfTheNodes) {
  Random random(1);
  edge_key_ = Type(TypeId::kInt);
  MakeNeighbors(Type(TypeId::kLong), MatchDirection::kOutgoing);
  Build(EdgesOf({{1, 2}, {3, 1}}), 1, 2048, random);
  EXPECT_THAT(Probe(PairsOf({{1, 0}, {2, 0}, {3, 0}}), 2048, random),
              ElementsAre("0|1|0|2", "2|3|0|1"));
}

TEST_F(GraphOperators, AGraphWithoutEdgesHasNoPaths) {
  Random random(1);
  MakePaths(Type(TypeId::kString), MatchDirection::kUndirected);
  Build(EdgesOf({{1, -1}, {-1, -1}}), 2, 2048, random);
  EXPECT_THAT(Probe(PairsOf({{1, 2}, {-1, 1}}), 2048, random), IsEmpty());
}

TEST_F(GraphOperators, WaitsForMemoryAndLosesNoEdge) {
  Random random(2);
  const Type key(TypeId::kString);
  MakePaths(key, MatchDirection::kOutgoing);
  std::vector<TestEdge> chain;
  for (int64_t i = 0; i + 1 < 900; ++i) chain.push_back({i, i + 1});
  context_.num_tasks = 1;
  {
    const auto builder = factory_->MakeBuild(context_).ValueOrDie();
    memory_.set_limit_bytes(memory_.reserved_bytes() + 1000);
    Batch edges = EdgesOf(chain);
    Output output;
    int refused = 0;
    while (builder->Push(0, edges, &output).ValueOrDie() == Progress::kNeedsMemory) {
      ++refused;
      memory_.set_limit_bytes(memory_.limit_bytes() + 4000);
    }
    EXPECT_GT(refused, 3);
    memory_.set_limit_bytes(MemoryBudget::kUnlimited);
    Marker end{.kind = Marker::kEnd};
    while (builder->OnMarker(end, &output).ValueOrDie() == Progress::kBlocked) {
      std::this_thread::sleep_for(std::chrono::microseconds(50));
    }
  }
  const auto rows = Probe(PairsOf({{0, 899}}), 2048, random);
  ASSERT_EQ(rows.size(), 1U);
  EXPECT_EQ(std::ranges::count(rows[0], ','), 899);
  factory_.reset();
  EXPECT_EQ(memory_.reserved_bytes(), 0);
}

TEST_F(GraphOperators, RefusesKeysWithoutAnOrder) {
  const Type key = Type::Array(Type(TypeId::kLong));
  const PhysicalExpand step{.from = MakeColumn(2, "from", key, true),
                            .source = 5,
                            .destination = 6,
                            .to = {.id = 9, .name = "to", .type = key}};
  const auto made = MakeExpand(step, *NodeOf(step, key, key), query_);
  ASSERT_FALSE(made.ok());
  EXPECT_EQ(GetErrorDetail(made.status())->error_class().name, "UNSUPPORTED_FEATURE");
}

}  // namespace
}  // namespace sabot
