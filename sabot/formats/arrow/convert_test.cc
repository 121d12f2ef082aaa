#include "sabot/formats/arrow/convert.h"

#include <gtest/gtest.h>

#include "arrow/array.h"
#include "arrow/array/concatenate.h"
#include "arrow/compute/type_fwd.h"
#include "arrow/json/from_string.h"
#include "arrow/record_batch.h"
#include "arrow/type.h"

#include "sabot/base/error.h"

namespace sabot {
namespace {

std::shared_ptr<arrow::Array> FromJson(const std::shared_ptr<arrow::DataType>& type,
                                       const std::string& json) {
  auto array = arrow::json::ArrayFromJSONString(type, json);
  EXPECT_TRUE(array.ok()) << array.status();
  return *array;
}

std::vector<std::string> Texts(const Vector& vector) {
  std::vector<std::string> texts;
  for (int32_t row = 0; row < vector.size(); ++row) {
    const TypedValue value = vector.ValueAt(row);
    // Bytes print as hexadecimal; as text they are easier to compare.
    const auto* text = std::get_if<std::string>(&value.value);
    texts.push_back(text == nullptr ? value.ToText() : *text);
  }
  return texts;
}

Vector Convert(const arrow::Array& array, int64_t offset, int64_t count, BufferPool& pool) {
  const Type type = FromArrow(*array.type()).ValueOrDie();
  auto vector = FromArrow(array, offset, static_cast<int32_t>(count), type, pool);
  EXPECT_TRUE(vector.ok()) << vector.status();
  return *vector;
}

struct Case {
  std::shared_ptr<arrow::DataType> type;
  std::string json;
  std::vector<std::string> texts;
};

std::vector<Case> Cases() {
  using arrow::TimeUnit;
  const std::string long_text = "a text of more than twelve bytes";
  const std::string strings = R"(["a", null, ")" + long_text + R"(", ""])";
  const std::vector<std::string> string_texts = {"a", "NULL", long_text, ""};
  const std::vector<std::string> times = {"1970-01-01 00:00:01", "NULL", "1969-12-31 23:59:58"};
  const std::string lists = "[[1, 2], null, [], [3, null]]";
  const std::vector<std::string> list_texts = {"[1, 2]", "NULL", "[]", "[3, NULL]"};
  const std::string wide = "99999999999999999999999999999999999.25";
  return {
      {arrow::null(), "[null, null]", {"NULL", "NULL"}},
      {arrow::boolean(), "[true, null, false, true]", {"true", "NULL", "false", "true"}},
      {arrow::int8(), "[-128, null, 127]", {"-128", "NULL", "127"}},
      {arrow::uint8(), "[0, null, 255]", {"0", "NULL", "255"}},
      {arrow::int16(), "[-32768, null, 7]", {"-32768", "NULL", "7"}},
      {arrow::uint16(), "[65535, null, 7]", {"65535", "NULL", "7"}},
      {arrow::int32(), "[-2147483648, null, 7]", {"-2147483648", "NULL", "7"}},
      {arrow::uint32(), "[4294967295, null, 7]", {"4294967295", "NULL", "7"}},
      {arrow::int64(), "[-9223372036854775808, null]", {"-9223372036854775808", "NULL"}},
      {arrow::uint64(), "[18446744073709551615, null]", {"18446744073709551615", "NULL"}},
      {arrow::float16(), "[1.5, null, -2]", {"1.5", "NULL", "-2.0"}},
      {arrow::float32(), "[1.5, null, -2]", {"1.5", "NULL", "-2.0"}},
      {arrow::float64(), "[0.1, null, -2]", {"0.1", "NULL", "-2.0"}},
      {arrow::decimal32(9, 2), R"(["1234567.89", null, "-0.01"])", {"1234567.89", "NULL", "-0.01"}},
      {arrow::decimal64(18, 2), R"(["1.50", null, "-0.01"])", {"1.50", "NULL", "-0.01"}},
      {arrow::decimal128(15, 2), R"(["1.50", null, "-0.01"])", {"1.50", "NULL", "-0.01"}},
      {arrow::decimal128(37, 2), "[\"" + wide + "\", null, \"-1.00\"]", {wide, "NULL", "-1.00"}},
      {arrow::decimal256(37, 2), "[\"" + wide + "\", null, \"-1.00\"]", {wide, "NULL", "-1.00"}},
      {arrow::decimal256(10, 2), R"(["1.50", null, "-0.01"])", {"1.50", "NULL", "-0.01"}},
      {arrow::utf8(), strings, string_texts},
      {arrow::large_utf8(), strings, string_texts},
      {arrow::utf8_view(), strings, string_texts},
      {arrow::binary(), strings, string_texts},
      {arrow::large_binary(), strings, string_texts},
      {arrow::binary_view(), strings, string_texts},
      {arrow::fixed_size_binary(3), R"(["abc", null, "xyz"])", {"abc", "NULL", "xyz"}},
      {arrow::date32(), "[0, null, -1]", {"1970-01-01", "NULL", "1969-12-31"}},
      {arrow::date64(), "[0, null, -86400000]", {"1970-01-01", "NULL", "1969-12-31"}},
      {arrow::timestamp(TimeUnit::SECOND), "[1, null, -2]", times},
      {arrow::timestamp(TimeUnit::MILLI), "[1000, null, -2000]", times},
      {arrow::timestamp(TimeUnit::MICRO, "UTC"), "[1000000, null, -2000000]", times},
      {arrow::timestamp(TimeUnit::NANO), "[1000000000, null, -1999999001]", times},
      {arrow::duration(TimeUnit::MILLI),
       "[1500, null]",
       {"INTERVAL '0 00:00:01.5' DAY TO SECOND", "NULL"}},
      {arrow::month_interval(), "[14, null]", {"INTERVAL '1-2' YEAR TO MONTH", "NULL"}},
      {arrow::month_day_nano_interval(),
       "[[1, 2, 3000], null]",
       {"1 months 2 days 0.000003 seconds", "NULL"}},
      {arrow::list(arrow::int32()), lists, list_texts},
      {arrow::large_list(arrow::int32()), lists, list_texts},
      {arrow::list_view(arrow::int32()), lists, list_texts},
      {arrow::large_list_view(arrow::int32()), lists, list_texts},
      {arrow::list(arrow::utf8()), R"([["x"], [null, "y"]])", {"[x]", "[NULL, y]"}},
      {arrow::fixed_size_list(arrow::int32(), 2),
       "[[1, 2], null, [3, 4]]",
       {"[1, 2]", "NULL", "[3, 4]"}},
      {arrow::map(arrow::utf8(), arrow::int32()),
       R"([[["a", 1], ["b", null]], null, []])",
       {"{a -> 1, b -> NULL}", "NULL", "{}"}},
      {arrow::struct_({arrow::field("x", arrow::int32()), arrow::field("y", arrow::utf8())}),
       R"([[1, "a"], null, [null, "b"]])",
       {"{1, a}", "NULL", "{NULL, b}"}},
      {arrow::dictionary(arrow::int8(), arrow::utf8()),
       R"(["a", "b", null, "a"])",
       {"a", "b", "NULL", "a"}},
      {arrow::dictionary(arrow::uint64(), arrow::int32()),
       "[7, 8, null, 7]",
       {"7", "8", "NULL", "7"}},
      {arrow::list(arrow::struct_({arrow::field("m", arrow::list(arrow::int8()))})),
       "[[[[1]], [[2, 3]]], [null]]",
       {"[{[1]}, {[2, 3]}]", "[NULL]"}},
  };
}

TEST(FromArrow, ReadsEveryType) {
  for (const Case& one : Cases()) {
    SCOPED_TRACE(one.type->ToString());
    BufferPool pool;
    const auto array = FromJson(one.type, one.json);
    EXPECT_EQ(Texts(Convert(*array, 0, array->length(), pool)), one.texts);
  }
}

TEST(FromArrow, ReadsASliceOfASlice) {
  for (const Case& one : Cases()) {
    SCOPED_TRACE(one.type->ToString());
    BufferPool pool;
    // Repeated, so that offsets of bitmaps are not multiples of eight.
    const auto array = FromJson(one.type, one.json);
    auto repeated = arrow::Concatenate({array, array, array, array, array});
    if (!repeated.ok()) continue;  // not every type can be concatenated
    const int64_t length = array->length();
    const auto slice = (*repeated)->Slice(length - 1, 3 * length + 1);
    const Vector vector = Convert(*slice, 1, length, pool);
    EXPECT_EQ(Texts(vector), one.texts);
    const auto last = Convert(*slice, 3 * length, 1, pool);
    EXPECT_EQ(Texts(last), std::vector<std::string>{one.texts.back()});
  }
}

TEST(ToArrow, WritesEveryTypeBack) {
  for (const Case& one : Cases()) {
    SCOPED_TRACE(one.type->ToString());
    BufferPool pool;
    const auto array = FromJson(one.type, one.json);
    const Vector vector = Convert(*array, 0, array->length(), pool);
    const auto back = ToArrow(vector, Rows{nullptr, vector.size()});
    ASSERT_TRUE(back.ok()) << back.status();
    ASSERT_TRUE((*back)->ValidateFull().ok()) << (*back)->ValidateFull();
    EXPECT_TRUE((*back)->type()->Equals(**ToArrow(vector.type())));
    EXPECT_EQ(Texts(Convert(**back, 0, array->length(), pool)), one.texts);
  }
}

TEST(ToArrow, TakesSelectedRowsOfEveryEncoding) {
  for (const Case& one : Cases()) {
    SCOPED_TRACE(one.type->ToString());
    BufferPool pool;
    const auto array = FromJson(one.type, one.json);
    const Vector flat = Convert(*array, 0, array->length(), pool)
                            .Flattened(Rows{nullptr, static_cast<int32_t>(array->length())}, pool);
    const uint16_t selection[] = {1};
    auto selected = ToArrow(flat, Rows{selection, 1});
    ASSERT_TRUE(selected.ok()) << selected.status();
    ASSERT_TRUE((*selected)->ValidateFull().ok());
    EXPECT_EQ(Texts(Convert(**selected, 0, 1, pool)), std::vector<std::string>{one.texts[1]});

    BufferPtr codes = Buffer::Allocate(16);
    const uint32_t order[] = {1, 0, 1};
    std::memcpy(codes->data(), order, sizeof(order));
    const Vector coded = Vector::Dictionary(codes, std::make_shared<const Vector>(flat), 3);
    const auto decoded = ToArrow(coded, Rows{nullptr, 3});
    ASSERT_TRUE(decoded.ok()) << decoded.status();
    ASSERT_TRUE((*decoded)->ValidateFull().ok());
    EXPECT_EQ(Texts(Convert(**decoded, 0, 3, pool)),
              (std::vector<std::string>{one.texts[1], one.texts[0], one.texts[1]}));

    BufferPtr validity = Buffer::Allocate(8);
    const uint64_t bits = 0b101;
    std::memcpy(validity->data(), &bits, sizeof(bits));
    const Vector masked =
        Vector::Dictionary(codes, std::make_shared<const Vector>(flat), 3, validity);
    const auto unmasked = ToArrow(masked, Rows{nullptr, 3});
    ASSERT_TRUE(unmasked.ok()) << unmasked.status();
    EXPECT_EQ(Texts(Convert(**unmasked, 0, 3, pool)),
              (std::vector<std::string>{one.texts[1], "NULL", one.texts[1]}));

    const Vector constant = Vector::Constant(flat.ValueAt(0), 3);
    const auto repeated = ToArrow(constant, Rows{selection, 1});
    ASSERT_TRUE(repeated.ok()) << repeated.status();
    EXPECT_EQ(Texts(Convert(**repeated, 0, 1, pool)), std::vector<std::string>{one.texts[0]});
  }
}

TEST(FromArrow, BorrowsNumbersAndKeepsThemAlive) {
  BufferPool pool;
  auto array = FromJson(arrow::int64(), "[1, 2, 3]");
  const void* address = static_cast<const arrow::Int64Array&>(*array).raw_values();
  const Vector vector = Convert(*array, 1, 2, pool);
  EXPECT_EQ(static_cast<const void*>(vector.data<int64_t>()),
            static_cast<const void*>(static_cast<const int64_t*>(address) + 1));
  array = nullptr;
  EXPECT_EQ(vector.data<int64_t>()[1], 3);
}

TEST(FromArrow, KeepsDictionaries) {
  BufferPool pool;
  const auto array =
      FromJson(arrow::dictionary(arrow::int32(), arrow::utf8()), R"(["a", "b", "a"])");
  const Vector vector = Convert(*array, 0, 3, pool);
  EXPECT_TRUE(vector.is_dictionary());
  EXPECT_EQ(vector.dictionary()->size(), 2);
}

TEST(FromArrow, RefusesTimesBeyondMicroseconds) {
  BufferPool pool;
  const auto array = FromJson(arrow::timestamp(arrow::TimeUnit::SECOND), "[9223372036854775807]");
  const auto vector = FromArrow(*array, 0, 1, Type(TypeId::kTimestampNtz), pool);
  ASSERT_FALSE(vector.ok());
  EXPECT_EQ(GetErrorDetail(vector.status())->error_class().name, "CAST_OVERFLOW");
}

Batch NumbersBatch(BufferPool& pool) {
  const auto array = FromJson(arrow::int64(), "[10, 11, 12, 13]");
  Batch batch;
  batch.columns().push_back(Convert(*array, 0, 4, pool));
  batch.set_num_rows(4);
  return batch;
}

const Schema kNumbers{{{"n", Type(TypeId::kLong), true}}};

TEST(ToArrow, RepeatsARowByItsWeight) {
  BufferPool pool;
  Batch batch = NumbersBatch(pool);
  BufferPtr weights = Buffer::Allocate(32);
  const int64_t values[] = {2, -1, 1, 3};
  std::memcpy(weights->data(), values, sizeof(values));
  batch.set_weights(weights);
  const auto refused = ToArrow(batch, kNumbers);
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(GetErrorDetail(refused.status())->error_class().name, "INTERNAL_ERROR");

  // The negative row is not active: it does not count.
  BufferPtr selection = Buffer::Allocate(16);
  const uint16_t positions[] = {0, 3};
  std::memcpy(selection->data(), positions, sizeof(positions));
  batch.SetSelection(selection, 2);
  const auto record_batch = ToArrow(batch, kNumbers);
  ASSERT_TRUE(record_batch.ok()) << record_batch.status();
  EXPECT_TRUE((*record_batch)->column(0)->Equals(FromJson(arrow::int64(), "[10, 10, 13, 13, 13]")));
}

TEST(ToArrow, RoundTripsABatchUnderItsSchema) {
  BufferPool pool;
  const Schema schema{{{"renamed", Type(TypeId::kLong), false}}};
  const auto record_batch = ToArrow(NumbersBatch(pool), schema);
  ASSERT_TRUE(record_batch.ok());
  EXPECT_EQ((*record_batch)->schema()->field(0)->name(), "renamed");
  const auto back = FromArrow(**record_batch, 2, 2, schema, pool);
  ASSERT_TRUE(back.ok());
  EXPECT_EQ(Texts(back->column(0)), (std::vector<std::string>{"12", "13"}));
  EXPECT_FALSE(ToArrow(NumbersBatch(pool), Schema{}).ok());
}

TEST(ToArrow, ReplacesTextThatIsNoUtf8) {
  BufferPool pool;
  Vector strings = Vector::Flat(Type(TypeId::kString), 5, pool);
  StringWriter writer(pool);
  // The halves of a code point in two values are two bad pieces, though side by side they read
  // well.
  const std::string_view texts[] = {"a\xFF", "\xC3", "\xA9", "gr\xC3\xBC\xC3\x9F",
                                    "more than twelve bytes, then \xE9"};
  for (int32_t row = 0; row < 5; ++row) {
    strings.mutable_data<StringView>()[row] = writer.Write(texts[row]);
  }
  writer.AttachTo(&strings);
  const auto array = ToArrow(strings, Rows{nullptr, 5});
  ASSERT_TRUE(array.ok()) << array.status();
  EXPECT_TRUE((*array)->ValidateFull().ok());
  const auto& text = static_cast<const arrow::StringArray&>(**array);
  EXPECT_EQ(text.GetView(0), "a\xEF\xBF\xBD");
  EXPECT_EQ(text.GetView(1), "\xEF\xBF\xBD");
  EXPECT_EQ(text.GetView(2), "\xEF\xBF\xBD");
  EXPECT_EQ(text.GetView(3), texts[3]);
  EXPECT_EQ(text.GetView(4), "more than twelve bytes, then \xEF\xBF\xBD");
}

}  // namespace
}  // namespace sabot
