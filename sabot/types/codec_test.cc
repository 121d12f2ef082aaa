#include "sabot/types/codec.h"

#include <cmath>

#include <gtest/gtest.h>

#include "sabot/base/error.h"

namespace sabot {
namespace {

template <typename T>
void ExpectRoundTrip(const T& value) {
  const std::string bytes = EncodeToString(value);
  const auto copy = DecodeFromString<T>(bytes);
  ASSERT_TRUE(copy.ok()) << copy.status().ToString();
  EXPECT_TRUE(*copy == value);
  for (size_t size = 0; size < bytes.size(); ++size) {
    const auto part = DecodeFromString<T>(std::string_view(bytes).substr(0, size));
    if (part.ok()) continue;  // a shorter text may be a type, too
    ASSERT_NE(GetErrorDetail(part.status()), nullptr);
    EXPECT_EQ(GetErrorDetail(part.status())->error_class().name, "CODEC_ERROR")
        << part.status().ToString();
  }
}

std::vector<Type> AllTypes() {
  std::vector<Type> types{Type(), Type::Decimal(1, 0), Type::Decimal(38, 38)};
  for (auto id = TypeId::kBoolean; id <= TypeId::kCalendarInterval; id = TypeId(int(id) + 1)) {
    if (id != TypeId::kDecimal) types.emplace_back(id);
  }
  types.push_back(Type::Array(Type(TypeId::kInt), false));
  types.push_back(Type::Array(Type::Array(Type(TypeId::kString))));
  types.push_back(Type::Map(Type(TypeId::kString), Type::Decimal(10, 2), false));
  types.push_back(Type::Struct({{"a b", Type(TypeId::kLong), false}, {"`q`", Type(), true}}));
  types.push_back(Type::Struct({}));
  return types;
}

TEST(TypesCodec, RoundTripsEveryType) {
  for (const Type& type : AllTypes()) {
    SCOPED_TRACE(type.ToDdl());
    ExpectRoundTrip(type);
    ExpectRoundTrip(TypeField{"name", type, false});
    ExpectRoundTrip(TypedValue::Null(type));
  }
}

TEST(TypesCodec, RoundTripsValuesOfEveryForm) {
  const Type wide = Type::Decimal(38, 3);
  const Type list = Type::Array(Type(TypeId::kLong));
  for (const TypedValue& value :
       {TypedValue::Boolean(false), TypedValue::Long(INT64_MIN), TypedValue::Int(-1),
        TypedValue::Double(-0.0), TypedValue::Double(std::nan("")),
        TypedValue::String(std::string("a\0b", 3)), TypedValue::String(""),
        TypedValue{wide, -(Int128{1} << 100)},
        TypedValue{list, std::vector<TypedValue>{TypedValue::Long(1), TypedValue::Null()}},
        TypedValue{list, std::vector<TypedValue>{}}}) {
    SCOPED_TRACE(value.ToSql());
    ExpectRoundTrip(value);
  }
}

TEST(TypesCodec, RoundTripsSchemasAndSpans) {
  ExpectRoundTrip(Schema{});
  ExpectRoundTrip(Schema{{{"a", Type(TypeId::kLong), false}, {"a", Type::Decimal(9, 9), true}}});
  const Span span = DecodeFromString<Span>(EncodeToString(Span{3, 4'000'000'000})).ValueOrDie();
  EXPECT_EQ(span.begin, 3U);
  EXPECT_EQ(span.end, 4'000'000'000U);
}

TEST(TypesCodec, AWrongTypeIsACodecError) {
  for (const char* text : {"", "NOTHING", "DECIMAL(99,1)", "ARRAY<", "INT INT", "\xff"}) {
    const auto type = DecodeFromString<Type>(text);
    ASSERT_FALSE(type.ok()) << text;
    EXPECT_EQ(GetErrorDetail(type.status())->error_class().name, "CODEC_ERROR") << text;
  }
}

}  // namespace
}  // namespace sabot
