// A loop on virtual time: nothing waits, the clock jumps to the next due callback. For tests,
// replay and simulation.
//
//   SimLoop loop;
//   loop.call_at(loop.now().mono + 5s, [&] { fired = true; });
//   loop.advance(10s);                        // runs what is due on the way; fired is true
//
// Deterministic: callbacks run in order of (time, sequence), and a run that is repeated makes the
// same calls. The faults of real clocks can be played: wall time may step, and a suspend lets time
// pass without running anything.
#pragma once

#include <string>

#include "base/loop.h"
#include "base/timer_queue.h"

namespace serin {

// Thread: loop-only.
class SimClock final : public Clock {
 public:
  explicit SimClock(Now start, std::string boot_id) : now_(start), boot_id_(std::move(boot_id)) {}
  Now now() const override { return now_; }
  std::string boot_id() const override { return boot_id_; }
  // Moves monotonic and wall time on together; `d` is not negative.
  void advance(Duration d);
  // Steps wall time alone, as NTP or a person does; monotonic time stays.
  void step_wall(Duration d) { now_.wall += d; }

 private:
  Now now_;
  std::string boot_id_;
};

// Thread: one thread only; post too.
class SimLoop final : public Loop {
 public:
  // 2026-01-01T00:00:00Z, an hour after boot.
  static Now default_start();
  explicit SimLoop(Now start = default_start(), std::string boot_id = "simulated-boot")
      : clock_(start, std::move(boot_id)) {}

  const Clock& clock() const override { return clock_; }
  Now now() const { return clock_.now(); }
  void post(Callback callback) override;
  TimerId call_at(Instant when, Callback callback) override;
  void cancel(TimerId id) override;

  // Runs the next callback, at its time; false where there is none.
  bool run_next();
  // Runs all that is due up to and including `when`, then sets the clock to `when`. Callbacks may
  // add more.
  void run_until(Instant when);
  void advance(Duration d) { run_until(now().mono + d); }
  // Runs what is due now (posts, and what they post), without moving time. Returns how many
  // callbacks ran.
  int run_ready();
  // Runs until nothing is left, or `steps_max` callbacks ran; true where nothing is left.
  bool run_all(int steps_max = 1'000'000);

  void step_wall(Duration d) { clock_.step_wall(d); }
  // Time passes (monotonic too: it counts suspends) and nothing runs; what became due runs late,
  // afterwards.
  void suspend(Duration d) { clock_.advance(d); }

  std::size_t pending() const { return timers_.size(); }
  // When the next callback is due; Instant::max() where there is none.
  Instant next_due() const { return timers_.next_due(); }

 private:
  SimClock clock_;
  TimerQueue timers_;
};

}  // namespace serin
