// The one thread that owns all mutable state: posts, timers, and nothing else. AsioLoop is real,
// SimLoop virtual.
//
//   TimerId id = loop.call_at(loop.clock().now().mono + 5s, [&] { … });
//   loop.cancel(id);
//
// Callbacks run on the loop thread, one at a time, in order of (time, sequence). Only `post` may be
// called from other threads.
#pragma once

#include <cstdint>
#include <functional>

#include "base/time.h"

namespace serin {

using Callback = std::move_only_function<void()>;
enum class TimerId : std::uint64_t { none = 0 };

class Loop {
 public:
  virtual ~Loop() = default;
  virtual const Clock& clock() const = 0;
  // Thread: any.
  virtual void post(Callback callback) = 0;
  // Runs `callback` once at or after `when`. Thread: loop.
  virtual TimerId call_at(Instant when, Callback callback) = 0;
  // Forgets a timer; one that ran or never was is no error. Thread: loop.
  virtual void cancel(TimerId id) = 0;
};

// Ends the work it stands for; calling it after the end is no error. Thread: loop.
class Cancellation {
 public:
  Cancellation() = default;
  explicit Cancellation(std::move_only_function<void()> action) : action_(std::move(action)) {}
  void cancel() {
    if (auto action = std::exchange(action_, {})) action();
  }

 private:
  std::move_only_function<void()> action_;
};

}  // namespace serin
