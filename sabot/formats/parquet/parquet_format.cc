#include "parquet/column_reader.h"
#include "parquet/file_reader.h"
#include "parquet/metadata.h"

#include "sabot/base/error.h"
#include "sabot/formats/parquet/parquet_file.h"

namespace sabot {
namespace {

using parquet_internal::ChunkColumn;
using parquet_internal::ColumnSource;
using parquet_internal::Guarded;
using parquet_internal::LeafForm;
using parquet_internal::ParquetMetadata;

// What a reader needs of its file; keeps the metadata alive, into which descriptors point.
struct OpenFile {
  std::shared_ptr<const ParquetMetadata> metadata;
  Schema schema;
  std::vector<ColumnSource> sources;  // of schema's columns
};

class ParquetReader final : public FileReader {
 public:
  ParquetReader(std::shared_ptr<const OpenFile> file, const FileMorsel& morsel, ReadRequest request)
      : file_(std::move(file)),
        next_row_group_(static_cast<int>(morsel.begin)),
        end_row_group_(static_cast<int>(morsel.end)),
        request_(std::move(request)) {}

  arrow::Result<bool> Next(BufferPool& pool, Batch* batch) override {
    bool has_rows = false;
    ARROW_RETURN_NOT_OK(Guarded(file_->metadata->path(), [&]() -> arrow::Status {
      while (rows_left_ == 0) {
        if (next_row_group_ >= end_row_group_) return arrow::Status::OK();
        ARROW_RETURN_NOT_OK(OpenRowGroup(next_row_group_++));
      }
      has_rows = true;
      return ReadBatch(pool, batch);
    }));
    return has_rows;
  }

 private:
  arrow::Status OpenRowGroup(int row_group) {
    for (const ColumnBound& bound : request_.bounds) {
      const ColumnSource& source = file_->sources[static_cast<size_t>(bound.column)];
      if (CanSkip(*file_->metadata, row_group, source, bound)) {
        ++counters_.row_groups_skipped;
        return arrow::Status::OK();
      }
    }
    const auto metadata = file_->metadata->file().RowGroup(row_group);
    rows_left_ = metadata->num_rows();
    columns_.clear();
    if (rows_left_ == 0) return arrow::Status::OK();
    if (reader_ == nullptr) reader_ = file_->metadata->OpenReader();
    const auto group = reader_->RowGroup(row_group);
    for (int column : request_.columns) {
      const ColumnSource& source = file_->sources[static_cast<size_t>(column)];
      for (int leaf : source.leaves) {
        counters_.bytes_read += metadata->ColumnChunk(leaf)->total_compressed_size();
      }
      if (source.field < 0) {
        columns_.push_back(nullptr);
      } else if (source.leaf.form != LeafForm::kNone) {
        columns_.push_back(
            MakeLeafColumn(source.leaf, group->GetColumnPageReader(source.leaf_index)));
      } else {
        ARROW_ASSIGN_OR_RAISE(auto nested, MakeArrowColumn(*file_->metadata, row_group, source));
        columns_.push_back(std::move(nested));
      }
    }
    return arrow::Status::OK();
  }

  arrow::Status ReadBatch(BufferPool& pool, Batch* batch) {
    int64_t count = std::min<int64_t>(rows_left_, std::min(request_.batch_size, kVectorSize));
    for (const auto& column : columns_) {
      if (column == nullptr) continue;
      ARROW_ASSIGN_OR_RAISE(const int64_t at_hand, column->RowsAtHand());
      count = std::min(count, at_hand);
    }
    const auto num_rows = static_cast<int32_t>(count);
    for (size_t i = 0; i < columns_.size(); ++i) {
      if (columns_[i] == nullptr) {
        const auto column = static_cast<size_t>(request_.columns[i]);
        const Type& type = file_->schema.columns[column].type;
        batch->columns().push_back(Vector::Constant(TypedValue::Null(type), num_rows));
        continue;
      }
      ARROW_ASSIGN_OR_RAISE(Vector vector, columns_[i]->Read(num_rows, pool));
      batch->columns().push_back(std::move(vector));
    }
    batch->set_num_rows(num_rows);
    rows_left_ -= num_rows;
    counters_.rows_read += num_rows;
    return arrow::Status::OK();
  }

