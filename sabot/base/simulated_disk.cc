#include "sabot/base/simulated_disk.h"

#include <algorithm>
#include <filesystem>
#include <set>

namespace sabot::internal {
namespace {

constexpr size_t kBlockBytes = 512;

bool IsRoot(const std::string& path) { return path == "/" || path == "."; }

void TearContent(Inode* inode, const std::function<uint64_t(uint64_t)>& random_below) {
  std::string& content = inode->content;
  const size_t num_unsynced = content.size() - inode->num_synced;
  content.resize(inode->num_synced + random_below(num_unsynced + 1));
  // The length can reach the disk before the blocks do.
  if (num_unsynced > 0 && random_below(4) == 0) {
    size_t begin = inode->num_synced;
    while (begin < content.size()) {
      const size_t end = std::min(content.size(), (begin / kBlockBytes + 1) * kBlockBytes);
      if (random_below(2) == 0) std::fill(&content[begin], &content[begin] + (end - begin), '\0');
      begin = end;
    }
  }
  // What there is after the crash was read back from the disk.
  inode->num_synced = content.size();
}

}  // namespace

std::string SimulatedDisk::Normalized(const std::string& path) {
  std::string normal = std::filesystem::path(path).lexically_normal().string();
  while (normal.size() > 1 && normal.ends_with('/')) normal.pop_back();
  return normal;
}

InodePtr SimulatedDisk::Find(const std::string& path) const {
  const auto found = names_.find(path);
  return found == names_.end() ? nullptr : found->second;
}

bool SimulatedDisk::IsDirectory(const std::string& path) const {
  if (IsRoot(path)) return true;
  const InodePtr inode = Find(path);
  return inode != nullptr && inode->is_directory;
}

std::vector<DirEntry> SimulatedDisk::List(const std::string& folder) const {
  std::vector<DirEntry> entries;
  for (const auto& [path, inode] : names_) {
    if (ParentPath(path) != folder) continue;
    entries.push_back({path.substr(path.rfind('/') + 1), inode->is_directory,
                       static_cast<int64_t>(inode->content.size())});
  }
  std::sort(entries.begin(), entries.end(),
            [](const DirEntry& left, const DirEntry& right) { return left.name < right.name; });
  return entries;
}

int64_t SimulatedDisk::num_bytes() const {
  size_t num_bytes = 0;
  for (const auto& [path, inode] : names_) num_bytes += inode->content.size();
  return static_cast<int64_t>(num_bytes);
}

void SimulatedDisk::Change(std::vector<NameChange> changes) {
  journal_.push_back({std::move(changes)});
  Apply(journal_.back(), &names_);
}

void SimulatedDisk::SyncDir(const std::string& folder) {
  for (Entry& entry : journal_) {
    if (Touches(entry, folder)) entry.is_durable = true;
  }
  // Only the head can leave the journal: a durable change may come after one that is not.
  size_t num_done = 0;
  while (num_done < journal_.size() && journal_[num_done].is_durable) {
    Apply(journal_[num_done++], &durable_names_);
  }
  journal_.erase(journal_.begin(), journal_.begin() + static_cast<ptrdiff_t>(num_done));
}

void SimulatedDisk::LosePower(const std::function<uint64_t(uint64_t)>& random_below) {
  // Changes of different names reach the disk in any order; of one name, once one is lost, so are
  // those that follow.
  std::set<std::string> cut_names;
  Names names = durable_names_;
  for (const Entry& entry : journal_) {
    bool is_lost = false;
    if (!entry.is_durable) {
      is_lost = random_below(2) == 0;
      for (const auto& [path, inode] : entry.changes) {
        is_lost = is_lost || cut_names.contains(path);
      }
    }
    if (!is_lost) {
      Apply(entry, &names);
      continue;
    }
    for (const auto& [path, inode] : entry.changes) cut_names.insert(path);
  }
  journal_.clear();

  names_.clear();
  std::set<Inode*> torn;
  // Parents sort before their children.
  for (const auto& [path, inode] : names) {
    if (!IsDirectory(ParentPath(path))) continue;
    names_.emplace(path, inode);
    if (torn.insert(inode.get()).second) TearContent(inode.get(), random_below);
  }
  durable_names_ = names_;
}

void SimulatedDisk::Apply(const Entry& entry, Names* names) {
  for (const auto& [path, inode] : entry.changes) {
    if (inode == nullptr) {
      names->erase(path);
    } else {
      (*names)[path] = inode;
    }
  }
}

bool SimulatedDisk::Touches(const Entry& entry, const std::string& folder) {
  return std::any_of(entry.changes.begin(), entry.changes.end(),
                     [&](const NameChange& change) { return ParentPath(change.first) == folder; });
}

}  // namespace sabot::internal
