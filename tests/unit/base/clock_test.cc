#include <gtest/gtest.h>

#include <thread>
#include <vector>

#include "base/real_clock.h"

namespace serin {
namespace {

TEST(RealClock, NeverGoesBackOnAnyThread) {
  RealClock clock;
  std::vector<std::jthread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&] {
      Instant previous = clock.now().mono;
      for (int i = 0; i < 10'000; ++i) {
        Instant now = clock.now().mono;
        ASSERT_GE(now, previous);
        previous = now;
      }
    });
  }
}

TEST(RealClock, KnowsTheBootAndTheYear) {
  RealClock clock;
  EXPECT_EQ(clock.boot_id().size(), 36U) << clock.boot_id();
  EXPECT_EQ(clock.boot_id(), RealClock().boot_id());
  EXPECT_GT(clock.now().wall, *parse_rfc3339("2024-01-01T00:00:00Z"));
}

TEST(RealRandomSeed, Differs) {
  EXPECT_NE(real_random_seed(), real_random_seed());
}

}  // namespace
}  // namespace serin
