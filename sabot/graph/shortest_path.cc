#include "sabot/graph/shortest_path.h"

#include <algorithm>

namespace sabot {
namespace {

EdgeDirection Reversed(EdgeDirection direction) {
  switch (direction) {
    case EdgeDirection::kOutgoing:
      return EdgeDirection::kIncoming;
    case EdgeDirection::kIncoming:
      return EdgeDirection::kOutgoing;
    default:
      return direction;
  }
}

}  // namespace

ShortestPathSearch::ShortestPathSearch(const Adjacency* graph, EdgeDirection direction)
    : graph_(*graph), is_marked_(graph->num_vertices(), 0) {
  sides_[0].direction = direction;
  sides_[1].direction = Reversed(direction);
  for (Side& side : sides_) side.depth.assign(graph->num_vertices(), kUnseen);
}

void ShortestPathSearch::Visit(Side& side, VertexId vertex, uint32_t depth) {
  side.depth[vertex] = depth;
  side.visited.push_back(vertex);
}

void ShortestPathSearch::Start(VertexId from, VertexId to, int64_t max_hops) {
  for (Side& side : sides_) {
    for (const VertexId vertex : side.visited) side.depth[vertex] = kUnseen;
    side.visited.clear();
    side.level_begins.assign(1, 0);
  }
  for (const VertexId vertex : marked_) is_marked_[vertex] = 0;
  marked_.clear();
  path_.clear();
  from_ = from;
  max_hops_ = max_hops;
  has_met_ = false;
  is_in_level_ = false;
  is_over_ = from == to || from == kNoVertex || to == kNoVertex;
  if (is_over_) return;
  Visit(sides_[0], from, 0);
  Visit(sides_[1], to, 0);
}

// Choose the end to go on from, or find that there is nothing left to find.
void ShortestPathSearch::BeginLevel() {
  const int64_t hops = int64_t{sides_[0].num_levels()} + sides_[1].num_levels();
  const bool is_far = max_hops_ >= 0 && hops >= max_hops_;
  if (is_far || sides_[0].frontier_size() == 0 || sides_[1].frontier_size() == 0) {
    is_over_ = true;
    return;
  }
  growing_ = sides_[0].frontier_size() <= sides_[1].frontier_size() ? 0 : 1;
  Side& side = sides_[growing_];
  next_ = side.level_begins.back();
  level_end_ = side.visited.size();
  side.level_begins.push_back(level_end_);
  is_in_level_ = true;
}

bool ShortestPathSearch::Advance(int64_t* num_edges) {
  while (!is_over_) {
    if (!is_in_level_) {
      BeginLevel();
      continue;
    }
    Side& side = sides_[growing_];
    const Side& other = sides_[1 - growing_];
    const uint32_t depth = side.num_levels();
    for (; next_ < level_end_; ++next_) {
      if (*num_edges <= 0) return false;
      --*num_edges;
      graph_.ForEachNeighbor(side.visited[next_], side.direction, [&](VertexId neighbor) {
        --*num_edges;
        if (side.depth[neighbor] != kUnseen) return;
        Visit(side, neighbor, depth);
        has_met_ |= other.depth[neighbor] != kUnseen;
      });
    }
    is_in_level_ = false;
    if (!has_met_) continue;
    // Whole levels: all vertices in the middle of a shortest path are known now.
    MakePath();
    is_over_ = true;
  }
  return true;
}

// Mark what lies on some shortest path within the source's levels. The vertices that both sides
// know at their last levels are the middle.
void ShortestPathSearch::MarkTowardsTarget() {
  const Side& source = sides_[0];
  const Side& target = sides_[1];
  const auto mark = [&](VertexId vertex) {
    if (is_marked_[vertex] != 0) return;
    is_marked_[vertex] = 1;
    marked_.push_back(vertex);
  };
  for (size_t i = source.level_begins.back(); i < source.visited.size(); ++i) {
    if (target.depth[source.visited[i]] == target.num_levels()) mark(source.visited[i]);
  }
  // `marked_` is in falling order of depth.
  for (size_t i = 0; i < marked_.size(); ++i) {
    const VertexId vertex = marked_[i];
    const uint32_t depth = source.depth[vertex];
    if (depth == 0) continue;
    graph_.ForEachNeighbor(vertex, target.direction, [&](VertexId before) {
      if (source.depth[before] == depth - 1) mark(before);
    });
  }
}

void ShortestPathSearch::MakePath() {
  MarkTowardsTarget();
  const Side& source = sides_[0];
  const Side& target = sides_[1];
  path_.push_back(from_);
  // Step by step the first vertex from which a shortest path still leads to the target.
  const auto step = [&](auto&& leads_on) {
    VertexId first = kNoVertex;
    graph_.ForEachNeighbor(path_.back(), source.direction, [&](VertexId neighbor) {
      if (neighbor < first && leads_on(neighbor)) first = neighbor;
    });
    path_.push_back(first);
  };
  for (uint32_t depth = 1; depth <= source.num_levels(); ++depth) {
    step([&](VertexId v) { return source.depth[v] == depth && is_marked_[v] != 0; });
  }
  for (uint32_t left = target.num_levels(); left > 0; --left) {
    step([&](VertexId v) { return target.depth[v] == left - 1; });
  }
}

}  // namespace sabot
