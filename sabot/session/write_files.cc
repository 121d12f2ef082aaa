#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstdio>
#include <filesystem>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>

#include "sabot/base/error.h"
#include "sabot/connectors/files/sink.h"
#include "sabot/session/commands.h"
#include "sabot/session/folders.h"

namespace sabot {
namespace {

namespace fs = std::filesystem;

/// Ends the name of the hidden folder that rows go into: `.name.<16 hexadecimal digits>.new`.
constexpr std::string_view kMadeSuffix = ".new";

/// Is a path itself, or below the folder?
bool IsWithin(const std::string& path, const std::string& folder) {
  return path == folder || (path.starts_with(folder) && path[folder.size()] == '/');
}

bool ReadsFrom(const LogicalNode& node, const std::string& folder) {
  if (const auto* scan = node.As<LogicalScan>(); scan != nullptr) {
    if (scan->table.connector != "files") return false;
    return std::ranges::any_of(scan->table.paths, [&](const std::string& path) {
      const std::string place = CanonicalPath(path);
      return IsWithin(place, folder) || IsWithin(folder, place);
    });
  }
  return std::ranges::any_of(node.inputs,
                             [&](const LogicalPtr& input) { return ReadsFrom(*input, folder); });
}

arrow::Status AlreadyExists(const std::string& path, Span span) {
  return MakeError("FILE_ALREADY_EXISTS", {{"path", path}}, span,
                   "choose another path, or overwrite");
}

/// Is something mounted there? Such a folder cannot be renamed.
bool IsMountPoint(const std::string& path) {
  struct statx info;
  if (statx(AT_FDCWD, path.c_str(), AT_SYMLINK_NOFOLLOW, 0, &info) != 0) return false;
  return (info.stx_attributes & STATX_ATTR_MOUNT_ROOT) != 0;
}

/// renameat2, or the number of its error.
int RenameWith(unsigned flags, const std::string& from, const std::string& to) {
  return renameat2(AT_FDCWD, from.c_str(), AT_FDCWD, to.c_str(), flags) == 0 ? 0 : errno;
}

/// The file system does not have the flags of renameat2.
bool LacksFlags(int error_number) { return error_number == EINVAL || error_number == ENOSYS; }

/// Has nothing in the folder changed since then? False if that cannot be seen.
bool IsUntouchedSince(const std::string& folder, fs::file_time_type since) {
  std::error_code error;
  if (fs::last_write_time(folder, error) >= since || error) return false;
  fs::recursive_directory_iterator entry(folder, error);
  for (; !error && entry != fs::recursive_directory_iterator(); entry.increment(error)) {
    // A link says nothing of its own.
    if (entry->is_symlink(error)) continue;
    if (error || entry->last_write_time(error) >= since || error) return false;
  }
  return !error;
}

/// Remove what writers of the target that were killed left beside it: hidden folders
/// that nobody has written to for a day.
void RemoveAbandoned(const Env& env, const std::string& target) {
  const std::string folder = ParentPath(target);
  const auto entries = env.files->List(folder);
  if (!entries.ok()) return;
  const std::string prefix = "." + fs::path(target).filename().string() + ".";
  const auto yesterday = fs::file_time_type::clock::now() - std::chrono::hours(24);
  for (const DirEntry& entry : *entries) {
    std::string_view number = entry.name;
    if (!number.starts_with(prefix) || !number.ends_with(kMadeSuffix)) continue;
    if (number.size() != prefix.size() + 16 + kMadeSuffix.size()) continue;
    number = number.substr(prefix.size(), 16);
    if (number.find_first_not_of("0123456789abcdef") != number.npos) continue;
    const std::string path = fmt::format("{}/{}", folder, entry.name);
    if (IsUntouchedSince(path, yesterday)) static_cast<void>(env.files->RemoveTree(path));
  }
}

/// The folders of one write. What is left of it goes when this does.
class Replacement {
 public:
  Replacement(const Env& env, std::string target) : env_(env), target_(std::move(target)) {
    const fs::path path = target_;
    const std::string hidden = fmt::format("{}/.{}.{:016x}", ParentPath(target_),
                                           path.filename().string(), env_.random->NextU64());
    made_ = hidden + std::string(kMadeSuffix);
    replaced_ = hidden + ".old";
  }
  /// After an exchange it is the old content that goes. The rows are safe then: that it cannot be
  /// removed is no failure of the write.
  ~Replacement() { static_cast<void>(env_.files->RemoveTree(made_)); }

  /// Where the rows go first.
  const std::string& made() const { return made_; }

