// Shares, measured by requests.
#include <cmath>

#include "integration/haproxy/world.h"

namespace serin::drivers {
namespace {

using namespace std::chrono_literals;
using rollout::Weight;

class HaproxyShares : public HaproxyWorld {};

// Round robin deals out weights exactly: 20 000 requests are off by one at most a client.
TEST_F(HaproxyShares, OfWeightsAreExact) {
  start_weights();
  ASSERT_NO_FATAL_FAILURE(claim());
  for (int percent : {1, 5, 10, 50}) {
    auto set = apply(percent);
    ASSERT_TRUE(set) << set.error().to_string();
    EXPECT_EQ(set->canary, Weight::from_units(percent * 100));
    EXPECT_NEAR(canary_of(20'000), 200 * percent, 2) << percent;
  }
  ASSERT_TRUE(apply(100));
  EXPECT_EQ(canary_of(500), 500);
  ASSERT_TRUE(apply(10));
  auto without = test::run_load({.port = front_.number(), .requests = 2'000, .keep_alive = false});
  EXPECT_NEAR(without.by_version["canary"], 200, 2);
  EXPECT_EQ(without.failures, 0);
}

TEST_F(HaproxyShares, OfWeightsCountServersThatAreUp) {
  start_weights({.stable = {"weight 50", "weight 50", "weight 50"}, .canary = {"weight 0"}});
  ASSERT_NO_FATAL_FAILURE(claim());
  ASSERT_TRUE(apply(10));
  EXPECT_NEAR(canary_of(4'000), 400, 4);
  // A server of stable fails: the same weights mean more, which shows, and the next apply mends it.
  admin("set server be/s1 health down");
  admin("disable health be/s1");
  auto now = observed();
  EXPECT_EQ(now.stable.servers_ready, 2);
  EXPECT_NEAR(now.canary.percent(), 100.0 / 7, 0.2);
  auto mended = apply(10);
  ASSERT_TRUE(mended);
  EXPECT_EQ(mended->canary, Weight::from_units(1000));
  canary_of(400);  // what was dealt out by the old weights
  EXPECT_NEAR(canary_of(4'000), 400, 4);
}

TEST_F(HaproxyShares, OfWeightsBelowTheSmallestAreRefused) {
  start_weights();
  ASSERT_NO_FATAL_FAILURE(claim());
  auto refused = apply(0.1);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Code::invalid_argument);
  EXPECT_NE(refused.error().message.find("nearest share is 0.39 %"), std::string::npos);
  EXPECT_EQ(canary_of(500), 0);
}

// The map's draw is random: z beyond 5 would come once in two million runs.
TEST_F(HaproxyShares, OfMapsHaveAHundredthOfAPercent) {
  start_map();
  ASSERT_NO_FATAL_FAILURE(claim());
  for (double percent : {0.1, 5.0, 50.0}) {
    auto set = apply(percent);
    ASSERT_TRUE(set) << set.error().to_string();
    EXPECT_EQ(set->canary.percent(), percent);
    constexpr int kRequests = 20'000;
    double p = percent / 100;
    double sd = std::sqrt(kRequests * p * (1 - p));
    EXPECT_NEAR(canary_of(kRequests), kRequests * p, 5 * sd) << percent;
  }
  auto set = apply(0.01);
  ASSERT_TRUE(set);
  EXPECT_EQ(set->canary, Weight::from_units(1));
  EXPECT_NE(admin("show map " + dir_.file("share.map")).find(" shop 1\n"), std::string::npos);
  ASSERT_TRUE(apply(100));
  EXPECT_EQ(canary_of(500), 500);
}

// Requests that start after the answer follow the new split, on connections that are open already
// and under load.
TEST_F(HaproxyShares, TheAnswerIsABarrier) {
  for (bool map : {false, true}) {
    if (map) {
      router_.reset();
      proxy_.reset();
      stable_.stop();
      canary_.stop();
      ASSERT_NO_FATAL_FAILURE(start_map());
    } else {
      ASSERT_NO_FATAL_FAILURE(start_weights());
    }
    ASSERT_NO_FATAL_FAILURE(claim());
    test::Load background({.port = front_.number(), .clients = 4});
    ASSERT_TRUE(test::wait_until([&] { return background.answered() > 100; }));
    for (int round = 0; round < 15; ++round) {
      ASSERT_TRUE(apply(100));
      EXPECT_EQ(canary_of(20), 20);
      ASSERT_TRUE(apply(0, round % 2 == 0));
      EXPECT_EQ(canary_of(20), 0);
    }
    EXPECT_EQ(background.stop().failures, 0);
  }
}

TEST_F(HaproxyShares, CountsAreThoseOfTheRequests) {
  start_weights({.backend_lines = "  retries 1\n  option redispatch 1\n"});
  ASSERT_NO_FATAL_FAILURE(claim());
  auto before = *apply(25);
  int canary = canary_of(400);
  EXPECT_NEAR(canary, 100, 3);
  auto after = observed();
  EXPECT_EQ(after.canary_slot.counts.requests - before.canary_slot.counts.requests, canary);
  EXPECT_EQ(after.stable.counts.requests - before.stable.counts.requests, 400 - canary);
  EXPECT_EQ(after.canary_slot.counts.connect_errors, 0);
  // A canary that refuses connections has no errors of its own to report: the proxy counts them.
  admin("disable health be/c1");  // checks must not take it out first
  canary_.stop();
  test::run_load({.port = front_.number(), .requests = 40, .clients = 1});
  auto broken = observed();
  EXPECT_GT(broken.canary_slot.counts.redispatches, 0);
}

// A change is a few milliseconds, with its read-back: the best of many, on a machine that is busy
// with other things.
TEST_F(HaproxyShares, ChangesAreQuick) {
  start_weights();
  ASSERT_NO_FATAL_FAILURE(claim());
  Duration raise = Duration::max();
  Duration back = Duration::max();
  for (int i = 0; i < 15; ++i) {
    Instant start = clock_.now().mono;
    ASSERT_TRUE(apply(10 + i));
    Instant middle = clock_.now().mono;
    ASSERT_TRUE(apply(0, false));
    Instant end = clock_.now().mono;
    raise = std::min(raise, middle - start);
    back = std::min(back, end - middle);
    ASSERT_NO_FATAL_FAILURE(claim());
  }
  RecordProperty("raise_us", static_cast<int>(raise / 1us));
  RecordProperty("back_us", static_cast<int>(back / 1us));
  EXPECT_LT(raise, 25ms);
  EXPECT_LT(back, 25ms);
}

}  // namespace
}  // namespace serin::drivers
