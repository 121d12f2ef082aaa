#include "sabot/base/waker.h"

#include <thread>

#include <gtest/gtest.h>

namespace sabot {
namespace {

TEST(Waker, WakesASleeperOnce) {
  int num_woken = 0;
  Waker waker([&] { ++num_woken; });
  EXPECT_TRUE(waker.Sleep());
  waker.Fire();
  EXPECT_EQ(num_woken, 1);
  EXPECT_TRUE(waker.Sleep());  // armed again; the Fire is used up
  waker.Fire();
  waker.Fire();
  EXPECT_EQ(num_woken, 2);
}

TEST(Waker, AFireBeforeTheSleepIsNotLost) {
  int num_woken = 0;
  Waker waker([&] { ++num_woken; });
  waker.Fire();
  waker.Fire();
  EXPECT_FALSE(waker.Sleep());
  EXPECT_EQ(num_woken, 0);
  EXPECT_TRUE(waker.Sleep());  // two Fires were one
}

TEST(Waker, NoWakeUpIsLostBetweenThreads) {
  // The sleeper consumes a counter that the other thread raises; a lost Fire would leave it asleep
  // for ever.
  constexpr int kRounds = 100'000;
  std::atomic<int> produced{0};
  std::atomic<bool> is_runnable{false};
  Waker waker([&] { is_runnable.store(true); });
  std::thread producer([&] {
    for (int i = 0; i < kRounds; ++i) {
      produced.fetch_add(1);
      waker.Fire();
    }
  });
  while (produced.load() < kRounds) {
    if (!waker.Sleep()) continue;
    while (!is_runnable.exchange(false)) std::this_thread::yield();
  }
  producer.join();
}

TEST(WakerList, FiresAllThatWaitOnceAndForgetsTheDead) {
  int first_woken = 0, second_woken = 0;
  auto first = std::make_shared<Waker>([&] { ++first_woken; });
  auto second = std::make_shared<Waker>([&] { ++second_woken; });
  WakerList list;
  list.FireAll();
  list.Add(first);
  list.Add(first);
  list.Add(second);
  list.Add(std::make_shared<Waker>([] { FAIL(); }));
  ASSERT_TRUE(first->Sleep() && second->Sleep());
  list.FireAll();
  EXPECT_EQ(first_woken, 1);
  EXPECT_EQ(second_woken, 1);
  ASSERT_TRUE(first->Sleep());
  list.FireAll();
  EXPECT_EQ(first_woken, 1);
  list.Add(first);
  list.FireAll();
  EXPECT_EQ(first_woken, 2);
}

}  // namespace
}  // namespace sabot
