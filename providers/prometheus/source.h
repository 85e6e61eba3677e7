// Prometheus (and what speaks its API: Thanos, Mimir, VictoriaMetrics) as a source of metrics.
//
//   SERIN_TRY(source, PrometheusSource::create(loop, *http, {.address = "http://127.0.0.1:9090"}));
//   source->ask(request, deadline, [](Result<queries::Answer> answer) { … });
//
// Asks by POST, and by GET where the server refuses that (405, 501). It asks once: repeating,
// backing off and joining equal requests are the engine's business.
#pragma once

#include <functional>
#include <memory>

#include "base/net/http_client.h"
#include "providers/prometheus/decode.h"
#include "providers/prometheus/request.h"
#include "queries/metric_source.h"

namespace serin::prometheus {

struct SourceOptions {
  Endpoint endpoint;
  DecodeLimits limits{};
  // Runs large decodes elsewhere: takes work, and calls it on any thread. Unset: on the loop.
  std::function<void(Callback)> run_elsewhere{};
};

// Thread: loop.
class PrometheusSource final : public queries::MetricSource {
 public:
  // Errors: invalid_argument, where the address is none.
  static Result<std::unique_ptr<PrometheusSource>> create(Loop& loop, HttpClient& http,
                                                          SourceOptions options);
  ~PrometheusSource() override;
  // Requests that still wait when it is destroyed are cancelled and their callbacks forgotten.
  Cancellation ask(const queries::Request& request, Instant deadline,
                   queries::AnswerCallback done) override;

 private:
  PrometheusSource(Loop& loop, HttpClient& http, SourceOptions options);
  struct Shared;
  std::shared_ptr<Shared> shared_;
};

}  // namespace serin::prometheus
