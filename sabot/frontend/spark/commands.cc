#include <fmt/format.h>

#include "sabot/base/error.h"
#include "sabot/frontend/spark/translator.h"
#include "sabot/types/identifier.h"

namespace sabot::spark {
namespace {

struct Refusal {
  proto::Command::CommandTypeCase kind;
  const char* method;
  const char* alternative;
};

constexpr const char* kStreamInstead = "engine.stream of the sabot package";
constexpr const char* kBuiltInInstead = "built-in functions, or toPandas() and pandas";

constexpr Refusal kRefusals[] = {
    {proto::Command::kRegisterFunction, "spark.udf.register", kBuiltInInstead},
    {proto::Command::kWriteOperationV2, "DataFrame.writeTo", "DataFrame.write to files"},
    {proto::Command::kWriteStreamOperationStart, "DataFrame.writeStream", kStreamInstead},
    {proto::Command::kStreamingQueryCommand, "StreamingQuery", kStreamInstead},
    {proto::Command::kStreamingQueryManagerCommand, "spark.streams", kStreamInstead},
    {proto::Command::kStreamingQueryListenerBusCommand, "a StreamingQueryListener", kStreamInstead},
    {proto::Command::kGetResourcesCommand, "SparkContext.resources", "the machine's own tools"},
    {proto::Command::kRegisterTableFunction, "spark.udtf.register", kBuiltInInstead},
    {proto::Command::kRegisterDataSource, "spark.dataSource.register", "createDataFrame"},
    {proto::Command::kCreateResourceProfileCommand, "a ResourceProfile", "one process's threads"},
    {proto::Command::kCheckpointCommand, "DataFrame.checkpoint", "createOrReplaceTempView"},
    {proto::Command::kRemoveCachedRemoteRelationCommand, "DataFrame.checkpoint",
     "createOrReplaceTempView"},
    {proto::Command::kMergeIntoTableCommand, "DataFrame.mergeInto", "a join and DataFrame.write"},
    {proto::Command::kMlCommand, "pyspark.ml", "toPandas() and a Python library"},
    {proto::Command::kExecuteExternalCommand, "spark.executeCommand", "spark.sql"},
    {proto::Command::kPipelineCommand, "pyspark.pipelines", kStreamInstead},
};

arrow::Status Refuse(const proto::Command& command) {
  for (const Refusal& refusal : kRefusals) {
    if (refusal.kind == command.command_type_case()) {
      return UnsupportedError(refusal.method, refusal.alternative);
    }
  }
  return Malformed("a command of no known kind");
}

}  // namespace

arrow::Result<syntax::StatementPtr> Translator::Translate(const proto::Command& command) {
  if (command.has_write_operation()) return TranslateWrite(command.write_operation());
  if (!command.has_create_dataframe_view()) return Refuse(command);
  const auto& create = command.create_dataframe_view();
  if (create.is_global()) {
    return UnsupportedError("DataFrame.createGlobalTempView", "createOrReplaceTempView");
  }
  if (!create.has_input()) return Malformed("a view of nothing");
  syntax::CreateView view{create.name(), create.replace(), {}, nullptr};
  ARROW_ASSIGN_OR_RAISE(view.query, Translate(create.input()));
  return syntax::MakeStatement(std::move(view));
}

arrow::Result<syntax::StatementPtr> Translator::TranslateWrite(const proto::WriteOperation& write) {
  if (write.has_table()) {
    return UnsupportedError("DataFrame.write.saveAsTable and insertInto",
                            "DataFrame.write.parquet(path), or createOrReplaceTempView");
  }
  if (write.partitioning_columns_size() > 0 || write.clustering_columns_size() > 0 ||
      write.has_bucket_by() || write.sort_column_names_size() > 0) {
    return UnsupportedError("DataFrame.write.partitionBy, clusterBy, bucketBy and sortBy",
                            "DataFrame.write without them");
  }
  syntax::WriteFiles files;
  switch (write.mode()) {
    case proto::WriteOperation::SAVE_MODE_APPEND:
      return UnsupportedError("DataFrame.write.mode(\"append\")", "a folder of its own a write");
    case proto::WriteOperation::SAVE_MODE_IGNORE:
      return UnsupportedError("DataFrame.write.mode(\"ignore\")", "mode(\"error\") or overwrite");
    case proto::WriteOperation::SAVE_MODE_OVERWRITE:
      files.overwrite = true;
      break;
    default:
      break;
  }
  files.format = write.has_source() ? ToLowerAscii(write.source()) : "parquet";
  for (const auto& [key, value] : write.options()) {
    const std::string name = ToLowerAscii(key);
    if (name == "path") {
      files.path = value;
    } else {
      files.options[name] = value;
    }
  }
  if (!write.path().empty()) files.path = write.path();
  if (files.path.empty()) {
    return UnsupportedError(
        fmt::format("DataFrame.write.format(\"{}\") without a path", files.format),
        "save(path) as parquet or csv");
  }
  if (!write.has_input()) return Malformed("a write of nothing");
  ARROW_ASSIGN_OR_RAISE(files.query, Translate(write.input()));
  return syntax::MakeStatement(std::move(files));
}

arrow::Result<syntax::StatementPtr> ToStatement(const proto::Command& command,
                                                const Surroundings& surroundings,
                                                PlanTexts* texts) {
  return Translator(surroundings, texts).Translate(command);
}

}  // namespace sabot::spark
