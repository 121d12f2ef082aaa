#include "sabot/server/operation.h"

#include <atomic>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace sabot::server {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

/// Takes `capacity` answers and then goes away.
class Reader final : public Client {
 public:
  explicit Reader(size_t capacity = SIZE_MAX) : capacity_(capacity) {}
  bool Send(std::string message) override {
    if (taken.size() == capacity_) return false;
    taken.push_back(std::move(message));
    return true;
  }
  bool is_gone() const override { return taken.size() == capacity_; }

  std::vector<std::string> taken;

 private:
  size_t capacity_;
};

/// A finished operation with responses 1, 2, 3 that say a, b, c.
void Fill(Operation* operation) {
  operation->Append("1", "a");
  operation->Append("2", "b");
  operation->Append("3", "c");
  operation->Finish({});
}

std::vector<std::string> Read(Operation* operation, const std::string& after = {}) {
  Reader reader;
  EXPECT_TRUE(operation->Stream(&reader, after, INT64_MAX).ok());
  return reader.taken;
}

TEST(Operation, GivesEachResponseAgainUntilItIsReleased) {
  Operation operation("id", {}, true);
  Fill(&operation);
  EXPECT_THAT(Read(&operation), ElementsAre("a", "b", "c"));
  EXPECT_THAT(Read(&operation, "1"), ElementsAre("b", "c"));
  EXPECT_THAT(Read(&operation, "3"), IsEmpty());
  operation.ReleaseUntil("1");
  EXPECT_THAT(Read(&operation), ElementsAre("b", "c"));
  // What a client saw last may be released by the time it comes back.
  EXPECT_THAT(Read(&operation, "1"), ElementsAre("b", "c"));
  operation.ReleaseUntil("1");
  EXPECT_THAT(Read(&operation), ElementsAre("b", "c"));
  operation.ReleaseUntil("3");
  EXPECT_THAT(Read(&operation), IsEmpty());
}

TEST(Operation, ForgetsAtOnceWhatCannotBeReattached) {
  Operation operation("id", {}, false);
  Fill(&operation);
  EXPECT_THAT(Read(&operation), ElementsAre("a", "b", "c"));
  EXPECT_THAT(Read(&operation), IsEmpty());
}

TEST(Operation, EndsAStreamEarlyPastItsSize) {
  Operation operation("id", {}, true);
  Fill(&operation);
  Reader reader;
  EXPECT_TRUE(operation.Stream(&reader, {}, 2).ok());
  EXPECT_THAT(reader.taken, ElementsAre("a", "b"));
  // At least one each time, or a client would come back for ever.
  Reader next;
  EXPECT_TRUE(operation.Stream(&next, "2", 1).ok());
  EXPECT_THAT(next.taken, ElementsAre("c"));
}

TEST(Operation, EndsWithTheErrorEachTime) {
  Operation operation("id", {}, true);
  operation.Append("1", "a");
  operation.Finish(MakeRpcStatus(kInternalCode, "broken"));
  for (int round = 0; round < 2; ++round) {
    Reader reader;
    const RpcStatus status = operation.Stream(&reader, {}, INT64_MAX);
    EXPECT_EQ(status.code, kInternalCode);
    EXPECT_EQ(status.message, "broken");
    EXPECT_THAT(reader.taken, ElementsAre("a"));
  }
  EXPECT_EQ(operation.state(), Operation::State::kFailed);
}

TEST(Operation, OutlivesAReaderThatGoesAway) {
  Operation operation("id", {}, true);
  operation.Append("1", "a");
  Reader reader(1);
  EXPECT_EQ(operation.Stream(&reader, {}, INT64_MAX).code, kCancelledCode);
  EXPECT_FALSE(operation.is_cancelled());
  EXPECT_EQ(operation.state(), Operation::State::kRunning);
  EXPECT_TRUE(operation.Append("2", "b"));
  operation.Finish({});
  EXPECT_THAT(Read(&operation, "1"), ElementsAre("b"));
  EXPECT_EQ(operation.state(), Operation::State::kSucceeded);
}

TEST(Operation, StopsWithItsOnlyReader) {
  Operation operation("id", {}, false);
  operation.Append("1", "a");
  Reader reader(1);
  EXPECT_EQ(operation.Stream(&reader, {}, INT64_MAX).code, kCancelledCode);
  EXPECT_TRUE(operation.is_cancelled());
  EXPECT_FALSE(operation.Append("2", "b"));
}

TEST(Operation, HoldsTheProducerBackUntilResponsesAreTaken) {
  Operation operation("id", {}, true);
  const std::string large(size_t{20} << 20, 'x');
  std::atomic<int> num_appended{0};
  std::thread producer([&] {
    for (int i = 0; i < 4; ++i) {
      if (operation.Append(std::to_string(i), large)) ++num_appended;
    }
    operation.Finish({});
  });
  // The second passes 32 MiB, so the third must wait.
  while (num_appended < 2) std::this_thread::yield();
  std::this_thread::sleep_for(std::chrono::milliseconds(50));
  EXPECT_EQ(num_appended, 2);
  EXPECT_EQ(Read(&operation).size(), 4U);
  producer.join();
  EXPECT_EQ(num_appended, 4);
}

TEST(Operation, CountsWhatWasSentOnceAlsoWhenItIsReleased) {
  Operation operation("id", {}, true);
  const std::string large(size_t{40} << 20, 'x');
  ASSERT_TRUE(operation.Append("1", large));
  Reader reader(1);
  operation.Stream(&reader, {}, INT64_MAX);
  operation.ReleaseUntil("1");
  std::atomic<int> num_appended{0};
  std::thread producer([&] {
    while (operation.Append("2", large)) ++num_appended;
  });
  while (num_appended < 1) std::this_thread::yield();
  std::this_thread::sleep_for(std::chrono::milliseconds(50));
  EXPECT_EQ(num_appended, 1);
  operation.Cancel();
  producer.join();
}

TEST(Operation, WakesAProducerThatWaitsWhenItIsCancelledOrReleased) {
  Operation operation("id", {}, true);
  const std::string large(size_t{40} << 20, 'x');
  ASSERT_TRUE(operation.Append("1", large));
  std::thread releaser([&] { operation.ReleaseUntil("1"); });
  EXPECT_TRUE(operation.Append("2", large));
  releaser.join();
  std::thread canceller([&] { operation.Cancel(); });
  EXPECT_FALSE(operation.Append("3", large));
  canceller.join();
  EXPECT_EQ(operation.state(), Operation::State::kCancelled);
}

TEST(Operation, GivesANewerReaderTheStream) {
  Operation operation("id", {}, true);
  operation.Append("1", "a");
  RpcStatus older_status;
  Reader older;
  std::thread thread([&] { older_status = operation.Stream(&older, {}, INT64_MAX); });
  while (operation.idle() > std::chrono::seconds(0)) std::this_thread::yield();
  std::this_thread::sleep_for(std::chrono::milliseconds(20));
  std::thread finisher([&] {
    thread.join();
    operation.Finish({});
  });
  EXPECT_THAT(Read(&operation), ElementsAre("a"));
  finisher.join();
  EXPECT_THAT(older_status.message, HasSubstr("INVALID_CURSOR.DISCONNECTED"));
}

}  // namespace
}  // namespace sabot::server
