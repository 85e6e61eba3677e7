// The timers of a loop, in order of (time, sequence): what SimLoop and AsioLoop share.
#pragma once

#include <map>
#include <optional>
#include <unordered_map>
#include <utility>

#include "base/assert.h"
#include "base/loop.h"

namespace serin {

// Thread: loop-only.
class TimerQueue {
 public:
  TimerId add(Instant when, Callback callback) {
    SERIN_ASSERT(callback != nullptr);
    std::uint64_t sequence = ++sequence_;
    queue_.emplace(Key(when, sequence), std::move(callback));
    due_.emplace(sequence, when);
    return TimerId(sequence);
  }

  // The callback of that timer, so that the caller destroys it when its own books are in order: it
  // may own what cancels other timers.
  Callback remove(TimerId id) {
    auto it = due_.find(static_cast<std::uint64_t>(id));
    if (it == due_.end()) return {};
    auto node = queue_.extract(Key(it->second, it->first));
    SERIN_ASSERT(!node.empty());
    due_.erase(it);
    return std::move(node.mapped());
  }

  // Takes the first timer that is due at `now`.
  std::optional<Callback> take_due(Instant now) {
    if (queue_.empty() || next_due() > now) return std::nullopt;
    auto node = queue_.extract(queue_.begin());
    due_.erase(node.key().second);
    return std::move(node.mapped());
  }

  // Instant::max() where there is no timer.
  Instant next_due() const { return queue_.empty() ? Instant::max() : queue_.begin()->first.first; }
  bool empty() const { return queue_.empty(); }
  std::size_t size() const { return queue_.size(); }

 private:
  using Key = std::pair<Instant, std::uint64_t>;  // (time, sequence)
  std::map<Key, Callback> queue_;
  std::unordered_map<std::uint64_t, Instant> due_;  // by sequence, the timer's id; never iterated
  std::uint64_t sequence_ = 0;
};

}  // namespace serin
