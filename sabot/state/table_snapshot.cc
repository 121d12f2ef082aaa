#include <algorithm>
#include <cstring>

#include "sabot/base/crc32c.h"
#include "sabot/base/error.h"
#include "sabot/base/hash.h"
#include "sabot/state/row_columns.h"
#include "sabot/state/table.h"
#include "sabot/state/table_image.h"

namespace sabot::internal {
namespace {

constexpr int32_t kRowsAtOnce = 2048;

std::string_view TextOf(const uint8_t* data, int64_t size) {
  return {reinterpret_cast<const char*>(data), static_cast<size_t>(size)};
}

KeyGroupRange GroupsOf(HashRange range) {
  constexpr int kGroupBits = 7;
  static_assert(1u << kGroupBits == kNumKeyGroups);
  if (range.bits > kGroupBits) {
    const uint32_t group = range.prefix >> (range.bits - kGroupBits);
    return {group, group + 1};
  }
  const int shift = kGroupBits - range.bits;
  return {range.prefix << shift, (range.prefix + 1) << shift};
}

// A copy of a page whose states' bytes stand in `chunk`, filled from `used` on.
BufferPtr CopyPage(const RowLayout& layout, const PageShape& shape, uint8_t* page, int64_t size,
                   const BufferPtr& chunk, int64_t* used) {
  BufferPtr copy = Buffer::Allocate(size);
  std::memcpy(copy->data(), page, static_cast<size_t>(size));
  const uint64_t* live = Partition::LiveBitsOf(page);
  for (uint32_t slot = 0; slot < Partition::HeaderOf(page)->num_slots; ++slot) {
    if ((live[slot / 64] >> (slot % 64) & 1) == 0) continue;
    uint8_t* row = copy->data() + shape.rows_offset + int64_t{slot} * shape.row_size;
    for (int32_t offset : layout.slot_strings()) {
      auto* bytes = reinterpret_cast<StringView*>(row + offset);
      if (bytes->is_inline()) continue;
      char* target = reinterpret_cast<char*>(chunk->data()) + *used;
      std::memcpy(target, bytes->pointer, bytes->length);
      *used += bytes->length;
      bytes->pointer = target;
    }
  }
  return copy;
}

int64_t StateBytesOf(const RowLayout& layout, const PageShape& shape, const Partition& partition) {
  int64_t size = 0;
  for (uint32_t i = 0; i < partition.num_pages(); ++i) {
    uint8_t* page = partition.PageAt(i);
    const uint64_t* live = Partition::LiveBitsOf(page);
    for (uint32_t slot = 0; slot < Partition::HeaderOf(page)->num_slots; ++slot) {
      if ((live[slot / 64] >> (slot % 64) & 1) == 0) continue;
      const uint8_t* row = page + shape.rows_offset + int64_t{slot} * shape.row_size;
      for (int32_t offset : layout.slot_strings()) {
        const auto* bytes = reinterpret_cast<const StringView*>(row + offset);
        if (!bytes->is_inline()) size += bytes->length;
      }
    }
  }
  return size;
}

}  // namespace

std::vector<BufferPtr> Table::MakeImage(Partition* partition, Epoch epoch) const {
  const std::shared_ptr<SnapshotPin> pin = partition->Seal(epoch);
  const auto num_pages = static_cast<uint32_t>(partition->num_pages());
  std::vector<ImagePage> pages;
  std::vector<ImageChunk> chunks;
  std::vector<BufferPtr> content(1);

  // Bytes of states live in memory that changes in place, so they are copied, and with them the
  // pages that point to them.
  const bool is_copied = !layout_->slot_strings().empty();
  BufferPtr state_chunk;
  int64_t state_bytes = 0;
  if (is_copied) state_chunk = Buffer::Allocate(StateBytesOf(*layout_, shape_, *partition));
  for (uint32_t i = 0; i < num_pages; ++i) {
    uint8_t* page = partition->PageAt(i);
    const uint32_t num_slots = Partition::HeaderOf(page)->num_slots;
    const int64_t size = shape_.rows_offset + int64_t{num_slots} * shape_.row_size;
    if (is_copied) {
      content.push_back(CopyPage(*layout_, shape_, page, size, state_chunk, &state_bytes));
      pages.push_back({num_slots, Crc32c(TextOf(content.back()->data(), size))});
    } else {
      content.push_back(Buffer::Borrow(page, size, pin));
      pages.push_back({num_slots, partition->PageCrc(i, size)});
    }
  }
  for (Partition::Chunk& chunk : partition->chunks()) {
    // Texts are only ever appended.
    const std::string_view added(chunk.data + chunk.checked, chunk.used - chunk.checked);
    chunk.crc = Crc32c(added, chunk.crc);
    chunk.checked = chunk.used;
    chunks.push_back({reinterpret_cast<uint64_t>(chunk.data), chunk.used, chunk.crc});
    content.push_back(Buffer::Borrow(chunk.data, chunk.used, pin));
  }
  if (state_bytes > 0) {
    chunks.push_back({reinterpret_cast<uint64_t>(state_chunk->data()),
                      static_cast<uint64_t>(state_bytes),
                      Crc32c(TextOf(state_chunk->data(), state_bytes))});
    content.push_back(state_chunk);
  }

  const std::string schema = layout_->ToText();
  ImageHeader header;
  header.hash_version = kStateHashVersion;
  header.flags = layout_->has_next() ? 1 : 0;
  header.row_bytes = static_cast<uint32_t>(shape_.row_size);
  header.rows_offset = static_cast<uint32_t>(shape_.rows_offset);
  header.range_bits = static_cast<uint32_t>(partition->range().bits);
  header.range_prefix = partition->range().prefix;
  header.epoch = epoch;
  header.num_rows = static_cast<uint64_t>(partition->num_rows());
  header.num_pages = num_pages;
  header.num_chunks = static_cast<uint32_t>(chunks.size());
  header.schema_bytes = static_cast<uint32_t>(schema.size());
  std::string bytes(sizeof(header), '\0');
  bytes.append(reinterpret_cast<const char*>(pages.data()), pages.size() * sizeof(ImagePage));
  bytes.append(reinterpret_cast<const char*>(chunks.data()), chunks.size() * sizeof(ImageChunk));
  bytes.append(schema);
  bytes.resize((bytes.size() + 7) / 8 * 8, '\0');
  header.header_bytes = static_cast<uint32_t>(bytes.size());
  std::memcpy(bytes.data(), &header, sizeof(header));
  header.header_crc = Crc32c(bytes);
  std::memcpy(bytes.data(), &header, sizeof(header));
  content[0] = Buffer::Copy(bytes);
  SABOT_DCHECK(state_chunk == nullptr || state_chunk->size() == state_bytes);
  return content;
}

arrow::Status Table::Snapshot(Epoch epoch, std::string_view name, SnapshotWriter& writer) {
  for (const auto& partition : partitions_) {
    if (partition->num_rows() == 0) continue;
    StatePiece piece;
    piece.name = name;
    piece.groups = GroupsOf(partition->range());
    piece.content = MakeImage(partition.get(), epoch);
    ARROW_RETURN_NOT_OK(writer.Add(std::move(piece)));
  }
  return arrow::Status::OK();
}

arrow::Status Table::RestorePiece(const StatePiece& piece, KeyGroupRange groups) {
  int64_t size = 0;
  for (const BufferPtr& part : piece.content) size += part->size();
  if (options_.memory != nullptr && !options_.memory->TryReserve(size)) {
    return OutOfMemoryError(*options_.memory->budget(), options_.memory->name(), size);
  }
  // Its own memory: opening an image writes to it.
  BufferPtr content = Buffer::Allocate(size);
  uint8_t* target = content->data();
  for (const BufferPtr& part : piece.content) {
    if (part->size() > 0) std::memcpy(target, part->data(), static_cast<size_t>(part->size()));
    target += part->size();
  }
  ARROW_ASSIGN_OR_RAISE(
      const std::shared_ptr<TableImage> image,
      TableImage::Open(std::move(content), *layout_, piece.name, options_.memory, size));
  bool is_new = true;
  const Combine refuse = [&](auto, auto) { is_new = false; };
  std::vector<uint64_t> hashes(kRowsAtOnce);
  std::vector<uint8_t*> owned;
  std::vector<uint64_t> owned_hashes;
  const std::vector<uint8_t*>& rows = image->rows();
  for (size_t begin = 0; begin < rows.size(); begin += kRowsAtOnce) {
    Tidy();
    const size_t count = std::min(rows.size() - begin, size_t{kRowsAtOnce});
    HashRows(*layout_, std::span(rows.data() + begin, count), hashes.data());
    owned.clear();
    owned_hashes.clear();
    for (size_t i = 0; i < count; ++i) {
      if (!image->range().Contains(hashes[i])) is_new = false;
      if (!groups.Contains(KeyGroupOf(hashes[i]))) continue;
      owned.push_back(rows[begin + i]);
      owned_hashes.push_back(hashes[i]);
    }
    if (MergeRows(owned, owned_hashes.data(), &refuse) < owned.size()) {
      if (options_.memory == nullptr) return InternalError("a partition has no row numbers left");
      return OutOfMemoryError(*options_.memory->budget(), options_.memory->name(), size);
    }
    if (!is_new) {
      return MakeError("CHECKPOINT_CORRUPT",
                       {{"path", piece.name}, {"message", "a row is filed twice or elsewhere"}});
    }
  }
  return arrow::Status::OK();
}

arrow::Result<SpilledPartition> Table::SpillPartition(size_t index, PageWriter& writer) {
  Partition* partition = partitions_[index].get();
  SpilledPartition spilled{partition->range(), partition->num_rows(), nullptr};
  ARROW_ASSIGN_OR_RAISE(spilled.run, writer.Write(MakeImage(partition, 0)));
  if (!layout_->slot_strings().empty()) {
    for (uint32_t i = 0; i < partition->num_pages(); ++i) {
      uint8_t* page = partition->PageAt(i);
      const uint64_t* live = Partition::LiveBitsOf(page);
      for (uint32_t slot = 0; slot < Partition::HeaderOf(page)->num_slots; ++slot) {
        if ((live[slot / 64] >> (slot % 64) & 1) == 0) continue;
        const uint8_t* row = page + shape_.rows_offset + int64_t{slot} * shape_.row_size;
        for (int32_t offset : layout_->slot_strings()) {
          state_bytes_.Free(*reinterpret_cast<const StringView*>(row + offset));
        }
      }
    }
  }
  partitions_[index] = MakePartition(spilled.range);
  MakeDirectory();
  return spilled;
}

arrow::Result<std::shared_ptr<TableImage>> Table::ReadSpilled(
    const SpilledPartition& spilled) const {
  const int64_t size = spilled.run->size_bytes();
  // With a pointer a row.
  const int64_t wanted = size + spilled.num_rows * 8;
  if (options_.memory != nullptr && !options_.memory->TryReserve(wanted)) {
    return std::shared_ptr<TableImage>();
  }
  const auto give_back = [&](const arrow::Status& status) {
    if (options_.memory != nullptr) options_.memory->Release(wanted);
    return status;
  };
  arrow::Result<BufferPtr> content = spilled.run->Read(0, size);
  if (!content.ok()) return give_back(content.status());
  return TableImage::Open(*std::move(content), *layout_, "a spilled partition", options_.memory,
                          wanted);
}

}  // namespace sabot::internal
