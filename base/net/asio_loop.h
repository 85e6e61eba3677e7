// The real loop: one io_context, one thread, timers on CLOCK_BOOTTIME.
//
//   RealClock clock;
//   AsioLoop loop(clock);
//   loop.on_signal(SIGTERM, [&] { loop.stop(); });
//   loop.call_at(clock.now().mono + 5s, [&] { … });
//   loop.run();                                   // until stop()
//
// Timers count the time of a suspend: what became due meanwhile runs when the machine wakes.
// SIGPIPE is ignored from the first loop on. Sockets are made by the other parts of base/net,
// through context().
#pragma once

#include <functional>
#include <memory>

#include "base/loop.h"

namespace boost::asio {
class io_context;
}

namespace serin {

// Thread: post and stop from any; all else on the thread that runs it (or before it runs).
class AsioLoop final : public Loop {
 public:
  // `clock` outlives the loop and reads CLOCK_BOOTTIME.
  explicit AsioLoop(const Clock& clock);
  // Callbacks that did not run are destroyed uncalled.
  ~AsioLoop() override;
  AsioLoop(const AsioLoop&) = delete;
  AsioLoop& operator=(const AsioLoop&) = delete;

  const Clock& clock() const override;
  void post(Callback callback) override;
  TimerId call_at(Instant when, Callback callback) override;
  void cancel(TimerId id) override;

  // Runs callbacks until stop() is called.
  void run();
  // Runs callbacks until `done` holds, which is asked after each of them; false where `patience`
  // ended first. Not from within a callback.
  bool run_until(const std::function<bool()>& done, Duration patience);
  // Makes run() return after the callback that is running. Thread: any.
  void stop();

  // Calls `action` on the loop each time the signal comes, instead of what the signal does by
  // itself; one action a signal, a later one replaces it.
  void on_signal(int number, std::function<void()> action);

  // For base/net only.
  boost::asio::io_context& context();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace serin
