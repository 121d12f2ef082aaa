#include "sabot/formats/testing/file_rows.h"

#include <gtest/gtest.h>
#include <stdlib.h>

#include "sabot/base/error.h"

namespace sabot {

Files& LocalFiles() { return *Env::Real().files; }

TestFolder::TestFolder() {
  std::string pattern = testing::TempDir() + "sabot_formats_XXXXXX";
  path_ = mkdtemp(pattern.data());
}
TestFolder::~TestFolder() { EXPECT_TRUE(LocalFiles().RemoveTree(path_).ok()); }

std::string TestFolder::Write(const std::string& name, std::string_view content) const {
  EXPECT_TRUE(LocalFiles().CreateDir(ParentPath(PathOf(name))).ok());
  auto file = LocalFiles().OpenForWrite(PathOf(name));
  EXPECT_TRUE(file.ok()) << file.status();
  EXPECT_TRUE((*file)->Append(content).ok());
  EXPECT_TRUE((*file)->Close().ok());
  return PathOf(name);
}

std::string ErrorName(const arrow::Status& status) {
  const ErrorDetail* detail = GetErrorDetail(status);
  return detail == nullptr ? status.ToString() : std::string(detail->error_class().name);
}

std::vector<TextRow> TextRowsOf(const Batch& batch) {
  std::vector<TextRow> rows;
  for (int32_t i = 0; i < batch.num_rows(); ++i) {
    TextRow row;
    for (const Vector& column : batch.columns()) row.push_back(column.ValueAt(i).ToText());
    rows.push_back(std::move(row));
  }
  return rows;
}

ReadRequest AllColumns(const DataFile& file, int32_t batch_size) {
  ReadRequest request{.batch_size = batch_size};
  for (size_t i = 0; i < file.schema().size(); ++i) request.columns.push_back(static_cast<int>(i));
  return request;
}

arrow::Result<std::vector<TextRow>> ReadRows(const DataFile& file, const ReadRequest& request,
                                             ScanCounters* counters) {
  std::vector<TextRow> rows;
  for (const FileMorsel& morsel : file.Morsels()) {
    BufferPool pool;
    ARROW_ASSIGN_OR_RAISE(auto reader, file.MakeReader(morsel, request));
    int64_t num_rows = 0;
    while (true) {
      Batch batch;
      ARROW_ASSIGN_OR_RAISE(const bool has_rows, reader->Next(pool, &batch));
      if (!has_rows) break;
      EXPECT_GT(batch.num_rows(), 0);
      EXPECT_LE(batch.num_rows(), request.batch_size);
      EXPECT_FALSE(batch.has_selection());
      EXPECT_EQ(batch.num_columns(), request.columns.size());
      for (size_t i = 0; i < batch.num_columns(); ++i) {
        EXPECT_EQ(batch.column(i).size(), batch.num_rows());
        EXPECT_EQ(batch.column(i).type(),
                  file.schema().columns[static_cast<size_t>(request.columns[i])].type);
      }
      num_rows += batch.num_rows();
      for (TextRow& row : TextRowsOf(batch)) rows.push_back(std::move(row));
    }
    EXPECT_EQ(reader->counters().rows_read, num_rows);
    if (counters != nullptr) counters->Add(reader->counters());
  }
  return rows;
}

arrow::Result<std::vector<TextRow>> ReadFile(const FileFormat& format, const std::string& path,
                                             const FileOptions& options,
                                             const std::string& schema_ddl, ScanCounters* counters,
                                             int32_t batch_size) {
  const std::string paths[] = {path};
  Schema schema;
  if (schema_ddl.empty()) {
    ARROW_ASSIGN_OR_RAISE(schema, format.InferSchema(LocalFiles(), paths, options));
  } else {
    ARROW_ASSIGN_OR_RAISE(schema, ParseSchema(schema_ddl));
  }
  ARROW_ASSIGN_OR_RAISE(const auto file, format.Open(LocalFiles(), path, schema, options));
  return ReadRows(*file, AllColumns(*file, batch_size), counters);
}

arrow::Status WriteFile(const FileFormat& format, const std::string& path, const Schema& schema,
                        const FileOptions& options, const std::vector<const Batch*>& batches) {
  ARROW_ASSIGN_OR_RAISE(auto out, LocalFiles().OpenForWrite(path));
  ARROW_ASSIGN_OR_RAISE(auto writer, format.MakeWriter(std::move(out), schema, options));
  for (const Batch* batch : batches) ARROW_RETURN_NOT_OK(writer->Write(*batch));
  ARROW_RETURN_NOT_OK(writer->Finish());
  ARROW_ASSIGN_OR_RAISE(const int64_t size, LocalFiles().Size(path));
  EXPECT_EQ(writer->size_bytes(), size);
  return arrow::Status::OK();
}

}  // namespace sabot
