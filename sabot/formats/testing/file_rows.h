#pragma once

#include <string>
#include <vector>

#include "arrow/result.h"

#include "sabot/formats/file.h"

namespace sabot {

/// A folder that goes when the test does.
class TestFolder {
 public:
  TestFolder();
  ~TestFolder();
  std::string PathOf(const std::string& name) const { return path_ + "/" + name; }
  /// Returns the file's path.
  std::string Write(const std::string& name, std::string_view content) const;

 private:
  std::string path_;
};

Files& LocalFiles();

/// "BAD_RECORD", or the whole text of a status without our detail; "OK".
std::string ErrorName(const arrow::Status& status);

/// Cells as text; NULL is "NULL".
using TextRow = std::vector<std::string>;
std::vector<TextRow> TextRowsOf(const Batch& batch);

/// All columns of the file, in order.
ReadRequest AllColumns(const DataFile& file, int32_t batch_size = kVectorSize);

/// Rows of all morsels. Checks on the way what every reader promises of its batches.
arrow::Result<std::vector<TextRow>> ReadRows(const DataFile& file, const ReadRequest& request,
                                             ScanCounters* counters = nullptr);

/// Infer (if `schema` is empty), open and read.
arrow::Result<std::vector<TextRow>> ReadFile(const FileFormat& format, const std::string& path,
                                             const FileOptions& options = {},
                                             const std::string& schema_ddl = {},
                                             ScanCounters* counters = nullptr,
                                             int32_t batch_size = kVectorSize);

/// A file of these batches.
arrow::Status WriteFile(const FileFormat& format, const std::string& path, const Schema& schema,
                        const FileOptions& options, const std::vector<const Batch*>& batches);

}  // namespace sabot
