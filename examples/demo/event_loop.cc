#include "examples/demo/event_loop.h"

#include <signal.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include <array>
#include <cerrno>

#include "base/assert.h"

namespace serin::demo {

Descriptor& Descriptor::operator=(Descriptor&& other) noexcept {
  if (this != &other) {
    if (fd_ >= 0) close(fd_);
    fd_ = std::exchange(other.fd_, -1);
  }
  return *this;
}

Descriptor::~Descriptor() {
  if (fd_ >= 0) close(fd_);
}

EventLoop::EventLoop()
    : epoll_(epoll_create1(EPOLL_CLOEXEC)),
      timer_(timerfd_create(CLOCK_BOOTTIME, TFD_NONBLOCK | TFD_CLOEXEC)) {
  SERIN_ASSERT(epoll_.get() >= 0);
  SERIN_ASSERT(timer_.get() >= 0);
  watch(timer_.get(), EPOLLIN, [this](std::uint32_t) {
    std::uint64_t expirations = 0;
    (void)!read(timer_.get(), &expirations, sizeof expirations);
  });
}

void EventLoop::watch(int fd, std::uint32_t events, Ready ready) {
  epoll_event event{};
  event.events = events;
  event.data.fd = fd;
  SERIN_ASSERT(epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, fd, &event) == 0);
  watched_[fd] = std::make_shared<Ready>(std::move(ready));
}

void EventLoop::change(int fd, std::uint32_t events) {
  epoll_event event{};
  event.events = events;
  event.data.fd = fd;
  SERIN_ASSERT(epoll_ctl(epoll_.get(), EPOLL_CTL_MOD, fd, &event) == 0);
}

void EventLoop::forget(int fd) {
  epoll_ctl(epoll_.get(), EPOLL_CTL_DEL, fd, nullptr);
  watched_.erase(fd);
}

EventLoop::Timer EventLoop::call_at(Instant when, Callback callback) {
  const Timer timer{when, ++timers_made_};
  timers_.emplace(timer, std::move(callback));
  return timer;
}

void EventLoop::on_stop_signal(Callback callback) {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGTERM);
  sigaddset(&set, SIGINT);
  SERIN_ASSERT(sigprocmask(SIG_BLOCK, &set, nullptr) == 0);
  signals_ = Descriptor(signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC));
  SERIN_ASSERT(signals_.get() >= 0);
  watch(signals_.get(), EPOLLIN, [this, callback = std::move(callback)](std::uint32_t) {
    signalfd_siginfo info{};
    if (read(signals_.get(), &info, sizeof info) == sizeof info) callback();
  });
}

void EventLoop::arm() {
  itimerspec spec{};  // all zero: disarmed
  if (!timers_.empty()) {
    // A moment of zero would disarm; one that has passed fires at once.
    const auto when = std::max(timers_.begin()->first.first.time_since_epoch(), Duration(1));
    const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(when);
    spec.it_value.tv_sec = seconds.count();
    spec.it_value.tv_nsec = (when - seconds).count();
  }
  SERIN_ASSERT(timerfd_settime(timer_.get(), TFD_TIMER_ABSTIME, &spec, nullptr) == 0);
}

void EventLoop::run_due_timers() {
  // Timers that these callbacks add wait for the next round, so that sockets get their turn.
  const Instant until = now();
  const std::uint64_t newest = timers_made_;
  while (!stopped_ && !timers_.empty()) {
    const auto first = timers_.begin();
    if (first->first.first > until || first->first.second > newest) break;
    const Callback callback = std::move(first->second);
    timers_.erase(first);
    callback();
  }
}

void EventLoop::run() {
  std::array<epoll_event, 256> events{};
  while (!stopped_) {
    arm();
    const int ready = epoll_wait(epoll_.get(), events.data(), static_cast<int>(events.size()), -1);
    SERIN_ASSERT(ready >= 0 || errno == EINTR);
    for (int i = 0; i < ready && !stopped_; ++i) {
      const epoll_event& event = events[static_cast<std::size_t>(i)];
      const auto found = watched_.find(event.data.fd);
      if (found == watched_.end()) continue;  // forgotten by an earlier callback of this round
      const std::shared_ptr<Ready> callback = found->second;
      (*callback)(event.events);
    }
    run_due_timers();
  }
}

}  // namespace serin::demo
