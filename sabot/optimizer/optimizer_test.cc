#include "sabot/optimizer/optimizer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sabot/analyzer/analyzer.h"
#include "sabot/base/error.h"
#include "sabot/frontend/cypher/parser.h"
#include "sabot/frontend/sql/parser.h"
#include "sabot/optimizer/rules.h"

namespace sabot {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

class NoConnector final : public Connector {
 public:
  std::string_view name() const override { return "memory"; }
  arrow::Result<TableDescription> Describe(TableDescription table, const Env&) override {
    return table;
  }
  arrow::Result<std::shared_ptr<Scan>> OpenScan(const ScanRequest&, const Env&) override {
    return InternalError("nothing is read");
  }
};

/// Tables t(a, b, c, s), u(a, d), stream q(ts, x), nodes n(id, w) and edges e(x, y, z), all
/// nullable.
class OptimizerTest : public ::testing::Test {
 protected:
  OptimizerTest() {
    connectors_.Add(std::make_shared<NoConnector>());
    Table("t", "a BIGINT, b BIGINT, c DOUBLE, s STRING");
    Table("u", "a BIGINT, d BIGINT");
    Table("n", "id BIGINT, w STRING");
    Table("e", "x BIGINT, y BIGINT, z BIGINT");
    Table("q", "ts TIMESTAMP, x BIGINT", true);
    EXPECT_TRUE(
        catalog_
            .CreateGraph({"g", {{"N", "n", {"id"}}}, {{"E", "e", "N", {"x"}, "N", {"y"}}}}, false)
            .ok());
  }

  void Table(const std::string& name, const std::string& ddl, bool is_stream = false) {
    TableDescription table{.connector = "memory", .paths = {name}};
    table.schema = *ParseSchema(ddl);
    table.is_unbounded = is_stream;
    EXPECT_TRUE(catalog_.Create({name, table}, false).ok());
  }

  arrow::Result<LogicalPlan> Analyzed(const std::string& text) {
    AnalyzerContext context;
    context.catalog = &catalog_;
    context.connectors = &connectors_;
    context.functions = &FunctionRegistry::Default();
    if (text.starts_with("MATCH")) {
      ARROW_ASSIGN_OR_RAISE(const auto relation, cypher::ParseQuery(text, "g"));
      return Analyze(relation, context);
    }
    ARROW_ASSIGN_OR_RAISE(const auto statement, sql::ParseStatement(text));
    return Analyze(statement->As<syntax::Query>()->relation, context);
  }

  OptimizerContext Context() { return {&FunctionRegistry::Default(), {}, {}}; }

  /// After one rule alone, over literals in their simplest form.
  std::string After(decltype(&rules::PruneColumns) rule, const std::string& text) {
    const auto plan = Analyzed(text);
    if (!plan.ok()) return plan.status().ToString();
    const auto folded = rules::FoldConstants(plan->root, Context());
    if (!folded.ok()) return folded.status().ToString();
    const auto result = rule(*folded, Context());
    return result.ok() ? ToText(*result) : result.status().ToString();
  }
  std::string Pushed(const std::string& text) { return After(rules::PushDownPredicates, text); }

  std::string Optimized(const std::string& text, OptimizerContext context) {
    const auto plan = Analyzed(text);
    if (!plan.ok()) return plan.status().ToString();
    const auto result = Optimize(*plan, context);
    if (!result.ok()) return result.status().ToString();
    EXPECT_EQ(NamesOf(result->root), NamesOf(plan->root)) << "the result has other columns";
    return ToText(result->root);
  }
  std::string Optimized(const std::string& text) { return Optimized(text, Context()); }

  static std::vector<std::string> NamesOf(const LogicalPtr& plan) {
    std::vector<std::string> names;
    for (const OutputColumn& column : plan->output) {
      names.push_back(column.name + " " + column.type.ToSql());
    }
    return names;
  }

