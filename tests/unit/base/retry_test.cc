#include "base/net/retry.h"

#include <gtest/gtest.h>

namespace serin {
namespace {

using namespace std::chrono_literals;

TEST(Retry, DelayDoublesWithinItsBoundsAndIsJittered) {
  RetryPolicy policy{.attempts_max = 5, .delay_min = 100ms, .delay_max = 1s};
  Rng rng(1);
  const Duration kWhole[] = {100ms, 200ms, 400ms, 800ms, 1s, 1s};
  for (int attempt = 1; attempt <= 6; ++attempt) {
    Duration least = Duration::max();
    Duration most = Duration::zero();
    for (int i = 0; i < 200; ++i) {
      Duration delay = retry_delay(policy, attempt, rng);
      least = std::min(least, delay);
      most = std::max(most, delay);
    }
    Duration whole = kWhole[attempt - 1];
    EXPECT_GE(least, whole / 2);
    EXPECT_LE(most, whole);
    EXPECT_LT(least, whole * 6 / 10) << "spread over the half";
    EXPECT_GT(most, whole * 9 / 10);
  }
  EXPECT_LE(retry_delay(policy, 1'000'000, rng), 1s);
  EXPECT_EQ(retry_delay({.attempts_max = 2, .delay_min = 0s, .delay_max = 0s}, 3, rng), 0s);
}

TEST(Retry, ReadsRetryAfter) {
  WallTime now = *parse_rfc3339("1994-11-06T08:49:00Z");
  EXPECT_EQ(parse_retry_after("120", now), Duration(120s));
  EXPECT_EQ(parse_retry_after("0", now), Duration(0s));
  EXPECT_EQ(parse_retry_after("Sun, 06 Nov 1994 08:49:37 GMT", now), Duration(37s));
  EXPECT_EQ(parse_retry_after("Sun, 06 Nov 1994 08:48:37 GMT", now), Duration(0s));
  EXPECT_EQ(parse_retry_after("99999999999999999999", now), Duration(365 * 24h));
  for (const char* text : {"", "-1", "soon", "1.5", "12 s", "Sun, 06 Nov 1994 08:49:37 CET",
                           "Sun, 36 Nov 1994 08:49:37 GMT", "Sun, 06 Now 1994 08:49:37 GMT",
                           "Sun, 06 Nov 1994 0x:49:37 GMT"}) {
    EXPECT_FALSE(parse_retry_after(text, now)) << text;
  }
}

}  // namespace
}  // namespace serin
