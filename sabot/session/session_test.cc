#include "sabot/session/session.h"

#include <chrono>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sabot/base/error.h"
#include "sabot/session/stream_job.h"

namespace sabot {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using Clock = std::chrono::steady_clock;

std::string ClassOf(const arrow::Status& status) {
  const ErrorDetail* detail = GetErrorDetail(status);
  return detail == nullptr ? status.ToString() : std::string(detail->error_class().name);
}

std::vector<std::string> RowsOf(const Query& query) {
  std::vector<std::string> rows;
  auto result = query.Execute();
  if (!result.ok()) return {ClassOf(result.status())};
  while (true) {
    auto next = (*result)->Next();
    if (!next.ok()) return {ClassOf(next.status())};
    if (!next->has_value()) return rows;
    for (int32_t row = 0; row < (*next)->num_rows(); ++row) {
      std::string text;
      for (const Vector& column : (*next)->columns()) {
        text += (text.empty() ? "" : "|") + column.ValueAt(row).ToText();
      }
      rows.push_back(std::move(text));
    }
  }
}

class SessionTest : public ::testing::Test {
 protected:
  std::shared_ptr<const Query> Sql(const std::string& text) {
    auto query = session_->Sql(text);
    EXPECT_TRUE(query.ok()) << text << ": " << query.status().ToString();
    return query.ok() ? *query : nullptr;
  }
  std::vector<std::string> Rows(const std::string& text) {
    auto query = session_->Sql(text);
    if (!query.ok()) return {ClassOf(query.status())};
    return RowsOf(**query);
  }

