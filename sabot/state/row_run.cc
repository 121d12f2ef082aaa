#include "sabot/state/row_run.h"

#include <algorithm>
#include <cstring>
#include <string>

#include "sabot/base/error.h"
#include "sabot/state/extent.h"
#include "sabot/state/row_columns.h"
#include "sabot/state/sort_order.h"
#include "sabot/vector/nested_codec.h"

namespace sabot {
namespace {

using internal::Extent;
using internal::SortOrder;
using internal::SortPrefix;

constexpr int64_t kExtentBytesMin = 4 << 10;
constexpr int64_t kExtentBytesMax = 256 << 10;
// A spilled run is read in blocks: rows, then their long texts, whose views hold offsets into them.
constexpr int64_t kBlockBytes = 256 << 10;

int64_t LongBytes(const StringView& text) { return text.is_inline() ? 0 : text.length; }

class Run final : public RowRun {
 public:
  Run(RowLayout layout, RowRunOptions options)
      : layout_(std::move(layout)), options_(std::move(options)) {}
  ~Run() override {
    if (options_.memory != nullptr) options_.memory->Release(order_bytes_);
  }

  int64_t num_rows() const override { return num_rows_; }
  int64_t size_bytes() const override { return extent_bytes_ + order_bytes_; }
  bool is_spilled() const override { return spilled_ != nullptr; }

  arrow::Result<int32_t> Append(const Batch& batch, int32_t from) override;
  arrow::Result<bool> Sort(std::span<const SortColumn> order) override;
  arrow::Status Spill(PageWriter& writer) override;
  arrow::Result<std::unique_ptr<RowRunReader>> Read() const override;

  const RowLayout& layout() const { return layout_; }

 private:
  friend class RunCursor;
  struct Block {  // of rows in memory
    uint8_t* data;
    int64_t num_rows;
  };
  struct SpilledBlock {
    int64_t offset;
    int64_t size;
    int64_t num_rows;
  };
  // Null: memory refused.
  uint8_t* Allocate(int64_t size);
  bool OwnText(StringView* text);
  void Free();

  RowLayout layout_;
  RowRunOptions options_;
  int64_t num_rows_ = 0;
  std::shared_ptr<Extent> extents_;
  int64_t extent_bytes_ = 0;
  std::vector<Block> blocks_;
  int64_t free_rows_ = 0;  // in the last block
  char* text_at_ = nullptr;
  int64_t text_left_ = 0;
  std::vector<uint8_t*> order_;  // once sorted
  int64_t order_bytes_ = 0;
  std::shared_ptr<SpilledRun> spilled_;
  std::vector<SpilledBlock> spilled_blocks_;
};

// Walks a run row by row; the row stays valid until the cursor enters the next block.
class RunCursor {
 public:
  explicit RunCursor(const Run* run) : run_(run) {}

  /// The next row, or null at the end. Before it may return a row of another block, `pin()`
  /// changes.
  arrow::Result<uint8_t*> Next() {
    if (run_->spilled_ != nullptr) {
      if (row_ == rows_in_block_) {
        if (block_ == run_->spilled_blocks_.size()) return nullptr;
        ARROW_RETURN_NOT_OK(ReadBlock());
      }
      return memory_->data() + run_->layout_.row_size() * row_++;
    }
    if (!run_->order_.empty()) {
      return row_ < run_->num_rows_ ? run_->order_[static_cast<size_t>(row_++)] : nullptr;
    }
    while (block_ < run_->blocks_.size() && row_ == run_->blocks_[block_].num_rows) {
      ++block_;
      row_ = 0;
    }
    if (block_ == run_->blocks_.size()) return nullptr;
    return run_->blocks_[block_].data + run_->layout_.row_size() * row_++;
  }
  /// Does the next row lie in other memory than those before?
  bool is_at_block_end() const { return run_->spilled_ != nullptr && row_ == rows_in_block_; }
  /// Keeps the rows and texts since the last change of block.
  BufferPtr pin() const {
    if (run_->spilled_ != nullptr) return memory_;
    return Buffer::Borrow(run_->extents_.get(), 0, run_->extents_);
  }

