#include "sabot/connectors/files/files.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "sabot/base/error.h"
#include "sabot/connectors/files/manifest.h"
#include "sabot/connectors/files/scan.h"
#include "sabot/connectors/files/sink.h"
#include "sabot/formats/file.h"
#include "sabot/formats/glob.h"

namespace sabot {
namespace internal {
namespace {

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
  scan_->CountRows(output->batch.num_rows());
  return Progress::kMore;
}

}  // namespace

FilesScan::FilesScan(ScanRequest request, std::vector<ScannedFile> files)
    : request_(std::move(request)), files_(std::move(files)) {
  for (const ScannedFile& file : files_) {
    for (const FileMorsel& morsel : file.morsels) morsels_.push_back({&file, morsel});
  }
  progress_.morsels_total = static_cast<int64_t>(morsels_.size());
}

arrow::Result<std::unique_ptr<Source>> FilesScan::MakeSource(const TaskContext& context) {
  if (request_.table.is_unbounded) return MakeFileStreamSource(shared_from_this(), context);
  return std::make_unique<BoundedSource>(shared_from_this(), context);
}

}  // namespace internal

namespace {

using internal::FilesScan;
using internal::ScannedFile;

FileOptions OptionsOf(const TableDescription& table) {
  FileOptions options;
  for (const auto& [key, value] : table.options) options.values.emplace(key, value);
  return options;
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
      files.push_back({path, std::move(file), std::move(morsels)});
    }
    if (request.table.is_unbounded) ARROW_RETURN_NOT_OK(CheckNoneTwice(request.table.paths));
    return std::make_shared<FilesScan>(request, std::move(files));
  }

  arrow::Result<std::shared_ptr<Sink>> OpenSink(const SinkDescription& sink,
                                                const Env& env) override {
    return OpenFileSink(sink, env);
  }

 private:
  // A stream's position is kept by path.
  static arrow::Status CheckNoneTwice(std::vector<std::string> paths) {
    std::ranges::sort(paths);
    const auto twice = std::ranges::adjacent_find(paths);
    if (twice == paths.end()) return arrow::Status::OK();
    return UnsupportedError(fmt::format("a stream that reads the file {} twice", *twice),
                            "every file once");
  }
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
