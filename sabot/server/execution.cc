#include "sabot/server/execution.h"

#include <algorithm>

#include "arrow/record_batch.h"
#include "arrow/type.h"
#include "spark/connect/base.pb.h"

#include "sabot/base/error.h"
#include "sabot/formats/arrow/convert.h"
#include "sabot/frontend/spark/types.h"
#include "sabot/frontend/sql/parser.h"
#include "sabot/server/arrow_stream.h"
#include "sabot/server/show.h"

// Clients before 4.0 fill fields of SqlCommand that 4.2 calls deprecated; they are served too.
#pragma GCC diagnostic ignored "-Wdeprecated-declarations"

namespace sabot::server {
namespace {

namespace proto = ::spark::connect;

/// Spark's limit of rows an Arrow batch, less the rows of one more batch of ours.
constexpr int64_t kRowsMin = 10000 - 2048;
/// Bytes of a message before it is cut, where the client takes pieces; its own limit is 128 MiB.
constexpr size_t kChunkBytes = size_t{32} << 20;
constexpr size_t kChunkBytesMin = 1024;

arrow::Result<std::shared_ptr<arrow::RecordBatch>> EmptyBatch(const Schema& schema) {
  ARROW_ASSIGN_OR_RAISE(auto arrow_schema, ToArrow(schema));
  return arrow::RecordBatch::MakeEmpty(std::move(arrow_schema));
}

arrow::Result<std::shared_ptr<arrow::RecordBatch>> OneRow(const Schema& schema,
                                                          const std::vector<std::string>& texts) {
  Batch batch;
  for (const std::string& text : texts) {
    VectorBuilder builder{Type(TypeId::kString)};
    builder.Append(TypedValue::String(text));
    batch.columns().push_back(builder.Finish());
  }
  batch.set_num_rows(1);
  return ToArrow(batch, schema);
}

class Execution {
 public:
  Execution(ConnectSession* session, Operation* operation, const proto::ExecutePlanRequest& request)
      : session_(session), operation_(operation) {
    for (const auto& option : request.request_options()) {
      if (!option.has_result_chunking_options()) continue;
      const auto& chunking = option.result_chunking_options();
      may_chunk_ = chunking.allow_arrow_batch_chunking();
      if (chunking.has_preferred_arrow_chunk_size()) {
        chunk_bytes_ = std::clamp(
            static_cast<size_t>(std::max<int64_t>(chunking.preferred_arrow_chunk_size(), 0)),
            kChunkBytesMin, kChunkBytes);
      }
    }
  }

  arrow::Status Run(const proto::Plan& plan) {
    switch (plan.op_type_case()) {
      case proto::Plan::kRoot:
        ARROW_RETURN_NOT_OK(RunRoot(plan.root()));
        break;
      case proto::Plan::kCommand:
        ARROW_RETURN_NOT_OK(RunCommand(plan.command()));
        break;
      case proto::Plan::kCompressedOperation:
        return UnsupportedError("a compressed plan",
                                "spark.connect.session.planCompression.threshold = -1");
      default:
        return MakeError("CONNECT_INVALID_PLAN.CANNOT_PARSE", {{"message", "the plan is empty"}});
    }
    proto::ExecutePlanResponse complete;
    complete.mutable_result_complete();
    return Respond(&complete);
  }

 private:
  arrow::Status RunRoot(const proto::Relation& root) {
    if (root.has_show_string()) {
      const auto& show = root.show_string();
      ARROW_ASSIGN_OR_RAISE(const ShowTable table, ReadTable(show.input(), show.num_rows()));
      return SendText("show_string", show.vertical() ? RenderVertical(table, show.truncate())
                                                     : RenderShow(table, show.truncate()));
    }
    if (root.has_html_string()) {
      const auto& html = root.html_string();
      ARROW_ASSIGN_OR_RAISE(const ShowTable table, ReadTable(html.input(), html.num_rows()));
      return SendText("html_string", RenderHtml(table, html.truncate()));
    }
    ARROW_ASSIGN_OR_RAISE(const auto query, session_->Resolve(root));
    return SendRows(*query);
  }

