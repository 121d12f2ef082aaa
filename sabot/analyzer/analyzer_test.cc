#include "sabot/analyzer/analyzer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sabot/base/error.h"
#include "sabot/frontend/cypher/parser.h"
#include "sabot/frontend/sql/parser.h"

namespace sabot {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

/// Describes what it is asked to; reads nothing.
class NoConnector final : public Connector {
 public:
  explicit NoConnector(std::string name) : name_(std::move(name)) {}
  std::string_view name() const override { return name_; }
  arrow::Result<TableDescription> Describe(TableDescription table, const Env&) override {
    if (table.connector == "range") table.schema.columns = {{"id", Type(TypeId::kLong), false}};
    return table;
  }
  arrow::Result<std::shared_ptr<Scan>> OpenScan(const ScanRequest&, const Env&) override {
    return InternalError("nothing is read");
  }

 private:
  std::string name_;
};

/// Tables t(a INT NOT NULL, b STRING, c DOUBLE), u(a BIGINT, d DATE, ts TIMESTAMP), stream s, and
/// a graph of p(name, age) and k(x, y, since).
class AnalyzerTest : public ::testing::Test {
 protected:
  AnalyzerTest() {
    connectors_.Add(std::make_shared<NoConnector>("memory"));
    connectors_.Add(std::make_shared<NoConnector>("range"));
    Table("t", "a INT NOT NULL, b STRING, c DOUBLE");
    Table("u", "a BIGINT, d DATE, ts TIMESTAMP");
    Table("p", "name STRING, age INT");
    Table("k", "x STRING, y STRING, since INT");
    EXPECT_TRUE(catalog_
                    .CreateGraph({"g",
                                  {{"Person", "p", {"name"}}},
                                  {{"KNOWS", "k", "Person", {"x"}, "Person", {"y"}}}},
                                 false)
                    .ok());
  }

  void Table(const std::string& name, const std::string& ddl) {
    TableDescription table{.connector = "memory", .paths = {name}};
    table.schema = *ParseSchema(ddl);
    EXPECT_TRUE(catalog_.Create({name, table}, false).ok());
  }

  AnalyzerContext Context() {
    AnalyzerContext context;
    context.catalog = &catalog_;
    context.connectors = &connectors_;
    context.functions = &FunctionRegistry::Default();
    context.parameters = {{"n", TypedValue::Long(7)}};
    return context;
  }

  arrow::Result<LogicalPlan> AnalyzeSql(const std::string& text) {
    ARROW_ASSIGN_OR_RAISE(const auto statement, sql::ParseStatement(text));
    const auto* query = statement->As<syntax::Query>();
    if (query == nullptr) return arrow::Status::Invalid("no query: ", text);
    return Analyze(query->relation, Context());
  }

  std::string Plan(const std::string& text) {
    const auto plan = AnalyzeSql(text);
    return plan.ok() ? ToText(plan->root) : plan.status().ToString();
  }

  std::string Cypher(const std::string& text) {
    const auto relation = cypher::ParseQuery(text, "g");
    if (!relation.ok()) return relation.status().ToString();
    const auto plan = Analyze(*relation, Context());
    return plan.ok() ? ToText(plan->root) : plan.status().ToString();
  }

  std::string SchemaText(const std::string& text) {
    const auto plan = AnalyzeSql(text);
    return plan.ok() ? SchemaOf(plan->root).ToDdl() : plan.status().ToString();
  }

  /// "CLASS: what of the text is at fault".
  std::string Error(const std::string& text) {
    const arrow::Status status = AnalyzeSql(text).status();
    const ErrorDetail* detail = GetErrorDetail(status);
    if (detail == nullptr) return status.ToString();
    const Span span = detail->span();
    return std::string(detail->error_class().name) + ": " +
           (span.is_known() ? text.substr(span.begin, span.end - span.begin) : "?");
  }