 private:
  arrow::Status ReadBlock() {
    const Run::SpilledBlock& block = run_->spilled_blocks_[block_++];
    ARROW_ASSIGN_OR_RAISE(memory_, run_->spilled_->Read(block.offset, block.size));
    const int64_t row_size = run_->layout_.row_size();
    const char* texts = reinterpret_cast<const char*>(memory_->data() + row_size * block.num_rows);
    for (int64_t i = 0; i < block.num_rows; ++i) {
      for (int32_t offset : run_->layout_.strings()) {
        auto* text = reinterpret_cast<StringView*>(memory_->data() + row_size * i + offset);
        if (!text->is_inline()) text->pointer = texts + reinterpret_cast<uintptr_t>(text->pointer);
      }
    }
    rows_in_block_ = block.num_rows;
    row_ = 0;
    return arrow::Status::OK();
  }

  const Run* run_;
  size_t block_ = 0;
  int64_t row_ = 0;
  int64_t rows_in_block_ = 0;
  BufferPtr memory_;
};

arrow::Result<Batch> GatherBatch(const RowLayout& layout, bool has_weights,
                                 std::span<uint8_t* const> rows, const std::vector<BufferPtr>& pins,
                                 BufferPool& pool) {
  Batch batch;
  batch.set_num_rows(static_cast<int32_t>(rows.size()));
  for (size_t i = 0; i < layout.num_columns(); ++i) {
    ARROW_ASSIGN_OR_RAISE(Vector column, internal::GatherField(layout.column(i), rows, pins, pool));
    batch.columns().push_back(std::move(column));
  }
  if (has_weights) {
    BufferPtr weights = pool.Acquire(std::max<int64_t>(static_cast<int64_t>(rows.size()) * 8, 16));
    auto* target = reinterpret_cast<int64_t*>(weights->data());
    for (size_t i = 0; i < rows.size(); ++i) {
      target[i] = internal::Load<int64_t>(rows[i] + layout.slot_offset(0));
    }
    batch.set_weights(std::move(weights));
  }
  return batch;
}

class RunReader final : public RowRunReader {
 public:
  RunReader(const Run* run, bool has_weights)
      : run_(run), cursor_(run), has_weights_(has_weights) {}

  arrow::Result<Batch> Next(int32_t max_rows, BufferPool& pool) override {
    rows_.clear();
    while (static_cast<int32_t>(rows_.size()) < max_rows) {
      // A batch ends with its block, so that one piece of memory keeps it.
      if (!rows_.empty() && cursor_.is_at_block_end()) break;
      ARROW_ASSIGN_OR_RAISE(uint8_t* const row, cursor_.Next());
      if (row == nullptr) break;
      rows_.push_back(row);
    }
    std::vector<BufferPtr> pins;
    if (!rows_.empty() && !run_->layout().strings().empty()) pins.push_back(cursor_.pin());
    return GatherBatch(run_->layout(), has_weights_, rows_, pins, pool);
  }

