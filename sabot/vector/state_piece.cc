#include "sabot/vector/state_piece.h"

#include <utility>

namespace sabot {
namespace {

class PieceReader final : public SnapshotReader {
 public:
  PieceReader(std::vector<StatePiece> pieces, KeyGroupRange owned)
      : pieces_(std::move(pieces)), owned_(owned) {}
  arrow::Result<std::optional<StatePiece>> Next() override {
    if (next_ == pieces_.size()) return std::nullopt;
    return pieces_[next_++];
  }
  KeyGroupRange owned_groups() const override { return owned_; }

 private:
  const std::vector<StatePiece> pieces_;
  const KeyGroupRange owned_;
  size_t next_ = 0;
};

}  // namespace

std::string StatePiece::Bytes() const {
  std::string bytes;
  for (const BufferPtr& part : content) {
    bytes.append(reinterpret_cast<const char*>(part->data()), static_cast<size_t>(part->size()));
  }
  return bytes;
}

std::unique_ptr<SnapshotReader> MakeSnapshotReader(const std::vector<StatePiece>& pieces,
                                                   KeyGroupRange owned) {
  std::vector<StatePiece> mine;
  for (const StatePiece& piece : pieces) {
    if (piece.split.has_value() || piece.groups.Overlaps(owned)) mine.push_back(piece);
  }
  return std::make_unique<PieceReader>(std::move(mine), owned);
}

}  // namespace sabot
