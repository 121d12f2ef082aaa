#include "sabot/server/service.h"

#include <random>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <google/protobuf/text_format.h>
#include <gtest/gtest.h>

#include "arrow/record_batch.h"
#include "arrow/type.h"
#include "spark/connect/base.pb.h"

#include "sabot/base/error.h"
#include "sabot/formats/arrow/convert.h"
#include "sabot/server/analysis.h"
#include "sabot/server/arrow_stream.h"
#include "sabot/server/grpc_server.h"

namespace sabot::server {
namespace {

namespace proto = ::spark::connect;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

class Answers final : public Client {
 public:
  bool Send(std::string message) override {
    messages.push_back(std::move(message));
    return true;
  }
  bool is_gone() const override { return false; }

  std::vector<std::string> messages;
};

template <typename Message>
Message FromText(const std::string& text) {
  Message message;
  EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(text, &message)) << text;
  return message;
}

/// One service with one session, asked in protobuf's text.
class ServiceTest : public testing::Test {
 protected:
  template <typename Request, typename Response>
  Response Ask(const char* method, const std::string& text) {
    auto request = FromText<Request>(text);
    request.set_session_id("s");
    Answers answers;
    status_ = service_.Call(method, {request.SerializeAsString()}, &answers);
    Response response;
    if (!answers.messages.empty()) {
      EXPECT_TRUE(response.ParseFromString(answers.messages.at(0)));
    }
    return response;
  }
  proto::ConfigResponse Config(const std::string& operation) {
    return Ask<proto::ConfigRequest, proto::ConfigResponse>("Config",
                                                            "operation { " + operation + " }");
  }
  std::vector<proto::ExecutePlanResponse> Stream(const char* method, const std::string& bytes) {
    Answers answers;
    status_ = service_.Call(method, {bytes}, &answers);
    std::vector<proto::ExecutePlanResponse> responses;
    for (const std::string& message : answers.messages) {
      EXPECT_TRUE(responses.emplace_back().ParseFromString(message));
    }
    return responses;
  }
  std::vector<proto::ExecutePlanResponse> Execute(const std::string& text) {
    auto request = FromText<proto::ExecutePlanRequest>(text);
    request.set_session_id("s");
    return Stream("ExecutePlan", request.SerializeAsString());
  }

