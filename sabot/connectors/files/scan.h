#pragma once

#include <atomic>
#include <memory>
#include <string>
#include <vector>

#include "sabot/catalog/table.h"
#include "sabot/formats/file.h"

namespace sabot::internal {

/// One file of the scan with the pieces it falls into.
struct ScannedFile {
  std::string path;
  std::shared_ptr<const DataFile> file;
  std::vector<FileMorsel> morsels;
};

/// A piece of work: a morsel of a file, numbered through in the order of the table.
struct ScanMorsel {
  const ScannedFile* file;
  FileMorsel morsel;
};

/// A table of files, opened once a query; shared by the sources of its tasks. Bounded ones take
/// morsels from it, those of a stream are dealt whole files.
class FilesScan final : public Scan, public std::enable_shared_from_this<FilesScan> {
 public:
  FilesScan(ScanRequest request, std::vector<ScannedFile> files);

  arrow::Result<std::unique_ptr<Source>> MakeSource(const TaskContext& context) override;
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
  void CountRows(int64_t rows) { progress_.rows_read.fetch_add(rows, std::memory_order_relaxed); }
  /// What a reader has read, once it is given up.
  void CountBytes(const FileReader& reader) {
    progress_.bytes_read.fetch_add(reader.counters().bytes_read, std::memory_order_relaxed);
  }
  /// A morsel was read to its end.
  void Finish(const FileReader& reader) {
    CountBytes(reader);
    progress_.morsels_skipped.fetch_add(reader.counters().row_groups_skipped,
                                        std::memory_order_relaxed);
    progress_.morsels_done.fetch_add(1, std::memory_order_relaxed);
  }
  const std::vector<ScannedFile>& files() const { return files_; }
  const std::vector<ScanMorsel>& morsels() const { return morsels_; }

 private:
  const ScanRequest request_;
  const std::vector<ScannedFile> files_;
  std::vector<ScanMorsel> morsels_;
  std::atomic<int64_t> next_{0};
  ScanProgress progress_;
};

/// The source of a stream's task: files dealt out by their place, each a split of its own, each
/// read front to back; of several the one that is furthest behind in event time goes on first, so
/// files that overlap in time merge and files that follow one another are read one by one.
/// Position: by path, so files may be added between two starts.
std::unique_ptr<Source> MakeFileStreamSource(std::shared_ptr<FilesScan> scan,
                                             const TaskContext& context);

}  // namespace sabot::internal
