#pragma once

#include <cstdint>
#include <limits>
#include <span>
#include <vector>

namespace sabot {

/// A node of a graph by number: dense from 0.
using VertexId = uint32_t;
inline constexpr VertexId kNoVertex = std::numeric_limits<VertexId>::max();

struct Edge {
  VertexId source = 0;
  VertexId destination = 0;
  friend auto operator<=>(const Edge&, const Edge&) = default;
};

enum class EdgeDirection : uint8_t { kOutgoing, kIncoming, kUndirected };

/// The neighbours of each vertex, forwards and backwards, as views into two columns (compressed
/// sparse rows: 4 bytes an edge and a vertex each way). Every list is in order of vertices;
/// parallel edges stay. Immutable, so shared by threads.
class Adjacency {
 public:
  /// Beyond it offsets would not fit.
  static constexpr uint64_t kEdgesMax = std::numeric_limits<uint32_t>::max();

  Adjacency() = default;
  /// Of edges between vertices below num_vertices; at most kEdgesMax.
  Adjacency(uint32_t num_vertices, std::span<const Edge> edges);

  uint32_t num_vertices() const { return num_vertices_; }
  uint32_t num_edges() const { return static_cast<uint32_t>(forward_.size()); }
  /// Where the edges from a vertex lead to.
  std::span<const VertexId> Out(VertexId vertex) const {
    return ListOf(forward_offsets_, forward_, vertex);
  }
  /// Where the edges to a vertex come from.
  std::span<const VertexId> In(VertexId vertex) const {
    return ListOf(backward_offsets_, backward_, vertex);
  }
  /// Call visit(neighbour) for each edge at the vertex that can be followed that way. Undirected: a
  /// loop comes in both lists.
  template <typename Visit>
  void ForEachNeighbor(VertexId vertex, EdgeDirection direction, Visit&& visit) const {
    if (direction != EdgeDirection::kIncoming) {
      for (const VertexId neighbor : Out(vertex)) visit(neighbor);
    }
    if (direction != EdgeDirection::kOutgoing) {
      for (const VertexId neighbor : In(vertex)) visit(neighbor);
    }
  }
  int64_t size_bytes() const;
  /// What the adjacency of so many will take, and making it beside that.
  static int64_t SizeBytesOf(uint64_t num_vertices, uint64_t num_edges);

 private:
  static std::span<const VertexId> ListOf(const std::vector<uint32_t>& offsets,
                                          const std::vector<VertexId>& lists, VertexId vertex) {
    return {lists.data() + offsets[vertex], offsets[vertex + 1] - offsets[vertex]};
  }

  uint32_t num_vertices_ = 0;
  std::vector<uint32_t> forward_offsets_;
  std::vector<VertexId> forward_;
  std::vector<uint32_t> backward_offsets_;
  std::vector<VertexId> backward_;
};

}  // namespace sabot
