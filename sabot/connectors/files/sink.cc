#include "sabot/connectors/files/sink.h"

#include <algorithm>
#include <mutex>

#include <fmt/format.h>

#include "sabot/base/codec.h"
#include "sabot/base/crash_point.h"
#include "sabot/base/error.h"
#include "sabot/connectors/files/manifest.h"
#include "sabot/connectors/files/options.h"
#include "sabot/formats/file.h"
#include "sabot/formats/glob.h"

namespace sabot {
namespace {

constexpr std::string_view kPieceName = "files";
constexpr std::string_view kSuccess = "_SUCCESS";

/// What a task stages of an epoch.
struct StagedFile {
  std::string staged_name;  ///< in .staging; empty: the task had no rows
  uint32_t task = 0;
  int64_t size_bytes = 0;
  int64_t num_rows = 0;
  bool is_bounded = false;
  static constexpr auto Fields() {
    return std::tuple{
        Field{"staged_name", &StagedFile::staged_name}, Field{"task", &StagedFile::task},
        Field{"size_bytes", &StagedFile::size_bytes}, Field{"num_rows", &StagedFile::num_rows},
        Field{"is_bounded", &StagedFile::is_bounded}};
  }
};

/// Where the sink writes, and how.
struct Target {
  std::string folder;
  const FileFormat* format = nullptr;
  FileOptions options;
  Schema schema;
  Env env;
  uint64_t run = 0;  ///< tells the staged files of this run from those of earlier ones

  std::string staging() const { return folder + "/.staging"; }
  Files& files() const { return *env.files; }
};

/// Its content is safe once it is closed.
class SyncedFile final : public WritableFile {
 public:
  explicit SyncedFile(std::unique_ptr<WritableFile> file) : file_(std::move(file)) {}
  arrow::Status Append(std::string_view bytes) override { return file_->Append(bytes); }
  arrow::Status Sync() override { return file_->Sync(); }
  arrow::Status Close() override {
    if (!is_synced_) {
      ARROW_RETURN_NOT_OK(file_->Sync());
      is_synced_ = true;
    }
    return file_->Close();
  }
  int64_t size() const override { return file_->size(); }

 private:
  std::unique_ptr<WritableFile> file_;
  bool is_synced_ = false;
};

/// Before the run's first file: makes the folders, so that they survive a power loss, and clears
/// what earlier runs left staged.
arrow::Status Prepare(const Target& target) {
  Files& files = target.files();
  std::string existing = target.folder;
  std::vector<std::string> made;  // innermost first
  while (true) {
    ARROW_ASSIGN_OR_RAISE(const bool exists, files.Exists(existing));
    if (exists) break;
    made.push_back(existing);
    existing = ParentPath(existing);
  }
  ARROW_RETURN_NOT_OK(files.CreateDir(target.staging()));
  ARROW_RETURN_NOT_OK(files.CreateDir(ManifestFolder(target.folder)));
  for (const std::string& folder : made) {
    ARROW_RETURN_NOT_OK(files.SyncDir(ParentPath(folder)));
  }
  ARROW_RETURN_NOT_OK(files.SyncDir(target.folder));
  ARROW_ASSIGN_OR_RAISE(const std::vector<DirEntry> entries, files.List(target.staging()));
  for (const DirEntry& entry : entries) {
    ARROW_RETURN_NOT_OK(files.Remove(target.staging() + "/" + entry.name));
  }
  return arrow::Status::OK();
}

/// The file of one task and epoch while it is written.
struct OpenFile {
  std::string staged_name;
  std::unique_ptr<FileWriter> writer;
  int64_t num_rows = 0;
};

arrow::Status FinishFile(const Target& target, FileWriter* writer) {
  ARROW_RETURN_NOT_OK(writer->Finish());
  return target.files().SyncDir(target.staging());
}

/// Fires a task's waker as long as there is a task.
struct WakerGate {
  std::mutex mutex;
  Waker* waker = nullptr;  // guarded by mutex

  void Fire() {
    const std::lock_guard lock(mutex);
    if (waker != nullptr) waker->Fire();
  }
  void Close() {
    const std::lock_guard lock(mutex);
    waker = nullptr;
  }
};

class FileSinkOperator final : public Operator {
 public:
  FileSinkOperator(std::shared_ptr<const Target> target, std::shared_ptr<std::mutex> prepare_mutex,
                   std::shared_ptr<bool> is_prepared, const TaskContext& context)
      : target_(std::move(target)),
        prepare_mutex_(std::move(prepare_mutex)),
        is_prepared_(std::move(is_prepared)),
        task_(context.task_index),
        is_bounded_(!context.is_unbounded) {
    gate_->waker = context.waker;
  }
  // A job under way keeps the file and runs on alone.
  ~FileSinkOperator() override { gate_->Close(); }

