#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "arrow/result.h"
#include "arrow/status.h"

#include "sabot/vector/buffer.h"

namespace sabot {

/// Key groups of a job: the state hash's top bits. A task of an unbounded pipeline owns a range of
/// them.
inline constexpr uint32_t kNumKeyGroups = 128;
inline uint32_t KeyGroupOf(uint64_t state_hash) { return static_cast<uint32_t>(state_hash >> 57); }

struct KeyGroupRange {
  uint32_t begin = 0;
  uint32_t end = kNumKeyGroups;  ///< exclusive

  bool Contains(uint32_t group) const { return group >= begin && group < end; }
  bool Overlaps(const KeyGroupRange& other) const { return begin < other.end && other.begin < end; }
  friend bool operator==(const KeyGroupRange&, const KeyGroupRange&) = default;
};
/// The groups of task `index` of `count`: the smallest range such that all tasks together own each
/// group once.
inline KeyGroupRange KeyGroupsOfTask(uint32_t index, uint32_t count) {
  return {index * kNumKeyGroups / count, (index + 1) * kNumKeyGroups / count};
}

using Epoch = uint64_t;

/// A part of an operator's state as a checkpoint keeps it: by key group, or by source split. The
/// content is the owner's own versioned format (docs/formats); the checkpoint room stores the bytes
/// and their checksum.
struct StatePiece {
  std::string name;                ///< which state of the operator: "groups", "offsets"
  KeyGroupRange groups;            ///< of rows filed by key
  std::optional<uint64_t> split;   ///< of state filed by source split
  std::vector<BufferPtr> content;  ///< concatenated; immutable from here on

  /// The content, copied: for small pieces.
  std::string Bytes() const;
};

/// Takes the pieces of one snapshot by reference; what they point to is written later, on the I/O
/// pool.
class SnapshotWriter {
 public:
  virtual ~SnapshotWriter() = default;
  virtual arrow::Status Add(StatePiece piece) = 0;
};

/// Gives a restored operator every piece that overlaps the key groups it owns now, and of splits
/// those it owns now. A piece of other bounds comes whole: its reader drops rows of foreign groups
/// by their hash.
class SnapshotReader {
 public:
  virtual ~SnapshotReader() = default;
  /// The next piece, or none.
  virtual arrow::Result<std::optional<StatePiece>> Next() = 0;
  virtual KeyGroupRange owned_groups() const = 0;
};

/// Of these pieces, in order, those that `owned` overlaps and all of splits.
std::unique_ptr<SnapshotReader> MakeSnapshotReader(const std::vector<StatePiece>& pieces,
                                                   KeyGroupRange owned);

/// Where spilled pages go. Pages are handed over by reference and freed by their owner when
/// `written` has fired.
class PageWriter {
 public:
  virtual ~PageWriter() = default;
  /// Queue bytes for writing. Returns the handle to read them again with.
  virtual arrow::Result<std::shared_ptr<class SpilledRun>> Write(
      std::vector<BufferPtr> content) = 0;
};

/// Spilled bytes: readable once written; the file goes when the last handle goes.
class SpilledRun {
 public:
  virtual ~SpilledRun() = default;
  virtual int64_t size_bytes() const = 0;
  virtual bool is_written() const = 0;
  /// The error of the write, if it failed.
  virtual arrow::Status status() const = 0;
  /// Read [offset, offset + size) into a buffer of its own. Blocks: morsel-sized reads only.
  virtual arrow::Result<BufferPtr> Read(int64_t offset, int64_t size) = 0;
};

}  // namespace sabot
