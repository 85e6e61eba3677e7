#include "base/sim_loop.h"

#include <algorithm>

#include "base/assert.h"

namespace serin {

void SimClock::advance(Duration d) {
  SERIN_ASSERT(d >= Duration::zero());
  now_.mono += d;
  now_.wall += d;
}

Now SimLoop::default_start() {
  using namespace std::chrono;
  return {.mono = Instant(1h), .wall = sys_days(year(2026) / January / 1)};
}

void SimLoop::post(Callback callback) {
  call_at(now().mono, std::move(callback));
}

TimerId SimLoop::call_at(Instant when, Callback callback) {
  SERIN_ASSERT(callback != nullptr);
  std::uint64_t sequence = ++sequence_;
  queue_.emplace(Key(when, sequence), std::move(callback));
  due_.emplace(sequence, when);
  return TimerId(sequence);
}

void SimLoop::cancel(TimerId id) {
  auto it = due_.find(static_cast<std::uint64_t>(id));
  if (it == due_.end()) return;
  // The callback may own what calls cancel again: it is destroyed after the books are in order.
  auto node = queue_.extract(Key(it->second, it->first));
  SERIN_ASSERT(!node.empty());
  due_.erase(it);
}

bool SimLoop::run_next() {
  if (queue_.empty()) return false;
  auto node = queue_.extract(queue_.begin());
  due_.erase(node.key().second);
  clock_.advance(std::max(Duration::zero(), node.key().first - now().mono));
  node.mapped()();
  return true;
}

void SimLoop::run_until(Instant when) {
  SERIN_ASSERT(when >= now().mono);
  while (next_due() <= when && !queue_.empty()) run_next();
  // A callback may have suspended the machine past `when`.
  clock_.advance(std::max(Duration::zero(), when - now().mono));
}

int SimLoop::run_ready() {
  int count = 0;
  for (; !queue_.empty() && next_due() <= now().mono; ++count) run_next();
  return count;
}

bool SimLoop::run_all(int steps_max) {
  for (int i = 0; i < steps_max; ++i) {
    if (!run_next()) return true;
  }
  return queue_.empty();
}

Instant SimLoop::next_due() const {
  return queue_.empty() ? Instant::max() : queue_.begin()->first.first;
}

}  // namespace serin
