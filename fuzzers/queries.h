#pragma once

#include <chrono>
#include <memory>
#include <string>

#include "sabot/session/session.h"

/// Running queries of mutants: over small tables, not long, and not of many rows.
namespace sabot::fuzz {

inline arrow::Status RunScript(Session& session, std::initializer_list<const char*> statements) {
  for (const char* statement : statements) {
    ARROW_RETURN_NOT_OK(session.Sql(statement).status());
  }
  return arrow::Status::OK();
}

/// Two tables, a view of each odd type and a graph.
inline arrow::Result<std::shared_ptr<Session>> MakeSession() {
  ARROW_ASSIGN_OR_RAISE(auto session,
                        Session::Make({{"sabot.threads", "2"}, {"sabot.memory.limit", "256MiB"}}));
  ARROW_RETURN_NOT_OK(RunScript(
      *session,
      {"CREATE TEMPORARY VIEW t AS SELECT * FROM VALUES (1, 'a', 1.5, DATE '2013-01-01'), (2, 'b', "
       "CAST(NULL AS DOUBLE), DATE '2013-02-28'), (3, NULL, -0.5, NULL), (NULL, 'a', 2.5, DATE "
       "'2012-02-29') AS v(a, b, c, d)",
       "CREATE TEMPORARY VIEW u AS SELECT id AS k, id % 7 AS a, CAST(id AS STRING) AS s, id % 2 = "
       "0 "
       "AS even FROM range(100)",
       "CREATE TEMPORARY VIEW w AS SELECT array(a, a + 1) AS l, named_struct('x', a, 'y', b) AS r, "
       "TIMESTAMP '2013-01-01 05:15:00' AS ts, CAST(c AS DECIMAL(10,2)) AS m FROM t",
       "CREATE TEMPORARY VIEW person AS SELECT * FROM VALUES ('ann', 30), ('bob', 41), ('eve', 25) "
       "AS v(name, age)",
       "CREATE TEMPORARY VIEW knows AS SELECT * FROM VALUES ('ann', 'bob', 2010), ('bob', 'eve', "
       "2012), ('eve', 'ann', 2013), ('ann', 'ann', 1999) AS v(a, b, since)",
       "CREATE PROPERTY GRAPH g VERTEX TABLES (person KEY (name) LABEL Person) EDGE TABLES (knows "
       "SOURCE KEY (a) REFERENCES person (name) DESTINATION KEY (b) REFERENCES person (name) LABEL "
       "KNOWS)"}));
  return session;
}

/// Rows of a query, up to a thousand and half a second. Running into a limit is no error.
inline arrow::Status ReadSome(const Query& query) {
  using Clock = std::chrono::steady_clock;
  const auto deadline = Clock::now() + std::chrono::milliseconds(500);
  bool is_late = false;
  const WaitHook hook = [&]() -> arrow::Status {
    is_late = Clock::now() > deadline;
    return is_late ? arrow::Status::Cancelled("the mutant took its time") : arrow::Status::OK();
  };
  ARROW_ASSIGN_OR_RAISE(auto result, query.Execute());
  int64_t num_rows = 0;
  while (num_rows < 1'000) {
    auto next = result->Next(hook);
    if (is_late) break;
    ARROW_RETURN_NOT_OK(next.status());
    if (!next->has_value()) return arrow::Status::OK();
    num_rows += (*next)->num_rows();
    // Look at every value: what a kernel left undefined shows here.
    for (const Vector& column : (*next)->columns()) {
      for (int32_t row = 0; row < std::min(column.size(), 50); ++row) {
        (void)column.ValueAt(row).ToText();
      }
    }
  }
  result->Cancel();
  return arrow::Status::OK();
}

/// Understand a statement and run it; EXPLAIN of every kind is made on the way.
inline arrow::Status RunQuery(const arrow::Result<std::shared_ptr<const Query>>& query) {
  ARROW_RETURN_NOT_OK(query.status());
  if ((*query)->is_lazy()) ARROW_RETURN_NOT_OK((*query)->Explain(ExplainKind::kAll).status());
  return ReadSome(**query);
}

}  // namespace sabot::fuzz
