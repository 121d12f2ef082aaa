#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "arrow/result.h"
#include "arrow/status.h"

#include "sabot/base/env.h"
#include "sabot/vector/state_piece.h"

namespace sabot {

/// A piece of an operator's state with whose it is. operator_id: of the plan's node.
struct CheckpointPiece {
  uint32_t operator_id = 0;
  StatePiece piece;
};

/// What all tasks hand over for one epoch, by reference, until it is written. Thread-safe.
class EpochPieces {
 public:
  /// The writer of one operator of one task; this outlives it.
  std::unique_ptr<SnapshotWriter> WriterFor(uint32_t operator_id);
  /// Once all have written.
  const std::vector<CheckpointPiece>& pieces() const { return pieces_; }

 private:
  class Writer;
  std::mutex mutex_;
  std::vector<CheckpointPiece> pieces_;
};

/// Of `pieces` those of one operator that overlap the groups; of split ones all, as only their
/// owner knows which splits are its. Holds them by reference.
std::unique_ptr<SnapshotReader> ReadPieces(const std::vector<CheckpointPiece>& pieces,
                                           uint32_t operator_id, KeyGroupRange owned);

/// The checkpoints of one job in a folder (docs/formats/checkpoint.md). An epoch exists once its
/// record does: data and manifest are written before, immutable, and the record is created only if
/// absent, by the newest generation. All methods block on files: call them on the I/O pool, one at
/// a time.
class CheckpointStore {
 public:
  /// Claims the next generation: every older one can complete no epoch any more. Makes the folder.
  /// job: lines that say what the state is of. A folder whose newest epoch is of another job is
  /// CHECKPOINT_INCOMPATIBLE, and nothing is claimed.
  static arrow::Result<std::unique_ptr<CheckpointStore>> Open(const Env& env, std::string folder,
                                                              std::string job = {});

  uint64_t generation() const { return generation_; }

  /// Data, manifest, record, each durable before the next. Epochs increase. Errors:
  /// CHECKPOINT_FENCED if a newer generation is there or has made this epoch; those of files.
  arrow::Status Complete(Epoch epoch, const EpochPieces& pieces);
  /// All sinks have committed the epoch. Then removes what older epochs left, except the one
  /// before.
  arrow::Status MarkCommitted(Epoch epoch);
  arrow::Result<bool> IsCommitted(Epoch epoch);

  /// The newest epoch that was completed; none: a new job.
  arrow::Result<std::optional<Epoch>> LatestEpoch();
  /// All its pieces, checksums verified. Errors: CHECKPOINT_CORRUPT, CHECKPOINT_INCOMPATIBLE.
  arrow::Result<std::vector<CheckpointPiece>> Load(Epoch epoch);

 private:
  CheckpointStore(const Env& env, std::string folder, std::string job, uint64_t generation)
      : env_(env), folder_(std::move(folder)), job_(std::move(job)), generation_(generation) {}
  arrow::Status CheckNotFenced();
  arrow::Status WriteDurably(const std::string& name, const std::vector<BufferPtr>& parts);
  arrow::Status RemoveBefore(Epoch epoch);
  std::string PathOf(const std::string& name) const { return folder_ + "/" + name; }

  const Env env_;
  const std::string folder_;
  const std::string job_;
  const uint64_t generation_;
};

}  // namespace sabot