 private:
  const Run* run_;
  RunCursor cursor_;
  bool has_weights_;
  std::vector<uint8_t*> rows_;
};

uint8_t* Run::Allocate(int64_t size) {
  std::shared_ptr<Extent> extent =
      Extent::Make(size, 64, options_.memory, extents_, options_.is_forced);
  if (extent == nullptr) return nullptr;
  extents_ = std::move(extent);
  extent_bytes_ += size;
  return extents_->data();
}

bool Run::OwnText(StringView* text) {
  if (text->is_inline()) return true;
  const int64_t size = text->length;
  char* target;
  if (size > text_left_ && size > kExtentBytesMax / 4) {
    target = reinterpret_cast<char*>(Allocate((size + 63) / 64 * 64));
    if (target == nullptr) return false;
  } else {
    if (size > text_left_) {
      const int64_t bytes =
          std::clamp(std::max(extent_bytes_ / 4, size), kExtentBytesMin, kExtentBytesMax);
      auto* memory = reinterpret_cast<char*>(Allocate(bytes));
      if (memory == nullptr) return false;
      text_at_ = memory;
      text_left_ = bytes;
    }
    target = text_at_;
    text_at_ += size;
    text_left_ -= size;
  }
  std::memcpy(target, text->pointer, static_cast<size_t>(size));
  text->pointer = target;
  return true;
}

arrow::Result<int32_t> Run::Append(const Batch& batch, int32_t from) {
  SABOT_DCHECK(batch.num_columns() == layout_.num_columns() && spilled_ == nullptr &&
               order_.empty());
  if (batch.weights() != nullptr && !options_.has_weights) {
    return InternalError("rows with weights came to a run without");
  }
  const Rows rows = batch.rows();
  const int64_t row_size = layout_.row_size();
  std::string encoded;
  std::vector<size_t> begins;
  while (from < rows.count) {
    if (free_rows_ == 0) {
      const int64_t bytes = std::clamp(extent_bytes_ / 2, kExtentBytesMin, kExtentBytesMax);
      const int64_t num_rows = std::max<int64_t>(bytes / row_size, 1);
      uint8_t* memory = Allocate(num_rows * row_size);
      if (memory == nullptr) return from;
      blocks_.push_back({memory, 0});
      free_rows_ = num_rows;
    }
    Block& block = blocks_.back();
    const auto count = static_cast<int32_t>(std::min<int64_t>(free_rows_, rows.count - from));
    uint8_t* first = block.data + block.num_rows * row_size;
    std::memset(first, 0, static_cast<size_t>(count * row_size));
    const auto row_of = [&](int32_t i) { return first + i * row_size; };
    const auto position_of = [&](int32_t i) { return rows[from + i]; };
    // Of texts memory may be refused: then the rows before that text count.
    int32_t num_done = count;
    for (size_t column = 0; column < layout_.num_columns(); ++column) {
      const RowLayout::Field& field = layout_.column(column);
      const Vector& vector = batch.column(column);
      if (field.is_nested) {
        encoded.clear();
        begins.clear();
        for (int32_t i = 0; i < num_done; ++i) {
          begins.push_back(encoded.size());
          if (vector.IsNull(position_of(i))) {
            row_of(i)[field.null_offset] |= field.null_mask;
          } else {
            ARROW_RETURN_NOT_OK(EncodeNested(vector, position_of(i), false, &encoded));
          }
        }
        begins.push_back(encoded.size());
        for (size_t i = 0; i + 1 < begins.size(); ++i) {
          internal::Store(
              StringView(std::string_view(encoded).substr(begins[i], begins[i + 1] - begins[i])),
              row_of(static_cast<int32_t>(i)) + field.offset);
        }
      } else {
        internal::WriteField<false>(field, vector, num_done, row_of, position_of);
      }
      if (field.kind != Kind::kView16) continue;
      for (int32_t i = 0; i < num_done; ++i) {
        if (OwnText(reinterpret_cast<StringView*>(row_of(i) + field.offset))) continue;
        num_done = i;
      }
    }
    if (options_.has_weights) {
      for (int32_t i = 0; i < num_done; ++i) {
        internal::Store(batch.weight(position_of(i)), row_of(i) + layout_.slot_offset(0));
      }
    }
    block.num_rows += num_done;
    free_rows_ -= num_done;
    num_rows_ += num_done;
    from += num_done;
    if (num_done < count) return from;
  }
  return from;
}

arrow::Result<bool> Run::Sort(std::span<const SortColumn> columns) {
  SABOT_DCHECK(spilled_ == nullptr);
  ARROW_ASSIGN_OR_RAISE(const SortOrder order, SortOrder::Make(layout_, columns));
  struct Item {
    SortPrefix prefix;
    uint8_t* row;
    int64_t arrival;
  };
  const int64_t item_bytes = num_rows_ * static_cast<int64_t>(sizeof(Item));
  const int64_t order_bytes = order_.empty() ? num_rows_ * 8 : 0;
  if (options_.memory != nullptr && !options_.memory->TryReserve(item_bytes + order_bytes)) {
    return false;
  }
  order_bytes_ += order_bytes;
  std::vector<Item> items;
  items.reserve(static_cast<size_t>(num_rows_));
  RunCursor cursor(this);
  for (int64_t i = 0; i < num_rows_; ++i) {
    ARROW_ASSIGN_OR_RAISE(uint8_t* const row, cursor.Next());
    items.push_back({order.PrefixOf(row), row, i});
  }
  if (order.is_exact()) {
    std::sort(items.begin(), items.end(), [](const Item& left, const Item& right) {
      return left.prefix != right.prefix ? left.prefix < right.prefix
                                         : left.arrival < right.arrival;
    });
  } else {
    std::sort(items.begin(), items.end(), [&](const Item& left, const Item& right) {
      if (left.prefix != right.prefix) return left.prefix < right.prefix;
      const int compared = order.Compare(left.row, right.row);
      return compared != 0 ? compared < 0 : left.arrival < right.arrival;
    });
  }
  order_.resize(items.size());
  for (size_t i = 0; i < items.size(); ++i) order_[i] = items[i].row;
  if (options_.memory != nullptr) options_.memory->Release(item_bytes);
  return true;
}

void Run::Free() {
  extents_.reset();
  extent_bytes_ = 0;
  blocks_.clear();
  order_ = {};
  if (options_.memory != nullptr) options_.memory->Release(order_bytes_);
  order_bytes_ = 0;
}

arrow::Status Run::Spill(PageWriter& writer) {
  SABOT_DCHECK(spilled_ == nullptr);
  const int64_t row_size = layout_.row_size();
  std::vector<BufferPtr> content;
  std::vector<SpilledBlock> blocks;
  std::vector<const uint8_t*> rows;
  int64_t offset = 0;
  int64_t text_bytes = 0;
  const auto end_block = [&] {
    const auto num_rows = static_cast<int64_t>(rows.size());
    const int64_t size = num_rows * row_size + text_bytes;
    // Counted even beyond the budget: it is there for as long as writing takes, and then all is
    // free.
    std::shared_ptr<Extent> memory = Extent::Make(size, 64, options_.memory, nullptr, true);
    uint8_t* const texts = memory->data() + num_rows * row_size;
    int64_t text_at = 0;
    for (int64_t i = 0; i < num_rows; ++i) {
      uint8_t* row = memory->data() + i * row_size;
      std::memcpy(row, rows[static_cast<size_t>(i)], static_cast<size_t>(row_size));
      for (int32_t string : layout_.strings()) {
        auto* text = reinterpret_cast<StringView*>(row + string);
        if (text->is_inline()) continue;
        std::memcpy(texts + text_at, text->pointer, text->length);
        text->pointer = reinterpret_cast<const char*>(text_at);
        text_at += text->length;
      }
    }
    blocks.push_back({offset, size, num_rows});
    content.push_back(Buffer::Borrow(memory->data(), size, memory));
    offset += size;
    rows.clear();
    text_bytes = 0;
  };
  RunCursor cursor(this);
  while (true) {
    ARROW_ASSIGN_OR_RAISE(const uint8_t* const row, cursor.Next());
    if (row == nullptr) break;
    rows.push_back(row);
    for (int32_t string : layout_.strings()) {
      text_bytes += LongBytes(*reinterpret_cast<const StringView*>(row + string));
    }
    if (static_cast<int64_t>(rows.size()) * row_size + text_bytes >= kBlockBytes) end_block();
  }
  if (!rows.empty()) end_block();
  ARROW_ASSIGN_OR_RAISE(spilled_, writer.Write(std::move(content)));
  spilled_blocks_ = std::move(blocks);
  Free();
  return arrow::Status::OK();
}

arrow::Result<std::unique_ptr<RowRunReader>> Run::Read() const {
  return std::make_unique<RunReader>(this, options_.has_weights);
}

// A tournament by binary heap over the runs' next rows.
class MergeReader final : public RowRunReader {
 public:
  MergeReader(const Run& first, SortOrder order, bool has_weights)
      : layout_(first.layout()), order_(std::move(order)), has_weights_(has_weights) {}

