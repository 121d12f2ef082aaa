#include "sabot/server/arrow_stream.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "arrow/array.h"
#include "arrow/record_batch.h"
#include "arrow/type.h"

#include "sabot/formats/arrow/convert.h"

namespace sabot::server {
namespace {

using testing::HasSubstr;

const Schema kSchema{{{"t", Type(TypeId::kTimestamp), true},
                      {"list", Type::Array(Type(TypeId::kTimestamp)), true},
                      {"n", Type(TypeId::kTimestampNtz), true}}};

std::shared_ptr<arrow::RecordBatch> OneRow(int64_t micros) {
  const TypedValue instant{Type(TypeId::kTimestamp), micros};
  const TypedValue wall{Type(TypeId::kTimestampNtz), micros};
  Batch batch;
  const std::vector<TypedValue> row{
      instant, {kSchema.columns[1].type, std::vector<TypedValue>{instant}}, wall};
  for (const TypedValue& value : row) {
    VectorBuilder builder(value.type);
    builder.Append(value);
    batch.columns().push_back(builder.Finish());
  }
  batch.set_num_rows(1);
  return *ToArrow(batch, kSchema);
}

TEST(ArrowStream, JoinsBatchesAndNamesTheZone) {
  const auto bytes = WriteStream(kSchema, {OneRow(1), OneRow(2)}, "Europe/Berlin");
  ASSERT_TRUE(bytes.ok()) << bytes.status();
  const auto reader = ReadStreams({*bytes}, std::nullopt);
  ASSERT_TRUE(reader.ok()) << reader.status();
  const auto zoned = arrow::timestamp(arrow::TimeUnit::MICRO, "Europe/Berlin");
  EXPECT_TRUE((*reader)->schema()->field(0)->type()->Equals(zoned));
  EXPECT_TRUE((*reader)->schema()->field(1)->type()->field(0)->type()->Equals(zoned));
  EXPECT_TRUE(
      (*reader)->schema()->field(2)->type()->Equals(arrow::timestamp(arrow::TimeUnit::MICRO)));
  const auto batch = *(*reader)->Next();
  ASSERT_EQ(batch->num_rows(), 2);  // one record batch: clients read no more
  EXPECT_TRUE(batch->ValidateFull().ok());
  // The instants themselves do not move.
  EXPECT_EQ(static_cast<const arrow::TimestampArray&>(*batch->column(0)).Value(1), 2);
  EXPECT_EQ(*(*reader)->Next(), nullptr);
}

TEST(ArrowStream, TakesDeclaredNamesAndNullability) {
  const Schema sent{{{"a", Type(TypeId::kLong), true}}};
  Batch batch;
  VectorBuilder builder(Type(TypeId::kLong));
  builder.Append(TypedValue::Null(Type(TypeId::kLong)));
  batch.columns().push_back(builder.Finish());
  batch.set_num_rows(1);
  const std::string bytes = *WriteStream(sent, {*ToArrow(batch, sent)}, "UTC");

  const auto renamed = ReadStreams({bytes, bytes}, Schema{{{"b", Type(TypeId::kLong), true}}});
  ASSERT_TRUE(renamed.ok());
  EXPECT_EQ((*renamed)->schema()->field(0)->name(), "b");
  EXPECT_EQ((*(*renamed)->ToRecordBatches()).size(), 2U);
  EXPECT_THAT(ReadStreams({bytes}, Schema{{{"b", Type(TypeId::kLong), false}}}).status().message(),
              HasSubstr("NOT NULL"));
  EXPECT_THAT(ReadStreams({bytes}, Schema{}).status().message(), HasSubstr("SCHEMA_MISMATCH"));
}

TEST(ArrowStream, HasNoRowsByDeclarationAlone) {
  const auto empty = ReadStreams({}, Schema{{{"b", Type(TypeId::kLong), false}}});
  ASSERT_TRUE(empty.ok());
  EXPECT_EQ((*empty)->schema()->field(0)->name(), "b");
  EXPECT_EQ(*(*empty)->Next(), nullptr);
  EXPECT_THAT(ReadStreams({}, std::nullopt).status().message(), HasSubstr("MALFORMED_FILE"));
}

TEST(ArrowStream, RefusesWhatIsNoArrow) {
  EXPECT_THAT(ReadStreams({"rubbish"}, std::nullopt).status().message(),
              HasSubstr("MALFORMED_FILE"));
}

}  // namespace
}  // namespace sabot::server
