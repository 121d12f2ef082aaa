#include <algorithm>
#include <optional>
#include <random>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sabot/graph/adjacency.h"
#include "sabot/graph/shortest_path.h"

namespace sabot {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

std::vector<VertexId> Find(ShortestPathSearch& search, VertexId from, VertexId to,
                           int64_t max_hops = -1, int64_t step = 1000) {
  search.Start(from, to, max_hops);
  int calls = 0;
  int64_t left = step;
  while (!search.Advance(&left)) {
    EXPECT_LE(left, 0);
    left = step;
    ++calls;
  }
  EXPECT_LT(calls, 10'000);
  return {search.path().begin(), search.path().end()};
}

TEST(Adjacency, ListsNeighborsInOrderBothWays) {
  const std::vector<Edge> edges{{2, 0}, {0, 2}, {0, 1}, {2, 2}, {0, 2}, {4, 0}};
  const Adjacency graph(5, edges);
  EXPECT_EQ(graph.num_edges(), 6U);
  EXPECT_THAT(graph.Out(0), ElementsAre(1, 2, 2));
  EXPECT_THAT(graph.Out(1), IsEmpty());
  EXPECT_THAT(graph.Out(2), ElementsAre(0, 2));
  EXPECT_THAT(graph.Out(4), ElementsAre(0));
  EXPECT_THAT(graph.In(0), ElementsAre(2, 4));
  EXPECT_THAT(graph.In(2), ElementsAre(0, 0, 2));
  EXPECT_THAT(graph.In(3), IsEmpty());
  EXPECT_THAT(graph.In(4), IsEmpty());
}

TEST(Adjacency, TakesNoMoreMemoryThanItSaysBefore) {
  const std::vector<Edge> edges(1000, Edge{1, 2});
  const Adjacency graph(5, edges);
  // While it is made, it also holds one list of all edges and one place a vertex.
  const auto made = static_cast<int64_t>((edges.size() + 5) * sizeof(VertexId));
  EXPECT_GE(Adjacency::SizeBytesOf(5, edges.size()), graph.size_bytes() + made);
}

TEST(Adjacency, OfNothing) {
  const Adjacency graph(0, {});
  EXPECT_EQ(graph.num_edges(), 0U);
  ShortestPathSearch search(&graph, EdgeDirection::kOutgoing);
  EXPECT_THAT(Find(search, kNoVertex, kNoVertex), IsEmpty());
}

TEST(ShortestPath, FollowsDirections) {
  const Adjacency graph(4, std::vector<Edge>{{0, 1}, {1, 2}, {3, 2}});
  ShortestPathSearch out(&graph, EdgeDirection::kOutgoing);
  EXPECT_THAT(Find(out, 0, 2), ElementsAre(0, 1, 2));
  EXPECT_THAT(Find(out, 2, 0), IsEmpty());
  EXPECT_THAT(Find(out, 0, 3), IsEmpty());
  ShortestPathSearch in(&graph, EdgeDirection::kIncoming);
  EXPECT_THAT(Find(in, 2, 0), ElementsAre(2, 1, 0));
  EXPECT_THAT(Find(in, 0, 2), IsEmpty());
  ShortestPathSearch both(&graph, EdgeDirection::kUndirected);
  EXPECT_THAT(Find(both, 0, 3), ElementsAre(0, 1, 2, 3));
}

TEST(ShortestPath, StopsAtTheNumberOfHops) {
  const Adjacency graph(5, std::vector<Edge>{{0, 1}, {1, 2}, {2, 3}, {3, 4}});
  ShortestPathSearch search(&graph, EdgeDirection::kOutgoing);
  for (VertexId to = 1; to < 5; ++to) {
    EXPECT_EQ(Find(search, 0, to, to).size(), to + 1);
    EXPECT_THAT(Find(search, 0, to, to - 1), IsEmpty());
  }
}

TEST(ShortestPath, FromAVertexToItselfThereIsNone) {
  const Adjacency graph(2, std::vector<Edge>{{0, 0}, {0, 1}, {1, 0}});
  ShortestPathSearch search(&graph, EdgeDirection::kOutgoing);
  EXPECT_THAT(Find(search, 0, 0), IsEmpty());
  EXPECT_THAT(Find(search, 0, kNoVertex), IsEmpty());
  EXPECT_THAT(Find(search, kNoVertex, 1), IsEmpty());
  EXPECT_THAT(Find(search, 0, 1), ElementsAre(0, 1));
}

/// The first of all shortest paths in order of their vertices, by trying every walk.
std::vector<VertexId> FirstShortest(const Adjacency& graph, EdgeDirection direction, VertexId from,
                                    VertexId to, int64_t max_hops) {
  std::vector<std::vector<VertexId>> walks{{from}};
  if (from == to) return {};
  for (int64_t hops = 1; hops < int64_t{graph.num_vertices()}; ++hops) {
    if (max_hops >= 0 && hops > max_hops) return {};
    std::vector<std::vector<VertexId>> longer;
    std::optional<std::vector<VertexId>> best;
    for (const auto& walk : walks) {
      graph.ForEachNeighbor(walk.back(), direction, [&](VertexId next) {
        if (std::ranges::find(walk, next) != walk.end()) return;
        longer.push_back(walk);
        longer.back().push_back(next);
        if (next == to && (!best.has_value() || longer.back() < *best)) best = longer.back();
      });
    }
    if (best.has_value()) return *best;
    std::ranges::sort(longer);
    const auto same = std::ranges::unique(longer);
    longer.erase(same.begin(), same.end());
    walks = std::move(longer);
  }
  return {};
}

TEST(ShortestPath, IsTheFirstOfAllShortestPaths) {
  std::mt19937_64 random(7);
  int found = 0;
  int longest = 0;
  for (int round = 0; round < 120; ++round) {
    const auto num_vertices = static_cast<uint32_t>(2 + random() % 9);
    std::vector<Edge> edges(random() % (2 * num_vertices));
    for (Edge& edge : edges) {
      edge = {static_cast<VertexId>(random() % num_vertices),
              static_cast<VertexId>(random() % num_vertices)};
    }
    const Adjacency graph(num_vertices, edges);
    for (const EdgeDirection direction :
         {EdgeDirection::kOutgoing, EdgeDirection::kIncoming, EdgeDirection::kUndirected}) {
      ShortestPathSearch search(&graph, direction);
      for (VertexId from = 0; from < num_vertices; ++from) {
        for (VertexId to = 0; to < num_vertices; ++to) {
          const int64_t max_hops = random() % 3 == 0 ? static_cast<int64_t>(random() % 4) : -1;
          const auto path =
              Find(search, from, to, max_hops, 1 + static_cast<int64_t>(random() % 5));
          EXPECT_EQ(path, FirstShortest(graph, direction, from, to, max_hops))
              << from << " to " << to << " in at most " << max_hops;
          found += path.empty() ? 0 : 1;
          longest = std::max(longest, static_cast<int>(path.size()));
        }
      }
    }
  }
  EXPECT_GT(found, 1000);
  EXPECT_GT(longest, 5);
}

TEST(ShortestPath, ChoosesTheFirstOfManyInAGrid) {
  // 30 x 30; every way right and down is shortest.
  constexpr uint32_t kSide = 30;
  std::vector<Edge> edges;
  for (uint32_t row = 0; row < kSide; ++row) {
    for (uint32_t column = 0; column < kSide; ++column) {
      const VertexId vertex = row * kSide + column;
      if (column + 1 < kSide) edges.push_back({vertex, vertex + 1});
      if (row + 1 < kSide) edges.push_back({vertex, vertex + kSide});
    }
  }
  const Adjacency graph(kSide * kSide, edges);
  ShortestPathSearch search(&graph, EdgeDirection::kOutgoing);
  const auto path = Find(search, 0, kSide * kSide - 1);
  ASSERT_EQ(path.size(), 2 * kSide - 1);
  for (uint32_t i = 0; i < path.size(); ++i) {
    EXPECT_EQ(path[i], i < kSide ? i : (i - kSide + 2) * kSide - 1);
  }
}

}  // namespace
}  // namespace sabot
