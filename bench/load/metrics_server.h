// A metrics server that answers at once, in a process of its own, so that its time is not serin's.
//
//   auto server = MetricsServer::start();              // before any thread
//   server->url();                                     // "http://127.0.0.1:40123"
//
// It knows services (label job) of two versions with three instances each, scraped every 10 s, each
// instance at a time of its own; any number of counters (requests_total, of two codes) and
// histograms (latency_bucket, of twelve buckets) a service, told apart by the label m; and a value
// load for thresholds. Of the past it has nothing. It evaluates no PromQL: it answers what serin
// asks of these.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string>

namespace serin::bench {

inline constexpr int kServerScrapeSeconds = 10;

class MetricsServer {
 public:
  // Nothing where the system refuses.
  static std::optional<MetricsServer> start();
  ~MetricsServer();
  MetricsServer(MetricsServer&& other) noexcept;
  MetricsServer& operator=(MetricsServer&&) = delete;

  std::string url() const { return "http://127.0.0.1:" + std::to_string(port_); }

 private:
  MetricsServer(pid_t pid, std::uint16_t port) : pid_(pid), port_(port) {}
  pid_t pid_ = -1;
  std::uint16_t port_ = 0;
};

// What the server answers to a query (as text, not encoded) at that time. For tests of the bench.
std::string metrics_answer(const std::string& query, std::int64_t now_ms);

}  // namespace serin::bench
