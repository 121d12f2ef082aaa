#include <random>

#include <gtest/gtest.h>

#include "arrow/array.h"
#include "arrow/io/file.h"
#include "arrow/ipc/writer.h"
#include "arrow/json/from_string.h"
#include "arrow/record_batch.h"
#include "arrow/type.h"

#include "sabot/base/error.h"
#include "sabot/formats/file.h"
#include "sabot/formats/testing/file_rows.h"

namespace sabot {
namespace {

using TextRows = std::vector<TextRow>;

std::shared_ptr<arrow::RecordBatch> MakeRecordBatch() {
  const auto schema = arrow::schema(
      {arrow::field("n", arrow::int64()), arrow::field("t", arrow::utf8()),
       arrow::field("k", arrow::dictionary(arrow::int8(), arrow::utf8())),
       arrow::field("l", arrow::list(arrow::struct_({arrow::field("x", arrow::int32())})))});
  const auto column = [&](int i, const std::string& json) {
    return *arrow::json::ArrayFromJSONString(schema->field(i)->type(), json);
  };
  return arrow::RecordBatch::Make(
      schema, 3,
      {column(0, "[1, null, 3]"), column(1, R"(["a text that is not short", null, ""])"),
       column(2, R"(["red", null, "blue"])"), column(3, "[[[1], null], null, []]")});
}

const TextRows kRows = {{"1", "a text that is not short", "red", "[{1}, NULL]"},
                        {"NULL", "NULL", "NULL", "NULL"},
                        {"3", "", "blue", "[]"}};

class ArrowFiles : public testing::Test {
 protected:
  // Written with Arrow's own writer: two batches.
  std::string WriteArrow(bool is_stream) {
    const auto batch = MakeRecordBatch();
    const std::string path = folder_.PathOf(is_stream ? "t.arrows" : "t.arrow");
    const auto out = *arrow::io::FileOutputStream::Open(path);
    const auto writer = is_stream ? *arrow::ipc::MakeStreamWriter(out, batch->schema())
                                  : *arrow::ipc::MakeFileWriter(out, batch->schema());
    EXPECT_TRUE(writer->WriteRecordBatch(*batch).ok());
    EXPECT_TRUE(writer->WriteRecordBatch(*batch->Slice(1)).ok());
    EXPECT_TRUE(writer->Close().ok());
    EXPECT_TRUE(out->Close().ok());
    return path;
  }
  TestFolder folder_;
};

TEST_F(ArrowFiles, ReadsFilesAndStreams) {
  TextRows expected = kRows;
  expected.insert(expected.end(), kRows.begin() + 1, kRows.end());
  for (const bool is_stream : {false, true}) {
    const std::string path = WriteArrow(is_stream);
    EXPECT_EQ(FileFormatOfPath(path), &ArrowFormat());
    for (const int32_t batch_size : {2048, 2, 1}) {
      const auto rows = ReadFile(ArrowFormat(), path, {}, {}, nullptr, batch_size);
      ASSERT_TRUE(rows.ok()) << rows.status();
      EXPECT_EQ(*rows, expected);
    }
    const auto file =
        ArrowFormat().Open(LocalFiles(), path, *ParseSchema("absent INT, N BIGINT"), {});
    ASSERT_TRUE(file.ok()) << file.status();
    EXPECT_EQ((*file)->Morsels().size(), is_stream ? 1u : 2u);
    const auto rows = ReadRows(**file, {.columns = {1, 0, 1}});
    ASSERT_TRUE(rows.ok()) << rows.status();
    EXPECT_EQ((*rows)[2], (TextRow{"3", "NULL", "3"}));
    EXPECT_EQ(ReadRows(**file, {})->size(), 5u);
    const auto wrong = ArrowFormat().Open(LocalFiles(), path, *ParseSchema("n STRING"), {});
    EXPECT_EQ(ErrorName(wrong.status()), "SCHEMA_MISMATCH");
  }
}

TEST_F(ArrowFiles, ReadsBackWhatItWrote) {
  const std::string path = WriteArrow(false);
  const std::string paths[] = {path};
  const Schema schema = *ArrowFormat().InferSchema(LocalFiles(), paths, {});
  const auto file = *ArrowFormat().Open(LocalFiles(), path, schema, {});
  const auto reader = *file->MakeReader(file->Morsels()[0], AllColumns(*file));
  BufferPool pool;
  Batch batch;
  ASSERT_TRUE(*reader->Next(pool, &batch));
  for (const char* stream : {"true", "false"}) {
    const std::string out = folder_.PathOf("out.arrow");
    const auto written =
        WriteFile(ArrowFormat(), out, schema, {.values = {{"stream", stream}}}, {&batch});
    ASSERT_TRUE(written.ok()) << written;
    EXPECT_EQ(*ReadFile(ArrowFormat(), out), kRows);
  }
}

TEST_F(ArrowFiles, MutantsGiveRowsOrTypedErrors) {
  std::mt19937_64 random(4711);
  for (const bool is_stream : {false, true}) {
    const std::string original = *LocalFiles().ReadAll(WriteArrow(is_stream));
    for (int mutant = 0; mutant < 150; ++mutant) {
      std::string bytes = original;
      for (uint64_t n = 1 + random() % 3; n > 0; --n) {
        bytes[random() % bytes.size()] = static_cast<char>(random());
      }
      if (mutant % 10 == 0) bytes.resize(random() % bytes.size());
      const auto rows = ReadFile(ArrowFormat(), folder_.Write("mutant", bytes));
      if (rows.ok()) continue;
      const std::string error = ErrorName(rows.status());
      EXPECT_TRUE(error == "MALFORMED_FILE" || error == "UNSUPPORTED_DATATYPE" ||
                  error == "UNSUPPORTED_FEATURE" || error == "PLAN_TOO_DEEP" ||
                  error == "OUT_OF_MEMORY" || error == "CAST_OVERFLOW")
          << rows.status();
    }
  }
}

}  // namespace
}  // namespace sabot
