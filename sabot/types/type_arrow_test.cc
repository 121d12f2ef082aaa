#include <gtest/gtest.h>

#include "arrow/extension_type.h"
#include "arrow/type.h"

#include "sabot/base/error.h"
#include "sabot/types/schema.h"
#include "sabot/types/type.h"

namespace sabot {
namespace {

struct ArrowCase {
  Type type;
  std::shared_ptr<arrow::DataType> arrow_type;
};

std::vector<ArrowCase> ExactCases() {
  return {
      {Type(), arrow::null()},
      {Type(TypeId::kBoolean), arrow::boolean()},
      {Type(TypeId::kByte), arrow::int8()},
      {Type(TypeId::kShort), arrow::int16()},
      {Type(TypeId::kInt), arrow::int32()},
      {Type(TypeId::kLong), arrow::int64()},
      {Type(TypeId::kFloat), arrow::float32()},
      {Type(TypeId::kDouble), arrow::float64()},
      {Type::Decimal(5, 2), arrow::decimal128(5, 2)},
      {Type::Decimal(38, 0), arrow::decimal128(38, 0)},
      {Type(TypeId::kString), arrow::utf8()},
      {Type(TypeId::kBinary), arrow::binary()},
      {Type(TypeId::kDate), arrow::date32()},
      {Type(TypeId::kTimestamp), arrow::timestamp(arrow::TimeUnit::MICRO, "UTC")},
      {Type(TypeId::kTimestampNtz), arrow::timestamp(arrow::TimeUnit::MICRO)},
      {Type(TypeId::kYearMonthInterval), arrow::month_interval()},
      {Type(TypeId::kDayTimeInterval), arrow::duration(arrow::TimeUnit::MICRO)},
      {Type(TypeId::kCalendarInterval), arrow::month_day_nano_interval()},
      {Type::Array(Type(TypeId::kInt)), arrow::list(arrow::field("element", arrow::int32()))},
      {Type::Array(Type(TypeId::kInt), false),
       arrow::list(arrow::field("element", arrow::int32(), false))},
      {Type::Map(Type(TypeId::kString), Type(TypeId::kLong)),
       arrow::map(arrow::utf8(), arrow::field("value", arrow::int64()))},
      {Type::Map(Type(TypeId::kString), Type(TypeId::kLong), false),
       arrow::map(arrow::utf8(), arrow::field("value", arrow::int64(), false))},
      {Type::Struct({{"a", Type(TypeId::kInt), false}, {"b", Type::Struct({})}}),
       arrow::struct_({arrow::field("a", arrow::int32(), false),
                       arrow::field("b", arrow::struct_(arrow::FieldVector{}))})},
  };
}

TEST(TypeArrow, RoundTripsEveryTypeWithAnArrowForm) {
  for (const ArrowCase& c : ExactCases()) {
    const auto arrow_type = ToArrow(c.type);
    ASSERT_TRUE(arrow_type.ok()) << arrow_type.status().ToString();
    EXPECT_TRUE((*arrow_type)->Equals(*c.arrow_type, /*check_metadata=*/true))
        << (*arrow_type)->ToString() << " for " << c.type.ToSql();
    EXPECT_EQ(FromArrow(**arrow_type).ValueOrDie(), c.type) << c.type.ToSql();
  }
}

TEST(TypeArrow, WidensWhatItTakesIn) {
  using arrow::TimeUnit;
  const ArrowCase cases[] = {
      {Type(TypeId::kShort), arrow::uint8()},
      {Type(TypeId::kInt), arrow::uint16()},
      {Type(TypeId::kLong), arrow::uint32()},
      {Type::Decimal(20, 0), arrow::uint64()},
      {Type(TypeId::kFloat), arrow::float16()},
      {Type::Decimal(9, 1), arrow::smallest_decimal(9, 1)},
      {Type::Decimal(15, 3), arrow::smallest_decimal(15, 3)},
      {Type::Decimal(38, 38), arrow::decimal256(38, 38)},
      {Type(TypeId::kString), arrow::large_utf8()},
      {Type(TypeId::kString), arrow::utf8_view()},
      {Type(TypeId::kBinary), arrow::large_binary()},
      {Type(TypeId::kBinary), arrow::binary_view()},
      {Type(TypeId::kBinary), arrow::fixed_size_binary(16)},
      {Type(TypeId::kDate), arrow::date64()},
      {Type(TypeId::kTimestamp), arrow::timestamp(TimeUnit::NANO, "Europe/Berlin")},
      {Type(TypeId::kTimestampNtz), arrow::timestamp(TimeUnit::SECOND)},
      {Type(TypeId::kDayTimeInterval), arrow::duration(TimeUnit::NANO)},
      {Type(TypeId::kString), arrow::dictionary(arrow::int8(), arrow::large_utf8())},
      {Type::Array(Type(TypeId::kInt)), arrow::large_list(arrow::int32())},
      {Type::Array(Type(TypeId::kInt)), arrow::fixed_size_list(arrow::int32(), 3)},
      {Type::Array(Type(TypeId::kInt)), arrow::list_view(arrow::int32())},
      {Type::Array(Type(TypeId::kShort)), arrow::large_list_view(arrow::uint8())},
      {Type::Array(Type(TypeId::kString)),
       arrow::list(arrow::dictionary(arrow::int32(), arrow::utf8()))},
  };
  for (const ArrowCase& c : cases) {
    const auto type = FromArrow(*c.arrow_type);
    ASSERT_TRUE(type.ok()) << type.status().ToString();
    EXPECT_EQ(*type, c.type) << c.arrow_type->ToString();
  }
}

TEST(TypeArrow, SendsReferencesAsNumbers) {
  EXPECT_TRUE(ToArrow(Type(TypeId::kNode)).ValueOrDie()->Equals(*arrow::int64()));
  EXPECT_TRUE(ToArrow(Type(TypeId::kRelationship)).ValueOrDie()->Equals(*arrow::int64()));
  EXPECT_EQ(ToArrow(Type(TypeId::kPath)).ValueOrDie()->id(), arrow::Type::LIST);
}

void ExpectRefused(const arrow::Status& status, std::string_view error_class,
                   std::string_view type_name) {
  const ErrorDetail* detail = GetErrorDetail(status);
  ASSERT_NE(detail, nullptr) << status.ToString();
  EXPECT_EQ(detail->error_class().name, error_class);
  EXPECT_NE(status.message().find(type_name), std::string::npos) << status.message();
}

TEST(TypeArrow, RefusesByName) {
  ExpectRefused(ToArrow(Type(TypeId::kAny)).status(), "UNSUPPORTED_DATATYPE", "ANY");
  ExpectRefused(ToArrow(Type::Array(Type(TypeId::kVariant))).status(), "UNSUPPORTED_DATATYPE",
                "VARIANT");
  const std::shared_ptr<arrow::DataType> refused[] = {
      arrow::decimal256(39, 0),
      arrow::decimal128(5, -1),
      arrow::decimal128(5, 6),
      arrow::time32(arrow::TimeUnit::SECOND),
      arrow::time64(arrow::TimeUnit::MICRO),
      arrow::day_time_interval(),
      arrow::run_end_encoded(arrow::int32(), arrow::utf8()),
      arrow::dense_union(arrow::FieldVector{arrow::field("a", arrow::int32())}),
  };
  for (const auto& type : refused) {
    ExpectRefused(FromArrow(*type).status(), "UNSUPPORTED_DATATYPE", type->ToString());
    ExpectRefused(FromArrow(*arrow::struct_({arrow::field("x", type)})).status(),
                  "UNSUPPORTED_DATATYPE", type->ToString());
  }
}

TEST(TypeArrow, NestsToItsLimit) {
  auto type = arrow::int32();
  for (int depth = 1; depth < 64; ++depth) type = arrow::list(type);
  EXPECT_TRUE(FromArrow(*type).ok());
  ExpectRefused(FromArrow(*arrow::list(type)).status(), "PLAN_TOO_DEEP", "64");
}

TEST(SchemaArrow, RoundTripsNamesAndNullability) {
  const Schema schema{{{"a", Type(TypeId::kInt), false},
                       {"a", Type(TypeId::kString)},
                       {"", Type::Array(Type(TypeId::kDate))}}};
  const auto arrow_schema = ToArrow(schema).ValueOrDie();
  ASSERT_EQ(arrow_schema->num_fields(), 3);
  EXPECT_FALSE(arrow_schema->field(0)->nullable());
  EXPECT_TRUE(arrow_schema->field(1)->nullable());
  EXPECT_EQ(FromArrow(*arrow_schema).ValueOrDie(), schema);
  EXPECT_FALSE(ToArrow(Schema{{{"x", Type(TypeId::kAny)}}}).ok());
}

}  // namespace
}  // namespace sabot