  std::shared_ptr<const OpenFile> file_;
  int next_row_group_;
  int end_row_group_;
  ReadRequest request_;
  std::unique_ptr<parquet::ParquetFileReader> reader_;
  std::vector<std::unique_ptr<ChunkColumn>> columns_;
  int64_t rows_left_ = 0;
};

class ParquetFile final : public DataFile {
 public:
  explicit ParquetFile(std::shared_ptr<const OpenFile> file) : file_(std::move(file)) {}

  const Schema& schema() const override { return file_->schema; }

  arrow::Result<FileStatistics> Statistics() const override {
    FileStatistics statistics;
    ARROW_RETURN_NOT_OK(Guarded(file_->metadata->path(), [&]() -> arrow::Status {
      return ReadStatistics(*file_->metadata, file_->sources).Value(&statistics);
    }));
    return statistics;
  }

  std::vector<FileMorsel> Morsels() const override {
    std::vector<FileMorsel> morsels;
    const parquet::FileMetaData& metadata = file_->metadata->file();
    for (int i = 0; i < metadata.num_row_groups(); ++i) {
      const auto group = metadata.RowGroup(i);
      morsels.push_back({i, i + 1, group->num_rows(), group->total_compressed_size()});
    }
    return morsels;
  }

  arrow::Result<std::unique_ptr<FileReader>> MakeReader(const FileMorsel& morsel,
                                                        const ReadRequest& request) const override {
    ARROW_RETURN_NOT_OK(CheckRequest(request, file_->schema));
    if (morsel.begin < 0 || morsel.end > file_->metadata->file().num_row_groups()) {
      return InternalError("a morsel of row groups that the file does not have");
    }
    return std::make_unique<ParquetReader>(file_, morsel, request);
  }

 private:
  std::shared_ptr<const OpenFile> file_;
};

class Parquet final : public FileFormat {
 public:
  std::string_view name() const override { return "parquet"; }

  arrow::Status CheckOptions(const FileOptions& options) const override {
    return parquet_internal::CheckWriterOptions(options);
  }

  arrow::Result<Schema> InferSchema(Files& files, std::span<const std::string> paths,
                                    const FileOptions& options) const override {
    ARROW_RETURN_NOT_OK(CheckOptions(options));
    if (paths.empty()) return MakeError("FILE_NOT_FOUND", {{"path", ""}});
    Schema schema;
    ARROW_RETURN_NOT_OK(Guarded(paths[0], [&]() -> arrow::Status {
      ARROW_ASSIGN_OR_RAISE(const auto metadata, ParquetMetadata::Read(files, paths[0]));
      return metadata->OwnSchema().Value(&schema);
    }));
    return schema;
  }

  arrow::Result<std::shared_ptr<const DataFile>> Open(Files& files, const std::string& path,
                                                      const Schema& schema,
                                                      const FileOptions& options) const override {
    ARROW_RETURN_NOT_OK(CheckOptions(options));
    auto file = std::make_shared<OpenFile>();
    file->schema = schema;
    ARROW_RETURN_NOT_OK(Guarded(path, [&]() -> arrow::Status {
      ARROW_ASSIGN_OR_RAISE(file->metadata, ParquetMetadata::Read(files, path));
      for (const TypeField& column : schema.columns) {
        ARROW_ASSIGN_OR_RAISE(ColumnSource source, file->metadata->Locate(column));
        file->sources.push_back(std::move(source));
      }
      return arrow::Status::OK();
    }));
    return std::make_shared<const ParquetFile>(std::move(file));
  }

  arrow::Result<std::unique_ptr<FileWriter>> MakeWriter(std::unique_ptr<WritableFile> file,
                                                        const Schema& schema,
                                                        const FileOptions& options) const override {
    return parquet_internal::MakeParquetWriter(std::move(file), schema, options);
  }
};

}  // namespace

const FileFormat& ParquetFormat() {
  static const Parquet format;
  return format;
}

}  // namespace sabot
