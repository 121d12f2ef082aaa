#include "sabot/frontend/sql/parser.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sabot/base/error.h"
#include "sabot/syntax/print.h"

namespace sabot::sql {
namespace {

std::string PrintedExpression(std::string_view text) {
  const auto expression = ParseExpression(text);
  return expression.ok() ? syntax::Print(*expression) : RenderError(expression.status());
}

std::string PrintedStatement(std::string_view text) {
  const auto statement = ParseStatement(text);
  return statement.ok() ? syntax::Print(*statement) : RenderError(statement.status());
}

struct Example {
  std::string_view text;
  std::string_view tree;
};

TEST(Expressions, BindAsInSpark) {
  constexpr Example kExamples[] = {
      {"a + b * c", "(+ a (* b c))"},
      {"a * b + c", "(+ (* a b) c)"},
      {"(a + b) * c", "(* (+ a b) c)"},
      {"a - b - c", "(- (- a b) c)"},
      {"a / b % c DIV d", "(div (% (/ a b) c) d)"},
      {"a || b || c", "(|| (|| a b) c)"},
      {"a || b + c", "(+ (|| a b) c)"},
      {"a | b ^ c & d << 2 + 1", "(| a (^ b (& c (shiftleft d (+ 2 1)))))"},
      {"a\u2000+\u200A\u3000b", "(+ a b)"},
      {"a >> 1 >>> 2", "(shiftrightunsigned (shiftright a 1) 2)"},
      {"a & b | c", "(| (& a b) c)"},
      {"a = b = c", "(= (= a b) c)"},
      {"a = b | c", "(= a (| b c))"},
      {"a ^ b | c & d", "(| (^ a b) (& c d))"},
      {"a * b || c", "(|| (* a b) c)"},
      {"a < b + c", "(< a (+ b c))"},
      {"a <= b AND c >= d OR e > f", "(or (and (<= a b) (>= c d)) (> e f))"},
      {"- a[1].b::int", "(negative (cast (getfield (getitem a 1) 'b') INT))"},
      {"a == 1 AND b != 2 OR c <=> 3", "(or (and (= a 1) (<> b 2)) (<=> c 3))"},
      {"a OR b AND c", "(or a (and b c))"},
      {"NOT a = b AND c", "(and (not (= a b)) c)"},
      {"NOT NOT a", "(not (not a))"},
      {"! a", "(not a)"},
      {"a AND b AND c AND d", "(and (and a b) (and c d))"},
      {"a OR b OR c", "(or (or a b) c)"},
      {"- a * b", "(* (negative a) b)"},
      {"a - -1", "(- a -1)"},
      {"a -1", "(- a 1)"},
      {"-9223372036854775808L", "-9223372036854775808L"},
      {"-(1)", "(negative 1)"},
      {"- - 1", "(negative -1)"},
      {"+a", "(positive a)"},
      {"~a + 1", "(+ (~ a) 1)"},
      {"-1::string", "(cast -1 STRING)"},
      {"a::int + 1", "(+ (cast a INT) 1)"},
      {"a < b IS NULL", "(isnull (< a b))"},
      {"a + 1 IS NOT NULL", "(isnotnull (+ a 1))"},
      {"a IS TRUE", "(<=> a true)"},
      {"a IS NOT FALSE", "(not (<=> a false))"},
      {"a IS NOT UNKNOWN", "(isnotnull a)"},
      {"a IS DISTINCT FROM b + 1", "(not (<=> a (+ b 1)))"},
      {"a IS NOT DISTINCT FROM b", "(<=> a b)"},
      {"a IN (1, 2) AND b", "(and (in a 1 2) b)"},
      {"a NOT IN (1)", "(not (in a 1))"},
      {"a BETWEEN 1 AND 2 AND b", "(and (between a 1 2) b)"},
      {"a NOT BETWEEN b - 1 AND b + 1", "(not (between a (- b 1) (+ b 1)))"},
      {"a LIKE 'x%' OR b", "(or (like a 'x%') b)"},
      {"a NOT LIKE 'x!%' ESCAPE '!'", "(not (like a 'x!%' '!'))"},
      {"a ILIKE 'x'", "(ilike a 'x')"},
      {"a RLIKE 'x' ", "(rlike a 'x')"},
      {"a REGEXP 'x'", "(rlike a 'x')"},
      {"a LIKE ANY ('x', 'y')", "(or (like a 'x') (like a 'y'))"},
      {"a NOT LIKE ALL ('x', 'y')", "(and (not (like a 'x')) (not (like a 'y')))"},
  };
  for (const auto& [text, tree] : kExamples) EXPECT_EQ(PrintedExpression(text), tree) << text;
}

TEST(Expressions, HaveTheFormsOfSpark) {
  constexpr Example kExamples[] = {
      {"a.b.c", "a.b.c"},
      {"`a b`.`c``d`", "`a b`.`c``d`"},
      {"t.1st", "t.`1st`"},
      {"x[i + 1].f", "(getfield (getitem x (+ i 1)) 'f')"},
      {"(a).b", "(getfield a 'b')"},
      {"f(x).y", "(getfield (f x) 'y')"},
      {"t.*", "t.*"},
      {"db.t.*", "db.t.*"},
      {"count(*)", "(count *)"},
      {"count(DISTINCT a, b)", "(count distinct a b)"},
      {"sum(ALL a)", "(sum a)"},
      {"sum(a) FILTER (WHERE b > 1)", "(sum a (filter (> b 1)))"},
      {"first(a IGNORE NULLS)", "(first a true)"},
      {"last(a RESPECT NULLS)", "(last a false)"},
      {"f()", "(f)"},
      {"db.f(1)", "(db.f 1)"},
      {"left(a, 2) + right(a, 2)", "(+ (left a 2) (right a 2))"},
      {"if(a, 1, 2)", "(if a 1 2)"},
      {"(1, 'a')", "(struct 1 'a')"},
      {"(1 AS a, 2 b)", "(struct (as 1 a) (as 2 b))"},
      {"struct(a AS x, b)", "(struct (as a x) b)"},
      {"CASE WHEN a THEN 1 WHEN b THEN 2 ELSE 3 END", "(case (when a 1) (when b 2) (else 3))"},
      {"CASE a WHEN 1 THEN 'x' END", "(case a (when 1 'x'))"},
      {"CASE (a) WHEN 1 THEN 'x' END", "(case a (when 1 'x'))"},
      {"CAST(a AS DECIMAL(10, 2))", "(cast a DECIMAL(10,2))"},
      {"try_cast(a AS array<array<int>>)", "(try_cast a ARRAY<ARRAY<INT>>)"},
      {"CAST(a AS map<string, array<array<int>>>) + 1",
       "(+ (cast a MAP<STRING, ARRAY<ARRAY<INT>>>) 1)"},
      {"EXTRACT(YEAR FROM d)", "(extract 'YEAR' d)"},
      {"SUBSTRING(a FROM 2 FOR 3)", "(SUBSTRING a 2 3)"},
      {"substr(a, 2)", "(substr a 2)"},
      {"TRIM(a)", "(trim a)"},
      {"TRIM(BOTH 'x' FROM a)", "(trim 'x' a)"},
      {"TRIM(LEADING 'x' FROM a)", "(ltrim 'x' a)"},
      {"TRIM(TRAILING FROM a)", "(rtrim a)"},
      {"TRIM('x' FROM a)", "(trim 'x' a)"},
      {"POSITION('x' IN a)", "(POSITION 'x' a)"},
      {"OVERLAY(a PLACING 'x' FROM 2 FOR 3)", "(OVERLAY a 'x' 2 3)"},
      {"timestampadd(hour, 2, t)", "(timestampadd 'HOUR' 2 t)"},
      {"dateadd(d, 2)", "(dateadd d 2)"},
      {"datediff(DAY, a, b)", "(timestampdiff 'DAY' a b)"},
      {"current_date", "(current_date)"},
      {"CURRENT_TIMESTAMP + 1", "(+ (CURRENT_TIMESTAMP) 1)"},
      {"current_date()", "(current_date)"},
      {":p + :q", "(+ :p :q)"},
      {"$p", ":p"},
      {"a AS b", "(as a b)"},
      {"a `b c`", "(as a `b c`)"},
      {"a + 1 date", "(as (+ a 1) date)"},
      {"offset + year", "(+ offset year)"},
  };
  for (const auto& [text, tree] : kExamples) {
    EXPECT_EQ(PrintedExpression(text), tree) << text;
  }
}

TEST(Literals, AreReadAsWritten) {
  constexpr Example kExamples[] = {
      {"1", "1"},
      {"1.50", "1.50"},
      {".5", ".5"},
      {"1.", "1."},
      {"1e3", "1e3"},
      {"1.5E-3BD", "1.5E-3BD"},
      {"12L + 1S + 2Y + 1F + 2.0D", "(+ (+ (+ (+ 12L 1S) 2Y) 1F) 2.0D)"},
      {"null", "null"},
      {"TRUE", "true"},
      {"'it''s'", "'it''s'"},
      {"\"a\"\"b\"", "'a\"b'"},
      {"'a' 'b'\n'c'", "'abc'"},
      {R"('a\nb\tc\\d\'e')", "'a\nb\tc\\d''e'"},
      {R"('\u0041\u00e9\U0001F600\101\q')",
       "'A\xC3\xA9\xF0\x9F\x98\x80"
       "Aq'"},
      {R"('\uD83D\uDE00')", "'\xF0\x9F\x98\x80'"},
      // Two halves in two strings are none.
      {R"(f('\uD83D', 'abc\uDE00'))", "(f '\xEF\xBF\xBD' 'abc\xEF\xBF\xBD')"},
      {R"('50\% \_')", R"('50\% \_')"},
      {R"(r'a\nb')", R"('a\nb')"},
      {"DATE '2013-01-01'", "(DATE '2013-01-01')"},
      {"timestamp_ntz'2013-01-01 00:00:00'", "(TIMESTAMP_NTZ '2013-01-01 00:00:00')"},
      {"X'1F'", "(X '1F')"},
      {"INTERVAL '1' HOUR", "(interval 1 HOUR)"},
      {"INTERVAL -'1' HOUR", "(interval -1 HOUR)"},
      {"INTERVAL - '-1' HOUR", "(interval 1 HOUR)"},
      {"INTERVAL 2 DAYS 3 hours", "(interval 2 DAY 3 HOUR)"},
      {"INTERVAL '1-2' YEAR TO MONTH", "(interval 1-2 YEAR-MONTH)"},
      {"INTERVAL '1 day -2.5 seconds'", "(interval 1 DAY -2.5 SECOND)"},
      {"interval + 1", "(+ interval 1)"},
      {"d - INTERVAL 1 DAY - 2", "(- (- d (interval 1 DAY)) 2)"},
      {"d + INTERVAL 1 DAY * 2", "(+ d (* (interval 1 DAY) 2))"},
      {"date", "date"},
      {"1 -- one\n + /* two /* nested */ */ 2", "(+ 1 2)"},
  };
  for (const auto& [text, tree] : kExamples) {
    EXPECT_EQ(PrintedExpression(text), tree) << text;
  }
}

TEST(Queries, AreReadClauseByClause) {
  constexpr Example kExamples[] = {
      {"SELECT 1", "(select (1))"},
      {"select a, b AS c, t.*, d e from t;", "(select (a (as b c) t.* (as d e)) (from t))"},
      {"SELECT DISTINCT a FROM t WHERE a > 1 GROUP BY a, 2 HAVING count(*) > 1",
       "(select distinct (a) (from t) (where (> a 1)) (group a 2) (having (> (count *) 1)))"},
      {"SELECT a FROM t GROUP BY ALL", "(select (a) (from t) (group all))"},
      {"SELECT a FROM t ORDER BY a DESC NULLS FIRST, b, c ASC NULLS LAST LIMIT 10 OFFSET 5",
       "(ordered (select (a) (from t)) (order (desc a nulls-first) b (asc c nulls-last)) (limit "
       "10) (offset 5))"},
      {"SELECT a FROM t LIMIT ALL", "(ordered (select (a) (from t)))"},
      {"SELECT * FROM 'flights.parquet' WHERE delay > 60",
       "(select (*) (from (files 'flights.parquet')) (where (> delay 60)))"},
      {"SELECT * FROM parquet.`a/b.parquet` f", "(select (*) (from (as parquet.`a/b.parquet` f)))"},
      {"SELECT * FROM a, b CROSS JOIN c", "(select (*) (from (join cross a (join cross b c))))"},
      {"SELECT * FROM a JOIN b ON a.x = b.x LEFT JOIN c USING (y, z)",
       "(select (*) (from (join left (join inner a b (on (= a.x b.x))) c (using y z))))"},
      {"SELECT * FROM a LEFT SEMI JOIN b ON x", "(select (*) (from (join semi a b (on x))))"},
      {"SELECT * FROM a ANTI JOIN b ON x", "(select (*) (from (join anti a b (on x))))"},
      {"SELECT * FROM a RIGHT OUTER JOIN b ON x FULL JOIN c ON y",
       "(select (*) (from (join full (join right a b (on x)) c (on y))))"},
      {"SELECT * FROM a NATURAL JOIN b", "(select (*) (from (join natural inner a b)))"},
      {"SELECT * FROM (SELECT 1 AS a) t (x)",
       "(select (*) (from (as (select ((as 1 a))) t (columns x))))"},
      {"SELECT * FROM (a JOIN b ON x) JOIN c ON y",
       "(select (*) (from (join inner (join inner a b (on x)) c (on y))))"},
      {"SELECT * FROM ((SELECT 1) UNION ALL (SELECT 2)) u",
       "(select (*) (from (as (union all (select (1)) (select (2))) u)))"},
      {"SELECT * FROM ((SELECT 1) a JOIN b ON x)",
       "(select (*) (from (join inner (as (select (1)) a) b (on x))))"},
      {"SELECT * FROM range(1, 10) r", "(select (*) (from (as (call range 1 10) r)))"},
      {"SELECT * FROM VALUES (1, 'a'), (2, 'b') AS t(x, y)",
       "(select (*) (from (as (values (1 'a') (2 'b')) t (columns x y))))"},
      {"VALUES 1, 2", "(values (1) (2))"},
      {"VALUES (1), ((2))", "(values (1) (2))"},
      {"TABLE t", "t"},
      {"SELECT 1 UNION SELECT 2 UNION ALL SELECT 3",
       "(union all (union (select (1)) (select (2))) (select (3)))"},
      {"SELECT 1 UNION SELECT 2 INTERSECT SELECT 3 EXCEPT ALL SELECT 4",
       "(except all (union (select (1)) (intersect (select (2)) (select (3)))) (select (4)))"},
      {"SELECT 1 UNION ALL BY NAME SELECT 2", "(union all by-name (select (1)) (select (2)))"},
      {"SELECT 1 UNION ALL SELECT 2 ORDER BY 1",
       "(ordered (union all (select (1)) (select (2))) (order 1))"},
      {"WITH a AS (SELECT 1), b(x) AS (SELECT 2) SELECT * FROM a, b",
       "(with (a (select (1))) (b (columns x) (select (2))) (select (*) (from (join cross a b))))"},
      {"SELECT window(t, '1 hour') FROM x GROUP BY window(t, '1 hour')",
       "(select ((window t '1 hour')) (from x) (group (window t '1 hour')))"},
  };
  for (const auto& [text, tree] : kExamples) EXPECT_EQ(PrintedStatement(text), tree) << text;
}

TEST(Statements, AreRead) {
  constexpr Example kExamples[] = {
      {"CREATE OR REPLACE TEMPORARY VIEW v (a, b) AS SELECT 1, 2",
       "(create-view replace v (columns a b) (select (1 2)))"},
      {"CREATE TEMP VIEW v USING csv OPTIONS (path 'x.csv', Header = true, 'sep' ';', n -1)",
       "(create-view v (files csv 'x.csv' (options (header 'true') (n '-1') (sep ';'))))"},
      {"CREATE TEMP VIEW v (a INT, b STRING) USING json OPTIONS (path 'x')",
       "(create-view v (files json 'x' (a INT, b STRING)))"},
      {"CREATE TEMP VIEW v USING kafka OPTIONS (subscribe 't')",
       "(create-view v (external kafka (options (subscribe 't'))))"},
      {"CREATE PROPERTY GRAPH g VERTEX TABLES (airports KEY (faa) LABEL Airport) EDGE TABLES "
       "(flights SOURCE KEY (origin) REFERENCES airports (faa) DESTINATION KEY (dest) REFERENCES "
       "airports (faa) LABEL FLIGHT)",
       "(create-graph g (vertex airports (key faa) :Airport) (edge flights (source origin airports "
       "faa) (destination dest airports faa) :FLIGHT))"},
      {"CREATE OR REPLACE PROPERTY GRAPH g NODE TABLES (db.t AS a KEY (k, l), u KEY (k)) "
       "RELATIONSHIP TABLES (e AS x KEY (i) SOURCE KEY (p, q) REFERENCES a DESTINATION KEY (r) "
       "REFERENCES u (k))",
       "(create-graph replace g (vertex db.t as a (key k l)) (vertex u (key k)) (edge e as x (key "
       "i) (source p.q a) (destination r u k)))"},
      {"DROP VIEW IF EXISTS v", "(drop-view if-exists v)"},
      {"DROP TABLE t", "(drop-table t)"},
      {"DROP PROPERTY GRAPH g", "(drop-graph g)"},
      {"SHOW TABLES LIKE 'a*'", "(show-tables 'a*')"},
      {"SHOW VIEWS", "(show-views)"},
      {"SHOW FUNCTIONS", "(show-functions)"},
      {"SHOW PROPERTY GRAPHS", "(show-graphs)"},
      {"SHOW COLUMNS IN db.t", "(show-columns db.t)"},
      {"DESCRIBE TABLE t", "(describe (table t))"},
      {"DESC t", "(describe (table t))"},
      {"DESCRIBE FUNCTION EXTENDED abs", "(describe (function abs))"},
      {"DESCRIBE QUERY SELECT 1", "(describe (query (select (1))))"},
      {"DESCRIBE SELECT 1", "(describe (query (select (1))))"},
      {"SET spark.sql.ansi.enabled = false", "(set spark.sql.ansi.enabled 'false')"},
      {"SET a.b='x y';", "(set a.b 'x y')"},
      {"SET a.b=/tmp/x, y", "(set a.b '/tmp/x, y')"},
      {"SET a.b", "(set a.b)"},
      {"SET", "(set)"},
      {"SET TIME ZONE 'UTC'", "(set spark.sql.session.timeZone 'UTC')"},
      {"RESET", "(reset)"},
      {"RESET a.b", "(reset a.b)"},
      {"EXPLAIN EXTENDED SELECT 1", "(explain-extended (select (1)))"},
      {"EXPLAIN ANALYZE SELECT 1", "(explain-analyze (select (1)))"},
      {"EXPLAIN SET a", "(explain (set a))"},
      {"INSERT OVERWRITE DIRECTORY '/x' USING parquet OPTIONS (compression 'zstd') SELECT 1",
       "(write overwrite parquet '/x' (options (compression 'zstd')) (select (1)))"},
  };
  for (const auto& [text, tree] : kExamples) EXPECT_EQ(PrintedStatement(text), tree) << text;
}

}  // namespace
}  // namespace sabot::sql
