#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <string>

#include <gtest/gtest.h>

#include "sabot/base/error.h"
#include "sabot/frontend/cypher/parser.h"

// The parser against the queries of the openCypher TCK: what openCypher reads we read or refuse by
// name, never as bad syntax.
namespace sabot::cypher {
namespace {

namespace fs = std::filesystem;

fs::path ConformanceDirectory() {
  const char* named = std::getenv("SABOT_CONFORMANCE_DIR");
  return named != nullptr ? fs::path(named) : fs::path("../shared/conformance");
}

struct Scenario {
  std::string query;  ///< of "When executing query:", as in the first row of an outline's examples
                      ///< it may hold <names>
  bool expects_syntax_error = false;
};

std::vector<Scenario> ReadFeature(const fs::path& path) {
  std::vector<Scenario> scenarios;
  std::ifstream file(path);
  std::string line;
  bool is_query = false, is_text = false;
  while (std::getline(file, line)) {
    if (line.find("When executing query:") != line.npos) {
      is_query = true;
    } else if (line.find("\"\"\"") != line.npos) {
      is_text = !is_text;
      if (is_text && is_query) scenarios.push_back({});
      if (!is_text) is_query = false;
    } else if (is_text && is_query) {
      scenarios.back().query += line + "\n";
    } else if (line.find("SyntaxError should be raised") != line.npos && !scenarios.empty()) {
      scenarios.back().expects_syntax_error = true;
    }
  }
  return scenarios;
}

TEST(OpenCypherTck, IsParsedOrRefusedByName) {
  const fs::path features = ConformanceDirectory() / "opencypher-tck" / "features";
  if (!fs::exists(features)) {
    GTEST_SKIP() << features << " does not exist: set SABOT_CONFORMANCE_DIR to measure";
  }
  const bool is_verbose = std::getenv("SABOT_TCK_VERBOSE") != nullptr;
  int parsed = 0, refused = 0, rejected_by_both = 0, only_theirs = 0, num_outlines = 0;
  for (const auto& file : fs::recursive_directory_iterator(features)) {
    if (file.path().extension() != ".feature") continue;
    for (const Scenario& scenario : ReadFeature(file.path())) {
      const auto query = ParseQuery(scenario.query, "");
      const ErrorDetail* detail = GetErrorDetail(query.status());
      const bool is_refused =
          detail != nullptr && detail->error_class().kind == ErrorKind::kUnsupported;
      parsed += query.ok();
      refused += is_refused;
      if (query.ok() || is_refused) continue;
      // A place of an outline, <name>, is no Cypher.
      const size_t place = scenario.query.find('<');
      const bool is_outline = place != scenario.query.npos &&
                              std::isalpha(static_cast<unsigned char>(scenario.query[place + 1]));
      num_outlines += is_outline && !scenario.expects_syntax_error;
      rejected_by_both += scenario.expects_syntax_error;
      if (is_outline || scenario.expects_syntax_error) continue;
      ++only_theirs;
      if (is_verbose) {
        std::cout << file.path().filename() << ": "
                  << RenderError(WithStatement(query.status(), scenario.query)) << "\n";
      }
    }
  }
  std::cout << "openCypher TCK queries: " << parsed << " parsed, " << refused
            << " refused by name, " << rejected_by_both << " bad syntax to both, " << num_outlines
            << " outlines, " << only_theirs << " rejected that openCypher parses\n";
  EXPECT_GE(parsed, 390);
  EXPECT_EQ(only_theirs, 0);
}

}  // namespace
}  // namespace sabot::cypher
