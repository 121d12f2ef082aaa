#include <algorithm>

#include "sabot/base/error.h"
#include "sabot/frontend/sql/grammar.h"

// Statements other than queries, and refusals of those that Spark has and Sabot does not.
namespace sabot::sql {
namespace {

using syntax::MakeRelation;
using Kind = Token::Kind;

struct Refusal {
  std::string_view word;
  std::string_view alternative;
};

// Ordered by word. Statements that begin with it are Spark's, not Sabot's.
constexpr std::string_view kView = "CREATE OR REPLACE TEMPORARY VIEW … AS SELECT …";
constexpr std::string_view kFiles = "INSERT OVERWRITE DIRECTORY 'path' USING parquet SELECT …";
constexpr Refusal kRefusals[] = {{"ADD", "the files' names in FROM"},
                                 {"ALTER", kView},
                                 {"ANALYZE", "EXPLAIN ANALYZE"},
                                 {"BEGIN", "one statement at a time"},
                                 {"CACHE", "CREATE TEMPORARY VIEW … AS SELECT …"},
                                 {"CALL", "SELECT with a table function in FROM"},
                                 {"CLEAR", "DROP VIEW"},
                                 {"COMMENT", "a comment in the text, --"},
                                 {"DECLARE", "a parameter, :name"},
                                 {"DELETE", kFiles},
                                 {"EXECUTE", "the statement itself"},
                                 {"FROM", "SELECT … FROM …"},
                                 {"GRANT", "the rights of the file system"},
                                 {"IMPORT", kFiles},
                                 {"LIST", "the files' names in FROM"},
                                 {"LOAD", kFiles},
                                 {"LOCK", "nothing: a statement reads one snapshot"},
                                 {"MAP", "SELECT with functions"},
                                 {"MERGE", kFiles},
                                 {"MSCK", "a glob in FROM, which sees new files"},
                                 {"REDUCE", "SELECT with functions"},
                                 {"REFRESH", "nothing: files are listed anew by each statement"},
                                 {"REPAIR", "a glob in FROM, which sees new files"},
                                 {"REPLACE", kView},
                                 {"REVOKE", "the rights of the file system"},
                                 {"TRUNCATE", kFiles},
                                 {"UNCACHE", "DROP VIEW"},
                                 {"UNLOCK", "nothing: a statement reads one snapshot"},
                                 {"UPDATE", kFiles},
                                 {"USE", "names without a database"}};

const std::vector<std::string> kStatements = {"SELECT", "WITH",  "VALUES",  "TABLE",
                                              "CREATE", "DROP",  "SHOW",    "DESCRIBE",
                                              "SET",    "RESET", "EXPLAIN", "INSERT"};

std::string Joined(const std::vector<std::string>& parts) {
  std::string name;
  for (const std::string& part : parts) name.append(name.empty() ? "" : ".").append(part);
  return name;
}

std::string Trimmed(std::string_view text) {
  const auto is_blank = [](char c) { return c == ' ' || (c >= '\t' && c <= '\r'); };
  while (!text.empty() && is_blank(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_blank(text.back())) text.remove_suffix(1);
  return std::string(text);
}

std::string ToLower(std::string_view text) {
  std::string lower(text);
  for (char& c : lower) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  return lower;
}

}  // namespace

arrow::Result<syntax::StatementPtr> Grammar::ParseStatement() {
  const Level level(this);
  ARROW_RETURN_NOT_OK(level.Check());
  if (IsAnyOf({"SELECT", "WITH", "VALUES", "TABLE", "("})) {
    const size_t begin = at_;
    ARROW_ASSIGN_OR_RAISE(RelationPtr query, ParseQuery());
    return MakeStatement(syntax::Query{std::move(query)}, begin);
  }
  if (Is("CREATE")) return ParseCreate();
  if (Is("DROP")) return ParseDrop();
  if (Is("SHOW")) return ParseShow();
  if (IsAnyOf({"DESCRIBE", "DESC"})) return ParseDescribe();
  if (Is("SET")) return ParseSet();
  if (Is("RESET")) return ParseReset();
  if (Is("EXPLAIN")) return ParseExplain();
  if (Is("INSERT")) return ParseInsert();
  return RefuseStatement();
}

arrow::Result<syntax::StatementPtr> Grammar::RefuseStatement() {
  const Token& token = Peek();
  if (token.kind != Kind::kWord) return SyntaxError("a statement must begin here");
  const std::string word = ToUpperAscii(token.text);
  const auto refused = std::find_if(std::begin(kRefusals), std::end(kRefusals),
                                    [&](const Refusal& refusal) { return refusal.word == word; });
  if (refused != std::end(kRefusals) && !IsKind(Kind::kEnd, 1)) {
    return Unsupported(word, std::string(refused->alternative));
  }
  const auto nearest = NearestNames(word, kStatements, 1);
  return SyntaxError(nearest.empty()
                         ? "a statement begins with SELECT, WITH, VALUES, CREATE, DROP, SHOW, "
                           "DESCRIBE, SET, RESET, EXPLAIN or INSERT"
                         : "did you mean " + nearest[0] + "?");
}

arrow::Result<syntax::StatementPtr> Grammar::ParseCreate() {
  const size_t begin = at_;
  Take();
  const bool replace = Accept("OR", "REPLACE");
  if (Accept("PROPERTY", "GRAPH")) return ParseCreateGraph(replace, begin);
  if (Is("GLOBAL")) return Unsupported("a GLOBAL TEMPORARY VIEW", "CREATE TEMPORARY VIEW");
  const bool is_temporary = Accept("TEMPORARY") || Accept("TEMP");
  if (Is("VIEW")) {
    if (!is_temporary) return Unsupported("a lasting VIEW", "CREATE TEMPORARY VIEW");
    Take();
    return ParseCreateView(replace, begin);
  }
  if (is_temporary && Is("FUNCTION"))
    return Unsupported("CREATE FUNCTION", "a view or a function of SHOW FUNCTIONS");
  if (is_temporary && !Is("TABLE")) return SyntaxError({}, "VIEW");
  if (IsAnyOf({"TABLE", "EXTERNAL"})) {
    return Unsupported("CREATE TABLE",
                       "CREATE TEMPORARY VIEW name USING parquet OPTIONS (path '…')");
  }
  if (Is("FUNCTION")) return Unsupported("CREATE FUNCTION", "the functions of SHOW FUNCTIONS");
  if (IsAnyOf({"DATABASE", "SCHEMA", "NAMESPACE"})) {
    return Unsupported("CREATE " + ToUpperAscii(Peek().text), "names without a database");
  }
  if (IsAnyOf({"INDEX", "STREAM", "STREAMING", "MATERIALIZED", "ROLE", "VARIABLE", "FLOW"})) {
    return Unsupported("CREATE " + ToUpperAscii(Peek().text), "CREATE TEMPORARY VIEW");
  }
  return SyntaxError("CREATE is followed by [OR REPLACE] TEMPORARY VIEW or PROPERTY GRAPH");
}

arrow::Result<syntax::StatementPtr> Grammar::ParseCreateView(bool replace, size_t begin) {
  if (Is("IF") && Is("NOT", 1)) {
    return Unsupported("CREATE TEMPORARY VIEW IF NOT EXISTS", "CREATE OR REPLACE TEMPORARY VIEW");
  }
  syntax::CreateView view;
  view.replace = replace;
  ARROW_ASSIGN_OR_RAISE(view.name, ParseIdentifier("the view's name"));
  if (Is(".")) return Unsupported("a temporary view in a database", "a name without one");
  std::optional<Schema> schema;
  if (Is("(")) {
    // Columns of a view AS a query have names, those of a view USING files have types too: the
    // second token tells.
    const bool has_types = IsName(1) && !IsAnyOf({",", ")", "COMMENT"}, 2);
    if (has_types) {
      ARROW_ASSIGN_OR_RAISE(schema, ParseColumns());
    } else {
      Take();
      do {
        ARROW_ASSIGN_OR_RAISE(std::string column, ParseIdentifier("a column"));
        view.columns.push_back(std::move(column));
        if (Is("COMMENT")) return Unsupported("COMMENT of a view's column", "the name alone");
      } while (Accept(","));
      ARROW_RETURN_NOT_OK(Expect(")"));
    }
  }
  if (IsAnyOf({"COMMENT", "TBLPROPERTIES"})) {
    return Unsupported(ToUpperAscii(Peek().text) + " of a view", "the view without it");
  }
  if (Is("USING")) {
    ARROW_ASSIGN_OR_RAISE(view.query, ParseViewSource(std::move(schema)));
  } else {
    if (schema.has_value())
      return SyntaxError("columns with types are for a view USING files", "USING");
    ARROW_RETURN_NOT_OK(Expect("AS"));
    ARROW_ASSIGN_OR_RAISE(view.query, ParseQuery());
    view.is_rebound = true;
  }
  return MakeStatement(std::move(view), begin);
}

/// USING format [OPTIONS (…)]: files by the option path, or another system by its own options.
arrow::Result<syntax::RelationPtr> Grammar::ParseViewSource(std::optional<Schema> schema) {
  const size_t begin = at_;
  Take();
  ARROW_ASSIGN_OR_RAISE(Names parts, ParseQualifiedName("a format such as parquet or csv"));
  const std::string format = ToLower(Joined(parts));
  syntax::Options options;
  if (Accept("OPTIONS")) {
    ARROW_ASSIGN_OR_RAISE(options, ParseOptions());
  }
  const bool is_files = format == "parquet" || format == "csv" || format == "json" ||
                        format == "arrow" || format == "orc" || format == "text" ||
                        format == "avro";
  if (!is_files) {
    return MakeRelation(syntax::External{format, std::move(options), std::move(schema)},
                        SpanFrom(begin));
  }
  syntax::Files files{format, {}, std::move(options), std::move(schema), false};
  const auto path = files.options.find("path");
  if (path == files.options.end()) {
    return MakeError("MISSING_CLAUSE",
                     {{"statement", "CREATE TEMPORARY VIEW … USING " + format},
                      {"clause", "OPTIONS (path '…')"}},
                     SpanFrom(begin), "where are the files?");
  }
  files.paths.push_back(path->second);
  files.options.erase(path);
  return MakeRelation(std::move(files), SpanFrom(begin));
}

/// (path 'x', header = true, 'sep' ';', a.b 1)
arrow::Result<syntax::Options> Grammar::ParseOptions() {
  syntax::Options options;
  ARROW_RETURN_NOT_OK(Expect("("));
  while (!Is(")")) {
    if (!options.empty()) {
      ARROW_RETURN_NOT_OK(Expect(","));
    }
    std::string key;
    if (IsKind(Kind::kString)) {
      key = Take().value;
    } else {
      ARROW_ASSIGN_OR_RAISE(Names parts, ParseQualifiedName("an option"));
      key = Joined(parts);
    }
    if (!Accept("=")) Accept("==");
    const bool is_negative = Accept("-");
    std::string value;
    if (IsKind(Kind::kString) && !is_negative) {
      value = Take().value;
    } else if (IsKind(Kind::kNumber)) {
      value = (is_negative ? "-" : "") + std::string(Take().text);
    } else if (IsAnyOf({"TRUE", "FALSE"}) && !is_negative) {
      value = ToLower(Take().text);
    } else {
      return SyntaxError("the value of an option is a string, a number, true or false");
    }
    options[ToLower(key)] = std::move(value);
  }
  Take();
  return options;
}

arrow::Result<syntax::StatementPtr> Grammar::ParseDrop() {
  const size_t begin = at_;
  Take();
  syntax::DropObject drop;
  Accept("TEMPORARY");
  if (Accept("PROPERTY", "GRAPH")) {
    drop.kind = syntax::ObjectKind::kGraph;
  } else if (Accept("TABLE")) {
    drop.kind = syntax::ObjectKind::kTable;
  } else if (Accept("VIEW")) {
    drop.kind = syntax::ObjectKind::kView;
  } else if (IsAnyOf({"DATABASE", "SCHEMA", "NAMESPACE", "FUNCTION", "INDEX", "VARIABLE", "VAR",
                      "ROLE"})) {
    return Unsupported("DROP " + ToUpperAscii(Peek().text), "DROP VIEW, TABLE or PROPERTY GRAPH");
  } else {
    return SyntaxError("DROP is followed by VIEW, TABLE or PROPERTY GRAPH");
  }
  drop.if_exists = Accept("IF", "EXISTS");
  ARROW_ASSIGN_OR_RAISE(Names name, ParseQualifiedName("what is to be dropped"));
  drop.name = Joined(name);
  if (drop.kind == syntax::ObjectKind::kTable) Accept("PURGE");
  return MakeStatement(std::move(drop), begin);
}

arrow::Result<syntax::StatementPtr> Grammar::ParseShow() {
  const size_t begin = at_;
  Take();
  syntax::Show show;
  if (Is("USER") || Is("SYSTEM") || (Is("ALL") && Is("FUNCTIONS", 1))) Take();
  if (Accept("PROPERTY", "GRAPHS")) {
    show.kind = syntax::ShowKind::kGraphs;
  } else if (Accept("TABLES")) {
    show.kind = syntax::ShowKind::kTables;
  } else if (Accept("VIEWS")) {
    show.kind = syntax::ShowKind::kViews;
  } else if (Accept("FUNCTIONS")) {
    show.kind = syntax::ShowKind::kFunctions;
  } else if (Accept("COLUMNS")) {
    show.kind = syntax::ShowKind::kColumns;
    if (!Accept("FROM")) {
      ARROW_RETURN_NOT_OK(Expect("IN"));
    }
    ARROW_ASSIGN_OR_RAISE(show.table, ParseQualifiedName("a table"));
  } else if (IsAnyOf({"DATABASES", "SCHEMAS", "NAMESPACES", "CATALOGS", "PARTITIONS", "CREATE",
                      "TBLPROPERTIES", "TABLE", "CURRENT", "LOCKS", "INDEXES", "PROCEDURES",
                      "COLLATIONS", "ROLES", "GRANT"})) {
    return Unsupported("SHOW " + ToUpperAscii(Peek().text), "SHOW TABLES, or DESCRIBE a table");
  } else {
    return SyntaxError("SHOW is followed by TABLES, VIEWS, FUNCTIONS, COLUMNS or PROPERTY GRAPHS");
  }
  if (IsAnyOf({"FROM", "IN"})) {
    return Unsupported("SHOW … IN a database", "SHOW TABLES without one");
  }
  Accept("LIKE");
  if (IsKind(Kind::kString)) {
    ARROW_ASSIGN_OR_RAISE(show.pattern, ParseStringLiteral());
  } else if (show.kind == syntax::ShowKind::kFunctions && IsName()) {
    ARROW_ASSIGN_OR_RAISE(show.pattern, ParseIdentifier());
  } else if (at_ > 0 && EqualsIgnoreCase(tokens_[at_ - 1].text, "LIKE")) {
    return SyntaxError("a pattern in quotes must stand here");
  }
  return MakeStatement(std::move(show), begin);
}

arrow::Result<syntax::StatementPtr> Grammar::ParseDescribe() {
  const size_t begin = at_;
  Take();
  syntax::Describe describe;
  if (Is("FUNCTION") && (IsName(1) || IsKind(Kind::kSymbol, 1) || IsKind(Kind::kString, 1))) {
    Take();
    if (Is("EXTENDED") && !IsKind(Kind::kEnd, 1) && !Is(";", 1)) Take();
    if (IsKind(Kind::kSymbol) || IsKind(Kind::kString)) {
      describe.function = IsKind(Kind::kString) ? Take().value : std::string(Take().text);
    } else {
      ARROW_ASSIGN_OR_RAISE(Names name, ParseQualifiedName("a function"));
      describe.function = Joined(name);
    }
    return MakeStatement(std::move(describe), begin);
  }
  const bool has_query = Is("QUERY") && (IsQueryStart(1) || Is("(", 1) || Is("WITH", 1));
  if (has_query) Take();
  if (has_query || (IsQueryStart() && !Is("TABLE"))) {
    ARROW_ASSIGN_OR_RAISE(describe.query, ParseQuery());
    return MakeStatement(std::move(describe), begin);
  }
  if (IsAnyOf({"DATABASE", "SCHEMA", "NAMESPACE", "CATALOG", "PROCEDURE"}) && IsName(1)) {
    return Unsupported("DESCRIBE " + ToUpperAscii(Peek().text), "DESCRIBE a table");
  }
  if (Is("TABLE") && IsName(1)) Take();
  if (IsAnyOf({"EXTENDED", "FORMATTED"}) && IsName(1)) {
    return Unsupported("DESCRIBE " + ToUpperAscii(Peek().text), "DESCRIBE without it");
  }
  ARROW_ASSIGN_OR_RAISE(describe.table, ParseQualifiedName("a table"));
  if (IsName() || Is("PARTITION")) {
    return Unsupported("DESCRIBE of one column", "DESCRIBE of its table");
  }
  return MakeStatement(std::move(describe), begin);
}

/// SET key = value: the value is the rest of the statement as written, without the quotes if it is
/// one string.
arrow::Result<syntax::StatementPtr> Grammar::ParseSet() {
  const size_t begin = at_;
  Take();
  syntax::Set set;
  if (IsKind(Kind::kEnd) || Is(";")) return MakeStatement(std::move(set), begin);
  if (Accept("TIME", "ZONE")) {
    set.key = "spark.sql.session.timeZone";
    if (Is("LOCAL")) return Unsupported("SET TIME ZONE LOCAL", "SET TIME ZONE 'Europe/Berlin'");
    if (Is("INTERVAL")) return Unsupported("SET TIME ZONE INTERVAL", "SET TIME ZONE '+02:00'");
    ARROW_ASSIGN_OR_RAISE(set.value, ParseStringLiteral("a time zone"));
    return MakeStatement(std::move(set), begin);
  }
  if (Is("-") && Is("v", 1)) return Unsupported("SET -v", "SET");
  if (IsAnyOf({"VAR", "VARIABLE"}) && (IsName(1) || Is("(", 1))) {
    return Unsupported("SET VARIABLE", "a parameter, :name");
  }
  if (IsAnyOf({"ROLE", "CATALOG", "PATH"}) && (IsName(1) || IsKind(Kind::kString, 1))) {
    return Unsupported("SET " + ToUpperAscii(Peek().text), "SET key = value");
  }
  const auto slice = [&](size_t from, size_t to) {
    if (from == to) return std::string();
    const Span span{tokens_[from].span.begin, tokens_[to - 1].span.end};
    return Trimmed(text_.substr(span.begin, span.end - span.begin));
  };
  const auto skip_until = [&](std::string_view stop) {
    while (!IsKind(Kind::kEnd) && !Is(";") && !Is(stop)) Take();
  };
  const size_t key_begin = at_;
  skip_until("=");
  const bool is_quoted = at_ == key_begin + 1 && tokens_[key_begin].kind == Kind::kQuotedName;
  set.key = is_quoted ? tokens_[key_begin].value : slice(key_begin, at_);
  if (set.key.empty() || set.key.find_first_of(" \t\r\n'\"") != set.key.npos) {
    at_ = key_begin;
    return SyntaxError("SET is followed by a key: SET key = value");
  }
  if (Accept("=")) {
    const size_t value_begin = at_;
    skip_until(";");
    const bool is_string = at_ == value_begin + 1 && tokens_[value_begin].kind == Kind::kString;
    set.value = is_string ? tokens_[value_begin].value : slice(value_begin, at_);
  }
  return MakeStatement(std::move(set), begin);
}

arrow::Result<syntax::StatementPtr> Grammar::ParseReset() {
  const size_t begin = at_;
  Take();
  syntax::Set set;
  set.reset = true;
  if (!IsKind(Kind::kEnd) && !Is(";")) {
    ARROW_ASSIGN_OR_RAISE(Names key, ParseQualifiedName("a key"));
    set.key = Joined(key);
  }
  return MakeStatement(std::move(set), begin);
}

arrow::Result<syntax::StatementPtr> Grammar::ParseExplain() {
  const size_t begin = at_;
  Take();
  syntax::Explain explain;
  if (Accept("EXTENDED")) {
    explain.mode = syntax::ExplainMode::kExtended;
  } else if (Accept("ANALYZE")) {
    explain.mode = syntax::ExplainMode::kAnalyze;
  } else if (IsAnyOf({"FORMATTED", "CODEGEN", "COST", "LOGICAL"})) {
    return Unsupported("EXPLAIN " + ToUpperAscii(Peek().text), "EXPLAIN EXTENDED");
  }
  ARROW_ASSIGN_OR_RAISE(explain.statement, ParseStatement());
  return MakeStatement(std::move(explain), begin);
}

arrow::Result<syntax::StatementPtr> Grammar::ParseInsert() {
  const size_t begin = at_;
  Take();
  if (!IsAnyOf({"INTO", "OVERWRITE"})) return SyntaxError({}, "OVERWRITE DIRECTORY");
  if (Is("INTO")) {
    return Unsupported("INSERT INTO", "INSERT OVERWRITE DIRECTORY 'path' USING parquet SELECT …");
  }
  Take();
  const bool is_local = Accept("LOCAL", "DIRECTORY");
  if (!is_local && !Accept("DIRECTORY")) {
    return Unsupported("INSERT OVERWRITE of a table",
                       "INSERT OVERWRITE DIRECTORY 'path' USING parquet SELECT …");
  }
  syntax::WriteFiles write;
  write.overwrite = true;
  if (IsKind(Kind::kString)) {
    ARROW_ASSIGN_OR_RAISE(write.path, ParseStringLiteral());
  }
  if (!Is("USING")) {
    return SyntaxError("the format must stand here: USING parquet", "USING");
  }
  Take();
  ARROW_ASSIGN_OR_RAISE(Names format, ParseQualifiedName("a format such as parquet or csv"));
  write.format = ToLower(Joined(format));
  if (Accept("OPTIONS")) {
    ARROW_ASSIGN_OR_RAISE(write.options, ParseOptions());
  }
  if (const auto path = write.options.find("path"); path != write.options.end()) {
    if (write.path.empty()) write.path = path->second;
    write.options.erase(path);
  }
  if (write.path.empty()) return SyntaxError("the directory's path must stand before it");
  ARROW_ASSIGN_OR_RAISE(write.query, ParseQuery());
  return MakeStatement(std::move(write), begin);
}

}  // namespace sabot::sql
