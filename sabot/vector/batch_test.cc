#include "sabot/vector/batch.h"

#include <cstring>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sabot/vector/testing/test_rows.h"

namespace sabot {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using testing::LongsOf;
using testing::MakeBatch;
using testing::MakeLongs;
using testing::Random;
using testing::TextRows;

BufferPtr Positions(const std::vector<uint16_t>& positions) {
  BufferPtr buffer = Buffer::Allocate(static_cast<int64_t>(positions.size() * 2 + 16));
  std::memcpy(buffer->data(), positions.data(), positions.size() * 2);
  return buffer;
}

/// 0 to 9, weight of row i is i + 1 (row 4: -1), rows 1, 3, 4, 8 and 9 selected.
Batch Sample() {
  std::vector<testing::Row> rows;
  std::vector<int64_t> weights;
  for (int64_t i = 0; i < 10; ++i) {
    rows.push_back({TypedValue::Long(i)});
    weights.push_back(i == 4 ? -1 : i + 1);
  }
  Batch batch = MakeBatch({Type(TypeId::kLong)}, rows, weights);
  batch.SetSelection(Positions({1, 3, 4, 8, 9}), 5);
  batch.set_split(7);
  batch.set_times(100, 200);
  return batch;
}

std::vector<int64_t> WeightsOf(const Batch& batch) {
  std::vector<int64_t> weights;
  ForEachRow(batch.rows(), [&](int32_t row) { weights.push_back(batch.weight(row)); });
  return weights;
}

TEST(Batch, CompactKeepsTheActiveRowsTheirWeightsAndOrigin) {
  BufferPool pool;
  Batch batch = Sample();
  batch.Compact(pool);
  EXPECT_FALSE(batch.has_selection());
  EXPECT_EQ(batch.num_rows(), 5);
  EXPECT_THAT(LongsOf(batch), ElementsAre(1, 3, 4, 8, 9));
  EXPECT_THAT(WeightsOf(batch), ElementsAre(2, 4, -1, 9, 10));
  EXPECT_EQ(batch.split(), 7U);
  EXPECT_EQ(batch.min_time(), 100);
  EXPECT_EQ(batch.max_time(), 200);
}

TEST(Batch, SlicesCountActiveRows) {
  BufferPool pool;
  Batch slice = Sample().SliceActive(1, 3, pool);
  EXPECT_EQ(slice.num_active_rows(), 3);
  EXPECT_THAT(LongsOf(slice), ElementsAre(3, 4, 8));
  EXPECT_THAT(WeightsOf(slice), ElementsAre(4, -1, 9));
  Batch dense = Sample();
  dense.ClearSelection();
  Batch middle = dense.SliceActive(4, 3, pool);
  EXPECT_THAT(LongsOf(middle), ElementsAre(4, 5, 6));
  EXPECT_THAT(WeightsOf(middle), ElementsAre(-1, 6, 7));
  EXPECT_EQ(middle.num_rows(), 3);
  EXPECT_EQ(middle.split(), 7U);
  EXPECT_EQ(middle.min_time(), 100);
  EXPECT_TRUE(dense.SliceActive(10, 0, pool).empty());
}

TEST(Batch, TakesRowsInAnyOrder) {
  BufferPool pool;
  const std::vector<int32_t> order{9, 0, 9, 4};
  const Batch taken = Sample().Take(order, pool);
  EXPECT_THAT(LongsOf(taken), ElementsAre(9, 0, 9, 4));
  EXPECT_THAT(WeightsOf(taken), ElementsAre(10, 1, 10, -1));
  EXPECT_EQ(taken.max_time(), 200);
}

TEST(Batch, CloneSharesAndClearForgets) {
  Batch batch = Sample();
  const Batch clone = batch.Clone();
  batch.Clear();
  EXPECT_TRUE(batch.empty());
  EXPECT_EQ(batch.num_columns(), 0U);
  EXPECT_EQ(batch.weights(), nullptr);
  EXPECT_EQ(batch.split(), 0U);
  EXPECT_EQ(batch.min_time(), Batch::kNoTime);
  EXPECT_THAT(TextRows(clone), ::testing::SizeIs(2 + 4 + 1 + 9 + 10));
  EXPECT_EQ(clone.split(), 7U);
}

TEST(Batch, CopiesItsShapeToColumnsComputedFromIt) {
  const Batch batch = Sample();
  Batch result;
  result.CopyShape(batch);
  EXPECT_EQ(result.num_rows(), 10);
  EXPECT_EQ(result.num_active_rows(), 5);
  EXPECT_EQ(result.weight(4), -1);
  EXPECT_EQ(result.min_time(), 100);
  Batch origin;
  origin.CopyMetadata(batch);
  EXPECT_EQ(origin.num_rows(), 0);
  EXPECT_EQ(origin.weights(), nullptr);
  EXPECT_EQ(origin.max_time(), 200);
}

TEST(Batch, MeansTheSameHoweverItIsDisguisedOrCut) {
  Random random(11);
  BufferPool pool;
  const Type list = Type::Array(Type(TypeId::kString));
  for (int round = 0; round < 60; ++round) {
    std::vector<testing::Row> rows;
    std::vector<int64_t> weights;
    for (uint64_t i = random() % 130; i > 0; --i) {
      const auto value = static_cast<int64_t>(random() % 5);
      rows.push_back({value == 4 ? TypedValue::Null(Type(TypeId::kLong)) : TypedValue::Long(value),
                      {list, std::vector<TypedValue>(size_t(value), TypedValue::String("a, b"))}});
      weights.push_back(random() % 4 == 0 ? -1 : static_cast<int64_t>(random() % 3) + 1);
    }
    const Batch batch = MakeBatch({Type(TypeId::kLong), list}, rows, weights);
    const std::vector<std::string> expected = TextRows(batch);
    Batch disguised = testing::Disguise(batch, random);
    ASSERT_EQ(testing::FaultOf(disguised), "");
    ASSERT_EQ(TextRows(disguised), expected);
    std::vector<std::string> cut;
    for (const Batch& piece : testing::Cut(disguised, 7, &random)) {
      const std::vector<std::string> texts = TextRows(piece);
      cut.insert(cut.end(), texts.begin(), texts.end());
    }
    ASSERT_EQ(cut, expected);
    std::vector<std::string> sliced;
    for (int32_t at = 0; at < disguised.num_active_rows(); at += 9) {
      const int32_t count = std::min(9, disguised.num_active_rows() - at);
      const std::vector<std::string> texts = TextRows(disguised.SliceActive(at, count, pool));
      sliced.insert(sliced.end(), texts.begin(), texts.end());
    }
    ASSERT_EQ(sliced, expected);
    disguised.Compact(pool);
    ASSERT_EQ(TextRows(disguised), expected);
  }
}

TEST(Bitmap, SetsCountsAndCopiesExactlyItsBits) {
  Random random(3);
  for (int64_t num_bits : {0, 1, 7, 8, 63, 64, 65, 127, 128, 130}) {
    std::vector<uint64_t> bits(5, 0xAAAAAAAAAAAAAAAA);
    SetAll(bits.data(), num_bits);
    const auto num_words = static_cast<size_t>(NumWords(num_bits));
    EXPECT_EQ(CountSetBits(bits.data(), num_bits), num_bits);
    for (int64_t i = 0; i < num_bits; ++i) EXPECT_TRUE(GetBit(bits.data(), i));
    for (auto i = num_bits; i < int64_t(num_words) * 64; ++i) EXPECT_FALSE(GetBit(bits.data(), i));
    EXPECT_EQ(bits[num_words], 0xAAAAAAAAAAAAAAAA) << "a word beyond was written";
    for (int64_t offset = 0; offset < 20; ++offset) {
      std::vector<uint64_t> source(6);
      for (uint64_t& word : source) word = random();
      std::vector<uint64_t> target(5, 77);
      CopyBits(reinterpret_cast<const uint8_t*>(source.data()), offset, num_bits, target.data());
      int64_t count = 0;
      for (int64_t i = 0; i < num_bits; ++i) {
        ASSERT_EQ(GetBit(target.data(), i), GetBit(source.data(), i + offset)) << offset;
        count += GetBit(source.data(), i + offset) ? 1 : 0;
      }
      EXPECT_EQ(CountSetBits(target.data(), num_bits), count);
      for (auto i = num_bits; i < int64_t(num_words) * 64; ++i) {
        EXPECT_FALSE(GetBit(target.data(), i));
      }
      EXPECT_EQ(target[num_words], 77U);
    }
  }
}

TEST(Bitmap, CountsOnlyItsOwnBits) {
  const std::vector<uint64_t> bits(2, ~uint64_t{0});
  EXPECT_EQ(CountSetBits(bits.data(), 65), 65);
  EXPECT_EQ(CountSetBits(bits.data(), 3), 3);
}

TEST(Bitmap, AndOfAMissingSideIsTheOther) {
  const std::vector<uint64_t> left{0b1100, 1};
  const std::vector<uint64_t> right{0b1010, 3};
  std::vector<uint64_t> target(2);
  AndBitmaps(left.data(), right.data(), 66, target.data());
  EXPECT_THAT(target, ElementsAre(0b1000, 1));
  AndBitmaps(left.data(), nullptr, 66, target.data());
  EXPECT_THAT(target, ElementsAre(0b1100, 1));
  AndBitmaps(nullptr, right.data(), 66, target.data());
  EXPECT_THAT(target, ElementsAre(0b1010, 3));
}

TEST(BufferPool, GivesNobodysBufferTwice) {
  BufferPool pool;
  BufferPtr first = pool.Acquire(1000);
  const uint8_t* memory = first->data();
  EXPECT_NE(pool.Acquire(1000)->data(), memory);
  const int64_t held = pool.size_bytes();
  BufferPtr kept = first;
  first.reset();
  for (int i = 0; i < 5; ++i) EXPECT_NE(pool.Acquire(1000)->data(), memory);
  kept.reset();
  std::vector<BufferPtr> taken{pool.Acquire(1000), pool.Acquire(900)};
  EXPECT_EQ(pool.size_bytes(), held) << "what is free is given again";
  EXPECT_NE(taken[0]->data(), taken[1]->data());
  EXPECT_GE(taken[1]->size(), 900);
  EXPECT_EQ(reinterpret_cast<uintptr_t>(taken[0]->data()) % 64, 0U);
}

TEST(BufferPool, ABigBufferIsNotSpentOnLittle) {
  BufferPool pool;
  const uint8_t* big = pool.Acquire(1 << 20)->data();
  EXPECT_NE(pool.Acquire(64)->data(), big);
  EXPECT_EQ(pool.Acquire(1 << 19)->data(), big);
}

TEST(Buffer, CopiesBytes) {
  std::string text = "abc";
  const BufferPtr copy = Buffer::Copy(text);
  text = "xyz";
  EXPECT_EQ(std::string_view(reinterpret_cast<const char*>(copy->data()), 3), "abc");
  EXPECT_EQ(copy->size(), 3);
  EXPECT_EQ(Buffer::Copy("")->size(), 0);
}

TEST(Buffer, BorrowingKeepsTheOwnerAlive) {
  auto owner = std::make_shared<std::vector<uint8_t>>(16, 9);
  std::weak_ptr<std::vector<uint8_t>> watch = owner;
  BufferPtr borrowed = Buffer::Borrow(owner->data(), 16, owner);
  owner.reset();
  EXPECT_EQ(borrowed->data()[15], 9);
  EXPECT_FALSE(watch.expired());
  borrowed.reset();
  EXPECT_TRUE(watch.expired());
}

TEST(Rows, AreVisitedDenseOrBySelection) {
  std::vector<int32_t> seen;
  const auto note = [&](int32_t row) { seen.push_back(row); };
  ForEachRow({nullptr, 3}, note);
  EXPECT_THAT(seen, ElementsAre(0, 1, 2));
  const uint16_t selection[] = {4, 40000};
  seen.clear();
  ForEachRow({selection, 2}, note);
  EXPECT_THAT(seen, ElementsAre(4, 40000));
  seen.clear();
  ForEachRow({nullptr, 0}, note);
  EXPECT_THAT(seen, IsEmpty());
}

}  // namespace
}  // namespace sabot
