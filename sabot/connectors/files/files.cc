#include "sabot/connectors/files/files.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "sabot/base/error.h"
#include "sabot/connectors/files/manifest.h"
#include "sabot/connectors/files/options.h"
#include "sabot/connectors/files/partitions.h"
#include "sabot/connectors/files/scan.h"
#include "sabot/connectors/files/sink.h"
#include "sabot/formats/file.h"
#include "sabot/formats/glob.h"
#include "sabot/types/identifier.h"

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
using internal::kBasePathOption;
using internal::ScannedFile;

class FilesConnector final : public Connector {
 public:
  std::string_view name() const override { return "files"; }

  arrow::Result<TableDescription> Describe(TableDescription table, const Env& env) override {
    ARROW_ASSIGN_OR_RAISE(const FileFormat* format, FindFileFormat(table.format));
    ARROW_ASSIGN_OR_RAISE(const FileOptions options, internal::FormatOptions(table.options));
    ARROW_RETURN_NOT_OK(format->CheckOptions(options));
    std::vector<std::string> paths;
    std::string base = internal::OptionOf(table.options, kBasePathOption);
    const bool has_base = !base.empty();
    for (const std::string& path : table.paths) {
      ARROW_ASSIGN_OR_RAISE(std::vector<std::string> expanded, PathsOf(*env.files, path));
      if (!has_base) ARROW_RETURN_NOT_OK(FindBase(path, expanded, &base));
      paths.insert(paths.end(), expanded.begin(), expanded.end());
    }
    table.paths = std::move(paths);
    for (const std::string& path : table.paths) {
      if (!has_base || internal::IsBelow(base, path)) continue;
      return MakeError("CONFIG_INVALID", {{"key", "basePath"},
                                          {"value", "'" + base + "'"},
                                          {"expected", "expected a folder above " + path}});
    }
    ARROW_ASSIGN_OR_RAISE(const std::vector<TypeField> partitions,
                          internal::InferPartitions(base, table.paths));
    const bool is_given = !table.schema.columns.empty();
    if (!is_given) {
      ARROW_ASSIGN_OR_RAISE(table.schema, format->InferSchema(*env.files, table.paths, options));
    }
    if (partitions.empty()) return table;
    if (!has_base) {
      table.options.emplace_back(kBasePathOption, base);
      std::ranges::sort(table.options);
    }
    for (const TypeField& column : partitions) {
      ARROW_RETURN_NOT_OK(AddPartition(column, is_given, *format, &table.schema));
    }
    return table;
  }

  arrow::Result<std::shared_ptr<Scan>> OpenScan(const ScanRequest& request,
                                                const Env& env) override {
    ARROW_ASSIGN_OR_RAISE(const FileFormat* format, FindFileFormat(request.table.format));
    ARROW_ASSIGN_OR_RAISE(const FileOptions options,
                          internal::FormatOptions(request.table.options));
    const std::string base = internal::OptionOf(request.table.options, kBasePathOption);
    std::vector<ScannedFile> files;
    for (const std::string& path : request.table.paths) {
      ARROW_ASSIGN_OR_RAISE(auto partitioned,
                            internal::MatchPartitions(request.table.schema, base, path, options));
      // A stream keeps every file, whose position it must know.
      if (!request.table.is_unbounded && !internal::MayMatchFolders(partitioned, request.bounds)) {
        continue;
      }
      ARROW_ASSIGN_OR_RAISE(auto file,
                            format->Open(*env.files, path, partitioned.of_file, options));
      if (partitioned.of_file.size() < request.table.schema.size()) {
        file =
            internal::WithPartitions(std::move(file), request.table.schema, std::move(partitioned));
      }
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
  // Folders that carry values lie below one base, as in Spark.
  static arrow::Status FindBase(const std::string& given, const std::vector<std::string>& paths,
                                std::string* base) {
    for (const std::string& path : paths) {
      const std::string found = internal::BaseOf(given, path);
      if (found.empty() || internal::FolderValues(found, path).empty()) continue;
      if (!base->empty() && *base != found) {
        return UnsupportedError(
            fmt::format("a table of the partitioned folders {} and {}", *base, found),
            "the option basePath with a folder above both, or UNION ALL");
      }
      *base = found;
    }
    return arrow::Status::OK();
  }

  // Behind the file's columns, whose place a given schema cannot change; of a name that the files
  // have too, the folder's value counts.
  static arrow::Status AddPartition(const TypeField& column, bool is_given,
                                    const FileFormat& format, Schema* schema) {
    const auto same = std::ranges::find_if(schema->columns, [&](const TypeField& other) {
      return EqualsIgnoreCase(other.name, column.name);
    });
    if (same == schema->columns.end()) {
      schema->columns.push_back(column);
    } else if (is_given) {
      std::rotate(same, same + 1, schema->columns.end());
    } else if (format.name() == "csv") {
      return UnsupportedError(fmt::format("the column {} in CSV files and in their folders' names",
                                          QuoteIfNeeded(column.name)),
                              "another header, or a schema that has it once");
    } else {
      same->type = column.type;
    }
    return arrow::Status::OK();
  }

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
