#include "sabot/server/config.h"

#include <algorithm>
#include <iterator>

#include <fmt/format.h>

#include "sabot/base/error.h"
#include "sabot/types/identifier.h"

namespace sabot::server {
namespace {

struct KnownKey {
  const char* key;
  const char* initial;
  /// Another value would change what rows mean, and is not built.
  bool is_fixed = false;
};

/// Keys the stock client of 4.2 reads, and those that programs commonly set, with Spark's defaults.
/// Two differ: plans come uncompressed (-1), and no stack of a JVM is shown, as there is none.
constexpr KnownKey kKeys[] = {
    {"spark.app.name", "sabot"},
    {"spark.connect.session.planCompression.defaultAlgorithm", "NONE"},
    {"spark.connect.session.planCompression.threshold", "-1"},
    {"spark.connect.execute.reattachable.senderMaxStreamSize", "1073741824"},
    {"spark.sql.adaptive.enabled", "true"},
    {"spark.sql.autoBroadcastJoinThreshold", "10485760"},
    {"spark.sql.caseSensitive", "false", true},
    {"spark.sql.connect.serverStacktrace.enabled", "false"},
    {"spark.sql.execution.arrow.maxRecordsPerBatch", "10000"},
    {"spark.sql.execution.arrow.pyspark.enabled", "true"},
    {"spark.sql.execution.arrow.pyspark.selfDestruct.enabled", "false"},
    {"spark.sql.execution.arrow.useLargeVarTypes", "false", true},
    {"spark.sql.execution.pandas.convertToArrowArraySafely", "true"},
    {"spark.sql.execution.pandas.inferPandasDictAsMap", "false"},
    {"spark.sql.execution.pandas.structHandlingMode", "legacy"},
    {"spark.sql.execution.pyspark.binaryAsBytes", "true"},
    {"spark.sql.execution.pythonUDF.arrow.enabled", "true"},
    {"spark.sql.execution.pythonUDTF.arrow.enabled", "false"},
    {"spark.sql.pyspark.inferNestedDictAsStruct.enabled", "false"},
    {"spark.sql.pyspark.jvmStacktrace.enabled", "false"},
    {"spark.sql.pyspark.legacy.inferArrayTypeFromFirstElement.enabled", "false"},
    {"spark.sql.pyspark.legacy.inferMapTypeFromFirstPair.enabled", "false"},
    {"spark.sql.repl.eagerEval.enabled", "false"},
    {"spark.sql.repl.eagerEval.maxNumRows", "20"},
    {"spark.sql.repl.eagerEval.truncate", "20"},
    {"spark.sql.session.localRelationBatchOfChunksSizeBytes", "1073741824"},
    {"spark.sql.session.localRelationCacheThreshold", "1048576"},
    {"spark.sql.session.localRelationChunkSizeBytes", "16777216"},
    {"spark.sql.session.localRelationChunkSizeRows", "10000"},
    {"spark.sql.session.localRelationSizeLimit", "3221225472"},
    {"spark.sql.shuffle.partitions", "200"},
    {"spark.sql.sources.default", "parquet", true},
    {"spark.sql.storeAssignmentPolicy", "ANSI", true},
    {"spark.sql.timestampType", "TIMESTAMP_LTZ", true},
};

const KnownKey* FindKnown(const std::string& key) {
  const auto found = std::find_if(std::begin(kKeys), std::end(kKeys), [&](const KnownKey& known) {
    return EqualsIgnoreCase(known.key, key);
  });
  return found == std::end(kKeys) ? nullptr : found;
}

}  // namespace

arrow::Status SparkConfig::Set(const std::string& key, const std::string& value) {
  const arrow::Status status = session_->SetOption(key, value);
  const ErrorDetail* detail = GetErrorDetail(status);
  if (detail == nullptr || detail->error_class().name != "CONFIG_NOT_FOUND") return status;
  // An option of ours that is mistyped must not be swallowed.
  if (key.starts_with("sabot.")) return status;
  const KnownKey* known = FindKnown(key);
  if (known != nullptr && known->is_fixed && !EqualsIgnoreCase(known->initial, value)) {
    return MakeError("CONFIG_INVALID",
                     {{"key", known->key},
                      {"value", fmt::format("'{}'", value)},
                      {"expected", fmt::format("only {} is built", known->initial)}});
  }
  const std::lock_guard lock(mutex_);
  overlay_[known == nullptr ? key : known->key] = value;
  return arrow::Status::OK();
}

std::optional<std::string> SparkConfig::Find(const std::string& key) const {
  const auto option = session_->GetOption(key);
  if (option.ok()) return *option;
  const KnownKey* known = FindKnown(key);
  const std::lock_guard lock(mutex_);
  const auto found = overlay_.find(known == nullptr ? key : known->key);
  if (found != overlay_.end()) return found->second;
  if (known != nullptr) return known->initial;
  return std::nullopt;
}

arrow::Result<std::string> SparkConfig::Get(const std::string& key) const {
  auto found = Find(key);
  if (found.has_value()) return std::move(*found);
  return MakeError("SQL_CONF_NOT_FOUND", {{"sqlConf", fmt::format("\"{}\"", key)}});
}

arrow::Status SparkConfig::Unset(const std::string& key) {
  if (session_->GetOption(key).ok()) return session_->ResetOption(key);
  const KnownKey* known = FindKnown(key);
  const std::lock_guard lock(mutex_);
  overlay_.erase(known == nullptr ? key : known->key);
  return arrow::Status::OK();
}

std::map<std::string, std::string> SparkConfig::All() const {
  std::map<std::string, std::string> all;
  for (const KnownKey& known : kKeys) all[known.key] = known.initial;
  for (auto& [key, value] : overlay()) all[key] = value;
  for (const SessionOption& option : session_->Options()) all[option.key] = option.value;
  return all;
}

bool SparkConfig::IsModifiable(const std::string& key) const {
  if (session_->GetOption(key).ok()) return true;
  const KnownKey* known = FindKnown(key);
  return known != nullptr && !known->is_fixed;
}

std::map<std::string, std::string> SparkConfig::overlay() const {
  const std::lock_guard lock(mutex_);
  return overlay_;
}

}  // namespace sabot::server