  std::shared_ptr<Session> session_ = *Session::Make({{"sabot.threads", "2"}});
};

TEST_F(SessionTest, AQueryIsLazyAndRunsAsOftenAsAsked) {
  const auto query = Sql("SELECT id * 2 AS x FROM range(3)");
  EXPECT_TRUE(query->is_lazy());
  EXPECT_EQ(query->schema().ToDdl(), "x BIGINT NOT NULL");
  EXPECT_THAT(RowsOf(*query), ElementsAre("0", "2", "4"));
  EXPECT_THAT(RowsOf(*query), ElementsAre("0", "2", "4"));
}

TEST_F(SessionTest, CommandsHaveRunOnceTheyReturn) {
  const auto created = Sql("CREATE TEMPORARY VIEW v AS SELECT 1 AS a");
  EXPECT_FALSE(created->is_lazy());
  EXPECT_TRUE(session_->HasTable("V"));
  EXPECT_THAT(Rows("SELECT * FROM v"), ElementsAre("1"));
  EXPECT_THAT(Rows("CREATE TEMPORARY VIEW v AS SELECT 2 AS a"),
              ElementsAre("TABLE_OR_VIEW_ALREADY_EXISTS"));
  Sql("DROP VIEW v");
  EXPECT_FALSE(session_->HasTable("v"));
  EXPECT_THAT(Rows("DROP VIEW v"), ElementsAre("TABLE_OR_VIEW_NOT_FOUND"));
  Sql("DROP VIEW IF EXISTS v");
}

TEST_F(SessionTest, AQueryKeepsTheViewItWasMadeOver) {
  Sql("CREATE TEMPORARY VIEW v AS SELECT 1 AS a");
  const auto query = Sql("SELECT a FROM v");
  Sql("CREATE OR REPLACE TEMPORARY VIEW v AS SELECT 'other' AS b");
  EXPECT_THAT(RowsOf(*query), ElementsAre("1"));
  EXPECT_THAT(Rows("SELECT b FROM v"), ElementsAre("other"));
  EXPECT_THAT(Rows("CREATE OR REPLACE TEMPORARY VIEW v AS SELECT b, 1 AS c FROM v"),
              ElementsAre("RECURSIVE_VIEW"));
  EXPECT_THAT(Rows("SELECT * FROM v"), ElementsAre("other"));
}

TEST_F(SessionTest, OptionsAreCheckedListedAndReset) {
  ASSERT_TRUE(session_->SetOption("spark.sql.session.timeZone", "Europe/Berlin").ok());
  EXPECT_EQ(*session_->GetOption("SPARK.sql.session.timezone"), "Europe/Berlin");
  EXPECT_EQ(ClassOf(session_->SetOption("spark.sql.session.timeZone", "Mars/Base")),
            "CONFIG_INVALID");
  EXPECT_EQ(*session_->GetOption("spark.sql.session.timeZone"), "Europe/Berlin");
  ASSERT_TRUE(session_->ResetOption("spark.sql.session.timeZone").ok());
  EXPECT_EQ(*session_->GetOption("spark.sql.session.timeZone"), "UTC");
  EXPECT_EQ(ClassOf(session_->SetOption("sabot.batch.size", "0")), "CONFIG_INVALID");
  EXPECT_EQ(ClassOf(session_->SetOption("sabot.batch.size", "2049")), "CONFIG_INVALID");
  EXPECT_EQ(ClassOf(session_->SetOption("sabot.batch.size", "7x")), "CONFIG_INVALID");
  EXPECT_EQ(ClassOf(session_->SetOption("sabot.bach.size", "7")), "CONFIG_NOT_FOUND");
  EXPECT_EQ(ClassOf(session_->GetOption("sabot.nothing").status()), "CONFIG_NOT_FOUND");
  EXPECT_EQ(ClassOf(session_->SetOption("sabot.optimizer.disabled", "lower_match")),
            "CONFIG_INVALID");
  EXPECT_GE(session_->Options().size(), 6U);
  EXPECT_EQ(ClassOf(Session::Make({{"sabot.threads", "many"}}).status()), "CONFIG_INVALID");
}

TEST_F(SessionTest, AZoneIsCapturedWhenAQueryIsMade) {
  Sql("SET spark.sql.session.timeZone = 'Europe/Berlin'");
  const auto query = Sql("SELECT hour(TIMESTAMP '2013-07-01 10:00:00Z') AS h");
  Sql("SET spark.sql.session.timeZone = 'UTC'");
  EXPECT_THAT(RowsOf(*query), ElementsAre("12"));
  EXPECT_THAT(Rows("SELECT hour(TIMESTAMP '2013-07-01 10:00:00Z') AS h"), ElementsAre("10"));
}

TEST_F(SessionTest, BatchSizesAndRulesChangeNoAnswer) {
  const std::string text =
      "SELECT a.id % 5 AS k, count(*) AS n, sum(b.id) AS s FROM range(1000) a JOIN range(300) b ON "
      "a.id % 100 = b.id WHERE b.id > 3 GROUP BY 1 ORDER BY k";
  const std::vector<std::string> expected = Rows(text);
  ASSERT_EQ(expected.size(), 5U) << expected[0];
  for (const char* size : {"1", "7", "1024"}) {
    ASSERT_TRUE(session_->SetOption("sabot.batch.size", size).ok());
    EXPECT_EQ(Rows(text), expected) << size;
  }
  for (const char* rule : {"fold_constants", "push_down_predicates", "merge_projects",
                           "push_down_limits", "prune_columns", "derive_scan_bounds"}) {
    ASSERT_TRUE(session_->SetOption("sabot.optimizer.disabled", rule).ok());
    EXPECT_EQ(Rows(text), expected) << rule;
  }
}

TEST_F(SessionTest, ErrorsCarryTheStatementTheyPointInto) {
  const std::string text = "SELECT id,\n  nope FROM range(3)";
  const arrow::Status status = session_->Sql(text).status();
  ASSERT_NE(GetErrorDetail(status), nullptr);
  EXPECT_EQ(GetErrorDetail(status)->statement(), text);
  EXPECT_THAT(RenderError(status), HasSubstr("at 2:3"));
  // Errors of the data too.
  const auto query = Sql("SELECT 10 / (id - 1) AS x FROM range(3)");
  auto result = *query->Execute();
  arrow::Status failure;
  while (failure.ok()) {
    auto next = result->Next();
    failure = next.status();
    if (next.ok() && !next->has_value()) break;
  }
  EXPECT_EQ(ClassOf(failure), "DIVIDE_BY_ZERO");
  EXPECT_THAT(RenderError(failure), HasSubstr("10 / (id - 1)"));
}

TEST_F(SessionTest, CancellingStopsAQueryWithinFiftyMilliseconds) {
  for (const char* text : {"SELECT sum(id) FROM range(1000000000000)",
                           "SELECT id FROM range(1000000000000) WHERE id < 0",
                           "SELECT id % 7, count(*) FROM range(1000000000000) GROUP BY 1"}) {
    auto result = *Sql(text)->Execute();
    std::thread canceller([&] {
      std::this_thread::sleep_for(std::chrono::milliseconds(100));
      result->Cancel();
    });
    const auto next = result->Next();
    canceller.join();
    EXPECT_EQ(ClassOf(next.status()), "OPERATION_CANCELED") << text;
    auto again = *Sql(text)->Execute();
    const auto start = Clock::now();
    again->Cancel();
    EXPECT_EQ(ClassOf(again->Next().status()), "OPERATION_CANCELED");
    again.reset();
    EXPECT_LT(Clock::now() - start, std::chrono::milliseconds(500)) << text;
  }
}

TEST_F(SessionTest, AHookThatFailsCancels) {
  auto result = *Sql("SELECT sum(id) FROM range(1000000000000)")->Execute();
  const auto start = Clock::now();
  const auto next = result->Next([&]() -> arrow::Status {
    if (Clock::now() - start < std::chrono::milliseconds(60)) return arrow::Status::OK();
    return MakeError("OPERATION_CANCELED", {{"message", "by the user"}});
  });
  EXPECT_EQ(ClassOf(next.status()), "OPERATION_CANCELED");
  EXPECT_LT(Clock::now() - start, std::chrono::seconds(2));
}

TEST_F(SessionTest, AResultNobodyReadsStops) {
  {
    auto result = *Sql("SELECT id FROM range(1000000000000)")->Execute();
  }
  auto partly = *Sql("SELECT id FROM range(1000000000000)")->Execute();
  ASSERT_TRUE(partly->Next().ok());
  partly.reset();
  EXPECT_THAT(Rows("SELECT count(*) FROM range(10)"), ElementsAre("10"));
}

TEST_F(SessionTest, ALimitEndsWhatItReads) {
  EXPECT_EQ(Rows("SELECT id FROM range(1000000000000) LIMIT 5").size(), 5U);
  EXPECT_THAT(Rows("SELECT count(*) FROM (SELECT id FROM range(1000000000000) LIMIT 5000) v"),
              ElementsAre("5000"));
}

TEST_F(SessionTest, ShutDownClosesEveryDoor) {
  session_->Shutdown();
  EXPECT_TRUE(session_->is_shut_down());
  EXPECT_EQ(ClassOf(session_->Sql("SELECT 1").status()), "ENGINE_CLOSED");
  session_->Shutdown();
}

TEST_F(SessionTest, SessionsRunAtOnceAndKnowOnlyTheirOwnNames) {
  std::vector<std::thread> threads;
  for (int thread = 0; thread < 4; ++thread) {
    threads.emplace_back([thread] {
      auto session = *Session::Make({{"sabot.threads", "2"}});
      const std::string number = std::to_string(thread);
      ASSERT_TRUE(session->Sql("CREATE TEMPORARY VIEW mine AS SELECT " + number + " AS n").ok());
      for (int i = 0; i < 20; ++i) {
        auto query = session->Sql("SELECT n, count(*), sum(id) FROM mine, range(5000) GROUP BY n");
        ASSERT_TRUE(query.ok()) << query.status().ToString();
        ASSERT_THAT(RowsOf(**query), ElementsAre(number + "|5000|12497500"));
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_FALSE(session_->HasTable("mine"));
}

TEST_F(SessionTest, OneSessionServesManyThreads) {
  std::vector<std::thread> threads;
  for (int thread = 0; thread < 4; ++thread) {
    threads.emplace_back([this, thread] {
      for (int i = 0; i < 20; ++i) {
        const std::string name = "v" + std::to_string(thread);
        ASSERT_TRUE(session_
                        ->Sql("CREATE OR REPLACE TEMPORARY VIEW " + name +
                              " AS SELECT count(*) AS n FROM range(" + std::to_string(i) + ")")
                        .ok());
        ASSERT_THAT(Rows("SELECT n FROM " + name), ElementsAre(std::to_string(i)));
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
}

TEST_F(SessionTest, EveryFrontEndMakesTheSamePlan) {
  Sql("CREATE TEMPORARY VIEW person AS SELECT * FROM VALUES ('ann', 30), ('bob', 41) AS v(name, "
      "age)");
  Sql("CREATE PROPERTY GRAPH g VERTEX TABLES (person KEY (name) LABEL Person)");
  const auto sql = Sql("SELECT name FROM person WHERE age > 35");
  const auto other = Sql("SELECT name FROM (SELECT * FROM person) p WHERE 35 + 0 < age");
  EXPECT_FALSE(sql->HasSamePlan(*other));
  EXPECT_TRUE(sql->HasSamePlan(*Sql("SELECT name FROM person p WHERE p.age > (30 + 5)")));
  const auto cypher = session_->Cypher("MATCH (p:Person) WHERE p.age > 35 RETURN p.name AS name");
  ASSERT_TRUE(cypher.ok()) << cypher.status().ToString();
  EXPECT_THAT(RowsOf(**cypher), ElementsAre("bob"));
}

TEST_F(SessionTest, TheRowsOfACommandAreATable) {
  const auto options = Sql("SHOW FUNCTIONS LIKE 'sum'");
  const syntax::RelationPtr relation = options->relation();
  ASSERT_NE(relation, nullptr);
  EXPECT_EQ(options->relation(), relation) << "one table, however often it is asked for";
  EXPECT_THAT(RowsOf(**session_->Resolve(relation)), ElementsAre("sum"));
  EXPECT_EQ(Sql("CREATE TEMPORARY VIEW v AS SELECT 1")->relation(), nullptr);
}

TEST_F(SessionTest, ExplainAnalyzeCountsTheRowsOfAllBatches) {
  const auto analyzed = [&](const std::string& text) { return Rows("EXPLAIN ANALYZE " + text)[0]; };
  EXPECT_THAT(analyzed("SELECT id FROM range(5000)"), HasSubstr("\n5000 rows in "));
  // Of the result, not of what was read for it.
  const std::string filtered = analyzed("SELECT id FROM range(5000) WHERE id % 1000 = 7");
  EXPECT_THAT(filtered, HasSubstr("\n5 rows in "));
  EXPECT_THAT(filtered, HasSubstr("; 5000 rows read, "));
  EXPECT_THAT(analyzed("SELECT id FROM range(0)"), HasSubstr("\n0 rows in "));
}

TEST_F(SessionTest, AHookThatFailsEndsACommand) {
  int calls = 0;
  const auto query = session_->Sql(
      "EXPLAIN ANALYZE SELECT count(*) FROM range(3000000) a JOIN range(100000) b ON a.id % 7 = "
      "b.id % 7",
      {}, [&] {
        ++calls;
        return arrow::Status::Cancelled("interrupted");
      });
  EXPECT_EQ(ClassOf(query.status()), "OPERATION_CANCELED");
  EXPECT_EQ(calls, 1);
}

TEST(WorkerLine, KeepsTheStateAndTheWholeError) {
  StreamState state;
  state.state = "failed";
  state.rows_in = 7;
  state.rows_saved = 6;
  state.late = 5;
  state.watermark_us = -4;
  state.epoch = 3;
  for (const char* value : {"' a%20\n '", "", "%", "'", "ü – x", "a\tb", "\r", "\v\f\x01\x1f\x7f",
                            "%zz", "%2", "%-1", "100%", " ", "%%41", "% 1"}) {
    state.error = MakeError(
        "CAST_INVALID_INPUT",
        {{"expression", value}, {"sourceType", "\"STRING\""}, {"targetType", ""}}, {}, "two words");
    const std::string line = ToLine(state);
    EXPECT_EQ(line.find_first_of("\n\t\r\v\f\x7f"), std::string::npos);
    StreamState back;
    ASSERT_TRUE(FromLine(line, &back)) << line;
    EXPECT_EQ(back.state, "failed");
    EXPECT_EQ(back.rows_in, 7);
    EXPECT_EQ(back.rows_saved, 6);
    EXPECT_EQ(back.late, 5);
    EXPECT_EQ(back.watermark_us, -4);
    EXPECT_EQ(back.epoch, 3U);
    EXPECT_EQ(back.error.message(), state.error.message());
    EXPECT_EQ(GetErrorDetail(back.error)->parameters(), GetErrorDetail(state.error)->parameters());
    EXPECT_EQ(GetErrorDetail(back.error)->hint(), "two words");
  }
  state.error = arrow::Status::OK();
  state.watermark_us.reset();
  StreamState back;
  ASSERT_TRUE(FromLine(ToLine(state), &back));
  EXPECT_TRUE(back.error.ok());
  EXPECT_EQ(back.watermark_us, std::nullopt);
  EXPECT_FALSE(FromLine("running 1 2", &back));
}

TEST(WorkerLine, ReadsWordsThatNoWorkerOfOursWrites) {
  StreamState back;
  ASSERT_TRUE(FromLine("failed 0 0 0 0 0 FILE_NOT_FOUND '%zz 'path '%4c%4%+1%", &back));
  EXPECT_EQ(GetErrorDetail(back.error)->hint(), "%zz");
  EXPECT_EQ(GetErrorDetail(back.error)->parameters()[0].value, "L%4%+1%");
}

TEST_F(SessionTest, AStreamThatDoesNotStartKeepsNoConsumer) {
  auto held = std::make_shared<int>(1);
  StreamRequest request;
  request.relation = Sql("SELECT 1 AS a")->relation();
  request.sink.connector = "callback";
  request.sink.path = session_->AddConsumer(
      {}, [held](uint64_t, std::shared_ptr<arrow::Table>) { return arrow::Status::OK(); });
  EXPECT_EQ(held.use_count(), 2);
  EXPECT_EQ(ClassOf(session_->StartStream(request).status()), "STREAM_UNSUPPORTED");
  EXPECT_EQ(held.use_count(), 1);
}

}  // namespace
TEST_F(SessionTest, ShutdownStopsWhatRunsAndWhatWouldStart) {
  const auto query = session_->Sql("SELECT sum(id) FROM range(1000000000000)").ValueOrDie();
  const auto running = query->Execute().ValueOrDie();
  session_->Shutdown();
  const auto stopped = running->Next(nullptr).status();
  ASSERT_NE(GetErrorDetail(stopped), nullptr) << stopped.ToString();
  EXPECT_EQ(GetErrorDetail(stopped)->error_class().name, "OPERATION_CANCELED");
  const auto refused = query->Execute().status();
  ASSERT_NE(GetErrorDetail(refused), nullptr) << refused.ToString();
  EXPECT_EQ(GetErrorDetail(refused)->error_class().name, "ENGINE_CLOSED");
}

}  // namespace sabot
