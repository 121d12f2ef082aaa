#include "sabot/connectors/range/range.h"

#include <algorithm>
#include <atomic>
#include <charconv>

#include "sabot/base/error.h"

namespace sabot {
namespace {

/// Values a task takes at a time.
constexpr int64_t kMorselRows = 100 * kVectorSize;

struct Bounds {
  int64_t start = 0;
  int64_t end = 0;
  int64_t step = 1;

  /// Values from start up (or down) to end, end not included; -1: more than 2^63 - 1.
  int64_t Count() const {
    const Int128 distance = Int128{end} - Int128{start};
    if ((step > 0) != (distance > 0) || distance == 0) return 0;
    const Int128 stride = step > 0 ? Int128{step} : -Int128{step};
    const Int128 length = distance > 0 ? distance : -distance;
    const Int128 count = (length + stride - 1) / stride;
    return count > INT64_MAX ? -1 : static_cast<int64_t>(count);
  }
};

arrow::Result<Bounds> BoundsOf(const TableDescription& table) {
  Bounds bounds;
  for (const auto& [key, text] : table.options) {
    int64_t* target = key == "start"  ? &bounds.start
                      : key == "end"  ? &bounds.end
                      : key == "step" ? &bounds.step
                                      : nullptr;
    const auto parsed = target == nullptr
                            ? std::from_chars_result{text.data(), std::errc::invalid_argument}
                            : std::from_chars(text.data(), text.data() + text.size(), *target);
    if (parsed.ec != std::errc() || parsed.ptr != text.data() + text.size()) {
      return MakeError(
          "CONFIG_INVALID",
          {{"key", key}, {"value", text}, {"expected", "start, end and step as whole numbers"}});
    }
  }
  if (bounds.step == 0) {
    return MakeError("CONFIG_INVALID",
                     {{"key", "step"}, {"value", "0"}, {"expected", "a number other than 0"}});
  }
  if (bounds.Count() < 0) {
    return MakeError("CONFIG_INVALID", {{"key", "end"},
                                        {"value", std::to_string(bounds.end)},
                                        {"expected", "a range of fewer than 2^63 numbers"}});
  }
  return bounds;
}

class RangeScan final : public Scan, public std::enable_shared_from_this<RangeScan> {
 public:
  RangeScan(Bounds bounds, size_t num_columns)
      : bounds_(bounds), num_columns_(num_columns), count_(bounds.Count()) {
    progress_.morsels_total = count_ / kMorselRows + (count_ % kMorselRows == 0 ? 0 : 1);
  }
  arrow::Result<std::unique_ptr<Source>> MakeSource(const TaskContext& context) override;
  const ScanProgress& progress() const override { return progress_; }
  int64_t max_tasks() const override { return std::max<int64_t>(progress_.morsels_total, 1); }

 private:
  friend class RangeSource;
  const Bounds bounds_;
  const size_t num_columns_;
  const int64_t count_;
  std::atomic<int64_t> next_{0};
  ScanProgress progress_;
};

class RangeSource final : public Source {
 public:
  RangeSource(std::shared_ptr<RangeScan> scan, int32_t batch_size)
      : scan_(std::move(scan)), batch_size_(batch_size) {}

  arrow::Result<Progress> Poll(Output* output) override {
    if (at_ == end_) {
      const int64_t morsel = scan_->next_.fetch_add(1, std::memory_order_relaxed);
      if (morsel >= scan_->progress_.morsels_total) return Progress::kDone;
      at_ = morsel * kMorselRows;
      end_ = at_ + std::min(kMorselRows, scan_->count_ - at_);
      split_ = static_cast<uint64_t>(morsel) + 1;
    }
    const auto rows = static_cast<int32_t>(std::min<int64_t>(batch_size_, end_ - at_));
    output->batch.set_num_rows(rows);
    output->batch.set_split(split_);
    for (size_t column = 0; column < scan_->num_columns_; ++column) {
      Vector ids = Vector::Flat(Type(TypeId::kLong), rows, pool_);
      auto* values = ids.mutable_data<int64_t>();
      // Each number fits; start + distance may pass through one that does not, so it wraps.
      const auto first = static_cast<uint64_t>(scan_->bounds_.start);
      const auto step = static_cast<uint64_t>(scan_->bounds_.step);
      for (int32_t i = 0; i < rows; ++i) {
        values[i] = static_cast<int64_t>(first + static_cast<uint64_t>(at_ + i) * step);
      }
      output->batch.columns().push_back(std::move(ids));
    }
    at_ += rows;
    scan_->progress_.rows_read.fetch_add(rows, std::memory_order_relaxed);
    if (at_ == end_) scan_->progress_.morsels_done.fetch_add(1, std::memory_order_relaxed);
    return Progress::kMore;
  }

 private:
  std::shared_ptr<RangeScan> scan_;
  int32_t batch_size_;
  BufferPool pool_;
  int64_t at_ = 0;
  int64_t end_ = 0;
  uint64_t split_ = 0;
};

arrow::Result<std::unique_ptr<Source>> RangeScan::MakeSource(const TaskContext& context) {
  return std::make_unique<RangeSource>(shared_from_this(), context.batch_size);
}

class RangeConnector final : public Connector {
 public:
  std::string_view name() const override { return "range"; }
  arrow::Result<TableDescription> Describe(TableDescription table, const Env&) override {
    ARROW_RETURN_NOT_OK(BoundsOf(table).status());
    table.schema.columns = {{"id", Type(TypeId::kLong), false}};
    return table;
  }
  arrow::Result<std::shared_ptr<Scan>> OpenScan(const ScanRequest& request, const Env&) override {
    ARROW_ASSIGN_OR_RAISE(const Bounds bounds, BoundsOf(request.table));
    return std::make_shared<RangeScan>(bounds, request.columns.size());
  }
  std::optional<int64_t> NumRows(const TableDescription& table) override {
    const auto bounds = BoundsOf(table);
    return bounds.ok() ? std::optional(bounds->Count()) : std::nullopt;
  }
};

}  // namespace

std::shared_ptr<Connector> MakeRangeConnector() { return std::make_shared<RangeConnector>(); }

}  // namespace sabot
