// What the demo's programs run on: sockets, timers and signals, one thread. It shares no code with
// serin's own network layer, so that a fault there can't hide itself behind the demo.
//
//   EventLoop loop;
//   loop.on_stop_signal([&] { loop.stop(); });
//   loop.call_at(loop.now() + 50ms, [&] { answer(); });
//   loop.run();
//
// Callbacks may add and forget whatever they like, themselves included. Thread: one.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <unordered_map>
#include <utility>

#include "base/real_clock.h"
#include "base/time.h"

namespace serin::demo {

// A file descriptor that is closed with its owner.
class Descriptor {
 public:
  Descriptor() = default;
  explicit Descriptor(int fd) : fd_(fd) {}
  Descriptor(Descriptor&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Descriptor& operator=(Descriptor&& other) noexcept;
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  ~Descriptor();
  int get() const { return fd_; }

 private:
  int fd_ = -1;
};

class EventLoop {
 public:
  using Ready = std::function<void(std::uint32_t events)>;  // EPOLLIN, EPOLLOUT, EPOLLERR, EPOLLHUP
  using Callback = std::function<void()>;
  using Timer = std::pair<Instant, std::uint64_t>;

  EventLoop();
  Instant now() const { return clock_.now().mono; }

  // Calls `ready` whenever one of `events` holds (level-triggered), until `forget`.
  void watch(int fd, std::uint32_t events, Ready ready);
  void change(int fd, std::uint32_t events);
  void forget(int fd);

  Timer call_at(Instant when, Callback callback);
  void cancel(const Timer& timer) { timers_.erase(timer); }

  // SIGTERM and SIGINT call this from now on instead of ending the process.
  void on_stop_signal(Callback callback);

  void run();  // until stop()
  void stop() { stopped_ = true; }

 private:
  void arm();
  void run_due_timers();

  RealClock clock_;
  Descriptor epoll_;
  Descriptor timer_;
  Descriptor signals_;
  std::unordered_map<int, std::shared_ptr<Ready>> watched_;
  std::map<Timer, Callback> timers_;
  std::uint64_t timers_made_ = 0;
  bool stopped_ = false;
};

}  // namespace serin::demo