  /// Put what was made at the target, where nothing may be. Errors: FILE_ALREADY_EXISTS, with the
  /// target's path.
  arrow::Status Place() {
    int error_number = RenameWith(RENAME_NOREPLACE, made_, target_);
    // A plain rename replaces an empty folder and nothing else.
    if (LacksFlags(error_number)) error_number = RenameWith(0, made_, target_);
    if (error_number == ENOTEMPTY || error_number == ENOTDIR) error_number = EEXIST;
    if (error_number != 0) return FileError("make", target_, error_number);
    return env_.files->SyncDir(ParentPath(target_));
  }

  /// Put what was made in the target's place, with its permissions. At every moment there is a
  /// folder; where the file system cannot exchange two, a process that dies between two renamings
  /// leaves the old content under its hidden name.
  arrow::Status Replace() {
    struct stat old;
    if (lstat(target_.c_str(), &old) == 0 && S_ISDIR(old.st_mode) &&
        chmod(made_.c_str(), old.st_mode & 07777) != 0) {
      return FileError("chmod", made_, errno);
    }
    int error_number = RenameWith(RENAME_EXCHANGE, made_, target_);
    if (LacksFlags(error_number)) return ReplaceInTwoSteps();
    // Gone meanwhile, or never there; a writer that is faster at the same moment is replaced.
    if (error_number == ENOENT) {
      error_number = RenameWith(RENAME_NOREPLACE, made_, target_);
      if (LacksFlags(error_number)) return ReplaceInTwoSteps();
      if (error_number == EEXIST) error_number = RenameWith(RENAME_EXCHANGE, made_, target_);
    }
    if (error_number != 0) return FileError("replace", target_, error_number);
    return env_.files->SyncDir(ParentPath(target_));
  }

 private:
  arrow::Status ReplaceInTwoSteps() {
    int error_number = RenameWith(0, target_, replaced_);
    const bool exists = error_number != ENOENT;
    if (exists && error_number != 0) return FileError("replace", target_, error_number);
    error_number = RenameWith(0, made_, target_);
    if (error_number != 0) {
      if (exists) RenameWith(0, replaced_, target_);
      return FileError("replace", target_, error_number);
    }
    ARROW_RETURN_NOT_OK(env_.files->SyncDir(ParentPath(target_)));
    static_cast<void>(env_.files->RemoveTree(replaced_));
    return arrow::Status::OK();
  }

  const Env& env_;
  const std::string target_;
  std::string made_;
  std::string replaced_;
};

}  // namespace

arrow::Result<std::shared_ptr<const Query>> RunWriteFiles(const syntax::WriteFiles& write,
                                                          Span span,
                                                          const CommandContext& context) {
  ARROW_ASSIGN_OR_RAISE(LogicalPlan plan, Analyze(write.query, context.analyzer));
  ARROW_RETURN_NOT_OK(CheckDistinctNames(SchemaOf(plan.root)));
  const Env& env = context.analyzer.env;
  ARROW_ASSIGN_OR_RAISE(std::string folder, FolderOfSink(write.path));
  folder = CanonicalPath(folder);
  ARROW_ASSIGN_OR_RAISE(const bool exists, env.files->Exists(folder));
  if (exists && !write.overwrite) return AlreadyExists(write.path, span);
  if (exists && ReadsFrom(*plan.root, folder)) {
    return MakeError("UNSUPPORTED_OVERWRITE.PATH", {{"path", write.path}}, span);
  }
  ARROW_RETURN_NOT_OK(CheckWritable(ParentPath(folder), write.path));
  if (exists && IsMountPoint(folder)) {
    return MakeError("FOLDER_NOT_WRITABLE",
                     {{"path", write.path}, {"message", "a mount point cannot be replaced"}}, span,
                     "write to a folder in it");
  }
  RemoveAbandoned(env, folder);
  Replacement replacement(env, folder);
  SinkDescription sink;
  sink.connector = "files";
  sink.format = write.format;
  sink.path = replacement.made();
  for (const auto& [key, value] : write.options) sink.options.emplace_back(key, value);
  sink.schema = SchemaOf(plan.root);
  plan.root = MakeLogical(LogicalSink{std::move(sink)}, {std::move(plan.root)});
  ARROW_ASSIGN_OR_RAISE(const auto query,
                        MakeLazyQuery(context.core, std::move(plan), nullptr, context.text));
  {
    ARROW_ASSIGN_OR_RAISE(const auto stream, query->Execute());
    while (true) {
      ARROW_ASSIGN_OR_RAISE(const auto batch, stream->Next(context.hook));
      if (!batch.has_value()) break;
    }
  }
  const arrow::Status placed = write.overwrite ? replacement.Replace() : replacement.Place();
  // Another writer was there first.
  if (IsFileExists(placed)) return AlreadyExists(write.path, span);
  ARROW_RETURN_NOT_OK(placed);
  return MakeCommandResult(nullptr, {}, {});
}

}  // namespace sabot
