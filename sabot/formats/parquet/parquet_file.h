#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "sabot/formats/file.h"
#include "sabot/formats/parquet/column.h"

namespace arrow::io {
class RandomAccessFile;
}
namespace parquet {
class FileMetaData;
class ParquetFileReader;
namespace arrow {
struct SchemaManifest;
}
}  // namespace parquet

namespace sabot::parquet_internal {

/// Run what may throw (Arrow's Parquet code does) and make a status of it: I/O errors stay what
/// they are, the rest is MALFORMED_FILE.
arrow::Status Guarded(const std::string& path, const std::function<arrow::Status()>& work);

/// Where a column of the schema stands in the file.
struct ColumnSource {
  int field = -1;           ///< of the manifest; -1: the file lacks it
  LeafColumn leaf;          ///< form kNone: read through Arrow's arrays
  int leaf_index = -1;      ///< of a column read as leaf
  std::vector<int> leaves;  ///< all leaves below it
};

/// A file's metadata, parsed once and shared by its readers.
class ParquetMetadata {
 public:
  /// Throws.
  static arrow::Result<std::shared_ptr<const ParquetMetadata>> Read(Files& files,
                                                                    const std::string& path);
  const std::string& path() const { return path_; }
  const parquet::FileMetaData& file() const { return *metadata_; }
  /// The file's own schema.
  arrow::Result<Schema> OwnSchema() const;
  /// Errors: SCHEMA_MISMATCH.
  arrow::Result<ColumnSource> Locate(const TypeField& column) const;
  /// A reader of its own for one thread; the metadata is not parsed again. Throws.
  std::unique_ptr<parquet::ParquetFileReader> OpenReader() const;

 private:
  std::string path_;
  std::shared_ptr<arrow::io::RandomAccessFile> file_;
  std::shared_ptr<parquet::FileMetaData> metadata_;
  std::shared_ptr<const parquet::arrow::SchemaManifest> manifest_;
};

/// A column of any shape through Arrow's arrays.
arrow::Result<std::unique_ptr<ChunkColumn>> MakeArrowColumn(const ParquetMetadata& metadata,
                                                            int row_group,
                                                            const ColumnSource& source);

/// Can no row of the row group match the bound? By its statistics.
bool CanSkip(const ParquetMetadata& metadata, int row_group, const ColumnSource& source,
             const ColumnBound& bound);

arrow::Result<FileStatistics> ReadStatistics(const ParquetMetadata& metadata,
                                             const std::vector<ColumnSource>& sources);

arrow::Status CheckWriterOptions(const FileOptions& options);
arrow::Result<std::unique_ptr<FileWriter>> MakeParquetWriter(std::unique_ptr<WritableFile> file,
                                                             const Schema& schema,
                                                             const FileOptions& options);

}  // namespace sabot::parquet_internal
