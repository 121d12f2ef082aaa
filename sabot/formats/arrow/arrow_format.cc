#include <limits>

#include "arrow/array.h"
#include "arrow/io/interfaces.h"
#include "arrow/ipc/options.h"
#include "arrow/ipc/reader.h"
#include "arrow/ipc/writer.h"
#include "arrow/record_batch.h"
#include "arrow/type.h"

#include "sabot/base/error.h"
#include "sabot/formats/arrow/convert.h"
#include "sabot/formats/arrow_files.h"
#include "sabot/formats/options.h"
#include "sabot/types/identifier.h"

namespace sabot {
namespace {

arrow::ipc::IpcReadOptions ReadOptions() {
  auto options = arrow::ipc::IpcReadOptions::Defaults();
  options.use_threads = false;
  return options;
}

// An Arrow file ("ARROW1": its batches can be read one by one) or a stream (front to back).
struct OpenFile {
  std::string path;
  std::shared_ptr<arrow::io::RandomAccessFile> file;
  int64_t size_bytes = 0;
  bool is_stream = false;
  int num_batches = 0;  // of a file
  std::shared_ptr<arrow::Schema> own_schema;
  Schema schema;
  std::vector<int> field_of;  // in own_schema, of schema's columns; -1: the file lacks it

  arrow::Result<std::shared_ptr<arrow::ipc::RecordBatchFileReader>> OpenBatches() const {
    return arrow::ipc::RecordBatchFileReader::Open(file, ReadOptions());
  }
  arrow::Result<std::shared_ptr<arrow::RecordBatchReader>> OpenStream() const {
    ARROW_ASSIGN_OR_RAISE(auto stream, arrow::io::RandomAccessFile::GetStream(file, 0, size_bytes));
    ARROW_ASSIGN_OR_RAISE(auto reader,
                          arrow::ipc::RecordBatchStreamReader::Open(stream, ReadOptions()));
    return std::shared_ptr<arrow::RecordBatchReader>(std::move(reader));
  }
};

arrow::Status OpenMetadata(Files& files, const std::string& path, OpenFile* result) {
  result->path = path;
  ARROW_ASSIGN_OR_RAISE(result->file, OpenForArrow(files, path));
  ARROW_ASSIGN_OR_RAISE(result->size_bytes, result->file->GetSize());
  char magic[6] = {};
  ARROW_RETURN_NOT_OK(result->file->ReadAt(0, sizeof(magic), magic));
  result->is_stream = std::string_view(magic, sizeof(magic)) != "ARROW1";
  const auto open = [&]() -> arrow::Status {
    if (result->is_stream) {
      ARROW_ASSIGN_OR_RAISE(const auto reader, result->OpenStream());
      result->own_schema = reader->schema();
    } else {
      ARROW_ASSIGN_OR_RAISE(const auto reader, result->OpenBatches());
      result->own_schema = reader->schema();
      result->num_batches = reader->num_record_batches();
    }
    return arrow::Status::OK();
  };
  return FileReadError(open(), "Arrow", path);
}

class ArrowReader final : public FileReader {
 public:
  ArrowReader(std::shared_ptr<const OpenFile> file, const FileMorsel& morsel, ReadRequest request)
      : file_(std::move(file)),
        next_batch_(static_cast<int>(morsel.begin)),
        end_batch_(static_cast<int>(morsel.end)),
        request_(std::move(request)) {
    request_.batch_size = std::min(request_.batch_size, kVectorSize);
  }

  arrow::Result<bool> Next(BufferPool& pool, Batch* batch) override {
    while (at_ == num_rows_) {
      ARROW_ASSIGN_OR_RAISE(const auto read, ReadBatch());
      if (read == nullptr) return false;
      ARROW_RETURN_NOT_OK(Convert(*read));
    }
    const auto count =
        static_cast<int32_t>(std::min<int64_t>(request_.batch_size, num_rows_ - at_));
    for (const Vector& column : columns_) {
      batch->columns().push_back(
          column.is_constant() ? column : column.Slice(static_cast<int32_t>(at_), count, pool));
      if (column.is_constant()) {
        batch->columns().back() = Vector::Constant(TypedValue::Null(column.type()), count);
      }
    }
    batch->set_num_rows(count);
    at_ += count;
    counters_.rows_read += count;
    return true;
  }

