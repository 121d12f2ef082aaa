#include "sabot/formats/testing/arrow_table.h"

#include <random>

#include "arrow/array.h"
#include "arrow/array/builder_binary.h"
#include "arrow/array/builder_decimal.h"
#include "arrow/array/builder_nested.h"
#include "arrow/array/builder_primitive.h"
#include "arrow/table.h"
#include "arrow/type.h"
#include "arrow/util/decimal.h"

namespace sabot {
namespace {

void Check(const arrow::Status& status) {
  if (!status.ok()) status.Abort();
}

}  // namespace

std::shared_ptr<arrow::Table> MakeArrowTable(int64_t num_rows, uint64_t seed, bool is_nullable) {
  std::mt19937_64 random(seed);
  arrow::FieldVector fields;
  arrow::ArrayVector arrays;
  const auto is_null = [&] { return is_nullable && random() % 10 == 0; };
  const auto add = [&](const std::string& name, auto builder, auto append) {
    for (int64_t i = 0; i < num_rows; ++i) {
      const arrow::Status status = is_null() ? builder->AppendNull() : append(*builder, i);
      Check(status);
    }
    std::shared_ptr<arrow::Array> array;
    Check(builder->Finish(&array));
    fields.push_back(arrow::field(name, array->type(), is_nullable));
    arrays.push_back(std::move(array));
  };
  const auto numbers = [&]<typename T>(const std::string& name,
                                       const std::shared_ptr<arrow::DataType>& type, T,
                                       uint64_t range) {
    using Builder = arrow::NumericBuilder<T>;
    add(name, std::make_shared<Builder>(type, arrow::default_memory_pool()),
        [&, range](Builder& builder, int64_t) {
          return builder.Append(static_cast<typename T::c_type>(random() % range));
        });
  };
  using arrow::TimeUnit;
  add("bool", std::make_shared<arrow::BooleanBuilder>(),
      [&](auto& builder, int64_t) { return builder.Append(random() % 3 == 0); });
  numbers("i8", arrow::int8(), arrow::Int8Type{}, 256);
  numbers("u8", arrow::uint8(), arrow::UInt8Type{}, 256);
  numbers("i16", arrow::int16(), arrow::Int16Type{}, 65536);
  numbers("u16", arrow::uint16(), arrow::UInt16Type{}, 65536);
  numbers("i32", arrow::int32(), arrow::Int32Type{}, uint64_t{1} << 32);
  numbers("u32", arrow::uint32(), arrow::UInt32Type{}, uint64_t{1} << 32);
  numbers("i64", arrow::int64(), arrow::Int64Type{}, uint64_t{1} << 63);
  numbers("few", arrow::int64(), arrow::Int64Type{}, 13);
  numbers("u64", arrow::uint64(), arrow::UInt64Type{}, ~uint64_t{0});
  numbers("f32", arrow::float32(), arrow::FloatType{}, 1000);
  numbers("f64", arrow::float64(), arrow::DoubleType{}, 100'000);
  numbers("date", arrow::date32(), arrow::Date32Type{}, 30'000);
  numbers("s", arrow::timestamp(TimeUnit::SECOND), arrow::TimestampType{}, 2'000'000'000);
  numbers("ms", arrow::timestamp(TimeUnit::MILLI), arrow::TimestampType{}, 2'000'000'000'000);
  numbers("us", arrow::timestamp(TimeUnit::MICRO, "UTC"), arrow::TimestampType{}, 2'000'000'000);
  numbers("duration", arrow::duration(TimeUnit::MILLI), arrow::DurationType{}, 2'000'000'000);
  for (const auto& [name, precision] :
       {std::pair{"d5", 5}, {"d15", 15}, {"d18", 18}, {"d30", 30}}) {
    const auto type = arrow::decimal128(precision, 2);
    add(name, std::make_shared<arrow::Decimal128Builder>(type), [&](auto& builder, int64_t) {
      return builder.Append(arrow::Decimal128(static_cast<int64_t>(random() % 199'999) - 99'999));
    });
  }
  add("code", std::make_shared<arrow::StringBuilder>(), [&](auto& builder, int64_t) {
    return builder.Append("code " + std::to_string(random() % 7));
  });
  add("text", std::make_shared<arrow::StringBuilder>(), [&](auto& builder, int64_t i) {
    return builder.Append(std::string(random() % 30, 'x') + std::to_string(i));
  });
  add("fixed", std::make_shared<arrow::FixedSizeBinaryBuilder>(arrow::fixed_size_binary(4)),
      [&](auto& builder, int64_t i) {
        return builder.Append(std::to_string(1000 + i % 9000).c_str());
      });
  const auto item = std::make_shared<arrow::Int32Builder>();
  add("list", std::make_shared<arrow::ListBuilder>(arrow::default_memory_pool(), item),
      [&](auto& builder, int64_t) -> arrow::Status {
        ARROW_RETURN_NOT_OK(builder.Append());
        for (uint64_t n = random() % 4; n > 0; --n) {
          ARROW_RETURN_NOT_OK(n == 2 ? item->AppendNull() : item->Append(static_cast<int>(n)));
        }
        return arrow::Status::OK();
      });
  return arrow::Table::Make(arrow::schema(fields), arrays, num_rows);
}

}  // namespace sabot
