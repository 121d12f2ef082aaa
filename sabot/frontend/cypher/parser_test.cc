#include "sabot/frontend/cypher/parser.h"

#include <gtest/gtest.h>

#include "sabot/base/error.h"
#include "sabot/base/splitmix.h"
#include "sabot/syntax/print.h"

namespace sabot::cypher {
namespace {

std::string Printed(std::string_view text) {
  const auto query = ParseQuery(text, "g");
  return query.ok() ? syntax::Print(*query) : RenderError(WithStatement(query.status(), text));
}

std::string PrintedExpression(std::string_view text) {
  const auto query = ParseQuery("RETURN " + std::string(text), "");
  if (!query.ok()) return RenderError(query.status());
  const auto* result = (*query)->As<syntax::Return>();
  return syntax::Print(result->items.at(0));
}

struct Example {
  std::string_view text;
  std::string_view tree;
};

TEST(CypherExpressions, BindAsInOpenCypher) {
  constexpr Example kExamples[] = {
      {"a OR b XOR c AND NOT d", "(or a (xor b (and c (not d))))"},
      {"NOT a = b", "(not (= a b))"},
      {"a < b <= c", "(and (< a b) (<= b c))"},
      {"a = b", "(= a b)"},
      {"a + b * c ^ d", "(+ a (* b (power c d)))"},
      {"a - b - c % 2", "(- (- a b) (% c 2))"},
      {"2 ^ 3 ^ 4", "(power (power 2 3) 4)"},
      {"-a + -1", "(+ (negative a) -1)"},
      {"-2 ^ 2", "(power -2 2)"},
      {"a + 1 IN [1, 2]", "(in (+ a 1) 1 2)"},
      {"a IN []", "(in_list a (array))"},
      {"a IN b + c", "(in_list a (+ b c))"},
      {"NOT a IN b", "(not (in_list a b))"},
      {"n.name STARTS WITH 'a' AND n.name ENDS WITH 'b'",
       "(and (startswith n.name 'a') (endswith n.name 'b'))"},
      {"a CONTAINS 'x' = true", "(= (contains a 'x') true)"},
      {"a =~ 'x.*'", "(regex_matches a 'x.*')"},
      {"a.b IS NULL OR c IS NOT NULL", "(or (isnull a.b) (isnotnull c))"},
      {"n.p.q", "n.p.q"},
      {"(n).p", "(getfield n 'p')"},
      {"f(n).p[0]", "(getitem (getfield (f n) 'p') 0)"},
      {"xs[1..3]", "(slice xs 1 3)"},
      {"xs[..-1]", "(slice xs null -1)"},
      {"xs[a.b..]", "(slice xs a.b null)"},
      {"[1, 'a', []]", "(array 1 'a' (array))"},
      {"{a: 1, `b c`: n.x}", "(struct (as 1 a) (as n.x `b c`))"},
      {"n:Person:Admin AND m", "(and (labels n :Person :Admin) m)"},
      {"count(*)", "(count *)"},
      {"count(DISTINCT n.x)", "(count distinct n.x)"},
      {"apoc.text.join(a, b)", "(apoc.text.join a b)"},
      {"exists(n.x)", "(isnotnull n.x)"},
      {"CASE WHEN a THEN 1 ELSE 2 END", "(case (when a 1) (else 2))"},
      {"CASE n.x WHEN 1 THEN 'a' END", "(case n.x (when 1 'a'))"},
      {"$p + $`q r` + $1", "(+ (+ :p :q r) :1)"},
      {"null", "null"},
      {"TRUE", "true"},
      {"0x1F + 0o17 + 1.5e-3 + .5", "(+ (+ (+ 31 15) 1.5e-3) .5)"},
      {R"('it\'s' + "a\n\u00e9")", "(+ 'it''s' 'a\n\xC3\xA9')"},
      {"1 // one\n + /* two */ 2", "(+ 1 2)"},
      {"a AND b AND c AND d", "(and (and a b) (and c d))"},
  };
  for (const auto& [text, tree] : kExamples) EXPECT_EQ(PrintedExpression(text), tree) << text;
}

TEST(CypherQueries, AreReadClauseByClause) {
  constexpr Example kExamples[] = {
      {"MATCH (a)-[:R]->(b) RETURN a, b",
       "(return (match g (path (node a) (-> :R) (node b))) (a b))"},
      {"match (a:Airport {faa: 'ANC'})<-[f:FLIGHT|:ROUTE]-(), (c)--(d)-->(e)<--(h) where a.x > 1 "
       "return distinct a.name as n, count(*) order by n desc, a.x skip 1 limit $k;",
       "(return distinct (match g (path (node a :Airport (map (faa 'ANC'))) (<- f :FLIGHT :ROUTE) "
       "(node)) (path (node c) (--) (node d) (->) (node e) (<-) (node h)) (where (> a.x 1))) "
       "((as a.name n) (count *)) (order (desc n) a.x) (skip 1) (limit :k))"},
      {"MATCH (a)<-[r {w: 1}]->(b) RETURN *",
       "(return (match g (path (node a) (-- r (map (w 1))) (node b))) (*))"},
      {"MATCH p = shortestPath((a)-[:R*]-(b)) RETURN p",
       "(return (match g (shortest p (node a) (-- :R *..) (node b))) (p))"},
      {"MATCH p = shortestPath((a)-[:R*..5]->(b)) RETURN p",
       "(return (match g (shortest p (node a) (-> :R *..5) (node b))) (p))"},
      {"MATCH p = shortestPath((a)<-[*1..3]-(b)) RETURN p",
       "(return (match g (shortest p (node a) (<- *1..3) (node b))) (p))"},
      {"MATCH p = shortestPath((a)-[*1]->(b)) RETURN p SKIP 1",
       "(return (match g (shortest p (node a) (-> *1..1) (node b))) (p) (skip 1))"},
      {"RETURN 1 AS x OFFSET 2", "(return () ((as 1 x)) (skip 2))"},
      {"MATCH (a) WITH a, count(*) AS n WHERE n > 1 MATCH (a)-->(b) RETURN b",
       "(return (match (filter (return (match g (path (node a))) (a (as (count *) n))) (> n 1)) g "
       "(path (node a) (->) (node b))) (b))"},
      {"MATCH (a) MATCH (b) RETURN 1",
       "(return (match (match g (path (node a))) g (path (node b))) (1))"},
      {"RETURN 1 AS x", "(return () ((as 1 x)))"},
      {"MATCH (n:A|B|:`c d` {x: 1}) RETURN n",
       "(return (match g (path (node n :A|B|`c d` (map (x 1))))) (n))"},
      {"MATCH (n:A:B&C) RETURN n", "(return (match g (path (node n :A :B :C))) (n))"},
  };
  for (const auto& [text, tree] : kExamples) EXPECT_EQ(Printed(text), tree) << text;
}

TEST(CypherQueries, KeepTheTextOfItemsWithoutAs) {
  const std::string_view text = "MATCH (n) RETURN n . name , count( * ), n.x AS y, (1 + 2)";
  const auto query = ParseQuery(text, "");
  ASSERT_TRUE(query.ok());
  const auto& items = (*query)->As<syntax::Return>()->items;
  ASSERT_EQ(items.size(), 4u);
  EXPECT_EQ(items[0]->text, "n . name");
  EXPECT_EQ(items[1]->text, "count( * )");
  EXPECT_EQ(items[2]->text, "");
  EXPECT_EQ(items[3]->text, "(1 + 2)");
  EXPECT_EQ(items[1]->height, 2);
}

TEST(CypherQueries, CarrySpans) {
  const std::string_view text = "MATCH (a:X)-[r:R]->(b) WHERE a.x = 1 RETURN a";
  const auto query = ParseQuery(text, "");
  ASSERT_TRUE(query.ok());
  const auto shown = [&](Span span) { return text.substr(span.begin, span.end - span.begin); };
  const auto* match = (*query)->As<syntax::Return>()->input->As<syntax::Match>();
  EXPECT_EQ(shown(match->paths[0].span), "(a:X)-[r:R]->(b)");
  EXPECT_EQ(shown(match->paths[0].nodes[0].span), "(a:X)");
  EXPECT_EQ(shown(match->paths[0].relationships[0].span), "-[r:R]->");
  EXPECT_EQ(shown(match->where->span), "a.x = 1");
}

struct Bad {
  std::string_view text;
  std::string_view marked;  ///< what the span covers; empty: the byte behind the last token
  std::string_view error_class;
  std::string_view says;
};

TEST(CypherErrors, HaveAClassAPlaceAndAWayOut) {
  constexpr std::string_view kSyntax = "PARSE_SYNTAX_ERROR";
  constexpr std::string_view kUnsupported = "UNSUPPORTED_FEATURE";
  constexpr Bad kBad[] = {
      {"", "", kSyntax, "a query ends in RETURN"},
      {"MATCH (a)", "", kSyntax, "a query ends in RETURN"},
      {"MATHC (a) RETURN a", "MATHC", kSyntax, "did you mean MATCH?"},
      {"MATCH a RETURN a", "a", kSyntax, "a node"},
      {"MATCH (a RETURN a", "RETURN", kSyntax, "missing ')'"},
      {"MATCH (a)-[r->(b) RETURN a", "-", kSyntax, "missing ']'"},
      {"MATCH (a)-(b) RETURN a", "(", kSyntax, "missing '-'"},
      {"MATCH (a) RETURN a,", "", kSyntax, "end of input"},
      {"MATCH (a), WHERE b RETURN a", "WHERE", kSyntax, "a node"},
      {"MATCH (a) RETURN a.x WHERE", "WHERE", kSyntax, "near 'WHERE'"},
      {"MATCH (a) WITH a.x RETURN a", "RETURN", kSyntax, "missing 'AS'"},
      {"RETURN a IS 1", "1", kSyntax, "IS is followed by NULL"},
      {"RETURN a != b", "!", kSyntax, "<>"},
      {"RETURN 'abc", "'abc", kSyntax, "the string has no closing '"},
      {"RETURN 'a\\qc'", "\\", kSyntax, "a string escapes with"},
      {"RETURN 12abc", "12abc", kSyntax, "a name begins with a letter"},
      {"RETURN a # b", "#", kSyntax, "no meaning in Cypher"},
      {"RETURN 1; RETURN 2", "RETURN", kSyntax, "one query at a time"},
      {"MATCH p = shortestPath((a)-[:R*1.5]-(b)) RETURN p", "1.5", kSyntax, "whole"},
      {"OPTIONAL MATCH (a) RETURN a", "OPTIONAL", kUnsupported, "LEFT JOIN"},
      {"CREATE (a)", "CREATE", kUnsupported, "tables"},
      {"MATCH (a) SET a.x = 1", "SET", kUnsupported, "tables"},
      {"MATCH (a) DETACH DELETE a", "DETACH", kUnsupported, "tables"},
      {"MATCH (a) REMOVE a.x", "REMOVE", kUnsupported, "tables"},
      {"MERGE (a)", "MERGE", kUnsupported, "tables"},
      {"UNWIND [1] AS x RETURN x", "UNWIND", kUnsupported, "IN over the list"},
      {"CALL db.labels()", "CALL", kUnsupported, "SQL"},
      {"RETURN 1 UNION RETURN 2", "UNION", kUnsupported, "UNION in SQL"},
      {"MATCH (a)-[:R*]->(b) RETURN a", "*", kUnsupported, "shortestPath"},
      {"MATCH (a)-[:R*2..3]->(b) RETURN a", "*", kUnsupported, "shortestPath"},
      {"MATCH p = shortestPath((a)-[:R]->(b)) RETURN p", "-[:R]->", kUnsupported, "[:R*]"},
      {"MATCH p = shortestPath((a)-[:R*2..]->(b)) RETURN p", "-[:R*2..]->", kUnsupported, "[:R*]"},
      {"MATCH p = shortestPath((a)-[*]-(b)-[*]-(c)) RETURN p", "-[*]-", kUnsupported, "one"},
      {"MATCH p = allShortestPaths((a)-[*]-(b)) RETURN p", "allShortestPaths", kUnsupported,
       "shortestPath"},
      {"MATCH (a:A|B&C) RETURN a", "&", kUnsupported, "joined by |"},
      {"MATCH (a:A&B|C) RETURN a", "|", kUnsupported, "n:A OR n:B"},
      {"MATCH (a) WHERE a:A|B RETURN a", "|", kUnsupported, "n:A OR n:B"},
      {"MATCH (a WHERE a.x) RETURN a", "WHERE", kUnsupported, "behind the pattern"},
      {"MATCH (a $p) RETURN a", "$", kUnsupported, "{name: $parameter}"},
      {"MATCH (a) WHERE (a)-[:R]->() RETURN a", "(", kUnsupported, "MATCH"},
      {"MATCH (a) WHERE (a)-->(b) RETURN a", "(", kUnsupported, "MATCH"},
      {"MATCH (a) RETURN [x IN a.xs | x]", "[", kUnsupported, "written out"},
      {"MATCH (a) WHERE any(x IN a.xs WHERE x) RETURN a", "any", kUnsupported, "IN"},
      {"MATCH (a) WHERE EXISTS { (a)-->() } RETURN a", "EXISTS", kUnsupported, "MATCH"},
      {"MATCH (a) RETURN a { .name }", "{", kUnsupported, "map"},
  };
  for (const Bad& bad : kBad) {
    const auto query = ParseQuery(bad.text, "");
    ASSERT_FALSE(query.ok()) << bad.text;
    const ErrorDetail* detail = GetErrorDetail(query.status());
    ASSERT_NE(detail, nullptr) << bad.text;
    EXPECT_EQ(detail->error_class().name, bad.error_class) << bad.text;
    const std::string said = query.status().message() + " | " + detail->hint();
    EXPECT_NE(said.find(bad.says), said.npos) << bad.text << "\n" << said;
    const Span span = detail->span();
    if (bad.marked.empty()) {
      EXPECT_EQ(detail->parameters()[0].value, "end of input") << bad.text;
      EXPECT_EQ(span.end, span.begin + 1) << bad.text;
    } else {
      EXPECT_EQ(bad.text.substr(span.begin, span.end - span.begin), bad.marked) << bad.text;
    }
  }
}

std::string Repeated(std::string_view text, size_t count) {
  std::string repeated;
  for (size_t i = 0; i < count; ++i) repeated += text;
  return repeated;
}

TEST(CypherDepth, OfThousandsIsRefusedWithoutOverflow) {
  constexpr size_t kMany = 100'000;
  const auto class_of = [](const std::string& text) {
    const auto query = ParseQuery(text, "");
    const ErrorDetail* detail = GetErrorDetail(query.status());
    return query.ok() ? "ok" : std::string(detail->error_class().name);
  };
  for (std::string_view part : {"(", "[", "NOT ", "- ", "f(", "{a: ", "a[", "CASE ", "1 + (",
                                "CASE WHEN ", "1 + 2 * 3 ^ (a IN "}) {
    EXPECT_EQ(class_of("RETURN " + Repeated(part, kMany)), "PLAN_TOO_DEEP") << part;
  }
  for (std::string_view part : {" + 1", "[0]", " IS NULL", " IN b", " ^ 2"}) {
    EXPECT_EQ(class_of("RETURN a" + Repeated(part, kMany)), "PLAN_TOO_DEEP") << part;
  }
  EXPECT_EQ(class_of(Repeated("MATCH (a) ", kMany) + "RETURN a"), "PLAN_TOO_DEEP");
  EXPECT_EQ(class_of(Repeated("WITH 1 AS a ", kMany) + "RETURN a"), "PLAN_TOO_DEEP");
  EXPECT_EQ(class_of("RETURN a" + Repeated(" OR b", kMany)), "ok");
  EXPECT_EQ(class_of("RETURN a" + Repeated(" < b", kMany)), "ok");
  EXPECT_EQ(class_of("RETURN a" + Repeated(".b", kMany)), "ok");
  EXPECT_EQ(class_of("MATCH (a)" + Repeated("-->(a)", kMany) + " RETURN 1"), "ok");
}

TEST(CypherAnyText, IsAQueryOrATypedErrorWithAPlace) {
  constexpr std::string_view kQueries[] = {
      "MATCH (a:Airport {faa: 'ANC'})-[f:FLIGHT|ROUTE]->(b)<--(c), (d) WHERE a.x >= 1 AND NOT b:X "
      "OR "
      "c.n STARTS WITH 'y' RETURN DISTINCT a.name AS n, count(*), [1, 2][0..1] ORDER BY n DESC "
      "SKIP "
      "1 LIMIT $k",
      "MATCH p = shortestPath((a)-[:R*..5]-(b)) WITH p, a AS x WHERE x.y IS NOT NULL MATCH (x) "
      "RETURN CASE WHEN p THEN {a: 1.5e3, b: \"q\\n\"} ELSE null END // done"};
  // Names and strings survive many a mutation: their mutants parse, and go on to be printed.
  constexpr std::string_view kRobust[] = {
      "MATCH (airport:Airport)-[flight:FLIGHT]->(destination) RETURN airport, destination",
      "MATCH (n) WHERE n.name = 'Anchorage' RETURN n.name AS some_long_name LIMIT 12345"};
  constexpr std::string_view kSoup[] = {
      "MATCH ", "RETURN ", "WITH ", "WHERE ", "(",  ")",  "[",        "]",    "{",
      "}",      "-",       ">",     "<",      ":",  "|",  "*",        "..",   "a",
      "1",      ".5",      "'",     "\"",     "`",  "\\", "$p",       ",",    "=",
      "=~",     " IN ",    " AS ",  "CASE ",  "//", "/*", "\xC3\xA9", "\xFF", "shortestPath(",
      " OR ",   "NOT ",    "0x",    ";"};
  for (std::string_view query : kQueries) EXPECT_TRUE(ParseQuery(query, "").ok()) << Printed(query);
  uint64_t state = 42;
  const auto next = [&] { return SplitMix(state += kSplitMixStep); };
  int num_parsed = 0;
  constexpr int kRounds = 30'000;
  for (int round = 0; round < kRounds; ++round) {
    std::string text;
    if (round % 3 == 0) {
      for (size_t i = next() % 30; i > 0; --i) text += kSoup[next() % std::size(kSoup)];
    } else {
      text = round % 3 == 1 ? kQueries[next() % std::size(kQueries)]
                            : kRobust[next() % std::size(kRobust)];
      for (size_t i = 1 + next() % 3; i > 0 && !text.empty(); --i) {
        const size_t at = next() % text.size();
        const uint64_t kind = next() % 4;
        if (kind == 0) text.erase(at, 1 + next() % 6);
        if (kind == 1) text.insert(at, text.substr(next() % text.size(), 1 + next() % 6));
        if (kind == 2) text[at] = static_cast<char>(next());
        if (kind == 3) text.insert(at, kSoup[next() % std::size(kSoup)]);
      }
    }
    const auto query = ParseQuery(text, "g");
    if (query.ok()) {
      syntax::Print(*query);
      ++num_parsed;
      continue;
    }
    const ErrorDetail* detail = GetErrorDetail(query.status());
    ASSERT_NE(detail, nullptr) << text;
    EXPECT_NE(detail->error_class().kind, ErrorKind::kInternal) << text;
    EXPECT_TRUE(detail->span().is_known()) << text << query.status().message();
    EXPECT_LE(detail->span().begin, text.size()) << text;
    EXPECT_LE(detail->span().end, text.size() + 1) << text;
    RenderError(WithStatement(query.status(), text));
  }
  EXPECT_GE(num_parsed, kRounds / 15);
}

}  // namespace
}  // namespace sabot::cypher
