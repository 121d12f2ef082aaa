#include "sabot/state/keyed_table.h"

#include <cmath>
#include <cstring>
#include <limits>
#include <map>
#include <optional>
#include <random>
#include <set>
#include <tuple>

#include <gtest/gtest.h>

#include "sabot/base/crc32c.h"
#include "sabot/base/error.h"
#include "sabot/base/hash.h"
#include "sabot/state/testing/long_table.h"
#include "sabot/vector/key_hash.h"

namespace sabot {
namespace {

using namespace sabot::testing;  // tables and what is read of them

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

TEST(KeyedTable, FindsWhatItInserted) {
  auto table = LongTable();
  CountKeys(table.get(), {5, 7, 5, 5});
  CountKeys(table.get(), {7});
  EXPECT_EQ(CountsOf(*table), (std::map<int64_t, int64_t>{{5, 3}, {7, 2}}));
  EXPECT_EQ(table->num_rows(), 2);
}

TEST(KeyedTable, ReportsInsertedRowsOnceAndInOrder) {
  auto table = LongTable();
  CountKeys(table.get(), {5});
  const Vector vector = Longs({7, 5, 9, 7});
  KeyRows keys(&table->layout());
  Ok(keys.Assign(std::span(&vector, 1), Rows{nullptr, 4}));
  RowRefs refs;
  Ok(table->FindOrInsert(keys, 0, &refs));
  EXPECT_EQ(refs.inserted, (std::vector<uint16_t>{0, 2}));
  EXPECT_EQ(refs[0], refs[3]);
}

TEST(KeyedTable, LooksAtActiveRowsOnly) {
  auto table = LongTable();
  const Vector vector = Longs({1, 2, 3, 4});
  const uint16_t selection[] = {1, 3};
  KeyRows keys(&table->layout());
  Ok(keys.Assign(std::span(&vector, 1), Rows{selection, 2}));
  RowRefs refs;
  EXPECT_EQ(Ok(table->FindOrInsert(keys, 0, &refs)), 2);
  EXPECT_EQ(refs.inserted, (std::vector<uint16_t>{1, 3}));
  EXPECT_EQ(CountsOf(*table), (std::map<int64_t, int64_t>{{2, 0}, {4, 0}}));
}

TEST(KeyedTable, TakesNullsNaNsAndZerosAsEqualKeys) {
  const Type type(TypeId::kDouble);
  auto table = Ok(KeyedTable::Make({.keys = {{type}}, .slots = {StateSlot{}}}));
  const Vector vector =
      Make(type, {TypedValue::Double(0.0), TypedValue::Double(-0.0), TypedValue::Double(kNaN),
                  TypedValue::Double(-kNaN), TypedValue::Null(type), TypedValue::Null(type)});
  KeyRows keys(&table->layout());
  Ok(keys.Assign(std::span(&vector, 1), Rows{nullptr, 6}));
  EXPECT_FALSE(keys.HasNull(0));
  EXPECT_TRUE(keys.HasNull(4));
  RowRefs refs;
  Ok(table->FindOrInsert(keys, 0, &refs));
  EXPECT_EQ(refs.inserted, (std::vector<uint16_t>{0, 2, 4}));
  BufferPool pool;
  std::vector<uint8_t*> rows{refs[1], refs[3], refs[5]};
  const Vector gathered = Ok(table->GatherKey(0, rows, pool));
  EXPECT_FALSE(std::signbit(gathered.data<double>()[0]));
  EXPECT_TRUE(std::isnan(gathered.data<double>()[1]));
  EXPECT_TRUE(gathered.IsNull(2));
}

TEST(KeyedTable, TellsNullFromZeroAndColumnsApart) {
  const Type type(TypeId::kInt);
  auto table = Ok(KeyedTable::Make({.keys = {{type}, {type}}, .slots = {StateSlot{}}}));
  const auto number = [](int32_t value) { return TypedValue::Int(value); };
  const Vector columns[] = {
      Make(type, {number(0), TypedValue::Null(type), number(1), number(0), TypedValue::Null(type)}),
      Make(type, {number(0), number(0), number(0), number(1), TypedValue::Null(type)})};
  KeyRows keys(&table->layout());
  Ok(keys.Assign(columns, Rows{nullptr, 5}));
  RowRefs refs;
  Ok(table->FindOrInsert(keys, 0, &refs));
  EXPECT_EQ(refs.inserted.size(), 5u);
}

TEST(KeyedTable, HashesRowsAsItHashesColumns) {
  // Splits and restores hash the stored row; a difference would lose keys.
  const std::vector<Type> types = {Type(TypeId::kBoolean),
                                   Type(TypeId::kByte),
                                   Type(TypeId::kShort),
                                   Type(TypeId::kInt),
                                   Type(TypeId::kLong),
                                   Type(TypeId::kFloat),
                                   Type(TypeId::kDouble),
                                   Type::Decimal(38, 2),
                                   Type(TypeId::kString),
                                   Type(TypeId::kDate),
                                   Type::Array(Type(TypeId::kString))};
  std::vector<Vector> columns;
  RowSchema schema;
  for (const Type& type : types) {
    schema.keys.push_back({type});
    TypedValue value{type, {}};
    switch (type.id()) {
      case TypeId::kBoolean:
        value.value = true;
        break;
      case TypeId::kFloat:
      case TypeId::kDouble:
        value.value = 2.5;
        break;
      case TypeId::kDecimal:
        value.value = Int128{-5};
        break;
      case TypeId::kString:
        value.value = std::string("longer than twelve bytes");
        break;
      case TypeId::kArray:
        value.value = std::vector<TypedValue>{TypedValue::String("a"),
                                              TypedValue::Null(Type(TypeId::kString))};
        break;
      default:
        value.value = int64_t{-3};
    }
    columns.push_back(Make(type, {value, TypedValue::Null(type)}));
  }
  auto table = Ok(KeyedTable::Make(schema));
  KeyRows keys(&table->layout());
  Ok(keys.Assign(columns, Rows{nullptr, 2}));
  RowRefs refs;
  Ok(table->FindOrInsert(keys, 0, &refs));
  ASSERT_EQ(Ok(table->SplitTo(10)), true);
  table->Find(keys, &refs);
  ASSERT_NE(refs[0], nullptr);
  ASSERT_NE(refs[1], nullptr);
  BufferPool pool;
  std::vector<uint8_t*> rows{refs[0], refs[1]};
  for (size_t i = 0; i < types.size(); ++i) {
    const Vector gathered = Ok(table->GatherKey(i, rows, pool));
    EXPECT_EQ(gathered.ValueAt(0), columns[i].ValueAt(0)) << types[i].ToSql();
    EXPECT_TRUE(gathered.IsNull(1));
  }
}

TEST(KeyedTable, RefusesAny) {
  EXPECT_EQ(ClassOf(KeyedTable::Make({.keys = {{Type::Array(Type(TypeId::kAny))}}}).status()),
            "UNSUPPORTED_FEATURE");
}

TEST(KeyedTable, WalksAllRowsOfAKey) {
  RowSchema schema{.keys = {{Type(TypeId::kLong)}}, .columns = {Type(TypeId::kString)}};
  auto table = Ok(KeyedTable::Make(
      schema, {.allow_duplicates = true, .partition_bytes_max = 4096, .page_bytes = 512}));
  std::map<int64_t, std::multiset<std::string>> model;
  KeyRows keys(&table->layout());
  RowRefs refs;
  for (int64_t round = 0; round < 40; ++round) {
    std::vector<int64_t> values;
    std::vector<TypedValue> texts;
    for (int64_t i = 0; i < 50; ++i) {
      values.push_back((round * i) % 37);
      std::string text = "value number " + std::to_string(round * 50 + i);
      model[values.back()].insert(text);
      texts.push_back(TypedValue::String(std::move(text)));
    }
    const Vector vector = Longs(values);
    const Vector column = Make(Type(TypeId::kString), texts);
    Ok(keys.Assign(std::span(&vector, 1), Rows{nullptr, 50}));
    ASSERT_EQ(Ok(table->Insert(keys, std::span(&column, 1), 0, &refs)), 50);
  }
  EXPECT_GT(table->num_partitions(), 1u);
  // Erase one row of a chain, wherever it stands in it.
  {
    const Vector vector = Longs({11});
    Ok(keys.Assign(std::span(&vector, 1), Rows{nullptr, 1}));
    table->Find(keys, &refs);
    uint8_t* third = table->Next(table->Next(refs[0]));
    BufferPool pool;
    std::vector<uint8_t*> rows{third, refs[0]};
    const Vector texts = Ok(table->GatherColumn(0, rows, pool));
    for (int i = 0; i < 2; ++i) {
      model[11].erase(model[11].find(std::string(texts.data<StringView>()[i].view())));
    }
    Ok(table->EraseRows(rows));
  }
  BufferPool pool;
  for (const auto& [key, texts] : model) {
    const Vector vector = Longs({key});
    Ok(keys.Assign(std::span(&vector, 1), Rows{nullptr, 1}));
    table->Find(keys, &refs);
    std::vector<uint8_t*> rows;
    for (uint8_t* row = refs[0]; row != nullptr; row = table->Next(row)) rows.push_back(row);
    const Vector found = Ok(table->GatherColumn(0, rows, pool));
    std::multiset<std::string> seen;
    for (int32_t i = 0; i < found.size(); ++i) {
      seen.emplace(found.data<StringView>()[i].view());
    }
    EXPECT_EQ(seen, texts) << key;
  }
}

TEST(KeyedTable, EndsEarlyWhenMemoryIsRefusedAndGoesOnLater) {
  MemoryBudget budget(40'000);
  std::shared_ptr<MemoryConsumer> memory = Ok(budget.MakeConsumer("test"));
  {
    auto table = LongTable({.memory = memory, .page_bytes = 512});
    std::vector<int64_t> values;
    for (int64_t i = 0; i < 2000; ++i) values.push_back(i);
    const Vector vector = Longs(values);
    KeyRows keys(&table->layout());
    Ok(keys.Assign(std::span(&vector, 1), Rows{nullptr, 2000}));
    RowRefs refs;
    const int32_t reached = Ok(table->FindOrInsert(keys, 0, &refs));
    ASSERT_GT(reached, 0);
    ASSERT_LT(reached, 2000);
    EXPECT_LE(budget.reserved_bytes(), 40'000);
    EXPECT_EQ(refs.done.count, reached);
    EXPECT_EQ(table->num_rows(), reached);
    ForEachRow(refs.done, [&](int32_t i) { SlotOf(*table, refs[i]) = 1; });
    EXPECT_EQ(Ok(table->FindOrInsert(keys, reached, &refs)), reached);
    EXPECT_EQ(refs.done.count, 0);
    budget.set_limit_bytes(MemoryBudget::kUnlimited);
    EXPECT_EQ(Ok(table->FindOrInsert(keys, reached, &refs)), 2000);
    EXPECT_EQ(refs.done.count, 2000 - reached);
    ForEachRow(refs.done, [&](int32_t i) { SlotOf(*table, refs[i]) += 1; });
    const auto counts = CountsOf(*table);
    ASSERT_EQ(counts.size(), 2000u);
    for (const auto& [key, count] : counts) EXPECT_EQ(count, 1) << key;
  }
  EXPECT_EQ(budget.reserved_bytes(), 0);
}

TEST(KeyedTable, KeepsBytesOfStatesThroughEverything) {
  RowSchema schema{.keys = {{Type(TypeId::kLong)}},
                   .slots = {StateSlot{.size = 16, .has_bytes = true}}};
  MemoryBudget budget;
  std::shared_ptr<MemoryConsumer> memory = Ok(budget.MakeConsumer("test"));
  {
    const KeyedTableOptions options{
        .memory = memory, .partition_bytes_max = 4096, .page_bytes = 512};
    auto table = Ok(KeyedTable::Make(schema, options));
    const auto text_of = [](int64_t key) { return "the state of key " + std::to_string(key); };
    const auto bytes_of = [](const KeyedTable& of, uint8_t* row) {
      return reinterpret_cast<StringView*>(row + of.layout().slot_offset(0));
    };
    std::vector<int64_t> values;
    for (int64_t i = 0; i < 1000; ++i) values.push_back(i);
    const Vector vector = Longs(values);
    KeyRows keys(&table->layout());
    Ok(keys.Assign(std::span(&vector, 1), Rows{nullptr, 1000}));
    RowRefs refs;
    Ok(table->FindOrInsert(keys, 0, &refs));
    for (int32_t i = 0; i < 1000; ++i) {
      *bytes_of(*table, refs[i]) = table->StoreBytes("soon replaced, and freed");
    }
    for (int32_t i = 0; i < 1000; ++i) {
      table->FreeBytes(*bytes_of(*table, refs[i]));
      *bytes_of(*table, refs[i]) = table->StoreBytes(text_of(i));
    }
    const auto check = [&](KeyedTable& checked) {
      Ok(checked.SplitTo(2));
      checked.Find(keys, &refs);
      for (int32_t i = 0; i < 1000; ++i) {
        ASSERT_NE(refs[i], nullptr);
        EXPECT_EQ(bytes_of(checked, refs[i])->view(), text_of(i));
      }
    };
    check(*table);
    Pieces pieces;
    Ok(table->Snapshot(1, "s", pieces));
    auto restored = Ok(KeyedTable::Make(schema, options));
    for (const StatePiece& piece : pieces.pieces) Ok(restored->RestorePiece(piece, {}));
    // Spill half, take the other half out, and put both into a new table.
    MemoryWriter writer;
    std::vector<SpilledPartition> spilled;
    Ok(table->SplitTo(1));
    for (size_t i = 0; i < table->num_partitions(); ++i) {
      if (table->partition_range(i).prefix >> (table->partition_range(i).bits - 1) == 0) {
        spilled.push_back(Ok(table->SpillPartition(i, writer)));
      }
    }
    auto upper = Ok(table->Extract({.prefix = 1, .bits = 1}));
    EXPECT_EQ(table->num_rows(), 0);
    table.reset();
    auto merged = Ok(KeyedTable::Make(schema, options));
    const KeyedTable::Combine never = [](auto, auto) { FAIL(); };
    ScanCursor cursor;
    EXPECT_EQ(Ok(merged->MergeFrom(*upper, &cursor, 1 << 20, never)), Progress::kDone);
    upper.reset();
    for (const SpilledPartition& part : spilled) {
      auto image = Ok(merged->ReadSpilled(part));
      size_t next = 0;
      EXPECT_EQ(Ok(merged->MergeImage(*image, &next, 1 << 20, never)), Progress::kDone);
    }
    check(*merged);
    check(*restored);
    Ok(merged->Erase(keys));
    EXPECT_EQ(merged->num_rows(), 0);
  }
  EXPECT_EQ(budget.reserved_bytes(), 0);
}

TEST(KeyedTable, MergesRowsOfEqualKeysThroughCombine) {
  auto left = LongTable({.partition_bytes_max = 4096, .page_bytes = 512});
  auto right = LongTable({.page_bytes = 512});
  for (int64_t i = 0; i < 600; ++i) CountKeys(left.get(), {i, i});
  for (int64_t i = 300; i < 900; ++i) CountKeys(right.get(), {i});
  ScanCursor cursor;
  const KeyedTable::Combine add = [&](std::span<uint8_t* const> into,
                                      std::span<uint8_t* const> from) {
    for (size_t i = 0; i < into.size(); ++i) SlotOf(*left, into[i]) += SlotOf(*left, from[i]);
  };
  int calls = 1;
  while (Ok(left->MergeFrom(*right, &cursor, 50, add)) != Progress::kDone) ++calls;
  EXPECT_GE(calls, 12);
  std::map<int64_t, int64_t> model;
  for (int64_t i = 0; i < 900; ++i) model[i] = i < 300 ? 2 : i < 600 ? 3 : 1;
  EXPECT_EQ(CountsOf(*left), model);
}

TEST(KeyedTable, GoesOnMergingWhereMemoryWasRefused) {
  MemoryBudget budget(30'000);
  std::shared_ptr<MemoryConsumer> memory = Ok(budget.MakeConsumer("test"));
  auto left = LongTable({.memory = memory, .page_bytes = 512});
  auto right = LongTable();
  std::map<int64_t, int64_t> model;
  for (int64_t i = 0; i < 1000; ++i) {
    CountKeys(right.get(), {i});
    model[i] = 1;
  }
  ScanCursor cursor;
  const KeyedTable::Combine never = [](auto, auto) { FAIL(); };
  EXPECT_EQ(Ok(left->MergeFrom(*right, &cursor, 1 << 20, never)), Progress::kNeedsMemory);
  budget.set_limit_bytes(MemoryBudget::kUnlimited);
  EXPECT_EQ(Ok(left->MergeFrom(*right, &cursor, 1 << 20, never)), Progress::kDone);
  EXPECT_EQ(CountsOf(*left), model);
}

}  // namespace
}  // namespace sabot
