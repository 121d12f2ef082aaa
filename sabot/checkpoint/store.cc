#include "sabot/checkpoint/store.h"

#include <algorithm>
#include <charconv>

#include <fmt/format.h>

#include "sabot/base/codec.h"
#include "sabot/base/crash_point.h"
#include "sabot/base/crc32c.h"
#include "sabot/base/error.h"
#include "sabot/checkpoint/manifest.h"

namespace sabot {
namespace {

// Zero-padded, so that names sort as numbers do.
std::string EpochFile(Epoch epoch) { return fmt::format("epoch-{:016}", epoch); }
std::string CommitFile(Epoch epoch) { return fmt::format("committed-{:016}", epoch); }
std::string GenerationFile(uint64_t generation) {
  return fmt::format("generation-{:016}", generation);
}

std::optional<uint64_t> NumberOf(std::string_view name, std::string_view prefix) {
  if (!name.starts_with(prefix)) return std::nullopt;
  name.remove_prefix(prefix.size());
  uint64_t number = 0;
  const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), number);
  if (error != std::errc() || end != name.data() + name.size()) return std::nullopt;
  return number;
}

std::string_view ViewOf(const BufferPtr& buffer) {
  return {reinterpret_cast<const char*>(buffer->data()), static_cast<size_t>(buffer->size())};
}

// The folder and those above it that are missing, names made durable.
arrow::Status MakeFolder(const Env& env, const std::string& folder) {
  std::vector<std::string> missing;
  for (std::string path = folder; path != "." && path != "/"; path = ParentPath(path)) {
    ARROW_ASSIGN_OR_RAISE(const bool is_there, env.files->Exists(path));
    if (is_there) break;
    missing.push_back(path);
  }
  ARROW_RETURN_NOT_OK(env.files->CreateDir(folder));
  for (const std::string& path : missing) {
    ARROW_RETURN_NOT_OK(env.files->SyncDir(ParentPath(path)));
  }
  return arrow::Status::OK();
}

std::string PathIn(const std::string& folder, const std::string& name) {
  return folder + "/" + name;
}

std::optional<Epoch> LatestOf(const std::vector<DirEntry>& entries) {
  std::optional<Epoch> latest;
  for (const DirEntry& entry : entries) {
    const auto number = NumberOf(entry.name, "epoch-");
    if (number.has_value()) latest = std::max(latest.value_or(0), *number);
  }
  return latest;
}

arrow::Result<Manifest> ReadManifest(const Env& env, const std::string& folder, Epoch epoch) {
  const std::string record_path = PathIn(folder, EpochFile(epoch));
  ARROW_ASSIGN_OR_RAISE(const std::string record_bytes, env.files->ReadAll(record_path));
  ARROW_ASSIGN_OR_RAISE(const std::string record_body,
                        Unseal(kRecordMagic, record_bytes, record_path));
  ARROW_ASSIGN_OR_RAISE(const EpochRecord record, DecodeFromString<EpochRecord>(record_body));
  const std::string path = PathIn(folder, record.manifest_file);
  ARROW_ASSIGN_OR_RAISE(const std::string bytes, env.files->ReadAll(path));
  ARROW_ASSIGN_OR_RAISE(const std::string body, Unseal(kManifestMagic, bytes, path));
  ARROW_ASSIGN_OR_RAISE(Manifest manifest, DecodeFromString<Manifest>(body));
  if (manifest.epoch != epoch || manifest.num_key_groups != kNumKeyGroups) {
    return MakeError("CHECKPOINT_INCOMPATIBLE",
                     {{"path", path},
                      {"message", fmt::format("it is of epoch {} with {} key groups",
                                              manifest.epoch, manifest.num_key_groups)}});
  }
  return manifest;
}

// Names the first line in which the jobs differ.
arrow::Status CheckSameJob(const std::string& folder, std::string_view saved,
                           std::string_view wanted) {
  if (saved == wanted) return arrow::Status::OK();
  const auto take_line = [](std::string_view* text) {
    const size_t end = std::min(text->find('\n'), text->size());
    const std::string_view line = text->substr(0, end);
    text->remove_prefix(std::min(end + 1, text->size()));
    return std::string(line.substr(std::min(line.find_first_not_of(' '), line.size())));
  };
  std::string theirs;
  std::string ours;
  while (theirs == ours && !(saved.empty() && wanted.empty())) {
    theirs = take_line(&saved);
    ours = take_line(&wanted);
  }
  return MakeError("CHECKPOINT_INCOMPATIBLE",
                   {{"path", folder},
                    {"message", fmt::format("it is of another one, with `{}` where this one has "
                                            "`{}`",
                                            theirs, ours)}},
                   {}, "give every job a checkpoint folder of its own");
}

}  // namespace

class EpochPieces::Writer final : public SnapshotWriter {
 public:
  Writer(EpochPieces* pieces, uint32_t operator_id) : pieces_(pieces), operator_id_(operator_id) {}
  arrow::Status Add(StatePiece piece) override {
    const std::lock_guard lock(pieces_->mutex_);
    pieces_->pieces_.push_back({operator_id_, std::move(piece)});
    return arrow::Status::OK();
  }