  arrow::Result<Progress> Push(int /*port*/, Batch& input, Output* /*output*/) override {
    int64_t num_rows = 0;
    bool takes_back = false;
    ForEachRow(input.rows(), [&](int32_t row) {
      num_rows += input.weight(row);
      takes_back |= input.weight(row) < 0;
    });
    if (takes_back) {
      return MakeError("STREAM_UNSUPPORTED", {{"operation", "writing files"},
                                              {"reason", "a row that was written is taken back"},
                                              {"alternative", "windows, whose rows are final"}});
    }
    if (file_ == nullptr) ARROW_RETURN_NOT_OK(Open());
    ARROW_RETURN_NOT_OK(file_->writer->Write(input));
    file_->num_rows += num_rows;
    return Progress::kNeedsInput;
  }

  arrow::Result<Progress> OnMarker(Marker& marker, Output* /*output*/) override {
    if (marker.kind != Marker::kBarrier) return Progress::kNeedsInput;
    // The first epoch there is gives the folder a schema. That of a stream has the number 1: a
    // restart goes on behind it.
    const bool is_first = is_bounded_ ? !has_staged_ : marker.value == 1;
    if (file_ == nullptr && is_first && task_ == 0) ARROW_RETURN_NOT_OK(Open());
    if (file_ == nullptr) return Progress::kNeedsInput;
    // Off the worker's thread: syncing takes as long as it takes.
    if (finish_job_ == nullptr) {
      finish_job_ = target_->env.threads->Post(
          [target = target_, file = file_] { return FinishFile(*target, file->writer.get()); },
          [gate = gate_] { gate->Fire(); });
    }
    if (!finish_job_->is_done()) return Progress::kBlocked;
    const std::shared_ptr<Job> job = std::move(finish_job_);
    ARROW_RETURN_NOT_OK(job->Wait());
    return Progress::kNeedsInput;
  }

  arrow::Status Snapshot(Epoch /*epoch*/, SnapshotWriter& writer) override {
    StagedFile staged{.task = task_, .is_bounded = is_bounded_};
    if (file_ != nullptr) {
      staged.staged_name = file_->staged_name;
      staged.size_bytes = file_->writer->size_bytes();
      staged.num_rows = file_->num_rows;
      file_ = nullptr;
    }
    has_staged_ = true;
    return writer.Add({.name = std::string(kPieceName),
                       .split = task_,
                       .content = {Buffer::Copy(EncodeToString(staged))}});
  }

 private:
  arrow::Status Open() {
    {
      const std::lock_guard lock(*prepare_mutex_);
      if (!*is_prepared_) ARROW_RETURN_NOT_OK(Prepare(*target_));
      *is_prepared_ = true;
    }
    auto file = std::make_shared<OpenFile>();
    file->staged_name = fmt::format("{:016x}-{}-{}", target_->run, num_files_++, task_);
    ARROW_ASSIGN_OR_RAISE(
        std::unique_ptr<WritableFile> opened,
        target_->files().OpenForWrite(target_->staging() + "/" + file->staged_name));
    ARROW_ASSIGN_OR_RAISE(
        file->writer, target_->format->MakeWriter(std::make_unique<SyncedFile>(std::move(opened)),
                                                  target_->schema, target_->options));
    file_ = std::move(file);
    return arrow::Status::OK();
  }

  const std::shared_ptr<const Target> target_;
  const std::shared_ptr<std::mutex> prepare_mutex_;
  const std::shared_ptr<bool> is_prepared_;  // guarded by *prepare_mutex_
  const uint32_t task_;
  const bool is_bounded_;
  const std::shared_ptr<WakerGate> gate_ = std::make_shared<WakerGate>();
  std::shared_ptr<OpenFile> file_;  // shared with the job that finishes it
  std::shared_ptr<Job> finish_job_;
  int64_t num_files_ = 0;
  bool has_staged_ = false;
};

class FileCommitter final : public Committer {
 public:
  explicit FileCommitter(std::shared_ptr<const Target> target) : target_(std::move(target)) {}

  arrow::Status Commit(Epoch epoch, SnapshotReader& staged) override {
    CrashPoint(crash_point::kSinkCommit);
    ARROW_ASSIGN_OR_RAISE(const std::vector<StagedFile> staged_files, Read(staged));
    std::vector<ManifestFile> listed;
    for (const StagedFile& file : staged_files) {
      if (file.staged_name.empty()) continue;
      listed.push_back({FinalName(epoch, file.task), file.size_bytes, file.num_rows});
    }
    const std::string manifest = EncodeManifest(listed);
    const bool is_bounded = !staged_files.empty() && staged_files[0].is_bounded;
    // An epoch without rows leaves no trace, and may not even have a folder.
    if (!listed.empty()) {
      ARROW_ASSIGN_OR_RAISE(const bool is_committed, IsCommitted(epoch, manifest));
      if (!is_committed) {
        for (const StagedFile& file : staged_files) {
          if (!file.staged_name.empty()) ARROW_RETURN_NOT_OK(Publish(epoch, file));
        }
        ARROW_RETURN_NOT_OK(target_->files().SyncDir(target_->folder));
        ARROW_RETURN_NOT_OK(target_->files().SyncDir(target_->staging()));
        CrashPoint(crash_point::kSinkCommit);
        ARROW_RETURN_NOT_OK(
            target_->files().CreateExclusive(ManifestPath(target_->folder, epoch), manifest));
      }
    }
    if (is_bounded) ARROW_RETURN_NOT_OK(MarkSuccess());
    CrashPoint(crash_point::kSinkCommit);
    return arrow::Status::OK();
  }

