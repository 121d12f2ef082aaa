#include <random>

#include <gtest/gtest.h>

#include "arrow/array.h"
#include "arrow/array/builder_binary.h"
#include "arrow/array/builder_decimal.h"
#include "arrow/array/builder_nested.h"
#include "arrow/array/builder_primitive.h"
#include "arrow/io/file.h"
#include "arrow/io/memory.h"
#include "arrow/record_batch.h"
#include "arrow/table.h"
#include "arrow/type.h"
#include "arrow/util/decimal.h"
#include "parquet/arrow/writer.h"
#include "parquet/properties.h"

#include "sabot/formats/arrow/convert.h"
#include "sabot/formats/file.h"
#include "sabot/formats/parquet/rle.h"
#include "sabot/formats/testing/arrow_table.h"
#include "sabot/formats/testing/file_rows.h"

namespace sabot {
namespace {

class ParquetFiles : public testing::Test {
 protected:
  std::string PathOf(const std::string& name) const { return folder_.PathOf(name); }

  // Write with Arrow's own writer.
  std::string WriteTable(const arrow::Table& table, int64_t row_group_rows,
                         const std::shared_ptr<parquet::WriterProperties>& properties,
                         bool store_schema = true, bool int96 = false) {
    const std::string path = PathOf("t" + std::to_string(num_files_++) + ".parquet");
    auto stream = arrow::io::FileOutputStream::Open(path).ValueOrDie();
    parquet::ArrowWriterProperties::Builder builder;
    if (store_schema) builder.store_schema();
    if (int96) builder.enable_deprecated_int96_timestamps();
    const auto status = parquet::arrow::WriteTable(table, arrow::default_memory_pool(), stream,
                                                   row_group_rows, properties, builder.build());
    EXPECT_TRUE(status.ok()) << status;
    EXPECT_TRUE(stream->Close().ok());
    return path;
  }

