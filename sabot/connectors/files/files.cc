#include "sabot/connectors/files/files.h"

#include <algorithm>
#include <atomic>
#include <cstring>

#include <fmt/format.h>

#include "sabot/base/codec.h"
#include "sabot/base/error.h"
#include "sabot/connectors/files/manifest.h"
#include "sabot/connectors/files/sink.h"
#include "sabot/formats/file.h"
#include "sabot/formats/glob.h"

namespace sabot {
namespace {

FileOptions OptionsOf(const TableDescription& table) {
  FileOptions options;
  for (const auto& [key, value] : table.options) options.values.emplace(key, value);
  return options;
}

/// One file of the scan with the pieces it falls into.
struct ScannedFile {
  std::shared_ptr<const DataFile> file;
  std::vector<FileMorsel> morsels;
};

/// A piece of work: a morsel of a file, numbered through in the order of the table.
struct ScanMorsel {
  const ScannedFile* file;
  FileMorsel morsel;
};

class FilesScan;

/// Takes morsels from the scan until none is left.
class BoundedSource final : public Source {
 public:
  BoundedSource(std::shared_ptr<FilesScan> scan, const TaskContext& context)
      : scan_(std::move(scan)), batch_size_(context.batch_size) {}
  arrow::Result<Progress> Poll(Output* output) override;

 private:
  std::shared_ptr<FilesScan> scan_;
  int32_t batch_size_;
  BufferPool pool_;
  std::unique_ptr<FileReader> reader_;
  uint64_t split_ = 0;
};

/// Where a stream stands in one file: behind that many of its morsels, and of the next one behind
/// that many rows as its reader gives them, which is fewer than it holds if bounds let parts be
/// skipped.
struct SplitPosition {
  int64_t file_index = 0;
  int64_t rows_done = 0;
  int64_t morsels_done = 0;
  static constexpr auto Fields() {
    return std::tuple{Field{"file_index", &SplitPosition::file_index},
                      Field{"rows_done", &SplitPosition::rows_done},
                      Field{"morsels_done", &SplitPosition::morsels_done}};
  }
};

/// Reads the files dealt to its task one after another, front to back. Position: rows given, per
/// file.
class StreamSource final : public Source {
 public:
  StreamSource(std::shared_ptr<FilesScan> scan, const TaskContext& context);
  arrow::Result<Progress> Poll(Output* output) override;
  arrow::Status Snapshot(Epoch epoch, SnapshotWriter& writer) override;
  arrow::Status Restore(SnapshotReader& reader) override;

 private:
  arrow::Status OpenNextMorsel();

  std::shared_ptr<FilesScan> scan_;
  int32_t batch_size_;
  BufferPool pool_;
  std::vector<SplitPosition> splits_;
  size_t current_ = 0;        // in splits_
  int64_t rows_to_skip_ = 0;  // of the current morsel: given before a restore
  std::unique_ptr<FileReader> reader_;
};

class FilesScan final : public Scan, public std::enable_shared_from_this<FilesScan> {
 public:
  FilesScan(ScanRequest request, std::vector<ScannedFile> files)
      : request_(std::move(request)), files_(std::move(files)) {
    for (const ScannedFile& file : files_) {
      for (const FileMorsel& morsel : file.morsels) morsels_.push_back({&file, morsel});
    }
    progress_.morsels_total = static_cast<int64_t>(morsels_.size());
  }

  arrow::Result<std::unique_ptr<Source>> MakeSource(const TaskContext& context) override {
    if (request_.table.is_unbounded)
      return std::make_unique<StreamSource>(shared_from_this(), context);
    return std::make_unique<BoundedSource>(shared_from_this(), context);
  }
  const ScanProgress& progress() const override { return progress_; }
  int64_t max_tasks() const override {
    return static_cast<int64_t>(request_.table.is_unbounded ? files_.size() : morsels_.size());
  }

