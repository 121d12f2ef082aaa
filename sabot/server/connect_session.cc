#include "sabot/server/connect_session.h"

#include <functional>

#include <fmt/format.h>

#include "arrow/record_batch.h"
#include "arrow/type.h"

#include "sabot/base/error.h"
#include "sabot/base/hash.h"
#include "sabot/frontend/sql/parser.h"
#include "sabot/server/arrow_stream.h"

namespace sabot::server {
namespace {

constexpr size_t kArtifactBytesMax = size_t{4} << 30;
constexpr std::string_view kCachePrefix = "cache/";

arrow::Result<syntax::RelationPtr> ParseQuery(std::string_view text) {
  auto statement = sql::ParseStatement(text);
  if (!statement.ok()) return WithStatement(statement.status(), text);
  const auto* query = (*statement)->As<syntax::Query>();
  if (query != nullptr) return query->relation;
  return WithStatement(UnsupportedError("a command as part of a DataFrame",
                                        "spark.sql() of the command alone", (*statement)->span),
                       text);
}

arrow::Result<syntax::ExpressionPtr> ParseExpression(std::string_view text) {
  auto expression = sql::ParseExpression(text);
  // Told here: the plan may hold many such texts, and the span is of this one.
  if (!expression.ok()) return WithStatement(expression.status(), text);
  return expression;
}

/// Column i of the rows as `declared` has it. The rows' columns are called by their position, as
/// names may repeat.
syntax::RelationPtr CastTo(const Schema& declared, const Schema& actual, syntax::RelationPtr rows) {
  syntax::Project project{std::move(rows), {}};
  for (size_t i = 0; i < declared.size(); ++i) {
    const TypeField& column = declared.columns[i];
    syntax::ExpressionPtr value = syntax::MakeExpression(syntax::Name{{std::to_string(i)}, {}});
    if (column.type.ToSql() != actual.columns[i].type.ToSql()) {
      value = syntax::MakeExpression(syntax::Cast{std::move(value), column.type, false});
    }
    project.expressions.push_back(
        syntax::MakeExpression(syntax::Alias{std::move(value), column.name}));
  }
  return syntax::MakeRelation(std::move(project));
}

bool HaveSameTypes(const Schema& left, const Schema& right) {
  for (size_t i = 0; i < left.size(); ++i) {
    // Nested nullability, which SQL's text leaves out, is of no matter to a value.
    if (left.columns[i].type.ToSql() != right.columns[i].type.ToSql()) return false;
  }
  return true;
}

}  // namespace

arrow::Status WithTexts(const arrow::Status& status, const spark::PlanTexts& texts) {
  if (status.ok() || texts.statements.size() != 1) return status;
  return WithStatement(status, texts.statements[0]);
}

spark::Surroundings ConnectSession::MakeSurroundings() {
  spark::Surroundings surroundings;
  surroundings.parse_query = ParseQuery;
  surroundings.parse_expression = ParseExpression;
  surroundings.local_rows = [this](const auto& streams, const auto& schema) {
    return LocalRows(streams, schema);
  };
  surroundings.cached_artifact = [this](const std::string& hash) {
    return ReadArtifact(std::string(kCachePrefix) + hash);
  };
  return surroundings;
}

arrow::Result<std::shared_ptr<const Query>> ConnectSession::Resolve(
    const ::spark::connect::Relation& relation) {
  return ResolveLimited(relation, -1);
}

arrow::Result<std::shared_ptr<const Query>> ConnectSession::ResolveLimited(
    const ::spark::connect::Relation& relation, int64_t num_rows) {
  spark::PlanTexts texts;
  auto tree = spark::ToRelation(relation, MakeSurroundings(), &texts);
  if (!tree.ok()) return WithTexts(tree.status(), texts);
  if (num_rows >= 0) {
    tree = syntax::MakeRelation(syntax::Limit{std::move(*tree), num_rows, 0});
  }
  auto query = session_->Resolve(*tree, texts.parameters);
  if (!query.ok()) return WithTexts(query.status(), texts);
  return query;
}

arrow::Status ConnectSession::Run(const ::spark::connect::Command& command) {
  spark::PlanTexts texts;
  const auto statement = spark::ToStatement(command, MakeSurroundings(), &texts);
  if (!statement.ok()) return WithTexts(statement.status(), texts);
  return WithTexts(session_->Run(*statement, texts.parameters).status(), texts);
}

arrow::Result<syntax::RelationPtr> ConnectSession::LocalRows(
    const std::vector<std::string_view>& streams, const std::optional<Schema>& schema) {
  const std::string ddl = schema.has_value() ? schema->ToDdl() : std::string();
  std::pair<uint64_t, uint64_t> key{HashOf(std::string_view(ddl)), schema.has_value() ? 1 : 0};
  for (const std::string_view stream : streams) {
    key.first = CombineHashes(key.first, HashOf(stream));
    key.second = CombineHashes(key.second, std::hash<std::string_view>()(stream));
  }
  {
    const std::lock_guard lock(mutex_);
    const auto found = local_rows_.find(key);
    if (found != local_rows_.end()) return found->second;
  }
  ARROW_ASSIGN_OR_RAISE(auto reader, ReadStreams(streams, schema));
  ARROW_ASSIGN_OR_RAISE(const Schema actual, FromArrow(*reader->schema()));
  syntax::RelationPtr relation;
  if (!schema.has_value() || HaveSameTypes(*schema, actual)) {
    ARROW_ASSIGN_OR_RAISE(relation, session_->RegisterArrow({}, *reader));
  } else {
    Schema numbered = *schema;
    for (size_t i = 0; i < numbered.size(); ++i) numbered.columns[i].name = std::to_string(i);
    ARROW_ASSIGN_OR_RAISE(reader, ReadStreams(streams, numbered));
    ARROW_ASSIGN_OR_RAISE(relation, session_->RegisterArrow({}, *reader));
    relation = CastTo(*schema, actual, std::move(relation));
  }
  const std::lock_guard lock(mutex_);
  return local_rows_.try_emplace(key, std::move(relation)).first->second;
}

arrow::Status ConnectSession::AddOperation(const std::shared_ptr<Operation>& operation) {
  const std::lock_guard lock(mutex_);
  if (operations_.try_emplace(operation->id(), operation).second) return arrow::Status::OK();
  return MakeError("INVALID_HANDLE.OPERATION_ALREADY_EXISTS", {{"handle", operation->id()}});
}

std::shared_ptr<Operation> ConnectSession::FindOperation(const std::string& id) const {
  const std::lock_guard lock(mutex_);
  const auto found = operations_.find(id);
  return found == operations_.end() ? nullptr : found->second;
}

std::shared_ptr<Operation> ConnectSession::RemoveOperation(const std::string& id) {
  std::shared_ptr<Operation> operation;
  {
    const std::lock_guard lock(mutex_);
    const auto found = operations_.find(id);
    if (found == operations_.end()) return nullptr;
    operation = std::move(found->second);
    operations_.erase(found);
  }
  operation->Cancel();
  return operation;
}

std::vector<std::shared_ptr<Operation>> ConnectSession::Operations() const {
  const std::lock_guard lock(mutex_);
  std::vector<std::shared_ptr<Operation>> all;
  for (const auto& [id, operation] : operations_) all.push_back(operation);
  return all;
}

void ConnectSession::CancelAll() {
  for (const auto& operation : Operations()) operation->Cancel();
}

void ConnectSession::RemoveIdleOperations(std::chrono::seconds limit) {
  for (const auto& operation : Operations()) {
    if (operation->idle() > limit) RemoveOperation(operation->id());
  }
}

arrow::Status ConnectSession::AddArtifact(const std::string& name, std::string bytes) {
  if (!name.starts_with(kCachePrefix)) {
    return UnsupportedError(fmt::format("the artifact {} (SparkSession.addArtifacts)", name),
                            "data of createDataFrame");
  }
  const std::lock_guard lock(mutex_);
  if (artifact_bytes_ + bytes.size() > kArtifactBytesMax) {
    return MakeError("OUT_OF_MEMORY",
                     {{"message", "a session keeps at most 4 GiB of uploaded data"}});
  }
  const size_t size = bytes.size();
  if (artifacts_.try_emplace(name, std::move(bytes)).second) artifact_bytes_ += size;
  return arrow::Status::OK();
}

bool ConnectSession::HasArtifact(const std::string& name) const {
  const std::lock_guard lock(mutex_);
  return artifacts_.contains(name);
}

arrow::Result<std::string> ConnectSession::ReadArtifact(const std::string& name) const {
  const std::lock_guard lock(mutex_);
  const auto found = artifacts_.find(name);
  if (found != artifacts_.end()) return found->second;
  return MakeError("CONNECT_INVALID_PLAN.CANNOT_PARSE",
                   {{"message", fmt::format("the data {} was not uploaded", name)}});
}

void ConnectSession::Touch() {
  const std::lock_guard lock(mutex_);
  last_seen_ = std::chrono::steady_clock::now();
}

std::chrono::steady_clock::duration ConnectSession::idle() const {
  const std::lock_guard lock(mutex_);
  if (!operations_.empty()) return std::chrono::steady_clock::duration::zero();
  return std::chrono::steady_clock::now() - last_seen_;
}

}  // namespace sabot::server
