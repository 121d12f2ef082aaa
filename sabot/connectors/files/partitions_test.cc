#include "sabot/connectors/files/partitions.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sabot/base/error.h"
#include "sabot/connectors/files/files.h"
#include "sabot/formats/testing/file_rows.h"

namespace sabot {
namespace {

using ::testing::ElementsAre;
using ::testing::UnorderedElementsAre;

/// Folders of CSV files without a header.
class Partitions : public ::testing::Test {
 protected:
  Partitions() { env_.files = &LocalFiles(); }

  arrow::Result<TableDescription> Describe(const std::string& path, OptionList options = {},
                                           const std::string& ddl = {}) {
    TableDescription table{.connector = "files",
                           .format = "csv",
                           .paths = {path.starts_with('/') ? path : folder_.PathOf(path)},
                           .options = std::move(options)};
    if (!ddl.empty()) table.schema = *ParseSchema(ddl);
    return connector_->Describe(std::move(table), env_);
  }
  std::string Ddl(const std::string& path, OptionList options = {}, const std::string& ddl = {}) {
    const auto table = Describe(path, std::move(options), ddl);
    return table.ok() ? table->schema.ToDdl() : ErrorName(table.status());
  }
  std::vector<std::string> Rows(const TableDescription& table, std::vector<int> columns,
                                std::vector<ColumnBound> bounds = {}) {
    std::vector<std::string> rows;
    auto scan = connector_->OpenScan({table, std::move(columns), std::move(bounds)}, env_);
    if (!scan.ok()) return {ErrorName(scan.status())};
    morsels_total_ = (*scan)->progress().morsels_total;
    TaskContext context;
    context.num_tasks = 1;
    context.batch_size = 2;
    context.env = env_;
    const auto source = *(*scan)->MakeSource(context);
    while (true) {
      Output output;
      const auto progress = source->Poll(&output);
      if (!progress.ok()) return {ErrorName(progress.status())};
      if (*progress == Progress::kDone) return rows;
      for (const TextRow& row : TextRowsOf(output.batch)) {
        std::string text;
        for (const std::string& cell : row) text += (text.empty() ? "" : "|") + cell;
        rows.push_back(text);
      }
    }
  }

