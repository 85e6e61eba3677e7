#include "base/net/asio_loop.h"

#include <signal.h>
#include <sys/timerfd.h>

#include <atomic>
#include <map>

#include "base/assert.h"
#include "base/net/asio.h"
#include "base/timer_queue.h"
// After net/asio.h, which brings what they lack.
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/signal_set.hpp>

namespace serin {

namespace asio = net::asio;
using boost::system::error_code;

struct AsioLoop::Impl {
  struct Signal {
    explicit Signal(asio::io_context& context, int number) : set(context, number) {}
    asio::signal_set set;
    std::function<void()> action;
  };

  explicit Impl(const Clock& its_clock)
      : clock(its_clock),
        timer(context, ::timerfd_create(CLOCK_BOOTTIME, TFD_NONBLOCK | TFD_CLOEXEC)) {
    SERIN_ASSERT(timer.native_handle() >= 0);
  }

  // Sets the kernel's timer to the first of ours.
  void arm() {
    Instant due = timers.next_due();
    if (due == armed_for) return;
    armed_for = due;
    itimerspec spec{};
    if (due != Instant::max()) {
      // Zero would disarm it: what is due since boot, or before, is due after a nanosecond of it.
      auto nanos = std::max<Duration::rep>(1, due.time_since_epoch().count());
      spec.it_value.tv_sec = nanos / 1'000'000'000;
      spec.it_value.tv_nsec = nanos % 1'000'000'000;
    }
    SERIN_ASSERT(::timerfd_settime(timer.native_handle(), TFD_TIMER_ABSTIME, &spec, nullptr) == 0);
  }

  void wait_for_timer() {
    timer.async_wait(asio::posix::stream_descriptor::wait_read, [this](const error_code& error) {
      if (error) return;
      std::uint64_t expirations = 0;
      [[maybe_unused]] ssize_t got =
          ::read(timer.native_handle(), &expirations, sizeof expirations);
      armed_for = Instant::max();
      run_due();
      arm();
      wait_for_timer();
    });
  }

  // Runs what is due, at most as many as there are now: callbacks that add due ones let others have
  // their turn.
  void run_due() {
    Instant now = clock.now().mono;
    for (std::size_t left = timers.size(); left > 0; --left) {
      auto callback = timers.take_due(now);
      if (!callback) return;
      (*callback)();
    }
  }

  void wait_for_signal(Signal& signal) {
    signal.set.async_wait([this, &signal](const error_code& error, int) {
      if (error) return;
      wait_for_signal(signal);
      // A copy: the action may replace itself.
      auto action = signal.action;
      action();
    });
  }

  const Clock& clock;
  TimerQueue timers;  // outlives the context, whose handlers may own what cancels timers
  Instant armed_for = Instant::max();
  std::atomic<bool> closing = false;
  asio::io_context context{1};
  asio::posix::stream_descriptor timer;
  std::map<int, std::unique_ptr<Signal>> signals;
};

AsioLoop::AsioLoop(const Clock& clock) {
  // A peer that closes its socket is an error of that socket, not the end of the process.
  ::signal(SIGPIPE, SIG_IGN);
  impl_ = std::make_unique<Impl>(clock);
  impl_->wait_for_timer();
}

AsioLoop::~AsioLoop() {
  impl_->closing = true;
  // While the context lives, for what they own may be its sockets.
  while (impl_->timers.take_due(Instant::max())) {
  }
}

const Clock& AsioLoop::clock() const {
  return impl_->clock;
}

void AsioLoop::post(Callback callback) {
  SERIN_ASSERT(callback != nullptr);
  if (impl_->closing) return;
  asio::post(impl_->context, std::move(callback));
}

TimerId AsioLoop::call_at(Instant when, Callback callback) {
  TimerId id = impl_->timers.add(when, std::move(callback));
  impl_->arm();
  return id;
}

// The kernel's timer may then fire for nothing, which is cheaper than setting it for each request
// that is answered.
void AsioLoop::cancel(TimerId id) {
  impl_->timers.remove(id);
}

void AsioLoop::run() {
  impl_->context.run();
  impl_->context.restart();
}

bool AsioLoop::run_until(const std::function<bool()>& done, Duration patience) {
  Instant end = clock().now().mono + patience;
  TimerId alarm = call_at(end, [] {});
  while (!done() && !impl_->context.stopped() && clock().now().mono < end) impl_->context.run_one();
  cancel(alarm);
  if (impl_->context.stopped()) impl_->context.restart();
  return done();
}

void AsioLoop::stop() {
  impl_->context.stop();
}

void AsioLoop::on_signal(int number, std::function<void()> action) {
  SERIN_ASSERT(action != nullptr);
  auto& signal = impl_->signals[number];
  bool waiting = signal != nullptr;
  if (!waiting) signal = std::make_unique<Impl::Signal>(impl_->context, number);
  signal->action = std::move(action);
  if (!waiting) impl_->wait_for_signal(*signal);
}

boost::asio::io_context& AsioLoop::context() {
  return impl_->context;
}

}  // namespace serin
