#include "sabot/connectors/memory/memory.h"

#include <algorithm>
#include <atomic>

#include <fmt/format.h>

#include "sabot/base/codec.h"
#include "sabot/base/error.h"
#include "sabot/connectors/memory/sink.h"

namespace sabot {

std::string MemoryStore::Add(std::shared_ptr<const MemoryTable> table) {
  const std::lock_guard lock(mutex_);
  std::string id = fmt::format("memory-{}", next_id_++);
  tables_.emplace(id, std::move(table));
  return id;
}

void MemoryStore::Put(const std::string& id, std::shared_ptr<const MemoryTable> table) {
  const std::lock_guard lock(mutex_);
  tables_.insert_or_assign(id, std::move(table));
}

void MemoryStore::Remove(const std::string& id) {
  const std::lock_guard lock(mutex_);
  tables_.erase(id);
}

arrow::Result<std::shared_ptr<const MemoryTable>> MemoryStore::Find(const std::string& id) const {
  const std::lock_guard lock(mutex_);
  const auto found = tables_.find(id);
  if (found != tables_.end()) return found->second;
  return MakeError("TABLE_OR_VIEW_NOT_FOUND", {{"relationName", fmt::format("in memory `{}`", id)}},
                   {}, "a table in memory lives in the process that registered it");
}

namespace {

class MemoryScan final : public Scan, public std::enable_shared_from_this<MemoryScan> {
 public:
  MemoryScan(std::shared_ptr<const MemoryTable> table, std::vector<int> columns, bool is_stream)
      : table_(std::move(table)), columns_(std::move(columns)), is_stream_(is_stream) {
    progress_.morsels_total = static_cast<int64_t>(table_->batches.size());
  }
  arrow::Result<std::unique_ptr<Source>> MakeSource(const TaskContext& context) override;
  const ScanProgress& progress() const override { return progress_; }
  int64_t max_tasks() const override {
    return is_stream_ ? 1 : std::max<int64_t>(progress_.morsels_total, 1);
  }

 private:
  friend class MemorySource;
  std::shared_ptr<const MemoryTable> table_;
  std::vector<int> columns_;
  bool is_stream_;
  std::atomic<int64_t> next_{0};
  ScanProgress progress_;
};

class MemorySource final : public Source {
 public:
  MemorySource(std::shared_ptr<MemoryScan> scan, const TaskContext& context)
      : scan_(std::move(scan)),
        batch_size_(context.batch_size),
        is_active_(!scan_->is_stream_ || context.task_index == 0) {}

  arrow::Result<Progress> Poll(Output* output) override {
    if (!is_active_) return Progress::kDone;
    if (current_ == nullptr) {
      const int64_t next =
          scan_->is_stream_ ? batch_index_ : scan_->next_.fetch_add(1, std::memory_order_relaxed);
      if (next >= scan_->progress_.morsels_total) return Progress::kDone;
      batch_index_ = next;
      current_ = scan_->table_->batches[static_cast<size_t>(next)];
      if (!scan_->is_stream_) offset_ = 0;
    }
    const int32_t rows = std::min(batch_size_, current_->num_rows() - offset_);
    if (rows <= 0) {
      current_ = nullptr;
      offset_ = 0;
      if (scan_->is_stream_) ++batch_index_;
      scan_->progress_.morsels_done.fetch_add(1, std::memory_order_relaxed);
      return Progress::kMore;
    }
    Batch& batch = output->batch;
    batch.set_num_rows(rows);
    for (int column : scan_->columns_) {
      batch.columns().push_back(
          current_->column(static_cast<size_t>(column)).Slice(offset_, rows, pool_));
    }
    batch.set_split(scan_->is_stream_ ? 1 : static_cast<uint64_t>(batch_index_) + 1);
    offset_ += rows;
    scan_->progress_.rows_read.fetch_add(rows, std::memory_order_relaxed);
    return Progress::kMore;
  }

  arrow::Status Snapshot(Epoch, SnapshotWriter& writer) override {
    if (!is_active_ || !scan_->is_stream_) return arrow::Status::OK();
    const std::string bytes = EncodeToString(std::vector<int64_t>{batch_index_, offset_});
    return writer.Add({.name = "position", .split = 1, .content = {Buffer::Copy(bytes)}});
  }

  arrow::Status Restore(SnapshotReader& reader) override {
    while (true) {
      ARROW_ASSIGN_OR_RAISE(const std::optional<StatePiece> piece, reader.Next());
      if (!piece.has_value()) return arrow::Status::OK();
      if (piece->name != "position") continue;
      ARROW_ASSIGN_OR_RAISE(const auto saved,
                            DecodeFromString<std::vector<int64_t>>(piece->Bytes()));
      if (saved.size() != 2 || saved[0] < 0 || saved[1] < 0 || saved[1] > INT32_MAX) {
        return CodecError("the position of a table in memory is two numbers from 0");
      }
      batch_index_ = saved[0];
      offset_ = static_cast<int32_t>(saved[1]);
    }
  }

 private:
  std::shared_ptr<MemoryScan> scan_;
  int32_t batch_size_;
  bool is_active_;
  BufferPool pool_;
  std::shared_ptr<const Batch> current_;
  int64_t batch_index_ = 0;
  int32_t offset_ = 0;
};

arrow::Result<std::unique_ptr<Source>> MemoryScan::MakeSource(const TaskContext& context) {
  return std::make_unique<MemorySource>(shared_from_this(), context);
}

class MemoryConnector final : public Connector {
 public:
  explicit MemoryConnector(std::shared_ptr<MemoryStore> store) : store_(std::move(store)) {}
  std::string_view name() const override { return "memory"; }
  arrow::Result<TableDescription> Describe(TableDescription table, const Env&) override {
    ARROW_ASSIGN_OR_RAISE(const auto found,
                          store_->Find(table.paths.empty() ? std::string() : table.paths[0]));
    table.schema = found->schema;
    return table;
  }
  arrow::Result<std::shared_ptr<Scan>> OpenScan(const ScanRequest& request, const Env&) override {
    ARROW_ASSIGN_OR_RAISE(
        auto table,
        store_->Find(request.table.paths.empty() ? std::string() : request.table.paths[0]));
    return std::make_shared<MemoryScan>(std::move(table), request.columns,
                                        request.table.is_unbounded);
  }
  arrow::Result<std::shared_ptr<Sink>> OpenSink(const SinkDescription& sink, const Env&) override {
    return MakeMemorySink(store_, sink.path, sink.schema);
  }
  std::optional<int64_t> NumRows(const TableDescription& table) override {
    const auto found = store_->Find(table.paths.empty() ? std::string() : table.paths[0]);
    if (!found.ok()) return std::nullopt;
    int64_t rows = 0;
    for (const auto& batch : (*found)->batches) rows += batch->num_active_rows();
    return rows;
  }

 private:
  std::shared_ptr<MemoryStore> store_;
};

}  // namespace

std::shared_ptr<Connector> MakeMemoryConnector(std::shared_ptr<MemoryStore> store) {
  return std::make_shared<MemoryConnector>(std::move(store));
}

}  // namespace sabot
