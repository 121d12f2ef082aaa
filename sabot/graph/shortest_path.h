#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "sabot/graph/adjacency.h"

namespace sabot {

/// Finds one shortest path at a time by breadth-first search from both ends, level by level, always
/// from the end with the smaller frontier. Of several shortest paths it gives the one whose
/// vertices come first in order, so the answer depends on the graph alone. One thread; its memory
/// (17 bytes a vertex) is kept from search to search, and a search costs what it visits.
///
/// A path has at least one hop and no vertex twice: from a vertex to itself there is none.
class ShortestPathSearch {
 public:
  /// graph: outlives this.
  ShortestPathSearch(const Adjacency* graph, EdgeDirection direction);

  /// max_hops: -1: any number. An end that is kNoVertex is found by nobody.
  void Start(VertexId from, VertexId to, int64_t max_hops);
  /// Search on over about *num_edges edges, of which those it used are taken away. True: the search
  /// is over, path() is its result. False: *num_edges are used up.
  bool Advance(int64_t* num_edges);
  /// Both ends included; empty: there is none.
  std::span<const VertexId> path() const { return path_; }

  static int64_t SizeBytesOf(uint64_t num_vertices) {
    return static_cast<int64_t>(num_vertices * (2 * (sizeof(uint32_t) + sizeof(VertexId)) + 1));
  }

 private:
  static constexpr uint32_t kUnseen = UINT32_MAX;

  // One end and what was reached from it.
  struct Side {
    EdgeDirection direction;
    std::vector<uint32_t> depth;       // by vertex
    std::vector<VertexId> visited;     // in order of depth
    std::vector<size_t> level_begins;  // in `visited`: where each depth begins
    uint32_t num_levels() const { return static_cast<uint32_t>(level_begins.size()) - 1; }
    size_t frontier_size() const { return visited.size() - level_begins.back(); }
  };

  void Visit(Side& side, VertexId vertex, uint32_t depth);
  void BeginLevel();
  void MakePath();
  void MarkTowardsTarget();

  const Adjacency& graph_;
  std::array<Side, 2> sides_;  // from the source forwards, from the target backwards
  VertexId from_ = 0;
  int64_t max_hops_ = -1;
  bool is_over_ = true;
  bool is_in_level_ = false;
  bool has_met_ = false;
  size_t growing_ = 0;  // which side
  size_t next_ = 0;     // of its frontier
  size_t level_end_ = 0;
  std::vector<uint8_t> is_marked_;
  std::vector<VertexId> marked_;
  std::vector<VertexId> path_;
};

}  // namespace sabot
