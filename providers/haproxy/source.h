// HAProxy as a source of metrics, by its admin socket: no instrumentation, no metrics server.
//
//   SERIN_TRY(source, HaproxySource::create(loop, {.sockets = {"/run/haproxy.sock"},
//                                                  .counters = {.backends = {"be"}}}));
//   source->ask(request, deadline, …);    // haproxy_server_http_responses_total{…}[60s]
//
// Every ask reads the sockets and answers raw range vectors from what was read so far; asks that
// come together are one reading. A request of kind `other` yields the servers' totals as JSON
// (servers_json). What was read is not kept over a restart of serin: counting starts anew then.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "providers/haproxy/counters.h"
#include "queries/metric_source.h"

namespace serin {
class AsioLoop;
}

namespace serin::haproxy {

// A reading that is no older answers as well.
inline constexpr Duration kReadingAge = std::chrono::milliseconds(100);

struct SourceOptions {
  std::vector<std::string> sockets;  // as Endpoint::parse takes them
  CounterOptions counters;           // without `instance`, which is the socket
};

// Thread: loop.
class HaproxySource final : public queries::MetricSource {
 public:
  // Errors: invalid_argument (no socket, an address that is none, those of check()).
  static Result<std::unique_ptr<HaproxySource>> create(AsioLoop& loop, SourceOptions options);
  // Asks that wait are forgotten, their callbacks uncalled.
  ~HaproxySource() override;
  Cancellation ask(const queries::Request& request, Instant deadline,
                   queries::AnswerCallback done) override;

 private:
  struct Shared;
  explicit HaproxySource(std::shared_ptr<Shared> shared) : shared_(std::move(shared)) {}
  std::shared_ptr<Shared> shared_;
};

}  // namespace serin::haproxy
