#include "base/sim_loop.h"

#include <gtest/gtest.h>

#include <vector>

namespace serin {
namespace {

using namespace std::chrono_literals;

TEST(SimLoop, RunsInOrderOfTimeThenSequence) {
  SimLoop loop;
  Instant start = loop.now().mono;
  std::vector<int> order;
  loop.call_at(start + 2s, [&] { order.push_back(3); });
  loop.call_at(start + 1s, [&] { order.push_back(1); });
  loop.call_at(start + 1s, [&] { order.push_back(2); });
  loop.post([&] { order.push_back(0); });
  EXPECT_EQ(loop.next_due(), start);
  loop.advance(10s);
  EXPECT_EQ(order, (std::vector{0, 1, 2, 3}));
  EXPECT_EQ(loop.now().mono, start + 10s);
  EXPECT_EQ(loop.next_due(), Instant::max());
}

TEST(SimLoop, CallbacksSeeTheirOwnTime) {
  SimLoop loop;
  Instant start = loop.now().mono;
  std::vector<Duration> seen;
  std::function<void()> tick = [&] {
    seen.push_back(loop.now().mono - start);
    loop.call_at(loop.now().mono + 3s, [&] { tick(); });
  };
  loop.call_at(start + 3s, [&] { tick(); });
  loop.run_until(start + 10s);
  EXPECT_EQ(seen, (std::vector<Duration>{3s, 6s, 9s}));
  EXPECT_EQ(loop.pending(), 1U);
}

TEST(SimLoop, IncludesTheEndOfTheRun) {
  SimLoop loop;
  bool ran = false;
  loop.call_at(loop.now().mono + 5s, [&] { ran = true; });
  loop.advance(5s - 1ns);
  EXPECT_FALSE(ran);
  loop.advance(1ns);
  EXPECT_TRUE(ran);
}

TEST(SimLoop, CancelForgets) {
  SimLoop loop;
  int ran = 0;
  TimerId first = loop.call_at(loop.now().mono + 1s, [&] { ++ran; });
  TimerId second = TimerId::none;
  loop.call_at(loop.now().mono + 1s, [&] { loop.cancel(second); });
  second = loop.call_at(loop.now().mono + 1s, [&] { ++ran; });
  loop.cancel(first);
  loop.cancel(first);
  loop.cancel(TimerId::none);
  EXPECT_TRUE(loop.run_all());
  EXPECT_EQ(ran, 0);
  loop.cancel(second);
}

TEST(SimLoop, ACallbackMayOwnACancellationOfItself) {
  SimLoop loop;
  struct CancelsWhenGone {
    SimLoop& loop;
    TimerId id = TimerId::none;
    ~CancelsWhenGone() { loop.cancel(id); }
  };
  auto guard = std::make_unique<CancelsWhenGone>(loop);
  CancelsWhenGone* raw = guard.get();
  raw->id = loop.call_at(loop.now().mono + 1s, [guard = std::move(guard)] {});
  loop.cancel(raw->id);
  EXPECT_EQ(loop.pending(), 0U);
}

TEST(SimLoop, LateTimersRunAtTheirOrderAfterASuspend) {
  SimLoop loop;
  Instant start = loop.now().mono;
  WallTime wall = loop.now().wall;
  std::vector<Duration> seen;
  loop.call_at(start + 2s, [&] { seen.push_back(loop.now().mono - start); });
  loop.call_at(start + 1s, [&] { seen.push_back(loop.now().mono - start); });
  loop.suspend(60s);
  EXPECT_TRUE(seen.empty());
  loop.run_ready();
  EXPECT_EQ(seen, (std::vector<Duration>{60s, 60s}));
  EXPECT_EQ(loop.now().wall, wall + 60s);
}

TEST(SimLoop, WallTimeStepsAlone) {
  SimLoop loop;
  Now before = loop.now();
  loop.step_wall(-3h);
  loop.advance(1s);
  EXPECT_EQ(loop.now().wall, before.wall - 3h + 1s);
  EXPECT_EQ(loop.now().mono, before.mono + 1s);
}

TEST(SimLoop, RunAllStopsAtItsBound) {
  SimLoop loop;
  std::function<void()> again = [&] { loop.post([&] { again(); }); };
  again();
  EXPECT_FALSE(loop.run_all(1'000));
}

}  // namespace
}  // namespace serin
