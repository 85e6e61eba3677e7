// What one origin may have at a time: a window of requests in flight that grows with answers and
// shrinks with failures, and the bounded queue of those that wait. Pure; internal to base/net.
#pragma once

#include <algorithm>
#include <cstdint>

#include "base/bounded_queue.h"
#include "base/net/http_client.h"

namespace serin::net {

// How an attempt ended, as the window sees it.
enum class Outcome {
  answered,     // a status came, other than 429 and 503
  pushed_back,  // 429 or 503, or no answer in time, or a broken connection
  unresolved,   // the name was not resolved
  neutral,      // cancelled, or wrong in itself
};

// Thread: loop-only.
class Origin {
 public:
  Origin(const std::string& name, std::size_t queue_max)
      : waiting_("queue of requests to " + name, queue_max) {}

  // Numbers of calls, first in first out.
  BoundedQueue<std::uint64_t>& waiting() { return waiting_; }
  bool may_start() const { return in_flight_ < window_ && !waiting_.empty(); }
  void started() { ++in_flight_; }
  void ended(Outcome outcome) {
    SERIN_ASSERT(in_flight_ > 0);
    --in_flight_;
    switch (outcome) {
      case Outcome::answered:
        // Only a window that is used shows that it could be larger.
        if (!waiting_.empty()) window_ = std::min(window_ + 1, kHttpWindowMax);
        if (window_ < kHttpWindowMin) window_ = kHttpWindowMin;
        return;
      case Outcome::pushed_back:
        window_ = std::max(std::min(window_, kHttpWindowMin), window_ / 2);
        return;
      case Outcome::unresolved:
        // Each such attempt may hold a thread of the resolver long after its deadline.
        window_ = 1;
        return;
      case Outcome::neutral:
        return;
    }
  }
  bool idle() const { return in_flight_ == 0 && waiting_.empty(); }
  int window() const { return window_; }
  int in_flight() const { return in_flight_; }

 private:
  BoundedQueue<std::uint64_t> waiting_;
  int window_ = kHttpWindowStart;
  int in_flight_ = 0;
};

}  // namespace serin::net
