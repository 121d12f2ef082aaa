#include "parquet/arrow/writer.h"

#include "arrow/io/interfaces.h"
#include "arrow/record_batch.h"
#include "arrow/util/compression.h"
#include "parquet/properties.h"

#include "sabot/base/error.h"
#include "sabot/formats/arrow/convert.h"
#include "sabot/formats/arrow_files.h"
#include "sabot/formats/options.h"
#include "sabot/formats/parquet/parquet_file.h"

namespace sabot::parquet_internal {
namespace {

struct WriterOptions {
  arrow::Compression::type compression = arrow::Compression::SNAPPY;
  int64_t row_group_rows = 512 * 1024;
};

arrow::Result<WriterOptions> ReadWriterOptions(const FileOptions& options) {
  static constexpr std::string_view kNames[] = {"snappy", "zstd", "gzip",
                                                "lz4",    "none", "uncompressed"};
  static constexpr arrow::Compression::type kCodecs[] = {
      arrow::Compression::SNAPPY,       arrow::Compression::ZSTD,
      arrow::Compression::GZIP,         arrow::Compression::LZ4,
      arrow::Compression::UNCOMPRESSED, arrow::Compression::UNCOMPRESSED};
  OptionReader reader("parquet", options);
  WriterOptions result;
  result.compression = kCodecs[reader.Choice("compression", kNames, 0)];
  result.row_group_rows =
      reader.Integer("rowGroupRows", result.row_group_rows, 1, int64_t{1} << 31);
  if (reader.Bool("mergeSchema", false)) {
    reader.RefuseUnsupported("mergeSchema", "give the schema; columns a file lacks are NULL");
  }
  ARROW_RETURN_NOT_OK(reader.Finish());
  return result;
}

class ParquetWriter final : public FileWriter {
 public:
  ParquetWriter(std::shared_ptr<arrow::io::OutputStream> stream,
                std::unique_ptr<parquet::arrow::FileWriter> writer, Schema schema)
      : stream_(std::move(stream)), writer_(std::move(writer)), schema_(std::move(schema)) {}

  arrow::Status Write(const Batch& batch) override {
    ARROW_ASSIGN_OR_RAISE(const auto record_batch, ToArrow(batch, schema_));
    if (record_batch->num_rows() == 0) return arrow::Status::OK();
    return Guarded("the output", [&] { return writer_->WriteRecordBatch(*record_batch); });
  }
  arrow::Status Finish() override {
    ARROW_RETURN_NOT_OK(Guarded("the output", [&] { return writer_->Close(); }));
    ARROW_ASSIGN_OR_RAISE(size_bytes_, stream_->Tell());
    return stream_->Close();
  }
  int64_t size_bytes() const override {
    return stream_->closed() ? size_bytes_ : stream_->Tell().ValueOr(0);
  }

 private:
  std::shared_ptr<arrow::io::OutputStream> stream_;
  std::unique_ptr<parquet::arrow::FileWriter> writer_;
  Schema schema_;
  int64_t size_bytes_ = 0;
};

}  // namespace

arrow::Status CheckWriterOptions(const FileOptions& options) {
  return ReadWriterOptions(options).status();
}

arrow::Result<std::unique_ptr<FileWriter>> MakeParquetWriter(std::unique_ptr<WritableFile> file,
                                                             const Schema& schema,
                                                             const FileOptions& options) {
  ARROW_ASSIGN_OR_RAISE(const WriterOptions writer_options, ReadWriterOptions(options));
  ARROW_ASSIGN_OR_RAISE(const auto arrow_schema, ToArrow(schema));
  auto stream = WrapForArrow(std::move(file));
  const auto properties = parquet::WriterProperties::Builder()
                              .compression(writer_options.compression)
                              ->max_row_group_length(writer_options.row_group_rows)
                              ->enable_write_page_index()
                              ->created_by("sabot")
                              ->build();
  // The Arrow schema goes along: it alone tells intervals from integers.
  const auto arrow_properties = parquet::ArrowWriterProperties::Builder().store_schema()->build();
  std::unique_ptr<FileWriter> result;
  ARROW_RETURN_NOT_OK(Guarded("the output", [&]() -> arrow::Status {
    ARROW_ASSIGN_OR_RAISE(
        auto writer, parquet::arrow::FileWriter::Open(*arrow_schema, arrow::default_memory_pool(),
                                                      stream, properties, arrow_properties));
    result = std::make_unique<ParquetWriter>(stream, std::move(writer), schema);
    return arrow::Status::OK();
  }));
  return result;
}

}  // namespace sabot::parquet_internal
