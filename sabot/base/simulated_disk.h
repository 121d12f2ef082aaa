#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "sabot/base/env.h"

namespace sabot::internal {

/// A file's content or a folder, whatever its names.
struct Inode {
  bool is_directory = false;
  std::string content;
  size_t num_synced = 0;  ///< bytes that survive a power loss; the content only grows
};
using InodePtr = std::shared_ptr<Inode>;

/// The model of a disk: names, contents, and what of both survives a power loss. No faults of its
/// own. Paths are normalised; "/" and "." are always there.
class SimulatedDisk {
 public:
  /// A name and what it stands for from now on; null: nothing.
  using NameChange = std::pair<std::string, InodePtr>;

  static std::string Normalized(const std::string& path);

  /// Null if there is none.
  InodePtr Find(const std::string& path) const;
  bool IsDirectory(const std::string& path) const;
  std::vector<DirEntry> List(const std::string& folder) const;
  int64_t num_bytes() const;

  /// All of them or none survive.
  void Change(std::vector<NameChange> changes);
  void SyncDir(const std::string& folder);
  /// random_below(n): a number in [0, n).
  void LosePower(const std::function<uint64_t(uint64_t)>& random_below);

 private:
  using Names = std::map<std::string, InodePtr>;
  struct Entry {
    std::vector<NameChange> changes;
    bool is_durable = false;
  };
  static void Apply(const Entry& entry, Names* names);
  static bool Touches(const Entry& entry, const std::string& folder);

  Names names_;
  Names durable_names_;         ///< before the journal
  std::vector<Entry> journal_;  ///< in order
};

}  // namespace sabot::internal
