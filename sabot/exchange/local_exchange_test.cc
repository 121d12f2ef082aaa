#include "sabot/exchange/local_exchange.h"

#include <map>
#include <set>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sabot/exchange/batch_bytes.h"
#include "sabot/exchange/channels.h"
#include "sabot/vector/key_hash.h"
#include "sabot/vector/testing/operator_harness.h"
#include "sabot/vector/testing/test_rows.h"

namespace sabot {
namespace {

using sabot::testing::MakeBatch;
using sabot::testing::MakeLongs;
using sabot::testing::MemorySnapshot;
using sabot::testing::Random;
using ::testing::ElementsAre;

arrow::Status FirstColumn(const Batch& batch, std::vector<Vector>* keys) {
  keys->assign(1, batch.column(0));
  return arrow::Status::OK();
}

std::shared_ptr<Waker> NoWaker() {
  return std::make_shared<Waker>([] {});
}

/// Columns: key, producer, sequence number within the producer; weight 1 + key % 3.
Batch RowsOf(uint32_t producer, int64_t first, int64_t count, Random& random) {
  std::vector<sabot::testing::Row> rows;
  std::vector<int64_t> weights;
  for (int64_t i = 0; i < count; ++i) {
    const auto key = static_cast<int64_t>(random() % 50);
    rows.push_back(
        {TypedValue::Long(key), TypedValue::Long(producer), TypedValue::Long(first + i)});
    weights.push_back(1 + key % 3);
  }
  Batch batch =
      MakeBatch({Type(TypeId::kLong), Type(TypeId::kLong), Type(TypeId::kLong)}, rows, weights);
  batch.set_split(producer + 1);
  batch.set_times(first, first + count);
  return sabot::testing::Disguise(batch, random);
}

/// One end of an exchange that a test drives by hand.
struct Producer {
  std::unique_ptr<Operator> sink;
  Batch batch;
  bool is_pushing = false;
  int64_t next_row = 0;
  int64_t watermark = 0;
  int64_t barriers = 0;
  bool has_ended = false;
  std::map<int64_t, int64_t> rows_at_barrier;
};
struct Consumer {
  std::unique_ptr<Source> source;
  std::map<int64_t, int64_t> next_of;          // by producer: last sequence seen
  std::set<std::pair<int64_t, int64_t>> rows;  // (producer, sequence)
  std::map<int64_t, std::set<std::pair<int64_t, int64_t>>> rows_at_barrier;
  int64_t watermark = INT64_MIN;
  int64_t barriers = 0;
  bool is_done = false;
};

void CheckRows(const Batch& batch, uint32_t at, uint32_t num_consumers, bool by_hash,
               Consumer* consumer) {
  if (batch.empty()) return;
  EXPECT_EQ(sabot::testing::FaultOf(batch), "");
  EXPECT_FALSE(batch.has_selection());
  std::vector<uint64_t> hashes(static_cast<size_t>(batch.num_rows()));
  ASSERT_TRUE(HashKeys({&batch.column(0), 1}, batch.rows(), hashes).ok());
  ForEachRow(batch.rows(), [&](int32_t row) {
    const auto value = [&](size_t column) {
      return std::get<int64_t>(batch.column(column).ValueAt(row).value);
    };
    if (by_hash) {
      EXPECT_TRUE(KeyGroupsOfTask(at, num_consumers)
                      .Contains(KeyGroupOf(hashes[static_cast<size_t>(row)])));
    }
    EXPECT_EQ(batch.weight(row), 1 + value(0) % 3);
    EXPECT_EQ(batch.split(), static_cast<uint64_t>(value(1) + 1));
    EXPECT_LE(batch.min_time(), value(2));
    EXPECT_GE(batch.max_time(), value(2));
    EXPECT_GE(value(2), consumer->next_of[value(1)]) << "rows of a channel changed places";
    consumer->next_of[value(1)] = value(2);
    EXPECT_TRUE(consumer->rows.insert({value(1), value(2)}).second) << "a row came twice";
  });
}

void Step(Producer* producer, uint32_t index, bool may_end, Random& random) {
  Output output;
  if (producer->is_pushing) {
    const Progress progress = *producer->sink->Push(0, producer->batch, &output);
    producer->is_pushing = progress == Progress::kBlocked;
    return;
  }
  if (producer->has_ended) return;
  Marker marker;
  const uint64_t choice = random() % 12;
  if (choice < 8) {
    const auto count = static_cast<int64_t>(1 + random() % 20);
    producer->batch = RowsOf(index, producer->next_row, count, random);
    producer->next_row += count;
    producer->is_pushing = true;
    return;
  }
  if (choice < 10) {
    producer->watermark += static_cast<int64_t>(random() % 5);
    marker = {.kind = Marker::kWatermark, .value = producer->watermark};
  } else if (choice == 10 && producer->barriers < 4) {
    marker = {.kind = Marker::kBarrier, .value = ++producer->barriers};
    producer->rows_at_barrier[producer->barriers] = producer->next_row;
  } else if (may_end && producer->barriers == 4) {
    marker = {.kind = Marker::kEnd};
    producer->has_ended = true;
  } else {
    return;
  }
  ASSERT_TRUE(producer->sink->OnMarker(marker, &output).ok());
}

void Poll(Consumer* consumer, uint32_t at, uint32_t num_consumers, bool by_hash,
          const std::vector<Producer>& producers) {
  Output output;
  const arrow::Result<Progress> progress = consumer->source->Poll(&output);
  ASSERT_TRUE(progress.ok());
  consumer->is_done = *progress == Progress::kDone;
  if (*progress == Progress::kBlocked) return;
  CheckRows(output.batch, at, num_consumers, by_hash, consumer);
  if (output.marker.kind == Marker::kWatermark) {
    EXPECT_GT(output.marker.value, consumer->watermark);
    consumer->watermark = output.marker.value;
    for (const Producer& producer : producers) {
      if (!producer.has_ended) {
        EXPECT_LE(consumer->watermark, producer.watermark);
      }
    }
  }
  if (output.marker.kind == Marker::kBarrier) {
    EXPECT_EQ(output.marker.value, ++consumer->barriers);
    consumer->rows_at_barrier[consumer->barriers] = consumer->rows;
  }
}

void RunExchange(uint64_t seed, uint32_t num_producers, uint32_t num_consumers,
                 Partitioning partitioning) {
  Random random(seed);
  const bool by_hash = partitioning == Partitioning::kHash;
  const auto exchange = LocalExchange::Make({.num_producers = num_producers,
                                             .num_consumers = num_consumers,
                                             .partitioning = partitioning,
                                             .channel_bytes_max = 500});
  std::vector<Producer> producers(num_producers);
  std::vector<Consumer> consumers(num_consumers);
  for (uint32_t i = 0; i < num_producers; ++i) {
    producers[i].sink = exchange->MakeSink(i, FirstColumn, NoWaker());
  }
  for (uint32_t i = 0; i < num_consumers; ++i) {
    consumers[i].source = exchange->MakeSource(i, KeyGroupsOfTask(i, num_consumers), NoWaker());
  }
  for (int step = 0; step < 20'000; ++step) {
    const auto producer = static_cast<uint32_t>(random() % num_producers);
    Step(&producers[producer], producer, step > 500, random);
    const auto consumer = static_cast<uint32_t>(random() % num_consumers);
    if (!consumers[consumer].is_done) {
      Poll(&consumers[consumer], consumer, num_consumers, by_hash, producers);
    }
  }
  const size_t copies = partitioning == Partitioning::kBroadcast ? num_consumers : 1;
  size_t sent = 0;
  for (const Producer& producer : producers) {
    EXPECT_TRUE(producer.has_ended);
    sent += static_cast<size_t>(producer.next_row);
  }
  size_t received = 0;
  for (const Consumer& consumer : consumers) {
    EXPECT_TRUE(consumer.is_done);
    received += consumer.rows.size();
  }
  EXPECT_EQ(received, sent * copies);
  // The cut of a barrier: exactly what each producer had sent when it let the barrier go.
  for (int64_t barrier = 1; barrier <= 4; ++barrier) {
    size_t before = 0;
    for (Producer& producer : producers) {
      before += static_cast<size_t>(producer.rows_at_barrier[barrier]);
    }
    size_t seen = 0;
    for (Consumer& consumer : consumers) {
      EXPECT_EQ(consumer.barriers, 4);
      seen += consumer.rows_at_barrier[barrier].size();
      for (const auto& [producer, sequence] : consumer.rows_at_barrier[barrier]) {
        EXPECT_LT(sequence, producers[static_cast<size_t>(producer)].rows_at_barrier[barrier]);
      }
    }
    EXPECT_EQ(seen, before * copies);
  }
}

TEST(LocalExchange, KeepsRowsOrderWeightsAndCuts) {
  for (uint64_t seed = 0; seed < 4; ++seed) {
    RunExchange(seed, 3, 2, Partitioning::kHash);
    RunExchange(seed, 2, 5, Partitioning::kHash);
    RunExchange(seed, 2, 2, Partitioning::kForward);
    RunExchange(seed, 2, 3, Partitioning::kRebalance);
    RunExchange(seed, 2, 2, Partitioning::kBroadcast);
  }
}

struct Pair {
  explicit Pair(uint32_t num_producers = 2, int64_t bytes = 1 << 20) {
    exchange = LocalExchange::Make(
        {.num_producers = num_producers, .num_consumers = 1, .channel_bytes_max = bytes});
    for (uint32_t i = 0; i < num_producers; ++i) {
      sinks.push_back(exchange->MakeSink(i, nullptr, NoWaker()));
    }
    source = exchange->MakeSource(0, {}, NoWaker());
  }
  void Send(size_t producer, Marker marker) {
    Output output;
    EXPECT_TRUE(sinks[producer]->OnMarker(marker, &output).ok());
  }
  Progress Push(size_t producer, int64_t value) {
    Output output;
    Batch batch = MakeLongs({value});
    return *sinks[producer]->Push(0, batch, &output);
  }
  /// All there is: "W5", "7", "I".
  std::vector<std::string> Drain() {
    std::vector<std::string> seen;
    while (true) {
      Output output;
      const Progress progress = *source->Poll(&output);
      if (progress == Progress::kBlocked) return seen;
      for (const std::string& row : sabot::testing::TextRows(output.batch)) seen.push_back(row);
      if (output.marker.kind != Marker::kNone) {
        seen.push_back(std::string(1, "-WIBET"[output.marker.kind]) +
                       std::to_string(output.marker.value));
      }
      if (progress == Progress::kDone) {
        seen.push_back("done");
        return seen;
      }
    }
  }
  std::shared_ptr<LocalExchange> exchange;
  std::vector<std::unique_ptr<Operator>> sinks;
  std::unique_ptr<Source> source;
};

TEST(LocalExchange, LeavesIdleAndEndedChannelsOutOfTheWatermark) {
  Pair pair;
  pair.Send(0, {.kind = Marker::kWatermark, .value = 10});
  EXPECT_THAT(pair.Drain(), ElementsAre());
  pair.Send(1, {.kind = Marker::kWatermark, .value = 4});
  EXPECT_THAT(pair.Drain(), ElementsAre("W4"));
  pair.Send(1, {.kind = Marker::kIdle});
  EXPECT_THAT(pair.Drain(), ElementsAre("W10"));
  // Back with rows: it counts again, and nothing goes back.
  EXPECT_EQ(pair.Push(1, 7), Progress::kNeedsInput);
  EXPECT_THAT(pair.Drain(), ElementsAre("7"));
  pair.Send(0, {.kind = Marker::kWatermark, .value = 20});
  EXPECT_THAT(pair.Drain(), ElementsAre());
  pair.Send(1, {.kind = Marker::kWatermark, .value = 15});
  EXPECT_THAT(pair.Drain(), ElementsAre("W15"));
  pair.Send(0, {.kind = Marker::kIdle});
  pair.Send(1, {.kind = Marker::kIdle});
  EXPECT_THAT(pair.Drain(), ElementsAre("I0"));
  pair.Send(1, {.kind = Marker::kEnd});
  pair.Send(0, {.kind = Marker::kWatermark, .value = 30});
  EXPECT_THAT(pair.Drain(), ElementsAre("W30"));
  pair.Send(0, {.kind = Marker::kEnd});
  EXPECT_THAT(pair.Drain(), ElementsAre("done"));
}

TEST(LocalExchange, CountsAnEndedChannelAsAligned) {
  Pair pair;
  pair.Send(0, {.kind = Marker::kBarrier, .value = 1});
  EXPECT_EQ(pair.Push(0, 8), Progress::kNeedsInput);
  EXPECT_THAT(pair.Drain(), ElementsAre());
  EXPECT_EQ(pair.Push(1, 9), Progress::kNeedsInput);
  pair.Send(1, {.kind = Marker::kEnd});
  // The one more barrier that a task takes part in after its end.
  pair.Send(1, {.kind = Marker::kBarrier, .value = 1});
  EXPECT_THAT(pair.Drain(), ElementsAre("9", "B1", "8"));
  pair.Send(0, {.kind = Marker::kBarrier, .value = 2});
  pair.Send(0, {.kind = Marker::kEnd});
  EXPECT_THAT(pair.Drain(), ElementsAre("B2", "done"));
}

TEST(LocalExchange, HoldsBackAFullChannelAlone) {
  Pair pair(2, 200);
  int pushed = 0;
  while (pair.Push(0, pushed) == Progress::kNeedsInput) ++pushed;
  EXPECT_GT(pushed, 1);
  EXPECT_LT(pushed, 10);
  EXPECT_EQ(pair.Push(1, 100), Progress::kNeedsInput);
  EXPECT_EQ(pair.Drain().size(), static_cast<size_t>(pushed) + 1);
  EXPECT_EQ(pair.Push(0, pushed), Progress::kNeedsInput) << "the call that was blocked goes on";
  EXPECT_THAT(pair.Drain(), ElementsAre(std::to_string(pushed)));
}

TEST(LocalExchange, WakesWhoWaits) {
  int woken = 0;
  const auto exchange =
      LocalExchange::Make({.num_producers = 1, .num_consumers = 1, .channel_bytes_max = 1});
  const auto reader_waker = std::make_shared<Waker>([&] { ++woken; });
  const auto writer_waker = std::make_shared<Waker>([&] { woken += 10; });
  const auto sink = exchange->MakeSink(0, nullptr, writer_waker);
  const auto source = exchange->MakeSource(0, {}, reader_waker);
  Output output;
  EXPECT_EQ(*source->Poll(&output), Progress::kBlocked);
  ASSERT_TRUE(reader_waker->Sleep());
  Batch batch = MakeLongs({1});
  EXPECT_EQ(*sink->Push(0, batch, &output), Progress::kNeedsInput);
  EXPECT_EQ(woken, 1);
  Batch second = MakeLongs({2});
  EXPECT_EQ(*sink->Push(0, second, &output), Progress::kBlocked);
  ASSERT_TRUE(writer_waker->Sleep());
  EXPECT_EQ(*source->Poll(&output), Progress::kMore);
  EXPECT_EQ(woken, 11);
}

TEST(LocalExchange, RestoresTheLowestWatermark) {
  MemorySnapshot snapshot;
  for (const int64_t watermark : {12, 9}) {
    Pair pair(1);
    pair.Send(0, {.kind = Marker::kWatermark, .value = watermark});
    pair.Drain();
    ASSERT_TRUE(pair.source->Snapshot(1, snapshot).ok());
  }
  Pair pair;
  const auto reader = snapshot.Read({});
  ASSERT_TRUE(pair.source->Restore(*reader).ok());
  EXPECT_THAT(pair.Drain(), ElementsAre("W9"));
  MemorySnapshot other;
  ASSERT_TRUE(other.Add({.name = "groups"}).ok());
  EXPECT_FALSE(pair.source->Restore(*other.Read({})).ok());
}

TEST(Inbox, KeepsOnlyTheLastOfWatermarksInARow) {
  Inbox inbox(1, 100);
  for (int64_t value = 1; value <= 3; ++value) {
    inbox.Push(0, {.kind = Marker::kWatermark, .value = value});
  }
  inbox.Push(0, {.kind = Marker::kBarrier, .value = 1});
  inbox.Push(0, {.kind = Marker::kWatermark, .value = 4});
  uint32_t channel = 0;
  std::vector<int64_t> values;
  while (const auto item = inbox.TryTake({false}, &channel, NoWaker())) {
    values.push_back(item->marker.value);
  }
  EXPECT_THAT(values, ElementsAre(3, 1, 4));
}

TEST(BatchBytes, CountsStringsAndChildren) {
  const int64_t small = BatchBytes(MakeLongs({1}));
  const std::string text(5000, 'x');
  const int64_t large =
      BatchBytes(MakeBatch({Type(TypeId::kString)}, {{TypedValue::String(text)}}));
  EXPECT_GE(small, 8);
  EXPECT_LT(small, 200);
  EXPECT_GE(large, 5000);
}

}  // namespace
}  // namespace sabot