 private:
  static arrow::Result<std::vector<StagedFile>> Read(SnapshotReader& staged) {
    std::vector<StagedFile> files;
    while (true) {
      ARROW_ASSIGN_OR_RAISE(const std::optional<StatePiece> piece, staged.Next());
      if (!piece.has_value()) break;
      if (piece->name != kPieceName) continue;
      ARROW_ASSIGN_OR_RAISE(files.emplace_back(), DecodeFromString<StagedFile>(piece->Bytes()));
    }
    std::ranges::sort(files, {}, &StagedFile::task);
    return files;
  }

  std::string FinalName(Epoch epoch, uint32_t task) const {
    return fmt::format("part-{:05}-{:05}.{}", epoch, task, target_->format->name());
  }

  arrow::Result<bool> IsCommitted(Epoch epoch, const std::string& manifest) const {
    const std::string path = ManifestPath(target_->folder, epoch);
    ARROW_ASSIGN_OR_RAISE(const bool exists, target_->files().Exists(path));
    if (!exists) return false;
    ARROW_ASSIGN_OR_RAISE(const std::string found, target_->files().ReadAll(path));
    if (found == manifest) return true;
    return MakeError("FILE_ALREADY_EXISTS", {{"path", path}}, {},
                     "another query wrote to this folder: choose another, or empty it");
  }

  // The staged file under its final name. One that has it already was renamed before a crash.
  arrow::Status Publish(Epoch epoch, const StagedFile& file) const {
    Files& files = target_->files();
    const std::string from = target_->staging() + "/" + file.staged_name;
    const std::string to = target_->folder + "/" + FinalName(epoch, file.task);
    ARROW_ASSIGN_OR_RAISE(const bool is_staged, files.Exists(from));
    if (is_staged) return files.Rename(from, to);
    ARROW_ASSIGN_OR_RAISE(const bool is_published, files.Exists(to));
    int64_t size = -1;
    if (is_published) {
      ARROW_ASSIGN_OR_RAISE(size, files.Size(to));
    }
    if (size == file.size_bytes) return arrow::Status::OK();
    return MakeError("IO_ERROR",
                     {{"message", fmt::format("The staged file {} of epoch {} is gone, and {} is "
                                              "not the same",
                                              from, epoch, to)}});
  }

  arrow::Status MarkSuccess() const {
    Files& files = target_->files();
    arrow::Status marked = files.CreateExclusive(target_->folder + "/" + std::string(kSuccess), "");
    if (!marked.ok() && !IsFileExists(marked)) return marked;
    // Empty now, unless somebody else writes here too.
    const arrow::Status removed = files.Remove(target_->staging());
    return IsOutOfDisk(removed) ? removed : arrow::Status::OK();
  }

  const std::shared_ptr<const Target> target_;
};

class FileSink final : public Sink {
 public:
  explicit FileSink(std::shared_ptr<const Target> target) : target_(std::move(target)) {}

  arrow::Result<std::unique_ptr<Operator>> MakeOperator(const TaskContext& context) override {
    return std::make_unique<FileSinkOperator>(target_, prepare_mutex_, is_prepared_, context);
  }
  arrow::Result<std::unique_ptr<Committer>> MakeCommitter(const Env& /*env*/) override {
    return std::make_unique<FileCommitter>(target_);
  }

 private:
  const std::shared_ptr<const Target> target_;
  const std::shared_ptr<std::mutex> prepare_mutex_ = std::make_shared<std::mutex>();
  const std::shared_ptr<bool> is_prepared_ = std::make_shared<bool>(false);
};

}  // namespace

arrow::Result<std::string> FolderOfSink(std::string_view path) {
  ARROW_ASSIGN_OR_RAISE(std::string folder, LocalPath(path, "Writing to"));
  while (folder.size() > 1 && folder.ends_with('/')) folder.pop_back();
  if (folder.empty()) {
    return MakeError("CONFIG_INVALID",
                     {{"key", "path"}, {"value", "empty"}, {"expected", "a folder"}});
  }
  return folder;
}

arrow::Result<std::shared_ptr<Sink>> OpenFileSink(const SinkDescription& sink, const Env& env) {
  auto target = std::make_shared<Target>();
  ARROW_ASSIGN_OR_RAISE(target->folder, FolderOfSink(sink.path));
  ARROW_ASSIGN_OR_RAISE(target->format, FindFileFormat(sink.format));
  ARROW_ASSIGN_OR_RAISE(target->options, internal::FormatOptions(sink.options));
  ARROW_RETURN_NOT_OK(target->format->CheckOptions(target->options));
  target->schema = sink.schema;
  target->env = env;
  target->run = env.random->NextU64();
  return std::make_shared<FileSink>(std::move(target));
}

}  // namespace sabot