 private:
  arrow::Result<std::shared_ptr<arrow::RecordBatch>> ReadBatch() {
    std::shared_ptr<arrow::RecordBatch> read;
    const auto next = [&]() -> arrow::Status {
      if (file_->is_stream) {
        if (next_batch_ >= end_batch_) return arrow::Status::OK();
        if (stream_ == nullptr) {
          ARROW_ASSIGN_OR_RAISE(stream_, file_->OpenStream());
          counters_.bytes_read = file_->size_bytes;
        }
        return stream_->ReadNext(&read);
      }
      if (next_batch_ >= end_batch_) return arrow::Status::OK();
      if (batches_ == nullptr) {
        ARROW_ASSIGN_OR_RAISE(batches_, file_->OpenBatches());
      }
      counters_.bytes_read += file_->size_bytes / std::max(file_->num_batches, 1);
      return batches_->ReadRecordBatch(next_batch_++).Value(&read);
    };
    ARROW_RETURN_NOT_OK(FileReadError(next(), "Arrow", file_->path));
    if (read != nullptr) ARROW_RETURN_NOT_OK(CheckForeign(*read, file_->path));
    return read;
  }

  // All of a record batch at once: its dictionaries are then shared by what is cut from it.
  arrow::Status Convert(const arrow::RecordBatch& read) {
    if (read.num_rows() > std::numeric_limits<int32_t>::max()) {
      return UnsupportedError("An Arrow batch of more than 2^31 rows", "smaller batches");
    }
    columns_.clear();
    num_rows_ = read.num_rows();
    at_ = 0;
    BufferPool pool;
    for (int column : request_.columns) {
      const auto index = static_cast<size_t>(column);
      const Type& type = file_->schema.columns[index].type;
      if (file_->field_of[index] < 0) {
        columns_.push_back(Vector::Constant(TypedValue::Null(type), 1));
        continue;
      }
      ARROW_ASSIGN_OR_RAISE(Vector vector, FromArrow(*read.column(file_->field_of[index]), 0,
                                                     static_cast<int32_t>(num_rows_), type, pool));
      columns_.push_back(std::move(vector));
    }
    return arrow::Status::OK();
  }

  std::shared_ptr<const OpenFile> file_;
  int next_batch_;
  int end_batch_;
  ReadRequest request_;
  std::shared_ptr<arrow::ipc::RecordBatchFileReader> batches_;
  std::shared_ptr<arrow::RecordBatchReader> stream_;
  std::vector<Vector> columns_;
  int64_t num_rows_ = 0;
  int64_t at_ = 0;
};

class ArrowFile final : public DataFile {
 public:
  explicit ArrowFile(std::shared_ptr<const OpenFile> file) : file_(std::move(file)) {}
  const Schema& schema() const override { return file_->schema; }
  arrow::Result<FileStatistics> Statistics() const override {
    return FileStatistics{.size_bytes = file_->size_bytes};
  }
  std::vector<FileMorsel> Morsels() const override {
    if (file_->is_stream) return {{0, 1, -1, file_->size_bytes}};
    std::vector<FileMorsel> morsels;
    for (int i = 0; i < file_->num_batches; ++i) {
      morsels.push_back({i, i + 1, -1, file_->size_bytes / file_->num_batches});
    }
    return morsels;
  }
  arrow::Result<std::unique_ptr<FileReader>> MakeReader(const FileMorsel& morsel,
                                                        const ReadRequest& request) const override {
    ARROW_RETURN_NOT_OK(CheckRequest(request, file_->schema));
    return std::make_unique<ArrowReader>(file_, morsel, request);
  }

 private:
  std::shared_ptr<const OpenFile> file_;
};

class ArrowWriter final : public FileWriter {
 public:
  ArrowWriter(std::shared_ptr<arrow::io::OutputStream> stream,
              std::shared_ptr<arrow::ipc::RecordBatchWriter> writer, Schema schema)
      : stream_(std::move(stream)), writer_(std::move(writer)), schema_(std::move(schema)) {}

