// How often each may ask: a bucket of requests that fills at a steady rate, one for every name.
//
//   RateLimiter reads({.rate = 50, .burst = 100});
//   if (std::optional<Duration> wait = reads.take("token:ci", now)) …   // not yet: after `wait`
#pragma once

#include <map>
#include <optional>
#include <string>

#include "base/time.h"

namespace serin::app {

struct RateLimit {
  double rate = 50;    // a second
  double burst = 100;  // at once
};

// Thread: loop-only.
class RateLimiter {
 public:
  static constexpr std::size_t kNamesMax = 10'000;

  explicit RateLimiter(RateLimit limit) : limit_(limit) {}
  // Nothing: go ahead. Else how long to wait; nothing was taken.
  std::optional<Duration> take(const std::string& name, Instant now);

 private:
  struct Bucket {
    double left;
    Instant at;
  };
  RateLimit limit_;
  std::map<std::string, Bucket> buckets_;
};

}  // namespace serin::app
