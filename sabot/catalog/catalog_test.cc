#include "sabot/catalog/catalog.h"

#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sabot/base/error.h"
#include "sabot/catalog/connectors.h"

namespace sabot {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

CatalogEntry Table(std::string name, std::string path = "/t") {
  return {std::move(name),
          TableDescription{
              "files", "csv", {std::move(path)}, {}, Schema{{{"a", Type(), true}}}, false}};
}

class View final : public ViewBody {
 public:
  Schema schema() const override { return Schema{{{"v", Type(TypeId::kInt), false}}}; }
};

std::string ClassOf(const arrow::Status& status) {
  const ErrorDetail* detail = GetErrorDetail(status);
  return detail == nullptr ? status.ToString() : std::string(detail->error_class().name);
}

TEST(Catalog, FindsNamesWithoutRegardToCase) {
  Catalog catalog;
  ASSERT_TRUE(catalog.Create(Table("Flights"), false).ok());
  EXPECT_EQ(catalog.Find("fLIGHTS")->name, "Flights");
  EXPECT_TRUE(catalog.Has("FLIGHTS"));
  EXPECT_EQ(ClassOf(catalog.Create(Table("FLIGHTS"), false)), "TABLE_OR_VIEW_ALREADY_EXISTS");
  EXPECT_TRUE(catalog.Drop("flights"));
  EXPECT_FALSE(catalog.Drop("flights"));
  EXPECT_FALSE(catalog.Has("Flights"));
}

TEST(Catalog, SuggestsTheNearestName) {
  Catalog catalog;
  ASSERT_TRUE(catalog.Create(Table("flights"), false).ok());
  const arrow::Status status = catalog.Find("fligths").status();
  EXPECT_EQ(ClassOf(status), "TABLE_OR_VIEW_NOT_FOUND");
  EXPECT_EQ(GetErrorDetail(status)->hint(), "did you mean `flights`?");
  EXPECT_EQ(GetErrorDetail(catalog.Find("zzz").status())->hint(), "");
}

TEST(Catalog, WhatWasFoundStaysAsItWas) {
  Catalog catalog;
  ASSERT_TRUE(catalog.Create(Table("t", "/old"), false).ok());
  const CatalogEntry before = *catalog.Find("t");
  ASSERT_TRUE(catalog.Create(Table("T", "/new"), true).ok());
  EXPECT_THAT(std::get<TableDescription>(before.definition).paths, ElementsAre("/old"));
  const CatalogEntry after = *catalog.Find("t");
  EXPECT_EQ(after.name, "T");
  EXPECT_THAT(std::get<TableDescription>(after.definition).paths, ElementsAre("/new"));
  EXPECT_EQ(catalog.Entries().size(), 1U);
}

TEST(Catalog, ListsTablesAndViewsByName) {
  Catalog catalog;
  ASSERT_TRUE(catalog.Create(Table("b"), false).ok());
  ASSERT_TRUE(catalog.Create({"A", std::make_shared<View>()}, false).ok());
  const auto entries = catalog.Entries();
  ASSERT_EQ(entries.size(), 2U);
  EXPECT_EQ(entries[0].name, "A");
  EXPECT_TRUE(entries[0].is_view());
  EXPECT_EQ(entries[0].schema().ToDdl(), "v INT NOT NULL");
  EXPECT_FALSE(entries[1].is_view());
  EXPECT_EQ(entries[1].schema().columns[0].name, "a");
}

TEST(Catalog, GraphsHaveADefaultOnlyWhenThereIsOne) {
  Catalog catalog;
  EXPECT_EQ(ClassOf(catalog.FindGraph("").status()), "GRAPH_NOT_FOUND");
  ASSERT_TRUE(catalog.CreateGraph({"Routes", {}, {}}, false).ok());
  EXPECT_EQ(catalog.FindGraph("")->name, "Routes");
  EXPECT_EQ(catalog.FindGraph("routes")->name, "Routes");
  EXPECT_EQ(ClassOf(catalog.CreateGraph({"ROUTES", {}, {}}, false)), "GRAPH_ALREADY_EXISTS");
  PropertyGraph replaced{"ROUTES", {{"Airport", "airports", {"faa"}}}, {}};
  ASSERT_TRUE(catalog.CreateGraph(replaced, true).ok());
  EXPECT_EQ(*catalog.FindGraph("routes"), replaced);
  ASSERT_TRUE(catalog.CreateGraph({"other", {}, {}}, false).ok());
  EXPECT_THAT(GetErrorDetail(catalog.FindGraph("").status())->hint(), HasSubstr("several"));
  EXPECT_EQ(GetErrorDetail(catalog.FindGraph("othr").status())->hint(), "did you mean `other`?");
  EXPECT_TRUE(catalog.DropGraph("OTHER"));
  EXPECT_FALSE(catalog.DropGraph("OTHER"));
  EXPECT_EQ(catalog.Graphs().size(), 1U);
}

TEST(Catalog, IsUsedByManyThreadsAtOnce) {
  Catalog catalog;
  std::vector<std::thread> threads;
  for (int thread = 0; thread < 4; ++thread) {
    threads.emplace_back([&catalog, thread] {
      const std::string own = "own" + std::to_string(thread);
      for (int i = 0; i < 500; ++i) {
        ASSERT_TRUE(catalog.Create(Table("shared", own), true).ok());
        ASSERT_TRUE(catalog.Create(Table(own), false).ok());
        ASSERT_TRUE(catalog.Find("shared").ok());
        ASSERT_TRUE(catalog.Drop(own));
        (void)catalog.Entries();
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(catalog.Entries().size(), 1U);
}

/// A system of which nothing but the name is asked.
class NamedConnector final : public Connector {
 public:
  explicit NamedConnector(std::string name) : name_(std::move(name)) {}
  std::string_view name() const override { return name_; }
  arrow::Result<TableDescription> Describe(TableDescription table, const Env&) override {
    return table;
  }
  arrow::Result<std::shared_ptr<Scan>> OpenScan(const ScanRequest&, const Env&) override {
    return nullptr;
  }

 private:
  const std::string name_;
};

TEST(ConnectorSet, NamesTheOnesThereAre) {
  ConnectorSet connectors;
  EXPECT_EQ(ClassOf(connectors.Find("kafka").status()), "UNSUPPORTED_FEATURE");
  connectors.Add(std::make_shared<NamedConnector>("memory"));
  connectors.Add(std::make_shared<NamedConnector>("files"));
  EXPECT_EQ((*connectors.Find("files"))->name(), "files");
  EXPECT_EQ(GetErrorDetail(connectors.Find("kafka").status())->hint(), "one of files, memory");
}

}  // namespace
}  // namespace sabot