  arrow::Status Write(const Batch& batch) override {
    ARROW_ASSIGN_OR_RAISE(const auto record_batch, ToArrow(batch, schema_));
    if (record_batch->num_rows() == 0) return arrow::Status::OK();
    return Catalogued(writer_->WriteRecordBatch(*record_batch));
  }
  arrow::Status Finish() override {
    ARROW_RETURN_NOT_OK(Catalogued(writer_->Close()));
    ARROW_ASSIGN_OR_RAISE(size_bytes_, stream_->Tell());
    return stream_->Close();
  }
  int64_t size_bytes() const override {
    return stream_->closed() ? size_bytes_ : stream_->Tell().ValueOr(0);
  }

 private:
  std::shared_ptr<arrow::io::OutputStream> stream_;
  std::shared_ptr<arrow::ipc::RecordBatchWriter> writer_;
  Schema schema_;
  int64_t size_bytes_ = 0;
};

// Is it to be written as a stream, not as a file with a footer?
arrow::Result<bool> IsStream(const FileOptions& options) {
  OptionReader reader("arrow", options);
  const bool is_stream = reader.Bool("stream", false);
  ARROW_RETURN_NOT_OK(reader.Finish());
  return is_stream;
}

class ArrowIpc final : public FileFormat {
 public:
  std::string_view name() const override { return "arrow"; }
  arrow::Status CheckOptions(const FileOptions& options) const override {
    return IsStream(options).status();
  }

  arrow::Result<Schema> InferSchema(Files& files, std::span<const std::string> paths,
                                    const FileOptions& options) const override {
    ARROW_RETURN_NOT_OK(CheckOptions(options));
    if (paths.empty()) return MakeError("FILE_NOT_FOUND", {{"path", ""}});
    OpenFile file;
    ARROW_RETURN_NOT_OK(OpenMetadata(files, paths[0], &file));
    return FromArrow(*file.own_schema);
  }

  arrow::Result<std::shared_ptr<const DataFile>> Open(Files& files, const std::string& path,
                                                      const Schema& schema,
                                                      const FileOptions& options) const override {
    ARROW_RETURN_NOT_OK(CheckOptions(options));
    auto file = std::make_shared<OpenFile>();
    ARROW_RETURN_NOT_OK(OpenMetadata(files, path, file.get()));
    file->schema = schema;
    ARROW_ASSIGN_OR_RAISE(const Schema own, FromArrow(*file->own_schema));
    for (const TypeField& column : schema.columns) {
      int found = -1;
      for (size_t i = 0; i < own.size(); ++i) {
        if (!EqualsIgnoreCase(own.columns[i].name, column.name)) continue;
        if (found < 0 || own.columns[i].name == column.name) found = static_cast<int>(i);
        if (own.columns[i].name == column.name) break;
      }
      if (found >= 0 && !(own.columns[static_cast<size_t>(found)].type == column.type)) {
        return MakeError("SCHEMA_MISMATCH",
                         {{"source", path},
                          {"message", "column " + QuoteIfNeeded(column.name) + " is " +
                                          own.columns[static_cast<size_t>(found)].type.ToSql() +
                                          " there, not " + column.type.ToSql()}});
      }
      file->field_of.push_back(found);
    }
    return std::make_shared<const ArrowFile>(std::move(file));
  }

  arrow::Result<std::unique_ptr<FileWriter>> MakeWriter(std::unique_ptr<WritableFile> file,
                                                        const Schema& schema,
                                                        const FileOptions& options) const override {
    ARROW_ASSIGN_OR_RAISE(const bool is_stream, IsStream(options));
    ARROW_ASSIGN_OR_RAISE(const auto arrow_schema, ToArrow(schema));
    auto stream = WrapForArrow(std::move(file));
    ARROW_ASSIGN_OR_RAISE(auto writer, is_stream
                                           ? arrow::ipc::MakeStreamWriter(stream, arrow_schema)
                                           : arrow::ipc::MakeFileWriter(stream, arrow_schema));
    return std::make_unique<ArrowWriter>(std::move(stream), std::move(writer), schema);
  }
};

}  // namespace

const FileFormat& ArrowFormat() {
  static const ArrowIpc format;
  return format;
}

}  // namespace sabot
