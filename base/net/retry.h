// When to ask again: exponential backoff with jitter, and what a server's Retry-After says.
//
//   RetryPolicy policy{.attempts_max = 3};
//   Duration wait = retry_delay(policy, 1, rng);        // after the first attempt: 50 to 100 ms
//
// Pure: it counts nothing and waits for nothing.
#pragma once

#include <optional>
#include <string_view>

#include "base/random.h"
#include "base/time.h"

namespace serin {

inline constexpr int kRetryAttemptsMax = 10;

struct RetryPolicy {
  int attempts_max = 1;  // the first included: 1 never asks again; at most kRetryAttemptsMax
  Duration delay_min = std::chrono::milliseconds(100);
  Duration delay_max = std::chrono::seconds(5);
};

// The wait after the `attempt`-th attempt (from 1): uniform between the half and the whole of
// min(delay_max, delay_min * 2^(attempt - 1)).
Duration retry_delay(const RetryPolicy& policy, int attempt, Rng& rng);

// The value of a Retry-After header, whole seconds or an HTTP date (IMF-fixdate), as a wait from
// `now` on; not negative. Nothing where it is neither.
std::optional<Duration> parse_retry_after(std::string_view value, WallTime now);

}  // namespace serin
