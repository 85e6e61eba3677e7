#include "queries/pacing/pacer.h"

#include <gtest/gtest.h>

#include <vector>

namespace serin::queries {
namespace {

using namespace std::chrono_literals;
using End = Pacer::End;

Request request(int number) {
  Request request;
  request.text = "m" + std::to_string(number);
  return request;
}

class PacerTest : public ::testing::Test {
 protected:
  Pacer::Query enter(Pacer& pacer, int number, Duration patience = 30s) {
    return pacer.enter(request(number), now + patience, now)->query;
  }
  std::vector<Pacer::Query> all(Pacer& pacer) {
    std::vector<Pacer::Query> queries;
    while (const auto query = pacer.next(now)) queries.push_back(*query);
    return queries;
  }
  // A server that always takes `latency` and always has work: one full window after the other.
  void serve(Pacer& pacer, Duration latency, int rounds) {
    for (int round = 0; round < rounds; ++round) {
      while (pacer.waiting() < 200) enter(pacer, next_number++);
      const auto sent = all(pacer);
      now += latency;
      for (const Pacer::Query query : sent) pacer.finished(query, End::answered, now);
    }
  }

  Instant now{};
  int next_number = 1'000;
};

TEST_F(PacerTest, EqualRequestsAreOneQuery) {
  Pacer pacer({});
  const auto first = pacer.enter(request(1), now + 10s, now);
  const auto other = pacer.enter(request(2), now + 10s, now);
  const auto again = pacer.enter(request(1), now + 10s, now);
  EXPECT_FALSE(first->joined);
  EXPECT_NE(first->query, other->query);
  EXPECT_TRUE(again->joined);
  EXPECT_EQ(again->query, first->query);
  Request later = request(1);
  later.time = WallTime(1s);
  EXPECT_FALSE(pacer.enter(later, now + 10s, now)->joined);
  EXPECT_EQ(all(pacer).size(), 3U);
  EXPECT_TRUE(pacer.enter(request(1), now + 10s, now)->joined);  // under way
  pacer.finished(first->query, End::answered, now);
  EXPECT_FALSE(pacer.enter(request(1), now + 10s, now)->joined);
}

TEST_F(PacerTest, StartsWithEightInOrderOfDeadlines) {
  Pacer pacer({});
  std::vector<Pacer::Query> expected;
  for (int i = 0; i < 20; ++i) expected.insert(expected.begin(), enter(pacer, i, 30s - i * 1s));
  expected.resize(8);
  EXPECT_EQ(all(pacer), expected);
  EXPECT_EQ(pacer.in_flight(), 8U);
  EXPECT_EQ(pacer.waiting(), 12U);
  // One that joins brings the query forward.
  pacer.enter(request(0), now + 1s, now);
  pacer.finished(expected[0], End::answered, now);
  EXPECT_EQ(pacer.request(*pacer.next(now)).text, "m0");
}

TEST_F(PacerTest, WhatHasNoTimeLeftIsNotSent) {
  Pacer pacer({});
  enter(pacer, 1, 1s);
  const Pacer::Query later = enter(pacer, 2, 3s);
  now += 1s;
  EXPECT_EQ(all(pacer), (std::vector<Pacer::Query>{later}));
  EXPECT_EQ(pacer.waiting(), 1U);
}

TEST_F(PacerTest, TheWindowGrowsWhileAnswersAreBrisk) {
  Pacer pacer({});
  serve(pacer, 5ms, 10);
  EXPECT_GT(pacer.window(), 12);
  serve(pacer, 5ms, 300);
  EXPECT_DOUBLE_EQ(pacer.window(), 64);
}

TEST_F(PacerTest, TheWindowDoesNotGrowUnused) {
  Pacer pacer({});
  for (int i = 0; i < 100; ++i) {
    const Pacer::Query query = enter(pacer, i);
    pacer.next(now);
    pacer.finished(query, End::answered, now);
  }
  EXPECT_DOUBLE_EQ(pacer.window(), 8);
}

TEST_F(PacerTest, SlowAnswersShrinkItOncePerWindow) {
  Pacer pacer({});
  serve(pacer, 10ms, 100);
  const double before = pacer.window();
  serve(pacer, 1s, 1);
  EXPECT_NEAR(pacer.window(), before * 2 / 3, 1e-9);
  serve(pacer, 1s, 20);
  EXPECT_LT(pacer.window(), 4);
  EXPECT_GE(pacer.window(), 1);
}

TEST_F(PacerTest, AServerThatIsSlowForGoodIsNotHeldAgainstItsPast) {
  Pacer pacer({});
  serve(pacer, 10ms, 50);
  serve(pacer, 400ms, 2'000);
  EXPECT_GT(pacer.window(), 30);
}

TEST_F(PacerTest, PushBacksShrinkItToOneAtLeast) {
  Pacer pacer({});
  for (int i = 0; i < 40; ++i) {
    const Pacer::Query query = enter(pacer, i);
    ASSERT_TRUE(pacer.next(now));
    now += 1s;
    pacer.finished(query, End::pushed_back, now);
  }
  EXPECT_DOUBLE_EQ(pacer.window(), 1);
  enter(pacer, 99);
  EXPECT_TRUE(pacer.next(now));
}

TEST_F(PacerTest, GivenUpTeachesNothing) {
  Pacer pacer({});
  const Pacer::Query waiting = enter(pacer, 1);
  pacer.finished(waiting, End::given_up, now);
  EXPECT_EQ(pacer.waiting(), 0U);
  const Pacer::Query sent = enter(pacer, 2);
  pacer.next(now);
  now += 60s;
  pacer.finished(sent, End::given_up, now);
  EXPECT_DOUBLE_EQ(pacer.window(), 8);
  EXPECT_DOUBLE_EQ(pacer.stretch(), 1);
}

TEST_F(PacerTest, ARateHoldsBack) {
  Pacer pacer({.rate_per_s = 2, .burst = 3});
  for (int i = 0; i < 8; ++i) enter(pacer, i);
  EXPECT_EQ(all(pacer).size(), 3U);
  const auto wakeup = pacer.next_wakeup(now);
  ASSERT_TRUE(wakeup);
  EXPECT_NEAR(to_seconds(*wakeup - now), 0.5, 1e-6);
  now = *wakeup;
  EXPECT_EQ(all(pacer).size(), 1U);
  now += 20s;
  EXPECT_EQ(all(pacer).size(), 3U);
  EXPECT_FALSE(Pacer({}).next_wakeup(now));
}

TEST_F(PacerTest, TellsWhenTheServerCannotKeepUp) {
  Pacer pacer({.window_start = 1, .window_max = 1});
  EXPECT_FALSE(pacer.degraded());
  serve(pacer, 100ms, 150);  // 200 wait all the time
  EXPECT_TRUE(pacer.degraded());
  EXPECT_GT(pacer.stretch(), 10);
}

TEST_F(PacerTest, IsBounded) {
  Pacer pacer({.waiting_max = 10});
  for (int i = 0; i < 10; ++i) enter(pacer, i);
  EXPECT_FALSE(pacer.enter(request(10), now + 1s, now));
  EXPECT_TRUE(pacer.enter(request(3), now + 1s, now)->joined);
}

}  // namespace
}  // namespace serin::queries
