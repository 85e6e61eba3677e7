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
  timers_.add(now().mono, std::move(callback));
}

TimerId SimLoop::call_at(Instant when, Callback callback) {
  return timers_.add(when, std::move(callback));
}

void SimLoop::cancel(TimerId id) {
  timers_.remove(id);
}

bool SimLoop::run_next() {
  Instant due = next_due();
  auto callback = timers_.take_due(due);
  if (!callback) return false;
  clock_.advance(std::max(Duration::zero(), due - now().mono));
  (*callback)();
  return true;
}

void SimLoop::run_until(Instant when) {
  SERIN_ASSERT(when >= now().mono);
  while (next_due() <= when && run_next()) {
  }
  // A callback may have suspended the machine past `when`.
  clock_.advance(std::max(Duration::zero(), when - now().mono));
}

int SimLoop::run_ready() {
  int count = 0;
  while (next_due() <= now().mono && run_next()) ++count;
  return count;
}

bool SimLoop::run_all(int steps_max) {
  for (int i = 0; i < steps_max; ++i) {
    if (!run_next()) return true;
  }
  return timers_.empty();
}

}  // namespace serin
