#include "arrow/array.h"
#include "arrow/record_batch.h"
#include "parquet/arrow/reader.h"
#include "parquet/file_reader.h"
#include "parquet/properties.h"

#include "sabot/formats/arrow/convert.h"
#include "sabot/formats/parquet/parquet_file.h"

namespace sabot::parquet_internal {
namespace {

class ArrowColumn final : public ChunkColumn {
 public:
  ArrowColumn(std::unique_ptr<parquet::arrow::FileReader> file,
              std::unique_ptr<arrow::RecordBatchReader> batches, Type type)
      : file_(std::move(file)), batches_(std::move(batches)), type_(std::move(type)) {}

  arrow::Result<int64_t> RowsAtHand() override {
    while (batch_ == nullptr || at_ == batch_->num_rows()) {
      at_ = 0;
      ARROW_RETURN_NOT_OK(batches_->ReadNext(&batch_));
      if (batch_ == nullptr) {
        return arrow::Status::Invalid("a column chunk has fewer values than its row group");
      }
      if (batch_->num_columns() != 1) {
        return arrow::Status::Invalid("a column that was not found again");
      }
      // Structure comes from the file: a list's offsets are only as good as its levels.
      ARROW_RETURN_NOT_OK(batch_->Validate());
    }
    return batch_->num_rows() - at_;
  }

  arrow::Result<Vector> Read(int32_t count, BufferPool& pool) override {
    ARROW_ASSIGN_OR_RAISE(const int64_t at_hand, RowsAtHand());
    if (count > at_hand) return arrow::Status::Invalid("fewer rows at hand than asked for");
    ARROW_ASSIGN_OR_RAISE(Vector vector, FromArrow(*batch_->column(0), at_, count, type_, pool));
    at_ += count;
    return vector;
  }

 private:
  std::unique_ptr<parquet::arrow::FileReader> file_;
  std::unique_ptr<arrow::RecordBatchReader> batches_;
  Type type_;
  std::shared_ptr<arrow::RecordBatch> batch_;
  int64_t at_ = 0;
};

}  // namespace

arrow::Result<std::unique_ptr<ChunkColumn>> MakeArrowColumn(const ParquetMetadata& metadata,
                                                            int row_group,
                                                            const ColumnSource& source) {
  constexpr int64_t kRowsABatch = 4 * kVectorSize;
  parquet::ArrowReaderProperties properties(/*use_threads=*/false);
  properties.set_batch_size(kRowsABatch);
  properties.set_pre_buffer(false);
  ARROW_ASSIGN_OR_RAISE(auto file,
                        parquet::arrow::FileReader::Make(arrow::default_memory_pool(),
                                                         metadata.OpenReader(), properties));
  ARROW_ASSIGN_OR_RAISE(auto batches, file->GetRecordBatchReader({row_group}, source.leaves));
  return std::make_unique<ArrowColumn>(std::move(file), std::move(batches), source.leaf.type);
}

}  // namespace sabot::parquet_internal
