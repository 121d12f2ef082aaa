#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <sstream>

#include <gtest/gtest.h>

#include "sabot/base/error.h"
#include "sabot/frontend/sql/parser.h"

// The parser against the statements of Spark's own suite: what Spark parses we parse or refuse by
// name, never as bad syntax.
namespace sabot::sql {
namespace {

namespace fs = std::filesystem;

fs::path ConformanceDirectory() {
  const char* named = std::getenv("SABOT_CONFORMANCE_DIR");
  return named != nullptr ? fs::path(named) : fs::path("../shared/conformance");
}

std::string Contents(const fs::path& path) {
  std::ostringstream contents;
  contents << std::ifstream(path).rdbuf();
  return std::move(contents).str();
}

struct Golden {
  std::string statement;
  bool is_syntax_error = false;  ///< to Spark
};

/// A results file is "-- !query\nSELECT 1\n-- !query schema\n…\n-- !query output\n…" over and over.
std::vector<Golden> ReadGolden(const fs::path& path) {
  const std::string text = Contents(path);
  constexpr std::string_view kQuery = "-- !query\n";
  std::vector<Golden> goldens;
  for (size_t at = text.find(kQuery); at != text.npos;) {
    const size_t begin = at + kQuery.size();
    const size_t end = text.find("\n-- !query schema", begin);
    if (end == text.npos) break;
    at = text.find(kQuery, end + 1);
    const std::string output = text.substr(end, at == text.npos ? at : at - end);
    // Spark has a class of its own for many a syntax error; all of them are found by its parser.
    const bool is_syntax_error = output.find("ParseException") != output.npos;
    goldens.push_back({text.substr(begin, end - begin), is_syntax_error});
  }
  return goldens;
}

TEST(SparkGolden, IsParsedOrRefusedByName) {
  const fs::path results = ConformanceDirectory() / "spark-sql-golden" / "results";
  if (!fs::exists(results)) {
    GTEST_SKIP() << results << " does not exist: set SABOT_CONFORMANCE_DIR to measure";
  }
  const bool is_verbose = std::getenv("SABOT_GOLDEN_VERBOSE") != nullptr;
  int parsed = 0, refused = 0, rejected_by_both = 0, only_ours = 0, only_sparks = 0;
  for (const auto& file : fs::recursive_directory_iterator(results)) {
    if (file.path().extension() != ".out") continue;
    for (const Golden& golden : ReadGolden(file.path())) {
      const auto statement = ParseStatement(golden.statement);
      const ErrorDetail* detail = GetErrorDetail(statement.status());
      const bool is_refused =
          detail != nullptr && detail->error_class().kind == ErrorKind::kUnsupported;
      parsed += statement.ok();
      refused += is_refused;
      rejected_by_both += !statement.ok() && !is_refused && golden.is_syntax_error;
      only_ours += statement.ok() && golden.is_syntax_error;
      const bool is_only_sparks = !golden.is_syntax_error && detail != nullptr &&
                                  detail->error_class().name == "PARSE_SYNTAX_ERROR";
      only_sparks += is_only_sparks;
      if (is_verbose && is_only_sparks) {
        std::cout << file.path().filename() << ": "
                  << RenderError(WithStatement(statement.status(), golden.statement)) << "\n";
      }
      if (is_verbose && statement.ok() && golden.is_syntax_error) {
        std::cout << "ACCEPTED " << file.path().filename() << ": " << golden.statement << "\n";
      }
    }
  }
  std::cout << "Spark's golden statements: " << parsed << " parsed, " << refused
            << " refused by name, " << rejected_by_both << " bad syntax to both, " << only_ours
            << " parsed that Spark's parser refuses, " << only_sparks
            << " rejected that Spark parses\n";
  // Bounds, not figures: a statement fewer must be a decision. Those parsed that Spark refuses hold
  // literals that the analyzer reads.
  EXPECT_GE(parsed, 8500);
  EXPECT_LE(only_sparks, 10);
  EXPECT_LE(only_ours, 120);
}

}  // namespace
}  // namespace sabot::sql