  arrow::Status RunCommand(const proto::Command& command) {
    if (!command.has_sql_command()) return session_->Run(command);
    const proto::SqlCommand& sql = command.sql_command();
    proto::Relation input;
    if (sql.has_input()) {
      input = sql.input();
    } else {
      input.mutable_sql()->set_query(sql.sql());
      *input.mutable_sql()->mutable_args() = sql.args();
      *input.mutable_sql()->mutable_pos_args() = sql.pos_args();
      *input.mutable_sql()->mutable_named_arguments() = sql.named_arguments();
      *input.mutable_sql()->mutable_pos_arguments() = sql.pos_arguments();
    }
    proto::ExecutePlanResponse response;
    proto::Relation* result = response.mutable_sql_command_result()->mutable_relation();
    ARROW_ASSIGN_OR_RAISE(const auto setting, RunSet(input.sql().query()));
    if (setting.has_value()) {
      *result->mutable_local_relation()->mutable_data() = *setting;
      return Respond(&response);
    }
    ARROW_ASSIGN_OR_RAISE(const auto query, RunSql(input));
    if (query->is_lazy()) {
      // The client sends the query again, as part of what it makes of it.
      *result = std::move(input);
    } else {
      ARROW_ASSIGN_OR_RAISE(*result->mutable_local_relation()->mutable_data(), ReadAll(*query));
    }
    return Respond(&response);
  }

  /// SET of a key that only Spark knows is the same as spark.conf: the row of key and value.
  /// Nothing if the text is another statement, or a key of ours.
  arrow::Result<std::optional<std::string>> RunSet(const std::string& text) {
    const auto statement = sql::ParseStatement(text);
    if (!statement.ok()) return std::nullopt;
    const auto* set = (*statement)->As<syntax::Set>();
    if (set == nullptr || set->key.empty() || set->key.starts_with("sabot.") ||
        session_->session().GetOption(set->key).ok()) {
      return std::nullopt;
    }
    SparkConfig& config = session_->config();
    if (set->reset) {
      ARROW_RETURN_NOT_OK(config.Unset(set->key));
    } else if (set->value.has_value()) {
      ARROW_RETURN_NOT_OK(config.Set(set->key, *set->value));
    }
    Schema schema{{{"key", Type(TypeId::kString), false}, {"value", Type(TypeId::kString), false}}};
    const std::string value = config.Find(set->key).value_or("<undefined>");
    ARROW_ASSIGN_OR_RAISE(auto rows, OneRow(schema, {set->key, value}));
    ARROW_ASSIGN_OR_RAISE(std::string data, WriteStream(schema, {std::move(rows)}, ZoneName()));
    return data;
  }

  /// A statement of any kind by its text; a query over data frames as a tree.
  arrow::Result<std::shared_ptr<const Query>> RunSql(const proto::Relation& input) {
    if (!input.has_sql()) return session_->Resolve(input);
    spark::PlanTexts texts;
    const proto::SQL& sql = input.sql();
    // Arguments are checked and read as those of a query are; the text is parsed once, below.
    spark::Surroundings surroundings = session_->MakeSurroundings();
    surroundings.parse_query = [](std::string_view) -> arrow::Result<syntax::RelationPtr> {
      return syntax::MakeRelation(syntax::Values{});
    };
    ARROW_RETURN_NOT_OK(spark::ToRelation(input, surroundings, &texts));
    return session_->session().Sql(sql.query(), texts.parameters);
  }

  arrow::Status CheckCancelled() const {
    return operation_->is_cancelled() ? MakeError("OPERATION_CANCELED", {{"message", ""}})
                                      : arrow::Status::OK();
  }
  WaitHook Hook() const {
    return [this] { return CheckCancelled(); };
  }

  arrow::Result<ShowTable> ReadTable(const proto::Relation& input, int64_t num_rows) {
    num_rows = std::clamp<int64_t>(num_rows, 0, INT32_MAX - 1);
    ARROW_ASSIGN_OR_RAISE(const auto query, session_->ResolveLimited(input, num_rows + 1));
    ARROW_ASSIGN_OR_RAISE(const TimeZone zone, TimeZone::Find(ZoneName()));
    ARROW_ASSIGN_OR_RAISE(const auto stream, query->Execute());
    ShowTable table;
    for (const TypeField& column : query->schema().columns) table.names.push_back(column.name);
    while (true) {
      ARROW_ASSIGN_OR_RAISE(const std::optional<Batch> batch, stream->Next(Hook()));
      if (!batch.has_value()) return table;
      for (int32_t row = 0; row < batch->num_rows(); ++row) {
        if (static_cast<int64_t>(table.rows.size()) == num_rows) {
          table.has_more = true;
          stream->Cancel();
          return table;
        }
        auto& cells = table.rows.emplace_back();
        for (const Vector& column : batch->columns()) {
          cells.push_back(CellText(column.ValueAt(row), zone));
        }
      }
    }
  }

