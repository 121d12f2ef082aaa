#include <random>

#include <gtest/gtest.h>

#include "arrow/util/compression.h"

#include "sabot/base/error.h"
#include "sabot/formats/file.h"
#include "sabot/formats/testing/file_rows.h"

namespace sabot {
namespace {

using TextRows = std::vector<TextRow>;

class CsvFiles : public testing::Test {
 protected:
  TextRows Read(std::string_view text, std::map<std::string, std::string> options = {},
                const std::string& ddl = {}, ScanCounters* counters = nullptr,
                int32_t batch_size = kVectorSize) {
    const auto rows = ReadFile(CsvFormat(), folder_.Write("t.csv", text), {.values = options}, ddl,
                               counters, batch_size);
    EXPECT_TRUE(rows.ok()) << rows.status();
    return rows.ok() ? *rows : TextRows{};
  }
  std::string Infer(std::string_view text, std::map<std::string, std::string> options) {
    const std::string paths[] = {folder_.Write("t.csv", text)};
    const auto schema = CsvFormat().InferSchema(LocalFiles(), paths, {.values = options});
    return schema.ok() ? schema->ToDdl() : ErrorName(schema.status());
  }

  TestFolder folder_;
};

TEST_F(CsvFiles, NamesColumnsByPositionOrHeader) {
  EXPECT_EQ(Infer("a,b\n1,2\n", {}), "_c0 STRING, _c1 STRING");
  EXPECT_EQ(Infer("a,b\n1,2\n", {{"header", "true"}}), "a STRING, b STRING");
  EXPECT_EQ(Infer("a,,A\n", {{"header", "true"}}), "a0 STRING, _c1 STRING, A2 STRING");
  EXPECT_EQ(Infer("\xEF\xBB\xBF"
                  "a\n",
                  {{"header", "true"}}),
            "a STRING");
  EXPECT_EQ(Read("\xEF\xBB\xBF"
                 "\"1\",2\n",
                 {{"multiLine", "true"}}, "a INT, b INT"),
            (TextRows{{"1", "2"}}));
  EXPECT_EQ(Infer("", {}), "CANNOT_INFER_SCHEMA");
}

TEST_F(CsvFiles, ReadsLinesThatEndWithAReturn) {
  EXPECT_EQ(Read("1,2\r3,4\r"), (TextRows{{"1", "2"}, {"3", "4"}}));
  EXPECT_EQ(Read("1,2\n3,4\r5,6\r\n7,8"),
            (TextRows{{"1", "2"}, {"3", "4"}, {"5", "6"}, {"7", "8"}}));
  const std::map<std::string, std::string> lines = {{"multiLine", "true"}};
  EXPECT_EQ(Read("1,\"a\rb\"\r3,4\r", lines), (TextRows{{"1", "a\rb"}, {"3", "4"}}));
  EXPECT_EQ(Read("1,\"a\r\nb\"\r\n3,4\r\n", lines), (TextRows{{"1", "a\r\nb"}, {"3", "4"}}));
}

TEST_F(CsvFiles, ReplacesWhatIsNoUtf8) {
  EXPECT_EQ(Read("caf\xE9,1\n\"na\xEFve\",2\n"),
            (TextRows{{"caf\xEF\xBF\xBD", "1"}, {"na\xEF\xBF\xBDve", "2"}}));
  EXPECT_EQ(Infer("caf\xE9\n1\n", {{"header", "true"}}), "`caf\xEF\xBF\xBD` STRING");
}

TEST_F(CsvFiles, HoldsTheHeaderAgainstAGivenSchema) {
  const auto error = [&](std::string_view text, const std::string& enforce,
                         const std::string& ddl) {
    return ErrorName(ReadFile(CsvFormat(), folder_.Write("t.csv", text),
                              {.values = {{"header", "true"}, {"enforceSchema", enforce}}}, ddl)
                         .status());
  };
  EXPECT_EQ(error("a,b\n1,2\n", "false", "a INT, B INT"), "OK");
  EXPECT_EQ(error("b,a\n1,2\n", "false", "a INT, b INT"), "SCHEMA_MISMATCH");
  EXPECT_EQ(error("b,a\n1,2\n", "true", "a INT, b INT"), "OK");
  EXPECT_EQ(error("a\n1\n", "false", "a INT, b INT"), "SCHEMA_MISMATCH");
  EXPECT_EQ(error("a,b\n1,2\n", "false", "a INT"), "SCHEMA_MISMATCH");
  EXPECT_EQ(error("a,b\n1,2\n", "false", "_corrupt_record STRING, a INT, b INT"), "OK");
  EXPECT_EQ(error("", "false", "a INT"), "OK");
}

TEST_F(CsvFiles, InfersTheNarrowestTypes) {
  const std::map<std::string, std::string> options = {{"inferSchema", "true"}, {"nullValue", "NA"}};
  EXPECT_EQ(Infer("1\nNA\n-2147483648\n", options), "_c0 INT");
  EXPECT_EQ(Infer("1\n2147483648\n", options), "_c0 BIGINT");
  EXPECT_EQ(Infer("1\n9223372036854775808\n", options), "_c0 DECIMAL(20,0)");
  EXPECT_EQ(Infer("1\n2.5\n1e3\n", options), "_c0 DOUBLE");
  EXPECT_EQ(Infer("2013-01-01\n", options), "_c0 DATE");
  EXPECT_EQ(Infer("2013-01-01\n2013-01-01T05:15:00Z\n", options), "_c0 TIMESTAMP");
  EXPECT_EQ(Infer("2013-01-01 05:15:00\n", options), "_c0 TIMESTAMP");
  EXPECT_EQ(Infer("true\nFALSE\n", options), "_c0 BOOLEAN");
  EXPECT_EQ(Infer("true\n1\n", options), "_c0 STRING");
  EXPECT_EQ(Infer("1\n2013-01-01\n", options), "_c0 STRING");
  EXPECT_EQ(Infer("NA\nNA\n", options), "_c0 STRING");
  EXPECT_EQ(Infer("1,x\n2,y\n", options), "_c0 INT, _c1 STRING");
}

TEST_F(CsvFiles, ReadsValuesOfEveryType) {
  const std::string ddl =
      "a BOOLEAN, b TINYINT, c SMALLINT, d INT, e BIGINT, f FLOAT, g DOUBLE, h DECIMAL(5,2), "
      "i DECIMAL(30,3), j STRING, k DATE, l TIMESTAMP, m TIMESTAMP_NTZ, n BINARY";
  EXPECT_EQ(Read("TRUE,-128,32767,+7,-9223372036854775808,1.5,NaN,1.005,12345678901234567890.5,"
                 "text of more than twelve,2013-1-2,2013-01-02T05:15:00.5+02:00,"
                 "2013-01-02 05:15,ab\n",
                 {}, ddl),
            (TextRows{{"true", "-128", "32767", "7", "-9223372036854775808", "1.5", "NaN", "1.01",
                       "12345678901234567890.500", "text of more than twelve", "2013-01-02",
                       "2013-01-02 03:15:00.5", "2013-01-02 05:15:00", "[61 62]"}}));
}

TEST_F(CsvFiles, TakesEmptyAndNullValuesAsNull) {
  EXPECT_EQ(Read("a,,NA,\"\",\"NA\"\n", {{"nullValue", "NA"}}),
            (TextRows{{"a", "NULL", "NULL", "", "NULL"}}));
  EXPECT_EQ(Read("a,,\"\"\n"), (TextRows{{"a", "NULL", "NULL"}}));
}

TEST_F(CsvFiles, ReadsQuotesEscapesAndLineEnds) {
  EXPECT_EQ(Read("\"a,b\",\"say \\\"hi\\\"\",\"two \"\"quotes\"\"\"\r\n"
                 "plain,\"back\\\\slash\",in \"the\" middle\r\n"
                 "\n  \nlast,\"closed\" ,x"),
            (TextRows{{"a,b", "say \"hi\"", "two \"quotes\""},
                      {"plain", "back\\slash", "in \"the\" middle"},
                      {"last", "closed", "x"}}));
  EXPECT_EQ(Read("'a;b';c\n#no;1\n", {{"sep", ";"}, {"quote", "'"}, {"comment", "#"}}),
            (TextRows{{"a;b", "c"}}));
  EXPECT_EQ(Read("a\tb\n", {{"sep", "\\t"}}), (TextRows{{"a", "b"}}));
  EXPECT_EQ(
      Read(" a , b\n", {{"ignoreLeadingWhiteSpace", "true"}, {"ignoreTrailingWhiteSpace", "true"}}),
      (TextRows{{"a", "b"}}));
  EXPECT_EQ(Read(" a , b\n"), (TextRows{{" a ", " b"}}));
}

TEST_F(CsvFiles, ReadsRecordsOfSeveralLinesWhenAsked) {
  const std::map<std::string, std::string> options = {{"multiLine", "true"}, {"header", "true"}};
  EXPECT_EQ(Read("a,b\n\"one\ntwo\",1\n5\" pipe,2\n\"x\"\"\ny\",3\n", options),
            (TextRows{{"one\ntwo", "1"}, {"5\" pipe", "2"}, {"x\"\ny", "3"}}));
}

TEST_F(CsvFiles, FollowsTheModeForBadRecords) {
  const std::string text = "1,x\nbad,y\n3\n4,z,more\n5,w\n";
  const std::string ddl = "n INT, t STRING";
  ScanCounters counters;
  EXPECT_EQ(Read(text, {}, ddl, &counters),
            (TextRows{{"1", "x"}, {"NULL", "y"}, {"3", "NULL"}, {"4", "z"}, {"5", "w"}}));
  EXPECT_EQ(counters.bad_records, 3);
  counters = {};
  EXPECT_EQ(Read(text, {{"mode", "dropmalformed"}}, ddl, &counters),
            (TextRows{{"1", "x"}, {"5", "w"}}));
  EXPECT_EQ(counters.bad_records, 3);
  EXPECT_EQ(counters.rows_read, 2);
  EXPECT_EQ(Read(text, {}, "n INT, _corrupt_record STRING, t STRING"),
            (TextRows{{"1", "NULL", "x"},
                      {"NULL", "bad,y", "y"},
                      {"3", "3", "NULL"},
                      {"4", "4,z,more", "z"},
                      {"5", "NULL", "w"}}));
}

TEST_F(CsvFiles, NamesFileLineAndColumnOfABadRecord) {
  const auto failure = [&](std::string_view text, const std::string& ddl) {
    const auto rows = ReadFile(CsvFormat(), folder_.Write("t.csv", text),
                               {.values = {{"mode", "FAILFAST"}, {"header", "true"}}}, ddl);
    EXPECT_EQ(ErrorName(rows.status()), "BAD_RECORD");
    return rows.status().message();
  };
  EXPECT_NE(failure("a,b\n1,2\n3,four\n", "a INT, b INT")
                .find("t.csv, line 3, column 3: 'four' is no INT for column b"),
            std::string::npos);
  EXPECT_NE(failure("a,b\n1,2\n\n3\n", "a INT, b INT")
                .find("line 4, column 1: fewer values than the 2 columns"),
            std::string::npos);
  EXPECT_NE(failure("a\n\"open\n", "a STRING").find("line 2, column 1: a quote is never closed"),
            std::string::npos);
  // Far behind the first block.
  std::string text = "a\n";
  for (int i = 0; i < 400'000; ++i) text.append("12345678901\n");
  EXPECT_NE(failure(text + "x\n", "a BIGINT").find("line 400002, column 1"), std::string::npos);
}

TEST_F(CsvFiles, EveryMorselAndBatchSizeGivesEveryLineOnce) {
  // Lines of all lengths, some far longer than a block, over several morsels.
  std::mt19937_64 random(7);
  std::string text = "n,t\n";
  TextRows expected;
  for (int i = 0; i < 120'000; ++i) {
    const size_t length = i % 30'011 == 30'000 ? 900'000 : random() % 90;
    const std::string value(length, static_cast<char>('a' + i % 26));
    text += std::to_string(i) + "," + value + (i % 3 == 0 ? "\r\n" : "\n");
    expected.push_back({std::to_string(i), length == 0 ? "NULL" : value});
  }
  text.pop_back();
  const std::string path = folder_.Write("t.csv", text);
  const FileOptions options{.values = {{"header", "true"}}};
  const Schema schema = *ParseSchema("n INT, t STRING");
  const auto file = *CsvFormat().Open(LocalFiles(), path, schema, options);
  ASSERT_GE(file->Morsels().size(), 2u);
  for (const int32_t batch_size : {2048, 7}) {
    const auto rows = ReadRows(*file, AllColumns(*file, batch_size));
    ASSERT_TRUE(rows.ok()) << rows.status();
    ASSERT_EQ(rows->size(), expected.size());
    EXPECT_TRUE(*rows == expected);
  }
  // Pieces that end anywhere, also right at and right behind a line end.
  for (int64_t cut : {4, 5, 6, 7, 8, 100, 101, 102, 103, 104, 105, 106}) {
    TextRows rows;
    for (const auto& [begin, end] : {std::pair{int64_t{0}, cut}, {cut, int64_t{2000}}}) {
      const auto reader = *file->MakeReader({begin, end}, AllColumns(*file));
      BufferPool pool;
      Batch batch;
      while (*reader->Next(pool, &batch)) {
        for (TextRow& row : TextRowsOf(batch)) rows.push_back(std::move(row));
        batch.Clear();
      }
    }
    ASSERT_TRUE(std::equal(rows.begin(), rows.end(), expected.begin())) << cut;
    ASSERT_GT(rows.size(), 20u);
  }
  // Only counted, and only one column.
  EXPECT_EQ(ReadRows(*file, {})->size(), expected.size());
  EXPECT_EQ((*ReadRows(*file, {.columns = {1}}))[9], TextRow{expected[9][1]});
}

TEST_F(CsvFiles, ReadsGzip) {
  std::string text;
  for (int i = 0; i < 200'000; ++i) text += std::to_string(i) + ",x\n";
  const auto codec = *arrow::util::Codec::Create(arrow::Compression::GZIP);
  const auto* bytes = reinterpret_cast<const uint8_t*>(text.data());
  const auto size = static_cast<int64_t>(text.size());
  std::string packed(static_cast<size_t>(codec->MaxCompressedLen(size, bytes)), '\0');
  packed.resize(
      static_cast<size_t>(*codec->Compress(size, bytes, static_cast<int64_t>(packed.size()),
                                           reinterpret_cast<uint8_t*>(packed.data()))));
  const std::string path = folder_.Write("t.csv.gz", packed);
  const auto rows = ReadFile(CsvFormat(), path, {}, "n INT, t STRING");
  ASSERT_TRUE(rows.ok()) << rows.status();
  ASSERT_EQ(rows->size(), 200'000u);
  EXPECT_EQ(rows->back(), (TextRow{"199999", "x"}));
  const auto damaged =
      ReadFile(CsvFormat(), folder_.Write("bad.csv.gz", "no gzip at all"), {}, "n INT, t STRING");
  EXPECT_EQ(ErrorName(damaged.status()), "MALFORMED_FILE");
  EXPECT_EQ(FileFormatOfPath(path), &CsvFormat());
}

TEST_F(CsvFiles, ReadsTimesInTheSessionsZone) {
  FileOptions options;
  options.wall_clock_to_utc = [](int64_t wall) { return wall - 3'600'000'000; };
  const auto rows =
      ReadFile(CsvFormat(), folder_.Write("t.csv", "2013-01-01 05:00:00,2013-01-01T05:00:00Z\n"),
               options, "a TIMESTAMP, b TIMESTAMP");
  EXPECT_EQ(*rows, (TextRows{{"2013-01-01 04:00:00", "2013-01-01 05:00:00"}}));
}

TEST_F(CsvFiles, ReadsBackWhatItWrote) {
  const std::string ddl =
      "a STRING, b INT, c DOUBLE, d DECIMAL(10,2), e DATE, f TIMESTAMP, g BOOLEAN, h TIMESTAMP_NTZ";
  const TextRows rows = Read(
      "\"x,\"\"y\"\"\",1,1.5,2.50,2013-01-01,2013-01-01T05:00:00.123456Z,true,1969-12-31 "
      "23:59:59.5\n"
      "NA,NA,NA,NA,NA,NA,NA,NA\n"
      "\" spaces \\\\ \",-1,Inf,-0.01,0001-01-01,1969-12-31T23:59:59Z,false,2013-01-01\n",
      {{"nullValue", "NA"}}, ddl);
  ASSERT_EQ(rows.size(), 3u);
  const Schema schema = *ParseSchema(ddl);
  const auto file = *CsvFormat().Open(LocalFiles(), folder_.PathOf("t.csv"), schema,
                                      {.values = {{"nullValue", "NA"}}});
  const auto reader = *file->MakeReader(file->Morsels()[0], AllColumns(*file));
  BufferPool pool;
  Batch batch;
  ASSERT_TRUE(*reader->Next(pool, &batch));
  for (std::map<std::string, std::string> values :
       {std::map<std::string, std::string>{{"header", "true"}},
        {{"nullValue", "NA"}, {"sep", "|"}},
        {{"quoteAll", "true"}, {"nullValue", "-"}, {"escape", "\""}}}) {
    const std::string path = folder_.PathOf("out.csv");
    ASSERT_TRUE(WriteFile(CsvFormat(), path, schema, {.values = values}, {&batch}).ok());
    const auto back = ReadFile(CsvFormat(), path, {.values = values}, ddl);
    ASSERT_TRUE(back.ok()) << back.status();
    EXPECT_EQ(*back, rows) << *LocalFiles().ReadAll(path);
  }
}

TEST_F(CsvFiles, WritesEmptyTextApartFromNull) {
  VectorBuilder builder((Type(TypeId::kString)));
  for (const char* text : {"", "a"}) builder.Append(TypedValue::String(text));
  builder.Append(TypedValue::Null(Type(TypeId::kString)));
  Batch batch;
  batch.columns().push_back(builder.Finish());
  batch.columns().push_back(Vector::Constant(TypedValue::Int(7), 3));
  batch.set_num_rows(3);
  const Schema schema = *ParseSchema("t STRING, n INT");
  const std::string path = folder_.PathOf("out.csv");
  ASSERT_TRUE(WriteFile(CsvFormat(), path, schema, {}, {&batch}).ok());
  EXPECT_EQ(*LocalFiles().ReadAll(path), "\"\",7\na,7\n,7\n");
}

TEST_F(CsvFiles, WritesALineThatIsNoComment) {
  VectorBuilder builder((Type(TypeId::kString)));
  for (const char* text : {"#1", "a#"}) builder.Append(TypedValue::String(text));
  Batch batch;
  batch.columns().push_back(builder.Finish());
  batch.set_num_rows(2);
  const std::string path = folder_.PathOf("out.csv");
  const FileOptions options{.values = {{"comment", "#"}}};
  ASSERT_TRUE(WriteFile(CsvFormat(), path, *ParseSchema("t STRING"), options, {&batch}).ok());
  EXPECT_EQ(*ReadFile(CsvFormat(), path, options, "t STRING"), (TextRows{{"#1"}, {"a#"}}));
}

TEST_F(CsvFiles, WritesActiveRowsByTheirWeight) {
  VectorBuilder builder((Type(TypeId::kInt)));
  for (int n : {10, 11, 12}) builder.Append(TypedValue::Int(n));
  Batch batch;
  batch.columns().push_back(builder.Finish());
  batch.set_num_rows(3);
  BufferPtr weights = Buffer::Allocate(24);
  const int64_t values[] = {2, -1, 1};
  std::memcpy(weights->data(), values, sizeof(values));
  batch.set_weights(weights);
  const Schema schema = *ParseSchema("n INT");
  const std::string path = folder_.PathOf("out.csv");
  EXPECT_EQ(ErrorName(WriteFile(CsvFormat(), path, schema, {}, {&batch})), "INTERNAL_ERROR");
  BufferPtr selection = Buffer::Allocate(4);
  const uint16_t positions[] = {0, 2};
  std::memcpy(selection->data(), positions, sizeof(positions));
  batch.SetSelection(selection, 2);
  ASSERT_TRUE(WriteFile(CsvFormat(), path, schema, {}, {&batch}).ok());
  EXPECT_EQ(*LocalFiles().ReadAll(path), "10\n10\n12\n");
}

TEST_F(CsvFiles, RefusesOptionsItDoesNotKnow) {
  const auto check = [](const std::string& key, const std::string& value) {
    return CsvFormat().CheckOptions({.values = {{key, value}}});
  };
  EXPECT_EQ(ErrorName(check("heade", "true")), "CONFIG_INVALID");
  EXPECT_NE(check("heade", "true").message().find("did you mean header"), std::string::npos);
  EXPECT_EQ(ErrorName(check("header", "yes")), "CONFIG_INVALID");
  EXPECT_EQ(ErrorName(check("sep", "ab")), "CONFIG_INVALID");
  EXPECT_EQ(ErrorName(check("mode", "LENIENT")), "CONFIG_INVALID");
  EXPECT_EQ(ErrorName(check("dateFormat", "dd/MM/yyyy")), "UNSUPPORTED_FEATURE");
  EXPECT_EQ(ErrorName(check("encoding", "ISO-8859-1")), "UNSUPPORTED_FEATURE");
  EXPECT_TRUE(check("HEADER", "TRUE").ok());
  const auto nested = ReadFile(CsvFormat(), folder_.Write("t.csv", "1\n"), {}, "a ARRAY<INT>");
  EXPECT_EQ(ErrorName(nested.status()), "UNSUPPORTED_DATATYPE");
}

TEST_F(CsvFiles, MutantsGiveRowsOrTypedErrors) {
  const std::string original =
      "a,b,c,d\n1,\"x,\\\"y\",2013-01-01,1.5\n2,,2013-01-01T05:00:00Z,NaN\n3,\"\"\"z\",,-1e300\n";
  std::mt19937_64 random(4711);
  for (int mutant = 0; mutant < 300; ++mutant) {
    std::string text = original;
    for (uint64_t n = 1 + random() % 6; n > 0; --n) {
      const char special[] = {'"', '\\', ',', '\n', '\r', '\0', '-', static_cast<char>(random())};
      text[random() % text.size()] = special[random() % sizeof(special)];
    }
    for (const char* mode : {"PERMISSIVE", "DROPMALFORMED", "FAILFAST"}) {
      for (const char* multi_line : {"false", "true"}) {
        const FileOptions options{.values = {{"mode", mode},
                                             {"multiLine", multi_line},
                                             {"header", "true"},
                                             {"inferSchema", "true"}}};
        const std::string path = folder_.Write("m.csv", text);
        for (const std::string& ddl : {std::string(), std::string("a INT, b STRING, c DATE")}) {
          const auto rows = ReadFile(CsvFormat(), path, options, ddl);
          if (rows.ok()) continue;
          const std::string error = ErrorName(rows.status());
          EXPECT_TRUE(error == "BAD_RECORD" || error == "CANNOT_INFER_SCHEMA") << rows.status();
        }
      }
    }
  }
}

}  // namespace
}  // namespace sabot
