#include <gtest/gtest.h>

#include "sabot/base/error.h"
#include "sabot/base/splitmix.h"
#include "sabot/frontend/sql/parser.h"
#include "sabot/syntax/print.h"

// Any text gives statements or a typed error with a place in the text, whatever its depth and
// length.
namespace sabot::sql {
namespace {

std::string Repeated(std::string_view text, size_t count) {
  std::string repeated;
  for (size_t i = 0; i < count; ++i) repeated += text;
  return repeated;
}

std::string ClassOf(const std::string& text) {
  const auto statement = ParseStatement(text);
  const ErrorDetail* detail = GetErrorDetail(statement.status());
  return statement.ok() ? "ok" : detail == nullptr ? "?" : std::string(detail->error_class().name);
}

TEST(Depth, OfThousandsIsRefusedWithoutOverflow) {
  constexpr size_t kMany = 100'000;
  const std::vector<std::string> texts = {
      "SELECT " + Repeated("(", kMany),
      "SELECT " + Repeated("(", kMany) + "1" + Repeated(")", kMany),
      "SELECT " + Repeated("f(", kMany),
      "SELECT " + Repeated("NOT ", kMany) + "a",
      "SELECT " + Repeated("- ", kMany) + "a",
      "SELECT " + Repeated("a[", kMany),
      "SELECT a" + Repeated("[1]", kMany),
      "SELECT f(x)" + Repeated(".a", kMany),
      "SELECT a" + Repeated("::int", kMany),
      "SELECT 1" + Repeated(" + 1", kMany),
      "SELECT a" + Repeated(" = a", kMany),
      "SELECT " + Repeated("CASE WHEN ", kMany),
      "SELECT " + Repeated("CASE ", kMany),
      "SELECT " + Repeated("1 | 1 ^ 1 & 1 << 1 + 1 * (a BETWEEN (", kMany),
      "SELECT CAST(a AS " + Repeated("array<", kMany) + ")",
      "SELECT CAST(a AS " + Repeated("array<", kMany) + "int" + Repeated(">", kMany) + ")",
      Repeated("SELECT * FROM (", kMany),
      "SELECT * FROM " + Repeated("(", kMany) + "t" + Repeated(")", kMany),
      "SELECT * FROM a" + Repeated(" JOIN a", kMany),
      "SELECT * FROM a" + Repeated(", a", kMany),
      "SELECT 1" + Repeated(" UNION ALL SELECT 1", kMany),
      Repeated("WITH a AS (", kMany),
      Repeated("EXPLAIN ", kMany) + "SELECT 1",
      Repeated("(", kMany) + "SELECT 1",
      "CREATE TEMP VIEW v (a " + Repeated("array<", kMany) + ") USING csv"};
  for (const std::string& text : texts) {
    const std::string found = ClassOf(text);
    EXPECT_TRUE(found == "PLAN_TOO_DEEP" || found == "PARSE_SYNTAX_ERROR")
        << text.substr(0, 40) << found;
  }
  EXPECT_EQ(ClassOf("SELECT 1" + Repeated(" + 1", kMany)), "PLAN_TOO_DEEP");
  EXPECT_EQ(ClassOf("SELECT " + Repeated("(", kMany) + "1"), "PLAN_TOO_DEEP");
}

// Depths add up: chains inside of chains are as deep as one long chain.
TEST(Depth, OfChainsInsideOfChainsIsCounted) {
  const std::string chain = Repeated(" + 1", 50);
  EXPECT_EQ(ClassOf("SELECT " + Repeated("(", 20) + "1" + Repeated(chain + ")", 20)),
            "PLAN_TOO_DEEP");
  EXPECT_EQ(ClassOf("SELECT " + Repeated("(", 7) + "1" + Repeated(chain + ")", 7)), "ok");
}

TEST(Depth, OfWhatPeopleAndGeneratorsWriteIsFine) {
  EXPECT_EQ(ClassOf("SELECT " + Repeated("(", 300) + "1" + Repeated(")", 300)), "ok");
  EXPECT_EQ(ClassOf("SELECT a" + Repeated(" OR a = 1", 100'000)), "ok");
  EXPECT_EQ(ClassOf("SELECT a" + Repeated(" AND a = 1", 100'000)), "ok");
  EXPECT_EQ(ClassOf("SELECT a IN (1" + Repeated(", 1", 100'000) + ")"), "ok");
  EXPECT_EQ(ClassOf("SELECT 1" + Repeated(" || 'a'", 300)), "ok");
  EXPECT_EQ(ClassOf("SELECT 1" + Repeated(" UNION ALL SELECT 1", 300)), "ok");
}

constexpr std::string_view kStatements[] = {
    "SELECT a, b AS c, t.*, count(DISTINCT d) FILTER (WHERE e > 1) FROM t WHERE a BETWEEN 1 AND 2 "
    "GROUP BY a HAVING sum(b) > 1.5e3 ORDER BY a DESC NULLS LAST LIMIT 10 OFFSET 5",
    "WITH x AS (SELECT CASE WHEN a IS NULL THEN 'it''s' ELSE \"x\\n\" END FROM 'f.parquet') SELECT "
    "* FROM x LEFT JOIN (VALUES (1, 'a'), (2, 'b')) AS y(k, v) USING (k) UNION ALL TABLE z",
    "SELECT CAST(a AS map<string, array<decimal(10, 2)>>)[1].f::int, INTERVAL '1-2' YEAR TO MONTH, "
    "DATE '2013-01-01' -- comment\n FROM a, b CROSS JOIN (c ANTI JOIN d ON c.x <=> d.x)",
    "CREATE OR REPLACE TEMPORARY VIEW v (a INT) USING csv OPTIONS (path 'x', header = true)",
    "CREATE PROPERTY GRAPH g VERTEX TABLES (t KEY (k) LABEL L) EDGE TABLES (e SOURCE KEY (a) "
    "REFERENCES t (k) DESTINATION KEY (b) REFERENCES t (k) LABEL R)",
    "SET spark.sql.x = 'a b'",
    "EXPLAIN ANALYZE SELECT extract(YEAR FROM d), trim(BOTH 'x' FROM y)",
    "INSERT OVERWRITE DIRECTORY '/x' USING parquet SELECT position('a' IN b), substr(a FROM 1 FOR "
    "2)"};

constexpr std::string_view kSoup[] = {
    "SELECT",  "FROM",     "WHERE",  "GROUP", "BY",    "ORDER",   "LIMIT",   "JOIN", "ON",
    "AS",      "a",        "t",      "1",     "1.5",   "'x'",     "`q`",     "(",    ")",
    ",",       ".",        "*",      "+",     "-",     "=",       "<",       ">",    ">>",
    "::",      "[",        "]",      "CASE",  "WHEN",  "THEN",    "END",     "CAST", "INTERVAL",
    "DAY",     "NOT",      "IN",     "IS",    "NULL",  "LIKE",    "UNION",   "ALL",  "WITH",
    "VALUES",  "TABLE",    "CREATE", "VIEW",  "USING", "array",   "<",       "int",  ";",
    "--",      "/*",       "*/",     "'",     "\"",    "\\",      "SET",     "DATE", "EXTRACT",
    "TRIM",    "\xC3\xA9", "\xFF",   ":",     "$",     "?",       "BETWEEN", "AND",  "OVER",
    "LATERAL", "KEY",      "DESC",   "SHOW",  "DROP",  "EXPLAIN", "INSERT",  "->"};

/// Parses, prints what parsed, and holds every error to the contract. Returns whether it parsed.
bool Check(const std::string& text) {
  SplitStatements(text);
  IsComplete(text);
  const auto script = ParseScript(text);
  const auto expression = ParseExpression(text);
  if (expression.ok()) syntax::Print(*expression);
  if (script.ok()) {
    for (const auto& statement : *script) syntax::Print(statement);
    return true;
  }
  for (const arrow::Status& status : {script.status(), expression.status()}) {
    if (status.ok()) continue;
    const ErrorDetail* detail = GetErrorDetail(status);
    EXPECT_NE(detail, nullptr) << text;
    if (detail == nullptr) return false;
    EXPECT_NE(detail->error_class().kind, ErrorKind::kInternal) << text << status.message();
    EXPECT_TRUE(detail->span().is_known()) << text << status.message();
    EXPECT_LE(detail->span().begin, text.size()) << text;
    EXPECT_LE(detail->span().end, text.size() + 1) << text;
    RenderError(WithStatement(status, text));
  }
  return false;
}

class Random {
 public:
  explicit Random(uint64_t seed) : state_(seed) {}
  uint64_t Next() { return SplitMix(state_ += kSplitMixStep); }

 private:
  uint64_t state_;
};

TEST(AnyText, IsStatementsOrATypedErrorWithAPlace) {
  Random random(20130101);
  for (int round = 0; round < 20'000; ++round) {
    std::string text;
    const size_t num_words = random.Next() % 30;
    for (size_t i = 0; i < num_words; ++i) {
      text += kSoup[random.Next() % std::size(kSoup)];
      if (random.Next() % 4 != 0) text += ' ';
    }
    Check(text);
  }
}

TEST(AnyText, OfMutatedStatementsToo) {
  Random random(20131231);
  int num_parsed = 0;
  constexpr int kRounds = 20'000;
  for (int round = 0; round < kRounds; ++round) {
    std::string text(kStatements[random.Next() % std::size(kStatements)]);
    const size_t num_mutations = 1 + random.Next() % 3;
    for (size_t i = 0; i < num_mutations && !text.empty(); ++i) {
      const size_t at = random.Next() % text.size();
      const size_t length = 1 + random.Next() % 8;
      switch (random.Next() % 4) {
        case 0:
          text.erase(at, length);
          break;
        case 1:
          text.insert(at, text.substr(random.Next() % text.size(), length));
          break;
        case 2:
          text[at] = static_cast<char>(random.Next());
          break;
        default:
          text.insert(at, kSoup[random.Next() % std::size(kSoup)]);
      }
    }
    num_parsed += Check(text);
  }
  EXPECT_GE(num_parsed, kRounds / 10) << "mutants that all fail at once test nothing deeper";
}

TEST(Shell, KnowsACompleteInput) {
  for (std::string_view text : {"", "  \n -- x\n", "SELECT 1;", "SELECT ';' ; -- done", ";"}) {
    EXPECT_TRUE(IsComplete(text)) << text;
  }
  for (std::string_view text : {"SELECT 1", "SELECT 1; SELECT", "SELECT ';", "SELECT 1 -- ;",
                                "SELECT 1 /* ;", "SELECT `;", "SELECT r';"}) {
    EXPECT_FALSE(IsComplete(text)) << text;
  }
}

TEST(Shell, SplitsOutsideOfStringsAndComments) {
  const auto parts = SplitStatements("SELECT ';' -- ; a\n;; /* ; */ ; SELEC `;` ; 'open ;");
  ASSERT_EQ(parts.size(), 3u);
  EXPECT_EQ(parts[0], "SELECT ';'");
  EXPECT_EQ(parts[1], "SELEC `;`");
  EXPECT_EQ(parts[2], "'open ;");
}

TEST(Scripts, HoldSeveralStatements) {
  const auto script = ParseScript(" ; SELECT 1;\n;SELECT 2 ");
  ASSERT_TRUE(script.ok());
  ASSERT_EQ(script->size(), 2u);
  EXPECT_EQ((*script)[0]->span, (Span{3, 11}));
  EXPECT_EQ((*script)[1]->span, (Span{14, 22}));
}

TEST(Spans, CoverEachPart) {
  const std::string_view text = "SELECT a + f( b ) AS x FROM t";
  const auto statement = ParseStatement(text);
  ASSERT_TRUE(statement.ok());
  const auto shown = [&](Span span) { return text.substr(span.begin, span.end - span.begin); };
  const auto* select = (*statement)->As<syntax::Query>()->relation->As<syntax::Select>();
  EXPECT_EQ(shown((*statement)->span), text);
  EXPECT_EQ(shown(select->from->span), "t");
  const auto& item = select->projection[0];
  EXPECT_EQ(shown(item->span), "a + f( b ) AS x");
  const auto& sum = item->As<syntax::Alias>()->argument;
  EXPECT_EQ(shown(sum->span), "a + f( b )");
  EXPECT_EQ(shown(sum->As<syntax::Call>()->arguments[1]->span), "f( b )");
  EXPECT_EQ(sum->height, 3);
}

}  // namespace
}  // namespace sabot::sql
