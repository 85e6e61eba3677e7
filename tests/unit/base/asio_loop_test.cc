#include "base/net/asio_loop.h"

#include <gtest/gtest.h>
#include <signal.h>

#include <thread>
#include <vector>

#include "base/real_clock.h"

namespace serin {
namespace {

using namespace std::chrono_literals;

class AsioLoopTest : public testing::Test {
 protected:
  Instant now() const { return clock_.now().mono; }
  RealClock clock_;
  AsioLoop loop_{clock_};
};

TEST_F(AsioLoopTest, TimersRunInOrderAndNotBeforeTheirTime) {
  Instant start = now();
  std::vector<int> order;
  std::vector<Instant> at;
  auto note = [&](int number) {
    return [&, number] {
      order.push_back(number);
      at.push_back(now());
    };
  };
  loop_.call_at(start + 20ms, note(4));
  loop_.call_at(start + 10ms, note(2));
  loop_.call_at(start + 10ms, note(3));
  loop_.call_at(start - 1s, note(1));
  loop_.call_at(Instant(0s), note(0));
  ASSERT_TRUE(loop_.run_until([&] { return order.size() == 5; }, 30s));
  EXPECT_EQ(order, (std::vector{0, 1, 2, 3, 4}));
  EXPECT_GE(at[2], start + 10ms);
  EXPECT_GE(at[4], start + 20ms);
}

TEST_F(AsioLoopTest, CancelledTimersDoNotRun) {
  int ran = 0;
  TimerId second = TimerId::none;
  loop_.call_at(now(), [&] { loop_.cancel(second); });
  second = loop_.call_at(now(), [&] { ++ran; });
  loop_.cancel(loop_.call_at(now(), [&] { ++ran; }));
  bool end = false;
  loop_.call_at(now() + 2ms, [&] { end = true; });
  ASSERT_TRUE(loop_.run_until([&] { return end; }, 30s));
  EXPECT_EQ(ran, 0);
}

TEST_F(AsioLoopTest, ATimerThatAddsDueTimersStarvesNobody) {
  std::function<void()> again = [&] { loop_.call_at(now(), [&] { again(); }); };
  again();
  bool posted = false;
  loop_.post([&] { posted = true; });
  EXPECT_TRUE(loop_.run_until([&] { return posted; }, 30s));
}

TEST_F(AsioLoopTest, PostsOfOtherThreadsArriveInTheirOrder) {
  std::vector<int> seen;
  std::jthread other([&] {
    for (int i = 0; i < 1'000; ++i) loop_.post([&seen, i] { seen.push_back(i); });
    loop_.post([&] { loop_.stop(); });
  });
  loop_.run();
  ASSERT_EQ(seen.size(), 1'000U);
  EXPECT_TRUE(std::is_sorted(seen.begin(), seen.end()));
}

TEST_F(AsioLoopTest, PostNeverRunsFromWithin) {
  bool ran = false;
  bool end = false;
  loop_.post([&] {
    loop_.post([&] { ran = true; });
    EXPECT_FALSE(ran);
    end = true;
  });
  EXPECT_TRUE(loop_.run_until([&] { return end && ran; }, 30s));
}

TEST_F(AsioLoopTest, RunsAgainAfterStop) {
  for (int i = 0; i < 3; ++i) {
    loop_.call_at(now() + 1ms, [&] { loop_.stop(); });
    loop_.run();
  }
  EXPECT_FALSE(loop_.run_until([] { return false; }, 5ms));
}

TEST_F(AsioLoopTest, SignalsCallTheirLatestAction) {
  int first = 0;
  int second = 0;
  loop_.on_signal(SIGHUP, [&] { ++first; });
  ::raise(SIGHUP);
  ASSERT_TRUE(loop_.run_until([&] { return first == 1; }, 30s));
  loop_.on_signal(SIGHUP, [&] { ++second; });
  for (int i = 1; i <= 3; ++i) {
    ::raise(SIGHUP);
    ASSERT_TRUE(loop_.run_until([&] { return second == i; }, 30s));
  }
  EXPECT_EQ(first, 1);
}

TEST_F(AsioLoopTest, WhatDidNotRunIsDestroyed) {
  auto alive = std::make_shared<int>(0);
  {
    AsioLoop loop(clock_);
    struct Cancels {
      AsioLoop& loop;
      std::shared_ptr<int> held;
      TimerId id;
      ~Cancels() {
        loop.cancel(id);
        loop.post([] {});
      }
    };
    TimerId id = loop.call_at(now() + 1h, [alive] {});
    loop.post([held = std::make_unique<Cancels>(loop, alive, id)] {});
    loop.call_at(now() + 2h, [held = std::make_unique<Cancels>(loop, alive, id)] {});
    EXPECT_EQ(alive.use_count(), 4);
  }
  EXPECT_EQ(alive.use_count(), 1);
}

}  // namespace
}  // namespace serin
