#include "sabot/graph/adjacency.h"

namespace sabot {
namespace {

// offsets[v + 1]: edges whose end `vertex_of` gives is at most v.
template <typename VertexOf>
std::vector<uint32_t> OffsetsOf(uint32_t num_vertices, std::span<const Edge> edges,
                                VertexOf vertex_of) {
  std::vector<uint32_t> offsets(size_t{num_vertices} + 1, 0);
  for (const Edge& edge : edges) ++offsets[vertex_of(edge) + 1];
  for (size_t v = 0; v < num_vertices; ++v) offsets[v + 1] += offsets[v];
  return offsets;
}

// The lists seen from the other end. Vertices are visited in order, so each list comes out sorted.
std::vector<VertexId> Turned(uint32_t num_vertices, const std::vector<uint32_t>& offsets,
                             const std::vector<VertexId>& lists,
                             const std::vector<uint32_t>& turned_offsets) {
  std::vector<uint32_t> next(turned_offsets.begin(), turned_offsets.end() - 1);
  std::vector<VertexId> turned(lists.size());
  for (VertexId v = 0; v < num_vertices; ++v) {
    for (uint32_t i = offsets[v]; i < offsets[v + 1]; ++i) turned[next[lists[i]]++] = v;
  }
  return turned;
}

}  // namespace

Adjacency::Adjacency(uint32_t num_vertices, std::span<const Edge> edges)
    : num_vertices_(num_vertices),
      forward_offsets_(OffsetsOf(num_vertices, edges, [](const Edge& e) { return e.source; })),
      backward_offsets_(
          OffsetsOf(num_vertices, edges, [](const Edge& e) { return e.destination; })) {
  std::vector<uint32_t> next(backward_offsets_.begin(), backward_offsets_.end() - 1);
  std::vector<VertexId> unsorted(edges.size());
  for (const Edge& edge : edges) unsorted[next[edge.destination]++] = edge.source;
  forward_ = Turned(num_vertices, backward_offsets_, unsorted, forward_offsets_);
  backward_ = Turned(num_vertices, forward_offsets_, forward_, backward_offsets_);
}

int64_t Adjacency::size_bytes() const {
  return static_cast<int64_t>(
      (forward_offsets_.size() + backward_offsets_.size() + forward_.size() + backward_.size()) *
      sizeof(uint32_t));
}

int64_t Adjacency::SizeBytesOf(uint64_t num_vertices, uint64_t num_edges) {
  return static_cast<int64_t>((num_vertices * 3 + num_edges * 3 + 3) * sizeof(uint32_t));
}

}  // namespace sabot