  /// The next morsel nobody has taken; its number, or -1.
  int64_t Take() {
    const int64_t taken = next_.fetch_add(1, std::memory_order_relaxed);
    return taken < static_cast<int64_t>(morsels_.size()) ? taken : -1;
  }
  arrow::Result<std::unique_ptr<FileReader>> Open(const ScannedFile& file, const FileMorsel& morsel,
                                                  int32_t batch_size) const {
    return file.file->MakeReader(morsel, {request_.columns, request_.bounds, batch_size});
  }
  void Count(int64_t rows) { progress_.rows_read.fetch_add(rows, std::memory_order_relaxed); }
  void Finish(const FileReader& reader) {
    progress_.bytes_read.fetch_add(reader.counters().bytes_read, std::memory_order_relaxed);
    progress_.morsels_skipped.fetch_add(reader.counters().row_groups_skipped,
                                        std::memory_order_relaxed);
    progress_.morsels_done.fetch_add(1, std::memory_order_relaxed);
  }
  const std::vector<ScannedFile>& files() const { return files_; }
  const std::vector<ScanMorsel>& morsels() const { return morsels_; }

 private:
  ScanRequest request_;
  std::vector<ScannedFile> files_;
  std::vector<ScanMorsel> morsels_;
  std::atomic<int64_t> next_{0};
  ScanProgress progress_;
};

arrow::Result<Progress> BoundedSource::Poll(Output* output) {
  if (reader_ == nullptr) {
    const int64_t taken = scan_->Take();
    if (taken < 0) return Progress::kDone;
    const ScanMorsel& morsel = scan_->morsels()[static_cast<size_t>(taken)];
    split_ = static_cast<uint64_t>(taken) + 1;
    ARROW_ASSIGN_OR_RAISE(reader_, scan_->Open(*morsel.file, morsel.morsel, batch_size_));
  }
  ARROW_ASSIGN_OR_RAISE(const bool has_rows, reader_->Next(pool_, &output->batch));
  if (!has_rows) {
    scan_->Finish(*reader_);
    reader_.reset();
    return Progress::kMore;
  }
  output->batch.set_split(split_);
  scan_->Count(output->batch.num_rows());
  return Progress::kMore;
}

StreamSource::StreamSource(std::shared_ptr<FilesScan> scan, const TaskContext& context)
    : scan_(std::move(scan)), batch_size_(context.batch_size) {
  for (size_t i = context.task_index; i < scan_->files().size(); i += context.num_tasks) {
    splits_.push_back({static_cast<int64_t>(i), 0});
  }
}

arrow::Status StreamSource::OpenNextMorsel() {
  const SplitPosition& split = splits_[current_];
  const ScannedFile& file = scan_->files()[static_cast<size_t>(split.file_index)];
  if (split.morsels_done >= static_cast<int64_t>(file.morsels.size())) {
    ++current_;
    return arrow::Status::OK();
  }
  rows_to_skip_ = split.rows_done;
  const FileMorsel& morsel = file.morsels[static_cast<size_t>(split.morsels_done)];
  return scan_->Open(file, morsel, batch_size_).Value(&reader_);
}

arrow::Result<Progress> StreamSource::Poll(Output* output) {
  if (current_ == splits_.size()) return Progress::kDone;
  if (reader_ == nullptr) {
    ARROW_RETURN_NOT_OK(OpenNextMorsel());
    return Progress::kMore;
  }
  ARROW_ASSIGN_OR_RAISE(const bool has_rows, reader_->Next(pool_, &output->batch));
  if (!has_rows) {
    scan_->Finish(*reader_);
    reader_.reset();
    ++splits_[current_].morsels_done;
    splits_[current_].rows_done = 0;
    return Progress::kMore;
  }
  Batch& batch = output->batch;
  if (rows_to_skip_ > 0) {
    const auto skipped = static_cast<int32_t>(std::min<int64_t>(rows_to_skip_, batch.num_rows()));
    rows_to_skip_ -= skipped;
    if (skipped == batch.num_rows()) {
      batch.Clear();
      return Progress::kMore;
    }
    batch = batch.SliceActive(skipped, batch.num_rows() - skipped, pool_);
  }
  SplitPosition& split = splits_[current_];
  split.rows_done += batch.num_rows();
  batch.set_split(static_cast<uint64_t>(split.file_index) + 1);
  scan_->Count(batch.num_rows());
  return Progress::kMore;
}

arrow::Status StreamSource::Snapshot(Epoch /*epoch*/, SnapshotWriter& writer) {
  for (const SplitPosition& split : splits_) {
    const std::string bytes = EncodeToString(split);
    BufferPtr content = Buffer::Allocate(static_cast<int64_t>(bytes.size()));
    std::memcpy(content->data(), bytes.data(), bytes.size());
    StatePiece piece;
    piece.name = "position";
    piece.split = static_cast<uint64_t>(split.file_index);
    piece.content.push_back(std::move(content));
    ARROW_RETURN_NOT_OK(writer.Add(std::move(piece)));
  }
  return arrow::Status::OK();
}

arrow::Status StreamSource::Restore(SnapshotReader& reader) {
  while (true) {
    ARROW_ASSIGN_OR_RAISE(std::optional<StatePiece> piece, reader.Next());
    if (!piece.has_value()) break;
    if (piece->name != "position") continue;
    std::string bytes;
    for (const BufferPtr& part : piece->content) {
      bytes.append(reinterpret_cast<const char*>(part->data()), static_cast<size_t>(part->size()));
    }
    ARROW_ASSIGN_OR_RAISE(const SplitPosition saved, DecodeFromString<SplitPosition>(bytes));
    if (saved.rows_done < 0 || saved.morsels_done < 0) {
      return CodecError("a position in a file is negative");
    }
    // The files may be dealt out to another number of tasks now.
    for (SplitPosition& split : splits_) {
      if (split.file_index == saved.file_index) split = saved;
    }
  }
  return arrow::Status::OK();
}

class FilesConnector final : public Connector {
 public:
  std::string_view name() const override { return "files"; }

