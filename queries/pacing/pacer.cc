#include "queries/pacing/pacer.h"

#include <algorithm>

#include "base/assert.h"
#include "base/random.h"

namespace serin::queries {
namespace {

constexpr double kSlowFactor = 3;
// Differences below this are the network's and the loop's, not the server's.
constexpr Duration kSlowMin = std::chrono::milliseconds(50);
constexpr double kShrink = 2.0 / 3;
constexpr double kWindowMin = 1;
// The quickest answer is forgotten by this much with every answer, so that a server that has become
// slower for good is not held against its past.
constexpr double kForget = 1.01;
constexpr double kSmooth = 0.1;

}  // namespace

std::size_t Pacer::hash(const Request& request) {
  return static_cast<std::size_t>(stable_hash(request.text.data(), request.text.size()));
}

std::optional<Pacer::Entered> Pacer::enter(const Request& request, Instant deadline, Instant now) {
  const std::size_t key = hash(request);
  const auto [begin, end] = by_request_.equal_range(key);
  for (auto at = begin; at != end; ++at) {
    State& known = queries_.at(at->second);
    if (!(known.request == request)) continue;
    if (!known.sent && deadline < known.deadline) {
      waiting_.erase({known.deadline, at->second});
      known.deadline = deadline;
      waiting_.emplace(deadline, at->second);
    }
    return Entered{at->second, true};
  }
  if (waiting_.size() >= options_.waiting_max) return std::nullopt;
  const Query query = next_query_++;
  queries_.emplace(query, State{request, deadline, now});
  by_request_.emplace(key, query);
  waiting_.emplace(deadline, query);
  return Entered{query, false};
}

double Pacer::allowance(Instant now) const {
  if (!allowance_at_) return options_.burst;
  const double since = to_seconds(now - *allowance_at_);
  return std::min(options_.burst, allowance_ + since * options_.rate_per_s);
}

std::optional<Pacer::Query> Pacer::next(Instant now) {
  // What has no time left is not worth a query; whoever waits for it ends it.
  const auto first = waiting_.lower_bound({now + Duration(1), 0});
  if (first == waiting_.end() ||
      static_cast<double>(in_flight_) + 1 > std::max(kWindowMin, window_)) {
    return std::nullopt;
  }
  if (options_.rate_per_s > 0) {
    const double left = allowance(now);
    if (left < 1) return std::nullopt;
    allowance_ = left - 1;
    allowance_at_ = now;
  }
  const Query query = first->second;
  waiting_.erase(first);
  queries_.at(query).sent = now;
  ++in_flight_;
  return query;
}

std::optional<Instant> Pacer::next_wakeup(Instant now) const {
  if (waiting_.empty() || options_.rate_per_s <= 0) return std::nullopt;
  const double left = allowance(now);
  if (left >= 1) return std::nullopt;
  return now + from_seconds((1 - left) / options_.rate_per_s) + Duration(1);
}

void Pacer::finished(Query query, End end, Instant now) {
  const auto found = queries_.find(query);
  SERIN_ASSERT(found != queries_.end());
  const State state = std::move(found->second);
  queries_.erase(found);
  const auto [begin, last] = by_request_.equal_range(hash(state.request));
  for (auto at = begin; at != last; ++at) {
    if (at->second != query) continue;
    by_request_.erase(at);
    break;
  }
  if (!state.sent) {
    waiting_.erase({state.deadline, query});
    return;
  }
  SERIN_ASSERT(in_flight_ > 0);
  --in_flight_;
  learn(state, end, now);
}

void Pacer::learn(const State& state, End end, Instant now) {
  if (end == End::given_up) return;
  const Duration latency = now - *state.sent;
  const double took = to_seconds(now - state.entered);
  const double alone = std::max(to_seconds(latency), to_seconds(kSlowMin));
  stretch_ += kSmooth * (std::max(1.0, took / alone) - stretch_);
  bool slow = end == End::pushed_back;
  if (end == End::answered) {
    if (!quickest_) quickest_ = latency;
    slow = latency > from_seconds(kSlowFactor * to_seconds(*quickest_)) + kSlowMin;
    quickest_ = std::min(latency, from_seconds(kForget * to_seconds(*quickest_)));
  }
  if (slow) {
    if (*state.sent < shrunk_) return;
    window_ = std::max(kWindowMin, window_ * kShrink);
    shrunk_ = now;
  } else if (!waiting_.empty()) {
    // Only a window that is used shows that it could be larger.
    window_ = std::min(options_.window_max, window_ + 1 / window_);
  }
}

}  // namespace serin::queries
