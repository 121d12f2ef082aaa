#include <gtest/gtest.h>

#include "sabot/base/error.h"
#include "sabot/frontend/sql/parser.h"

// What does not parse: the class, the exact span, and a way out.
namespace sabot::sql {
namespace {

struct Bad {
  std::string_view text;
  std::string_view marked;  ///< what the span covers; empty: the byte behind the last token
  std::string_view error_class;
  std::string_view says;  ///< a part of message or hint
};

void ExpectRefused(const Bad& bad) {
  const auto statement = ParseStatement(bad.text);
  ASSERT_FALSE(statement.ok()) << bad.text;
  const ErrorDetail* detail = GetErrorDetail(statement.status());
  ASSERT_NE(detail, nullptr) << bad.text;
  EXPECT_EQ(detail->error_class().name, bad.error_class) << bad.text;
  const Span span = detail->span();
  const std::string said = statement.status().message() + " | " + detail->hint();
  EXPECT_NE(said.find(bad.says), said.npos) << bad.text << "\n" << said;
  if (bad.marked.empty()) {
    EXPECT_EQ(span.end, span.begin + 1) << bad.text;
    EXPECT_EQ(detail->parameters()[0].value, "end of input") << bad.text;
  } else {
    ASSERT_LE(span.end, bad.text.size()) << bad.text;
    EXPECT_EQ(bad.text.substr(span.begin, span.end - span.begin), bad.marked) << bad.text;
  }
}

TEST(SyntaxErrors, PointAtTheToken) {
  constexpr std::string_view kClass = "PARSE_SYNTAX_ERROR";
  constexpr Bad kBad[] = {
      {"", "", kClass, "a statement must begin here"},
      {"SELECT", "", kClass, "end of input"},
      {"SELECT a FROM  -- nothing", "", kClass, "a table, a file in quotes or (a query)"},
      {"SELEC 1", "SELEC", kClass, "did you mean SELECT?"},
      {"SELECT a FORM t", "t", kClass, "did you mean FROM instead of FORM?"},
      {"SELECT a, FROM t", "FROM", kClass, "there is a comma too many"},
      {"SELECT FROM t", "FROM", kClass, "near 'FROM'"},
      {"SELECT a FROM t, WHERE b", "WHERE", kClass, "there is a comma too many"},
      {"SELECT (1 + 2", "", kClass, "missing ')'"},
      {"SELECT f(1, )", ")", kClass, "near ')'"},
      {"SELECT f(a b)", "b", kClass, "missing ')'"},
      {"SELECT 1 + ", "", kClass, "end of input"},
      {"SELECT a IS 5", "5", kClass, "IS is followed by"},
      {"SELECT a IS NULL IS NULL", "IS", kClass, "near 'IS'"},
      {"SELECT a BETWEEN 1 OR 2", "OR", kClass, "missing 'AND'"},
      {"SELECT CASE WHEN a THEN 1", "", kClass, "missing 'END'"},
      {"SELECT CAST(a, INT)", ",", kClass, "missing 'AS'"},
      {"SELECT 'abc", "'abc", kClass, "the string has no closing '"},
      {"SELECT `abc", "`abc", kClass, "the quoted name has no closing `"},
      {"SELECT 1 /* x", "/* x", kClass, "no closing */"},
      {"SELECT 1.5abc", "1.5abc", kClass, "suffixes"},
      {"SELECT a # b", "#", kClass, "no meaning in SQL"},
      {"SELECT a AS 'b'", "'b'", kClass, "an alias is a name"},
      {"SELECT a FROM t LIMIT 1, 2", ",", kClass, "LIMIT b OFFSET a"},
      {"SELECT a FROM t ORDER a", "a", kClass, ""},
      {"SELECT a FROM t ORDER BY a NULLS 1", "1", kClass, "FIRST or LAST"},
      {"SELECT * FROM a LEFT b", "b", kClass, "missing 'JOIN'"},
      {"SELECT * FROM SELECT 1", "SELECT", kClass, "a sub-query stands in parentheses"},
      {"SELECT 1; SELECT 2", "SELECT", kClass, "one statement at a time"},
      {"SELECT 1)", ")", kClass, "near ')'"},
      {"CREATE OR REPLACE PROPERTY GRAPH g EDGE TABLES (e)", "EDGE", kClass, "VERTEX TABLES"},
      {"CREATE PROPERTY GRAPH g VERTEX TABLES (t LABEL L)", "LABEL", kClass, "known by its key"},
      {"DROP x", "x", kClass, "VIEW, TABLE or PROPERTY GRAPH"},
      {"SHOW x", "x", kClass, "SHOW is followed by"},
      {"INSERT OVERWRITE DIRECTORY '/x' SELECT 1", "SELECT", kClass, "missing 'USING'"},
      {"SELECT \xFF", "\xFF", kClass, "not UTF-8"},
  };
  for (const Bad& bad : kBad) ExpectRefused(bad);
}

TEST(Refusals, NameTheFeatureAndTheNearestThing) {
  constexpr std::string_view kClass = "UNSUPPORTED_FEATURE";
  constexpr Bad kBad[] = {
      {"SELECT sum(a) OVER (PARTITION BY b) FROM t", "OVER", kClass, "GROUP BY"},
      {"SELECT sum(a) OVER w FROM t", "OVER", kClass, "GROUP BY"},
      {"SELECT * FROM t WHERE a IN (SELECT b FROM u)", "SELECT", kClass, "LEFT SEMI JOIN"},
      {"SELECT * FROM t WHERE NOT EXISTS (SELECT 1)", "EXISTS", kClass, "LEFT ANTI JOIN"},
      {"SELECT (SELECT 1)", "SELECT", kClass, "CROSS JOIN"},
      {"SELECT a FROM t LATERAL VIEW explode(b) x", "LATERAL", kClass, "element_at"},
      {"SELECT a FROM t, LATERAL (SELECT 1)", "LATERAL", kClass, "JOIN"},
      {"SELECT a FROM t JOIN LATERAL (SELECT 1)", "LATERAL", kClass, "JOIN"},
      {"SELECT * FROM t PIVOT (sum(a) FOR b IN (1))", "PIVOT", kClass, "FILTER"},
      {"SELECT a FROM t GROUP BY ROLLUP (a)", "ROLLUP", kClass, "UNION ALL"},
      {"SELECT a FROM t GROUP BY a WITH CUBE", "CUBE", kClass, "UNION ALL"},
      {"SELECT a FROM t GROUP BY GROUPING SETS ((a))", "GROUPING", kClass, "UNION ALL"},
      {"WITH RECURSIVE r AS (SELECT 1) SELECT * FROM r", "RECURSIVE", kClass, "shortestPath"},
      {"SELECT * FROM t TABLESAMPLE (10 ROWS)", "TABLESAMPLE", kClass, "LIMIT"},
      {"SELECT transform(a, x -> x + 1)", "x", kClass, "a lambda"},
      {"SELECT reduce(a, 0, (x, y) -> x + y)", "->", kClass, "a lambda"},
      {"SELECT f(a => 1)", "a", kClass, "position"},
      {"SELECT * EXCEPT (a) FROM t", "EXCEPT", kClass, "naming the columns"},
      {"SELECT * FROM a ASOF JOIN b", "ASOF", kClass, "ASOF JOIN"},
      {"SELECT a FROM t SORT BY a", "SORT", kClass, "ORDER BY"},
      {"SELECT a FROM t QUALIFY a", "QUALIFY", kClass, "WHERE over a sub-query"},
      {"SELECT ?", "?", kClass, ":name"},
      {"SELECT a:b FROM t", ":", kClass, "VARIANT"},
      {"FROM t SELECT a", "FROM", kClass, "SELECT"},
      {"INSERT INTO t VALUES (1)", "INTO", kClass, "INSERT OVERWRITE DIRECTORY"},
      {"MERGE INTO t USING u ON a", "MERGE", kClass, "INSERT OVERWRITE DIRECTORY"},
      {"ALTER TABLE t ADD COLUMN a INT", "ALTER", kClass, "VIEW"},
      {"CREATE TABLE t (a INT)", "TABLE", kClass, "TEMPORARY VIEW"},
      {"CREATE VIEW v AS SELECT 1", "VIEW", kClass, "TEMPORARY VIEW"},
      {"CREATE GLOBAL TEMPORARY VIEW v AS SELECT 1", "GLOBAL", kClass, "TEMPORARY VIEW"},
      {"DROP SCHEMA s", "SCHEMA", kClass, "DROP VIEW"},
      {"SHOW DATABASES", "DATABASES", kClass, "SHOW TABLES"},
      {"EXPLAIN FORMATTED SELECT 1", "FORMATTED", kClass, "EXTENDED"},
      {"USE db", "USE", kClass, "without a database"},
      {"SELECT TIME '10:00'", "TIME", kClass, "TIMESTAMP_NTZ"},
      {"SELECT GEO 'x'", "GEO", kClass, "CAST"},
      {"SELECT a COLLATE b", "COLLATE", kClass, "lower"},
  };
  for (const Bad& bad : kBad) ExpectRefused(bad);
}

TEST(Refusals, OfTypesAndIntervalsKeepTheirOwnClass) {
  ExpectRefused({"SELECT INTERVAL '1 fortnight'", "'1 fortnight'", "INVALID_TYPED_LITERAL",
                 "INTERVAL '1' DAY"});
  ExpectRefused({"SELECT CAST(a AS geometry)", "geometry", "UNSUPPORTED_DATATYPE", "geometry"});
  ExpectRefused({"SELECT CAST(a AS array<geometry>)", "geometry", "UNSUPPORTED_DATATYPE", ""});
  ExpectRefused({"CREATE TEMP VIEW v USING csv", "USING csv", "MISSING_CLAUSE", "path"});
}

}  // namespace
}  // namespace sabot::sql
