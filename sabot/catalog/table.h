#pragma once

#include <atomic>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "sabot/base/fields.h"
#include "sabot/types/column_bound.h"
#include "sabot/types/schema.h"
#include "sabot/vector/operator.h"
#include "sabot/vector/task_context.h"

namespace sabot {

using OptionList =
    std::vector<std::pair<std::string, std::string>>;  ///< keys in lower case, sorted

/// A table as a plan holds it: where it is and what it looks like, never its data. Plain data, so a
/// plan can be sent to a worker.
struct TableDescription {
  std::string connector;           ///< a folder of connectors/: "files", "memory", "range", "kafka"
  std::string format;              ///< of files: "parquet", "csv", "json", "arrow"
  std::vector<std::string> paths;  ///< of files: globs expanded; of memory: the registration
  OptionList options;
  Schema schema;
  bool is_unbounded = false;  ///< read as a stream
  static constexpr auto Fields() {
    return std::tuple{Field{"connector", &TableDescription::connector},
                      Field{"format", &TableDescription::format},
                      Field{"paths", &TableDescription::paths},
                      Field{"options", &TableDescription::options},
                      Field{"schema", &TableDescription::schema},
                      Field{"is_unbounded", &TableDescription::is_unbounded}};
  }
  friend bool operator==(const TableDescription&, const TableDescription&) = default;
};

/// What of a table a query reads.
struct ScanRequest {
  TableDescription table;
  std::vector<int> columns;         ///< positions in the schema, in the order wanted
  std::vector<ColumnBound> bounds;  ///< conjunction; may be used to skip
};

/// Counters of a running scan, for progress and EXPLAIN ANALYZE. Written by its sources, read by
/// anyone.
struct ScanProgress {
  std::atomic<int64_t> rows_read{0};
  std::atomic<int64_t> bytes_read{0};
  std::atomic<int64_t> morsels_done{0};
  std::atomic<int64_t> morsels_skipped{0};
  int64_t morsels_total = 0;
};

/// A scan opened once a query; its sources share morsels (bounded) or own splits (unbounded).
class Scan {
 public:
  virtual ~Scan() = default;
  /// The source of one task. Outlives nothing but the task; keeps the scan alive itself.
  virtual arrow::Result<std::unique_ptr<Source>> MakeSource(const TaskContext& context) = 0;
  virtual const ScanProgress& progress() const = 0;
  /// How many tasks can be busy at once: morsels of a bounded scan, splits of a stream.
  virtual int64_t max_tasks() const = 0;
};

/// Where rows go: files, memory, a callback. Plain data like TableDescription.
struct SinkDescription {
  std::string connector;  ///< "files", "memory"
  std::string format;
  std::string path;
  OptionList options;
  Schema schema;
  static constexpr auto Fields() {
    return std::tuple{
        Field{"connector", &SinkDescription::connector}, Field{"format", &SinkDescription::format},
        Field{"path", &SinkDescription::path}, Field{"options", &SinkDescription::options},
        Field{"schema", &SinkDescription::schema}};
  }
  friend bool operator==(const SinkDescription&, const SinkDescription&) = default;
};

/// A sink opened once a query.
class Sink {
 public:
  virtual ~Sink() = default;
  /// The operator of one task: takes rows on port 0, puts nothing out. Its Snapshot stages an
  /// epoch.
  virtual arrow::Result<std::unique_ptr<Operator>> MakeOperator(const TaskContext& context) = 0;
  /// Commits what all tasks staged; called once, before the operators. Null: rows are out as soon
  /// as they were pushed.
  virtual arrow::Result<std::unique_ptr<Committer>> MakeCommitter(const Env& /*env*/) {
    return nullptr;
  }
};

/// A system tables come from. One instance a process, thread-safe.
class Connector {
 public:
  virtual ~Connector() = default;
  virtual std::string_view name() const = 0;
  /// Complete a description as the user gave it: expand globs, check options, infer the schema if
  /// it has none. Errors: FILE_NOT_FOUND, CANNOT_INFER_SCHEMA, CONFIG_INVALID, CONNECTION_FAILED.
  virtual arrow::Result<TableDescription> Describe(TableDescription table, const Env& env) = 0;
  virtual arrow::Result<std::shared_ptr<Scan>> OpenScan(const ScanRequest& request,
                                                        const Env& env) = 0;
  /// Errors: UNSUPPORTED_FEATURE for a system that is only read from.
  virtual arrow::Result<std::shared_ptr<Sink>> OpenSink(const SinkDescription& sink,
                                                        const Env& env);
  /// Rows of the table if that is known without reading it.
  virtual std::optional<int64_t> NumRows(const TableDescription& /*table*/) { return std::nullopt; }
};

}  // namespace sabot