  /// As CREATE OR REPLACE VIEW; is_rebound: of SQL, not of a DataFrame.
  arrow::Status TryCreateView(const std::string& name, const std::string& text, bool is_rebound,
                              std::vector<std::string> columns = {}) {
    ARROW_ASSIGN_OR_RAISE(const auto statement, sql::ParseStatement(text));
    const syntax::CreateView create{name, true, std::move(columns),
                                    statement->As<syntax::Query>()->relation, is_rebound};
    ARROW_ASSIGN_OR_RAISE(auto body, AnalyzeView(create, Context()));
    return catalog_.Create({name, std::move(body)}, true);
  }
  void CreateView(const std::string& name, const std::string& text, bool is_rebound = true) {
    const arrow::Status status = TryCreateView(name, text, is_rebound);
    ASSERT_TRUE(status.ok()) << status.ToString();
  }

  Catalog catalog_;
  ConnectorSet connectors_;
};

TEST_F(AnalyzerTest, ResolvesNamesWithoutRegardToCase) {
  EXPECT_EQ(Plan("SELECT A, t.B AS x FROM T WHERE C > 1.5"),
            "project expressions=[A#1, x#2]\n"
            "  filter condition=(c#3 > CAST(1.5 AS DOUBLE))\n"
            "    scan table=memory 't' columns=[a#1, b#2, c#3]\n");
}

TEST_F(AnalyzerTest, KnowsTypesAndNullsOfItsResult) {
  EXPECT_EQ(
      SchemaText("SELECT a, a + 1L AS l, b, c * a AS m, a = 1 AS q, 'x' AS s, NULL AS n FROM t"),
      "a INT NOT NULL, l BIGINT NOT NULL, b STRING, m DOUBLE, q BOOLEAN NOT NULL, s STRING NOT "
      "NULL, n VOID");
  EXPECT_EQ(SchemaText("SELECT count(*) AS n, sum(a) AS s, avg(a) AS v, max(b) AS m FROM t"),
            "n BIGINT NOT NULL, s BIGINT, v DOUBLE, m STRING");
  EXPECT_EQ(SchemaText("SELECT t.a, u.a AS ua, u.d FROM t LEFT JOIN u ON t.a = u.a"),
            "a INT NOT NULL, ua BIGINT, d DATE");
  EXPECT_EQ(SchemaText("SELECT coalesce(c, 1.0D) AS v, if(a > 1, a, 2L) AS w FROM t"),
            "v DOUBLE NOT NULL, w BIGINT NOT NULL");
}

TEST_F(AnalyzerTest, WhatIsWrongIsShownWhereItStands) {
  EXPECT_EQ(Error("SELECT a, z FROM t"), "UNRESOLVED_COLUMN.WITH_SUGGESTION: z");
  EXPECT_EQ(Error("SELECT x.a FROM t"), "UNRESOLVED_COLUMN.WITH_SUGGESTION: x.a");
  EXPECT_EQ(Error("SELECT 1 FROM t, u WHERE a = 1"), "AMBIGUOUS_REFERENCE: a");
  EXPECT_EQ(Error("SELECT a FROM nope"), "TABLE_OR_VIEW_NOT_FOUND: nope");
  EXPECT_EQ(Error("SELECT nope(a) FROM t"), "UNRESOLVED_ROUTINE: nope(a)");
  EXPECT_EQ(Error("SELECT upper(b, b) FROM t"), "WRONG_NUM_ARGS: upper(b, b)");
  EXPECT_EQ(Error("SELECT a FROM t WHERE b"), "NOT_A_BOOLEAN_CONDITION: b");
  EXPECT_EQ(Error("SELECT a, count(*) FROM t"), "MISSING_AGGREGATION: a");
  EXPECT_EQ(Error("SELECT a + c FROM t GROUP BY a"), "MISSING_AGGREGATION: c");
  EXPECT_EQ(Error("SELECT a FROM t GROUP BY count(*)"), "GROUP_BY_AGGREGATE: count(*)");
  EXPECT_EQ(Error("SELECT a FROM t GROUP BY 2"), "GROUP_BY_POS_OUT_OF_RANGE: 2");
  EXPECT_EQ(Error("SELECT a FROM t ORDER BY 3"), "ORDER_BY_POS_OUT_OF_RANGE: 3");
  EXPECT_EQ(Error("SELECT sum(max(a)) FROM t"), "NESTED_AGGREGATE_FUNCTION: sum(max(a))");
  EXPECT_EQ(Error("SELECT a FROM t WHERE sum(a) > 1"), "INVALID_WHERE_CONDITION: sum(a)");
  EXPECT_EQ(Error("SELECT DISTINCT a FROM t ORDER BY b"), "MISSING_AGGREGATION: b");
  EXPECT_EQ(Error("SELECT a FROM t UNION ALL SELECT a, d FROM u").substr(0, 20),
            "NUM_COLUMNS_MISMATCH");
  EXPECT_EQ(Error("SELECT ts FROM u UNION ALL SELECT a FROM t").substr(0, 30),
            "TYPE_MISMATCH_IN_SET_OPERATION");
  EXPECT_EQ(Error("SELECT d + ts FROM u").substr(0, 17), "DATATYPE_MISMATCH");
  EXPECT_EQ(Error("SELECT a FROM t LIMIT -1").substr(0, 13), "INVALID_LIMIT");
  EXPECT_EQ(Error("SELECT a FROM t LIMIT a"), "UNRESOLVED_COLUMN.WITHOUT_SUGGESTION: a");
  EXPECT_EQ(Error("SELECT $missing"), "LATE_BOUND_PARAMETER: $missing");
  EXPECT_EQ(Error("SELECT * FROM range(1, 2, 0)").substr(0, 23), "INVALID_PARAMETER_VALUE");
}

TEST_F(AnalyzerTest, GroupsByNameAliasPositionAndAll) {
  const std::string expected =
      "project expressions=[k#4, n#5]\n"
      "  aggregate keys=[(a#1 % 2) AS k#4] aggregates=[count(*) AS n#5]\n"
      "    scan table=memory 't' columns=[a#1, b#2, c#3]\n";
  const std::string by_alias = Plan("SELECT a % 2 AS k, count(*) AS n FROM t GROUP BY k");
  EXPECT_EQ(by_alias, Plan("SELECT a % 2 AS k, count(*) AS n FROM t GROUP BY 1"));
  EXPECT_EQ(by_alias, Plan("SELECT a % 2 AS k, count(*) AS n FROM t GROUP BY ALL"));
  EXPECT_THAT(by_alias, HasSubstr("aggregate keys=[(a#1 % 2) AS "));
  // A column of that name comes before an alias.
  EXPECT_THAT(Plan("SELECT count(*) AS n, c AS a FROM t GROUP BY a, c"),
              HasSubstr("keys=[a#1, c#3"));
  EXPECT_THAT(Plan("SELECT b FROM t GROUP BY ALL"), HasSubstr("aggregate keys=[b#"));
  EXPECT_THAT(Plan("SELECT b FROM t GROUP BY ALL ORDER BY b"), HasSubstr("aggregate keys=[b#"));
}

TEST_F(AnalyzerTest, HavingSeesAliasesAndItsOwnAggregates) {
  const std::string plan =
      Plan("SELECT b, sum(a) AS s FROM t GROUP BY b HAVING s > 3 AND count(*) > 1");
  EXPECT_THAT(plan, HasSubstr("filter condition=((sum(a)#4 > "));
  EXPECT_THAT(plan, HasSubstr("aggregates=[sum(a#1) AS sum(a)#4, count(*) AS"));
  EXPECT_THAT(plan, HasSubstr("project expressions=[b#"));
}

TEST_F(AnalyzerTest, TheSameAggregateIsComputedOnce) {
  const std::string plan =
      Plan("SELECT sum(a), sum(a) + 1 FROM t HAVING sum(a) > 0 ORDER BY sum(a)");
  const size_t first = plan.find("sum(a#");
  ASSERT_NE(first, std::string::npos);
  const size_t aggregates = plan.find("aggregates=[");
  const std::string list = plan.substr(aggregates, plan.find('\n', aggregates) - aggregates);
  EXPECT_EQ(list.find("sum(a#"), list.rfind("sum(a#")) << plan;
}

TEST_F(AnalyzerTest, OrdersByColumnsThatAreNotShown) {
  EXPECT_EQ(Plan("SELECT b FROM t ORDER BY c DESC, a"),
            "project expressions=[b#2]\n"
            "  sort keys=[sort_key#3 DESC, sort_key#1] offset=0\n"
            "    project expressions=[b#2, sort_key#3, sort_key#1]\n"
            "      scan table=memory 't' columns=[a#1, b#2, c#3]\n");
  EXPECT_EQ(SchemaText("SELECT b FROM t ORDER BY c"), "b STRING");
  // A name of the select list comes before a column.
  EXPECT_THAT(Plan("SELECT -a AS b FROM t ORDER BY b"), Not(HasSubstr("sort keys=[b#2]")));
}

TEST_F(AnalyzerTest, NullsComeFirstOnlyInAscendingOrderUnlessSaid) {
  EXPECT_THAT(Plan("SELECT a FROM t ORDER BY a"), HasSubstr("keys=[a#1] offset"));
  EXPECT_THAT(Plan("SELECT a FROM t ORDER BY a DESC"), HasSubstr("keys=[a#1 DESC] offset"));
  EXPECT_THAT(Plan("SELECT a FROM t ORDER BY a NULLS LAST"),
              HasSubstr("keys=[a#1 NULLS LAST] offset"));
  EXPECT_THAT(Plan("SELECT a FROM t ORDER BY a DESC NULLS FIRST"),
              HasSubstr("keys=[a#1 DESC NULLS FIRST] offset"));
}

TEST_F(AnalyzerTest, DistinctIsAGrouping) {
  EXPECT_EQ(Plan("SELECT DISTINCT b FROM t"),
            "aggregate keys=[b#2]\n"
            "  project expressions=[b#2]\n"
            "    scan table=memory 't' columns=[a#1, b#2, c#3]\n");
}

TEST_F(AnalyzerTest, JoinsByEqualitiesAndWhatIsLeft) {
  EXPECT_EQ(Plan("SELECT t.a FROM t JOIN u ON t.a = u.a AND t.c > 1 AND u.d < DATE '2013-01-01'"),
            "project expressions=[a#1]\n"
            "  join kind=inner left_keys=[CAST(a#1 AS BIGINT)] right_keys=[a#4] residual=((c#3 > "
            "CAST(1 AS DOUBLE)) AND (d#5 < DATE '2013-01-01'))\n"
            "    scan table=memory 't' columns=[a#1, b#2, c#3]\n"
            "    scan table=memory 'u' columns=[a#4, d#5, ts#6]\n");
  EXPECT_THAT(Plan("SELECT * FROM t LEFT SEMI JOIN u ON t.a = u.a"), HasSubstr("join kind=semi"));
  EXPECT_THAT(Plan("SELECT * FROM t ANTI JOIN u ON t.a = u.a"), HasSubstr("join kind=anti"));
  EXPECT_THAT(Plan("SELECT * FROM t CROSS JOIN u"), HasSubstr("join kind=inner\n"));
}

TEST_F(AnalyzerTest, UsingAndNaturalShowTheKeyOnce) {
  EXPECT_EQ(SchemaText("SELECT * FROM t JOIN u USING (a)").substr(0, 2), "a ");
  EXPECT_EQ(SchemaText("SELECT * FROM t JOIN u USING (a)"),
            SchemaText("SELECT * FROM t NATURAL JOIN u"));
  const std::string schema = SchemaText("SELECT * FROM t JOIN u USING (a)");
  EXPECT_EQ(schema.find("a ", 2), std::string::npos) << schema;
  // Without a qualifier it is the one shown; with one, each side's own.
  EXPECT_THAT(Plan("SELECT a FROM t JOIN u USING (a)"), HasSubstr("project"));
  EXPECT_EQ(SchemaText("SELECT t.a, u.a AS ua FROM t JOIN u USING (a)"),
            "a INT NOT NULL, ua BIGINT");
}

TEST_F(AnalyzerTest, ATableJoinedWithItselfHasColumnsOfItsOwn) {
  EXPECT_EQ(Plan("SELECT x.a, y.a AS ya FROM t x JOIN t y ON x.a = y.a"),
            "project expressions=[a#1, ya#4]\n"
            "  join kind=inner left_keys=[a#1] right_keys=[a#4]\n"
            "    scan table=memory 't' columns=[a#1, b#2, c#3]\n"
            "    scan table=memory 't' columns=[a#4, b#5, c#6]\n");
  EXPECT_EQ(Error("SELECT a FROM t x JOIN t y ON x.a = y.a"), "AMBIGUOUS_REFERENCE: a");
}

TEST_F(AnalyzerTest, UnionsMeetInTheirCommonType) {
  EXPECT_EQ(SchemaText("SELECT a FROM t UNION ALL SELECT a FROM u"), "a BIGINT");
  EXPECT_EQ(SchemaText("SELECT a AS x FROM t UNION ALL SELECT 1.5D"), "x DOUBLE NOT NULL");
  EXPECT_THAT(Plan("SELECT a FROM t UNION ALL SELECT a FROM u"), HasSubstr("union columns=[a#"));
  EXPECT_THAT(Plan("SELECT a FROM t UNION SELECT a FROM t"), HasSubstr("aggregate keys=[a#"));
}

TEST_F(AnalyzerTest, AViewReadTwiceHasColumnsOfItsOwn) {
  for (const bool is_rebound : {true, false}) {
    CreateView("v", "SELECT a, sum(c) AS s FROM t GROUP BY a", is_rebound);
    const std::string plan = Plan("SELECT x.s, y.s AS ys FROM v x JOIN v y ON x.a = y.a");
    EXPECT_THAT(plan, HasSubstr("join kind=inner left_keys=[a#1] right_keys=[a#"));
    EXPECT_THAT(plan, Not(HasSubstr("left_keys=[a#1] right_keys=[a#1]")));
    EXPECT_EQ(SchemaText("SELECT * FROM v"), "a INT NOT NULL, s DOUBLE");
  }
}

TEST_F(AnalyzerTest, AViewOfSqlFollowsWhatItReads) {
  CreateView("v1", "SELECT a FROM t WHERE a > 1");
  CreateView("v2", "SELECT a AS x FROM v1");
  CreateView("kept", "SELECT a AS x FROM v1", /*is_rebound=*/false);
  EXPECT_THAT(Plan("SELECT * FROM v2"), HasSubstr("> 1"));
  // Columns are found by name, and keep the types they had; more of them do not show.
  CreateView("v1", "SELECT 'more' AS b, bigint(a) AS a FROM t WHERE a > 5");
  EXPECT_THAT(Plan("SELECT * FROM v2"), HasSubstr("> 5"));
  EXPECT_EQ(SchemaText("SELECT * FROM v2"), "x INT NOT NULL");
  EXPECT_THAT(Plan("SELECT * FROM kept"), HasSubstr("> 1"));
  // A name in the statement's WITH is not the view's.
  EXPECT_THAT(Plan("WITH v1 AS (SELECT 0 AS a) SELECT * FROM v2"), HasSubstr("> 5"));
  CreateView("star", "SELECT * FROM v1");
  CreateView("v1", "SELECT 'more' AS b FROM t");
  EXPECT_EQ(Error("SELECT 1 FROM v2"), "UNRESOLVED_COLUMN.WITH_SUGGESTION: v2");
  EXPECT_EQ(Error("SELECT 1 FROM star"), "INCOMPATIBLE_VIEW_SCHEMA_CHANGE: star");
  catalog_.Drop("v1");
  EXPECT_EQ(Error("SELECT 1 FROM v2"), "TABLE_OR_VIEW_NOT_FOUND: v2");
}

TEST_F(AnalyzerTest, AViewKeepsTheParametersItWasMadeWith) {
  CreateView("v", "SELECT a FROM t WHERE a = :n");
  const auto statement = sql::ParseStatement("SELECT * FROM v");
  AnalyzerContext context = Context();
  context.parameters.clear();
  const auto plan = Analyze((*statement)->As<syntax::Query>()->relation, context);
  ASSERT_TRUE(plan.ok()) << plan.status().ToString();
  EXPECT_THAT(ToText(plan->root), HasSubstr("7"));
}

TEST_F(AnalyzerTest, NoViewReadsItself) {
  const auto refused = [&](const std::string& name, const std::string& text) {
    const ErrorDetail* detail = GetErrorDetail(TryCreateView(name, text, true));
    return detail == nullptr ? "created" : std::string(detail->error_class().name);
  };
  EXPECT_EQ(refused("t", "SELECT * FROM t"), "RECURSIVE_VIEW");
  CreateView("v1", "SELECT a FROM t");
  CreateView("v2", "SELECT a FROM v1");
  EXPECT_EQ(refused("V1", "SELECT a FROM v2"), "RECURSIVE_VIEW");
  EXPECT_EQ(refused("v1", "WITH v1 AS (SELECT 1 AS a) SELECT a FROM v1"), "created");
  // Past the check: a table's place taken by a view that reads what is over it.
  CreateView("v3", "SELECT a FROM u");
  CreateView("u", "SELECT a FROM v3", /*is_rebound=*/false);
  EXPECT_EQ(refused("u", "SELECT a FROM v3"), "RECURSIVE_VIEW");
}

TEST_F(AnalyzerTest, ColumnsOfAViewHaveDifferentNames) {
  EXPECT_EQ(GetErrorDetail(TryCreateView("v", "SELECT a, b AS A FROM t", true))->error_class().name,
            "COLUMN_ALREADY_EXISTS");
  EXPECT_EQ(
      GetErrorDetail(TryCreateView("v", "SELECT a FROM t", true, {"x", "y"}))->error_class().name,
      "COLUMN_ALIASES_MISMATCH");
  // Two columns of one name in the query, told apart by their order.
  ASSERT_TRUE(TryCreateView("v", "SELECT a, b AS a FROM t", true, {"x", "y"}).ok());
  EXPECT_EQ(SchemaText("SELECT * FROM v"), "x INT NOT NULL, y STRING");
}

TEST_F(AnalyzerTest, CommonTablesSeeThoseBeforeThem) {
  EXPECT_EQ(
      SchemaText("WITH x AS (SELECT a FROM t), y AS (SELECT a + 1 AS b FROM x) SELECT * FROM y"),
      "b INT NOT NULL");
  EXPECT_EQ(Error("WITH y AS (SELECT * FROM x), x AS (SELECT a FROM t) SELECT * FROM y"),
            "TABLE_OR_VIEW_NOT_FOUND: x");
  // One of the name of a table hides it, but not from itself.
  EXPECT_EQ(SchemaText("WITH t AS (SELECT a AS z FROM t) SELECT * FROM t"), "z INT NOT NULL");
  // The inner one hides the outer one, and only inside.
  EXPECT_EQ(
      SchemaText("WITH x AS (SELECT 1 AS p) SELECT * FROM (WITH x AS (SELECT 2 AS q) SELECT * "
                 "FROM x) i, x"),
      "q INT NOT NULL, p INT NOT NULL");
  EXPECT_EQ(SchemaText("WITH x(k, l) AS (SELECT a, b FROM t) SELECT l FROM x"), "l STRING");
  EXPECT_EQ(Error("SELECT * FROM (WITH x AS (SELECT 1 AS p) SELECT * FROM x) i, x"),
            "TABLE_OR_VIEW_NOT_FOUND: x");
}

// Each uses the one before twice: a short text, and a tree of 2^40 scans.
TEST_F(AnalyzerTest, RefusesWhatGrowsBeyondMeasure) {
  std::string text = "WITH x0 AS (SELECT a FROM t)";
  for (int i = 1; i <= 40; ++i) {
    const std::string before = "x" + std::to_string(i - 1);
    text += ", x" + std::to_string(i) + " AS (SELECT l.a FROM " + before + " l JOIN " + before +
            " r ON l.a = r.a)";
  }
  EXPECT_EQ(Error(text + " SELECT a FROM x40").substr(0, 19), "UNSUPPORTED_FEATURE");
  EXPECT_EQ(SchemaText(text + " SELECT a FROM x5"), "a INT NOT NULL");
  std::string refused;
  CreateView("v0", "SELECT a FROM t");
  for (int i = 1; i <= 40 && refused.empty(); ++i) {
    const std::string before = "v" + std::to_string(i - 1);
    const auto plan =
        AnalyzeSql("SELECT l.a FROM " + before + " l JOIN " + before + " r ON l.a = r.a");
    if (!plan.ok()) {
      refused = GetErrorDetail(plan.status())->error_class().name;
      break;
    }
    CreateView("v" + std::to_string(i),
               "SELECT l.a FROM " + before + " l JOIN " + before + " r ON l.a = r.a");
  }
  EXPECT_EQ(refused, "UNSUPPORTED_FEATURE");
}

TEST_F(AnalyzerTest, WindowsGroupByTheirStart) {
  const std::string plan =
      Plan("SELECT window.start, count(*) FROM u GROUP BY window(ts, '1 hour')");
  EXPECT_THAT(plan, HasSubstr("tumble(ts#"));
  EXPECT_EQ(SchemaText("SELECT window(ts, '10 minutes') AS w, count(*) AS n FROM u GROUP BY 1")
                .substr(0, 9),
            "w STRUCT<");
  EXPECT_EQ(Error("SELECT window(ts, '0 hours') FROM u").substr(0, 14), "WINDOW_INVALID");
}

TEST_F(AnalyzerTest, ParametersAreTypedLiterals) {
  EXPECT_EQ(Plan("SELECT a FROM t WHERE a > $n"),
            "project expressions=[a#1]\n"
            "  filter condition=(CAST(a#1 AS BIGINT) > 7)\n"
            "    scan table=memory 't' columns=[a#1, b#2, c#3]\n");
}

TEST_F(AnalyzerTest, StarsExpandInOrder) {
  EXPECT_EQ(SchemaText("SELECT u.*, t.b, * FROM t, u WHERE c = 1"),
            "a BIGINT, d DATE, ts TIMESTAMP, b STRING, a INT NOT NULL, b STRING, c DOUBLE, a "
            "BIGINT, d DATE, ts TIMESTAMP");
  EXPECT_EQ(Error("SELECT z.* FROM t").substr(0, 17), "UNRESOLVED_COLUMN");
}

TEST_F(AnalyzerTest, ValuesMeetInTheirCommonType) {
  EXPECT_EQ(SchemaText("SELECT * FROM VALUES (1, 'a'), (2.5, NULL) AS v(x, y)"),
            "x DECIMAL(11,1) NOT NULL, y STRING");
  EXPECT_EQ(Error("SELECT * FROM VALUES (1, 2), (3)").substr(0, 20), "NUM_COLUMNS_MISMATCH");
}

TEST_F(AnalyzerTest, APatternBecomesOneMatch) {
  const std::string plan = Cypher("MATCH (a:Person)-[r:KNOWS]->(b:Person) RETURN a.name, r.since");
  EXPECT_THAT(plan, HasSubstr("match nodes=["));
  EXPECT_THAT(plan, HasSubstr("variable=r"));
  EXPECT_THAT(plan, HasSubstr("direction=outgoing"));
  EXPECT_THAT(Cypher("MATCH (a:Person)<-[r:KNOWS]-(b) RETURN b.age"),
              HasSubstr("direction=incoming"));
  EXPECT_THAT(Cypher("MATCH (a:Person)-[:KNOWS]-(b) RETURN b.age"),
              HasSubstr("direction=undirected"));
  EXPECT_THAT(Cypher("MATCH (a:Person)-[:KNOWS]->(a) RETURN a.age"), HasSubstr("left=0"));
}

TEST_F(AnalyzerTest, PatternsNameWhatTheyDoNotFind) {
  EXPECT_THAT(Cypher("MATCH (a:Robot) RETURN a.name"), HasSubstr("Robot"));
  EXPECT_THAT(Cypher("MATCH (a:Person)-[:LIKES]->(b) RETURN a.name"), HasSubstr("LIKES"));
  EXPECT_THAT(Cypher("MATCH (a:Person) RETURN b.name"), HasSubstr("`b`.`name`"));
}

}  // namespace
}  // namespace sabot