  arrow::Result<TableDescription> Describe(TableDescription table, const Env& env) override {
    ARROW_ASSIGN_OR_RAISE(const FileFormat* format, FindFileFormat(table.format));
    const FileOptions options = OptionsOf(table);
    ARROW_RETURN_NOT_OK(format->CheckOptions(options));
    std::vector<std::string> paths;
    for (const std::string& path : table.paths) {
      ARROW_ASSIGN_OR_RAISE(std::vector<std::string> expanded, PathsOf(*env.files, path));
      paths.insert(paths.end(), expanded.begin(), expanded.end());
    }
    table.paths = std::move(paths);
    if (table.schema.columns.empty()) {
      ARROW_ASSIGN_OR_RAISE(table.schema, format->InferSchema(*env.files, table.paths, options));
    }
    return table;
  }

  arrow::Result<std::shared_ptr<Scan>> OpenScan(const ScanRequest& request,
                                                const Env& env) override {
    ARROW_ASSIGN_OR_RAISE(const FileFormat* format, FindFileFormat(request.table.format));
    const FileOptions options = OptionsOf(request.table);
    std::vector<ScannedFile> files;
    for (const std::string& path : request.table.paths) {
      ARROW_ASSIGN_OR_RAISE(auto file,
                            format->Open(*env.files, path, request.table.schema, options));
      std::vector<FileMorsel> morsels = file->Morsels();
      files.push_back({std::move(file), std::move(morsels)});
    }
    return std::make_shared<FilesScan>(request, std::move(files));
  }

  arrow::Result<std::shared_ptr<Sink>> OpenSink(const SinkDescription& sink,
                                                const Env& env) override {
    return OpenFileSink(sink, env);
  }

 private:
  // Of a folder that a file sink writes, what its manifests name: no epoch is seen in part.
  static arrow::Result<std::vector<std::string>> PathsOf(Files& files, const std::string& path) {
    ARROW_ASSIGN_OR_RAISE(std::optional<std::vector<std::string>> committed,
                          ListCommitted(files, path));
    if (committed.has_value() && !committed->empty()) return *std::move(committed);
    return ExpandPaths(files, path);
  }
};

}  // namespace

std::shared_ptr<Connector> MakeFilesConnector() { return std::make_shared<FilesConnector>(); }

}  // namespace sabot