 private:
  EpochPieces* const pieces_;
  const uint32_t operator_id_;
};

std::unique_ptr<SnapshotWriter> EpochPieces::WriterFor(uint32_t operator_id) {
  return std::make_unique<Writer>(this, operator_id);
}

std::unique_ptr<SnapshotReader> ReadPieces(const std::vector<CheckpointPiece>& pieces,
                                           uint32_t operator_id, KeyGroupRange owned) {
  std::vector<StatePiece> mine;
  for (const CheckpointPiece& piece : pieces) {
    if (piece.operator_id == operator_id) mine.push_back(piece.piece);
  }
  return MakeSnapshotReader(mine, owned);
}

arrow::Result<std::unique_ptr<CheckpointStore>> CheckpointStore::Open(const Env& env,
                                                                      std::string folder,
                                                                      std::string job) {
  ARROW_RETURN_NOT_OK(MakeFolder(env, folder));
  while (true) {
    ARROW_ASSIGN_OR_RAISE(const std::vector<DirEntry> entries, env.files->List(folder));
    const std::optional<Epoch> latest = LatestOf(entries);
    if (!latest.has_value()) break;
    const arrow::Result<Manifest> manifest = ReadManifest(env, folder, *latest);
    if (!manifest.ok()) {
      // An older generation may still be at work, and has removed the epoch for newer ones.
      ARROW_ASSIGN_OR_RAISE(const std::vector<DirEntry> again, env.files->List(folder));
      if (IsFileNotFound(manifest.status()) && LatestOf(again) != latest) continue;
      return manifest.status();
    }
    ARROW_RETURN_NOT_OK(CheckSameJob(folder, manifest->job, job));
    break;
  }
  while (true) {
    ARROW_ASSIGN_OR_RAISE(const std::vector<DirEntry> entries, env.files->List(folder));
    uint64_t generation = 1;
    for (const DirEntry& entry : entries) {
      if (const auto number = NumberOf(entry.name, "generation-")) {
        generation = std::max(generation, *number + 1);
      }
    }
    const arrow::Status claimed =
        env.files->CreateExclusive(PathIn(folder, GenerationFile(generation)), "");
    // Another process took that number at the same moment: the next one then.
    if (IsFileExists(claimed)) continue;
    ARROW_RETURN_NOT_OK(claimed);
    // The newest alone says who may write; the others are history.
    for (const DirEntry& entry : entries) {
      if (!NumberOf(entry.name, "generation-").has_value()) continue;
      const arrow::Status removed = env.files->Remove(PathIn(folder, entry.name));
      if (!removed.ok() && !IsFileNotFound(removed)) return removed;
    }
    return std::unique_ptr<CheckpointStore>(
        new CheckpointStore(env, std::move(folder), std::move(job), generation));
  }
}

arrow::Status CheckpointStore::CheckNotFenced() {
  ARROW_ASSIGN_OR_RAISE(const std::vector<DirEntry> entries, env_.files->List(folder_));
  for (const DirEntry& entry : entries) {
    const auto number = NumberOf(entry.name, "generation-");
    if (number.has_value() && *number > generation_) {
      return MakeError("CHECKPOINT_FENCED",
                       {{"generation", std::to_string(generation_)},
                        {"path", folder_},
                        {"message", fmt::format("generation {} has taken over", *number)}});
    }
  }
  return arrow::Status::OK();
}

arrow::Status CheckpointStore::WriteDurably(const std::string& name,
                                            const std::vector<BufferPtr>& parts) {
  // Under its own name at once: nobody reads it before the record names it.
  ARROW_ASSIGN_OR_RAISE(auto file, env_.files->OpenForWrite(PathOf(name)));
  for (const BufferPtr& part : parts) ARROW_RETURN_NOT_OK(file->Append(ViewOf(part)));
  ARROW_RETURN_NOT_OK(file->Sync());
  return file->Close();
}

