#include "sabot/connectors/kafka/kafka.h"

#include <array>
#include <chrono>
#include <condition_variable>
#include <optional>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <librdkafka/rdkafka.h>
#include <librdkafka/rdkafka_mock.h>

#include "sabot/base/error.h"
#include "sabot/eventtime/split_board.h"
#include "sabot/vector/testing/test_rows.h"

namespace sabot {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::UnorderedElementsAre;

std::string ErrorName(const arrow::Status& status) {
  const ErrorDetail* detail = GetErrorDetail(status);
  return detail == nullptr ? status.ToString() : std::string(detail->error_class().name);
}

/// A broker within this process, and a producer to it.
class Broker {
 public:
  Broker() {
    host_ = New(nullptr);
    cluster_ = rd_kafka_mock_cluster_new(host_, 1);
    address_ = rd_kafka_mock_cluster_bootstraps(cluster_);
    producer_ = New(address_.c_str());
  }
  ~Broker() {
    rd_kafka_destroy(producer_);
    rd_kafka_mock_cluster_destroy(cluster_);
    rd_kafka_destroy(host_);
  }
  void MakeTopic(const std::string& topic, int partitions) {
    ASSERT_EQ(rd_kafka_mock_topic_create(cluster_, topic.c_str(), partitions, 1), 0);
  }
  void Send(const std::string& topic, int32_t partition, std::optional<std::string> value,
            std::optional<std::string> key = {}, int64_t timestamp_ms = 1000) {
    const void* value_data = value ? value->data() : nullptr;
    const size_t value_size = value ? value->size() : 0;
    const void* key_data = key ? key->data() : nullptr;
    const size_t key_size = key ? key->size() : 0;
    ASSERT_EQ(
        rd_kafka_producev(producer_, RD_KAFKA_V_TOPIC(topic.c_str()),
                          RD_KAFKA_V_PARTITION(partition), RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY),
                          RD_KAFKA_V_VALUE(const_cast<void*>(value_data), value_size),
                          RD_KAFKA_V_KEY(key_data, key_size), RD_KAFKA_V_TIMESTAMP(timestamp_ms),
                          RD_KAFKA_V_END),
        RD_KAFKA_RESP_ERR_NO_ERROR);
  }
  void Flush() { ASSERT_EQ(rd_kafka_flush(producer_, 10'000), RD_KAFKA_RESP_ERR_NO_ERROR); }
  const std::string& address() const { return address_; }

 private:
  static rd_kafka_t* New(const char* address) {
    rd_kafka_conf_t* conf = rd_kafka_conf_new();
    rd_kafka_conf_set_log_cb(conf, [](const rd_kafka_t*, int, const char*, const char*) {});
    std::array<char, 256> reason{};
    if (address != nullptr) {
      rd_kafka_conf_set(conf, "bootstrap.servers", address, reason.data(), reason.size());
      rd_kafka_conf_set(conf, "linger.ms", "0", reason.data(), reason.size());
    }
    rd_kafka_t* handle = rd_kafka_new(RD_KAFKA_PRODUCER, conf, reason.data(), reason.size());
    EXPECT_NE(handle, nullptr) << reason.data();
    return handle;
  }

  rd_kafka_t* host_ = nullptr;
  rd_kafka_mock_cluster_t* cluster_ = nullptr;
  rd_kafka_t* producer_ = nullptr;
  std::string address_;
};

class Pieces final : public SnapshotWriter {
 public:
  struct Reader final : SnapshotReader {
    explicit Reader(const std::vector<StatePiece>* all) : pieces(all) {}
    arrow::Result<std::optional<StatePiece>> Next() override {
      if (next == pieces->size()) return std::nullopt;
      return (*pieces)[next++];
    }
    KeyGroupRange owned_groups() const override { return {}; }
    const std::vector<StatePiece>* pieces;
    size_t next = 0;
  };
  arrow::Status Add(StatePiece piece) override {
    pieces.push_back(std::move(piece));
    return arrow::Status::OK();
  }
  std::vector<StatePiece> pieces;
};

class Kafka : public ::testing::Test {
 protected:
  static void SetUpTestSuite() { broker_ = new Broker(); }
  static void TearDownTestSuite() {
    delete broker_;
    broker_ = nullptr;
  }

  TableDescription Table(const std::string& topic, OptionList more = {}) {
    TableDescription table{.connector = "kafka", .is_unbounded = true};
    table.options = {{"kafka.bootstrap.servers", broker_->address()}, {"subscribe", topic}};
    table.options.insert(table.options.end(), more.begin(), more.end());
    return table;
  }
  /// All columns.
  std::shared_ptr<Scan> Open(TableDescription table) {
    const auto described = connector_->Describe(std::move(table), env_);
    EXPECT_TRUE(described.ok()) << described.status().ToString();
    ScanRequest request{.table = *described};
    for (size_t i = 0; i < described->schema.columns.size(); ++i) {
      request.columns.push_back(static_cast<int>(i));
    }
    const auto scan = connector_->OpenScan(request, env_);
    EXPECT_TRUE(scan.ok()) << scan.status().ToString();
    return *scan;
  }
  TaskContext Context(uint32_t task = 0, uint32_t num_tasks = 1) {
    TaskContext context;
    context.task_index = task;
    context.num_tasks = num_tasks;
    context.batch_size = batch_size_;
    context.env = env_;
    context.waker = &waker_;
    return context;
  }
  /// The next batch that has rows; none: the source is done.
  std::optional<Batch> Next(Source& source) {
    Output output;
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(20);
    while (std::chrono::steady_clock::now() < deadline) {
      const auto progress = source.Poll(&output);
      EXPECT_TRUE(progress.ok()) << progress.status().ToString();
      if (!progress.ok()) return std::nullopt;
      if (!output.batch.empty()) return std::move(output.batch);
      if (*progress == Progress::kDone) return std::nullopt;
      if (*progress == Progress::kBlocked && waker_.Sleep()) {
        std::unique_lock lock(mutex_);
        EXPECT_TRUE(woken_.wait_for(lock, std::chrono::seconds(5), [&] { return is_woken_; }));
        is_woken_ = false;
      }
    }
    ADD_FAILURE() << "nothing comes";
    return std::nullopt;
  }
  std::vector<std::string> ReadAll(Source& source) {
    std::vector<std::string> rows;
    while (std::optional<Batch> batch = Next(source)) {
      EXPECT_EQ(testing::FaultOf(*batch), "");
      EXPECT_LE(batch->num_rows(), batch_size_);
      for (std::string& row : testing::TextRows(*batch)) rows.push_back(std::move(row));
    }
    return rows;
  }
  static Schema NumberAndName() {
    return {{{.name = "n", .type = Type(TypeId::kLong)},
             {.name = "name", .type = Type(TypeId::kString)}}};
  }

  static Broker* broker_;
  const std::shared_ptr<Connector> connector_ = MakeKafkaConnector();
  Env env_ = Env::Real();
  int32_t batch_size_ = kVectorSize;
  std::mutex mutex_;
  std::condition_variable woken_;
  bool is_woken_ = false;
  Waker waker_{[this] {
    const std::lock_guard lock(mutex_);
    is_woken_ = true;
    woken_.notify_all();
  }};
};

Broker* Kafka::broker_ = nullptr;

TEST_F(Kafka, EveryMessageOfEveryPartitionComesOnceAndInOrder) {
  broker_->MakeTopic("all", 3);
  for (int i = 0; i < 50; ++i) {
    broker_->Send("all", i % 3,
                  fmt::format(R"({{"n": {}, "name": "a name of some length {}"}})", i, i));
  }
  broker_->Flush();
  for (const int32_t batch_size : {1, 7, 2048}) {
    batch_size_ = batch_size;
    TableDescription table = Table("all", {{"endingoffsets", "latest"}});
    table.schema = NumberAndName();
    const auto scan = Open(table);
    EXPECT_EQ(scan->max_tasks(), 3);
    SplitBoard board;
    TaskContext context = Context();
    context.splits = &board;
    const auto source = scan->MakeSource(context).ValueOrDie();
    EXPECT_EQ(board.splits().size(), 3U);
    std::map<uint64_t, int64_t> next{{1, 0}, {2, 1}, {3, 2}};
    int64_t num_rows = 0;
    while (const std::optional<Batch> batch = Next(*source)) {
      ASSERT_LE(batch->num_rows(), batch_size);
      for (int32_t row = 0; row < batch->num_rows(); ++row, ++num_rows) {
        EXPECT_EQ(std::get<int64_t>(batch->column(0).ValueAt(row).value), next[batch->split()]);
        EXPECT_EQ(batch->column(1).ValueAt(row).ToText(),
                  fmt::format("a name of some length {}", next[batch->split()]));
        next[batch->split()] += 3;
      }
    }
    EXPECT_EQ(num_rows, 50);
    EXPECT_EQ(scan->progress().rows_read, 50);
    EXPECT_FALSE(board.has_live());
  }
}

TEST_F(Kafka, GoesOnFromItsOffsetsWithAnyNumberOfTasks) {
  broker_->MakeTopic("restored", 4);
  std::vector<std::string> expected;
  for (int i = 0; i < 80; ++i) {
    broker_->Send("restored", i % 4, fmt::format(R"({{"n": {}}})", i));
    expected.push_back(std::to_string(i));
  }
  broker_->Flush();
  batch_size_ = 3;
  TableDescription table = Table("restored", {{"endingoffsets", "latest"}});
  table.schema = {{{.name = "n", .type = Type(TypeId::kLong)}}};
  std::vector<std::string> rows;
  Pieces pieces;
  const auto step = [&](uint32_t num_tasks, int num_batches) {
    const auto scan = Open(table);
    Pieces after;
    for (uint32_t task = 0; task < num_tasks; ++task) {
      const auto source = scan->MakeSource(Context(task, num_tasks)).ValueOrDie();
      Pieces::Reader reader(&pieces.pieces);
      ASSERT_TRUE(source->Restore(reader).ok());
      for (int i = 0; i < num_batches; ++i) {
        const std::optional<Batch> batch = Next(*source);
        if (!batch.has_value()) break;
        for (std::string& row : testing::TextRows(*batch)) rows.push_back(std::move(row));
      }
      ASSERT_TRUE(source->Snapshot(1, after).ok());
      // Read, but after the snapshot: comes again.
      (void)Next(*source);
    }
    EXPECT_EQ(after.pieces.size(), 4U);
    pieces = std::move(after);
  };
  step(1, 5);
  step(3, 2);
  step(2, 3);
  step(1, 1000);
  EXPECT_THAT(rows, ::testing::UnorderedElementsAreArray(expected));
}

TEST_F(Kafka, OffsetsOfAnotherTopicAreRefused) {
  broker_->MakeTopic("one", 1);
  broker_->MakeTopic("two", 1);
  Pieces pieces;
  ASSERT_TRUE(Open(Table("one"))->MakeSource(Context()).ValueOrDie()->Snapshot(1, pieces).ok());
  Pieces::Reader reader(&pieces.pieces);
  EXPECT_EQ(ErrorName(Open(Table("two"))->MakeSource(Context()).ValueOrDie()->Restore(reader)),
            "CHECKPOINT_INCOMPATIBLE");
}

TEST_F(Kafka, RawMessagesAreAsTheyCame) {
  broker_->MakeTopic("raw", 2);
  broker_->Send("raw", 1, "bytes longer than twelve", "key", 1'234);
  broker_->Send("raw", 1, std::nullopt, std::nullopt, 5);
  broker_->Send("raw", 1, "", "", -1);
  broker_->Flush();
  const auto scan = Open(Table("raw", {{"endingoffsets", "latest"}}));
  const auto source = scan->MakeSource(Context()).ValueOrDie();
  std::vector<testing::Row> rows;  // they may come in several batches
  while (const std::optional<Batch> batch = Next(*source)) {
    ASSERT_EQ(batch->num_columns(), 7U);
    for (int32_t row = 0; row < batch->num_rows(); ++row) {
      testing::Row& values = rows.emplace_back();
      for (const Vector& column : batch->columns()) values.push_back(column.ValueAt(row));
    }
  }
  ASSERT_EQ(rows.size(), 3U);
  const auto text = [&](size_t row, size_t column) {
    const auto* bytes = std::get_if<std::string>(&rows[row][column].value);
    return bytes != nullptr ? *bytes : rows[row][column].ToText();
  };
  EXPECT_EQ(text(0, 0), "key");
  EXPECT_EQ(text(0, 1), "bytes longer than twelve");
  EXPECT_EQ(text(0, 2), "raw");
  EXPECT_EQ(text(0, 3), "1");
  EXPECT_EQ(text(0, 4), "0");
  EXPECT_EQ(std::get<int64_t>(rows[0][5].value), 1'234'000);
  EXPECT_EQ(text(0, 6), "0");
  EXPECT_EQ(text(1, 0), "NULL");
  EXPECT_EQ(text(1, 1), "NULL");
  EXPECT_EQ(text(1, 4), "1");
  EXPECT_EQ(text(2, 1), "");
}

TEST_F(Kafka, ReadsTheColumnsAskedForInTheirOrder) {
  broker_->MakeTopic("some", 1);
  broker_->Send("some", 0, R"({"n": 1, "name": "x"})");
  broker_->Flush();
  TableDescription table = Table("some", {{"endingoffsets", "latest"}});
  table.schema = NumberAndName();
  table = connector_->Describe(table, env_).ValueOrDie();
  const auto rows_of = [&](std::vector<int> columns) {
    const auto scan = connector_->OpenScan({.table = table, .columns = columns}, env_).ValueOrDie();
    return ReadAll(*scan->MakeSource(Context()).ValueOrDie());
  };
  EXPECT_THAT(rows_of({1, 0}), ElementsAre("x|1"));
  EXPECT_THAT(rows_of({1}), ElementsAre("x"));
  EXPECT_THAT(rows_of({}), ElementsAre(""));
}

TEST_F(Kafka, WaitsForNewMessages) {
  broker_->MakeTopic("live", 1);
  broker_->Send("live", 0, R"({"n": 1})");
  broker_->Flush();
  TableDescription table = Table("live", {{"startingoffsets", "latest"}});
  table.schema = NumberAndName();
  const auto scan = Open(table);
  const auto source = scan->MakeSource(Context()).ValueOrDie();
  Output output;
  EXPECT_EQ(source->Poll(&output).ValueOrDie(), Progress::kBlocked);
  EXPECT_TRUE(output.empty());
  broker_->Send("live", 0, R"({"n": 2})");
  broker_->Flush();
  const std::optional<Batch> batch = Next(*source);
  ASSERT_TRUE(batch.has_value());
  EXPECT_THAT(testing::TextRows(*batch), ElementsAre("2|NULL"));
}

TEST_F(Kafka, TheUserChoosesWhatBecomesOfBadRecords) {
  broker_->MakeTopic("bad", 1);
  for (const char* value : {R"({"n": 1})", "no JSON", R"({"n": "text"})"}) {
    broker_->Send("bad", 0, value);
  }
  broker_->Send("bad", 0, std::nullopt);
  broker_->Flush();
  const auto read = [&](const std::string& mode) {
    TableDescription table = Table("bad", {{"endingoffsets", "latest"}, {"mode", mode}});
    table.schema = {{{.name = "n", .type = Type(TypeId::kLong)}}};
    return Open(table)->MakeSource(Context()).ValueOrDie();
  };
  EXPECT_THAT(ReadAll(*read("permissive")), ElementsAre("1", "NULL", "NULL", "NULL"));
  EXPECT_THAT(ReadAll(*read("dropMalformed")), ElementsAre("1", "NULL"));
  const auto source = read("failfast");
  Output output;
  arrow::Result<Progress> progress = Progress::kBlocked;
  while (progress.ok() && *progress != Progress::kDone) progress = source->Poll(&output);
  EXPECT_EQ(ErrorName(progress.status()), "BAD_RECORD");
  EXPECT_THAT(progress.status().ToString(), HasSubstr("partition 0, offset 1"));
}

TEST_F(Kafka, InfersASchemaFromTheFirstMessages) {
  broker_->MakeTopic("inferred", 2);
  broker_->Send("inferred", 0, R"({"n": 1})");
  broker_->Send("inferred", 1, R"({"at": "x", "n": 1.5})");
  broker_->Send("inferred", 1, std::nullopt);
  broker_->Flush();
  const auto table = connector_->Describe(Table("inferred", {{"value.format", "json"}}), env_);
  ASSERT_TRUE(table.ok()) << table.status().ToString();
  ASSERT_EQ(table->schema.columns.size(), 2U);
  EXPECT_EQ(table->schema.columns[0].name, "at");
  EXPECT_EQ(table->schema.columns[1].type, Type(TypeId::kDouble));
  broker_->MakeTopic("empty", 1);
  EXPECT_EQ(
      ErrorName(connector_->Describe(Table("empty", {{"value.format", "json"}}), env_).status()),
      "CANNOT_INFER_SCHEMA");
}

TEST_F(Kafka, NamesTheAddressWhereNoBrokerIs) {
  TableDescription table{.connector = "kafka", .is_unbounded = true};
  table.options = {
      {"bootstrap.servers", "127.0.0.1:1"}, {"topic", "t"}, {"connection.timeout.ms", "300"}};
  const auto begin = std::chrono::steady_clock::now();
  const arrow::Status status = connector_->Describe(table, env_).status();
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(5));
  EXPECT_EQ(ErrorName(status), "CONNECTION_FAILED");
  EXPECT_THAT(status.ToString(), HasSubstr("127.0.0.1:1"));
}

TEST_F(Kafka, RefusesWhatItDoesNotKnow) {
  const auto refused = [&](OptionList options) {
    return ErrorName(
        connector_->Describe({.connector = "kafka", .options = std::move(options)}, env_).status());
  };
  EXPECT_EQ(refused({{"subscribe", "t"}}), "CONFIG_INVALID");
  EXPECT_EQ(refused({{"bootstrap.servers", "h:1"}}), "CONFIG_INVALID");
  const OptionList good{{"bootstrap.servers", "h:1"}, {"subscribe", "t"}};
  for (const auto& [key, value, error] : std::vector<std::array<std::string, 3>>{
           {"startingoffsets", "yesterday", "CONFIG_INVALID"},
           {"startingofsets", "latest", "CONFIG_INVALID"},
           {"kafka.no.such.property", "1", "CONFIG_INVALID"},
           {"kafka.auto.offset.reset", "latest", "CONFIG_INVALID"},
           {"connection.timeout.ms", "0", "CONFIG_INVALID"},
           {"value.format", "xml", "CONFIG_INVALID"}}) {
    OptionList options = good;
    options.emplace_back(key, value);
    EXPECT_EQ(refused(options), error) << key;
  }
  EXPECT_EQ(refused({{"bootstrap.servers", "h:1"}, {"subscribe", "a,b"}}), "UNSUPPORTED_FEATURE");
}

}  // namespace
}  // namespace sabot