  /// All rows of a command's result as one IPC stream.
  arrow::Result<std::string> ReadAll(const Query& query) {
    ARROW_ASSIGN_OR_RAISE(const auto stream, query.Execute());
    std::vector<std::shared_ptr<arrow::RecordBatch>> batches;
    while (true) {
      ARROW_ASSIGN_OR_RAISE(auto batch, stream->NextArrow(Hook()));
      if (batch == nullptr) break;
      batches.push_back(std::move(batch));
    }
    if (batches.empty()) {
      ARROW_ASSIGN_OR_RAISE(batches.emplace_back(), EmptyBatch(query.schema()));
    }
    return WriteStream(query.schema(), batches, ZoneName());
  }

  arrow::Status SendRows(const Query& query) {
    ARROW_RETURN_NOT_OK(SendSchema(query.schema()));
    ARROW_ASSIGN_OR_RAISE(const auto stream, query.Execute());
    const std::string zone = ZoneName();
    std::vector<std::shared_ptr<arrow::RecordBatch>> batches;
    int64_t num_rows = 0;
    const auto send = [&]() -> arrow::Status {
      ARROW_ASSIGN_OR_RAISE(std::string data, WriteStream(query.schema(), batches, zone));
      batches.clear();
      return SendData(std::move(data), std::exchange(num_rows, 0));
    };
    bool is_first = true;
    while (true) {
      auto batch = stream->NextArrow(Hook());
      if (!batch.ok()) return batch.status();
      if (*batch == nullptr) break;
      num_rows += (*batch)->num_rows();
      batches.push_back(std::move(*batch));
      // The first rows go at once: somebody waits for them.
      if (!is_first && num_rows < kRowsMin) continue;
      ARROW_RETURN_NOT_OK(send());
      is_first = false;
    }
    if (is_first) {
      // Clients want one batch at least, for its schema.
      ARROW_ASSIGN_OR_RAISE(batches.emplace_back(), EmptyBatch(query.schema()));
    }
    return batches.empty() ? arrow::Status::OK() : send();
  }

  arrow::Status SendText(const std::string& name, const std::string& text) {
    const Schema schema{{{name, Type(TypeId::kString), false}}};
    ARROW_RETURN_NOT_OK(SendSchema(schema));
    ARROW_ASSIGN_OR_RAISE(auto rows, OneRow(schema, {text}));
    ARROW_ASSIGN_OR_RAISE(std::string data, WriteStream(schema, {std::move(rows)}, ZoneName()));
    return SendData(std::move(data), 1);
  }

  arrow::Status SendSchema(const Schema& schema) {
    proto::ExecutePlanResponse response;
    ARROW_RETURN_NOT_OK(spark::FromSchema(schema, response.mutable_schema()));
    return Respond(&response);
  }

  arrow::Status SendData(std::string data, int64_t num_rows) {
    const size_t piece = may_chunk_ ? chunk_bytes_ : data.size();
    const size_t num_pieces = std::max<size_t>(1, (data.size() + piece - 1) / piece);
    for (size_t i = 0; i < num_pieces; ++i) {
      proto::ExecutePlanResponse response;
      auto* batch = response.mutable_arrow_batch();
      batch->set_row_count(num_rows);
      batch->set_start_offset(rows_sent_);
      if (num_pieces > 1) {
        batch->set_chunk_index(static_cast<int64_t>(i));
        batch->set_num_chunks_in_batch(static_cast<int64_t>(num_pieces));
        batch->set_data(data.substr(i * piece, piece));
      } else {
        batch->set_data(std::move(data));
      }
      ARROW_RETURN_NOT_OK(Respond(&response));
    }
    rows_sent_ += num_rows;
    return arrow::Status::OK();
  }

  arrow::Status Respond(proto::ExecutePlanResponse* response) {
    response->set_session_id(session_->id());
    response->set_server_side_session_id(session_->server_side_id());
    response->set_operation_id(operation_->id());
    response->set_response_id(MakeUuid());
    if (operation_->Append(response->response_id(), response->SerializeAsString())) {
      return arrow::Status::OK();
    }
    return CheckCancelled();
  }

  std::string ZoneName() const {
    return session_->config().Find("spark.sql.session.timeZone").value_or("UTC");
  }

  ConnectSession* session_;
  Operation* operation_;
  bool may_chunk_ = false;
  size_t chunk_bytes_ = kChunkBytes;
  int64_t rows_sent_ = 0;
};

}  // namespace

void Execute(const std::shared_ptr<ConnectSession>& session,
             const std::shared_ptr<Operation>& operation,
             const proto::ExecutePlanRequest& request) {
  Execution execution(session.get(), operation.get(), request);
  const arrow::Status status = execution.Run(request.plan());
  operation->Finish(status.ok() ? RpcStatus{} : session->errors().Add(status));
}

}  // namespace sabot::server
