#include "app/access/limits.h"

#include <algorithm>

namespace serin::app {

std::optional<Duration> RateLimiter::take(const std::string& name, Instant now) {
  if (buckets_.size() >= kNamesMax && !buckets_.contains(name)) {
    // Full buckets say nothing that a new one would not.
    std::erase_if(buckets_, [&](const auto& each) {
      return each.second.left + to_seconds(now - each.second.at) * limit_.rate >= limit_.burst;
    });
    if (buckets_.size() >= kNamesMax) return from_seconds(1 / limit_.rate);
  }
  auto [found, is_new] = buckets_.try_emplace(name, Bucket{limit_.burst, now});
  Bucket& bucket = found->second;
  bucket.left = std::min(limit_.burst, bucket.left + to_seconds(now - bucket.at) * limit_.rate);
  bucket.at = now;
  if (bucket.left < 1) return from_seconds((1 - bucket.left) / limit_.rate);
  bucket.left -= 1;
  return std::nullopt;
}

}  // namespace serin::app
