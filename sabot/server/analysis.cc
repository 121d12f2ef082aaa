#include "sabot/server/analysis.h"

#include <set>

#include <fmt/format.h>

#include "spark/connect/base.pb.h"

#include "sabot/base/env.h"
#include "sabot/base/error.h"
#include "sabot/base/hash.h"
#include "sabot/formats/glob.h"
#include "sabot/frontend/spark/types.h"
#include "sabot/types/identifier.h"

namespace sabot::server {
namespace {

namespace proto = ::spark::connect;

arrow::Result<std::shared_ptr<const Query>> ResolvePlan(ConnectSession* session,
                                                        const proto::Plan& plan) {
  if (!plan.has_root()) {
    return MakeError("CONNECT_INVALID_PLAN.CANNOT_PARSE",
                     {{"message", "only a relation can be analysed"}});
  }
  return session->Resolve(plan.root());
}

arrow::Result<std::string> Explain(ConnectSession* session,
                                   const proto::AnalyzePlanRequest::Explain& request) {
  ARROW_ASSIGN_OR_RAISE(const auto query, ResolvePlan(session, request.plan()));
  if (request.explain_mode() == proto::AnalyzePlanRequest::Explain::EXPLAIN_MODE_EXTENDED) {
    return query->Explain(ExplainKind::kAll);
  }
  // No code is generated and no cost is estimated; the physical plan is what all other modes show.
  ARROW_ASSIGN_OR_RAISE(const std::string text, query->Explain(ExplainKind::kPhysical));
  return "== Physical Plan ==\n" + text;
}

/// Names of types as schemas print them, which for some are not SQL's.
std::string TreeTypeName(const Type& type) {
  switch (type.id()) {
    case TypeId::kByte:
      return "byte";
    case TypeId::kShort:
      return "short";
    case TypeId::kInt:
      return "integer";
    case TypeId::kLong:
      return "long";
    case TypeId::kArray:
      return "array";
    case TypeId::kMap:
      return "map";
    case TypeId::kStruct:
      return "struct";
    default:
      return type.ToSimpleString();
  }
}

void AppendType(const Type& type, const std::string& prefix, int level, std::string* text);

void AppendField(const std::string& name, const Type& type, const char* flag, bool value,
                 const std::string& prefix, int level, std::string* text) {
  const std::string suffix =
      flag == nullptr ? std::string() : fmt::format(" ({} = {})", flag, value ? "true" : "false");
  text->append(fmt::format("{}-- {}: {}{}\n", prefix, name, TreeTypeName(type), suffix));
  AppendType(type, prefix + "    |", level - 1, text);
}

void AppendType(const Type& type, const std::string& prefix, int level, std::string* text) {
  if (level <= 0) return;
  switch (type.id()) {
    case TypeId::kArray:
      AppendField("element", type.fields()[0].type, "containsNull", type.fields()[0].nullable,
                  prefix, level, text);
      break;
    case TypeId::kMap:
      AppendField("key", type.fields()[0].type, nullptr, false, prefix, level, text);
      AppendField("value", type.fields()[1].type, "valueContainsNull", type.fields()[1].nullable,
                  prefix, level, text);
      break;
    case TypeId::kStruct:
      for (const TypeField& field : type.fields()) {
        AppendField(field.name, field.type, "nullable", field.nullable, prefix, level, text);
      }
      break;
    default:
      break;
  }
}

/// Paths of the files a plan reads, wherever they stand in it.
void CollectPaths(const google::protobuf::Message& message, std::vector<std::string>* paths) {
  if (message.GetDescriptor() == proto::Read::DataSource::descriptor()) {
    const auto& source = static_cast<const proto::Read::DataSource&>(message);
    paths->insert(paths->end(), source.paths().begin(), source.paths().end());
    return;
  }
  const auto* reflection = message.GetReflection();
  std::vector<const google::protobuf::FieldDescriptor*> fields;
  reflection->ListFields(message, &fields);
  for (const auto* field : fields) {
    if (field->cpp_type() != google::protobuf::FieldDescriptor::CPPTYPE_MESSAGE) continue;
    if (!field->is_repeated()) {
      CollectPaths(reflection->GetMessage(message, field), paths);
      continue;
    }
    for (int i = 0; i < reflection->FieldSize(message, field); ++i) {
      CollectPaths(reflection->GetRepeatedMessage(message, field, i), paths);
    }
  }
}

arrow::Status AnswerInputFiles(const proto::Plan& plan,
                               proto::AnalyzePlanResponse::InputFiles* answer) {
  std::vector<std::string> paths;
  CollectPaths(plan, &paths);
  std::set<std::string> files;
  for (const std::string& path : paths) {
    ARROW_ASSIGN_OR_RAISE(const auto expanded, ExpandPaths(*Env::Real().files, path));
    files.insert(expanded.begin(), expanded.end());
  }
  for (const std::string& file : files) answer->add_files("file://" + file);
  return arrow::Status::OK();
}

std::string DdlOf(const Schema& schema) {
  std::string ddl;
  for (const TypeField& column : schema.columns) {
    ddl.append(fmt::format("{}{} {}{}", ddl.empty() ? "" : ",", QuoteIfNeeded(column.name),
                           column.type.ToSql(), column.nullable ? "" : " NOT NULL"));
  }
  return ddl;
}

}  // namespace

std::string TreeString(const Schema& schema, int level) {
  std::string text = "root\n";
  AppendType(Type::Struct(schema.columns), " |", level <= 0 ? INT32_MAX : level, &text);
  return text;
}

arrow::Status Analyze(ConnectSession* session, const proto::AnalyzePlanRequest& request,
                      proto::AnalyzePlanResponse* response) {
  using Request = proto::AnalyzePlanRequest;
  switch (request.analyze_case()) {
    case Request::kSchema: {
      ARROW_ASSIGN_OR_RAISE(const auto query, ResolvePlan(session, request.schema().plan()));
      return spark::FromSchema(query->schema(), response->mutable_schema()->mutable_schema());
    }
    case Request::kExplain: {
      ARROW_ASSIGN_OR_RAISE(*response->mutable_explain()->mutable_explain_string(),
                            Explain(session, request.explain()));
      return arrow::Status::OK();
    }
    case Request::kTreeString: {
      ARROW_ASSIGN_OR_RAISE(const auto query, ResolvePlan(session, request.tree_string().plan()));
      response->mutable_tree_string()->set_tree_string(
          TreeString(query->schema(), request.tree_string().level()));
      return arrow::Status::OK();
    }
    case Request::kIsLocal: {
      const auto& plan = request.is_local().plan();
      response->mutable_is_local()->set_is_local(plan.root().has_local_relation());
      return ResolvePlan(session, plan).status();
    }
    case Request::kIsStreaming:
      response->mutable_is_streaming()->set_is_streaming(false);
      return ResolvePlan(session, request.is_streaming().plan()).status();
    case Request::kInputFiles:
      return AnswerInputFiles(request.input_files().plan(), response->mutable_input_files());
    case Request::kSparkVersion:
      response->mutable_spark_version()->set_version(kSparkVersion);
      return arrow::Status::OK();
    case Request::kDdlParse: {
      ARROW_ASSIGN_OR_RAISE(const Type type,
                            spark::ParseTypeText(request.ddl_parse().ddl_string()));
      return spark::FromType(type, response->mutable_ddl_parse()->mutable_parsed());
    }
    case Request::kJsonToDdl: {
      ARROW_ASSIGN_OR_RAISE(const Schema schema,
                            spark::ParseSchemaText(request.json_to_ddl().json_string()));
      response->mutable_json_to_ddl()->set_ddl_string(DdlOf(schema));
      return arrow::Status::OK();
    }
    case Request::kSameSemantics: {
      const auto& same = request.same_semantics();
      ARROW_ASSIGN_OR_RAISE(const auto target, ResolvePlan(session, same.target_plan()));
      ARROW_ASSIGN_OR_RAISE(const auto other, ResolvePlan(session, same.other_plan()));
      response->mutable_same_semantics()->set_result(target->HasSamePlan(*other));
      return arrow::Status::OK();
    }
    case Request::kSemanticHash: {
      ARROW_ASSIGN_OR_RAISE(const auto query, ResolvePlan(session, request.semantic_hash().plan()));
      ARROW_ASSIGN_OR_RAISE(const std::string text, query->Explain(ExplainKind::kPhysical));
      response->mutable_semantic_hash()->set_result(
          static_cast<int32_t>(HashOf(std::string_view(text))));
      return arrow::Status::OK();
    }
    case Request::kPersist:
      return UnsupportedError("DataFrame.cache and persist",
                              "createDataFrame(df.toArrow()), which holds the rows in memory");
    // Nothing is ever cached, so there is nothing to let go.
    case Request::kUnpersist:
      response->mutable_unpersist();
      return arrow::Status::OK();
    case Request::kGetStorageLevel:
      response->mutable_get_storage_level()->mutable_storage_level()->set_replication(1);
      return arrow::Status::OK();
    default:
      return MakeError("CONNECT_INVALID_PLAN.CANNOT_PARSE",
                       {{"message", "the question to AnalyzePlan is not known"}});
  }
}

}  // namespace sabot::server
