#include "sabot/vector/vector.h"

#include <cstring>
#include <limits>
#include <numeric>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sabot/vector/key_hash.h"
#include "sabot/vector/testing/test_rows.h"

namespace sabot {
namespace {

using ::testing::ElementsAre;
using testing::Random;

const Type kLong(TypeId::kLong);
const Type kString(TypeId::kString);

Vector VectorOf(const Type& type, const std::vector<TypedValue>& values) {
  VectorBuilder builder(type);
  for (const TypedValue& value : values) builder.Append(value);
  return builder.Finish();
}

template <typename T>
BufferPtr BufferOf(const std::vector<T>& values) {
  BufferPtr buffer = Buffer::Allocate(static_cast<int64_t>(values.size() * sizeof(T) + 16));
  std::memcpy(buffer->data(), values.data(), values.size() * sizeof(T));
  return buffer;
}

std::vector<std::string> Texts(const Vector& vector, Rows rows) {
  std::vector<std::string> texts;
  ForEachRow(rows, [&](int32_t row) { texts.push_back(vector.ValueAt(row).ToText()); });
  return texts;
}
std::vector<std::string> Texts(const Vector& vector) {
  return Texts(vector, {nullptr, vector.size()});
}

/// A type of each kind, nested ones too, and values that none of its neighbours has.
struct Sample {
  Type type;
  std::function<TypedValue(int64_t)> value;
};
std::vector<Sample> Samples() {
  const auto whole = [](TypeId id) {
    return Sample{Type(id), [id](int64_t i) { return TypedValue{Type(id), i - 3}; }};
  };
  const Type wide = Type::Decimal(38, 2);
  const Type list = Type::Array(kString);
  const Type map = Type::Map(kString, kLong);
  const Type row = Type::Struct({{"a", kLong, true}, {"b", kString, true}});
  const auto text = [](int64_t i) {
    return TypedValue::String(i % 2 == 0 ? "s" + std::to_string(i)
                                         : "longer than twelve bytes " + std::to_string(i));
  };
  return {
      {Type(TypeId::kBoolean), [](int64_t i) { return TypedValue::Boolean(i % 3 == 0); }},
      whole(TypeId::kByte),
      whole(TypeId::kShort),
      whole(TypeId::kInt),
      whole(TypeId::kLong),
      whole(TypeId::kDate),
      {Type(TypeId::kFloat),
       [](int64_t i) { return TypedValue{Type(TypeId::kFloat), static_cast<double>(i) / 4}; }},
      {Type(TypeId::kDouble), [](int64_t i) { return TypedValue::Double(double(i) / 8); }},
      {wide, [wide](int64_t i) { return TypedValue{wide, Int128{i} << 70}; }},
      {kString, text},
      {list,
       [=](int64_t i) {
         std::vector<TypedValue> elements(static_cast<size_t>(i % 4), text(i));
         if (i % 4 == 3) elements[1] = TypedValue::Null(kString);
         return TypedValue{list, elements};
       }},
      {map,
       [=](int64_t i) {
         return TypedValue{map, std::vector<TypedValue>{text(i), TypedValue::Long(i)}};
       }},
      {row,
       [=](int64_t i) {
         return TypedValue{
             row, std::vector<TypedValue>{
                      i % 2 == 0 ? TypedValue::Null(kLong) : TypedValue::Long(i), text(i)}};
       }},
      {Type(TypeId::kCalendarInterval),
       [](int64_t i) {
         return TypedValue{Type(TypeId::kCalendarInterval),
                           std::vector<TypedValue>{TypedValue::Int(int32_t(i)), TypedValue::Int(2),
                                                   TypedValue::Long(i * 7)}};
       }},
  };
}

/// `count` values, each third of them NULL.
std::vector<TypedValue> ValuesOf(const Sample& sample, int64_t count) {
  std::vector<TypedValue> values;
  for (int64_t i = 0; i < count; ++i) {
    values.push_back(i % 3 == 1 ? TypedValue::Null(sample.type) : sample.value(i));
  }
  return values;
}

TEST(Vector, GivesBackWhatWasPutIn) {
  for (const Sample& sample : Samples()) {
    const std::vector<TypedValue> values = ValuesOf(sample, 70);
    const Vector vector = VectorOf(sample.type, values);
    ASSERT_EQ(vector.size(), 70);
    for (int32_t i = 0; i < 70; ++i) {
      ASSERT_EQ(vector.ValueAt(i), values[static_cast<size_t>(i)]) << sample.type.ToSql() << i;
      ASSERT_EQ(vector.IsNull(i), i % 3 == 1);
    }
  }
}

// The encodings of one column: flat, and dictionaries whose nulls are in the dictionary, or in the
// codes, where a null row's code means nothing.
std::vector<Vector> EncodingsOf(const Sample& sample, const std::vector<TypedValue>& values) {
  std::vector<TypedValue> distinct(values.rbegin(), values.rend());
  std::vector<uint32_t> codes(values.size());
  for (size_t i = 0; i < codes.size(); ++i) codes[i] = static_cast<uint32_t>(codes.size() - 1 - i);
  std::vector<TypedValue> present;
  std::vector<uint32_t> present_codes(values.size(), 123456789);
  std::vector<uint64_t> valid(static_cast<size_t>(NumWords(int64_t(values.size()))), 0);
  for (size_t i = 0; i < values.size(); ++i) {
    if (values[i].is_null()) continue;
    SetBit(valid.data(), static_cast<int64_t>(i));
    present_codes[i] = static_cast<uint32_t>(present.size());
    present.push_back(values[i]);
  }
  const auto size = static_cast<int32_t>(values.size());
  std::vector<Vector> vectors;
  vectors.push_back(VectorOf(sample.type, values));
  vectors.push_back(Vector::Dictionary(
      BufferOf(codes), std::make_shared<const Vector>(VectorOf(sample.type, distinct)), size));
  vectors.push_back(Vector::Dictionary(
      BufferOf(present_codes), std::make_shared<const Vector>(VectorOf(sample.type, present)), size,
      BufferOf(valid)));
  return vectors;
}

TEST(KeyHash, IsTheSameInEveryEncoding) {
  for (const Sample& sample : Samples()) {
    SCOPED_TRACE(sample.type.ToSql());
    const std::vector<Vector> encodings = EncodingsOf(sample, ValuesOf(sample, 70));
    std::vector<uint64_t> expected(70);
    if (!HashKeys({&encodings[0], 1}, {nullptr, 70}, expected).ok()) continue;  // no key
    for (const Vector& vector : encodings) {
      std::vector<uint64_t> hashes(70);
      ASSERT_TRUE(HashKeys({&vector, 1}, {nullptr, 70}, hashes).ok());
      EXPECT_EQ(hashes, expected);
    }
  }
}

TEST(Vector, FlattensTakesGathersAndSlicesEveryTypeInEveryEncoding) {
  BufferPool pool;
  const std::vector<int32_t> order{69, 0, 0, 1, 33, 64, 2};
  const std::vector<uint16_t> selection{1, 2, 3, 63, 64, 69};
  for (const Sample& sample : Samples()) {
    SCOPED_TRACE(sample.type.ToSql());
    const std::vector<TypedValue> values = ValuesOf(sample, 70);
    for (const Vector& vector : EncodingsOf(sample, values)) {
      SCOPED_TRACE(static_cast<int>(vector.encoding()));
      EXPECT_TRUE(vector.may_have_nulls());
      const Rows rows{selection.data(), static_cast<int32_t>(selection.size())};
      const Vector flat = vector.Flattened({nullptr, 70}, pool);
      const Vector some = vector.Flattened(rows, pool);
      const Vector taken = vector.Take(order, pool);
      const Vector gathered = vector.Gather(rows, pool);
      const Vector slice = vector.Slice(5, 60, pool);
      EXPECT_TRUE(flat.is_flat());
      ASSERT_EQ(taken.size(), 7);
      ASSERT_EQ(gathered.size(), 6);
      ASSERT_EQ(slice.size(), 60);
      for (int32_t i = 0; i < 70; ++i) {
        ASSERT_EQ(vector.ValueAt(i), values[size_t(i)]) << i;
        ASSERT_EQ(flat.ValueAt(i), values[size_t(i)]) << i;
      }
      ForEachRow(rows, [&](int32_t i) { EXPECT_EQ(some.ValueAt(i), values[size_t(i)]) << i; });
      for (int32_t i = 0; i < 7; ++i) {
        EXPECT_EQ(taken.ValueAt(i), values[size_t(order[size_t(i)])]) << i;
      }
      for (int32_t i = 0; i < 6; ++i) {
        EXPECT_EQ(gathered.ValueAt(i), values[selection[size_t(i)]]) << i;
      }
      for (int32_t i = 0; i < 60; ++i) EXPECT_EQ(slice.ValueAt(i), values[size_t(i + 5)]) << i;
      // A slice of a slice, past the first word of the bitmap.
      EXPECT_EQ(slice.Slice(59, 1, pool).ValueAt(0), values[64]);
    }
  }
}

TEST(Vector, ConstantsAreTheSameInEveryRow) {
  BufferPool pool;
  for (const Sample& sample : Samples()) {
    SCOPED_TRACE(sample.type.ToSql());
    for (const TypedValue& value : {sample.value(3), TypedValue::Null(sample.type)}) {
      const Vector constant = Vector::Constant(value, 100);
      EXPECT_EQ(constant.ValueAt(99), value);
      EXPECT_EQ(constant.may_have_nulls(), value.is_null());
      const Vector flat = constant.Flattened({nullptr, 100}, pool);
      EXPECT_TRUE(flat.is_flat());
      EXPECT_EQ(flat.ValueAt(0), value);
      EXPECT_EQ(flat.ValueAt(99), value);
      const Vector slice = constant.Slice(90, 7, pool);
      EXPECT_EQ(slice.size(), 7);
      EXPECT_TRUE(slice.is_constant());
      EXPECT_EQ(slice.ValueAt(6), value);
      EXPECT_EQ(constant.Take(std::vector<int32_t>{5, 5, 99}, pool).size(), 3);
      EXPECT_EQ(VectorOf(sample.type, {value}).AsConstant(4).ValueAt(3), value);
    }
  }
}

TEST(Vector, TextUnderANullIsEmpty) {
  BufferPool pool;
  const std::vector<TypedValue> values{TypedValue::String("something rather long"),
                                       TypedValue::Null(kString)};
  const Sample sample{kString, [&](int64_t i) { return values[size_t(i)]; }};
  for (const Vector& vector : EncodingsOf(sample, values)) {
    const Vector flat = vector.Flattened({nullptr, 2}, pool);
    EXPECT_EQ(flat.data<StringView>()[1].view(), "");
  }
}

TEST(Vector, KeepsTheMemoryOfItsText) {
  Vector slice;
  {
    BufferPool pool;
    StringWriter writer(pool);
    Vector vector = Vector::Flat(kString, 3, pool);
    auto* views = vector.mutable_data<StringView>();
    views[0] = writer.Write("short");
    views[1] = writer.Write("a text that does not fit into a view");
    views[2] = writer.Write(std::string(100'000, 'x'));
    writer.AttachTo(&vector);
    EXPECT_EQ(vector.heaps().size(), 2U);
    Vector other = Vector::Flat(kString, 1, pool);
    other.AddHeapsOf(vector);
    other.AddHeapsOf(vector);
    EXPECT_EQ(other.heaps().size(), 2U);
    slice = vector.Slice(1, 2, pool);
  }
  EXPECT_EQ(slice.ValueAt(0).ToText(), "a text that does not fit into a view");
  EXPECT_EQ(slice.ValueAt(1).ToText(), std::string(100'000, 'x'));
}

TEST(Vector, WritingNeverOverlaps) {
  BufferPool pool;
  StringWriter writer(pool);
  std::vector<StringView> views;
  for (int i = 0; i < 5'000; ++i)
    views.push_back(writer.Write(std::string(20, char('a' + i % 26))));
  for (int i = 0; i < 5'000; ++i)
    ASSERT_EQ(views[size_t(i)].view(), std::string(20, char('a' + i % 26)));
}

TEST(Vector, FirstNullOfAFlatVectorLeavesTheOthersValid) {
  BufferPool pool;
  Vector vector = Vector::Flat(kLong, 65, pool);
  std::iota(vector.mutable_data<int64_t>(), vector.mutable_data<int64_t>() + 65, 0);
  EXPECT_FALSE(vector.may_have_nulls());
  ClearBit(vector.MutableValidity(pool), 64);
  ClearBit(vector.MutableValidity(pool), 0);
  EXPECT_TRUE(vector.IsNull(0));
  EXPECT_TRUE(vector.IsNull(64));
  EXPECT_EQ(CountSetBits(vector.validity(), 65), 63);
}

TEST(Vector, ANullTypeBecomesAnyOther) {
  const Vector nulls = Vector::Constant(TypedValue::Null(), 3);
  EXPECT_THAT(Texts(nulls.WithType(kLong)), ElementsAre("NULL", "NULL", "NULL"));
}

TEST(StringView, IsEqualByAllItsBytes) {
  const std::string base = "twelve bytes and some more";
  for (size_t length : {0, 1, 3, 4, 5, 11, 12, 13, 26}) {
    const std::string left = base.substr(0, length);
    const std::string copy = left;
    EXPECT_EQ(StringView(left), StringView(copy)) << length;
    EXPECT_EQ(StringView(left).is_inline(), length <= 12);
    EXPECT_EQ(StringView(left).view().size(), length);
    for (size_t i = 0; i < length; ++i) {
      std::string other = left;
      other[i] = '\xff';
      EXPECT_FALSE(StringView(left) == StringView(other)) << length << " at " << i;
      EXPECT_LT(Compare(StringView(left), StringView(other)), 0);
      EXPECT_GT(Compare(StringView(other), StringView(left)), 0);
    }
    const std::string longer = left + '\0';
    EXPECT_FALSE(StringView(left) == StringView(longer)) << length;
    EXPECT_LT(Compare(StringView(left), StringView(longer)), 0);
  }
}

}  // namespace
}  // namespace sabot
