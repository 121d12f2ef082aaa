#pragma once

#include <algorithm>
#include <optional>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "sabot/vector/operator.h"
#include "sabot/vector/testing/test_rows.h"

namespace sabot::testing {

/// The pieces of one snapshot, given back as a checkpoint does: those that overlap the groups
/// owned, or belong to a split owned.
class Pieces final : public SnapshotWriter {
 public:
  arrow::Status Add(StatePiece piece) override {
    pieces_.push_back(std::move(piece));
    return arrow::Status::OK();
  }
  /// splits: those owned; none: all.
  std::unique_ptr<SnapshotReader> Read(KeyGroupRange groups,
                                       std::optional<std::vector<uint64_t>> splits = {}) const {
    auto reader = std::make_unique<Reader>();
    reader->groups = groups;
    for (const StatePiece& piece : pieces_) {
      const bool is_owned =
          piece.split.has_value()
              ? !splits.has_value() || std::ranges::find(*splits, *piece.split) != splits->end()
              : piece.groups.Overlaps(groups);
      if (is_owned) reader->pieces.push_back(piece);
    }
    return reader;
  }
  std::vector<StatePiece>& pieces() { return pieces_; }

 private:
  struct Reader final : SnapshotReader {
    arrow::Result<std::optional<StatePiece>> Next() override {
      if (next == pieces.size()) return std::nullopt;
      return pieces[next++];
    }
    KeyGroupRange owned_groups() const override { return groups; }
    std::vector<StatePiece> pieces;
    KeyGroupRange groups;
    size_t next = 0;
  };
  std::vector<StatePiece> pieces_;
};

/// What an operator put out.
struct Given {
  std::vector<std::string> rows;  ///< of port 0, as TextRows
  std::vector<std::string> side;  ///< of port 1
  std::vector<Marker> markers;    ///< of its own making
  int calls = 0;
};

/// Call the operator as a driver does, until it is through; what it gives goes to *given.
inline void Collect(Output* output, int32_t batch_size, Given* given) {
  EXPECT_EQ(FaultOf(output->batch), "");
  EXPECT_LE(output->batch.num_active_rows(), batch_size);
  for (std::string& row : TextRows(output->batch)) {
    (output->port == 0 ? given->rows : given->side).push_back(std::move(row));
  }
  if (output->marker.kind != Marker::kNone) given->markers.push_back(output->marker);
  ++given->calls;
  output->Clear();
}

inline void PushAll(Operator& op, Batch batch, Given* given, int32_t batch_size = kVectorSize) {
  Output output;
  while (true) {
    const auto progress = op.Push(0, batch, &output);
    ASSERT_TRUE(progress.ok()) << progress.status().ToString();
    Collect(&output, batch_size, given);
    if (*progress != Progress::kMore) break;
  }
}

/// Returns the marker as the operator left it.
inline Marker Send(Operator& op, Marker marker, Given* given, int32_t batch_size = kVectorSize) {
  Output output;
  while (true) {
    const auto progress = op.OnMarker(marker, &output);
    EXPECT_TRUE(progress.ok()) << progress.status().ToString();
    if (!progress.ok()) return marker;
    Collect(&output, batch_size, given);
    if (*progress != Progress::kMore) return marker;
  }
}

}  // namespace sabot::testing
