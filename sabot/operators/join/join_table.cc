#include "sabot/operators/join/join_table.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <string>

#include "sabot/base/error.h"
#include "sabot/state/extent.h"
#include "sabot/state/row_columns.h"
#include "sabot/vector/large_memory.h"
#include "sabot/vector/nested_codec.h"

namespace sabot::internal {
namespace {

constexpr int64_t kExtentBytesMin = 8 << 10;
constexpr int64_t kExtentBytesMax = 256 << 10;

// Of the directory: its places are found at random.
int64_t AlignmentOf(int64_t bytes) { return bytes >= kHugePage ? kHugePage : 64; }

}  // namespace

uint8_t* JoinRows::Allocate(int64_t size) {
  std::shared_ptr<Extent> extent = Extent::Make(size, 64, memory_, extents_, false);
  if (extent == nullptr) return nullptr;
  extents_ = std::move(extent);
  extent_bytes_ += size;
  return extents_->data();
}

bool JoinRows::OwnText(StringView* text) {
  if (text->is_inline()) return true;
  const int64_t size = text->length;
  if (size > text_left_) {
    const int64_t bytes =
        std::max(size, std::clamp(extent_bytes_ / 4, kExtentBytesMin, kExtentBytesMax));
    auto* memory = reinterpret_cast<char*>(Allocate(bytes));
    if (memory == nullptr) return false;
    text_at_ = memory;
    text_left_ = bytes;
  }
  std::memcpy(text_at_, text->pointer, text->length);
  text->pointer = text_at_;
  text_at_ += size;
  text_left_ -= size;
  return true;
}

arrow::Status JoinRows::WriteNested(const RowLayout::Field& field, const Vector& column, Rows rows,
                                    int32_t from, int32_t count, uint8_t* first) {
  // All encodings first: the string moves while it grows.
  encoded_.clear();
  std::vector<size_t> begins;
  for (int32_t i = 0; i < count; ++i) {
    begins.push_back(encoded_.size());
    const int32_t position = rows[from + i];
    if (!column.IsNull(position)) {
      ARROW_RETURN_NOT_OK(EncodeNested(column, position, false, &encoded_));
    }
  }
  begins.push_back(encoded_.size());
  for (int32_t i = 0; i < count; ++i) {
    uint8_t* row = first + int64_t{i} * layout_->row_size();
    const auto at = static_cast<size_t>(i);
    if (column.IsNull(rows[from + i])) {
      row[field.null_offset] |= field.null_mask;
    } else {
      Store(StringView(std::string_view(encoded_).substr(begins[at], begins[at + 1] - begins[at])),
            row + field.offset);
    }
  }
  return arrow::Status::OK();
}

arrow::Result<int32_t> JoinRows::Append(const KeyRows& keys, std::span<const Vector> columns,
                                        const int64_t* weights, Rows rows, int32_t from) {
  const int64_t row_size = layout_->row_size();
  const auto key_size = static_cast<size_t>(layout_->key_size());
  const int32_t weight_offset = layout_->slot_offset(JoinTable::kWeightSlot);
  has_weights_ |= weights != nullptr && from < rows.count;
  while (from < rows.count) {
    if (free_rows_ == 0) {
      const int64_t bytes = std::clamp(extent_bytes_ / 2, kExtentBytesMin, kExtentBytesMax);
      const int64_t num_rows = std::max<int64_t>(bytes / row_size, 1);
      std::shared_ptr<Extent> before = extents_;
      uint8_t* memory = Allocate(num_rows * row_size);
      if (memory == nullptr) return from;
      blocks_.push_back({memory, 0});
      before_.push_back(std::move(before));
      free_rows_ = num_rows;
    }
    Block& block = blocks_.back();
    const auto count = static_cast<int32_t>(std::min<int64_t>(free_rows_, rows.count - from));
    uint8_t* first = block.rows + block.num_rows * row_size;
    std::memset(first, 0, static_cast<size_t>(count * row_size));
    const auto row_of = [=](int32_t i) { return first + i * row_size; };
    const auto position_of = [=](int32_t i) { return rows[from + i]; };
    for (int32_t i = 0; i < count; ++i) {
      if (key_size > 0) std::memcpy(row_of(i), keys.key(position_of(i)), key_size);
      Store(weights == nullptr ? int64_t{1} : weights[position_of(i)], row_of(i) + weight_offset);
    }
    for (size_t column = 0; column < columns.size(); ++column) {
      const RowLayout::Field& field = layout_->column(column);
      if (field.is_nested) {
        ARROW_RETURN_NOT_OK(WriteNested(field, columns[column], rows, from, count, first));
      } else {
        WriteField<false>(field, columns[column], count, row_of, position_of);
      }
      // Nested values share one scratch: theirs are copied before the next column's come.
      if (field.kind != Kind::kView16) continue;
      for (int32_t i = 0; i < count; ++i) {
        if (!OwnText(reinterpret_cast<StringView*>(row_of(i) + field.offset))) return from;
      }
    }
    for (const int32_t offset : layout_->key_strings()) {
      for (int32_t i = 0; i < count; ++i) {
        if (!OwnText(reinterpret_cast<StringView*>(row_of(i) + offset))) return from;
      }
    }
    block.num_rows += count;
    free_rows_ -= count;
    num_rows_ += count;
    from += count;
  }
  return from;
}

// Texts of a block's rows lie in extents made since the block before it began, so all that is newer
// than the block is its rows' alone, once the blocks behind it are gone.
JoinRows::Taken JoinRows::TakeLast() {
  Taken taken{blocks_.back(), std::move(extents_)};
  extents_ = std::move(before_.back());
  num_rows_ -= taken.block.num_rows;
  // What an extent holds is not known here: the rows' share of all.
  extent_bytes_ -=
      blocks_.size() == 1 ? extent_bytes_ : extent_bytes_ / static_cast<int64_t>(blocks_.size());
  blocks_.pop_back();
  before_.pop_back();
  return taken;
}

arrow::Result<std::shared_ptr<JoinTable>> JoinTable::Make(std::vector<KeyColumn> keys,
                                                          std::vector<Type> columns) {
  RowSchema schema{std::move(keys), std::move(columns), {StateSlot{}, StateSlot{}}};
  ARROW_ASSIGN_OR_RAISE(RowLayout layout, RowLayout::Make(std::move(schema)));
  return std::shared_ptr<JoinTable>(new JoinTable(std::move(layout)));
}

JoinTable::JoinTable(RowLayout layout)
    : layout_(std::move(layout)),
      next_offset_(layout_.slot_offset(kNextSlot)),
      weight_offset_(layout_.slot_offset(kWeightSlot)),
      null_row_(static_cast<size_t>(layout_.row_size() / 8)) {
  auto* row = reinterpret_cast<uint8_t*>(null_row_.data());
  ClearRow(layout_, row);
  for (size_t key = 0; key < layout_.num_keys(); ++key) {
    const RowLayout::Field& field = layout_.key(key);
    if (field.null_offset >= 0) row[field.null_offset] |= field.null_mask;
  }
  Store(int64_t{1}, row + weight_offset_);
}

JoinTable::~JoinTable() {
  FreeLarge(reinterpret_cast<uint8_t*>(directory_), directory_size_, AlignmentOf(directory_size_));
  if (memory_ != nullptr) memory_->Release(directory_bytes_);
}

void JoinTable::set_memory(const std::shared_ptr<MemoryConsumer>& memory) {
  const std::lock_guard lock(mutex_);
  if (memory_ == nullptr) memory_ = memory;
}

void JoinTable::Add(std::unique_ptr<JoinRows> rows) {
  const std::lock_guard lock(mutex_);
  num_rows_ += rows->num_rows();
  has_weights_ |= rows->has_weights();
  blocks_.insert(blocks_.end(), rows->blocks().begin(), rows->blocks().end());
  parts_.push_back(std::move(rows));
}

std::unique_ptr<JoinRows> JoinTable::TakeRows() {
  const std::lock_guard lock(mutex_);
  is_given_up_ = true;
  blocks_.clear();
  if (parts_.empty()) return nullptr;
  std::unique_ptr<JoinRows> rows = std::move(parts_.back());
  parts_.pop_back();
  return rows;
}

bool JoinTable::GiveUp() {
  const std::lock_guard lock(mutex_);
  if (is_prepared_.load()) return false;
  is_given_up_ = true;
  return true;
}

std::shared_ptr<JoinTable> JoinTable::MakeEmpty() const {
  std::shared_ptr<JoinTable> table(new JoinTable(layout_));
  table->memory_ = memory_;
  return table;
}

bool JoinTable::PrepareDirectory() {
  const std::lock_guard lock(mutex_);
  if (is_prepared_.load()) return true;
  if (is_given_up_) return false;
  // At least as many places as rows, so that chains of different keys are short.
  const uint64_t size = std::bit_ceil(static_cast<uint64_t>(std::max<int64_t>(num_rows_, 16)));
  const auto bytes = static_cast<int64_t>(size * sizeof(uint64_t));
  if (memory_ != nullptr && !memory_->TryReserve(bytes)) return false;
  directory_bytes_ = memory_ == nullptr ? 0 : bytes;
  static_assert(sizeof(std::atomic<uint64_t>) == sizeof(uint64_t));
  // Zeros are empty places.
  directory_size_ = bytes;
  directory_ = reinterpret_cast<std::atomic<uint64_t>*>(AllocateZeroed(bytes, AlignmentOf(bytes)));
  mask_ = size - 1;
  is_prepared_.store(true);
  return true;
}

arrow::Result<Progress> JoinTable::Chain() {
  if (is_ready()) return Progress::kDone;
  if (!is_prepared_.load() && !PrepareDirectory()) return Progress::kNeedsMemory;
  const size_t index = next_block_.fetch_add(1);
  if (index < blocks_.size()) {
    ChainBlock(blocks_[index]);
    num_done_.fetch_add(1, std::memory_order_release);
  }
  if (num_done_.load(std::memory_order_acquire) < blocks_.size()) return Progress::kMore;
  is_ready_.store(true, std::memory_order_release);
  return Progress::kDone;
}

void JoinTable::ChainBlock(const JoinRows::Block& block) {
  std::vector<const uint8_t*> rows(static_cast<size_t>(block.num_rows));
  for (int64_t i = 0; i < block.num_rows; ++i) {
    rows[static_cast<size_t>(i)] = block.rows + i * layout_.row_size();
  }
  std::vector<uint64_t> hashes(rows.size());
  HashRows(layout_, rows, hashes.data());
  for (const uint64_t hash : hashes) Prefetch(hash);
  for (size_t i = 0; i < rows.size(); ++i) {
    auto* row = const_cast<uint8_t*>(rows[i]);
    std::atomic<uint64_t>& place = directory_[PlaceOf(hashes[i])];
    uint64_t entry = place.load(std::memory_order_relaxed);
    uint64_t linked;
    do {
      Store(reinterpret_cast<uint64_t>(AddressIn(entry)), row + next_offset_);
      linked = reinterpret_cast<uint64_t>(row) | entry >> 48 << 48 | TagOf(hashes[i]);
    } while (!place.compare_exchange_weak(entry, linked, std::memory_order_release,
                                          std::memory_order_relaxed));
  }
}

}  // namespace sabot::internal
