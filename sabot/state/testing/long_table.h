#pragma once

#include <cstring>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "sabot/base/error.h"
#include "sabot/state/keyed_table.h"

/// Tables of BIGINT keys, and what their tests read of them.
namespace sabot::testing {

template <typename T>
T Ok(arrow::Result<T> result) {
  EXPECT_TRUE(result.ok()) << result.status().ToString();
  return std::move(result).ValueOrDie();
}
inline void Ok(const arrow::Status& status) { EXPECT_TRUE(status.ok()) << status.ToString(); }

inline std::string ClassOf(const arrow::Status& status) {
  const ErrorDetail* detail = GetErrorDetail(status);
  return detail == nullptr ? status.ToString() : std::string(detail->error_class().name);
}

inline Vector Make(const Type& type, std::vector<TypedValue> values) {
  VectorBuilder builder(type);
  for (TypedValue& value : values) builder.Append(std::move(value));
  return builder.Finish();
}

inline Vector Longs(std::vector<int64_t> values) {
  std::vector<TypedValue> typed;
  for (int64_t value : values) typed.push_back(TypedValue::Long(value));
  return Make(Type(TypeId::kLong), std::move(typed));
}

inline int64_t& SlotOf(const KeyedTable& table, uint8_t* row, size_t slot = 0) {
  return *reinterpret_cast<int64_t*>(row + table.layout().slot_offset(slot));
}

// Keeps what is written in memory.
class MemoryRun : public SpilledRun {
 public:
  explicit MemoryRun(std::string bytes) : bytes_(std::move(bytes)) {}
  int64_t size_bytes() const override { return static_cast<int64_t>(bytes_.size()); }
  bool is_written() const override { return true; }
  arrow::Status status() const override { return {}; }
  arrow::Result<BufferPtr> Read(int64_t offset, int64_t size) override {
    BufferPtr buffer = Buffer::Allocate(size);
    std::memcpy(buffer->data(), bytes_.data() + offset, static_cast<size_t>(size));
    return buffer;
  }

 private:
  std::string bytes_;
};

inline std::string Joined(const std::vector<BufferPtr>& content) {
  std::string bytes;
  for (const BufferPtr& part : content) {
    bytes.append(reinterpret_cast<const char*>(part->data()), static_cast<size_t>(part->size()));
  }
  return bytes;
}

class MemoryWriter : public PageWriter {
 public:
  arrow::Result<std::shared_ptr<SpilledRun>> Write(std::vector<BufferPtr> content) override {
    return std::make_shared<MemoryRun>(Joined(content));
  }
};

class Pieces : public SnapshotWriter {
 public:
  arrow::Status Add(StatePiece piece) override {
    pieces.push_back(std::move(piece));
    return {};
  }
  std::vector<StatePiece> pieces;
};

inline RowSchema LongKeySchema() {
  return {.keys = {{Type(TypeId::kLong)}}, .slots = {StateSlot{}, StateSlot{}}};
}

inline std::unique_ptr<KeyedTable> LongTable(KeyedTableOptions options = {}) {
  return Ok(KeyedTable::Make(LongKeySchema(), std::move(options)));
}

// Adds 1 to the first slot of each key.
inline void CountKeys(KeyedTable* table, std::vector<int64_t> keys) {
  const Vector vector = Longs(keys);
  KeyRows rows(&table->layout());
  Ok(rows.Assign(std::span(&vector, 1), Rows{nullptr, vector.size()}));
  RowRefs refs;
  ASSERT_EQ(Ok(table->FindOrInsert(rows, 0, &refs)), vector.size());
  ForEachRow(refs.done, [&](int32_t i) { ++SlotOf(*table, refs[i]); });
}

inline std::map<int64_t, int64_t> CountsOf(const KeyedTable& table) {
  std::map<int64_t, int64_t> counts;
  BufferPool pool;
  ScanCursor cursor;
  std::vector<uint8_t*> rows;
  while (table.Scan(&cursor, 100, &rows) > 0) {
    const Vector keys = Ok(table.GatherKey(0, rows, pool));
    for (size_t i = 0; i < rows.size(); ++i) {
      const bool is_new = counts.emplace(keys.data<int64_t>()[i], SlotOf(table, rows[i])).second;
      EXPECT_TRUE(is_new) << "a key twice";
    }
  }
  return counts;
}

}  // namespace sabot::testing
