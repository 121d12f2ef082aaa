#include "sabot/formats/text/text_writer.h"

#include "sabot/base/error.h"
#include "sabot/formats/arrow/convert.h"

namespace sabot {

arrow::Status TextWriter::Write(const Batch& batch) {
  constexpr size_t kPieceBytes = 256 * 1024;
  if (batch.num_columns() != schema_.size()) {
    return InternalError("a batch that does not fit the schema of its file");
  }
  ARROW_ASSIGN_OR_RAISE(const std::vector<int32_t> positions, WeightedPositions(batch));
  for (int32_t row : positions) {
    ARROW_RETURN_NOT_OK(AppendRow(batch, row));
    if (text_.size() < kPieceBytes) continue;
    ARROW_RETURN_NOT_OK(file_->Append(text_));
    text_.clear();
  }
  return arrow::Status::OK();
}

arrow::Status TextWriter::Finish() {
  ARROW_RETURN_NOT_OK(file_->Append(text_));
  text_.clear();
  return file_->Close();
}

}  // namespace sabot
