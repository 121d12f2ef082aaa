#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "arrow/result.h"
#include "arrow/status.h"

#include "sabot/base/env.h"
#include "sabot/types/column_bound.h"
#include "sabot/types/schema.h"
#include "sabot/types/value.h"
#include "sabot/vector/batch.h"

namespace sabot {

/// Can a column whose values lie in [min, max] (both of the same type, neither null) hold a row the
/// bound accepts? True if in doubt.
bool MayMatch(const ColumnBound& bound, const TypedValue& min, const TypedValue& max);

/// What a file says of a column without being read.
struct FileColumnStatistics {
  TypedValue min;           ///< null: unknown
  TypedValue max;           ///< null: unknown
  int64_t null_count = -1;  ///< -1: unknown
  int64_t size_bytes = -1;  ///< encoded; -1: unknown
};

struct FileStatistics {
  int64_t num_rows = -1;  ///< -1: unknown
  int64_t size_bytes = 0;
  std::vector<FileColumnStatistics>
      columns;  ///< of the schema the file was opened with; empty: unknown
};

/// A piece of a file that can be read alone: a Parquet row group, a range of bytes that lines begin
/// in, a record batch.
struct FileMorsel {
  int64_t begin = 0;      ///< first row group, byte or record batch
  int64_t end = 0;        ///< exclusive
  int64_t num_rows = -1;  ///< -1: unknown
  int64_t size_bytes = 0;
};

/// What was read, for EXPLAIN ANALYZE and progress.
struct ScanCounters {
  int64_t rows_read = 0;
  int64_t bytes_read = 0;          ///< as stored: compressed, projected columns only
  int64_t row_groups_skipped = 0;  ///< by bounds
  int64_t bad_records = 0;         ///< dropped, or kept with NULLs

  void Add(const ScanCounters& other);
};

/// Options by name, as `OPTIONS (header 'true')` and DataFrameReader.option give them. Names are
/// compared without regard to case.
struct FileOptions {
  std::map<std::string, std::string> values;
  /// Microseconds of a wall clock in the session's zone -> UTC, for times in text that name no
  /// zone. Null: the clock shows UTC.
  std::function<int64_t(int64_t wall_us)> wall_clock_to_utc;
  /// Microseconds UTC -> wall clock, for writers of text. Null: UTC.
  std::function<int64_t(int64_t utc_us)> utc_to_wall_clock;
};

/// Reads one morsel front to back. One thread.
class FileReader {
 public:
  virtual ~FileReader() = default;
  /// The next batch into `batch` (which arrives empty): the projected columns in the order asked,
  /// at most batch_size rows, no selection. False: there is nothing left. With no projected column
  /// a batch has rows but no columns. Blocks on file I/O. Errors: MALFORMED_FILE, BAD_RECORD,
  /// IO_ERROR.
  virtual arrow::Result<bool> Next(BufferPool& pool, Batch* batch) = 0;
  const ScanCounters& counters() const { return counters_; }

 protected:
  ScanCounters counters_;
};

/// What a reader is to give.
struct ReadRequest {
  std::vector<int> columns;         ///< positions in the file's schema; may repeat, may be empty
  std::vector<ColumnBound> bounds;  ///< all must hold; may be on columns that are not projected
  int32_t batch_size = kVectorSize;
};

/// Refuse a request for columns the schema does not have: INTERNAL_ERROR.
arrow::Status CheckRequest(const ReadRequest& request, const Schema& schema);

/// An open file of one format. Immutable: calls come from any thread; readers share it.
class DataFile {
 public:
  virtual ~DataFile() = default;
  /// The columns readers can give: as asked at Open.
  virtual const Schema& schema() const = 0;
  /// Cheap: from metadata.
  virtual arrow::Result<FileStatistics> Statistics() const = 0;
  /// The pieces of the file, in its order.
  virtual std::vector<FileMorsel> Morsels() const = 0;
  /// A reader of one of Morsels(). A morsel that no row of can match yields no batch and counts as
  /// skipped.
  virtual arrow::Result<std::unique_ptr<FileReader>> MakeReader(
      const FileMorsel& morsel, const ReadRequest& request) const = 0;
};

/// Writes one file. One thread. Destroyed without Finish: the file is incomplete, and its owner
/// removes it.
class FileWriter {
 public:
  virtual ~FileWriter() = default;
  /// Active rows of the batch, in order; a row of weight n counts n times. Errors: INTERNAL_ERROR
  /// if a weight is negative.
  virtual arrow::Status Write(const Batch& batch) = 0;
  /// Write what is buffered and the footer, and close the file. Does not sync.
  virtual arrow::Status Finish() = 0;
  /// Bytes given to the file so far.
  virtual int64_t size_bytes() const = 0;
};

/// A format: how files of it are read and written. Stateless.
class FileFormat {
 public:
  virtual ~FileFormat() = default;
  /// "parquet", "csv", "json", "arrow"
  virtual std::string_view name() const = 0;
  /// Refuse unknown options and bad values. Errors: CONFIG_INVALID, UNSUPPORTED_FEATURE.
  virtual arrow::Status CheckOptions(const FileOptions& options) const = 0;
  /// The schema of files of one table: from the first file's metadata, or inferred from a sample of
  /// the text. Errors: CANNOT_INFER_SCHEMA, MALFORMED_FILE, FILE_NOT_FOUND.
  virtual arrow::Result<Schema> InferSchema(Files& files, std::span<const std::string> paths,
                                            const FileOptions& options) const = 0;
  /// Open a file whose rows are to have that schema. Formats with names of their own match columns
  /// by name without regard to case; a column the file lacks is NULL; another type is
  /// SCHEMA_MISMATCH. `files` outlives the file.
  virtual arrow::Result<std::shared_ptr<const DataFile>> Open(Files& files, const std::string& path,
                                                              const Schema& schema,
                                                              const FileOptions& options) const = 0;
  /// Begin a file. Errors: UNSUPPORTED_DATATYPE, CONFIG_INVALID.
  virtual arrow::Result<std::unique_ptr<FileWriter>> MakeWriter(
      std::unique_ptr<WritableFile> file, const Schema& schema,
      const FileOptions& options) const = 0;
};

/// A format by name, any case ("json", "arrow", also "ipc" and "feather"). Errors:
/// UNSUPPORTED_FEATURE naming those there are.
arrow::Result<const FileFormat*> FindFileFormat(std::string_view name);
/// The format a path's ending names ("x.csv.gz" is csv), or null.
const FileFormat* FileFormatOfPath(std::string_view path);

const FileFormat& ParquetFormat();
const FileFormat& CsvFormat();
const FileFormat& JsonFormat();
const FileFormat& ArrowFormat();

}  // namespace sabot