  Service service_;
  RpcStatus status_;
};

TEST_F(ServiceTest, AnswersARangeInTheOrderClientsExpect) {
  const auto responses = Execute("plan { root { range { end: 3 step: 1 } } }");
  ASSERT_TRUE(status_.ok()) << status_.message;
  ASSERT_EQ(responses.size(), 3U);
  EXPECT_EQ(responses[0].schema().struct_().fields(0).name(), "id");
  EXPECT_FALSE(responses[0].schema().struct_().fields(0).nullable());
  EXPECT_EQ(responses[1].arrow_batch().row_count(), 3);
  EXPECT_EQ(responses[1].arrow_batch().start_offset(), 0);
  EXPECT_TRUE(responses[2].has_result_complete());
  for (const auto& response : responses) {
    EXPECT_EQ(response.session_id(), "s");
    EXPECT_EQ(response.server_side_session_id(), responses[0].server_side_session_id());
    EXPECT_EQ(response.operation_id(), responses[0].operation_id());
  }
  EXPECT_NE(responses[0].response_id(), responses[1].response_id());
}

TEST_F(ServiceTest, SendsOneBatchThoughThereAreNoRows) {
  const auto responses = Execute("plan { root { range { end: 0 step: 1 } } }");
  ASSERT_EQ(responses.size(), 3U);
  EXPECT_TRUE(responses[1].has_arrow_batch());
  EXPECT_EQ(responses[1].arrow_batch().row_count(), 0);
  EXPECT_FALSE(responses[1].arrow_batch().data().empty());
}

TEST_F(ServiceTest, CutsBatchesAndMessagesAsAsked) {
  const auto responses = Execute(
      "request_options { result_chunking_options { allow_arrow_batch_chunking: true "
      "preferred_arrow_chunk_size: 4096 } } plan { root { range { end: 30000 step: 1 } } }");
  int64_t offset = 0;
  int64_t num_rows = 0;
  for (const auto& response : responses) {
    if (!response.has_arrow_batch()) continue;
    const auto& batch = response.arrow_batch();
    EXPECT_LE(batch.row_count(), 10000);
    EXPECT_LE(batch.data().size(), 4096U);
    if (batch.chunk_index() == 0) {
      EXPECT_EQ(batch.start_offset(), num_rows);
      offset = batch.start_offset();
      num_rows += batch.row_count();
    } else {
      EXPECT_EQ(batch.start_offset(), offset);
    }
  }
  EXPECT_EQ(num_rows, 30000);
}

TEST_F(ServiceTest, LetsAClientReattachUntilItReleases) {
  const std::string id = "11111111-1111-4111-8111-111111111111";
  const std::string execute = fmt::format(
      "operation_id: \"{}\" request_options {{ reattach_options {{ reattachable: true }} }} "
      "plan {{ root {{ range {{ end: 3 step: 1 }} }} }}",
      id);
  const auto responses = Execute(execute);
  ASSERT_EQ(responses.size(), 3U);
  Execute(execute);
  EXPECT_THAT(status_.message, HasSubstr("INVALID_HANDLE.OPERATION_ALREADY_EXISTS"));

  proto::ReattachExecuteRequest reattach;
  reattach.set_session_id("s");
  reattach.set_operation_id(id);
  reattach.set_last_response_id(responses[0].response_id());
  const auto again = Stream("ReattachExecute", reattach.SerializeAsString());
  ASSERT_EQ(again.size(), 2U);
  EXPECT_EQ(again[0].SerializeAsString(), responses[1].SerializeAsString());

  const auto status = Ask<proto::GetStatusRequest, proto::GetStatusResponse>(
      "GetStatus", "operation_status { operation_ids: \"" + id + "\" operation_ids: \"other\" }");
  ASSERT_EQ(status.operation_statuses_size(), 2);
  EXPECT_EQ(status.operation_statuses(0).state(),
            proto::GetStatusResponse::OperationStatus::OPERATION_STATE_SUCCEEDED);
  EXPECT_EQ(status.operation_statuses(1).state(),
            proto::GetStatusResponse::OperationStatus::OPERATION_STATE_UNKNOWN);

  const auto released = Ask<proto::ReleaseExecuteRequest, proto::ReleaseExecuteResponse>(
      "ReleaseExecute", "operation_id: \"" + id + "\" release_all { }");
  EXPECT_EQ(released.operation_id(), id);
  Stream("ReattachExecute", reattach.SerializeAsString());
  EXPECT_THAT(status_.message, HasSubstr("INVALID_HANDLE.OPERATION_NOT_FOUND"));
}

TEST_F(ServiceTest, TellsAClientThatItsSessionIsGone) {
  const auto first = Config("get { keys: \"spark.sql.session.timeZone\" }");
  EXPECT_EQ(first.pairs(0).value(), "UTC");
  Config("set { pairs { key: \"spark.sql.session.timeZone\" value: \"Europe/Berlin\" } }");
  const auto version = Ask<proto::AnalyzePlanRequest, proto::AnalyzePlanResponse>(
      "AnalyzePlan", "spark_version { } client_observed_server_side_session_id: \"" +
                         first.server_side_session_id() + "\"");
  EXPECT_EQ(version.spark_version().version(), "4.2.0");
  Ask<proto::ReleaseSessionRequest, proto::ReleaseSessionResponse>("ReleaseSession", "");
  Ask<proto::AnalyzePlanRequest, proto::AnalyzePlanResponse>(
      "AnalyzePlan", "spark_version { } client_observed_server_side_session_id: \"" +
                         first.server_side_session_id() + "\"");
  EXPECT_THAT(status_.message, HasSubstr("INVALID_HANDLE.SESSION_CHANGED"));
  EXPECT_EQ(Config("get { keys: \"spark.sql.session.timeZone\" }").pairs(0).value(), "UTC");
}

TEST_F(ServiceTest, KeepsOptions) {
  EXPECT_EQ(Config("get_with_default { pairs { key: \"x\" value: \"d\" } }").pairs(0).value(), "d");
  Config("set { pairs { key: \"x\" value: \"1\" } }");
  EXPECT_EQ(Config("get_with_default { pairs { key: \"x\" value: \"d\" } }").pairs(0).value(), "1");
  EXPECT_EQ(Config("get_option { keys: \"x\" keys: \"y\" }").pairs(0).value(), "1");
  EXPECT_FALSE(Config("get_option { keys: \"x\" keys: \"y\" }").pairs(1).has_value());
  Config("unset { keys: \"x\" }");
  Config("get { keys: \"x\" }");
  EXPECT_THAT(status_.message, HasSubstr("SQL_CONF_NOT_FOUND"));
  const auto all = Config("get_all { prefix: \"spark.sql.session.\" }");
  EXPECT_GE(all.pairs_size(), 6);
  for (const auto& pair : all.pairs()) EXPECT_FALSE(pair.key().starts_with("spark"));
  const auto modifiable = Config(
      "is_modifiable { keys: \"spark.sql.session.timeZone\" keys: \"spark.sql.caseSensitive\" }");
  EXPECT_EQ(modifiable.pairs(0).value(), "true");
  EXPECT_EQ(modifiable.pairs(1).value(), "false");
}

TEST_F(ServiceTest, RefusesOptionsThatWouldChangeMeanings) {
  const std::string set = "pairs { key: \"spark.sql.caseSensitive\" value: \"true\" }";
  Config("set { " + set + " }");
  EXPECT_THAT(status_.message, HasSubstr("CONFIG_INVALID"));
  const auto silent = Config("set { silent: true " + set + " }");
  EXPECT_TRUE(status_.ok());
  ASSERT_EQ(silent.warnings_size(), 1);
  EXPECT_THAT(silent.warnings(0), HasSubstr("spark.sql.caseSensitive"));
  Config("set { pairs { key: \"sabot.no.such.key\" value: \"1\" } }");
  EXPECT_THAT(status_.message, HasSubstr("CONFIG_NOT_FOUND"));
  Config("set { pairs { key: \"spark.sql.caseSensitive\" value: \"FALSE\" } }");
  EXPECT_TRUE(status_.ok());
}

TEST_F(ServiceTest, KeepsUploadsOfTheRightChecksum) {
  // CRC-32 of "123456789" is the check value of the standard.
  const auto upload = [&](const std::vector<std::string>& texts) {
    std::vector<std::string> requests;
    for (const std::string& text : texts) {
      auto request = FromText<proto::AddArtifactsRequest>(text);
      request.set_session_id("s");
      requests.push_back(request.SerializeAsString());
    }
    Answers answers;
    status_ = service_.Call("AddArtifacts", requests, &answers);
    proto::AddArtifactsResponse response;
    if (!answers.messages.empty()) {
      EXPECT_TRUE(response.ParseFromString(answers.messages[0]));
    }
    return response;
  };
  const auto exists = [&](const std::string& name) {
    return Ask<proto::ArtifactStatusesRequest, proto::ArtifactStatusesResponse>(
               "ArtifactStatus", "names: \"" + name + "\"")
        .statuses()
        .at(name)
        .exists();
  };
  const auto whole = upload(
      {"batch { artifacts { name: \"cache/a\" data { data: \"123456789\" crc: 3421780262 } } "
       "artifacts { name: \"cache/b\" data { data: \"123456788\" crc: 3421780262 } } }"});
  EXPECT_TRUE(whole.artifacts(0).is_crc_successful());
  EXPECT_FALSE(whole.artifacts(1).is_crc_successful());
  EXPECT_TRUE(exists("cache/a"));
  EXPECT_FALSE(exists("cache/b"));
  const auto pieces = upload(
      {"begin_chunk { name: \"cache/c\" num_chunks: 2 initial_chunk { data: \"123456789\" crc: "
       "3421780262 } }",
       "chunk { data: \"123456789\" crc: 3421780262 }"});
  ASSERT_EQ(pieces.artifacts_size(), 1);
  EXPECT_TRUE(exists("cache/c"));
  upload(
      {"begin_chunk { name: \"cache/d\" num_chunks: 2 initial_chunk { data: \"damaged\" crc: "
       "3421780262 } }",
       "chunk { data: \"123456789\" crc: 3421780262 }"});
  EXPECT_FALSE(exists("cache/d"));
  upload(
      {"batch { artifacts { name: \"pyfiles/x.py\" data { data: \"123456789\" crc: 3421780262 "
       "} } }"});
  EXPECT_THAT(status_.message, HasSubstr("addArtifacts"));
}

TEST_F(ServiceTest, ReadsTheSameRowsUnderEachSchemaAnew) {
  const auto schema = arrow::schema({arrow::field("a", arrow::int32())});
  const std::string data =
      *WriteStream(*FromArrow(*schema), {*arrow::RecordBatch::MakeEmpty(schema)}, "UTC");
  for (const char* ddl : {"a INT", "b INT", "b BIGINT"}) {
    proto::ExecutePlanRequest request;
    request.set_session_id("s");
    auto* rows = request.mutable_plan()->mutable_root()->mutable_local_relation();
    rows->set_data(data);
    rows->set_schema(ddl);
    const auto responses = Stream("ExecutePlan", request.SerializeAsString());
    ASSERT_TRUE(status_.ok()) << status_.message;
    const auto& field = responses[0].schema().struct_().fields(0);
    EXPECT_EQ(field.name(), std::string(ddl, 1));
    EXPECT_EQ(field.data_type().has_long_(), std::string(ddl) == "b BIGINT");
  }
}

TEST_F(ServiceTest, ExplainsErrorsInFull) {
  Execute("plan { root { sql { query: \"SELECT 'ü', nope FROM range(1)\" } } }");
  EXPECT_EQ(status_.code, kInternalCode);
  EXPECT_THAT(status_.message, HasSubstr("(line 1, position 13)"));
  EXPECT_THAT(status_.details, HasSubstr("type.googleapis.com/google.rpc.ErrorInfo"));
  EXPECT_THAT(status_.details, HasSubstr("org.apache.spark.sql.AnalysisException"));
  const size_t at = status_.details.find("errorId");
  ASSERT_NE(at, std::string::npos);
  // Key, tag and length of the value, then the id.
  const std::string id = status_.details.substr(at + 9, 36);
  const auto details = Ask<proto::FetchErrorDetailsRequest, proto::FetchErrorDetailsResponse>(
      "FetchErrorDetails", "error_id: \"" + id + "\"");
  ASSERT_EQ(details.errors_size(), 1);
  const auto& throwable = details.errors(0).spark_throwable();
  EXPECT_THAT(throwable.error_class(), HasSubstr("UNRESOLVED_COLUMN"));
  EXPECT_EQ(throwable.sql_state(), "42703");
  ASSERT_EQ(throwable.query_contexts_size(), 1);
  EXPECT_EQ(throwable.query_contexts(0).start_index(), 12);
  EXPECT_EQ(throwable.query_contexts(0).stop_index(), 15);
  EXPECT_EQ(throwable.query_contexts(0).fragment(), "nope");
}

TEST_F(ServiceTest, TakesPlansDeeperThanProtobufsOwnLimit) {
  const auto chain = [&](int steps) {
    proto::ExecutePlanRequest request;
    request.set_session_id("s");
    proto::Relation* inner = request.mutable_plan()->mutable_root();
    for (int i = 0; i < steps; ++i) {
      inner->mutable_limit()->set_limit(5);
      inner = inner->mutable_limit()->mutable_input();
    }
    inner->mutable_range()->set_end(9);
    inner->mutable_range()->set_step(1);
    return Stream("ExecutePlan", request.SerializeAsString());
  };
  EXPECT_EQ(chain(300).at(1).arrow_batch().row_count(), 5);
  chain(450);
  EXPECT_THAT(status_.message, HasSubstr("PLAN_TOO_DEEP"));
  chain(600);
  EXPECT_THAT(status_.message, HasSubstr("CONNECT_INVALID_PLAN.CANNOT_PARSE"));
}

TEST_F(ServiceTest, TakesAnyBytesForAPlan) {
  const std::string values =
      "input { sql { query: \"SELECT * FROM VALUES (1, 'a') AS t(a, b)\" } } ";
  std::vector<std::string> seeds;
  for (const std::string& root :
       {"project { " + values +
            "expressions { unresolved_attribute { unparsed_identifier: \"a\" } } }",
        "filter { " + values + "condition { expression_string { expression: \"a > 0\" } } }",
        "sort { " + values + "order { child { literal { string: \"x\" } } direction: 2 } }",
        "deduplicate { column_names: \"b\" " + values + "}",
        "show_string { num_rows: 3 truncate: 20 " + values + "}",
        std::string("local_relation { schema: \"a INT, b STRING\" }")}) {
    auto request = FromText<proto::ExecutePlanRequest>("plan { root { " + root + " } }");
    request.set_session_id("s");
    seeds.push_back(request.SerializeAsString());
  }
  std::mt19937 random(7);
  int num_ok = 0;
  for (int round = 0; round < 1000; ++round) {
    std::string bytes = seeds[random() % seeds.size()];
    bytes[random() % bytes.size()] ^= static_cast<char>(1 << random() % 8);
    Stream("ExecutePlan", bytes);
    num_ok += status_.ok() ? 1 : 0;
    EXPECT_THAT(status_.message, Not(HasSubstr("INTERNAL_ERROR")));
  }
  // Mutants that still run are those that reach the depths.
  EXPECT_GE(num_ok, 20);
}

TEST_F(ServiceTest, RefusesWhatItDoesNotKnow) {
  Stream("ExecutePlan", "no message");
  EXPECT_THAT(status_.message, HasSubstr("CONNECT_INVALID_PLAN.CANNOT_PARSE"));
  Stream("CloneSession", "");
  EXPECT_THAT(status_.message, HasSubstr("cloneSession"));
  Stream("NoSuchMethod", "");
  EXPECT_EQ(status_.code, kUnimplementedCode);
  Stream("/spark.connect.SparkConnectService/ExecutePlan", "");
  EXPECT_NE(status_.code, kUnimplementedCode);
  service_.Shutdown();
  Execute("plan { root { range { end: 3 step: 1 } } }");
  EXPECT_THAT(status_.message, HasSubstr("ENGINE_CLOSED"));
}

TEST(RpcError, NamesSparksExceptionsByTheirMeaning) {
  const auto first = [](const char* error_class, std::vector<ErrorParameter> parameters = {}) {
    return ExceptionClasses(MakeError(error_class, std::move(parameters)))[0];
  };
  EXPECT_EQ(first("PARSE_SYNTAX_ERROR"), "org.apache.spark.sql.catalyst.parser.ParseException");
  EXPECT_EQ(first("TABLE_OR_VIEW_NOT_FOUND"), "org.apache.spark.sql.AnalysisException");
  EXPECT_EQ(first("DIVIDE_BY_ZERO"), "org.apache.spark.SparkArithmeticException");
  EXPECT_EQ(first("CAST_INVALID_INPUT", {{"targetType", "\"INT\""}}),
            "org.apache.spark.SparkNumberFormatException");
  EXPECT_EQ(first("CAST_INVALID_INPUT", {{"targetType", "\"TIMESTAMP\""}}),
            "org.apache.spark.SparkDateTimeException");
  EXPECT_EQ(first("INVALID_ARRAY_INDEX"), "org.apache.spark.SparkArrayIndexOutOfBoundsException");
  EXPECT_EQ(first("UNSUPPORTED_FEATURE"), "org.apache.spark.SparkUnsupportedOperationException");
  EXPECT_EQ(first("SQL_CONF_NOT_FOUND"), "org.apache.spark.SparkNoSuchElementException");
  EXPECT_EQ(ExceptionClasses(arrow::Status::IOError("x"))[0], "org.apache.spark.SparkException");
}

TEST(RpcError, FitsATrailer) {
  const RpcStatus status = ToRpcStatus(InternalError(std::string(100'000, 'x') + "\"\n"), "the id");
  EXPECT_LT(status.message.size() + status.details.size(), 6000U);
}

TEST(TreeString, ShowsNestedTypesToTheDepthAsked) {
  const Schema schema{
      {{"a", Type(TypeId::kLong), false},
       {"m",
        Type::Map(Type(TypeId::kString),
                  Type::Array(Type::Struct({{"x", Type(TypeId::kInt), true}}), false)),
        true}}};
  EXPECT_EQ(TreeString(schema, 0),
            "root\n |-- a: long (nullable = false)\n |-- m: map (nullable = true)\n"
            " |    |-- key: string\n |    |-- value: array (valueContainsNull = true)\n"
            " |    |    |-- element: struct (containsNull = false)\n"
            " |    |    |    |-- x: integer (nullable = true)\n");
  EXPECT_EQ(TreeString(schema, 1),
            "root\n |-- a: long (nullable = false)\n |-- m: map (nullable = true)\n");
}

TEST(GrpcServer, ListensToThisMachineOnly) {
  const auto outside = GrpcServer::Start("0.0.0.0", 0);
  ASSERT_FALSE(outside.ok());
  EXPECT_THAT(outside.status().message(), HasSubstr("UNSUPPORTED_FEATURE"));
  auto server = GrpcServer::Start("127.0.0.1", 0);
  ASSERT_TRUE(server.ok()) << server.status();
  EXPECT_GT((*server)->port(), 0);
  EXPECT_FALSE(GrpcServer::Start("127.0.0.1", (*server)->port()).ok());
  (*server)->Shutdown();
  (*server)->Shutdown();
}

}  // namespace
}  // namespace sabot::server
