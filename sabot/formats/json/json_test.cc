#include <random>

#include <gtest/gtest.h>

#include "sabot/base/error.h"
#include "sabot/formats/file.h"
#include "sabot/formats/json/json_decoder.h"
#include "sabot/formats/json/json_tape.h"
#include "sabot/formats/testing/file_rows.h"

namespace sabot {
namespace {

using TextRows = std::vector<TextRow>;

TextRows Decode(const std::string& ddl, std::vector<std::string> messages,
                BadRecordMode mode = BadRecordMode::kPermissive) {
  JsonDecoder decoder(*ParseSchema(ddl), mode);
  for (const std::string& message : messages) {
    const auto appended = decoder.Append(message, "a message");
    EXPECT_TRUE(appended.ok()) << appended.status();
  }
  BufferPool pool;
  // Strings are copies: the messages may go.
  for (std::string& message : messages) message.assign(message.size(), '!');
  const auto batch = decoder.Finish(pool);
  EXPECT_TRUE(batch.ok()) << batch.status();
  EXPECT_EQ(decoder.num_rows(), 0);
  return TextRowsOf(*batch);
}

std::string Infer(const std::vector<std::string>& messages) {
  JsonSchemaInference inference;
  for (const std::string& message : messages) EXPECT_TRUE(inference.Add(message)) << message;
  return inference.Finish().ToDdl();
}

TEST(JsonDecoder, KeepsRecordsWhoseNumbersAreTooGreat) {
  const std::string digits(400, '9');
  EXPECT_EQ(Decode("a INT, b DOUBLE, c DOUBLE, d BIGINT",
                   {R"({"b": 1e400, "a": 1, "c": -1e400})", R"({"a": 2, "b": )" + digits + "}",
                    R"({"a": 3, "b": 1e-400, "d": 1e999})", R"({"s": "\n", "a": 4, "b":-2E+999})"}),
            (TextRows{{"1", "Infinity", "-Infinity", "NULL"},
                      {"2", "Infinity", "NULL", "NULL"},
                      {"3", "0.0", "NULL", "NULL"},
                      {"4", "-Infinity", "NULL", "NULL"}}));
  EXPECT_EQ(Infer({R"({"a": 1e400})"}), "a DOUBLE");
}

TEST(JsonFile, ReadsAListOnALineAsRows) {
  TestFolder folder;
  std::string list = "[";
  for (int i = 0; i < 5000; ++i)
    list += (i == 0 ? "" : ",") + ("{\"a\":" + std::to_string(i)) + "}";
  const std::string path = folder.Write(
      "t.json", "[{\"a\":-2},{\"a\":-1}]\n[]\n" + list + "]\n{\"a\":5000}\n[{\"a\":5001},7]\n");
  for (int32_t batch_size : {1, 2, 1000, kVectorSize}) {
    const auto rows = ReadFile(JsonFormat(), path, {}, "a INT", nullptr, batch_size);
    ASSERT_TRUE(rows.ok()) << rows.status();
    ASSERT_EQ(rows->size(), 5005U);
    for (int i = 0; i < 5004; ++i)
      EXPECT_EQ((*rows)[static_cast<size_t>(i)][0], std::to_string(i - 2));
    EXPECT_EQ(rows->back()[0], "NULL") << "what is no object is a bad record";
  }
  EXPECT_EQ(
      ErrorName(ReadFile(JsonFormat(), path, {.values = {{"mode", "FAILFAST"}}}, "a INT").status()),
      "BAD_RECORD");
  EXPECT_EQ(ReadFile(JsonFormat(), path, {.values = {{"mode", "DROPMALFORMED"}}}, "a INT")->size(),
            5004U);
}

TEST(JsonInference, LeavesOutWhatNoTableHas) {
  EXPECT_EQ(Infer({R"({"a": {}, "b": 1, "c": [{}], "d": {"e": {}}, "": 2})"}), "b BIGINT");
  EXPECT_EQ(Infer({R"({"a": {}})", R"({"a": {"x": 1}})"}), "a STRUCT<x: BIGINT>");
  EXPECT_EQ(Infer({R"({"a": [], "b": null})"}), "a ARRAY<STRING>, b STRING");
  EXPECT_EQ(Infer({R"([{"a": 1}, {"b": "x"}])", R"({"c": true})"}),
            "a BIGINT, b STRING, c BOOLEAN");
}

TEST(JsonDecoder, ReadsEveryType) {
  EXPECT_EQ(
      Decode(
          "a BOOLEAN, b TINYINT, c SMALLINT, d INT, e BIGINT, f FLOAT, g DOUBLE, h DECIMAL(5,2), "
          "i DECIMAL(38,10), j STRING, k DATE, l TIMESTAMP, m TIMESTAMP_NTZ, n ARRAY<INT>, "
          "o MAP<STRING, INT>, p STRUCT<x: INT, y: ARRAY<STRING>>",
          {R"({"a": true, "b": -128, "c": 32767, "d": 1, "e": -9223372036854775808, "f": 1.5,
                  "g": 1e300, "h": 1.005, "i": 1234567890123456789012345678.0123456789,
                  "j": "gr\u00fc\u00df \"dich\" all", "k": "2013-01-02",
                  "l": "2013-01-02T05:00:00+01:00", "m": "2013-01-02 05:00:00",
                  "n": [1, null, 3], "o": {"k": 1, "l": null}, "p": {"y": ["a", "b"], "x": 7}})"}),
      (TextRows{{"true", "-128", "32767", "1", "-9223372036854775808", "1.5", "1.0E300", "1.01",
                 "1234567890123456789012345678.0123456789", "grüß \"dich\" all", "2013-01-02",
                 "2013-01-02 04:00:00", "2013-01-02 05:00:00", "[1, NULL, 3]",
                 "{k -> 1, l -> NULL}", "{7, [a, b]}"}}));
}

TEST(JsonDecoder, MissingKeysAreNullAndTheLastOfARepeatedOneCounts) {
  EXPECT_EQ(Decode("a INT, b STRING", {R"({"b": "x"})", R"({"z": {"a": 9}, "a": 1, "a": 2})", "{}",
                                       R"({"a": 3, "a": null, "b": null})"}),
            (TextRows{{"NULL", "x"}, {"2", "NULL"}, {"NULL", "NULL"}, {"NULL", "NULL"}}));
}

TEST(JsonDecoder, ShowsOtherValuesAsTextInAStringColumn) {
  EXPECT_EQ(Decode("t STRING",
                   {R"({"t": 1.50})", R"({"t": {"a": [1, "x\n"], "b": null}})", R"({"t": true})"}),
            (TextRows{{"1.50"}, {R"({"a":[1,"x\n"],"b":null})"}, {"true"}}));
}

TEST(JsonDecoder, ReadsNumbersThatAreNone) {
  EXPECT_EQ(Decode("d DOUBLE", {R"({"d": "NaN"})", R"({"d": NaN})", R"({"d": "-Infinity"})"}),
            (TextRows{{"NaN"}, {"NaN"}, {"-Infinity"}}));
}

TEST(JsonDecoder, ValuesOfAnotherTypeAreNull) {
  JsonDecoder decoder(*ParseSchema("a INT, b ARRAY<INT>, s STRUCT<x: INT>, c STRING"),
                      BadRecordMode::kPermissive);
  for (const char* text : {R"({"a": "1", "c": "kept"})", R"({"a": 1.5})", R"({"a": 2147483648})",
                           R"({"b": [1, "x"], "a": 1})", R"({"s": {"x": "y"}})", R"([1])",
                           "nonsense", R"({"a": 1, "b": [2], "s": {"x": 3}, "c": "good"})"}) {
    EXPECT_TRUE(*decoder.Append(text, "test")) << text;
  }
  EXPECT_EQ(decoder.num_bad_records(), 7);
  BufferPool pool;
  const TextRows rows = TextRowsOf(*decoder.Finish(pool));
  EXPECT_EQ(rows[0], (TextRow{"NULL", "NULL", "NULL", "kept"}));
  for (size_t i : {1, 2, 4, 5, 6}) EXPECT_EQ(rows[i], (TextRow{"NULL", "NULL", "NULL", "NULL"}));
  EXPECT_EQ(rows[3], (TextRow{"1", "NULL", "NULL", "NULL"}));
  EXPECT_EQ(rows[7], (TextRow{"1", "[2]", "{3}", "good"}));
}

TEST(JsonDecoder, DropsOrRefusesBadRecords) {
  const std::vector<std::string> messages = {R"({"a": 1, "l": [1]})", R"({"a": 2, "l": [2, "x"]})",
                                             R"({"a": 3, "l": [3]})", "{"};
  EXPECT_EQ(Decode("a INT, l ARRAY<INT>", messages, BadRecordMode::kDropMalformed),
            (TextRows{{"1", "[1]"}, {"3", "[3]"}}));
  JsonDecoder strict(*ParseSchema("a INT, l ARRAY<INT>"), BadRecordMode::kFailFast);
  EXPECT_TRUE(*strict.Append(messages[0], "topic"));
  const auto refused = strict.Append(messages[1], "topic, offset 7");
  ASSERT_EQ(ErrorName(refused.status()), "BAD_RECORD");
  EXPECT_NE(refused.status().message().find("topic, offset 7"), std::string::npos);
  EXPECT_NE(refused.status().message().find("[2,\"x\"] is no ARRAY<INT> for column l"),
            std::string::npos);
  // What was good before is still there.
  EXPECT_TRUE(*strict.Append(messages[2], "topic"));
  BufferPool pool;
  EXPECT_EQ(TextRowsOf(*strict.Finish(pool)), (TextRows{{"1", "[1]"}, {"3", "[3]"}}));
}

TEST(JsonDecoder, RefusesDepthZeroBytesAndBadEncoding) {
  std::string deep = R"({"a": )";
  for (int i = 0; i < 200'000; ++i) deep += '[';
  JsonDecoder decoder(*ParseSchema("a STRING"), BadRecordMode::kFailFast);
  for (const std::string& text :
       {deep, std::string("{\"a\": 1}\0{}", 11), std::string("{\"a\": \"\xff\"}"),
        std::string("{\"a\": 1} x"), std::string()}) {
    EXPECT_EQ(ErrorName(decoder.Append(text, "test").status()), "BAD_RECORD");
  }
  EXPECT_EQ(ErrorName(CheckJsonSchema(*ParseSchema("m MAP<INT, INT>"))), "UNSUPPORTED_DATATYPE");
  EXPECT_EQ(ErrorName(CheckJsonSchema(*ParseSchema("b ARRAY<BINARY>"))), "UNSUPPORTED_DATATYPE");
}

TEST(JsonSchemaInference, FindsTheSchemaThatReadsAll) {
  EXPECT_EQ(Infer({R"({"b": 1, "a": "x"})", R"({"b": 2.5, "c": null})"}),
            "a STRING, b DOUBLE, c STRING");
  EXPECT_EQ(Infer({R"({"a": 1})", R"({"a": 9223372036854775808})"}), "a DECIMAL(20,0)");
  EXPECT_EQ(Infer({R"({"a": 1})", R"({"a": "x"})"}), "a STRING");
  EXPECT_EQ(Infer({R"({"a": true})"}), "a BOOLEAN");
  EXPECT_EQ(Infer({R"({"s": {"y": 1, "x": []}})", R"({"s": {"x": [null, {"k": 1}], "z": "t"}})"}),
            "s STRUCT<x: ARRAY<STRUCT<k: BIGINT>>, y: BIGINT, z: STRING>");
  JsonSchemaInference inference;
  EXPECT_FALSE(inference.Add("[1]"));
  EXPECT_FALSE(inference.Add("nonsense"));
}

class JsonFiles : public testing::Test {
 protected:
  TestFolder folder_;
};

TEST_F(JsonFiles, ReadsLinesOfEveryMorselOnce) {
  std::string text;
  TextRows expected;
  for (int i = 0; i < 150'000; ++i) {
    const std::string value(static_cast<size_t>(i % 70), 'v');
    text += R"({"n": )" + std::to_string(i) + R"(, "t": ")" + value + "\"}\n";
    if (i % 1000 == 0) text += "\n \n";
    expected.push_back({std::to_string(i), value});
  }
  const std::string path = folder_.Write("t.jsonl", text);
  for (const int32_t batch_size : {2048, 7}) {
    const auto rows = ReadFile(JsonFormat(), path, {}, {}, nullptr, batch_size);
    ASSERT_TRUE(rows.ok()) << rows.status();
    EXPECT_TRUE(*rows == expected);
  }
  EXPECT_GE((*JsonFormat().Open(LocalFiles(), path, {}, {}))->Morsels().size(), 2u);
  EXPECT_EQ(FileFormatOfPath(path), &JsonFormat());
}

TEST_F(JsonFiles, FollowsTheModeAndKeepsCorruptRecords) {
  const std::string path =
      folder_.Write("t.json", "{\"a\": 1}\nnonsense\n{\"a\": \"x\"}\n{\"a\": 4}");
  EXPECT_EQ(
      *ReadFile(JsonFormat(), path, {}, "a INT, _corrupt_record STRING"),
      (TextRows{{"1", "NULL"}, {"NULL", "nonsense"}, {"NULL", "{\"a\": \"x\"}"}, {"4", "NULL"}}));
  ScanCounters counters;
  EXPECT_EQ(
      *ReadFile(JsonFormat(), path, {.values = {{"mode", "DROPMALFORMED"}}}, "a INT", &counters),
      (TextRows{{"1"}, {"4"}}));
  EXPECT_EQ(counters.bad_records, 2);
  const auto failed =
      ReadFile(JsonFormat(), path, {.values = {{"mode", "FAILFAST"}}}, "a INT").status();
  EXPECT_EQ(ErrorName(failed), "BAD_RECORD");
  EXPECT_NE(failed.message().find("t.json, line 2, byte 2: Invalid value."), std::string::npos)
      << failed;
  const std::string paths[] = {path};
  EXPECT_EQ(JsonFormat().InferSchema(LocalFiles(), paths, {})->ToDdl(),
            "_corrupt_record STRING, a STRING");
  EXPECT_EQ(ErrorName(JsonFormat().CheckOptions({.values = {{"multiLine", "true"}}})),
            "UNSUPPORTED_FEATURE");
  EXPECT_EQ(ErrorName(JsonFormat().CheckOptions({.values = {{"moed", "x"}}})), "CONFIG_INVALID");
}

TEST_F(JsonFiles, ReadsBackWhatItWrote) {
  const std::string ddl =
      "a STRING, b DOUBLE, c DECIMAL(10,2), d DATE, e TIMESTAMP, f ARRAY<STRUCT<x: INT, y: "
      "STRING>>, "
      "g MAP<STRING, ARRAY<INT>>, h BOOLEAN, i TIMESTAMP_NTZ";
  const std::string path = folder_.Write(
      "t.json",
      "{\"a\": \"x\\n\\u0001\\\"\", \"b\": \"NaN\", \"c\": 1.5, \"d\": \"2013-01-01\", \"e\": "
      "\"2013-01-01T00:00:00.000001Z\", \"f\": [{\"x\": 1}, null, {\"y\": \"z\"}], \"g\": {\"k\": "
      "[1, null]}, \"h\": false, \"i\": \"2013-01-01\"}\n{}\n{\"b\": -0.5, \"a\": \"\"}\n");
  const Schema schema = *ParseSchema(ddl);
  const auto file = *JsonFormat().Open(LocalFiles(), path, schema, {});
  const auto reader = *file->MakeReader(file->Morsels()[0], AllColumns(*file));
  BufferPool pool;
  Batch batch;
  ASSERT_TRUE(*reader->Next(pool, &batch));
  const TextRows rows = TextRowsOf(batch);
  EXPECT_EQ(rows[0][5], "[{1, NULL}, NULL, {NULL, z}]");
  for (const char* ignore : {"true", "false"}) {
    const FileOptions options{.values = {{"ignoreNullFields", ignore}}};
    const std::string out = folder_.PathOf("out.json");
    const auto written = WriteFile(JsonFormat(), out, schema, options, {&batch, &batch});
    ASSERT_TRUE(written.ok()) << written;
    const auto back = ReadFile(JsonFormat(), out, options, ddl);
    ASSERT_TRUE(back.ok()) << back.status();
    ASSERT_EQ(back->size(), 6u);
    for (size_t i = 0; i < 6; ++i) EXPECT_EQ((*back)[i], rows[i % 3]);
  }
}

TEST_F(JsonFiles, MutantsGiveRowsOrTypedErrors) {
  const std::string original =
      "{\"a\": 1, \"b\": [1.5, null], \"c\": {\"x\": \"\\u00fc\", \"y\": true}}\n"
      "{\"a\": -2, \"b\": [], \"c\": null}\n";
  std::mt19937_64 random(4711);
  for (int mutant = 0; mutant < 300; ++mutant) {
    std::string text = original;
    for (uint64_t n = 1 + random() % 5; n > 0; --n) {
      const char special[] = {
          '"', '\\', ',', '\n', '[', '{', ']', '}', static_cast<char>(random())};
      text[random() % text.size()] = special[random() % sizeof(special)];
    }
    const std::string path = folder_.Write("m.json", text);
    for (const char* mode : {"PERMISSIVE", "DROPMALFORMED", "FAILFAST"}) {
      for (const std::string& ddl :
           {std::string(),
            std::string("a INT, b ARRAY<DOUBLE>, c STRUCT<x: STRING, y: BOOLEAN>")}) {
        const auto rows = ReadFile(JsonFormat(), path, {.values = {{"mode", mode}}}, ddl);
        if (rows.ok()) continue;
        const std::string error = ErrorName(rows.status());
        EXPECT_TRUE(error == "BAD_RECORD" || error == "CANNOT_INFER_SCHEMA") << rows.status();
      }
    }
  }
}

TEST(JsonTape, WritesWhatItRead) {
  JsonTape tape;
  const std::string text = R"({"a":[1,-2.50,1e5,true,false,null,"x\"\\\u0001y"],"b":{},"c":[]})";
  ASSERT_TRUE(tape.Parse(text));
  std::string out;
  tape.AppendJson(0, &out);
  EXPECT_EQ(out, text);
}

}  // namespace
}  // namespace sabot