  arrow::Status AddRun(const Run* run) {
    inputs_.push_back({RunCursor(run), nullptr, {}});
    Input& input = inputs_.back();
    ARROW_ASSIGN_OR_RAISE(input.row, input.cursor.Next());
    if (input.row == nullptr) return arrow::Status::OK();
    input.prefix = order_.PrefixOf(input.row);
    heap_.push_back(inputs_.size() - 1);
    std::push_heap(heap_.begin(), heap_.end(), Later{this});
    return arrow::Status::OK();
  }

  arrow::Result<Batch> Next(int32_t max_rows, BufferPool& pool) override {
    rows_.clear();
    pins_.clear();
    for (const Input& input : inputs_) {
      if (input.row != nullptr) pins_.push_back(input.cursor.pin());
    }
    while (static_cast<int32_t>(rows_.size()) < max_rows && !heap_.empty()) {
      std::pop_heap(heap_.begin(), heap_.end(), Later{this});
      Input& input = inputs_[heap_.back()];
      rows_.push_back(input.row);
      const bool is_new_block = input.cursor.is_at_block_end();
      ARROW_ASSIGN_OR_RAISE(input.row, input.cursor.Next());
      if (input.row == nullptr) {
        heap_.pop_back();
        continue;
      }
      if (is_new_block) pins_.push_back(input.cursor.pin());
      input.prefix = order_.PrefixOf(input.row);
      std::push_heap(heap_.begin(), heap_.end(), Later{this});
    }
    return GatherBatch(layout_, has_weights_, rows_, pins_, pool);
  }