  TestFolder folder_;
  std::shared_ptr<Connector> connector_ = MakeFilesConnector();
  Env env_;
  int64_t morsels_total_ = 0;
};

TEST_F(Partitions, AreColumnsBehindTheFiles) {
  folder_.Write("d/year=2024/city=Bonn/x.csv", "1,a\n2,b\n3,c\n");
  folder_.Write("d/year=2023/city=K%C3%B6ln%2FS%C3%BCd/y.csv", "4,d\n");
  folder_.Write("d/year=__HIVE_DEFAULT_PARTITION__/city=12/z.csv", "5,e\n");
  for (const char* path : {"d", "d/", "d/*", "d//*/*/*.csv"}) {
    if (std::string_view(path) == "d" || std::string_view(path) == "d/") {
      EXPECT_EQ(Ddl(path), "_c0 STRING, _c1 STRING, year INT, city STRING") << path;
    }
  }
  const TableDescription table = *Describe("d");
  EXPECT_THAT(Rows(table, {0, 1, 2, 3}),
              UnorderedElementsAre("1|a|2024|Bonn", "2|b|2024|Bonn", "3|c|2024|Bonn",
                                   "4|d|2023|K\xC3\xB6ln/S\xC3\xBC"
                                   "d",
                                   "5|e|NULL|12"));
  EXPECT_THAT(Rows(table, {2, 0, 2}),
              UnorderedElementsAre("2024|1|2024", "2024|2|2024", "2024|3|2024", "2023|4|2023",
                                   "NULL|5|NULL"));
  EXPECT_THAT(Rows(table, {2}), UnorderedElementsAre("2024", "2024", "2024", "2023", "NULL"));
  EXPECT_EQ(*connector_->Describe(table, env_), table) << "described again it stays";
}

TEST_F(Partitions, AreNoneOfWhatIsNamedByItself) {
  folder_.Write("d/p=1/q=2/x.csv", "1\n");
  EXPECT_EQ(Ddl("d/p=1"), "_c0 STRING, q INT");
  EXPECT_EQ(Ddl("d/*"), "_c0 STRING, q INT");
  EXPECT_EQ(Ddl("d/p=1/q=2/x.csv"), "_c0 STRING");
  EXPECT_EQ(Ddl("d/*/*"), "_c0 STRING");
  EXPECT_EQ(Ddl("d/*/*", {{"basepath", folder_.PathOf("d")}}), "_c0 STRING, p INT, q INT");
  EXPECT_EQ(Ddl("d/p=1", {{"basepath", folder_.PathOf("d/q=3")}}), "CONFIG_INVALID");
}

TEST_F(Partitions, HaveTheNarrowestType) {
  const auto type = [&](std::vector<std::string> values) {
    std::vector<std::string> paths;
    for (const std::string& value : values) paths.push_back("/d/p=" + value + "/f");
    return internal::InferPartitions("/d", paths).ValueOrDie()[0].type.ToSql();
  };
  EXPECT_EQ(type({"1", "-2147483648"}), "INT");
  EXPECT_EQ(type({"01", "2147483648"}), "BIGINT");
  EXPECT_EQ(type({"1", "9223372036854775808"}), "DECIMAL(20,0)");
  EXPECT_EQ(type({"1", "2.5"}), "DOUBLE");
  EXPECT_EQ(type({"2024-01-31"}), "DATE");
  EXPECT_EQ(type({"2024-02-30"}), "STRING");
  EXPECT_EQ(type({"2024-01-31", "1"}), "STRING");
  EXPECT_EQ(type({"1", "x"}), "STRING");
  EXPECT_EQ(type({"__HIVE_DEFAULT_PARTITION__", "7"}), "INT");
  EXPECT_EQ(type({"__HIVE_DEFAULT_PARTITION__"}), "STRING");
}

TEST_F(Partitions, TakeAGivenType) {
  folder_.Write("d/p=01/x.csv", "5\n");
  EXPECT_EQ(Ddl("d", {}, "p STRING, a INT"), "a INT, p STRING");
  EXPECT_THAT(Rows(*Describe("d", {}, "p STRING, a INT"), {0, 1}), ElementsAre("5|01"));
  EXPECT_THAT(Rows(*Describe("d", {}, "a INT, p TINYINT"), {0, 1}), ElementsAre("5|1"));
  EXPECT_THAT(Rows(*Describe("d", {}, "a INT"), {0, 1}), ElementsAre("5|1"));
  EXPECT_THAT(Rows(*Describe("d", {}, "a INT, p DATE"), {0, 1}), ElementsAre("CAST_INVALID_INPUT"));
}

TEST_F(Partitions, AreTheSameForAllFiles) {
  folder_.Write("d/p=1/x.csv", "1\n");
  folder_.Write("d/q=2/x.csv", "1\n");
  EXPECT_EQ(Ddl("d"), "CONFLICTING_PARTITION_COLUMN_NAMES");
  folder_.Write("e/p=1/x.csv", "1\n");
  folder_.Write("e/x.csv", "1\n");
  EXPECT_EQ(Ddl("e"), "CONFLICTING_PARTITION_COLUMN_NAMES");
  folder_.Write("f/t1/p=1/x.csv", "1\n");
  folder_.Write("f/t2/p=1/x.csv", "1\n");
  EXPECT_EQ(Ddl("f"), "_c0 STRING, p INT");
  EXPECT_EQ(Ddl("f/*"), "UNSUPPORTED_FEATURE");
}

TEST_F(Partitions, AreSkippedByBounds) {
  folder_.Write("d/p=1/x.csv", "1\n");
  folder_.Write("d/p=2/x.csv", "2\n");
  folder_.Write("d/p=__HIVE_DEFAULT_PARTITION__/x.csv", "3\n");
  const TableDescription table = *Describe("d");
  const auto rows = [&](Comparison comparison, int value) {
    return Rows(table, {0}, {{1, comparison, TypedValue::Int(value)}});
  };
  EXPECT_THAT(rows(Comparison::kEqual, 2), ElementsAre("2"));
  EXPECT_EQ(morsels_total_, 1);
  EXPECT_THAT(rows(Comparison::kGreaterEqual, 1), UnorderedElementsAre("1", "2"));
  EXPECT_THAT(rows(Comparison::kLess, 2), ElementsAre("1"));
  EXPECT_THAT(rows(Comparison::kIsNull, 0), ElementsAre("3"));
  EXPECT_THAT(rows(Comparison::kIsNotNull, 0), UnorderedElementsAre("1", "2"));
  EXPECT_THAT(rows(Comparison::kGreater, 2), ElementsAre());
}

}  // namespace
}  // namespace sabot
