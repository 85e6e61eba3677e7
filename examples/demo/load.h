// The demo's load: requests at a steady rate over kept connections, for a bounded time, and a count
// of what came back.
//
//   Load load(loop, {.port = 8080, .rate = 200, .duration_s = 30});
//   load.start([&](const LoadReport& report) { print(report); loop.stop(); });
//   loop.run();
//
// The schedule does not wait for answers: a server that slows down gets no fewer requests, up to
// kBacklogMax that wait for a connection. It asks addresses on loopback only.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/result.h"
#include "examples/demo/event_loop.h"
#include "examples/demo/load_report.h"

namespace serin::demo {

struct LoadOptions {
  std::string address = "127.0.0.1";
  std::uint16_t port = 0;
  std::vector<std::string> paths = {"/"};  // asked in turn
  std::vector<std::string> headers{};      // "Name: value", sent with each request
  double rate = 100;                       // requests per second
  double duration_s = 10;
  int connections = 16;
  double timeout_s = 10;  // of one request
};

inline constexpr double kRateMax = 20'000;
inline constexpr double kDurationMax_s = 24 * 3600;
inline constexpr int kLoadConnectionsMax = 512;
inline constexpr std::size_t kBacklogMax = 10'000;

// "http://127.0.0.1:8080" or "http://localhost:8080/cart" into address, port and path.
// Errors: invalid_argument, also for addresses beyond loopback.
Status read_url(const std::string& url, LoadOptions& options);
// The first value out of range, by its flag. Errors: invalid_argument.
Status validate(const LoadOptions& options);

class Load {
 public:
  Load(EventLoop& loop, const LoadOptions& options);
  ~Load();
  Load(const Load&) = delete;
  Load& operator=(const Load&) = delete;

  // `done` is called once: when the time is over and the last answer is in, or after stop().
  void start(std::function<void(const LoadReport&)> done);
  // Sends no more, and waits for the answers under way.
  void stop();

 private:
  struct Ask {
    std::size_t path = 0;
    Instant due{};
    bool again = false;  // the second try, after a kept connection had gone
  };
  struct Link {
    Descriptor fd;
    Ask ask{};
    bool busy = true;
    bool connecting = true;
    bool used = false;  // has had an answer
    std::string out{};
    std::string in{};
    EventLoop::Timer timeout{};
  };
  using LinkId = std::uint64_t;

  void tick();
  void assign();
  bool open(const Ask& ask);
  void send_on(LinkId id, Link& link, const Ask& ask);
  void ready(LinkId id, std::uint32_t events);
  void write_more(LinkId id, Link& link);
  void read_more(LinkId id, Link& link);
  bool take_answer(LinkId id, Link& link, bool ended);  // true: complete, and counted
  void lose(LinkId id, LoadFailure failure);
  void drop(LinkId id);
  void finish_if_over();

  EventLoop& loop_;
  LoadOptions options_;
  std::function<void(const LoadReport&)> done_;
  LoadReport report_;
  std::vector<std::string> requests_;  // as sent, one a path
  Instant begun_{};
  Instant end_{};
  std::uint64_t scheduled_ = 0;
  bool scheduling_ = true;
  EventLoop::Timer next_{};
  std::deque<Ask> backlog_;
  std::unordered_map<LinkId, Link> links_;
  std::vector<LinkId> idle_;
  LinkId links_made_ = 0;
};

}  // namespace serin::demo
