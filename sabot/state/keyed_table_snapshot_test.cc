#include <random>
#include <set>

#include <gtest/gtest.h>

#include "sabot/base/crc32c.h"
#include "sabot/base/error.h"
#include "sabot/base/hash.h"
#include "sabot/state/keyed_table.h"
#include "sabot/state/testing/long_table.h"
#include "sabot/vector/key_hash.h"

// Copy-on-write at a barrier, the pieces of a snapshot and what damaged ones do.

namespace sabot {
namespace {

using namespace sabot::testing;  // tables and what is read of them

std::vector<StatePiece> SnapshotOf(KeyedTable* table, Epoch epoch) {
  Pieces pieces;
  Ok(table->Snapshot(epoch, "counts", pieces));
  return std::move(pieces.pieces);
}

TEST(KeyedTable, CopiesOnlyPagesWrittenAfterASnapshot) {
  MemoryBudget budget;
  std::shared_ptr<MemoryConsumer> memory = Ok(budget.MakeConsumer("test"));
  auto table = LongTable({.memory = memory});
  std::vector<int64_t> values;
  for (int64_t i = 0; i < 30'000; ++i) CountKeys(table.get(), {i});
  const int64_t before = table->size_bytes();
  {
    const std::vector<StatePiece> pieces = SnapshotOf(table.get(), 1);
    const std::string content = pieces[0].Bytes();
    CountKeys(table.get(), {17});
    EXPECT_LE(table->size_bytes() - before, 256 << 10);
    EXPECT_EQ(pieces[0].Bytes(), content);
  }
  // Nobody holds the pages any more: nothing is copied.
  const int64_t after = table->size_bytes();
  for (int64_t i = 0; i < 30'000; ++i) CountKeys(table.get(), {i});
  EXPECT_EQ(table->size_bytes(), after);
}

TEST(KeyedTable, TakesPagesOfDroppedSnapshotsAgain) {
  auto table = LongTable({.page_bytes = 512});
  std::vector<int64_t> keys(500);
  for (size_t i = 0; i < keys.size(); ++i) keys[i] = static_cast<int64_t>(i);
  CountKeys(table.get(), keys);
  int64_t size = 0;
  for (Epoch epoch = 1; epoch < 50; ++epoch) {
    const std::vector<StatePiece> pieces = SnapshotOf(table.get(), epoch);
    CountKeys(table.get(), keys);
    if (epoch == 3) size = table->size_bytes();
  }
  EXPECT_EQ(table->size_bytes(), size);
}

StatePiece Damaged(const StatePiece& piece, size_t at, uint8_t flip) {
  const BufferPtr buffer = Buffer::Copy(piece.Bytes());
  buffer->data()[at] ^= flip;
  return {piece.name, piece.groups, piece.split, {buffer}};
}

TEST(KeyedTable, NoticesEveryDamagedByte) {
  RowSchema schema{.keys = {{Type(TypeId::kString)}}, .slots = {StateSlot{}}};
  auto table = Ok(KeyedTable::Make(schema, {.page_bytes = 512}));
  std::vector<TypedValue> values;
  for (int i = 0; i < 20; ++i)
    values.push_back(TypedValue::String(std::string(static_cast<size_t>(i * 2), 'x')));
  const Vector vector = Make(Type(TypeId::kString), values);
  KeyRows keys(&table->layout());
  Ok(keys.Assign(std::span(&vector, 1), Rows{nullptr, 20}));
  RowRefs refs;
  Ok(table->FindOrInsert(keys, 0, &refs));
  const std::vector<StatePiece> pieces = SnapshotOf(table.get(), 1);
  ASSERT_EQ(pieces.size(), 1u);
  const size_t size = pieces[0].Bytes().size();
  for (size_t at = 0; at < size; ++at) {
    auto restored = Ok(KeyedTable::Make(schema));
    const arrow::Status status =
        restored->RestorePiece(Damaged(pieces[0], at, static_cast<uint8_t>(1 << at % 8)), {});
    ASSERT_EQ(ClassOf(status), "CHECKPOINT_CORRUPT") << at;
  }
  for (size_t cut = 0; cut < size; ++cut) {
    auto restored = Ok(KeyedTable::Make(schema));
    StatePiece piece = Damaged(pieces[0], 0, 0);
    piece.content = {
        Buffer::Borrow(piece.content[0]->data(), static_cast<int64_t>(cut), piece.content[0])};
    ASSERT_EQ(ClassOf(restored->RestorePiece(piece, {})), "CHECKPOINT_CORRUPT") << cut;
  }
}

TEST(KeyedTable, RefusesAnotherSchemaAndARowTwice) {
  auto table = LongTable();
  CountKeys(table.get(), {1, 2, 3});
  const std::vector<StatePiece> pieces = SnapshotOf(table.get(), 1);
  auto other = Ok(KeyedTable::Make({.keys = {{Type(TypeId::kLong)}}, .slots = {StateSlot{}}}));
  EXPECT_EQ(ClassOf(other->RestorePiece(pieces[0], {})), "CHECKPOINT_INCOMPATIBLE");
  auto restored = LongTable();
  Ok(restored->RestorePiece(pieces[0], {}));
  EXPECT_EQ(ClassOf(restored->RestorePiece(pieces[0], {})), "CHECKPOINT_CORRUPT");
}

TEST(KeyedTable, DoesNotTakeAnEmptyPlaceForTheHashZero) {
  auto table = LongTable();
  CountKeys(table.get(), {1});
  const Vector vector = Longs({7});
  const uint64_t hash = 0;
  KeyRows keys(&table->layout());
  Ok(keys.Assign(std::span(&vector, 1), Rows{nullptr, 1}, std::span(&hash, 1)));
  RowRefs refs;
  table->Find(keys, &refs);
  EXPECT_EQ(refs[0], nullptr);
  Ok(table->FindOrInsert(keys, 0, &refs));
  EXPECT_EQ(refs.inserted.size(), 1u);
}

TEST(KeyedTable, LeavesASnapshotAloneWhenARowLeavesItsChain) {
  auto table = Ok(KeyedTable::Make({.keys = {{Type(TypeId::kLong)}}},
                                   KeyedTableOptions{.allow_duplicates = true}));
  const Vector vector = Longs({5, 5, 5});
  KeyRows keys(&table->layout());
  Ok(keys.Assign(std::span(&vector, 1), Rows{nullptr, 3}));
  RowRefs refs;
  Ok(table->Insert(keys, {}, 0, &refs));
  const std::vector<StatePiece> pieces = SnapshotOf(table.get(), 1);
  const std::string content = pieces[0].Bytes();
  uint8_t* const second = refs[1];
  Ok(table->EraseRows(std::span(&second, 1)));
  EXPECT_EQ(pieces[0].Bytes(), content);
  EXPECT_EQ(table->num_rows(), 2);
}

// A file whose checksums are right and whose views are wrong, as only a bug or an attacker makes
// it.
TEST(KeyedTable, TakesNoTextBeyondItsChunk) {
  RowSchema schema{.keys = {{Type(TypeId::kString)}}};
  auto table = Ok(KeyedTable::Make(schema));
  const Vector vector = Make(Type(TypeId::kString), {TypedValue::String("a text of twenty byt")});
  KeyRows keys(&table->layout());
  Ok(keys.Assign(std::span(&vector, 1), Rows{nullptr, 1}));
  RowRefs refs;
  Ok(table->FindOrInsert(keys, 0, &refs));
  const std::vector<StatePiece> pieces = SnapshotOf(table.get(), 1);
  const auto word_at = [](std::string& bytes, size_t at) -> uint32_t& {
    return *reinterpret_cast<uint32_t*>(bytes.data() + at);
  };
  // Offsets as docs/formats/keyed_table_snapshot.md has them; the address is moved to both sides of
  // the chunk.
  for (const auto& [length, shift] : std::vector<std::pair<uint32_t, int64_t>>{
           {20, 0}, {21, 0}, {20, 1}, {20, -1}, {20, 20}, {19, 1}}) {
    std::string bytes = pieces[0].Bytes();
    const size_t page = word_at(bytes, 8);
    const size_t row = page + word_at(bytes, 28);
    const size_t page_bytes = word_at(bytes, 28) + word_at(bytes, 24);
    word_at(bytes, row) = length;
    *reinterpret_cast<int64_t*>(bytes.data() + row + 8) += shift;
    word_at(bytes, 76) = Crc32c(std::string_view(bytes).substr(page, page_bytes));
    word_at(bytes, 12) = 0;
    word_at(bytes, 12) = Crc32c(std::string_view(bytes).substr(0, page));
    StatePiece piece = pieces[0];
    piece.content = {Buffer::Borrow(bytes.data(), static_cast<int64_t>(bytes.size()), nullptr)};
    auto restored = Ok(KeyedTable::Make(schema));
    const arrow::Status status = restored->RestorePiece(piece, {});
    if (length + shift == 20 && shift >= 0) {
      EXPECT_TRUE(status.ok()) << status.ToString();
    } else {
      EXPECT_EQ(ClassOf(status), "CHECKPOINT_CORRUPT") << length << " " << shift;
    }
  }
}

}  // namespace
}  // namespace sabot
