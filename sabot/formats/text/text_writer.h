#pragma once

#include <memory>
#include <string>

#include "sabot/formats/file.h"

namespace sabot {

/// A writer of text: rows are appended to text(), which goes to the file in pieces.
class TextWriter : public FileWriter {
 public:
  arrow::Status Write(const Batch& batch) final;
  arrow::Status Finish() final;
  int64_t size_bytes() const final { return file_->size() + static_cast<int64_t>(text_.size()); }

 protected:
  TextWriter(std::unique_ptr<WritableFile> file, Schema schema)
      : file_(std::move(file)), schema_(std::move(schema)) {}
  virtual arrow::Status AppendRow(const Batch& batch, int32_t row) = 0;
  std::string* text() { return &text_; }
  const Schema& schema() const { return schema_; }

 private:
  std::unique_ptr<WritableFile> file_;
  Schema schema_;
  std::string text_;
};

}  // namespace sabot