arrow::Status CheckpointStore::Complete(Epoch epoch, const EpochPieces& pieces) {
  ARROW_RETURN_NOT_OK(CheckNotFenced());
  const auto fenced = [&] {
    return MakeError("CHECKPOINT_FENCED",
                     {{"generation", std::to_string(generation_)},
                      {"path", folder_},
                      {"message", fmt::format("epoch {} is there already", epoch)}});
  };
  // Before anything is written: what a record names is never written again.
  ARROW_ASSIGN_OR_RAISE(const bool is_there, env_.files->Exists(PathOf(EpochFile(epoch))));
  if (is_there) return fenced();
  const std::string suffix = fmt::format("{:016}-{}", epoch, generation_);
  Manifest manifest{
      .generation = generation_, .epoch = epoch, .data_file = "data-" + suffix, .job = job_};
  std::vector<BufferPtr> parts;
  int64_t offset = 0;
  for (const CheckpointPiece& held : pieces.pieces()) {
    ManifestEntry entry{.operator_id = held.operator_id,
                        .name = held.piece.name,
                        .groups_begin = held.piece.groups.begin,
                        .groups_end = held.piece.groups.end,
                        .has_split = held.piece.split.has_value(),
                        .split = held.piece.split.value_or(0),
                        .offset = offset};
    for (const BufferPtr& part : held.piece.content) {
      entry.crc = Crc32c(ViewOf(part), entry.crc);
      entry.size += part->size();
      parts.push_back(part);
    }
    offset += entry.size;
    manifest.entries.push_back(std::move(entry));
  }
  ARROW_RETURN_NOT_OK(WriteDurably(manifest.data_file, parts));
  const auto sealed = std::make_shared<std::string>(Seal(kManifestMagic, EncodeToString(manifest)));
  const std::string manifest_file = "manifest-" + suffix;
  ARROW_RETURN_NOT_OK(
      WriteDurably(manifest_file,
                   {Buffer::Borrow(sealed->data(), static_cast<int64_t>(sealed->size()), sealed)}));
  ARROW_RETURN_NOT_OK(env_.files->SyncDir(folder_));
  // Again, right before the record: writing may have taken long.
  ARROW_RETURN_NOT_OK(CheckNotFenced());
  const EpochRecord record{generation_, epoch, manifest_file};
  CrashPoint(crash_point::kEpochRecord);
  arrow::Status created = env_.files->CreateExclusive(PathOf(EpochFile(epoch)),
                                                      Seal(kRecordMagic, EncodeToString(record)));
  CrashPoint(crash_point::kEpochRecord);
  if (IsFileExists(created)) return fenced();
  return created;
}

arrow::Status CheckpointStore::MarkCommitted(Epoch epoch) {
  arrow::Status marked = env_.files->CreateExclusive(PathOf(CommitFile(epoch)), "");
  if (!marked.ok() && !IsFileExists(marked)) return marked;
  return RemoveBefore(epoch);
}

arrow::Result<bool> CheckpointStore::IsCommitted(Epoch epoch) {
  return env_.files->Exists(PathOf(CommitFile(epoch)));
}

// Keeps the epoch before as well: should the newest prove unreadable, a person can go back to it.
arrow::Status CheckpointStore::RemoveBefore(Epoch epoch) {
  ARROW_ASSIGN_OR_RAISE(const std::vector<DirEntry> entries, env_.files->List(folder_));
  std::vector<Epoch> recorded;
  for (const DirEntry& entry : entries) {
    const auto number = NumberOf(entry.name, "epoch-");
    if (number.has_value() && *number < epoch) recorded.push_back(*number);
  }
  const Epoch kept = recorded.empty() ? epoch : *std::max_element(recorded.begin(), recorded.end());
  // Records first: what has no record is not there, however much of its data is left.
  for (const char* prefix : {"epoch-", "committed-", "manifest-", "data-"}) {
    for (const DirEntry& entry : entries) {
      // "data-<epoch>-<generation>": the number ends at the dash.
      const std::string_view name = entry.name;
      const size_t dash = name.find('-', std::string_view(prefix).size());
      const auto number = NumberOf(name.substr(0, dash), prefix);
      if (number.has_value() && *number < kept) {
        ARROW_RETURN_NOT_OK(env_.files->Remove(PathOf(entry.name)));
      }
    }
  }
  return arrow::Status::OK();
}

arrow::Result<std::optional<Epoch>> CheckpointStore::LatestEpoch() {
  ARROW_ASSIGN_OR_RAISE(const std::vector<DirEntry> entries, env_.files->List(folder_));
  return LatestOf(entries);
}

arrow::Result<std::vector<CheckpointPiece>> CheckpointStore::Load(Epoch epoch) {
  ARROW_ASSIGN_OR_RAISE(const Manifest manifest, ReadManifest(env_, folder_, epoch));
  const std::string data_path = PathOf(manifest.data_file);
  ARROW_ASSIGN_OR_RAISE(std::string data, env_.files->ReadAll(data_path));
  const auto owner = std::make_shared<std::string>(std::move(data));
  std::vector<CheckpointPiece> pieces;
  for (const ManifestEntry& entry : manifest.entries) {
    const auto size = static_cast<int64_t>(owner->size());
    const bool is_inside = entry.offset >= 0 && entry.size >= 0 && entry.offset <= size &&
                           entry.size <= size - entry.offset;
    const std::string_view bytes =
        is_inside ? std::string_view(*owner).substr(static_cast<size_t>(entry.offset),
                                                    static_cast<size_t>(entry.size))
                  : std::string_view();
    if (!is_inside || Crc32c(bytes) != entry.crc) {
      return MakeError("CHECKPOINT_CORRUPT",
                       {{"path", data_path},
                        {"message", fmt::format("the state `{}` of step {} does not match its "
                                                "checksum",
                                                entry.name, entry.operator_id)}});
    }
    CheckpointPiece piece{.operator_id = entry.operator_id};
    piece.piece.name = entry.name;
    piece.piece.groups = {entry.groups_begin, entry.groups_end};
    if (entry.has_split) piece.piece.split = entry.split;
    piece.piece.content = {Buffer::Borrow(bytes.data(), entry.size, owner)};
    pieces.push_back(std::move(piece));
  }
  return pieces;
}

}  // namespace sabot
