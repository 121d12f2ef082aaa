#include "sabot/state/row_run.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <random>

#include <gtest/gtest.h>

#include "sabot/base/error.h"
#include "sabot/base/simulation.h"
#include "sabot/state/spill_file.h"

namespace sabot {
namespace {

template <typename T>
T Ok(arrow::Result<T> result) {
  EXPECT_TRUE(result.ok()) << result.status().ToString();
  return std::move(result).ValueOrDie();
}
void Ok(const arrow::Status& status) { EXPECT_TRUE(status.ok()) << status.ToString(); }

const Type kLong(TypeId::kLong);
const Type kString(TypeId::kString);
const Type kDouble(TypeId::kDouble);

struct Row {
  TypedValue number;
  TypedValue text;
  TypedValue real;
  int64_t arrival;
};

Batch ToBatch(const std::vector<Row>& rows) {
  VectorBuilder numbers(kLong), texts(kString), reals(kDouble), arrivals(kLong);
  for (const Row& row : rows) {
    numbers.Append(row.number);
    texts.Append(row.text);
    reals.Append(row.real);
    arrivals.Append(TypedValue::Long(row.arrival));
  }
  Batch batch;
  for (VectorBuilder* builder : {&numbers, &texts, &reals, &arrivals}) {
    batch.columns().push_back(builder->Finish());
  }
  batch.set_num_rows(static_cast<int32_t>(rows.size()));
  return batch;
}

std::vector<Row> RandomRows(size_t count, uint32_t seed) {
  std::mt19937 random(seed);
  std::vector<Row> rows;
  for (size_t i = 0; i < count; ++i) {
    Row row{TypedValue::Long(static_cast<int64_t>(random() % 20) - 10),
            {},
            {},
            static_cast<int64_t>(i)};
    // Common beginnings of 16 bytes and more, and texts that begin another.
    row.text = TypedValue::String(std::string("a common beginning").substr(0, random() % 19) +
                                  std::string(random() % 3, static_cast<char>(random() % 256)));
    const double reals[] = {0.0,
                            -0.0,
                            1.5,
                            -1.5,
                            std::numeric_limits<double>::infinity(),
                            -std::numeric_limits<double>::infinity(),
                            std::numeric_limits<double>::quiet_NaN()};
    row.real = TypedValue::Double(reals[random() % 7]);
    if (random() % 5 == 0) row.number = TypedValue::Null(kLong);
    if (random() % 5 == 0) row.text = TypedValue::Null(kString);
    if (random() % 5 == 0) row.real = TypedValue::Null(kDouble);
    rows.push_back(std::move(row));
  }
  return rows;
}

int CompareReals(double left, double right) {
  if (std::isnan(left) || std::isnan(right)) return int{std::isnan(left)} - int{std::isnan(right)};
  return left < right ? -1 : (left > right ? 1 : 0);
}

int CompareColumn(const Row& left, const Row& right, const SortColumn& column) {
  const TypedValue& a = column.column == 0   ? left.number
                        : column.column == 1 ? left.text
                                             : left.real;
  const TypedValue& b = column.column == 0   ? right.number
                        : column.column == 1 ? right.text
                                             : right.real;
  if (a.is_null() || b.is_null()) {
    if (a.is_null() && b.is_null()) return 0;
    return a.is_null() == column.nulls_first ? -1 : 1;
  }
  int order;
  if (column.column == 0) {
    const int64_t x = std::get<int64_t>(a.value), y = std::get<int64_t>(b.value);
    order = x < y ? -1 : (x > y ? 1 : 0);
  } else if (column.column == 1) {
    order = std::get<std::string>(a.value).compare(std::get<std::string>(b.value));
  } else {
    order = CompareReals(std::get<double>(a.value), std::get<double>(b.value));
  }
  return column.descending ? -order : order;
}

std::vector<int64_t> Sorted(std::vector<Row> rows, const std::vector<SortColumn>& order) {
  std::stable_sort(rows.begin(), rows.end(), [&](const Row& left, const Row& right) {
    for (const SortColumn& column : order) {
      const int compared = CompareColumn(left, right, column);
      if (compared != 0) return compared < 0;
    }
    return false;
  });
  std::vector<int64_t> arrivals;
  for (const Row& row : rows) arrivals.push_back(row.arrival);
  return arrivals;
}

std::unique_ptr<RowRun> MakeRun(RowRunOptions options = {}) {
  return Ok(RowRun::Make({kLong, kString, kDouble, kLong}, std::move(options)));
}

// Reads all, then checks that every row is the one of its arrival number, and returns those
// numbers. Batches are kept until then, as whoever retains one may.
std::vector<int64_t> ReadAll(RowRunReader& reader, const std::vector<Row>& rows,
                             int32_t batch_rows) {
  BufferPool pool;
  std::vector<Batch> batches;
  do {
    batches.push_back(Ok(reader.Next(batch_rows, pool)));
    EXPECT_LE(batches.back().num_rows(), batch_rows);
  } while (batches.back().num_rows() > 0);
  std::vector<int64_t> arrivals;
  for (const Batch& batch : batches) {
    for (int32_t i = 0; i < batch.num_rows(); ++i) {
      const int64_t arrival = batch.column(3).data<int64_t>()[i];
      const Row& row = rows[static_cast<size_t>(arrival)];
      EXPECT_EQ(batch.column(0).ValueAt(i), row.number);
      EXPECT_EQ(batch.column(1).ValueAt(i), row.text);
      if (!row.real.is_null() && std::isfinite(std::get<double>(row.real.value))) {
        EXPECT_EQ(batch.column(2).data<double>()[i], std::get<double>(row.real.value));
      }
      arrivals.push_back(arrival);
    }
  }
  return arrivals;
}

void AppendAll(RowRun* run, const std::vector<Row>& rows) {
  for (size_t begin = 0; begin < rows.size(); begin += 100) {
    const size_t end = std::min(rows.size(), begin + 100);
    const Batch batch = ToBatch(
        {rows.begin() + static_cast<ptrdiff_t>(begin), rows.begin() + static_cast<ptrdiff_t>(end)});
    ASSERT_EQ(Ok(run->Append(batch, 0)), batch.num_rows());
  }
}

const std::vector<std::vector<SortColumn>>& Orders() {
  static const std::vector<std::vector<SortColumn>> orders = {
      {{.column = 0}},
      {{.column = 0, .descending = true, .nulls_first = false}},
      {{.column = 1}},
      {{.column = 1, .descending = true}},
      {{.column = 1, .nulls_first = false}},
      {{.column = 2}},
      {{.column = 2, .descending = true}, {.column = 0}},
      {{.column = 0, .nulls_first = false}, {.column = 1, .descending = true}, {.column = 2}}};
  return orders;
}

TEST(RowRun, ReadsRowsInOrderOfArrival) {
  const std::vector<Row> rows = RandomRows(5000, 1);
  auto run = MakeRun();
  AppendAll(run.get(), rows);
  EXPECT_EQ(run->num_rows(), 5000);
  auto reader = Ok(run->Read());
  EXPECT_EQ(ReadAll(*reader, rows, 333), Sorted(rows, {}));
}

TEST(RowRun, SortsStably) {
  const std::vector<Row> rows = RandomRows(3000, 2);
  for (const auto& order : Orders()) {
    auto run = MakeRun();
    AppendAll(run.get(), rows);
    ASSERT_TRUE(Ok(run->Sort(order)));
    auto reader = Ok(run->Read());
    EXPECT_EQ(ReadAll(*reader, rows, 100), Sorted(rows, order));
  }
}

TEST(RowRun, MergesSpilledAndResidentRunsInOneOrder) {
  Simulation machine({.seed = 7});
  for (const size_t index : {2, 5, 7}) {
    const std::vector<SortColumn>& order = Orders()[index];
    auto writer = Ok(MakeSpillFileWriter(machine.env(), {.folder = "/spill"}));
    // Runs of three blocks.
    const std::vector<Row> rows = RandomRows(60'000, 3);
    std::vector<std::unique_ptr<RowRun>> runs;
    std::vector<RowRun*> pointers;
    for (size_t begin = 0; begin < rows.size(); begin += 12'000) {
      runs.push_back(MakeRun());
      AppendAll(runs.back().get(), {rows.begin() + static_cast<ptrdiff_t>(begin),
                                    rows.begin() + static_cast<ptrdiff_t>(begin) + 12'000});
      ASSERT_TRUE(Ok(runs.back()->Sort(order)));
      if (begin != 12'000) Ok(runs.back()->Spill(*writer));
      pointers.push_back(runs.back().get());
    }
    EXPECT_TRUE(runs[0]->is_spilled());
    EXPECT_EQ(runs[0]->size_bytes(), 0);
    auto reader = Ok(MergeRuns(pointers, order));
    EXPECT_EQ(ReadAll(*reader, rows, 1000), Sorted(rows, order));
    EXPECT_EQ(Ok(machine.env().files->List("/spill")).size(), 4u);
    reader.reset();
    runs.clear();
    machine.RunUntilIdle();
    EXPECT_EQ(Ok(machine.env().files->List("/spill")).size(), 0u);
  }
}

TEST(RowRun, LetsABatchOutliveItsBlocks) {
  // Each batch alone, so that no other one keeps the blocks its texts stand in.
  Simulation machine({.seed = 8});
  auto writer = Ok(MakeSpillFileWriter(machine.env(), {.folder = "/spill"}));
  const std::vector<Row> rows = RandomRows(12'000, 9);
  const std::vector<SortColumn> order = {{.column = 3}};
  auto run = MakeRun();
  AppendAll(run.get(), rows);
  ASSERT_TRUE(Ok(run->Sort(order)));
  Ok(run->Spill(*writer));
  RowRun* const runs[] = {run.get()};
  for (size_t kept = 0; kept < 12; ++kept) {
    BufferPool pool;
    Batch batch;
    {
      auto reader = Ok(MergeRuns(runs, order));
      for (size_t i = 0; i < 12; ++i) {
        Batch next = Ok(reader->Next(1000, pool));
        if (i == kept) batch = std::move(next);
      }
    }
    ASSERT_EQ(batch.num_rows(), 1000);
    for (int32_t i = 0; i < 1000; ++i) {
      EXPECT_EQ(batch.column(1).ValueAt(i), rows[kept * 1000 + static_cast<size_t>(i)].text);
    }
  }
}

TEST(RowRun, KeepsWeightsAndActiveRowsAlone) {
  auto run = MakeRun({.has_weights = true});
  const std::vector<Row> rows = RandomRows(4, 4);
  Batch batch = ToBatch(rows);
  BufferPtr selection = Buffer::Allocate(4);
  reinterpret_cast<uint16_t*>(selection->data())[0] = 1;
  reinterpret_cast<uint16_t*>(selection->data())[1] = 3;
  batch.SetSelection(selection, 2);
  BufferPtr weights = Buffer::Allocate(32);
  for (int64_t i = 0; i < 4; ++i) reinterpret_cast<int64_t*>(weights->data())[i] = i - 2;
  batch.set_weights(weights);
  EXPECT_EQ(Ok(run->Append(batch, 0)), 2);
  const Batch unweighted = ToBatch({rows[0]});
  EXPECT_EQ(Ok(run->Append(unweighted, 0)), 1);
  BufferPool pool;
  const Batch read = Ok(Ok(run->Read())->Next(10, pool));
  ASSERT_EQ(read.num_rows(), 3);
  EXPECT_EQ(read.column(3).data<int64_t>()[1], 3);
  EXPECT_EQ(read.weight(0), -1);
  EXPECT_EQ(read.weight(1), 1);
  EXPECT_EQ(read.weight(2), 1);
}

TEST(RowRun, EndsEarlyWhenMemoryIsRefusedAndGoesOnLater) {
  MemoryBudget budget(50'000);
  std::shared_ptr<MemoryConsumer> memory = Ok(budget.MakeConsumer("test"));
  {
    const std::vector<Row> rows = RandomRows(3000, 5);
    auto run = MakeRun({.memory = memory});
    const Batch batch = ToBatch(rows);
    const int32_t reached = Ok(run->Append(batch, 0));
    EXPECT_GT(reached, 0);
    EXPECT_LT(reached, 3000);
    EXPECT_EQ(run->num_rows(), reached);
    budget.set_limit_bytes(MemoryBudget::kUnlimited);
    EXPECT_EQ(Ok(run->Append(batch, reached)), 3000);
    const std::vector<SortColumn> order = {{.column = 0}};
    ASSERT_TRUE(Ok(run->Sort(order)));
    auto reader = Ok(run->Read());
    EXPECT_EQ(ReadAll(*reader, rows, 100), Sorted(rows, order));
  }
  EXPECT_EQ(budget.reserved_bytes(), 0);
}

TEST(RowRun, KeepsNestedValues) {
  const Type type = Type::Array(kString);
  auto run = Ok(RowRun::Make({type}));
  VectorBuilder builder(type);
  const TypedValue list{type, std::vector<TypedValue>{TypedValue::String("more than twelve bytes"),
                                                      TypedValue::Null(kString)}};
  builder.Append(list);
  builder.Append(TypedValue::Null(type));
  Batch batch;
  batch.columns().push_back(builder.Finish());
  batch.set_num_rows(2);
  EXPECT_EQ(Ok(run->Append(batch, 0)), 2);
  BufferPool pool;
  const Batch read = Ok(Ok(run->Read())->Next(10, pool));
  EXPECT_EQ(read.column(0).ValueAt(0), list);
  EXPECT_TRUE(read.column(0).IsNull(1));
  const std::vector<SortColumn> order = {{.column = 0}};
  EXPECT_EQ(GetErrorDetail(run->Sort(order).status())->error_class().name, "UNSUPPORTED_FEATURE");
}

std::vector<BufferPtr> RandomContent(std::mt19937* random) {
  std::vector<BufferPtr> content;
  for (int64_t size : {0, 7, 300'000, 262'144, 65'000}) {
    content.push_back(Buffer::Allocate(size));
    // Half of it compresses, half does not.
    for (int64_t i = 0; i < size; ++i) {
      content.back()->data()[i] = i % 200'000 < 100'000 ? 7 : static_cast<uint8_t>((*random)());
    }
  }
  return content;
}

TEST(SpillFile, ReadsAnyPartBack) {
  for (const bool compress : {false, true}) {
    Simulation machine({.seed = 1});
    auto writer = Ok(MakeSpillFileWriter(machine.env(), {.folder = "/a/b", .compress = compress}));
    std::mt19937 random(1);
    const std::vector<BufferPtr> content = RandomContent(&random);
    std::string bytes;
    for (const BufferPtr& part : content) {
      bytes.append(reinterpret_cast<const char*>(part->data()), static_cast<size_t>(part->size()));
    }
    auto run = Ok(writer->Write(content));
    EXPECT_FALSE(run->is_written());
    ASSERT_EQ(run->size_bytes(), static_cast<int64_t>(bytes.size()));
    for (int i = 0; i < 50; ++i) {
      const size_t begin = random() % bytes.size();
      const size_t size = random() % (bytes.size() - begin + 1);
      const BufferPtr read = Ok(run->Read(static_cast<int64_t>(begin), static_cast<int64_t>(size)));
      ASSERT_EQ(std::memcmp(read->data(), bytes.data() + begin, size), 0);
    }
    EXPECT_FALSE(run->Read(1, run->size_bytes()).ok());
    EXPECT_TRUE(run->is_written());
    EXPECT_EQ(Ok(machine.env().files->List("/a/b")).size(), 1u);
    run.reset();
    machine.RunUntilIdle();
    EXPECT_EQ(Ok(machine.env().files->List("/a/b")).size(), 0u);
  }
}

TEST(SpillFile, ReportsAFullDisk) {
  Simulation machine({.seed = 1, .disk_bytes = 100'000});
  auto writer = Ok(MakeSpillFileWriter(machine.env(), {.folder = "/spill"}));
  std::mt19937 random(1);
  auto run = Ok(writer->Write(RandomContent(&random)));
  EXPECT_TRUE(IsOutOfDisk(run->Read(0, 1).status()));
  EXPECT_TRUE(IsOutOfDisk(run->status()));
  run.reset();
  machine.RunUntilIdle();
  EXPECT_EQ(Ok(machine.env().files->List("/spill")).size(), 0u);
}

TEST(SpillFile, FreesMemoryOnceWritten) {
  Simulation machine({.seed = 1});
  auto writer = Ok(MakeSpillFileWriter(machine.env(), {.folder = "/spill"}));
  BufferPtr buffer = Buffer::Allocate(1000);
  std::memset(buffer->data(), 1, 1000);
  const std::weak_ptr<Buffer> watched = buffer;
  auto run = Ok(writer->Write({std::move(buffer)}));
  EXPECT_FALSE(watched.expired());
  Ok(run->Read(0, 1000));
  EXPECT_TRUE(watched.expired());
}

TEST(SpillFile, NoticesDamage) {
  for (const bool compress : {false, true}) {
    Simulation machine({.seed = 1});
    auto writer =
        Ok(MakeSpillFileWriter(machine.env(), {.folder = "/spill", .compress = compress}));
    BufferPtr buffer = Buffer::Allocate(1000);
    std::memset(buffer->data(), 1, 1000);
    auto run = Ok(writer->Write({std::move(buffer)}));
    Ok(run->Read(0, 1000));
    const auto entries = Ok(machine.env().files->List("/spill"));
    const std::string path = "/spill/" + entries[0].name;
    std::string bytes = Ok(machine.env().files->ReadAll(path));
    bytes[5] = static_cast<char>(bytes[5] ^ 1);
    auto file = Ok(machine.env().files->OpenForWrite(path));
    Ok(file->Append(bytes));
    Ok(file->Close());
    EXPECT_EQ(GetErrorDetail(run->Read(0, 1000).status())->error_class().name, "IO_ERROR");
  }
}

}  // namespace
}  // namespace sabot