 private:
  struct Input {
    RunCursor cursor;
    uint8_t* row;
    SortPrefix prefix;
  };
  // Does the left input's row come after the right one's? Of equal rows, the later run's does.
  struct Later {
    const MergeReader* reader;
    bool operator()(size_t left, size_t right) const {
      const Input& a = reader->inputs_[left];
      const Input& b = reader->inputs_[right];
      if (a.prefix != b.prefix) return a.prefix > b.prefix;
      const SortOrder& order = reader->order_;
      const int compared = order.is_exact() ? 0 : order.Compare(a.row, b.row);
      return compared != 0 ? compared > 0 : left > right;
    }
  };

  const RowLayout& layout_;
  SortOrder order_;
  bool has_weights_;
  std::vector<Input> inputs_;
  std::vector<size_t> heap_;
  std::vector<uint8_t*> rows_;
  // Blocks the rows of this batch lie in: the cursors may be past them.
  std::vector<BufferPtr> pins_;
};

}  // namespace

arrow::Result<std::unique_ptr<RowRun>> RowRun::Make(std::vector<Type> columns,
                                                    RowRunOptions options) {
  RowSchema schema{.columns = std::move(columns)};
  if (options.has_weights) schema.slots.push_back(StateSlot{});
  ARROW_ASSIGN_OR_RAISE(RowLayout layout, RowLayout::Make(std::move(schema)));
  return std::make_unique<Run>(std::move(layout), std::move(options));
}

arrow::Result<std::unique_ptr<RowRunReader>> MergeRuns(std::span<RowRun* const> runs,
                                                       std::vector<SortColumn> columns) {
  SABOT_DCHECK(!runs.empty());
  const auto& first = static_cast<const Run&>(*runs[0]);
  ARROW_ASSIGN_OR_RAISE(SortOrder order, SortOrder::Make(first.layout(), columns));
  auto reader = std::make_unique<MergeReader>(first, std::move(order),
                                              !first.layout().schema().slots.empty());
  for (const RowRun* run : runs) {
    ARROW_RETURN_NOT_OK(reader->AddRun(static_cast<const Run*>(run)));
  }
  return reader;
}

}  // namespace sabot