  Catalog catalog_;
  ConnectorSet connectors_;
};

TEST_F(OptimizerTest, NotOfAComparisonIsTheOppositeOne) {
  for (const auto& [negated, plain] : {std::pair{"NOT t.a = 1", "t.a <> 1"},
                                       {"NOT t.a <> 1", "t.a = 1"},
                                       {"NOT t.a < 1", "t.a >= 1"},
                                       {"NOT t.a >= 1", "t.a < 1"},
                                       {"NOT t.a > 1", "t.a <= 1"},
                                       {"NOT t.a <= 1", "t.a > 1"}}) {
    const std::string select = "SELECT t.b FROM t WHERE ";
    EXPECT_EQ(After(rules::FoldConstants, select + negated),
              After(rules::FoldConstants, select + plain));
  }
}

TEST_F(OptimizerTest, PredicatesGoToTheSideTheyRead) {
  EXPECT_EQ(Pushed("SELECT t.b FROM t JOIN u ON t.a = u.a WHERE t.b > 1 AND u.d < 2 AND t.b < u.d"),
            "project expressions=[b#2]\n"
            "  filter condition=(b#2 < d#6)\n"
            "    join kind=inner left_keys=[a#1] right_keys=[a#5]\n"
            "      filter condition=(b#2 > 1)\n"
            "        scan table=memory 't' columns=[a#1, b#2, c#3, s#4]\n"
            "      filter condition=(d#6 < 2)\n"
            "        scan table=memory 'u' columns=[a#5, d#6]\n");
}

TEST_F(OptimizerTest, ACommaJoinFindsItsKeys) {
  EXPECT_THAT(Pushed("SELECT t.b FROM t, u WHERE u.a = t.a AND t.b = 1"),
              HasSubstr("join kind=inner left_keys=[a#1] right_keys=[a#5]\n"));
}

TEST_F(OptimizerTest, OuterJoinsKeepTheRowsTheyPad) {
  // The right side's predicate in WHERE decides over padded rows too: it stays.
  const std::string right = Pushed("SELECT t.a FROM t LEFT JOIN u ON t.a = u.a WHERE u.d IS NULL");
  EXPECT_EQ(right.find("filter"), right.rfind("filter"));
  EXPECT_LT(right.find("filter"), right.find("join"));
  // The left side's in WHERE goes below; in ON it must not, the right side's does.
  EXPECT_GT(Pushed("SELECT t.a FROM t LEFT JOIN u ON t.a = u.a WHERE t.b = 1").find("filter"),
            size_t{40});
  EXPECT_EQ(Pushed("SELECT t.a FROM t LEFT JOIN u ON t.a = u.a AND t.b = 1 AND u.d = 2"),
            "project expressions=[a#1]\n"
            "  join kind=left left_keys=[a#1] right_keys=[a#5] residual=(b#2 = 1)\n"
            "    scan table=memory 't' columns=[a#1, b#2, c#3, s#4]\n"
            "    filter condition=(d#6 = 2)\n"
            "      scan table=memory 'u' columns=[a#5, d#6]\n");
}

TEST_F(OptimizerTest, WhatCanFailStaysAboveAJoin) {
  const std::string plan =
      Pushed("SELECT t.a FROM t JOIN u ON t.a = u.a WHERE 1 / t.b > 0 AND t.c > 1.0D");
  EXPECT_THAT(plan, HasSubstr("filter condition=((1.0 / CAST(b#2 AS DOUBLE)) > "));
  EXPECT_LT(plan.find("1.0 / "), plan.find("join")) << plan;
  EXPECT_GT(plan.find("(c#3 > "), plan.find("join")) << plan;
  const std::string cast =
      Pushed("SELECT t.a FROM t JOIN u ON t.a = u.a WHERE CAST(t.s AS INT) = 1");
  EXPECT_LT(cast.find("CAST(s#4"), cast.find("join")) << cast;
}

TEST_F(OptimizerTest, WhatCanFailDoesNotOvertakeWhatGuardsIt) {
  // The guard reads both sides and stays, so the division is no key either.
  const std::string key =
      Pushed("SELECT t.a FROM t, u WHERE t.b + u.d <> t.a AND u.d <> t.b AND 10 / t.b = u.d");
  EXPECT_THAT(key, Not(HasSubstr("left_keys=[(10.0 / ")));
  // Below the projection the guard would be computed twice; the division waits for it.
  const std::string project = Pushed(
      "SELECT * FROM (SELECT a, b, CAST(s AS BIGINT) AS k FROM t) v WHERE k > 0 AND 1 / b > 0");
  EXPECT_LT(project.find("1.0 / "), project.find("CAST(s#")) << project;
}

TEST_F(OptimizerTest, PredicatesPassProjectionsGroupsAndUnions) {
  EXPECT_EQ(Pushed("SELECT * FROM (SELECT a AS k, b FROM t) v WHERE k = 1"),
            "project expressions=[k#1, b#2]\n"
            "  project expressions=[k#1, b#2]\n"
            "    filter condition=(a#1 = 1)\n"
            "      scan table=memory 't' columns=[a#1, b#2, c#3, s#4]\n");
  const std::string group =
      Pushed("SELECT b, sum(a) AS n FROM t GROUP BY b HAVING b > 1 AND sum(a) > 2");
  EXPECT_GT(group.find("(b#2 > 1)"), group.find("aggregate")) << group;
  EXPECT_LT(group.find("> 2)"), group.find("  aggregate")) << group;
  const std::string all =
      Pushed("SELECT * FROM (SELECT a FROM t UNION ALL SELECT d FROM u) v WHERE a > 5");
  EXPECT_THAT(all, HasSubstr("filter condition=(a#"));
  EXPECT_THAT(all, HasSubstr("filter condition=(d#"));
  EXPECT_GT(all.find("filter"), all.find("union")) << all;
}

TEST_F(OptimizerTest, AGlobalAggregateKeepsItsOneRow) {
  const std::string plan = Pushed("SELECT * FROM (SELECT count(*) AS n FROM t) v WHERE n >= 0");
  EXPECT_LT(plan.find("filter"), plan.find("aggregate")) << plan;
}

TEST_F(OptimizerTest, PredicatesStopAtLimits) {
  const std::string plan = Pushed("SELECT * FROM (SELECT a FROM t LIMIT 5) v WHERE a = 1");
  EXPECT_LT(plan.find("filter"), plan.find("limit")) << plan;
  const std::string top =
      Pushed("SELECT * FROM (SELECT a FROM t ORDER BY b LIMIT 5) v WHERE a = 1");
  EXPECT_LT(top.find("filter"), top.find("limit")) << top;
  const std::string sorted = Pushed("SELECT * FROM (SELECT a FROM t ORDER BY a) v WHERE a = 1");
  EXPECT_GT(sorted.find("filter"), sorted.find("sort")) << sorted;
}

TEST_F(OptimizerTest, FoldsWhatIsConstantButNoError) {
  const auto folded = [&](const std::string& text) { return After(rules::FoldConstants, text); };
  EXPECT_THAT(folded("SELECT a + (1 + 2) AS x FROM t"), HasSubstr("(a#1 + 3)"));
  EXPECT_THAT(folded("SELECT 1 / 0 AS x FROM t"), HasSubstr("/"));
  EXPECT_THAT(folded("SELECT CASE WHEN a = 1 THEN 1 / 0 ELSE 2 END AS x FROM t"), HasSubstr("/"));
  EXPECT_THAT(folded("SELECT a FROM t WHERE TRUE AND a = 1"), HasSubstr("condition=(a#1 = 1)"));
  EXPECT_THAT(folded("SELECT a FROM t WHERE a = 1 AND 1 = 1"), HasSubstr("condition=(a#1 = 1)"));
  EXPECT_THAT(folded("SELECT a FROM t WHERE 1 = 1"), Not(HasSubstr("filter")));
  EXPECT_THAT(folded("SELECT a FROM t WHERE 1 = 2 AND a = 1"), HasSubstr("values columns="));
  EXPECT_THAT(folded("SELECT a FROM t WHERE CAST(NULL AS BOOLEAN)"), HasSubstr("values columns="));
  EXPECT_THAT(folded("SELECT a FROM t WHERE a = 1 OR 1 = 1"), Not(HasSubstr("filter")));
  EXPECT_THAT(folded("SELECT a FROM t WHERE 1 / a = 1 AND 1 = 2"), HasSubstr("values columns="));
  EXPECT_THAT(folded("SELECT a FROM t WHERE a = 1 OR 1 = 2"), HasSubstr("condition=(a#1 = 1)"));
  EXPECT_THAT(folded("SELECT a FROM t WHERE 1 = 2 OR a = 1"), HasSubstr("condition=(a#1 = 1)"));
  EXPECT_THAT(folded("SELECT x FROM q WHERE 1 = 2"), HasSubstr("filter")) << "a stream goes on";
  EXPECT_THAT(folded("SELECT a FROM t ORDER BY a, 1 + 1"), HasSubstr("keys=[a#1"));
}

TEST_F(OptimizerTest, ProjectionsBecomeOne) {
  const auto merged = [&](const std::string& text) { return After(rules::MergeProjects, text); };
  EXPECT_EQ(merged("SELECT y + 1 AS z FROM (SELECT x * 2 AS y FROM (SELECT a AS x FROM t) v) w"),
            "project expressions=[((a#1 * 2) + 1) AS z#5]\n"
            "  scan table=memory 't' columns=[a#1, b#2, c#3, s#4]\n");
  // Not where that would compute something twice.
  EXPECT_THAT(merged("SELECT y + y AS z FROM (SELECT a * 2 AS y FROM t) v"),
              HasSubstr("  project expressions=[(a#1 * 2) AS y#"));
  EXPECT_EQ(merged("SELECT a, b, c, s FROM t"),
            "scan table=memory 't' columns=[a#1, b#2, c#3, s#4]\n");
}

TEST_F(OptimizerTest, WhatProjectionsAddUpToStaysWalkable) {
  std::string ones;
  for (int i = 0; i < 300; ++i) ones += " + 1";
  std::string text = "SELECT a AS x FROM t";
  for (int i = 0; i < 10; ++i) text = "SELECT x" + ones + " AS x FROM (" + text + ")";
  const std::string plan = Optimized(text);
  size_t num_projects = 0;
  for (size_t at = plan.find("project "); at != plan.npos; at = plan.find("project ", at + 1)) {
    ++num_projects;
  }
  EXPECT_GE(num_projects, 4U);
  EXPECT_LE(num_projects, 5U);
  // A predicate stays where each step down would double it.
  text = "SELECT b AS s FROM t";
  for (int i = 0; i < 64; ++i) text = "SELECT concat(s, s) AS s FROM (" + text + ")";
  EXPECT_THAT(Pushed("SELECT s FROM (" + text + ") WHERE s = ''"), HasSubstr("filter"));
}

TEST_F(OptimizerTest, ManyConjunctsAreATreeOfFewLevels) {
  std::string text = "SELECT a FROM t";
  for (int i = 0; i < 40; ++i) {
    std::string where = "a <> 0";
    for (int k = 1; k < 50; ++k) where += " AND a <> " + std::to_string(i * 50 + k);
    text = "SELECT a FROM (" + text + ") WHERE " + where;
  }
  const std::string plan = Pushed(text);
  EXPECT_THAT(plan, HasSubstr("(a#1 <> 1999)"));
  size_t depth = 0;
  size_t deepest = 0;
  for (const char c : plan) {
    depth += c == '(' ? 1 : 0;
    depth -= c == ')' ? 1 : 0;
    deepest = std::max(deepest, depth);
  }
  EXPECT_LT(deepest, 300U);
}

TEST_F(OptimizerTest, LimitsMoveToWhatTheyLimit) {
  const auto limited = [&](const std::string& text) { return After(rules::PushDownLimits, text); };
  EXPECT_THAT(limited("SELECT a + 1 AS x FROM t LIMIT 3"), HasSubstr("  limit count=3 offset=0"));
  EXPECT_THAT(limited("SELECT a FROM t ORDER BY b LIMIT 3 OFFSET 2"),
              HasSubstr("sort keys=[sort_key#2] limit=3 offset=2"));
  EXPECT_THAT(limited("SELECT a FROM t ORDER BY b LIMIT 3"), Not(HasSubstr("limit count")));
  EXPECT_THAT(limited("SELECT a FROM t ORDER BY b LIMIT 1000000"),
              HasSubstr("limit count=1000000"));
  EXPECT_THAT(limited("SELECT * FROM (SELECT a FROM t LIMIT 10 OFFSET 4) v LIMIT 20 OFFSET 3"),
              HasSubstr("limit count=7 offset=7"));
  EXPECT_THAT(limited("SELECT * FROM (SELECT a FROM t LIMIT 10) v LIMIT 4"),
              HasSubstr("limit count=4 offset=0"));
  EXPECT_THAT(limited("SELECT * FROM (SELECT a FROM t LIMIT 2) v LIMIT 4 OFFSET 5"),
              HasSubstr("limit count=0 offset=5"));
  EXPECT_THAT(
      limited("SELECT * FROM (SELECT a FROM t LIMIT 9 OFFSET 9223372036854775800) v LIMIT 4 "
              "OFFSET 5000"),
      HasSubstr("offset=9223372036854775807"));
}

TEST_F(OptimizerTest, OnlyColumnsSomebodyReadsAreRead) {
  const auto pruned = [&](const std::string& text) { return After(rules::PruneColumns, text); };
  EXPECT_EQ(pruned("SELECT b FROM t WHERE c > 1.0D"),
            "project expressions=[b#1]\n"
            "  filter condition=(c#2 > 1.0)\n"
            "    scan table=memory 't' columns=[b#1, c#2]\n");
  EXPECT_THAT(pruned("SELECT count(*) AS n FROM t"), HasSubstr("scan table=memory 't'\n"));
  EXPECT_THAT(pruned("SELECT x FROM (SELECT a AS x, sum(b) AS y, max(c) AS z FROM t GROUP BY a) v"),
              HasSubstr("scan table=memory 't' columns=[a#1]\n"));
  EXPECT_THAT(pruned("SELECT t.c FROM t JOIN u ON t.a = u.a"),
              HasSubstr("scan table=memory 'u' columns=[a#"));
  EXPECT_THAT(pruned("SELECT t.c FROM t JOIN u ON t.a = u.a"),
              HasSubstr("scan table=memory 't' columns=[a#1, c#2]"));
  EXPECT_THAT(pruned("SELECT c FROM t LEFT SEMI JOIN u ON t.a = u.a AND t.b < u.d"),
              HasSubstr("columns=[a#1, b#2, c#3]"));
  EXPECT_THAT(pruned("SELECT a FROM t ORDER BY s"), HasSubstr("columns=[a#1, s#2]"));
  EXPECT_THAT(pruned("SELECT y FROM (SELECT a AS x, b AS y FROM t UNION ALL SELECT a, d FROM u) v"),
              HasSubstr("scan table=memory 'u' columns=[d#"));
  // Values under a DISTINCT decide how many rows there are.
  EXPECT_THAT(pruned("SELECT count(*) AS n FROM (SELECT DISTINCT a, b FROM t) v"),
              HasSubstr("columns=[a#1, b#2]"));
}

TEST_F(OptimizerTest, ComparisonsOverAScanBecomeItsBounds) {
  const auto bounds = [&](const std::string& text) { return After(rules::DeriveScanBounds, text); };
  EXPECT_THAT(bounds("SELECT a FROM t WHERE a > 5 AND 7 >= b AND c IS NULL AND s = 'x'"),
              HasSubstr("bounds=[$0 > 5, $1 <= 7, $2 is null, $3 = 'x']"));
  EXPECT_THAT(bounds("SELECT a FROM t WHERE 5 < a"), HasSubstr("bounds=[$0 > 5]"));
  EXPECT_THAT(bounds("SELECT a FROM t WHERE a > 5"), HasSubstr("filter condition=(a#1 > 5)"));
  EXPECT_THAT(bounds("SELECT a FROM t WHERE a > 5 OR b = 1"), Not(HasSubstr("bounds")));
  EXPECT_THAT(bounds("SELECT a FROM t WHERE a > b"), Not(HasSubstr("bounds")));
  EXPECT_THAT(bounds("SELECT a FROM t WHERE a <> 5"), Not(HasSubstr("bounds")));
  EXPECT_THAT(bounds("SELECT x FROM q WHERE x > 5"), Not(HasSubstr("bounds")));
}

TEST_F(OptimizerTest, DistinctAggregatesGroupTwice) {
  const auto rewritten = [&](const std::string& text) {
    return After(rules::RewriteDistinctAggregates, text);
  };
  const std::string plan =
      rewritten("SELECT b, count(DISTINCT a) AS d, count(*) AS n, sum(a) AS s FROM t GROUP BY b");
  EXPECT_THAT(plan, HasSubstr("aggregate keys=[b#2] aggregates=[count(value#"));
  EXPECT_THAT(plan, HasSubstr("aggregate keys=[b#2, a#1 AS value#"));
  EXPECT_THAT(plan, HasSubstr("sum(count(1)#"));
  const std::string global = rewritten("SELECT count(DISTINCT a) AS d, count(b) AS n FROM t");
  EXPECT_THAT(global, HasSubstr("coalesce(count(b)#")) << "a count over no rows is 0";
  EXPECT_THAT(rewritten("SELECT max(DISTINCT a) AS m FROM t"),
              HasSubstr("aggregates=[max(a#1) AS "));
  EXPECT_THAT(rewritten("SELECT count(DISTINCT a), count(DISTINCT b) FROM t"),
              HasSubstr("UNSUPPORTED_FEATURE"));
  EXPECT_THAT(rewritten("SELECT avg(b), count(DISTINCT a) FROM t"),
              HasSubstr("UNSUPPORTED_FEATURE"));
  EXPECT_THAT(rewritten("SELECT x, count(DISTINCT ts) FROM q GROUP BY x"),
              HasSubstr("STREAM_UNSUPPORTED"));
}

TEST_F(OptimizerTest, PatternsBecomeJoins) {
  const auto lowered = [&](const std::string& text) { return After(rules::LowerMatch, text); };
  const auto count = [](const std::string& text, const std::string& word) {
    int found = 0;
    for (size_t at = text.find(word); at != text.npos; at = text.find(word, at + 1)) ++found;
    return found;
  };
  const std::string one = lowered("MATCH (a:N)-[r:E]->(b:N) RETURN a.w, b.w");
  EXPECT_EQ(count(one, "join kind=inner"), 2) << one;
  EXPECT_THAT(one, Not(HasSubstr("match")));
  EXPECT_THAT(one, Not(HasSubstr("union")));
  // Both ways, a loop once.
  const std::string undirected = lowered("MATCH (a:N)-[r:E]-(b:N) RETURN a.w");
  EXPECT_EQ(count(undirected, "union"), 1) << undirected;
  EXPECT_THAT(undirected, HasSubstr("filter condition=(NOT (x#"));
  // A cycle joins its last edge by both ends.
  const std::string cycle = lowered("MATCH (a:N)-[:E]->(b:N)-[:E]->(a) RETURN a.w");
  EXPECT_EQ(count(cycle, "join kind=inner"), 3) << cycle;
  EXPECT_THAT(cycle, ::testing::ContainsRegex("left_keys=\\[id#[0-9]+, id#[0-9]+\\]"));
  EXPECT_THAT(cycle, HasSubstr("<=>")) << "no relationship is used twice";
  // Nodes nothing connects: every pair.
  EXPECT_THAT(lowered("MATCH (a:N), (b:N) RETURN a.w, b.w"), HasSubstr("join kind=inner\n"));
  EXPECT_THAT(lowered("MATCH p = shortestPath((a:N)-[:E*..4]-(b:N)) RETURN p"),
              HasSubstr("shortest_path"));
}

TEST_F(OptimizerTest, RulesCanBeLeftOutUnlessRequired) {
  OptimizerContext context = Context();
  context.disabled_rules = {"push_down_predicates", "prune_columns"};
  EXPECT_THAT(Optimized("SELECT a FROM t WHERE b = 1", context),
              HasSubstr("columns=[a#1, b#2, c#3, s#4]"));
  context.disabled_rules = {"lower_match"};
  EXPECT_THAT(Optimized("SELECT a FROM t", context), HasSubstr("CONFIG_INVALID"));
  context.disabled_rules = {"no_such_rule"};
  EXPECT_THAT(Optimized("SELECT a FROM t", context), HasSubstr("CONFIG_INVALID"));
}

TEST_F(OptimizerTest, TheResultHasTheColumnsAskedForWhateverRulesRun) {
  const char* texts[] = {
      "SELECT * FROM t JOIN u USING (a) WHERE b > 1 ORDER BY d LIMIT 3",
      "SELECT s, count(DISTINCT a) AS n FROM t WHERE c > 0 GROUP BY s HAVING count(DISTINCT a) > 1",
      "SELECT a, a AS b, a + 1 AS c FROM t UNION ALL SELECT d, a, 5 FROM u",
      "WITH v AS (SELECT DISTINCT a, b FROM t) SELECT x.b, y.b AS z FROM v x JOIN v y ON x.a = y.a",
      "MATCH (a:N)-[:E]-(b:N)-[:E]->(c:N) WHERE a.w = 'x' RETURN a.w, count(*) AS n",
      "SELECT 1 AS one WHERE 1 = 2",
  };
  for (const char* text : texts) {
    const std::string all = Optimized(text);
    EXPECT_THAT(all, Not(HasSubstr("ERROR"))) << text;
    for (const OptimizerRule& rule : OptimizerRules()) {
      if (rule.is_required) continue;
      OptimizerContext context = Context();
      context.disabled_rules = {std::string(rule.name)};
      Optimized(text, context);
    }
    // Optimizing twice changes nothing.
    const auto once = Optimize(*Analyzed(text), Context());
    ASSERT_TRUE(once.ok()) << once.status().ToString();
  }
}

}  // namespace
}  // namespace sabot
