#include "sabot/analyzer/pattern.h"

#include <gtest/gtest.h>

#include "sabot/base/error.h"
#include "sabot/frontend/cypher/parser.h"

namespace sabot::analyzer {
namespace {

const PropertyGraph kGraph = {"g",
                              {{"Person", "people", {"id"}}, {"Company", "co", {"cid"}}},
                              {{"KNOWS", "knows", "Person", {"a"}, "Person", {"b"}},
                               {"WORKS", "wk", "Person", {"p"}, "Company", {"c"}},
                               {"WORKS", "led", "Person", {"p"}, "Company", {"c"}}}};

/// Each reading as the tables of its nodes, then edge table and direction of its relationships.
std::string Readings(const std::string& text) {
  const auto query = cypher::ParseQuery("MATCH " + text + " RETURN 1", "g");
  if (!query.ok()) return query.status().ToString();
  const auto* match = (*query)->As<syntax::Return>()->input->As<syntax::Match>();
  const auto pattern = CollectPattern(*match, kGraph);
  if (!pattern.ok()) {
    const ErrorDetail* detail = GetErrorDetail(pattern.status());
    return std::string(detail->error_class().name);
  }
  const auto readings = ReadingsOf(*pattern, kGraph, {});
  if (!readings.ok()) return std::string(GetErrorDetail(readings.status())->error_class().name);
  std::string shown;
  for (const Reading& reading : *readings) {
    if (!shown.empty()) shown += " ";
    for (const int node : reading.nodes) shown += node == 0 ? "P" : "C";
    for (size_t i = 0; i < reading.relationships.size(); ++i) {
      constexpr std::string_view kArrows = "><-";
      shown += kArrows[static_cast<size_t>(reading.directions[i])];
      shown += std::to_string(reading.relationships[i]);
    }
  }
  return shown;
}

TEST(Readings, FollowWhatEdgeTablesReferTo) {
  EXPECT_EQ(Readings("(a:Person)-[:KNOWS]->(b)"), "PP>0");
  EXPECT_EQ(Readings("(a)<-[:KNOWS]-(b)"), "PP<0");
  EXPECT_EQ(Readings("(a)-[:KNOWS]-(b)"), "PP-0");
  EXPECT_EQ(Readings("(a:Company)-[:KNOWS]->(b)"), "");
  EXPECT_EQ(Readings("(a:Company)-[:WORKS]->(b:Person)"), "");
  EXPECT_EQ(Readings("(a:Person)-[:WORKS]->(b:Person)"), "");
}

TEST(Readings, OfTwoTablesAreOneAWayAndTable) {
  EXPECT_EQ(Readings("(a)-[:WORKS]->(b)"), "PC>1 PC>2");
  EXPECT_EQ(Readings("(a)-[:WORKS]-(b)"), "PC>1 CP<1 PC>2 CP<2");
  EXPECT_EQ(Readings("(a:Company)-[:WORKS]-(b)"), "CP<1 CP<2");
  EXPECT_EQ(Readings("(a:Company|Person)<-[:WORKS]-(b)"), "CP<1 CP<2");
  EXPECT_EQ(Readings("(a)-->(b:Company)"), "PC>1 PC>2");
  EXPECT_EQ(Readings("(a)-[:KNOWS|WORKS]->(b)"), "PP>0 PC>1 PC>2");
}

TEST(Readings, JoinWhatPatternsSayOfAVariable) {
  EXPECT_EQ(Readings("(a)-[:KNOWS]-(b), (b:Company)"), "");
  EXPECT_EQ(Readings("(a:Person|Company), (a:Company)"), "C");
  EXPECT_EQ(Readings("(a)-[:WORKS]-(a)"), "");
  EXPECT_EQ(Readings("(a)-[:KNOWS]-(a)"), "P-0");
  EXPECT_EQ(Readings("(a)"), "P C");
  EXPECT_EQ(Readings("(:Person)-[:KNOWS]->()-[:WORKS]->()<-[:WORKS]-()"),
            "PPCP>0>1<1 PPCP>0>1<2 PPCP>0>2<1 PPCP>0>2<2");
}

TEST(Readings, AreLimited) {
  EXPECT_EQ(Readings("()--()--()--()--()--()"), "UNSUPPORTED_FEATURE");
  EXPECT_EQ(Readings("(a), (b), (c), (d), (e), (f)").size(), size_t{64 * 7 - 1});
  EXPECT_EQ(Readings("(a), (b), (c), (d), (e), (f), (g)"), "UNSUPPORTED_FEATURE");
}

TEST(Patterns, KnowLabelsAndTypesByTheirCase) {
  EXPECT_EQ(Readings("(a:person)"), "GRAPH_ELEMENT_NOT_FOUND");
  EXPECT_EQ(Readings("(a)-[:KNOWS|knows]->(b)"), "GRAPH_ELEMENT_NOT_FOUND");
  EXPECT_EQ(Readings("(a)-[a:KNOWS]->(b)"), "VARIABLE_ALREADY_BOUND");
  EXPECT_EQ(Readings("a = (b)-[a:KNOWS]->(c)"), "VARIABLE_ALREADY_BOUND");
  EXPECT_EQ(Readings("(a)-[A:KNOWS]->(b)"), "PP>0");
  EXPECT_EQ(Readings("p = shortestPath((a)-[:WORKS*]-(b))"), "UNSUPPORTED_FEATURE");
  EXPECT_EQ(Readings("p = shortestPath((a:Company)-[:KNOWS*]-(b))"), "");
}

}  // namespace
}  // namespace sabot::analyzer
