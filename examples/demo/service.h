// The demo's service: answers requests as well or as badly as it is told to, and counts them the
// way an application with a Prometheus client does.
//
//   DemoService service(loop, {.version = "2.4.0", .error_rate = 0.03});
//   SERIN_CHECK(service.start([&](Status) { announce(service.port()); }));
//   loop.run();
//
// /healthz answers 200 and /metrics the metrics; neither is counted. Every other path takes a time
// drawn from a log-normal distribution and answers 200 or 500, with the header X-Version.
// A series exists from its first event on, as client libraries do it: no errors, no error series.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "base/random.h"
#include "base/result.h"
#include "examples/demo/event_loop.h"
#include "examples/demo/http_server.h"

namespace serin::demo {

struct ServiceOptions {
  std::string address = "127.0.0.1";
  std::uint16_t port = 0;  // 0: one that is free
  std::string version = "1";
  double error_rate = 0;       // share of requests answered 500
  double latency_ms = 5;       // mean
  double latency_ms_sd = 0;    // 0: always the mean
  double slow_tail = 0;        // share of requests that take kSlowFactor times as long
  double refuse_rate = 0;      // share of connections reset unread: each 1/rate-th
  double startup_delay_s = 0;  // connections are refused so long
  std::uint64_t seed = 0;      // of what is drawn
};

inline constexpr double kSlowFactor = 10;
inline constexpr Duration kStopPatience = std::chrono::seconds(5);

// The first value out of range, by its flag. Errors: invalid_argument.
Status validate(const ServiceOptions& options);

// How long the next answer takes: log-normal with the mean and standard deviation asked for, times
// kSlowFactor for the slow tail.
Duration draw_latency(const ServiceOptions& options, Rng& rng);

class ServiceMetrics;

class DemoService {
 public:
  DemoService(EventLoop& loop, const ServiceOptions& options);
  ~DemoService();
  DemoService(const DemoService&) = delete;
  DemoService& operator=(const DemoService&) = delete;

  // Takes the port, and calls `listening` when it listens (or can't), after the start-up delay.
  // Errors: those of HttpServer::bind.
  Status start(std::function<void(Status)> listening);
  std::uint16_t port() const { return server_.port(); }
  // Finishes what is in flight, then calls `done`.
  void stop(std::function<void()> done);

 private:
  void handle(const Request& request, const HttpServer::Answer& answer);
  bool refuses_next();

  EventLoop& loop_;
  ServiceOptions options_;
  Rng rng_;
  std::unique_ptr<ServiceMetrics> metrics_;
  HttpServer server_;
  EventLoop::Timer start_timer_{};
  double refuse_debt_ = 0;
};

}  // namespace serin::demo