  TestFolder folder_;
  int num_files_ = 0;
};

std::shared_ptr<const DataFile> OpenFile(const std::string& path) {
  const std::string paths[] = {path};
  const auto schema = ParquetFormat().InferSchema(LocalFiles(), paths, {});
  EXPECT_TRUE(schema.ok()) << schema.status();
  auto file = ParquetFormat().Open(LocalFiles(), path, *schema, {});
  EXPECT_TRUE(file.ok()) << file.status();
  return *file;
}

using Row = TextRow;

// The same rows through Arrow's arrays.
std::vector<Row> RowsOf(const arrow::Table& table) {
  std::vector<Row> rows(static_cast<size_t>(table.num_rows()));
  BufferPool pool;
  for (const auto& column : table.columns()) {
    size_t at = 0;
    for (const auto& chunk : column->chunks()) {
      const Type type = FromArrow(*chunk->type()).ValueOrDie();
      const auto size = static_cast<int32_t>(chunk->length());
      const Vector vector = FromArrow(*chunk, 0, size, type, pool).ValueOrDie();
      for (int32_t i = 0; i < size; ++i) rows[at++].push_back(vector.ValueAt(i).ToText());
    }
  }
  return rows;
}

struct Layout {
  const char* name;
  std::shared_ptr<parquet::WriterProperties> properties;
};

std::vector<Layout> Layouts() {
  using Builder = parquet::WriterProperties::Builder;
  return {
      {"dictionary, v1 pages", Builder().data_pagesize(2000)->build()},
      {"dictionary, v2 pages, zstd", Builder()
                                         .data_page_version(parquet::ParquetDataPageVersion::V2)
                                         ->compression(parquet::Compression::ZSTD)
                                         ->data_pagesize(3000)
                                         ->build()},
      {"plain", Builder().disable_dictionary()->data_pagesize(1000)->build()},
      {"dictionaries that overflow",
       Builder().dictionary_pagesize_limit(600)->data_pagesize(500)->build()},
      {"plain, snappy, decimals as integers", Builder()
                                                  .disable_dictionary()
                                                  ->compression(parquet::Compression::SNAPPY)
                                                  ->enable_store_decimal_as_integer()
                                                  ->build()},
      {"decimals as integers", Builder().enable_store_decimal_as_integer()->build()},
  };
}

TEST_F(ParquetFiles, ReadsEveryTypeInEveryLayout) {
  for (const bool is_nullable : {false, true}) {
    const auto table = MakeArrowTable(5000, is_nullable ? 1 : 2, is_nullable);
    const std::vector<Row> expected = RowsOf(*table);
    for (const Layout& layout : Layouts()) {
      SCOPED_TRACE(std::string(layout.name) + (is_nullable ? ", nullable" : ", required"));
      const auto file = OpenFile(WriteTable(*table, 1700, layout.properties));
      EXPECT_EQ(file->Morsels().size(), 3u);
      for (const int32_t batch_size : {2048, 7}) {
        const auto rows = ReadRows(*file, AllColumns(*file, batch_size));
        ASSERT_TRUE(rows.ok()) << rows.status();
        ASSERT_EQ(rows->size(), expected.size());
        for (size_t i = 0; i < expected.size(); ++i) {
          ASSERT_EQ((*rows)[i], expected[i]) << "row " << i;
        }
      }
    }
  }
}

TEST_F(ParquetFiles, ReadsDeltaAndSplitEncodings) {
  using Builder = parquet::WriterProperties::Builder;
  const auto table = MakeArrowTable(3000, 3, true);
  Builder builder;
  builder.disable_dictionary();
  for (const char* name : {"i8", "i16", "i32", "i64", "date", "us", "ms"}) {
    builder.encoding(name, parquet::Encoding::DELTA_BINARY_PACKED);
  }
  for (const char* name : {"f32", "f64", "fixed", "d30"}) {
    builder.encoding(name, parquet::Encoding::BYTE_STREAM_SPLIT);
  }
  builder.encoding("bool", parquet::Encoding::RLE);
  builder.encoding("code", parquet::Encoding::DELTA_LENGTH_BYTE_ARRAY);
  builder.encoding("text", parquet::Encoding::DELTA_BYTE_ARRAY);
  const auto file = OpenFile(WriteTable(*table, 2500, builder.data_pagesize(1500)->build()));
  const auto rows = ReadRows(*file, AllColumns(*file));
  ASSERT_TRUE(rows.ok()) << rows.status();
  EXPECT_EQ(*rows, RowsOf(*table));
}

TEST_F(ParquetFiles, ReadsTimesOf96BitsAsInstants) {
  arrow::TimestampBuilder builder(arrow::timestamp(arrow::TimeUnit::MICRO),
                                  arrow::default_memory_pool());
  ASSERT_TRUE(builder.AppendValues({0, -1, 1'700'000'000'123'456}).ok());
  const auto table = arrow::Table::Make(
      arrow::schema({arrow::field("t", arrow::timestamp(arrow::TimeUnit::MICRO))}),
      {*builder.Finish()});
  const auto file =
      OpenFile(WriteTable(*table, 10, parquet::default_writer_properties(), false, /*int96=*/true));
  EXPECT_EQ(file->schema().columns[0].type.id(), TypeId::kTimestamp);
  const auto rows = ReadRows(*file, AllColumns(*file));
  ASSERT_TRUE(rows.ok()) << rows.status();
  EXPECT_EQ(*rows, (std::vector<Row>{{"1970-01-01 00:00:00"},
                                     {"1969-12-31 23:59:59.999999"},
                                     {"2023-11-14 22:13:20.123456"}}));
}

TEST_F(ParquetFiles, KeepsOneDictionaryARowGroup) {
  const auto table = MakeArrowTable(5000, 4, true);
  const auto file =
      OpenFile(WriteTable(*table, 5000, parquet::WriterProperties::Builder().build()));
  const int column = file->schema().Find("code");
  auto reader = file->MakeReader(file->Morsels()[0], {.columns = {column}, .batch_size = 1000});
  ASSERT_TRUE(reader.ok());
  BufferPool pool;
  std::shared_ptr<const Vector> dictionary;
  int num_batches = 0;
  for (;; ++num_batches) {
    Batch batch;
    const auto has_rows = (*reader)->Next(pool, &batch);
    ASSERT_TRUE(has_rows.ok());
    if (!*has_rows) break;
    ASSERT_TRUE(batch.column(0).is_dictionary());
    EXPECT_EQ(batch.column(0).dictionary()->size(), 7);
    if (num_batches > 0) {
      EXPECT_EQ(batch.column(0).dictionary(), dictionary);
    }
    dictionary = batch.column(0).dictionary();
  }
  EXPECT_EQ(num_batches, 5);
}

TEST_F(ParquetFiles, ReadsProjectedColumnsInTheOrderAsked) {
  const auto table = MakeArrowTable(100, 5, true);
  const auto file = OpenFile(WriteTable(*table, 30, parquet::WriterProperties::Builder().build()));
  const int few = file->schema().Find("few");
  const int list = file->schema().Find("list");
  ScanCounters counters;
  const auto rows = ReadRows(*file, {.columns = {list, few, few}}, &counters);
  ASSERT_TRUE(rows.ok()) << rows.status();
  const std::vector<Row> expected = RowsOf(*table);
  for (size_t i = 0; i < rows->size(); ++i) {
    EXPECT_EQ((*rows)[i],
              (Row{expected[i][static_cast<size_t>(list)], expected[i][static_cast<size_t>(few)],
                   expected[i][static_cast<size_t>(few)]}));
  }
  EXPECT_EQ(counters.rows_read, 100);
  EXPECT_GT(counters.bytes_read, 0);

  ScanCounters none;
  const auto counted = ReadRows(*file, {}, &none);
  ASSERT_TRUE(counted.ok());
  EXPECT_EQ(counted->size(), 100u);
  EXPECT_EQ(none.bytes_read, 0);
}

TEST_F(ParquetFiles, MatchesColumnsByNameAndFillsMissingOnesWithNull) {
  const auto table = MakeArrowTable(10, 6, false);
  const std::string path = WriteTable(*table, 10, parquet::WriterProperties::Builder().build());
  const Schema schema{
      {{"absent", Type(TypeId::kString), true}, {"FEW", Type(TypeId::kLong), true}}};
  const auto file = ParquetFormat().Open(LocalFiles(), path, schema, {});
  ASSERT_TRUE(file.ok()) << file.status();
  const auto rows = ReadRows(**file, {.columns = {0, 1}});
  ASSERT_TRUE(rows.ok());
  EXPECT_EQ((*rows)[3][0], "NULL");
  EXPECT_EQ((*rows)[3][1], RowsOf(*table)[3][8]);

  const Schema wrong{{{"few", Type(TypeId::kString), true}}};
  EXPECT_EQ(ErrorName(ParquetFormat().Open(LocalFiles(), path, wrong, {}).status()),
            "SCHEMA_MISMATCH");
}

// Three row groups: 0..99, 100..199 with NaN, NULLs only.
std::shared_ptr<arrow::Table> MakeOrdered() {
  arrow::Int64Builder numbers;
  arrow::DoubleBuilder doubles;
  arrow::StringBuilder texts;
  for (int i = 0; i < 200; ++i) {
    EXPECT_TRUE(numbers.Append(i).ok());
    EXPECT_TRUE(doubles.Append(i == 150 ? std::nan("") : i).ok());
    EXPECT_TRUE(texts.Append("k" + std::to_string(1000 + i)).ok());
  }
  EXPECT_TRUE(numbers.AppendNulls(100).ok());
  EXPECT_TRUE(doubles.AppendNulls(100).ok());
  EXPECT_TRUE(texts.AppendNulls(100).ok());
  return arrow::Table::Make(
      arrow::schema({arrow::field("n", arrow::int64()), arrow::field("d", arrow::float64()),
                     arrow::field("t", arrow::utf8())}),
      {*numbers.Finish(), *doubles.Finish(), *texts.Finish()});
}

TEST_F(ParquetFiles, SkipsRowGroupsThatCannotMatch) {
  const auto file =
      OpenFile(WriteTable(*MakeOrdered(), 100, parquet::WriterProperties::Builder().build()));
  const auto skipped = [&](int column, Comparison comparison, TypedValue value) {
    ScanCounters counters;
    const auto rows = ReadRows(
        *file, {.columns = {0}, .bounds = {{column, comparison, std::move(value)}}}, &counters);
    EXPECT_TRUE(rows.ok()) << rows.status();
    EXPECT_EQ(rows->size(), 300u - 100u * static_cast<size_t>(counters.row_groups_skipped));
    return counters.row_groups_skipped;
  };
  const auto number = [](int64_t n) { return TypedValue::Long(n); };
  EXPECT_EQ(skipped(0, Comparison::kEqual, number(99)), 2);
  EXPECT_EQ(skipped(0, Comparison::kEqual, number(100)), 2);
  EXPECT_EQ(skipped(0, Comparison::kEqual, number(200)), 3);
  EXPECT_EQ(skipped(0, Comparison::kLess, number(100)), 2);
  EXPECT_EQ(skipped(0, Comparison::kLess, number(101)), 1);
  EXPECT_EQ(skipped(0, Comparison::kLess, number(0)), 3);
  EXPECT_EQ(skipped(0, Comparison::kLessEqual, number(0)), 2);
  EXPECT_EQ(skipped(0, Comparison::kGreater, number(99)), 2);
  EXPECT_EQ(skipped(0, Comparison::kGreaterEqual, number(99)), 1);
  EXPECT_EQ(skipped(0, Comparison::kGreater, number(199)), 3);
  EXPECT_EQ(skipped(0, Comparison::kIsNull, {}), 2);
  EXPECT_EQ(skipped(0, Comparison::kIsNotNull, {}), 1);
  // Another type proves nothing.
  EXPECT_EQ(skipped(0, Comparison::kEqual, TypedValue::Int(99)), 1);
  EXPECT_EQ(skipped(2, Comparison::kEqual, TypedValue::String("k1100")), 2);
  EXPECT_EQ(skipped(2, Comparison::kGreater, TypedValue::String("k1199")), 3);
  // NaN is greater than any number, and no statistic says whether there is one.
  EXPECT_EQ(skipped(1, Comparison::kGreater, TypedValue::Double(1000)), 1);
  EXPECT_EQ(skipped(1, Comparison::kLess, TypedValue::Double(100)), 2);
  EXPECT_EQ(skipped(1, Comparison::kEqual, TypedValue::Double(std::nan(""))), 1);
}

TEST_F(ParquetFiles, CountsOfNullsSkipWhatTheyProve) {
  // Row groups of {0, NULL}, {NULL, NULL}, {4, 5}.
  arrow::Int64Builder builder;
  ASSERT_TRUE(
      builder.AppendValues({0, 1, 2, 3, 4, 5}, {true, false, false, false, true, true}).ok());
  const auto table =
      arrow::Table::Make(arrow::schema({arrow::field("n", arrow::int64())}), {*builder.Finish()});
  const auto rows = [](const DataFile& file, Comparison comparison) {
    const auto read =
        ReadRows(file, {.columns = {0}, .bounds = {{0, comparison, TypedValue::Long(0)}}});
    EXPECT_TRUE(read.ok()) << read.status();
    std::string text;
    for (const Row& row : *read) text += row[0] + " ";
    return text;
  };
  const auto file = OpenFile(WriteTable(*table, 2, parquet::WriterProperties::Builder().build()));
  EXPECT_EQ(rows(*file, Comparison::kIsNull), "0 NULL NULL NULL ");
  EXPECT_EQ(rows(*file, Comparison::kIsNotNull), "0 NULL 4 5 ");
  EXPECT_EQ(rows(*file, Comparison::kEqual), "0 NULL ");
  EXPECT_EQ(file->Statistics()->columns[0].null_count, 3);
  EXPECT_EQ(file->Statistics()->columns[0].min, TypedValue::Long(0));
  EXPECT_EQ(file->Statistics()->columns[0].max, TypedValue::Long(5));

  // Without counts nothing is known of NULLs.
  const auto bare = OpenFile(
      WriteTable(*table, 2, parquet::WriterProperties::Builder().disable_statistics()->build()));
  for (const auto comparison : {Comparison::kIsNull, Comparison::kIsNotNull, Comparison::kEqual}) {
    EXPECT_EQ(rows(*bare, comparison), "0 NULL NULL NULL 4 5 ");
  }
  EXPECT_EQ(bare->Statistics()->columns[0].null_count, -1);
  EXPECT_TRUE(bare->Statistics()->columns[0].min.is_null());
}

// -1, 0, 1; 2 if either is NULL or NaN, which this test leaves out.
int Order(const TypedValue& left, const TypedValue& right) {
  const auto order = [](const auto& a, const auto& b) { return a < b ? -1 : (b < a ? 1 : 0); };
  if (left.is_null() || right.is_null()) return 2;
  if (const auto* text = std::get_if<std::string>(&left.value)) {
    return order(*text, std::get<std::string>(right.value));
  }
  if (const auto* number = std::get_if<double>(&left.value)) {
    return order(*number, std::get<double>(right.value));
  }
  if (const auto* truth = std::get_if<bool>(&left.value)) {
    return order(*truth, std::get<bool>(right.value));
  }
  const auto wide = [](const TypedValue& value) {
    const auto* narrow = std::get_if<int64_t>(&value.value);
    return narrow != nullptr ? Int128{*narrow} : std::get<Int128>(value.value);
  };
  return order(wide(left), wide(right));
}

bool Holds(Comparison comparison, int order) {
  switch (comparison) {
    case Comparison::kEqual:
      return order == 0;
    case Comparison::kLess:
      return order == -1;
    case Comparison::kLessEqual:
      return order == -1 || order == 0;
    case Comparison::kGreater:
      return order == 1;
    default:
      return order == 1 || order == 0;
  }
}

TEST_F(ParquetFiles, SkippingLosesNoRow) {
  const auto table = MakeArrowTable(600, 9, true);
  std::mt19937_64 random(9);
  int64_t num_skipped = 0;
  for (const Layout& layout : Layouts()) {
    const auto file = OpenFile(WriteTable(*table, 4, layout.properties));
    // All values, to know what matches.
    std::vector<Batch> batches;
    BufferPool pool;
    for (const FileMorsel& morsel : file->Morsels()) {
      const auto reader = *file->MakeReader(morsel, AllColumns(*file));
      for (Batch batch; *reader->Next(pool, &batch); batch.Clear()) {
        batches.push_back(batch.Clone());
      }
    }
    ASSERT_EQ(batches.size(), file->Morsels().size());
    const int num_columns = file->schema().Find("fixed") + 1;  // those before the list
    for (int round = 0; round < 40; ++round) {
      const int column = static_cast<int>(random() % static_cast<uint64_t>(num_columns));
      const auto at = static_cast<size_t>(column);
      const Batch& origin = batches[random() % batches.size()];
      const ColumnBound bound{column, static_cast<Comparison>(random() % 5),
                              origin.column(at).ValueAt(static_cast<int32_t>(random() % 4))};
      if (bound.value.is_null()) continue;
      for (size_t i = 0; i < batches.size(); ++i) {
        const auto reader =
            *file->MakeReader(file->Morsels()[i], {.columns = {column}, .bounds = {bound}});
        Batch batch;
        if (*reader->Next(pool, &batch)) continue;
        ++num_skipped;
        EXPECT_EQ(reader->counters().row_groups_skipped, 1);
        for (int32_t row = 0; row < batches[i].num_rows(); ++row) {
          const int order = Order(batches[i].column(at).ValueAt(row), bound.value);
          ASSERT_FALSE(order != 2 && Holds(bound.comparison, order))
              << file->schema().columns[at].name << " " << layout.name;
        }
      }
    }
  }
  EXPECT_GT(num_skipped, 5000);
}

TEST_F(ParquetFiles, KnowsItsStatistics) {
  const auto file =
      OpenFile(WriteTable(*MakeOrdered(), 100, parquet::WriterProperties::Builder().build()));
  const auto statistics = file->Statistics();
  ASSERT_TRUE(statistics.ok()) << statistics.status();
  EXPECT_EQ(statistics->num_rows, 300);
  ASSERT_EQ(statistics->columns.size(), 3u);
  EXPECT_EQ(statistics->columns[0].min, TypedValue::Long(0));
  EXPECT_EQ(statistics->columns[0].max, TypedValue::Long(199));
  EXPECT_EQ(statistics->columns[0].null_count, 100);
  EXPECT_EQ(statistics->columns[2].min, TypedValue::String("k1000"));
  EXPECT_EQ(statistics->columns[2].max, TypedValue::String("k1199"));
}

TEST_F(ParquetFiles, ReadsBackWhatItWrote) {
  const auto table = MakeArrowTable(3000, 7, true);
  const std::vector<Row> expected = RowsOf(*table);
  const auto source =
      OpenFile(WriteTable(*table, 3000, parquet::WriterProperties::Builder().build()));
  for (const char* compression : {"snappy", "zstd", "none"}) {
    const std::string path = PathOf(compression);
    const FileOptions options{.values = {{"compression", compression}, {"rowgrouprows", "1000"}}};
    auto reader = source->MakeReader(source->Morsels()[0], AllColumns(*source, 500));
    ASSERT_TRUE(reader.ok());
    std::vector<Batch> batches;
    BufferPool pool;
    while (true) {
      Batch batch;
      const auto has_rows = (*reader)->Next(pool, &batch);
      ASSERT_TRUE(has_rows.ok());
      if (!*has_rows) break;
      batches.push_back(std::move(batch));
    }
    std::vector<const Batch*> pointers;
    for (const Batch& batch : batches) pointers.push_back(&batch);
    const auto written = WriteFile(ParquetFormat(), path, source->schema(), options, pointers);
    ASSERT_TRUE(written.ok()) << written;
    const auto file = OpenFile(path);
    EXPECT_EQ(file->Morsels().size(), 3u);
    const auto rows = ReadRows(*file, AllColumns(*file));
    ASSERT_TRUE(rows.ok()) << rows.status();
    EXPECT_EQ(*rows, expected);
  }
}

TEST_F(ParquetFiles, RefusesWhatIsNoParquetFile) {
  const std::string path =
      folder_.Write("text.parquet", "these are not the bytes of a Parquet file");
  const std::string paths[] = {path};
  EXPECT_EQ(ErrorName(ParquetFormat().InferSchema(LocalFiles(), paths, {}).status()),
            "MALFORMED_FILE");
  const std::string missing[] = {PathOf("missing.parquet")};
  EXPECT_EQ(ErrorName(ParquetFormat().InferSchema(LocalFiles(), missing, {}).status()),
            "FILE_NOT_FOUND");
  EXPECT_EQ(ErrorName(ParquetFormat().CheckOptions({.values = {{"compresion", "snappy"}}})),
            "CONFIG_INVALID");
  EXPECT_EQ(ErrorName(ParquetFormat().CheckOptions({.values = {{"compression", "best"}}})),
            "CONFIG_INVALID");
}

TEST_F(ParquetFiles, MutantsGiveRowsOrTypedErrors) {
  const auto table = MakeArrowTable(300, 8, true);
  std::vector<std::string> originals;
  for (const Layout& layout : Layouts()) {
    originals.push_back(*LocalFiles().ReadAll(WriteTable(*table, 120, layout.properties)));
  }
  std::mt19937_64 random(4711);
  int num_read = 0;
  for (int mutant = 0; mutant < 300; ++mutant) {
    std::string bytes = originals[random() % originals.size()];
    // Half of them keep the footer, so that pages are reached.
    const size_t range = mutant % 2 == 0 ? bytes.size() : bytes.size() / 2;
    for (uint64_t n = 1 + random() % 4; n > 0; --n) {
      bytes[random() % range] = static_cast<char>(random());
    }
    if (mutant % 10 == 0) bytes.resize(random() % bytes.size());
    const std::string path = folder_.Write("mutant", bytes);
    const std::string paths[] = {path};
    const auto read = [&]() -> arrow::Status {
      ARROW_ASSIGN_OR_RAISE(const Schema schema,
                            ParquetFormat().InferSchema(LocalFiles(), paths, {}));
      ARROW_ASSIGN_OR_RAISE(const auto file, ParquetFormat().Open(LocalFiles(), path, schema, {}));
      ARROW_RETURN_NOT_OK(file->Statistics());
      return ReadRows(*file, AllColumns(*file)).status();
    };
    const arrow::Status status = read();
    if (status.ok()) {
      ++num_read;
    } else {
      const std::string error = ErrorName(status);
      EXPECT_TRUE(error == "MALFORMED_FILE" || error == "UNSUPPORTED_DATATYPE" ||
                  error == "CAST_OVERFLOW" || error == "OUT_OF_MEMORY")
          << "mutant " << mutant << ": " << status;
    }
  }
  EXPECT_GE(num_read, 30);
}

TEST(Rle, UnpacksEveryWidthAtEveryPosition) {
  std::mt19937_64 random(1);
  for (int width = 0; width <= 32; ++width) {
    std::vector<uint32_t> expected(203);
    std::vector<uint8_t> bytes((expected.size() * static_cast<size_t>(width) + 7) / 8);
    for (size_t i = 0; i < expected.size(); ++i) {
      expected[i] = static_cast<uint32_t>(random() & ((uint64_t{1} << width) - 1));
      for (int bit = 0; bit < width; ++bit) {
        const size_t at = i * static_cast<size_t>(width) + static_cast<size_t>(bit);
        if ((expected[i] >> bit) & 1) bytes[at / 8] |= static_cast<uint8_t>(1U << (at % 8));
      }
    }
    for (size_t begin = 0; begin < 20; ++begin) {
      std::vector<uint32_t> values(expected.size() - begin);
      parquet_internal::UnpackBits(bytes.data(), bytes.data() + bytes.size(),
                                   static_cast<int64_t>(begin) * width, width,
                                   static_cast<int32_t>(values.size()), values.data());
      ASSERT_TRUE(
          std::equal(values.begin(), values.end(), expected.begin() + static_cast<int64_t>(begin)))
          << width << " bits from value " << begin;
    }
  }
}

TEST(Rle, ReadsRunsAndGroupsAsBits) {
  // 70 ones, then a group of eight: 1 0 1 1 0 0 0 1, then 3 zeros.
  const uint8_t bytes[] = {0x8C, 0x01, 0x01, 0x03, 0x8D, 0x06, 0x00};
  for (const int32_t step : {1, 5, 64, 81}) {
    parquet_internal::RleReader reader(bytes, sizeof(bytes), 1);
    uint64_t bits[2] = {0, 0};
    int32_t num_set = 0;
    for (int32_t at = 0; at < 81;) {
      const int32_t count = std::min(step, 81 - at);
      ASSERT_EQ(reader.ReadBits(bits, at, count, &num_set), count);
      at += count;
    }
    EXPECT_EQ(num_set, 74);
    EXPECT_EQ(bits[0], ~uint64_t{0});
    EXPECT_EQ(bits[1], (uint64_t{0x8D} << 6) | 0x3F);
    EXPECT_EQ(reader.ReadBits(bits, 81, 5, &num_set), 0);
  }
}

TEST(Rle, EndsWithItsBytes) {
  const uint8_t endless[] = {0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF};
  uint32_t values[16];
  EXPECT_EQ(parquet_internal::RleReader(endless, sizeof(endless), 8).Read(values, 16), 0);
  const uint8_t cut[] = {0x03, 0x01};  // a group of eight bytes, one is there
  EXPECT_EQ(parquet_internal::RleReader(cut, sizeof(cut), 8).Read(values, 16), 1);
}

}  // namespace
}  // namespace sabot
